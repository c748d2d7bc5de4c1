r"""Steps: straight offsets within one cell, far beyond what the slopes on either side predict.

.. math::
    J(r, c) = \bigl(z_{c+1} - z_c\bigr) - \tfrac12 \bigl[(z_c - z_{c-1}) + (z_{c+2} - z_{c+1})\bigr]

is the offset between the columns c and c + 1 (and likewise between rows) that is left when the mean slope of
both sides is taken off. An edge is sharp when

- J is at least 4 times the mean of its size in the 21 x 21 edges about it (the step itself puts at most 0.4 of
  its height into that mean; for normal noise 4 means are 3.2 standard deviations),
- J is no smaller than at the next edge on either side (a step leaves half of itself there, with the other sign),
- it makes up three quarters of the rise that the slope 1 to 3 cells away does not explain: 1 for an offset
  within one cell, 0.8 for one smoothed over half a cell, below 0.4 for a scarp smoothed over one cell or more,
- its false slope, J over one cell, is at least 0.05 (2.9 deg): less is no hazard to a lander (a choice of this
  project).

A run is a straight row of sharp edges of one sign, with gaps of one edge at most. A scarp that is one cell
wide, straight and parallel to the raster cannot be told from an artefact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.quality.quantum import UNIT_M

TIMES_NEIGHBOURS = 4.0
NEIGHBOURHOOD = 10  # edges on each side
SHARP_SHARE = 0.75
LEAST_FALSE_SLOPE = 0.05
SHORTEST_STEP = 10  # cells


class Run(NamedTuple):
    """A straight offset between the lines ``edge`` and ``edge + 1``, over the cells start to stop - 1."""

    edge: int
    start: int
    stop: int
    sign: int
    jump_m: float


def offsets(units: FloatArray) -> FloatArray:
    """Return J between each row and the next, (rows - 1, columns); NaN within a row of the raster's edge.

    Examples
    --------
    An offset of 2 on a slope of 1:

    >>> offsets(np.array([[0.0], [1.0], [4.0], [5.0]]))[:, 0]
    array([nan,  2., nan])
    """
    rise = units[1:] - units[:-1]
    left = np.full(rise.shape, np.nan)
    if len(rise) > 2:
        left[1:-1] = rise[1:-1] - (rise[:-2] + rise[2:]) / 2.0
    return left


def _unexplained(units: FloatArray) -> FloatArray:
    """Return the rise between each row and the next less the mean slope 1 to 3 cells away on both sides."""
    rise = units[1:] - units[:-1]
    left = np.full(rise.shape, np.nan)
    if len(units) >= 8:
        north, south = units[2:-5] - units[:-7], units[7:] - units[5:-2]
        left[3:-3] = rise[3:-3] - (north + south) / 4.0
    return left


@njit(cache=True, nogil=True)
def _add_row(row: FloatArray, sign: float, total: FloatArray, known: FloatArray) -> None:
    for c in range(row.size):
        if row[c] == row[c]:
            total[c] += sign * row[c]
            known[c] += sign


@njit(cache=True, nogil=True)
def _fill_mean_about(size: FloatArray, mean: FloatArray) -> None:
    """Fill the mean of the known values in a square about each cell; sums of whole halves are exact."""
    rows, columns = size.shape
    total, known = np.zeros(columns), np.zeros(columns)
    for r in range(min(NEIGHBOURHOOD, rows)):
        _add_row(size[r], 1.0, total, known)
    for r in range(rows):
        if r + NEIGHBOURHOOD < rows:
            _add_row(size[r + NEIGHBOURHOOD], 1.0, total, known)
        if r - NEIGHBOURHOOD > 0:
            _add_row(size[r - NEIGHBOURHOOD - 1], -1.0, total, known)
        above, count = total[:NEIGHBOURHOOD].sum(), known[:NEIGHBOURHOOD].sum()
        for c in range(columns):
            if c + NEIGHBOURHOOD < columns:
                above += total[c + NEIGHBOURHOOD]
                count += known[c + NEIGHBOURHOOD]
            if c - NEIGHBOURHOOD > 0:
                above -= total[c - NEIGHBOURHOOD - 1]
                count -= known[c - NEIGHBOURHOOD - 1]
            if count > 0.0:
                mean[r, c] = above / count


def _mean_about(size: FloatArray) -> FloatArray:
    """Return the mean of the known values in a square about each cell, clipped at the raster's edge."""
    mean = np.full(size.shape, np.nan)
    _fill_mean_about(size, mean)
    return mean


def sharp_edges(units: FloatArray, *, spacing_m: FloatArray) -> NDArray[np.int8]:
    """Return the sign of the sharp offsets between each row and the next, 0 where there is none.

    Parameters
    ----------
    units : array of shape (rows, columns)
        Heights in whole tenths of a millimetre; NaN where unknown.
    spacing_m : array that broadcasts to (rows - 1, columns)
        Width of a cell across the edges, in metres.
    """
    jump = offsets(units)
    size = np.abs(jump)
    is_sharp = (size >= TIMES_NEIGHBOURS * _mean_about(size)) & (size > 0.0)
    is_sharp[1:] &= ~(size[1:] < size[:-1])
    is_sharp[:-1] &= ~(size[:-1] < size[1:])
    is_sharp &= size >= SHARP_SHARE * np.abs(_unexplained(units))
    is_sharp &= size * UNIT_M >= LEAST_FALSE_SLOPE * spacing_m
    return np.where(is_sharp, np.sign(jump), 0.0).astype(np.int8)


@njit(cache=True, nogil=True)
def _next_run(signs: NDArray[np.int8], start: int) -> tuple[int, int]:
    """Return start and stop of the first run at or after ``start``; gaps of one cell are bridged."""
    while start < signs.size and signs[start] == 0:
        start += 1
    stop = start
    while stop < signs.size and (
        signs[stop] == signs[start] or (stop + 1 < signs.size and signs[stop + 1] == signs[start])
    ):
        stop += 1
    return start, stop


def straight_runs(signs: NDArray[np.int8], jump: FloatArray, *, shortest: int) -> list[Run]:
    """Return the runs of sharp edges of at least ``shortest`` cells, top to bottom.

    Examples
    --------
    >>> straight_runs(np.array([[0, 1, 1, 0, 1, 0]], dtype=np.int8), np.full((1, 6), 5000.0), shortest=4)
    [Run(edge=0, start=1, stop=5, sign=1, jump_m=0.5)]
    """
    runs = []
    for edge in np.flatnonzero(np.count_nonzero(signs, axis=1) * 2 >= shortest):
        start, stop = _next_run(signs[edge], 0)
        while start < stop:
            if stop - start >= shortest:
                height = float(np.nanmedian(np.abs(jump[edge, start:stop]))) * UNIT_M
                runs.append(Run(int(edge), start, stop, int(signs[edge, start]), height))
            start, stop = _next_run(signs[edge], stop)
    return runs


def step_cells(runs: list[Run], shape: tuple[int, int]) -> BoolArray:
    """Return the cells on both sides of the runs that are as long as a step.

    Examples
    --------
    >>> step_cells([Run(0, 1, 11, 1, 0.5)], (3, 12)).sum(axis=1)
    array([10, 10,  0])
    """
    is_step = np.zeros(shape, dtype=np.bool_)
    for run in runs:
        if run.stop - run.start >= SHORTEST_STEP:
            is_step[run.edge : run.edge + 2, run.start : run.stop] = True
    return is_step
