/* The score of sites under other limits and weights: the same numbers, to the last digit, as the package's
   own `rescore`. Landing probabilities stay as they were in the run. */
(function () {
  "use strict";

  /* Round half to even at six decimals, as the site table is. */
  function round6(value) {
    const scaled = value * 1e6;
    let whole = Math.round(scaled);
    if (Math.abs(scaled - Math.trunc(scaled)) === 0.5) whole = 2 * Math.round(scaled / 2);
    return whole / 1e6;
  }

  /* Piecewise linear from x to y, level beyond the ends; a missing number is worth nothing. */
  function worth(value, { x, y }) {
    if (value === null || value === undefined || Number.isNaN(value)) return 0;
    if (value <= x[0]) return y[0];
    const last = x.length - 1;
    if (value >= x[last]) return y[last];
    let j = 0;
    while (value >= x[j + 1]) j++;
    return ((y[j + 1] - y[j]) / (x[j + 1] - x[j])) * (value - x[j]) + y[j];
  }

  function marginOf(limit, value) {
    if (!JZ.isNumber(value)) return null;
    const inside = limit.kind === "max" ? limit.value - value : value - limit.value;
    return limit.value ? inside / Math.abs(limit.value) : inside;
  }

  /* The limits of a run with other values: a list of { layer, kind, value, column }. */
  function marginsOf(site, limits) {
    return site.margins.map((margin) => {
      const limit = limits.find((one) => one.layer === margin.layer);
      const value = limit ? limit.value : margin.limit;
      const now = { kind: margin.kind, value: value };
      return { ...margin, limit: value, is_difference: value === 0, margin: marginOf(now, margin.value) };
    });
  }

  function scored(site, { limits, weights, values }) {
    const margins = marginsOf(site, limits);
    const known = margins.filter((one) => one.margin !== null);
    const least = known.reduce((a, b) => (a === null || b.margin < a.margin ? b : a), null);
    const changed = {
      ...site,
      margins,
      binding_constraint: least ? least.layer : "",
      binding_margin: least ? round6(least.margin) : null,
    };
    changed.parts = {};
    for (const value of values) changed.parts[value.name] = round6(worth(changed[value.column], value));
    let [sum, total] = [0, 0];
    for (const value of values) {
      const weight = weights[value.name];
      sum += weight * changed.parts[value.name];
      total += weight;
    }
    changed.score = round6(site.landing_probability * (sum / total));
    return changed;
  }

  function rescore(sites, how) {
    const ranked = sites.map((site) => scored(site, how));
    ranked.sort((a, b) => b.score - a.score || a.row - b.row || a.col - b.col);
    ranked.forEach((site, i) => (site.rank = i + 1));
    return ranked;
  }

  JZ.rescore = rescore;
})();
