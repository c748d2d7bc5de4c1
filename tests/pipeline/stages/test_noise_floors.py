"""The noise floor of a run is what its own operators read on made-up flat ground."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.errors import SettingsError
from jezero_sites.hazards import noise_field, noise_floor_p95_deg, plane_gradient_gain
from jezero_sites.layers import measure
from jezero_sites.pipeline.stages.exceedance import slope_exceedance
from jezero_sites.pipeline.stages.noise_floor import correlation_of, floors_csv, noise_floors
from jezero_sites.raster import Raster
from jezero_sites.settings import load_profile, parse_settings

ERRORS = {
    "white": {"model": "white"},
    "gaussian": {"model": "gaussian", "length_m": 1.9},
    "exponential": {"model": "exponential", "length_m": 3.0},
}


@pytest.mark.parametrize("model", ERRORS)
def test_floor_is_what_flat_ground_reads(make_dem, model):
    settings = load_profile("four-leg-illustrative")
    settings = replace(settings, dem_error=replace(settings.dem_error, sigma_m=0.15, **ERRORS[model]))
    dem = make_dem((90, 110), cell=(1.0, 1.25))
    floors = {f.layer or f.operator: f for f in noise_floors(dem.grid, settings)}
    grid = replace(dem.grid, dx_m=np.full(90, dem.grid.mean_dx_m))
    read: dict[str, list[np.ndarray]] = {}
    names = {"slope_deg": "slope_deg", "roughness_m": "roughness_m", "Horn, 3 x 3 cells": "horn_slope_deg"}
    for seed in range(24):
        field = noise_field(
            grid.shape,
            dx_m=grid.mean_dx_m,
            dy_m=grid.dy_m,
            correlation=correlation_of(settings.dem_error),
            seed=seed,
        )
        flat = Raster(0.15 * field, grid, "elevation_m", "m")
        for floor, layer in names.items():
            values = measure(flat, layer).values
            read.setdefault(floor, []).append(values[~np.isnan(values)])
    for name, parts in read.items():
        values, floor = np.concatenate(parts), floors[name]
        if floor.p95 is not None:
            # 240,000 cells, some 20,000 of them independent: 1.5 % at the 95th percentile
            assert np.percentile(values, 95) == pytest.approx(floor.p95, rel=0.03), name
            assert values.mean() == pytest.approx(floor.mean, rel=0.02), name
        else:
            assert np.sqrt(np.mean(values**2)) == pytest.approx(floor.rms, rel=0.02), name
    flat_over = np.mean(np.concatenate(read["slope_deg"]) > 8.0)
    assert flat_over == pytest.approx(floors["slope_deg"].over_limit_probability, abs=0.005)


def test_stance_has_a_floor_that_grows_with_the_error(make_dem):
    settings = load_profile("four-leg-illustrative")
    dem = make_dem((40, 50))
    p95 = []
    for sigma in (0.0, 0.05, 0.2):
        changed = replace(settings, dem_error=replace(settings.dem_error, sigma_m=sigma))
        floors = {f.layer: f for f in noise_floors(dem.grid, changed)}
        p95.append(floors["stance_tilt_deg"].p95)
    assert p95[0] == 0.0
    assert p95[1] < 5.0 < p95[2]


def test_csv_holds_every_floor_and_leaves_what_has_no_number_empty(run):
    rows = list(csv.DictReader(io.StringIO(floors_csv(run.noise_floor))))
    assert len(rows) == len(run.noise_floor)
    by_layer = {row["layer"]: row for row in rows}
    assert by_layer["roughness_m"]["p95"] == ""
    grid = run.dem.grid
    gains = plane_gradient_gain((5, 5), dx_m=grid.mean_dx_m, dy_m=grid.dy_m, model="worst_gaussian")
    expected = noise_floor_p95_deg(0.2 * gains[0], 0.2 * gains[1])
    assert float(by_layer["slope_deg"]["p95"]) == pytest.approx(expected, abs=1e-4)
    assert float(by_layer["slope_deg"]["limit"]) == 8.0


def test_slope_and_roughness_files_say_their_floor(run):
    assert run.layers["slope_deg"].tags["NOISE_FLOOR_P95"].startswith("8.348 deg")
    assert "x" in run.layers["slope_deg"].tags["SIGMA_GRADIENT"]
    assert run.layers["roughness_m"].tags["NOISE_FLOOR_RMS"].startswith("0.187")


def test_a_table_that_is_no_correlation_is_a_coded_error(dem):
    lags = "lag_m = [0.0, 0.9, 1.1, 1.5]\ncorrelation = [1.0, -1.0, -1.0, 1.0]\n"
    head = '[profile]\nextends = "msr-srl-illustrative"\nname = "t"\n'
    text = f'{head}[dem_error]\nmodel = "table"\n{lags}source = "t"\n'
    settings = parse_settings(text)
    with pytest.raises(SettingsError, match=r"E_SETTINGS_VALUE.*no correlation function"):
        noise_floors(dem.grid, settings)
    with pytest.raises(SettingsError, match="no correlation function"):
        slope_exceedance(dem, "horn", limit_deg=8.0, error=settings.dem_error)


def test_share_of_flat_ground_over_the_tilt_limit_is_the_share_over_it(make_dem):
    settings = load_profile("four-leg-illustrative")
    dem = make_dem((40, 50))
    shares = []
    for limit in (2.0, 9.0, 30.0):
        limits = tuple(
            replace(m, value=limit) if m.layer == "stance_tilt_deg" else m for m in settings.limits
        )
        changed = replace(settings, limits=limits)
        floors = {f.layer: f for f in noise_floors(dem.grid, changed)}
        shares.append(floors["stance_tilt_deg"].over_limit_probability)
    assert shares[0] > 0.9 > shares[1] > 0.1 > shares[2]


def test_wide_legs_have_a_floor_too(make_dem):
    """Pads far apart on the made-up flat ground still stand on it: the floor is small, never missing."""
    settings = load_profile("four-leg-illustrative")
    wide = replace(settings.lander, footprint_radius_m=70.0, hub_to_pad_m=60.0, pad_radius_m=5.0)
    settings = replace(settings, lander=wide)
    floors = {f.layer: f for f in noise_floors(make_dem((30, 40)).grid, settings)}
    assert 0.05 < floors["stance_tilt_deg"].p95 < 1.0


@pytest.mark.parametrize(
    "error",
    [
        {"model": "exponential", "length_m": 5000.0},
        {"model": "table", "lag_m": (0.0, 3.0, 90_000.0), "correlation": (1.0, 0.9, 0.0)},
    ],
)
def test_errors_far_longer_than_the_lander_have_a_floor_too(make_dem, error):
    settings = load_profile("four-leg-illustrative")
    settings = replace(settings, dem_error=replace(settings.dem_error, **error))
    floors = {f.layer: f for f in noise_floors(make_dem((40, 50)).grid, settings)}
    assert 0.0 < floors["stance_tilt_deg"].p95 < 13.3  # that of the worst Gaussian error
