"""What a run was made from: its input files with their checksums, and what to say about the samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.errors import InputError, Notice
from jezero_sites.raster import Fingerprint, Grid, Raster

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

AREA_MARGIN_M = 10_000.0
"""How far around a DEM a sample is still of its area; a choice, of the size of a landing ellipse."""


@dataclass(frozen=True)
class InputRecord:
    """One input file of a run."""

    path: str
    role: str
    sha256: str
    size_bytes: int
    repairs: dict[str, int] = field(default_factory=dict)
    fingerprint: Fingerprint | None = field(default=None, compare=False, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain data, for ``run.json``; without the stamp of this machine's files."""
        data = {"path": self.path, "role": self.role, "sha256": self.sha256, "size_bytes": self.size_bytes}
        return {**data, **({"repairs": dict(self.repairs)} if self.repairs else {})}


def input_records(
    dem: Raster,
    ortho: Raster | None = None,
    samples: GeoDataFrame | None = None,
    *,
    abundance: Raster | None = None,
    traverse: GeoDataFrame | None = None,
) -> tuple[InputRecord, ...]:
    """Return a record of each file that the inputs were read from, as it was then."""
    parts: list[tuple[str, Raster | None]] = [("dem", dem), ("ortho", ortho), ("rock abundance", abundance)]
    records = [record for role, raster in parts if raster is not None for record in _records(raster, role)]
    for role, table in (("samples", samples), ("traverse", traverse)):
        if table is not None:
            prints = table.attrs.get("fingerprints") or _fingerprints(table.attrs.get("sources", ()))
            records += [_record(known, role) for known in prints]
    return tuple(records)


def check_inputs(records: Iterable[InputRecord]) -> None:
    """Refuse an input that is not any more what was read.

    Raises
    ------
    InputError
        ``E_INPUT_CHANGED``.
    """
    from jezero_sites.io.hashing import check_unchanged

    check_unchanged(record.fingerprint for record in records if record.fingerprint is not None)


def _records(raster: Raster, role: str) -> list[InputRecord]:
    from jezero_sites.io.remote import RemoteNotice

    remote = [notice for notice in raster.notices if isinstance(notice, RemoteNotice)]
    far = {Path(notice.file or "") for notice in remote}
    prints = raster.fingerprints or _fingerprints(path for path in raster.sources if path not in far)
    records = [_record(known, role, raster.repairs.get(str(known.path))) for known in prints]
    return records + [InputRecord(n.file or "", role, f"etag {n.etag}", n.size_bytes) for n in remote]


def _record(known: Fingerprint, role: str, repairs: Mapping[str, int] | None = None) -> InputRecord:
    path = shown_path(known.path)
    return InputRecord(path, role, known.sha256, known.size_bytes, dict(repairs or {}), known)


def _fingerprints(paths: Iterable[str | Path]) -> tuple[Fingerprint, ...]:
    from jezero_sites.io.hashing import fingerprint

    return tuple(fingerprint(path) for path in paths)


def elsewhere_notice(dem: Raster, ortho: Raster) -> tuple[Notice, ...]:
    """Return a notice where an image does not show the ground of the DEM."""
    rows, cols = np.linspace(0, ortho.grid.shape[0] - 1, 25), np.linspace(0, ortho.grid.shape[1] - 1, 25)
    lon, lat = ortho.grid.lonlat(*ortho.grid.xy(*np.meshgrid(rows, cols, indexing="ij")))
    rows, cols = np.linspace(0, dem.grid.shape[0] - 1, 25), np.linspace(0, dem.grid.shape[1] - 1, 25)
    own = dem.grid.lonlat(*dem.grid.xy(*np.meshgrid(rows, cols, indexing="ij")))
    shared = dem.grid.contains(*dem.grid.from_lonlat(lon, lat)).any()
    if shared or ortho.grid.contains(*ortho.grid.from_lonlat(*own)).any():
        return ()
    name = ortho.sources[0].name if ortho.sources else None
    fix = "give an image of the same ground"
    return (Notice("W_ORTHO_ELSEWHERE", "the image shows none of the DEM's ground", fix, name),)


def check_swapped(samples: GeoDataFrame, grid: Grid) -> None:
    """Refuse samples whose longitude and latitude are exchanged.

    They are where a position lies off the DEM's area, and would lie on it the other way round. The area is
    the DEM's range of longitudes and latitudes and 10 km around it. The built-in catalogue is not doubted.

    Raises
    ------
    InputError
        ``E_SWAPPED``, with the file and line of the first.
    """
    if samples.attrs.get("sources") == ():
        return
    swapped = np.flatnonzero(is_swapped(*_positions(samples), grid))
    if not swapped.size:
        return
    row = samples.iloc[int(swapped[0])]
    where = _place(samples, row) or f"sample '{row['name'][:40]}'"
    given = f"longitude {row['lon_deg']:g}, latitude {row['lat_deg']:g}"
    many = f", as do {swapped.size} of {len(samples)} rows" if swapped.size > 1 else ""
    found = f"{where}: {given} lies far off the DEM, and on it the other way round{many}"
    fix = "longitude and latitude are swapped: exchange the two columns"
    raise InputError("E_SWAPPED", found=found, fix=fix, file=source_of(samples), field=where)


