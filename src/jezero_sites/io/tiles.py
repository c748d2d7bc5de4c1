"""Several files of one grid as one raster: whole cells only, nothing is resampled.

Tiles are taken in the order of their names, however they were listed. Where they overlap, the first
one counts, and what the others say differently is told as ``W_SEAM``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from affine import Affine
from numpy.typing import NDArray

from jezero_sites.errors import InputError, JezeroError, Notice, RefusedInputs
from jezero_sites.raster import Grid, Raster

CELL_TOLERANCE = 1e-9
"""Largest relative difference between cell sizes of one grid."""

OFFSET_TOLERANCE_CELLS = 1e-3
"""Largest distance of a tile's corner from a corner of the common cells."""

MAX_MOSAIC_BYTES = 64 << 30
"""Of float32; the same as for one file."""


@dataclass(frozen=True)
class _Tile:
    """A raster and the place of its first cell in the common grid."""

    raster: Raster
    row: int
    column: int

    @property
    def name(self) -> str:
        return self.raster.sources[0].name

    @property
    def last_row(self) -> int:
        return self.row + self.raster.grid.shape[0]

    @property
    def last_column(self) -> int:
        return self.column + self.raster.grid.shape[1]

    def part(self, box: tuple[int, int, int, int]) -> NDArray[Any]:
        """Return the values within rows and columns of the common grid."""
        top, bottom, left, right = box
        return self.raster.values[
            top - self.row : bottom - self.row, left - self.column : right - self.column
        ]


def mosaic(rasters: Sequence[Raster]) -> Raster:
    """Return rasters of one grid as one.

    Parameters
    ----------
    rasters : sequence of Raster
        Each read from one file; the order does not matter.

    Returns
    -------
    Raster
        Over all of them; NaN where none has a value. Tags are those on which all agree.

    Raises
    ------
    RefusedInputs
        ``E_CRS_MISMATCH E_GRID_MISMATCH E_GRID_UNALIGNED E_DATUM_MISMATCH`` for each that does not fit
        the first.
    InputError
        ``E_TOO_LARGE`` where the tiles lie too far apart to be one raster.
    """
    ordered = sorted(rasters, key=lambda r: (r.sources[0].name, str(r.sources[0])))
    errors = tuple(e for e in (_misfit(r, ordered[0]) for r in ordered[1:]) if e is not None)
    if errors:
        raise RefusedInputs(errors)
    tiles = [_placed(r, ordered[0].grid) for r in ordered]
    grid, tiles = _common(tiles)
    dtype = np.result_type(*(t.raster.values.dtype for t in tiles))
    values = np.full(grid.shape, np.nan, dtype)
    for tile in tiles:
        part = values[tile.row : tile.last_row, tile.column : tile.last_column]
        np.copyto(part, tile.raster.values, where=np.isnan(part))
    first = ordered[0]
    tags = dict(first.tags.items() & set.intersection(*(set(r.tags.items()) for r in ordered)))
    tags.setdefault("VERTICAL_DATUM", "unstated")
    notices = tuple(n for r in ordered for n in r.notices) + _seams(tiles)
    sources = tuple(r.sources[0] for r in ordered)
    return Raster(values, grid, first.name, first.unit, dict(sorted(tags.items())), notices, sources)


def same_crs(a: pyproj.CRS, b: pyproj.CRS) -> bool:
    """Tell whether two CRSs give the same map: method, numbers and sphere, whatever their names."""
    return a == b or _essence(a) == _essence(b)


def _essence(crs: pyproj.CRS) -> tuple[Any, ...]:
    operation, ellipsoid = crs.coordinate_operation, crs.ellipsoid
    if operation is None or ellipsoid is None:
        return (crs.to_wkt(),)
    numbers = ((p.name, round(float(p.value) * p.unit_conversion_factor, 12)) for p in operation.params)
    sphere = (ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre)
    return (operation.method_name, tuple(sorted(n for n in numbers if n[1] != 0)), sphere)


