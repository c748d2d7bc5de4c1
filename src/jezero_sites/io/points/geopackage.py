"""Points of a GeoPackage as rows of text, with the refusals that a CSV would meet.

GDAL is not asked: the database is read as :mod:`~jezero_sites.io.database` says, in memory and by SQLite alone.
"""

from __future__ import annotations

import sqlite3
from typing import Any, NoReturn

import numpy as np

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.database import tables_of
from jezero_sites.io.points.features import blob_point, texts_of
from jezero_sites.io.points.records import MAX_ROWS, Record, header_columns, too_large
from jezero_sites.io.points.rows import check_stated

LAYER = "samples"
"""The layer that is taken where several have points."""

_APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")
_LAYERS = """
SELECT g.table_name, g.column_name, g.geometry_type_name, g.srs_id FROM gpkg_geometry_columns AS g
JOIN sqlite_master AS m ON m.name = g.table_name AND m.type = 'table'
  AND m.sql >= 'CREATE TABLE' AND m.sql < 'CREATE TABLF'
ORDER BY g.table_name
"""
_ASSIGN = (
    "ogr2ogr -a_srs IAU_2015:49900 OUT.gpkg IN.gpkg, if its coordinates are longitudes and latitudes of it"
)
_REPROJECT = "export it in a CRS of Mars, such as IAU_2015:49900"


def geopackage_records(data: bytes, file: str) -> tuple[list[Record], tuple[Notice, ...]]:
    """Return the points of a GeoPackage's layer, at planetocentric east longitudes and latitudes.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, as messages show it.

    Raises
    ------
    InputError
        ``E_FORMAT`` for another database; ``E_GEOPACKAGE``; ``E_CORRUPT``; ``E_NO_ROWS E_TOO_LARGE E_ENCODING``;
        ``E_NO_COLUMN E_DUP_COLUMN``; ``E_TWO_POSITIONS``; ``E_NO_CRS E_CRS E_WRONG_BODY E_UNITS`` for its CRS.
    """
    if data[68:72] not in _APPLICATION_IDS:
        found, fix = "an SQLite database that is no GeoPackage", "export it as CSV, GeoJSON or GeoPackage"
        raise InputError("E_FORMAT", found=found, fix=fix, file=file, field="format")
    with tables_of(data, file) as base:
        return _records(base, file)


def _records(base: sqlite3.Connection, file: str) -> tuple[list[Record], tuple[Notice, ...]]:
    layer, geometry, srs_id = _chosen(base.execute(_LAYERS).fetchall(), file)
    crs, notices = _crs(_definition(base, srs_id, layer, file), file)
    header = base.execute(f"SELECT * FROM {_quoted(layer)} LIMIT 0").description  # noqa: S608 - quoted
    names = [str(column[0]) for column in header]
    if geometry not in names:
        _refuse(f"the layer {layer[:40]} has no column {geometry[:40]}", file)
    others = ["" if name == geometry else name for name in names]
    columns, fixed = header_columns(others, file, needed=("name",))
    wanted = ", ".join(_quoted(name) for name in (geometry, *(names[n - 1] for n in columns.values())))
    records, points = [], []
    for number, (blob, *cells) in enumerate(base.execute(f"SELECT {wanted} FROM {_quoted(layer)}"), 1):  # noqa: S608
        if number > MAX_ROWS:
            too_large(f"more than {MAX_ROWS} rows", file)
        place = f"layer {layer}, row {number}"
        if any(isinstance(cell, bytes) for cell in cells):
            _refuse(f"{place} has bytes where text is due", file, field=place)
        stated = dict(zip(columns, cells, strict=True))
        records.append((Record(texts_of(stated, place, file) | fixed, file, place, {}), stated))
        points.append(blob_point(blob, place, file))
    if not records:
        raise InputError("E_NO_ROWS", found="no rows", fix="add the samples", file=file, field=layer)
    _place(records, points, crs, file)
    return [record for record, _ in records], notices


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _chosen(layers: list[tuple[Any, ...]], file: str) -> tuple[str, str, Any]:
    """Return the layer called ``samples``, or else the only one; layers of points come first."""
    points = [layer for layer in layers if "POINT" in str(layer[2]).upper()] or layers
    named = [layer for layer in points if str(layer[0]).lower() == LAYER] or points
    if not named:
        _refuse("no layer with geometries", file)
    if len(named) > 1:
        names = ", ".join(str(layer[0])[:40] for layer in named[:10])
        _refuse(
            f"several layers: {names}", file, fix=f"call the one to be read '{LAYER}', or export it alone"
        )
    name, column, _, srs_id = named[0]
    return str(name), str(column), srs_id


