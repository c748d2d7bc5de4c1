from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from jezero_sites.quality.artefacts import BOX, FACET, FLAG_NAMES, SEAM, STEP, artefacts
from jezero_sites.quality.boxes import find_boxes
from jezero_sites.quality.quantum import height_step_m
from jezero_sites.quality.steps import Run
from jezero_sites.scenes import jezero_like_scene

ROWS, COLUMNS, DX_M, DY_M = 190, 270, 1.14, 1.2
SEEDS = [2, 5, 11, 23]


def natural_ground_m(seed):
    """Return Jezero-like ground with craters, a scarp and ripples, on lopsided cells."""
    scene = jezero_like_scene(
        seed=seed,
        rows=ROWS,
        columns=COLUMNS,
        cell_m=DY_M,
        image_cell_m=DY_M,
        sun_azimuth_deg=285.0,
        incidence_deg=50.0,
        width_to_height=DX_M / DY_M,
    )
    return scene.elevation_m


def plain_m(seed, shape=(120, 170)):
    """Return rolling ground that is correlated over a few cells, 0.02 m at one cell."""
    rng = np.random.default_rng(seed)
    fine = ndimage.gaussian_filter(rng.normal(size=shape), 1.0) * 0.07
    return fine + ndimage.gaussian_filter(rng.normal(size=shape), 9.0) * 8.0 - 2570.0


def screen(heights, dx=DX_M, dy=DY_M):
    return artefacts(heights, dx_m=np.full(len(heights), dx), dy_m=dy)


def found_bands(found):
    return [(seam.axis, seam.first, seam.last) for seam in found.seams]


def has(found, bit):
    return found.flags & bit != 0


@pytest.mark.parametrize("seed", SEEDS)
def test_natural_ground_is_left_alone(seed):
    for heights in (natural_ground_m(seed), natural_ground_m(seed).round(2)):
        found = screen(heights)
        assert found.seams == ()
        assert np.mean(found.flags != 0) < 0.005


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("decimals", [2, 6])
def test_offset_along_a_row_and_a_kink_along_a_column_are_seams(seed, decimals):
    heights = natural_ground_m(seed)
    heights[72:] += 0.15
    heights += 0.05 * np.maximum(0, np.arange(COLUMNS) - 171)
    found = screen(heights.round(decimals))
    assert found_bands(found) == [("row", 71, 72), ("column", 171, 171)]
    assert found.seams[0].share == found.seams[1].share == 1.0
    # texture and rounding to a centimetre add to the second difference
    assert found.seams[0].jump_m == pytest.approx(0.15, abs=0.02)
    assert found.seams[1].jump_m == pytest.approx(0.05, abs=0.015)
    expected = np.zeros(heights.shape, dtype=bool)
    expected[71:73], expected[:, 171] = True, True
    np.testing.assert_array_equal(has(found, SEAM)[1:-1, 1:-1], expected[1:-1, 1:-1])


@pytest.mark.parametrize("seed", SEEDS)
def test_disturbed_row_without_a_common_sign_is_a_seam(seed):
    heights = plain_m(seed)
    wave = ndimage.gaussian_filter1d(np.random.default_rng(seed).normal(size=170), 3.0)
    heights[33:35] += 0.06 * wave / wave.std()
    found = screen(heights)
    assert len(found.seams) == 1
    assert (found.seams[0].axis, found.seams[0].share) == ("row", 1.0)
    assert found.seams[0].first in {32, 33}
    assert found.seams[0].last in {34, 35}


def test_seam_over_half_of_the_line_says_so():
    heights = plain_m(3)
    heights[50:, 90:] += 0.3
    seam = screen(heights).seams[0]
    assert (seam.axis, seam.first, seam.last) == ("row", 49, 50)
    assert seam.share == pytest.approx(80 / 170, abs=0.18)  # half a run of 60 cells


