"""The tables of a settings file as frozen dataclasses, each checked when it is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from jezero_sites.settings.aiming import Dispersion, Divert
from jezero_sites.settings.checks import need, need_positive, wrong
from jezero_sites.settings.limit import Limit

ERROR_MODELS = ("white", "gaussian", "exponential", "worst_gaussian", "table")


@dataclass(frozen=True)
class Profile:
    """What the settings are called and what they stand for."""

    name: str
    summary: str = ""


@dataclass(frozen=True)
class Lander:
    """The lander: the radius of the ground it covers and, where they are given, its legs, in metres.

    ``hub_to_pad_m`` is the distance from the middle to a footpad; ``belly_clearance_m`` the height of the
    underside above the plane of the pads; ``clearance_sigmas`` how many standard deviations of the DEM's
    error the clearance must spare.
    """

    footprint_radius_m: float
    source: str
    verified: bool
    legs: int | None = None
    hub_to_pad_m: float | None = None
    pad_radius_m: float | None = None
    belly_clearance_m: float | None = None
    clearance_sigmas: float = 0.0

    def __post_init__(self) -> None:
        need_positive("lander.footprint_radius_m", self.footprint_radius_m)
        stands = {name: getattr(self, name) for name in ("legs", "hub_to_pad_m", "pad_radius_m")}
        missing = [name for name, value in stands.items() if value is None]
        if len(missing) not in (0, 3):
            raise wrong(
                "lander",
                f"without {' and '.join(missing)}",
                "all of legs, hub_to_pad_m, pad_radius_m, or none",
            )
        need(self.legs in (None, 3, 4), "lander.legs", self.legs, "3 or 4")
        for name in ("hub_to_pad_m", "pad_radius_m", "belly_clearance_m"):
            if getattr(self, name) is not None:
                need_positive(f"lander.{name}", getattr(self, name))
        belly = self.belly_clearance_m is None or self.legs is not None
        need(
            belly,
            "lander.belly_clearance_m",
            self.belly_clearance_m,
            "legs, hub_to_pad_m and pad_radius_m too",
        )
        sigmas = self.clearance_sigmas
        need(0 <= sigmas < math.inf, "lander.clearance_sigmas", sigmas, "0 or more")
        self._check_reach()

    def _check_reach(self) -> None:
        """Refuse pads that overlap, or that stand beyond the ground that the lander is said to cover."""
        if self.legs is None or self.hub_to_pad_m is None or self.pad_radius_m is None:
            return
        apart = self.hub_to_pad_m * math.sin(math.pi / self.legs)
        needed = f"less than {apart:.3g}: the pads would overlap"
        need(self.pad_radius_m < apart, "lander.pad_radius_m", self.pad_radius_m, needed)
        needed = f"at most footprint_radius_m, {self.footprint_radius_m:g}: the footprint holds the pads"
        need(self.hub_to_pad_m <= self.footprint_radius_m, "lander.hub_to_pad_m", self.hub_to_pad_m, needed)


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
    """Vertical error of the DEM: one standard deviation and how it is correlated.

    The model ``table`` reads its correlation between ``lag_m`` and ``correlation``; beyond the last lag
    there is none.
    """

    sigma_m: float
    source: str
    model: Literal["white", "gaussian", "exponential", "worst_gaussian", "table"] = "worst_gaussian"
    length_m: float | None = None
    resolution_m: float | None = None
    lag_m: tuple[float, ...] = ()
    correlation: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        need(self.sigma_m >= 0, "dem_error.sigma_m", self.sigma_m, "0 or more")
        need(self.model in ERROR_MODELS, "dem_error.model", self.model, f"one of {', '.join(ERROR_MODELS)}")
        takes_length = self.model in ("gaussian", "exponential")
        good = self.length_m is not None and self.length_m > 0 if takes_length else self.length_m is None
        none = f'no length for {self.model!r}; or set model = "gaussian" or "exponential"'
        needed = "a length above 0" if takes_length else none
        need(good, "dem_error.length_m", self.length_m, needed)
        ok = self.resolution_m is None or self.resolution_m > 0
        need(ok, "dem_error.resolution_m", self.resolution_m, "more than 0")
        self._check_table()

    def _check_table(self) -> None:
        lags, values = self.lag_m, self.correlation
        if self.model != "table":
            need(not lags and not values, "dem_error.lag_m", lags, f"none: the model {self.model!r} has none")
            return
        if not len(lags) == len(values) >= 2:
            found = f"given with {len(lags)} lags and {len(values)} correlations"
            raise wrong(
                "dem_error.lag_m", found, "two lists of equal length, lag_m and correlation, 2 or more"
            )
        rising = lags[0] == 0 and all(a < b for a, b in pairwise(lags)) and lags[-1] < math.inf
        need(rising, "dem_error.lag_m", lags, "rising lags in metres from 0")
        good = values[0] == 1 and all(-1 <= v <= 1 for v in values)
        need(good, "dem_error.correlation", values, "1 first, then numbers between -1 and 1")

    @property
    def table(self) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Lags in metres and correlations of the model ``table``; None for the others."""
        return (self.lag_m, self.correlation) if self.model == "table" else None


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
    divert: Divert | None = None

    def __post_init__(self) -> None:
        self._check_stance()
        share = self.marginal_fraction
        need(0 <= share <= 1, "limits.marginal_fraction", share, "between 0 and 1")
        baselines = {n: m.baseline_m for n in ("slope_deg", "roughness_m") if (m := self.limit(n))}
        needed = "one baseline: slope and roughness are measured about the same plane"
        need(len(set(baselines.values())) <= 1, "limits baseline_m", baselines, needed)
        for name, weight in self.weights.items():
            need(weight >= 0, f"weights.{name}", weight, "0 or more")
            need(name in self.values, f"weights.{name}", weight, f"a table [value.{name}]")
        need(sum(self.weights.values()) > 0, "weights", dict(self.weights), "at least one above 0")

    def _check_stance(self) -> None:
        tilt, clearance = self.limit("stance_tilt_deg"), self.limit("clearance_m")
        legs, belly = self.lander.legs, self.lander.belly_clearance_m
        needed = "[lander] with legs, hub_to_pad_m and pad_radius_m"
        if tilt is not None and legs is None:
            raise wrong("limits.stance_tilt_deg", "set for a lander without legs", needed)
        needed = "[lander] with legs and belly_clearance_m"
        if clearance is not None and belly is None:
            raise wrong("limits.clearance_m", "set for a lander without belly_clearance_m", needed)

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