def _definition(base: sqlite3.Connection, srs_id: Any, layer: str, file: str) -> str:
    """Return a layer's CRS as text: the newer of two forms where the file has both."""
    found = base.execute("SELECT * FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs_id,))
    forms = dict(zip((column[0] for column in found.description), found.fetchone() or (), strict=False))
    for name in ("definition_12_063", "definition"):
        text = forms.get(name)
        if isinstance(text, str) and text.strip() and "undefined" not in text.lower():
            return text
    needed, fix = "a CRS of Mars, such as IAU_2015:49900", _ASSIGN
    told = f"the layer {layer[:40]} has no CRS"
    raise InputError("E_NO_CRS", found=told, needed=needed, fix=fix, file=file, field="crs")


def _crs(text: str, file: str) -> tuple[Any, tuple[Notice, ...]]:
    """Return the CRS that a text defines, of longitudes and latitudes or metres on a sphere of Mars."""
    import pyproj

    from jezero_sites.io.georef import check_crs, wkt_crs
    from jezero_sites.io.projection import old_projection_notices

    try:
        crs = wkt_crs(text)
    except pyproj.exceptions.CRSError as exc:
        _no_crs(f"a CRS that cannot be understood: {exc}"[:200], file)
    crs = crs.sub_crs_list[0] if crs.is_compound else crs
    crs = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    try:
        check_crs(crs, file)
    except InputError as error:
        if error.code != "E_GEOGRAPHIC":
            error.fix = _ASSIGN if error.code == "E_WRONG_BODY" else _REPROJECT
            raise
        if any(abs(axis.unit_conversion_factor * 180 / np.pi - 1) > 1e-6 for axis in crs.axis_info[:2]):
            _no_crs(f"crs unit is {crs.axis_info[0].unit_name}", file, code="E_UNITS")
    return crs, () if crs.is_geographic else old_projection_notices(crs, file)


def _no_crs(found: str, file: str, *, code: str = "E_CRS") -> NoReturn:
    needed = "a CRS of Mars in degrees or metres"
    raise InputError(code, found=found, needed=needed, fix=_REPROJECT, file=file, field="crs")


def _place(records: list[tuple[Record, dict[str, Any]]], points: list[Any], crs: Any, file: str) -> None:
    """Give records their longitudes and latitudes, and heights where points have them and records do not."""
    placed = [(*given, point) for given, point in zip(records, points, strict=True) if point is not None]
    for record, _, point in placed:
        if not np.all(np.isfinite(point[:2])):
            fix, found = "give finite coordinates, or none", f"coordinates {point[0]:g}, {point[1]:g}"
            raise record.error("E_NOT_NUMBER", "lon_deg", found=found, fix=fix)
        if len(point) > 2 and np.isfinite(point[2]) and not record.text("elevation_m"):
            record.fields["elevation_m"] = repr(point[2])
    x, y = (np.array([point[i] for *_, point in placed], float) for i in (0, 1))
    for (record, stated, point), lon, lat in zip(placed, *_lonlat(x, y, crs, file), strict=True):
        if not np.isfinite(lon + lat):
            fix, found = "give positions on the planet", f"no place at {point[0]:g}, {point[1]:g} of its map"
            raise record.error("E_RANGE", "lon_deg", found=found, fix=fix)
        check_stated(record, stated, {"lon_deg": float(lon), "lat_deg": float(lat)})
        record.fields.update(lon_deg=repr(float(lon)), lat_deg=repr(float(lat)))


def _lonlat(x: Any, y: Any, crs: Any, file: str) -> tuple[Any, Any]:
    """Return positions as longitudes and latitudes on the sphere of their CRS."""
    import pyproj

    if crs.is_geographic or not x.size:
        return x, y
    try:
        lon, lat = pyproj.Proj(crs)(x, y, inverse=True)
    except pyproj.exceptions.ProjError as exc:
        _no_crs(f"the projection of '{crs.name}' cannot be computed: {exc}"[:200], file)
    return np.where(np.isfinite(lon), lon, np.nan) % 360.0 % 360.0, lat


def _refuse(found: str, file: str, *, fix: str = "export it again as such", field: str = "layer") -> NoReturn:
    needed = "a GeoPackage with one layer of points with a name each"
    raise InputError("E_GEOPACKAGE", found=found, needed=needed, fix=fix, file=file, field=field)