@pytest.mark.parametrize("tilt", [0.12, 0.4, 1.0])
def test_oblique_straight_scarp_is_neither_seam_nor_box(tilt):
    rows, columns = np.indices((120, 170))
    heights = plain_m(4) + 1.5 / (1.0 + np.exp(-(rows - 40 - tilt * (columns - 60)) / 1.5))
    found = screen(heights)
    assert found.seams == ()
    assert not has(found, BOX).any()
    assert np.mean(found.flags != 0) < 0.01


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("jump_m", [0.5, -0.5, 1.0, -1.0])
def test_offset_square_is_a_box_with_its_rim(seed, jump_m):
    heights = plain_m(seed)
    heights[61:72, 103:119] += jump_m
    found = screen(heights)
    expected = np.zeros(heights.shape, dtype=bool)
    expected[60:73, 102:120] = True
    np.testing.assert_array_equal(has(found, BOX), expected)
    assert not has(found, STEP).any()
    assert not has(found, SEAM).any()


@pytest.mark.parametrize(
    ("west", "east", "jump_m", "expected"),
    [(1, -1, 0.5, 1), (1, 1, 0.5, 0), (-1, -1, 0.5, 0), (-1, 1, 0.5, 0), (1, -1, 1.1, 0), (1, -1, 0.2, 0)],
)
def test_four_sides_agree_in_sign_and_jump_or_are_no_box(west, east, jump_m, expected):
    rows = [Run(2, 7, 14, 1, 0.5), Run(7, 7, 14, -1, 0.5)]
    columns = [Run(6, 3, 8, west, jump_m), Run(13, 3, 8, east, 0.5)]
    assert len(find_boxes(rows, columns)[0]) == expected


def test_hill_of_the_size_of_a_box_is_no_box():
    rows, columns = np.indices((120, 170))
    heights = plain_m(1) + np.exp(-(((rows - 66) / 6.0) ** 4 + ((columns - 110) / 8.0) ** 4))
    assert not has(screen(heights), BOX).any()


@pytest.mark.parametrize("seed", SEEDS)
def test_short_straight_offset_is_a_step(seed):
    heights = plain_m(seed)
    heights[41:60, 100:] += np.maximum(0.0, 0.5 - 0.02 * np.arange(70))
    found = screen(heights)
    assert has(found, STEP)[44:57, 99:101].all()
    assert has(found, STEP).sum() < 200
    assert not has(found, BOX).any()


def test_offset_is_no_step_where_cells_are_wide_across_it():
    heights = plain_m(7, (90, 130)) * 0.05
    heights[31:52, 60:85] += 0.1
    found = has(screen(heights, dx=1.0, dy=4.0), STEP)  # false slope 0.1 across columns, 0.025 across rows
    assert found[33:50, [59, 60, 84, 85]].all()
    assert not found[:, 62:83].any()


@pytest.mark.parametrize("decimals", [2, 6])
def test_plane_patch_in_textured_ground_is_a_facet(decimals):
    heights = plain_m(6)
    rows, columns = np.indices((19, 24))
    heights[30:49, 110:134] = heights[30, 110] + 0.031 * rows - 0.022 * columns
    found = has(screen(heights.round(decimals)), FACET)
    assert found[31:48, 111:133].mean() > 0.95
    found[28:51, 108:136] = False
    assert found.mean() < 0.002


@pytest.mark.parametrize("decimals", [2, 9])
def test_ground_without_any_texture_has_no_flags(decimals):
    rows, columns = np.indices((60, 85))
    for heights in (0.031 * rows - 2570.0, 0.031 * rows - 0.017 * columns, 0.0 * rows):
        assert not screen(np.float32(heights.round(decimals)).astype(float)).flags.any()


def spoilt_ground_m(seed):
    heights = plain_m(seed)
    heights[33:] += 0.2
    heights[61:72, 103:119] += 0.7
    heights[80:99, 20:44] = heights[80, 20]
    heights[75:95, 140:] += np.linspace(0.6, 0.0, 30)
    heights[5:9, 60:75] = np.nan
    return heights


@given(seed=st.integers(0, 10**6), turns=st.integers(0, 3), is_flipped=st.booleans())
@settings(max_examples=15, deadline=None)
def test_turned_and_mirrored_ground_has_turned_and_mirrored_flags(seed, turns, is_flipped):
    def turn(array):
        turned = np.rot90(array, turns)
        return turned[:, ::-1] if is_flipped else turned

    heights = spoilt_ground_m(seed)
    expected = screen(heights, 1.0, 1.0)
    found = screen(turn(heights), 1.0, 1.0)
    np.testing.assert_array_equal(found.flags, turn(expected.flags))
    assert sorted(seam.jump_m for seam in found.seams) == sorted(seam.jump_m for seam in expected.seams)


