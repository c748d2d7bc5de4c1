"""Lists of samples from files of the user: strict CSV or GeoJSON, told apart by their content.

Nothing is guessed: text stays text, numbers are decimal degrees and metres, and whatever cannot be
understood is refused with its line. Positions are east-positive and planetocentric.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.files import local_file, read_small, refuse_indirect
from jezero_sites.io.points.catalog import COLUMNS, SampleRow
from jezero_sites.io.points.records import Record, geojson_records, table_records

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

MARS_LONLAT = "IAU_2015:49900"
MAX_BYTES = 20 * 1000 * 1000
KINDS = ("sample", "depot")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_EXPORT_FIX = "export it as CSV or GeoJSON with name, lon_deg and lat_deg"


def read_samples(path: str | Path) -> GeoDataFrame:
    """Return the samples listed in a CSV or GeoJSON file.

    Parameters
    ----------
    path : str or Path
        CSV (UTF-8, commas, a header with name, longitude and latitude under one of their usual names) or a
        GeoJSON FeatureCollection of points with a ``name``. At most 20 MB and 100,000 rows.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``name, seal_sol, lon_deg, lat_deg, elevation_m, location, location_date, source, kind``
        and ``geometry`` (Point, or None without a position) in IAU_2015:49900. Longitudes are 0 to 360.
        ``attrs["notices"]`` holds the notices, ``attrs["sources"]`` the file.

    Raises
    ------
    InputError
        ``E_REMOTE E_NOT_FOUND E_NOT_FILE E_EMPTY_FILE E_INDIRECT E_FORMAT E_TOO_LARGE E_ENCODING
        E_DELIMITER E_QUOTE E_RAGGED E_NO_COLUMN E_DUP_COLUMN E_NO_ROWS E_NO_NAME E_NOT_NUMBER E_RANGE
        E_KIND E_DUP_NAME E_GEOJSON``, with line and column where there is one.
    """
    local_file(path)
    file = Path(path)
    data = read_small(file, limit=MAX_BYTES)
    refuse_indirect(data[:4096], file)
    text = _decoded(data, file)
    if text.lstrip().startswith("{"):
        records, notices = geojson_records(text, str(file))
    else:
        records, notices = table_records(text, str(file)), ()
    rows = [_row(record, file) for record in records]
    rows, wrapped = _wrapped(rows, records, file)
    noted = (*notices, *wrapped, *_unplaced(rows, records, file), *_repeated(rows, records, file))
    return sample_frame(rows, notices=noted, sources=(file,))


def sample_frame(
    rows: Iterable[SampleRow], *, notices: Sequence[Notice], sources: Sequence[Path]
) -> GeoDataFrame:
    """Return rows as a table with points, the unknown as missing."""
    import geopandas
    import pandas as pd
    from shapely import Point

    table = pd.DataFrame([astuple(row) for row in rows], columns=list(COLUMNS))
    types = dict.fromkeys(("lon_deg", "lat_deg", "elevation_m"), "float64") | {"seal_sol": "Int64"}
    texts = {c: "object" for c in COLUMNS if c not in types}
    table = table.astype(types | texts)
    places = zip(table["lon_deg"], table["lat_deg"], strict=True)
    points = [Point(lon, lat) if math.isfinite(lon + lat) else None for lon, lat in places]
    frame = geopandas.GeoDataFrame(table, geometry=points, crs=MARS_LONLAT)
    frame.attrs = {"notices": tuple(notices), "sources": tuple(sources)}
    return frame


def _decoded(data: bytes, file: Path) -> str:
    if data.startswith(b"SQLite format 3\0"):
        found = "a GeoPackage or another SQLite database"
        raise InputError("E_FORMAT", found=found, fix=_EXPORT_FIX, file=str(file), field="format")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"<")):
        found = f"the first bytes {data[:8]!r} are those of a spreadsheet, an archive or a document"
        raise InputError("E_FORMAT", found=found, fix=_EXPORT_FIX, file=str(file), field="format")
    try:
        text = data.decode("utf-8-sig")
        bad = text.encode("utf-8").find(b"\0") if "\0" in text else -1
    except UnicodeDecodeError as exc:
        text, bad = "", exc.start
    if bad >= 0:
        found = f"byte {bad} is no text in UTF-8"
        raise InputError(
            "E_ENCODING", found=found, fix="save it as UTF-8", file=str(file), field=f"byte {bad}"
        )
    return text


def _row(record: Record, file: Path) -> SampleRow:
    """Return a record with its numbers understood."""
    name, kind = record.text("name"), record.text("kind") or "sample"
    if not name:
        raise record.error("E_NO_NAME", "name", found="no name", fix="give every sample a name")
    if kind not in KINDS:
        raise record.error("E_KIND", "kind", found=f"kind '{kind}'", fix=f"one of {', '.join(KINDS)}")
    lon, lat = _position(record)
    return SampleRow(
        name=name,
        seal_sol=_sol(record),
        lon_deg=lon,
        lat_deg=lat,
        elevation_m=_number(record, "elevation_m"),
        location=record.text("location"),
        location_date=record.text("location_date"),
        source=record.text("source") or file.name,
        kind=kind,
    )


def _position(record: Record) -> tuple[float | None, float | None]:
    """Return longitude and latitude as given, or two None."""
    lon, lat = _number(record, "lon_deg"), _number(record, "lat_deg")
    if lon is None and lat is None:
        return None, None
    if lon is None or lat is None:
        field = "lon_deg" if lon is None else "lat_deg"
        fix = "give both longitude and latitude, or neither"
        raise record.error("E_NOT_NUMBER", field, found=f"{field} is empty, the other is not", fix=fix)
    if abs(lat) > 90 or abs(lon) > 720:
        field = "lat_deg" if abs(lat) > 90 else "lon_deg"
        fix = "decimal degrees: latitude -90 to 90, longitude 0 to 360"
        raise record.error("E_RANGE", field, found=f"longitude {lon:g}, latitude {lat:g}", fix=fix)
    return lon, lat


def _sol(record: Record) -> int | None:
    sol = _number(record, "seal_sol")
    if sol is not None and sol != int(sol):
        raise record.error("E_NOT_NUMBER", "seal_sol", found=f"sol {sol:g}", fix="sols are whole numbers")
    return None if sol is None else int(sol)


def _number(record: Record, field: str) -> float | None:
    text = record.text(field).strip()
    if not text:
        return None
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    if not math.isfinite(value):
        fix = "decimal degrees or metres with a point, such as 77.4508; leave the cell empty where unknown"
        raise record.error("E_NOT_NUMBER", field, found=f"'{text[:40]}' is no finite decimal number", fix=fix)
    return value


def _wrapped(
    rows: list[SampleRow], records: list[Record], file: Path
) -> tuple[list[SampleRow], tuple[Notice, ...]]:
    """Bring longitudes into 0 to 360 and say which were not."""
    moved = [row.lon_deg is not None and not 0 <= row.lon_deg < 360 for row in rows]
    if not any(moved):
        return rows, ()
    turned = [
        replace(row, lon_deg=round(row.lon_deg % 360.0, 12) % 360.0)
        if move and row.lon_deg is not None
        else row
        for row, move in zip(rows, moved, strict=True)
    ]
    places = _places(record for record, move in zip(records, moved, strict=True) if move)
    found = f"{sum(moved)} longitudes were turned by 360 degrees into 0 to 360 ({places})"
    return turned, (Notice("W_LON_WRAPPED", found, file=str(file)),)


def _unplaced(rows: list[SampleRow], records: list[Record], file: Path) -> tuple[Notice, ...]:
    without = [record for row, record in zip(rows, records, strict=True) if row.lon_deg is None]
    if not without:
        return ()
    found = f"{len(without)} rows have no position ({_places(without)}); they are listed without one"
    return (Notice("W_NO_POSITION", found, file=str(file)),)


def _repeated(rows: list[SampleRow], records: list[Record], file: Path) -> tuple[Notice, ...]:
    """Refuse one name at two places; tell of rows that say the same twice."""
    seen: dict[tuple[str, str], int] = {}
    twice = []
    for index, row in enumerate(rows):
        earlier = seen.setdefault((row.kind, row.name), index)
        if earlier != index:
            first = rows[earlier]
            if (first.lon_deg, first.lat_deg) != (row.lon_deg, row.lat_deg):
                found = f"'{row.name[:40]}' is also at another place ({records[earlier].place})"
                raise records[index].error(
                    "E_DUP_NAME", "name", found=found, fix="give each place its own name"
                )
            twice.append(records[index])
    if not twice:
        return ()
    found = f"{len(twice)} rows repeat the name and place of an earlier one ({_places(twice)})"
    return (Notice("W_DUPLICATE", found, file=str(file)),)


def _places(records: Iterable[Record]) -> str:
    named = [record.place for record in records]
    return ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
