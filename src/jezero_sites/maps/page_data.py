"""Everything that the map's page knows, as plain data for one escaped JSON block."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import numpy as np

from jezero_sites.maps.display_grid import DisplayGrid, display_grid
from jezero_sites.maps.page_rasters import page_rasters
from jezero_sites.maps.picture import near
from jezero_sites.maps.site_ground import CrossSection, site_ground
from jezero_sites.maps.view import LimitView, RunView
from jezero_sites.raster import Grid

MAP_BYTES = 15_000_000
"""A map file is never larger than this."""

RASTER_BYTES = 11_500_000
"""Of which the encoded layers and the picture under them may take this."""

SECTION_POINTS = 300
"""A cross-section of a site has at most about this many points."""


def page_data(view: RunView, *, max_px: int | None = None) -> dict[str, Any]:
    """Return the data of the page; layers are reduced by their worst value until they fit.

    Parameters
    ----------
    view : RunView
    max_px : int, optional
        At most this many cells a side.
    """
    display = display_grid(view.elevation.grid)
    factor = 1 if max_px is None else -(-max(display.shape) // max_px)
    factor, layers, pictures = page_rasters(view, display, factor=factor, budget=RASTER_BYTES)
    return {**_frame(view, display, factor), "layers": layers, "pictures": pictures, "tiles": None}


def folder_data(view: RunView, rasters: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a page whose rasters lie in tiles beside it, as ``write_tiles`` tells of them."""
    return {**_frame(view, display_grid(view.elevation.grid), 1), **rasters}


def _frame(view: RunView, display: DisplayGrid, factor: int) -> dict[str, Any]:
    """Return all that a page holds but its rasters."""
    shown = display.coarser(factor)
    lon, lat = display.centre
    grid = view.elevation.grid
    return {
        "title": view.title,
        "version": view.version,
        "summary": view.summary,
        "flags": list(view.flags),
        "statements": list(view.statements),
        "notices": [str(notice) for notice in view.notices],
        "inputs": [vars(entry) for entry in view.inputs],
        "body": {"radius_m": grid.body_radius_m, "lon0": lon, "lat0": lat},
        "grid": {
            "west": shown.west,
            "north": shown.north,
            "dlon": shown.dlon,
            "dlat": shown.dlat,
            "rows": shown.shape[0],
            "cols": shown.shape[1],
            "factor": factor,
            "cell_m": grid.dy_m * factor,
            "cell_width_m": grid.mean_dx_m * factor,
            "is_warped": display.source is not None,
        },
        "crs": _crs(grid, display),
        "dispersion": {**vars(view.dispersion), "sigmas": view.sigmas},
        "site_radius_m": view.site_radius_m,
        "limits": [{**vars(m), "standing": m.standing} for m in view.limits],
        "sites": _sites(view, lon),
        "samples": _samples(view, lon),
        "values": [vars(value) for value in view.values],
        "traverse": _traverse(view, lon),
    }


def escaped_json(data: Any) -> str:
    r"""Return data as JSON that cannot end its script element nor act as a template.

    >>> escaped_json({"name": "</script>{{x}}"})
    '{"name": "\\u003c/script\\u003e\\u007b{x}}"}'
    """
    text = json.dumps(plain(data), ensure_ascii=True, allow_nan=False)
    for char in "<>&":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return re.sub(r"\{(?=[{%#])", r"\\u007b", text)


def plain(value: Any) -> Any:
    """Return JSON data: NaN and missing become null, numpy numbers become Python's."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return None if _is_missing(value) else str(value)


def _is_missing(value: Any) -> bool:
    """Tell pandas' mark of a missing value, which is not a float, from a value."""
    return type(value).__name__ in ("NAType", "NaTType")


