r"""Sunlight on the ground: Lambert shading and cast shadows.

.. math::

   \mu = \frac{\cos i - \sin i\,(z_x \sin A + z_y \cos A)}{\sqrt{1 + z_x^2 + z_y^2}}, \qquad
   I = a\left[(1-f)\,\ell\,\max(\mu, 0) + f \cos i\;\frac{1 + n_z}{2}\right]

for solar incidence :math:`i`, sun azimuth :math:`A` clockwise from north, gradients :math:`z_x` to the
east and :math:`z_y` to the north, albedo :math:`a`, sky share :math:`f`, upward part of the normal
:math:`n_z`, and :math:`\ell` 1 in the sun, 0 in shadow. Level sunlit ground shows :math:`a \cos i`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from jezero_sites.arrays import BoolArray, FloatArray

__all__ = ["cast_shadow", "lambert_shading", "sunlit_image"]

SKY_FRACTION = 0.35
"""Share of light that comes from the dusty sky (choice of this project)."""

TIE_M = 1e-9
"""Ground that reaches no higher than this into a ray casts no shadow: heights of kilometres are told
apart to about 5e-13 m in double precision, and a ray is a sum of few of them."""


def _checked(elevation_m: FloatArray, incidence_deg: float) -> FloatArray:
    """Return the heights ready for the kernels, or raise what is wrong with them."""
    if not 0 <= incidence_deg < 90:
        raise ValueError(f"found an incidence of {incidence_deg} degrees; it must be from 0 to below 90")
    if not np.isfinite(elevation_m).all():
        raise ValueError("found unknown heights; sunlight needs ground without gaps")
    return np.ascontiguousarray(elevation_m, dtype=np.float64)


def lambert_shading(
    elevation_m: FloatArray, *, dx_m: float, dy_m: float, sun_azimuth_deg: float, incidence_deg: float
) -> FloatArray:
    """Return the cosine of the local angle of incidence; negative where the ground faces away.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north, without NaN; two or more rows and columns.
    dx_m, dy_m : float
        Ground width and height of a cell, in metres.
    sun_azimuth_deg : float
        Direction to the sun, clockwise from north.
    incidence_deg : float
        Angle of the sun from the vertical, 0 to below 90.

    Returns
    -------
    array of shape (rows, columns)
        -1 to 1. Central differences; one-sided at the edges.

    Raises
    ------
    ValueError
        When a height is unknown or the sun is not above the horizon.

    Examples
    --------
    >>> level = np.zeros((2, 3))
    >>> lambert_shading(level, dx_m=1.0, dy_m=1.0, sun_azimuth_deg=200, incidence_deg=60).round(9)[0]
    array([0.5, 0.5, 0.5])
    """
    heights = _checked(elevation_m, incidence_deg)
    southward, eastward = np.gradient(heights, dy_m, dx_m)
    azimuth, incidence = math.radians(sun_azimuth_deg), math.radians(incidence_deg)
    toward_sun = eastward * math.sin(azimuth) - southward * math.cos(azimuth)
    shading: FloatArray = (math.cos(incidence) - math.sin(incidence) * toward_sun) / np.sqrt(
        1 + eastward**2 + southward**2
    )
    return shading


@njit(cache=True, nogil=True)
def _meets_ground(
    z: FloatArray, row: int, column: int, per_step: tuple[float, float, float], highest: float
) -> bool:
    """Tell whether a ray toward the sun meets higher ground on the lines it crosses.

    `per_step` moves the ray by one line: rows, columns (one of them exactly 1 or -1), and metres up.
    """
    rows, columns = z.shape
    step = 1
    while True:
        ray = z[row, column] + step * per_step[2]
        r, c = row + step * per_step[0], column + step * per_step[1]
        if ray > highest or r < 0 or c < 0 or r > rows - 1 or c > columns - 1:
            return False
        i, j = int(r), int(c)
        fraction = (r - i) + (c - j)
        ground = z[i, j]
        if fraction > 0:
            beyond = z[i + 1, j] if r > i else z[i, j + 1]
            ground += fraction * (beyond - ground)
        if ground > ray + TIE_M:
            return True
        step += 1


@njit(cache=True, nogil=True)
def _shadow(
    z: FloatArray, by_rows: tuple[float, float, float], by_columns: tuple[float, float, float], highest: float
) -> BoolArray:
    """Return where rays over row lines or over column lines meet higher ground."""
    is_dark = np.zeros(z.shape, np.bool_)
    for row in range(z.shape[0]):
        for column in range(z.shape[1]):
            dark = by_rows[0] != 0 and _meets_ground(z, row, column, by_rows, highest)
            if not dark and by_columns[1] != 0:
                dark = _meets_ground(z, row, column, by_columns, highest)
            is_dark[row, column] = dark
    return is_dark


def cast_shadow(
    elevation_m: FloatArray, *, dx_m: float, dy_m: float, sun_azimuth_deg: float, incidence_deg: float
) -> BoolArray:
    """Return where the ground hides the sun.

    A ray runs from each cell centre toward the sun. At every row line and column line of cell centres
    it crosses, its height is compared with the ground, which is straight between neighbours there.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north, without NaN.
    dx_m, dy_m : float
        Ground width and height of a cell, in metres.
    sun_azimuth_deg : float
        Direction to the sun, clockwise from north.
    incidence_deg : float
        Angle of the sun from the vertical, 0 to below 90.

    Returns
    -------
    bool array of shape (rows, columns)
        True in shadow. Ground beyond the raster casts none.

    Raises
    ------
    ValueError
        When a height is unknown or the sun is not above the horizon.

    Examples
    --------
    A wall 2 m high, lit at 45 degrees from the west, darkens the next two metres to the east:

    >>> wall = np.array([[0.0, 2.0, 0.0, 0.0, 0.0]])
    >>> cast_shadow(wall, dx_m=1.0, dy_m=1.0, sun_azimuth_deg=270, incidence_deg=45.001).astype(int)
    array([[0, 0, 1, 1, 0]])
    """
    heights = _checked(elevation_m, incidence_deg)
    tangent = math.tan(math.radians(incidence_deg))
    if tangent < 1e-12:
        return np.zeros(heights.shape, dtype=np.bool_)
    azimuth = math.radians(sun_azimuth_deg)
    rows_per_m = round(-math.cos(azimuth), 12) / dy_m
    columns_per_m = round(math.sin(azimuth), 12) / dx_m
    climb = 1 / tangent
    by_rows = by_columns = (0.0, 0.0, 0.0)
    if rows_per_m:
        by_rows = (math.copysign(1, rows_per_m), columns_per_m / abs(rows_per_m), climb / abs(rows_per_m))
    if columns_per_m:
        by_columns = (
            rows_per_m / abs(columns_per_m),
            math.copysign(1, columns_per_m),
            climb / abs(columns_per_m),
        )
    is_dark: BoolArray = _shadow(heights, by_rows, by_columns, float(heights.max()))
    return is_dark


def sunlit_image(
    elevation_m: FloatArray,
    *,
    dx_m: float,
    dy_m: float,
    sun_azimuth_deg: float,
    incidence_deg: float,
    albedo: FloatArray | float = 1.0,
    sky_fraction: float = SKY_FRACTION,
) -> FloatArray:
    """Return the brightness of the ground seen from straight above, with cast shadows.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north, without NaN; two or more rows and columns.
    dx_m, dy_m : float
        Ground width and height of a cell, in metres.
    sun_azimuth_deg, incidence_deg : float
        Direction to the sun clockwise from north, and its angle from the vertical, 0 to below 90.
    albedo : array of shape (rows, columns) or float
        Brightness of the ground itself; 1 by default.
    sky_fraction : float
        Share of light from the sky, which also reaches shadows.

    Returns
    -------
    array of shape (rows, columns)
        0 and up; level sunlit ground shows albedo times the cosine of the incidence.

    Raises
    ------
    ValueError
        When a height is unknown or the sun is not above the horizon.

    Examples
    --------
    >>> level = np.zeros((2, 3))
    >>> sunlit_image(level, dx_m=1.0, dy_m=1.0, sun_azimuth_deg=200, incidence_deg=60).round(9)[0]
    array([0.5, 0.5, 0.5])
    """
    sun = {"sun_azimuth_deg": sun_azimuth_deg, "incidence_deg": incidence_deg}
    shading = np.maximum(lambert_shading(elevation_m, dx_m=dx_m, dy_m=dy_m, **sun), 0)
    is_dark = cast_shadow(elevation_m, dx_m=dx_m, dy_m=dy_m, **sun)
    southward, eastward = np.gradient(elevation_m, dy_m, dx_m)
    upward = 1 / np.sqrt(1 + eastward**2 + southward**2)
    sky = math.cos(math.radians(incidence_deg)) * (1 + upward) / 2
    image: FloatArray = albedo * ((1 - sky_fraction) * np.where(is_dark, 0, shading) + sky_fraction * sky)
    return image
