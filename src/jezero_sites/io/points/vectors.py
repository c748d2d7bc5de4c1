"""Tables of sites to files and back: CSV for people, GeoPackage for maps, GeoJSON for the web."""

from __future__ import annotations

import json
import math
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.errors import InputError
from jezero_sites.io.files import replacing, unwritten, write_text

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

LAYER = "sites"
MARS_URN = "urn:ogc:def:crs:IAU:2015::49900"

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NO_CLOCK = {"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"}
"""A GeoPackage bears the time of its making; a fixed one keeps equal results equal files."""


def write_sites(frame: GeoDataFrame, folder: str | Path) -> None:
    """Write ``sites.csv``, ``sites.gpkg`` and ``sites.geojson``, each whole or not at all.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        One row a site, points in a CRS of Mars, with the columns ``lon_deg`` and ``lat_deg``; may be empty.
        The order of rows and columns is kept.
    folder : str or Path

    Raises
    ------
    ValueError
        Where the position columns or the CRS are missing.
    DiskError
        ``E_DISK_FULL`` or ``E_WRITE``.
    """
    missing = {"lon_deg", "lat_deg"} - set(frame.columns)
    if missing or frame.crs is None:
        raise ValueError(f"sites without {', '.join(sorted(missing)) or 'a CRS'}")
    target = Path(folder)
    write_text(target / "sites.csv", csv_text(frame))
    write_text(target / "sites.geojson", geojson_text(frame))
    _write_geopackage(frame, target / "sites.gpkg")


def read_sites(folder: str | Path, *, crs: Any = None) -> GeoDataFrame:
    """Return the sites of a folder as they were written, from its GeoPackage, which keeps types exact.

    Parameters
    ----------
    folder : str or Path
    crs : optional
        The CRS of the run's grid, where it is known better than the file tells.

    Raises
    ------
    InputError
        ``E_NOT_FOUND E_FORMAT E_CORRUPT``; ``E_NO_COLUMN`` where it is no table of sites.
    """
    from jezero_sites.io.guard import read_table

    path = Path(folder) / "sites.gpkg"
    frame = read_table(path, layer=LAYER)
    missing = [c for c in ("lon_deg", "lat_deg") if c not in frame.columns]
    if missing:
        found, fix = f"no column {', '.join(missing)}", "write the run again"
        raise InputError("E_NO_COLUMN", found=found, fix=fix, file=str(path), field="columns")
    return frame if crs is None else frame.set_crs(crs, allow_override=True)


def csv_text(frame: GeoDataFrame) -> str:
    """Return a table as CSV, without geometry; the unknown is empty and numbers come back exactly.

    Text that a spreadsheet would run as a formula gets an apostrophe before it. Numbers do not: a
    negative height is no formula.
    """
    table = frame.drop(columns=frame.geometry.name)
    rows = [tuple(str(name) for name in table.columns), *table.itertuples(index=False, name=None)]
    return "".join(",".join(_cell(_plain(value)) for value in row) + "\n" for row in rows)


def geojson_text(frame: GeoDataFrame) -> str:
    """Return a table as GeoJSON with planetocentric longitudes and latitudes of Mars, which it names."""
    table = frame.drop(columns=frame.geometry.name)
    names = [str(name) for name in table.columns]
    features = [
        _feature(dict(zip(names, map(_plain, row), strict=True)))
        for row in table.itertuples(index=False, name=None)
    ]
    collection = {
        "type": "FeatureCollection",
        "name": LAYER,
        "crs": {"type": "name", "properties": {"name": MARS_URN}},
        "features": features,
    }
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _feature(properties: dict[str, Any]) -> dict[str, Any]:
    lon, lat = properties["lon_deg"], properties["lat_deg"]
    is_placed = lon is not None and lat is not None
    geometry = {"type": "Point", "coordinates": [lon, lat]} if is_placed else None
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    return {"id": properties["site_id"], **feature} if properties.get("site_id") is not None else feature


def _plain(value: Any) -> Any:
    """Return a cell as None, bool, int, float or str; NaN and other marks of the unknown become None."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if str(value) in ("<NA>", "NaT") else str(value)


def _cell(value: Any) -> str:
    """Return a cell of CSV; the csv module of Python 3.11 would leave a carriage return without quotes."""
    if not isinstance(value, str):
        return "" if value is None else repr(value)
    text = f"'{value}" if _FORMULA.match(value) else value
    return '"{}"'.format(text.replace('"', '""')) if set(text) & set(',"\r\n') else text


def _write_geopackage(frame: GeoDataFrame, path: Path) -> None:
    import pyogrio

    with replacing(path) as draft, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyogrio.set_gdal_config_options(_NO_CLOCK)
        try:
            frame.to_file(
                draft, layer=LAYER, driver="GPKG", engine="pyogrio", geometry_type="Point", index=False
            )
        except Exception as exc:
            raise unwritten(path, exc) from exc
        finally:
            pyogrio.set_gdal_config_options(dict.fromkeys(_NO_CLOCK))
