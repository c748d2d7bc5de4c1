"""Bands of rows that are alike enough to share a table or a kernel.

Bands are counted from the first row of the grid: a band ends where a quantity of the row differs from that of
the band's first row by 1e-4 of it or more. Given the rows of the whole grid they depend on nothing else.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from jezero_sites.arrays import FloatArray

BAND_TOLERANCE = 1e-4  # relative


def row_bands(*quantities: FloatArray) -> list[tuple[int, int]]:
    """Return the first row of each band and the row after its last.

    Parameters
    ----------
    *quantities : arrays of shape (rows,)
        What must not differ within a band, for every row of the whole grid.

    Returns
    -------
    list of tuple of int
        Ranges that follow on each other and cover all rows.

    Examples
    --------
    >>> row_bands(np.array([1.0, 1.00009, 1.00011, 1.00012]))
    [(0, 2), (2, 4)]
    """
    table = np.stack([np.asarray(q, np.float64) for q in quantities])
    starts, rows = [0], table.shape[1]
    while starts[-1] < rows:
        first = table[:, starts[-1], None]
        ahead = table[:, starts[-1] :]
        differs = (np.abs(ahead - first) >= BAND_TOLERANCE * np.abs(first)) & (ahead != first)
        is_new = differs.any(axis=0)
        starts.append(starts[-1] + int(np.argmax(is_new)) if is_new.any() else rows)
    return list(pairwise(starts))
