/* The ranked sites: the table, and the pins and ellipses on the map that belong to its rows. */
(function () {
  "use strict";

  const { D, el, map, state, number, chance, signed } = JZ;
  const COLUMNS = [
    ["rank", "#", "rank", (s) => String(s.rank)],
    ["site_id", "Site", "site", (s) => s.site_id],
    [
      "landing_probability",
      "P(land)",
      "landing probability, lower bound",
      (s) => chance(s.landing_probability),
    ],
    ["score", "Score", "score", (s) => number(s.score, 3)],
    [
      "safe_radius_m",
      "Safe m",
      "distance to the nearest unsafe or unknown cell",
      (s) => number(s.safe_radius_m, 0),
    ],
    ["binding_margin", "Margin", "margin to the binding limit", (s) => bindingMargin(s)],
    ["nearest_sample_distance_m", "Tube m", "distance to the nearest sample, straight", (s) => tube(s)],
  ];
  const FEW_FIRST = ["rank", "site_id", "nearest_sample_distance_m"];
  const ticked = new Set();
  const pins = new Map();
  const rings = new Map();
  const order = { key: "rank", up: true, words: "" };
  let ranking = D.sites;

  const head = el("tr");
  const body = el("tbody");
  const count = el("span", { id: "jz-count", class: "jz-note" });

  function bindingMargin(site) {
    const binding = site.margins.find((one) => one.layer === site.binding_constraint);
    return binding ? JZ.marginText(binding) : signed(site.binding_margin);
  }

  function tube(site) {
    return number(site.nearest_sample_distance_m, 0);
  }

  function marks() {
    const d = D.dispersion;
    const round = d.major_m === d.minor_m;
    const size = round
      ? number(d.major_m, 0, "m") + " radius"
      : d.major_m + " x " + d.minor_m + JZ.THIN + "m";
    const same = d.major_m === D.site_radius_m && round;
    const disc = same
      ? ""
      : " Dashed: the ground of the site's statistics, " + number(D.site_radius_m, 0, "m") + ".";
    return "Ring: " + d.meaning + " of landings, " + size + "." + disc;
  }

  function panel() {
    const section = el("section", { class: "jz-box", id: "jz-sites" });
    if (!D.sites.length) {
      const why = "No site passes the gates; the summary above says why.";
      section.append(el("h2", { text: "Sites" }), el("p", { id: "jz-empty", text: why }));
      return section;
    }
    head.append(el("th", { scope: "col", class: "jz-tick" }, allBox));
    for (const [key, title, about] of COLUMNS) {
      const button = el("button", { type: "button", text: title, title: "sort by " + about });
      button.addEventListener("click", () => sortBy(key));
      head.append(el("th", { scope: "col", "data-key": key }, button));
    }
    const search = el("input", {
      ...{ id: "jz-search", type: "search", placeholder: "find a site, limit or tube" },
      ...{ "aria-label": "find sites by name, limit or nearest tube" },
    });
    search.addEventListener("input", () => {
      order.words = search.value.trim().toLowerCase();
      fill();
    });
    const table = el("table", { id: "jz-table", "aria-label": "ranked sites" }, el("thead", {}, head), body);
    section.append(
      el("div", { class: "jz-row" }, el("h2", { text: "Sites" }), count),
      el("p", { class: "jz-note", id: "jz-marks", text: marks() }),
      search,
      el("div", { class: "jz-table", tabindex: -1 }, table),
      JZ.saving.bar(),
    );
    return section;
  }

  /* ---- the table ---- */
  const allBox = el("input", { type: "checkbox", "aria-label": "tick all sites that are listed" });
  allBox.addEventListener("change", () => {
    for (const site of listed()) tick(site, allBox.checked);
    fill();
  });

  function tick(site, on) {
    if (on) ticked.add(site.site_id);
    else ticked.delete(site.site_id);
  }

  function sortBy(key) {
    order.up = order.key === key ? !order.up : FEW_FIRST.includes(key);
    order.key = key;
    fill();
  }

  function listed() {
    const words = (s) => [s.site_id, s.binding_constraint, s.nearest_sample].join(" ").toLowerCase();
    return ranking
      .filter((s) => words(s).includes(order.words))
      .sort((a, b) => {
        const [x, y] = [a[order.key], b[order.key]];
        if (x === y) return a.rank - b.rank;
        if (x === null || y === null) return (x === null) - (y === null);
        return (x < y ? -1 : 1) * (order.up ? 1 : -1);
      });
  }

  /* The sites that an export is of: those ticked, else all that are listed. */
  function chosen() {
    const some = ranking.filter((s) => ticked.has(s.site_id));
    return some.length ? some : listed();
  }

  function row(site) {
    const box = el("input", { type: "checkbox", "aria-label": "tick site " + site.site_id });
    box.checked = ticked.has(site.site_id);
    box.addEventListener("click", (event) => event.stopPropagation());
    box.addEventListener("change", () => {
      tick(site, box.checked);
      sayCount();
    });
    const cells = COLUMNS.map(([key, , , text]) =>
      el("td", { class: key === "site_id" ? "jz-word" : "", "data-of": key, text: text(site) }),
    );
    const isPicked = state.site !== null && site.site_id === state.site.site_id;
    return el(
      "tr",
      {
        ...{ tabindex: 0, "data-id": site.site_id, "aria-selected": String(isPicked) },
        on: {
          click: () => pick(site, true),
          keydown: (event) => onKey(event, site),
          mouseenter: () => light(site.site_id, true),
          mouseleave: () => light(site.site_id, false),
        },
      },
      el("td", { class: "jz-tick" }, box),
      ...cells,
    );
  }

  function fill() {
    const rows = listed();
    for (const cell of head.querySelectorAll("[data-key]")) {
      const way = order.up ? "ascending" : "descending";
      cell.setAttribute("aria-sort", cell.dataset.key === order.key ? way : "none");
    }
    body.replaceChildren(...rows.map(row));
    sayCount();
  }

  function sayCount() {
    const [shown, all] = [listed().length, D.sites.length];
    const words = shown === all ? all + (all === 1 ? " site" : " sites") : shown + " of " + all;
    count.textContent = words + (ticked.size ? ", " + ticked.size + " ticked" : "");
    allBox.checked = shown > 0 && listed().every((s) => ticked.has(s.site_id));
    JZ.emit("chosen", chosen().length);
  }

  function onKey(event, site) {
    if (event.target !== event.currentTarget) return;
    const here = event.currentTarget;
    const next = { ArrowDown: here.nextElementSibling, ArrowUp: here.previousElementSibling }[event.key];
    const isPick = event.key === "Enter" || event.key === " ";
    if (isPick) {
      pick(site, true);
      const again = body.querySelector('tr[aria-selected="true"]');
      if (again) again.focus();
    } else if (next) next.focus();
    else return;
    event.preventDefault();
  }

  /* ---- pins and rings ---- */
  function ring(here, points, options) {
    const casing = { color: "#111", weight: 4, jz: 4 };
    const line = { color: "#fff", weight: 1.6, jz: 1.6 };
    return [casing, line].map((look) => {
      const shape = { pane: "jz-rings", smoothFactor: 0, fill: false, opacity: 0.75, ...look, ...options };
      return L.polygon(points, shape).addTo(map);
    });
  }

  function icon(site) {
    const label = el("span", { text: String(site.rank) });
    return L.divIcon({ className: "jz-pin", html: label, iconSize: [26, 26] });
  }

  function draw() {
    const d = D.dispersion;
    for (const site of D.sites) {
      const here = L.latLng(site.lat, site.lon);
      const outline = JZ.ellipse(here, d.major_m, d.minor_m, d.azimuth_deg);
      const shapes = ring(here, outline, {});
      if (d.major_m !== D.site_radius_m || d.minor_m !== D.site_radius_m) {
        const disc = JZ.ellipse(here, D.site_radius_m, D.site_radius_m, 0);
        shapes.push(...ring(here, disc, { dashArray: "4 5" }));
      }
      const pin = L.marker(here, { icon: icon(site), pane: "jz-marks", keyboard: true, alt: site.site_id });
      pin.addTo(map);
      pin.getElement().setAttribute("aria-label", "site " + site.site_id);
      pin.bindTooltip(JZ.tip(site.site_id, ["landing probability " + chance(site.landing_probability)]));
      for (const shape of [pin, ...shapes]) shape.on("click", () => JZ.emit("pin", site.site_id));
      pin.on("keypress", (event) => {
        if (event.originalEvent.key === "Enter") JZ.emit("pin", site.site_id);
      });
      pins.set(site.site_id, pin);
      rings.set(site.site_id, shapes);
    }
    JZ.on("pin", (id) => {
      if (!JZ.tools.isBusy()) pick(byId(id), false);
    });
  }

  function light(id, on) {
    pins.get(id).getElement().classList.toggle("jz-lit", on);
  }

  function byId(id) {
    return ranking.find((site) => site.site_id === id) || null;
  }

  function pick(site, pan) {
    state.site = site;
    for (const [id, pin] of pins) {
      const on = site !== null && id === site.site_id;
      pin.getElement().classList.toggle("jz-on", on);
      pin.setZIndexOffset(on ? 1000 : 0);
      const style = (shape) => ({ opacity: on ? 1 : 0.75, weight: shape.options.jz * (on ? 1.6 : 1) });
      rings.get(id).forEach((shape) => shape.setStyle(style(shape)));
    }
    fill();
    reveal(body.querySelector('tr[aria-selected="true"]'));
    const here = L.latLng(site.lat, site.lon);
    if (pan && !map.getBounds().pad(-0.1).contains(here)) map.panTo(here, { animate: false });
    JZ.emit("site", site);
  }

  /* Scroll the table, and nothing else, until a row is seen. */
  function reveal(shown) {
    if (!shown) return;
    const frame = body.closest(".jz-table");
    const top = shown.offsetTop - head.offsetHeight;
    if (top < frame.scrollTop) frame.scrollTop = top;
    const below = shown.offsetTop + shown.offsetHeight - frame.clientHeight;
    if (below > frame.scrollTop) frame.scrollTop = below;
  }

  /* Show another ranking of the same sites. */
  function rank(sites) {
    ranking = sites;
    for (const site of sites) {
      const label = pins.get(site.site_id).getElement().querySelector("span");
      label.textContent = String(site.rank);
    }
    pick(byId(state.site.site_id), false);
  }

  JZ.sites = { panel, draw, fill, pick, byId, rank, chosen, ranking: () => ranking };
})();
