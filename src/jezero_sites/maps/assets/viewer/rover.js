/* The rover's samples, its depot and its route; what lies beyond the map is told by arrows at its edge. */
(function () {
  "use strict";

  const { D, el, svg, map, state, length, bearing, THIN } = JZ;
  const SECTORS = 12;
  const arrowBox = el("div", { id: "jz-arrows" });

  /* ---- words ---- */
  function title(s) {
    if (s.kind === "depot") return s.name + " (Three Forks depot)";
    return s.name + (s.seal_sol === null ? "" : ", sol " + s.seal_sol);
  }

  function moved(s) {
    if (s.kind === "sample" && s.location === "depot") return "sealed here, since moved to the depot";
    if (!s.location) return "";
    return "tube now: " + s.location + (s.location_date ? " (" + s.location_date + ")" : "");
  }

  function uncertainty(s) {
    if (s.lat === null) return "no published position";
    if (JZ.isNumber(s.uncertainty_m)) return "within about " + s.uncertainty_m + THIN + "m of the mark";
    return "uncertainty of the position not stated";
  }

  function words(s) {
    return [uncertainty(s), moved(s), s.source || ""].filter(Boolean);
  }

  function tip(name, lines) {
    return () => el("div", {}, el("b", { text: name }), ...lines.map((line) => el("div", { text: line })));
  }

  /* Samples by place: several tubes were sealed at one stop. */
  function places() {
    const found = new Map();
    for (const s of D.samples) {
      if (s.lat === null) continue;
      const key = s.lon + " " + s.lat;
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(s);
    }
    return [...found.values()];
  }

  /* ---- marks ---- */
  function drawSamples() {
    for (const here of places()) {
      const [s] = here;
      const unsure = Math.max(...here.map((one) => one.uncertainty_m || 0));
      if (unsure > 0) {
        const circle = JZ.ellipse(L.latLng(s.lat, s.lon), unsure, unsure, 0);
        const look = { pane: "jz-rings", color: "#ffe14d", weight: 1.5, fill: false, interactive: false };
        L.polygon(circle, { ...look, smoothFactor: 0, className: "jz-unsure" }).addTo(map);
      }
      const icon = L.divIcon({
        className: "jz-sample" + (s.kind === "depot" ? " jz-depot" : ""),
        html: el("span"),
        iconSize: [14, 14],
      });
      const names = here.map(title).join("; ");
      const mark = L.marker([s.lat, s.lon], { icon, alt: names, pane: "jz-marks", keyboard: false });
      const lines = here.flatMap((one) => [
        el("b", { text: title(one) }),
        ...words(one)
          .slice(0, 2)
          .map((line) => el("div", { text: line })),
      ]);
      mark.bindTooltip(() => el("div", {}, ...lines), { direction: "top" });
      mark.addTo(map);
    }
  }

  function drawTraverse() {
    if (!D.traverse) return;
    const lines = D.traverse.lines.map((line) => line.points.map(([lon, lat]) => [lat, lon]));
    const look = { pane: "jz-route", interactive: false, smoothFactor: 1 };
    L.polyline(lines, { ...look, color: "#111", weight: 4, opacity: 0.75 }).addTo(map);
    L.polyline(lines, { ...look, color: "#9fe8ff", weight: 1.8, className: "jz-route" }).addTo(map);
  }

  /* ---- arrows ---- */

  /* Where distances are told from: the site that is picked, else the middle of the map. */
  function origin() {
    if (state.site) return { place: L.latLng(state.site.lat, state.site.lon), name: state.site.site_id };
    return { place: map.getCenter(), name: "the middle" };
  }

  function outside() {
    const view = map.getBounds();
    const centre = map.latLngToContainerPoint(map.getCenter());
    const from = origin();
    const groups = new Map();
    for (const s of D.samples) {
      if (s.lat === null || view.contains([s.lat, s.lon])) continue;
      const here = L.latLng(s.lat, s.lon);
      const point = map.latLngToContainerPoint(here).subtract(centre);
      const turn = (Math.atan2(point.x, -point.y) / (2 * Math.PI) + 1) % 1;
      const sector = Math.round(turn * SECTORS) % SECTORS;
      const way = JZ.bearingOf(from.place, here);
      const entry = { s, turn, away: JZ.distance(from.place, here), way };
      if (!groups.has(sector)) groups.set(sector, []);
      groups.get(sector).push(entry);
    }
    return [...groups.values()].map((group) => group.sort((a, b) => a.away - b.away));
  }

  /* The point of the map's edge in a direction, inset; the corners are left to the controls. */
  function edge(turn, size, half) {
    const [x, y] = [Math.sin(2 * Math.PI * turn), -Math.cos(2 * Math.PI * turn)];
    const [w, h] = [size.x / 2 - half.x - 6, size.y / 2 - half.y - 6];
    const reach = Math.min(w / Math.max(Math.abs(x), 1e-9), h / Math.max(Math.abs(y), 1e-9));
    return [size.x / 2 + x * reach, size.y / 2 + y * reach];
  }

  function chip(group) {
    const [near] = group;
    const pointer = svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" });
    const turn = "rotate(" + Math.round(360 * near.turn) + " 8 8)";
    pointer.append(svg("path", { d: "M8 1 L13 14 L8 11 L3 14 Z", transform: turn }));
    const name = near.s.name + (group.length > 1 ? " +" + (group.length - 1) : "");
    const button = el(
      "button",
      { type: "button", class: "jz-arrow", "data-names": group.map((one) => one.s.name).join("; ") },
      pointer,
      el("span", {}, el("b", { text: name }), el("i", { text: length(near.away) + " " + bearing(near.way) })),
    );
    const lines = group.map((one) => title(one.s) + ": " + length(one.away) + " at " + bearing(one.way));
    button.title = "From " + origin().name + " to\n" + lines.join("\n");
    button.addEventListener("click", () => map.panTo([near.s.lat, near.s.lon], { animate: false }));
    return button;
  }

  function overlaps(a, b) {
    return a.left < b.right + 4 && b.left < a.right + 4 && a.top < b.bottom + 4 && b.top < a.bottom + 4;
  }

  /* Put each arrow at the edge, and move it along until it covers no control, no pin and no other arrow. */
  function place(button, turn, taken, size) {
    const half = L.point(button.offsetWidth / 2, button.offsetHeight / 2);
    for (let i = 0; i < 60; i++) {
      const by = ((i % 2 ? 1 : -1) * Math.ceil(i / 2)) / 90;
      const [x, y] = edge(turn + by, size, half);
      const box = { left: x - half.x, right: x + half.x, top: y - half.y, bottom: y + half.y };
      if (taken.some((one) => overlaps(one, box))) continue;
      button.style.transform = `translate(${Math.round(box.left)}px, ${Math.round(box.top)}px)`;
      taken.push(box);
      return;
    }
    button.remove();
  }

  function drawArrows() {
    const frame = map.getContainer().getBoundingClientRect();
    const controls = map
      .getContainer()
      .querySelectorAll(".leaflet-control-zoom, #jz-corner, #jz-toolbar, #jz-hint:not([hidden]), .jz-pin");
    const taken = [...controls].map((node) => {
      const box = node.getBoundingClientRect();
      const [dx, dy] = [frame.left, frame.top];
      return { left: box.left - dx, right: box.right - dx, top: box.top - dy, bottom: box.bottom - dy };
    });
    const groups = outside();
    const buttons = groups.map(chip);
    arrowBox.replaceChildren(...buttons);
    const size = map.getSize();
    buttons.forEach((button, i) => place(button, groups[i][0].turn, taken, size));
  }

  /* ---- the list ---- */
  function panel() {
    const inside = D.samples.filter((s) => s.lat !== null && JZ.bounds.contains([s.lat, s.lon])).length;
    const rows = D.samples.map((s) => {
      const button = el("button", {
        type: "button",
        class: "jz-link",
        text: title(s),
        disabled: s.lat === null,
      });
      button.addEventListener("click", () => map.panTo([s.lat, s.lon], { animate: false }));
      return el("li", {}, button, el("span", { class: "jz-note", text: words(s).join("; ") }));
    });
    const about =
      "Yellow marks: where the rover stood when it sealed a tube (diamond) or laid it down at the depot (disc). " +
      "Circles around them: how far off a tube may lie, where that is stated (in the built-in list the reach of the rover's arm, inferred). " +
      "Arrows at the map's edge lead to samples out of view, with the distance over the ground and the bearing from the site that is picked.";
    return el(
      "details",
      { class: "jz-box", id: "jz-samples" },
      el("summary", { text: "Samples: " + inside + " of " + D.samples.length + " on this ground" }),
      el("p", { class: "jz-note", text: about }),
      D.traverse ? el("p", { class: "jz-note", id: "jz-route-note", text: routeWords() }) : null,
      el("ul", { class: "jz-list" }, ...rows),
    );
  }

  function routeWords() {
    const { lines } = D.traverse;
    const sols = lines.map((line) => line.sol).filter((sol) => sol !== null);
    const span = sols.length ? ", sols " + Math.min(...sols) + " to " + Math.max(...sols) : "";
    return "Light blue line: the rover's route, " + lines.length + " lines" + span + ".";
  }

  function open() {
    map.getContainer().append(arrowBox);
    L.DomEvent.disableClickPropagation(arrowBox);
    drawTraverse();
    drawSamples();
    drawArrows();
    map.on("moveend resize", drawArrows);
    JZ.on("site", drawArrows);
  }

  JZ.tip = tip;
  JZ.rover = { panel, open, drawArrows };
})();
