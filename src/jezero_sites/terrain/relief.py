r"""Relief: highest minus lowest ground within a radius on the ground, in metres.

.. math::
    H(r, c) = \max_{D} z - \min_{D} z, \qquad
    D = \{(n, m) : (n\,\Delta y)^2 + (m\,\Delta x_r)^2 \le \rho^2\}.

The disc is a disc on the ground: an ellipse in cells where the cells are not square. It is cut into one chord
for each row; the highest of a chord is the higher of two runs as long as a power of two, made by doubling.
Maxima do not round, so the result is exact. Relief grows with slope: it is no measure of roughness.
Reach: ``disc_reach_cells``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jezero_sites.arrays import FloatArray
from jezero_sites.terrain.ground import as_heights, as_spacing, unknown_like

IntArray = NDArray[np.int64]
RIM_TOLERANCE = 1e-12  # relative: a cell whose centre lies on the rim stays inside whatever the rounding


def _half_chords(radius_m: float, dx_m: FloatArray, dy_m: float) -> IntArray:
    """Return the cells on each side in a chord, for each row of the grid (0) and row of the disc (1)."""
    if not 0.0 <= radius_m < math.inf:
        raise ValueError(f"radius is {radius_m} m; needed: a finite number, not negative")
    limit = (radius_m * (1.0 + RIM_TOLERANCE)) ** 2
    rows = _farthest(limit, np.zeros(1), np.array([dy_m]))[0]
    rise2 = (np.arange(rows + 1) * dy_m) ** 2
    return _farthest(limit, rise2[None, :], dx_m[:, None])


def _farthest(limit: float, rise2: FloatArray, spacing: FloatArray) -> IntArray:
    """Return the largest whole k with ``(k spacing)^2 + rise2 <= limit``."""
    guess = np.floor(np.sqrt(np.maximum(limit - rise2, 0.0)) / spacing)
    beyond = ((guess + 1.0) * spacing) ** 2 + rise2 <= limit
    short = (guess > 0.0) & ((guess * spacing) ** 2 + rise2 > limit)
    return (guess + beyond - short).astype(np.int64)


def disc_reach_cells(radius_m: float, *, dx_m: FloatArray, dy_m: float) -> tuple[int, int]:
    """Return how far a disc on the ground reaches from its centre, in cells, (rows, columns).

    Parameters
    ----------
    radius_m : float
        Radius on the ground, in metres.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres; the narrowest row has the widest reach.
    dy_m : float
        True ground height of a cell, in metres.

    Raises
    ------
    ValueError
        If the radius is negative or not finite, or a spacing is not positive and finite.

    Examples
    --------
    >>> disc_reach_cells(3.0, dx_m=np.array([1.0, 0.5]), dy_m=2.0)
    (1, 6)
    """
    widths, height = as_spacing(dx_m, dy_m, len(dx_m))
    chords = _half_chords(radius_m, widths, height)
    return chords.shape[1] - 1, int(chords[:, 0].max(initial=0))


@njit(cache=True, nogil=True)
def _tabulate_runs(line: FloatArray, sign: float, runs: FloatArray) -> None:
    """Fill ``runs[k, c]`` with the highest of the ``2**k`` cells from c on; unknown is above everything."""
    for c in range(line.size):
        runs[0, c] = sign * line[c] if line[c] == line[c] else np.inf
    for k in range(1, len(runs)):
        one, other, longer = runs[k - 1], runs[k - 1, 1 << (k - 1) :], runs[k]
        for c in range(line.size - (1 << k) + 1):
            longer[c] = one[c] if one[c] > other[c] else other[c]


@njit(cache=True, nogil=True)
def _higher(one: float, other: float) -> float:
    return one if one > other else other


@njit(cache=True, nogil=True)
def _raise_to_chords(
    highest: FloatArray, north: FloatArray, south: FloatArray, start: int, length: int
) -> None:
    """Raise ``highest`` to ``length`` cells in each of two rows, from ``start`` on for its first element."""
    level = 0
    while (2 << level) <= length:
        level += 1
    end = start + length - (1 << level)
    nw, ne, sw, se = north[level, start:], north[level, end:], south[level, start:], south[level, end:]
    for c in range(highest.size):
        highest[c] = _higher(_higher(_higher(highest[c], nw[c]), ne[c]), _higher(sw[c], se[c]))


@njit(cache=True, nogil=True)
def _raise_to_disc(highest: FloatArray, ring: FloatArray, middle: int, chords: IntArray) -> None:
    """Raise ``highest`` to the highest of the disc about the row ``middle`` of the ring."""
    reach = chords[0]
    for n in range(len(chords)):
        north, south = ring[(middle - n) % len(ring)], ring[(middle + n) % len(ring)]
        _raise_to_chords(highest, north, south, reach - chords[n], 2 * chords[n] + 1)


@njit(cache=True, nogil=True)
def _maximum(z: FloatArray, sign: float, chords: IntArray, highest: FloatArray) -> None:
    """Fill ``highest`` with the highest ``sign * z`` of each disc; NaN where one is unknown."""
    tall = chords.shape[1] - 1
    levels = 1
    while (1 << levels) <= 2 * chords.max() + 1:
        levels += 1
    runs = np.empty((2 * tall + 1, levels, z.shape[1]))
    for r in range(len(z)):
        _tabulate_runs(z[r], sign, runs[r % len(runs)])
        middle = r - tall
        reach = chords[max(middle, 0), 0]
        if middle < tall or z.shape[1] <= 2 * reach:
            continue
        line = np.full(z.shape[1] - 2 * reach, -np.inf)
        _raise_to_disc(line, runs, middle, chords[middle])
        for c in range(line.size):
            highest[middle, reach + c] = line[c] if line[c] < np.inf else np.nan


def disc_maximum(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, radius_m: float) -> FloatArray:
    """Return the highest ground within a radius of each cell, in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres (or any other quantity), first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    radius_m : float
        Radius on the ground, in metres; below one cell it leaves the cell alone.

    Returns
    -------
    array of shape (rows, columns)
        NaN where a cell of the disc is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or the radius is negative or not finite.

    Examples
    --------
    >>> peak_m = np.array([0.0, 0.0, 5.0, 0.0, 0.0, 0.0]) * np.ones((3, 1))
    >>> disc_maximum(peak_m, dx_m=np.ones(3), dy_m=1.0, radius_m=1.0)[1]
    array([nan, 5., 5., 5., 0., nan])
    """
    heights = as_heights(elevation_m)
    chords = _half_chords(radius_m, *as_spacing(dx_m, dy_m, len(heights)))
    highest = unknown_like(heights)
    if heights.size:
        _maximum(heights, 1.0, chords, highest)
    return highest


def known_disc_maximum(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, radius_m: float
) -> FloatArray:
    """Return the highest known ground within a radius of each cell, in metres.

    Parameters and exceptions are those of ``disc_maximum``.

    Returns
    -------
    array of shape (rows, columns)
        Unknown cells and those outside are passed over: NaN only where the whole disc is unknown.

    Examples
    --------
    >>> known_disc_maximum(np.array([[np.nan, np.nan, 5.0]]), dx_m=np.ones(1), dy_m=1.0, radius_m=1.0)
    array([[nan,  5.,  5.]])
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    if not heights.size:
        return heights.copy()
    rows, columns = disc_reach_cells(radius_m, dx_m=widths, dy_m=height)
    lowered = np.where(np.isnan(heights), -np.inf, heights)
    framed = np.pad(lowered, ((rows, rows), (columns, columns)), constant_values=-np.inf)
    framed_widths = np.pad(widths, rows, mode="edge")
    highest = disc_maximum(framed, dx_m=framed_widths, dy_m=height, radius_m=radius_m)
    inner = highest[rows : rows + heights.shape[0], columns : columns + heights.shape[1]]
    return np.where(inner == -np.inf, np.nan, inner)


