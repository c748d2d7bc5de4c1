"""Points of features, of GeoJSON and of GeoPackages, as rows of text with the refusals that a CSV would meet."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.points.records import FIELD_OF, MAX_CELL_CHARACTERS, MAX_ROWS, Record, too_large

_OUR_CRS = re.compile(r"IAU(_2015)?:(2015:)?:?49900$")
_ENVELOPE_BYTES = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def geojson_records(text: str, file: str) -> tuple[list[Record], tuple[Notice, ...]]:
    """Return the points of a GeoJSON FeatureCollection, and what to say of its CRS.

    Raises
    ------
    InputError
        ``E_GEOJSON E_NO_ROWS E_TOO_LARGE E_ENCODING``.
    """
    try:
        data = strict_json(text)
    except ValueError as exc:
        raise _geojson_error(f"no JSON: {exc}"[:200], file, "file") from exc
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list) or data.get("type") != "FeatureCollection":
        raise _geojson_error("no FeatureCollection", file, "type")
    if len(features) > MAX_ROWS:
        too_large(f"more than {MAX_ROWS} features", file)
    records = [_feature_record(feature, number, file) for number, feature in enumerate(features, 1)]
    if not records:
        raise InputError("E_NO_ROWS", found="no features", fix="add the samples", file=file, field="features")
    return records, crs_notices(data.get("crs"), file)


def strict_json(text: str) -> Any:
    """Return what a JSON text holds; ``NaN``, a key given twice or nesting too deep is a ``ValueError``."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_with_keys_once)
    except RecursionError as exc:
        raise ValueError(str(exc)) from exc


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _with_keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key '{twice[:40]}' is given twice in one object")
    return found


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
    fields = texts_of(properties, place, file)
    if geometry is not None:
        fields |= _point(geometry, place, file, elevation="elevation_m" not in fields)
    return Record(fields, file, place, {})


def texts_of(properties: dict[str, Any], place: str, file: str) -> dict[str, str]:
    """Return the properties that are known here as text; positions are those of the geometry."""
    fields: dict[str, str] = {}
    for key, value in properties.items():
        field = FIELD_OF.get(key.strip().lower())
        if field in (None, "lon_deg", "lat_deg") or value is None or isinstance(value, dict | list):
            continue
        if field in fields:
            raise _geojson_error(f"{place} has two properties for {field}", file, place)
        fields[field] = str(value)
        if len(fields[field]) > MAX_CELL_CHARACTERS:
            too_large(f"{place}: a text of more than {MAX_CELL_CHARACTERS} characters", file)
        if _NO_TEXT.search(fields[field]):
            found = f"{place}: the {field} holds a NUL or half of a surrogate pair"
            raise InputError("E_ENCODING", found=found, fix="export it again", file=file, field=place)
    return fields


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


def blob_point(blob: Any, place: str, file: str) -> tuple[float, ...] | None:
    """Return the coordinates of a geometry of a GeoPackage; None where it is missing or empty.

    It is a header (GP, version, flags, CRS, an envelope by the flags) before its well-known binary.

    Raises
    ------
    InputError
        ``E_GEOPACKAGE``.
    """
    import shapely

    if blob is None:
        return None
    try:
        if not isinstance(blob, bytes) or blob[:2] != b"GP":
            raise ValueError("no geometry of a GeoPackage")
        size = _ENVELOPE_BYTES.get(blob[3] >> 1 & 7)
        if size is None:
            raise ValueError("an envelope that is unknown")
        shape = shapely.from_wkb(blob[8 + size :])
    except (ValueError, IndexError, shapely.errors.ShapelyError) as exc:
        raise _blob_error(f"{place}: {exc}"[:200], file, place) from exc
    if shape.is_empty:
        return None
    if shape.geom_type == "MultiPoint" and len(shape.geoms) == 1:
        shape = shape.geoms[0]
    if shape.geom_type != "Point":
        raise _blob_error(f"{place} is no point ({shape.geom_type})", file, place)
    return (shape.x, shape.y, shape.z) if shape.has_z else (shape.x, shape.y)


def _blob_error(found: str, file: str, field: str) -> InputError:
    needed, fix = "a GeoPackage with one layer of points with a name each", "export it again as such"
    return InputError("E_GEOPACKAGE", found=found, needed=needed, fix=fix, file=file, field=field)


def crs_notices(crs: Any, file: str) -> tuple[Notice, ...]:
    """Say that positions are taken as those of Mars, unless the file says so itself."""
    name = (
        str(crs["properties"].get("name"))
        if isinstance(crs, dict) and isinstance(crs.get("properties"), dict)
        else ""
    )
    if _OUR_CRS.search(name):
        return ()
    said = f"the CRS '{_shown(name)}' that it names is ignored" if crs is not None else "it names no CRS"
    found = f"{said}; positions are taken as east longitudes and planetocentric latitudes on Mars"
    return (Notice("W_CRS_ASSUMED", found, file=file),)


def _shown(name: str) -> str:
    return _NO_TEXT.sub(" ", name[:60])
