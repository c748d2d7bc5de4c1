from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import maximum_filter

from jezero_sites.hazards import cell_mass, landing_probability
from jezero_sites.hazards.aiming.divert import Divert, divert_probability
from jezero_sites.hazards.aiming.wide_landing import landing_bounds

ONE_STEP = 1.000001e-6  # results are published in steps of 1e-6
SMALL = (5.0, 3.0, 1.5)  # variances of the small scenes below, in m2; cells of 0.9 x 1.1 m
SCENES = arrays(float, (11, 14), elements=st.floats(0, 1) | st.just(np.nan))
AT = {"dx_m": np.full(11, 0.9), "dy_m": 1.1, "covariance": SMALL}


def aimed_beside_an_edge(divert: Divert, *, to_the_north: bool, unknown: float = 0.0) -> tuple[float, float]:
    """Bounds for sigma 20 m, safe ground ending 20 m to the north or east, both reaches whole numbers of cells."""
    dx, dy, aim = 10 / 9, 10 / 8, (111, 117)
    north = (aim[0] - np.arange(213))[:, None] * dy * np.ones((1, 230))
    east = (np.arange(230) - aim[1]) * dx * np.ones((213, 1))
    behind = (20.0 - north) / dy if to_the_north else (20.0 - east) / dx
    safe = np.clip(behind + 0.5, 0.0, 1.0)  # the share of a cell that lies before the edge
    safe[behind < -0.5] = unknown
    found = divert_probability(
        safe, dx_m=np.full(213, dx), dy_m=dy, covariance=(400.0, 400.0, 0.0), divert=divert
    )
    return float(found.lower[aim]), float(found.upper[aim])


def aimed_at_a_disc(radius: float, *, away_m: float, sigma: float, reach_m: float) -> float:
    dx, dy, aim = 0.9, 1.0, (181, 199)
    north, east = (aim[0] - np.arange(371))[:, None] * dy, (np.arange(407) - aim[1]) * dx
    safe = np.hypot(east - away_m * 0.6, north - away_m * 0.8) <= radius
    found = divert_probability(
        safe.astype(float),
        dx_m=np.full(371, dx),
        dy_m=dy,
        covariance=(sigma**2, sigma**2, 0.0),
        divert=Divert(reach_m, 0.0),
    )
    return float(found.lower[aim])


@pytest.mark.parametrize("to_the_north", [True, False])
@pytest.mark.parametrize(
    ("radius", "sigma", "chance"),
    [(0.0, 0.0, 0.841345), (10.0, 0.0, 0.933193), (20.0, 0.0, 0.977250), (10.0, 5.0, 0.927195)],
)
def test_a_divert_moves_a_straight_edge_away(
    radius: float, sigma: float, chance: float, to_the_north: bool
) -> None:
    lower, _ = aimed_beside_an_edge(Divert(radius, sigma), to_the_north=to_the_north)
    # cells cut by the edge smear it by h^2/24 of a curvature below 0.24/sigma^2, and so does their sum; h < 1.25 m
    assert lower == pytest.approx(chance, abs=1e-4)


def test_unknown_ground_behind_an_edge_is_left_and_reached() -> None:
    lower, upper = aimed_beside_an_edge(Divert(10.0, 0.0), to_the_north=True, unknown=np.nan)
    assert lower == pytest.approx(0.933193, abs=1e-4)  # as above: undiverted points behind the edge are saved
    assert upper == 1.0


@pytest.mark.parametrize(
    ("disc", "chance"),
    [
        ({"radius": 60.0, "away_m": 0.0, "sigma": 100.0, "reach_m": 0.0}, 0.164730),
        ({"radius": 60.0, "away_m": 0.0, "sigma": 100.0, "reach_m": 50.0}, 0.453926),
        ({"radius": 60.0, "away_m": 0.0, "sigma": 100.0, "reach_m": 100.0}, 0.721963),
        ({"radius": 30.0, "away_m": 50.0, "sigma": 40.0, "reach_m": 0.0}, 0.124425),
        ({"radius": 30.0, "away_m": 50.0, "sigma": 40.0, "reach_m": 20.0}, 0.320777),
    ],
)
def test_a_divert_widens_a_safe_disc(disc: dict[str, float], chance: float) -> None:
    found = aimed_at_a_disc(**disc)
    # the rim of cells lies up to 0.5 m within that of the disc on average, in each of two steps; the chance grows
    # by at most 0.0067 (sigma 100) and 0.011 (sigma 40) for a metre of radius
    slack = 0.0006 if disc["reach_m"] == 0 else 1.0 * (0.0067 if disc["sigma"] == 100 else 0.011)
    assert chance - slack <= found <= chance + 0.0006  # cells reach no farther than the ground does


