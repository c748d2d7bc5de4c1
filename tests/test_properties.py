"""What a whole run must keep, from the heights to the chance to land: cuts, turns, lifts, scales, holes, limits.

The equations are held to the same one by one elsewhere: all of terrain in terrain/test_terrain_invariance.py, stance
(turns, strips, holes) in hazards/stance/, flags of artefacts (turns, lifts) in quality/test_artefacts.py, landing and
divert (holes, flips, threads) in hazards/aiming/. Here they are chained as a run chains them, with every layer
that a lander on four legs with a divert has; stance, divert and artefacts are held to what is missing there:
stance to lifts and scales, divert to scales and quarter turns, artefacts to scales and holes.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pyproj
import pytest
from affine import Affine
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from jezero_sites import blocks
from jezero_sites.pipeline import assess_layers
from jezero_sites.quality import artefacts
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import Divert, load_profile

SHAPE = (30, 41)
DX_M, DY_M = 1.25, 1.0
CODES = ("hazard_class", "hazard_reason", "binding_factor", "dem_quality")
CHANCES = (
    "landing_probability",
    "landing_probability_upper",
    "divert_probability",
    "divert_probability_upper",
)
TURNING_ERROR = (
    2.1e-6  # chances of landing are rounded to 1e-6, and their transforms turn with rounding of their own
)
STANCE_ERROR = (
    2e-6  # deg and m: heights under the pads lie between cells and round at -2500 m; layers are float32
)
STANCE = ("stance_tilt_deg", "stance_tilt_min_deg", "stance_tilt_mean_deg", "protrusion_m", "clearance_m")
SEEDS = st.integers(0, 10**6)
FEW = settings(
    max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate)
)  # a scene says little when shrunk


@pytest.fixture(scope="module", autouse=True)
def no_noise_floors():
    """Leave out the table of noise floors: it takes most of a small run's time and changes no layer."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jezero_sites.pipeline.blockwise.noise_floors", lambda *given, **more: ())
        yield


@cache
def lander():
    """Return settings with every layer: legs, belly, rocks, divert; lengths are dyadic, the ellipse round."""
    base = load_profile("four-leg-illustrative")
    return replace(
        base,
        lander=replace(base.lander, footprint_radius_m=2.0, hub_to_pad_m=1.75, pad_radius_m=0.25),
        dispersion=replace(base.dispersion, major_m=8.0, minor_m=8.0, azimuth_deg=0.0),
        divert=Divert(radius_m=4.0, sigma_m=1.0, source="made up"),
        dem_error=replace(base.dem_error, sigma_m=0.0625),
    )


def scaled(base, factor):
    """Return settings in which every length is multiplied; rocks are left out, whose model has lengths of its own."""
    limits = tuple(
        replace(
            limit,
            value=limit.value * (factor if limit.unit == "m" else 1.0),
            baseline_m=limit.baseline_m * factor if limit.baseline_m else None,
        )
        for limit in base.limits
    )
    legs = {
        n: getattr(base.lander, n) * factor for n in ("hub_to_pad_m", "pad_radius_m", "belly_clearance_m")
    }
    radius, d, v = base.lander.footprint_radius_m * factor, base.dispersion, base.divert
    return replace(
        base,
        limits=limits,
        lander=replace(base.lander, footprint_radius_m=radius, **legs),
        dispersion=replace(d, major_m=d.major_m * factor, minor_m=d.minor_m * factor),
        divert=replace(v, radius_m=v.radius_m * factor, sigma_m=v.sigma_m * factor),
        dem_error=replace(base.dem_error, sigma_m=base.dem_error.sigma_m * factor),
        rocks=replace(base.rocks, abundance_fraction=None),
    )


def ground(seed, *, holes=0.004):
    """Return rough heights of whole 1/256 m near -2500 m, gentle in the west and steep in the east, with holes."""
    rng = np.random.default_rng(seed)
    rough = rng.normal(size=SHAPE).cumsum(axis=0).cumsum(axis=1)
    heights = 0.006 * rough * np.linspace(0.2, 3.0, SHAPE[1]) + 0.02 * rng.normal(size=SHAPE)
    heights = np.round(heights * 256.0) / 256.0 - 2500.0
    heights[rng.random(SHAPE) < holes] = np.nan
    return heights


def dem(heights, *, dx_m=DX_M, dy_m=DY_M):
    """Return heights on a grid of cells of one true size, north up."""
    crs = pyproj.CRS.from_user_input("+proj=tmerc +lat_0=18.4 +lon_0=77.5 +R=3396190 +units=m +no_defs")
    rows, cols = heights.shape
    transform = Affine(dx_m, 0.0, -dx_m * cols / 2, 0.0, -dy_m, dy_m * rows / 2)
    grid = Grid(heights.shape, transform, crs, np.full(rows, dx_m), dy_m)
    return Raster(heights, grid, "elevation_m", "m")


def layers(raster, chosen=None, jobs=1):
    found, _ = assess_layers(raster, chosen or lander(), jobs=jobs)
    return {name: layer.values for name, layer in found.items()}


def assert_same(found, expected, *, where=lambda values: values, within=None):
    """Compare every layer bit for bit, but those named in ``within`` to an error."""
    assert set(found) == set(expected)
    for name, values in expected.items():
        error = (within or {}).get(name, 0.0)
        if error:
            np.testing.assert_allclose(found[name], where(values), rtol=0, atol=error, err_msg=name)
        else:
            np.testing.assert_array_equal(found[name], where(values), err_msg=name)


