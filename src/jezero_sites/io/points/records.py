"""Rows of text from strict CSV and from GeoJSON, each field under the one name used here."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from jezero_sites.errors import InputError, Notice

MAX_ROWS = 100_000
MAX_CELL_CHARACTERS = 200

ALIASES = {
    "name": ("name", "sample name"),
    "lon_deg": ("lon_deg", "lon", "longitude", "longitude (deg e)", "lon_deg_e", "rover_lon_deg_e"),
    "lat_deg": ("lat_deg", "lat", "latitude", "latitude (deg)", "lat_deg_n", "rover_lat_deg_n"),
    "elevation_m": ("elevation_m", "elev_geoid_m", "rover_elev_geoid_m", "elevation"),
    "seal_sol": ("seal_sol",),
    "location": ("location",),
    "location_date": ("location_date",),
    "source": ("source", "position_basis"),
    "kind": ("kind",),
}
"""Names of columns, in lower case, and what they are called here."""

_FIELDS = {alias: field for field, aliases in ALIASES.items() for alias in aliases}
_DATED_LOCATION = re.compile(r"location_(\d{4})_(\d{2})")
_PROTECTED = re.compile(r"'+[=+\-@\t\r]")
_OUR_CRS = re.compile(r"IAU(_2015)?:(2015:)?:?49900$")


@dataclass(frozen=True)
class Record:
    """One row: its fields as text, and where each of them stands in the file."""

    fields: dict[str, str]
    file: str
    place: str
    columns: dict[str, int]

    def text(self, field: str) -> str:
        """Return a field without the blanks around it, or an empty text."""
        return self.fields.get(field, "").strip(" ")

    def error(self, code: str, field: str, *, found: str, fix: str) -> InputError:
        """Return an error that names line and column."""
        column = self.columns.get(field)
        where = self.place if column is None else f"{self.place}, column {column}"
        return InputError(code, found=f"{where}: {found}", fix=fix, file=self.file, field=where)


def table_records(text: str, file: str) -> list[Record]:
    """Return the rows of a CSV text.

    A leading apostrophe that an export has put before a formula character is taken off again.

    Raises
    ------
    InputError
        ``E_QUOTE E_RAGGED E_DELIMITER E_NO_COLUMN E_DUP_COLUMN E_NO_ROWS E_TOO_LARGE E_EMPTY_FILE``.
    """
    lines = _lines(text, file)
    if not lines:
        raise InputError(
            "E_EMPTY_FILE", found="no text", fix="copy or download the file again", file=file, field="size"
        )
    _, header = lines[0]
    columns, date = _header(header, file)
    records = []
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            found = f"line {number}: {len(cells)} cells under {len(header)} columns"
            fix = "put quotes around cells that contain commas"
            raise InputError("E_RAGGED", found=found, fix=fix, file=file, field=f"line {number}")
        fields = {field: _unprotected(cells[column - 1]) for field, column in columns.items()}
        records.append(Record(fields | date, file, f"line {number}", columns))
    if not records:
        raise InputError(
            "E_NO_ROWS", found="a header without rows", fix="add the samples", file=file, field="rows"
        )
    return records


def _lines(text: str, file: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not blank with the line each ends on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if cells:
                rows.append((reader.line_num, cells))
            if len(rows) > MAX_ROWS + 1:
                _too_large(f"more than {MAX_ROWS} rows", file)
            if any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
                _too_large(
                    f"line {reader.line_num}: a cell of more than {MAX_CELL_CHARACTERS} characters", file
                )
    except csv.Error as exc:
        if "field limit" in str(exc):
            _too_large(f"line {reader.line_num}: {exc}", file)
        found, fix = f"line {reader.line_num}: {exc}", 'close every quote; a quote within one is written ""'
        raise InputError("E_QUOTE", found=found, fix=fix, file=file, field=f"line {reader.line_num}") from exc
    return rows


def _too_large(found: str, file: str) -> NoReturn:
    raise InputError(
        "E_TOO_LARGE", found=found, fix="keep only the rows that are needed", file=file, field="size"
    )


def _header(header: list[str], file: str) -> tuple[dict[str, int], dict[str, str]]:
    """Return the column of each field, from 1, and the date that a column of locations bears."""
    columns: dict[str, int] = {}
    date: dict[str, str] = {}
    for number, cell in enumerate(header, 1):
        name = cell.strip().lower()
        dated = _DATED_LOCATION.fullmatch(name)
        field = "location" if dated else _FIELDS.get(name, "")
        if field in columns:
            found = f"columns {columns[field]} and {number} are both {field}"
            raise InputError("E_DUP_COLUMN", found=found, fix="keep one of them", file=file, field="header")
        if field:
            columns[field] = number
        if dated:
            date = {"location_date": f"{dated[1]}-{dated[2]}"}
        if name == "drop_sol":
            date |= {"kind": "depot", "location": "depot"}
    missing = [field for field in ("name", "lon_deg", "lat_deg") if field not in columns]
    if missing:
        _no_column(header, missing, file)
    return columns, date


def _no_column(header: list[str], missing: list[str], file: str) -> NoReturn:
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        found, fix = (
            f"one column: '{header[0][:80]}'",
            "separate columns with commas and decimals with points",
        )
        raise InputError("E_DELIMITER", found=found, fix=fix, file=file, field="header")
    seen = ", ".join(cell.strip()[:40] for cell in header[:30])
    fix = "name them, such as name,lon_deg,lat_deg"
    found = f"no column {' nor '.join(missing)}; columns seen: {seen}"
    raise InputError("E_NO_COLUMN", found=found, fix=fix, file=file, field="header")


def _unprotected(cell: str) -> str:
    return cell[1:] if _PROTECTED.match(cell) else cell


def geojson_records(text: str, file: str) -> tuple[list[Record], tuple[Notice, ...]]:
    """Return the points of a GeoJSON FeatureCollection, and what to say of its CRS.

    Raises
    ------
    InputError
        ``E_GEOJSON E_NO_ROWS E_TOO_LARGE``.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise _geojson_error(f"no JSON: {exc}"[:200], file, "file") from exc
    features = data.get("features")
    if data.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise _geojson_error("no FeatureCollection", file, "type")
    if len(features) > MAX_ROWS:
        _too_large(f"more than {MAX_ROWS} features", file)
    records = [_feature_record(feature, number, file) for number, feature in enumerate(features, 1)]
    if not records:
        raise InputError("E_NO_ROWS", found="no features", fix="add the samples", file=file, field="features")
    return records, _crs_notices(data.get("crs"), file)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _geojson_error(found: str, file: str, field: str) -> InputError:
    needed = "a GeoJSON FeatureCollection of points with a name each"
    return InputError(
        "E_GEOJSON", found=found, needed=needed, fix="export it again as such", file=file, field=field
    )


