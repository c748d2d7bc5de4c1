"""What a comparison with gdaldem showed, and the error that it is where the two disagree."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from jezero_sites.errors import JezeroError


@dataclass(frozen=True)
class Comparison:
    """One quantity, ours against gdaldem's.

    Attributes
    ----------
    name, title, unit : str
        ``grey`` is a level of gdaldem's hillshade, 1 to 255, which it rounds to whole numbers.
    deviation : float
        Largest absolute difference; NaN where there was no cell to compare.
    tolerance : float
        The largest that counts as agreement.
    cells : int
        Cells compared.
    unknown_differs : int
        Cells that one of the two knows and the other does not.
    """

    name: str
    title: str
    unit: str
    deviation: float
    tolerance: float
    cells: int
    unknown_differs: int

    @property
    def agrees(self) -> bool:
        """Whether values are near enough and the same cells are known."""
        return not self.deviation > self.tolerance and not self.unknown_differs

    @property
    def used(self) -> float:
        """The deviation as a share of the tolerance."""
        return 0.0 if math.isnan(self.deviation) else self.deviation / self.tolerance


@dataclass(frozen=True)
class Verification:
    """What a comparison with gdaldem showed.

    Attributes
    ----------
    gdal_version : str
    dem_cells, compared_cells : (rows, columns)
        Of the DEM, and of its middle part that was compared.
    dx_m, dy_m : float
        The one cell size that both were run with: that of the DEM's middle row.
    row_spacing_deg : float
        Largest change of Horn's slope where every row has its true cell width instead.
    moved_by_m : tuple of float
        Least and greatest of the whole metres that were added to the heights for gdaldem.
    rounded_by_m : float
        The most by which float32 then changed a height; 0 where all are exact.
    comparisons : tuple of Comparison
    """

    gdal_version: str
    dem_cells: tuple[int, int]
    compared_cells: tuple[int, int]
    dx_m: float
    dy_m: float
    row_spacing_deg: float
    moved_by_m: tuple[float, float]
    rounded_by_m: float
    comparisons: tuple[Comparison, ...]

    @property
    def agrees(self) -> bool:
        """Whether every quantity does."""
        return all(c.agrees for c in self.comparisons)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data; NaN, no cell to compare, is None."""
        rows = [
            {**asdict(c), "deviation": None if math.isnan(c.deviation) else c.deviation, "agrees": c.agrees}
            for c in self.comparisons
        ]
        return {**asdict(self), "agrees": self.agrees, "comparisons": rows}


class Disagreement(JezeroError):
    """Our quantities differ from gdaldem's by more than they may: ``E_VERIFY``, our fault until shown otherwise."""

    def __init__(self, verification: Verification, *, file: str | None = None) -> None:
        self.verification = verification
        found = "; ".join(_difference(c) for c in verification.comparisons if not c.agrees)
        needed, fix = f"what gdaldem {verification.gdal_version} gives", "please report it with the DEM"
        super().__init__("E_VERIFY", found=found, needed=needed, fix=fix, file=file)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_disagreement, (self.verification, self.file))

    def as_dict(self) -> dict[str, Any]:
        """Return the error as plain data, with the whole comparison under ``verification``."""
        return {**super().as_dict(), "verification": self.verification.as_dict()}


def _disagreement(verification: Verification, file: str | None) -> Disagreement:
    return Disagreement(verification, file=file)


def _difference(c: Comparison) -> str:
    if c.unknown_differs:
        return f"{c.name}: {c.unknown_differs} cells are known to one alone"
    return f"{c.name}: {c.deviation:.2g} {c.unit} apart, {c.tolerance:.2g} allowed"