def _crs(grid: Grid, display: DisplayGrid, *, nodes: int = 33) -> dict[str, Any]:
    """Return map metres at nodes along longitude and latitude, between which the page interpolates.

    Linear between nodes: exact for equirectangular rasters, a few centimetres for others at 20 km.
    """
    lon = display.west + np.linspace(0.0, display.dlon * display.shape[1], nodes)
    lat = display.north - np.linspace(0.0, display.dlat * display.shape[0], nodes)
    x, y = grid.from_lonlat(lon[None, :], lat[:, None])
    if display.source is None:
        # PROJ wraps longitudes about its own centre; a raster may run on beyond that
        left, _, right, _ = grid.bounds
        turn = 360.0 * (right - left) / (display.dlon * display.shape[1])
        x = x + turn * np.round(((left + right) / 2 - x) / turn)
    size = {"width_deg": display.dlon * display.shape[1], "height_deg": display.dlat * display.shape[0]}
    return {
        "nodes": nodes,
        **size,
        "x": np.round(x, 4).ravel().tolist(),
        "y": np.round(y, 4).ravel().tolist(),
    }


def _sites(view: RunView, lon0: float) -> list[dict[str, Any]]:
    rows = view.sites.drop(columns="geometry").to_dict("records")
    found = []
    for row in rows:
        parts = {k.removeprefix("part_"): v for k, v in row.items() if k.startswith("part_")}
        margins = [_margin(limit, row) for limit in view.limits if limit.acts]
        own = {k: v for k, v in row.items() if not k.startswith("part_")}
        found.append(
            {
                **own,
                "lon": near(row["lon_deg"], lon0),
                "lat": row["lat_deg"],
                "parts": parts,
                "margins": margins,
                "ground": _ground(view, int(row["row"]), int(row["col"])),
            }
        )
    return found


def _ground(view: RunView, row: int, col: int) -> dict[str, Any]:
    """Return a site's slopes and cross-sections; long ones by every n-th cell."""
    ground = site_ground(view, row, col)
    return {
        "edges": ground.edges_deg.tolist(),
        "counts": ground.counts.tolist(),
        "unknown": ground.unknown,
        "west_east": _section(ground.west_east),
        "south_north": _section(ground.south_north),
    }


def _section(section: CrossSection) -> dict[str, Any]:
    every = -(-section.distance_m.size // SECTION_POINTS)
    metres, heights = section.distance_m[::every], section.height_m[::every]
    step = float(metres[1] - metres[0]) if metres.size > 1 else 1.0
    return {"start": float(metres[0]), "step": step, "height": np.round(heights, 2).tolist()}


def _traverse(view: RunView, lon0: float) -> dict[str, Any] | None:
    """Return the rover's route as lines of (longitude, latitude), to a centimetre."""
    if view.traverse is None:
        return None
    lines = []
    for line in view.traverse.itertuples():
        points = [[round(near(lon, lon0), 7), round(lat, 7)] for lon, lat, *_ in line.geometry.coords]
        lines.append({"sol": plain(line.sol), "name": line.name, "points": points})
    return {"lines": lines}


def _margin(limit: LimitView, row: dict[str, Any]) -> dict[str, Any]:
    value = float(row.get(limit.worst_column, float("nan")))
    return {
        "layer": limit.layer,
        "title": limit.title,
        "value": value,
        "limit": limit.value,
        "unit": limit.unit,
        "kind": limit.kind,
        "is_difference": limit.value == 0,
        "margin": limit.margin(value),
        "standing": limit.standing,
    }


def _samples(view: RunView, lon0: float) -> list[dict[str, Any]]:
    frame = view.samples.drop(columns="geometry", errors="ignore")
    rows: list[dict[str, Any]] = frame.astype(object).where(frame.notna(), None).to_dict("records")
    for row in rows:
        known = row["lon_deg"] is not None and row["lat_deg"] is not None
        row["lon"] = near(float(row["lon_deg"]), lon0) if known else None
        row["lat"] = float(row["lat_deg"]) if known else None
    return rows
