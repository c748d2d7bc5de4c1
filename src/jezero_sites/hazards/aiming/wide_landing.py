r"""The chance of a safe landing for dispersions of any width, with the error of what is left out.

A dispersion that reaches more than ``LARGEST_KERNEL_CELLS`` from the aim is summed on coarse cells of k x k cells,
counted from the first cell of the grid. With the density f of touchdowns, cells x of :math:`h_x \times h_y`, and
coarse cells with the centres X, the sides :math:`H = k\,h` and the mean chance :math:`\bar P`,

.. math:: C(X_0) = H_x H_y \sum_X f(X - X_0)\,\bar P(X)
    \quad\text{stands for}\quad L(X_0) = h_x h_y \sum_x f(x - X_0)\,P(x),

and C is interpolated bilinearly to the cells. Weights that sum to zero, times P from 0 to 1, sum to at most half
the sum of their magnitudes. With the covariance S, :math:`v_e = (S^{-1})_{ee}`, :math:`v_n = (S^{-1})_{nn}` and the
offset d of a cell from the centre of its coarse cell, the two differ by at most 1.5e-6 of rounding and

.. math::
    \text{blocks:} \quad & \mathrm{mean}_d \sqrt{\sinh(q_d / 4)}, \qquad q_d = d^T S^{-1} d, \\
    \text{interpolation:} \quad & \tfrac{\sqrt 2}{2} \left( \tfrac{H_x^2}{8}\,v_e + \tfrac{H_y^2}{8}\,v_n \right), \\
    \text{widths:} \quad & \tfrac12\,\sqrt{1 + S_{ee} v_e}\; \max |\ln(w_\mathrm{coarse} / w_\mathrm{fine})|, \\
    \text{reach:} \quad & e^{\bar q / 2 - (5 - \delta)^2 / 2}, \quad
    \bar q = \tfrac{1}{12}(H_x^2 v_e + H_y^2 v_n), \quad \delta = \tfrac12 (H_x \sqrt{v_e} + H_y \sqrt{v_n}).

- Blocks: the weights are f(x) - f(X). For one offset d, about the midpoint u, they are
  :math:`2 f(u)\,e^{-q/8} \sinh(s/2)` with :math:`s = u^T S^{-1} d` of variance q. By Cauchy and Schwarz their
  magnitudes sum to at most :math:`(4 e^{-q/4} E \sinh^2(s/2))^{1/2} = 2 \sqrt{\sinh(q/4)}`.
- Interpolation errs by :math:`H^2/8` times the largest second derivative, one axis after the other:
  :math:`f_{xx} = f\,(z^2 - 1)\,v_e` with z standard normal, and :math:`E|z^2 - 1| = 0.968 \le \sqrt 2`.
- Widths w are shared by bands of rows, other ones on each grid: with ln w the density per cell changes by f times a
  factor whose standard deviation is :math:`\sqrt{1 + S_{ee} v_e}`.
- Reach: beyond 5 standard deviations both grids leave touchdowns out; by Jensen a coarse cell there holds at most
  :math:`e^{\bar q / 2}` times the integral over it, and it lies beyond :math:`5 - \delta`.

Moments are sums over a grid here: for a smaller sigma of two cells or more they are within 1e-28 of the integrals.
Where coarse cells are larger than that, nothing is promised, and the bound is 1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.aiming.dispersion import REACH_SIGMAS, Covariance, dispersion_reach_cells
from jezero_sites.hazards.aiming.landing import (
    IN_MEMORY,
    Room,
    band_width_m,
    check_landing_grid,
    landing_probability_between,
    sliceable,
)
from jezero_sites.hazards.row_bands import row_bands

LARGEST_KERNEL_CELLS = (
    1024  # from the aim: transforms of 3072 cells a side, 0.8 GB a block; twice the reach, 1.5
)
_ROUNDING = 1.5e-6  # half a step of 1e-6 thrice: coarse sums, their interpolation, the sum on fine cells
_STRIP_ROWS = 256  # rows interpolated at a time, to bound the memory
_RESOLVED_CELLS = 2.0  # a sigma below this many cells is not resolved


class LandingBounds(NamedTuple):
    """Chances to land safely summed on coarse cells, ``factor`` a side, within ``error_bound`` of the fine sums."""

    lower: FloatArray
    upper: FloatArray
    factor: int
    error_bound: float


def landing_bounds(
    safe_probability: FloatArray,
    *,
    dx_m: FloatArray,
    dy_m: float,
    covariance: Covariance,
    threads: int = 1,
    largest_kernel_cells: int = LARGEST_KERNEL_CELLS,
    room: Room = IN_MEMORY,
) -> LandingBounds:
    """Return the bounds of the chance to land safely when aiming at each cell, 0 to 1, for any dispersion.

    Parameters
    ----------
    safe_probability, dx_m, dy_m, covariance, threads
        As for ``landing_probability``: chances 0 to 1, NaN where unknown; metres; m2.
    largest_kernel_cells : int
        Farthest reach from the aim, in cells, to be summed; it ends where no two cells of the raster are farther
        apart. A wider dispersion is summed on the smallest coarse cells that fit.
    room : Room
        Where the bounds are put.

    Returns
    -------
    LandingBounds
        Unknown ground, and ground beyond the raster, counted as failure and as success, 0 to 1, never NaN; with
        factor 1 the bits of ``landing_probability`` and no error. Most touchdowns of an ellipse far larger than the
        raster fall beyond it: the lower bound is then near 0 and the upper near 1. The bounds of the fine sums, had
        they been made, lie within ``error_bound`` of these.

    Raises
    ------
    ValueError
        If shapes disagree, a probability lies outside 0 to 1, the limit is below 2 cells, or the dispersion is too
        narrow for the cells it is summed on.

    Examples
    --------
    A dispersion of 20 by 10 cells on a safe plain, summed on cells of 2 x 2:

    >>> aim = {"dx_m": np.ones(301), "dy_m": 1.0, "covariance": (400.0, 100.0, 0.0)}
    >>> found = landing_bounds(np.ones((301, 401)), largest_kernel_cells=50, **aim)
    >>> found.factor, round(float(found.lower[150, 200]), 4), found.error_bound < 0.04
    (2, 1.0, True)
    """
    safe = sliceable(safe_probability)
    return landing_bounds_between(
        (safe, safe),
        dx_m=dx_m,
        dy_m=dy_m,
        covariance=covariance,
        threads=threads,
        largest_kernel_cells=largest_kernel_cells,
        room=room,
    )


def landing_bounds_between(
    safe_bounds: tuple[FloatArray, FloatArray],
    *,
    dx_m: FloatArray,
    dy_m: float,
    covariance: Covariance,
    threads: int = 1,
    largest_kernel_cells: int = LARGEST_KERNEL_CELLS,
    room: Room = IN_MEMORY,
) -> LandingBounds:
    """Return the bounds of the chance to land safely where that in a cell is itself known as bounds, 0 to 1.

    NaN counts as 0 in the lowest and as 1 in the highest; all else is as for ``landing_bounds``.

    Examples
    --------
    >>> plain = np.full((41, 61), 0.5), np.full((41, 61), 0.75)
    >>> found = landing_bounds_between(plain, dx_m=np.ones(41), dy_m=1.0, covariance=(9.0, 4.0, 0.0))
    >>> round(float(found.lower[20, 30]), 3), round(float(found.upper[20, 30]), 3)
    (0.5, 0.75)
    """
    widths = np.asarray(dx_m, np.float64)
    check_landing_grid(safe_bounds, widths, threads)
    shape = safe_bounds[0].shape
    factor = _smallest_factor(shape, widths, dy_m, covariance, largest_kernel_cells)
    if factor > 1:
        safe_bounds, widths = _coarse_bounds(safe_bounds, factor), _coarse_widths(widths, factor)
    lower, upper = landing_probability_between(
        safe_bounds,
        dx_m=widths,
        dy_m=factor * dy_m,
        covariance=covariance,
        threads=threads,
        room=room if factor == 1 else IN_MEMORY,
    )
    if factor == 1:
        return LandingBounds(lower, upper, 1, 0.0)
    error = coarsening_error(covariance, dx_m=np.asarray(dx_m, np.float64), dy_m=dy_m, factor=factor)
    lower, upper = (_interpolated(bound, shape, factor, room) for bound in (lower, upper))
    return LandingBounds(lower, upper, factor, error)


def coarsening_error(covariance: Covariance, *, dx_m: FloatArray, dy_m: float, factor: int) -> float:
    """Return the most by which a sum on coarse cells differs from that on the cells themselves, 0 to 1.

    The covariance and the spacing of the cells are those of ``landing_bounds``, ``factor`` the cells a side of a
    coarse one. It is 1, no promise at all, where the smaller sigma is less than two coarse cells.

    Examples
    --------
    For a round dispersion mostly the term of the blocks, 0.19 coarse cells over sigma:

    >>> round(coarsening_error((1e6, 1e6, 0.0), dx_m=np.ones(9), dy_m=1.0, factor=8), 4)
    0.0015
    """
    east, north, both = covariance
    area = east * north - both**2
    widths = _coarse_widths(dx_m, factor)
    v_east, v_north, v_both = north / area, east / area, -both / area
    side_x, side_y = float(widths.max()), factor * dy_m
    largest_v = (v_east + v_north) / 2.0 + math.hypot((v_east - v_north) / 2.0, v_both)
    if _RESOLVED_CELLS * max(side_x, side_y) * math.sqrt(largest_v) > 1.0:
        return 1.0
    within = (np.arange(factor) - (factor - 1) / 2.0) / factor
    d_x, d_y = within * side_x, within[:, None] * side_y
    q = v_east * d_x**2 + 2.0 * v_both * d_x * d_y + v_north * d_y**2
    blocks = float(np.sqrt(np.sinh(q / 4.0)).mean())
    bends_x, bends_y = side_x**2 * v_east, side_y**2 * v_north
    interpolation = math.sqrt(0.5) * (bends_x + bends_y) / 8.0
    stretch = 0.5 * math.sqrt(1.0 + east * v_east) * _width_ratio_log(dx_m, factor)
    delta = 0.5 * (math.sqrt(bends_x) + math.sqrt(bends_y))
    reach = math.exp((bends_x + bends_y) / 24.0 - 0.5 * (REACH_SIGMAS - delta) ** 2)
    return min(blocks + interpolation + stretch + reach + _ROUNDING, 1.0)


def _smallest_factor(
    shape: tuple[int, ...], widths: FloatArray, dy_m: float, covariance: Covariance, limit: int
) -> int:
    if limit < 2:  # what a raster of one coarse cell needs, with its frame
        raise ValueError(f"largest_kernel_cells is {limit}; needed: 2 or more")
    factor, frame = 1, 0
    while True:
        coarse = _coarse_widths(widths, factor)
        reach = dispersion_reach_cells(covariance, dx_m=coarse, dy_m=factor * dy_m)
        apart = (math.ceil(n / factor) + frame - 1 for n in shape)
        if all(min(pair) <= limit for pair in zip(reach, apart, strict=True)):
            return factor
        factor, frame = factor + 1, 2  # coarse grids have a frame, one cell wide


def _coarse_widths(widths: FloatArray, factor: int) -> FloatArray:
    """Return the widths of coarse cells, the mean over their rows times the factor, with the frame's two."""
    starts = np.arange(0, len(widths), factor)
    mean = np.add.reduceat(widths, starts) / np.diff(starts, append=len(widths))
    return np.pad(factor * mean, 1, mode="edge")


