"""Where the cells of a file lie: its transform and CRS, checked, with every refusal explained.

Only a north-up grid in metres on a sphere of Mars leaves this module. Planetographic latitudes,
coordinates on the ellipsoid and west-positive longitudes are refused, because projection libraries
turn them into planetocentric east-positive ones silently and wrongly, by up to 12 km at Jezero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
from affine import Affine

from jezero_sites.errors import InputError, JezeroError, Notice
from jezero_sites.io.guard import reading
from jezero_sites.io.projection import names_files, old_projection_notices
from jezero_sites.io.sidecars import sidecar_notices
from jezero_sites.io.urls import as_named
from jezero_sites.mars import MARS_RADIUS_M, RADIUS_TOLERANCE_FRACTION
from jezero_sites.raster import Grid

SQUARE_RATIO = 1.01
"""Cells with sides of a greater ratio, in map metres, are worth a notice."""

SKEW = 1e-9
"""Turns of less than this are rounding: over 20,000 cells they move one by 2e-5 of its size."""

ASSIGN_CRS = (
    "gdal_edit.py -a_srs IAU_2015:49910 FILE, or --assume-crs IAU_2015:49910, if the map is of that CRS"
)
REPROJECT = "gdalwarp -t_srs IAU_2015:49910 IN OUT.tif"
ASK = "ask its maker what latitudes are meant; if planetocentric on the sphere: gdal_edit.py -a_srs IAU_2015:49910"
NEEDED = {"crs": "a map in metres on a sphere of Mars", "geotransform": "a north-up grid of cells with sizes"}
_METRES = {"", "m", "metre", "metres", "meter", "meters"}


@dataclass(frozen=True)
class Georeference:
    """Where a file's cells lie once its rows and columns are put north-up and east-right.

    Attributes
    ----------
    grid : Grid
    flip_rows, flip_columns : bool
        Whether the file's own rows run north, or its columns west.
    vertical_datum : str
        What the CRS says of the heights; empty where it says nothing.
    notices : tuple of Notice
    """

    grid: Grid
    flip_rows: bool
    flip_columns: bool
    vertical_datum: str
    notices: tuple[Notice, ...]


def georeference(
    dataset: Any, path: Path, *, assume_crs: str | None = None, use_sidecars: bool = False
) -> Georeference:
    """Return where the cells of an open raster lie.

    Raises
    ------
    InputError
        ``E_NO_TRANSFORM E_TRANSFORM E_ROTATED E_NO_CRS E_CRS E_WRONG_BODY E_GEOGRAPHIC E_UNITS
        E_PROJECTION``.
    """
    name = as_named(path)
    remote = getattr(dataset, "remote_notice", None)
    notices = [remote] if remote else list(sidecar_notices(path, use_sidecars))
    transform, flip_rows, flip_columns = _north_up(dataset, name)
    if flip_rows:
        notices.append(Notice("W_SOUTH_UP", "rows run north; they were turned round", file=name))
    if flip_columns:
        notices.append(Notice("W_MIRRORED_X", "columns run west; they were turned round", file=name))
    ratio = max(abs(transform.a / transform.e), abs(transform.e / transform.a))
    if ratio > SQUARE_RATIO:
        sides = f"cells are {abs(transform.a):.6g} x {abs(transform.e):.6g} map metres"
        notices.append(Notice("W_NONSQUARE", sides, "both sides are used as they are", file=name))
    whole = _crs(dataset, name, assume_crs, notices)
    crs, vertical_datum = _horizontal(whole)
    check_crs(crs, name)
    notices += old_projection_notices(crs, name)
    grid = _grid((dataset.height, dataset.width), transform, crs, name)
    return Georeference(grid, flip_rows, flip_columns, vertical_datum, tuple(notices))


def _grid(shape: tuple[int, int], transform: Affine, crs: pyproj.CRS, name: str) -> Grid:
    try:
        with np.errstate(all="ignore"):
            return Grid.of(shape, transform, crs)
    except JezeroError as exc:
        exc.file = name
        raise
    except pyproj.exceptions.ProjError as exc:
        found = f"the projection of '{crs.name}' cannot be computed: {exc}"[:300]
        raise _refuse("E_CRS", name, found=found, fix=REPROJECT) from exc


def check_crs(crs: pyproj.CRS, name: str) -> None:
    """Refuse a CRS that is not of metres on a sphere of Mars, the planet first."""
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        raise _refuse("E_CRS", name, found=f"'{crs.name}' stands on no planet", fix=ASSIGN_CRS)
    radius = ellipsoid.semi_major_metre
    if abs(radius - MARS_RADIUS_M) > RADIUS_TOLERANCE_FRACTION * MARS_RADIUS_M:
        found = f"'{crs.name}' has a radius of {radius:.0f} m"
        needed = f"within 1 % of that of Mars, {MARS_RADIUS_M:.0f} m"
        fix = f"if the ground is Mars and only the label is wrong: {ASSIGN_CRS}"
        raise _refuse("E_WRONG_BODY", name, found=found, needed=needed, fix=fix)
    reason = _foreign_reason(crs)
    if reason:
        needed = "east-positive planetocentric coordinates on a sphere"
        raise _refuse("E_CRS", name, found=f"'{crs.name}': {reason}", needed=needed, fix=ASK)
    if crs.is_geographic:
        raise _refuse(
            "E_GEOGRAPHIC",
            name,
            found="cells are measured in degrees",
            needed="a projected CRS in metres",
            fix=REPROJECT,
        )
    if not crs.is_projected:
        raise _refuse("E_CRS", name, found=f"'{crs.name}' is a {crs.type_name}, no map", fix=ASSIGN_CRS)
    for axis in crs.axis_info:
        if abs(axis.unit_conversion_factor - 1) > 1e-9:
            found = f"crs unit is {axis.unit_name}"
            raise _refuse("E_UNITS", name, field="crs unit", found=found, needed="metres", fix=REPROJECT)


def check_band_unit(unit: str | None, name: str) -> tuple[Notice, ...]:
    """Refuse heights in another unit than metres; tell when the file does not name one."""
    text = (unit or "").strip()
    if text.lower() not in _METRES:
        fix = "gdal_calc.py to metres, then gdal_edit.py -units metre"
        found = f"heights in {text}"
        raise _refuse("E_UNITS", name, field="band unit", found=found, needed="metres", fix=fix)
    if text:
        return ()
    found = "no unit of height is named; metres are assumed"
    return (Notice("W_UNIT", found, fix="gdal_edit.py -units metre FILE", file=name),)


def crs_in_words(crs: pyproj.CRS) -> str:
    """Return the name of a CRS, its projection with its numbers, and its sphere."""
    operation, ellipsoid = crs.coordinate_operation, crs.ellipsoid
    words = [crs.name]
    if operation is not None:
        numbers = ", ".join(f"{p.name.lower()} {p.value:.10g}" for p in operation.params)
        words.append(f"{operation.method_name} ({numbers})")
    if ellipsoid is not None:
        words.append(f"sphere of {ellipsoid.semi_major_metre:.10g} m")
    return "; ".join(words)


def _refuse(
    code: str, name: str, *, found: str, fix: str, needed: str = "", field: str = "crs"
) -> InputError:
    return InputError(code, found=found, needed=needed or NEEDED[field], fix=fix, file=name, field=field)


def _north_up(dataset: Any, name: str) -> tuple[Affine, bool, bool]:
    with reading(Path(name), field="geotransform"):
        t, field = dataset.transform, "geotransform"
    if not all(math.isfinite(v) for v in t[:6]):
        raise _refuse("E_TRANSFORM", name, field=field, found="not finite", fix="gdal_edit.py -a_ullr")
    if t == Affine.identity():
        fix = "gdal_edit.py -a_ullr LEFT TOP RIGHT BOTTOM FILE; copy it again if it may be cut off"
        raise _refuse("E_NO_TRANSFORM", name, field=field, found="no geotransform", fix=fix)
    if t.a * t.e - t.b * t.d == 0:
        raise _refuse("E_TRANSFORM", name, field=field, found="zero cell size", fix="gdal_edit.py -a_ullr")
    if abs(t.b) > SKEW * abs(t.a) or abs(t.d) > SKEW * abs(t.e):
        found = f"the grid is turned or sheared ({t.b:.6g}, {t.d:.6g})"
        raise _refuse("E_ROTATED", name, field=field, found=found, fix="gdalwarp to a north-up grid")
    flip_rows, flip_columns = t.e > 0, t.a < 0
    left = t.c + t.a * dataset.width if flip_columns else t.c
    top = t.f + t.e * dataset.height if flip_rows else t.f
    return Affine(abs(t.a), 0.0, left, 0.0, -abs(t.e), top), flip_rows, flip_columns


def _crs(dataset: Any, name: str, assume_crs: str | None, notices: list[Notice]) -> pyproj.CRS:
    """Return the CRS of the file, or the one to assume where it has none."""
    try:
        own = dataset.crs
        text = own.to_wkt(version="WKT2_2019") if own else ""
        crs = wkt_crs(text) if text else None
    except Exception as exc:
        found = f"the CRS cannot be understood: {exc}"[:300]
        raise _refuse("E_CRS", name, found=found, fix=ASSIGN_CRS) from exc
    if crs is not None:
        if assume_crs is not None:
            found = f"the file has a CRS of its own, '{crs.name}', which was used; --assume-crs was not"
            notices.append(Notice("W_ASSUMED_CRS", found, file=name))
        return crs
    if assume_crs is None:
        raise _refuse("E_NO_CRS", name, found="no CRS", fix=ASSIGN_CRS)
    try:
        crs = pyproj.CRS.from_user_input(assume_crs)
    except pyproj.exceptions.CRSError as exc:
        found = f"--assume-crs '{assume_crs}' is no CRS that is known here"
        raise _refuse("E_CRS", name, found=found, fix="--assume-crs IAU_2015:49910") from exc
    found = f"the file has no CRS; '{crs.name}' was assumed as told"
    notices.append(Notice("W_ASSUMED_CRS", found, file=name))
    return crs


def wkt_crs(text: str) -> pyproj.CRS:
    """Return the CRS that a file's WKT defines, unless it would have PROJ open other files.

    Raises
    ------
    pyproj.exceptions.CRSError
    """
    if names_files(text):
        raise pyproj.exceptions.CRSError("it names files of shifts or definitions")
    return pyproj.CRS.from_wkt(text)


def _horizontal(crs: pyproj.CRS) -> tuple[pyproj.CRS, str]:
    """Return the map part of a CRS, and the name of its vertical part."""
    vertical = ""
    if crs.is_compound:
        crs, vertical = crs.sub_crs_list[0], crs.sub_crs_list[-1].name
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    return crs, vertical


def _foreign_reason(crs: pyproj.CRS) -> str:
    """Tell why coordinates are not east-positive planetocentric ones on a sphere; empty if they are."""
    below = crs.geodetic_crs
    axes = [*crs.axis_info, *(below.axis_info if below else ())]
    if any(axis.direction.lower() == "west" for axis in axes):
        return "longitudes count west"
    if crs.ellipsoid is not None and crs.ellipsoid.semi_major_metre != crs.ellipsoid.semi_minor_metre:
        if "ocentric" in crs.name:
            return "planetocentric, but on the ellipsoid, where projection libraries shift latitudes silently"
        return "on the ellipsoid: latitudes are planetographic, up to 12 km from planetocentric"
    if crs.prime_meridian is not None and crs.prime_meridian.longitude != 0:
        return f"its prime meridian lies at {crs.prime_meridian.longitude} degrees"
    return ""
