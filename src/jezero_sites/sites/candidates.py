"""Candidate sites: peaks of the landing probability among the cells that pass the gates, kept apart."""

from __future__ import annotations

from collections.abc import Sequence

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


def is_apart(
    lon_deg: FloatArray,
    lat_deg: FloatArray,
    kept: Sequence[tuple[float, float]],
    *,
    separation_m: float,
    radius_m: float,
) -> BoolArray:
    """Return which places are far enough from all that were kept.

    Parameters
    ----------
    lon_deg, lat_deg : arrays of shape (n,)
        Places.
    kept : sequence of (longitude, latitude)
    separation_m : float
        Least distance on the ground, in metres; one that falls short only by rounding is far enough.
    radius_m : float
        Radius of the body, in metres.

    Examples
    --------
    A degree at the equator of a sphere of 1000 m radius is 17.45 m:

    >>> is_apart(np.array([1.0, 2.0]), np.zeros(2), [(0.0, 0.0)], separation_m=20.0, radius_m=1000.0)
    array([False,  True])
    """
    apart = np.ones(len(lon_deg), np.bool_)
    for lon, lat in kept:
        distance = ground_distance_m(lon, lat, lon_deg, lat_deg, radius_m)
        apart &= ~(distance < separation_m * (1 - ROUNDING))
    return apart


def preference(
    landing_probability: FloatArray, safe_radius_m: FloatArray, rows: NDArray[np.intp], cols: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the order of cells by (-landing probability, -safe radius, row, column)."""
    p, r = landing_probability[rows, cols], safe_radius_m[rows, cols]
    return np.lexsort((cols, rows, -r, -p))
