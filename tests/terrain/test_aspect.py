from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.terrain import aspect_deg


def plane_falling_to(azimuth_deg, tangent, dx, dy):
    rows, columns = np.indices((5, 7))
    azimuth = np.radians(azimuth_deg)
    return -tangent * (columns * dx * np.sin(azimuth) - rows * dy * np.cos(azimuth))


@given(azimuth_deg=st.floats(0.0, 360.0), dx=st.floats(0.5, 20.0), dy=st.floats(0.5, 20.0))
@settings(max_examples=80, deadline=None)
def test_plane_falls_to_where_it_was_made_to_fall(azimuth_deg, dx, dy):
    found = aspect_deg(plane_falling_to(azimuth_deg, 0.2, dx, dy), dx_m=np.full(5, dx), dy_m=dy)[2, 3]
    assert 0.0 <= found < 360.0
    assert abs((found - azimuth_deg + 180.0) % 360.0 - 180.0) < 1e-9


@pytest.mark.parametrize("azimuth_deg", [0.0, 90.0, 180.0, 270.0])
def test_compass_points_are_clockwise_from_north(azimuth_deg):
    found = aspect_deg(plane_falling_to(azimuth_deg, 0.2, 2.0, 3.0), dx_m=np.full(5, 2.0), dy_m=3.0)
    np.testing.assert_allclose(found[1:-1, 1:-1], azimuth_deg, atol=1e-9)


def test_cells_that_are_not_square_do_not_turn_the_aspect():
    rows, columns = np.indices((5, 7))
    falling = -0.1 * columns * 10.0 + 0.1 * -rows * -1.0 * -1.0
    found = aspect_deg(falling, dx_m=np.full(5, 10.0), dy_m=1.0)
    np.testing.assert_allclose(found[1:-1, 1:-1], 135.0, atol=1e-9)


def test_hair_west_of_north_stays_below_the_full_turn():
    rows, columns = np.indices((3, 3))
    heights = rows + 1e-16 * np.maximum(columns - 1.0, 0.0) * (rows == 0)  # falls north, and a hair west
    assert aspect_deg(heights, dx_m=np.ones(3), dy_m=1.0)[1, 1] == 0.0


def test_level_ground_falls_nowhere():
    assert np.isnan(aspect_deg(np.full((4, 6), -2500.0), dx_m=np.ones(4), dy_m=1.0)).all()
