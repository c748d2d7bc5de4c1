from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.terrain import max_roughness_m, peak_to_peak_roughness_m, rms_roughness_m

EVERY = [rms_roughness_m, max_roughness_m, peak_to_peak_roughness_m]


@pytest.mark.parametrize("roughness_m", EVERY)
@pytest.mark.parametrize("window", [(3, 3), (5, 5), (3, 9), (21, 15)])
def test_smooth_slope_of_twenty_degrees_has_no_roughness(roughness_m, window):
    rows, columns = np.indices((31, 37))
    plane = np.tan(np.radians(20.0)) * 2.0 * (0.6 * columns - 0.8 * rows) - 2500.0
    found = roughness_m(plane, window=window)
    assert np.nanmax(found) < 1e-9
    # what a plain standard deviation would have called rough, on the same slope facing west
    facing_west = np.tan(np.radians(20.0)) * 2.0 * columns
    assert np.std(facing_west[:5, :5]) == pytest.approx(1.0295, abs=5e-5)


@pytest.mark.parametrize("roughness_m", EVERY)
def test_adding_a_plane_leaves_roughness_as_it_was(roughness_m):
    ground = np.random.default_rng(4).normal(size=(19, 23))
    rows, columns = np.indices(ground.shape)
    tilted = ground + 3.7 * columns - 1.9 * rows - 2500.0
    found, expected = roughness_m(tilted, window=(5, 7)), roughness_m(ground, window=(5, 7))
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize(("side", "share"), [(3, 0.816497), (5, 0.938083), (7, 0.968904), (11, 0.987525)])
def test_white_noise_reads_as_its_deviation_less_the_plane(side, share):
    sigma_m = 0.2
    noise = np.random.default_rng(side).normal(scale=sigma_m, size=(400, 500))
    found = rms_roughness_m(noise, window=(side, side))
    apart = found[
        side // 2 : -(side // 2) : side, side // 2 : -(side // 2) : side
    ]  # windows that share no cell
    mean_square = np.mean((apart / sigma_m) ** 2)
    free = side**2 - 3
    four_errors = 4.0 * np.sqrt(2.0 * free / apart.size) / side**2  # chi-square with N^2 - 3 degrees
    assert abs(mean_square - share**2) < four_errors


def test_step_across_a_window_of_three_leaves_what_the_plane_cannot_follow():
    step = np.array([0.0, 0.0, 6.0]) * np.ones((3, 1))  # plane: mean 2, gradient 3; residuals 1, -2, 1
    assert rms_roughness_m(step, window=(3, 3))[1, 1] == pytest.approx(2.0**0.5, rel=1e-14)
    assert max_roughness_m(step, window=(3, 3))[1, 1] == pytest.approx(2.0, rel=1e-14)
    assert peak_to_peak_roughness_m(step, window=(3, 3))[1, 1] == pytest.approx(3.0, rel=1e-14)


def test_pit_is_as_rough_as_a_knob():
    pit = np.zeros((3, 5))
    pit[1, 2] = -15.0  # mean -1: the pit lies 14 below, the rest 1 above
    assert max_roughness_m(pit, window=(3, 5))[1, 2] == pytest.approx(14.0, rel=1e-14)
    assert rms_roughness_m(pit, window=(3, 5))[1, 2] == rms_roughness_m(-pit, window=(3, 5))[1, 2]
