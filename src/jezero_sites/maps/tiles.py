"""Value tiles: every cell of the layers, in small script files that a page may load from a disk.

A browser lets no page read pixels or files from ``file://``, but it runs scripts that lie beside the page. Each tile is
one call, ``JZ_TILE("slope_deg",0,3,4,"...")``: layer, level, row and column of the tile, and its integers. Level k has
cells of 4**k cells a side, hazards by their worst value; the picture under the layers lies beside them as PNGs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.maps.display_grid import coarsened, display_grid
from jezero_sites.maps.encode import Encoding, packed
from jezero_sites.maps.page_rasters import layer_about, layer_encoding, reduction, shown_rasters
from jezero_sites.maps.picture import PictureSource, picture_sources, png_bytes
from jezero_sites.maps.view import RunView

SIZE = 512
"""Cells a side of a tile."""

STEP = 4
"""A level's cells are this many times as large as those of the level below it."""

_NAME = re.compile(r"[a-z0-9_]+", re.ASCII)
Progress = Callable[[str], None]
Place = tuple[int, int, int]  # level, row and column of a tile
Writer = Callable[[Place, NDArray[Any]], None]


@dataclass(frozen=True)
class Levels:
    """The levels of a grid, the finest first, as (factor, rows, columns)."""

    sizes: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, shape: tuple[int, int]) -> Levels:
        """Return the levels of a raster, up to the one that fits into a tile."""
        sizes, factor = [(1, *shape)], 1
        while max(sizes[-1][1:]) > SIZE:
            factor *= STEP
            sizes.append((factor, -(-shape[0] // factor), -(-shape[1] // factor)))
        return cls(tuple(sizes))

    def as_list(self) -> list[dict[str, int]]:
        """Return what the page needs to know of them."""
        return [{"factor": factor, "rows": rows, "cols": cols} for factor, rows, cols in self.sizes]

    @property
    def tiles(self) -> int:
        """How many tiles they have together."""
        return sum(-(-rows // SIZE) * -(-cols // SIZE) for _, rows, cols in self.sizes)


def write_tiles(view: RunView, folder: Path, *, jobs: int, progress: Progress) -> dict[str, Any]:
    """Write the tiles of a run's layers and pictures, and return the page's data about them.

    Parameters
    ----------
    view : RunView
    folder : Path
        Where the page lies; the tiles come into ``tiles/`` beside it.
    jobs : int
        Threads; the files do not depend on it.
    progress : callable
        Told the name of each layer as its tiles begin.

    Raises
    ------
    ValueError
        Where a layer's name could lead out of the folder.
    """
    display = display_grid(view.elevation.grid)
    levels = Levels.of(display.shape)
    rasters = shown_rasters(view)
    if wrong := [raster.name for raster in rasters if not _NAME.fullmatch(raster.name)]:
        raise ValueError(f"{wrong[0]!r} is no name of a layer")
    layers = []
    with ThreadPoolExecutor(jobs) as pool:
        for i, raster in enumerate(rasters):
            progress(f"write map tiles, layer {i + 1} of {len(rasters)}")
            values = display.bring(raster.values)
            how = layer_encoding(raster, view, values)
            layers.append(layer_about(raster, view, values, factor=1))
            write = partial(_write_codes, folder / "tiles" / raster.name, how)
            _write_levels(_bands(values), display.shape, reduction(raster.name), write, pool)
        progress("write map tiles, pictures")
        pictures = [
            _write_picture(s, folder / "tiles" / s.name, pool) for s in picture_sources(view, display)
        ]
    tiles = {"size": SIZE, "path": "tiles", "levels": levels.as_list()}
    return {"layers": layers, "tiles": tiles, "pictures": pictures}


def _bands(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for row in range(0, values.shape[0], SIZE):
        yield values[row : row + SIZE]


def _write_levels(
    bands: Iterator[NDArray[Any]], shape: tuple[int, int], how: str, write: Writer, pool: Executor
) -> None:
    """Write the tiles of a raster that comes in bands of tile rows, and of each coarser level from the one below."""
    levels = len(Levels.of(shape).sizes)
    for level in range(levels):
        coarser = []
        for row, band in enumerate(bands):
            parts = [band[:, start : start + SIZE] for start in range(0, band.shape[1], SIZE)]
            places = [(level, row, col) for col in range(len(parts))]
            list(pool.map(write, places, parts))
            if level + 1 < levels:
                coarser.append(coarsened(band, STEP, how))
        if coarser:
            bands = _bands(np.concatenate(coarser))


def _write_codes(folder: Path, how: Encoding, place: Place, values: NDArray[Any]) -> None:
    level, row, col = place
    text = packed(how.codes(values))
    call = f'JZ_TILE("{folder.name}",{level},{row},{col},"{text}");\n'
    _write(folder, place, "js", call.encode("ascii"))


def _write(folder: Path, place: Place, ending: str, content: bytes) -> None:
    level, row, col = place
    (folder / str(level)).mkdir(parents=True, exist_ok=True)
    (folder / str(level) / f"{row}_{col}.{ending}").write_bytes(content)


def _write_picture(source: PictureSource, folder: Path, pool: Executor) -> dict[str, Any]:
    grid = source.grid

    def write(place: Place, shade: NDArray[Any]) -> None:
        _write(folder, place, "png", png_bytes(shade))

    _write_levels(source.bands(SIZE), grid.shape, "mean", write, pool)
    where = {"west": source.west, "north": grid.north, "dlon": grid.dlon, "dlat": grid.dlat}
    tiles = {"path": f"tiles/{source.name}", "size": SIZE, **where, "levels": Levels.of(grid.shape).as_list()}
    return {"title": source.title, "tiles": tiles}
