"""Where the lander comes down about the aim point, and how far it can divert."""

from __future__ import annotations

import math
from dataclasses import dataclass

from jezero_sites.settings.checks import need, need_positive


@dataclass(frozen=True)
class Dispersion:
    """Where the lander comes down: semi-axes of an ellipse on the ground, and what they mean.

    ``azimuth_deg`` is that of the major axis, clockwise from true north.
    """

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
class Divert:
    """How far the lander can move to safer ground on its way down, and how well it then hits it.

    ``sigma_m`` is the standard deviation, on each axis, of where it lands about the point it chose.
    """

    radius_m: float
    sigma_m: float
    source: str

    def __post_init__(self) -> None:
        for name in ("radius_m", "sigma_m"):
            value = getattr(self, name)
            need(0 <= value < math.inf, f"divert.{name}", value, "0 or more")
