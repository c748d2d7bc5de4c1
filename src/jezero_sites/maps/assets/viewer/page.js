/* The page around the map: its column, the readout below, scale bar and north arrow; and the start of it all. */
(function () {
  "use strict";

  const { D, el, svg, map, state, THIN } = JZ;
  const root = document.documentElement;
  const where = el("div", { class: "jz-where" });
  const what = el("div", { class: "jz-what" });
  const scaleBar = el("div", { id: "jz-scale", role: "img" }, el("span"));
  let last = null;

  /* ---- readout ---- */
  function readout(latlng, label) {
    last = { latlng, label };
    const cell = JZ.cellAt(latlng);
    const elevation = JZ.layerNamed("elevation_m");
    const lng = ((latlng.lng % 360) + 360) % 360;
    const parts = [lng.toFixed(6) + "\u00b0" + THIN + "E", JZ.number(latlng.lat, 6) + "\u00b0"];
    if (cell) {
      const [x, y] = JZ.mapMetres(latlng);
      parts.push("E " + JZ.number(x, 1), "N " + JZ.number(y, 1, "m"));
    }
    parts.push("elevation " + JZ.saidAt(elevation, cell));
    where.replaceChildren(...(label ? [label, ...parts] : parts).map((text) => el("span", { text })));
    const shown = JZ.shownLayers.filter((layer) => layer !== elevation);
    what.replaceChildren(
      ...shown.map((layer) =>
        el(
          "span",
          {
            ...{ "data-layer": layer.name, class: layer === state.layer ? "jz-now" : "" },
            title:
              layer.kind === "code"
                ? null
                : "in steps of " + Number(layer.step.toPrecision(4)) + " " + layer.unit,
          },
          el("i", { text: layer.title + " " }),
          el("b", { text: JZ.saidAt(layer, cell) }),
        ),
      ),
    );
  }

  /* The longest thing that a layer is likely to say: two reasons, or a number with its sign. */
  function longest(layer) {
    if (layer.kind !== "code") return JZ.number(-8888, JZ.decimals(layer), layer.unit);
    const words = [...layer.items.map((item) => item.label), ...Object.values(layer.bits || {})];
    const [first, second] = words.sort((a, b) => b.length - a.length);
    return layer.several ? first + " + " + second : first;
  }

  /* The readout has room for its longest text from the start, so that the map keeps its size. */
  function keepSize() {
    const box = what.parentElement;
    box.style.minHeight = "";
    const text = [...what.querySelectorAll("b")];
    text.forEach((node) => (node.textContent = longest(JZ.layerNamed(node.parentElement.dataset.layer))));
    box.style.minHeight = box.offsetHeight + "px";
    if (last) readout(last.latlng, last.label);
    map.invalidateSize({ animate: false });
  }

  const ofCentre = () => readout(map.getCenter(), "map centre");

  /* ---- scale and north ---- */
  function drawScale() {
    const size = map.getSize();
    const at = (x) => map.containerPointToLatLng([x, size.y / 2]);
    const metres = JZ.distance(at(size.x / 2 - 50), at(size.x / 2 + 50));
    const most = (metres / 100) * 140;
    const power = Math.pow(10, Math.floor(Math.log10(most)));
    const chosen = [5, 2, 1].map((n) => n * power).find((n) => n <= most);
    scaleBar.style.width = ((100 * chosen) / metres).toFixed(1) + "px";
    scaleBar.dataset.metres = chosen;
    const text = chosen >= 1000 ? chosen / 1000 + THIN + "km" : Number(chosen.toPrecision(3)) + THIN + "m";
    scaleBar.firstChild.textContent = text;
    scaleBar.setAttribute("aria-label", "scale: " + text);
  }

  function northArrow() {
    const shape = svg("svg", {
      viewBox: "0 0 24 40",
      width: 24,
      height: 40,
      role: "img",
      "aria-label": "north is up",
    });
    const arrow = { d: "M12 2 L19 24 L12 19 L5 24 Z", fill: "#fff", stroke: "#111", "stroke-width": 1.5 };
    shape.append(svg("path", arrow));
    shape.append(svg("text", { x: 12, y: 38, "text-anchor": "middle", class: "jz-n", text: "N" }));
    return el("div", { id: "jz-north" }, shape);
  }

  /* ---- about ---- */
  function list(texts) {
    return el("ul", { class: "jz-list" }, ...texts.map((text) => el("li", { text })));
  }

  function about() {
    const d = D.dispersion;
    const limits = D.limits.map((one) => one.title + ": " + JZ.limitText(one) + "; source: " + one.source);
    const axes =
      "semi-axes " + d.major_m + " x " + d.minor_m + " m, azimuth " + d.azimuth_deg + " deg from north";
    const dispersion = "Dispersion: " + d.meaning + ", " + axes + " (" + d.source + ")";
    const inputs = D.inputs.map((one) => one.role + ": " + one.name + ", sha256 " + one.sha256);
    const sphere =
      "Longitudes east, latitudes planetocentric, on a sphere of " +
      JZ.radius +
      " m. Map drawn with Leaflet (BSD-2-Clause).";
    return el(
      "details",
      { class: "jz-box", id: "jz-about" },
      el("summary", { text: "About this run" }),
      el("h3", { text: "What to know" }),
      list(D.statements),
      el("h3", { text: "Limits and dispersion" }),
      list([...limits, dispersion]),
      D.notices.length ? el("h3", { text: "Notices" }) : null,
      D.notices.length ? list(D.notices) : null,
      el("h3", { text: "Inputs" }),
      list(inputs.length ? inputs : ["in memory"]),
      el("p", { class: "jz-note", text: "jezero_sites " + D.version + ". " + sphere }),
    );
  }

  /* What is drawn is not all that was measured, or is not true to scale everywhere: say so at the top. */
  function flags() {
    const said = [...D.flags];
    const { factor, cell_m } = D.grid;
    if (factor > 1) {
      const folder = D.full_map ? " Full resolution: " + D.full_map + "." : "";
      said.push(
        "Shown in cells of " +
          JZ.number(cell_m, 1, "m") +
          ", each the worst of " +
          factor +
          " x " +
          factor +
          "." +
          folder,
      );
    }
    const half = (D.grid.rows * D.grid.dlat) / 2;
    if (half > 1) {
      const off = (name, lat) =>
        name +
        " " +
        (100 * (Math.cos(lat * JZ.RAD) / Math.cos(D.body.lat0 * JZ.RAD) - 1)).toFixed(1) +
        THIN +
        "%";
      const north = off("north", D.body.lat0 + half);
      const south = off("south", D.body.lat0 - half);
      said.push(
        "East-west lengths are drawn true at the middle latitude alone; the ground's width differs in the " +
          north +
          ", in the " +
          south +
          ". Measured distances are exact.",
      );
    }
    return said.map((text) => el("p", { class: "jz-flag", text }));
  }

  /* ---- the page ---- */
  function layout() {
    document.title = D.title;
    const container = map.getContainer();
    const main = el("main", { id: "jz-main" });
    container.replaceWith(main);
    container.setAttribute("role", "application");
    container.setAttribute("aria-label", "map of the run");
    main.append(container, el("div", { id: "jz-readout" }, where, what));
    container.append(el("div", { id: "jz-corner" }, northArrow(), scaleBar));
    const parts = [
      el("header", {}, el("h1", { text: D.title }), el("p", { text: D.summary })),
      ...flags(),
      JZ.layers.panel(),
      JZ.tools.panel(),
      JZ.sites.panel(),
      D.sites.length ? JZ.card.panel() : null,
      JZ.whatIf.panel(),
      JZ.rover.panel(),
      about(),
    ];
    const side = el("aside", { id: "jz-side", "aria-label": "layers, sites and tools", tabindex: -1 });
    side.append(...parts.filter((part) => part !== null));
    document.body.append(main, side);
    document.body.classList.add("jz-body");
  }

  JZ.fail = function (error) {
    const text = "The map could not be drawn: " + error.message;
    if (!document.getElementById("jz-error")) {
      document.body.prepend(el("p", { id: "jz-error", role: "alert", text }));
    }
    root.setAttribute("data-jz-failed", "1");
  };

  const PANES = [
    ["jz-picture", 210],
    ["jz-layer", 220],
    ["jz-compare", 221],
    ["jz-route", 405],
    ["jz-rings", 410],
    ["jz-drawn", 420],
    ["jz-marks", 590],
  ];

  async function start() {
    layout();
    map.invalidateSize({ animate: false });
    for (const [name, z] of PANES) map.createPane(name).style.zIndex = z;
    await JZ.source.open();
    ofCentre();
    keepSize();
    map.fitBounds(JZ.bounds, { animate: false });
    map.setMaxBounds(JZ.bounds.pad(60));
    JZ.tools.open();
    JZ.layers.open();
    JZ.sites.draw();
    JZ.rover.open();
    JZ.link.open();
    map.on("mousemove", (event) => readout(event.latlng, ""));
    map.on("mouseout moveend", ofCentre);
    map.on("move zoomend resize", drawScale);
    JZ.on("layer", () => readout(last ? last.latlng : map.getCenter(), last ? last.label : "map centre"));
    JZ.on("loaded", () => last && readout(last.latlng, last.label));
    JZ.on("point", (latlng) => readout(latlng, "on the profile"));
    drawScale();
    ofCentre();
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
    window.addEventListener("resize", keepSize);
    root.setAttribute("data-jz-ready", "1");
  }

  start().catch(JZ.fail);
})();
