from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.scenes import cast_shadow, cell_centres_m, lambert_shading, sunlit_image

DX_M, DY_M = 0.3, 0.4
WALL_M = 2.0


def _box() -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """Return a box of 2 m on level ground, and its first and last row and column."""
    ground = np.full((121, 160), -2570.0)
    ground[55:62, 70:80] += WALL_M
    return ground, (55, 61, 70, 79)


@pytest.mark.parametrize("incidence_deg", [30.0, 52.0, 66.0])
@pytest.mark.parametrize("azimuth_deg", [0.0, 90.0, 180.0, 270.0])
def test_shadow_of_a_box_is_as_long_as_height_times_tangent_of_incidence(azimuth_deg, incidence_deg):
    ground, (top, bottom, left, right) = _box()
    dark = cast_shadow(ground, dx_m=DX_M, dy_m=DY_M, sun_azimuth_deg=azimuth_deg, incidence_deg=incidence_deg)
    length_m = WALL_M * np.tan(np.radians(incidence_deg))
    along_rows = azimuth_deg in (0.0, 180.0)
    cells = int(
        length_m / (DY_M if along_rows else DX_M)
    )  # whole cells within the shadow of the last cell centre
    expected = np.zeros_like(dark)
    if azimuth_deg == 0.0:
        expected[bottom + 1 : bottom + 1 + cells, left : right + 1] = True
    elif azimuth_deg == 180.0:
        expected[top - cells : top, left : right + 1] = True
    elif azimuth_deg == 90.0:
        expected[top : bottom + 1, left - cells : left] = True
    else:
        expected[top : bottom + 1, right + 1 : right + 1 + cells] = True
    np.testing.assert_array_equal(dark, expected)


@pytest.mark.parametrize("azimuth_deg", [37.0, 143.0, 214.0, 285.0, 311.0])
def test_shadow_of_a_box_under_an_oblique_sun_is_the_box_swept_away_from_it(azimuth_deg):
    ground, (top, bottom, left, right) = _box()
    dark = cast_shadow(ground, dx_m=DX_M, dy_m=DY_M, sun_azimuth_deg=azimuth_deg, incidence_deg=55.0)
    x_m, y_m = cell_centres_m(ground.shape, dx_m=DX_M, dy_m=DY_M)
    azimuth, length_m = np.radians(azimuth_deg), WALL_M * np.tan(np.radians(55.0))
    swept = np.full(ground.shape, np.inf)  # distance from the top of the box, swept along the shadow
    for share in np.linspace(0, 1, 400):
        east = x_m + share * length_m * np.sin(azimuth)
        north = (y_m + share * length_m * np.cos(azimuth))[:, None]
        outside_east = np.maximum(np.maximum(x_m[left] - east, east - x_m[right]), 0)
        outside_north = np.maximum(np.maximum(y_m[bottom] - north, north - y_m[top]), 0)
        swept = np.minimum(swept, np.hypot(outside_east, outside_north))
    box = ground > ground.min()
    assert not dark[box].any()
    assert dark[(swept == 0) & ~box].all()
    # The flanks of the box lean out by one cell on the grid, so the shadow may be a cell wider, not more.
    assert not dark[swept > np.hypot(DX_M, DY_M)].any()
    # Its far end lies at the length of the shadow, to a cell.
    rows, columns = np.nonzero(dark)
    away = -(x_m[columns] * np.sin(azimuth) + y_m[rows] * np.cos(azimuth))
    corners = -(
        np.array([[x_m[left]], [x_m[right]]]) * np.sin(azimuth) + y_m[[top, bottom]] * np.cos(azimuth)
    )
    assert away.max() - corners.max() == pytest.approx(length_m, abs=np.hypot(DX_M, DY_M))


def test_ground_between_two_cells_is_straight_where_a_ray_crosses():
    ground = np.full((5, 8), -50.0)
    ground[3, 2], ground[1, 4], ground[1, 5] = 0.0, 2.0, 1.0
    azimuth = np.radians(35.0)
    column = 2 + 2.2 * np.tan(azimuth) / 0.7  # of the crossing with row 1, 2.2 m north: between 4 and 5
    just_hidden_deg = np.degrees(np.arctan(2.2 / np.cos(azimuth) / (6 - column)))
    for incidence_deg, is_dark in ((just_hidden_deg + 0.01, True), (just_hidden_deg - 0.01, False)):
        dark = cast_shadow(ground, dx_m=0.7, dy_m=1.1, sun_azimuth_deg=35.0, incidence_deg=incidence_deg)
        assert dark[3, 2] == is_dark


