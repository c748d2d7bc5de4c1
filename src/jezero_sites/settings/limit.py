"""What a lander can bear in one layer: a most or a least value, with its source."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from jezero_sites.settings.checks import need

LIMITED_LAYERS = ("slope_deg", "roughness_m", "relief_m", "stance_tilt_deg", "clearance_m", "elevation_m")
"""Layers that may carry a limit, besides slopes at a further baseline: ``slope_20m_deg``."""

_MAY_BE_LOW = ("elevation_m", "clearance_m")  # of these too little is a hazard, or can be

SLOPE_NAME = re.compile(r"slope_([0-9]+(?:\.[0-9]+)?)m_deg")


@dataclass(frozen=True)
class Limit:
    """What the ground may be at most (``max``) or must be at least (``min``) in one layer."""

    layer: str
    value: float
    kind: Literal["max", "min"]
    unit: str
    source: str
    verified: bool
    baseline_m: float | None = None

    def __post_init__(self) -> None:
        where = f"limits.{self.layer}"
        need(self.kind in ("max", "min"), f"{where}.kind", self.kind, '"max" or "min"')
        need(math.isfinite(self.value), f"{where}.value", self.value, "a finite number")
        unit = "deg" if self.layer.endswith("_deg") else "m"
        need(self.unit == unit, f"{where}.unit", self.unit, f'"{unit}"')
        self._check_baseline(f"{where}.baseline_m")
        if unit == "deg":
            need(0 < self.value < 90, f"{where}.value", self.value, "between 0 and 90 degrees")
        elif self.layer not in _MAY_BE_LOW:
            need(self.value >= 0, f"{where}.value", self.value, "0 or more")
        if self.layer not in _MAY_BE_LOW:
            need(self.kind == "max", f"{where}.kind", self.kind, '"max": too little of it is no hazard')
        if self.layer == "clearance_m":
            need(self.kind == "min", f"{where}.kind", self.kind, '"min": more clearance is no hazard')

    def _check_baseline(self, where: str) -> None:
        length = self.baseline_m
        if self.layer in ("slope_deg", "roughness_m"):
            needed = "the baseline in metres, more than 0"
            need(length is not None and length > 0, where, length, needed)
        elif match := SLOPE_NAME.fullmatch(self.layer):
            named = float(match[1])
            need(0 < named < math.inf, f"limits.{self.layer}", named, "a baseline of more than 0 m")
            need(length in (None, named), where, length, f"{named:g}, as the layer's name says")
            object.__setattr__(self, "baseline_m", named)
        else:
            need(length is None, where, length, f"no baseline: {self.layer} has none")

    def margin(self, value: float) -> float:
        """Return how far a value is inside the limit, as a share of it; negative when it fails.

        The signed difference where the limit is 0.
        """
        inside = self.value - value if self.kind == "max" else value - self.value
        return inside / abs(self.value) if self.value else inside
