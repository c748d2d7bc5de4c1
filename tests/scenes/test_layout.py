from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.scenes import lay_out


def test_scarp_lies_in_the_north_west_and_bedforms_in_the_south_east():
    layout = lay_out(4, width_m=600, height_m=450)
    assert layout.scarp.x_m < 200
    assert layout.scarp.y_m > 300
    assert 270 < layout.scarp.uphill_azimuth_deg < 360
    assert layout.ripples.x_m > 400
    assert layout.ripples.y_m < 150


@pytest.mark.parametrize("seed", range(5))
def test_larger_craters_have_their_sizes_and_do_not_touch(seed):
    craters = [c for c in lay_out(seed, width_m=600, height_m=450).craters if c.diameter_m > 10]
    assert len(craters) == 8
    assert max(c.diameter_m for c in craters) <= 60
    for number, one in enumerate(craters):
        for other in craters[:number]:
            apart = np.hypot(one.x_m - other.x_m, one.y_m - other.y_m)
            assert apart > (one.diameter_m + other.diameter_m) / 2


def test_features_shrink_with_the_scene():
    small, large = lay_out(2, width_m=150, height_m=120), lay_out(2, width_m=600, height_m=450)
    assert small.scarp.height_m < large.scarp.height_m
    assert small.scarp.steepest_deg == pytest.approx(large.scarp.steepest_deg)
    assert max(c.diameter_m for c in small.craters) < 20
