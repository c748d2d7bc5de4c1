"""What a DEM file holds, from a sample of its stored blocks where reading them all would take long.

What needs no cell - georeference, units, tags - is checked as by :func:`~jezero_sites.io.dem.read_dem`. The
range of heights and the share of unknown cells come from blocks spread evenly over the file, and say so.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jezero_sites.errors import InputError
from jezero_sites.io.cells import Cells, clean_tags
from jezero_sites.io.datum import chosen_datum
from jezero_sites.io.dem import MAX_SIZE_GIB, _unsigned_notice
from jezero_sites.io.georef import check_band_unit, crs_in_words, georeference
from jezero_sites.io.guard import open_raster, reading
from jezero_sites.io.heights import Tally, cell_notices, check_range, heights, scale_notices, value_type
from jezero_sites.io.urls import as_named
from jezero_sites.raster import Raster

SAMPLE_CELLS = 1 << 22
"""About as many cells are read of a file that has more: half a second's worth."""


@dataclass(frozen=True)
class Contents:
    """What a DEM file holds.

    Attributes
    ----------
    dem : Raster
        Where and what it is, with its tags and notices, but without heights: ``values`` is empty.
    low_m, high_m : float
        Least and greatest height among the cells read; NaN where none is known.
    unknown_fraction : float
        Share of the cells read that have no height.
    blocks_read, blocks : int
        How many of the stored blocks were read, and how many there are.
    """

    dem: Raster
    low_m: float
    high_m: float
    unknown_fraction: float
    blocks_read: int
    blocks: int


def dem_contents(
    path: str | Path,
    *,
    band: int | None = None,
    assume_crs: str | None = None,
    use_sidecars: bool = False,
    allow_sparse: bool = False,
    vertical_datum: str | None = None,
    max_size_gib: float = MAX_SIZE_GIB,
    allow_remote: Collection[str] = (),
    sample_cells: int = SAMPLE_CELLS,
) -> Contents:
    """Return what a DEM file holds, from about ``sample_cells`` of its cells.

    Parameters
    ----------
    path, band, assume_crs, use_sidecars, allow_sparse, vertical_datum, max_size_gib, allow_remote
        As for :func:`~jezero_sites.io.dem.read_dem`.
    sample_cells : int
        Blocks are read until about so many cells have been; at least one block is.

    Raises
    ------
    InputError
        As ``read_dem``, as far as the blocks read show it. A sample without any height is no error: the
        rest may have some.
    """
    name, number = as_named(path), band or 1
    with open_raster(
        name,
        role="dem",
        band=band,
        use_sidecars=use_sidecars,
        allow_sparse=allow_sparse,
        max_bytes=int(max_size_gib * 2**30),
        allow_remote=allow_remote,
    ) as dataset:
        where = georeference(dataset, Path(path), assume_crs=assume_crs, use_sidecars=use_sidecars)
        with reading(Path(path), field="tags"):
            tags = clean_tags({**dataset.tags(), **dataset.tags(number)})
            unit, dtype = dataset.units[number - 1], str(dataset.dtypes[number - 1])
            scale, offset = dataset.scales[number - 1], dataset.offsets[number - 1]
        notices = [*where.notices, *check_band_unit(unit, name), *scale_notices(scale, offset, name)]
        tally, read, chosen, blocks = Tally(), 0, 0, math.prod(_blocks(dataset, number))
        kind = np.dtype(value_type(dtype, scaled=(scale, offset) != (1, 0)))
        for cells in _sampled(dataset, number, Path(path), sample_cells):
            heights(cells, kind, scale, offset, tally=tally)
            read += cells.stored.size
            chosen += 1
    if tally.valid or tally.sentinels or chosen == blocks:
        check_range(tally, name)
    datum, told = chosen_datum(tags, where.vertical_datum, vertical_datum, name=name)
    tags |= {"VERTICAL_DATUM": datum, "CRS": crs_in_words(where.grid.crs), "STORED_AS": dtype}
    notices += [*cell_notices(tally, name), *told, *_unsigned_notice(dtype, unit, name)]
    dem = Raster(np.empty((0, 0)), where.grid, "elevation_m", "m", tags, tuple(notices), (Path(path),))
    low, high = (tally.low, tally.high) if tally.valid else (math.nan, math.nan)
    return Contents(dem, low, high, 1 - tally.valid / max(read, 1), chosen, blocks)


def stored_cells_count(
    path: str | Path, *, max_size_gib: float = MAX_SIZE_GIB, allow_remote: Collection[str] = ()
) -> int:
    """Return how many cells a raster file says it has.

    Raises
    ------
    InputError
        Whatever :func:`~jezero_sites.io.guard.open_raster` refuses of any raster.
    """
    limit = int(max_size_gib * 2**30)
    with open_raster(
        path, role="ortho", allow_sparse=True, max_bytes=limit, allow_remote=allow_remote
    ) as dataset:
        return int(dataset.width) * int(dataset.height)


def refused_header(path: str | Path, *, allow_remote: Collection[str] = ()) -> dict[str, str]:
    """Return what the header of a file says that was refused as a DEM; nothing where it has none to read."""
    try:
        with open_raster(path, role="ortho", allow_sparse=True, allow_remote=allow_remote) as dataset:
            told = {
                "cells": f"{dataset.height} rows x {dataset.width} columns",
                "bands": str(dataset.count),
                "stored_as": ", ".join(sorted(set(map(str, dataset.dtypes)))),
            }
            with reading(Path(path), field="crs"):
                told["crs"] = dataset.crs.to_string()[:200] if dataset.crs else "none"
            return told
    except InputError:
        return {}


def _blocks(dataset: Any, band: int) -> tuple[int, int]:
    """Return how many rows and columns of stored blocks there are."""
    height, width = dataset.block_shapes[band - 1]
    return -(-int(dataset.height) // int(height)), -(-int(dataset.width) // int(width))


def _sampled(dataset: Any, band: int, path: Path, sample_cells: int) -> Iterator[Cells]:
    """Yield stored blocks that are spread evenly over the file, in its own order."""
    from jezero_sites.io.cells import _window

    height, width = dataset.block_shapes[band - 1]
    down, across = _blocks(dataset, band)
    rows, columns = _spread(down, across, max(1, sample_cells // (height * width)))
    for i in rows:
        for j in columns:
            some = slice(i * height, min((i + 1) * height, dataset.height))
            these = slice(j * width, min((j + 1) * width, dataset.width))
            with reading(path, field=f"block at row {some.start}, column {these.start}"):
                cells = _window(dataset, band, some, these)
            yield cells


def _spread(down: int, across: int, wanted: int) -> tuple[list[int], list[int]]:
    """Return which rows and columns of blocks to read: about ``wanted`` blocks, from the middle of equal parts.

    >>> _spread(30, 40, 12)
    ([5, 15, 25], [5, 15, 25, 35])
    """
    tall = min(down, max(1, round(math.sqrt(wanted * down / across))))
    wide = min(across, max(1, wanted // tall))
    tall = min(down, max(1, wanted // wide))
    return tuple([(2 * k + 1) * n // (2 * m) for k in range(m)] for n, m in ((down, tall), (across, wide)))  # type: ignore[return-value]
