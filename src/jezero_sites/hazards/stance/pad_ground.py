r"""The ground that a pad rests on: the highest under its disc, on a lattice of half cells.

Between cells the ground is bilinear. A pad smaller than a cell can stand on the flank of a rock whose top no cell
under the pad shows, so that the highest ground is looked for at each node of a lattice of half cells: at the node,
at 16 points of the rim, and at every cell centre well within it. A pad between nodes takes the mean of the four
about it, weighted by its place. For that mean not to fall short of the highest ground, the disc is taken wider than
the pad, by half of it but no more than a quarter of a cell:

.. math:: \rho' = \rho + \min\left(\tfrac12 \rho,\ \tfrac14 \max(\Delta x, \Delta y)\right) .

It then falls short of a rock that one cell shows by a few per cent of it at most. Pads of 1.5 cells and more are
looked at on the cells themselves.

On a plane the rim is always the highest, by the same amount at every node: planes stay exact. Shares of a cell are
whole multiples of 2**-20, so that mirrored places have mirrored shares to the last bit.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.stance.legs import pad_directions
from jezero_sites.terrain.relief import disc_maximum, disc_reach_cells

LARGE_PAD_CELLS = 1.5  # radius from which a pad is looked at on the cells themselves
_WIDER = 0.25  # of a cell: what the disc of a small pad is wider by at most
_WIDER_SHARE = 0.5  # of the pad's radius: the same
_RIM = pad_directions(4, 4).reshape(-1, 2)  # 16 directions, mirrored to the last bit
_INNER = math.cos(
    math.pi / len(_RIM)
)  # share of the radius within which no cell rises above the rim on a plane
_SHARES = 2.0**20


def pad_ground(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, radius_m: float
) -> tuple[FloatArray, int]:
    """Return the height of a pad on each node of a lattice, and how many nodes a cell has along a side.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    radius_m : float
        Radius of the pad, in metres.

    Returns
    -------
    array of shape (n * n, rows, columns), int
        Plane ``n a + b`` holds the nodes a/n of a cell south and b/n east of the centres; NaN where a cell
        that counts is unknown or outside. n is 2, or 1 for pads of 1.5 cells and more.

    Examples
    --------
    A pad of 0.3 m, its disc 0.45 m wide, a cell away from a block that one cell shows stands on the block's flank:

    >>> block_m = np.zeros((7, 7))
    >>> block_m[3, 3] = 1.0
    >>> planes, _ = pad_ground(block_m, dx_m=np.ones(7), dy_m=1.0, radius_m=0.3)
    >>> planes[0, 3, 2:5].round(2)
    array([0.45, 1.  , 0.45])
    """
    if radius_m >= LARGE_PAD_CELLS * dy_m:
        return disc_maximum(elevation_m, dx_m=dx_m, dy_m=dy_m, radius_m=radius_m)[None], 1
    planes = np.full((4, *elevation_m.shape), np.nan)
    _fill_planes(elevation_m, dx_m, dy_m, radius_m, planes)
    return planes, 2


def pad_reach_cells(radius_m: float, *, dx_m: FloatArray, dy_m: float) -> tuple[int, int]:
    """Return how far from a node the ground of a pad is read, in cells, (rows, columns).

    Examples
    --------
    >>> pad_reach_cells(0.3, dx_m=np.ones(3), dy_m=1.0)
    (1, 1)
    """
    if radius_m >= LARGE_PAD_CELLS * dy_m:
        return disc_reach_cells(radius_m, dx_m=dx_m, dy_m=dy_m)
    wide = disc_radius(radius_m, float(np.max(dx_m)), dy_m)
    narrowest = float(np.min(dx_m))
    return math.ceil(0.5 + wide / dy_m), math.ceil(0.5 + wide / narrowest)


@njit(cache=True, nogil=True)
def disc_radius(pad_radius_m: float, dx_m: float, dy_m: float) -> float:
    """Return the radius of the disc in which the highest ground under a small pad is looked for, in metres."""
    return pad_radius_m + min(_WIDER_SHARE * pad_radius_m, _WIDER * max(dx_m, dy_m))


@njit(cache=True, nogil=True)
def _raise_between(
    lines: tuple[FloatArray, ...], shares: tuple[float, float], top: FloatArray, unknown: FloatArray
) -> None:
    """Raise ``top`` to the ground between two rows and two columns; ``unknown`` takes up NaN."""
    (nw, ne, sw, se), (v, u) = lines, shares
    a, b, c, d = (1.0 - v) * (1.0 - u), (1.0 - v) * u, v * (1.0 - u), v * u
    for k in range(top.size):
        h = (a * nw[k] + d * se[k]) + (b * ne[k] + c * sw[k])
        top[k] = h if h > top[k] else top[k]
        unknown[k] += 0.0 * h


@njit(cache=True, nogil=True)
def _raise_to(line: FloatArray, top: FloatArray, unknown: FloatArray) -> None:
    for k in range(top.size):
        top[k] = line[k] if line[k] > top[k] else top[k]
        unknown[k] += 0.0 * line[k]


@njit(cache=True, nogil=True)
def _split(place: float) -> tuple[int, int, float]:
    """Return the cell before a place, the one after it, and the share of the latter; the same one on a centre."""
    whole = math.floor(place)
    share = place - whole
    return whole, whole + (1 if share > 0.0 else 0), share


@njit(cache=True, nogil=True)
def _reach(radius: float, spacing: float, shift: float) -> tuple[int, int]:
    """Return how many cells before and after its own a node reads, that lies ``shift`` cells past the centre."""
    return max(0, math.ceil(radius / spacing - shift)), math.ceil(radius / spacing + shift)


@njit(cache=True, nogil=True)
def _fill_node(
    z: FloatArray,
    at: tuple[int, int],
    node: tuple[float, float],
    disc: tuple[float, float, float],
    lines: FloatArray,
) -> None:
    """Fill ``lines`` (top, unknown) for nodes from a cell to the east, ``node`` cells south and east of its centre."""
    (r, start), (south, east), (dx, dy, radius) = at, node, disc
    top, unknown = lines[0], lines[1]
    top[:], unknown[:] = -np.inf, 0.0
    for k in range(-1, len(_RIM)):
        down, right = south, east
        if k >= 0:
            down -= np.rint(radius * _RIM[k, 1] / dy * _SHARES) / _SHARES
            right += np.rint(radius * _RIM[k, 0] / dx * _SHARES) / _SHARES
        (row, row_, v), (column, column_, u) = _split(down), _split(right)
        north, south_ = z[r + row], z[r + row_]
        west, east_ = start + column, start + column_
        corners = (north[west:], north[east_:], south_[west:], south_[east_:])
        _raise_between(corners, (v, u), top, unknown)
    (up, low), (left, far) = _reach(radius, dy, south), _reach(radius, dx, east)
    limit = (radius * _INNER) ** 2
    for n in range(-up, low + 1):
        for m in range(-left, far + 1):
            if ((n - south) * dy) ** 2 + ((m - east) * dx) ** 2 <= limit:
                _raise_to(z[r + n, start + m :], top, unknown)


@njit(cache=True, nogil=True)
def _fill_planes(z: FloatArray, dx: FloatArray, dy: float, pad_radius: float, planes: FloatArray) -> None:
    rows, columns = z.shape
    for r in range(rows):
        radius = disc_radius(pad_radius, dx[r], dy)
        for phase in range(4):
            node = (0.5 * (phase // 2), 0.5 * (phase % 2))
            (up, low), (left, far) = _reach(radius, dy, node[0]), _reach(radius, dx[r], node[1])
            if r < up or r >= rows - low or columns <= left + far:
                continue
            lines = np.empty((2, columns - left - far))
            _fill_node(z, (r, left), node, (dx[r], dy, radius), lines)
            for c in range(lines.shape[1]):
                planes[phase, r, left + c] = lines[0, c] + lines[1, c]
