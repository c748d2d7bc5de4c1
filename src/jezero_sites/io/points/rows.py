"""What the rows of a list say: numbers understood, positions in range, names told apart.

Whatever cannot be understood is refused with its line and column; what can be mended without a guess is
mended and told.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.points.catalog import SampleRow
from jezero_sites.io.points.records import Record

KINDS = ("sample", "depot")
LAST_SOL = 100_000  # more than 280 years of a mission: a larger number is no sol

AGREE_DEG = 1e-4
"""Columns may differ from a point by this, about 6 m: twice what rounding to four decimals does."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def sample_rows(records: list[Record], file: Path) -> tuple[list[SampleRow], tuple[Notice, ...]]:
    """Return records with their numbers understood, and the notices on them.

    Raises
    ------
    InputError
        ``E_NO_NAME E_KIND E_NOT_NUMBER E_RANGE E_SWAPPED E_DUP_NAME``.
    """
    rows = [_row(record, file) for record in records]
    _check_range(rows, records)
    rows, wrapped = _wrapped(rows, records)
    return rows, (*wrapped, *_unplaced(rows, records), *_repeated(rows, records))


def _row(record: Record, file: Path) -> SampleRow:
    name, kind = record.text("name"), record.text("kind") or "sample"
    if not name:
        raise record.error("E_NO_NAME", "name", found="no name", fix="give every sample a name")
    if kind not in KINDS:
        raise record.error("E_KIND", "kind", found=f"kind '{kind}'", fix=f"one of {', '.join(KINDS)}")
    lon, lat = _position(record)
    return SampleRow(
        name=name,
        seal_sol=sol_of(record, "seal_sol", fix="give the sol of the mission on which the tube was sealed"),
        lon_deg=lon,
        lat_deg=lat,
        elevation_m=_number(record, "elevation_m"),
        location=record.text("location"),
        location_date=record.text("location_date"),
        source=record.text("source") or file.name,
        kind=kind,
        uncertainty_m=_uncertainty(record),
    )


def _uncertainty(record: Record) -> float | None:
    metres = _number(record, "uncertainty_m")
    if metres is not None and metres < 0:
        fix = "give the radius within which the tube lies, in metres; leave the cell empty where unknown"
        raise record.error("E_RANGE", "uncertainty_m", found=f"uncertainty {metres:g} m", fix=fix)
    return metres


def _position(record: Record) -> tuple[float | None, float | None]:
    """Return longitude and latitude as given, or two None."""
    lon, lat = _number(record, "lon_deg"), _number(record, "lat_deg")
    if (lon is None) != (lat is None):
        field = "lon_deg" if lon is None else "lat_deg"
        fix = "give both longitude and latitude, or neither"
        raise record.error("E_NOT_NUMBER", field, found=f"{field} is empty, the other is not", fix=fix)
    return lon, lat


def sol_of(record: Record, field: str, *, fix: str) -> int | None:
    """Return a field as a sol of the mission, or None where it is empty.

    Raises
    ------
    InputError
        ``E_NOT_NUMBER E_RANGE``.
    """
    sol = _number(record, field)
    if sol is None:
        return None
    if abs(sol) > LAST_SOL:
        raise record.error("E_RANGE", field, found=f"sol {sol:g}", fix=fix)
    if sol != int(sol):
        raise record.error("E_NOT_NUMBER", field, found=f"sol {sol:g}", fix="sols are whole numbers")
    return int(sol)


def _number(record: Record, field: str) -> float | None:
    text = record.text(field).strip()
    if not text:
        return None
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    if not math.isfinite(value):
        fix = "decimal degrees or metres with a point, such as 77.4508; leave the cell empty where unknown"
        raise record.error("E_NOT_NUMBER", field, found=f"'{text[:40]}' is no finite decimal number", fix=fix)
    return value


