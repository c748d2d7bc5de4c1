"""Big rasters strip by strip: each strip with the rows it needs around it, no seams, threads if wanted.

Equations are local: a cell depends on the rows within a known reach. A strip handed to an equation
with that many rows on either side gives the same bits as the whole raster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

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
