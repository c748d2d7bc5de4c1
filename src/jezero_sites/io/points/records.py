"""Rows of text from strict CSV, each field under the one name used here."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from jezero_sites.errors import InputError

MAX_ROWS = 100_000
MAX_LINES = 3 * MAX_ROWS
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
    "uncertainty_m": ("uncertainty_m", "position_uncertainty_m"),
}
"""Names of columns, in lower case, and what they are called here."""

FIELD_OF = {alias: field for field, aliases in ALIASES.items() for alias in aliases}
_DATED_LOCATION = re.compile(r"location_(\d{4})_(\d{2})")
_LINE = re.compile(r"[^\r\n]+(?:\r\n|\r|\n)?|\r\n|\r|\n")
_PROTECTED = re.compile(r"'+[=+\-@\t\r]")


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
    columns, date = header_columns(header, file, needed=("name", "lon_deg", "lat_deg"))
    records = []
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            found = f"line {number}: {len(cells)} cells under {len(header)} columns"
            fix = "put quotes around cells that contain commas; decimals need points"
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
    if max(text.count("\n"), text.count("\r")) > MAX_LINES:
        too_large(f"more than {MAX_LINES} lines", file)
    reader = csv.reader((line[0] for line in _LINE.finditer(text)), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if cells:
                rows.append((reader.line_num, cells))
            if len(rows) > MAX_ROWS + 1:
                too_large(f"more than {MAX_ROWS} rows", file)
            if any(len(cell) > MAX_CELL_CHARACTERS for cell in cells):
                too_large(
                    f"line {reader.line_num}: a cell of more than {MAX_CELL_CHARACTERS} characters", file
                )
    except csv.Error as exc:
        if "field limit" in str(exc):
            too_large(f"line {reader.line_num}: {exc}", file)
        found, fix = f"line {reader.line_num}: {exc}", 'close every quote; a quote within one is written ""'
        raise InputError("E_QUOTE", found=found, fix=fix, file=file, field=f"line {reader.line_num}") from exc
    return rows


def too_large(found: str, file: str) -> NoReturn:
    """Raise ``E_TOO_LARGE``."""
    raise InputError(
        "E_TOO_LARGE", found=found, fix="keep only the rows that are needed", file=file, field="size"
    )


def header_columns(
    header: Sequence[str], file: str, *, needed: Sequence[str]
) -> tuple[dict[str, int], dict[str, str]]:
    """Return the column of each field, from 1, and the date that a column of locations bears.

    Raises
    ------
    InputError
        ``E_DUP_COLUMN``; ``E_DELIMITER`` or ``E_NO_COLUMN`` where one that is needed is missing.
    """
    columns: dict[str, int] = {}
    date: dict[str, str] = {}
    for number, cell in enumerate(header, 1):
        name = cell.strip().lower()
        dated = _DATED_LOCATION.fullmatch(name)
        field = "location" if dated else FIELD_OF.get(name, "")
        if field in columns:
            found = f"columns {columns[field]} and {number} are both {field}"
            raise InputError("E_DUP_COLUMN", found=found, fix="keep one of them", file=file, field="header")
        if field:
            columns[field] = number
        if dated:
            date = {"location_date": f"{dated[1]}-{dated[2]}"}
        if name == "drop_sol":
            date |= {"kind": "depot", "location": "depot"}
    missing = [field for field in needed if field not in columns]
    if missing:
        _no_column(list(header), missing, file)
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
