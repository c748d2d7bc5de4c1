"""One answer, however the ground is cut, turned, lifted or scaled, with whatever threads, on whatever processor.

Whole runs are compared by a hash of each layer. The properties below them look at the equations that decide,
each on two hundred grounds with holes; test_properties.py and terrain/test_terrain_invariance.py hold all
layers and all equations to the same with fewer grounds each.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from jezero_sites import blocks, terrain
from jezero_sites.hazards import landing_probability
from jezero_sites.io.dem import read_dem
from jezero_sites.pipeline import assess, assess_layers
from jezero_sites.pipeline.run_files.run_dir import write_layer
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import Divert, load_profile
from jezero_sites.sites.score import value, weighted_mean

EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
CHUNKS = (97, 128, 256, 333)
JOBS = (1, 2, 4)

# --- whole runs ---


@pytest.fixture(scope="module", autouse=True)
def no_noise_floors():
    """Leave out the table of noise floors: it takes most of a small run's time and changes no layer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jezero_sites.pipeline.blockwise.noise_floors", lambda *given, **more: ())
        yield


def lander():
    """Return settings with every layer: legs, belly, rocks, divert."""
    base = load_profile("four-leg-illustrative")
    return replace(
        base,
        dispersion=replace(base.dispersion, major_m=14.0, minor_m=9.0, azimuth_deg=30.0),
        divert=Divert(radius_m=6.0, sigma_m=1.0, source="made up"),
        search=replace(base.search, min_safe_radius_m=4.0, site_radius_m=8.0),
    )


def scene(shape=(345, 71), seed=5):
    """Return rough ground, gentler in the west, with scattered holes; rows of cells differ in true width."""
    rng = np.random.default_rng(seed)
    rough = rng.normal(size=shape).cumsum(axis=0).cumsum(axis=1)
    tilt = 0.006 * rough * np.linspace(0.1, 2.0, shape[1]) + 0.004 * rng.normal(size=shape)
    heights = np.round(tilt * 256.0) / 256.0 - 2500.0
    heights[rng.random(shape) < 0.0005] = np.nan
    grid = Grid.of(shape, Affine(1.25, 0, 4590640.0, 0, -1.0, 1093540.0), EQC)
    return Raster(heights.astype(np.float32), grid, "elevation_m", "m")


def hashes(layers):
    """Return the hash of the cells of each layer."""
    return {n: hashlib.sha256(np.ascontiguousarray(r.values)).hexdigest() for n, r in layers.items()}


@pytest.fixture(scope="module")
def whole():
    """Return the hashes of a run in one strip and one thread, and its layers."""
    dem = scene()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(blocks.map_strips.__kwdefaults__, "strip_rows", 10**6)
        layers, _ = assess_layers(dem, lander(), jobs=1)
    assert set(np.unique(layers["hazard_class"].values)) == {0, 1, 2, 3}
    return hashes(layers), layers


@pytest.mark.parametrize("jobs", JOBS)
@pytest.mark.parametrize("strip_rows", CHUNKS)
def test_every_layer_has_one_hash_for_all_strips_and_threads(whole, strip_rows, jobs, monkeypatch):
    monkeypatch.setitem(blocks.map_strips.__kwdefaults__, "strip_rows", strip_rows)
    layers, _ = assess_layers(scene(), lander(), jobs=jobs)
    assert hashes(layers) == whole[0]


@pytest.mark.parametrize("jobs", JOBS[1:])
def test_a_run_is_the_same_to_the_last_bit_with_any_threads(jobs):
    runs = [assess(scene((120, 131)), settings=lander(), jobs=n) for n in (1, jobs)]
    one, many = runs
    assert len(one.sites)
    assert hashes(one.layers) == hashes(many.layers)
    assert one.sites.equals(many.sites)
    assert (one.summary, one.statements, one.statistics) == (many.summary, many.statements, many.statistics)


