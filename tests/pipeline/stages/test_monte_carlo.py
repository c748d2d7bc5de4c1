"""The safe probability against draws of its own model: heights with errors through the plane, rocks strewn about.

What is drawn shares nothing with what is computed but the plane operator: errors come from a Cholesky factor of
their covariance, rocks are strewn one by one with diameters from the size-frequency law and met by geometry.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from scipy.special import exp1

from jezero_sites import terrain
from jezero_sites.hazards import wilson_interval
from jezero_sites.pipeline.stages.ground import measure_ground
from jezero_sites.pipeline.stages.rocks import rock_field
from jezero_sites.pipeline.stages.touchdown import touchdown_safety
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import parse_settings

DRAWS = 20_000
EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m"
TOML = """
[profile]
extends = "msr-srl-illustrative"
name = "draws"
[limits.slope_deg]
value = 8.0
baseline_m = 7.0
source = "test"
[limits.roughness_m]
baseline_m = 7.0
source = "test"
[lander]
footprint_radius_m = 2.5
source = "test"
[rocks]
limit_m = 0.3
reading = "height"
abundance_fraction = 0.03
source = "test"
[dem_error]
sigma_m = 0.25
"""
MODELS = {
    "white": 'model = "white"',
    "gaussian": 'model = "gaussian"\nlength_m = 2.1',
    "exponential": 'model = "exponential"\nlength_m = 4.0',
    "table": 'model = "table"\nlag_m = [0.0, 1.5, 4.0, 9.0]\ncorrelation = [1.0, 0.7, 0.25, 0.0]',
}


def correlation(model: str, r: np.ndarray) -> np.ndarray:
    """Return the correlation of two errors, written out anew."""
    return {
        "white": lambda: (r == 0).astype(float),
        "gaussian": lambda: np.exp(-(r**2) / (4 * 2.1**2)),
        "exponential": lambda: np.exp(-r / 4.0),
        "table": lambda: np.interp(r, [0, 1.5, 4, 9], [1, 0.7, 0.25, 0], right=0),
    }[model]()


@pytest.fixture(scope="module")
def ground() -> Raster:
    """Return lopsided ground of rising steepness with a rough patch; cells are 0.949 x 1.3 times 1.2 m."""
    shape = (40, 70)
    grid = Grid.of(shape, Affine(1.2, 0, 4590640.0, 0, -1.5, 1093540.0), EQC)
    rows, cols = np.indices(shape).astype(float)
    z = -2568.0 + 0.0016 * cols**2 + 0.03 * rows * (cols > 30) - 0.001 * rows**2
    z[28:, 50:] += 0.5 * np.random.default_rng(3).standard_normal((12, 20))
    return Raster(z, grid, "elevation_m", "m")


def drawn_slopes_pass(dem: Raster, cell: tuple[int, int], model: str, seed: int) -> np.ndarray:
    """Return, for each draw, whether the slope of the perturbed plane is within the limit."""
    rows, cols = (terrain.window_cells(7.0, step) for step in (dem.grid.dy_m, dem.grid.mean_dx_m))
    dx, dy = float(dem.grid.dx_m[cell[0]]), dem.grid.dy_m
    r, c = np.indices((rows, cols)).reshape(2, -1)
    distance = np.hypot((r[:, None] - r) * dy, (c[:, None] - c) * dx)
    covariance = 0.25**2 * correlation(model, distance) + 1e-12 * np.eye(rows * cols)
    errors = (
        np.random.default_rng(seed).standard_normal((DRAWS, rows * cols)) @ np.linalg.cholesky(covariance).T
    )
    top, left = cell[0] - rows // 2, cell[1] - cols // 2
    window = dem.values[top : top + rows, left : left + cols]
    tall = (window + errors.reshape(DRAWS, rows, cols)).reshape(DRAWS * rows, cols)
    gx, gy = terrain.plane_gradient(tall, dx_m=np.full(len(tall), dx), dy_m=dy, window=(rows, cols))
    centres = slice(rows // 2, None, rows)
    return np.hypot(gx[centres, cols // 2], gy[centres, cols // 2]) <= np.tan(np.radians(8.0))


def drawn_footprints_are_free(
    k: float, least_m: float, most_m: float, radius_m: float, seed: int
) -> np.ndarray:
    """Return, for each draw, whether no strewn rock overlaps the footprint."""
    rng = np.random.default_rng(seed)
    q = 1.79 + 0.152 / k

    def per_m2(d):
        return 4 * k * q / np.pi * (np.exp(-q * d) / d - q * exp1(q * d))

    half = radius_m + most_m / 2
    counts = rng.poisson((per_m2(least_m) - per_m2(most_m)) * (2 * half) ** 2, DRAWS)
    sizes = np.linspace(least_m, most_m, 20_001)
    share = rng.uniform(per_m2(most_m), per_m2(least_m), counts.sum())
    diameter = np.interp(-share, -per_m2(sizes), sizes)
    x, y = rng.uniform(-half, half, (2, counts.sum()))
    meets = np.hypot(x, y) <= radius_m + diameter / 2
    return np.bincount(np.repeat(np.arange(DRAWS), counts), weights=meets, minlength=DRAWS) == 0


@pytest.mark.parametrize("model", MODELS)
def test_safe_probability_is_the_share_of_draws_that_succeed(ground, model):
    settings = parse_settings(TOML + MODELS[model])
    measured = measure_ground(ground, settings)
    rocks = rock_field(ground.grid, settings)
    safety = touchdown_safety(measured, settings, rocks)
    cells = [(12, 8), (25, 20), (9, 33), (30, 41), (17, 44), (20, 62), (34, 60)]
    for number, cell in enumerate(cells):
        passes = drawn_slopes_pass(ground, cell, model, 10 * number + len(model))
        free = drawn_footprints_are_free(0.03, 0.6, 1.5, 2.5, 10 * number + len(model) + 1)
        gate = measured.values["roughness_m"][cell] <= 0.10
        low, high = wilson_interval(int((passes & free & gate).sum()), DRAWS, confidence=0.99)
        assert low <= safety.safe_probability[cell] <= high, (cell, low, high)
    found = [safety.safe_probability[cell] for cell in cells]
    assert found[-1] == 0.0  # the rough patch
    assert max(found) > 0.6
    assert min(found[:-1]) < 0.2  # ground on both sides of the limit


def test_rocks_of_a_raster_take_the_place_of_the_settings_number(ground):
    settings = parse_settings(TOML + MODELS["white"])
    k = np.full(ground.grid.shape, 0.01)
    k[:, 35:] = 0.08
    k[3:6, 4:9] = np.nan
    field = rock_field(ground.grid, settings, Raster(k, ground.grid, "rock_abundance_fraction", "1"))
    safety = touchdown_safety(measure_ground(ground, settings), settings, field)
    for cell, abundance in (((12, 8), 0.01), ((12, 60), 0.08)):
        free = drawn_footprints_are_free(abundance, 0.6, 1.5, 2.5, int(100 * abundance))
        low, high = wilson_interval(int(free.sum()), DRAWS, confidence=0.99)
        assert low <= safety.factors["rock_safe_probability"][cell] <= high
    assert np.isnan(safety.safe_probability[4, 6])
    assert safety.hazard_class[4, 6] == 0
    assert safety.hazard_class[12, 8] in (1, 2)


def test_a_gate_that_fails_leaves_no_chance_and_binds(ground):
    settings = parse_settings(TOML + MODELS["white"])
    measured = measure_ground(ground, settings)
    safety = touchdown_safety(measured, settings, rock_field(ground.grid, settings))
    rough = measured.values["roughness_m"] > 0.10
    assert rough.any()
    assert (safety.safe_probability[rough] == 0).all()
    assert (safety.binding_factor[rough] == 2).all()
    smooth = measured.values["roughness_m"] <= 0.10
    slope, rock = safety.factors["slope_safe_probability"], safety.factors["rock_safe_probability"]
    np.testing.assert_array_equal(safety.binding_factor[smooth], np.where(slope < rock, 1, 4)[smooth])
    unknown = np.isnan(safety.safe_probability)
    assert (safety.binding_factor[unknown] == 0).all()
    without = touchdown_safety(measured, replace(settings, limits=()), None)
    assert set(np.unique(without.binding_factor)) == {255}


def test_unknown_abundance_leaves_no_factor_to_bind(ground):
    settings = parse_settings(TOML + MODELS["white"])
    k = np.full(ground.grid.shape, 0.02)
    k[10:14, 20:30] = np.nan
    field = rock_field(ground.grid, settings, Raster(k, ground.grid, "rock_abundance_fraction", "1"))
    safety = touchdown_safety(measure_ground(ground, settings), settings, field)
    assert (safety.binding_factor[10:14, 20:30] == 0).all()
    assert safety.binding_factor[20, 25] in (1, 4)


def test_a_value_at_a_lower_limit_passes_the_gate(ground):
    lowest = float(np.asarray(ground.values)[15, 20])
    limit = f'[limits.elevation_m]\nvalue = {lowest!r}\nkind = "min"\nunit = "m"\nsource = "t"\nverified = false\n'
    settings = parse_settings(TOML + MODELS["white"] + "\n" + limit)
    safety = touchdown_safety(measure_ground(ground, settings), settings, None)
    assert safety.safe_probability[15, 20] > 0
    below = np.asarray(ground.values) < lowest
    assert (safety.safe_probability[below & ~np.isnan(safety.safe_probability)] == 0).all()
