"""Where values lie (:class:`Grid`) and what lies there (:class:`Raster`).

Map metres are not ground metres: on an equirectangular map of Mars with its standard parallel at the
equator, a "1 m" cell at Jezero is 0.9486 m wide on the ground. A grid therefore carries the true
spacing of its cells, one width per row, and everything that measures distance uses that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine
from numpy.typing import ArrayLike, NDArray

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.errors import Notice
from jezero_sites.spacing import check_frame, ground_spacing, ground_steps, turn_m

if TYPE_CHECKING:
    import pyproj


@dataclass(frozen=True, eq=False)
class Grid:
    """A north-up grid of cells on Mars, with the true size of its cells.

    Make one with :meth:`of`, which derives the spacing from the CRS.

    Attributes
    ----------
    shape : (rows, columns)
    transform : Affine
        From (column, row) of cell corners to map metres; no rotation, rows run south.
    crs : pyproj.CRS
        A projected CRS in metres on a sphere.
    dx_m : array of shape (rows,)
        True ground width of the cells of each row, in metres.
    dy_m : float
        True ground height of the cells, in metres.
    part_of : (Grid, first row, first column) or None
        The grid that this one was cut from, and where it begins there; None where it is whole.
    """

    shape: tuple[int, int]
    transform: Affine
    crs: pyproj.CRS
    dx_m: FloatArray
    dy_m: float
    part_of: tuple[Grid, int, int] | None = None

    @classmethod
    def of(cls, shape: tuple[int, int], transform: Affine, crs: Any) -> Grid:
        """Return the grid with the ground spacing that follows from its CRS.

        Raises
        ------
        InputError
            ``E_PROJECTION`` where the grid is not north-up or its CRS not a map in metres of a sphere,
            and where cells are skewed or vary in width along a row, or in height, by more than 0.1 %.
        """
        import pyproj

        crs = pyproj.CRS.from_user_input(crs)
        check_frame(transform, crs)
        dx_m, dy_m = ground_spacing(shape, transform, crs)
        return cls(shape, transform, crs, dx_m, dy_m)

    @cached_property
    def projection(self) -> pyproj.Proj:
        """The map projection, on the CRS's own sphere."""
        import pyproj

        return pyproj.Proj(self.crs)

    @cached_property
    def _turn_m(self) -> float:
        return turn_m(self.crs)

    @property
    def body_radius_m(self) -> float:
        """Radius of the sphere that the CRS stands on, in metres."""
        return float(self.crs.ellipsoid.semi_major_metre) if self.crs.ellipsoid else float("nan")

    @property
    def whole(self) -> Grid:
        """The grid that this one was cut from, or itself."""
        return self if self.part_of is None else self.part_of[0]

    @property
    def rows_of_whole(self) -> slice:
        """The rows of the whole grid that this one has."""
        top = 0 if self.part_of is None else self.part_of[1]
        return slice(top, top + self.shape[0])

    @property
    def columns_of_whole(self) -> slice:
        """The columns of the whole grid that this one has."""
        left = 0 if self.part_of is None else self.part_of[2]
        return slice(left, left + self.shape[1])

    @property
    def mean_dx_m(self) -> float:
        """True ground width of a cell in the middle row of the whole grid, in metres."""
        widths = self.whole.dx_m
        return float(widths[len(widths) // 2])

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top edge, in map metres."""
        rows, cols = self.shape
        left, top = self.transform.c, self.transform.f
        return left, top + self.transform.e * rows, left + self.transform.a * cols, top

    @cached_property
    def north_deg(self) -> float:
        """Azimuth of the whole grid's "up" at its centre, clockwise from true north, in degrees."""
        if self.part_of is not None:
            return self.whole.north_deg
        rows, cols = self.shape
        lon, lat = self.lonlat(*self.xy((rows - 1) / 2, (cols - 1) / 2))
        factors = self.projection.get_factors(float(lon), float(lat))
        up_east, up_north = ground_steps(factors, float(lat), 0.0, 1.0)
        return float(np.degrees(np.arctan2(up_east, up_north)))

    def xy(self, rows: ArrayLike, cols: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the map metres of cell centres, which lie at whole rows and columns."""
        r, c = np.asarray(rows, float), np.asarray(cols, float)
        t = self.transform
        return t.c + t.a * (c + 0.5), t.f + t.e * (r + 0.5)

    def rowcol(self, x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return fractional rows and columns of map positions; cell centres are whole numbers."""
        r = (np.asarray(y, float) - self.transform.f) / self.transform.e - 0.5
        c = (np.asarray(x, float) - self.transform.c) / self.transform.a - 0.5
        return r, c

    def contains(self, x: ArrayLike, y: ArrayLike) -> BoolArray:
        """Tell which map positions lie on the grid; an unknown position does not."""
        r, c = self.rowcol(x, y)
        rows, cols = self.shape
        inside: BoolArray = (r >= -0.5) & (r < rows - 0.5) & (c >= -0.5) & (c < cols - 0.5)
        return inside

    def lonlat(self, x: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return east-positive longitude (0 up to 360) and planetocentric latitude, in degrees.

        NaN where there is no such place on the planet.
        """
        east_m, north_m = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        lon, lat = self.projection(east_m, north_m, inverse=True)
        known = np.isfinite(lon) & np.isfinite(lat)
        east = np.where(known, lon, np.nan) % 360.0
        return np.where(east == 360.0, 0.0, east), np.where(known, lat, np.nan)

    def from_lonlat(self, lon_deg: ArrayLike, lat_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return map metres of planetocentric positions; NaN where a position is unknown or off the map.

        Latitudes are used as they are, also from another sphere: a planetocentric latitude does not
        depend on the radius of the sphere. Where a map goes on beyond a full turn, as from 0 to 360
        degrees and further, a position comes out on the side that is nearer to the grid's middle.
        """
        lon, lat = np.broadcast_arrays(np.asarray(lon_deg, float), np.asarray(lat_deg, float))
        known = np.isfinite(lon) & np.isfinite(lat)
        x, y = self.projection(np.where(known, lon, 0.0), np.where(known, lat, 0.0))
        known &= np.isfinite(x) & np.isfinite(y)
        if self._turn_m:
            left, _, right, _ = self.bounds
            x = x + self._turn_m * np.round(((left + right) / 2 - np.where(known, x, 0.0)) / self._turn_m)
        return np.where(known, x, np.nan), np.where(known, y, np.nan)

    def window(self, row0: int, row1: int, col0: int, col1: int) -> Grid:
        """Return the part [row0, row1) x [col0, col1), which is measured as the whole grid is."""
        top, left = (0, 0) if self.part_of is None else self.part_of[1:]
        part = Grid((row1 - row0, col1 - col0), self.transform, self.crs, self.dx_m[row0:row1], self.dy_m)
        return replace(part.shifted(row0, col0), part_of=(self.whole, top + row0, left + col0))

    def shifted(self, rows: float, cols: float) -> Grid:
        """Return the grid moved by cells, which may be parts of a cell, down and to the right."""
        t = self.transform
        moved = Affine(t.a, t.b, t.c + cols * t.a, t.d, t.e, t.f + rows * t.e)
        return replace(self, transform=moved)


@dataclass(frozen=True)
class Fingerprint:
    """A file as it was when it was read; :mod:`jezero_sites.io.hashing` takes and checks it.

    Attributes
    ----------
    path : Path
    sha256 : str
        Of its bytes, 64 hexadecimal digits.
    size_bytes : int
    stamp : tuple of int
        Device, inode, size, time of change and of status change in ns, as the file system told them.
    is_settled : bool
        Whether the file was old enough then for its times to tell of every later change.
    """

    path: Path
    sha256: str
    size_bytes: int
    stamp: tuple[int, ...]
    is_settled: bool


@dataclass(frozen=True, eq=False)
class Raster:
    """What was measured and where: values on a grid; NaN marks the unknown.

    Attributes
    ----------
    values : array of shape (rows, columns)
    grid : Grid
    name : str
        Name of the quantity with its unit last: ``slope_deg``.
    unit : str
    tags : mapping of str to str
        How it was made: method, lengths used, source; written into files.
    notices : tuple of Notice
        What the user should know about it.
    sources : tuple of Path
        The files it was read from.
    fingerprints : tuple of Fingerprint
        Those files, and what they led to, as they were then.
    repairs : mapping of file name to counts
        Cells that were mended while each file was read, as ``sentinel_cells``.
    """

    values: NDArray[Any]
    grid: Grid
    name: str
    unit: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    sources: tuple[Path, ...] = ()
    fingerprints: tuple[Fingerprint, ...] = ()
    repairs: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def like(
        self, values: NDArray[Any], *, name: str, unit: str = "", tags: Mapping[str, str] | None = None
    ) -> Raster:
        """Return another quantity on the same grid."""
        return Raster(values, self.grid, name, unit, dict(tags or {}), (), self.sources, self.fingerprints)

    def __repr__(self) -> str:
        rows, cols = self.grid.shape
        known = np.isfinite(self.values) if self.values.dtype.kind == "f" else np.ones(self.grid.shape, bool)
        span = "all unknown"
        if known.any():
            span = f"{np.min(self.values[known]):.6g} to {np.max(self.values[known]):.6g}"
        unit = f" {self.unit}" if self.unit else ""
        return (
            f"<Raster {self.name}: {rows} x {cols} cells of {self.grid.mean_dx_m:.4f} (E) x "
            f"{self.grid.dy_m:.4f} m (N) on the ground, {span}{unit}, {1 - known.mean():.1%} unknown>"
        )


def same_grid(a: Grid, b: Grid) -> bool:
    """Tell whether two grids have the same cells in the same places (to 1e-6 of a cell)."""
    tolerance = 1e-6 * abs(a.transform.a)
    close = all(abs(p - q) <= tolerance for p, q in zip(a.bounds, b.bounds, strict=True))
    return a.shape == b.shape and close and a.crs == b.crs
