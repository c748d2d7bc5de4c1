"""What every operator would read on perfectly flat ground, given the DEM's error: no number below it means anything."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from jezero_sites import hazards
from jezero_sites.errors import SettingsError
from jezero_sites.hazards import Correlation
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.stages.ground import is_slope, layer_lengths_on, measured_names
from jezero_sites.pipeline.stages.standing import legs_of
from jezero_sites.raster import Grid
from jezero_sites.settings import DemError, Settings

CORNER_CELLS = (1, 2, 5)
"""Four-corner baselines of the landing-site maps of the USGS, in cells."""

_FLAT_CELLS = 120  # a side of the made-up flat ground on which the stance is tried
_FLAT_LENGTHS = (0.7, 1.3, 2.5, 5.0)  # Gaussian correlation lengths tried for the worst, in cells


@dataclass(frozen=True)
class NoiseFloor:
    """What one operator reads on flat ground because of the DEM's error alone.

    Attributes
    ----------
    layer : str
        The layer measured with it; empty for operators that are listed for comparison.
    operator : str
        The operator with its window in words.
    sigma_gx, sigma_gy : float or None
        Standard deviations of the east and the north gradient; None where it measures no gradient.
    mean, rms, p95 : float
        Of the apparent value on flat ground, in ``unit``.
    unit : str
    limit : float or None
        The limit on the layer, in the same unit.
    over_limit_probability : float or None
        Share of perfectly flat ground that would read more than the limit.
    """

    layer: str
    operator: str
    sigma_gx: float | None
    sigma_gy: float | None
    mean: float | None
    rms: float | None
    p95: float | None
    unit: str
    limit: float | None = None
    over_limit_probability: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the floor as plain data."""
        return dict(vars(self))

    def tags(self) -> dict[str, str]:
        """Return the floor as tags of the layer's file."""
        tags = {}
        if self.rms is not None:
            tags["NOISE_FLOOR_RMS"] = f"{self.rms:.4g} {self.unit} on flat ground"
        if self.p95 is not None:
            tags["NOISE_FLOOR_P95"] = f"{self.p95:.4g} {self.unit} on flat ground"
        if self.sigma_gx is not None and self.sigma_gy is not None:
            tags["SIGMA_GRADIENT"] = f"{self.sigma_gx:.6g} x {self.sigma_gy:.6g} (E x N)"
        return tags


def noise_floors(grid: Grid, settings: Settings) -> tuple[NoiseFloor, ...]:
    """Return the noise floor of every slope, roughness and stance layer, and of the usual other operators.

    Raises
    ------
    SettingsError
        ``E_SETTINGS_VALUE`` where the table of correlations is not that of any error.
    """
    try:
        return _floors(grid, settings)
    except ValueError as error:
        raise no_correlation(error) from error


def no_correlation(error: ValueError) -> SettingsError:
    """Return the error for a table of correlations that no error of heights can have."""
    fix = "take the table that 'jezero-sites noise' prints for this DEM"
    return SettingsError("E_SETTINGS_VALUE", found=str(error), fix=fix, field="dem_error.correlation")


def _floors(grid: Grid, settings: Settings) -> tuple[NoiseFloor, ...]:
    error = settings.dem_error
    floors = [_plane(name, grid, settings) for name in measured_names(settings) if is_slope(name)]
    rows, cols = layer_lengths_on(grid, "roughness_m", settings).window
    gain = hazards.residual_rms_gain((rows, cols), **_spacing(grid), correlation=correlation_of(error))
    rough, limit = gain * error.sigma_m, settings.limit("roughness_m")
    about = f"RMS about the plane over {cols} x {rows} cells"
    most = None if limit is None else limit.value
    floors.append(NoiseFloor("roughness_m", about, None, None, None, rough, None, "m", most))
    if legs_of(settings.lander) is not None:
        floors.append(_stance(grid, settings))
    return (*floors, *other_operators(grid, error))


def other_operators(grid: Grid, error: DemError) -> list[NoiseFloor]:
    """Return the floors of Horn, Zevenbergen-Thorne and the four-corner slopes."""
    floors: list[NoiseFloor] = [
        _slope("", "Horn, 3 x 3 cells", "horn", grid=grid, error=error),
        _slope("", "Zevenbergen-Thorne, 3 x 3 cells", "zevenbergen_thorne", grid=grid, error=error),
    ]
    for b in CORNER_CELLS:
        words = f"four corners, {b} x {b} cell{'s' if b > 1 else ''}"
        floors.append(_slope("", words, "corners", grid=grid, error=error, cells=(b, b)))
    how: dict[str, Any] = {**_spacing(grid), "correlation": correlation_of(error)}
    for words, rms, mean in (
        ("Ruggedness (Riley), 3 x 3 cells", hazards.riley_rms_gain(**how), None),
        ("Ruggedness (Wilson), 3 x 3 cells", None, hazards.wilson_mean_gain(**how)),
        ("Topographic position, 3 x 3 cells", hazards.tpi_rms_gain(**how), None),
    ):
        mean_m, rms_m = (None if gain is None else gain * error.sigma_m for gain in (mean, rms))
        floors.append(NoiseFloor("", words, None, None, mean_m, rms_m, None, "m"))
    return floors


