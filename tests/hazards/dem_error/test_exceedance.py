from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr
from scipy.stats import rice

from jezero_sites.hazards import (
    noise_floor_p95_deg,
    plane_gradient_gain,
    slope_exceedance_probability,
    slope_exceedance_quadrature,
)

TEN = np.tan(np.radians(10.0))
TABLE_ERROR = 2e-6  # measured worst of the table is 1.2e-6; 1e-5 is promised


def exact(
    gx: np.ndarray, gy: np.ndarray, sigma_gx: np.ndarray, sigma_gy: np.ndarray, limit: float
) -> np.ndarray:
    found = np.empty(gx.shape)
    for r, c in np.ndindex(gx.shape):
        found[r, c] = slope_exceedance_quadrature(
            gx[r, c], gy[r, c], sigma_gx=sigma_gx[r], sigma_gy=sigma_gy[r], limit_tan=limit
        )
    return found


def near_limit(
    rng: np.random.Generator, shape: tuple[int, int], sigma: float, limit: float
) -> tuple[np.ndarray, ...]:
    """Gradients about the limit, in all directions, the axes among them."""
    length = np.maximum(limit + rng.uniform(-7, 7, shape) * sigma, 0.0)
    angle = rng.uniform(-np.pi, np.pi, shape)
    angle[0, :2] = 0.0, np.pi / 2
    return length * np.cos(angle), length * np.sin(angle)


SLOPES = np.array([0.0, 5.0, 8.0, 9.0, 10.0, 11.0, 12.0])


@pytest.mark.parametrize(
    ("window", "model", "length", "chances"),
    [
        (3, "white", None, [0.09712, 0.23058, 0.43413, 0.51425, 0.59525, 0.67355, 0.74583]),
        (5, "white", None, [0.00000, 0.00123, 0.11998, 0.29137, 0.53210, 0.76268, 0.91215]),
        (11, "white", None, [0.00000, 0.00000, 0.00000, 0.00096, 0.50651, 0.99920, 1.00000]),
        (11, "gaussian", 3.0, [0.00000, 0.00041, 0.09560, 0.26792, 0.52922, 0.77951, 0.92961]),
        (5, "worst_gaussian", None, [0.01047, 0.09986, 0.33602, np.nan, 0.56702, np.nan, 0.78039]),
    ],
)
def test_chances_on_square_cells_are_those_of_the_table(
    window: int, model: str, length: float | None, chances: list[float]
) -> None:
    gains = plane_gradient_gain((window, window), dx_m=1.0, dy_m=1.0, model=model, length_m=length)
    g, level = np.tan(np.radians(SLOPES))[None], np.zeros((1, SLOPES.size))
    sigmas = {"sigma_gx": np.array([0.2 * gains[0]]), "sigma_gy": np.array([0.2 * gains[1]])}
    # printed digits; the worst gain behind the printed row was found to 2e-5 of it
    tolerance = 5e-6 + TABLE_ERROR + (5e-6 if model == "worst_gaussian" else 0.0)
    is_printed = ~np.isnan(chances)
    for gx, gy in ((g, level), (level, -g), (0.6 * g, -0.8 * g)):
        found = slope_exceedance_probability(gx, gy, limit_tan=TEN, **sigmas)[0]
        np.testing.assert_allclose(found[is_printed], np.array(chances)[is_printed], atol=tolerance, rtol=0)


def test_chances_on_narrow_cells_depend_on_where_the_slope_faces() -> None:
    gains = plane_gradient_gain((5, 5), dx_m=0.948629, dy_m=1.0, model="white")
    sigmas = {"sigma_gx": np.array([0.2 * gains[0]]), "sigma_gy": np.array([0.2 * gains[1]])}
    g, level = np.tan(np.radians([[8.0, 10.0, 12.0]])), np.zeros((1, 3))
    east = slope_exceedance_probability(g, level, limit_tan=TEN, **sigmas)
    north = slope_exceedance_probability(level, g, limit_tan=TEN, **sigmas)
    tolerance = 5e-6 + TABLE_ERROR  # printed digits
    np.testing.assert_allclose(east, [[0.13230, 0.53050, 0.90065]], atol=tolerance, rtol=0)
    np.testing.assert_allclose(north, [[0.12223, 0.53561, 0.91331]], atol=tolerance, rtol=0)


