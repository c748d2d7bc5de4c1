"""Candidate sites: peaks of the landing probability among the cells that pass the gates, kept apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.mars import ground_distance_m

ROUNDING = 1e-9
"""Relative: degrees in float64 give distances of tens of metres to about 1e-11."""


def peaks(
    landing_probability: FloatArray, passes_gates: BoolArray
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the cells that no neighbour exceeds.

    Parameters
    ----------
    landing_probability : array of shape (rows, columns)
        Lower bound of the chance of success when aiming at a cell.
    passes_gates : array of shape (rows, columns)
        Cells that may be candidates; the others, and ground beyond the raster, count as -1.

    Returns
    -------
    rows, columns : arrays of int
        Every cell of a plateau is a peak.

    Examples
    --------
    >>> peaks(np.array([[0.1, 0.9, 0.2]]), np.array([[True, True, True]]))
    (array([0]), array([1]))
    """
    height = np.where(passes_gates, landing_probability, -1.0)
    padded = np.pad(height, 1, constant_values=-1.0)
    rows, cols = height.shape
    is_peak = passes_gates.copy()
    for i in range(3):
        for j in range(3):
            is_peak &= height >= padded[i : i + rows, j : j + cols]
    row, col = np.nonzero(is_peak)
    return row, col


def keep_apart(
    lon_deg: FloatArray, lat_deg: FloatArray, *, separation_m: float, most: int, radius_m: float
) -> list[int]:
    """Return which places to keep, walking through them in order of preference.

    Parameters
    ----------
    lon_deg, lat_deg : arrays of shape (n,)
        Places, the best first.
    separation_m : float
        A place is kept if it is at least this far, in ground metres, from all kept before it; a
        distance that falls short only by rounding is far enough.
    most : int
        How many to keep at most.
    radius_m : float
        Radius of the body, in metres.

    Returns
    -------
    list of int
        Indices of the kept places, in order.
    """
    kept: list[int] = []
    nearest = np.full(len(lon_deg), np.inf)
    for index in range(len(lon_deg)):
        if len(kept) == most:
            break
        if nearest[index] < separation_m * (1 - ROUNDING):
            continue
        kept.append(index)
        here = lon_deg[index], lat_deg[index]
        nearest = np.minimum(nearest, ground_distance_m(*here, lon_deg, lat_deg, radius_m))
    return kept


def preference(
    landing_probability: FloatArray, safe_radius_m: FloatArray, rows: NDArray[np.intp], cols: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the order of cells by (-landing probability, -safe radius, row, column)."""
    p, r = landing_probability[rows, cols], safe_radius_m[rows, cols]
    return np.lexsort((cols, rows, -r, -p))
