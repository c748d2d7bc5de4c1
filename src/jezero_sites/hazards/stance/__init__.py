"""How a lander on legs comes to rest on the ground: its tilt, and ground that rises into its belly."""

from __future__ import annotations

from jezero_sites.hazards.stance.legs import Legs, clockings_needed
from jezero_sites.hazards.stance.stance import (
    StanceTilt,
    stance_protrusion_m,
    stance_reach_cells,
    stance_tilt,
)

__all__ = [
    "Legs",
    "StanceTilt",
    "clockings_needed",
    "stance_protrusion_m",
    "stance_reach_cells",
    "stance_tilt",
]
