"""Several files of one grid as one raster: whole cells only, nothing is resampled.

Tiles are taken in the order of their names, however they were listed. Where they overlap, the first
one counts, and what the others say differently is told as ``W_SEAM``, or refused where it is too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj
from affine import Affine
from numpy.typing import NDArray

from jezero_sites.errors import InputError, JezeroError, RefusedInputs
from jezero_sites.io.datum import at_odds, joint_datum
from jezero_sites.io.overlaps import MAX_SEAM_DZ_M, Tile, seam_notices
from jezero_sites.io.scratch import Scratch, new_array
from jezero_sites.raster import Grid, Raster

CELL_TOLERANCE = 1e-9
"""Largest relative difference between cell sizes of one grid."""

OFFSET_TOLERANCE_CELLS = 1e-3
"""Largest distance of a tile's corner from a corner of the common cells."""

_STRIP_ROWS = 256

MAX_MOSAIC_BYTES = 64 << 30
"""The same as for one file."""


def mosaic(
    rasters: Sequence[Raster],
    *,
    max_seam_dz_m: float = MAX_SEAM_DZ_M,
    max_bytes: int = MAX_MOSAIC_BYTES,
    scratch: Scratch | None = None,
) -> Raster:
    """Return rasters of one grid as one.

    Parameters
    ----------
    rasters : sequence of Raster
        Each read from one file; the order does not matter.
    max_seam_dz_m : float
        Largest RMS difference, in metres, of two of them where both have heights.
    max_bytes : int
        Largest size of the whole.
    scratch : Scratch, optional
        Where the whole is kept instead of in memory.

    Returns
    -------
    Raster
        Over all of them; NaN where none has a value. Tags are those on which all agree.

    Raises
    ------
    RefusedInputs
        ``E_CRS_MISMATCH E_GRID_MISMATCH E_GRID_UNALIGNED`` for each that does not fit the first;
        ``E_DATUM_MISMATCH`` for each that states another vertical datum than an earlier one, or whose
        heights show it; ``E_SEAM`` for each that differs too much from an earlier one.
    InputError
        ``E_TOO_LARGE`` where the tiles lie too far apart to be one raster.
    """
    ordered = sorted(rasters, key=lambda r: (r.sources[0].name, str(r.sources[0])))
    errors = tuple(e for e in (_misfit(ordered[:n], r) for n, r in enumerate(ordered) if n) if e is not None)
    if errors:
        raise RefusedInputs(errors)
    grid, tiles = _common([_placed(r, ordered[0].grid) for r in ordered], max_bytes)
    seams = seam_notices(tiles, max_seam_dz_m=max_seam_dz_m)
    values = new_array(scratch, grid.shape, _dtype(tiles))
    values.fill(np.nan)
    for tile in tiles:
        _lay(tile, values)
    first = ordered[0]
    return Raster(
        values,
        grid,
        first.name,
        first.unit,
        _shared_tags(ordered),
        (*(n for r in ordered for n in r.notices), *seams),
        tuple(r.sources[0] for r in ordered),
        tuple(f for r in ordered for f in r.fingerprints),
        {name: counts for r in ordered for name, counts in r.repairs.items()},
    )


def _lay(tile: Tile, values: NDArray[Any]) -> None:
    """Put a tile's heights where none are yet, some rows at a time."""
    for row in range(tile.row, tile.last_row, _STRIP_ROWS):
        here = slice(row, min(row + _STRIP_ROWS, tile.last_row)), slice(tile.column, tile.last_column)
        strip = values[here]
        ours = tile.raster.values[here[0].start - tile.row : here[0].stop - tile.row]
        values[here] = np.where(np.isnan(strip), ours, strip)


def _shared_tags(rasters: Sequence[Raster]) -> dict[str, str]:
    """Return the tags on which all agree, and the datum that all state in whatever words."""
    tags = dict(set.intersection(*(set(r.tags.items()) for r in rasters)))
    tags["VERTICAL_DATUM"] = joint_datum([r.tags.get("VERTICAL_DATUM", "") for r in rasters])
    return dict(sorted(tags.items()))


def _dtype(tiles: Sequence[Tile]) -> np.dtype[Any]:
    return np.result_type(*(t.raster.values.dtype for t in tiles))


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


def _misfit(earlier: Sequence[Raster], raster: Raster) -> JezeroError | None:
    """Return why a raster is not of the same grid and datum as the earlier ones; None where it is."""
    first = earlier[0]
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
    for other_tile in earlier:
        datums = [r.tags.get("VERTICAL_DATUM", "") for r in (raster, other_tile)]
        if at_odds(*datums):
            found = f"heights above '{datums[0]}', those of {other_tile.sources[0].name} above '{datums[1]}'"
            return _refuse("E_DATUM_MISMATCH", raster, found, field="vertical datum")
    return None


def _refuse(code: str, raster: Raster, found: str, *, field: str) -> InputError:
    fix = "gdalwarp all files to one grid, or assess them one by one"
    if code == "E_DATUM_MISMATCH":
        fix = "bring all files to one vertical datum, or assess them one by one"
    needed, file = "tiles of one grid and one vertical datum", str(raster.sources[0])
    return InputError(code, found=found, needed=needed, fix=fix, file=file, field=field)


def _offset(grid: Grid, origin: Grid) -> tuple[float, float]:
    """Return by how many rows and columns a grid begins after another."""
    down = (grid.transform.f - origin.transform.f) / origin.transform.e
    across = (grid.transform.c - origin.transform.c) / origin.transform.a
    return down, across


def _placed(raster: Raster, origin: Grid) -> Tile:
    down, across = _offset(raster.grid, origin)
    return Tile(raster, round(down), round(across))


def _common(tiles: list[Tile], max_bytes: int) -> tuple[Grid, list[Tile]]:
    """Return the grid over all tiles, and the tiles placed in it.

    The corner is taken from the tiles that lie there, so that tiles cut from a raster give its grid back.
    """
    upper = min(tiles, key=lambda t: t.row)
    left = min(tiles, key=lambda t: t.column)
    shape = (max(t.last_row for t in tiles) - upper.row, max(t.last_column for t in tiles) - left.column)
    size = shape[0] * shape[1] * _dtype(tiles).itemsize
    if size > max_bytes:
        found = f"the tiles span {shape[0]} x {shape[1]} cells, {size / 2**30:.4g} GiB"
        needed = f"at most {max_bytes / 2**30:.4g} GiB"
        fix = "assess tiles that lie apart one by one, or --max-size GIB"
        name = str(upper.raster.sources[0])
        raise InputError("E_TOO_LARGE", found=found, needed=needed, fix=fix, file=name, field="size")
    first = tiles[0].raster.grid
    corner = Affine(
        first.transform.a,
        0.0,
        left.raster.grid.transform.c,
        0.0,
        first.transform.e,
        upper.raster.grid.transform.f,
    )
    placed = [Tile(t.raster, t.row - upper.row, t.column - left.column) for t in tiles]
    return Grid.of(shape, corner, first.crs), placed
