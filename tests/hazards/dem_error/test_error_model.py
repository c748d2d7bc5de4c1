from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from jezero_sites.hazards import plane_gradient_gain


def plane_weights(window: tuple[int, int], dx: float, dy: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the least-squares solution for gx and gy, and the places of the cells."""
    n, m = np.indices(window)
    east, north = m.ravel() * dx, -n.ravel() * dy
    solution = np.linalg.pinv(np.column_stack([east, north, np.ones(east.size)]))
    return solution[0], solution[1], np.column_stack([east, north])


def full_gain(window: tuple[int, int], dx: float, dy: float, correlation) -> tuple[float, float]:
    wx, wy, places = plane_weights(window, dx, dy)
    covariance = correlation(np.linalg.norm(places[:, None] - places, axis=2))
    return np.sqrt(wx @ covariance @ wx), np.sqrt(wy @ covariance @ wy)


@pytest.mark.parametrize(
    ("n", "gain"), [(3, 0.408248), (5, 0.141421), (7, 0.071429), (11, 0.028748), (21, 0.007864)]
)
def test_white_noise_averages_out_as_the_closed_form_says(n: int, gain: float) -> None:
    found = plane_gradient_gain((n, n), dx_m=1.0, dy_m=1.0, model="white")
    assert found == pytest.approx((np.sqrt(12 / (n**2 * (n**2 - 1))),) * 2, rel=1e-12)
    assert found[0] == pytest.approx(gain, abs=6e-7)  # printed digits


@pytest.mark.parametrize(
    ("n", "model", "length", "gain"),
    [
        (5, "gaussian", 1.0, 0.283943),
        (11, "gaussian", 1.0, 0.081582),
        (5, "gaussian", 3.0, 0.204376),
        (11, "gaussian", 3.0, 0.128814),
        (5, "exponential", 5.0, 0.211288),
        (11, "exponential", 5.0, 0.103085),
    ],
)
def test_correlated_errors_have_the_tabulated_gains(n: int, model: str, length: float, gain: float) -> None:
    found = plane_gradient_gain((n, n), dx_m=1.0, dy_m=1.0, model=model, length_m=length)
    assert found == pytest.approx((gain, gain), abs=6e-7)  # printed digits


@pytest.mark.parametrize(("n", "gain"), [(3, 0.523128), (5, 0.291958), (7, 0.204875), (11, 0.128999)])
def test_the_worst_gaussian_length_is_found(n: int, gain: float) -> None:
    found = plane_gradient_gain((n, n), dx_m=1.0, dy_m=1.0, model="worst_gaussian")
    lengths = np.arange(0.25, 4.0, 0.02)
    scan = [full_gain((n, n), 1.0, 1.0, lambda r, s=s: np.exp(-(r**2) / (4 * s**2)))[0] for s in lengths]
    assert max(scan) <= found[0]
    assert found[0] == pytest.approx(max(scan), rel=1e-4)  # the scan steps over the top
    assert found == pytest.approx((gain, gain), abs=6e-7)  # printed digits


@pytest.mark.parametrize(("n", "gain"), [(3, 0.459009), (5, 0.237965), (7, 0.164717), (11, 0.103087)])
def test_the_worst_exponential_length_has_the_tabulated_gain(n: int, gain: float) -> None:
    lengths = np.linspace(0.5, 7.0, 651)
    found = [
        plane_gradient_gain((n, n), dx_m=1.0, dy_m=1.0, model="exponential", length_m=a)[0] for a in lengths
    ]
    assert max(found) == pytest.approx(gain, abs=1e-6)  # printed digits and a step of 0.01 at a flat maximum


@settings(max_examples=40, deadline=None)
@given(
    window=st.tuples(st.sampled_from([3, 5, 9]), st.sampled_from([3, 7, 11])),
    dx=st.floats(0.3, 30.0),
    dy=st.floats(0.3, 30.0),
    length=st.floats(0.2, 40.0),
)
def test_gains_equal_those_of_the_full_covariance_matrix(
    window: tuple[int, int], dx: float, dy: float, length: float
) -> None:
    models = {
        "white": (None, lambda r: (r == 0) * 1.0),
        "gaussian": (length, lambda r: np.exp(-(r**2) / (4 * length**2))),
        "exponential": (length, lambda r: np.exp(-r / length)),
    }
    for model, (length_m, correlation) in models.items():
        found = plane_gradient_gain(window, dx_m=dx, dy_m=dy, model=model, length_m=length_m)
        # the matrix form loses digits where the correlation is nearly 1 over the whole window
        assert found == pytest.approx(
            full_gain(window, dx, dy, correlation), rel=1e-6, abs=3e-8 / min(dx, dy)
        )


@settings(max_examples=30, deadline=None)
@given(
    window=st.tuples(st.sampled_from([3, 5]), st.sampled_from([3, 7, 11])),
    dx=st.floats(0.5, 20.0),
    length=st.floats(0.01, 100.0),
)
def test_no_gaussian_length_is_worse_than_the_worst(
    window: tuple[int, int], dx: float, length: float
) -> None:
    worst = plane_gradient_gain(window, dx_m=dx, dy_m=2.0, model="worst_gaussian")
    for model, length_m in (("white", None), ("gaussian", length)):
        found = plane_gradient_gain(window, dx_m=dx, dy_m=2.0, model=model, length_m=length_m)
        assert np.all(
            np.array(found) <= np.array(worst) * (1 + 1e-9)
        )  # the maximum is flat: 1e-6 in s is 1e-12 here


def test_turned_ground_swaps_the_gains_and_finer_cells_scale_them() -> None:
    for model, length in (("white", None), ("gaussian", 2.0), ("exponential", 2.0), ("worst_gaussian", None)):
        found = plane_gradient_gain((5, 9), dx_m=0.7, dy_m=1.3, model=model, length_m=length)
        turned = plane_gradient_gain((9, 5), dx_m=1.3, dy_m=0.7, model=model, length_m=length)
        assert turned == found[::-1]
        double = None if length is None else 2 * length
        finer = plane_gradient_gain((5, 9), dx_m=1.4, dy_m=2.6, model=model, length_m=double)
        assert finer == pytest.approx((found[0] / 2, found[1] / 2), rel=1e-9)


def test_smooth_errors_keep_their_digits() -> None:
    # a long Gaussian is a random tilt of standard deviation 1 / (sqrt(2) s)
    found = plane_gradient_gain((5, 5), dx_m=0.9, dy_m=1.0, model="gaussian", length_m=1e6)
    assert found == pytest.approx((1e-6 / np.sqrt(2),) * 2, rel=1e-9)


def test_filtered_noise_has_the_gain_of_its_correlation() -> None:
    rng, length, shape = np.random.default_rng(11), 1.5, (5, 7)
    fields = gaussian_filter(rng.normal(size=(1200, 1500)), length, mode="wrap")
    fields *= np.sqrt(4 * np.pi) * length  # unit standard deviation
    windows = np.lib.stride_tricks.sliding_window_view(fields, shape)[::12, ::12].reshape(-1, 35)
    wx, wy, _ = plane_weights(shape, 1.0, 1.0)
    gains = plane_gradient_gain(shape, dx_m=1.0, dy_m=1.0, model="gaussian", length_m=length)
    for weights, gain in zip((wx, wy), gains, strict=True):
        # a spread of n draws is known to 1 / sqrt(2 n); windows 12 cells apart are as good as independent
        assert np.std(windows @ weights) == pytest.approx(gain, rel=4 / np.sqrt(2 * len(windows)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": (4, 5)}, "odd number"),
        ({"window": (5, 1)}, "at least 3"),
        ({"dx_m": 0.0}, "positive"),
        ({"dy_m": np.nan}, "positive"),
        ({"model": "pink"}, "model 'pink' must be"),
        ({"model": "gaussian"}, "needs length_m"),
        ({"model": "exponential", "length_m": -1.0}, "needs length_m"),
        ({"model": "worst_gaussian", "length_m": 2.0}, "has no length"),
    ],
)
def test_wrong_error_models_are_refused(changes: dict[str, object], message: str) -> None:
    arguments = {"window": (5, 5), "dx_m": 1.0, "dy_m": 1.0, "model": "white"} | changes
    with pytest.raises(ValueError, match=message):
        plane_gradient_gain(arguments.pop("window"), **arguments)


@settings(max_examples=25, deadline=None)
@given(
    window=st.tuples(st.sampled_from([3, 5]), st.sampled_from([3, 7, 11])),
    dx=st.floats(0.3, 3.0),
    dy=st.floats(0.3, 3.0),
    length=st.floats(0.5, 9.0),
)
def test_a_table_gives_the_gain_of_its_straight_lines(
    window: tuple[int, int], dx: float, dy: float, length: float
) -> None:
    lags = np.arange(0.0, 60.0, 0.7)
    values = np.exp(-lags / length)
    table = (tuple(lags), tuple(values))
    found = plane_gradient_gain(window, dx_m=dx, dy_m=dy, model="table", table=table)
    wanted = full_gain(window, dx, dy, lambda r: np.interp(r, lags, values, right=0.0))
    assert found == pytest.approx(wanted, rel=1e-6)  # the matrix form loses digits


def test_a_table_that_ends_at_once_is_white_noise() -> None:
    found = plane_gradient_gain((5, 7), dx_m=0.9, dy_m=1.1, model="table", table=((0.0,), (1.0,)))
    assert found == pytest.approx(plane_gradient_gain((5, 7), dx_m=0.9, dy_m=1.1, model="white"), rel=1e-12)


@pytest.mark.parametrize(
    ("model", "table", "message"),
    [
        ("table", None, "needs a table"),
        ("white", ((0.0,), (1.0,)), "no other does"),
        ("table", ((0.0, 1.0), (1.0,)), "as many of each"),
        ("table", ((), ()), "0 lags"),
        ("table", ((1.0, 2.0), (1.0, 0.5)), "rise from 0"),
        ("table", ((0.0, 2.0, 2.0), (1.0, 0.5, 0.2)), "rise from 0"),
        ("table", ((0.0, np.inf), (1.0, 0.5)), "rise from 0"),
        ("table", ((0.0, 1.0), (0.9, 0.5)), "begin with 1"),
        ("table", ((0.0, 1.0), (1.0, -1.5)), "within -1 to 1"),
        ("table", ((0.0, 1.0), (1.0, np.nan)), "within -1 to 1"),
        # opposed to its neighbours, which are alike among themselves and with all the others
        ("table", ((0.0, 1.0, 2.0, 9.0), (1.0, -1.0, 1.0, 1.0)), "no correlation function"),
    ],
)
def test_wrong_tables_are_refused(model: str, table: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plane_gradient_gain((5, 7), dx_m=1.0, dy_m=1.0, model=model, table=table)
