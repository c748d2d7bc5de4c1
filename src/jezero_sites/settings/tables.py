"""The tables of a settings file as frozen dataclasses, each checked when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from jezero_sites.settings.checks import need, need_positive
from jezero_sites.settings.limit import Limit

ERROR_MODELS = ("white", "gaussian", "exponential", "worst_gaussian")


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
        need_positive("lander.footprint_radius_m", self.footprint_radius_m)


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
        need(self.reading in ("height", "diameter"), "rocks.reading", self.reading, '"height" or "diameter"')
        need_positive("rocks.limit_m", self.limit_m)
        need_positive("rocks.height_per_diameter", self.height_per_diameter)
        k = self.abundance_fraction
        need(k is None or 0 < k <= 1, "rocks.abundance_fraction", k, "a share of ground between 0 and 1")
        least, most = self.critical_diameter_m, self.largest_diameter_m
        needed = f"more than the critical diameter, {least:g} m"
        need(most > least, "rocks.largest_diameter_m", most, needed)

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
        need(self.sigma_m >= 0, "dem_error.sigma_m", self.sigma_m, "0 or more")
        need(self.model in ERROR_MODELS, "dem_error.model", self.model, f"one of {', '.join(ERROR_MODELS)}")
        takes_length = self.model in ("gaussian", "exponential")
        good = self.length_m is not None and self.length_m > 0 if takes_length else self.length_m is None
        needed = "a length above 0" if takes_length else f"no length: the model {self.model!r} has none"
        need(good, "dem_error.length_m", self.length_m, needed)
        ok = self.resolution_m is None or self.resolution_m > 0
        need(ok, "dem_error.resolution_m", self.resolution_m, "more than 0")


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
        need_positive("dispersion.minor_m", self.minor_m)
        need(self.major_m >= self.minor_m, "dispersion.major_m", self.major_m, "at least minor_m")
        one = (self.percent is None) != (self.n_sigma is None)
        need(one, "dispersion", f"percent {self.percent}, n_sigma {self.n_sigma}", "exactly one of the two")
        p, n = self.percent, self.n_sigma
        need(p is None or 0 < p < 100, "dispersion.percent", p, "between 0 and 100")
        need(n is None or n > 0, "dispersion.n_sigma", n, "more than 0")

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
            need_positive(f"search.{name}", getattr(self, name))
        for name in ("separation_m", "min_safe_radius_m"):
            need(getattr(self, name) >= 0, f"search.{name}", getattr(self, name), "0 or more")
        least, most = self.min_safe_radius_m, self.max_safe_radius_m
        need(least <= most, "search.min_safe_radius_m", least, f"at most max_safe_radius_m, {most:g}")
        p = self.min_landing_probability
        need(0 <= p <= 1, "search.min_landing_probability", p, "between 0 and 1")
        need(self.max_sites >= 1, "search.max_sites", self.max_sites, "at least 1")


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
        need(same, f"{where} x, y", (self.x, self.y), "two lists of equal length, 2 or more")
        need(all(a < b for a, b in pairwise(self.x)), f"{where} x", self.x, "rising numbers")
        need(all(0 <= v <= 1 for v in self.y), f"{where} y", self.y, "numbers between 0 and 1")


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
        need(0 <= share <= 1, "limits.marginal_fraction", share, "between 0 and 1")
        baselines = {n: m.baseline_m for n in ("slope_deg", "roughness_m") if (m := self.limit(n))}
        needed = "one baseline: slope and roughness are measured about the same plane"
        need(len(set(baselines.values())) <= 1, "limits baseline_m", baselines, needed)
        for name, weight in self.weights.items():
            need(weight >= 0, f"weights.{name}", weight, "0 or more")
            need(name in self.values, f"weights.{name}", weight, f"a table [value.{name}]")
        need(sum(self.weights.values()) > 0, "weights", dict(self.weights), "at least one above 0")

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