@pytest.mark.parametrize(
    ("sigma_m", "radius_m"), [(0.0, 2.0), (0.0, 3.4), (1.5, 2.6), (0.4, 0.0), (0.06, 2.0)]
)
def test_chances_are_those_of_the_definition_cell_by_cell(sigma_m: float, radius_m: float) -> None:
    rng = np.random.default_rng(3)
    safe = rng.uniform(size=(17, 22))
    safe[3:6, 4:11], safe[14, 20] = np.nan, np.nan
    widths = np.linspace(0.7, 1.4, 17)
    rows, cols = np.indices(safe.shape)
    lowest, highest = np.nan_to_num(safe, nan=0.0), np.nan_to_num(safe, nan=1.0)
    if sigma_m > 0.2:
        at = {"dx_m": widths, "dy_m": 1.1, "covariance": (sigma_m**2, sigma_m**2, 0.0)}
        lowest, highest = landing_probability(safe, **at)
    best_lowest, best_highest = np.empty(safe.shape), np.empty(safe.shape)
    for r, c in np.ndindex(safe.shape):
        near = np.hypot((rows - r) * 1.1, (cols - c) * widths[r]) <= radius_m + 1e-9
        best_lowest[r, c] = lowest[near].max()
        down, across = int(radius_m / 1.1), int(radius_m / widths[r])
        is_inside = r >= down and r + down < 17 and c >= across and c + across < 22
        best_highest[r, c] = highest[near].max() if is_inside else 1.0
    at = {"dx_m": widths, "dy_m": 1.1, "covariance": SMALL}
    found = divert_probability(safe, divert=Divert(radius_m, sigma_m), **at)
    np.testing.assert_array_equal(found.lower, landing_probability(best_lowest, **at)[0])
    np.testing.assert_array_equal(found.upper, landing_probability(best_highest, **at)[1])


@settings(max_examples=20, deadline=None)
@given(safe=SCENES, sigma_m=st.sampled_from([0.0, 0.05, 0.3, 1.2]))
def test_chances_never_fall_as_the_reach_grows(safe: np.ndarray, sigma_m: float) -> None:
    found = [divert_probability(safe, divert=Divert(r, sigma_m), **AT) for r in (0.0, 1.0, 2.5, 4.0, 50.0)]
    for nearer, farther in pairwise(found):
        assert np.all(
            farther.lower >= nearer.lower - ONE_STEP
        )  # a sum at the edge of a step may round either way
        assert np.all(farther.upper >= nearer.upper - ONE_STEP)
    for bounds in found:
        assert np.all((bounds.lower >= 0) & (bounds.lower <= bounds.upper) & (bounds.upper <= 1))


@settings(max_examples=20, deadline=None)
@given(safe=SCENES, radius_m=st.floats(0, 6), sigma_m=st.floats(0.3, 2.0))
def test_chances_do_not_exceed_the_best_touchdown_nor_fall_below_none(
    safe: np.ndarray, radius_m: float, sigma_m: float
) -> None:
    around = {"dx_m": AT["dx_m"], "dy_m": 1.1, "covariance": (sigma_m**2, sigma_m**2, 0.0)}
    best = landing_probability(safe, **around)[0].max()
    assert divert_probability(safe, divert=Divert(radius_m, sigma_m), **AT).lower.max() <= best + ONE_STEP
    exact = divert_probability(safe, divert=Divert(radius_m, 0.0), **AT)
    plain = landing_probability(safe, **AT)
    assert np.all(exact.lower >= plain[0] - ONE_STEP)
    assert np.all(exact.upper >= plain[1] - ONE_STEP)


