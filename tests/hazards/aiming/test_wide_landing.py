from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import ndtr

from jezero_sites.hazards import dispersion_covariance, landing_probability
from jezero_sites.hazards.aiming.landing import landing_probability_between
from jezero_sites.hazards.aiming.wide_landing import (
    coarsening_error,
    landing_bounds,
    landing_bounds_between,
)

Covariance = tuple[float, float, float]
Map = Callable[[np.ndarray, np.ndarray, int], np.ndarray]

SHAPE, DX, DY = (121, 183), 0.9, 1.1
ROUND = (18.0**2, 18.0**2, 0.0)
TURNED = dispersion_covariance(major_m=27.0, minor_m=15.0, n_sigma=1.0, azimuth_deg=40.0)
TALL = (14.4**2, 30.0**2, 0.0)
ONE_STEP = 1.000001e-6  # results are published in steps of 1e-6


def gap(safe: np.ndarray, covariance: Covariance, limit: int, widths: np.ndarray) -> tuple[float, float]:
    """Largest difference to the sums on the cells themselves, over what is promised."""
    arguments = {"dx_m": widths, "dy_m": DY, "covariance": covariance}
    exact = landing_probability(safe, **arguments)
    found = landing_bounds(safe, largest_kernel_cells=limit, **arguments)
    assert found.factor > 1
    assert np.all((found.lower >= 0) & (found.lower <= found.upper) & (found.upper <= 1))
    difference = max(np.abs(a - b).max() for a, b in zip(exact, found[:2], strict=True))
    return float(difference), found.error_bound