def test_scenes_have_ground_of_every_class_and_every_layer():
    found = layers(dem(ground(3)))
    assert set(np.unique(found["hazard_class"])) == {0, 1, 2, 3}
    assert {"stance_tilt_deg", "clearance_m", "dem_quality", *CHANCES} <= set(found)


@pytest.mark.parametrize(("strip_rows", "jobs"), [(1, 1), (7, 2), (16, 3)])
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_cutting_into_strips_changes_no_bit_of_any_layer(strip_rows, jobs, seed):
    raster = dem(ground(seed))
    expected = layers(raster)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(blocks.map_strips.__kwdefaults__, "strip_rows", strip_rows)
        assert_same(layers(raster, jobs=jobs), expected)


@given(seed=SEEDS, flip_rows=st.booleans(), flip_columns=st.booleans(), turned=st.booleans())
@FEW
def test_flips_and_quarter_turns_with_the_grid_turn_every_layer(seed, flip_rows, flip_columns, turned):
    heights = ground(seed)

    def turn(values):
        values = values[:: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
        return np.ascontiguousarray(values.T if turned else values)

    sides = {"dx_m": DY_M, "dy_m": DX_M} if turned else {}
    found = layers(dem(turn(heights), **sides))
    assert_same(found, layers(dem(heights)), where=turn, within=dict.fromkeys(CHANCES, TURNING_ERROR))


@given(seed=SEEDS, lift_m=st.sampled_from([-1024.0, -512.0, -3.0, 17.0, 512.0]))
@FEW
def test_lifting_the_ground_by_whole_metres_changes_nothing(seed, lift_m):
    heights = ground(seed)
    expected = layers(dem(heights))
    assert_same(layers(dem(heights + lift_m)), expected, within=dict.fromkeys(STANCE, STANCE_ERROR))


@given(seed=SEEDS, factor=st.sampled_from([2.0, 4.0]))
@FEW
def test_scaling_heights_cells_and_lander_together_scales_lengths_and_keeps_the_rest(seed, factor):
    heights = ground(seed)
    plain = layers(dem(heights), scaled(lander(), 1.0))
    found = layers(dem(heights * factor, dx_m=DX_M * factor, dy_m=DY_M * factor), scaled(lander(), factor))
    for name, values in plain.items():
        if name == "dem_quality":
            continue  # how exact heights are is in metres, whatever their scale
        wanted = values * np.float32(factor) if name.endswith("_m") else values
        np.testing.assert_array_equal(found[name], wanted, err_msg=name)


@given(
    seed=SEEDS, row=st.integers(2, SHAPE[0] - 3), column=st.integers(2, SHAPE[1] - 3), size=st.integers(1, 3)
)
@FEW
def test_unknown_ground_is_never_safe_and_makes_nothing_safer(seed, row, column, size):
    heights = ground(seed)
    holed = heights.copy()
    holed[row : row + size, column : column + size] = np.nan
    before, after = layers(dem(heights)), layers(dem(holed))
    unknown = np.isnan(holed)
    assert not after["hazard_class"][unknown].any()
    assert np.isnan(after["safe_probability"][unknown]).all()
    assert (after["dem_quality"][unknown] == 128).all()
    is_new = (after["hazard_class"] == 1) | (after["hazard_class"] == 2)
    np.testing.assert_array_equal(after["hazard_class"][is_new], before["hazard_class"][is_new])
    kept = np.isfinite(after["safe_probability"])
    np.testing.assert_array_equal(after["safe_probability"][kept], before["safe_probability"][kept])
    for stem in ("landing", "divert"):
        lower, upper = f"{stem}_probability", f"{stem}_probability_upper"
        assert (after[lower] <= before[lower] + TURNING_ERROR).all()
        assert (after[upper] >= before[upper] - TURNING_ERROR).all()


@given(seed=SEEDS, share=st.floats(0.3, 0.95), which=st.integers(0, 3))
@FEW
def test_a_stricter_limit_makes_no_cell_safer(seed, share, which):
    raster, base = dem(ground(seed)), lander()
    limits = list(base.limits)
    limit = limits[which]
    stricter = limit.value * share if limit.kind == "max" else limit.value + 1.0 - share
    limits[which] = replace(limit, value=stricter)
    before, after = layers(raster), layers(raster, replace(base, limits=tuple(limits)))
    known = before["hazard_class"] > 0
    assert (after["hazard_class"][known] >= before["hazard_class"][known]).all()
    rounding = 1e-7  # of float32
    for name in ("safe_probability", *CHANCES):
        worse = np.isnan(before[name]) | (
            after[name] <= before[name] + (TURNING_ERROR if name in CHANCES else rounding)
        )
        assert worse.all(), name


@given(seed=SEEDS, narrower=st.sampled_from([2.0, 4.0]))
@FEW
def test_flags_of_artefacts_spare_unknown_cells_and_grow_where_cells_are_narrower(seed, narrower):
    heights = ground(seed, holes=0.05)
    heights[:, 20:] += 2.0  # an offset along a column
    found = artefacts(heights, dx_m=np.full(SHAPE[0], DX_M), dy_m=DY_M).flags
    steeper = artefacts(heights, dx_m=np.full(SHAPE[0], DX_M / narrower), dy_m=DY_M / narrower).flags
    assume(found.any())  # holes hide some offsets; where they hide most, hypothesis complains
    assert not found[np.isnan(heights)].any()
    assert not (found & ~steeper).any()  # the same offset is a steeper one
