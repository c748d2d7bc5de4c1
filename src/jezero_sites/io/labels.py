"""Labels of ISIS3 cubes and PDS4 products, read before GDAL does, which opens what they name.

GDAL's drivers take cells from any file that a label names, ``../`` included, and drop what it says of
latitudes and of longitudes counted west. A cube must therefore hold its cells itself, and a PDS4 label name
one file for one array, by its bare name.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree as ET

from jezero_sites.errors import InputError
from jezero_sites.io.files import COPY_AGAIN, check_inside, read_start

LABEL_BYTES = 4 << 20
_DEPTH = 60
_CONVERT = "if you trust where it is from: gdal_translate IN OUT.tif"
_REPROJECT = "map it east-positive and planetocentric, on a sphere"

_END = re.compile(rb"\r?\n(?:END|End)\r?\n")
_POINTER = re.compile(rb"\^[A-Za-z_]")
_CORE = re.compile(r"^\s*Object\s*=\s*Core\b(.*?)^\s*End_Object", re.I | re.M | re.S)
_MAPPING = re.compile(r"^\s*Group\s*=\s*Mapping\b(.*?)^\s*End_Group", re.I | re.M | re.S)
_PAIR = re.compile(r'^\s*(\w+)\s*=\s*"?([^\s"<]+)', re.M)
_NEAR_M = 0.5
_ON_SPHERES = {"equirectangular", "simplecylindrical", "sinusoidal", "orthographic"}
"""Projections that ISIS itself computes on a sphere; others need the ellipsoid, which GDAL drops."""

_PDS4_SPACE = "http://pds.nasa.gov/pds4/pds/v1"
_PRODUCTS = {"Product_Observational", "Product_Ancillary"}
_AREA = re.compile(r"\w+/File_Area_(?:Observational|Ancillary|Inventory)/")
_ARRAY = re.compile(_AREA.pattern + r"Array(?:_[123]D\w*)?")
_BARE = re.compile(r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]*", re.ASCII)


def check_cube(path: Path) -> int:
    """Return at which byte the cells of an ISIS3 cube start, from 0.

    Raises
    ------
    InputError
        ``E_INDIRECT`` for cells in another file; ``E_CORRUPT``; ``E_FORMAT`` for a name that GDAL would try
        as a TIFF; ``E_CRS E_ROTATED`` for a map that GDAL would misplace.
    """
    head = read_start(path, LABEL_BYTES)
    end = _END.search(head)
    if end is None or b"\0" in head[: end.end()]:
        _refuse("E_CORRUPT", path, "header", found="the label has no End line", fix=COPY_AGAIN)
    if _POINTER.search(head[: end.end()] + head[end.end() :][:1024].split(b"\0")[0]):
        _refuse("E_INDIRECT", path, "format", found="a cube whose parts lie in other files", fix=_CONVERT)
    if path.suffix.lower() in (".tif", ".tiff"):
        _refuse("E_FORMAT", path, "format", found="an ISIS3 cube named as a TIFF", fix="rename it to .cub")
    text = head[: end.end()].decode("latin-1")
    core, mapping = _CORE.search(text), _MAPPING.search(text)
    keys = dict(_PAIR.findall(core[1])) if core else {}
    start = keys.get("StartByte", "")
    if not re.fullmatch(r"\d{1,18}", start) or int(start) <= end.end():
        found = f"its cells start at byte {start[:40] or 'unknown'}, within the label"
        _refuse("E_CORRUPT", path, "header", found=found, fix=COPY_AGAIN)
    if mapping:
        _check_mapping({k.lower(): v for k, v in _PAIR.findall(mapping[1])}, path)
    return int(start) - 1


def _check_mapping(keys: dict[str, str], path: Path) -> None:
    """Refuse maps of ISIS that GDAL would put elsewhere, or on another body's figure."""
    is_sphere = _number(keys.get("equatorialradius")) == _number(keys.get("polarradius"))
    projection = keys.get("projectionname", "")
    _check_coordinates(
        path, direction=keys.get("longitudedirection", ""), latitudes=keys.get("latitudetype", ""),
        is_sphere=is_sphere, is_on_sphere=projection.lower() in _ON_SPHERES,
    )  # fmt: skip
    if projection.lower() == "simplecylindrical" and _number(keys.get("centerlatitude", "0")) != 0:
        found = "SimpleCylindrical with a CenterLatitude, which ISIS ignores and GDAL does not"
        _refuse("E_CRS", path, "crs", found=found, fix="map2map to Equirectangular")
    if projection.lower() == "equirectangular":
        _check_radius(keys, path)
    if _number(keys.get("rotation", "0")) != 0:
        found = f"the map is turned by {keys['rotation'][:40]} degrees"
        _refuse("E_ROTATED", path, "geotransform", found=found, fix="map2map to a north-up grid")


