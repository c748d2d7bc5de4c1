r"""What lies within an ellipse on the map, and the chance to land safely when aiming at its centre.

Cells are those of the map (:func:`~jezero_sites.maps.display_grid.display_grid`), as the page's own script has
them: the raster's own on an equirectangular map, the nearest ones of any other. With the centre at longitude
:math:`\lambda_0` and latitude :math:`\varphi_0`, the radius R of the sphere and the azimuth A of the major axis
clockwise from true north, the centre of a cell at :math:`\lambda, \varphi` lies

.. math::
    E = R \cos\varphi_0\,(\lambda - \lambda_0), \quad N = R\,(\varphi - \varphi_0), \quad
    u = E \sin A + N \cos A, \quad v = E \cos A - N \sin A, \quad
    q = (u / a)^2 + (v / b)^2

from it, with the semi-axes a and b. It is inside where :math:`q \le 1 + 10^{-9}`. The lattice of cells goes on
beyond the raster; what lies there is unknown.

With the semi-axes at s standard deviations, and the chance p that a touchdown in a cell is safe,

.. math:: P = \sum w p \,\big/ \sum w, \quad w = e^{-q s^2 / 2}, \quad q \le (5 / s)^2 ,

where unknown p counts as 0 in the lower bound and as 1 in the upper one. These are sums over the centres of
cells whose weights are made to sum to 1. ``landing_probability`` leaves out the 3.7e-6 beyond 5 standard
deviations, and cuts cells into parts where a standard deviation is less than 2 of them. Measured on an
equirectangular raster, the two agree to 2e-5 where the smaller standard deviation is 2 cells or more, and to 5e-3
where it is one cell. On other maps an edge of unsafe or unknown ground may lie half a cell elsewhere, which
changes the chance by up to 0.2 cells over the standard deviation across the edge: measured 0.02 where that is 4
cells, and far less where there is no edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.errors import InputError
from jezero_sites.maps.display_grid import DisplayGrid, Indices, display_grid
from jezero_sites.maps.view import RunView

RIM = 1.0 + 1e-9
"""A cell whose centre lies on the rim is inside, whatever the last digits say."""

REACH_SIGMAS = 5.0
"""Touchdowns farther out are left out, as they are of ``landing_probability``."""

MOST_CELLS = 400_000_000
"""An ellipse over more cells is refused: a choice, some seconds of work."""

_BLOCK_CELLS = 1 << 20
_UNSAFE = 3


@dataclass(frozen=True)
class EllipseStatistics:
    """What lies within an ellipse.

    Attributes
    ----------
    cells : int
        Cells of the lattice inside, also beyond the raster.
    off_raster : int
        Those of them beyond the map's grid. On a map that is not equirectangular its corners may lie beyond the
        raster, too: cells there are unknown, and not counted here.
    unknown : int
        Those of which nothing is known: class 0, or off the raster.
    unsafe : int
        Those of class 3, unsafe.
    unsafe_fraction : float
        Unsafe cells of those known; NaN where none is.
    unknown_fraction : float
        Unknown cells of all.
    worst_slope_deg, mean_slope_deg : float
        Of the known slopes, in degrees; NaN where there are none.
    relief_m : float
        Highest minus lowest known height, in metres; NaN where there are none.
    success_probability, success_probability_upper : float
        Chance to land safely when aiming at the centre, 0 to 1: unknown ground counted as failure, as success.
    """

    cells: int
    off_raster: int
    unknown: int
    unsafe: int
    unsafe_fraction: float
    unknown_fraction: float
    worst_slope_deg: float
    mean_slope_deg: float
    relief_m: float
    success_probability: float
    success_probability_upper: float


class _Shape(NamedTuple):
    lon_deg: float
    lat_deg: float
    major_m: float
    minor_m: float
    azimuth_deg: float


class _Block(NamedTuple):
    """Cells of some rows: their ``q``, their place in the raster and whether they lie on it."""

    q: FloatArray
    row: Indices
    col: Indices
    is_on: BoolArray


@dataclass
class _Sums:
    """What is counted and added up, block by block."""

    cells: int = 0
    off_raster: int = 0
    unknown: int = 0
    unsafe: int = 0
    slopes: int = 0
    slope_deg: float = 0.0
    worst_deg: float = -math.inf
    lowest_m: float = math.inf
    highest_m: float = -math.inf
    weight: float = 0.0
    success: float = 0.0
    unknown_weight: float = 0.0


def ellipse_statistics(
    view: RunView, lon_deg: float, lat_deg: float, *, major_m: float, minor_m: float, azimuth_deg: float
) -> EllipseStatistics:
    """Return what lies within an ellipse around a place, and the chance to land safely when aiming at it.

    Parameters
    ----------
    view : RunView
        With layers ``hazard_class``, ``slope_deg`` and ``safe_probability``.
    lon_deg, lat_deg : float
        East longitude and planetocentric latitude of the centre, in degrees; also off the raster.
    major_m, minor_m : float
        Semi-axes in ground metres, the major one first, at ``view.sigmas`` standard deviations.
    azimuth_deg : float
        Azimuth of the major axis in degrees, clockwise from true north.

    Returns
    -------
    EllipseStatistics

    Raises
    ------
    InputError
        ``E_RANGE`` for a centre that is no place on the planet; ``E_DISPERSION`` for axes that are none, narrower
        than a cell (or whose 5 standard deviations are), or over too many cells.
    """
    shape = _Shape(lon_deg, lat_deg, major_m, minor_m, azimuth_deg)
    radius_m, grid = view.elevation.grid.body_radius_m, display_grid(view.elevation.grid)
    reach = REACH_SIGMAS / view.sigmas
    _check(shape, grid, radius_m, reach)
    names = ("hazard_class", "slope_deg", "safe_probability")
    hazard, slope, safe = (grid.bring(view.layers[name].values) for name in names)
    elevation = grid.bring(view.elevation.values)
    sums = _Sums()
    for block in _blocks(shape, grid, radius_m, max(reach, 1.0)):
        _count(sums, block, hazard)
        _measure(sums, block, slope, elevation)
        _weigh(sums, block, safe, view.sigmas)
    return _statistics(sums)


def _check(shape: _Shape, grid: DisplayGrid, radius_m: float, reach: float) -> None:
    lon, lat, major, minor, azimuth = shape
    if not (math.isfinite(lon) and abs(lon) <= 720.0 and abs(lat) < 90.0):
        fix = "decimal degrees: latitude between -90 and 90, longitude 0 to 360"
        found = f"longitude {lon:g}, latitude {lat:g}"
        raise InputError("E_RANGE", found=found, fix=fix, field="centre")
    width = radius_m * math.cos(math.radians(lat)) * math.radians(grid.dlon)
    height = radius_m * math.radians(grid.dlat)
    least = max(width, height) / min(reach, 1.0)
    if not (math.isfinite(azimuth) and least <= minor <= major < math.inf):
        found = f"semi-axes of {major:g} and {minor:g} m, azimuth {azimuth:g}"
        fix = f"finite numbers, the major one first, the minor one at least {least:.3g} m, which is a cell"
        raise InputError("E_DISPERSION", found=found, fix=fix, field="ellipse")
    east, north = (max(reach, 1.0) * half for half in _half_widths(shape))
    cells = (2 * east / width + 1) * (2 * north / height + 1)
    if east > math.pi / 2 * radius_m * math.cos(math.radians(lat)) or cells > MOST_CELLS:
        found, fix = f"an ellipse over {cells:,.0f} cells", "give a smaller ellipse, or use a coarser DEM"
        needed = f"at most {MOST_CELLS:,} cells, and half of the way around the planet"
        raise InputError("E_DISPERSION", found=found, needed=needed, fix=fix, field="ellipse")


def _half_widths(shape: _Shape) -> tuple[float, float]:
    """Return how far an ellipse reaches to the east and to the north, in metres."""
    sine, cosine = _direction(shape)
    east = math.hypot(shape.major_m * sine, shape.minor_m * cosine)
    return east, math.hypot(shape.major_m * cosine, shape.minor_m * sine)


def _direction(shape: _Shape) -> tuple[float, float]:
    return math.sin(math.radians(shape.azimuth_deg)), math.cos(math.radians(shape.azimuth_deg))


def _blocks(shape: _Shape, grid: DisplayGrid, radius_m: float, scale: float) -> Iterator[_Block]:
    """Give the cells of the lattice around an ellipse that many times as large, some rows at a time."""
    middle_lon, _ = grid.centre
    lon = middle_lon + (shape.lon_deg - middle_lon + 180.0) % 360.0 - 180.0
    parallel_m = radius_m * math.cos(math.radians(shape.lat_deg))
    half_east, half_north = (math.degrees(scale * half) for half in _half_widths(shape))
    reach_lon, reach_lat = half_east / parallel_m, half_north / radius_m
    columns = _between((lon - reach_lon - grid.west) / grid.dlon, (lon + reach_lon - grid.west) / grid.dlon)
    rows = _between(
        (grid.north - shape.lat_deg - reach_lat) / grid.dlat,
        (grid.north - shape.lat_deg + reach_lat) / grid.dlat,
    )
    east = parallel_m * np.radians(grid.west + (columns + 0.5) * grid.dlon - lon)
    sine, cosine = _direction(shape)
    here = _own_columns(columns, grid)
    step = max(1, _BLOCK_CELLS // columns.size)
    for start in range(0, rows.size, step):
        row = rows[start : start + step, None]
        north = radius_m * np.radians(grid.north - (row + 0.5) * grid.dlat - shape.lat_deg)
        along, across = east * sine + north * cosine, east * cosine - north * sine
        q = (along / shape.major_m) ** 2 + (across / shape.minor_m) ** 2
        is_on = (row >= 0) & (row < grid.shape[0]) & (here >= 0) & (here < grid.shape[1])
        rows_of, columns_of = np.broadcast_arrays(row, here)
        yield _Block(q, rows_of, columns_of, is_on)


def _between(first: float, last: float) -> Indices:
    """Return the whole numbers of cells from one edge to another, and one more on either side."""
    return np.arange(math.floor(first) - 1, math.ceil(last) + 1, dtype=np.intp)


def _own_columns(columns: Indices, grid: DisplayGrid) -> Indices:
    """Return the raster's columns at the longitudes of columns of the lattice, which is a turn of a planet round."""
    turn = 360.0 / grid.dlon
    if abs(turn - round(turn)) > 1e-6:
        return columns
    beside = np.where(columns < 0, columns + round(turn), columns)
    return np.where(beside >= grid.shape[1], beside - round(turn), beside)


