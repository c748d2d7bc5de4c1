"""Driving costs: exact along straight steps, Dijkstra's result everywhere, scikit-image's with eight steps."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.graph import MCP_Geometric

from jezero_sites.sites.cost_distance import AROUND, KNIGHT, cost_distance

WIDTHS = np.linspace(1.9, 2.3, 31)


def ground(seed, shape=(31, 47), holes=0.15):
    rng = np.random.default_rng(seed)
    cost = np.exp(rng.normal(0, 1.2, shape))
    cost[rng.random(shape) < holes] = np.nan
    cost[4, 7] = 1.0
    return cost


def by_heap(cost, start, dx_m, dy_m, steps):
    """Dijkstra's algorithm as in a textbook."""
    cost = np.where(np.isnan(cost), np.inf, cost)
    found = np.full(cost.shape, np.inf)
    found[start] = 0.0
    queue = [(0.0, start)]
    while queue:
        so_far, (i, j) = heapq.heappop(queue)
        if so_far > found[i, j]:
            continue
        for di, dj in steps:
            k, m = i + di, j + dj
            if not (0 <= k < cost.shape[0] and 0 <= m < cost.shape[1]):
                continue
            across = dj * 0.5 * (dx_m[i] + dx_m[k])
            length = math.sqrt(across * across + (di * dy_m) ** 2)
            if abs(di) + abs(dj) < 3:
                step = length * 0.5 * (cost[i, j] + cost[k, m])
            else:
                passed = (
                    cost[i + di // 2, j] + cost[i + di // 2, m]
                    if abs(di) == 2
                    else cost[i, j + dj // 2] + cost[k, j + dj // 2]
                )
                step = length * 0.25 * ((cost[i, j] + cost[k, m]) + passed)
            if so_far + step < found[k, m]:
                found[k, m] = so_far + step
                heapq.heappush(queue, (found[k, m], (k, m)))
    return np.where(np.isinf(found), np.nan, found)


def test_on_uniform_ground_the_axes_and_diagonals_are_exact_and_nothing_is_too_short():
    found = cost_distance(
        np.full((41, 61), 2.0), source_rows=[20], source_cols=[30], dx_m=np.full(41, 1.5), dy_m=2.5
    )
    rows, cols = np.indices((41, 61))
    straight = 2.0 * np.hypot((cols - 30) * 1.5, (rows - 20) * 2.5)
    np.testing.assert_allclose(found[20], straight[20], rtol=1e-12)
    np.testing.assert_allclose(found[:, 30], straight[:, 30], rtol=1e-12)
    np.testing.assert_allclose(found[30, 40], straight[30, 40], rtol=1e-12)
    np.testing.assert_allclose(found[22, 31], straight[22, 31], rtol=1e-12)
    assert (found >= straight * (1 - 1e-12)).all()


@pytest.mark.parametrize(("neighbours", "bound"), [(8, 0.0824), (16, 0.0275)])
def test_square_cells_overstate_a_line_by_no_more_than_is_said(neighbours, bound):
    found = cost_distance(
        np.ones((161, 161)),
        source_rows=[80],
        source_cols=[80],
        dx_m=np.ones(161),
        dy_m=1.0,
        neighbours=neighbours,
    )
    rows, cols = np.indices(found.shape) - 80
    straight = np.hypot(rows, cols)
    over = found[straight > 0] / straight[straight > 0] - 1
    assert 0.8 * bound < over.max() <= bound + 1e-4


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_it_is_dijkstras_result_to_the_last_bit(seed):
    cost = ground(seed)
    for neighbours, steps in ((8, AROUND), (16, AROUND + KNIGHT)):
        found = cost_distance(
            cost, source_rows=[4], source_cols=[7], dx_m=WIDTHS, dy_m=1.3, neighbours=neighbours
        )
        np.testing.assert_array_equal(found, by_heap(cost, (4, 7), WIDTHS, 1.3, steps))


def test_with_eight_steps_it_is_scikit_images():
    cost = ground(3, shape=(90, 120))
    other = MCP_Geometric(np.where(np.isnan(cost), -1, cost), sampling=(1.3, 2.1))  # below 0: nothing passes
    truth, _ = other.find_costs([(4, 7), (80, 100)] if np.isfinite(cost[80, 100]) else [(4, 7)])
    rows, cols = ([4, 80], [7, 100]) if np.isfinite(cost[80, 100]) else ([4], [7])
    found = cost_distance(
        cost, source_rows=rows, source_cols=cols, dx_m=np.full(90, 2.1), dy_m=1.3, neighbours=8
    )
    np.testing.assert_allclose(found, np.where(np.isinf(truth), np.nan, truth), rtol=1e-9)


def test_costs_that_differ_a_million_times_need_no_more_buckets_than_there_are():
    cost = ground(8)
    cost[10:20, 10:30] *= 1e6
    found = cost_distance(cost, source_rows=[4], source_cols=[7], dx_m=WIDTHS, dy_m=1.3)
    np.testing.assert_array_equal(found, by_heap(cost, (4, 7), WIDTHS, 1.3, AROUND + KNIGHT))


def test_nothing_passes_a_wall_or_leaps_over_it():
    cost = np.ones((9, 12))
    cost[:, 5] = np.nan
    found = cost_distance(cost, source_rows=[4], source_cols=[2], dx_m=np.ones(9), dy_m=1.0)
    assert np.isnan(found[:, 5:]).all()
    assert np.isfinite(found[:, :5]).all()
    cost[0, 5] = 1.0
    around = cost_distance(cost, source_rows=[4], source_cols=[2], dx_m=np.ones(9), dy_m=1.0)
    assert around[8, 7] > 8 + 3  # the way round the open end


@pytest.mark.parametrize("turn", [np.flipud, np.fliplr])
def test_it_does_not_depend_on_which_way_the_raster_lies(turn):
    cost = ground(5)
    source = np.zeros(cost.shape, bool)
    source[4, 7] = True
    rows, cols = np.nonzero(turn(source))
    widths = WIDTHS[::-1] if turn is np.flipud else WIDTHS
    found = cost_distance(turn(cost), source_rows=rows, source_cols=cols, dx_m=widths, dy_m=1.3)
    whole = cost_distance(cost, source_rows=[4], source_cols=[7], dx_m=WIDTHS, dy_m=1.3)
    np.testing.assert_allclose(turn(found), whole, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source_rows": [31]}, "off the raster"),
        ({"source_rows": [0], "source_cols": [0]}, "nothing can pass"),
        ({"neighbours": 4}, "must be 8 or 16"),
        ({"cost_per_m": np.zeros((31, 47))}, "more than nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(change, words):
    cost = ground(1)
    cost[0, 0] = np.nan
    given = {"cost_per_m": cost, "source_rows": [4], "source_cols": [7], "dx_m": WIDTHS, "dy_m": 1.3} | change
    with pytest.raises(ValueError, match=words):
        cost_distance(given.pop("cost_per_m"), **given)
