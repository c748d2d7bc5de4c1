from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from jezero_sites.hazards.dem_error.correlation import Correlation
from jezero_sites.hazards.dem_error.exceedance import slope_exceedance_quadrature
from jezero_sites.hazards.dem_error.operator_noise import (
    flat_slope_statistics,
    gradient_gain,
    residual_rms_gain,
)
from jezero_sites.scenes.stereo import vertical_noise_m
from jezero_sites.terrain.gradient import horn_gradient, zevenbergen_thorne_gradient
from jezero_sites.terrain.plane import plane_gradient, plane_residual_statistics
from jezero_sites.terrain.slope import baseline_slope_deg

WHITE, WORST = Correlation("white"), Correlation("worst_gaussian")
SHORT, LONG = Correlation("gaussian", 1.0), Correlation("gaussian", 3.0)
EXPONENTIAL = Correlation("exponential", 5.0)
DIGITS = 6e-7  # of the printed figures


def square_gain(operator: str, side: int | None, correlation: Correlation) -> float:
    cells = None if side is None else (side, side)
    found = gradient_gain(operator, cells=cells, dx_m=1.0, dy_m=1.0, correlation=correlation)
    assert found[0] == pytest.approx(found[1], rel=1e-12)
    return found[0]


TABLE = [
    # operator, cells, white, Gaussian s = 1, s = 3, exponential a = 5, worst Gaussian
    ("horn", None, 0.433013, 0.506093, 0.226206, 0.336218, 0.548757),
    ("zevenbergen_thorne", None, 0.707107, None, None, None, None),
    ("corners", 1, 1.0, 0.627271, 0.232466, None, 1.0),
    ("corners", 2, 0.5, 0.464937, 0.223194, None, 0.5),
    ("corners", 5, 0.2, 0.2, 0.17328, 0.173998, 0.2),
    ("corners", 10, 0.1, 0.1, 0.099807, None, 0.1),
    ("corners", 20, 0.05, 0.05, 0.05, None, 0.05),
    ("plane", 3, 0.408248, None, None, None, 0.523125),
    ("plane", 5, 0.141421, 0.283943, 0.204376, 0.211288, 0.291951),
    ("plane", 7, 0.071429, None, None, None, 0.204867),
    ("plane", 11, 0.028748, 0.081582, 0.128814, 0.103085, 0.128994),
    ("plane", 21, 0.007864, None, None, None, None),
]


@pytest.mark.parametrize("row", TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE])
def test_every_operator_has_its_tabulated_gains(row) -> None:
    operator, side, *gains, worst = row
    for correlation, gain in zip((WHITE, SHORT, LONG, EXPONENTIAL), gains, strict=True):
        if gain is not None:
            assert square_gain(operator, side, correlation) == pytest.approx(gain, abs=DIGITS)
    if worst is not None:
        # the printed worst cases come from a scan in steps of s; the maximum itself is up to 4e-5 higher
        found = square_gain(operator, side, WORST)
        assert worst - DIGITS <= found <= worst * (1 + 4e-5)


@pytest.mark.parametrize(("operator", "side", "worst"), [("horn", None, 0.482408), ("corners", 2, 0.5)])
def test_the_worst_exponential_length_has_the_tabulated_gain(operator, side, worst) -> None:
    lengths = np.geomspace(1e-3, 9.0, 1500)
    found = [square_gain(operator, side, Correlation("exponential", a)) for a in lengths]
    assert max(found) == pytest.approx(worst, abs=2e-6)  # printed digits and the step of the scan


correlations = st.one_of(
    st.just(WHITE),
    st.builds(Correlation, st.sampled_from(["gaussian", "exponential"]), st.floats(0.2, 40.0)),
)
spacings = st.floats(0.3, 30.0)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 20), columns=st.integers(1, 20), dx=spacings, dy=spacings, correlation=correlations
)
def test_corners_follow_their_closed_form(rows, columns, dx, dy, correlation) -> None:
    found = gradient_gain("corners", cells=(rows, columns), dx_m=dx, dy_m=dy, correlation=correlation)
    east, north = columns * dx, rows * dy
    less_one = correlation.less_one(np.array([east, north, math.hypot(east, north)]))
    # var(gx) = [1 - C(E) + C(N) - C(diagonal)] / E^2; on square cells C(E) and C(N) cancel
    var_x = (less_one[1] - less_one[0] - less_one[2]) / east**2
    var_y = (less_one[0] - less_one[1] - less_one[2]) / north**2
    assert found == pytest.approx((math.sqrt(max(var_x, 0)), math.sqrt(max(var_y, 0))), rel=1e-6, abs=1e-9)


