from __future__ import annotations

import numpy as np
import pytest
from scipy.special import exp1

from jezero_sites.scenes import Rocks, add_rocks, cell_centres_m, draw_rocks, rock_relief_m
from jezero_sites.scenes.layout import PLAIN_ROCKS_PER_M2, ROCK_DIAMETERS_M, SCARP_ROCKS_PER_M2


def _one(shape: str, *, turn_deg: float = 0.0) -> Rocks:
    return Rocks(*(np.array([v]) for v in (12.3, 7.1, 4.0, 1.5, turn_deg)), shape=np.array([shape]))


def _golombek_rapp(abundance: float, diameters_m: np.ndarray) -> np.ndarray:
    q = 1.79 + 0.152 / abundance
    return 4 * abundance * q / np.pi * (np.exp(-q * diameters_m) / diameters_m - q * exp1(q * diameters_m))


@pytest.mark.parametrize(("law", "abundance"), [(PLAIN_ROCKS_PER_M2, 0.05), (SCARP_ROCKS_PER_M2, 0.20)])
def test_laws_of_the_scenes_are_those_of_golombek_and_rapp(law, abundance):
    np.testing.assert_allclose(
        law, _golombek_rapp(abundance, np.array(ROCK_DIAMETERS_M)), rtol=1e-5
    )  # 6 digits


def test_rock_counts_are_within_four_sigma_of_the_law_in_every_bin():
    edges, law = np.array(ROCK_DIAMETERS_M), np.array(SCARP_ROCKS_PER_M2)
    rocks = draw_rocks(np.random.default_rng(8), (500.0, 310.0), diameters_m=edges, density_per_m2=law)
    counts = np.histogram(rocks.diameter_m, edges)[0]
    expected = -np.diff(law) * 500 * 310
    assert (np.abs(counts - expected) < 4 * np.sqrt(expected) + 1).all()


def test_diameters_inside_a_bin_follow_the_power_law_through_its_ends():
    rocks = draw_rocks(
        np.random.default_rng(8), (100.0, 100.0), diameters_m=[1, 4], density_per_m2=[4.0, 0.25]
    )
    expected = (1.0 - 0.25) * 1e4  # N(>= D) = 4 / D^2, so that N(>= 2) is 1 per square metre
    assert abs((rocks.diameter_m >= 2).sum() - expected) < 4 * np.sqrt(expected)


def test_rocks_lie_inside_the_rectangle_evenly_and_are_lower_than_wide():
    rocks = draw_rocks(
        np.random.default_rng(2), (400.0, 90.0), diameters_m=[0.5, 2], density_per_m2=[0.2, 0.01]
    )
    for places, extent in ((rocks.x_m, 400), (rocks.y_m, 90)):
        assert 0 <= places.min() < 0.01 * extent
        assert 0.99 * extent < places.max() <= extent
    number = len(rocks)
    assert abs((rocks.x_m < 100).sum() - number / 4) < 4 * np.sqrt(number * 3 / 16)
    ratio = rocks.height_m / rocks.diameter_m
    assert 0.249 < ratio.min() < ratio.max() < 0.801
    assert abs((rocks.shape == "box").sum() - 0.3 * number) < 4 * np.sqrt(0.21 * number)


def test_same_generator_state_draws_the_same_rocks():
    first, second = (
        draw_rocks(np.random.default_rng(5), (40.0, 90.0), diameters_m=[0.5, 2], density_per_m2=[0.2, 0.01])
        for _ in range(2)
    )
    assert first.x_m.tobytes() == second.x_m.tobytes()
    assert first.diameter_m.tobytes() == second.diameter_m.tobytes()


@pytest.mark.parametrize(("diameters", "law"), [([1, 1], [2, 1]), ([1, 2], [1, 1]), ([1, 2], [1, 0])])
def test_law_that_is_none_is_refused(diameters, law):
    with pytest.raises(ValueError, match="diameters that rise and densities that fall"):
        draw_rocks(np.random.default_rng(5), (4.0, 9.0), diameters_m=diameters, density_per_m2=law)


@pytest.mark.parametrize("shape", ["ellipsoid", "box"])
@pytest.mark.parametrize("turn_deg", [0.0, 33.0])
def test_rock_covers_the_disc_of_its_diameter_and_has_its_height(shape, turn_deg):
    x_m, y_m = cell_centres_m((300, 500), dx_m=0.04, dy_m=0.05)
    relief = rock_relief_m(_one(shape, turn_deg=turn_deg), x_m=x_m, y_m=y_m)
    # 1 %: cells of 0.002 square metres along an outline of 13 m.
    assert (relief > 0).sum() * 0.04 * 0.05 == pytest.approx(np.pi * 4, rel=0.01)
    assert relief.max() == pytest.approx(1.5, rel=1e-3)
    volume = relief.sum() * 0.04 * 0.05
    assert volume == pytest.approx(np.pi * 4 * 1.5 * (1 if shape == "box" else 2 / 3), rel=0.01)
    weight = relief / relief.sum()
    assert (weight * x_m).sum() == pytest.approx(12.3, abs=0.02)  # half a cell
    assert (weight * y_m[:, None]).sum() == pytest.approx(7.1, abs=0.025)


def test_overlapping_rocks_do_not_pile_up_and_stand_on_the_ground():
    x_m, y_m = cell_centres_m((30, 50), dx_m=0.4, dy_m=0.5)
    ground = np.linspace(0, 3, 1500).reshape(30, 50)
    twice = add_rocks(ground, Rocks.joined([_one("box"), _one("ellipsoid")]), x_m=x_m, y_m=y_m)
    assert (twice - ground).max() == pytest.approx(1.5)
    assert (twice >= ground).all()


def test_rock_at_the_edge_is_cut_off():
    x_m, y_m = cell_centres_m(
        (20, 31), dx_m=0.4, dy_m=0.5
    )  # the rock at 12.3 m reaches over the edge at 12.4 m
    whole_x_m = cell_centres_m((20, 50), dx_m=0.4, dy_m=0.5)[0]
    whole = rock_relief_m(_one("ellipsoid"), x_m=whole_x_m, y_m=y_m)
    np.testing.assert_array_equal(rock_relief_m(_one("ellipsoid"), x_m=x_m, y_m=y_m), whole[:, :31])


def test_unknown_shape_is_refused():
    with pytest.raises(ValueError, match="found rocks of shape"):
        rock_relief_m(_one("sphere"), x_m=np.array([1.0]), y_m=np.array([1.0]))
