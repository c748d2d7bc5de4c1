"""Points of a GeoPackage as rows of text, with the refusals that a CSV would meet.

The database is read in memory, from bytes, by SQLite itself with everything forbidden but to read tables: a
GeoPackage may hold views and functions that would read other files, and opening it in place could write beside it.
"""

from __future__ import annotations

import math
import re
import sqlite3
import struct
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.points.features import texts_of
from jezero_sites.io.points.records import FIELD_OF, MAX_ROWS, Record, too_large

START = b"SQLite format 3\0"
"""First bytes of every GeoPackage."""

LAYER = "samples"
"""The layer that is taken where several have geometries."""

_APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")
_WAL = 2  # bytes 18 and 19 of a database whose newest rows may be in a journal beside it
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_MAX_STEPS = 100_000_000  # of SQLite's machine in one query: what would run for ever is stopped
_OWN_TABLES = ("gpkg_geometry_columns", "gpkg_spatial_ref_sys")
_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
_NAMES_FILES = re.compile(r"PARAMETERFILE|nadgrids|geoidgrids|EXTENSION\s*\[|PROJ4", re.IGNORECASE)
_LAYERS = """
SELECT g.table_name, g.column_name, s.definition, g.srs_id, m.sql FROM gpkg_geometry_columns AS g
JOIN sqlite_master AS m ON m.name = g.table_name AND m.type = 'table'
LEFT JOIN gpkg_spatial_ref_sys AS s ON s.srs_id = g.srs_id ORDER BY g.table_name
"""


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
        ``E_NO_CRS E_CRS E_WRONG_BODY E_UNITS`` for the layer's CRS.
    """
    if data[68:72] not in _APPLICATION_IDS:
        found, fix = "an SQLite database that is no GeoPackage", "export it as CSV, GeoJSON or GeoPackage"
        raise InputError("E_FORMAT", found=found, fix=fix, file=file, field="format")
    base = sqlite3.connect(":memory:")
    try:
        base.deserialize(_settled(data, file))
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(data))
        base.set_progress_handler(lambda: 1, _MAX_STEPS)
        base.set_authorizer(_reading_alone)
        _check_tables(base, file)
        return _records(base, file), ()
    except (sqlite3.Error, sqlite3.Warning, UnicodeDecodeError) as exc:
        fix, needed = "copy or export it again", "a GeoPackage that is whole"
        found = f"the database cannot be read: {exc}"[:200]
        raise InputError("E_CORRUPT", found=found, needed=needed, fix=fix, file=file, field="file") from exc
    finally:
        base.close()


def _settled(data: bytes, file: str) -> bytes:
    """Return a database without its mark of a journal; refuse one with rows in a journal beside it."""
    if _WAL not in data[18:20]:
        return data
    beside = Path(f"{file}-wal")
    if beside.is_file() and beside.stat().st_size:
        fix = "close the program that has it open, or export it again"
        _refuse(f"its newest rows are in another file, {beside.name}", file, fix=fix)
    return data[:18] + b"\1\1" + data[20:]


def _records(base: sqlite3.Connection, file: str) -> list[Record]:
    layers = [layer for layer in base.execute(_LAYERS) if not _is_virtual(layer[-1])]
    layer, geometry, wkt, srs_id = _chosen(layers, file)
    crs = _definition(wkt, srs_id, layer, file)
    header = base.execute(f"SELECT * FROM {_quoted(layer)} LIMIT 0").description  # noqa: S608 - quoted
    all_names = [str(column[0]) for column in header]
    if geometry not in all_names:
        _refuse(f"the layer {layer[:40]} has no column {geometry[:40]}", file)
    names = [name for name in all_names if name != geometry and name.strip().lower() in FIELD_OF]
    columns = ", ".join(map(_quoted, (geometry, *names)))
    records, points = [], []
    for number, (blob, *cells) in enumerate(base.execute(f"SELECT {columns} FROM {_quoted(layer)}"), 1):  # noqa: S608
        if number > MAX_ROWS:
            too_large(f"more than {MAX_ROWS} rows", file)
        place = f"layer {layer}, row {number}"
        records.append(Record(texts_of(dict(zip(names, cells, strict=True)), place, file), file, place, {}))
        points.append(_point(blob, place, file))
    if not records:
        raise InputError("E_NO_ROWS", found="no rows", fix="add the samples", file=file, field=layer)
    _place(records, points, crs, file)
    return records


def _check_tables(base: sqlite3.Connection, file: str) -> None:
    """Refuse a database whose own tables are views: their queries could run for ever."""
    kinds = dict(base.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
    for name in _OWN_TABLES:
        if kinds.get(name, "table") != "table":
            _refuse(f"{name} is a {str(kinds[name])[:10]}, no table", file)


def _reading_alone(action: int, *_: str | None) -> int:
    """Let SQLite read tables and do nothing else: no functions, views of functions, other files, settings."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _is_virtual(statement: Any) -> bool:
    """Tell whether a table is computed by a module instead of being stored in the file."""
    return "VIRTUAL" in str(statement).upper().split("(", 1)[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _chosen(layers: list[tuple[Any, ...]], file: str) -> tuple[str, str, Any, Any]:
    """Return the layer called ``samples``, or else the only one."""
    named = [layer for layer in layers if str(layer[0]).lower() == LAYER] or layers
    if not named:
        _refuse("no layer with geometries", file)
    if len(named) > 1:
        names = ", ".join(str(layer[0])[:40] for layer in named[:10])
        _refuse(
            f"several layers: {names}", file, fix=f"call the one to be read '{LAYER}', or export it alone"
        )
    name, column, wkt, srs_id, _ = named[0]
    return str(name), str(column), wkt, srs_id


def _definition(wkt: Any, srs_id: Any, layer: str, file: str) -> str:
    if srs_id in (-1, 0, None) or not isinstance(wkt, str) or "undefined" in wkt.lower() or not wkt.strip():
        found, needed = f"the layer {layer[:40]} has no CRS", "a CRS of Mars, such as IAU_2015:49900"
        fix = "assign the CRS that its positions are in and export it again"
        raise InputError("E_NO_CRS", found=found, needed=needed, fix=fix, file=file, field="crs")
    return wkt


def _point(blob: Any, place: str, file: str) -> tuple[float, ...] | None:
    """Return the coordinates of a geometry; None where it is missing or empty.

    A geometry is a header (GP, version, flags, CRS, an envelope by the flags) before its well-known binary.
    """
    import shapely

    if blob is None:
        return None
    try:
        if not isinstance(blob, bytes) or blob[:2] != b"GP":
            raise ValueError("no geometry of a GeoPackage")
        start = 8 + _ENVELOPE_BYTES[blob[3] >> 1 & 7]
        shape = shapely.from_wkb(blob[start:])
    except (ValueError, KeyError, IndexError, struct.error, shapely.errors.ShapelyError) as exc:
        _refuse(f"{place}: {exc}"[:200], file, field=place)
    if shape.is_empty:
        return None
    if shape.geom_type == "MultiPoint" and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    if shape.geom_type != "Point":
        _refuse(f"{place} is no point ({shape.geom_type})", file, field=place)
    return (shape.x, shape.y, shape.z) if shape.has_z else (shape.x, shape.y)


def _place(records: list[Record], points: list[tuple[float, ...] | None], wkt: str, file: str) -> None:
    """Give records their longitudes and latitudes, and heights where points have them and records do not."""
    placed = [(record, point) for record, point in zip(records, points, strict=True) if point is not None]
    for record, point in placed:
        if not np.all(np.isfinite(point[:2])):
            fix, found = "give finite coordinates, or none", f"coordinates {point[0]:g}, {point[1]:g}"
            raise record.error("E_NOT_NUMBER", "lon_deg", found=found, fix=fix)
        if len(point) > 2 and np.isfinite(point[2]) and not record.text("elevation_m"):
            record.fields["elevation_m"] = repr(point[2])
    x, y = (np.array([point[i] for _, point in placed], float) for i in (0, 1))
    for (record, _), lon, lat in zip(placed, *_lonlat(x, y, wkt, file), strict=True):
        record.fields.update(lon_deg=repr(float(lon)), lat_deg=repr(float(lat)))


def _lonlat(x: Any, y: Any, wkt: str, file: str) -> tuple[Any, Any]:
    """Return positions in a CRS of Mars as longitudes and latitudes on its sphere."""
    import pyproj

    from jezero_sites.io.georef import check_crs
    from jezero_sites.raster import Grid

    try:
        crs = pyproj.CRS.from_wkt(wkt)  # other forms, as +init= and +nadgrids=, name files that PROJ opens
        if crs.is_bound or _NAMES_FILES.search(crs.to_wkt()):
            raise pyproj.exceptions.CRSError("it is bound to another CRS, or names a file")
    except pyproj.exceptions.CRSError as exc:
        fix = "assign the CRS that its positions are in and export it again"
        found = f"a CRS that cannot be understood: {exc}"[:200]
        raise InputError(
            "E_CRS", found=found, needed="a CRS of Mars", fix=fix, file=file, field="crs"
        ) from exc
    try:
        check_crs(crs, file)
    except InputError as error:
        if error.code != "E_GEOGRAPHIC":
            raise
        for axis in crs.axis_info:
            if abs(axis.unit_conversion_factor / math.radians(1.0) - 1.0) > 1e-9:
                needed, fix = "degrees", "export it in degrees, as IAU_2015:49900"
                found = f"its positions are in {axis.unit_name}"
                raise InputError(
                    "E_UNITS", found=found, needed=needed, fix=fix, file=file, field="crs unit"
                ) from None
        return x, y
    from affine import Affine

    if not x.size:
        return x, y
    grid = Grid.of((1, 1), Affine(1.0, 0.0, float(x[0]), 0.0, -1.0, float(y[0])), crs)
    return grid.lonlat(x, y)


def _refuse(found: str, file: str, *, fix: str = "export it again as such", field: str = "layer") -> NoReturn:
    needed = "a GeoPackage with one layer of points with a name each"
    raise InputError("E_GEOPACKAGE", found=found, needed=needed, fix=fix, file=file, field=field)
