"""Stored numbers to heights in metres, with a count of everything that was mended on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.cells import Cells
from jezero_sites.mars import HIGHEST_HEIGHT_M, LOWEST_HEIGHT_M

SENTINEL = 1e30
"""Numbers beyond this mark missing cells that the file does not declare, as of ISIS and PDS."""

FILL_CELLS = 25
"""So many cells of exactly one height, apart from all others, are no ground; fewer may be a blunder of stereo."""

FILL_GAP_M = 100.0
"""Least gap between a fill and the nearest other height; it must also exceed the range of all others."""

_STRIP_CELLS = 1 << 22
CHECK_VALUES = "check the unit, and whether these are radii: heights above the areoid are needed"


class Tally:
    """What was found among the cells of a file."""

    def __init__(self) -> None:
        self.masked = 0
        self.nonfinite = 0
        self.sentinels = 0
        self.fills: list[tuple[float, int, float]] = []
        self.valid = 0
        self.low, self.high = np.inf, -np.inf
        self.lowest, self.highest = 0, 0

    def add(self, known: NDArray[np.floating]) -> None:
        """Count known heights, and how many of all are the lowest and the highest."""
        self.valid += known.size
        if not known.size:
            return
        low, high = float(known.min()), float(known.max())
        if low < self.low:
            self.low, self.lowest = low, 0
        if high > self.high:
            self.high, self.highest = high, 0
        self.lowest += int(np.count_nonzero(known == self.low)) if low == self.low else 0
        self.highest += int(np.count_nonzero(known == self.high)) if high == self.high else 0

    def repairs(self, *, is_scaled: bool, is_flipped: bool) -> dict[str, int]:
        """Return how many cells were masked by the file, mended, scaled and moved by turning it round."""
        total = self.masked + self.nonfinite + self.sentinels + self.valid
        fills = sum(count for _, count, _ in self.fills)
        return {
            "masked_cells": self.masked,
            "nonfinite_cells": self.nonfinite,
            "sentinel_cells": self.sentinels,
            "fill_cells": fills,
            "scaled_cells": self.valid - fills if is_scaled else 0,
            "flipped_cells": total if is_flipped else 0,
        }


def value_type(dtype: str, *, scaled: bool) -> str:
    """Return float32 where that holds the numbers of a stored type exactly, else float64."""
    return "float32" if dtype in ("float32", "float16", "int16", "uint16") and not scaled else "float64"


def scale_notices(scale: float, offset: float, name: str) -> list[Notice]:
    """Refuse a scale that makes no sense; tell of one that is applied."""
    if not (np.isfinite(scale) and np.isfinite(offset)) or scale == 0:
        found = f"scale {scale}, offset {offset}"
        fix = "gdal_edit.py -scale 1 -offset 0, or the true ones"
        raise InputError("E_SCALE", found=found, needed="finite numbers", fix=fix, file=name, field="scale")
    if (scale, offset) == (1, 0):
        return []
    return [
        Notice("W_SCALED", f"the file's scale {scale:.12g} and offset {offset:.12g} were applied", file=name)
    ]


def heights(
    cells: Cells, dtype: np.dtype[Any], scale: float, offset: float, *, tally: Tally
) -> NDArray[np.floating]:
    """Return heights in metres, NaN where the cells are not valid, not finite or absurd."""
    values = cells.stored.astype(dtype)
    values[~cells.is_valid] = np.nan
    tally.masked += int(np.count_nonzero(~cells.is_valid))
    is_finite = np.isfinite(values)
    tally.nonfinite += int(np.count_nonzero(cells.is_valid & ~is_finite))
    is_sentinel = is_finite & (np.abs(values) > SENTINEL)
    tally.sentinels += int(np.count_nonzero(is_sentinel))
    values[~is_finite | is_sentinel] = np.nan
    if (scale, offset) != (1, 0):
        with np.errstate(over="ignore", invalid="ignore"):
            values = values * scale + offset
    tally.add(values[~np.isnan(values)])
    return values


def drop_fill(values: NDArray[np.floating], tally: Tally) -> None:
    """Make cells unknown that hold one number, far from all heights: NoData that the file does not declare.

    Parameters
    ----------
    values : array of shape (rows, columns)
        Heights in metres, NaN where unknown; changed in place.
    tally : Tally
        Its ``fills`` get the number, how many cells hold it, and its distance in metres to the nearest height.
    """
    for number, count in ((tally.low, tally.lowest), (tally.high, tally.highest)):
        if not FILL_CELLS <= count < tally.valid - sum(n for _, n, _ in tally.fills):
            continue
        low, high = _span_without(values, number)
        gap = min(abs(low - number), abs(high - number))
        if gap > max(FILL_GAP_M, high - low):
            for rows in _strips(values):
                strip = values[rows]
                values[rows] = np.where(strip == number, np.nan, strip)
            tally.fills.append((number, count, gap))


def _span_without(values: NDArray[np.floating], number: float) -> tuple[float, float]:
    """Return the lowest and the highest of all heights but those of one number."""
    low, high = np.inf, -np.inf
    for rows in _strips(values):
        strip = values[rows]
        others = strip[(strip != number) & ~np.isnan(strip)]
        if others.size:
            low, high = min(low, float(others.min())), max(high, float(others.max()))
    return low, high


def _strips(values: NDArray[np.floating]) -> Iterator[slice]:
    rows = max(1, _STRIP_CELLS // values.shape[1])
    for row in range(0, values.shape[0], rows):
        yield slice(row, row + rows)


def check_range(tally: Tally, name: str) -> None:
    """Refuse a file without heights, or with heights that Mars does not have."""
    needed = f"heights from {LOWEST_HEIGHT_M:.0f} to {HIGHEST_HEIGHT_M:.0f} m"
    if tally.valid == 0 and tally.sentinels:
        found = f"all {tally.sentinels} values are beyond {SENTINEL:g}"
        raise InputError("E_RANGE", found=found, needed=needed, fix=CHECK_VALUES, file=name, field="values")
    if tally.valid == 0:
        found, needed = "no cell has a height", "a height in at least one cell"
        fix = "check the NoData value, or leave this file out"
        raise InputError("E_ALL_NODATA", found=found, needed=needed, fix=fix, file=name, field="values")
    if tally.low < LOWEST_HEIGHT_M or tally.high > HIGHEST_HEIGHT_M:
        found = f"heights from {tally.low:.6g} to {tally.high:.6g} m"
        wrong = tally.low if tally.low < LOWEST_HEIGHT_M else tally.high
        fix = f"gdal_edit.py -a_nodata {wrong:.10g} FILE, if that is NoData; else {CHECK_VALUES}"
        raise InputError("E_RANGE", found=found, needed=needed, fix=fix, file=name, field="values")


def cell_notices(tally: Tally, name: str) -> list[Notice]:
    """Return what is to be said of cells that were not as declared."""
    notices = []
    if tally.nonfinite:
        found = f"{tally.nonfinite} cells hold NaN or infinity that is not declared; they are unknown"
        notices.append(Notice("W_NONFINITE", found, file=name))
    if tally.sentinels:
        found = f"{tally.sentinels} cells hold numbers beyond {SENTINEL:g} that are not declared; they are unknown"
        notices.append(Notice("W_SENTINEL", found, fix="gdal_edit.py -a_nodata VALUE FILE", file=name))
    for number, count, gap in tally.fills:
        found = (
            f"{count} cells hold exactly {number:.10g}, {gap:.6g} m from all other heights; they are unknown"
        )
        notices.append(Notice("W_FILL", found, fix=f"gdal_edit.py -a_nodata {number:.10g} FILE", file=name))
    return notices
