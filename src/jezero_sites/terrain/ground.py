"""Ground as the kernels take it: heights and true spacing, checked once at the door."""

from __future__ import annotations

import math

import numpy as np

from jezero_sites.arrays import FloatArray


def as_heights(elevation_m: FloatArray) -> FloatArray:
    """Return heights as a C-contiguous float64 array, in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights of any real type; NaN where unknown. It is not changed.

    Raises
    ------
    ValueError
        If the array is not two-dimensional, or is masked: a mask would be lost on the way, and the filler
        under it would pass for ground.

    Examples
    --------
    >>> as_heights(np.zeros((2, 3), dtype=np.float32)).dtype
    dtype('float64')
    """
    if isinstance(elevation_m, np.ma.MaskedArray):
        raise ValueError(
            "heights are a masked array; needed: NaN where unknown; use elevation_m.filled(np.nan)"
        )
    heights = np.ascontiguousarray(elevation_m, dtype=np.float64)
    if heights.ndim != 2 or np.ndim(elevation_m) != 2:
        raise ValueError(f"heights have shape {np.shape(elevation_m)}; needed: (rows, columns)")
    return heights


def as_spacing(dx_m: FloatArray, dy_m: float, rows: int) -> tuple[FloatArray, float]:
    """Return the true width of a cell in each row and its height, in metres.

    Parameters
    ----------
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    rows : int
        Rows of the heights.

    Raises
    ------
    ValueError
        If there is not one width for each row, or a spacing is not a positive finite number.

    Examples
    --------
    >>> as_spacing(np.ones(2), 1, 2)
    (array([1., 1.]), 1.0)
    """
    widths, height = np.ascontiguousarray(dx_m, dtype=np.float64), float(dy_m)
    if np.shape(dx_m) != (rows,):
        raise ValueError(
            f"dx_m has shape {np.shape(dx_m)}; needed: ({rows},), one width for each row of heights"
        )
    if not (np.isfinite(widths).all() and (widths > 0.0).all() and math.isfinite(height) and height > 0.0):
        raise ValueError("dx_m and dy_m must be positive finite metres")
    return widths, height


def half_window(window: tuple[int, int]) -> tuple[int, int]:
    """Return the cells on each side of the centre of a window, (rows, columns).

    Parameters
    ----------
    window : tuple of int
        Rows and columns of the window, both odd and at least 3.

    Raises
    ------
    ValueError
        If a side is even or below 3.

    Examples
    --------
    >>> half_window((3, 7))
    (1, 3)
    """
    rows, columns = (int(side) for side in window)
    if (rows, columns) != tuple(window) or min(rows, columns) < 3 or rows % 2 == 0 or columns % 2 == 0:
        raise ValueError(f"window is {window}; needed: (rows, columns), both odd and at least 3")
    return rows // 2, columns // 2


def unknown_like(heights: FloatArray) -> FloatArray:
    """Return an array of NaN of the same shape: nothing is known until a kernel says so.

    Examples
    --------
    >>> unknown_like(np.zeros((1, 2)))
    array([[nan, nan]])
    """
    return np.full(heights.shape, np.nan)
