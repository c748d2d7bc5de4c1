"""What a run was made from: its input files with their checksums, and what to say about the samples."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.errors import Notice
from jezero_sites.raster import Raster

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


@dataclass(frozen=True)
class InputRecord:
    """One input file of a run."""

    path: str
    role: str
    sha256: str
    size_bytes: int

    def as_dict(self) -> dict[str, Any]:
        """Return the record as plain data, for ``run.json``."""
        return asdict(self)


def input_records(
    dem: Raster,
    ortho: Raster | None = None,
    samples: GeoDataFrame | None = None,
    *,
    abundance: Raster | None = None,
) -> tuple[InputRecord, ...]:
    """Return a record of each file that the inputs were read from."""
    from jezero_sites.io.hashing import sha256_of

    paths = [(path, "dem") for path in dem.sources]
    paths += [(path, "ortho") for path in (ortho.sources if ortho is not None else ())]
    paths += [(path, "rock abundance") for path in (abundance.sources if abundance is not None else ())]
    paths += [
        (Path(path), "samples") for path in (samples.attrs.get("sources", ()) if samples is not None else ())
    ]
    return tuple(InputRecord(str(path), role, sha256_of(path), path.stat().st_size) for path, role in paths)


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


def sample_notices(dem: Raster, samples: GeoDataFrame) -> tuple[Notice, ...]:
    """Return the notices of the sample list, and one on the samples that lie off the DEM."""
    notices = tuple(samples.attrs.get("notices", ()))
    lon, lat = samples["lon_deg"].to_numpy(float), samples["lat_deg"].to_numpy(float)
    known = np.isfinite(lon) & np.isfinite(lat)
    off = int(np.sum(known & ~dem.grid.contains(*dem.grid.from_lonlat(lon, lat))))
    if off:
        found = f"{off} of {int(known.sum())} positions lie off the DEM; their distances are still measured"
        notices = (*notices, Notice("W_OUTSIDE_DEM", found))
    return notices
