r"""Loops of the stance: heights under the pads, and the tilts of all stances.

The height under a pad lies between four nodes of the lattice of ``pad_ground.py``, the nearer (n) and the farther
(f) of two rows and two columns:

.. math::
    h = z_{nn} + u\,(z_{nf} - z_{nn}) + v\,(z_{fn} - z_{nn})
        + u v\,\left[(z_{nn} + z_{ff}) - (z_{nf} + z_{fn})\right].

Every loop runs along a row. Nearer and farther are counted from the hub, and no sum depends on which of two
mirrored terms comes first, so that flips and transposition keep every bit. The symbols are those of ``stance.py``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray

_ON_CENTRE = 1e-9  # of a cell: a pad this close to the centre of a cell stands on it
TILE = 256  # columns at a time, so that the lines stay in the cache

Spacing = tuple[float, float, float]  # dx_m and dy_m of a row, and the distance from the hub to a pad
Ground = tuple[FloatArray, float]  # dx_m of all rows, dy_m
At = tuple[int, int]


@njit(cache=True, nogil=True)
def place(offset: float) -> tuple[int, int, float]:
    """Return the nearer and the farther cell about an offset in cells, and the share of the farther one."""
    size, sign = abs(offset), -1 if offset < 0.0 else 1
    near = int(size)
    share = size - near
    if share > 1.0 - _ON_CENTRE:
        near, share = near + 1, 0.0
    if share < _ON_CENTRE:
        return sign * near, sign * near, 0.0
    return sign * near, sign * (near + 1), share


@njit(cache=True, nogil=True)
def _fill_pad(lines: tuple[FloatArray, ...], u: float, v: float, h: FloatArray) -> None:
    nn, nf, fn, ff = lines
    uv = u * v
    for c in range(h.size):
        bend = (nn[c] + ff[c]) - (nf[c] + fn[c])
        h[c] = nn[c] + ((u * (nf[c] - nn[c]) + v * (fn[c] - nn[c])) + uv * bend)


@njit(cache=True, nogil=True)
def leg_reach(radius: float, spacing: float, nodes: int) -> int:
    """Return how many cells from the hub the nodes about a pad lie."""
    cells: int = (abs(place(nodes * radius / spacing)[1]) + nodes - 1) // nodes
    return cells


@njit(cache=True, nogil=True)
def fill_pads(pads: FloatArray, at: At, spacing: Spacing, directions: FloatArray, h: FloatArray) -> None:
    """Fill ``h[k]`` with the heights under pad k, for hubs from the cell ``at`` to the east."""
    dx, dy, radius = spacing
    nodes = 2 if len(pads) == 4 else 1
    for k in range(len(directions)):
        near_row, far_row, v = place(-nodes * radius * directions[k, 1] / dy)
        near_column, far_column, u = place(nodes * radius * directions[k, 0] / dx)
        near, far = nodes * (near_row % nodes), nodes * (far_row % nodes)
        row, row_ = at[0] + near_row // nodes, at[0] + far_row // nodes
        column, column_ = at[1] + near_column // nodes, at[1] + far_column // nodes
        b, b_ = near_column % nodes, far_column % nodes
        nn, nf = pads[near + b, row, column:], pads[near + b_, row, column_:]
        fn, ff = pads[far + b, row_, column:], pads[far + b_, row_, column_:]
        _fill_pad((nn, nf, fn, ff), u, v, h[k])


@njit(cache=True, nogil=True)
def sum_of_three(p: float, q: float, r: float) -> float:
    """Return a sum that depends neither on the order nor on a common change of sign."""
    low, high = min(p, q), max(p, q)
    unknown = 0.0 * (p + q + r)  # minima and maxima pass over NaN
    return (min(low, r) + max(high, r)) + max(low, min(high, r)) + unknown


@njit(cache=True, nogil=True)
def _tilt_three(h: FloatArray, flattest: FloatArray, steepest: FloatArray, total: FloatArray) -> None:
    """Take the stance of three pads into extremes of the squares and a sum, in units of ``1 / (2 R)``."""
    h0, h1, h2 = h[0], h[1], h[2]
    for c in range(total.size):
        d0, d1, d2 = h0[c] - h1[c], h1[c] - h2[c], h2[c] - h0[c]
        square = (8.0 / 9.0) * sum_of_three(d0 * d0, d1 * d1, d2 * d2)
        flattest[c] = square if square < flattest[c] else flattest[c]
        steepest[c] = square if square > steepest[c] else steepest[c]
        total[c] += math.sqrt(square)


@njit(cache=True, nogil=True)
def _tilt_four(h: FloatArray, flattest: FloatArray, steepest: FloatArray, total: FloatArray) -> None:
    """Take both stances of four pads into extremes of the squares and a sum, in units of ``1 / (2 R)``."""
    h0, h1, h2, h3 = h[0], h[1], h[2], h[3]
    for c in range(total.size):
        a, b = abs(h0[c] - h2[c]), abs(h1[c] - h3[c])
        e = (h0[c] + h2[c]) - (h1[c] + h3[c])
        along, across = (a, b) if e >= 0.0 else (b, a)
        near, far = across - abs(e), across + abs(e)
        low, high = along * along + near * near, along * along + far * far
        flattest[c] = low if low < flattest[c] else flattest[c]
        steepest[c] = high if high > steepest[c] else steepest[c]
        total[c] += math.sqrt(low) + math.sqrt(high)


@njit(cache=True, nogil=True)
def _fill_tilt(pads: FloatArray, at: At, spacing: Spacing, directions: FloatArray, tilt: FloatArray) -> None:
    """Fill ``tilt`` (minimum, mean, maximum) for hubs from the cell ``at`` to the east."""
    clockings, count = directions.shape[:2]
    h, pair, total = np.empty((count, tilt.shape[1])), np.empty(tilt.shape[1]), tilt[1]
    tilt[0], tilt[1], tilt[2] = np.inf, 0.0, 0.0
    for i in range(clockings // 2 + 1):  # clockings that mirror each other are summed first
        pair[:] = 0.0
        for j in range(1 if 2 * i == clockings or i == 0 else 2):
            fill_pads(pads, at, spacing, directions[i if j == 0 else clockings - i], h)
            if count == 3:
                _tilt_three(h, tilt[0], tilt[2], pair)
            else:
                _tilt_four(h, tilt[0], tilt[2], pair)
        for c in range(pair.size):
            total[c] += pair[c]


@njit(cache=True, nogil=True)
def _finish_tilt(tile: FloatArray, scale: float, share: float, tilt: FloatArray) -> None:
    for c in range(tile.shape[1]):
        is_known = tile[1, c] == tile[1, c]
        tilt[0, c] = math.sqrt(tile[0, c]) * scale if is_known else np.nan
        tilt[1, c] = tile[1, c] * share
        tilt[2, c] = math.sqrt(tile[2, c]) * scale if is_known else np.nan


@njit(cache=True, nogil=True)
def fill_tilt(
    pads: FloatArray, ground: Ground, radius: float, directions: FloatArray, tilt: FloatArray
) -> None:
    """Fill minimum, mean and maximum of the tangents of tilt; what lies too near the edge stays as it is."""
    dx, dy = ground
    nodes = 2 if len(pads) == 4 else 1
    rows, columns = pads.shape[1:]
    clockings, count = directions.shape[:2]
    scale = 0.5 / radius
    share = scale / (clockings * (1 if count == 3 else 2))
    tall = leg_reach(radius, dy, nodes)
    for r in range(tall, rows - tall):
        wide = leg_reach(radius, dx[r], nodes)
        for start in range(wide, columns - wide, TILE):
            stop = min(start + TILE, columns - wide)
            tile = np.empty((3, stop - start))
            _fill_tilt(pads, (r, start), (dx[r], dy, radius), directions, tile)
            _finish_tilt(tile, scale, share, tilt[:, r, start:stop])
