from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.scenes.plain import fractal_plain
from jezero_sites.terrain.deviogram import (
    Deviogram,
    east_deviogram,
    lags_cells,
    north_deviogram,
    pooled_deviogram,
)

ROWS, COLUMNS, DX, DY = 31, 47, 0.75, 1.25


def curves(heights, dx=DX, dy=DY):
    """Return the deviograms along rows and columns and over both, at the lags of the area."""
    widths = np.full(len(heights), dx)
    east, north = lags_cells(heights.shape, dx_m=widths, dy_m=dy)
    along = east_deviogram(heights, dx_m=widths, lags=east)
    across = north_deviogram(heights, dy_m=dy, lags=north)
    return along, across, pooled_deviogram(along, across)


def pair_by_pair(heights, down, right):
    """Return RMS deviation and pairs, one pair after the other."""
    squares = [
        (heights[r + down, c + right] - heights[r, c]) ** 2
        for r in range(heights.shape[0] - down)
        for c in range(heights.shape[1] - right)
    ]
    known = [s for s in squares if not np.isnan(s)]
    return (np.sqrt(np.mean(known)) if known else np.nan), len(known)


@pytest.mark.parametrize(("east", "north"), [(0.3, 0.0), (0.0, -0.7), (0.3, -0.7)])
def test_plane_deviates_by_its_gradient_times_the_lag(east, north):
    rows, columns = np.indices((ROWS, COLUMNS))
    along, across, _ = curves(east * columns * DX - north * rows * DY)
    # heights of some 30 m are rounded to 4e-15 m
    np.testing.assert_allclose(along.deviation_m, abs(east) * along.lag_m, atol=1e-13)
    np.testing.assert_allclose(across.deviation_m, abs(north) * across.lag_m, atol=1e-13)
    assert along.lag_m.size >= 8


def test_plane_on_rows_of_unequal_width_reads_its_slope_at_the_mean_lag():
    dx_m = np.linspace(0.95, 0.94, ROWS)
    heights = 0.4 * np.arange(COLUMNS) * dx_m[:, None]
    found = east_deviogram(heights, dx_m=dx_m, lags=np.array([1, 6]))
    np.testing.assert_allclose(found.lag_m, np.array([1, 6]) * dx_m.mean(), rtol=1e-14)
    width = 0.01 / 0.945  # the bias is a share of width^2 / 24 of it
    np.testing.assert_allclose(found.deviation_m, 0.4 * found.lag_m, rtol=1.1 * width**2 / 24)
    assert (found.deviation_m > 0.4 * found.lag_m).all()


def test_mean_lag_is_that_of_the_pairs_that_are_known():
    heights = np.zeros((3, 9))
    heights[0] = np.nan
    heights[1, 5:] = np.nan
    found = east_deviogram(heights, dx_m=np.array([9.0, 2.0, 1.0]), lags=np.array([2]))
    assert found.pairs[0] == 3 + 7
    assert found.lag_m[0] == pytest.approx((3 * 4.0 + 7 * 2.0) / 10)


@pytest.mark.parametrize(
    ("lag", "deviation"), [(1, 0.2185080), (2, 0.4156269), (5, 0.7071068), (7, 0.5720614)]
)
def test_wave_deviates_by_its_closed_form(lag, deviation):
    # amplitude 0.5, wavelength 10 m; whole waves of pairs, so that the mean over phases is exact
    waves = 0.5 * np.sin(2 * np.pi * np.arange(40 + lag) / 10.0) * np.ones((3, 1))
    found = east_deviogram(waves, dx_m=np.ones(3), lags=np.array([lag]))
    assert found.deviation_m[0] == pytest.approx(deviation, rel=2e-7)  # printed to seven figures
    turned = north_deviogram(waves.T, dy_m=1.0, lags=np.array([lag]))
    assert turned.deviation_m[0] == pytest.approx(deviation, rel=2e-7)


def test_white_noise_deviates_by_root_two_of_itself_at_every_lag():
    noise = np.random.default_rng(5).normal(scale=0.2, size=(300, 400))
    for curve in curves(noise):
        # 1e5 differences of a normal give their RMS to 0.3 %; half that many at long lags
        np.testing.assert_allclose(curve.deviation_m, 0.2828427, rtol=0.012)


@pytest.mark.parametrize("hurst", [0.5, 0.7])
def test_self_affine_ground_has_the_deviation_it_was_made_with(hurst):
    # cut from ground five times as large; waves below two cells are missing, so lags from four cells on
    rng = np.random.default_rng(11)
    plain = fractal_plain(rng, (1000, 1200), dx_m=DX, dy_m=DY, hurst=hurst, deviation_at_1m_m=0.2)
    ratio = [
        curve.deviation_m[3:12] / (0.2 * curve.lag_m[3:12] ** hurst)
        for top, left in ((0, 0), (0, 900), (400, 450), (800, 0), (800, 900))
        for curve in curves(plain[top : top + 200, left : left + 300])[2:]
    ]
    np.testing.assert_allclose(np.mean(ratio), 1.0, atol=0.08)  # five patches scatter by some 0.15 each