def tight(rows: np.ndarray, cols: np.ndarray, k: int, covariance: Covariance) -> np.ndarray:
    """Safe where the density about the middle of a block exceeds that at the middle of the cell's own block."""
    inverse = np.linalg.inv([[covariance[0], covariance[2]], [covariance[2], covariance[1]]])
    aim = [n // 2 // k * k + (k - 1) / 2 for n in SHAPE]

    def distance2(r: np.ndarray, c: np.ndarray) -> np.ndarray:
        place = np.stack([(c - aim[1]) * DX, (aim[0] - r) * DY])
        return np.einsum("i...,ij,j...", place, inverse, place)

    return distance2(rows, cols) < distance2(rows // k * k + (k - 1) / 2, cols // k * k + (k - 1) / 2)


@pytest.mark.parametrize(("covariance", "sigma"), [(ROUND, 18.0), (TALL, 14.4)])
def test_the_chance_beside_a_straight_edge_is_that_of_the_normal_distribution(
    covariance: Covariance, sigma: float
) -> None:
    safe = (np.arange(361) < 210) * np.ones((361, 1))
    found = landing_bounds(
        safe, dx_m=np.full(361, DX), dy_m=DY, covariance=covariance, largest_kernel_cells=36
    )
    expected = ndtr((209.5 - np.arange(150, 271)) * DX / sigma)
    # the chance bends by 0.24/sigma^2 at most: blocks smear the edge by H^2/12 of it and interpolation by H^2/8;
    # the aim is 6 sigma from north and south, and more than 7 from the west
    side = found.factor * DX
    np.testing.assert_allclose(
        found.lower[180, 150:271], expected, atol=0.06 * (side / sigma) ** 2 + 1e-5, rtol=0
    )
    assert found.factor >= 3


def test_touchdowns_beyond_the_raster_are_failures_and_successes() -> None:
    safe = np.ones((150, 260))
    sigma_east, sigma_north = 2000.0, 900.0
    found = landing_bounds(
        safe,
        dx_m=np.full(150, DX),
        dy_m=DY,
        covariance=(sigma_east**2, sigma_north**2, 0.0),
        largest_kernel_cells=40,
    )
    inside = (2 * ndtr(130 * DX / sigma_east) - 1) * (2 * ndtr(75 * DY / sigma_north) - 1)
    assert found.lower[75, 130] == pytest.approx(inside, abs=found.error_bound)
    assert found.lower[75, 130] == pytest.approx(inside, rel=1e-3)  # the density hardly bends over the raster
    assert found.upper[75, 130] == 1.0
    holed = np.full_like(safe, np.nan)
    nothing = landing_bounds(holed, dx_m=np.full(150, DX), dy_m=DY, covariance=ROUND, largest_kernel_cells=40)
    assert nothing.lower.max() == 0.0
    assert nothing.upper.min() == 1.0


def test_the_error_of_turned_ellipses_is_that_of_their_own_axes() -> None:
    # curvature along east of an ellipse of 100 x 10 at 45 degrees: (1/100^2 + 1/10^2) / 2, not 1 / var(east)
    turned = dispersion_covariance(major_m=100.0, minor_m=10.0, n_sigma=1.0, azimuth_deg=45.0)
    plain = dispersion_covariance(major_m=100.0, minor_m=10.0, n_sigma=1.0, azimuth_deg=0.0)
    at = {"dx_m": np.ones(40), "dy_m": 1.0, "factor": 4}
    both = [coarsening_error(covariance, **at) for covariance in (turned, plain)]
    assert both[0] > 0.5 * np.sqrt(15 / 12 * (1e-2 + 1e-4)) * 0.85  # the mean of a root is less than the root
    assert both[0] == pytest.approx(both[1], rel=0.15)
    assert (
        coarsening_error(plain, dx_m=np.ones(40), dy_m=1.0, factor=6) == 1.0
    )  # 10 m are not two cells of 6 m


def test_the_error_is_the_sum_of_its_four_terms_and_the_rounding() -> None:
    covariance = np.array([[900.0, 500.0], [500.0, 700.0]])
    inverse = np.linalg.inv(covariance)
    widths = np.where(np.arange(31) < 10, 1.0, 1.01)  # the coarse row of rows 9 to 11 is 3 x 1.00667 m wide
    side = np.array([3 * 1.01, 3 * 1.2])
    offsets = [np.array([i, j]) * side / 3 for i in (-1, 0, 1) for j in (-1, 0, 1)]
    blocks = np.mean([np.sqrt(np.sinh(d @ inverse @ d / 4)) for d in offsets])
    bends = side**2 * np.diag(inverse)
    stretch = 0.5 * np.sqrt(1 + 900 * inverse[0, 0]) * np.log(1 + 0.02 / 3)
    reach = np.exp(bends.sum() / 24 - (5 - np.sqrt(bends).sum() / 2) ** 2 / 2)
    expected = blocks + np.sqrt(0.5) * bends.sum() / 8 + stretch + reach + 1.5e-6
    found = coarsening_error((900.0, 700.0, 500.0), dx_m=widths, dy_m=1.2, factor=3)
    assert found == pytest.approx(expected, rel=1e-9)
    assert stretch > 0.1 * expected


@settings(max_examples=25, deadline=None)
@given(
    safe=arrays(float, (25, 34), elements=st.floats(0, 1) | st.just(np.nan)),
    limit=st.integers(5, 20),
    slant=st.floats(0.0, 2e-4),
)
def test_no_map_of_chances_breaks_the_promise(safe: np.ndarray, limit: int, slant: float) -> None:
    widths = DX * (1 + slant * np.arange(25))
    difference, bound = gap(safe, (80.0, 110.0, 20.0), limit, widths)
    assert difference <= bound


@pytest.mark.parametrize("covariance", [ROUND, TURNED, TALL])
@pytest.mark.parametrize(("limit", "spread"), [(60, 0.0), (30, 6e-4), (20, 0.0)])
def test_hostile_maps_do_not_break_the_promise(covariance: Covariance, limit: int, spread: float) -> None:
    rng = np.random.default_rng(3)
    rows, cols = np.indices(SHAPE)
    widths = DX * (1 + np.linspace(0.0, spread, SHAPE[0]))
    k = landing_bounds(
        np.ones(SHAPE), dx_m=widths, dy_m=DY, covariance=covariance, largest_kernel_cells=limit
    ).factor
    maps = {
        "random": rng.uniform(size=SHAPE) < 0.5,
        "holes": np.where(rng.uniform(size=SHAPE) < 0.1, np.nan, 1.0),
        "checkerboard of blocks": (rows // k + cols // k) % 2,
        "halves of blocks": cols % k < k / 2,
        "west": cols < 90,
        "north": rows < 57,
        "north-west": cols * DX + rows * DY < 150,
        "tight": tight(rows, cols, k, covariance),
    }
    share = {}
    for name, safe in maps.items():
        difference, bound = gap(np.asarray(safe, float), covariance, limit, widths)
        assert difference <= bound, name
        share[name] = difference / bound
    if bound < 1.0:
        assert share["tight"] > 0.5  # the promise is not empty: this map nearly breaks it


@pytest.mark.parametrize("spread", [2e-3, 5e-3])
def test_coarse_rows_of_many_widths_keep_the_promise(spread: float) -> None:
    widths = DX * (1 - spread * np.arange(SHAPE[0]) / SHAPE[0])
    safe = np.random.default_rng(8).uniform(size=SHAPE) * (np.arange(SHAPE[1]) < 110)
    difference, bound = gap(safe, TURNED, 35, widths)
    assert difference <= bound


@pytest.mark.parametrize("covariance", [(5.0, 3.0, 1.5), TURNED, (1e6, 1e5, 0.0)])
def test_what_fits_has_the_bits_of_the_plain_sum(covariance: Covariance) -> None:
    safe = np.random.default_rng(5).uniform(size=(90, 131)).astype(np.float32)
    safe[4:9, 60] = np.nan
    arguments = {"dx_m": np.linspace(0.9, 0.901, 90), "dy_m": DY, "covariance": covariance}
    found = landing_bounds(safe, **arguments)
    for one, other in zip(landing_probability(safe, **arguments), found[:2], strict=True):
        np.testing.assert_array_equal(one, other)
    assert (found.factor, found.error_bound) == (1, 0.0)


def test_the_factor_is_the_smallest_that_fits() -> None:
    at = {"dx_m": np.full(SHAPE[0], DX), "dy_m": DY, "covariance": (1e6, 1e6, 0.0)}
    # 183 columns: 182 apart; in cells of 2, 92 and a frame of two: 93 apart; of 3, 61 and two: 62
    for limit, factor in ((182, 1), (181, 2), (93, 2), (92, 3), (62, 3), (61, 4)):
        assert landing_bounds(np.ones(SHAPE), largest_kernel_cells=limit, **at).factor == factor


def test_threads_do_not_change_a_bit() -> None:
    safe = np.random.default_rng(2).uniform(size=(700, 900))
    safe[100:120, 40:70] = np.nan
    at = {"dx_m": np.linspace(0.9, 0.9002, 700), "dy_m": DY, "covariance": TURNED, "largest_kernel_cells": 60}
    for one, other in zip(landing_bounds(safe, **at), landing_bounds(safe, threads=3, **at), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr])
def test_flips_agree_where_blocks_divide_the_raster(turn: Callable[[np.ndarray], np.ndarray]) -> None:
    safe = np.random.default_rng(6).uniform(size=(90, 132))
    safe[7:30, 3:9] = np.nan
    at = {"dx_m": np.full(90, DX), "dy_m": DY, "largest_kernel_cells": 68}
    found = landing_bounds(safe, covariance=TURNED, **at)
    mirrored = landing_bounds(turn(safe), covariance=(TURNED[0], TURNED[1], -TURNED[2]), **at)
    assert found.factor == 2
    for one, other in zip(found[:2], mirrored[:2], strict=True):
        np.testing.assert_allclose(one, turn(other), atol=2 * ONE_STEP, rtol=0)  # sums in another order


def test_bounds_of_a_cell_bound_the_chance_of_landing() -> None:
    rng = np.random.default_rng(4)
    lowest = rng.uniform(size=(60, 83))
    highest = lowest + rng.uniform(size=lowest.shape) * (1 - lowest)
    lowest[5, 7:20], highest[40:50, 3] = np.nan, np.nan
    at = {"dx_m": np.full(60, DX), "dy_m": DY, "covariance": (30.0, 50.0, 10.0)}
    expected = (
        landing_probability(np.nan_to_num(lowest, nan=0.0), **at)[0],
        landing_probability(np.nan_to_num(highest, nan=1.0), **at)[1],
    )
    plain = landing_probability_between((lowest, highest), **at)
    coarse = landing_bounds_between((lowest, highest), largest_kernel_cells=18, **at)
    for one, exact, wide in zip(expected, plain, coarse[:2], strict=True):
        np.testing.assert_array_equal(one, exact)
        assert np.abs(one - wide).max() <= coarse.error_bound < 0.2
    assert coarse.factor == 2


def test_wrong_limits_and_grids_are_refused() -> None:
    at = {"dx_m": np.ones(3), "dy_m": 1.0, "covariance": ROUND}
    with pytest.raises(ValueError, match="2 or more"):
        landing_bounds(np.ones((3, 5)), largest_kernel_cells=1, **at)
    with pytest.raises(ValueError, match="agree in shape"):
        landing_bounds_between((np.ones((3, 5)), np.ones((3, 6))), **at)
    with pytest.raises(ValueError, match="between 0 and 1"):
        landing_bounds_between((np.ones((3, 5)), np.full((3, 5), 1.5)), **at)
