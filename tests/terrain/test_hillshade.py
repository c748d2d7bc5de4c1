from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.terrain import hillshade


def shade(heights, azimuth_deg, altitude_deg, dx=2.0, dy=3.0):
    spacing = {"dx_m": np.full(len(heights), dx), "dy_m": dy}
    return hillshade(heights, sun_azimuth_deg=azimuth_deg, sun_altitude_deg=altitude_deg, **spacing)


@pytest.mark.parametrize("altitude_deg", [0.0, 20.0, 45.0, 70.0, 90.0])
def test_level_ground_reads_the_sine_of_the_sun(altitude_deg):
    found = shade(np.full((4, 6), -2500.0), 315.0, altitude_deg)
    np.testing.assert_allclose(found[1:-1, 1:-1], np.sin(np.radians(altitude_deg)), atol=1e-15)


def test_level_ground_has_the_grey_levels_of_gdaldem():
    grey = [round(1 + 254 * shade(np.zeros((3, 4)), 315.0, altitude)[1, 1]) for altitude in (20.0, 45.0)]
    assert grey == [88, 181]
    assert int(255 * shade(np.zeros((3, 4)), 315.0, 20.0)[1, 1]) == 87


@pytest.mark.parametrize("azimuth_deg", [0.0, 110.0, 250.0])
def test_ground_that_faces_the_sun_has_all_of_its_light(azimuth_deg):
    rows, columns = np.indices((5, 6))
    azimuth, tangent = np.radians(azimuth_deg), np.tan(np.radians(30.0))
    facing = -tangent * (columns * 2.0 * np.sin(azimuth) - rows * 3.0 * np.cos(azimuth))
    np.testing.assert_allclose(shade(facing, azimuth_deg, 60.0)[1:-1, 1:-1], 1.0, atol=1e-14)
    np.testing.assert_allclose(shade(facing, azimuth_deg + 180.0, 60.0)[1:-1, 1:-1], 0.5, atol=1e-14)


def test_ground_turned_away_from_the_sun_is_dark_and_not_negative():
    steep = 4.0 * np.arange(6.0) * np.ones((4, 1))  # rises to the east, faces west
    assert (shade(steep, 90.0, 10.0)[1:-1, 1:-1] == 0.0).all()


def test_unknown_ground_has_no_shade():
    heights = np.zeros((5, 6))
    heights[2, 3] = np.nan
    assert np.isnan(shade(heights, 315.0, 45.0)[1:4, 2:5]).all()


@pytest.mark.parametrize(
    ("azimuth_deg", "altitude_deg"), [(np.nan, 45.0), (0.0, 90.5), (0.0, -91.0), (0.0, np.nan)]
)
def test_sun_that_cannot_be_is_refused(azimuth_deg, altitude_deg):
    with pytest.raises(ValueError, match="sun at azimuth"):
        shade(np.zeros((3, 3)), azimuth_deg, altitude_deg)