@given(seed=st.integers(0, 10**6), lag=st.integers(1, 8), gaps=st.floats(0.0, 1.0))
@settings(max_examples=40, deadline=None)
def test_deviation_is_that_of_every_known_pair(seed, lag, gaps):
    rng = np.random.default_rng(seed)
    heights = rng.normal(size=(9, 13)) - 2500.0
    heights[rng.random(heights.shape) < gaps] = np.nan
    along = east_deviogram(heights, dx_m=np.full(9, DX), lags=np.array([lag]))
    across = north_deviogram(heights, dy_m=DY, lags=np.array([lag]))
    for found, wanted in ((along, pair_by_pair(heights, 0, lag)), (across, pair_by_pair(heights, lag, 0))):
        assert found.pairs[0] == wanted[1]
        np.testing.assert_allclose(found.deviation_m[0], wanted[0], rtol=1e-12)
    np.testing.assert_allclose(along.lag_m[0], lag * DX, rtol=1e-14)
    np.testing.assert_allclose(across.lag_m[0], lag * DY, rtol=1e-14)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_rows_upside_down_and_raised_dyadic_ground_keep_every_bit(seed):
    rng = np.random.default_rng(seed)
    heights = rng.integers(-500, 500, (17, 23)) / 64.0
    heights[rng.random(heights.shape) < 0.1] = np.nan
    for one, other in zip(curves(heights), curves(heights[::-1] + 1024.0), strict=True):
        for part, again in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, again)
    mirrored = curves(heights[:, ::-1])
    for one, other in zip(curves(heights), mirrored, strict=True):
        np.testing.assert_allclose(one.deviation_m, other.deviation_m, rtol=1e-14)  # other order of addition


def test_pooled_deviation_is_that_of_all_pairs_together():
    heights = np.random.default_rng(2).normal(size=(12, 17))
    heights[3, 4:9] = np.nan
    along, across, both = curves(heights, dx=1.0, dy=1.0)
    assert (both.pairs == along.pairs + across.pairs).all()
    for i, lag in enumerate(along.lag_m.astype(int)):
        (east, n_east), (north, n_north) = pair_by_pair(heights, 0, lag), pair_by_pair(heights, lag, 0)
        wanted = np.sqrt((n_east * east**2 + n_north * north**2) / (n_east + n_north))
        assert both.deviation_m[i] == pytest.approx(wanted, rel=1e-12)


def test_ground_without_known_pairs_has_no_deviation():
    along, across, both = curves(np.full((9, 12), np.nan))
    for curve in (along, across, both):
        assert np.isnan(curve.deviation_m).all()
        assert (curve.pairs == 0).all()
        assert (curve.lag_m > 0).all()


def test_one_direction_without_pairs_leaves_the_other():
    stripes = np.full((9, 12), np.nan)
    stripes[::2] = np.arange(12.0)
    along = east_deviogram(stripes, dx_m=np.ones(9), lags=np.array([3]))
    across = north_deviogram(stripes, dy_m=1.0, lags=np.array([3]))
    assert across.pairs[0] == 0
    both = pooled_deviogram(along, across)
    assert (both.lag_m[0], both.deviation_m[0]) == (3.0, 3.0)


def test_lags_grow_alike_in_metres_to_a_third_of_the_shorter_side():
    dx_m = np.full(400, 0.948629)
    east, north = lags_cells((400, 300), dx_m=dx_m, dy_m=1.0)
    for lags in (east, north):
        assert (np.diff(lags) > 0).all()
    assert (east[0], north[0]) == (1, 1)
    assert north[-1] <= 300 * 0.948629 / 3 < 1.3 * north[-1]
    assert np.abs(east * 0.948629 - north).max() <= 0.5  # nearest whole cell
    assert 15 <= east.size <= 2 * 12


@pytest.mark.parametrize("shape", [(2, 9), (9, 2), (0, 5), (1, 1)])
def test_area_too_small_for_pairs_has_no_lags(shape):
    east, north = lags_cells(shape, dx_m=np.ones(shape[0]), dy_m=1.0)
    assert east.size == north.size == 0
    assert east_deviogram(np.zeros(shape), dx_m=np.ones(shape[0]), lags=east).lag_m.size == 0


def test_nothing_given_is_changed_and_float32_counts_as_float64():
    heights = np.random.default_rng(1).normal(size=(9, 12)).astype(np.float32)
    before = heights.copy()
    found, wanted = curves(heights)[2], curves(heights.astype(np.float64))[2]
    np.testing.assert_array_equal(found.deviation_m, wanted.deviation_m)
    np.testing.assert_array_equal(heights, before)


@pytest.mark.parametrize("lag", [0, -1, 12, 1.5])
def test_lag_that_does_not_fit_is_refused(lag):
    with pytest.raises(ValueError, match="whole cells from 1 up to 11"):
        east_deviogram(np.zeros((20, 12)), dx_m=np.ones(20), lags=np.array([lag]))
    with pytest.raises(ValueError, match="whole cells from 1 up to 11"):
        north_deviogram(np.zeros((12, 20)), dy_m=1.0, lags=np.array([lag]))


def test_misfits_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        lags_cells((9, 9), dx_m=np.ones(9), dy_m=1.0, per_decade=0)
    with pytest.raises(ValueError, match="needed: as many"):
        one = Deviogram(np.ones(2), np.ones(2), np.ones(2, np.int64))
        pooled_deviogram(one, Deviogram(np.ones(1), np.ones(1), np.ones(1, np.int64)))
    with pytest.raises(ValueError, match="dx_m has shape"):
        east_deviogram(np.zeros((3, 4)), dx_m=np.ones(2), lags=np.array([1]))
