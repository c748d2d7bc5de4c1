/* Measure along a line of points: ground metres, bearings, and the profile of heights below it. */
(function () {
  "use strict";

  const { D, el, svg, map, number, length, bearing } = JZ;
  const MOST_SAMPLES = 800;
  const W = 352;
  let points = [];
  let shapes = [];
  let marker = null;
  let ghost = null;

  function start() {
    points = [];
    JZ.tools.say("Click points on the map; double-click or Enter ends, Escape clears.");
    map.on("click", add).on("dblclick", JZ.tools.leave).on("mousemove", follow);
  }

  function stop() {
    map.off("click", add).off("dblclick", JZ.tools.leave).off("mousemove", follow);
    drop(ghost);
    ghost = null;
  }

  function drop(shape) {
    if (shape) shape.remove();
  }

  function clear() {
    points = [];
    for (const shape of [...shapes, marker, ghost]) drop(shape);
    shapes = [];
    marker = ghost = null;
  }

  function add(event) {
    const last = points[points.length - 1];
    /* the two clicks of a double-click are one point */
    if (last && map.latLngToContainerPoint(last).distanceTo(event.containerPoint) < 3) return;
    points.push(event.latlng);
    draw();
    report().catch(JZ.fail);
  }

  function follow(event) {
    drop(ghost);
    const last = points[points.length - 1];
    if (!last) return;
    ghost = L.polyline(arc(last, event.latlng), { ...look("#fff", 1.5), dashArray: "4 5" }).addTo(map);
    const away = JZ.distance(last, event.latlng);
    JZ.tools.say(
      length(away) + " at " + bearing(JZ.bearingOf(last, event.latlng)) + "; double-click or Enter ends",
    );
  }

  function look(color, weight) {
    return { pane: "jz-drawn", color, weight, interactive: false, smoothFactor: 0 };
  }

  function arc(a, b) {
    const count = Math.max(2, Math.min(64, Math.ceil(JZ.distance(a, b) / 500)));
    return Array.from({ length: count + 1 }, (_, i) => JZ.between(a, b, i / count));
  }

  function draw() {
    for (const shape of shapes) drop(shape);
    const line = points.slice(1).flatMap((point, i) => arc(points[i], point));
    shapes = [L.polyline(line, look("#111", 5)), L.polyline(line, look("#ffffff", 2))];
    for (const point of points) {
      const dot = {
        pane: "jz-drawn",
        radius: 4,
        color: "#111",
        weight: 2,
        fillColor: "#fff",
        fillOpacity: 1,
      };
      shapes.push(L.circleMarker(point, { ...dot, interactive: false }));
    }
    for (const shape of shapes) shape.addTo(map);
  }

  function parts() {
    return points.slice(1).map((b, i) => {
      const a = points[i];
      return { a, b, metres: JZ.distance(a, b), bearing: JZ.bearingOf(a, b) };
    });
  }

  /* Places along the line, about one for each cell it crosses, with their distance from its start. */
  function samples(segments, total) {
    const cell = Math.min(D.grid.cell_m, D.grid.cell_width_m);
    const step = Math.max(cell, total / MOST_SAMPLES);
    const found = [];
    let before = 0;
    for (const { a, b, metres } of segments) {
      const count = Math.max(1, Math.round(metres / step));
      for (let i = 0; i < count; i++) {
        found.push({ at: before + (metres * i) / count, place: JZ.between(a, b, i / count) });
      }
      before += metres;
    }
    found.push({ at: total, place: segments[segments.length - 1].b });
    return found;
  }

  async function report() {
    if (points.length < 2) return;
    const segments = parts();
    const total = segments.reduce((sum, part) => sum + part.metres, 0);
    const along = samples(segments, total);
    const layer = JZ.layerNamed("elevation_m");
    const codes = await JZ.source.cells(
      layer,
      along.map((one) => JZ.cellAt(one.place)),
    );
    const profile = along.map((one, i) => ({ ...one, height: JZ.valueOf(layer, codes[i]) }));
    const rows = segments.map((part, i) =>
      el(
        "tr",
        { "data-metres": part.metres, "data-bearing": part.bearing },
        el("td", { class: "jz-word", text: "leg " + (i + 1) }),
        el("td", { text: length(part.metres) }),
        el("td", { text: bearing(part.bearing) }),
      ),
    );
    JZ.tools.show(
      el("h2", { text: "Measured: " + length(total), id: "jz-measured", "data-metres": total }),
      el("table", { class: "jz-margins" }, el("tbody", {}, ...rows)),
      el("p", { class: "jz-note", text: "Great circles on the ground; bearings clockwise from true north." }),
      chart(profile, total),
      el("p", { class: "jz-note", id: "jz-profile-note", text: heightWords(profile) }),
    );
  }

  function heightWords(profile) {
    const known = profile.map((one) => one.height).filter((height) => height !== null);
    if (!known.length) return "No height is known along it.";
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const gap = profile.length - known.length;
    const words =
      "From " + number(low, 1) + " to " + number(high, 1, "m") + ", " + number(high - low, 1, "m") + " apart";
    const ends = [profile[0].height, profile[profile.length - 1].height];
    const rise = ends.includes(null)
      ? ""
      : "; the end is " + number(ends[1] - ends[0], 1, "m") + " above the start";
    const unknown = gap
      ? "; " + number((100 * gap) / profile.length, 1, "%") + " of it unknown or off the raster"
      : "";
    return words + rise + unknown + ". Heights to " + number(JZ.layerNamed("elevation_m").step, 1, "m") + ".";
  }

  function chart(profile, total) {
    const known = profile.filter((one) => one.height !== null).map((one) => one.height);
    if (!known.length) return null;
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const rise = Math.max(high - low, 0.5);
    const [height, left] = [110, 54];
    const x = (at) => left + ((W - left - 8) * at) / Math.max(total, 1e-9);
    const y = (h) => 8 + (height - 14) * (1 - (h - low) / rise);
    const shape = JZ.chart(height + 26, "profile of heights along the measured line", "jz-profile");
    let pen = "M";
    let d = "";
    for (const one of profile) {
      if (one.height === null) pen = "M";
      else {
        d += pen + x(one.at).toFixed(1) + " " + y(one.height).toFixed(1);
        pen = "L";
      }
    }
    shape.append(svg("path", { d, fill: "none", stroke: "#2b6a99", "stroke-width": 1.8 }));
    JZ.axis(shape, { x0: left, x1: W - 8, y: height, at: JZ.ticks(0, total, 5), place: x, unit: " m" });
    for (const h of [low, low + rise]) {
      shape.append(svg("text", { x: left - 4, y: y(h) + 4, class: "jz-tick-y", text: number(h, 1) }));
    }
    shape.addEventListener("pointermove", (event) => trace(event, shape, profile, total, left));
    shape.addEventListener("pointerleave", () => {
      drop(marker);
      marker = null;
    });
    return shape;
  }

  /* The place on the map below the pointer on the profile. */
  function trace(event, shape, profile, total, left) {
    const box = shape.getBoundingClientRect();
    const px = ((event.clientX - box.left) / box.width) * W;
    const at = ((px - left) / (W - left - 8)) * total;
    const near = profile.reduce((a, b) => (Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a));
    drop(marker);
    const dot = {
      pane: "jz-drawn",
      radius: 6,
      color: "#fff",
      weight: 3,
      fillColor: "#2b6a99",
      fillOpacity: 1,
    };
    marker = L.circleMarker(near.place, { ...dot, interactive: false }).addTo(map);
    JZ.emit("point", near.place);
  }

  JZ.tools.add("measure", { start, stop, clear });
  JZ.measure = { add: (latlng) => add({ latlng, containerPoint: map.latLngToContainerPoint(latlng) }) };
})();
