/* What can be taken along: sites as GeoJSON or CSV, coordinates, a link to this view. */
(function () {
  "use strict";

  const { D, el } = JZ;
  const NESTED = ["margins", "parts", "ground", "lon", "lat"];

  function record(site) {
    const flat = Object.fromEntries(Object.entries(site).filter(([name]) => !NESTED.includes(name)));
    for (const [name, share] of Object.entries(site.parts)) flat["part_" + name] = share;
    if (JZ.whatIf.isChanged()) flat.rescored_with = JSON.stringify(JZ.whatIf.now());
    return flat;
  }

  function geojson(sites) {
    const features = sites.map((site) => ({
      type: "Feature",
      properties: record(site),
      geometry: { type: "Point", coordinates: [site.lon_deg, site.lat_deg] },
    }));
    const crs = { type: "name", properties: { name: "urn:ogc:def:crs:IAU:2015::49900" } };
    return JSON.stringify({ type: "FeatureCollection", crs, features }, null, 1) + "\n";
  }

  /* Text that a spreadsheet would run as a formula is kept from it by an apostrophe. */
  function csvCell(value) {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
    return /[",\n\r]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }

  function csv(sites) {
    const rows = sites.map(record);
    const names = Object.keys(rows[0] || {});
    const lines = rows.map((row) => names.map((name) => csvCell(row[name])).join(","));
    return [names.map(csvCell).join(","), ...lines].join("\n") + "\n";
  }

  function download(name, kind, text) {
    const address = URL.createObjectURL(new Blob([text], { type: kind }));
    const link = el("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  async function copy(text, button) {
    let done = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = el("textarea", { class: "jz-offscreen", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const before = button.dataset.text || button.textContent;
    button.dataset.text = before;
    button.textContent = done ? "copied" : "not allowed here";
    setTimeout(() => (button.textContent = before), 1500);
  }

  function bar() {
    const words = el("span", { class: "jz-note", id: "jz-chosen" });
    const save = (name, kind, write) => {
      const button = el("button", { type: "button", id: "jz-save-" + name, text: name.toUpperCase() });
      if (name === "geojson") button.textContent = "GeoJSON";
      button.addEventListener("click", () => download("sites." + name, kind, write(JZ.sites.chosen())));
      return button;
    };
    JZ.on("chosen", (n) => (words.textContent = "Save " + n + (n === 1 ? " site as" : " sites as")));
    return el(
      "div",
      { class: "jz-row jz-save" },
      words,
      save("geojson", "application/geo+json", geojson),
      save("csv", "text/csv", csv),
    );
  }

  JZ.saving = { bar, copy, geojson, csv };
  JZ.titleOf = (layer) => {
    const limit = D.limits.find((one) => one.layer === layer);
    return limit ? limit.title.toLowerCase() : layer;
  };
})();