def _check_radius(keys: dict[str, str], path: Path) -> None:
    """Refuse a map on another sphere than the one that GDAL takes: that of the ellipsoid at the centre."""
    names = ("equatorialradius", "polarradius", "centerlatitude", "centerlatituderadius")
    a, b, latitude, told = (_number(keys.get(name)) for name in names)
    if not a or not b or latitude is None or told is None:
        return
    angle = math.radians(latitude)
    radius = a * b / math.hypot(b * math.cos(angle), a * math.sin(angle))
    if abs(radius - told) > _NEAR_M:
        found = f"CenterLatitudeRadius {told:.3f} m; GDAL would take {radius:.3f} m"
        _refuse("E_CRS", path, "crs", found=found, fix=_REPROJECT)


def _check_coordinates(
    path: Path, *, direction: str, latitudes: str, is_sphere: bool, is_on_sphere: bool
) -> None:
    words = {text: re.sub(r"[\s_]", "", text).lower() for text in (direction, latitudes)}
    if words[direction] != "positiveeast":
        found = f"longitudes count '{direction[:40]}'"
    elif not is_sphere and words[latitudes] != "planetocentric":
        found = f"latitudes are '{latitudes[:40]}' on an ellipsoid"
    elif not is_sphere and not is_on_sphere:
        found = "a projection of the ellipsoid, which GDAL takes for one of a sphere"
    else:
        return
    _refuse("E_CRS", path, "crs", found=found, fix=_REPROJECT)


@dataclass(frozen=True)
class Array:
    """The one array of a PDS4 label: its file, and at which byte it starts."""

    file: Path
    start: int


@dataclass
class _Elements:
    """What a parser finds in a PDS4 label: the text of each element by its path."""

    path: list[str] = field(default_factory=list)
    parts: list[list[str]] = field(default_factory=list)
    found: list[tuple[str, str]] = field(default_factory=list)
    root: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.root = self.root or tag
        if len(self.path) >= _DEPTH:
            raise ValueError("elements nested too deep")
        self.path.append(tag.rpartition("}")[2])
        self.parts.append([])
        if any(name.rpartition("}")[2] in ("file_name", "File") for name in attributes):
            raise ValueError("a file named in an attribute")

    def data(self, text: str) -> None:
        self.parts[-1].append(text)

    def end(self, tag: str) -> None:
        self.found.append(("/".join(self.path), "".join(self.parts.pop()).strip()))
        self.path.pop()

    def close(self) -> list[tuple[str, str]]:
        return self.found

    def first(self, name: str) -> str:
        """Return the text of the first element of a name; empty where there is none."""
        return next((text for path, text in self.found if path.rpartition("/")[2] == name), "")