@settings(max_examples=20, deadline=None)
@given(safe=SCENES, row=st.integers(0, 10), column=st.integers(0, 13), sigma_m=st.sampled_from([0.0, 1.0]))
def test_a_hole_never_narrows_the_bounds(safe: np.ndarray, row: int, column: int, sigma_m: float) -> None:
    before = divert_probability(safe, divert=Divert(2.5, sigma_m), **AT)
    holed = safe.copy()
    holed[row, column] = np.nan
    after = divert_probability(holed, divert=Divert(2.5, sigma_m), **AT)
    assert np.all(after.lower <= before.lower + ONE_STEP)  # as above
    assert np.all(after.upper >= before.upper - ONE_STEP)


@pytest.mark.parametrize("divert", [Divert(0.0, 0.0), Divert(0.5, 0.0), Divert(0.0, 0.08)])
def test_no_divert_and_no_error_have_the_bits_of_plain_landing(divert: Divert) -> None:
    # 0.5 m is less than a cell, and 5 sigma of 0.08 m stay within it
    safe = np.random.default_rng(5).uniform(size=(60, 71))
    safe[5:9, 40] = np.nan
    at = {"dx_m": np.linspace(0.9, 0.9003, 60), "dy_m": 1.1, "covariance": SMALL}
    found, plain = divert_probability(safe, divert=divert, **at), landing_bounds(safe, **at)
    np.testing.assert_array_equal(found.lower, plain.lower)
    np.testing.assert_array_equal(found.upper, plain.upper)
    assert found[2:] == plain[2:]


def test_an_error_too_small_to_leave_the_cell_is_no_error() -> None:
    safe = np.random.default_rng(5).uniform(size=(30, 41))
    at = {"dx_m": np.full(30, 0.9), "dy_m": 1.1, "covariance": SMALL}
    below, above = (divert_probability(safe, divert=Divert(2.0, s), **at).lower for s in (0.0899, 0.0901))
    # what lies beyond 5 sigma, 3.7e-6, is left out above; two roundings
    np.testing.assert_allclose(below, above, atol=6e-6, rtol=0)
    assert cell_mass((0.09**2, 0.09**2, 0.0), dx_m=0.9, dy_m=1.1)[0].sum() == pytest.approx(1.0, abs=1e-5)


def test_binary_ground_is_dilated_by_the_disc() -> None:
    safe = (np.random.default_rng(6).uniform(size=(50, 63)) > 0.97).astype(float)
    reach = np.hypot(np.arange(-4, 5)[:, None] * 1.5, np.arange(-6, 7) * 1.0) <= 6.1
    widened = maximum_filter(safe, footprint=reach, mode="constant", cval=0.0)
    at = {"dx_m": np.full(50, 1.0), "dy_m": 1.5, "covariance": SMALL}
    found = divert_probability(safe, divert=Divert(6.1, 0.0), **at)
    np.testing.assert_array_equal(found.lower, landing_probability(widened, **at)[0])


def test_drawn_landers_that_choose_the_best_point_succeed_as_often_as_computed() -> None:
    rng, draws, dx, dy, aim = np.random.default_rng(12), 40_000, 2.0, 3.0, (19, 33)
    safe = rng.uniform(size=(45, 62)) ** 3
    smooth = landing_probability(safe, dx_m=np.full(45, dx), dy_m=dy, covariance=(16.0, 16.0, 0.0))[0]
    divert, at = Divert(7.0, 4.0), {"dx_m": np.full(45, dx), "dy_m": dy, "covariance": (90.0, 60.0, 20.0)}
    start = rng.multivariate_normal([0.0, 0.0], [[90.0, 20.0], [20.0, 60.0]], size=draws)
    r, c = np.rint(aim[0] - start[:, 1] / dy).astype(int), np.rint(aim[1] + start[:, 0] / dx).astype(int)
    offsets = [(i, j) for i in range(-2, 3) for j in range(-3, 4) if np.hypot(i * dy, j * dx) <= 7.0]
    reached = np.array([smooth[r + i, c + j] for i, j in offsets])
    chosen = np.array(offsets)[reached.argmax(axis=0)]
    miss = rng.normal(scale=4.0, size=(draws, 2))
    row = np.rint(r + chosen[:, 0] - miss[:, 1] / dy).astype(int)
    column = np.rint(c + chosen[:, 1] + miss[:, 0] / dx).astype(int)
    share = np.mean(rng.uniform(size=draws) < safe[row, column])
    expected = float(divert_probability(safe, divert=divert, **at).lower[aim])
    # 4 standard errors, and cells of 3/4 sigma at the touchdown
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / draws) + 2e-3)
    assert expected > float(landing_probability(safe, **at)[0][aim]) + 0.03


