/* What the colours of a layer mean. */
(function () {
  "use strict";

  const { el, number, capital, grid: G, THIN } = JZ;

  /* A colour as it is on the map: over the grey of the picture where the layer lets it through. */
  function swatch(colour, label, opacity) {
    const box = el("span", { class: "jz-swatch" });
    const fill = el("i");
    if (colour === null) fill.className = "jz-hatched";
    else fill.style.backgroundColor = colour;
    fill.style.opacity = opacity;
    box.append(fill);
    return el("li", {}, box, el("span", { text: label }));
  }

  function swatches(layer, opacity) {
    const list = el("ul", { class: "jz-swatches", "aria-label": "legend of " + layer.title });
    if (layer.kind === "code") {
      for (const item of layer.items) list.append(swatch(item.colour, item.label, opacity));
      if (layer.several) list.append(swatch(layer.several, "several", opacity));
    } else layer.colours.forEach((colour, i) => list.append(swatch(colour, layer.labels[i], opacity)));
    if (layer.nodata !== null) list.append(swatch(null, "unknown", opacity));
    return list;
  }

  function limitText(limit) {
    const side = limit.kind === "max" ? "at most" : "at least";
    const base = limit.baseline_m ? " over " + limit.baseline_m + THIN + "m" : "";
    return side + " " + limit.value + THIN + limit.unit + base + " (" + limit.standing + ")";
  }

  function notes(layer) {
    const said = [capital(layer.about) + "."];
    if (layer.limit) said.push("Limit: " + limitText(layer.limit) + ".");
    if (layer.note) said.push("Class boundaries: " + layer.note + ".");
    if (layer.reduced) {
      said.push("Shown in cells of " + number(G.cell_m, 1, "m") + " by their " + layer.reduced + ".");
    }
    if (JZ.D.tiles) {
      const how = layer.name === "elevation_m" ? "mean" : "worst value";
      said.push("Zoomed out, neighbouring cells are drawn as one by their " + how + ".");
    }
    return said.join(" ");
  }

  function legend(layer, opacity) {
    if (!layer) return [];
    const title = el("p", { class: "jz-print-only", text: "Layer: " + layer.title });
    return [title, swatches(layer, opacity), el("p", { class: "jz-note", text: notes(layer) })];
  }

  Object.assign(JZ, { legend, limitText });
})();
