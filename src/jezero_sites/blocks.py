"""Big rasters part by part: strips or squares with what they need around them, no seams, threads if wanted.

Equations are local: a cell depends on the cells within a known reach. A part handed to an equation
with that much around it gives the same bits as the whole raster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from jezero_sites.arrays import FloatArray

Equation = Callable[[FloatArray, FloatArray], tuple[FloatArray, ...]]
"""From heights and cell widths of a strip to its quantities, each of the strip's shape."""

STRIP_ROWS = 256


def strips(
    rows: int, *, reach_rows: int, strip_rows: int = STRIP_ROWS
) -> Iterator[tuple[slice, slice, slice]]:
    """Yield, for each strip, the rows to write, the rows to read, and where the former lie in the latter.

    >>> list(strips(5, reach_rows=1, strip_rows=3))[0]
    (slice(0, 3, None), slice(0, 4, None), slice(0, 3, None))
    """
    for first in range(0, rows, strip_rows):
        last = min(first + strip_rows, rows)
        start, stop = max(first - reach_rows, 0), min(last + reach_rows, rows)
        yield slice(first, last), slice(start, stop), slice(first - start, last - start)


def map_strips(
    equation: Equation,
    elevation_m: NDArray[np.floating],
    dx_m: FloatArray,
    *,
    reach_rows: int,
    jobs: int = 1,
    strip_rows: int = STRIP_ROWS,
) -> tuple[FloatArray, ...]:
    """Return the quantities that an equation gives for a whole raster.

    Parameters
    ----------
    equation : callable
        Takes heights (rows, columns) and cell widths (rows,) in metres, gives arrays of that shape.
    elevation_m : array of shape (rows, columns)
        Heights in metres; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of the cells of each row, in metres.
    reach_rows : int
        How many rows away a height can act.
    jobs : int
        Threads; the result does not depend on it.
    strip_rows : int
        Rows per strip; the result does not depend on it.

    Returns
    -------
    tuple of arrays of shape (rows, columns)
    """
    parts = list(strips(len(elevation_m), reach_rows=reach_rows, strip_rows=strip_rows))

    def run(part: tuple[slice, slice, slice]) -> tuple[FloatArray, ...]:
        _, read, inner = part
        found = equation(np.asarray(elevation_m[read], dtype=np.float64), dx_m[read])
        return tuple(values[inner] for values in found)

    if jobs <= 1 or len(parts) == 1:
        done = [run(part) for part in parts]
    else:
        with ThreadPoolExecutor(jobs) as pool:
            done = list(pool.map(run, parts))
    return tuple(np.concatenate(column) for column in zip(*done, strict=True))


@dataclass(frozen=True)
class Block:
    """A rectangle of cells that is worked on at once.

    Attributes
    ----------
    rows, columns : slice
    """

    rows: slice
    columns: slice

    def with_reach(self, reach: tuple[int, int], shape: tuple[int, int]) -> Block:
        """Return the block with what it must see around it, up to the raster's edge."""
        rows, columns = (
            slice(max(part.start - far, 0), min(part.stop + far, size))
            for part, far, size in zip((self.rows, self.columns), reach, shape, strict=True)
        )
        return Block(rows, columns)

    def within(self, wider: Block) -> tuple[slice, slice]:
        """Return where the block's cells lie in those of a wider one."""
        top, left = wider.rows.start, wider.columns.start
        return (
            slice(self.rows.start - top, self.rows.stop - top),
            slice(self.columns.start - left, self.columns.stop - left),
        )

    @property
    def cells(self) -> tuple[slice, slice]:
        """The block as an index."""
        return self.rows, self.columns

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows.stop - self.rows.start, self.columns.stop - self.columns.start


def blocks_of(shape: tuple[int, int], side: int) -> list[Block]:
    """Return the squares that cover a raster, counted from its first cell, quadrant by quadrant.

    The four that make one of twice the side follow on each other, so that reduced images can be made at once.

    Examples
    --------
    >>> [(b.rows.start, b.columns.start) for b in blocks_of((4, 6), 2)]
    [(0, 0), (0, 2), (2, 0), (2, 2), (0, 4), (2, 4)]
    """
    down, across = (-(-n // side) for n in shape)
    places = sorted(
        ((row, column) for row in range(down) for column in range(across)), key=lambda place: _woven(*place)
    )
    rows, columns = shape
    return [
        Block(
            slice(row * side, min((row + 1) * side, rows)),
            slice(column * side, min((column + 1) * side, columns)),
        )
        for row, column in places
    ]


def _woven(row: int, column: int) -> int:
    """Return a number whose bits are, in turn, those of both: its order is that of quadrants."""
    found = 0
    for bit in range(max(row, column).bit_length()):
        found |= ((row >> bit) & 1) << (2 * bit + 1) | ((column >> bit) & 1) << (2 * bit)
    return found


Item = TypeVar("Item")


def each(
    work: Callable[[Item], None],
    items: Sequence[Item],
    *,
    jobs: int = 1,
    done: Callable[[int], None] = lambda _: None,
) -> None:
    """Do some work for each item, some at a time; the first error ends it when those at work have ended.

    Parameters
    ----------
    work : callable
    items : sequence
        Taken in order.
    jobs : int
        Threads.
    done : callable
        Told how many are done, from the calling thread.
    """
    if jobs <= 1:
        for number, item in enumerate(items, 1):
            work(item)
            done(number)
        return
    waiting: deque[Future[None]] = deque()
    finished = 0
    with ThreadPoolExecutor(jobs) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                while len(waiting) > 2 * jobs:
                    waiting.popleft().result()
                    finished += 1
                    done(finished)
            while waiting:
                waiting.popleft().result()
                finished += 1
                done(finished)
        finally:
            for future in waiting:
                future.cancel()