def test_a_reach_beyond_the_raster_finds_its_best_cell() -> None:
    safe = np.zeros((15, 24))
    safe[3, 20] = 0.75
    found = divert_probability(
        safe, dx_m=np.full(15, 0.9), dy_m=1.1, covariance=SMALL, divert=Divert(1e4, 0.0)
    )
    inside = landing_probability(np.ones_like(safe), dx_m=np.full(15, 0.9), dy_m=1.1, covariance=SMALL)[0]
    np.testing.assert_allclose(found.lower, 0.75 * inside, atol=ONE_STEP, rtol=0)
    assert found.upper.min() == 1.0


def test_flips_and_threads_agree() -> None:
    safe = np.random.default_rng(9).uniform(size=(60, 83))
    safe[7:20, 3:9] = np.nan
    at, divert = {"dx_m": np.full(60, 0.9), "dy_m": 1.1}, Divert(3.5, 1.3)
    found = divert_probability(safe, covariance=SMALL, divert=divert, **at)
    threaded = divert_probability(safe, covariance=SMALL, divert=divert, threads=3, **at)
    mirror = (SMALL[0], SMALL[1], -SMALL[2])
    for turn in (np.flipud, np.fliplr):
        other = divert_probability(turn(safe), covariance=mirror, divert=divert, **at)
        np.testing.assert_allclose(found.lower, turn(other.lower), atol=3 * ONE_STEP, rtol=0)  # two sums
        np.testing.assert_allclose(found.upper, turn(other.upper), atol=3 * ONE_STEP, rtol=0)
    np.testing.assert_array_equal(found.lower, threaded.lower)
    np.testing.assert_array_equal(found.upper, threaded.upper)


def test_errors_of_coarse_cells_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    safe = np.random.default_rng(9).uniform(size=(60, 83))
    at = {"dx_m": np.full(60, 0.9), "dy_m": 1.1, "covariance": (400.0, 300.0, 50.0)}
    exact = divert_probability(safe, divert=Divert(3.0, 9.0), **at)
    monkeypatch.setattr(landing_bounds, "__kwdefaults__", {"threads": 1, "largest_kernel_cells": 30})
    coarse = divert_probability(safe, divert=Divert(3.0, 9.0), **at)
    assert coarse.factor == exact.factor == 1  # the dispersion keeps its cells, the touchdown does not
    assert 0.0 < np.abs(coarse.lower - exact.lower).max() <= coarse.error_bound < 0.5
    assert exact.error_bound == 0.0


@pytest.mark.parametrize(("radius", "sigma"), [(-1.0, 0.0), (1.0, -0.1), (np.inf, 0.0), (0.0, np.nan)])
def test_impossible_diverts_are_refused(radius: float, sigma: float) -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Divert(radius, sigma)


def test_wrong_grids_are_refused() -> None:
    with pytest.raises(ValueError, match="agree in shape"):
        divert_probability(
            np.ones((3, 5)), dx_m=np.ones(5), dy_m=1.0, covariance=SMALL, divert=Divert(1.0, 0.0)
        )
    with pytest.raises(ValueError, match="positive finite"):
        divert_probability(
            np.ones((3, 5)), dx_m=np.ones(3), dy_m=-1.0, covariance=SMALL, divert=Divert(1.0, 0.0)
        )
