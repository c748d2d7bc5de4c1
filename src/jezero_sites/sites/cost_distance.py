r"""The least cost of driving from the nearest source to every cell, over ground that costs so much a metre.

A way is a chain of steps between cell centres, to the eight cells around and to the eight a knight's move off. A
step of length L costs

.. math::

   w = L \cdot \tfrac12 (c_a + c_b), \qquad w_\text{knight} = L \cdot \tfrac14 (c_a + c_1 + c_2 + c_b)

with the costs a metre of its ends and, for a knight's move, of the two cells that it passes between. Steps have fixed
directions, so that on uniform ground a way is longer than the straight line by up to 2.75 % (8.24 % with eight
neighbours alone); it is exact along the axes, the diagonals and the knight's moves.

Cells wait in buckets by their cost; the least is settled first, and one that is reached more cheaply later is settled
again. The result is that of Dijkstra's algorithm, to the last bit, whatever the buckets' width.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from jezero_sites.arrays import FloatArray

AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
KNIGHT = ((-2, -1), (-2, 1), (-1, -2), (-1, 2), (1, -2), (1, 2), (2, -1), (2, 1))
MOST_BUCKETS = 1 << 16
RIM = 2  # cells of impassable ground around the raster, as far as a step reaches
Steps = tuple[tuple[int, int], ...]


def cost_distance(
    cost_per_m: FloatArray,
    *,
    source_rows: ArrayLike,
    source_cols: ArrayLike,
    dx_m: FloatArray,
    dy_m: float,
    neighbours: int = 16,
) -> FloatArray:
    """Return the least cost of a way from the nearest source to each cell.

    Parameters
    ----------
    cost_per_m : array of shape (rows, columns)
        Cost of a metre on the ground, above 0; NaN or infinite where nothing can pass. Ground that is too narrow for
        the rover must be made impassable beforehand: a way here has no width.
    source_rows, source_cols : array_like of int
        Cells from which ways start.
    dx_m : array of shape (rows,)
        True ground width of the cells of each row, in metres; between two rows their mean counts.
    dy_m : float
        True ground height of the cells, in metres.
    neighbours : int
        16, or 8 for the cells around alone.

    Returns
    -------
    array of shape (rows, columns)
        In the unit of the cost; with a cost of 1 the length in metres. 0 at the sources; NaN where no way leads.

    Raises
    ------
    ValueError
        If a cost is not positive, a source is off the raster or impassable, or ``neighbours`` is neither 8 nor 16.

    Examples
    --------
    Cells 2 m wide and 3 m high, a metre costs 1:

    >>> cost_distance(np.ones((2, 3)), source_rows=[0], source_cols=[0], dx_m=np.full(2, 2.0), dy_m=3.0)
    array([[0.        , 2.        , 4.        ],
           [3.        , 3.60555128, 5.        ]])
    """
    if neighbours not in (8, 16):
        raise ValueError(f"neighbours {neighbours} must be 8 or 16")
    passable = np.isfinite(cost_per_m)
    if np.any(cost_per_m[passable] <= 0):
        raise ValueError("a metre must cost more than nothing everywhere")
    rows, cols = passable.shape
    cost = np.full((rows + 2 * RIM, cols + 2 * RIM), np.inf)
    cost[RIM:-RIM, RIM:-RIM] = np.where(passable, cost_per_m, np.inf)
    starts = _cells(source_rows, source_cols, passable)
    steps = AROUND if neighbours == 8 else AROUND + KNIGHT
    lengths = _lengths(steps, np.asarray(dx_m, np.float64), float(dy_m))
    most = float(lengths.max() * cost_per_m[passable].max(initial=0.0))
    least = float(lengths.min() * cost_per_m[passable].min(initial=np.inf))
    width = max(min(least, most), most / MOST_BUCKETS)
    found = np.full(cost.size, np.inf)
    offsets = _offsets(steps, cost.shape[1])
    _spread(cost.ravel(), found, starts, (offsets, lengths), (width, int(most / width) + 3))
    reached: FloatArray = found.reshape(cost.shape)[RIM:-RIM, RIM:-RIM]
    return np.where(np.isfinite(reached), reached, np.nan)


def _cells(rows: ArrayLike, cols: ArrayLike, passable: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the sources as positions in the flattened raster with its rim."""
    r, c = (np.atleast_1d(np.asarray(v, np.int64)) for v in (rows, cols))
    height, width = passable.shape
    if np.any((r < 0) | (r >= height) | (c < 0) | (c >= width)):
        raise ValueError("a source lies off the raster")
    if not passable[r, c].all():
        raise ValueError("a source lies on ground where nothing can pass")
    cells: NDArray[np.int64] = (r + RIM) * (width + 2 * RIM) + c + RIM
    return cells