@settings(max_examples=40, deadline=None)
@given(azimuth_deg=st.floats(0, 360), incidence_deg=st.floats(5, 80), seed=st.integers(0, 99))
def test_turning_ground_and_sun_together_turns_the_shadow(azimuth_deg, incidence_deg, seed):
    ground = np.random.default_rng(seed).normal(0, 0.5, (9, 14))
    dark = cast_shadow(ground, dx_m=0.7, dy_m=1.1, sun_azimuth_deg=azimuth_deg, incidence_deg=incidence_deg)
    for flip, turned_deg in ((np.fliplr, -azimuth_deg), (np.flipud, 180 - azimuth_deg)):
        mirrored = cast_shadow(
            flip(ground), dx_m=0.7, dy_m=1.1, sun_azimuth_deg=turned_deg, incidence_deg=incidence_deg
        )
        np.testing.assert_array_equal(flip(mirrored), dark)
    turned = cast_shadow(
        np.rot90(ground), dx_m=1.1, dy_m=0.7, sun_azimuth_deg=azimuth_deg - 90, incidence_deg=incidence_deg
    )
    np.testing.assert_array_equal(np.rot90(turned, -1), dark)


@settings(max_examples=30, deadline=None)
@given(azimuth_deg=st.floats(0, 360), incidence_deg=st.floats(0, 85))
def test_level_ground_shows_the_cosine_of_the_incidence_and_no_shadow(azimuth_deg, incidence_deg):
    sun = {"sun_azimuth_deg": azimuth_deg, "incidence_deg": incidence_deg}
    ground = np.full((4, 6), -2570.25)
    expected = np.cos(np.radians(incidence_deg))
    for made in (lambert_shading, sunlit_image):
        np.testing.assert_allclose(made(ground, dx_m=0.7, dy_m=1.1, **sun), expected, rtol=1e-12)
    assert not cast_shadow(ground, dx_m=0.7, dy_m=1.1, **sun).any()


@settings(max_examples=60, deadline=None)
@given(
    east=st.floats(-1, 1),
    north=st.floats(-1, 1),
    azimuth_deg=st.floats(0, 360),
    incidence_deg=st.floats(0, 85),
)
def test_plane_shows_the_cosine_between_its_normal_and_the_sun(east, north, azimuth_deg, incidence_deg):
    x_m, y_m = cell_centres_m((4, 6), dx_m=0.7, dy_m=1.1)
    plane = east * x_m + north * y_m[:, None]
    azimuth, incidence = np.radians([azimuth_deg, incidence_deg])
    normal = np.array([-east, -north, 1]) / np.sqrt(1 + east**2 + north**2)
    sun = [np.sin(incidence) * np.sin(azimuth), np.sin(incidence) * np.cos(azimuth), np.cos(incidence)]
    found = lambert_shading(
        plane, dx_m=0.7, dy_m=1.1, sun_azimuth_deg=azimuth_deg, incidence_deg=incidence_deg
    )
    np.testing.assert_allclose(found, normal @ sun, atol=1e-12)  # float64, slopes of up to one


@pytest.mark.parametrize("azimuth_deg", [10.0, 75.0, 140.0, 200.0, 285.0, 330.0])
def test_hill_is_brighter_on_the_side_of_the_sun(azimuth_deg):
    x_m, y_m = cell_centres_m((110, 140), dx_m=DX_M, dy_m=DY_M)
    east, north = x_m - 17.0, y_m[:, None] - 25.0
    hill = 3 * np.exp(-((east / 6) ** 2) - (north / 4) ** 2 - 0.02 * east * north)
    image = sunlit_image(hill, dx_m=DX_M, dy_m=DY_M, sun_azimuth_deg=azimuth_deg, incidence_deg=50.0)
    azimuth = np.radians(azimuth_deg)
    toward_sun = east * np.sin(azimuth) + north * np.cos(azimuth)
    near = np.hypot(east, north) < 6
    level = np.cos(np.radians(50.0))
    assert image[near & (toward_sun > 1.5)].mean() > level > image[near & (toward_sun < -1.5)].mean()


def test_shadowed_ground_shows_the_light_of_the_sky_only():
    ground, _ = _box()
    sun = {"sun_azimuth_deg": 90.0, "incidence_deg": 60.0}
    image = sunlit_image(ground, dx_m=DX_M, dy_m=DY_M, albedo=0.8, sky_fraction=0.3, **sun)
    assert cast_shadow(ground, dx_m=DX_M, dy_m=DY_M, **sun)[58, 66]
    assert image[58, 66] == pytest.approx(0.8 * 0.3 * 0.5)
    assert image[58, 90] == pytest.approx(0.8 * 0.5)


def test_unknown_heights_and_a_sun_below_the_horizon_are_refused():
    sun = {"dx_m": 1.0, "dy_m": 1.0, "sun_azimuth_deg": 10.0}
    with pytest.raises(ValueError, match="unknown heights"):
        cast_shadow(np.array([[0.0, np.nan]]), incidence_deg=40.0, **sun)
    with pytest.raises(ValueError, match="incidence of 90"):
        lambert_shading(np.zeros((3, 3)), incidence_deg=90.0, **sun)
