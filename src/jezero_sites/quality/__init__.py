"""How far a DEM can be trusted, judged from the DEM itself."""

from __future__ import annotations

from jezero_sites.quality.artefacts import BOX, FACET, FLAG_NAMES, SEAM, STEP, Artefacts, Seam, artefacts
from jezero_sites.quality.dem_noise import NOISE_WINDOW_CELLS, NoiseEstimate, estimate_noise
from jezero_sites.quality.pieces import Piece, joined_seams, pieces_of
from jezero_sites.quality.quantum import height_step_m

__all__ = [
    "BOX",
    "FACET",
    "FLAG_NAMES",
    "NOISE_WINDOW_CELLS",
    "SEAM",
    "STEP",
    "Artefacts",
    "NoiseEstimate",
    "Piece",
    "Seam",
    "artefacts",
    "estimate_noise",
    "height_step_m",
    "joined_seams",
    "pieces_of",
]