def check_pds4(path: Path) -> Array:
    """Return the file of a PDS4 label's one array, and at which byte its cells start.

    Raises
    ------
    InputError
        ``E_INDIRECT`` for a document type, entities, tables; ``E_OUTSIDE``; ``E_CORRUPT``; ``E_FORMAT`` for
        other products, no array or several; ``E_CRS`` for a map that GDAL would misplace.
    """
    label = _elements(path)
    kind = label.root.rpartition("}")[2]
    if label.root != f"{{{_PDS4_SPACE}}}{kind}" or kind not in _PRODUCTS:
        _refuse(
            "E_FORMAT", path, "format", found=f"a PDS4 product of another kind ({kind[:40]})", fix=_CONVERT
        )
    paths = [where for where, _ in label.found]
    if any(re.search(r"/(?:Table_\w+|Inventory)$", where) for where in paths):
        _refuse("E_INDIRECT", path, "format", found="a PDS4 label with tables", fix=_CONVERT)
    files = [(where, text) for where, text in label.found if where.endswith("/file_name")]
    for _, text in files:
        if not _BARE.fullmatch(text):
            found = f"the label points outside its folder: {text[:120]}"
            _refuse("E_OUTSIDE", path, "file_name", found=found, fix="put the image beside the label")
        check_inside(path, text)
    _check_model(label, path)
    arrays = [where for where in paths if _ARRAY.fullmatch(where)]
    files = [pair for pair in files if _AREA.match(pair[0])]
    if len(arrays) != 1 or len(files) != 1:
        found = f"a PDS4 label of {len(arrays)} arrays in {len(files)} files"
        _refuse("E_FORMAT", path, "format", found=found, fix="gdal_translate PDS4:LABEL:1:1 OUT.tif")
    start = next((text for where, text in label.found if where == f"{arrays[0]}/offset"), "0")
    file = path.parent / files[0][1]
    if file.name == path.name or not file.is_file() or not re.fullmatch(r"\d{1,18}", start):
        found = f"no cells in {file.name} at byte {start[:40]}"
        _refuse("E_CORRUPT", path, "header", found=found, fix=COPY_AGAIN)
    return Array(file, int(start))


def _elements(path: Path) -> _Elements:
    text = read_start(path, LABEL_BYTES + 1)
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", text, re.I):
        _refuse("E_INDIRECT", path, "format", found="a label with a document type or entities", fix=_CONVERT)
    label = _Elements()
    try:
        if len(text) > LABEL_BYTES:
            raise ValueError(f"more than {LABEL_BYTES} bytes of label")
        text.decode("utf-8")
        parser = ET.XMLParser(target=label)  # noqa: S314 - entities were refused, depth and size are bounded
        parser.feed(text)
        parser.close()
    except (ET.ParseError, ValueError, LookupError) as exc:
        _refuse("E_CORRUPT", path, "header", found=f"the label cannot be read: {exc}"[:300], fix=COPY_AGAIN)
    return label


def _check_model(label: _Elements, path: Path) -> None:
    """Refuse maps of PDS4 that GDAL would put elsewhere, and special constants that it cannot read."""
    for where, text in label.found:
        if where.rpartition("/")[0].endswith("/Special_Constants") and _number(text) is None:
            found = f"{where.rpartition('/')[2]} is '{text[:40]}', no decimal number"
            _refuse("E_FORMAT", path, "nodata", found=found, fix=_CONVERT)
    if not any(where.endswith("/Geodetic_Model") for where, _ in label.found):
        return
    radii = [label.first(name) or label.first(old) for name, old in (
        ("a_axis_radius", "semi_major_radius"), ("c_axis_radius", "polar_radius"),
    )]  # fmt: skip
    _check_coordinates(
        path, direction=label.first("longitude_direction"), latitudes=label.first("latitude_type"),
        is_sphere=_number(radii[0]) == _number(radii[1]),
        is_on_sphere=label.first("map_projection_name").lower() in _ON_SPHERES,
    )  # fmt: skip


def _number(text: str | None) -> float | None:
    """Return a decimal number; None where a text is none."""
    return float(text) if text and re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", text) else None


_NEEDED = {
    "E_CORRUPT": "a file that is whole",
    "E_CRS": "east-positive planetocentric coordinates on a sphere",
    "E_FORMAT": "a GeoTIFF, or a raster that GDAL reads as its label means it",
    "E_INDIRECT": "a file that holds its data itself",
    "E_OUTSIDE": "files in the folder of the label",
    "E_ROTATED": "a north-up grid",
}


def _refuse(code: str, path: Path, what: str, *, found: str, fix: str) -> NoReturn:
    raise InputError(code, found=found, needed=_NEEDED[code], fix=fix, file=str(path), field=what)
