/* The card of the site that is picked: every number with its limit, the parts of its score, its ground. */
(function () {
  "use strict";

  const { D, el, svg, number, chance, percent, signed, digitsOf, length, bearing, THIN } = JZ;
  const box = el("section", { id: "jz-card", class: "jz-box", "aria-label": "site", tabindex: -1 });
  const W = 352;

  function fact(name, value, ...more) {
    return el("div", { class: "jz-fact" }, el("dt", { text: name }), el("dd", { text: value }, ...more));
  }

  function copyButton(name, text) {
    const button = el("button", {
      type: "button",
      class: "jz-copy",
      "aria-label": "copy " + name,
      text: "copy",
    });
    button.addEventListener("click", () => JZ.saving.copy(text, button));
    return button;
  }

  /* ---- limits ---- */

  /* A margin is a share of its limit; where the limit is 0 it is a difference in the limit's unit. */
  function marginText(m) {
    if (!m.is_difference || m.margin === null) return signed(m.margin);
    return (m.margin < 0 ? "\u2212" : "+") + number(Math.abs(m.margin), 3, m.unit);
  }

  function marginRow(m) {
    const passes = m.margin !== null && m.margin >= 0;
    const sign = m.kind === "max" ? "\u2264" : "\u2265";
    const verdict = m.margin === null ? "? unknown" : passes ? "\u2713 pass" : "\u2717 fail";
    return el(
      "tr",
      { "data-layer": m.layer },
      el("td", { class: "jz-word", text: m.title }),
      el("td", { text: number(m.value, digitsOf(m.unit)) }),
      el("td", { text: sign + THIN + Number(m.limit.toPrecision(6)) + THIN + m.unit }),
      el("td", { text: marginText(m) }),
      el("td", { text: verdict }),
    );
  }

  function limits(site) {
    const standings = [...new Set(site.margins.map((m) => m.standing))];
    const heads = ["Limit on", "Worst", "Limit", "Margin", "Verdict"];
    const about = standings.length ? " (" + standings.join("; ") + ")" : "";
    const words = "Binding: " + JZ.titleOf(site.binding_constraint) + " (" + bindingText(site) + ").";
    return [
      el("h3", { text: "Limits within " + number(D.site_radius_m, 0, "m") + about }),
      el(
        "table",
        { class: "jz-margins" },
        el("thead", {}, el("tr", {}, ...heads.map((h) => el("th", { scope: "col", text: h })))),
        el("tbody", {}, ...site.margins.map(marginRow)),
      ),
      site.binding_constraint ? el("p", { class: "jz-note", text: words }) : null,
    ];
  }

  function bindingText(site) {
    const binding = site.margins.find((m) => m.layer === site.binding_constraint);
    return binding ? marginText(binding) : signed(site.binding_margin);
  }

  /* ---- score ---- */
  function bar(name, share, weight) {
    const fill = el("span", { class: "jz-fill" });
    fill.style.width = 100 * Math.max(0, Math.min(1, share || 0)) + "%";
    return el(
      "div",
      { class: "jz-bar", "data-part": name, "data-value": share },
      el("span", { text: name.replace(/_/g, " ") }),
      el("span", { class: "jz-track" }, fill),
      el("span", {
        class: "jz-figure",
        text: number(share, 2) + (weight === undefined ? "" : " \u00d7 " + weight),
      }),
    );
  }

  function score(site) {
    const weights = JZ.whatIf.weights();
    const parts = Object.entries(site.parts);
    return [
      el("h3", { text: "Score " + number(site.score, 3) }),
      el("p", {
        class: "jz-note",
        text: "Landing probability " + chance(site.landing_probability) + " times the weighted mean of:",
      }),
      el(
        "div",
        { class: "jz-bars jz-chart" },
        ...parts.map(([name, share]) => bar(name, share, weights[name])),
      ),
    ];
  }

  /* ---- the ground ---- */
  function histogram(site) {
    const { edges, counts, unknown } = site.ground;
    const known = counts.reduce((a, b) => a + b, 0);
    if (!known) return el("p", { class: "jz-note", text: "No slope is known here." });
    const [height, left, bottom] = [96, 34, 26];
    const limit = site.margins.find((m) => m.layer === "slope_deg");
    const last = Math.max(edges[edges.length - 1], limit ? limit.limit * 1.15 : 0);
    const x = (deg) => left + ((W - left - 6) * deg) / last;
    const most = Math.max(...counts) / known;
    const y = (share) => 8 + (height - 8) * (1 - share / most);
    const label = "slopes of the ground within " + D.site_radius_m + " m, " + known + " known cells";
    const shape = chart(height + bottom, label, "jz-histogram");
    counts.forEach((n, i) => {
      const over = limit && edges[i] >= limit.limit;
      const width = Math.max(1, x(edges[i + 1]) - x(edges[i]) - 1);
      const look = { fill: over ? "#e08a1e" : "#2b6a99", "data-count": n };
      shape.append(
        svg("rect", { x: x(edges[i]), y: y(n / known), width, height: height - y(n / known), ...look }),
      );
    });
    axis(shape, { x0: left, x1: W - 6, y: height, at: ticks(0, last, 6), place: x, unit: " deg" });
    shape.append(svg("text", { x: left - 4, y: 16, class: "jz-tick-y", text: percent(most, 0) }));
    if (limit) {
      const at = x(limit.limit);
      shape.append(svg("line", { x1: at, x2: at, y1: 2, y2: height, class: "jz-limit-line" }));
      const end = at > W - 60;
      const look = { x: at + (end ? -4 : 4), y: 12, class: end ? "jz-tick-y" : "jz-tick-start" };
      shape.append(svg("text", { ...look, text: "limit" }));
    }
    const words = number(known, 0) + " known cells" + (unknown ? ", " + number(unknown, 0) + " unknown" : "");
    return el(
      "figure",
      {},
      shape,
      el("figcaption", { class: "jz-note", text: "Slope, share of " + words + "." }),
    );
  }

  function sections(site) {
    const lines = [
      [site.ground.west_east, "west to east", "#2b6a99", ""],
      [site.ground.south_north, "south to north", "#b35a00", "5 3"],
    ];
    const heights = lines.flatMap(([line]) => line.height.filter((h) => h !== null));
    if (!heights.length) return el("p", { class: "jz-note", text: "No height is known here." });
    const reach = Math.max(
      ...lines.flatMap(([line]) => [-line.start, line.start + line.step * (line.height.length - 1)]),
    );
    const [low, high] = [Math.min(...heights), Math.max(...heights)];
    const rise = Math.max(high - low, 0.5);
    const [height, left, bottom] = [104, 54, 26];
    const x = (m) => left + ((W - left - 6) * (m + reach)) / (2 * reach);
    const y = (h) => 8 + (height - 14) * (1 - (h - low) / rise);
    const shape = chart(height + bottom, "heights along two lines through the site", "jz-sections");
    const r = D.site_radius_m;
    shape.append(svg("rect", { x: x(-r), y: 2, width: x(r) - x(-r), height: height - 2, fill: "#eef1f3" }));
    for (const [line, name, colour, dash] of lines) {
      shape.append(
        svg("path", {
          ...{ d: path(line, x, y), fill: "none", stroke: colour, "stroke-width": 1.8 },
          ...{ "stroke-dasharray": dash, "data-line": name },
        }),
      );
    }
    axis(shape, { x0: left, x1: W - 6, y: height, at: ticks(-reach, reach, 6), place: x, unit: " m" });
    for (const h of [low, low + rise]) {
      shape.append(svg("text", { x: left - 4, y: y(h) + 4, class: "jz-tick-y", text: number(h, 1) }));
    }
    const steep = ((height - 14) / rise / ((W - left - 6) / (2 * reach))).toFixed(0);
    const caption =
      "Height in m: blue west to east, orange dashed south to north; grey: the site radius. Heights " +
      steep +
      " times exaggerated.";
    return el("figure", {}, shape, el("figcaption", { class: "jz-note", text: caption }));
  }

  function path(line, x, y) {
    let pen = "M";
    const points = [];
    line.height.forEach((h, i) => {
      if (h === null) pen = "M";
      else {
        points.push(pen + x(line.start + i * line.step).toFixed(1) + " " + y(h).toFixed(1));
        pen = "L";
      }
    });
    return points.join("");
  }

  function chart(height, label, name) {
    return svg("svg", {
      viewBox: `0 0 ${W} ${height}`,
      role: "img",
      "aria-label": label,
      class: "jz-chart " + name,
    });
  }

  /* Round numbers within a range, about as many as asked for. */
  function ticks(from, to, about) {
    const rough = (to - from) / about;
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
    const found = [];
    for (let t = Math.ceil(from / step - 1e-9) * step; t <= to + step * 1e-9; t += step) {
      found.push(Number(t.toPrecision(10)));
    }
    return found;
  }

  function axis(shape, { x0, x1, y, at, place, unit }) {
    shape.append(svg("line", { x1: x0, x2: x1, y1: y, y2: y, stroke: "#56616a" }));
    at.forEach((value, i) => {
      shape.append(svg("line", { x1: place(value), x2: place(value), y1: y, y2: y + 4, stroke: "#56616a" }));
      const text = String(value).replace("-", "\u2212") + (i === at.length - 1 ? unit : "");
      const anchor = place(value) > W - 28 ? "jz-tick-y" : "jz-tick-x";
      const where = anchor === "jz-tick-y" ? W - 1 : place(value);
      shape.append(svg("text", { x: where, y: y + 16, class: anchor, text }));
    });
  }

  /* ---- samples ---- */
  function distances(site) {
    const here = L.latLng(site.lat, site.lon);
    const rows = D.samples
      .filter((s) => s.lat !== null)
      .map((s) => ({ s, away: JZ.distance(here, s), way: JZ.bearingOf(here, L.latLng(s.lat, s.lon)) }))
      .sort((a, b) => a.away - b.away);
    if (!rows.length) return [];
    const line = ({ s, away, way }) =>
      el(
        "tr",
        {},
        el("td", { class: "jz-word", text: s.name + (s.kind === "depot" ? " (depot)" : "") }),
        el("td", { text: length(away) }),
        el("td", { text: bearing(way) }),
      );
    const table = (some) =>
      el("table", { class: "jz-margins jz-distances" }, el("tbody", {}, ...some.map(line)));
    const rest = rows.slice(4);
    const more = el("summary", { text: rest.length + " more" });
    return [
      el("h3", { text: "To the samples, straight over the ground" }),
      table(rows.slice(0, 4)),
      rest.length ? el("details", {}, more, table(rest)) : null,
    ];
  }

  /* ---- all of it ---- */
  function facts(site) {
    const lonLat = number(site.lon_deg, 6) + "\u00b0" + THIN + "E, " + number(site.lat_deg, 6) + "\u00b0";
    const metres = number(site.x_m, 1) + ", " + number(site.y_m, 1) + THIN + "m";
    const bounds = chance(site.landing_probability) + " to " + chance(site.landing_probability_upper);
    const rows = [
      fact("Landing probability", bounds + " (unknown ground as failure, as success)"),
      fact("Lon, lat", lonLat, copyButton("longitude and latitude", site.lon_deg + ", " + site.lat_deg)),
      fact("Map E, N", metres, copyButton("map metres", site.x_m + ", " + site.y_m)),
      fact("Elevation", number(site.elevation_m, 1, "m")),
      fact("Safe radius", number(site.safe_radius_m, 1, "m") + " to the nearest unsafe or unknown cell"),
      fact("Slope mean, p95", number(site.slope_mean_deg, 1) + ", " + number(site.slope_p95_deg, 1, "deg")),
      fact("Relief", number(site.relief_m, 2, "m")),
    ];
    if ("divert_probability" in site) rows.push(fact("With divert", chance(site.divert_probability)));
    rows.push(fact("Unknown ground", percent(site.unknown_fraction)));
    if ("confidence" in site) {
      rows.push(fact("Confidence", percent(site.confidence) + " of the ground known and free of artefacts"));
    }
    return el("dl", {}, ...rows);
  }

  function draw(site) {
    const changed = JZ.whatIf.isChanged() ? el("p", { class: "jz-flag", text: JZ.whatIf.words() }) : null;
    box.replaceChildren(
      ...[
        el("h2", { text: "Site " + site.site_id + ", rank " + site.rank }),
        changed,
        facts(site),
        ...limits(site),
        ...score(site),
        el("h3", { text: "Ground" }),
        histogram(site),
        sections(site),
        ...distances(site),
      ].filter((part) => part !== null),
    );
  }

  JZ.on("site", draw);
  Object.assign(JZ, { marginText, ticks, axis, chart, path });
  JZ.card = { panel: () => box };
})();