def is_swapped(lon_deg: FloatArray, lat_deg: FloatArray, grid: Grid) -> BoolArray:
    """Tell which positions lie off a grid's area, and would lie on it the other way round."""
    other_way = _in_area(grid, lat_deg % 360.0, (lon_deg + 180.0) % 360.0 - 180.0)
    return other_way & ~_in_area(grid, lon_deg, lat_deg)


def is_west(lon_deg: FloatArray, lat_deg: FloatArray, grid: Grid) -> BoolArray:
    """Tell which positions lie off a grid's area, and would lie on it if counted to the west."""
    return _in_area(grid, (360.0 - lon_deg) % 360.0, lat_deg) & ~_in_area(grid, lon_deg, lat_deg)


def sample_notices(dem: Raster, samples: GeoDataFrame) -> tuple[Notice, ...]:
    """Return the notices of the sample list, and those on the samples that lie off the DEM."""
    notices = tuple(samples.attrs.get("notices", ()))
    lon, lat = _positions(samples)
    known = np.isfinite(lon) & np.isfinite(lat)
    off = int(np.sum(known & ~dem.grid.contains(*dem.grid.from_lonlat(lon, lat))))
    if off:
        found = f"{off} of {int(known.sum())} positions lie off the DEM; their distances are still measured"
        notices = (*notices, Notice("W_OUTSIDE_DEM", found))
    return (*notices, *_west_notice(samples, dem.grid))


def _west_notice(samples: GeoDataFrame, grid: Grid) -> tuple[Notice, ...]:
    """Return a notice on longitudes that would lie on the DEM's area if they were counted to the west."""
    lon, lat = _positions(samples)
    west = is_west(lon, lat, grid)
    if samples.attrs.get("sources") == () or not west.any():
        return ()
    row = samples.iloc[int(np.flatnonzero(west)[0])]
    where = _place(samples, row) or f"'{row['name'][:40]}'"
    many = f"{int(west.sum())} of {int(np.isfinite(lon).sum())} positions"
    found = f"{many} would lie on the DEM if their longitudes were counted to the west ({where})"
    fix = f"if they are, give east longitudes, 360 - {row['lon_deg']:g} there; nothing was changed"
    return (Notice("W_WEST_POSITIVE", found, fix, source_of(samples)),)


def _in_area(grid: Grid, lon_deg: FloatArray, lat_deg: FloatArray) -> BoolArray:
    """Tell which positions lie within the grid's range of longitudes and latitudes, or 10 km around it."""
    rows, cols = (np.linspace(0, size - 1, 25) for size in grid.shape)
    lon, lat = grid.lonlat(*grid.xy(*np.meshgrid(rows, cols, indexing="ij")))
    middle = np.degrees(np.angle(np.nanmean(np.exp(1j * np.radians(lon)))))
    margin = np.degrees(AREA_MARGIN_M / grid.body_radius_m)
    widest = np.cos(np.radians(min(float(np.nanmax(np.abs(lat))), 89.0)))
    reach = float(np.nanmax(np.abs(_turned(lon - middle)))) + margin / widest
    beside = np.abs(_turned(lon_deg - middle)) <= reach
    level = (lat_deg >= np.nanmin(lat) - margin) & (lat_deg <= min(float(np.nanmax(lat)) + margin, 90.0))
    near: BoolArray = beside & level & (lat_deg >= -90.0)
    return near


def _turned(lon_deg: FloatArray) -> FloatArray:
    """Return differences of longitude as -180 up to 180 degrees."""
    turned: FloatArray = (lon_deg + 180.0) % 360.0 - 180.0
    return turned


def _positions(samples: GeoDataFrame) -> tuple[FloatArray, FloatArray]:
    return samples["lon_deg"].to_numpy(float), samples["lat_deg"].to_numpy(float)


def _place(samples: GeoDataFrame, row: Any) -> str:
    """Return where a sample stands in its file, or an empty text where that is not known."""
    places = samples.attrs.get("places")
    return "" if places is None else str(places.of(row["kind"], row["name"]))


def source_of(table: GeoDataFrame) -> str | None:
    """Return the name of the file that a table was read from; None where it was made in memory."""
    sources = table.attrs.get("sources", ())
    return shown_path(sources[0]) if sources else None


def shown_path(path: Path | str) -> str:
    """Return a path as text that can be written: a name that is no UTF-8 has question marks."""
    return str(path).encode("utf-8", "replace").decode("utf-8")
