"""Candidates: peaks as a loop finds them, taken in order, kept apart on the ground."""

from __future__ import annotations

import itertools

import numpy as np
import pyproj
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jezero_sites.mars import MARS_RADIUS_M
from jezero_sites.sites import is_apart, peaks, preference

R = float(MARS_RADIUS_M)


def peaks_by_loop(probability: np.ndarray, passes: np.ndarray) -> list[tuple[int, int]]:
    rows, cols = probability.shape
    found = []
    for i, j in itertools.product(range(rows), range(cols)):
        if not passes[i, j]:
            continue
        around = [
            probability[k, m] if passes[k, m] else -1.0
            for k in range(max(i - 1, 0), min(i + 2, rows))
            for m in range(max(j - 1, 0), min(j + 2, cols))
        ]
        if probability[i, j] >= max(around):
            found.append((i, j))
    return found


@settings(max_examples=100, deadline=None)
@given(
    rows=st.integers(1, 12),
    cols=st.integers(1, 15),
    steps=st.sampled_from([2, 4, 1000]),
    share=st.sampled_from([0.2, 0.8, 1.0]),
    seed=st.integers(0, 99),
)
def test_peaks_are_those_of_a_loop(rows, cols, steps, share, seed):
    rng = np.random.default_rng(seed)
    probability = rng.integers(0, steps, (rows, cols)) / steps
    passes = rng.random((rows, cols)) < share
    assert list(zip(*peaks(probability, passes), strict=True)) == peaks_by_loop(probability, passes)


def test_every_cell_of_a_plateau_is_a_peak_and_no_cell_of_its_slope():
    probability = np.full((6, 9), 0.2)
    probability[2:4, 3:6] = 0.7
    rows, cols = peaks(probability, np.ones((6, 9), bool))
    on_top = {(r, c) for r in (2, 3) for c in (3, 4, 5)}
    assert on_top <= set(zip(rows.tolist(), cols.tolist(), strict=True))
    beside = {(r, c) for r in range(1, 5) for c in range(2, 7)} - on_top
    assert not beside & set(zip(rows.tolist(), cols.tolist(), strict=True))


def test_higher_neighbour_that_fails_the_gates_does_not_hide_a_peak():
    probability = np.array([[0.1, 0.9, 0.4, 0.2]])
    passes = np.array([[True, False, True, True]])
    assert [a.tolist() for a in peaks(probability, passes)] == [[0, 0], [0, 2]]


def test_probability_of_0_may_be_a_peak_and_no_gates_passed_gives_none():
    assert peaks(np.zeros((2, 3)), np.ones((2, 3), bool))[0].size == 6
    assert peaks(np.ones((2, 3)), np.zeros((2, 3), bool))[0].size == 0


def test_gates_are_left_as_they_were():
    passes = np.ones((3, 4), bool)
    peaks(np.arange(12.0).reshape(3, 4), passes)
    assert passes.all()


# ---- kept apart -------------------------------------------------------------------------------------------


def keep_apart(
    lon: np.ndarray, lat: np.ndarray, *, separation_m: float, most: int, radius_m: float
) -> list[int]:
    """Return which places are kept when they are taken one by one, each apart from those before it."""
    kept: list[int] = []
    for i in range(len(lon)):
        others = [(float(lon[k]), float(lat[k])) for k in kept]
        here = is_apart(lon[i : i + 1], lat[i : i + 1], others, separation_m=separation_m, radius_m=radius_m)
        if len(kept) < most and here[0]:
            kept.append(i)
    return kept


@settings(max_examples=60, deadline=None)
@given(
    places=st.lists(st.tuples(st.floats(77.40, 77.41), st.floats(18.44, 18.45)), max_size=25),
    separation=st.floats(0, 400),
    most=st.integers(1, 30),
)
def test_places_are_taken_greedily_and_measured_as_pyproj_measures(places, separation, most):
    geod = pyproj.Geod(a=R, b=R)
    expected: list[int] = []
    for i, place in enumerate(places):
        distances = [geod.inv(*place, *places[k])[2] for k in expected]
        assume(all(abs(d - separation) > 1e-4 for d in distances))  # ties have their own test
        if len(expected) < most and all(d >= separation for d in distances):
            expected.append(i)
    lon, lat = (np.array([p[k] for p in places], float) for k in (0, 1))
    assert keep_apart(lon, lat, separation_m=separation, most=most, radius_m=R) == expected


def test_a_place_that_was_dropped_keeps_no_other_away():
    lat = np.array([18.0, 18.001, 18.002])  # 59.27 m apart
    lon = np.full(3, 77.4)
    assert keep_apart(lon, lat, separation_m=100.0, most=9, radius_m=R) == [0, 2]
    assert keep_apart(lon[[1, 0, 2]], lat[[1, 0, 2]], separation_m=100.0, most=9, radius_m=R) == [0]


def test_separation_is_measured_on_the_ground_not_in_degrees():
    lon, lat = np.array([77.4, 77.401]), np.array([60.0, 60.0])  # 59.27 m at the equator, 29.6 m here
    assert keep_apart(lon, lat, separation_m=30.0, most=9, radius_m=R) == [0]
    assert keep_apart(lon, np.zeros(2), separation_m=30.0, most=9, radius_m=R) == [0, 1]


@pytest.mark.parametrize("start", np.linspace(18.4, 18.5, 40))
def test_places_at_the_separation_exactly_are_kept_whatever_the_rounding(start):
    sixty_m = np.degrees(60 / R)
    lat = np.array([start, start + sixty_m])
    assert keep_apart(np.full(2, 77.4), lat, separation_m=60.0, most=9, radius_m=R) == [0, 1]
    assert keep_apart(np.full(2, 77.4), lat, separation_m=60.001, most=9, radius_m=R) == [0]


def test_no_more_are_kept_than_wanted_and_nothing_gives_nothing():
    lat = np.arange(9) * 0.01
    assert keep_apart(np.zeros(9), lat, separation_m=10.0, most=4, radius_m=R) == [0, 1, 2, 3]
    assert keep_apart(np.array([]), np.array([]), separation_m=10.0, most=4, radius_m=R) == []
    assert keep_apart(np.zeros(3), np.zeros(3), separation_m=0.0, most=9, radius_m=R) == [0, 1, 2]


# ---- preference ---------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(rows=st.integers(1, 6), cols=st.integers(1, 7), seed=st.integers(0, 99))
def test_preference_is_probability_then_safe_radius_then_row_then_column(rows, cols, seed):
    rng = np.random.default_rng(seed)
    probability, radius = rng.integers(0, 3, (rows, cols)) / 2.0, rng.integers(0, 3, (rows, cols)) * 10.0
    r, c = (a.ravel() for a in np.indices((rows, cols)))
    shuffled = rng.permutation(rows * cols)
    r, c = r[shuffled], c[shuffled]
    expected = sorted(
        range(rows * cols), key=lambda i: (-probability[r[i], c[i]], -radius[r[i], c[i]], r[i], c[i])
    )
    assert preference(probability, radius, r, c).tolist() == expected
