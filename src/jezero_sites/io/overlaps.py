"""Tiles of one grid where they overlap: by how much they differ, what is told of it and what is refused.

Two tiles of the same ground never agree to the last digit, so a small disagreement is told, pair by pair.
A large one has a cause that no choice between the two can mend: a wrong unit, a wrong place, or heights
above two datums. The last shows as an offset of hundreds of metres that hardly varies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.errors import InputError, Notice, RefusedInputs
from jezero_sites.io.datum import at_odds, is_stated
from jezero_sites.raster import Raster

MAX_SEAM_DZ_M = 10.0
"""Largest RMS difference of two tiles where both have heights, in metres; a choice between two measurements.

DEMs of one datum differ by far less: CTX and HiRISE stereo of one place in Jezero by 1.5 m, and even a CTX
DEM that is mostly stereo noise scatters by 2 m about its own 5 x 5 planes, 3 m for two such. The least
mistake to be found is larger: 190 m between spheres of 3396.0 and 3396.19 km, 1178 m between sphere and
areoid at 9 N 156 E.
"""

DATUM_OFFSET_M = 100.0
"""Least offset that is taken for one of two datums; below it a wrong place or unit is as likely."""

DATUM_SPREAD_FRACTION = 0.1
"""Largest scatter of such an offset, as a share of it. Sphere less areoid varies by 1.3 % in 5 x 10 km."""

DATUM_CELLS = 9
"""So few cells may be one blunder, and are not called a datum."""

_STRIP_CELLS = 1 << 22


@dataclass(frozen=True)
class Tile:
    """A raster and the place of its first cell in the common grid."""

    raster: Raster
    row: int
    column: int

    @property
    def name(self) -> str:
        """Name of its file."""
        return self.raster.sources[0].name

    @property
    def datum(self) -> str:
        """What its heights are above, as stated."""
        return self.raster.tags.get("VERTICAL_DATUM", "")

    @property
    def last_row(self) -> int:
        """First row of the common grid below it."""
        return self.row + self.raster.grid.shape[0]

    @property
    def last_column(self) -> int:
        """First column of the common grid to the right of it."""
        return self.column + self.raster.grid.shape[1]

    def part(self, rows: tuple[int, int], columns: tuple[int, int]) -> NDArray[Any]:
        """Return the values within rows and columns of the common grid."""
        (top, bottom), (left, right) = rows, columns
        return self.raster.values[
            top - self.row : bottom - self.row, left - self.column : right - self.column
        ]


@dataclass(frozen=True)
class Overlap:
    """How two tiles differ where both have values: the later less the earlier, in metres."""

    cells: int
    differing: int
    rms_m: float
    largest_m: float
    mean_m: float

    @property
    def spread_m(self) -> float:
        """Standard deviation of the difference, in metres."""
        return math.sqrt(max(self.rms_m**2 - self.mean_m**2, 0.0))

    @property
    def is_datum_offset(self) -> bool:
        """Whether the difference is that of two datums: large, and nearly the same everywhere."""
        is_steady = self.spread_m <= DATUM_SPREAD_FRACTION * abs(self.mean_m)
        return self.cells >= DATUM_CELLS and abs(self.mean_m) >= DATUM_OFFSET_M and is_steady

    def in_words(self, name: str) -> str:
        """Return the numbers as a sentence that names the other tile."""
        of = f"{self.differing} of {self.cells} cells"
        return f"{of} shared with {name} differ, RMS {self.rms_m:.4g} m, largest {self.largest_m:.4g} m"


def overlap(earlier: Tile, later: Tile) -> Overlap | None:
    """Return how two tiles differ where both have values; None where there is no such cell."""
    top, bottom = max(earlier.row, later.row), min(earlier.last_row, later.last_row)
    left, right = max(earlier.column, later.column), min(earlier.last_column, later.last_column)
    if top >= bottom or left >= right:
        return None
    step = max(_STRIP_CELLS // (right - left), 1)
    cells, differing, total, squares, largest = 0, 0, 0.0, 0.0, 0.0
    for row in range(top, bottom, step):
        rows = (row, min(row + step, bottom))
        difference = later.part(rows, (left, right)).astype(np.float64) - earlier.part(rows, (left, right))
        known = difference[np.isfinite(difference)]
        cells += known.size
        differing += int(np.count_nonzero(known))
        total += float(known.sum())
        squares += float(np.dot(known, known))
        largest = max(largest, float(np.abs(known).max(initial=0.0)))
    if not cells:
        return None
    return Overlap(cells, differing, math.sqrt(squares / cells), largest, total / cells)


def seam_notices(tiles: Sequence[Tile], *, max_seam_dz_m: float) -> tuple[Notice, ...]:
    """Return a notice for each tile that differs from an earlier one where both have values.

    Parameters
    ----------
    tiles : sequence of Tile
        In the order in which they count.
    max_seam_dz_m : float
        Largest RMS difference of a pair, in metres.

    Raises
    ------
    RefusedInputs
        ``E_DATUM_MISMATCH`` for each pair whose heights are above two datums, as their difference shows;
        ``E_SEAM`` for each other pair that differs by more than ``max_seam_dz_m``.
    """
    notices: list[Notice] = []
    errors: list[InputError] = []
    for index, tile in enumerate(tiles):
        told = []
        for earlier in tiles[:index]:
            found = overlap(earlier, tile)
            if found is None or not found.differing:
                continue
            error = _refusal(earlier, tile, found, max_seam_dz_m)
            errors += [error] if error else []
            told.append(found.in_words(earlier.name))
        if told:
            words = f"{'; '.join(told)}; the earlier file was used"
            fix = "check datum and registration of the tiles"
            notices.append(Notice("W_SEAM", words, fix, str(tile.raster.sources[0])))
    if errors:
        raise RefusedInputs(tuple(errors))
    return tuple(notices)


def _refusal(earlier: Tile, later: Tile, found: Overlap, max_seam_dz_m: float) -> InputError | None:
    """Return why two tiles cannot be one raster; None where they can."""
    file, datums = str(later.raster.sources[0]), (earlier.datum, later.datum)
    if found.is_datum_offset and not (all(map(is_stated, datums)) and not at_odds(*datums)):
        stated = " and ".join(f"'{d}'" if is_stated(d) else "unstated" for d in datums[::-1])
        offset = f"{found.mean_m:+.1f} m on {found.cells} shared cells, scatter {found.spread_m:.2g} m"
        return InputError(
            "E_DATUM_MISMATCH",
            found=f"heights lie {offset}, from those of {earlier.name}: two vertical datums ({stated})",
            needed="tiles of one vertical datum",
            fix="bring both to one datum, or assess them one by one; if they are of one: --vertical-datum TEXT",
            file=file,
            field="vertical datum",
        )
    if found.rms_m <= max_seam_dz_m:
        return None
    return InputError(
        "E_SEAM",
        found=found.in_words(earlier.name),
        needed=f"an RMS difference of at most {max_seam_dz_m:g} m",
        fix="check unit, datum and registration of the tiles; if they may differ so: --max-seam-dz METRES",
        file=file,
        field="overlap",
    )
