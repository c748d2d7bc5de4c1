"""A large terrain model is screened for artefacts piece by piece, so that memory does not grow with it.

Pieces are equal parts of the raster with a rim of 64 cells; each is compared with itself, and what is found within
it, without the rim, counts. A seam that runs through several pieces is one seam.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal, NamedTuple

from jezero_sites.quality.seams import Seam

LARGEST_PIECE = 1024  # cells a side: a raster up to this is screened whole
PIECE_CELLS = 768
RIM_CELLS = 64  # of a run of 60 to 100 cells across the border of two pieces, one holds more than half


class Piece(NamedTuple):
    """Rows and columns that a piece answers for, and those that it sees."""

    rows: slice
    columns: slice
    seen_rows: slice
    seen_columns: slice

    @property
    def inner(self) -> tuple[slice, slice]:
        """Where the cells that it answers for lie in those that it sees."""
        top, left = self.seen_rows.start, self.seen_columns.start
        return (
            slice(self.rows.start - top, self.rows.stop - top),
            slice(self.columns.start - left, self.columns.stop - left),
        )

    def placed(self, seam: Seam) -> Seam | None:
        """Return a seam counted in the whole raster; None where it lies in the rim alone."""
        seen, own = (self.seen_rows, self.rows) if seam.axis == "row" else (self.seen_columns, self.columns)
        moved = replace(seam, first=seam.first + seen.start, last=seam.last + seen.start)
        return moved if moved.last >= own.start and moved.first < own.stop else None


def pieces_of(shape: tuple[int, int]) -> list[Piece]:
    """Return the pieces of a raster.

    Examples
    --------
    >>> len(pieces_of((1024, 900))), len(pieces_of((1025, 900)))
    (1, 4)
    """
    is_whole = max(shape) <= LARGEST_PIECE
    rows, columns = (_parts(n, 1 if is_whole else -(-n // PIECE_CELLS)) for n in shape)
    return [Piece(r, c, _with_rim(r, shape[0]), _with_rim(c, shape[1])) for r in rows for c in columns]


def joined_seams(found: Sequence[tuple[Piece, Seam]], shape: tuple[int, int]) -> tuple[Seam, ...]:
    """Return the seams of all pieces, those of one line as one: along rows first, each from the first line on."""
    joined: list[Seam] = []
    axes: tuple[Literal["row", "column"], ...] = ("row", "column")
    for axis in axes:
        length = shape[1] if axis == "row" else shape[0]
        ours = sorted((pair for pair in found if pair[1].axis == axis), key=_order)
        begun = len(joined)
        for piece, seam in ours:
            part = piece.columns if axis == "row" else piece.rows
            share = seam.share * (part.stop - part.start) / length
            last = joined[-1] if len(joined) > begun else None
            if last is not None and seam.first <= last.last + 1:
                joined[-1] = replace(
                    last,
                    last=max(last.last, seam.last),
                    share=min(last.share + share, 1.0),
                    jump_m=max(last.jump_m, seam.jump_m),
                )
            else:
                joined.append(replace(seam, share=share))
    return tuple(joined)


def _order(pair: tuple[Piece, Seam]) -> tuple[int, ...]:
    piece, seam = pair
    return seam.first, seam.last, piece.rows.start, piece.columns.start


def _parts(size: int, count: int) -> list[slice]:
    ends = [size * i // count for i in range(count + 1)]
    return [slice(a, b) for a, b in pairwise(ends)]


def _with_rim(part: slice, size: int) -> slice:
    return slice(max(part.start - RIM_CELLS, 0), min(part.stop + RIM_CELLS, size))
