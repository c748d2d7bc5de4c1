/* The viewer: layers drawn from integers, sites, samples. Every text is shown as text, never as markup. */
(function () {
  "use strict";

  const D = JSON.parse(document.getElementById("jz-data").textContent);
  const map = window[D.map_id];
  const G = D.grid;
  const R = D.body.radius_m;
  const RAD = Math.PI / 180;
  const root = document.documentElement;

  /* ---- small parts ---- */
  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") node.textContent = value;
      else if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
    }
    for (const child of children) if (child !== null) node.append(child);
    return node;
  }

  function svg(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    for (const child of children) node.append(child);
    return node;
  }

  function number(value, digits, unit) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "unknown";
    return value.toFixed(digits) + (unit ? "\u202f" + unit : "");
  }

  function chance(value) {
    return value >= 0.9995 && value < 1 ? ">0.999" : number(value, 3);
  }

  function signed(share) {
    if (share === null || !Number.isFinite(share)) return "unknown";
    return (share >= 0 ? "+" : "\u2212") + Math.abs(100 * share).toFixed(0) + "\u202f%";
  }

  function digitsOf(unit) {
    return unit === "deg" ? 2 : 3;
  }

  /* ---- rasters ---- */
  async function decode(layer) {
    const text = atob(layer.data);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(stream).arrayBuffer();
    const kinds = { u1: Uint8Array, u2: Uint16Array, i2: Int16Array };
    const codes = new kinds[layer.dtype](buffer);
    if (codes.length !== G.rows * G.cols) throw new Error("layer " + layer.name + " has a wrong size");
    for (let r = 0; r < G.rows; r++) {
      const start = r * G.cols;
      for (let c = 1; c < G.cols; c++) codes[start + c] += codes[start + c - 1];
    }
    layer.codes = codes;
    layer.data = null;
  }

  function cellAt(latlng) {
    const c = Math.floor((latlng.lng - G.west) / G.dlon);
    const r = Math.floor((G.north - latlng.lat) / G.dlat);
    return r < 0 || c < 0 || r >= G.rows || c >= G.cols ? -1 : r * G.cols + c;
  }

  function valueAt(layer, cell) {
    if (cell < 0) return null;
    const code = layer.codes[cell];
    return code === layer.nodata ? null : code * layer.step + layer.offset;
  }

  function said(layer, cell) {
    if (cell < 0) return "off the raster";
    const value = valueAt(layer, cell);
    if (value === null) return "unknown";
    if (layer.kind === "code") return codeName(layer, value);
    return number(value, layer.name === "elevation_m" ? 1 : digitsOf(layer.unit), layer.unit);
  }

  function codeName(layer, code) {
    const item = layer.items.find((i) => i.code === code);
    if (item) return item.label;
    if (!layer.bits) return "unknown";
    const words = Object.keys(layer.bits)
      .filter((bit) => code & bit)
      .map((bit) => layer.bits[bit]);
    return words.join(" + ");
  }

  /* ---- colours ---- */
  function rgb(hex) {
    return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  }

  function colourOf(layer, code) {
    if (layer.kind === "code") {
      const item = layer.items.find((i) => i.code === code);
      return item ? item.colour : layer.several;
    }
    const value = code * layer.step + layer.offset;
    let i = 0;
    while (i < layer.breaks.length && value > layer.breaks[i] + 1e-9) i++;
    return layer.colours[i];
  }

  /* One 32-bit colour for each code that occurs; unknown ground is hatched. */
  function paint(layer, canvas) {
    canvas.width = G.cols;
    canvas.height = G.rows;
    const context = canvas.getContext("2d");
    const image = context.createImageData(G.cols, G.rows);
    const pixels = image.data;
    const table = new Map();
    for (let r = 0, i = 0; r < G.rows; r++) {
      for (let c = 0; c < G.cols; c++, i++) {
        const code = layer.codes[i];
        const p = 4 * i;
        if (code === layer.nodata) {
          const dark = (r + c) % 6 < 2;
          pixels[p] = pixels[p + 1] = pixels[p + 2] = dark ? 90 : 160;
          pixels[p + 3] = 255;
          continue;
        }
        let colour = table.get(code);
        if (colour === undefined) {
          colour = rgb(colourOf(layer, code));
          table.set(code, colour);
        }
        pixels[p] = colour[0];
        pixels[p + 1] = colour[1];
        pixels[p + 2] = colour[2];
        pixels[p + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }

  const bounds = L.latLngBounds(
    [G.north - G.dlat * G.rows, G.west],
    [G.north, G.west + G.dlon * G.cols],
  );

  const CanvasOverlay = L.ImageOverlay.extend({
    _initImage: function () {
      const canvas = (this._image = document.createElement("canvas"));
      canvas.className = "leaflet-image-layer jz-cells" + (this._zoomAnimated ? " leaflet-zoom-animated" : "");
      canvas.onselectstart = canvas.onmousemove = L.Util.falseFn;
    },
  });

  /* ---- state ---- */
  const state = { layer: null, site: null, sort: "rank", up: true, words: "" };
  const pins = new Map();
  const rings = new Map();
  let overlay = null;

  function offset(latlng, east, north) {
    const lat = latlng.lat + north / R / RAD;
    return [lat, latlng.lng + east / (R * Math.cos(latlng.lat * RAD)) / RAD];
  }

  function ellipse(latlng, major, minor, azimuth) {
    const points = [];
    const a = azimuth * RAD;
    for (let i = 0; i < 120; i++) {
      const t = (2 * Math.PI * i) / 120;
      const along = major * Math.cos(t);
      const across = minor * Math.sin(t);
      points.push(
        offset(
          latlng,
          along * Math.sin(a) + across * Math.cos(a),
          along * Math.cos(a) - across * Math.sin(a),
        ),
      );
    }
    return points;
  }

  function mapMetres(latlng) {
    const n = D.crs.nodes;
    const u = ((latlng.lng - G.west) / D.crs.width_deg) * (n - 1);
    const v = ((G.north - latlng.lat) / D.crs.height_deg) * (n - 1);
    const i = Math.max(0, Math.min(n - 2, Math.floor(u)));
    const j = Math.max(0, Math.min(n - 2, Math.floor(v)));
    const at = (list, q, p) => list[q * n + p];
    const mix = (list) =>
      (at(list, j, i) * (1 - (u - i)) + at(list, j, i + 1) * (u - i)) * (1 - (v - j)) +
      (at(list, j + 1, i) * (1 - (u - i)) + at(list, j + 1, i + 1) * (u - i)) * (v - j);
    return [mix(D.crs.x), mix(D.crs.y)];
  }

  /* ---- layer panel ---- */
  const legend = el("div", { id: "jz-legend" });
  const layerNote = el("p", { id: "jz-layer-note", class: "jz-note" });

  function layerPicker() {
    const select = el("select", {
      id: "jz-layer",
      "aria-label": "layer",
      on: { change: () => showLayer(select.value) },
    });
    select.append(el("option", { value: "", text: "none: " + D.picture.title }));
    for (const layer of D.layers) select.append(el("option", { value: layer.name, text: layer.title }));
    const shown = el("output", { for: "jz-opacity" });
    const opacity = el("input", {
      id: "jz-opacity",
      type: "range",
      min: 0,
      max: 100,
      step: 1,
      value: 80,
      on: {
        input: () => {
          shown.textContent = opacity.value + "\u202f%";
          overlay.setOpacity(opacity.value / 100);
        },
      },
    });
    shown.textContent = opacity.value + "\u202f%";
    return el(
      "section",
      { class: "jz-box" },
      el("label", { class: "jz-row" }, el("span", { text: "Layer" }), select),
      el("label", { class: "jz-row" }, el("span", { text: "Opacity" }), opacity, shown),
      legend,
      layerNote,
    );
  }

  function showLayer(name) {
    const layer = D.layers.find((l) => l.name === name) || null;
    state.layer = layer;
    document.getElementById("jz-layer").value = name;
    const canvas = overlay.getElement();
    canvas.style.visibility = layer ? "" : "hidden";
    if (layer) paint(layer, canvas);
    drawLegend(layer);
    readout(map.getCenter(), "map centre");
  }

  function swatch(colour, label) {
    const box = el("span", { class: "jz-swatch" });
    if (colour === null) box.classList.add("jz-hatched");
    else box.style.background = colour;
    return el("li", {}, box, el("span", { text: label }));
  }

  function drawLegend(layer) {
    legend.replaceChildren();
    layerNote.textContent = "";
    if (!layer) return;
    const list = el("ul", { class: "jz-swatches", "aria-label": "legend of " + layer.title });
    if (layer.kind === "code") {
      for (const item of layer.items) list.append(swatch(item.colour, item.label));
      if (layer.several) list.append(swatch(layer.several, "several"));
    } else layer.colours.forEach((colour, i) => list.append(swatch(colour, layer.labels[i])));
    if (layer.nodata !== null) list.append(swatch(null, "unknown"));
    legend.append(list);
    const notes = [capital(layer.about) + "."];
    if (layer.limit) {
      const side = layer.limit.kind === "max" ? "at most" : "at least";
      const base = layer.limit.baseline_m ? " over " + layer.limit.baseline_m + "\u202fm" : "";
      notes.push(
        "Limit: " + side + " " + layer.limit.value + "\u202f" + layer.limit.unit + base + " (" + layer.limit.standing + ").",
      );
    }
    if (layer.note) notes.push("Class boundaries: " + layer.note + ".");
    if (layer.reduced) {
      notes.push("Shown in cells of " + number(G.cell_m, 1, "m") + " by their " + layer.reduced + ".");
    }
    layerNote.textContent = notes.join(" ");
  }

  function capital(text) {
    return text.charAt(0).toUpperCase() + text.slice(1);
  }

  /* ---- sites ---- */
  const COLUMNS = [
    ["rank", "#", (s) => String(s.rank)],
    ["site_id", "Site", (s) => s.site_id],
    ["landing_probability", "P(land)", (s) => chance(s.landing_probability)],
    ["score", "Score", (s) => number(s.score, 3)],
    ["safe_radius_m", "Safe m", (s) => number(s.safe_radius_m, 0)],
    ["binding_margin", "Margin", (s) => signed(s.binding_margin)],
    ["nearest_sample_distance_m", "Sample m", (s) => number(s.nearest_sample_distance_m, 0)],
  ];
  const tableHead = el("tr");
  const tableBody = el("tbody");
  const tableCount = el("span", { id: "jz-count", class: "jz-note" });
  const card = el("div", { id: "jz-card", "aria-live": "polite" });

  function marks() {
    const d = D.dispersion;
    const round = d.major_m === d.minor_m ? number(d.major_m, 0, "m") + " radius" : d.major_m + " x " + d.minor_m + "\u202fm";
    const same = d.major_m === D.site_radius_m && d.minor_m === D.site_radius_m;
    const disc = same ? "" : " Dashed: ground of the site's statistics, " + number(D.site_radius_m, 0, "m") + ".";
    return "Ring: " + d.meaning + " of landings, " + round + "." + disc + " Yellow: samples.";
  }

  function siteList() {
    if (!D.sites.length) {
      return el(
        "section",
        { class: "jz-box", id: "jz-sites" },
        el("h2", { text: "Sites" }),
        el("p", { id: "jz-empty", text: "No site passes the gates; the summary above says why." }),
      );
    }
    for (const [key, title] of COLUMNS) {
      const button = el("button", { type: "button", text: title, on: { click: () => sortBy(key) } });
      tableHead.append(el("th", { scope: "col", "data-key": key }, button));
    }
    const search = el("input", {
      id: "jz-search",
      type: "search",
      placeholder: "find a site, a limit or a sample",
      "aria-label": "find sites",
      on: {
        input: () => {
          state.words = search.value.trim().toLowerCase();
          fillTable();
        },
      },
    });
    return el(
      "section",
      { class: "jz-box", id: "jz-sites" },
      el("div", { class: "jz-row" }, el("h2", { text: "Sites" }), tableCount),
      el("p", { class: "jz-note", id: "jz-marks", text: marks() }),
      search,
      el(
        "div",
        { class: "jz-table" },
        el("table", { id: "jz-table" }, el("thead", {}, tableHead), tableBody),
      ),
      card,
    );
  }

  function sortBy(key) {
    state.up = state.sort === key ? !state.up : ["rank", "site_id", "nearest_sample_distance_m"].includes(key);
    state.sort = key;
    fillTable();
  }

  function fillTable() {
    const words = state.words;
    const rows = D.sites
      .filter((s) =>
        [s.site_id, s.binding_constraint, s.nearest_sample].join(" ").toLowerCase().includes(words),
      )
      .sort((a, b) => {
        const [x, y] = [a[state.sort], b[state.sort]];
        const order = x === y ? a.rank - b.rank : (x === null) - (y === null) || (x < y ? -1 : 1);
        return x !== y && !state.up ? -order : order;
      });
    for (const head of tableHead.children) {
      const mine = head.dataset.key === state.sort;
      head.setAttribute("aria-sort", mine ? (state.up ? "ascending" : "descending") : "none");
    }
    tableBody.replaceChildren(
      ...rows.map((s) =>
        el(
          "tr",
          {
            tabindex: 0,
            "data-id": s.site_id,
            "aria-selected": String(s === state.site),
            on: {
              click: () => pick(s, true),
              keydown: (event) => tableKey(event, s),
            },
          },
          ...COLUMNS.map(([key, , text]) => el("td", { class: key === "site_id" ? "jz-word" : "", text: text(s) })),
        ),
      ),
    );
    const all = D.sites.length;
    tableCount.textContent = rows.length === all ? all + (all === 1 ? " site" : " sites") : rows.length + " of " + all;
  }

  function tableKey(event, site) {
    const row = event.currentTarget;
    const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    if (event.key === "Enter" || event.key === " ") pick(site, true);
    else if (next) next.focus();
    else return;
    event.preventDefault();
    if (event.key === "Enter" || event.key === " ") {
      const again = tableBody.querySelector('tr[aria-selected="true"]');
      if (again) again.focus();
    }
  }

  function pick(site, pan) {
    state.site = site;
    for (const s of D.sites) {
      const on = s === site;
      pins.get(s).getElement().classList.toggle("jz-on", on);
      pins.get(s).setZIndexOffset(on ? 1000 : 0);
      rings.get(s).forEach((ring) => ring.setStyle({ opacity: on ? 1 : 0.75, weight: ring.options.jz * (on ? 1.6 : 1) }));
    }
    fillTable();
    drawCard(site);
    if (pan && !map.getBounds().pad(-0.1).contains([site.lat, site.lon])) map.panTo([site.lat, site.lon], { animate: false });
  }

  function fact(name, value) {
    return el("div", { class: "jz-fact" }, el("dt", { text: name }), el("dd", { text: value }));
  }

  function bar(name, share) {
    const fill = el("span", { class: "jz-fill" });
    fill.style.width = 100 * Math.max(0, Math.min(1, share || 0)) + "%";
    return el(
      "div",
      { class: "jz-bar", "data-part": name, "data-value": share },
      el("span", { text: name.replace(/_/g, " ") }),
      el("span", { class: "jz-track" }, fill),
      el("span", { class: "jz-figure", text: number(share, 2) }),
    );
  }

  /* A margin is a share of its limit; where the limit is 0 it is a difference in the limit's unit. */
  function marginText(m) {
    if (!m.is_difference || m.margin === null) return signed(m.margin);
    return (m.margin < 0 ? "\u2212" : "+") + number(Math.abs(m.margin), 3, m.unit);
  }

  function marginRow(m) {
    const passes = m.margin !== null && m.margin >= 0;
    const sign = m.kind === "max" ? "\u2264" : "\u2265";
    const digits = digitsOf(m.unit);
    return el(
      "tr",
      {},
      el("td", { class: "jz-word", text: m.title }),
      el("td", { text: number(m.value, digits) }),
      el("td", { text: sign + "\u202f" + m.limit + "\u202f" + m.unit }),
      el("td", { text: marginText(m) }),
      el("td", { text: m.margin === null ? "?" : passes ? "\u2713 pass" : "\u2717 fail" }),
    );
  }

  function drawCard(s) {
    const standings = [...new Set(s.margins.map((m) => m.standing))];
    const heads = ["Limit on", "Worst", "Limit", "Margin", ""];
    card.replaceChildren(
      el("h3", { text: "Site " + s.site_id + ", rank " + s.rank }),
      el(
        "dl",
        {},
        fact("Landing probability", chance(s.landing_probability) + " to " + chance(s.landing_probability_upper) + " (unknown ground as failure, as success)"),
        fact("Score", number(s.score, 3)),
        fact("Lon, lat", number(s.lon_deg, 6) + "\u00b0\u202fE, " + number(s.lat_deg, 6) + "\u00b0"),
        fact("Map E, N", number(s.x_m, 1) + ", " + number(s.y_m, 1) + "\u202fm"),
        fact("Elevation", number(s.elevation_m, 1, "m")),
        fact("Safe radius", number(s.safe_radius_m, 1, "m")),
        fact("Slope mean, p95", number(s.slope_mean_deg, 1) + ", " + number(s.slope_p95_deg, 1) + "\u202fdeg"),
        fact("Relief", number(s.relief_m, 2, "m")),
        ...("divert_probability" in s ? [fact("With divert", chance(s.divert_probability))] : []),
        fact("Unknown ground", number(100 * s.unknown_fraction, 1, "%")),
        ...("confidence" in s ? [fact("Confidence", number(100 * s.confidence, 1, "%") + " of the ground known and free of artefacts")] : []),
        fact(
          "Nearest sample",
          s.nearest_sample
            ? s.nearest_sample + ", " + number(s.nearest_sample_distance_m, 0, "m") + " straight over the ground"
            : "none with a position",
        ),
      ),
      el("h4", { text: "Limits within " + number(D.site_radius_m, 0, "m") + (standings.length ? " (" + standings.join("; ") + ")" : "") }),
      el(
        "table",
        { class: "jz-margins" },
        el("thead", {}, el("tr", {}, ...heads.map((h) => el("th", { scope: "col", text: h })))),
        el("tbody", {}, ...s.margins.map(marginRow)),
      ),
      el("h4", { text: "Parts of the score" }),
      el("div", { class: "jz-bars" }, ...Object.entries(s.parts).map(([name, share]) => bar(name, share))),
    );
    if (s.binding_constraint) {
      card.insertBefore(
        el("p", { class: "jz-note", text: "Binding: " + s.binding_constraint + " (" + signed(s.binding_margin) + ")." }),
        card.querySelector("h4:last-of-type"),
      );
    }
  }

  function drawSites() {
    for (const s of D.sites) {
      const here = L.latLng(s.lat, s.lon);
      const ring = (points, colour, weight, dash) =>
        L.polygon(points, {
          color: colour,
          weight: weight,
          jz: weight,
          dashArray: dash,
          fill: false,
          smoothFactor: 0,
          interactive: false,
          pane: "jz-rings",
        }).addTo(map);
      const d = D.dispersion;
      const landing = ellipse(here, d.major_m, d.minor_m, d.azimuth_deg);
      const disc = ellipse(here, D.site_radius_m, D.site_radius_m, 0);
      const same = d.major_m === D.site_radius_m && d.minor_m === D.site_radius_m;
      const drawn = [ring(landing, "#111", 4, null), ring(landing, "#fff", 1.8, null)];
      if (!same) drawn.push(ring(disc, "#111", 3, "6 5"), ring(disc, "#fff", 1.2, "6 5"));
      rings.set(s, drawn);
      const icon = L.divIcon({
        className: "jz-pin",
        html: el("span", { text: String(s.rank) }),
        iconSize: [26, 26],
      });
      const pin = L.marker(here, { icon: icon, title: "site " + s.site_id, alt: "site " + s.site_id, keyboard: true });
      pin.on("click", () => pick(s, false));
      pin.on("keypress", (event) => event.originalEvent.key === "Enter" && pick(s, false));
      pins.set(s, pin.addTo(map));
    }
  }

  /* ---- samples ---- */
  function sampleTitle(s) {
    const sol = s.seal_sol === null ? "" : ", sealed on sol " + s.seal_sol;
    return s.name + " (" + (s.kind === "depot" ? "Three Forks depot" : "sample") + sol + ")";
  }

  function moved(s) {
    if (s.kind === "sample" && s.location === "depot") return "since moved to the depot";
    return s.location ? "now: " + s.location + (s.location_date ? " (" + s.location_date + ")" : "") : "";
  }

  function drawSamples() {
    const places = new Map();
    for (const s of D.samples) {
      if (s.lon === null) continue;
      const key = s.lon + " " + s.lat;
      places.set(key, [...(places.get(key) || []), s]);
    }
    for (const here of places.values()) {
      const s = here[0];
      const icon = L.divIcon({
        className: "jz-sample" + (s.kind === "depot" ? " jz-depot" : ""),
        html: el("span"),
        iconSize: [14, 14],
      });
      const names = here.map(sampleTitle).join("; ");
      const mark = L.marker([s.lat, s.lon], { icon: icon, alt: names, pane: "jz-marks", keyboard: false });
      const line = (t) => [
        el("b", { text: sampleTitle(t) }),
        el("div", { text: [moved(t), "position is the rover's"].filter(Boolean).join("; ") }),
      ];
      mark.bindTooltip(() => el("div", {}, ...here.flatMap(line)), { direction: "top" });
      mark.addTo(map);
    }
  }

  function sampleList() {
    const inside = D.samples.filter((s) => s.lon !== null && bounds.contains([s.lat, s.lon])).length;
    const rows = D.samples.map((s) =>
      el(
        "li",
        {},
        el("button", {
          type: "button",
          class: "jz-link",
          disabled: s.lon === null ? "" : null,
          text: sampleTitle(s),
          on: { click: () => s.lon !== null && map.panTo([s.lat, s.lon], { animate: false }) },
        }),
        el("span", {
          class: "jz-note",
          text: [s.lon === null ? "no position" : "", moved(s), s.source || ""].filter(Boolean).join("; "),
        }),
      ),
    );
    return el(
      "details",
      { class: "jz-box", id: "jz-samples" },
      el("summary", { text: "Samples: " + inside + " of " + D.samples.length + " on this ground" }),
      el("p", { class: "jz-note", text: "Positions are the rover's at sealing, or at the drop for the depot." }),
      el("ul", { class: "jz-list" }, ...rows),
    );
  }

  /* ---- about ---- */
  function about() {
    const d = D.dispersion;
    const limits = D.limits.map((m) => m.title + ": " + (m.kind === "max" ? "at most " : "at least ") + m.value + " " + m.unit + (m.baseline_m ? " over " + m.baseline_m + " m" : "") + " (" + m.source + ")");
    const ellipseText = "Dispersion: " + d.meaning + ", semi-axes " + d.major_m + " x " + d.minor_m + " m, azimuth " + d.azimuth_deg + " deg from north (" + d.source + ")";
    const list = (texts) => el("ul", { class: "jz-list" }, ...texts.map((t) => el("li", { text: t })));
    return el(
      "details",
      { class: "jz-box", id: "jz-about" },
      el("summary", { text: "About this run" }),
      el("h4", { text: "What to know" }),
      list(D.statements),
      el("h4", { text: "Limits and dispersion" }),
      list([...limits, ellipseText]),
      D.notices.length ? el("h4", { text: "Notices" }) : null,
      D.notices.length ? list(D.notices) : null,
      el("h4", { text: "Inputs" }),
      list(D.inputs.length ? D.inputs.map((i) => i.role + ": " + i.name + ", sha256 " + i.sha256) : ["in memory"]),
      el("p", { class: "jz-note", text: "jezero_sites " + D.version + ". Longitudes east, latitudes planetocentric, on a sphere of " + R + " m. Map drawn with Leaflet (BSD-2-Clause)." }),
    );
  }

  /* ---- readout, scale, north ---- */
  const where = el("div", { class: "jz-where" });
  const what = el("div", { class: "jz-what" });

  function readout(latlng, label) {
    const cell = cellAt(latlng);
    const elevation = D.layers.find((l) => l.name === "elevation_m");
    const xy = cell < 0 ? null : mapMetres(latlng);
    const lng = ((latlng.lng % 360) + 360) % 360;
    const place = lng.toFixed(6) + "\u00b0\u202fE  " + latlng.lat.toFixed(6) + "\u00b0";
    where.textContent =
      (label ? label + ":  " : "") + place + (xy ? "   E " + xy[0].toFixed(1) + "  N " + xy[1].toFixed(1) + "\u202fm" : "") + "   elevation " + said(elevation, cell);
    const shown = D.layers.filter((l) => l !== elevation);
    what.replaceChildren(
      ...shown.map((l) =>
        el(
          "span",
          { "data-layer": l.name, class: l === state.layer ? "jz-now" : "" },
          el("i", { text: l.title + " " }),
          el("b", { text: said(l, cell) }),
        ),
      ),
    );
  }

  const scaleBar = el("div", { id: "jz-scale" }, el("span"));

  function drawScale() {
    const size = map.getSize();
    const y = size.y / 2;
    const metresFor = map.distance(map.containerPointToLatLng([size.x / 2 - 50, y]), map.containerPointToLatLng([size.x / 2 + 50, y]));
    const most = (metresFor / 100) * 140;
    const power = Math.pow(10, Math.floor(Math.log10(most)));
    const length = [5, 2, 1].map((n) => n * power).find((n) => n <= most);
    scaleBar.style.width = ((100 * length) / metresFor).toFixed(1) + "px";
    scaleBar.dataset.metres = length;
    scaleBar.firstChild.textContent = length >= 1000 ? length / 1000 + "\u202fkm" : length + "\u202fm";
  }

  function northArrow() {
    const shape = svg("svg", { viewBox: "0 0 24 40", width: 24, height: 40, role: "img", "aria-label": "north is up" });
    shape.append(svg("path", { d: "M12 2 L19 24 L12 19 L5 24 Z", fill: "#fff", stroke: "#111", "stroke-width": 1.5 }));
    const letter = svg("text", { x: 12, y: 38, "text-anchor": "middle", class: "jz-n" });
    letter.textContent = "N";
    shape.append(letter);
    return el("div", { id: "jz-north" }, shape);
  }

  /* ---- the page ---- */
  function layout() {
    document.title = D.title;
    const container = map.getContainer();
    const main = el("main", { id: "jz-main" });
    container.replaceWith(main);
    main.append(container, el("div", { id: "jz-readout" }, where, what));
    const corner = el("div", { id: "jz-corner" }, northArrow(), scaleBar);
    container.append(corner);
    const side = el(
      "aside",
      { id: "jz-side" },
      el("header", {}, el("h1", { text: D.title }), el("p", { text: D.summary })),
      ...D.flags.map((text) => el("p", { class: "jz-flag", text: text })),
      layerPicker(),
      siteList(),
      sampleList(),
      about(),
    );
    document.body.append(main, side);
    document.body.classList.add("jz-body");
  }

  function fail(error) {
    document.body.prepend(el("p", { id: "jz-error", role: "alert", text: "The map could not be drawn: " + error.message }));
    root.setAttribute("data-jz-failed", "1");
  }

  async function start() {
    layout();
    map.invalidateSize({ animate: false });
    for (const [name, z] of [["jz-picture", 210], ["jz-layer", 220], ["jz-rings", 410], ["jz-marks", 590]]) {
      map.createPane(name).style.zIndex = z;
    }
    await Promise.all(D.layers.map(decode));
    L.imageOverlay(D.picture.url, D.picture.bounds, { pane: "jz-picture", alt: D.picture.title, className: "jz-cells" }).addTo(map);
    overlay = new CanvasOverlay("", bounds, { pane: "jz-layer", opacity: 0.8 }).addTo(map);
    showLayer(D.layers.some((l) => l.name === "hazard_class") ? "hazard_class" : D.layers[0].name);
    map.invalidateSize({ animate: false });
    map.fitBounds(bounds, { animate: false });
    map.setMaxBounds(bounds.pad(3));
    drawSamples();
    drawSites();
    map.on("mousemove", (event) => readout(event.latlng, ""));
    map.on("mouseout", () => readout(map.getCenter(), "map centre"));
    map.on("move zoomend resize", drawScale);
    map.on("moveend", () => readout(map.getCenter(), "map centre"));
    drawScale();
    if (D.sites.length) {
      fillTable();
      pick(D.sites[0], false);
    }
    window.jz = { D: D, map: map, overlay: overlay, showLayer: showLayer, mapMetres: mapMetres, cellAt: cellAt, said: said, ellipse: ellipse };
    root.setAttribute("data-jz-ready", "1");
  }

  start().catch(fail);
})();
