"""How far a DEM can be trusted, judged from the DEM itself."""

from __future__ import annotations

from jezero_sites.quality.artefacts import BOX, FACET, FLAG_NAMES, SEAM, STEP, Artefacts, Seam, artefacts
from jezero_sites.quality.dem_noise import NoiseEstimate, estimate_noise

__all__ = [
    "BOX",
    "FACET",
    "FLAG_NAMES",
    "SEAM",
    "STEP",
    "Artefacts",
    "NoiseEstimate",
    "Seam",
    "artefacts",
    "estimate_noise",
]