def _count(sums: _Sums, block: _Block, hazard: FloatArray) -> None:
    inside = block.q <= RIM
    on = inside & block.is_on
    classes = hazard[block.row[on], block.col[on]]
    off = int(np.count_nonzero(inside)) - classes.size
    sums.cells += off + classes.size
    sums.off_raster += off
    sums.unknown += off + int(np.count_nonzero(classes == 0))
    sums.unsafe += int(np.count_nonzero(classes == _UNSAFE))


def _measure(sums: _Sums, block: _Block, slope: FloatArray, elevation: FloatArray) -> None:
    on = (block.q <= RIM) & block.is_on
    here = block.row[on], block.col[on]
    slopes, heights = (values[here].astype(np.float64) for values in (slope, elevation))
    slopes, heights = slopes[np.isfinite(slopes)], heights[np.isfinite(heights)]
    sums.slopes += slopes.size
    sums.slope_deg += float(slopes.sum())
    sums.worst_deg = max(sums.worst_deg, float(slopes.max(initial=-math.inf)))
    sums.lowest_m = min(sums.lowest_m, float(heights.min(initial=math.inf)))
    sums.highest_m = max(sums.highest_m, float(heights.max(initial=-math.inf)))


def _weigh(sums: _Sums, block: _Block, safe: FloatArray, sigmas: float) -> None:
    reached = block.q <= (REACH_SIGMAS / sigmas) ** 2
    on = block.is_on[reached]
    chance = np.full(on.size, np.nan)
    chance[on] = safe[block.row[reached][on], block.col[reached][on]]
    weight = np.exp(-block.q[reached] * (sigmas**2 / 2.0))
    known = ~np.isnan(chance)
    sums.weight += float(weight.sum())
    sums.success += float((weight[known] * chance[known]).sum())
    sums.unknown_weight += float(weight[~known].sum())


def _statistics(sums: _Sums) -> EllipseStatistics:
    known = sums.cells - sums.unknown
    relief = sums.highest_m - sums.lowest_m
    lower = sums.success / sums.weight
    return EllipseStatistics(
        cells=sums.cells,
        off_raster=sums.off_raster,
        unknown=sums.unknown,
        unsafe=sums.unsafe,
        unsafe_fraction=sums.unsafe / known if known else math.nan,
        unknown_fraction=sums.unknown / sums.cells,
        worst_slope_deg=sums.worst_deg if sums.slopes else math.nan,
        mean_slope_deg=sums.slope_deg / sums.slopes if sums.slopes else math.nan,
        relief_m=relief if relief >= 0.0 else math.nan,
        success_probability=min(lower, 1.0),
        success_probability_upper=min(lower + sums.unknown_weight / sums.weight, 1.0),
    )
