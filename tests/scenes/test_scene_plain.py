from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.scenes import cell_centres_m, fractal_plain, scaled_to_rms, tilted_plane

DX_M, DY_M = 0.4, 0.5


def _plain(seed: int, hurst: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return fractal_plain(rng, (700, 900), dx_m=DX_M, dy_m=DY_M, hurst=hurst, deviation_at_1m_m=0.05)


def _deviation_m(heights: np.ndarray, lag: int, axis: int) -> float:
    step = np.diff(np.take(heights, range(0, heights.shape[axis], lag), axis=axis), axis=axis)
    return float(np.sqrt(np.mean(step**2)))


@pytest.mark.parametrize("hurst", [0.3, 0.5, 0.75])
@pytest.mark.parametrize(("axis", "cell_m"), [(0, DY_M), (1, DX_M)])
def test_structure_function_of_the_plain_has_its_hurst_exponent(hurst, axis, cell_m):
    lags = np.array([8, 12, 16, 24, 32])
    deviations = [_deviation_m(_plain(7, hurst), lag, axis) for lag in lags]
    slope = np.polyfit(np.log(lags * cell_m), np.log(deviations), 1)[0]
    # 0.05: waves longer than the ground are missing (lowers it) and waves shorter than two cells (raises it).
    assert slope == pytest.approx(hurst, abs=0.05)


@pytest.mark.parametrize("hurst", [0.5, 0.75])
def test_deviation_is_the_wanted_one_at_one_metre_and_grows_as_its_power(hurst):
    plain = _plain(11, hurst)
    for lag in (2, 4, 10):  # 1, 2 and 5 m to the north
        wanted = 0.05 * (lag * DY_M) ** hurst
        # 12 %: waves shorter than two cells or longer than the ground are missing (3 to 7 % low, the mean of
        # eight plains), and chance adds up to 4 % at one standard deviation.
        assert _deviation_m(plain, lag, 0) == pytest.approx(wanted, rel=0.12)


def test_plain_is_the_same_for_the_same_seed_and_another_for_another():
    assert _plain(1, 0.6).tobytes() == _plain(1, 0.6).tobytes()
    assert not np.array_equal(_plain(1, 0.6), _plain(2, 0.6))


def test_opposite_edges_of_the_plain_do_not_match():
    plain = _plain(3, 0.75)
    across = np.sqrt(np.mean((plain[:, 0] - plain[:, -1]) ** 2))
    assert across > 5 * _deviation_m(plain, 1, 1)


def test_hurst_exponent_outside_zero_and_one_is_refused():
    with pytest.raises(ValueError, match="found a Hurst exponent"):
        _plain(1, 1.2)


def test_scaled_heights_have_the_wanted_rms_about_zero():
    scaled = scaled_to_rms(_plain(5, 0.5) + 40.0, 1.7)
    assert scaled.mean() == pytest.approx(0, abs=1e-9)  # sum of 630 000 heights of 1 m in float64
    assert np.sqrt(np.mean(scaled**2)) == pytest.approx(1.7)


def test_tilted_plane_rises_toward_its_azimuth_with_its_slope():
    x_m, y_m = cell_centres_m((4, 5), dx_m=DX_M, dy_m=DY_M)
    plane = tilted_plane(x_m, y_m, slope_deg=6.0, uphill_azimuth_deg=300.0)
    east, north = (plane[0, 1] - plane[0, 0]) / DX_M, (plane[0, 0] - plane[1, 0]) / DY_M
    assert np.degrees(np.arctan(np.hypot(east, north))) == pytest.approx(6.0)
    assert np.degrees(np.arctan2(east, north)) % 360 == pytest.approx(300.0)
