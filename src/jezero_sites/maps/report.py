"""The report of a run: one self-contained page for a review, without scripts and without a network."""

from __future__ import annotations

import math
from importlib import resources
from typing import Any

import numpy as np

from jezero_sites.layers import layer_for
from jezero_sites.maps import colours
from jezero_sites.maps.plots import png_of, site_figure, slope_curves
from jezero_sites.maps.view import LimitView, RunView
from jezero_sites.raster import Raster

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
        "title": lambda name: layer_for(name).title,
    }
    template = environment.from_string(folder.joinpath("report.html.j2").read_text("utf-8"))
    sites = view.sites.drop(columns="geometry").head(MOST_SITES).to_dict("records")
    return template.render(
        view=view,
        sites=sites,
        more=len(view.sites) - len(sites),
        diverts=bool(sites) and "divert_probability" in sites[0],
        constraints=[_constraint(limit, sites) for limit in view.limits],
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


def _constraint(limit: LimitView, sites: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a limit with the worst value and the margin at each site."""
    rows = []
    for site in sites:
        value = float(site.get(limit.worst_column, math.nan))
        margin = limit.margin(value)
        binds = site["binding_constraint"] == limit.layer
        verdict = "unknown" if math.isnan(margin) else "pass" if margin >= 0 else "fail"
        rows.append(
            {
                "site": site["site_id"],
                "value": value,
                "margin": _margin(limit, margin),
                "verdict": verdict,
                "binds": binds,
            }
        )
    return {"limit": limit, "rows": rows, "digits": 2 if limit.unit == "deg" else 3}


def _figures(view: RunView) -> list[dict[str, str]]:
    inside = [
        (float(x), float(y))
        for x, y in zip(
            *view.elevation.grid.from_lonlat(view.samples["lon_deg"], view.samples["lat_deg"]), strict=True
        )
        if math.isfinite(x) and bool(view.elevation.grid.contains(x, y))
    ]
    places = [(s.rank, s.x_m, s.y_m) for s in view.sites.head(MOST_SITES).itertuples()]
    marks = {"sites": places, "samples": inside, "radius_m": view.site_radius_m}
    slope = view.layers["slope_deg"]
    limit = view.limit("slope_deg")
    steepest = None if limit is None else limit.value
    found = [("Shaded relief with sites (circles of the site radius) and samples (diamonds)", _shaded(view), None),
             ("Hazard class", view.layers["hazard_class"], None),
             ("Landing probability, lower bound: the chance of success when aiming at a cell",
              view.layers["landing_probability"], None),
             ("Slope", slope, steepest), *_further(view)]  # fmt: skip
    near = view.marginal_fraction
    drawn = [(c, site_figure(_reduced(r), marks, limit=m, marginal_fraction=near)) for c, r, m in found]
    figures = [{"caption": caption, "url": png_of(figure)} for caption, figure in drawn]
    curves = slope_curves(np.asarray(slope.values, float), limit_deg=steepest)
    caption = "Slope of known ground: histogram, and cumulative curve with the limit"
    return [*figures, {"caption": caption, "url": png_of(curves)}]


def _further(view: RunView) -> list[tuple[str, Raster, float | None]]:
    """Return the figures of layers that only some runs have something to show of."""
    found: list[tuple[str, Raster, float | None]] = []
    tilt = view.limit("stance_tilt_deg")
    if "stance_tilt_deg" in view.layers:
        caption = "Stance: the largest tilt on the legs over all clockings"
        found.append((caption, view.layers["stance_tilt_deg"], None if tilt is None else tilt.value))
    if "clearance_m" in view.layers:
        found.append(("Belly clearance, the margin taken off", view.layers["clearance_m"], None))
    if "binding_factor" in view.layers:
        caption = "Binding factor: the smallest factor of the safe probability"
        found.append((caption, view.layers["binding_factor"], None))
    if "divert_probability" in view.layers:
        caption = "Landing probability with the divert, lower bound"
        found.append((caption, view.layers["divert_probability"], None))
    if "dem_quality" in view.layers and np.any(view.layers["dem_quality"].values & 127):
        found.append(("Artefacts of the DEM that the screen found", view.layers["dem_quality"], None))
    return found


def _shaded(view: RunView) -> Raster:
    from jezero_sites.layers import measure

    return measure(view.elevation, "hillshade")


def _reduced(raster: Raster, most: int = 1400) -> Raster:
    """Return a raster of at most so many cells a side, hazards by their worst value."""
    from jezero_sites.maps.display_grid import coarsened
    from jezero_sites.raster import Grid

    factor = -(-max(raster.grid.shape) // most)
    if factor == 1:
        return raster
    low = "probability" in raster.name or raster.name == "clearance_m"
    how = {"hillshade": "mean", "binding_factor": "middle", "dem_quality": "or"}.get(
        raster.name, "min" if low else "max"
    )
    values = coarsened(raster.values, factor, how)
    t = raster.grid.transform
    transform = type(t)(t.a * factor, t.b, t.c, t.d, t.e * factor, t.f)
    widths = raster.grid.dx_m[::factor] * factor
    grid = Grid(values.shape, transform, raster.grid.crs, widths, raster.grid.dy_m * factor)
    return Raster(values, grid, raster.name, raster.unit)


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
