"""Artefacts of stereo terrain models: seams, boxes, facets and steps, cell by cell.

A stereo model carries shapes that are not ground: lines where image strips or processing tiles meet, squares
offset by half a metre to a metre, and "faceted" patches where the matcher interpolated bland or shadowed ground
(the notes that come with the HiRISE terrain models name all three). They make false slopes: an offset of 1 m
between two cells of 1 m is a slope of 26.6 deg in a 3 x 3 window. Flagged cells deserve less confidence; cells
without a flag are not proven sound.

The screen compares each part of the raster with the whole of it: the result depends on the raster given. Pass
the mosaic, not its tiles; one with a side of more than 1024 cells in the pieces of ``pieces_of``. Turning the raster
by quarter turns or mirroring it turns or mirrors the flags.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from jezero_sites.arrays import BoolArray, ByteArray, FloatArray
from jezero_sites.quality.boxes import Box, find_boxes
from jezero_sites.quality.facets import facet_cells
from jezero_sites.quality.quantum import tolerance_units, whole_units
from jezero_sites.quality.seams import Seam, find_seams
from jezero_sites.quality.steps import Run, offsets, sharp_edges, step_cells, straight_runs
from jezero_sites.terrain.ground import as_heights, as_spacing

__all__ = ["BOX", "FACET", "FLAG_NAMES", "SEAM", "STEP", "Artefacts", "Seam", "artefacts"]

SEAM, BOX, FACET, STEP = 1, 2, 4, 8
FLAG_NAMES = MappingProxyType({SEAM: "seam", BOX: "box", FACET: "facet", STEP: "step"})
SMALLEST_SIDE = 20  # cells: below that there is nothing to compare with
_STRIP_CELLS = 1 << 22
SHORTEST_RUN = 4  # cells: the shortest side of a box


@dataclass(frozen=True, eq=False)
class Artefacts:
    """What the screen found.

    Attributes
    ----------
    flags : uint8 array of shape (rows, columns)
        Sum of the bits in ``FLAG_NAMES``: 1 seam, 2 box, 4 facet, 8 step. 0: nothing found, or height unknown.
    seams : tuple of Seam
        The seams along rows from north to south, then those along columns from west to east.
    screened : bool
        False where the DEM was too small to be screened: no flag then means nothing.
    """

    flags: ByteArray
    seams: tuple[Seam, ...]
    screened: bool = True

    def share(self, flag: int) -> float:
        """Return the share of all cells that carry a flag, 0 to 1.

        Examples
        --------
        >>> Artefacts(np.array([[3, 2, 0, 0]], dtype=np.uint8), ()).share(BOX)
        0.5
        """
        if not self.flags.size:
            return 0.0
        step = max(1, _STRIP_CELLS // self.flags.shape[1])
        strips = (self.flags[row : row + step] for row in range(0, len(self.flags), step))
        return sum(int(np.count_nonzero(strip & flag)) for strip in strips) / self.flags.size


def _box_cells(boxes: tuple[Box, ...], shape: tuple[int, int]) -> BoolArray:
    """Return the cells of boxes, and those just outside: their slopes are false too."""
    is_box = np.zeros(shape, dtype=np.bool_)
    for top, bottom, left, right in boxes:
        is_box[max(top - 1, 0) : bottom + 2, max(left - 1, 0) : right + 2] = True
    return is_box


def _runs(units: FloatArray, spacing_m: FloatArray) -> list[Run]:
    """Return the straight offsets between rows, long enough for the side of a box."""
    signs = sharp_edges(units, spacing_m=spacing_m)
    return straight_runs(signs, offsets(units), shortest=SHORTEST_RUN)


def artefacts(elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float) -> Artefacts:
    """Return which cells of a terrain model look like artefacts of its making.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.

    Returns
    -------
    Artefacts
        Without any flag, and not screened, where a side is shorter than 20 cells or no height is known.

    Raises
    ------
    ValueError
        If shapes do not fit, or a spacing is not positive and finite.

    References
    ----------
    Kirk et al. (2021), Remote Sens. 13(17), 3511, on errors of stereo terrain models. doi:10.3390/rs13173511

    Examples
    --------
    Rough ground whose rows from 21 on are 2 m too high:

    >>> ground_m = np.random.default_rng(1).normal(0.0, 0.02, (50, 60))
    >>> ground_m[21:] += 2.0
    >>> found = artefacts(ground_m, dx_m=np.ones(50), dy_m=1.0)
    >>> [(seam.axis, seam.first, seam.last) for seam in found.seams]
    [('row', 20, 21)]
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    if min(heights.shape) < SMALLEST_SIDE or np.isnan(heights).all():
        return Artefacts(np.zeros(heights.shape, dtype=np.uint8), (), screened=False)
    units, tolerance = whole_units(heights), tolerance_units(heights)
    along_rows, row_seams = find_seams(units, tolerance, axis="row")
    along_columns, column_seams = find_seams(units, tolerance, axis="column")
    is_seam = along_rows | along_columns
    is_box, is_step = _boxes_and_steps(units, widths, height)
    flags = np.zeros(heights.shape, dtype=np.uint8)
    is_facet = facet_cells(units, tolerance)
    for bit, is_found in ((SEAM, is_seam), (BOX, is_box), (FACET, is_facet), (STEP, is_step & ~is_seam)):
        flags[is_found] |= bit
    flags[np.isnan(heights)] = 0
    return Artefacts(flags, row_seams + column_seams)


def _boxes_and_steps(units: FloatArray, dx_m: FloatArray, dy_m: float) -> tuple[BoolArray, BoolArray]:
    """Return the cells of boxes, and those of straight offsets that are no side of a box."""
    shape = (units.shape[0], units.shape[1])
    row_runs = _runs(units, np.array(dy_m))
    column_runs = _runs(np.ascontiguousarray(units.T), dx_m)
    boxes, row_sides, column_sides = find_boxes(row_runs, column_runs)
    is_step = step_cells([run for run in row_runs if run not in row_sides], shape)
    is_step |= step_cells([run for run in column_runs if run not in column_sides], shape[::-1]).T
    return _box_cells(boxes, shape), is_step