@given(seed=st.integers(0, 10**6), lift_m=st.integers(-5000, 5000))
@settings(max_examples=8, deadline=None)
def test_lifting_the_ground_by_whole_metres_changes_nothing(seed, lift_m):
    heights = spoilt_ground_m(seed).round(4)
    np.testing.assert_array_equal(screen(heights + lift_m).flags, screen(heights).flags)


def test_spoilt_ground_has_every_flag_and_unknown_cells_none():
    found = screen(spoilt_ground_m(8))
    assert all(has(found, bit).any() for bit in FLAG_NAMES)
    assert not found.flags[5:9, 60:75].any()
    assert found.share(BOX) == pytest.approx(13 * 18 / (120 * 170))


def test_heights_are_not_changed():
    heights = spoilt_ground_m(8)
    before = heights.copy()
    screen(heights)
    np.testing.assert_array_equal(heights, before)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (1, 1), (19, 300), (300, 19), (20, 20)])
def test_small_raster_has_no_flags(shape):
    found = screen(np.random.default_rng(1).normal(size=shape))
    assert found.flags.shape == shape
    assert not found.flags.any()


@pytest.mark.parametrize("share", [0.5, 0.97, 1.0])
def test_mostly_unknown_raster_is_no_error(share):
    heights = plain_m(2)
    heights[np.random.default_rng(5).random(heights.shape) < share] = np.nan
    assert np.mean(screen(heights).flags != 0) < 0.01


def test_spacing_that_is_no_length_is_refused():
    with pytest.raises(ValueError, match="positive finite"):
        artefacts(np.zeros((30, 30)), dx_m=np.zeros(30), dy_m=1.0)


@pytest.mark.parametrize("step_m", [1.0, 0.1, 0.05, 0.01, 0.0])
def test_rounding_of_heights_is_read_from_them(step_m):
    heights = plain_m(9)
    rounded = np.rint(heights / step_m) * step_m if step_m else heights
    assert height_step_m(np.float32(rounded).astype(float)) == step_m


def read_heights(path):
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(path) as source:
        stored = source.read(1)
        return np.where(stored == source.nodata, np.nan, stored.astype(float))


def test_jezero_tile_has_its_three_known_seams_and_its_scarp_is_left_alone(real_data):
    heights = read_heights(real_data / "jezero_oeb_hirise_dtm_1m.tif")
    found = screen(heights, 0.9488, 1.0008)
    assert found_bands(found) == [("row", 136, 138), ("row", 292, 294), ("row", 448, 450)]
    assert np.mean(found.flags != 0) < 0.03
    east_m, south_m = np.gradient(heights)[::-1]
    is_steep = np.hypot(east_m / 0.9488, south_m) > np.tan(np.radians(15.0))
    assert is_steep.sum() > 1000
    assert np.mean(found.flags[is_steep] != 0) < 0.05


@pytest.mark.parametrize("name", ["jezero_oeb_ctx_dem_20m.tif", "ctx_9N156E_dem_areoid.tif"])
def test_context_models_are_not_flagged_for_their_noise(real_data, name):
    assert np.mean(screen(read_heights(real_data / name), 19.0, 20.0).flags != 0) < 0.01


@pytest.mark.parametrize("side", ["west", "east"])
def test_bundled_tiles_are_clean(bundled_tiles, side):
    found = screen(read_heights(bundled_tiles / f"jezero_synthetic_dem_{side}.tif"), 0.9486, 1.0)
    assert found.seams == ()
    assert np.mean(found.flags != 0) < 0.005


def test_unknown_cells_carry_no_flag_and_a_small_dem_is_not_screened():
    ground = np.random.default_rng(1).normal(0.0, 0.02, (60, 70))
    ground[31:] += 1.0
    ground[28:35, 20:23] = np.nan
    found = artefacts(ground, dx_m=np.full(60, 0.9), dy_m=1.0)
    assert found.screened
    assert found.flags[30:32, 40:].any()
    assert not found.flags[np.isnan(ground)].any()
    for small in (ground[:19], ground[:, :19], np.full((40, 50), np.nan)):
        assert not artefacts(small, dx_m=np.full(len(small), 0.9), dy_m=1.0).screened
