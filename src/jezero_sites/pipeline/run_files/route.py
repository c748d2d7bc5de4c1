"""The rover's route in ``run.json``: a text of vertices for each line, and back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError
from jezero_sites.io.points.rows import LAST_SOL
from jezero_sites.io.points.traverse import DECIMALS, RouteLine, moved, traverse_frame

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_NUMBER = r"-?\d{1,3}(?:\.\d{1,8})?"
_PATH = re.compile(rf"{_NUMBER} {_NUMBER}(?:,{_NUMBER} {_NUMBER})+", re.ASCII)


def route_record(traverse: GeoDataFrame | None) -> list[dict[str, Any]] | None:
    """Return a route as plain data: for each line its name, its sol and ``lon lat,lon lat`` to 1e-8 degrees."""
    import pandas as pd

    if traverse is None:
        return None
    rows = zip(traverse["name"], traverse["sol"], traverse.geometry, strict=True)
    return [
        {
            "name": "" if pd.isna(name) else str(name),
            "sol": None if pd.isna(sol) else int(sol),
            "path": _path(np.asarray(line.coords, float)[:, :2]),
        }
        for name, sol, line in rows
    ]


def route_of(entries: Any, folder: Path) -> GeoDataFrame | None:
    """Return the route of a record; None where it has none.

    Raises
    ------
    InputError
        ``E_NOT_A_RUN`` where it is not as :func:`route_record` gives it.
    """
    if entries is None:
        return None
    if not isinstance(entries, list) or not entries or not all(_is_line(entry) for entry in entries):
        found, fix = "its traverse is none", "name a directory that assess has written"
        raise InputError("E_NOT_A_RUN", found=found, fix=fix, file=str(folder), field="traverse")
    return traverse_frame(RouteLine(_vertices(e["path"]), e["name"], e["sol"]) for e in entries)


def _path(lonlat_deg: FloatArray) -> str:
    return ",".join(f"{_text(lon)} {_text(lat)}" for lon, lat in moved(lonlat_deg).tolist())


def _text(degrees: float) -> str:
    return f"{degrees:.{DECIMALS}f}".rstrip("0").rstrip(".")


def _is_line(entry: Any) -> bool:
    if not isinstance(entry, dict) or set(entry) != {"name", "sol", "path"}:
        return False
    name, sol, path = entry["name"], entry["sol"], entry["path"]
    if not isinstance(name, str) or not isinstance(path, str) or not _PATH.fullmatch(path):
        return False
    if sol is not None and (not isinstance(sol, int) or isinstance(sol, bool) or abs(sol) > LAST_SOL):
        return False
    lon, lat = _vertices(path).T
    return bool(np.all((lon >= 0) & (lon < 360) & (np.abs(lat) <= 90)))


def _vertices(path: str) -> FloatArray:
    return np.array([[float(number) for number in vertex.split(" ")] for vertex in path.split(",")])
