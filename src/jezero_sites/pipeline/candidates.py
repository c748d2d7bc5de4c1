"""The candidate sites of a raster, found block by block: the same ones as if all its cells were ranked at once."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jezero_sites import sites
from jezero_sites.arrays import ByteArray, FloatArray
from jezero_sites.blocks import Block, blocks_of, each
from jezero_sites.hazards import UNKNOWN, UNSAFE
from jezero_sites.raster import Grid
from jezero_sites.settings import Search, Settings

BLOCK_CELLS = 1024
_KEPT = 256  # of the best places of a block; a block that runs out of them is searched again


class Candidate(NamedTuple):
    """A cell that may be a site."""

    row: int
    col: int
    safe_radius_m: float


class _Places(NamedTuple):
    """Places of one block, the best first."""

    rows: NDArray[np.intp]
    cols: NDArray[np.intp]
    chance: FloatArray
    radius_m: FloatArray

    def taken(self, which: Any) -> _Places:
        return _Places(*(part[which] for part in self))

    def key(self) -> tuple[float, float, int, int]:
        """Return what the first is ranked by, the least first."""
        return -float(self.chance[0]), -float(self.radius_m[0]), int(self.rows[0]), int(self.cols[0])


@dataclass(frozen=True, eq=False)
class _Ground:
    lower: NDArray[Any]
    hazard_class: ByteArray
    grid: Grid
    search: Search
    kept: list[tuple[float, float]] = field(default_factory=list)

    def places(self, block: Block) -> _Places:
        """Return the peaks of a block that pass the gates and lie apart from the sites kept so far."""
        search, grid = self.search, self.grid
        seen = block.with_reach((1, 1), grid.shape)
        low = exactly(self.lower[seen.cells])
        none = np.zeros(0, np.intp)
        if low.max(initial=-1.0) < search.min_landing_probability:
            return _Places(none, none, np.zeros(0), np.zeros(0))
        far = search.max_safe_radius_m
        reach = int(far / grid.dy_m) + 2, int(far / float(grid.dx_m.min())) + 2
        wide = seen.with_reach(reach, grid.shape)
        classes = self.hazard_class[wide.cells]
        bad = (classes == UNKNOWN) | (classes == UNSAFE)
        radius = sites.safe_radius_m(bad, dx_m=grid.dx_m[wide.rows], dy_m=grid.dy_m, max_radius_m=far)
        inner = seen.within(wide)
        bad, radius = bad[inner], radius[inner]
        passes = ~bad & (radius >= search.min_safe_radius_m) & (low >= search.min_landing_probability)
        rows, cols = sites.peaks(low, passes)
        own = block.within(seen)
        is_own = (rows >= own[0].start) & (rows < own[0].stop) & (cols >= own[1].start) & (cols < own[1].stop)
        rows, cols = rows[is_own], cols[is_own]
        order = sites.preference(low, radius, rows, cols)
        rows, cols = rows[order], cols[order]
        chance, radii = low[rows, cols], radius[rows, cols]
        return self.apart(_Places(rows + seen.rows.start, cols + seen.columns.start, chance, radii))

    def apart(self, places: _Places) -> _Places:
        """Return those that are far enough from the sites kept so far."""
        if not self.kept or not len(places.rows):
            return places
        lon, lat = self.grid.lonlat(*self.grid.xy(places.rows, places.cols))
        distance = self.search.separation_m
        return places.taken(
            sites.is_apart(lon, lat, self.kept, separation_m=distance, radius_m=self.grid.body_radius_m)
        )


def find_candidates(
    lower: NDArray[Any], hazard_class: ByteArray, *, grid: Grid, settings: Settings, jobs: int = 1
) -> list[Candidate]:
    """Return the candidate sites, the best first.

    Parameters
    ----------
    lower : array of shape ``grid.shape``
        Lower bound of the landing probability, in whole millionths.
    hazard_class : uint8 array of that shape
    grid : Grid
    settings : Settings
    jobs : int
        Threads; the result does not depend on it.
    """
    ground = _Ground(lower, hazard_class, grid, settings.search)
    blocks = blocks_of(grid.shape, BLOCK_CELLS)
    first: dict[int, _Places] = {}
    is_all: dict[int, bool] = {}

    def search(number: int) -> None:
        places = ground.places(blocks[number])
        first[number], is_all[number] = places.taken(slice(_KEPT)), len(places.rows) <= _KEPT

    each(search, range(len(blocks)), jobs=jobs)
    heap = [(places.key(), number) for number, places in first.items() if len(places.rows)]
    heapq.heapify(heap)
    found: list[Candidate] = []
    while heap and len(found) < settings.search.max_sites:
        _, number = heapq.heappop(heap)
        places = first[number]
        left = ground.apart(places)
        if len(left.rows) and left.key() == places.key():
            found.append(Candidate(int(left.rows[0]), int(left.cols[0]), float(left.radius_m[0])))
            lon, lat = grid.lonlat(*grid.xy(left.rows[0], left.cols[0]))
            ground.kept.append((float(lon), float(lat)))
            left = ground.apart(left.taken(slice(1, None)))
        if not len(left.rows) and not is_all[number]:
            search(number)
            left = first[number]
        first[number] = left
        if len(left.rows):
            heapq.heappush(heap, (left.key(), number))
    return found


def exactly(chance: NDArray[Any]) -> FloatArray:
    """Return chances in whole millionths, kept in float32, as the float64 numbers that they stand for.

    >>> float(exactly(np.array([0.123457], np.float32))[0])
    0.123457
    """
    return np.asarray(chance, np.float64).round(6)