def correlation_of(error: DemError) -> Correlation:
    """Return the correlation of a DEM's error."""
    return Correlation(error.model, error.length_m, error.table)


def _spacing(grid: Grid) -> dict[str, float]:
    return {"dx_m": grid.mean_dx_m, "dy_m": grid.dy_m}


def _plane(name: str, grid: Grid, settings: Settings) -> NoiseFloor:
    rows, cols = layer_lengths_on(grid, name, settings).window
    limit = settings.limit(name)
    return _slope(
        name,
        f"{layer_for(name).title}: plane over {cols} x {rows} cells",
        "plane",
        grid=grid,
        error=settings.dem_error,
        cells=(rows, cols),
        limit=None if limit is None else limit.value,
    )


def _slope(
    layer: str,
    words: str,
    operator: hazards.Operator,
    *,
    grid: Grid,
    error: DemError,
    cells: tuple[int, int] | None = None,
    limit: float | None = None,
) -> NoiseFloor:
    gains = hazards.gradient_gain(operator, cells=cells, **_spacing(grid), correlation=correlation_of(error))
    east, north = (gain * error.sigma_m for gain in gains)
    flat = hazards.flat_slope_statistics(east, north)
    over = None
    if limit is not None:
        bound = math.tan(math.radians(limit))
        over = hazards.slope_exceedance_quadrature(0.0, 0.0, sigma_gx=east, sigma_gy=north, limit_tan=bound)
    return NoiseFloor(
        layer, words, east, north, flat.mean_deg, flat.rms_deg, flat.p95_deg, "deg", limit, over
    )


def _stance(grid: Grid, settings: Settings) -> NoiseFloor:
    """Return the floor of the largest tilt, by trying the stance on made-up flat ground with the DEM's error."""
    error, legs = settings.dem_error, legs_of(settings.lander)
    limit = settings.limit("stance_tilt_deg")
    if legs is None:
        raise ValueError("the lander has no legs to stand on")
    reach = hazards.stance_reach_cells(
        legs, dx_m=np.array([grid.mean_dx_m]), dy_m=grid.dy_m, footprint_radius_m=0.0
    )
    rows, cols = (_FLAT_CELLS + 2 * r for r in reach)
    dx = np.full(rows, grid.mean_dx_m)
    clockings = hazards.clockings_needed(legs, dx_m=dx, dy_m=grid.dy_m)
    tilts = []
    for correlation in _tried(error, min(grid.mean_dx_m, grid.dy_m)):
        field = hazards.noise_field((rows, cols), **_spacing(grid), correlation=correlation, seed=1)
        flat = hazards.stance_tilt(
            field * error.sigma_m, dx_m=dx, dy_m=grid.dy_m, legs=legs, clockings=clockings
        )
        tilts.append(np.degrees(np.arctan(flat[2][~np.isnan(flat[2])])))
    worst = max(tilts, key=lambda t: float(np.percentile(t, 95)))
    over = None if limit is None else float(np.mean(worst > limit.value))
    words = f"Largest tilt over {clockings} clockings, tried on {_FLAT_CELLS} x {_FLAT_CELLS} flat cells"
    mean, rms, p95 = float(worst.mean()), float(np.sqrt(np.mean(worst**2))), float(np.percentile(worst, 95))
    most = None if limit is None else limit.value
    return NoiseFloor("stance_tilt_deg", words, None, None, mean, rms, p95, "deg", most, over)


def _tried(error: DemError, cell_m: float) -> list[Correlation]:
    """Return the correlations to try, no longer than the flat ground: longer errors tilt a lander less."""
    longest = _FLAT_CELLS * cell_m
    if error.model == "table":
        kept = [
            (lag, value)
            for lag, value in zip(error.lag_m, error.correlation, strict=True)
            if lag <= 3 * longest
        ]
        return [Correlation("table", table=(tuple(k[0] for k in kept), tuple(k[1] for k in kept)))]
    if error.length_m is not None:
        return [Correlation(error.model, min(error.length_m, longest))]
    if error.model == "white":
        return [Correlation("white")]
    return [Correlation("white"), *(Correlation("gaussian", n * cell_m) for n in _FLAT_LENGTHS)]


def floors_csv(floors: tuple[NoiseFloor, ...]) -> str:
    """Return noise floors as the text of a CSV file."""
    names = [field.name for field in fields(NoiseFloor)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for floor in floors:
        writer.writerow([_cell(getattr(floor, name)) for name in names])
    return stream.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
