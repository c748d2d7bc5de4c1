"""Lander sites in Jezero Crater: hazard maps, landing probabilities and ranked sites from Mars DEMs.

Examples
--------
>>> import jezero_sites as js
>>> settings = js.load_profile("msr-srl-illustrative")
>>> settings.search.site_radius_m
60.0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jezero_sites.errors import JezeroError
    from jezero_sites.io.abundance import read_abundance
    from jezero_sites.io.dem import read_dem
    from jezero_sites.io.ortho import read_ortho
    from jezero_sites.io.points.catalog import perseverance_samples
    from jezero_sites.io.points.samples import read_samples
    from jezero_sites.layers import LAYERS, measure
    from jezero_sites.pipeline import Assessment, assess, load_run, rescore
    from jezero_sites.raster import Grid, Raster
    from jezero_sites.settings import Settings, load_profile, read_settings

_HOMES = {
    "Assessment": "pipeline",
    "Grid": "raster",
    "JezeroError": "errors",
    "LAYERS": "layers",
    "Raster": "raster",
    "Settings": "settings",
    "assess": "pipeline",
    "load_profile": "settings",
    "load_run": "pipeline",
    "measure": "layers",
    "perseverance_samples": "io.points.catalog",
    "read_abundance": "io.abundance",
    "read_dem": "io.dem",
    "read_ortho": "io.ortho",
    "read_samples": "io.points.samples",
    "read_settings": "settings",
    "rescore": "pipeline",
}

__version__ = "0.1.0"
__all__ = [
    "LAYERS",
    "Assessment",
    "Grid",
    "JezeroError",
    "Raster",
    "Settings",
    "assess",
    "load_profile",
    "load_run",
    "measure",
    "perseverance_samples",
    "read_abundance",
    "read_dem",
    "read_ortho",
    "read_samples",
    "read_settings",
    "rescore",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is first used, so that light commands start fast."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
