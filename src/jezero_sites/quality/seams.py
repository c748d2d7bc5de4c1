r"""Seams: straight lines along which a terrain model is kinked, offset or disturbed.

For every cell, the size of the second difference across the line is compared with those of the cells 3 to 8
lines away on both sides:

.. math::
    A(r, c) = \operatorname{mean}_{3 \le |k| \le 8} \operatorname{sgn}\left(|d(r, c)| - |d(r + k, c)|\right),
    \qquad d(r, c) = z(r - 1, c) - 2 z(r, c) + z(r + 1, c),

and likewise, with its sign, :math:`S`. Differences within what rounding makes are ties. A and S are ranks:
a scarp, a rim or a rock that crosses the line counts as the few cells it covers, however high it is, and rough
ground raises the line and its neighbours alike. On ground without seams both have mean 0.

A line is a seam when the mean of A or S over its known cells, or the mean of A over a run of it, is at least
six standard deviations from 0 (the deviation is that of all lines, or of all runs, of the raster: robust, and
never below that of independent cells, :math:`1/\sqrt{3 n}`) and is large as well: on a seam most cells stand
out, and in both halves of a run. Six deviations let less than one line in 10^8 through by chance.

Lines are rows and columns. A seam that is tilted in the raster stays in one line over 1 / tan(tilt) cells
only: it is found where that is a run (a third of the line, 60 to 100 cells), below about one degree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numba import njit

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.quality.quantum import UNIT_M

NEAREST, FARTHEST = 3, 8  # lines compared with; a seam is up to three lines wide
FEWEST = 6  # known cells compared with: one side, at the raster's edge
WHOLE = 27720.0  # least common multiple of 1 to 12: ranks are whole numbers, their sums exact
DEVIATIONS = 6.0
LEAST_LINE, LEAST_RUN = 0.35, 0.55  # mean rank; 0.5: three of four comparisons. A choice of this project
RUN_TO_BEST = 0.6  # how far the runs of a whole line may fall behind the best of them
LEAST_HALF = 0.4  # of each half of a run: a short step with undisturbed ground beside it is no seam
SHORTEST_RUN, LONGEST_RUN = 60, 100  # cells
KNOWN_SHARE = 0.7  # of a run
MAD_TO_DEVIATION = 1.482602


@dataclass(frozen=True)
class Seam:
    """A straight artefact along rows or columns.

    Attributes
    ----------
    axis : "row" or "column"
        Whether it runs along rows or along columns.
    first, last : int
        Its first and last row (or column), counted from 0.
    share : float
        Length over that of the known cells of its line, 0 to 1; an end inside the raster is found to
        about half a run (30 to 50 cells).
    jump_m : float
        Median size of the second difference across its strongest line, in metres: an offset of 1 m is 1 m,
        a kink is the change of slope times the cell.
    """

    axis: Literal["row", "column"]
    first: int
    last: int
    share: float
    jump_m: float


def second_difference(units: FloatArray) -> FloatArray:
    """Return the second difference across rows, NaN on the first and last row.

    Examples
    --------
    >>> second_difference(np.array([[0.0], [0.0], [3.0]]))[:, 0]
    array([nan,  3., nan])
    """
    across = np.full(units.shape, np.nan)
    if len(units) > 2:
        across[1:-1] = (units[2:] + units[:-2]) - 2.0 * units[1:-1]
    return across


@njit(cache=True, nogil=True)
def _compare(line: FloatArray, other: FloatArray, tolerance: float, tally: FloatArray) -> None:
    """Add to the tally (known, larger in size, larger) the comparison of one line with another."""
    known, size, signed = tally[0], tally[1], tally[2]
    for c in range(line.size):
        bigger = abs(line[c]) - abs(other[c])
        higher = line[c] - other[c]
        known[c] += 0.0 if np.isnan(higher) else 1.0
        size[c] += (1.0 if bigger > tolerance else 0.0) - (1.0 if bigger < -tolerance else 0.0)
        signed[c] += (1.0 if higher > 2.0 * tolerance else 0.0) - (1.0 if higher < -2.0 * tolerance else 0.0)


@njit(cache=True, nogil=True)
def _rank(across: FloatArray, tolerance: float, sized: FloatArray, signed: FloatArray) -> None:
    """Fill A and S times ``WHOLE``; NaN where too few cells are known."""
    rows, columns = across.shape
    for r in range(rows):
        tally = np.zeros((3, columns))
        for k in range(NEAREST, FARTHEST + 1):
            if r - k >= 0:
                _compare(across[r], across[r - k], tolerance, tally)
            if r + k < rows:
                _compare(across[r], across[r + k], tolerance, tally)
        for c in range(columns):
            if tally[0, c] >= FEWEST:
                sized[r, c] = tally[1, c] * (WHOLE / tally[0, c])
                signed[r, c] = tally[2, c] * (WHOLE / tally[0, c])


def _deviations(mean: FloatArray, known: FloatArray) -> FloatArray:
    """Return means in standard deviations of such means, which shrink with the root of the cells known."""
    scaled = mean * np.sqrt(known)
    usable = scaled[~np.isnan(scaled)]
    spread = MAD_TO_DEVIATION * float(np.median(np.abs(usable))) if usable.size else 0.0
    deviations: FloatArray = scaled / max(spread, 1.0 / np.sqrt(3.0))
    return deviations


@njit(cache=True, nogil=True)
def _slide(ranks: FloatArray, length: int, means: FloatArray, known: FloatArray) -> None:
    """Fill the mean and the known cells of every run; whole numbers, so that sliding sums are exact."""
    for r in range(len(ranks)):
        total, count = 0.0, 0.0
        for c in range(ranks.shape[1]):
            if ranks[r, c] == ranks[r, c]:
                total += ranks[r, c]
                count += 1.0
            start = c - length + 1
            if start < 0:
                continue
            if count >= KNOWN_SHARE * length:
                means[r, start] = total / count / WHOLE
            known[r, start] = count
            if ranks[r, start] == ranks[r, start]:
                total -= ranks[r, start]
                count -= 1.0


def _means(ranks: FloatArray, length: int) -> tuple[FloatArray, FloatArray]:
    """Return the mean rank and the known cells of every run of ``length`` cells; NaN where too few are known."""
    means = np.full((ranks.shape[0], ranks.shape[1] - length + 1), np.nan)
    known = np.zeros_like(means)
    _slide(ranks, length, means, known)
    return means, known


def _line_means(ranks: FloatArray, least_known: int) -> tuple[FloatArray, FloatArray]:
    """Return the mean rank and the known cells of every line; NaN where too few are known."""
    known = np.sum(~np.isnan(ranks), axis=1).astype(np.float64)
    means = np.nansum(ranks, axis=1) / np.maximum(known, 1.0) / WHOLE
    return np.where(known >= least_known, means, np.nan), known


def _cover(is_run: BoolArray, length: int, columns: int) -> BoolArray:
    """Return the cells that lie in one of the runs, given by their first cells."""
    ends = np.zeros((len(is_run), columns + 1), dtype=np.int32)
    ends[:, : is_run.shape[1]] += is_run
    ends[:, length:] -= is_run
    covered: BoolArray = np.cumsum(ends, axis=1)[:, :columns] > 0
    return covered


def _runs_of_lines(ranks: FloatArray, length: int, *, is_signed: bool) -> BoolArray:
    """Return the runs, by their first cells, that carry the lines which stand out as a whole.

    They are those that stand out at least 0.6 times as much as the best of their line.
    """
    is_run = np.zeros((ranks.shape[0], ranks.shape[1] - length + 1), dtype=np.bool_)
    line, known = _line_means(ranks, length)
    size = np.abs(line) if is_signed else line
    is_line = (np.abs(_deviations(line, known)) >= DEVIATIONS) & (size >= LEAST_LINE)
    for r in np.flatnonzero(is_line):
        here = _means(ranks[r : r + 1], length)[0][0] * np.sign(line[r])
        if not np.isnan(here).all():
            is_run[r] = here >= RUN_TO_BEST * np.nanmax(here)
    return is_run


def _seam_cells(across: FloatArray, tolerance: float) -> BoolArray:
    """Return the cells of rows that stand out as a line."""
    sized, signed = np.full(across.shape, np.nan), np.full(across.shape, np.nan)
    _rank(across, tolerance, sized, signed)
    columns = across.shape[1]
    length = min(max(SHORTEST_RUN, min(LONGEST_RUN, columns // 3)), columns)
    run, known = _means(sized, length)
    is_run = (_deviations(run, known) >= DEVIATIONS) & (run >= LEAST_RUN)
    half, count = _means(sized, length // 2)[0] >= LEAST_HALF, is_run.shape[1]
    is_run &= half[:, :count] & half[:, length - length // 2 :]
    is_run |= _runs_of_lines(sized, length, is_signed=False) | _runs_of_lines(signed, length, is_signed=True)
    return _cover(is_run, length, columns) & ~np.isnan(across)


def _bands(is_line: BoolArray) -> list[tuple[int, int]]:
    """Return first and last of the lines that lie together, with at most one line between."""
    lines = np.flatnonzero(is_line)
    parts = np.split(lines, np.flatnonzero(np.diff(lines) > 2) + 1) if lines.size else []
    return [(int(part[0]), int(part[-1])) for part in parts]


def find_seams(
    units: FloatArray, tolerance: float, *, axis: Literal["row", "column"]
) -> tuple[BoolArray, tuple[Seam, ...]]:
    """Return the cells of seams along one axis, and the seams, first to last.

    Parameters
    ----------
    units : array of shape (rows, columns)
        Heights in whole tenths of a millimetre (``quantum.whole_units``); NaN where unknown.
    tolerance : float
        What rounding puts into a second difference, in the same unit (``quantum.tolerance_units``).
    axis : "row" or "column"
        Direction in which the seams run.

    Examples
    --------
    >>> ground = np.random.default_rng(1).normal(0.0, 200.0, (50, 60)).round()
    >>> ground[21:] += 20000
    >>> find_seams(ground, 10.0, axis="row")[1]
    (Seam(axis='row', first=20, last=21, share=1.0, jump_m=2.0...),)
    """
    turned = units if axis == "row" else np.ascontiguousarray(units.T)
    across = second_difference(turned)
    is_seam = _seam_cells(across, tolerance)
    seams = []
    for first, last in _bands(np.asarray(is_seam.any(axis=1))):
        band = slice(first, last + 1)
        columns = is_seam[band].any(axis=0)
        known = ~np.isnan(across[band])
        jump = max(float(np.nanmedian(np.abs(line[columns]))) for line in across[band])
        share = float((known.any(axis=0) & columns).sum() / known.any(axis=0).sum())
        is_seam[band] |= columns & known
        seams.append(Seam(axis, first, last, share, jump * UNIT_M))
    return (is_seam if axis == "row" else is_seam.T), tuple(seams)
