from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.scenes import Crater, add_craters, cell_centres_m, draw_diameters_m

X_M, Y_M = cell_centres_m((120, 170), dx_m=0.47, dy_m=0.5)


@settings(max_examples=40, deadline=None)
@given(
    x_m=st.floats(30, 50),
    y_m=st.floats(25, 35),
    diameter_m=st.floats(15, 40),
    worn=st.floats(0, 0.9),
)
def test_crater_is_as_deep_and_its_rim_as_high_as_claimed(x_m, y_m, diameter_m, worn):
    crater = Crater(x_m, y_m, diameter_m, 0.15, 0.03, worn)
    ground = add_craters(np.full((120, 170), -2570.0), [crater], x_m=X_M, y_m=Y_M) + 2570
    distance = np.hypot(X_M - x_m, Y_M[:, None] - y_m)
    # A cell centre lies within 0.35 m of the floor and of the crest; the wall is at most 4 d/D = 0.6 steep.
    assert ground.max() == pytest.approx(crater.rim_height_m, abs=0.35 * 0.6)
    assert ground.max() - ground.min() == pytest.approx(crater.depth_m, abs=0.35 * 0.6)
    assert distance.flat[ground.argmin()] < 0.36
    assert abs(distance.flat[ground.argmax()] - diameter_m / 2) < 0.36


def test_ground_beyond_three_radii_is_untouched():
    ground = add_craters(np.zeros((120, 170)), [Crater(60, 20, 12.0)], x_m=X_M, y_m=Y_M)
    far = np.hypot(X_M - 60, Y_M[:, None] - 20) >= 18
    assert (ground[far] == 0).all()
    assert (ground[~far] != 0).all()


def test_craters_add_up_and_leave_the_ground_given_alone():
    before = np.zeros((120, 170))
    one, other = Crater(30, 20, 12.0), Crater(35, 24, 9.0, degradation_fraction=0.4)
    both = add_craters(before, [one, other], x_m=X_M, y_m=Y_M)
    parts = [add_craters(before, [crater], x_m=X_M, y_m=Y_M) for crater in (one, other)]
    np.testing.assert_array_equal(both, parts[0] + parts[1])
    assert (before == 0).all()


def test_drawn_diameters_follow_the_power_law():
    drawn = draw_diameters_m(np.random.default_rng(3), 20_000, smallest_m=10, largest_m=60, exponent=2.5)
    share = (20**-2.5 - 60**-2.5) / (10**-2.5 - 60**-2.5)
    sigma = np.sqrt(20_000 * share * (1 - share))
    assert abs(np.sum(drawn >= 20) - 20_000 * share) < 4 * sigma
    assert drawn.min() >= 10
    assert drawn.max() <= 60 + 1e-9


def test_bowl_is_a_parabola_and_the_rim_falls_off_with_the_cube_of_the_distance():
    crater = Crater(x_m=0.0, y_m=0.0, diameter_m=20.0, depth_to_diameter=0.2, rim_to_diameter=0.05)
    along = np.array([5.0, 10.0, 20.0])  # half a radius, the crest, two radii
    ground = add_craters(np.zeros((1, 3)), [crater], x_m=along, y_m=np.zeros(1))
    ejecta = (2.0**-3 - 3.0**-3) / (1 - 3.0**-3)
    np.testing.assert_allclose(ground, [[1.0 - 4.0 * 0.75, 1.0, ejecta]])