@pytest.mark.parametrize(
    ("sigma", "p95_deg", "above_5", "above_10"),
    [
        (0.043301, 6.050, 0.129881, 2.508e-4),
        (0.086603, 11.968, 0.600325, 0.125840),
        (0.028284, 3.960, 0.008363, 3.64e-9),
        (0.005750, 0.806, 0.0, 0.0),
        (0.2, 26.084, 0.908756, 0.677978),
        (0.04, 5.592, 0.091450, 6.03e-5),
        (0.025763, 3.608, 0.003132, 6.7e-11),
        (0.040875, 5.714, 0.101204, 9.1e-5),
        (0.045241, 6.319, 0.154146, 5.03e-4),
    ],
)
def test_level_ground_appears_as_steep_as_the_table_says(
    sigma: float, p95_deg: float, above_5: float, above_10: float
) -> None:
    assert noise_floor_p95_deg(sigma, sigma) == pytest.approx(p95_deg, abs=6e-4)  # printed digits
    for limit_deg, chance in ((5.0, above_5), (10.0, above_10)):
        limit = np.tan(np.radians(limit_deg))
        found = slope_exceedance_quadrature(0.0, 0.0, sigma_gx=sigma, sigma_gy=sigma, limit_tan=limit)
        assert found == pytest.approx(np.exp(-0.5 * (limit / sigma) ** 2), rel=1e-9, abs=1e-30)  # Rayleigh
        assert found == pytest.approx(chance, rel=8e-3, abs=1e-8)  # sigmas and some chances have few digits


@settings(max_examples=60, deadline=None)
@given(sigma=st.floats(1e-3, 10.0), ratio=st.floats(0.0, 1.0))
def test_noise_floor_is_exceeded_by_one_level_cell_in_twenty(sigma: float, ratio: float) -> None:
    floor = noise_floor_p95_deg(sigma, ratio * sigma)
    assert floor == noise_floor_p95_deg(ratio * sigma, sigma)
    gradient = np.tan(np.radians(floor)) / sigma
    if ratio < 0.02:
        assert gradient == pytest.approx(1.959964, rel=1e-3)  # hardly more than one component
        return
    # the density of two normals in polar coordinates, integrated over the radius by hand
    angle = np.linspace(0.0, np.pi, 20_001)[:-1]
    width = np.cos(angle) ** 2 + (np.sin(angle) / ratio) ** 2
    assert np.mean(np.exp(-0.5 * gradient**2 * width) / (ratio * width)) == pytest.approx(0.05, abs=1e-7)


@pytest.mark.parametrize("limit_over_sigma", [0.3, 1.0, 4.0, 15.0, 50.0, 120.0])
def test_quadrature_is_rice_where_the_sigmas_agree(limit_over_sigma: float) -> None:
    sigma = TEN / limit_over_sigma
    for g in np.maximum(TEN + np.linspace(-6, 6, 25) * sigma, 0.0):
        found = slope_exceedance_quadrature(
            -0.28 * g, 0.96 * g, sigma_gx=sigma, sigma_gy=sigma, limit_tan=TEN
        )
        assert found == pytest.approx(rice.sf(TEN, g / sigma, scale=sigma), abs=1e-10)


@settings(max_examples=50, deadline=None)
@given(gx=st.floats(-0.6, 0.6), gy=st.floats(-0.6, 0.6), sx=st.floats(0.02, 2.0), sy=st.floats(0.02, 2.0))
def test_quadrature_agrees_with_an_adaptive_integral(gx: float, gy: float, sx: float, sy: float) -> None:
    def strip(x: float) -> float:
        half = np.sqrt(max(TEN**2 - x * x, 0.0))
        inside = ndtr((half - gy) / sy) - ndtr((-half - gy) / sy)
        return float(np.exp(-0.5 * ((x - gx) / sx) ** 2) / (sx * np.sqrt(2 * np.pi)) * inside)

    expected = 1.0 - quad(strip, -TEN, TEN, epsabs=1e-10, limit=400)[0]
    found = slope_exceedance_quadrature(gx, gy, sigma_gx=sx, sigma_gy=sy, limit_tan=TEN)
    assert found == pytest.approx(expected, abs=1e-8)  # quad meets square roots at both ends


