/* What if limits and weights were others: sliders that re-rank the sites in the page. */
(function () {
  "use strict";

  const { D, el, THIN } = JZ;
  const limits = D.limits.filter((one) => one.acts);
  const start = () => ({
    limits: Object.fromEntries(limits.map((one) => [one.layer, one.value])),
    weights: Object.fromEntries(D.values.map((one) => [one.name, one.weight])),
  });
  let now = start();
  const rows = [];
  const note = el("p", { id: "jz-what-if-note", class: "jz-note", role: "status" });

  function isChanged() {
    return JSON.stringify(now) !== JSON.stringify(start());
  }

  function words() {
    return "What if: limits or weights are not those of the run. Landing probabilities are still the run's.";
  }

  function how() {
    return {
      limits: limits.map((one) => ({ layer: one.layer, value: now.limits[one.layer] })),
      weights: now.weights,
      values: D.values,
    };
  }

  function apply() {
    for (const row of rows) row.say();
    const total = Object.values(now.weights).reduce((a, b) => a + b, 0);
    if (!(total > 0)) {
      note.textContent = "At least one weight must be above 0; the ranking is as before.";
      return;
    }
    note.textContent = isChanged() ? words() : "";
    JZ.sites.rank(isChanged() ? JZ.rescore(D.sites, how()) : D.sites);
  }

  /* The step of a limit's slider: a round number, about a fortieth of the limit. */
  function stepOf(value) {
    const rough = Math.abs(value) / 40 || 0.05;
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    return Number(([1, 2, 5, 10].find((n) => n * power >= rough * 0.99) * power).toPrecision(3));
  }

  function slider(kind, key, { title, unit, min, max, step, source }) {
    const text = el("output");
    const input = el("input", { type: "range", min, max, step, "aria-label": title, "data-key": key });
    const say = () => {
      const value = now[kind][key];
      input.value = value;
      text.textContent = Number(value.toPrecision(6)) + (unit ? THIN + unit : "");
      input.setAttribute("aria-valuetext", text.textContent);
    };
    input.addEventListener("input", () => {
      const value = Number(Number(input.value).toPrecision(12));
      /* the run's own value lies between two steps of the slider, or on one */
      now[kind][key] = Math.abs(value - start()[kind][key]) < step / 2 ? start()[kind][key] : value;
      apply();
    });
    rows.push({ say });
    return el("label", { class: "jz-slide", title: source }, el("span", { text: title }), text, input);
  }

  function limitSlider(one) {
    const step = stepOf(one.value);
    const reach = Math.abs(one.value) || 1;
    const ends = one.value >= 0 ? [0, 2.5 * reach] : [-2.5 * reach, 0];
    const [min, max] = one.value === 0 ? [-1, 1] : ends;
    const title = one.title + (one.kind === "max" ? " at most" : " at least");
    const low = min + (min === 0 ? step : 0);
    return slider("limits", one.layer, { title, unit: one.unit, min: low, max, step, source: one.source });
  }

  function weightSlider(one) {
    const title = "Weight of " + one.name.replace(/_/g, " ");
    const max = Math.max(1, one.weight);
    return slider("weights", one.name, { title, unit: "", min: 0, max, step: 0.05, source: "" });
  }

  function panel() {
    if (!D.sites.length || !D.values.length) return null;
    const reset = el("button", { type: "button", id: "jz-what-if-reset", text: "As in the run" });
    reset.addEventListener("click", () => {
      now = start();
      apply();
    });
    const box = el(
      "details",
      { class: "jz-box", id: "jz-what-if" },
      el("summary", { text: "What if limits or weights were others" }),
      el("p", {
        class: "jz-note",
        text:
          "Re-ranks the sites of this run. Limits act on margins, on pass or fail and on the margin's part of the score; " +
          "the sites, their landing probabilities and the layers stay as run. Assess again to change those.",
      }),
      ...limits.map(limitSlider),
      ...D.values.map(weightSlider),
      reset,
      note,
    );
    rows.forEach((row) => row.say());
    return box;
  }

  JZ.whatIf = { panel, isChanged, words, weights: () => now.weights, now: () => now };
})();
