"""The table of layers: what each quantity is called, its unit and its equation.

Command line, map legend and report read this table. A new quantity is one module in ``terrain`` and one
entry here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from jezero_sites import terrain
from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError
from jezero_sites.settings import SLOPE_NAME


@dataclass(frozen=True)
class Lengths:
    """The ground spacing and the lengths that a layer is measured with."""

    dx_m: FloatArray
    dy_m: float
    window: tuple[int, int]
    radius_m: float
    sun_azimuth_deg: float
    sun_altitude_deg: float


@dataclass(frozen=True)
class Layer:
    """One quantity: its name, what it means, and how it is measured from heights.

    ``needs`` names the option that it depends on: ``baseline_m``, ``radius_m``, ``sun`` or nothing.
    ``equation`` is None for layers that only a whole assessment gives; ``on_map`` is False for those that
    are written to files alone.
    """

    name: str
    title: str
    unit: str
    about: str
    ramp: str
    needs: str = ""
    equation: Callable[[FloatArray, Lengths], FloatArray] | None = None
    on_map: bool = True


def _plane_slope(z: FloatArray, n: Lengths) -> FloatArray:
    return terrain.plane_slope_deg(z, dx_m=n.dx_m, dy_m=n.dy_m, window=n.window)


def _relief(z: FloatArray, n: Lengths) -> FloatArray:
    return terrain.relief_m(z, dx_m=n.dx_m, dy_m=n.dy_m, radius_m=n.radius_m)


def _hillshade(z: FloatArray, n: Lengths) -> FloatArray:
    angles = {"sun_azimuth_deg": n.sun_azimuth_deg, "sun_altitude_deg": n.sun_altitude_deg}
    return terrain.hillshade(z, dx_m=n.dx_m, dy_m=n.dy_m, **angles)


def _vrm(z: FloatArray, n: Lengths) -> FloatArray:
    return terrain.vrm(z, dx_m=n.dx_m, dy_m=n.dy_m, window=(3, 3))


def _spaced(equation: Callable[..., FloatArray]) -> Callable[[FloatArray, Lengths], FloatArray]:
    return lambda z, n: equation(z, dx_m=n.dx_m, dy_m=n.dy_m)


def _windowed(equation: Callable[..., FloatArray]) -> Callable[[FloatArray, Lengths], FloatArray]:
    return lambda z, n: equation(z, window=n.window)


def _bare(equation: Callable[[FloatArray], FloatArray]) -> Callable[[FloatArray, Lengths], FloatArray]:
    return lambda z, _: equation(z)


_PLANE = "least-squares plane over a square window"
_TABLE = (
    Layer("elevation_m", "Elevation", "m", "height above the file's vertical datum", "sequential", "", lambda z, _: z),
    Layer("slope_deg", "Slope", "deg", f"slope of the {_PLANE}", "limit", "baseline_m", _plane_slope),
    Layer(
        "roughness_m",
        "Roughness",
        "m",
        f"RMS of the residuals about the {_PLANE}, divided by the cell count",
        "limit",
        "baseline_m",
        _windowed(terrain.rms_roughness_m),
    ),
    Layer(
        "max_roughness_m",
        "Largest residual",
        "m",
        f"largest absolute residual about the {_PLANE}",
        "sequential",
        "baseline_m",
        _windowed(terrain.max_roughness_m),
    ),
    Layer(
        "peak_to_peak_roughness_m",
        "Peak-to-peak roughness",
        "m",
        f"highest less lowest residual about the {_PLANE}",
        "sequential",
        "baseline_m",
        _windowed(terrain.peak_to_peak_roughness_m),
    ),
    Layer("relief_m", "Relief", "m", "highest less lowest ground in a disc", "limit", "radius_m", _relief),
    Layer("horn_slope_deg", "Slope (Horn)", "deg", "slope after Horn (1981), 3 x 3 cells", "limit", "",
          _spaced(terrain.horn_slope_deg)),
    Layer("zevenbergen_thorne_slope_deg", "Slope (Zevenbergen-Thorne)", "deg",
          "slope after Zevenbergen and Thorne (1987), 3 x 3 cells", "limit", "",
          _spaced(terrain.zevenbergen_thorne_slope_deg)),
    Layer("aspect_deg", "Aspect", "deg", "downslope direction after Horn, clockwise from true north", "cyclic", "",
          _spaced(terrain.aspect_deg)),
    Layer("hillshade", "Hillshade", "1", "cosine of the angle between sun and surface (Horn), 0 in its own shadow",
          "grey", "sun", _hillshade),
    Layer("tri_riley_m", "Ruggedness (Riley)", "m", "root of the sum of squared differences to 8 neighbours",
          "sequential", "", _bare(terrain.tri_riley_m)),
    Layer("tri_wilson_m", "Ruggedness (Wilson)", "m", "mean absolute difference to 8 neighbours", "sequential", "",
          _bare(terrain.tri_wilson_m)),
    Layer("tpi_m", "Topographic position", "m", "height less the mean of 8 neighbours", "diverging", "",
          _bare(terrain.tpi_m)),
    Layer("range_m", "Range of 3 x 3 cells", "m", "highest less lowest of 3 x 3 cells", "sequential", "",
          _bare(terrain.range_m)),
    Layer("vrm", "Vector ruggedness", "1", "1 - length of the mean unit normal of 3 x 3 cells", "sequential", "", _vrm),
    Layer("profile_curvature_per_m", "Profile curvature", "1/m", "curvature along the slope (Zevenbergen-Thorne)",
          "diverging", "", _spaced(terrain.profile_curvature_per_m)),
    Layer("plan_curvature_per_m", "Plan curvature", "1/m", "curvature across the slope (Zevenbergen-Thorne)",
          "diverging", "", _spaced(terrain.plan_curvature_per_m)),
    Layer("stance_tilt_deg", "Stance tilt", "deg",
          "largest tilt of the lander on its legs, over all clockings and valid stances", "limit"),
    Layer("stance_tilt_mean_deg", "Stance tilt, mean", "deg",
          "slope of the mean gradient of the lander on its legs, over all clockings and valid stances", "sequential",
          on_map=False),
    Layer("stance_tilt_min_deg", "Stance tilt, least", "deg",
          "smallest tilt of the lander on its legs, over all clockings and valid stances", "sequential", on_map=False),
    Layer("protrusion_m", "Protrusion", "m",
          "highest that ground in the footprint rises above the plane of the pads, over all clockings and stances",
          "sequential", on_map=False),
    Layer("clearance_m", "Belly clearance", "m",
          "belly height less the protrusion and the margin; negative where the ground strikes the belly", "limit"),
    Layer("rock_abundance_fraction", "Rock abundance", "1", "share of the ground covered by rocks", "sequential"),
    Layer("rocks_in_footprint", "Rocks in the footprint", "1",
          "mean number of rocks beyond the limit that the lander's footprint meets", "sequential", on_map=False),
    Layer("dem_quality", "DEM artefacts", "",
          "bits of what the screen of artefacts found: 1 seam, 2 box, 4 facet, 8 step; 128 unknown ground, 0 nothing",
          "reason"),
    Layer("hazard_class", "Hazard class", "",
          "0 unknown, 1 safe, 2 marginal, 3 unsafe, by the limits on layers; rocks are in the safe probability alone",
          "class"),
    Layer("hazard_reason", "Hazard reason", "", "bits of the limits exceeded: 1 slope, 2 roughness, 4 relief, "
          "8 rocks, 16 bedforms, 32 clearance or stance, 64 not observed, 128 another layer", "reason"),
    Layer("slope_safe_probability", "Slope within its limits", "1",
          "chance that the true slope is within every limit on slope, given the DEM's error (flat prior)",
          "probability", on_map=False),
    Layer("slope_exceedance_probability", "Slope over a limit", "1",
          "chance that the true slope exceeds a limit, given the measured gradient and the DEM's error (flat prior)",
          "probability", on_map=False),
    Layer("rock_safe_probability", "No rock in the footprint", "1",
          "chance that no rock beyond the limit lies in the footprint (Poisson)", "probability", on_map=False),
    Layer("binding_factor", "Binding factor", "",
          "the smallest factor of the safe probability: 0 unknown, 1 slope, 2 roughness, 3 relief, 4 rocks, 5 stance, "
          "6 clearance, 7 another limit, 255 none is below 1", "class"),
    Layer("safe_probability", "Safe probability", "1", "chance that a touchdown centred here is safe", "probability"),
    Layer("landing_probability", "Landing probability", "1",
          "chance of success when aiming here; unknown ground counts as failure", "probability"),
    Layer("landing_probability_upper", "Landing probability, upper bound", "1",
          "chance of success when aiming here; unknown ground counts as success", "probability"),
    Layer("divert_probability", "Landing probability with divert", "1",
          "chance of success when aiming here and diverting to the best ground in reach; unknown ground counts as "
          "failure", "probability"),
    Layer("divert_probability_upper", "Landing probability with divert, upper bound", "1",
          "the same; unknown ground counts as success", "probability", on_map=False),
)  # fmt: skip

LAYERS = {layer.name: layer for layer in _TABLE}
"""Every layer by its name."""


def layer_for(name: str) -> Layer:
    """Return the layer of a name; ``slope_20m_deg`` is the slope at a baseline of 20 m.

    Raises
    ------
    InputError
        ``E_LAYER`` where no layer has that name.
    """
    if name in LAYERS:
        return LAYERS[name]
    if match := SLOPE_NAME.fullmatch(name):
        return replace(LAYERS["slope_deg"], name=name, title=f"Slope over {match[1]} m")
    near = get_close_matches(name, LAYERS, n=1, cutoff=0.4)
    found = f"unknown layer {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    raise InputError(
        "E_LAYER",
        found=found,
        needed=f"one of {', '.join(LAYERS)}",
        fix="or slope_20m_deg and the like",
        field="name",
    )
