/* A landing ellipse drawn by hand, and what lies in it: the chance of success and the ground's statistics.

   A cell counts when its centre is inside: with E = R cos(lat) dlon, N = R dlat from the ellipse's centre,
   along u = E sin A + N cos A and across v = E cos A - N sin A, (u/a)^2 + (v/b)^2 <= 1. Touchdowns are normal
   about the centre; cells are weighted out to five standard deviations. The package's own `ellipse` does
   the same on the same cells. */
(function () {
  "use strict";

  const { D, el, map, grid: G, RAD, radius: R, number, chance, percent, THIN } = JZ;
  const RIM = 1e-9;
  const REACH_SIGMAS = 5;
  const MOST_CELLS = 2e7;
  const size = { ...D.dispersion };
  let centre = null;
  let shapes = [];
  let handle = null;
  let turn = 0;
  let fields = {};
  const answer = el("div", { "aria-live": "polite" });

  function start() {
    JZ.tools.say("Click where the lander is aimed; drag the cross to move it.");
    map.on("click", put);
  }

  function stop() {
    map.off("click", put);
  }

  function clear() {
    turn++;
    for (const shape of [...shapes, handle]) if (shape) shape.remove();
    shapes = [];
    handle = centre = null;
  }

  function put(event) {
    place(event.latlng);
    JZ.tools.leave();
  }

  function place(latlng) {
    centre = latlng;
    draw();
    show().catch(JZ.fail);
  }

  function draw() {
    for (const shape of shapes) shape.remove();
    const outline = JZ.ellipse(centre, size.major_m, size.minor_m, size.azimuth_deg);
    const look = { pane: "jz-drawn", smoothFactor: 0, interactive: false };
    shapes = [
      L.polygon(outline, { ...look, color: "#111", weight: 5, fill: false }),
      L.polygon(outline, {
        ...look,
        color: "#ffd9a0",
        weight: 2.2,
        fill: false,
        className: "jz-drawn-ellipse",
      }),
    ];
    for (const shape of shapes) shape.addTo(map);
    if (!handle) {
      const icon = L.divIcon({ className: "jz-cross", html: el("span", { text: "+" }), iconSize: [24, 24] });
      handle = L.marker(centre, {
        icon,
        draggable: true,
        pane: "jz-marks",
        alt: "aim point",
        zIndexOffset: 2000,
      });
      handle.on("drag", () => {
        centre = handle.getLatLng();
        draw();
      });
      handle.on("dragend", () => show().catch(JZ.fail));
      handle.addTo(map);
    } else handle.setLatLng(centre);
  }

  /* ---- statistics ---- */

  /* Rows and columns of the lattice of cells that an ellipse touches; it goes on beyond the raster. */
  function lattice(at, { major_m, minor_m, azimuth_deg }, reach) {
    const [sine, cosine] = [Math.sin(azimuth_deg * RAD), Math.cos(azimuth_deg * RAD)];
    const east = reach * Math.hypot(major_m * sine, minor_m * cosine);
    const north = reach * Math.hypot(major_m * cosine, minor_m * sine);
    const dlon = east / (R * Math.cos(at.lat * RAD)) / RAD;
    const dlat = north / R / RAD;
    return {
      r0: Math.floor((G.north - at.lat - dlat) / G.dlat) - 1,
      r1: Math.ceil((G.north - at.lat + dlat) / G.dlat) + 1,
      c0: Math.floor((at.lng - dlon - G.west) / G.dlon) - 1,
      c1: Math.ceil((at.lng + dlon - G.west) / G.dlon) + 1,
    };
  }

  async function windows(box) {
    const cut = (value, most) => Math.max(0, Math.min(most, value));
    const [r0, r1] = [cut(box.r0, G.rows), cut(box.r1, G.rows)];
    const [c0, c1] = [cut(box.c0, G.cols), cut(box.c1, G.cols)];
    const found = {};
    for (const name of ["hazard_class", "safe_probability", "slope_deg", "elevation_m", "unknown_mask"]) {
      const layer = JZ.layerNamed(name);
      if (!layer) continue;
      const codes = await JZ.source.window(layer, r0, r1, c0, c1);
      found[name] = (i) => JZ.valueOf(layer, codes[i]);
    }
    return { r0, r1, c0, c1, found };
  }

  async function statistics(at, shape) {
    const sigmas = D.dispersion.sigmas;
    const weighed = (REACH_SIGMAS / sigmas) ** 2;
    const reach = Math.max(1, REACH_SIGMAS / sigmas);
    const box = lattice(at, shape, reach);
    if ((box.r1 - box.r0) * (box.c1 - box.c0) > MOST_CELLS) return null;
    const { r0, r1, c0, c1, found } = await windows(box);
    const [sine, cosine] = [Math.sin(shape.azimuth_deg * RAD), Math.cos(shape.azimuth_deg * RAD)];
    const width = R * Math.cos(at.lat * RAD) * RAD;
    const sums = {
      ...{ cells: 0, off_raster: 0, unknown: 0, unsafe: 0, slopes: 0, slope: 0 },
      ...{ worst: -Infinity, low: Infinity, high: -Infinity, weight: 0, lower: 0, upper: 0 },
    };
    for (let r = box.r0; r < box.r1; r++) {
      const north = R * (G.north - (r + 0.5) * G.dlat - at.lat) * RAD;
      for (let c = box.c0; c < box.c1; c++) {
        const east = width * (G.west + (c + 0.5) * G.dlon - at.lng);
        const u = (east * sine + north * cosine) / shape.major_m;
        const v = (east * cosine - north * sine) / shape.minor_m;
        const q = u * u + v * v;
        if (q > reach * reach) continue;
        const isOn = r >= r0 && r < r1 && c >= c0 && c < c1;
        const cell = isOn ? (r - r0) * (c1 - c0) + c - c0 : -1;
        if (q <= weighed) weigh(sums, q, sigmas, cell, found);
        if (q <= 1 + RIM) count(sums, cell, found);
      }
    }
    return finished(sums);
  }

  function weigh(sums, q, sigmas, cell, found) {
    const weight = Math.exp((-q * sigmas * sigmas) / 2);
    sums.weight += weight;
    const p = cell < 0 ? null : found.safe_probability(cell);
    const isHalfKnown = cell >= 0 && found.unknown_mask && found.unknown_mask(cell) > 0;
    if (p !== null && !isHalfKnown) sums.lower += weight * p;
    sums.upper += weight * (p === null || isHalfKnown ? 1 : p);
  }

  function count(sums, cell, found) {
    sums.cells++;
    if (cell < 0) {
      sums.off_raster++;
      sums.unknown++;
      return;
    }
    const hazard = found.hazard_class(cell);
    if (hazard === null) sums.unknown++;
    if (hazard === 3) sums.unsafe++;
    const slope = found.slope_deg(cell);
    if (slope !== null) {
      sums.slopes++;
      sums.slope += slope;
      sums.worst = Math.max(sums.worst, slope);
    }
    const height = found.elevation_m(cell);
    if (height !== null) {
      sums.low = Math.min(sums.low, height);
      sums.high = Math.max(sums.high, height);
    }
  }

  function finished(s) {
    const known = s.cells - s.unknown;
    return {
      cells: s.cells,
      off_raster: s.off_raster,
      unknown: s.unknown,
      unsafe: s.unsafe,
      unsafe_fraction: known ? s.unsafe / known : null,
      unknown_fraction: s.cells ? s.unknown / s.cells : null,
      worst_slope_deg: s.slopes ? s.worst : null,
      mean_slope_deg: s.slopes ? s.slope / s.slopes : null,
      relief_m: s.high >= s.low ? s.high - s.low : null,
      success_probability: Math.min(s.lower / s.weight, 1),
      success_probability_upper: Math.min(s.upper / s.weight, 1),
    };
  }

  /* ---- the panel ---- */
  function field(name, label, unit) {
    const input = el("input", { type: "number", step: "any", id: "jz-ellipse-" + name, value: size[name] });
    input.addEventListener("change", () => {
      const value = Number(input.value);
      const isGood = Number.isFinite(value) && (name === "azimuth_deg" || value >= least());
      input.setAttribute("aria-invalid", String(!isGood));
      if (!isGood) return;
      size[name] = value;
      if (size.minor_m > size.major_m) {
        [size.major_m, size.minor_m] = [size.minor_m, size.major_m];
        size.azimuth_deg = (size.azimuth_deg + 90) % 180;
        for (const [key, row] of Object.entries(fields)) row.querySelector("input").value = size[key];
      }
      draw();
      show().catch(JZ.fail);
    });
    return el("label", { class: "jz-field" }, el("span", { text: label }), input, el("span", { text: unit }));
  }

  function least() {
    return Math.max(G.cell_m, G.cell_width_m);
  }

  function fact(name, key, value, found) {
    const row = el("div", { class: "jz-fact", "data-key": key, "data-value": found[key] });
    row.append(el("dt", { text: name }), el("dd", { text: value }));
    return row;
  }

  function facts(s) {
    const success = chance(s.success_probability) + " to " + chance(s.success_probability_upper);
    const unsafe = percent(s.unsafe_fraction, 2) + " of the known ground";
    const where =
      number(((centre.lng % 360) + 360) % 360, 6) +
      "\u00b0" +
      THIN +
      "E, " +
      number(centre.lat, 6) +
      "\u00b0";
    return el(
      "dl",
      { id: "jz-ellipse-facts" },
      fact("Aim point", "aim", where, {}),
      fact("P(success)", "success_probability", success, s),
      fact("Unsafe", "unsafe_fraction", unsafe, s),
      fact("Unknown", "unknown_fraction", percent(s.unknown_fraction, 2), s),
      fact("Worst slope", "worst_slope_deg", number(s.worst_slope_deg, 2, "deg"), s),
      fact("Mean slope", "mean_slope_deg", number(s.mean_slope_deg, 2, "deg"), s),
      fact("Relief", "relief_m", number(s.relief_m, 1, "m"), s),
      fact("Cells inside", "cells", number(s.cells, 0), s),
    );
  }

  function notes() {
    const said = [
      "P(success): touchdowns are normal about the aim point, the ellipse standing for " +
        D.dispersion.meaning +
        ";",
      "unknown ground counts as failure, then as success.",
      "Slopes are rounded up to " +
        JZ.layerNamed("slope_deg").step +
        THIN +
        "deg, heights to " +
        JZ.layerNamed("elevation_m").step.toPrecision(2) +
        THIN +
        "m.",
    ];
    if (G.factor > 1) {
      said.push("Of the cells shown here, each the worst of " + G.factor + " x " + G.factor + ".");
    }
    if (G.is_warped) {
      said.push("Of the map's cells, each the nearest cell of a raster in another projection.");
    }
    return said.join(" ");
  }

  /* The fields stay as they are while the numbers below them change. */
  function openPanel() {
    fields = {
      major_m: field("major_m", "Semi-major axis", "m"),
      minor_m: field("minor_m", "Semi-minor axis", "m"),
      azimuth_deg: field("azimuth_deg", "Azimuth of the major axis", "deg"),
    };
    JZ.tools.show(
      el("h2", { text: "Landing ellipse" }),
      el("div", { class: "jz-fields" }, ...Object.values(fields)),
      answer,
      el("p", { class: "jz-note", text: notes() }),
    );
  }

  async function show() {
    const mine = ++turn;
    if (!answer.isConnected) openPanel();
    const found = await statistics(centre, size);
    if (mine !== turn) return;
    const tooLarge = "This ellipse covers more cells than a page can count.";
    answer.replaceChildren(found ? facts(found) : el("p", { text: tooLarge }));
  }

  JZ.tools.add("ellipse", { start, stop, clear });
  JZ.landingEllipse = { place, statistics, size };
})();