def check_stated(record: Record, stated: Mapping[str, Any], point: Mapping[str, float]) -> None:
    """Refuse a row whose columns and point are two places: nothing tells which of them is right.

    Raises
    ------
    InputError
        ``E_TWO_POSITIONS``.
    """
    for field, here in point.items():
        try:
            there = float(stated[field])
        except (KeyError, TypeError, ValueError):
            continue  # no number, as in GeoJSON, whose points alone count
        if abs((there - here + 180) % 360 - 180) > AGREE_DEG:
            found, fix = f"its {field} is {there:g}, its point is at {here:g}", "correct or drop one of them"
            raise record.error("E_TWO_POSITIONS", field, found=found, fix=fix)


def _check_range(rows: list[SampleRow], records: list[Record]) -> None:
    placed = [
        (row.lon_deg, row.lat_deg, record)
        for row, record in zip(rows, records, strict=True)
        if row.lon_deg is not None and row.lat_deg is not None
    ]
    check_positions(placed, of="rows")


def check_positions(placed: Sequence[tuple[float, float, Record]], *, of: str) -> None:
    """Refuse positions that are on no planet; where all would be right the other way round, say so.

    Raises
    ------
    InputError
        ``E_RANGE E_SWAPPED``.
    """
    bad = [(lon, lat, record) for lon, lat, record in placed if abs(lat) > 90 or abs(lon) > 720]
    if not bad:
        return
    lon, lat, record = bad[0]
    could_swap = abs(lon) <= 90 < abs(lat) <= 720
    if len(placed) > 1 and all(abs(lon) <= 90 < abs(lat) <= 720 for lon, lat, _ in placed):
        found = f"latitude {lat:g} is beyond 90 and longitude {lon:g} is not, as in all {len(placed)} {of}"
        fix = "longitude and latitude are swapped: exchange the two columns"
        raise record.error("E_SWAPPED", "lat_deg", found=found, fix=fix)
    fix = "decimal degrees: latitude -90 to 90, longitude 0 to 360"
    fix += "; are longitude and latitude swapped?" if could_swap else ""
    field = "lat_deg" if abs(lat) > 90 else "lon_deg"
    raise record.error("E_RANGE", field, found=f"longitude {lon:g}, latitude {lat:g}", fix=fix)


def _wrapped(rows: list[SampleRow], records: list[Record]) -> tuple[list[SampleRow], tuple[Notice, ...]]:
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
    return turned, (Notice("W_LON_WRAPPED", found, file=records[0].file),)


def _unplaced(rows: list[SampleRow], records: list[Record]) -> tuple[Notice, ...]:
    without = [record for row, record in zip(rows, records, strict=True) if row.lon_deg is None]
    if not without:
        return ()
    found = f"{len(without)} rows have no position ({_places(without)}); they are listed without one"
    return (Notice("W_NO_POSITION", found, file=records[0].file),)


def _repeated(rows: list[SampleRow], records: list[Record]) -> tuple[Notice, ...]:
    """Refuse one name at two places; tell of rows that say the same twice."""
    seen: dict[tuple[str, str], int] = {}
    twice = []
    for index, row in enumerate(rows):
        earlier = seen.setdefault((row.kind, row.name), index)
        if earlier != index:
            first = rows[earlier]
            if (first.lon_deg, first.lat_deg) != (row.lon_deg, row.lat_deg):
                raise _at_two_places(records[index], records[earlier], row.name)
            twice.append(records[index])
    if not twice:
        return ()
    found = f"{len(twice)} rows repeat the name and place of an earlier one ({_places(twice)})"
    return (Notice("W_DUPLICATE", found, file=records[0].file),)


def _at_two_places(record: Record, earlier: Record, name: str) -> InputError:
    found = f"'{name[:40]}' is also at another place ({earlier.place})"
    return record.error("E_DUP_NAME", "name", found=found, fix="give each place its own name")


def _places(records: Iterable[Record]) -> str:
    named = [record.place for record in records]
    return ", ".join(named[:5]) + (f" and {len(named) - 5} more" if len(named) > 5 else "")