def _feature_record(feature: Any, number: int, file: str) -> Record:
    place = f"feature {number}"
    properties = feature.get("properties") if isinstance(feature, dict) else None
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise _geojson_error(f"{place} has no properties", file, place)
    fields = {}
    for key, value in properties.items():
        field = _FIELDS.get(key.strip().lower())
        if field and value is not None and not isinstance(value, dict | list):
            fields[field] = str(value)
    if max(map(len, fields.values()), default=0) > MAX_CELL_CHARACTERS:
        _too_large(f"{place}: a text of more than {MAX_CELL_CHARACTERS} characters", file)
    for field in ("lon_deg", "lat_deg"):
        fields.pop(field, None)
    if geometry is not None:
        fields |= _point(geometry, place, file, elevation="elevation_m" not in fields)
    return Record(fields, file, place, {})


def _point(geometry: Any, place: str, file: str, *, elevation: bool) -> dict[str, str]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    numbers = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind != "Point" or not isinstance(numbers, list) or len(numbers) not in (2, 3):
        raise _geojson_error(f"{place} is no point ({str(kind)[:40]})", file, place)
    if any(isinstance(n, bool) or not isinstance(n, int | float) for n in numbers):
        raise _geojson_error(f"{place} has coordinates that are no numbers", file, place)
    names = ("lon_deg", "lat_deg", "elevation_m") if elevation else ("lon_deg", "lat_deg")
    try:
        return {name: repr(float(n)) for name, n in zip(names, numbers, strict=False)}
    except OverflowError as exc:
        raise _geojson_error(f"{place} has a coordinate of too many digits", file, place) from exc


def _crs_notices(crs: Any, file: str) -> tuple[Notice, ...]:
    """Say that positions are taken as those of Mars, unless the file says so itself."""
    name = (
        str(crs["properties"].get("name"))
        if isinstance(crs, dict) and isinstance(crs.get("properties"), dict)
        else ""
    )
    if _OUR_CRS.search(name):
        return ()
    said = f"the CRS '{name[:60]}' that it names is ignored" if crs is not None else "it names no CRS"
    found = f"{said}; positions are taken as east longitudes and planetocentric latitudes on Mars"
    return (Notice("W_CRS_ASSUMED", found, file=file),)
