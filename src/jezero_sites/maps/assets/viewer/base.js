/* What all parts of the viewer share: the page's data, elements, numbers as words, events, state.
   Every text of the run is shown as text, never as markup. */
(function () {
  "use strict";

  const D = JSON.parse(document.getElementById("jz-data").textContent);
  const THIN = "\u202f";
  const listeners = {};

  function el(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") node.textContent = value;
      else if (name === "on") {
        for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
      } else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
    }
    for (const child of children) if (child !== null) node.append(child);
    return node;
  }

  function svg(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") node.textContent = value;
      else node.setAttribute(name, value);
    }
    for (const child of children) node.append(child);
    return node;
  }

  function isNumber(value) {
    return typeof value === "number" && Number.isFinite(value);
  }

  function number(value, digits, unit) {
    if (!isNumber(value)) return "unknown";
    return value.toFixed(digits).replace("-", "\u2212") + (unit ? THIN + unit : "");
  }

  /* A chance; one that only rounds to 1 is not shown as certain. */
  function chance(value) {
    return value >= 0.9995 && value < 1 ? ">0.999" : number(value, 3);
  }

  function percent(share, digits) {
    return isNumber(share) ? number(100 * share, digits === undefined ? 1 : digits, "%") : "unknown";
  }

  function signed(share) {
    if (!isNumber(share)) return "unknown";
    return (share >= 0 ? "+" : "\u2212") + Math.abs(100 * share).toFixed(0) + THIN + "%";
  }

  /* A length on the ground: metres, from ten kilometres on kilometres. */
  function length(metres) {
    if (!isNumber(metres)) return "unknown";
    return metres < 10000 ? number(metres, metres < 100 ? 1 : 0, "m") : number(metres / 1000, 1, "km");
  }

  function bearing(degrees) {
    return String(Math.round(degrees) % 360).padStart(3, "0") + "\u00b0";
  }

  function digitsOf(unit) {
    return unit === "deg" ? 2 : 3;
  }

  function capital(text) {
    return text.charAt(0).toUpperCase() + text.slice(1);
  }

  function on(name, act) {
    (listeners[name] = listeners[name] || []).push(act);
  }

  function emit(name, what) {
    for (const act of listeners[name] || []) act(what);
  }

  window.JZ = {
    D,
    el,
    svg,
    isNumber,
    number,
    chance,
    percent,
    signed,
    length,
    bearing,
    digitsOf,
    capital,
    on,
    emit,
    THIN,
    map: window[D.map_id],
    grid: D.grid,
    state: { layer: null, compare: null, site: null },
    layerNamed: (name) => D.layers.find((layer) => layer.name === name) || null,
    shownLayers: D.layers.filter((layer) => !layer.hidden),
    isFramed: window.location.protocol === "about:",
  };
})();
