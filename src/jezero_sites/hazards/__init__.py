"""Ground against what the lander can bear: hazard classes, and the chances of touchdown and landing."""

from __future__ import annotations

from jezero_sites.hazards.combine import safe_probability
from jezero_sites.hazards.dispersion import (
    cell_mass,
    dispersion_covariance,
    dispersion_reach_cells,
    wilson_interval,
)
from jezero_sites.hazards.error_model import plane_gradient_gain
from jezero_sites.hazards.exceedance import (
    noise_floor_p95_deg,
    slope_exceedance_probability,
    slope_exceedance_quadrature,
)
from jezero_sites.hazards.landing import landing_probability
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

__all__ = [
    "BEDFORMS",
    "CLEARANCE",
    "MARGINAL",
    "NOT_OBSERVED",
    "OTHER",
    "RELIEF",
    "ROCKS",
    "ROUGHNESS",
    "SAFE",
    "SLOPE",
    "UNKNOWN",
    "UNSAFE",
    "LimitedLayer",
    "cell_mass",
    "cumulative_fractional_area",
    "diameter_for_height_m",
    "dispersion_covariance",
    "dispersion_reach_cells",
    "hazard_class",
    "hazard_reason",
    "landing_probability",
    "marginal_threshold",
    "noise_floor_p95_deg",
    "overlap_rate",
    "plane_gradient_gain",
    "rocks_per_m2",
    "safe_probability",
    "slope_exceedance_probability",
    "slope_exceedance_quadrature",
    "wilson_interval",
]
