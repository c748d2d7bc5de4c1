"""The way that a rover drove, as lines of a GeoJSON: strict as the lists of samples are.

Nothing is guessed: positions are east-positive and planetocentric on Mars, and whatever cannot be understood is
refused with its feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError, Notice
from jezero_sites.io.database import START
from jezero_sites.io.files import local_file, read_small, refuse_indirect
from jezero_sites.io.hashing import fingerprint, stamp_before
from jezero_sites.io.points.features import crs_notices, strict_json, texts_of
from jezero_sites.io.points.records import MAX_ROWS, Record, too_large
from jezero_sites.io.points.rows import check_positions, sol_of
from jezero_sites.io.points.samples import MARS_LONLAT, MAX_BYTES, RowPlaces, decoded_text

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

MAX_VERTICES = 200_000
"""Six times as many as the route of Perseverance has after 1840 sols."""

DECIMALS = 8
"""Degrees are kept to this many decimals: 0.6 mm on the ground."""

LINE = "line"
"""What a row is called in :class:`~jezero_sites.io.points.samples.RowPlaces`, under the row's label."""

_EXPORT_FIX = "export it as GeoJSON with lines in longitude and latitude"
_POINTS = ("Point", "MultiPoint")


@dataclass(frozen=True, eq=False)
class RouteLine:
    """A part of a route: its vertices as (longitude, latitude) in degrees, and what the file says of it."""

    lonlat_deg: FloatArray
    name: str = ""
    sol: int | None = None


def read_traverse(path: str | Path) -> GeoDataFrame:
    """Return the lines of a rover's route listed in a GeoJSON file.

    Parameters
    ----------
    path : str or Path
        A GeoJSON FeatureCollection, Feature or geometry with LineStrings or MultiLineStrings in longitude and
        latitude on Mars, as the ``M20_traverse`` of NASA's MMGIS is; properties ``name`` and ``sol`` are kept.
        At most 20 MB, 100,000 features and 200,000 vertices.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``name`` (text, may be empty), ``sol`` (Int64, may be missing) and ``geometry`` (LineString) in
        IAU_2015:49900, a row for each line in the order of the file. Longitudes are 0 to 360, each vertex by
        itself; degrees have 8 decimals. Heights are left out, as are vertices at the place of the one before;
        where a rover stood still, a line of two equal vertices stays. ``attrs`` as of
        :func:`~jezero_sites.io.points.samples.read_samples`.

    Raises
    ------
    InputError
        ``E_REMOTE E_NOT_FOUND E_NOT_FILE E_EMPTY_FILE E_INDIRECT E_FORMAT E_TOO_LARGE E_ENCODING E_GEOJSON
        E_NO_ROWS E_NOT_NUMBER E_RANGE E_SWAPPED E_INPUT_CHANGED``, with the feature where there is one.
    """
    local_file(path)
    file = Path(path)
    since = stamp_before(file)
    data = read_small(file, limit=MAX_BYTES)
    known = fingerprint(file, since=since)
    frame = traverse_in(data, file)
    frame.attrs["fingerprints"] = (known,)
    return frame


def traverse_in(data: bytes, file: Path) -> GeoDataFrame:
    """Return the lines that the bytes of a file list; ``file`` is its name, as messages show it."""
    shown = str(file).encode("utf-8", "replace").decode("utf-8")
    refuse_indirect(data[:4096], file)
    if data.startswith(START):
        found = "a database, such as a GeoPackage"
        raise InputError("E_FORMAT", found=found, fix=_EXPORT_FIX, file=shown, field="format")
    features, crs = _features(decoded_text(data, file, fix=_EXPORT_FIX), shown)
    lines, records, notices = _lines(features, shown)
    wrapped = _range_notices(lines, records)
    frame = traverse_frame(lines)
    places = RowPlaces({(LINE, str(row)): record.place for row, record in enumerate(records)})
    told = (*crs_notices(crs, shown), *notices, *wrapped)
    frame.attrs = {"notices": told, "sources": (file,), "places": places}
    return frame


def traverse_frame(lines: Iterable[RouteLine]) -> GeoDataFrame:
    """Return lines as a table, without vertices at the place of the one before."""
    import geopandas
    import pandas as pd
    import shapely

    rows = list(lines)
    shapes = [shapely.LineString(moved(line.lonlat_deg)) for line in rows]
    names = pd.Series([line.name for line in rows], dtype=object)
    sols = pd.array([line.sol for line in rows], dtype="Int64")
    return geopandas.GeoDataFrame({"name": names, "sol": sols}, geometry=shapes, crs=MARS_LONLAT)


def moved(lonlat_deg: FloatArray) -> FloatArray:
    """Return vertices in whole 1e-8 degrees, longitudes in 0 to 360, each at another place than the one before.

    Where there is one place alone, it is given twice: a line needs two vertices.

    >>> moved(np.array([[77.0, 18.0], [77.0, 18.0], [77.5, 18.0]])).tolist()
    [[77.0, 18.0], [77.5, 18.0]]
    """
    lon, lat = lonlat_deg.T
    rounded = (
        np.column_stack([np.round(lon % 360.0, DECIMALS) % 360.0, np.round(lat, DECIMALS)]) + 0.0
    )  # and no -0
    is_new = np.concatenate([[True], np.any(rounded[1:] != rounded[:-1], axis=1)])
    kept = rounded[is_new]
    return kept if len(kept) > 1 else np.concatenate([kept, kept])


