from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.scenes import cell_centres_m, corner_gap, seen_by_stereo, vertical_noise_m


def test_stereo_lowers_waves_by_the_gain_of_its_gaussian_and_of_its_cell():
    x_m, _ = cell_centres_m((80, 480), dx_m=0.25, dy_m=0.5)
    wave = 2 * np.pi / 12.0
    ground = np.tile(-2570 + np.sin(wave * x_m), (80, 1))
    seen = seen_by_stereo(ground, dx_m=0.25, dy_m=0.5, block=4, smoothing_m=1.5)
    gain = np.exp(-((wave * 1.5) ** 2) / 2) * np.sin(wave / 2) / (wave / 2)
    inner = seen[:, 12:-12] + 2570
    # 1 %: the Gaussian is cut at four deviations, and four samples stand for the mean over a cell.
    assert np.sqrt(2 * np.mean(inner**2)) == pytest.approx(gain, rel=0.01)


def test_noise_has_the_wanted_deviation_whatever_its_correlation():
    for correlation_m in (0.0, 1.0, 3.0):
        noise = vertical_noise_m(
            np.random.default_rng(4), (600, 700), dx_m=0.9, dy_m=1.0, sigma_m=0.2, correlation_m=correlation_m
        )
        assert noise.std() == pytest.approx(0.2, rel=0.04)  # some 3300 independent spots at 3 m
        beside = np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]
        expected = np.exp(-((0.9 / (2 * correlation_m)) ** 2)) if correlation_m else 0.0
        assert beside == pytest.approx(expected, abs=0.02)


def test_gap_lies_in_the_north_east_corner_and_has_about_its_radius():
    x_m, y_m = cell_centres_m((200, 300), dx_m=0.9, dy_m=1.0)
    gap = corner_gap(x_m, y_m, radius_m=50.0, seed=3)
    assert gap[0, -1]
    assert not gap[-1].any()
    assert not gap[:, 0].any()
    # 40 %: the outline waves by up to 0.3/2 + 0.3/3 + 0.3/4 + 0.3/5 of the radius.
    assert gap.sum() * 0.9 == pytest.approx(np.pi * 50**2 / 4, rel=0.4)
    assert not corner_gap(x_m, y_m, radius_m=0.0, seed=3).any()
