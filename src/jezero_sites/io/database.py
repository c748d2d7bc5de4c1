"""SQLite databases, as GeoPackages are, read in memory by SQLite itself with everything forbidden but to read tables.

A GeoPackage may hold views, computed columns and virtual tables that GDAL's SQLite would fill from other files,
or that would run for ever; and opening it in place could write beside it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jezero_sites.errors import InputError
from jezero_sites.io.files import read_start

START = b"SQLite format 3\0"
"""First bytes of every database."""

_WAL = 2  # bytes 18 and 19 of a database whose newest rows may be in a journal beside it
_MAX_STEPS = 100_000_000  # of SQLite's machine in one query, about a second; 100,000 rows take a hundredth
_MAX_CELL_BYTES = 1 << 17  # of a name, a point or a CRS: what is computed cannot fill the memory
_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
_STORED = re.compile(
    r"CREATE (?:TABLE|INDEX|UNIQUE INDEX|TRIGGER)\b"
    r'|CREATE VIRTUAL TABLE (?:"(?:[^"]|"")*"|\w+) USING rtree\s*\(',
    re.IGNORECASE,
)
_COMPUTED = re.compile(r"CREATE TABLE\b.*\bAS\s*\(", re.IGNORECASE | re.DOTALL)


@contextmanager
def tables_of(data: bytes, file: str) -> Iterator[sqlite3.Connection]:
    """Give a connection to a database that reads its tables and does nothing else.

    Parameters
    ----------
    data : bytes
        The whole file.
    file : str
        Its name, as messages show it; a journal beside it with rows of its own is refused.

    Raises
    ------
    InputError
        ``E_GEOPACKAGE E_CORRUPT E_TOO_LARGE``, also for what SQLite finds within the block.
    """
    base = sqlite3.connect(":memory:")
    try:
        base.deserialize(_settled(data, file))
        base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL_BYTES)
        base.set_progress_handler(lambda: 1, _MAX_STEPS)
        base.set_authorizer(_reading_alone)
        yield base
    except sqlite3.DataError as exc:
        found, fix = f"a cell of more than {_MAX_CELL_BYTES} bytes", "keep only the rows that are needed"
        raise InputError("E_TOO_LARGE", found=found, fix=fix, file=file, field="size") from exc
    except (sqlite3.Error, sqlite3.Warning, UnicodeError) as exc:
        fix, needed = "copy or export it again", "a GeoPackage that is whole"
        found = f"the database cannot be read: {exc}"[:200]
        raise InputError("E_CORRUPT", found=found, needed=needed, fix=fix, file=file, field="file") from exc
    finally:
        base.close()


def stored_alone(data: bytes, file: str) -> bytes:
    """Return a database that GDAL may open: nothing in it is filled from elsewhere, no journal has a say.

    Raises
    ------
    InputError
        ``E_INDIRECT`` where it has views, computed columns, or virtual tables other than a spatial index;
        ``E_GEOPACKAGE E_CORRUPT``.
    """
    with tables_of(data, file) as base:
        for name, sql in base.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
            if not isinstance(sql, str) or not _STORED.match(sql) or _COMPUTED.match(sql):
                found = f"{str(name)[:40]} is a view or a virtual table or computed, and may be filled from other files"
                needed, fix = "a GeoPackage of plain tables", "ogr2ogr OUT.gpkg IN.gpkg, if you trust it"
                raise InputError("E_INDIRECT", found=found, needed=needed, fix=fix, file=file, field="format")
    return _settled(data, file)


def _reading_alone(action: int, *_: str | None) -> int:
    """Let SQLite read tables and do nothing else: no functions, views of functions, other files, settings."""
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _settled(data: bytes, file: str) -> bytes:
    """Return a database without its mark of a journal; refuse one with rows in a journal beside it."""
    for beside in (Path(f"{file}-wal"), Path(f"{file}-journal")):
        if beside.is_file() and read_start(beside, 1) not in (b"", b"\0"):
            found = f"its newest rows are in another file, {beside.name}"
            fix = "close the program that has it open, or export it again"
            needed = "a GeoPackage that stands alone"
            raise InputError("E_GEOPACKAGE", found=found, needed=needed, fix=fix, file=file, field="journal")
    return data[:18] + b"\1\1" + data[20:] if _WAL in data[18:20] else data
