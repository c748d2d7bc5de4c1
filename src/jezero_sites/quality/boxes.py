"""Boxes: rectangles along rows and columns that are offset against the ground around them by one height.

Stereo matchers that work tile by tile leave squares that are 0.5 to 1 m too high or too low (notes on known
artefacts that come with the HiRISE terrain models). A box is closed by four straight runs of sharp offsets
(``steps``) that agree: up on one side and down on the other, both ways, with jumps of 0.3 to 2 m that differ
by less than a factor of 2, and corners that meet within two cells. The slopes of both sides are taken off
before an offset counts, so the inside goes on as the ground outside does.
"""

from __future__ import annotations

from jezero_sites.quality.steps import Run

SHORTEST_SIDE = 4  # cells
LEAST_JUMP_M, LARGEST_JUMP_M = 0.3, 2.0  # a margin about the 0.5 to 1 m that are reported
LARGEST_RATIO = 2.0
CORNER = 2  # cells by which sides may miss each other: rough ground eats the ends of a run
SIDE_SHARE = 0.7  # of a side that its run covers

Box = tuple[int, int, int, int]  # first row, last row, first column, last column


def _covers(run: Run, first: int, last: int) -> bool:
    """Return whether the run covers enough of a side."""
    overlap = min(run.stop, last + 1) - max(run.start, first)
    return overlap >= SIDE_SHARE * (last - first + 1)


def _have_one_jump(sides: list[Run]) -> bool:
    """Return whether the jumps are those of a box, and alike."""
    jumps = [side.jump_m for side in sides]
    in_range = min(jumps) >= LEAST_JUMP_M and max(jumps) <= LARGEST_JUMP_M
    return in_range and max(jumps) <= LARGEST_RATIO * min(jumps)


def _side(runs: dict[int, list[Run]], edge: int, sign: int, span: tuple[int, int]) -> Run | None:
    """Return a run at the edge, or within the corner's tolerance of it, that covers the span."""
    for near in sorted(range(edge - CORNER, edge + CORNER + 1), key=lambda other: abs(other - edge)):
        for run in runs.get(near, ()):
            if run.sign == sign and _covers(run, *span):
                return run
    return None


def _by_edge(runs: list[Run]) -> dict[int, list[Run]]:
    """Return the runs that lie on each edge."""
    table: dict[int, list[Run]] = {}
    for run in runs:
        table.setdefault(run.edge, []).append(run)
    return table


def _pairs(runs: list[Run]) -> list[tuple[Run, Run]]:
    """Return opposite runs over the same cells with opposite signs: the north and south sides of a box."""
    table: dict[int, list[Run]] = {}
    for run in runs:
        table.setdefault(run.start, []).append(run)
    pairs = []
    for north in runs:
        for start in range(north.start - CORNER, north.start + CORNER + 1):
            for south in table.get(start, ()):
                fits = abs(south.stop - north.stop) <= CORNER and south.sign == -north.sign
                if fits and south.edge - north.edge >= SHORTEST_SIDE:
                    pairs.append((north, south))
    return pairs


def find_boxes(row_runs: list[Run], column_runs: list[Run]) -> tuple[tuple[Box, ...], set[Run], set[Run]]:
    """Return the boxes, and the row and column runs that are their sides.

    Parameters
    ----------
    row_runs, column_runs : lists of Run
        Offsets between rows (start and stop count columns) and between columns (start and stop count rows).

    Returns
    -------
    boxes : tuple of (first row, last row, first column, last column)
    row_sides, column_sides : sets of Run

    Examples
    --------
    A raised square of five cells with its corner in row 3, column 7:

    >>> rows = [Run(2, 7, 12, 1, 0.5), Run(7, 7, 12, -1, 0.5)]
    >>> columns = [Run(6, 3, 8, 1, 0.5), Run(11, 3, 8, -1, 0.5)]
    >>> find_boxes(rows, columns)[0]
    ((3, 7, 7, 11),)
    """
    table = _by_edge(column_runs)
    boxes, row_sides, column_sides = [], set(), set()
    for north, south in _pairs(row_runs):
        span = (north.edge + 1, south.edge)
        first, last = min(north.start, south.start), max(north.stop, south.stop) - 1
        west = _side(table, first - 1, north.sign, span)
        east = _side(table, last, -north.sign, span)
        if west and east and _have_one_jump([north, south, west, east]):
            boxes.append((*span, west.edge + 1, east.edge))
            row_sides |= {north, south}
            column_sides |= {west, east}
    return tuple(boxes), row_sides, column_sides