def _features(text: str, file: str) -> tuple[list[Any], Any]:
    """Return the features of a text, a bare geometry as one without properties, and the file's CRS."""
    try:
        data = strict_json(text)
    except ValueError as exc:
        raise _refused(f"no JSON: {exc}"[:200], file, "file") from exc
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "Feature":
        return [data], data.get("crs")
    if kind in ("LineString", "MultiLineString", *_POINTS):
        return [{"type": "Feature", "properties": None, "geometry": data}], data.get("crs")
    features = data.get("features") if isinstance(data, dict) else None
    if kind != "FeatureCollection" or not isinstance(features, list):
        raise _refused("no FeatureCollection, Feature or line", file, "type")
    if len(features) > MAX_ROWS:
        too_large(f"more than {MAX_ROWS} features", file)
    return features, data.get("crs")


def _refused(found: str, file: str, field: str) -> InputError:
    needed, fix = "a GeoJSON of lines in longitude and latitude", "export it again as such"
    return InputError("E_GEOJSON", found=found, needed=needed, fix=fix, file=file, field=field)


def _lines(features: list[Any], file: str) -> tuple[list[RouteLine], list[Record], tuple[Notice, ...]]:
    """Return the lines of features, where each stands, and what to say of features that have none."""
    lines: list[RouteLine] = []
    records: list[Record] = []
    without, vertices = [], 0
    for number, feature in enumerate(features, 1):
        place = f"feature {number}"
        record, parts = _parts(feature, place, file)
        if not parts:
            without.append(place)
            continue
        sol = sol_of(record, "sol", fix="give the sol of the mission on which the rover drove")
        for part in parts:
            positions = _vertices(part, place, file)
            vertices += len(positions)
            if vertices > MAX_VERTICES:
                _too_many(file)
            lines.append(RouteLine(positions, record.text("name"), sol))
            records.append(record)
    if not lines:
        found, fix = "no lines", "add the route of the rover"
        raise InputError("E_NO_ROWS", found=found, fix=fix, file=file, field="features")
    return lines, records, _without_notice(without, file)


def _too_many(file: str) -> None:
    found, fix = (
        f"more than {MAX_VERTICES} vertices",
        "leave out the drives, or the vertices, that are not needed",
    )
    raise InputError("E_TOO_LARGE", found=found, fix=fix, file=file, field="size")


def _without_notice(places: Sequence[str], file: str) -> tuple[Notice, ...]:
    if not places:
        return ()
    named = ", ".join(places[:5]) + (f" and {len(places) - 5} more" if len(places) > 5 else "")
    found = f"{len(places)} features are points, or have no geometry ({named}); they are left out"
    return (Notice("W_NO_LINE", found, file=file),)


def _parts(feature: Any, place: str, file: str) -> tuple[Record, list[Any]]:
    """Return what a feature says of itself, and the coordinates of its lines; none where it is of points."""
    if not isinstance(feature, dict):
        raise _refused(f"{place} is no feature", file, place)
    properties, geometry = feature.get("properties"), feature.get("geometry")
    if properties is not None and not isinstance(properties, dict):
        raise _refused(f"{place} has properties that are no object", file, place)
    record = Record(_texts(properties or {}, place, file), file, place, {})
    if geometry is None:
        return record, []
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    found = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind in _POINTS:
        return record, []
    if kind not in ("LineString", "MultiLineString") or not isinstance(found, list) or not found:
        raise _refused(f"{place} is no line ({str(kind)[:40]})", file, place)
    return record, found if kind == "MultiLineString" else [found]


def _texts(properties: dict[str, Any], place: str, file: str) -> dict[str, str]:
    """Return name and sol as text; other properties are none of ours."""
    named = {key: value for key, value in properties.items() if key.strip().lower() == "name"}
    texts = texts_of(named, place, file)
    sols = [value for key, value in properties.items() if key.strip().lower() == "sol" and value is not None]
    if len(sols) > 1:
        raise _refused(f"{place} has two properties for sol", file, place)
    return {**texts, "sol": str(sols[0])} if sols else texts


def _vertices(part: Any, place: str, file: str) -> FloatArray:
    """Return the longitudes and latitudes of a line, an array of shape (vertices, 2)."""
    if not isinstance(part, list) or len(part) < 2:
        raise _refused(f"{place} has a line of less than two vertices", file, place)
    for vertex in part:
        if not isinstance(vertex, list) or len(vertex) not in (2, 3):
            raise _refused(f"{place} has a vertex that is no position", file, place)
        if any(isinstance(n, bool) or not isinstance(n, int | float) for n in vertex):
            raise _refused(f"{place} has coordinates that are no numbers", file, place)
    try:
        return np.array([(float(vertex[0]), float(vertex[1])) for vertex in part])
    except OverflowError as exc:
        raise _refused(f"{place} has a coordinate of too many digits", file, place) from exc


def _range_notices(lines: list[RouteLine], records: list[Record]) -> tuple[Notice, ...]:
    """Refuse vertices that are on no planet, and tell of longitudes that will be turned into 0 to 360."""
    lon, lat = np.concatenate([line.lonlat_deg for line in lines]).T
    for record, line in zip(records, lines, strict=True):
        if not np.isfinite(line.lonlat_deg).all():
            found, fix = "a coordinate is no finite number", "give finite degrees"
            raise record.error("E_NOT_NUMBER", "lon_deg", found=found, fix=fix)
    if np.any((np.abs(lat) > 90) | (np.abs(lon) > 720)):
        check_positions(list(_placed(lines, records)), of="vertices")
    is_off = (lon < 0) | (lon >= 360)
    if not is_off.any():
        return ()
    found = f"{int(is_off.sum())} longitudes were turned by 360 degrees into 0 to 360"
    return (Notice("W_LON_WRAPPED", found, file=records[0].file),)


def _placed(lines: list[RouteLine], records: list[Record]) -> Iterator[tuple[float, float, Record]]:
    for line, record in zip(lines, records, strict=True):
        for lon, lat in line.lonlat_deg.tolist():
            yield lon, lat, record
