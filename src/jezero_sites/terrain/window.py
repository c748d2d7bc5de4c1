r"""Sums over a moving rectangular window that do not depend on how the grid is cut, flipped or turned.

.. math:: S(r, c) = \sum_{|n| \le N_y/2} \ \sum_{|m| \le N_x/2} v(r + n, c + m)

Cells at the same distance from the centre are added to each other first, and the distances follow in order,
so that flips keep every bit. The window is added twice, rows first and columns first, and the mean of the two
is the sum, so that transposition keeps every bit as well. Nothing is carried from one window to the next.
A NaN in the window gives NaN. Reach: half the window.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.ground import half_window, unknown_like


@njit(cache=True, nogil=True)
def sum_along(line: FloatArray, half: int, total: FloatArray) -> None:
    """Sum the ``2 half + 1`` neighbours along a line; ``total`` is ``2 half`` shorter than the line."""
    width = total.size
    middle = line[half : half + width]
    for c in range(width):
        total[c] = middle[c]
    for m in range(1, half + 1):
        ahead, behind = line[half + m : half + m + width], line[half - m : half - m + width]
        for c in range(width):
            total[c] += ahead[c] + behind[c]


@njit(cache=True, nogil=True)
def sum_across(lines: FloatArray, middle: int, half: int, total: FloatArray) -> None:
    """Sum ``2 half + 1`` lines about the line ``middle``; the lines may be a ring."""
    here = lines[middle]
    for c in range(total.size):
        total[c] = here[c]
    for n in range(1, half + 1):
        north, south = lines[(middle - n) % len(lines)], lines[(middle + n) % len(lines)]
        for c in range(total.size):
            total[c] += north[c] + south[c]


@njit(cache=True, nogil=True)
def moment_along(line: FloatArray, half: int, total: FloatArray) -> None:
    """Sum ``m (v[+m] - v[-m])`` along a line; an unknown middle gives NaN too."""
    width = total.size
    middle = line[half : half + width]
    for c in range(width):
        total[c] = middle[c] - middle[c]
    for m in range(1, half + 1):
        ahead, behind = line[half + m : half + m + width], line[half - m : half - m + width]
        for c in range(width):
            total[c] += m * (ahead[c] - behind[c])


@njit(cache=True, nogil=True)
def moment_across(lines: FloatArray, middle: int, half: int, total: FloatArray) -> None:
    """Sum ``n (north[n] - south[n])`` about the line ``middle``; an unknown middle gives NaN too."""
    here = lines[middle]
    for c in range(total.size):
        total[c] = here[c] - here[c]
    for n in range(1, half + 1):
        north, south = lines[middle - n], lines[middle + n]
        for c in range(total.size):
            total[c] += n * (north[c] - south[c])


@njit(cache=True, nogil=True)
def _window_sums(values: FloatArray, tall: int, wide: int, total: FloatArray) -> None:
    width = values.shape[1] - 2 * wide
    if width < 1:
        return
    ring = np.empty((2 * tall + 1, width))
    across, columns_first = np.empty(values.shape[1]), np.empty(width)
    for r in range(len(values)):
        sum_along(values[r], wide, ring[r % len(ring)])
        middle = r - tall
        if middle < tall:
            continue
        line = total[middle, wide : wide + width]
        sum_across(ring, middle % len(ring), tall, line)
        sum_across(values, middle, tall, across)
        sum_along(across, wide, columns_first)
        for c in range(width):
            line[c] = 0.5 * (line[c] + columns_first[c])


def window_sum(values: FloatArray, *, window: tuple[int, int]) -> FloatArray:
    """Return the sum of the values in the window about each cell, in the unit of the values.

    Parameters
    ----------
    values : array of shape (rows, columns)
        C-contiguous float64 values; NaN where unknown.
    window : tuple of int
        Rows and columns of the window, both odd and at least 3.

    Returns
    -------
    array of shape (rows, columns)
        NaN where a cell of the window is unknown or outside.

    Raises
    ------
    ValueError
        If a side of the window is even or below 3.

    Examples
    --------
    >>> window_sum(np.ones((3, 6)), window=(3, 5))[1]
    array([nan, nan, 15., 15., nan, nan])
    """
    tall, wide = half_window(window)
    total = unknown_like(values)
    _window_sums(values, tall, wide, total)
    return total