def _lengths(steps: Steps, dx_m: FloatArray, dy_m: float) -> FloatArray:
    """Return the length of each step from each row with the rim; between two rows their mean width counts."""
    widths = np.pad(dx_m, 2 * RIM, mode="edge")
    rows = np.arange(RIM, widths.size - RIM)
    lengths = np.empty((rows.size, len(steps)))
    for n, (down, right) in enumerate(steps):
        across = right * 0.5 * (widths[rows] + widths[rows + down])
        lengths[:, n] = np.sqrt(across * across + (down * dy_m) ** 2)
    return lengths


def _offsets(steps: Steps, cols: int) -> NDArray[np.int64]:
    """Return for each step how far off its end and the cells it passes lie in the flattened raster; 0 for none."""
    rows = []
    for down, right in steps:
        passed = (0, 0)
        if abs(down) == 2:
            passed = (down // 2 * cols, down // 2 * cols + right)
        elif abs(right) == 2:
            passed = (right // 2, down * cols + right // 2)
        rows.append((down * cols + right, *passed))
    return np.array(rows, np.int64)


@njit(cache=True, nogil=True)
def _remove(cell: int, head: NDArray[np.int64], links: NDArray[np.int32]) -> None:
    """Take a cell out of its bucket; ``links`` holds for each cell the next one, the one before and its bucket."""
    after, before, bucket = links[cell, 0], links[cell, 1], links[cell, 2]
    if before >= 0:
        links[before, 0] = after
    else:
        head[bucket] = after
    if after >= 0:
        links[after, 1] = before
    links[cell, 2] = -1


@njit(cache=True, nogil=True)
def _insert(cell: int, bucket: int, head: NDArray[np.int64], links: NDArray[np.int32]) -> None:
    first = head[bucket]
    links[cell, 0], links[cell, 1], links[cell, 2] = first, -1, bucket
    if first >= 0:
        links[first, 1] = cell
    head[bucket] = cell


@njit(cache=True, nogil=True)
def _spread(
    cost: FloatArray,
    found: FloatArray,
    starts: NDArray[np.int64],
    steps: tuple[NDArray[np.int64], FloatArray],
    queue: tuple[float, int],
) -> None:
    """Settle all cells that a way leads to; ``found`` holds the costs, ``queue`` the buckets' width and number."""
    offsets, lengths = steps
    width, buckets = queue
    cols = cost.size // lengths.shape[0]
    head = np.full(buckets, -1, np.int64)
    links = np.full((cost.size, 3), -1, np.int32)
    waiting = 0
    for cell in starts:
        if found[cell] > 0.0:
            found[cell] = 0.0
            _insert(cell, 0, head, links)
            waiting += 1
    current = 0
    per_width = 1.0 / width
    while waiting > 0:
        while head[current % buckets] < 0:
            current += 1
        cell = head[current % buckets]
        _remove(cell, head, links)
        waiting -= 1
        here, so_far, row = cost[cell], found[cell], cell // cols
        for n in range(offsets.shape[0]):
            there = cell + offsets[n, 0]
            if not cost[there] < np.inf:
                continue
            if offsets[n, 1] == 0:
                reached = so_far + lengths[row, n] * 0.5 * (here + cost[there])
            else:
                between = cost[cell + offsets[n, 1]] + cost[cell + offsets[n, 2]]
                reached = so_far + lengths[row, n] * 0.25 * ((here + cost[there]) + between)
            if reached < found[there]:
                if links[there, 2] >= 0:
                    _remove(there, head, links)
                    waiting -= 1
                found[there] = reached
                _insert(there, int(reached * per_width) % buckets, head, links)
                waiting += 1
