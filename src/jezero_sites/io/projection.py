"""Map projections that would open other files, or are likely to be a mistake of the software that wrote them."""

from __future__ import annotations

import math
import re

import pyproj

from jezero_sites.errors import Notice
from jezero_sites.mars import MARS_POLAR_RADIUS_M, MARS_RADIUS_M

_NEAR_M = 0.5
"""Radii nearer than this are one and the same; labels give kilometres with three decimals."""

_NAMES_FILES = re.compile(r"parameterfile|grids|\b(?:\w*file|init|model|catalog)\s*=", re.IGNORECASE)


def names_files(text: str) -> bool:
    """Tell whether the definition of a CRS would have PROJ open files of shifts or of definitions."""
    return _NAMES_FILES.search(text) is not None


def old_projection_notices(crs: pyproj.CRS, name: str) -> tuple[Notice, ...]:
    """Return ``W_OLD_PROJECTION`` for an equirectangular map true at the equator of a smaller sphere.

    Map products of HiRISE stand on the sphere of the ellipsoid's radius at a middle latitude, which is also
    their standard parallel. Early labels named that latitude as the centre instead, and readers then take
    0 for the standard parallel: east-west positions are off by more than 150 km at Jezero.

    References
    ----------
    GDAL issue 2706, https://github.com/OSGeo/gdal/issues/2706
    """
    operation, sphere = crs.coordinate_operation, crs.ellipsoid
    if operation is None or sphere is None or "Equidistant Cylindrical" not in operation.method_name:
        return ()
    radius_m = sphere.semi_major_metre
    parallels = [float(p.value) for p in operation.params if "standard parallel" in p.name.lower()]
    if any(value != 0 for value in parallels) or abs(radius_m - MARS_RADIUS_M) < _NEAR_M:
        return ()
    found = f"standard parallel 0 on a sphere of {radius_m:.3f} m, not {MARS_RADIUS_M:.0f} m"
    fix = "compare its place with another product"
    latitude = latitude_of_radius_deg(radius_m)
    if math.isfinite(latitude):
        found += f", which is that of latitude {latitude:.3f}: early HiRISE labels lost the parallel so"
        fix += f"; if that is it: gdal_edit.py -a_srs '+proj=eqc +lat_ts={latitude:.6g} +R={radius_m:.3f}'"
    return (Notice("W_OLD_PROJECTION", found, fix, name),)


def latitude_of_radius_deg(radius_m: float) -> float:
    """Return the planetocentric latitude (0 to 90) where the Mars ellipsoid has a radius; NaN if nowhere.

    >>> round(latitude_of_radius_deg(3_394_839.813316), 6)
    15.0
    """
    a, b = float(MARS_RADIUS_M), float(MARS_POLAR_RADIUS_M)
    if not b <= radius_m <= a:
        return math.nan
    return math.degrees(math.asin(math.sqrt((radius_m**-2 - a**-2) / (b**-2 - a**-2))))