def relief_m(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, radius_m: float) -> FloatArray:
    """Return the highest minus the lowest height within a radius of each cell, in metres.

    A cell counts when its centre lies within the radius; columns are counted at the width of the row of the
    centre. A radius below one cell leaves the cell alone, and its relief is 0.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    radius_m : float
        Radius on the ground, in metres.

    Returns
    -------
    array of shape (rows, columns)
        At least 0; NaN where a cell of the disc is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or the radius is negative or not finite.

    References
    ----------
    Runs by doubling: the sparse table of Bender and Farach-Colton (2000), LATIN 2000, 88-94.
    doi:10.1007/10719839_9

    Examples
    --------
    A step of 2 m is seen from one cell away, and not from two:

    >>> step_m = np.array([0.0, 0.0, 0.0, 2.0, 2.0, 2.0, 2.0]) * np.ones((3, 1))
    >>> relief_m(step_m, dx_m=np.ones(3), dy_m=1.0, radius_m=1.0)[1]
    array([nan, 0., 2., 2., 0., 0., nan])
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    chords = _half_chords(radius_m, widths, height)
    highest, lowest = unknown_like(heights), unknown_like(heights)  # the lowest with its sign turned
    if heights.size:
        _maximum(heights, 1.0, chords, highest)
        _maximum(heights, -1.0, chords, lowest)
    highest += lowest
    return highest