def _coarse_bounds(safe_bounds: tuple[FloatArray, FloatArray], factor: int) -> tuple[FloatArray, FloatArray]:
    """Return the least and highest mean of each block, its cells beyond the raster unknown, in an unknown frame."""
    rows, columns = (math.ceil(n / factor) for n in safe_bounds[0].shape)
    lowest, highest = np.full((rows + 2, columns + 2), np.nan), np.full((rows + 2, columns + 2), np.nan)
    starts = np.arange(0, safe_bounds[0].shape[1], factor)
    for i in range(rows):
        low, high = (np.asarray(safe[i * factor : (i + 1) * factor], np.float64) for safe in safe_bounds)
        success = np.add.reduceat(np.where(np.isnan(low), 0.0, low).sum(axis=0), starts)
        failure = np.add.reduceat(np.where(np.isnan(high), 0.0, 1.0 - high).sum(axis=0), starts)
        lowest[i + 1, 1:-1] = success / factor**2
        highest[i + 1, 1:-1] = 1.0 - failure / factor**2
    return lowest, np.fmax(lowest, highest)


def _position(cells: int, factor: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the coarse cell, counted from the frame's, before the centre of each fine cell, and how far after."""
    place = (np.arange(cells) + 0.5) / factor + 0.5
    before = np.floor(place).astype(np.intp)
    return before, place - before


def _width_ratio_log(widths: FloatArray, factor: int) -> float:
    """Return the largest logarithm of the ratio between the widths that fine and coarse sums were made with."""
    fine, coarse = _band_widths(widths), _band_widths(_coarse_widths(widths, factor)) / factor
    before, _ = _position(len(widths), factor)
    return float(max(np.abs(np.log(coarse[before + i] / fine)).max() for i in (0, 1)))


def _band_widths(widths: FloatArray) -> FloatArray:
    return np.concatenate([np.full(b - a, band_width_m(widths[a:b])) for a, b in row_bands(widths)])


def _interpolated(coarse: FloatArray, shape: tuple[int, ...], factor: int, room: Room) -> FloatArray:
    """Return framed coarse values at the centres of the fine cells, bilinearly."""
    (rows, down), (columns, across) = (_position(n, factor) for n in shape)
    fine: FloatArray = room.new(shape)
    for start in range(0, shape[0], _STRIP_ROWS):
        strip = slice(start, start + _STRIP_ROWS)
        part = down[strip, None]
        lines = (1.0 - part) * coarse[rows[strip]] + part * coarse[rows[strip] + 1]
        fine[strip] = ((1.0 - across) * lines[:, columns] + across * lines[:, columns + 1]).round(6)
    return fine
