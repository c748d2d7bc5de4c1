r"""RMS deviation of heights against the distance between them: the deviogram, in metres.

.. math:: \nu(L) = \sqrt{\left\langle (z(x + L) - z(x))^2 \right\rangle}, \qquad s(L) = \frac{\nu(L)}{L},

over all pairs of known cells a lag L apart along a row (E-W) or a column (N-S). :math:`\nu` is also called
Allan deviation and is the root of twice the variogram; s is the RMS bidirectional slope.

What the numbers hold besides roughness: the tilt of the whole area is not taken out and steepens long lags;
white noise of the heights with standard deviation s adds :math:`2 s^2` to :math:`\nu^2`, smoothing of the DEM
lowers short lags; long lags rest on few independent pairs.

Sums of rows are added exactly, so that the result has the same bits with the rows in any order; mirrored
east to west, the last bits may differ.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.ground import as_heights, as_spacing

IntArray = NDArray[np.int64]

LARGEST_FRACTION = 1.0 / 3.0
"""Lags reach this share of the shorter side: a guess, so that a lag fits at least twice beside itself."""

LAGS_PER_DECADE = 12
"""Lags are spaced evenly in their logarithm; a guess: 33 lags for a side of 3000 cells."""


class Deviogram(NamedTuple):
    """RMS deviation at each lag: arrays of one length.

    ``lag_m`` is the true mean distance of the pairs, ``deviation_m`` is NaN where there is no pair, ``pairs``
    counts the pairs of known cells.
    """

    lag_m: FloatArray
    deviation_m: FloatArray
    pairs: IntArray


def lags_cells(
    shape: tuple[int, int], *, dx_m: FloatArray, dy_m: float, per_decade: int = LAGS_PER_DECADE
) -> tuple[IntArray, IntArray]:
    """Return lags along the columns (E-W) and the rows (N-S), in whole cells, of nearly the same metres.

    Lags are evenly spaced in their logarithm, from the longer side of a cell to a third of the shorter side of
    the area, each different from the last along both axes.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres; that of the middle row sets the lags.
    dy_m : float
        True ground height of a cell, in metres.
    per_decade : int
        Lags for each factor of ten, at least 1.

    Returns
    -------
    east, north : arrays of one length
        Empty where the area is less than three cells wide or tall.

    Raises
    ------
    ValueError
        If a spacing is not positive and finite, or there is less than one lag in a decade.

    Examples
    --------
    >>> east, north = lags_cells((40, 30), dx_m=np.full(40, 1.0), dy_m=2.0, per_decade=3)
    >>> east.tolist(), north.tolist()
    ([2, 4, 10], [1, 2, 5])
    """
    widths, height = as_spacing(dx_m, dy_m, shape[0])
    if per_decade < 1:
        raise ValueError(f"{per_decade} lags in a decade; needed: at least 1")
    if min(shape) < 3:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    width = float(widths[len(widths) // 2])
    coarse, longest = max(width, height), LARGEST_FRACTION * min(shape[0] * height, shape[1] * width)
    steps = math.floor(per_decade * math.log10(max(longest / coarse, 1.0)) + 1e-9)
    wanted = np.unique(np.rint(10.0 ** (np.arange(steps + 1) / per_decade)).astype(np.int64)) * coarse
    east, north = (np.maximum(np.rint(wanted / step), 1).astype(np.int64) for step in (width, height))
    fits = (east < shape[1]) & (north < shape[0])
    return east[fits], north[fits]


@njit(cache=True, nogil=True)
def _squares(one: FloatArray, other: FloatArray) -> tuple[float, int]:
    """Return the sum of squared differences of two lines and how many of them are known."""
    total, known = 0.0, 0
    for k in range(one.size):
        rise = other[k] - one[k]
        if not math.isnan(rise):
            total += rise * rise
            known += 1
    return total, known


@njit(cache=True, nogil=True)
def _row_sums(z: FloatArray, down: int, right: int, total: FloatArray, known: IntArray) -> None:
    """Sum over the pairs (r, c), (r + down, c + right) of each row; one of the two steps is 0."""
    width = z.shape[1] - right
    for r in range(z.shape[0] - down):
        total[r], known[r] = _squares(z[r, :width], z[r + down, right:])


def _deviation(heights: FloatArray, step: tuple[int, int], runs: FloatArray) -> tuple[float, float, int]:
    """Return mean lag, deviation and pairs; ``runs`` is the lag of each row. Sums of rows are added exactly."""
    total, known = np.zeros(len(heights)), np.zeros(len(heights), np.int64)
    _row_sums(heights, step[0], step[1], total, known)
    pairs = int(known.sum())
    lag = math.fsum(known * runs) / pairs if pairs else float(runs[len(runs) // 2])
    return lag, math.sqrt(math.fsum(total) / pairs) if pairs else math.nan, pairs


def _collected(found: list[tuple[float, float, int]]) -> Deviogram:
    lag, deviation, pairs = zip(*found, strict=True) if found else ((), (), ())
    return Deviogram(np.array(lag, float), np.array(deviation, float), np.array(pairs, np.int64))


def _whole_lags(lags: IntArray, cells: int) -> list[int]:
    if any(int(lag) != lag or not 1 <= lag < cells for lag in lags):
        raise ValueError(f"lags are {list(lags)}; needed: whole cells from 1 up to {cells - 1}")
    return [int(lag) for lag in lags]


def east_deviogram(elevation_m: FloatArray, *, dx_m: FloatArray, lags: IntArray) -> Deviogram:
    """Return the RMS deviation of heights along the rows (E-W), in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; a pair counts where both its heights are known.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    lags : array of int
        Distances in cells, each from 1 to the columns less one.

    Returns
    -------
    Deviogram
        Lags in true metres, the mean over the pairs. Where widths differ from row to row by a share w, the
        deviation of a plane is its gradient times the lag within a share of :math:`w^2 / 24`.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or a lag does not fit.

    References
    ----------
    Shepard et al. (2001), J. Geophys. Res. 106(E12), 32777-32795, section 2. doi:10.1029/2000JE001429

    Examples
    --------
    Ground that rises half a metre per metre to the east differs by half the lag:

    >>> east_m = 0.5 * np.arange(6.0) * np.ones((2, 1))
    >>> east_deviogram(east_m, dx_m=np.ones(2), lags=np.array([1, 4])).deviation_m
    array([0.5, 2. ])
    """
    heights = as_heights(elevation_m)
    widths, _ = as_spacing(dx_m, 1.0, len(heights))
    whole = _whole_lags(lags, heights.shape[1])
    return _collected([_deviation(heights, (0, lag), lag * widths) for lag in whole])


def north_deviogram(elevation_m: FloatArray, *, dy_m: float, lags: IntArray) -> Deviogram:
    """Return the RMS deviation of heights along the columns (N-S), in metres.

    Parameters, result and errors are those of `east_deviogram`, with the true height of a cell.

    Examples
    --------
    >>> south_m = -0.5 * np.arange(6.0)[:, None] * np.ones(2)
    >>> north_deviogram(south_m, dy_m=2.0, lags=np.array([1, 4])).lag_m
    array([2., 8.])
    """
    heights = as_heights(elevation_m)
    _, height = as_spacing(np.ones(len(heights)), dy_m, len(heights))
    whole = _whole_lags(lags, heights.shape[0])
    return _collected([_deviation(heights, (lag, 0), np.full(len(heights), lag * height)) for lag in whole])


def pooled_deviogram(one: Deviogram, other: Deviogram) -> Deviogram:
    """Return the deviation over the pairs of both, lag by lag; lags in metres are weighted by their pairs.

    Where the lags of the two differ by a share w, the deviation of even ground is off by less than
    :math:`w^2 / 8`.

    Raises
    ------
    ValueError
        If the two hold different numbers of lags.

    Examples
    --------
    >>> one = Deviogram(np.array([2.0]), np.array([3.0]), np.array([1]))
    >>> pooled_deviogram(one, Deviogram(np.array([4.0]), np.array([0.0]), np.array([3])))
    Deviogram(lag_m=array([3.5]), deviation_m=array([1.5]), pairs=array([4]))
    """
    if one.lag_m.shape != other.lag_m.shape:
        raise ValueError(f"{one.lag_m.size} and {other.lag_m.size} lags; needed: as many")
    pairs = one.pairs + other.pairs
    weight = np.maximum(pairs, 1)
    squares = sum(d.pairs * np.nan_to_num(d.deviation_m) ** 2 for d in (one, other))
    lag = np.where(pairs > 0, (one.pairs * one.lag_m + other.pairs * other.lag_m) / weight, one.lag_m)
    return Deviogram(lag, np.where(pairs > 0, np.sqrt(squares / weight), np.nan), pairs)
