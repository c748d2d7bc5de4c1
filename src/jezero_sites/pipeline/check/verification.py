"""Our 3 x 3 quantities of a DEM against what gdaldem makes of the same heights.

Ours are run as they are always run: in float64, strip by strip, on the heights as they were read. gdaldem adds
in float32, which near -2500 m costs 0.01 degrees at cells of 1 m: it is given the heights moved by whole metres,
so that they lie about 0, and knows one cell size, which ours are given too. What it may still lose is bounded:
with u = 2^-24, heights within R of 0 and cells of size c, Horn's sums of eight heights differ by at most
2.25 u R / c in each gradient, and a mean of eight by 6 u R; by nothing where all heights are multiples of a step
of which float32 holds 8 R, as heights read from float32 mostly are. Where the loss is more than the tolerance, it
is the tolerance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.blocks import map_strips
from jezero_sites.errors import InputError
from jezero_sites.io.guard import LEAST_CELLS
from jezero_sites.layers import Lengths, layer_for
from jezero_sites.pipeline.check.agreement import Comparison, Verification
from jezero_sites.pipeline.check.gdaldem import Gdaldem, Witness, find_gdaldem, witness
from jezero_sites.raster import Raster

WINDOW_CELLS = 2048
"""Without ``full`` at most this many cells a side are compared, the middle ones."""

LEAST_SLOPE_DEG = 1.0
"""On gentler ground an aspect rests on the last digits of the heights."""

SUN_DEG = (315.0, 45.0)
_FLOAT32 = 2.0**-24  # half the step of float32, as a share of the number


@dataclass(frozen=True)
class _Product:
    """A quantity, the words that make gdaldem give it, and how near the two must be.

    ``tolerance`` holds for heights within 25 m and cells of 2 m or more, as measured with gdaldem 3.6.2.
    ``of_sums``, ``of_heights``, ``of_value``: what it loses by float32 in its sums, by rounding heights, and in
    the result, each in units of that rounding; ``per_cell`` where heights are divided by the cell size.
    """

    name: str
    mode: tuple[str, ...]
    unit: str
    tolerance: float
    of_sums: float = 0.0
    of_heights: float = 0.0
    of_value: float = 2.0
    per_cell: float = 0.0


_DEG = 180.0 / np.pi
_BOTH = np.sqrt(2.0)  # errors of two gradients at right angles
_ASPECT = _DEG * _BOTH / np.tan(np.radians(LEAST_SLOPE_DEG))
_ZT = ("slope", "-alg", "ZevenbergenThorne")
_PRODUCTS = (
    _Product("horn_slope_deg", ("slope",), "deg", 2e-4, 2.25, 1.0, per_cell=_DEG * _BOTH),
    _Product("zevenbergen_thorne_slope_deg", _ZT, "deg", 1e-5, 0.0, 1.0, per_cell=_DEG * _BOTH),
    _Product("aspect_deg", ("aspect",), "deg", 5e-3, 2.25, 1.0, per_cell=_ASPECT),
    _Product(
        "hillshade", ("hillshade", "-az", "315", "-alt", "45"), "grey", 1.0, 2.25, 1.0, per_cell=254.0 * _BOTH
    ),
    _Product("tri_riley_m", ("TRI", "-alg", "Riley"), "m", 1e-5, 0.0, 6.0, of_value=8.0),
    _Product("tri_wilson_m", ("TRI", "-alg", "Wilson"), "m", 1e-5, 0.0, 2.0, of_value=8.0),
    _Product("tpi_m", ("TPI",), "m", 2e-4, 6.0, 2.0),
    _Product("range_m", ("roughness",), "m", 1e-6, 0.0, 2.0),
)


def verify_terrain(dem: Raster, *, full: bool = False) -> Verification:
    """Return how our quantities of 3 x 3 cells compare with those of gdaldem.

    Parameters
    ----------
    dem : Raster
        Heights in metres.
    full : bool
        Compare the whole DEM, window by window, and not its middle 2048 x 2048 cells alone.

    Raises
    ------
    InputError
        ``E_NO_GDALDEM`` where gdaldem is not installed, ``E_GDALDEM`` where it fails, ``E_TOO_SMALL``,
        ``E_ALL_NODATA`` where no cell compared has nine known heights.
    """
    gdaldem = find_gdaldem()
    if min(dem.grid.shape) < LEAST_CELLS:
        found, needed = "{} x {} cells".format(*dem.grid.shape), f"at least {LEAST_CELLS} x {LEAST_CELLS}"
        raise InputError(
            "E_TOO_SMALL",
            found=found,
            needed=needed,
            file=_name(dem),
            field="size",
            fix="give a larger part of the DEM",
        )
    compared = _whole(dem) if full else _middle(dem)
    scenes = [_compare(dem, part, gdaldem) for part in _windows(compared)]
    comparisons = tuple(_joined(list(same)) for same in zip(*(s.comparisons for s in scenes), strict=True))
    if not any(c.cells for c in comparisons):
        found, fix = "no cell of the part compared has nine known heights", "--full, or another DEM"
        raise InputError("E_ALL_NODATA", found=found, fix=fix, file=_name(dem), field="values")
    return replace(
        scenes[0],
        compared_cells=tuple(part.stop - part.start for part in compared),
        row_spacing_deg=max(s.row_spacing_deg for s in scenes),
        moved_by_m=(min(s.moved_by_m[0] for s in scenes), max(s.moved_by_m[1] for s in scenes)),
        rounded_by_m=max(s.rounded_by_m for s in scenes),
        comparisons=comparisons,
    )


Part = tuple[slice, slice]


def _middle(dem: Raster) -> Part:
    starts = [max(0, (cells - WINDOW_CELLS) // 2) for cells in dem.grid.shape]
    rows, cols = (
        slice(start, start + min(cells, WINDOW_CELLS))
        for start, cells in zip(starts, dem.grid.shape, strict=True)
    )
    return rows, cols


def _whole(dem: Raster) -> Part:
    rows, cols = dem.grid.shape
    return slice(0, rows), slice(0, cols)


def _windows(part: Part) -> Iterator[Part]:
    """Yield windows of about one size whose interiors cover the interior of a part without overlap."""
    for rows in _cuts(part[0]):
        for cols in _cuts(part[1]):
            yield rows, cols


def _cuts(line: slice) -> list[slice]:
    inner = line.stop - line.start - 2
    count = -(-inner // (WINDOW_CELLS - 2))
    edges = [line.start + 1 + inner * i // count for i in range(count + 1)]
    return [slice(a - 1, b + 1) for a, b in pairwise(edges)]


def _compare(dem: Raster, part: Part, gdaldem: Gdaldem) -> Verification:
    """Return the comparison of one window."""
    heights, grid = np.asarray(dem.values[part], np.float64), dem.grid
    move = _towards_zero(heights)
    seen = (heights + move).astype(np.float32).astype(np.float64)
    scene = _Scene(heights, _inexact_span(seen), _greatest(seen - heights - move), grid.dy_m)
    with witness(gdaldem, seen, dx_m=grid.mean_dx_m, dy_m=grid.dy_m) as flat:
        found = {p.name: scene.compare(p, flat, grid.mean_dx_m) for p in _PRODUCTS if p.name != "aspect_deg"}
    with witness(gdaldem, seen, dx_m=grid.dy_m, dy_m=grid.dy_m) as square:
        found |= {p.name: scene.compare(p, square, grid.dy_m) for p in _PRODUCTS if p.name == "aspect_deg"}
    per_row = scene.ours("horn_slope_deg", grid.dx_m[part[0]]) - scene.ours("horn_slope_deg", grid.mean_dx_m)
    return Verification(
        gdal_version=gdaldem.version,
        dem_cells=grid.shape,
        compared_cells=heights.shape,
        dx_m=grid.mean_dx_m,
        dy_m=grid.dy_m,
        row_spacing_deg=_greatest(per_row),
        moved_by_m=(move, move),
        rounded_by_m=scene.rounded_m,
        comparisons=tuple(found[p.name] for p in _PRODUCTS),
    )


def _towards_zero(heights: FloatArray) -> float:
    """Return the whole metres that bring heights about 0."""
    known = heights[np.isfinite(heights)]
    return -float(np.round((known.min() + known.max()) / 2.0)) if known.size else 0.0


def _inexact_span(seen: FloatArray) -> float:
    """Return the greatest height where sums of eight may round in float32, 0 where none does."""
    span_m = _greatest(seen)
    step = 2.0 ** np.ceil(np.log2(max(8.0 * span_m, 1e-9) * _FLOAT32))
    known = seen[np.isfinite(seen)]
    return 0.0 if np.array_equal(np.rint(known / step) * step, known) else span_m


def _greatest(values: FloatArray) -> float:
    return float(np.fmax.reduce(np.abs(values), axis=None, initial=0.0))


@dataclass(frozen=True, eq=False)
class _Scene:
    """Heights as they were read, and what float32 costs gdaldem on them: in sums, and of each height."""

    heights: FloatArray
    span_m: float
    rounded_m: float
    dy_m: float

    def ours(self, name: str, dx_m: float | FloatArray) -> FloatArray:
        """Return our quantity as it is always made: strip by strip, on the heights as read."""
        equation = layer_for(name).equation
        if equation is None:
            raise ValueError(f"{name} is not a quantity of the heights alone")
        widths = np.broadcast_to(np.asarray(dx_m, np.float64), (len(self.heights),))
        lengths = Lengths(widths, self.dy_m, (3, 3), self.dy_m, *SUN_DEG)
        (values,) = map_strips(
            lambda z, dx: (equation(z, replace(lengths, dx_m=dx)),), self.heights, widths, reach_rows=1
        )
        return values

    def compare(self, product: _Product, seen: Witness, dx_m: float) -> Comparison:
        """Return one quantity's comparison, without the outermost ring."""
        inner = np.s_[1:-1, 1:-1]
        ours, theirs = self.ours(product.name, dx_m)[inner], seen.says(*product.mode)[inner]
        if product.name == "hillshade":
            ours = 1.0 + 254.0 * ours
        apart, matters = np.abs(ours - theirs), np.ones(ours.shape, bool)
        if product.name == "aspect_deg":
            apart = np.minimum(apart, 360.0 - apart)
            matters = ~(self.ours("horn_slope_deg", dx_m)[inner] <= LEAST_SLOPE_DEG)
        both: BoolArray = matters & np.isfinite(apart)
        return Comparison(
            product.name,
            layer_for(product.name).title,
            product.unit,
            float(apart[both].max()) if both.any() else float("nan"),
            max(product.tolerance, self._lost(product, _greatest(ours), min(dx_m, self.dy_m))),
            int(both.sum()),
            int((matters & (np.isfinite(ours) != np.isfinite(theirs))).sum()),
        )

    def _lost(self, product: _Product, greatest: float, cell_m: float) -> float:
        """Return how much gdaldem may lose by float32."""
        heights = product.of_sums * _FLOAT32 * self.span_m + product.of_heights * self.rounded_m
        if product.per_cell:
            return float(product.per_cell * heights / cell_m)
        return heights + product.of_value * _FLOAT32 * greatest


def _joined(same: list[Comparison]) -> Comparison:
    """Return the comparison of several windows as one, with the deviation that takes most of its tolerance."""
    worst = max(same, key=lambda c: c.used)
    return replace(
        worst, cells=sum(c.cells for c in same), unknown_differs=sum(c.unknown_differs for c in same)
    )


def _name(dem: Raster) -> str | None:
    return str(dem.sources[0]) if dem.sources else None