def _misfit(raster: Raster, first: Raster) -> JezeroError | None:
    """Return why a raster is not of the same grid and datum as the first; None where it is."""
    a, b = first.grid, raster.grid
    beside = first.sources[0].name
    if not same_crs(a.crs, b.crs):
        found = f"its CRS '{b.crs.name}' is not that of {beside}, '{a.crs.name}'"
        return _refuse("E_CRS_MISMATCH", raster, found, field="crs")
    for mine, other in ((b.transform.a, a.transform.a), (b.transform.e, a.transform.e)):
        if abs(mine - other) > CELL_TOLERANCE * abs(other):
            found = f"cells of {abs(mine):.12g} map metres, those of {beside} are {abs(other):.12g}"
            return _refuse("E_GRID_MISMATCH", raster, found, field="geotransform")
    off = max(abs(v - round(v)) for v in _offset(b, a))
    if off > OFFSET_TOLERANCE_CELLS:
        found = f"its cells lie {off:.3g} of a cell beside those of {beside}"
        return _refuse("E_GRID_UNALIGNED", raster, found, field="geotransform")
    datums = [r.tags.get("VERTICAL_DATUM", "unstated") for r in (raster, first)]
    if "unstated" not in datums and datums[0].lower() != datums[1].lower():
        found = f"heights above '{datums[0]}', those of {beside} are above '{datums[1]}'"
        return _refuse("E_DATUM_MISMATCH", raster, found, field="vertical datum")
    return None


def _refuse(code: str, raster: Raster, found: str, *, field: str) -> InputError:
    fix = "gdalwarp all files to one grid, or assess them one by one"
    file = str(raster.sources[0])
    return InputError(code, found=found, needed="tiles of one grid", fix=fix, file=file, field=field)


def _offset(grid: Grid, origin: Grid) -> tuple[float, float]:
    """Return by how many rows and columns a grid begins after another."""
    down = (grid.transform.f - origin.transform.f) / origin.transform.e
    across = (grid.transform.c - origin.transform.c) / origin.transform.a
    return down, across


def _placed(raster: Raster, origin: Grid) -> _Tile:
    down, across = _offset(raster.grid, origin)
    return _Tile(raster, round(down), round(across))


def _common(tiles: list[_Tile]) -> tuple[Grid, list[_Tile]]:
    """Return the grid over all tiles, and the tiles placed in it.

    The corner is taken from the tiles that lie there, so that tiles cut from a raster give its grid back.
    """
    upper = min(tiles, key=lambda t: t.row)
    left = min(tiles, key=lambda t: t.column)
    shape = (max(t.last_row for t in tiles) - upper.row, max(t.last_column for t in tiles) - left.column)
    if shape[0] * shape[1] * 4 > MAX_MOSAIC_BYTES:
        found = f"the tiles span {shape[0]} x {shape[1]} cells"
        fix = "assess tiles that lie apart one by one"
        name = str(upper.raster.sources[0])
        raise InputError(
            "E_TOO_LARGE", found=found, needed="at most 64 GiB", fix=fix, file=name, field="size"
        )
    first = tiles[0].raster.grid
    corner = Affine(
        first.transform.a,
        0.0,
        left.raster.grid.transform.c,
        0.0,
        first.transform.e,
        upper.raster.grid.transform.f,
    )
    placed = [_Tile(t.raster, t.row - upper.row, t.column - left.column) for t in tiles]
    return Grid.of(shape, corner, first.crs), placed


def _seams(tiles: list[_Tile]) -> tuple[Notice, ...]:
    """Return a notice for each tile that differs from an earlier one where both have values."""
    notices = []
    for index, tile in enumerate(tiles):
        told = [text for earlier in tiles[:index] if (text := _conflict(earlier, tile))]
        if told:
            found = f"{'; '.join(told)}; the earlier file was used"
            fix = "check datum and registration of the tiles"
            notices.append(Notice("W_SEAM", found, fix, str(tile.raster.sources[0])))
    return tuple(notices)


def _conflict(earlier: _Tile, later: _Tile) -> str:
    """Tell in how many shared cells two tiles differ and by how much; empty where they agree."""
    top, bottom = max(earlier.row, later.row), min(earlier.last_row, later.last_row)
    left, right = max(earlier.column, later.column), min(earlier.last_column, later.last_column)
    if top >= bottom or left >= right:
        return ""
    box = (top, bottom, left, right)
    difference = earlier.part(box).astype(np.float64) - later.part(box)
    shared = difference[np.isfinite(difference)]
    count = int(np.count_nonzero(shared))
    if not count:
        return ""
    rms = float(np.sqrt(np.mean(shared**2)))
    return f"{count} of {shared.size} cells shared with {earlier.name} differ, RMS {rms:.4g} m"
