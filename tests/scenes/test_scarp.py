from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.scenes import Scarp, cell_centres_m, scarp_distance_m, scarp_relief_m

X_M, Y_M = cell_centres_m((90, 130), dx_m=1.9, dy_m=2.0)
SCARP = Scarp(x_m=150.0, y_m=110.0, uphill_azimuth_deg=310.0, height_m=14.0, width_m=30.0)


def _at(scarp: Scarp, uphill_m: float) -> float:
    azimuth = np.radians(scarp.uphill_azimuth_deg)
    place = scarp.x_m + uphill_m * np.sin(azimuth), scarp.y_m + uphill_m * np.cos(azimuth)
    return float(scarp_relief_m(scarp, x_m=np.array([place[0]]), y_m=np.array([place[1]]))[0, 0])


@pytest.mark.parametrize("scarp", [SCARP, replace(SCARP, waver_m=8.0, layers=7)])
def test_scarp_climbs_its_height_and_no_more(scarp):
    relief = scarp_relief_m(scarp, x_m=X_M, y_m=Y_M)
    assert relief.min() == pytest.approx(0, abs=1e-3)  # the ground ends 6 deviations from the line
    assert relief.max() == pytest.approx(14.0, abs=1e-3)


def test_four_fifths_of_the_height_lie_in_the_width():
    assert _at(SCARP, 15.0) == pytest.approx(0.9 * 14.0)
    assert _at(SCARP, -15.0) == pytest.approx(0.1 * 14.0)


def test_ground_rises_toward_the_uphill_azimuth_and_is_steepest_half_way():
    step = 0.01
    slopes = [(_at(SCARP, u + step) - _at(SCARP, u - step)) / (2 * step) for u in (-12.0, 0.0, 12.0)]
    assert max(slopes) == slopes[1] > 0
    # 1e-4: a difference over 2 cm of a slope that changes over metres.
    assert np.degrees(np.arctan(slopes[1])) == pytest.approx(SCARP.steepest_deg, rel=1e-4)


def test_layers_change_the_slope_by_their_contrast():
    layered = replace(SCARP, layers=7, layer_contrast=0.5)
    step = 0.01
    slopes = [(_at(layered, u + step) - _at(layered, u - step)) / (2 * step) for u in np.linspace(-3, 3, 601)]
    steepest = np.tan(np.radians(SCARP.steepest_deg))
    # 5 %: the smooth slope itself falls by up to 3 % over the one layer looked at.
    assert max(slopes) == pytest.approx(1.5 * steepest, rel=0.05)
    assert min(slopes) == pytest.approx(0.5 * steepest, rel=0.05)


def test_line_wavers_by_its_amplitude_and_the_same_for_the_same_seed():
    wavering = replace(SCARP, waver_m=8.0, waver_length_m=60.0, seed=4)
    difference = scarp_distance_m(wavering, x_m=X_M, y_m=Y_M[:, None]) - scarp_distance_m(
        SCARP, x_m=X_M, y_m=Y_M[:, None]
    )
    assert 8.0 < np.abs(difference).max() < 8.0 * 1.48  # the sum of all five waves
    again = scarp_relief_m(wavering, x_m=X_M, y_m=Y_M)
    assert again.tobytes() == scarp_relief_m(wavering, x_m=X_M, y_m=Y_M).tobytes()
    assert not np.array_equal(again, scarp_relief_m(replace(wavering, seed=5), x_m=X_M, y_m=Y_M))
