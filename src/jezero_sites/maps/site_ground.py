"""The ground of a site as curves: how steep its cells are, and two cross-sections through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites import sites
from jezero_sites.maps.view import RunView
from jezero_sites.raster import Raster

BIN_DEG = 1.0
"""Width of a bin of a site's slopes, in degrees."""

PROFILE_REACH = 1.5
"""A cross-section runs this many site radii to either side."""


@dataclass(frozen=True, eq=False)
class CrossSection:
    """Heights along a row or a column of the raster through a site.

    Attributes
    ----------
    distance_m : array of shape (cells,)
        Ground metres from the site, negative to the west or to the south.
    height_m : array of shape (cells,)
        NaN where unknown.
    """

    distance_m: NDArray[Any]
    height_m: NDArray[Any]


@dataclass(frozen=True, eq=False)
class SiteGround:
    """Slopes within the site radius, and the cross-sections from west to east and from south to north.

    Attributes
    ----------
    edges_deg : array of shape (bins + 1,)
    counts : array of shape (bins,)
        Cells whose slope is at least the lower and below the upper edge.
    unknown : int
        Cells of the disc without a slope, those off the raster among them.
    """

    edges_deg: NDArray[Any]
    counts: NDArray[Any]
    unknown: int
    west_east: CrossSection
    south_north: CrossSection


def site_ground(view: RunView, row: int, col: int) -> SiteGround:
    """Return the curves of the site at a cell of the raster."""
    grid = view.elevation.grid
    width = float(grid.dx_m[row])
    disc = sites.disc_around(
        row, col, shape=grid.shape, dx_m=width, dy_m=grid.dy_m, radius_m=view.site_radius_m
    )
    slope = disc.of(view.layers["slope_deg"].values).astype(np.float64)
    known = slope[~np.isnan(slope)]
    top = float(known.max()) if known.size else 0.0
    edges = np.arange(0.0, np.floor(top / BIN_DEG) + 2) * BIN_DEG
    counts, _ = np.histogram(known, bins=edges)
    reach = PROFILE_REACH * view.site_radius_m
    return SiteGround(
        edges,
        counts,
        disc.cells - known.size,
        _section(view.elevation, (row, slice(None)), col, width, reach),
        _section(view.elevation, (slice(None, None, -1), col), grid.shape[0] - 1 - row, grid.dy_m, reach),
    )


def _section(dem: Raster, line: Any, middle: int, spacing_m: float, reach_m: float) -> CrossSection:
    heights = np.asarray(dem.values[line], np.float64)
    cells = int(reach_m / spacing_m)
    index = np.arange(max(middle - cells, 0), min(middle + cells + 1, heights.size))
    return CrossSection((index - middle) * spacing_m, heights[index])
