from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.scenes.plain import fractal_plain
from jezero_sites.terrain.deviogram import east_deviogram, lags_cells, north_deviogram, pooled_deviogram
from jezero_sites.terrain.hurst import HurstFit, fit_hurst, fitted_deviation_m

LAGS_M = 0.95 * np.unique(np.rint(10.0 ** (np.arange(26) / 12.0)))


def fit_of(heights, dx=0.75, dy=1.25):
    """Return the fit to the deviogram of both directions."""
    widths = np.full(len(heights), dx)
    east, north = lags_cells(heights.shape, dx_m=widths, dy_m=dy)
    along = east_deviogram(heights, dx_m=widths, lags=east)
    curve = pooled_deviogram(along, north_deviogram(heights, dy_m=dy, lags=north))
    return fit_hurst(curve.lag_m, curve.deviation_m)


def test_plane_has_exponent_one_and_no_break():
    fit = fit_of(np.indices((90, 120))[1] * 0.75 * 0.3, dy=0.75)
    assert fit.hurst == pytest.approx(1.0, abs=0.02)  # the two directions have other numbers of pairs
    assert np.isnan(fit.break_m)


def test_white_noise_has_exponent_zero_and_no_break():
    fit = fit_of(np.random.default_rng(4).normal(scale=0.2, size=(300, 400)))
    assert fit.hurst == pytest.approx(0.0, abs=0.01)
    assert fit.deviation_at_1m_m == pytest.approx(0.2828427, rel=0.01)
    assert np.isnan(fit.break_m)
    assert np.isnan(fit.hurst_beyond)


@pytest.mark.parametrize("hurst", [0.3, 0.5, 0.7, 0.9])
def test_self_affine_ground_gives_its_exponent_back_without_a_break(hurst):
    # cut from ground four times as large; one patch scatters by 0.05, and cells and the largest wave draw
    # the ends of the scale in by 0.06: 25 patches gave means of 0.36, 0.53, 0.70 and 0.84
    fits = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        plain = fractal_plain(rng, (800, 1000), dx_m=0.75, dy_m=1.25, hurst=hurst, deviation_at_1m_m=0.2)
        fits.append(fit_of(plain[100:310, 400:680]))
    assert np.mean([fit.hurst for fit in fits]) == pytest.approx(hurst, abs=0.1)
    assert all(np.isnan(fit.break_m) for fit in fits)


@given(
    hurst=st.floats(0.0, 1.0), at_1m=st.floats(1e-3, 10.0), bend=st.sampled_from([-0.6, -0.4, 0.4]),
    where=st.integers(4, LAGS_M.size - 5),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_two_power_laws_that_meet_are_found_with_their_break(hurst, at_1m, bend, where):
    truth = HurstFit(hurst, at_1m, LAGS_M[where], hurst + bend, 0.0)
    found = fit_hurst(LAGS_M, fitted_deviation_m(truth, LAGS_M))
    assert found[:4] == pytest.approx(truth[:4], rel=1e-6, abs=1e-6)
    assert found.misfit_fraction < 1e-6


@given(hurst=st.floats(0.0, 1.0), at_1m=st.floats(1e-3, 10.0))
@settings(max_examples=25, deadline=None)
def test_one_power_law_has_no_break(hurst, at_1m):
    found = fit_hurst(LAGS_M, at_1m * LAGS_M**hurst)
    assert found[:2] == pytest.approx((hurst, at_1m), rel=1e-9, abs=1e-9)
    assert np.isnan(found.break_m)


def test_bend_below_the_least_is_no_break():
    slight = fitted_deviation_m(HurstFit(0.8, 0.1, 10.0, 0.6, 0.0), LAGS_M)
    assert np.isnan(fit_hurst(LAGS_M, slight).break_m)


def test_one_odd_lag_does_not_bend_the_line():
    deviation = 0.1 * LAGS_M**0.7
    deviation[-3] *= 3.0
    fit = fit_hurst(LAGS_M, deviation)
    assert fit.hurst == pytest.approx(0.7, abs=0.01)
    assert np.isnan(fit.break_m)
    plain = np.polyfit(np.log(LAGS_M), np.log(deviation), 1)[0]
    assert abs(plain - 0.7) > 0.03  # unweighted it would


def test_dunes_on_level_ground_break_near_half_their_length():
    # short lags see the flanks (exponent 1), lags beyond half a wave see no more height
    wave = np.sin(2 * np.pi * np.arange(500) * 0.75 / 60.0) * np.ones((300, 1))
    east, _ = lags_cells(wave.shape, dx_m=np.full(300, 0.75), dy_m=1.25)
    curve = east_deviogram(wave, dx_m=np.full(300, 0.75), lags=east)
    fit = fit_hurst(curve.lag_m, curve.deviation_m)
    assert fit.hurst == pytest.approx(1.0, abs=0.15)  # the wave bends over before its half
    assert 12.0 < fit.break_m < 36.0
    assert fit.hurst_beyond < 0.3


def test_lags_without_deviation_are_left_out_and_too_few_give_nothing():
    deviation = 0.2 * LAGS_M**0.6
    deviation[[2, 7]] = np.nan
    deviation[5] = 0.0
    assert fit_hurst(LAGS_M, deviation).hurst == pytest.approx(0.6, abs=1e-9)
    few = fit_hurst(LAGS_M[:3], deviation[:3])
    assert np.isnan(few).all()
    assert np.isnan(fitted_deviation_m(few, LAGS_M)).all()
    assert np.isnan(fit_hurst(np.empty(0), np.empty(0))).all()


def test_lags_out_of_order_and_misfits_are_refused():
    with pytest.raises(ValueError, match="positive and growing"):
        fit_hurst(np.array([2.0, 1.0]), np.ones(2))
    with pytest.raises(ValueError, match="positive and growing"):
        fit_hurst(np.array([0.0, 1.0]), np.ones(2))
    with pytest.raises(ValueError, match="needed: one shape"):
        fit_hurst(np.ones(2), np.ones(3))
