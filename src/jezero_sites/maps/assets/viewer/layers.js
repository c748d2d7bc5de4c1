/* The layers: which one is shown, how strongly, above which threshold, and beside which other one. */
(function () {
  "use strict";

  const { D, el, map, state, percent, number, THIN, isLowWorse } = JZ;
  const OPACITY = 80;
  const thresholds = new Map();
  let under = null; /* the picture below all layers */
  let [left, right] = [null, null]; /* overlays of the layer and of the one it is compared with */
  let share = 0.5; /* of the map's width that the layer takes beside the other */

  /* ---- controls ---- */
  const picker = el("select", { id: "jz-layer", on: { change: () => showLayer(picker.value) } });
  const other = el("select", { id: "jz-compare", on: { change: () => compareWith(other.value) } });
  const opacity = el("input", {
    ...{ id: "jz-opacity", type: "range", min: 0, max: 100, step: 1, value: OPACITY },
    on: { input: setOpacity },
  });
  const ground = el("select", { id: "jz-ground", on: { change: () => under.show(Number(ground.value)) } });
  D.pictures.forEach((one, i) => ground.append(el("option", { value: i, text: one.title })));
  const opacityText = el("output", { for: "jz-opacity" });
  const legendBox = el("div", { id: "jz-legend" });
  const otherLegend = el("div", { id: "jz-legend-compare", hidden: true });
  const thresholdOn = el("input", { id: "jz-threshold-on", type: "checkbox", on: { change: setThreshold } });
  const threshold = el("input", { id: "jz-threshold", type: "range", on: { input: setThreshold } });
  const thresholdText = el("output", { for: "jz-threshold" });
  const thresholdName = el("span", {});
  const thresholdNote = el("p", { class: "jz-note", id: "jz-threshold-note" });
  const thresholdBox = el(
    "div",
    { id: "jz-threshold-box" },
    el("label", { class: "jz-check" }, thresholdOn, thresholdName, thresholdText),
    threshold,
    thresholdNote,
  );
  threshold.setAttribute("aria-label", "threshold");

  function panel() {
    picker.append(el("option", { value: "", text: "none: the ground alone" }));
    other.append(el("option", { value: "-", text: "nothing" }));
    other.append(el("option", { value: "", text: "the ground alone" }));
    for (const layer of JZ.shownLayers) {
      for (const list of [picker, other]) list.append(el("option", { value: layer.name, text: layer.title }));
    }
    return el(
      "section",
      { class: "jz-box", id: "jz-layers" },
      el("label", { class: "jz-row" }, el("span", { text: "Layer" }), picker),
      el("label", { class: "jz-row" }, el("span", { text: "Opacity" }), opacity, opacityText),
      D.pictures.length > 1 ? el("label", { class: "jz-row" }, el("span", { text: "Over" }), ground) : null,
      thresholdBox,
      legendBox,
      el("label", { class: "jz-row" }, el("span", { text: "Swipe" }), other),
      otherLegend,
    );
  }

  /* ---- what is shown ---- */
  function thresholdOf(layer) {
    const kept = layer ? thresholds.get(layer.name) : undefined;
    return kept && kept.on ? kept.value : null;
  }

  function drawAll() {
    const strength = opacity.value / 100;
    left.show(state.layer, thresholdOf(state.layer));
    if (state.compare !== null) {
      const layer = JZ.layerNamed(state.compare);
      right.show(layer, thresholdOf(layer));
      otherLegend.replaceChildren(...JZ.legend(layer, strength));
    } else right.show(null, null);
    otherLegend.hidden = !state.compare;
    legendBox.replaceChildren(...JZ.legend(state.layer, strength));
  }

  function showLayer(name) {
    state.layer = JZ.layerNamed(name);
    picker.value = name;
    offerThreshold(state.layer);
    drawAll();
    JZ.emit("layer", state.layer);
  }

  function setOpacity() {
    opacityText.textContent = opacity.value + THIN + "%";
    for (const overlay of [left, right]) overlay.setOpacity(opacity.value / 100);
    legendBox.replaceChildren(...JZ.legend(state.layer, opacity.value / 100));
    if (state.compare) {
      otherLegend.replaceChildren(...JZ.legend(JZ.layerNamed(state.compare), opacity.value / 100));
    }
  }

  /* ---- threshold ---- */

  /* The range of a layer's threshold: whole steps of its integers, a few hundred of them. */
  function span(layer) {
    const ends = layer.range || [0, 1];
    const least = layer.step;
    const wide = Math.max(ends[1] - ends[0], least);
    const times =
      [1, 2, 4, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => wide / (least * n) <= 400) || 2000;
    const step = least * times;
    return { min: Math.floor(ends[0] / step) * step, max: Math.ceil(ends[1] / step) * step, step };
  }

  function onStep(layer, value) {
    const steps = Math.round((value - layer.offset) / layer.step);
    return Number((steps * layer.step + layer.offset).toPrecision(12));
  }

  function offerThreshold(layer) {
    thresholdBox.hidden = !layer || layer.kind !== "classes";
    if (thresholdBox.hidden) return;
    const { min, max, step } = span(layer);
    const start = layer.limit ? layer.limit.value : onStep(layer, layer.breaks[layer.breaks.length >> 1]);
    const kept = thresholds.get(layer.name) || { on: false, value: start };
    /* a limit between two steps, or beyond the range, can be chosen as it is: the range is laid around it */
    const first = kept.value - Math.max(0, Math.floor((kept.value - min) / step + 1e-9)) * step;
    const last = kept.value + Math.max(0, Math.ceil((max - kept.value) / step - 1e-9)) * step;
    Object.assign(threshold, { min: first, max: last, step: step, value: kept.value });
    thresholdOn.checked = kept.on;
    thresholds.set(layer.name, kept);
    sayThreshold(layer);
  }

  function setThreshold() {
    const layer = state.layer;
    const { step } = span(layer);
    const kept = thresholds.get(layer.name);
    const moved = Number(threshold.value);
    /* a slider's own number can be off in its last digits: count steps from where it stood */
    const value = kept.value + Math.round((moved - kept.value) / step) * step;
    thresholds.set(layer.name, { on: thresholdOn.checked, value: Number(value.toPrecision(12)) });
    sayThreshold(layer);
    drawAll();
  }

  function sayThreshold(layer) {
    const { on, value } = thresholds.get(layer.name);
    const words = isLowWorse(layer) ? "Only ground below" : "Only ground over";
    const figure = Number(value.toPrecision(6));
    thresholdName.textContent = words;
    thresholdText.textContent = figure + (layer.unit ? THIN + layer.unit : "");
    threshold.disabled = !on;
    threshold.setAttribute("aria-valuetext", thresholdText.textContent);
    thresholdNote.textContent = on && layer.codes ? beyondText(layer, value) : "";
  }

  function beyond(layer, value) {
    let [known, count] = [0, 0];
    const table = new Map();
    for (const code of layer.codes) {
      if (code === layer.nodata) continue;
      known++;
      let is = table.get(code);
      if (is === undefined) table.set(code, (is = JZ.isBeyond(layer, code, value)));
      if (is) count++;
    }
    return { known, count };
  }

  function beyondText(layer, value) {
    const { known, count } = beyond(layer, value);
    const cells = D.grid.factor > 1 ? "shown cells" : "ground";
    return (
      percent(count / Math.max(known, 1), 2) + " of the known " + cells + ", " + number(count, 0) + " cells."
    );
  }

  /* ---- two layers side by side ---- */
  const handle = el(
    "div",
    {
      ...{
        id: "jz-swipe",
        role: "slider",
        tabindex: 0,
        hidden: true,
        "aria-label": "divider of the two layers",
      },
      ...{ "aria-valuemin": 0, "aria-valuemax": 100, "aria-orientation": "horizontal" },
      on: { pointerdown: grab, keydown: nudge },
    },
    el("span", { text: "\u25C2\u25B8" }),
  );

  function compareWith(name) {
    state.compare = name === "-" ? null : name;
    other.value = name;
    drawAll();
    clip();
    JZ.emit("compare", state.compare);
  }

  /* The one place that sets and clears what the panes are cut to. */
  function clip() {
    const on = state.compare !== null;
    handle.hidden = !on;
    const size = map.getSize();
    const x = Math.round(share * size.x);
    const corner = map.containerPointToLayerPoint([0, 0]);
    const area = (from, to) =>
      `polygon(${[
        [from, 0],
        [to, 0],
        [to, size.y],
        [from, size.y],
      ]
        .map((p) => `${p[0] + corner.x}px ${p[1] + corner.y}px`)
        .join(", ")})`;
    map.getPane("jz-layer").style.clipPath = on ? area(0, x) : "";
    map.getPane("jz-compare").style.clipPath = on ? area(x, size.x) : "";
    handle.style.left = x + "px";
    handle.setAttribute("aria-valuenow", Math.round(100 * share));
  }

  function move(to) {
    share = Math.max(0, Math.min(1, to));
    clip();
  }

  function grab(event) {
    const box = map.getContainer().getBoundingClientRect();
    handle.setPointerCapture(event.pointerId);
    const drag = (e) => move((e.clientX - box.left) / box.width);
    handle.addEventListener("pointermove", drag);
    handle.addEventListener("pointerup", () => handle.removeEventListener("pointermove", drag), {
      once: true,
    });
    event.preventDefault();
    event.stopPropagation();
    handle.focus();
  }

  function nudge(event) {
    const by = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (!by) return;
    move(share + by);
    event.preventDefault();
    event.stopPropagation();
  }

  function open() {
    under = JZ.pictureOverlay("jz-picture");
    under.show(0);
    left = JZ.newOverlay("jz-layer");
    right = JZ.newOverlay("jz-compare");
    JZ.overlay = left;
    map.getContainer().append(handle);
    L.DomEvent.disableClickPropagation(handle);
    map.on("move zoom resize viewreset", clip);
    opacityText.textContent = opacity.value + THIN + "%";
    showLayer(JZ.layerNamed("hazard_class") ? "hazard_class" : JZ.shownLayers[0].name);
    compareWith("-");
  }

  JZ.layers = { panel, open, showLayer, compareWith, beyond };
})();
