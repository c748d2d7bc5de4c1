"""Scores: fixed value functions, means that stay between 0 and 1, ties by the order that is promised."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.sites import binding, rank_order, value, weighted_mean


def test_value_is_linear_between_its_corners_and_level_beyond():
    found = value([-5.0, 0.0, 1.0, 2.5, 4.0, 99.0], x=[0.0, 2.0, 4.0], y=[0.2, 1.0, 0.0])
    np.testing.assert_allclose(found, [0.2, 0.2, 0.6, 0.75, 0, 0], rtol=1e-15)


def test_missing_input_is_worth_nothing_even_where_little_is_worth_much():
    assert value([np.nan, np.inf, -np.inf], x=[0.0, 3000.0], y=[1.0, 0.0]).tolist() == [0, 0, 1]
    assert float(value(np.nan, x=[0.0, 1.0], y=[1.0, 1.0])) == 0


@settings(max_examples=100, deadline=None)
@given(
    weights=st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=5),
    seed=st.integers(0, 99),
)
def test_weighted_mean_lies_between_its_parts(weights, seed):
    rng = np.random.default_rng(seed)
    parts = {f"p{i}": rng.random(4) for i in range(len(weights))}
    found = weighted_mean(parts, {f"p{i}": w for i, w in enumerate(weights)})
    table = np.array(list(parts.values()))
    np.testing.assert_allclose(found, np.average(table, axis=0, weights=weights), rtol=1e-12)
    assert np.all(found <= table.max(axis=0) * (1 + 1e-12))


def test_only_weighted_parts_count_and_weights_are_shares():
    parts = {
        "near": np.array([1.0, 0.0, 0.5]),
        "margin": np.array([0.5, 1.0, 0.0]),
        "other": np.full(3, np.nan),
    }
    assert weighted_mean(parts, {"near": 1.0, "margin": 3.0}).tolist() == [0.625, 0.75, 0.125]
    assert weighted_mean(parts, {"near": 2.0, "margin": 6.0}).tolist() == [0.625, 0.75, 0.125]
    assert weighted_mean(parts, {"near": 2.0}).tolist() == [1.0, 0.0, 0.5]


def test_ranks_go_by_score_then_row_then_column():
    score = np.array([0.5, 0.9, 0.5, 0.5, 0.9])
    rows, cols = [7, 3, 2, 2, 3], [1, 9, 8, 4, 2]
    assert rank_order(score, rows, cols).tolist() == [4, 1, 3, 2, 0]
    assert rank_order(np.array([]), [], []).tolist() == []


def test_binding_limit_is_the_one_with_the_least_margin():
    margins = {"slope_deg": np.array([0.3, 0.1, -0.2]), "roughness_m": np.array([0.2, 0.4, -0.1])}
    names, margin = binding(margins)
    assert names == ["roughness_m", "slope_deg", "slope_deg"]
    assert margin.tolist() == [0.2, 0.1, -0.2]


def test_ties_of_margins_go_to_the_first_limit():
    equal = np.array([0.25])
    assert binding({"b": equal, "a": equal})[0] == ["b"]
    assert binding({"a": equal, "b": equal})[0] == ["a"]


def test_limit_that_could_not_be_measured_does_not_bind():
    nan = np.nan
    names, margin = binding({"a": np.array([nan, 0.5, nan]), "b": np.array([0.7, nan, nan])})
    assert names == ["b", "a", ""]
    np.testing.assert_array_equal(margin, [0.7, 0.5, nan])


def test_no_limits_and_no_sites_bind_nothing():
    names, margin = binding({})
    assert names == []
    assert margin.size == 0
    names, margin = binding({"a": np.array([]), "b": np.array([])})
    assert names == []
    assert margin.size == 0


@pytest.mark.parametrize("shift", [0.0, 7.5])
def test_value_does_not_look_at_the_other_sites(shift):
    alone = value([3.0], x=[0.0, 8.0], y=[0.0, 1.0])
    among = value([3.0, 3.0 + shift, -100.0], x=[0.0, 8.0], y=[0.0, 1.0])
    assert alone[0] == among[0] == 0.375
