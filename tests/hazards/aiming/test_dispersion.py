from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from jezero_sites.hazards import cell_mass, dispersion_covariance, dispersion_reach_cells, wilson_interval

OUTSIDE = np.exp(-12.5)  # share of touchdowns beyond five sigma


@pytest.mark.parametrize(
    ("percent", "scale"), [(99.0, 3.034854), (95.0, 2.447747), (90.0, 2.145966), (50.0, 1.177410)]
)
def test_ellipses_of_a_share_have_their_scale(percent: float, scale: float) -> None:
    found = dispersion_covariance(major_m=scale, minor_m=scale, percent=percent, azimuth_deg=0.0)
    assert found[:2] == pytest.approx((1.0, 1.0), rel=1e-6)  # printed digits


def test_99_percent_within_60_m_is_a_sigma_of_19_77_m() -> None:
    found = dispersion_covariance(major_m=60.0, minor_m=60.0, percent=99.0, azimuth_deg=33.0)
    assert np.sqrt(found[:2]) == pytest.approx(19.770307, rel=1e-7)  # printed digits
    assert found[2] == 0.0


def test_azimuth_is_clockwise_from_north() -> None:
    axes = {"major_m": 20.0, "minor_m": 40.0 / 3.0, "n_sigma": 1.0}
    east, north, both = dispersion_covariance(azimuth_deg=30.0, **axes)
    assert (np.sqrt(east), np.sqrt(north)) == pytest.approx((15.2753, 18.5592), abs=6e-5)  # printed digits
    assert both > 0  # north-east and south-west
    assert dispersion_covariance(azimuth_deg=150.0, **axes)[2] == pytest.approx(-both, rel=1e-12)
    assert dispersion_covariance(azimuth_deg=90.0, **axes)[0] == pytest.approx(400.0, rel=1e-12)
    assert dispersion_covariance(azimuth_deg=0.0, **axes)[1] == pytest.approx(400.0, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(minor=st.floats(1.0, 50.0), longer=st.floats(1.0, 5.0), azimuth=st.floats(-360.0, 720.0))
def test_draws_along_the_axes_have_the_covariance(minor: float, longer: float, azimuth: float) -> None:
    major, angle = minor * longer, np.radians(azimuth)
    # unit vectors (east, north) along and across the major axis
    axes = np.array([[np.sin(angle), np.cos(angle)], [np.cos(angle), -np.sin(angle)]])
    matrix = axes.T @ np.diag([major**2, minor**2]) @ axes
    found = dispersion_covariance(major_m=3 * major, minor_m=3 * minor, n_sigma=3.0, azimuth_deg=azimuth)
    np.testing.assert_allclose(
        found, [matrix[0, 0], matrix[1, 1], matrix[0, 1]], rtol=1e-9, atol=1e-9 * major**2
    )


def test_reach_is_five_sigma_of_each_axis_on_the_ground() -> None:
    covariance = (15.2753**2, 18.5592**2, 100.0)
    found = dispersion_reach_cells(covariance, dx_m=np.array([0.97, 0.95, 0.96]), dy_m=2.0)
    assert found == (46, 80)  # 46.4 and 80.4 cells, and the half cell to its centre
    assert cell_mass(covariance, dx_m=0.95, dy_m=2.0).shape == (93, 161)


def test_masses_lie_where_the_density_does() -> None:
    covariance = dispersion_covariance(major_m=30.0, minor_m=12.0, n_sigma=1.0, azimuth_deg=60.0)
    mass = cell_mass(covariance, dx_m=1.7, dy_m=2.3)
    rows, columns = np.indices(mass.shape)
    east, north = (columns - mass.shape[1] // 2) * 1.7, -(rows - mass.shape[0] // 2) * 2.3
    assert mass.sum() == pytest.approx(1 - OUTSIDE, abs=2e-6)  # cells cut by the edge of the ellipse
    found = [(mass * a * b).sum() for a, b in ((east, east), (north, north), (east, north))]
    # beyond five sigma lies a ten-thousandth of the variance
    np.testing.assert_allclose(found, covariance, rtol=2e-4)
    np.testing.assert_allclose(mass, mass[::-1, ::-1], rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(east=st.floats(0.05, 1.99), north=st.floats(0.05, 1.99), dx=st.floats(0.5, 1.0))
def test_narrow_dispersions_are_averaged_over_the_cell(east: float, north: float, dx: float) -> None:
    mass = cell_mass((east**2, north**2, 0.0), dx_m=dx, dy_m=1.0)
    rows, columns = (n // 2 for n in mass.shape)
    across = np.diff(ndtr((np.arange(-columns, columns + 2) - 0.5) * dx / east))
    along = np.diff(ndtr((np.arange(-rows, rows + 2) - 0.5) / north))
    # midpoints half a sigma apart: the error of one cut is 0.0026 of all, and there are four cuts
    np.testing.assert_allclose(mass, along[:, None] * across, atol=0.011)
    assert mass.sum() == pytest.approx(1.0, abs=1e-4)  # the edge of the ellipse cuts midpoints off


def test_a_dispersion_of_two_cells_is_the_density_at_the_centres() -> None:
    mass = cell_mass((16.0, 16.0, 0.0), dx_m=1.9, dy_m=2.0)
    assert mass[10, 11 + 3] == pytest.approx(
        1.9 * 2.0 / (2 * np.pi * 16) * np.exp(-0.5 * (3 * 1.9 / 4) ** 2), rel=1e-12
    )


@pytest.mark.parametrize(
    ("successes", "draws", "interval"), [(0, 1000, (0.0, 0.003827)), (990, 1000, (0.981691, 0.994559))]
)
def test_wilson_intervals_are_those_of_the_table(
    successes: int, draws: int, interval: tuple[float, float]
) -> None:
    assert wilson_interval(successes, draws) == pytest.approx(interval, abs=6e-7)  # printed digits


@settings(max_examples=60, deadline=None)
@given(draws=st.integers(1, 5000), data=st.data(), confidence=st.floats(0.5, 0.999))
def test_wilson_intervals_hold_the_share_and_mirror(
    draws: int, data: st.DataObject, confidence: float
) -> None:
    successes = data.draw(st.integers(0, draws))
    low, high = wilson_interval(successes, draws, confidence=confidence)
    assert 0.0 <= low <= successes / draws <= high <= 1.0
    mirrored = wilson_interval(draws - successes, draws, confidence=confidence)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_impossible_dispersions_are_refused() -> None:
    good = {"major_m": 2.0, "minor_m": 1.0, "azimuth_deg": 0.0}
    for wrong, message in (
        ({}, "give percent or n_sigma"),
        ({"percent": 99.0, "n_sigma": 3.0}, "give percent or n_sigma"),
        ({"percent": 100.0}, "between 0 and 100"),
        ({"n_sigma": 0.0}, "n_sigma"),
        ({"n_sigma": 1.0, "minor_m": 3.0}, "major one first"),
        ({"n_sigma": 1.0, "minor_m": 0.0}, "positive"),
        ({"n_sigma": 1.0, "azimuth_deg": np.inf}, "azimuth_deg"),
    ):
        with pytest.raises(ValueError, match=message):
            dispersion_covariance(**(good | wrong))
    with pytest.raises(ValueError, match="distribution with a width"):
        cell_mass((1.0, 1.0, 1.0), dx_m=1.0, dy_m=1.0)
    with pytest.raises(ValueError, match="spacing"):
        dispersion_reach_cells((1.0, 1.0, 0.0), dx_m=0.0, dy_m=1.0)
    with pytest.raises(ValueError, match="too narrow for cells"):
        cell_mass((1e-6, 1e-6, 0.0), dx_m=1.0, dy_m=1.0)
    for successes, draws in ((1, 0), (3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="cannot be"):
            wilson_interval(successes, draws)
