/* Tools on the map: a toolbar, of which one tool is in use at a time; Escape puts it away. */
(function () {
  "use strict";

  const { el, svg, map } = JZ;
  const ICONS = {
    measure: "M3 17 L17 3 M5 15l2 2 M8 12l2 2 M11 9l2 2 M14 6l2 2",
    ellipse: "M2 10 a8 5 0 1 0 16 0 a8 5 0 1 0 -16 0 M10 9v2 M9 10h2",
    clear: "M4 4 L16 16 M16 4 L4 16",
    full: "M3 8V3h5 M12 3h5v5 M17 12v5h-5 M8 17H3v-5",
    print: "M5 8V3h10v5 M5 14H3V8h14v6h-2 M6 12h8v5H6z",
    link: "M8 12 a3 3 0 0 1 0-4 l3-3 a3 3 0 0 1 4 4 l-2 2 M12 8 a3 3 0 0 1 0 4 l-3 3 a3 3 0 0 1-4-4 l2-2",
  };
  const hint = el("div", { id: "jz-hint", role: "status", hidden: true });
  const bar = el("div", { id: "jz-toolbar", role: "toolbar", "aria-label": "tools" });
  const results = el("section", { id: "jz-results", class: "jz-box", hidden: true, "aria-live": "polite" });
  const tools = {};
  const buttons = {};
  let busy = null;

  function button(name, label, act) {
    const icon = svg("svg", { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true" });
    icon.append(svg("path", { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.7 }));
    const made = el(
      "button",
      { type: "button", id: "jz-tool-" + name, title: label, "aria-label": label },
      icon,
    );
    made.addEventListener("click", act);
    bar.append(made);
    buttons[name] = made;
    return made;
  }

  function say(text) {
    hint.textContent = text;
    hint.hidden = !text;
    JZ.rover.drawArrows();
  }

  function use(name) {
    const was = busy;
    if (was) leave();
    if (was === name || !name) return;
    clear();
    busy = name;
    buttons[name].setAttribute("aria-pressed", "true");
    map.getContainer().classList.add("jz-drawing");
    map.doubleClickZoom.disable();
    tools[name].start();
  }

  /* Stop drawing; what was drawn stays. */
  function leave() {
    if (!busy) return;
    const name = busy;
    busy = null;
    buttons[name].setAttribute("aria-pressed", "false");
    map.getContainer().classList.remove("jz-drawing");
    /* not yet: the double-click that ends a tool must not zoom the map */
    setTimeout(() => busy || map.doubleClickZoom.enable(), 0);
    say("");
    tools[name].stop();
  }

  function clear() {
    leave();
    for (const tool of Object.values(tools)) tool.clear();
    results.replaceChildren();
    results.hidden = true;
    buttons.clear.hidden = true;
  }

  /* Show what a tool found, in the column beside the map. */
  function show(...children) {
    results.replaceChildren(...children.filter((child) => child !== null));
    buttons.clear.hidden = false;
    if (!results.hidden) return;
    results.hidden = false;
    results.scrollIntoView({ block: "nearest" });
  }

  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => {});
  }

  function print() {
    window.print();
  }

  function copyLink() {
    JZ.saving.copy(window.location.href.split("#")[0] + JZ.link.here(), linkText).then(() => {
      if (busy) return;
      say("Link to this view: " + linkText.textContent);
      setTimeout(() => busy || say(""), 1500);
    });
  }
  const linkText = el("span", { class: "jz-offscreen", role: "status" });

  function open() {
    button("measure", "Measure a distance, bearing and profile", () => use("measure"));
    button("ellipse", "Draw a landing ellipse", () => use("ellipse"));
    if (document.fullscreenEnabled) button("full", "Full screen", fullScreen);
    if (!JZ.isFramed) button("print", "Print this view", print);
    if (!JZ.isFramed) button("link", "Copy a link to this view", copyLink).append(linkText);
    button("clear", "Clear what was drawn (Escape)", clear).hidden = true;
    for (const name of ["measure", "ellipse"]) buttons[name].setAttribute("aria-pressed", "false");
    map.getContainer().append(bar, hint);
    for (const node of [bar, hint]) L.DomEvent.disableClickPropagation(node);
    L.DomEvent.disableScrollPropagation(bar);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") clear();
      if (event.key === "Enter" && busy && !event.target.closest("button, input, select, tr, a")) leave();
    });
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = { centre: map.getCenter(), zoom: map.getZoom() };
      const shown = map.getBounds();
      document.body.classList.add("jz-printing");
      map.invalidateSize({ animate: false });
      map.fitBounds(shown, { animate: false });
    });
    window.addEventListener("afterprint", () => {
      document.body.classList.remove("jz-printing");
      map.invalidateSize({ animate: false });
      map.setView(before.centre, before.zoom, { animate: false });
    });
  }

  JZ.tools = {
    panel: () => results,
    open,
    add: (name, tool) => (tools[name] = tool),
    use,
    leave,
    clear,
    show,
    say,
    isBusy: () => busy !== null,
  };
})();
