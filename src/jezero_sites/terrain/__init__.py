"""Equations that turn heights into quantities of the ground: one quantity a module, arrays in and out."""

from __future__ import annotations

from jezero_sites.terrain.aspect import ASPECT_REACH_CELLS, aspect_deg
from jezero_sites.terrain.curvature import (
    CURVATURE_REACH_CELLS,
    plan_curvature_per_m,
    profile_curvature_per_m,
)
from jezero_sites.terrain.gradient import (
    HORN_REACH_CELLS,
    ZEVENBERGEN_THORNE_REACH_CELLS,
    horn_gradient,
    slope_deg_of,
    slope_tangent_of,
    zevenbergen_thorne_gradient,
)
from jezero_sites.terrain.hillshade import HILLSHADE_REACH_CELLS, hillshade
from jezero_sites.terrain.plane import (
    plane_gradient,
    plane_reach_cells,
    plane_residual_statistics,
    window_cells,
)
from jezero_sites.terrain.relief import disc_maximum, disc_reach_cells, known_disc_maximum, relief_m
from jezero_sites.terrain.roughness import max_roughness_m, peak_to_peak_roughness_m, rms_roughness_m
from jezero_sites.terrain.ruggedness import (
    RUGGEDNESS_REACH_CELLS,
    range_m,
    tpi_m,
    tri_riley_m,
    tri_wilson_m,
    vrm,
    vrm_reach_cells,
)
from jezero_sites.terrain.slope import (
    baseline_cells,
    baseline_gradient,
    baseline_offset_cells,
    baseline_reach_cells,
    baseline_slope_deg,
    horn_slope_deg,
    plane_slope_deg,
    zevenbergen_thorne_slope_deg,
)

__all__ = [
    "ASPECT_REACH_CELLS",
    "CURVATURE_REACH_CELLS",
    "HILLSHADE_REACH_CELLS",
    "HORN_REACH_CELLS",
    "RUGGEDNESS_REACH_CELLS",
    "ZEVENBERGEN_THORNE_REACH_CELLS",
    "aspect_deg",
    "baseline_cells",
    "baseline_gradient",
    "baseline_offset_cells",
    "baseline_reach_cells",
    "baseline_slope_deg",
    "disc_maximum",
    "disc_reach_cells",
    "hillshade",
    "horn_gradient",
    "horn_slope_deg",
    "known_disc_maximum",
    "max_roughness_m",
    "peak_to_peak_roughness_m",
    "plan_curvature_per_m",
    "plane_gradient",
    "plane_reach_cells",
    "plane_residual_statistics",
    "plane_slope_deg",
    "profile_curvature_per_m",
    "range_m",
    "relief_m",
    "rms_roughness_m",
    "slope_deg_of",
    "slope_tangent_of",
    "tpi_m",
    "tri_riley_m",
    "tri_wilson_m",
    "vrm",
    "vrm_reach_cells",
    "window_cells",
    "zevenbergen_thorne_gradient",
    "zevenbergen_thorne_slope_deg",
]
