"""What each layer can hold, known before any cell is: the steps of scaled integers follow from it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jezero_sites.io.write import Span
from jezero_sites.pipeline.sinks import is_code
from jezero_sites.raster import Raster

LARGEST_LENGTH_M = 63.0
"""Lengths measured in a window of some metres are cut here: the step is then 2**-10 m, about a millimetre."""

_STRIP_ROWS = 256
_HEIGHT_DIFFERENCES = ("roughness_m", "relief_m", "protrusion_m", "tri_riley_m", "tri_wilson_m", "range_m")
_UNITS = ("vrm", "hillshade")


def layer_spans(dem: Raster, names: Iterable[str]) -> dict[str, Span]:
    """Return the least and the greatest number of each layer; those without bounds, and codes, are left out.

    Lengths beyond 63 m, of which no lander's limit comes near, are written as 63 m.

    Parameters
    ----------
    dem : Raster
        Its heights bound the layer ``elevation_m``, and their differences every length.
    names : iterable of str
    """
    low, high = height_span(dem)
    most = min(2.0 * (high - low), LARGEST_LENGTH_M)
    found: dict[str, Span] = {}
    for name in names:
        if is_code(name) or name in ("rocks_in_footprint",):
            continue
        if name == "elevation_m":
            found[name] = (low, high)
        elif name == "aspect_deg":
            found[name] = (0.0, 360.0)
        elif name.endswith("_deg"):
            found[name] = (0.0, 90.0)
        elif "probability" in name or name.endswith("_fraction") or name in _UNITS:
            found[name] = (0.0, 1.0)
        elif name.endswith(_HEIGHT_DIFFERENCES):
            found[name] = (0.0, most)
        elif name in ("clearance_m", "tpi_m"):
            found[name] = (-most / 2.0, most / 2.0)
    return found


def height_span(dem: Raster) -> Span:
    """Return the lowest and the highest height, some rows at a time; 0 and 0 where none is known."""
    low, high = np.inf, -np.inf
    for row in range(0, dem.values.shape[0], _STRIP_ROWS):
        strip = dem.values[row : row + _STRIP_ROWS]
        low = min(low, float(np.fmin.reduce(strip, axis=None, initial=np.inf)))
        high = max(high, float(np.fmax.reduce(strip, axis=None, initial=-np.inf)))
    return (low, high) if low <= high else (0.0, 0.0)
