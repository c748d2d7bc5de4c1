"""Ground against what the lander can bear: hazard classes, and the chances of touchdown and landing."""

from __future__ import annotations

from jezero_sites.hazards.aiming.dispersion import (
    axis_sigmas,
    cell_mass,
    dispersion_covariance,
    dispersion_reach_cells,
    wilson_interval,
)
from jezero_sites.hazards.aiming.divert import Divert, divert_probability
from jezero_sites.hazards.aiming.landing import IN_MEMORY, Room, landing_probability
from jezero_sites.hazards.aiming.wide_landing import LandingBounds, landing_bounds
from jezero_sites.hazards.combine import NONE_BINDS, binding_factor, safe_probability
from jezero_sites.hazards.dem_error.correlation import Correlation
from jezero_sites.hazards.dem_error.error_model import plane_gradient_gain
from jezero_sites.hazards.dem_error.exceedance import (
    SlopeExceedance,
    noise_floor_p95_deg,
    slope_exceedance_probability,
    slope_exceedance_quadrature,
)
from jezero_sites.hazards.dem_error.noise_field import noise_field
from jezero_sites.hazards.dem_error.operator_noise import (
    Operator,
    flat_slope_statistics,
    gradient_gain,
    residual_rms_gain,
)
from jezero_sites.hazards.dem_error.ruggedness_noise import riley_rms_gain, tpi_rms_gain, wilson_mean_gain
from jezero_sites.hazards.limits import (
    BEDFORMS,
    CLEARANCE,
    MARGINAL,
    NOT_OBSERVED,
    OTHER,
    RELIEF,
    ROCKS,
    ROUGHNESS,
    SAFE,
    SLOPE,
    UNKNOWN,
    UNSAFE,
    LimitedLayer,
    hazard_class,
    hazard_reason,
    marginal_threshold,
)
from jezero_sites.hazards.rock_risk import (
    cumulative_fractional_area,
    diameter_for_height_m,
    overlap_rate,
    rocks_per_m2,
)
from jezero_sites.hazards.stance import (
    Legs,
    clockings_needed,
    stance_protrusion_m,
    stance_reach_cells,
    stance_tilt,
)

__all__ = [
    "BEDFORMS",
    "CLEARANCE",
    "IN_MEMORY",
    "MARGINAL",
    "NONE_BINDS",
    "NOT_OBSERVED",
    "OTHER",
    "RELIEF",
    "ROCKS",
    "ROUGHNESS",
    "SAFE",
    "SLOPE",
    "UNKNOWN",
    "UNSAFE",
    "Correlation",
    "Divert",
    "LandingBounds",
    "Legs",
    "LimitedLayer",
    "Operator",
    "Room",
    "SlopeExceedance",
    "axis_sigmas",
    "binding_factor",
    "cell_mass",
    "clockings_needed",
    "cumulative_fractional_area",
    "diameter_for_height_m",
    "dispersion_covariance",
    "dispersion_reach_cells",
    "divert_probability",
    "flat_slope_statistics",
    "gradient_gain",
    "hazard_class",
    "hazard_reason",
    "landing_bounds",
    "landing_probability",
    "marginal_threshold",
    "noise_field",
    "noise_floor_p95_deg",
    "overlap_rate",
    "plane_gradient_gain",
    "residual_rms_gain",
    "riley_rms_gain",
    "rocks_per_m2",
    "safe_probability",
    "slope_exceedance_probability",
    "slope_exceedance_quadrature",
    "stance_protrusion_m",
    "stance_reach_cells",
    "stance_tilt",
    "tpi_rms_gain",
    "wilson_interval",
    "wilson_mean_gain",
]
