r"""True size of the cells of a map: how far a step on the map goes on the ground.

.. math::

   \binom{\Delta\lambda}{\Delta\phi} =
       \begin{pmatrix} x_\lambda & x_\phi \\ y_\lambda & y_\phi \end{pmatrix}^{-1}
       \binom{\Delta x}{\Delta y}, \qquad
   \text{east} = \cos\phi\,\Delta\lambda, \qquad \text{north} = \Delta\phi

with the derivatives of the projection on a sphere of radius 1, so that steps in metres stay in metres.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from affine import Affine

from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError

MAX_SKEW_FRACTION = 1e-3
"""Cells may deviate by this much from true rectangles of one size per row."""


_CYLINDRICAL = ("Equidistant Cylindrical", "Mercator (", "Lambert Cylindrical Equal Area")


def turn_m(crs: Any) -> float:
    """Return the map metres of a full turn of longitude; 0 where they are not the same everywhere.

    They are on cylindrical maps. A map from 0 to 360 degrees and one from -180 to 180 then differ by a turn.

    Examples
    --------
    >>> import pyproj
    >>> round(turn_m(pyproj.CRS("+proj=eqc +R=1000 +units=m")) / (2 * np.pi), 6)
    1000.0
    """
    import pyproj

    operation = crs.coordinate_operation
    if operation is None or not operation.method_name.startswith(_CYLINDRICAL):
        return 0.0
    middle = next((p.value for p in operation.params if p.name == "Longitude of natural origin"), 0.0)
    projection = pyproj.Proj(crs)
    return 4.0 * float(projection(middle + 90.0, 0.0)[0] - projection(middle, 0.0)[0])


def check_frame(transform: Affine, crs: Any) -> None:
    """Refuse what the spacing cannot be computed for; readers of files refuse it earlier and say more."""
    if transform.b or transform.d or not transform.a > 0 > transform.e:
        raise _projection_error("the grid is not north-up")
    sphere = crs.ellipsoid
    if not crs.is_projected or any(axis.unit_conversion_factor != 1 for axis in crs.axis_info):
        raise _projection_error(f"'{crs.name}' is not a map in metres")
    if sphere is None or sphere.semi_major_metre != sphere.semi_minor_metre:
        raise _projection_error(f"'{crs.name}' does not stand on a sphere")


def ground_steps(factors: Any, lat_deg: Any, step_x: float, step_y: float) -> tuple[Any, Any]:
    """Return the east and north parts on the ground of a step on the map, per unit of the sphere's radius."""
    det = factors.dx_dlam * factors.dy_dphi - factors.dx_dphi * factors.dy_dlam
    dlam = (step_x * factors.dy_dphi - step_y * factors.dx_dphi) / det
    dphi = (step_y * factors.dx_dlam - step_x * factors.dy_dlam) / det
    return dlam * np.cos(np.radians(lat_deg)), dphi


def ground_spacing(shape: tuple[int, int], transform: Affine, crs: Any) -> tuple[FloatArray, float]:
    """Return the true cell width per row (at the middle column) and the cell height, in metres.

    Raises
    ------
    InputError
        ``E_PROJECTION`` where cells deviate by more than `MAX_SKEW_FRACTION`, or lie off the planet.
    """
    import pyproj

    rows, cols = shape
    projection = pyproj.Proj(crs)
    columns = sorted({0, (cols - 1) // 2, cols - 1})
    cells = [_cells_of_column(projection, col, rows, transform) for col in columns]
    widths, heights, skews = (np.array(sizes) for sizes in zip(*cells, strict=True))
    middle = len(columns) // 2
    dx_m, dy_m = np.round(widths[middle], 9), float(np.round(heights[middle, rows // 2], 9))
    worst = max(float(np.max(np.abs(d))) for d in (skews, widths / dx_m - 1, heights / dy_m - 1))
    if not worst <= MAX_SKEW_FRACTION:
        raise _projection_error(
            f"cells deviate by {worst:.2%} from rectangles of one size per row on the ground"
        )
    return dx_m, dy_m


def _cells_of_column(
    projection: Any, col: int, rows: int, transform: Affine
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return width, height and skew (cosine of the corner) of each cell of a column, on the ground."""
    x = np.full(rows, transform.c + transform.a * (col + 0.5))
    y = transform.f + transform.e * (np.arange(rows) + 0.5)
    lon, lat = projection(x, y, inverse=True)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise _projection_error("part of the grid lies off the planet in its own CRS")
    factors = projection.get_factors(lon, lat)
    east_x, north_x = ground_steps(factors, lat, transform.a, 0.0)
    east_y, north_y = ground_steps(factors, lat, 0.0, -transform.e)
    width, height = np.hypot(east_x, north_x), np.hypot(east_y, north_y)
    return width, height, (east_x * east_y + north_x * north_y) / (width * height)


def _projection_error(found: str) -> InputError:
    return InputError(
        "E_PROJECTION",
        found=found,
        needed="a north-up map in metres of a sphere, true to scale within 0.1 % along each row",
        fix="gdalwarp to an equirectangular or transverse Mercator CRS centred on the area",
        field="crs",
    )