@pytest.mark.parametrize("limit_over_sigma", [0.2, 1.0, 3.0, 12.0, 55.0, 400.0])
@pytest.mark.parametrize("ratio", [1.0, 1.054, 0.9486, 0.6, 1.95, 4.0])
def test_table_is_within_its_promise_of_the_quadrature(limit_over_sigma: float, ratio: float) -> None:
    rng = np.random.default_rng(3)
    # rows within one band, but not alike
    sx = TEN / limit_over_sigma * np.array([1.0, 1.00009, 0.99992, 1.0])
    sy = ratio * TEN / limit_over_sigma * np.array([1.0, 0.99991, 1.0, 1.00009])
    gx, gy = near_limit(rng, (4, 50), max(sx[0], sy[0]), TEN)
    found = slope_exceedance_probability(gx, gy, sigma_gx=sx, sigma_gy=sy, limit_tan=TEN)
    np.testing.assert_allclose(found, exact(gx, gy, sx, sy, TEN), atol=TABLE_ERROR, rtol=0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), sigma=st.floats(0.004, 0.4), ratio=st.floats(0.5, 2.0))
def test_turning_and_mirroring_change_nothing(seed: int, sigma: float, ratio: float) -> None:
    rng = np.random.default_rng(seed)
    gx, gy = near_limit(rng, (3, 7), sigma, TEN)
    one, other = np.full(3, sigma), np.full(3, ratio * sigma)
    found = slope_exceedance_probability(gx, gy, sigma_gx=one, sigma_gy=other, limit_tan=TEN)
    for a, b in ((-gx, gy), (gx, -gy), (-gx, -gy)):
        mirrored = slope_exceedance_probability(a, b, sigma_gx=one, sigma_gy=other, limit_tan=TEN)
        np.testing.assert_array_equal(mirrored, found)
    turned = slope_exceedance_probability(gy, gx, sigma_gx=other, sigma_gy=one, limit_tan=TEN)
    np.testing.assert_allclose(
        turned, found, atol=1e-12, rtol=0
    )  # equal sigmas: the share is 1 minus the share
    assert np.all((found >= 0) & (found <= 1))


def test_a_perfect_dem_gives_a_hard_step_that_equality_passes() -> None:
    gx = np.array([[0.3, 0.3000001, -0.3, np.nan, 0.0], [0.5, 0.3, 0.3, 0.3, 0.3]])
    gy = np.array([[0.4, 0.4, -0.4, 0.4, 0.0], [0.4, -0.5, 0.0, np.nan, 0.4]])
    none = np.zeros(2)
    found = slope_exceedance_probability(gx, gy, sigma_gx=none, sigma_gy=none, limit_tan=0.5)
    np.testing.assert_array_equal(found, [[0, 1, 0, np.nan, 0], [1, 1, 0, np.nan, 0]])


def test_one_perfect_component_leaves_the_other_to_chance() -> None:
    gx, gy = np.array([[0.3, 0.6, 0.0]]), np.array([[0.4, 0.0, 0.0]])
    found = slope_exceedance_probability(
        gx, gy, sigma_gx=np.zeros(1), sigma_gy=np.full(1, 0.1), limit_tan=0.5
    )
    expected = [ndtr(0.0) + ndtr(-8.0), 1.0, 2 * ndtr(-5.0)]
    np.testing.assert_allclose(found, [expected], rtol=1e-12)


@pytest.mark.parametrize("tiny", [5e-324, 1e-200, 1e-30, 1e-14, 3e-10, 3e-9, 1e-7])
def test_a_component_nearly_without_error_is_like_one_without(tiny: float) -> None:
    gx, gy = np.array([[0.3, 0.6, 0.0, 0.4]]), np.array([[0.4, 0.0, 0.0, -0.2]])
    sigma, none = np.full(1, 0.1), np.zeros(1)
    expected = slope_exceedance_probability(gx, gy, sigma_gx=none, sigma_gy=sigma, limit_tan=0.5)
    found = slope_exceedance_probability(gx, gy, sigma_gx=np.full(1, tiny), sigma_gy=sigma, limit_tan=0.5)
    np.testing.assert_allclose(found, expected, atol=1e-6, rtol=0)  # 1e-7 of blur at a slope of about one
    turned = slope_exceedance_probability(gy, gx, sigma_gx=sigma, sigma_gy=np.full(1, tiny), limit_tan=0.5)
    np.testing.assert_array_equal(turned, found)


def test_unknown_gradients_stay_unknown() -> None:
    gx, gy = np.full((3, 4), 0.1), np.full((3, 4), 0.05)
    gx[1, 2] = gy[2, 0] = np.nan
    for sigma in (0.0, 0.03, 1e-5):
        found = slope_exceedance_probability(
            gx, gy, sigma_gx=np.full(3, sigma), sigma_gy=np.full(3, sigma), limit_tan=TEN
        )
        np.testing.assert_array_equal(np.isnan(found), np.isnan(gx + gy))


