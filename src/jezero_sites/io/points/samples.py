"""Lists of samples from files of the user: strict CSV, GeoJSON or GeoPackage, told apart by their content.

Nothing is guessed: text stays text, numbers are decimal degrees and metres, and whatever cannot be
understood is refused with its line. Positions are east-positive and planetocentric.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.database import START
from jezero_sites.io.files import local_file, read_small, refuse_indirect
from jezero_sites.io.hashing import fingerprint, stamp_before
from jezero_sites.io.points.catalog import COLUMNS, SampleRow
from jezero_sites.io.points.features import geojson_records
from jezero_sites.io.points.geopackage import geopackage_records
from jezero_sites.io.points.records import Record, table_records
from jezero_sites.io.points.rows import sample_rows

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

MARS_LONLAT = "IAU_2015:49900"
MAX_BYTES = 20 * 1000 * 1000

_EXPORT_FIX = "export it as CSV or GeoJSON with name, lon_deg and lat_deg"


@dataclass(frozen=True, eq=False)
class RowPlaces:
    """Where each sample stands in its file, by kind and name: ``line 3`` or ``feature 2``.

    Copies of a table share it, so that long lists do not slow every step of pandas.
    """

    found: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def of(self, kind: str, name: str) -> str:
        """Return the place of a sample, or an empty text."""
        return self.found.get((kind, name), "")

    def __deepcopy__(self, memo: dict[int, Any]) -> RowPlaces:
        return self


def read_samples(path: str | Path) -> GeoDataFrame:
    """Return the samples listed in a CSV, GeoJSON or GeoPackage file.

    Parameters
    ----------
    path : str or Path
        CSV (UTF-8, commas, a header with name, longitude and latitude under one of their usual names) or a
        GeoJSON FeatureCollection of points with a ``name``, or a GeoPackage with one layer of such points (or
        one called ``samples``) in a CRS of Mars. At most 20 MB and 100,000 rows.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``name, seal_sol, lon_deg, lat_deg, elevation_m, location, location_date, source, kind,
        uncertainty_m`` and ``geometry`` (Point, or None without a position) in IAU_2015:49900. Longitudes are 0 to 360.
        ``attrs["notices"]`` holds the notices, ``attrs["sources"]`` the file, ``attrs["places"]`` the
        :class:`RowPlaces`.

    Raises
    ------
    InputError
        ``E_REMOTE E_NOT_FOUND E_NOT_FILE E_EMPTY_FILE E_INDIRECT E_FORMAT E_TOO_LARGE E_ENCODING
        E_DELIMITER E_QUOTE E_RAGGED E_NO_COLUMN E_DUP_COLUMN E_NO_ROWS E_NO_NAME E_NOT_NUMBER E_RANGE
        E_SWAPPED E_KIND E_DUP_NAME E_GEOJSON E_GEOPACKAGE E_CORRUPT E_NO_CRS E_CRS E_WRONG_BODY E_UNITS
        E_TWO_POSITIONS E_INPUT_CHANGED``, with line and column where there is one.
    """
    local_file(path)
    file = Path(path)
    since = stamp_before(file)
    data = read_small(file, limit=MAX_BYTES)
    known = fingerprint(file, since=since)
    frame = samples_in(data, file)
    frame.attrs["fingerprints"] = (known,)
    return frame


def samples_in(data: bytes, file: Path) -> GeoDataFrame:
    """Return the samples that the bytes of a file list; ``file`` is its name, as messages show it."""
    rows, places, notices = rows_in(data, file)
    frame = sample_frame(rows, notices=notices, sources=(file,))
    frame.attrs["places"] = places
    return frame


def rows_in(data: bytes, file: Path) -> tuple[list[SampleRow], RowPlaces, tuple[Notice, ...]]:
    """Return the rows that the bytes of a file list, their places and the notices on them."""
    shown = Path(str(file).encode("utf-8", "replace").decode("utf-8"))
    refuse_indirect(data[:4096], file)
    records, told = _records(data, file, str(shown))
    rows, more = sample_rows(records, shown)
    pairs = zip(rows, records, strict=True)
    places = RowPlaces({(row.kind, row.name): record.place for row, record in pairs})
    return rows, places, (*told, *more)


def _records(data: bytes, file: Path, shown: str) -> tuple[list[Record], tuple[Notice, ...]]:
    if data.startswith(START):
        return geopackage_records(data, shown)
    text = decoded_text(data, file, fix=_EXPORT_FIX)
    if text.lstrip().startswith(("{", "[")):
        return geojson_records(text, shown)
    return table_records(text, shown), ()


def sample_frame(
    rows: Iterable[SampleRow], *, notices: Sequence[Notice], sources: Sequence[Path]
) -> GeoDataFrame:
    """Return rows as a table with points, the unknown as missing."""
    import geopandas
    import pandas as pd
    from shapely import Point

    table = pd.DataFrame([astuple(row) for row in rows], columns=list(COLUMNS))
    types = dict.fromkeys(("lon_deg", "lat_deg", "elevation_m", "uncertainty_m"), "float64") | {
        "seal_sol": "Int64"
    }
    texts = {c: "object" for c in COLUMNS if c not in types}
    table = table.astype(types | texts)
    places = zip(table["lon_deg"], table["lat_deg"], strict=True)
    points = [Point(lon, lat) if math.isfinite(lon + lat) else None for lon, lat in places]
    frame = geopandas.GeoDataFrame(table, geometry=points, crs=MARS_LONLAT)
    frame.attrs = {"notices": tuple(notices), "sources": tuple(sources)}
    return frame


def decoded_text(data: bytes, file: Path, *, fix: str) -> str:
    """Return the text of a file in UTF-8; ``fix`` is what to do with a spreadsheet, an archive or a document.

    Raises
    ------
    InputError
        ``E_FORMAT E_ENCODING``.
    """
    if data.startswith(b"\x1f\x8b"):
        found, unpack = "it is gzip-compressed", "unpack it with gunzip"
        raise InputError("E_FORMAT", found=found, fix=unpack, file=str(file), field="format")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"<")):
        found = f"the first bytes {data[:8]!r} are those of a spreadsheet, an archive or a document"
        raise InputError("E_FORMAT", found=found, fix=fix, file=str(file), field="format")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        place = f"byte {exc.start}"
        line = data.count(b"\n", 0, exc.start) + 1
        raise _encoding_error(f"{place} (line {line}) is no text in UTF-8", file, place) from exc
    if "\0" in text:
        place = f"line {text.count(chr(10), 0, text.index(chr(0))) + 1}"
        raise _encoding_error(f"{place}: a NUL, which is no text", file, place)
    return text


def _encoding_error(found: str, file: Path, field: str) -> InputError:
    return InputError("E_ENCODING", found=found, fix="save it as UTF-8", file=str(file), field=field)