def test_two_files_that_overlap_are_the_mosaic(tmp_path):
    dem = scene((60, 131))

    def written(name, first, last):
        grid = dem.grid.window(0, 60, first, last)
        write_layer(tmp_path / name, [Raster(dem.values[:, first:last], grid, "elevation_m", "m")])
        return tmp_path / name

    parts = [written("b.tif", 0, 83), written("a.tif", 64, 131)]
    found = read_dem(parts)
    one = read_dem(written("whole.tif", 0, 131))
    np.testing.assert_array_equal(found.values, one.values)
    assert found.grid.transform == one.grid.transform
    expected, _ = assess_layers(one, lander())
    for order in (parts, parts[::-1]):
        layers, _ = assess_layers(read_dem(order), lander(), jobs=2)
        assert hashes(layers) == hashes(expected)


# --- another processor ---

ELSEWHERE = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
import test_determinism as here
import jezero_sites.pipeline.blockwise
jezero_sites.pipeline.blockwise.noise_floors = lambda *given, **more: ()
layers, _ = here.assess_layers(here.scene(), here.lander())
np.savez(sys.argv[2], **{name: raster.values for name, raster in layers.items()})
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
import numba
print(*[name for name in __cpu_dispatch__ if __cpu_features__.get(name)], numba.config.CPU_NAME)
"""


def dispatched():
    """Return the instruction sets that numpy picks code for and this processor has."""
    try:
        from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    except ImportError:
        pytest.skip("this numpy does not tell what it picks code for")
    return [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]


def test_a_plain_processor_gives_every_layer_within_one_step(whole, tmp_path):
    """Chances are published in steps of 1e-6, other layers as float32; codes are codes.

    numba keeps what it compiled by processor, so that only the first run of this test waits for it.
    """
    wider = dispatched()
    if not wider:
        pytest.skip("this processor has nothing to switch off")
    plain = {
        "NPY_DISABLE_CPU_FEATURES": " ".join(wider),
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "OPENBLAS_CORETYPE": "Prescott",
    }
    command = [sys.executable, "-c", ELSEWHERE, os.path.dirname(__file__), str(tmp_path / "layers.npz")]  # noqa: PTH120
    done = subprocess.run(command, env={**os.environ, **plain}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["generic"]  # and nothing is left on that numpy could pick
    with np.load(tmp_path / "layers.npz") as found:
        assert set(found.files) == set(whole[1])
        for name, raster in whole[1].items():
            assert_within_a_step(found[name], raster.values, name)


def assert_within_a_step(found, expected, name):
    """Compare codes exactly, chances to 1e-6 and other numbers to the next float32."""
    if expected.dtype == np.uint8:
        np.testing.assert_array_equal(found, expected, err_msg=name)
        return
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), err_msg=name)
    step = np.spacing(np.abs(expected).astype(np.float32)).astype(np.float64)
    if "probability" in name:
        step = np.maximum(step, 1.001e-6)
    off = np.abs(found.astype(np.float64) - expected.astype(np.float64))
    assert (off <= step)[~np.isnan(expected)].all(), name


def test_the_comparison_sees_two_steps():
    one = np.array([1.0, np.nan, 3.0], np.float32)
    assert_within_a_step(np.nextafter(one, np.float32(9)), one, "slope_deg")
    with pytest.raises(AssertionError, match="slope_deg"):
        assert_within_a_step(one + np.float32(3e-7), one, "slope_deg")
    with pytest.raises(AssertionError, match="landing_probability"):
        assert_within_a_step(one + np.float32(2.2e-6), one, "landing_probability")


# --- properties of the equations that decide, on two hundred grounds each ---

SHAPE = (19, 24)
DX_M, DY_M = 1.25, 1.0
REACH = 2
LENGTHS = ("roughness_m", "relief_m")
SPREAD = (5.0, 3.0, 1.5)  # variances of the touchdowns east and north, and both, in m2
ROUNDING = 2.1e-6  # chances are rounded to 1e-6, and their transforms turn with rounding of their own
SEEDS = st.integers(0, 10**9)
MANY = settings(max_examples=200, deadline=None, phases=(Phase.explicit, Phase.generate))


def ground(seed, *, holes=0.01):
    """Return rough heights of whole 1/256 m near -2500 m with holes."""
    rng = np.random.default_rng(seed)
    heights = rng.normal(size=SHAPE).cumsum(axis=0).cumsum(axis=1) * 0.1
    heights = np.round(heights * 256.0) / 256.0 - 2500.0
    heights[rng.random(SHAPE) < holes] = np.nan
    return heights


def measured(heights, *, dx_m=DX_M, dy_m=DY_M, radius_m=2.9, is_turned=False):
    """Return slopes, roughness and relief; ``is_turned``: windows lie the other way round."""
    sides = (3, 5) if is_turned else (5, 3)
    corners = (4, 2) if is_turned else (2, 4)
    widths = np.full(len(heights), dx_m) if np.isscalar(dx_m) else dx_m
    spacing = {"dx_m": widths, "dy_m": dy_m}
    return {
        "horn_slope_deg": terrain.horn_slope_deg(heights, **spacing),
        "slope_deg": terrain.plane_slope_deg(heights, window=sides, **spacing),
        "corner_slope_deg": terrain.baseline_slope_deg(heights, cells=corners, **spacing),
        "roughness_m": terrain.rms_roughness_m(heights, window=sides),
        "relief_m": terrain.relief_m(heights, radius_m=radius_m, **spacing),
    }


def assert_same(found, expected, where=lambda values: values):
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], where(values), err_msg=name)


@st.composite
def turns(draw):
    """Draw one of the eight ways to lay a grid, and whether rows become columns."""
    down, right, is_turned = (
        draw(st.sampled_from([1, -1])),
        draw(st.sampled_from([1, -1])),
        draw(st.booleans()),
    )

    def turn(values):
        laid = values[::down, ::right]
        return np.ascontiguousarray(laid.T if is_turned else laid)

    return turn, is_turned, down * right


def turned_sides(is_turned):
    return {"dx_m": DY_M, "dy_m": DX_M} if is_turned else {"dx_m": DX_M, "dy_m": DY_M}


@MANY
@given(seed=SEEDS, tall=st.integers(4, 19), wide=st.integers(5, 24))
def test_ground_with_holes_cut_into_blocks_gives_every_bit_of_the_whole(seed, tall, wide):
    heights, widths = ground(seed), np.linspace(1.25, 1.26, SHAPE[0])
    expected = measured(heights, dx_m=widths)
    for row in range(0, SHAPE[0], tall):
        for column in range(0, SHAPE[1], wide):
            top, left = max(row - REACH, 0), max(column - REACH, 0)
            rows, columns = slice(top, row + tall + REACH), slice(left, column + wide + REACH)
            found = measured(heights[rows, columns], dx_m=widths[rows])
            inner = (slice(row - top, row - top + tall), slice(column - left, column - left + wide))
            block = (slice(row, row + tall), slice(column, column + wide))
            assert_same({n: v[inner] for n, v in found.items()}, {n: v[block] for n, v in expected.items()})


@MANY
@given(seed=SEEDS, laid=turns())
def test_flips_turns_and_transposition_keep_every_bit(seed, laid):
    turn, is_turned, _ = laid
    heights = ground(seed)
    found = measured(turn(heights), is_turned=is_turned, **turned_sides(is_turned))
    assert_same(found, measured(heights), where=turn)


@MANY
@given(seed=SEEDS, lift_m=st.integers(-2048, 2048).map(lambda steps: steps / 4.0))
def test_a_constant_added_to_heights_of_few_digits_changes_no_bit(seed, lift_m):
    heights = ground(seed)
    assert_same(measured(heights + lift_m), measured(heights))


@MANY
@given(seed=SEEDS, power=st.integers(-6, 6))
def test_heights_and_cells_times_a_power_of_two_scale_lengths_and_keep_slopes(seed, power):
    heights, factor = ground(seed), 2.0**power
    scaled = measured(heights * factor, dx_m=DX_M * factor, dy_m=DY_M * factor, radius_m=2.9 * factor)
    for name, values in measured(heights).items():
        wanted = values * factor if name in LENGTHS else values
        np.testing.assert_array_equal(scaled[name], wanted, err_msg=name)


@MANY
@given(seed=SEEDS, power=st.integers(-6, 6))
def test_heights_alone_times_a_power_of_two_scale_lengths_and_tangents(seed, power):
    heights, factor = ground(seed), 2.0**power
    plain, scaled = measured(heights), measured(heights * factor)
    for name in LENGTHS:
        np.testing.assert_array_equal(scaled[name], plain[name] * factor, err_msg=name)
    spacing = {"dx_m": np.full(SHAPE[0], DX_M), "dy_m": DY_M}
    for gradient in (terrain.horn_gradient, terrain.zevenbergen_thorne_gradient):
        for one, other in zip(
            gradient(heights, **spacing), gradient(heights * factor, **spacing), strict=True
        ):
            np.testing.assert_array_equal(other, one * factor)


@MANY
@given(seed=SEEDS, row=st.integers(0, SHAPE[0] - 1), column=st.integers(0, SHAPE[1] - 1))
def test_a_cell_without_height_makes_no_valid_cell_and_acts_within_its_reach(seed, row, column):
    heights = ground(seed)
    holed = heights.copy()
    holed[row, column] = np.nan
    before, after = measured(heights), measured(holed)
    far = np.ones(SHAPE, bool)
    far[max(row - REACH, 0) : row + REACH + 1, max(column - REACH, 0) : column + REACH + 1] = False
    for name, values in after.items():
        assert np.isnan(values[row, column]), name
        is_known = ~np.isnan(values)
        np.testing.assert_array_equal(values[is_known], before[name][is_known], err_msg=name)
        np.testing.assert_array_equal(values[far], before[name][far], err_msg=name)


def scored(heights, *, is_turned, sign, **sides):
    """Return what ground is worth by its margins, and its score: that times the chance to land."""
    found = measured(heights, is_turned=is_turned, **sides)
    parts = {
        "slope": value(found["slope_deg"], x=[0.0, 20.0], y=[1.0, 0.0]),
        "relief": value(found["relief_m"], x=[0.0, 2.0], y=[1.0, 0.0]),
    }
    worth = weighted_mean(parts, {"slope": 2.0, "relief": 1.0})
    east, north, both = SPREAD
    spread = (north, east, sign * both) if is_turned else (east, north, sign * both)
    safe = np.clip(1.1 - found["slope_deg"] / 20.0, 0.0, 1.0)
    dx_m = np.full(len(heights), sides["dx_m"])
    return worth, landing_probability(safe, dx_m=dx_m, dy_m=sides["dy_m"], covariance=spread)


@MANY
@given(seed=SEEDS, laid=turns())
def test_scores_and_chances_to_land_turn_with_the_ground(seed, laid):
    turn, is_turned, sign = laid
    heights = ground(seed)
    worth, bounds = scored(heights, is_turned=False, sign=1, **turned_sides(False))
    again, turned = scored(turn(heights), is_turned=is_turned, sign=sign, **turned_sides(is_turned))
    np.testing.assert_array_equal(again, turn(worth))
    for one, other in zip(bounds, turned, strict=True):
        np.testing.assert_allclose(other, turn(one), rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(again * turned[0], turn(worth * bounds[0]), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("size", CHUNKS)
def test_blocks_of_any_size_give_one_hash(size):
    shape = (340, 345)
    heights = np.random.default_rng(8).normal(size=shape).cumsum(axis=0)
    heights[np.random.default_rng(9).random(shape) < 0.001] = np.nan
    expected = measured(heights)
    found = {name: np.empty(shape) for name in expected}
    for row in range(0, shape[0], size):
        for column in range(0, shape[1], size):
            top, left = max(row - REACH, 0), max(column - REACH, 0)
            part = measured(heights[top : row + size + REACH, left : column + size + REACH])
            for name, values in part.items():
                block = found[name][row : row + size, column : column + size]
                block[:] = values[row - top :, column - left :][: block.shape[0], : block.shape[1]]
    for name, values in expected.items():
        assert hashlib.sha256(found[name]).digest() == hashlib.sha256(values).digest(), name
