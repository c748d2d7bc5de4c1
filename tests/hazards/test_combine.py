from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jezero_sites.hazards import safe_probability, slope_exceedance_quadrature

SHAPE = (2, 3)
KNOWN = np.zeros(SHAPE, dtype=bool)
PASSES = np.ones(SHAPE, dtype=bool)


def test_slope_and_rocks_multiply() -> None:
    # 8 degrees measured against a limit of 10, planes through 5 x 5 cells of 1 m, 0.2 m of white noise: 0.11998
    sigma = 0.2 * np.sqrt(12 / (25 * 24))
    tangents = np.tan(np.radians([8.0, 10.0]))
    chance = slope_exceedance_quadrature(
        tangents[0], 0.0, sigma_gx=sigma, sigma_gy=sigma, limit_tan=tangents[1]
    )
    slope = np.full(SHAPE, chance)
    found = safe_probability(gates=[PASSES], slope_exceedance=slope, rock_rate=0.11011655, unknown=KNOWN)
    np.testing.assert_allclose(found, 0.788264, atol=6e-7)  # printed digits
    rates = np.full(SHAPE, 0.11011655)
    np.testing.assert_array_equal(
        safe_probability(gates=[], slope_exceedance=slope, rock_rate=rates, unknown=KNOWN), found
    )


def test_a_gate_that_fails_leaves_no_chance_on_known_ground() -> None:
    fails, unknown = np.array([[True, False, True], [True, True, False]]), KNOWN.copy()
    unknown[1, 2] = unknown[0, 0] = True
    found = safe_probability(gates=[PASSES, fails], slope_exceedance=np.full(SHAPE, 0.25), unknown=unknown)
    np.testing.assert_array_equal(found, [[np.nan, 0.0, 0.75], [0.75, 0.75, np.nan]])


def test_without_any_limit_known_ground_is_safe() -> None:
    unknown = np.array([[False, True, False], [False, False, False]])
    found = safe_probability(gates=[], slope_exceedance=None, unknown=unknown)
    np.testing.assert_array_equal(found, [[1.0, np.nan, 1.0], [1.0, 1.0, 1.0]])


def test_an_unknown_factor_is_never_counted_as_safe() -> None:
    slope = np.array([[0.5, np.nan, 0.5], [0.5, 0.5, 0.5]])
    rate = np.array([[0.0, 0.0, np.nan], [0.0, 0.0, 0.0]])
    gate = np.zeros(SHAPE, dtype=bool)
    found = safe_probability(gates=[gate], slope_exceedance=slope, rock_rate=rate, unknown=KNOWN)
    np.testing.assert_array_equal(found, [[0.0, np.nan, np.nan], [0.0, 0.0, 0.0]])


@settings(max_examples=60, deadline=None)
@given(
    slope=arrays(float, SHAPE, elements=st.floats(0, 1)),
    rate=arrays(float, SHAPE, elements=st.floats(0, 20)),
    gate=arrays(bool, SHAPE),
    unknown=arrays(bool, SHAPE),
)
def test_every_hazard_only_takes_away(
    slope: np.ndarray, rate: np.ndarray, gate: np.ndarray, unknown: np.ndarray
) -> None:
    kept = slope.copy(), rate.copy(), gate.copy(), unknown.copy()
    found = safe_probability(gates=[gate], slope_exceedance=slope, rock_rate=rate, unknown=unknown)
    without = safe_probability(gates=[], slope_exceedance=slope, unknown=unknown)
    np.testing.assert_array_equal(np.isnan(found), unknown)
    assert np.all(found[~unknown] <= without[~unknown])
    assert np.all((found[~unknown] >= 0) & (without[~unknown] <= 1))
    for before, after in zip(kept, (slope, rate, gate, unknown), strict=True):
        np.testing.assert_array_equal(before, after)


def test_layers_of_another_shape_are_refused() -> None:
    wrong = np.zeros((3, 2))
    with pytest.raises(ValueError, match="slope_exceedance has shape"):
        safe_probability(gates=[], slope_exceedance=wrong, unknown=KNOWN)
    with pytest.raises(ValueError, match="rock_rate has shape"):
        safe_probability(gates=[], slope_exceedance=None, rock_rate=wrong, unknown=KNOWN)
    with pytest.raises(ValueError, match="gate has shape"):
        safe_probability(gates=[wrong > 0], slope_exceedance=None, unknown=KNOWN)
