"""What the pages about a run show, as plain data: filled above, drawn here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jezero_sites.errors import Notice
from jezero_sites.raster import Raster
from jezero_sites.settings import standing

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


@dataclass(frozen=True)
class LimitView:
    """A limit on a layer; ``acts`` says whether it gated this run."""

    layer: str
    title: str
    value: float
    unit: str
    kind: str
    baseline_m: float | None
    source: str
    verified: bool | None
    acts: bool

    @property
    def standing(self) -> str:
        """What its source is worth, in a word or three."""
        return standing(self.source, bool(self.verified))

    @property
    def worst_column(self) -> str:
        """The column of the site table with the worst value of the layer at a site."""
        stem, unit = self.layer.rsplit("_", 1)
        return f"{stem}_{self.kind}_{unit}"

    def margin(self, value: float) -> float:
        """Return how far a value is inside the limit, as a share of it; the difference where the limit is 0."""
        inside = self.value - value if self.kind == "max" else value - self.value
        return inside / abs(self.value) if self.value else inside


@dataclass(frozen=True)
class DispersionView:
    """The dispersion ellipse: semi-axes in metres, azimuth clockwise from true north."""

    major_m: float
    minor_m: float
    meaning: str
    azimuth_deg: float
    source: str


@dataclass(frozen=True)
class InputView:
    """An input file of the run."""

    name: str
    role: str
    sha256: str
    about: str


@dataclass(frozen=True)
class FloorView:
    """What an operator reads on flat ground because of the DEM's error; None where it has no such number."""

    operator: str
    unit: str
    mean: float | None
    rms: float | None
    p95: float | None
    limit: float | None
    over_limit_probability: float | None


@dataclass(frozen=True)
class ValueView:
    """What a column of the site table is worth: piecewise linear from x to y; ``weight`` is its share of the score."""

    name: str
    column: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    weight: float


@dataclass(frozen=True)
class GateView:
    """What a site must have to be one: metres of safe ground around it, and a landing probability."""

    min_safe_radius_m: float
    min_landing_probability: float


@dataclass(frozen=True, eq=False)
class RunView:
    """Everything that map and report show of a run.

    ``sigmas`` is the number of standard deviations to the edge of the dispersion ellipse; ``traverse`` holds the
    rover's route as lines in planetocentric longitude and latitude with ``name`` and ``sol``.
    """

    title: str
    elevation: Raster
    layers: Mapping[str, Raster]
    ortho: Raster | None
    sites: GeoDataFrame
    samples: GeoDataFrame
    limits: tuple[LimitView, ...]
    dispersion: DispersionView
    site_radius_m: float
    statements: tuple[str, ...]
    settings_toml: str
    notices: tuple[Notice, ...]
    inputs: tuple[InputView, ...]
    version: str
    summary: str
    statistics: Mapping[str, Mapping[str, float]]
    flags: tuple[str, ...] = ()
    marginal_fraction: float = 0.8
    noise_floor: tuple[FloorView, ...] = ()
    values: tuple[ValueView, ...] = ()
    gates: GateView = GateView(0.0, 0.0)
    sigmas: float = 3.0
    traverse: GeoDataFrame | None = None

    def limit(self, layer: str) -> LimitView | None:
        """Return the limit that acts on a layer, or None."""
        return next((m for m in self.limits if m.layer == layer and m.acts), None)
