"""The only floor that opens files: what comes in is checked at one door, what goes out is whole.

The public names load on first use, so that a light command need not wait for the heavy libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jezero_sites.io.dem import read_dem
    from jezero_sites.io.files import write_text
    from jezero_sites.io.guard import open_raster
    from jezero_sites.io.hashing import sha256_of
    from jezero_sites.io.ortho import read_ortho
    from jezero_sites.io.points.catalog import POSITION_NOTE, SampleRow, catalog_rows, perseverance_samples
    from jezero_sites.io.points.samples import read_samples
    from jezero_sites.io.points.vectors import read_sites, write_sites
    from jezero_sites.io.write import write_raster

_HOME = {
    "POSITION_NOTE": "points.catalog",
    "SampleRow": "points.catalog",
    "catalog_rows": "points.catalog",
    "open_raster": "guard",
    "perseverance_samples": "points.catalog",
    "read_dem": "dem",
    "read_ortho": "ortho",
    "read_samples": "points.samples",
    "read_sites": "points.vectors",
    "sha256_of": "hashing",
    "write_raster": "write",
    "write_sites": "points.vectors",
    "write_text": "files",
}

__all__ = [
    "POSITION_NOTE",
    "SampleRow",
    "catalog_rows",
    "open_raster",
    "perseverance_samples",
    "read_dem",
    "read_ortho",
    "read_samples",
    "read_sites",
    "sha256_of",
    "write_raster",
    "write_sites",
    "write_text",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
