/* The address of the page says what is shown: #site=S01&layer=slope_deg&compare=relief_m&at=lat,lon,zoom */
(function () {
  "use strict";

  const { D, map, state } = JZ;
  let isOpen = false;

  function here() {
    const centre = map.getCenter();
    const parts = new URLSearchParams();
    if (state.site) parts.set("site", state.site.site_id);
    parts.set("layer", state.layer ? state.layer.name : "none");
    if (state.compare !== null) parts.set("compare", state.compare || "none");
    parts.set("at", [centre.lat.toFixed(6), centre.lng.toFixed(6), map.getZoom()].join(","));
    return "#" + parts;
  }

  function keep() {
    if (!isOpen) return;
    try {
      window.history.replaceState(null, "", here());
    } catch {
      /* a page inside a frame has no address of its own */
    }
  }

  /* Show what the address asks for; what it names and this page does not have is left aside. */
  function follow() {
    const asked = new URLSearchParams(window.location.hash.slice(1));
    const isLayer = (name) => name === "none" || JZ.shownLayers.some((layer) => layer.name === name);
    const layer = asked.get("layer");
    if (layer && isLayer(layer)) JZ.layers.showLayer(layer === "none" ? "" : layer);
    const compare = asked.get("compare");
    if (compare && isLayer(compare)) JZ.layers.compareWith(compare === "none" ? "" : compare);
    const site = asked.get("site") ? JZ.sites.byId(asked.get("site")) : null;
    const at = (asked.get("at") || "").split(",").map(Number);
    const hasPlace = at.length === 3 && at.every(Number.isFinite);
    if (hasPlace) map.setView([at[0], at[1]], at[2], { animate: false });
    if (site) JZ.sites.pick(site, !hasPlace);
    return site !== null;
  }

  function open() {
    const hasSite = follow();
    if (!hasSite && D.sites.length) JZ.sites.pick(D.sites[0], false);
    isOpen = true;
    for (const what of ["site", "layer", "compare"]) JZ.on(what, keep);
    map.on("moveend", keep);
    window.addEventListener("hashchange", follow);
  }

  JZ.link = { open, here };
})();