def test_limits_at_both_ends_are_taken_at_their_word() -> None:
    g, sigma = np.array([[0.0, 0.1, 3.0]]), np.full(1, 0.05)
    level = np.zeros((1, 3))
    none_passes = slope_exceedance_probability(g, level, sigma_gx=sigma, sigma_gy=sigma, limit_tan=0.0)
    np.testing.assert_allclose(none_passes, 1.0, atol=TABLE_ERROR)
    vertical = float(np.tan(np.radians(90.0)))
    all_pass = slope_exceedance_probability(g, level, sigma_gx=sigma, sigma_gy=sigma, limit_tan=vertical)
    np.testing.assert_array_equal(all_pass, 0.0)


def test_a_limit_far_above_the_noise_is_a_straight_line() -> None:
    for factor in (0.99, 1.01):  # both sides of where the circle is taken for one
        limit = factor * 1e6 * 0.1
        found = slope_exceedance_quadrature(
            0.6 * limit, 0.8 * limit, sigma_gx=0.1, sigma_gy=0.05, limit_tan=limit
        )
        assert found == pytest.approx(0.5, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(sx=st.floats(0.005, 0.5), ratio=st.floats(0.5, 2.0), angle=st.floats(0.0, 1.57))
def test_steeper_ground_exceeds_more_often(sx: float, ratio: float, angle: float) -> None:
    g = np.linspace(0.0, 0.8, 60)[None]
    sigmas = {"sigma_gx": np.array([sx]), "sigma_gy": np.array([ratio * sx])}
    found = slope_exceedance_probability(g * np.cos(angle), g * np.sin(angle), limit_tan=TEN, **sigmas)
    assert np.all(np.diff(found) >= -2 * TABLE_ERROR)


def test_noisy_planes_exceed_a_limit_as_often_as_computed() -> None:
    rng, tries, length = np.random.default_rng(8), 40_000, 2.0
    dx, dy, sigma_z, window = 0.8, 1.3, 0.2, (5, 7)
    n, m = np.indices(window)
    east, north = m.ravel() * dx, -n.ravel() * dy
    places = np.column_stack([east, north])
    distance = np.linalg.norm(places[:, None] - places, axis=2)
    covariance = sigma_z**2 * np.exp(-(distance**2) / (4 * length**2))
    noise = rng.multivariate_normal(np.zeros(east.size), covariance, tries, method="eigh")
    true = np.tan(np.radians(8.5)) * np.array([np.sin(0.5), np.cos(0.5)])
    planes = np.linalg.lstsq(
        np.column_stack([east, north, np.ones(east.size)]), (noise + places @ true).T, rcond=None
    )[0]
    share = np.mean(np.hypot(planes[0], planes[1]) > TEN)
    gains = plane_gradient_gain(window, dx_m=dx, dy_m=dy, model="gaussian", length_m=length)
    sigmas = {"sigma_gx": np.array([sigma_z * gains[0]]), "sigma_gy": np.array([sigma_z * gains[1]])}
    found = slope_exceedance_probability(*true.reshape(2, 1, 1), limit_tan=TEN, **sigmas)
    expected = float(found[0, 0])
    assert 0.1 < expected < 0.9
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / tries))


def test_wrong_sigmas_limits_and_shapes_are_refused() -> None:
    g, sigma = np.zeros((2, 3)), np.ones(2)
    with pytest.raises(ValueError, match="agree in shape"):
        slope_exceedance_probability(g, g, sigma_gx=np.ones(3), sigma_gy=sigma, limit_tan=1.0)
    with pytest.raises(ValueError, match="agree in shape"):
        slope_exceedance_probability(g, g.T, sigma_gx=sigma, sigma_gy=sigma, limit_tan=1.0)
    with pytest.raises(ValueError, match="0 or more"):
        slope_exceedance_probability(g, g, sigma_gx=-sigma, sigma_gy=sigma, limit_tan=1.0)
    with pytest.raises(ValueError, match="limit_tan"):
        slope_exceedance_probability(g, g, sigma_gx=sigma, sigma_gy=sigma, limit_tan=np.inf)
    with pytest.raises(ValueError, match="0 or more"):
        slope_exceedance_quadrature(0.0, 0.0, sigma_gx=np.nan, sigma_gy=1.0, limit_tan=1.0)
    with pytest.raises(ValueError, match="0 or more"):
        noise_floor_p95_deg(-1.0, 1.0)
