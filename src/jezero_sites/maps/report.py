"""The report of a run: one self-contained page for a review, without scripts and without a network."""

from __future__ import annotations

import math
from importlib import resources
from typing import Any

from jezero_sites.layers import layer_for
from jezero_sites.maps import colours
from jezero_sites.maps.plots import png_of, slope_curves
from jezero_sites.maps.run_plot import plot_run
from jezero_sites.maps.site_figures import SiteFigures
from jezero_sites.maps.site_page import limit_row, site_page
from jezero_sites.maps.view import LimitView, RunView

MOST_SITES = 20
MINUS = "\u2212"


def report_html(view: RunView) -> str:
    """Return the report as one HTML page.

    Parameters
    ----------
    view : RunView
        What to show; every text of it is shown as text.

    Returns
    -------
    str
    """
    from jinja2 import Environment, StrictUndefined

    folder = resources.files("jezero_sites.maps").joinpath("assets")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "num": _number,
        "chance": _chance,
        "signed": _signed,
        "margin": lambda row: _margin(row["limit"], row["margin"]),
        "title": lambda name: layer_for(name).title,
    }
    template = environment.from_string(folder.joinpath("report.html.j2").read_text("utf-8"))
    figures = SiteFigures(view)
    sites = view.sites.drop(columns="geometry").head(MOST_SITES).to_dict("records")
    return template.render(
        view=view,
        sites=sites,
        more=len(view.sites) - len(sites),
        diverts=bool(sites) and "divert_probability" in sites[0],
        constraints=[{"limit": m, "rows": [limit_row(m, site) for site in sites]} for m in view.limits],
        pages=[site_page(view, site, figures) for site in sites],
        figures=_figures(view),
        statistics=_statistics(view),
        classes=view.statistics.get("hazard_class", {}),
        reasons=_shares(view, "hazard_reason"),
        factors=_shares(view, "binding_factor"),
        artefacts=[pair for pair in _shares(view, "dem_quality") if pair[0] != "unknown"],
    )


def _number(value: Any, digits: int = 3) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "unknown"
    return f"{value:,.{digits}f}".replace("-", "\u2212")


def _chance(probability: float) -> str:
    return ">0.999" if 0.9995 <= probability < 1 else _number(probability)


def _signed(share: Any) -> str:
    if share is None or not math.isfinite(share):
        return "unknown"
    sign = "+" if share >= 0 else "\u2212"
    return f"{sign}{abs(100 * share):.1f} %"


def _margin(limit: LimitView, margin: float) -> str:
    """Return a margin as a share of its limit; where the limit is 0 it is a difference in the limit's unit."""
    if limit.value or not math.isfinite(margin):
        return _signed(margin)
    return f"{'+' if margin >= 0 else MINUS}{abs(margin):.3f} {limit.unit}"


def _figures(view: RunView) -> list[dict[str, str]]:
    named = {
        "elevation_m": "Elevation over shaded relief, with sites and samples",
        "hazard_class": "Hazard class",
        "landing_probability": "Landing probability, lower bound: the chance of success when aiming at a cell",
        "slope_deg": "Slope",
        "stance_tilt_deg": "Stance: the largest tilt on the legs over all clockings",
        "clearance_m": "Belly clearance, the margin taken off",
        "binding_factor": "Binding factor: the smallest factor of the safe probability",
        "divert_probability": "Landing probability with the divert, lower bound",
        "dem_quality": "Artefacts of the DEM that the screen found",
    }
    there = [name for name in named if name in ("elevation_m", *view.layers) and _shows_something(view, name)]
    figures = [{"caption": named[name], "url": _overview(view, name)} for name in there]
    limit = view.limit("slope_deg")
    steepest = None if limit is None else limit.value
    curves = slope_curves(view.layers["slope_deg"].values, limit_deg=steepest)
    caption = "Slope of known ground: histogram, and cumulative curve with the limit"
    return [*figures, {"caption": caption, "url": png_of(curves)}]


def _overview(view: RunView, name: str) -> str:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 6.0), layout="constrained")
    plot_run(view, name, ax=figure.subplots())
    return png_of(figure)


def _shows_something(view: RunView, name: str) -> bool:
    shares = view.statistics.get(name, {})
    return name != "dem_quality" or any(v > 0 for k, v in shares.items() if k != "unknown_fraction")


def _statistics(view: RunView) -> list[dict[str, Any]]:
    rows = []
    for name, numbers in view.statistics.items():
        if name not in colours.CODES:
            layer = layer_for(name)
            unit = "" if layer.unit == "1" else layer.unit
            rows.append({"title": layer.title, "unit": unit, **{k: numbers.get(k) for k in _COLUMNS}})
    return rows


_COLUMNS = ("min", "mean", "p50", "p95", "max", "sd", "rms", "unknown_fraction")


def _shares(view: RunView, name: str) -> list[tuple[str, float]]:
    """Return the shares of the codes of a layer that occur, the largest first."""
    shares = view.statistics.get(name, {})
    named = [(k.removesuffix("_fraction").replace("_", " "), v) for k, v in shares.items() if v > 0]
    return sorted(named, key=lambda pair: -pair[1])
