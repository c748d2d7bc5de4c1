"""The route of the rover against the ground of a run: what must be refused of it, and what must be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError, Notice
from jezero_sites.pipeline.inputs import is_swapped, is_west, source_of
from jezero_sites.raster import Grid

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


def check_route(traverse: GeoDataFrame | None, grid: Grid) -> None:
    """Refuse a route whose longitude and latitude are exchanged, as samples are refused.

    Raises
    ------
    InputError
        ``E_SWAPPED``, with the file and feature of the first vertex.
    ValueError
        Where it has other than lines with ``name`` and ``sol``.
    """
    if traverse is None:
        return
    if not {"name", "sol"} <= set(traverse.columns) or not traverse.geom_type.eq("LineString").all():
        raise ValueError("a traverse needs columns name and sol and LineStrings; read_traverse gives such")
    lon, lat, row = _vertices(traverse)
    if not lon.size or not np.all(np.isfinite(lon) & (np.abs(lat) <= 90.0)):
        raise ValueError("a traverse needs vertices with longitudes and latitudes in degrees")
    swapped = np.flatnonzero(is_swapped(lon, lat, grid))
    if not swapped.size:
        return
    first = int(swapped[0])
    where = _place(traverse, int(row[first]))
    given = f"longitude {lon[first]:g}, latitude {lat[first]:g}"
    many = f", as do {swapped.size} of {lon.size} vertices" if swapped.size > 1 else ""
    found = f"{where}: {given} lies far off the DEM, and on it the other way round{many}"
    fix = "longitude and latitude are swapped: exchange the two"
    raise InputError("E_SWAPPED", found=found, fix=fix, file=source_of(traverse), field=where)


def route_notices(traverse: GeoDataFrame | None, grid: Grid) -> tuple[Notice, ...]:
    """Return the notices of a route, and those on one that does not lie on the DEM."""
    if traverse is None:
        return ()
    notices = tuple(traverse.attrs.get("notices", ()))
    lon, lat, row = _vertices(traverse)
    if not grid.contains(*grid.from_lonlat(lon, lat)).any():
        found = "no vertex of the route lies on the DEM; it is shown where it is"
        notices = (*notices, Notice("W_OUTSIDE_DEM", found, file=source_of(traverse)))
    west = np.flatnonzero(is_west(lon, lat, grid))
    if not west.size:
        return notices
    first, many = int(west[0]), f"{west.size} of {lon.size} vertices"
    where = _place(traverse, int(row[first]))
    found = f"{many} would lie on the DEM if their longitudes were counted to the west ({where})"
    fix = f"if they are, give east longitudes, 360 - {lon[first]:g} there; nothing was changed"
    return (*notices, Notice("W_WEST_POSITIVE", found, fix, source_of(traverse)))


def _vertices(traverse: GeoDataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return longitude and latitude of each vertex, and the row of its line."""
    places, rows = shapely.get_coordinates(traverse.geometry.to_numpy(), return_index=True)
    return places[:, 0], places[:, 1], rows


def _place(traverse: GeoDataFrame, row: int) -> str:
    """Return where a line stands in its file, or else its number among the lines."""
    from jezero_sites.io.points.traverse import LINE

    places = traverse.attrs.get("places")
    known = "" if places is None else str(places.of(LINE, str(traverse.index[row])))
    return known or f"line {row + 1}"
