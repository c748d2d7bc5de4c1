"""Reduced images of a raster that comes tile by tile: each cell stands for the 2 x 2 cells below it.

A tile of a level is made as soon as the four below it are there, so that a raster of any size needs the memory of a
few tiles, if its tiles come in quadrants.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

Overview = Literal["average", "min", "max", "mode", "or"]
_HOW = {"average": 0, "min": 1, "max": 2, "mode": 3, "or": 4}

Place = tuple[int, int, int]
"""Level, 0 being the raster itself, row and column of a tile."""


def levels_of(shape: tuple[int, int], tile: int) -> list[tuple[int, int]]:
    """Return rows and columns of each level, up to the one that fits into a tile.

    >>> levels_of((900, 1301), 512)
    [(900, 1301), (450, 651), (225, 326)]
    """
    levels = [shape]
    while max(levels[-1]) > tile:
        levels.append((-(-levels[-1][0] // 2), -(-levels[-1][1] // 2)))
    return levels


def halved(values: NDArray[Any], how: Overview, nodata: float | None) -> NDArray[Any]:
    """Return one cell for each 2 x 2 cells, at an odd edge for those that are there.

    Parameters
    ----------
    values : array of shape (rows, columns)
        float32, or unsigned integers.
    how : {"average", "min", "max", "mode", "or"}
        Mean, least or greatest of the known cells; the commonest, of equals the first; flags joined.
    nodata : float or None
        The number of unknown cells, which are passed over; NaN always is.
    """
    rows, columns = values.shape
    found = np.empty((-(-rows // 2), -(-columns // 2)), values.dtype)
    if values.dtype.kind == "f":
        _halve_floats(values, _HOW[how], found)
    else:
        missing = -1 if nodata is None or math.isnan(nodata) else int(nodata)
        _halve_codes(values, _HOW[how], missing, found)
    return found


@njit(cache=True, nogil=True)
def _halve_floats(values: NDArray[Any], how: int, found: NDArray[Any]) -> None:
    rows, columns = values.shape
    for r in range(found.shape[0]):
        north, south = values[2 * r], values[min(2 * r + 1, rows - 1)]
        is_odd = 2 * r + 1 >= rows
        for c in range(found.shape[1]):
            west, east = 2 * c, min(2 * c + 1, columns - 1)
            if how == 0:
                found[r, c] = _mean(north, south, west, 2 * c + 1 < columns, is_odd)
            elif how == 1:
                found[r, c] = _lower(_lower(north[west], north[east]), _lower(south[west], south[east]))
            else:
                found[r, c] = -_lower(_lower(-north[west], -north[east]), _lower(-south[west], -south[east]))


@njit(cache=True, nogil=True)
def _lower(one: Any, other: Any) -> Any:
    """Return the lower of two numbers, the known one where the other is NaN."""
    return other if other < one or np.isnan(one) else one


@njit(cache=True, nogil=True)
def _mean(north: NDArray[Any], south: NDArray[Any], west: int, has_east: bool, is_odd: bool) -> float:
    total, count = 0.0, 0
    for line in range(1 if is_odd else 2):
        row = north if line == 0 else south
        for c in range(west, west + 2 if has_east else west + 1):
            if row[c] == row[c]:
                total += row[c]
                count += 1
    return total / count if count else np.nan


@njit(cache=True, nogil=True)
def _halve_codes(values: NDArray[Any], how: int, missing: int, found: NDArray[Any]) -> None:
    rows, columns = values.shape
    for r in range(found.shape[0]):
        for c in range(found.shape[1]):
            south, east = min(2 * r + 2, rows), min(2 * c + 2, columns)
            if how == 3:
                found[r, c] = _commonest(values[2 * r : south, 2 * c : east].copy().ravel(), missing)
                continue
            best, count = np.int64(0), 0
            for i in range(2 * r, south):
                for j in range(2 * c, east):
                    value = np.int64(values[i, j])
                    if value != missing:
                        count += 1
                        best = value if count == 1 else _joined(best, value, how)
            if count == 0:
                found[r, c] = missing
            else:
                found[r, c] = (best + count // 2) // count if how == 0 else best


@njit(cache=True, nogil=True)
def _joined(one: Any, other: Any, how: int) -> Any:
    if how == 0:
        return one + other
    if how == 4:
        return one | other
    return min(one, other) if how == 1 else max(one, other)


@njit(cache=True, nogil=True)
def _commonest(cells: NDArray[Any], missing: int) -> Any:
    best, most = np.int64(missing), 0
    for n in range(cells.size):
        count = 0
        for m in range(cells.size):
            count += cells[m] == cells[n]
        if cells[n] != missing and count > most:
            best, most = np.int64(cells[n]), count
    return best


class Pyramid:
    """The reduced images of one band, made while its tiles come, in any order and from any thread.

    Parameters
    ----------
    shape : (rows, columns)
        Of the raster.
    tile : int
        Cells a side of a tile.
    how, nodata
        As for :func:`halved`.
    keep : callable
        Takes the place and the values of every finished tile, the raster's own among them.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        tile: int,
        how: Overview,
        nodata: float | None,
        keep: Callable[[Place, NDArray[Any]], None],
    ) -> None:
        self._levels, self._tile = levels_of(shape, tile), tile
        self._how, self._nodata, self._keep = how, nodata, keep
        self._waiting: dict[Place, tuple[NDArray[Any], list[int]]] = {}
        self._lock = threading.Lock()

    def put(self, place: Place, values: NDArray[Any]) -> None:
        """Take a tile, which is smaller at the raster's lower and right edge."""
        self._keep(place, values)
        level, row, column = place
        if level + 1 == len(self._levels):
            return
        above = (level + 1, row // 2, column // 2)
        half = halved(values, self._how, self._nodata)
        top, left = (row % 2) * self._tile // 2, (column % 2) * self._tile // 2
        with self._lock:
            if above not in self._waiting:
                self._waiting[above] = self._begun(above, values.dtype)
            whole, missing = self._waiting[above]
            whole[top : top + half.shape[0], left : left + half.shape[1]] = half
            missing[0] -= 1
            is_done = missing[0] == 0
            if is_done:
                del self._waiting[above]
        if is_done:
            self.put(above, whole)

    def _begun(self, place: Place, dtype: Any) -> tuple[NDArray[Any], list[int]]:
        """Return an empty tile and the number of tiles that it waits for."""
        level, row, column = place
        size = self._levels[level]
        below = [-(-n // self._tile) for n in self._levels[level - 1]]
        shape = [min(self._tile, size[0] - row * self._tile), min(self._tile, size[1] - column * self._tile)]
        waits = min(2, below[0] - 2 * row) * min(2, below[1] - 2 * column)
        return np.empty(shape, dtype), [waits]
