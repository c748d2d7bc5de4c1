r"""What a site is worth: fixed value functions, never scaled to the scene.

.. math::

   \text{score} = P_\text{landing} \; \frac{\sum_i w_i v_i(x_i)}{\sum_i w_i}

The same ground scores the same in every tile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jezero_sites.arrays import FloatArray


def value(measured: ArrayLike, *, x: Sequence[float], y: Sequence[float]) -> FloatArray:
    """Return what measured numbers are worth, between 0 and 1.

    Parameters
    ----------
    measured : array_like
        Measured numbers; NaN, a missing input, is worth 0.
    x, y : sequence of float
        Corners of the piecewise linear function, x rising; beyond its ends the function is level.

    Examples
    --------
    >>> value([0.0, 1500.0, 9000.0, np.nan], x=[0.0, 3000.0], y=[1.0, 0.0])
    array([1. , 0.5, 0. , 0. ])
    """
    numbers = np.asarray(measured, float)
    worth: FloatArray = np.where(np.isnan(numbers), 0.0, np.interp(numbers, x, y))
    return worth


def weighted_mean(parts: Mapping[str, FloatArray], weights: Mapping[str, float]) -> FloatArray:
    """Return the weighted mean of the parts of a score, between 0 and 1.

    >>> weighted_mean({"near": np.array([1.0]), "margin": np.array([0.5])}, {"near": 1.0, "margin": 3.0})
    array([0.625])
    """
    total = sum(weights.values())
    mean: FloatArray = np.sum([weight * parts[name] for name, weight in weights.items()], axis=0) / total
    return mean


def rank_order(score: FloatArray, rows: ArrayLike, cols: ArrayLike) -> NDArray[np.intp]:
    """Return the order of sites by (-score, row, column)."""
    return np.lexsort((np.asarray(cols), np.asarray(rows), -score))


def binding(margins: Mapping[str, FloatArray]) -> tuple[list[str], FloatArray]:
    """Return, for each site, the limit with the least margin and that margin.

    Parameters
    ----------
    margins : mapping of limit name to array of shape (sites,)
        Margins in the order in which ties are broken; NaN where a limit could not be measured.

    Returns
    -------
    names : list of str
        Empty text where no limit could be measured.
    margin : array of shape (sites,)
    """
    names = list(margins)
    if not names:
        return [], np.array([])
    table = np.array([margins[name] for name in names])
    filled = np.where(np.isnan(table), np.inf, table)
    least = np.argmin(filled, axis=0)
    margin = filled[least, np.arange(table.shape[1])]
    known = np.isfinite(margin)
    return [names[i] if ok else "" for i, ok in zip(least, known, strict=True)], np.where(
        known, margin, np.nan
    )
