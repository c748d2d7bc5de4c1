"""The tables of a settings file as frozen dataclasses, each checked when it is made."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from jezero_sites.errors import SettingsError

LIMITED_LAYERS = ("slope_deg", "roughness_m", "relief_m", "elevation_m")
"""Layers that may carry a limit, besides slopes at a further baseline: ``slope_20m_deg``."""

SLOPE_NAME = re.compile(r"slope_([0-9]+(?:\.[0-9]+)?)m_deg")
ERROR_MODELS = ("white", "gaussian", "exponential", "worst_gaussian")


def wrong(where: str, found: str, needed: str) -> SettingsError:
    """Return the error for a value that cannot be used."""
    return SettingsError("E_SETTINGS_VALUE", found=f"{where} is {found}", needed=needed, field=where)


def _need(condition: bool, where: str, found: object, needed: str) -> None:
    if not condition:
        raise wrong(where, repr(found), needed)


def _need_positive(where: str, length: float) -> None:
    _need(length > 0, where, length, "more than 0")


@dataclass(frozen=True)
class Profile:
    """What the settings are called and what they stand for."""

    name: str
    summary: str = ""


@dataclass(frozen=True)
class Lander:
    """The lander: the radius of the ground it covers, in metres."""

    footprint_radius_m: float
    source: str
    verified: bool

    def __post_init__(self) -> None:
        _need_positive("lander.footprint_radius_m", self.footprint_radius_m)


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
        _need(self.kind in ("max", "min"), f"{where}.kind", self.kind, '"max" or "min"')
        _need(math.isfinite(self.value), f"{where}.value", self.value, "a finite number")
        unit = "deg" if self.layer.endswith("_deg") else "m"
        _need(self.unit == unit, f"{where}.unit", self.unit, f'"{unit}"')
        self._check_baseline(f"{where}.baseline_m")
        if unit == "deg":
            _need(0 < self.value < 90, f"{where}.value", self.value, "between 0 and 90 degrees")
        elif self.layer != "elevation_m":
            _need(self.value >= 0, f"{where}.value", self.value, "0 or more")

    def _check_baseline(self, where: str) -> None:
        length = self.baseline_m
        if self.layer in ("slope_deg", "roughness_m"):
            needed = "the baseline in metres, more than 0"
            _need(length is not None and length > 0, where, length, needed)
        elif match := SLOPE_NAME.fullmatch(self.layer):
            named = float(match[1])
            _need(0 < named < math.inf, f"limits.{self.layer}", named, "a baseline of more than 0 m")
            _need(length in (None, named), where, length, f"{named:g}, as the layer's name says")
            object.__setattr__(self, "baseline_m", named)
        else:
            _need(length is None, where, length, f"no baseline: {self.layer} has none")

    def margin(self, value: float) -> float:
        """Return how far a value is inside the limit, as a share of it; negative when it fails.

        The signed difference where the limit is 0.
        """
        inside = self.value - value if self.kind == "max" else value - self.value
        return inside / abs(self.value) if self.value else inside


@dataclass(frozen=True)
class Rocks:
    """The rock that the lander cannot bear, and how many rocks there are if that is known."""

    limit_m: float
    reading: Literal["height", "diameter"]
    source: str
    verified: bool
    height_per_diameter: float = 0.5
    largest_diameter_m: float = 1.5
    abundance_fraction: float | None = None
    abundance_source: str = ""

    def __post_init__(self) -> None:
        _need(self.reading in ("height", "diameter"), "rocks.reading", self.reading, '"height" or "diameter"')
        _need_positive("rocks.limit_m", self.limit_m)
        _need_positive("rocks.height_per_diameter", self.height_per_diameter)
        k = self.abundance_fraction
        _need(k is None or 0 < k <= 1, "rocks.abundance_fraction", k, "a share of ground between 0 and 1")
        least, most = self.critical_diameter_m, self.largest_diameter_m
        needed = f"more than the critical diameter, {least:g} m"
        _need(most > least, "rocks.largest_diameter_m", most, needed)

    @property
    def critical_diameter_m(self) -> float:
        """Diameter of the smallest rock that the lander cannot bear, in metres."""
        return self.limit_m / self.height_per_diameter if self.reading == "height" else self.limit_m


@dataclass(frozen=True)
class DemError:
    """Vertical error of the DEM: one standard deviation and how it is correlated."""

    sigma_m: float
    source: str
    model: Literal["white", "gaussian", "exponential", "worst_gaussian"] = "worst_gaussian"
    length_m: float | None = None
    resolution_m: float | None = None

    def __post_init__(self) -> None:
        _need(self.sigma_m >= 0, "dem_error.sigma_m", self.sigma_m, "0 or more")
        _need(self.model in ERROR_MODELS, "dem_error.model", self.model, f"one of {', '.join(ERROR_MODELS)}")
        takes_length = self.model in ("gaussian", "exponential")
        good = self.length_m is not None and self.length_m > 0 if takes_length else self.length_m is None
        needed = "a length above 0" if takes_length else f"no length: the model {self.model!r} has none"
        _need(good, "dem_error.length_m", self.length_m, needed)
        ok = self.resolution_m is None or self.resolution_m > 0
        _need(ok, "dem_error.resolution_m", self.resolution_m, "more than 0")


@dataclass(frozen=True)
class Dispersion:
    """Where the lander comes down: semi-axes of an ellipse on the ground, and what they mean."""

    major_m: float
    minor_m: float
    azimuth_deg: float
    source: str
    percent: float | None = None
    n_sigma: float | None = None

    def __post_init__(self) -> None:
        _need_positive("dispersion.minor_m", self.minor_m)
        _need(self.major_m >= self.minor_m, "dispersion.major_m", self.major_m, "at least minor_m")
        one = (self.percent is None) != (self.n_sigma is None)
        _need(one, "dispersion", f"percent {self.percent}, n_sigma {self.n_sigma}", "exactly one of the two")
        p, n = self.percent, self.n_sigma
        _need(p is None or 0 < p < 100, "dispersion.percent", p, "between 0 and 100")
        _need(n is None or n > 0, "dispersion.n_sigma", n, "more than 0")

    @property
    def meaning(self) -> str:
        """What the semi-axes are, in words."""
        return (
            f"{self.percent:g} % ellipse" if self.percent is not None else f"{self.n_sigma:g}-sigma ellipse"
        )


@dataclass(frozen=True)
class Search:
    """How candidate sites are gated and kept apart; lengths in ground metres."""

    site_radius_m: float
    separation_m: float
    min_safe_radius_m: float
    min_landing_probability: float
    max_sites: int
    source: str
    max_safe_radius_m: float = 200.0

    def __post_init__(self) -> None:
        for name in ("site_radius_m", "max_safe_radius_m"):
            _need_positive(f"search.{name}", getattr(self, name))
        for name in ("separation_m", "min_safe_radius_m"):
            _need(getattr(self, name) >= 0, f"search.{name}", getattr(self, name), "0 or more")
        least, most = self.min_safe_radius_m, self.max_safe_radius_m
        _need(least <= most, "search.min_safe_radius_m", least, f"at most max_safe_radius_m, {most:g}")
        p = self.min_landing_probability
        _need(0 <= p <= 1, "search.min_landing_probability", p, "between 0 and 1")
        _need(self.max_sites >= 1, "search.max_sites", self.max_sites, "at least 1")


@dataclass(frozen=True)
class ValueFunction:
    """How much a measured column of the site table is worth: piecewise linear from x to y in [0, 1]."""

    column: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    source: str

    def __post_init__(self) -> None:
        where = f"value from {self.column!r}:"
        same = len(self.x) == len(self.y) >= 2
        _need(same, f"{where} x, y", (self.x, self.y), "two lists of equal length, 2 or more")
        _need(all(a < b for a, b in pairwise(self.x)), f"{where} x", self.x, "rising numbers")
        _need(all(0 <= v <= 1 for v in self.y), f"{where} y", self.y, "numbers between 0 and 1")


@dataclass(frozen=True)
class Settings:
    """Everything that a run depends on besides its input files; made from one TOML file."""

    profile: Profile
    lander: Lander
    limits: tuple[Limit, ...]
    marginal_fraction: float
    rocks: Rocks
    dem_error: DemError
    dispersion: Dispersion
    search: Search
    weights: Mapping[str, float]
    values: Mapping[str, ValueFunction] = field(default_factory=dict)

    def __post_init__(self) -> None:
        share = self.marginal_fraction
        _need(0 <= share <= 1, "limits.marginal_fraction", share, "between 0 and 1")
        baselines = {n: m.baseline_m for n in ("slope_deg", "roughness_m") if (m := self.limit(n))}
        needed = "one baseline: slope and roughness are measured about the same plane"
        _need(len(set(baselines.values())) <= 1, "limits baseline_m", baselines, needed)
        for name, weight in self.weights.items():
            _need(weight >= 0, f"weights.{name}", weight, "0 or more")
            _need(name in self.values, f"weights.{name}", weight, f"a table [value.{name}]")
        _need(sum(self.weights.values()) > 0, "weights", dict(self.weights), "at least one above 0")

    def limit(self, layer: str) -> Limit | None:
        """Return the limit on a layer, or None."""
        return next((limit for limit in self.limits if limit.layer == layer), None)

    @property
    def baseline_m(self) -> float:
        """Length of the window of the plane for ``slope_deg`` and ``roughness_m``, in metres."""
        limit = self.limit("slope_deg") or self.limit("roughness_m")
        return float(limit.baseline_m) if limit and limit.baseline_m else DEFAULT_BASELINE_M


DEFAULT_BASELINE_M = 5.0
"""Baseline of the slope and roughness layers where no limit names one; a choice of this project."""