def test_square_corners_need_the_correlation_at_the_diagonal_only() -> None:
    for correlation in (SHORT, LONG, EXPONENTIAL):
        for side in (1, 2, 5):
            diagonal = 1.0 + float(correlation.less_one(np.array([math.sqrt(2) * side]))[0])
            assert square_gain("corners", side, correlation) == pytest.approx(
                math.sqrt(1.0 - diagonal) / side, rel=1e-12
            )


@settings(max_examples=30, deadline=None)
@given(dx=spacings, dy=spacings, correlation=correlations)
def test_turned_ground_swaps_the_gains_of_every_operator(dx, dy, correlation) -> None:
    for operator, cells in (
        ("horn", None),
        ("zevenbergen_thorne", (3, 3)),
        ("corners", (2, 5)),
        ("plane", (5, 7)),
    ):
        turned_cells = None if cells is None else cells[::-1]
        found = gradient_gain(operator, cells=cells, dx_m=dx, dy_m=dy, correlation=correlation)
        turned = gradient_gain(operator, cells=turned_cells, dx_m=dy, dy_m=dx, correlation=correlation)
        assert found == pytest.approx(turned[::-1], rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(dx=st.floats(0.5, 20.0), length=st.floats(0.01, 100.0))
def test_no_gaussian_length_is_worse_than_the_worst(dx, length) -> None:
    for operator, cells in (
        ("horn", None),
        ("zevenbergen_thorne", None),
        ("corners", (3, 2)),
        ("plane", (3, 5)),
    ):
        worst = gradient_gain(operator, cells=cells, dx_m=dx, dy_m=2.0, correlation=WORST)
        for correlation in (WHITE, Correlation("gaussian", length)):
            found = gradient_gain(operator, cells=cells, dx_m=dx, dy_m=2.0, correlation=correlation)
            # the maximum is flat: 1e-6 in s is 1e-12 here
            assert np.all(np.array(found) <= np.array(worst) * (1 + 1e-9))


def test_long_errors_tilt_every_operator_alike() -> None:
    for operator, cells in (
        ("horn", None),
        ("zevenbergen_thorne", None),
        ("corners", (2, 7)),
        ("plane", (5, 7)),
    ):
        found = gradient_gain(
            operator, cells=cells, dx_m=0.9, dy_m=1.3, correlation=Correlation("gaussian", 1e6)
        )
        # a Gaussian far longer than the operator is a random tilt of standard deviation 1 / (sqrt(2) s)
        assert found == pytest.approx((1e-6 / math.sqrt(2),) * 2, rel=1e-8)


def test_a_table_of_a_model_gives_the_gain_of_the_model() -> None:
    lags = tuple(np.linspace(0.0, 40.0, 4001))
    table = Correlation("table", table=(lags, tuple(np.exp(-np.array(lags) / 5.0))))
    for operator, side in (("horn", None), ("corners", 5), ("plane", 5), ("plane", 11)):
        # straight lines over 0.01 m lie within 1e-6 of the exponential
        assert square_gain(operator, side, table) == pytest.approx(
            square_gain(operator, side, EXPONENTIAL), rel=1e-4
        )


def test_filtered_noise_has_the_gains_of_the_operators_that_read_it() -> None:
    dx, dy, shape = 0.8, 1.1, (900, 1100)
    noise = vertical_noise_m(
        np.random.default_rng(7), shape, dx_m=dx, dy_m=dy, sigma_m=1.0, correlation_m=1.5
    )
    spacing = {"dx_m": np.full(shape[0], dx), "dy_m": dy}
    correlation = Correlation("gaussian", 1.5)
    measured = {
        ("horn", None): horn_gradient(noise, **spacing),
        ("zevenbergen_thorne", None): zevenbergen_thorne_gradient(noise, **spacing),
        ("plane", (3, 7)): plane_gradient(noise, window=(3, 7), **spacing),
    }
    # about 900 * 1100 * 0.88 m2 / (4 pi 1.5^2 m2) = 31 000 independent draws: 0.4 %, four of them
    for (operator, cells), gradients in measured.items():
        gains = gradient_gain(operator, cells=cells, dx_m=dx, dy_m=dy, correlation=correlation)
        assert [np.nanstd(g) for g in gradients] == pytest.approx(gains, rel=0.016)
    gains = gradient_gain("corners", cells=(2, 4), dx_m=dx, dy_m=dy, correlation=correlation)
    slope = np.radians(baseline_slope_deg(1e-3 * noise, cells=(2, 4), **spacing))
    assert math.sqrt(np.nanmean(slope**2)) == pytest.approx(1e-3 * math.hypot(*gains), rel=0.016)
    gain = residual_rms_gain((5, 9), dx_m=dx, dy_m=dy, correlation=correlation)
    residual = plane_residual_statistics(noise, window=(5, 9))[0]
    assert math.sqrt(np.nanmean(residual**2)) == pytest.approx(gain, rel=0.016)


@pytest.mark.parametrize(("n", "gain"), [(3, 0.816497), (5, 0.938083), (7, 0.968904), (11, 0.987525)])
def test_white_noise_leaves_residuals_as_the_closed_form_says(n, gain) -> None:
    found = residual_rms_gain((n, n), dx_m=1.0, dy_m=1.0, correlation=WHITE)
    assert found == pytest.approx(math.sqrt((n * n - 3) / (n * n)), rel=1e-12)
    assert found == pytest.approx(gain, abs=DIGITS)


@settings(max_examples=30, deadline=None)
@given(
    window=st.tuples(st.sampled_from([3, 5]), st.sampled_from([3, 7, 9])),
    dx=spacings,
    dy=spacings,
    correlation=correlations,
)
def test_residuals_equal_those_of_the_full_covariance_matrix(window, dx, dy, correlation) -> None:
    n, m = (axis.ravel() for axis in np.indices(window))
    design = np.column_stack([np.ones(n.size), m - m.mean(), n - n.mean()])
    distance = np.hypot((m[:, None] - m) * dx, (n[:, None] - n) * dy)
    left = np.eye(n.size) - design @ np.linalg.pinv(design)
    mean_square = np.trace(left @ (1.0 + correlation.less_one(distance))) / n.size
    found = residual_rms_gain(window, dx_m=dx, dy_m=dy, correlation=correlation)
    # the matrix form loses digits where the correlation is nearly 1 over the whole window
    assert found == pytest.approx(math.sqrt(max(mean_square, 0.0)), rel=1e-6, abs=1e-7)


def test_white_noise_is_the_worst_gaussian_for_residuals() -> None:
    for window in ((3, 3), (5, 9), (11, 11)):
        white, worst, short = (
            residual_rms_gain(window, dx_m=0.9, dy_m=1.0, correlation=c)
            for c in (WHITE, WORST, Correlation("gaussian", 0.4))
        )
        assert short < white == pytest.approx(worst, rel=1e-12)


def test_large_windows_take_no_memory_for_pairs_of_cells() -> None:
    found = residual_rms_gain((101, 99), dx_m=1.0, dy_m=1.0, correlation=EXPONENTIAL)
    assert 0.9 < found < 1.0  # the window is twenty lengths wide
    assert residual_rms_gain((101, 99), dx_m=1.0, dy_m=1.0, correlation=WHITE) == pytest.approx(
        math.sqrt(1 - 3 / (101 * 99)), rel=1e-12
    )


FLAT = [
    # sigma, operator, cells, correlation, sigma_g, mean, rms, p95, P(> 5 deg), P(> 10 deg)
    (0.1, "horn", None, WHITE, 0.043301, 3.104, 3.504, 6.050, 0.129881, 2.508e-4),
    (0.2, "horn", None, WHITE, 0.086603, 6.173, 6.983, 11.968, 0.600325, 0.125840),
    (0.2, "plane", 5, WHITE, 0.028284, 2.030, 2.291, 3.960, 0.008363, 3.64e-9),
    (0.2, "plane", 11, WHITE, 0.005750, 0.413, 0.466, 0.806, 0.0, 0.0),
    (0.2, "corners", 1, WHITE, 0.2, 13.846, 15.793, 26.084, 0.908756, 0.677978),
    (0.2, "corners", 5, WHITE, 0.04, 2.868, 3.238, 5.592, 0.091450, 6.03e-5),
    (0.2, "plane", 11, LONG, 0.025763, None, None, 3.608, 0.003132, 6.7e-11),
    (0.2, "plane", 5, LONG, 0.040875, None, None, 5.714, 0.101204, 9.1e-5),
    (0.2, "horn", None, LONG, 0.045241, None, None, 6.319, 0.154146, 5.03e-4),
]


@pytest.mark.parametrize("row", FLAT, ids=[f"{row[1]}-{row[2]}-{row[0]}-{row[3].model}" for row in FLAT])
def test_level_ground_has_the_tabulated_slopes(row) -> None:
    sigma, operator, side, correlation, sigma_g, *slopes, over_5, over_10 = row
    found_g = sigma * square_gain(operator, side, correlation)
    assert found_g == pytest.approx(sigma_g, abs=DIGITS)
    flat = flat_slope_statistics(found_g, found_g)
    for found, printed in zip((flat.mean_deg, flat.rms_deg, flat.p95_deg), slopes, strict=True):
        if printed is not None:
            assert found == pytest.approx(printed, abs=6e-4)  # printed digits
    for limit, chance in ((5.0, over_5), (10.0, over_10)):
        found = slope_exceedance_quadrature(
            0.0, 0.0, sigma_gx=found_g, sigma_gy=found_g, limit_tan=math.tan(math.radians(limit))
        )
        # printed digits; the quadrature is good to 1e-12
        assert found == pytest.approx(chance, rel=6e-3, abs=1e-12)


@pytest.mark.parametrize("sigma", [1e-3, 0.04, 0.3, 1.0])
def test_mean_slopes_of_level_ground_are_those_of_scipy(sigma) -> None:
    found, law = flat_slope_statistics(sigma, sigma), stats.rayleigh(scale=sigma)
    mean = integrate.quad(lambda g: math.degrees(math.atan(g)) * law.pdf(g), 0.0, 9.0 * sigma, epsabs=1e-10)[
        0
    ]
    assert found.mean_deg == pytest.approx(mean, rel=1e-8)  # what the two quadratures promise
    assert found.p95_deg == pytest.approx(math.degrees(math.atan(law.ppf(0.95))), rel=1e-9)


@settings(max_examples=25, deadline=None)
@given(sigma=st.floats(1e-4, 1.0), ratio=st.floats(0.0, 1.0))
def test_less_error_along_one_axis_lowers_every_statistic(sigma, ratio) -> None:
    less, full = flat_slope_statistics(sigma, sigma * ratio), flat_slope_statistics(sigma, sigma)
    for one, other in (
        (less.mean_deg, full.mean_deg),
        (less.rms_deg, full.rms_deg),
        (less.p95_deg, full.p95_deg),
    ):
        assert one <= other * (1 + 1e-9)
    assert less.mean_deg <= less.rms_deg <= less.p95_deg


def test_unequal_sigmas_are_averaged_as_drawn_slopes_are() -> None:
    draws = np.random.default_rng(3).standard_normal((2, 400_000)) * np.array([[0.30], [0.05]])
    slopes = np.degrees(np.arctan(np.hypot(*draws)))
    found, turned = flat_slope_statistics(0.30, 0.05), flat_slope_statistics(0.05, 0.30)
    scatter = 4 * slopes.std() / math.sqrt(slopes.size)  # of a mean, four sigma
    assert found.mean_deg == pytest.approx(slopes.mean(), abs=scatter)
    rms = math.sqrt(np.mean(np.sum(draws**2, axis=0)))
    assert found.rms_deg == pytest.approx(math.degrees(math.atan(rms)), abs=2 * scatter)
    assert found.p95_deg == pytest.approx(np.percentile(slopes, 95), abs=4 * scatter)
    assert (turned.mean_deg, turned.rms_deg, turned.p95_deg) == pytest.approx(
        (found.mean_deg, found.rms_deg, found.p95_deg), rel=1e-9
    )
    # one axis alone: half a normal distribution
    line = stats.halfnorm(scale=0.1).expect(lambda g: math.degrees(math.atan(g)), epsabs=1e-11)
    assert flat_slope_statistics(0.1, 0.0).mean_deg == pytest.approx(line, rel=1e-5)


TRUE_DEG = (0.0, 5.0, 8.0, 9.0, 10.0, 11.0, 12.0)
EXCEEDANCE = [
    ("plane", 3, WHITE, (0.09712, 0.23058, 0.43413, 0.51425, 0.59525, 0.67355, 0.74583)),
    ("plane", 5, WHITE, (0.00000, 0.00123, 0.11998, 0.29137, 0.53210, 0.76268, 0.91215)),
    ("plane", 11, WHITE, (0.00000, 0.00000, 0.00000, 0.00096, 0.50651, 0.99920, 1.00000)),
    ("plane", 11, LONG, (0.00000, 0.00041, 0.09560, 0.26792, 0.52922, 0.77951, 0.92961)),
    ("plane", 5, WORST, (0.01047, 0.09986, 0.33602, None, 0.56702, None, 0.78039)),
]


@pytest.mark.parametrize("row", EXCEEDANCE, ids=[f"{r[0]}-{r[1]}-{r[2].model}" for r in EXCEEDANCE])
def test_gains_lead_to_the_tabulated_chances_of_a_steeper_slope(row) -> None:
    operator, side, correlation, chances = row
    sigma = 0.2 * square_gain(operator, side, correlation)
    for true_deg, chance in zip(TRUE_DEG, chances, strict=True):
        found = slope_exceedance_quadrature(
            math.tan(math.radians(true_deg)),
            0.0,
            sigma_gx=sigma,
            sigma_gy=sigma,
            limit_tan=math.tan(math.pi / 18),
        )
        # printed digits; the printed worst gain is that of a scan, 2e-5 lower
        assert chance is None or found == pytest.approx(chance, abs=1.5e-5)


@pytest.mark.parametrize(
    ("operator", "side"),
    [("horn", None), ("zevenbergen_thorne", None), ("corners", 1), ("corners", 5), ("plane", 7)],
)
@pytest.mark.parametrize("correlation", [WHITE, LONG, WORST], ids=lambda c: c.model)
def test_chances_of_every_operator_are_those_of_rice(operator, side, correlation) -> None:
    sigma, limit = 0.2 * square_gain(operator, side, correlation), math.tan(math.radians(10.0))
    for true_deg in TRUE_DEG:
        true = math.tan(math.radians(true_deg))
        found = slope_exceedance_quadrature(
            0.6 * true, 0.8 * true, sigma_gx=sigma, sigma_gy=sigma, limit_tan=limit
        )
        assert found == pytest.approx(stats.rice.sf(limit, true / sigma, scale=sigma), abs=1e-9)


def test_narrow_cells_have_the_tabulated_chances() -> None:
    gains = gradient_gain("plane", cells=(5, 5), dx_m=0.948629, dy_m=1.0, correlation=WHITE)
    sigmas = {"sigma_gx": 0.2 * gains[0], "sigma_gy": 0.2 * gains[1]}
    limit = math.tan(math.radians(10.0))
    for true_deg, east, north in ((8, 0.13230, 0.12223), (10, 0.53050, 0.53561), (12, 0.90065, 0.91331)):
        true = math.tan(math.radians(true_deg))
        assert slope_exceedance_quadrature(true, 0.0, limit_tan=limit, **sigmas) == pytest.approx(
            east, abs=6e-6
        )
        assert slope_exceedance_quadrature(0.0, true, limit_tan=limit, **sigmas) == pytest.approx(
            north, abs=6e-6
        )


@pytest.mark.parametrize(
    ("operator", "changes", "message"),
    [
        ("sobel", {}, "operator 'sobel' must be"),
        ("corners", {}, "baseline is None"),
        ("corners", {"cells": (0, 2)}, "at least 1"),
        ("corners", {"cells": (2.5, 2)}, "whole cells"),
        ("plane", {}, "needs cells"),
        ("plane", {"cells": (4, 5)}, "odd number"),
        ("horn", {"cells": (5, 5)}, "reads 3 x 3"),
        ("horn", {"dx_m": 0.0}, "positive"),
    ],
)
def test_wrong_operators_are_refused(operator, changes, message) -> None:
    arguments = {"dx_m": 1.0, "dy_m": 1.0, "correlation": WHITE} | changes
    with pytest.raises(ValueError, match=message):
        gradient_gain(operator, **arguments)


def test_tables_that_are_no_correlation_are_refused_by_every_operator() -> None:
    # opposed at 1 m and alike from 2 m on: opposed to its neighbour, the next cell and all their other
    # neighbours at once
    table = Correlation("table", table=((0.0, 1.0, 2.0, 9.0), (1.0, -1.0, 1.0, 1.0)))
    for operator, cells in (("corners", (1, 2)), ("plane", (7, 3))):
        with pytest.raises(ValueError, match="no correlation function"):
            gradient_gain(operator, cells=cells, dx_m=1.0, dy_m=1.0, correlation=table)
    with pytest.raises(ValueError, match="leaves over 1.42 times"):
        residual_rms_gain((3, 3), dx_m=1.0, dy_m=1.0, correlation=table)
    # alike up to 1 m and opposed from 2 m on
    apart = Correlation("table", table=((0.0, 1.0, 2.0, 9.0), (1.0, 1.0, -1.0, -1.0)))
    with pytest.raises(ValueError, match="negative variance"):
        residual_rms_gain((3, 3), dx_m=1.0, dy_m=1.0, correlation=apart)
    with pytest.raises(ValueError, match="odd number"):
        residual_rms_gain((3, 4), dx_m=1.0, dy_m=1.0, correlation=WHITE)
    with pytest.raises(ValueError, match="every sigma"):
        flat_slope_statistics(-0.1, 0.1)
