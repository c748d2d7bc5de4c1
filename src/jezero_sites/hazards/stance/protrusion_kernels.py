r"""Loops of the protrusion: the ground of the footprint above the planes of all stances.

The two planes of four pads hang on the carrying diagonal as on a hinge. Ground rises farthest above the lower one,

.. math::
    p(x) = c + \frac{a\,x_0 + b\,x_1 - e_0 |x_1| - e_1 |x_0|}{2R}, \qquad
    e_0 = \max(e, 0), \quad e_1 = \max(-e, 0),

so that one look at each cell of the footprint does for both stances. The symbols are those of ``stance.py``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.stance.kernels import TILE, At, Ground, Spacing, fill_pads, leg_reach, sum_of_three

IntArray = NDArray[np.int64]
Cells = tuple[IntArray, FloatArray]  # steps (north, east) and the same in metres (east, north)
Pair = tuple[FloatArray, FloatArray]
Opposite = tuple[FloatArray, FloatArray, float, float]  # the lines of two cells, and where the first lies


@njit(cache=True, nogil=True)
def _higher(one: float, other: float) -> float:
    """Return the higher of two heights, the second where one is unknown."""
    return one if one > other else other


@njit(cache=True, nogil=True)
def _planes_of_three(h: FloatArray, directions: FloatArray, scale: float, planes: FloatArray) -> None:
    """Fill the gradient to the east and to the north, no hinge, and the height at the hub."""
    h0, h1, h2, hub = h[0], h[1], h[2], planes[4]
    for axis in range(2):
        u0, u1, u2 = directions[0, axis], directions[1, axis], directions[2, axis]
        g = planes[axis]
        for c in range(g.size):
            g[c] = (4.0 / 3.0 * scale) * sum_of_three(u0 * h0[c], u1 * h1[c], u2 * h2[c])
    planes[2], planes[3] = 0.0, 0.0
    for c in range(hub.size):
        hub[c] = sum_of_three(h0[c], h1[c], h2[c]) / 3.0


@njit(cache=True, nogil=True)
def _planes_of_four(h: FloatArray, scale: float, planes: FloatArray) -> None:
    """Fill the gradient along both diagonals, the hinges of both, and the height at the hub."""
    h0, h1, h2, h3 = h[0], h[1], h[2], h[3]
    a, b, e0, e1, hub = planes[0], planes[1], planes[2], planes[3], planes[4]
    for c in range(hub.size):
        one, other = h0[c] + h2[c], h1[c] + h3[c]
        e = (one - other) * scale
        a[c], b[c] = (h0[c] - h2[c]) * scale, (h1[c] - h3[c]) * scale
        e0[c], e1[c] = (e, 0.0) if e >= 0.0 else (0.0, -e)
        hub[c] = 0.25 * ((one + other) + abs(one - other))  # half the larger; unknown where one of them is


@njit(cache=True, nogil=True)
def _raise_to_pairs(one: Opposite, other: Opposite, planes: FloatArray, peak: FloatArray) -> None:
    """Raise ``peak`` to two pairs of cells on opposite sides of the hub, at x and -x in the planes' frame."""
    a, b, e0, e1 = planes[0], planes[1], planes[2], planes[3]
    north, south, x0, x1 = one
    north_, south_, x0_, x1_ = other
    y0, y1, y0_, y1_ = abs(x0), abs(x1), abs(x0_), abs(x1_)
    for c in range(peak.size):
        slope, slope_ = a[c] * x0 + b[c] * x1, a[c] * x0_ + b[c] * x1_
        rise = _higher(north[c] - slope, south[c] + slope) + (e0[c] * y1 + e1[c] * y0)
        rise_ = _higher(north_[c] - slope_, south_[c] + slope_) + (e0[c] * y1_ + e1[c] * y0_)
        peak[c] = _higher(_higher(rise, rise_), peak[c])


@njit(cache=True, nogil=True)
def _opposite(z: FloatArray, at: At, step: IntArray, offset: FloatArray, frame: FloatArray) -> Opposite:
    """Return two opposite lines of the footprint, and where the first lies in the frame of the planes."""
    x0 = offset[0] * frame[0, 0] + offset[1] * frame[0, 1]
    x1 = offset[0] * frame[1, 0] + offset[1] * frame[1, 1]
    n, m = step
    return z[at[0] - n, at[1] + m :], z[at[0] + n, at[1] - m :], x0, x1


@njit(cache=True, nogil=True)
def _half_footprint(dx: float, dy: float, limit: float) -> Cells:
    """Return one cell of each opposite pair in the footprint, and the cell of the hub; an even number."""
    tall, wide = int(math.sqrt(limit) / dy) + 1, int(math.sqrt(limit) / dx) + 1
    box = (tall + 1) * (2 * wide + 1)
    steps, offsets, count = np.zeros((box, 2), np.int64), np.zeros((box, 2)), 0
    for n in range(tall + 1):
        for m in range(-wide if n > 0 else 0, wide + 1):
            if (n * dy) ** 2 + (m * dx) ** 2 <= limit:
                steps[count, 0], steps[count, 1] = n, m
                offsets[count, 0], offsets[count, 1] = m * dx, n * dy
                count += 1
    count += count % 2  # the hub once more
    return steps[:count], offsets[:count]


@njit(cache=True, nogil=True)
def _fill_protrusion(
    heights: Pair, hubs: tuple[At, Spacing], cells: Cells, directions: FloatArray, found: FloatArray
) -> None:
    """Fill the protrusion for hubs from a cell to the east."""
    (z, pads), (at, spacing) = heights, hubs
    clockings, count = directions.shape[:2]
    h, planes, peak = np.empty((count, found.size)), np.empty((5, found.size)), np.empty(found.size)
    (steps, offsets), hub, frame = cells, planes[4], np.eye(2)
    found[:] = -np.inf
    for i in range(clockings):
        fill_pads(pads, at, spacing, directions[i], h)
        if count == 3:
            _planes_of_three(h, directions[i], 0.5 / spacing[2], planes)
        else:
            frame = directions[i, :2]
            _planes_of_four(h, 0.5 / spacing[2], planes)
        peak[:] = -np.inf
        for k in range(0, len(steps), 2):
            one = _opposite(z, at, steps[k], offsets[k], frame)
            other = _opposite(z, at, steps[k + 1], offsets[k + 1], frame)
            _raise_to_pairs(one, other, planes, peak)
        for c in range(peak.size):
            rise = peak[c] - hub[c]
            found[c] = found[c] if rise <= found[c] or math.isnan(found[c]) else rise


@njit(cache=True, nogil=True)
def fill_protrusion(
    heights: Pair, ground: Ground, lengths: tuple[float, float], directions: FloatArray, found: FloatArray
) -> None:
    """Fill the protrusion from ground and heights under pads; what lies too near the edge stays as it is.

    ``lengths`` are the distance from the hub to a pad, and the squared radius of the footprint. The caller sees
    to unknown cells in the footprint.
    """
    (dx, dy), (radius, limit) = ground, lengths
    rows, columns = found.shape
    nodes = 2 if len(heights[1]) == 4 else 1
    tall = max(leg_reach(radius, dy, nodes), int(math.sqrt(limit) / dy))
    for r in range(tall, rows - tall):
        cells = _half_footprint(dx[r], dy, limit)
        wide = max(leg_reach(radius, dx[r], nodes), int(math.sqrt(limit) / dx[r]))
        for start in range(wide, columns - wide, TILE):
            stop = min(start + TILE, columns - wide)
            hubs = (r, start), (dx[r], dy, radius)
            _fill_protrusion(heights, hubs, cells, directions, found[r, start:stop])
