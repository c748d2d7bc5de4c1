r"""Facets: patches that the stereo matcher interpolated, flat where the rest of the model has texture.

.. math::
    D_k = z_{-k} - 2 z_0 + z_{+k} \quad \text{along rows, columns and both diagonals}.

A cell is planar when no :math:`D_1 \dots D_K` is larger than what rounding alone puts into it. K is the shortest
lag, up to 4 cells, at which the middle :math:`|D_K|` of the whole raster is at least 4 times that: there the
model's own texture tells ground from a plane (1 cell for heights that are not rounded, about 2 cells for a 1 m
model in whole centimetres). 25 planar cells that touch, with the cells that they were judged by, are a facet:
of a square facet the side is at least 7 cells for K = 1, and 9 for K = 2.

Where there is no such lag the model has no texture to stand out from (a made-up plane, or rounding coarser than
the ground): nothing is flagged, which does not mean that it is sound. The same holds when more than half of the
raster is planar. A smooth but curved fill is found only where its second differences stay within the rounding.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from jezero_sites.arrays import BoolArray, FloatArray

LONGEST_LAG = 4
TEXTURE_TIMES = 4.0  # a choice of this project
FEWEST_PLANAR = 25
DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))


def _bends(units: FloatArray, lag: int) -> FloatArray:
    """Return the largest size of D in the four directions at one lag; NaN where a cell is unknown or outside."""
    rows, columns = units.shape
    largest = np.full(units.shape, np.nan)
    if min(rows, columns) <= 2 * lag:
        return largest
    middle = 2.0 * units[lag:-lag, lag:-lag]
    inner = np.zeros(middle.shape)
    for down, right in DIRECTIONS:
        ends = [
            units[lag + s * down : rows - lag + s * down, lag + s * right : columns - lag + s * right]
            for s in (-lag, lag)
        ]
        np.maximum(inner, np.abs((ends[0] + ends[1]) - middle), out=inner)
    largest[lag:-lag, lag:-lag] = inner
    return largest


def _planar_cells(units: FloatArray, tolerance: float) -> tuple[BoolArray, int]:
    """Return the planar cells and the lag at which texture is told from rounding; 0 where there is none."""
    is_planar = np.ones(units.shape, dtype=np.bool_)
    for lag in range(1, LONGEST_LAG + 1):
        bends = _bends(units, lag)
        is_planar &= bends <= tolerance
        known = bends[~np.isnan(bends)]
        if known.size and np.median(known) >= TEXTURE_TIMES * tolerance:
            return is_planar, lag
    return np.zeros(units.shape, dtype=np.bool_), 0


def facet_cells(units: FloatArray, tolerance: float) -> BoolArray:
    """Return the cells of interpolated patches.

    Parameters
    ----------
    units : array of shape (rows, columns)
        Heights in whole tenths of a millimetre (``quantum.whole_units``); NaN where unknown.
    tolerance : float
        What rounding puts into a second difference, in the same unit (``quantum.tolerance_units``).

    Returns
    -------
    bool array of shape (rows, columns)

    Examples
    --------
    >>> ground = np.random.default_rng(1).normal(0.0, 200.0, (30, 40)).round()
    >>> ground[5:12, 20:29] = 0.0
    >>> np.argwhere(facet_cells(ground, 10.0))[[0, -1]].tolist()
    [[5, 20], [11, 28]]
    """
    is_planar, lag = _planar_cells(units, tolerance)
    labels, _ = ndimage.label(is_planar, structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    is_core = (sizes >= FEWEST_PLANAR)[labels]
    if not is_core.any():
        return np.zeros(units.shape, dtype=np.bool_)
    is_facet: BoolArray = ndimage.binary_dilation(is_core, structure=np.ones((2 * lag + 1, 2 * lag + 1)))
    return is_facet
