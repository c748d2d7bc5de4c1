from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites import hazards
from jezero_sites.hazards import LimitedLayer, hazard_class, hazard_reason, marginal_threshold

UPPER = {"safe": 6.4, "marginal": 8.0, "unsafe": 8.0000001, "unknown": np.nan}  # limit 8, equality passes
LOWER = {"safe": -2400.0, "marginal": -3000.0, "unsafe": -3000.0001, "unknown": np.nan}  # limit -3000
FLAGS = (1, 2, 4, 8, 16, 32, 64, 128)


def decided(is_known: bool, states: tuple[str, ...]) -> int:
    if not is_known:
        return hazards.UNKNOWN
    for state, code in (
        ("unsafe", hazards.UNSAFE),
        ("unknown", hazards.UNKNOWN),
        ("marginal", hazards.MARGINAL),
    ):
        if state in states:
            return code
    return hazards.SAFE


def test_the_codes_and_flags_are_those_published() -> None:
    assert (hazards.UNKNOWN, hazards.SAFE, hazards.MARGINAL, hazards.UNSAFE) == (0, 1, 2, 3)
    names = ("SLOPE", "ROUGHNESS", "RELIEF", "ROCKS", "BEDFORMS", "CLEARANCE", "NOT_OBSERVED", "OTHER")
    assert tuple(getattr(hazards, name) for name in names) == FLAGS


def test_every_combination_is_decided_in_the_order_promised() -> None:
    cases = list(product((True, False), UPPER, LOWER, UPPER))
    elevation = np.array([[0.0 if case[0] else np.nan for case in cases]])
    columns = [
        np.array([[values[case[i]] for case in cases]]) for i, values in ((1, UPPER), (2, LOWER), (3, UPPER))
    ]
    limited = [
        LimitedLayer(columns[0], 8.0, 6.4, "max", hazards.SLOPE),
        LimitedLayer(columns[1], -3000.0, -2400.0, "min", hazards.OTHER),
        LimitedLayer(columns[2], 8.0, 6.4, "max", hazards.RELIEF),
    ]
    expected = [decided(case[0], case[1:]) for case in cases]
    assert hazard_class(elevation, limited)[0].tolist() == expected
    assert hazard_class(elevation, limited[::-1])[0].tolist() == expected
    bits = [
        sum(bit for bit, state in zip((1, 128, 4), case[1:], strict=True) if state == "unsafe")
        for case in cases
    ]
    assert hazard_reason(limited, shape=elevation.shape)[0].tolist() == bits


def test_ground_without_limits_is_safe_where_it_is_known() -> None:
    elevation = np.array([[1.0, np.nan, -2.0]])
    assert hazard_class(elevation, []).tolist() == [[1, 0, 1]]
    assert hazard_reason([], shape=(1, 3)).tolist() == [[0, 0, 0]]


def test_unobserved_ground_is_flagged_beside_the_limits() -> None:
    layer = LimitedLayer(np.array([[9.0, 9.0, 1.0]]), 8.0, 6.4, "max", hazards.ROUGHNESS)
    unseen = np.array([[False, True, True]])
    assert hazard_reason([layer], shape=(1, 3), not_observed=unseen).tolist() == [[2, 66, 64]]


def test_single_precision_is_compared_in_double() -> None:
    value = np.float32(0.1)  # 0.100000001490116 in double: just over the limit
    layer = LimitedLayer(np.array([[value]]), 0.1, 0.08, "max", hazards.ROUGHNESS)
    assert hazard_class(np.zeros((1, 1), np.float32), [layer]).tolist() == [[3]]


@pytest.mark.parametrize(
    ("limit", "kind", "threshold"),
    [
        (8.0, "max", 6.4),
        (-2000.0, "max", -2400.0),
        (0.0, "max", -0.2),
        (2.0, "min", 2.4),
        (-3000.0, "min", -2400.0),
        (0.0, "min", 0.2),
    ],
)
def test_marginal_ground_begins_a_fifth_of_the_limit_before_it(
    limit: float, kind: str, threshold: float
) -> None:
    found = marginal_threshold(limit, kind=kind, marginal_fraction=0.8)
    assert found == pytest.approx(threshold, rel=1e-14)  # 1 - 0.8 is not exactly 0.2


@settings(max_examples=100, deadline=None)
@given(
    limit=st.floats(-50.0, 50.0),
    value=st.floats(-90.0, 90.0),
    fraction=st.floats(0.0, 1.0),
    kind=st.sampled_from(["max", "min"]),
)
def test_class_follows_from_the_margin(limit: float, value: float, fraction: float, kind: str) -> None:
    margin = (limit - value if kind == "max" else value - limit) / (abs(limit) or 1.0)
    if min(abs(margin), abs(margin - (1.0 - fraction))) < 1e-9:
        return  # a tie within rounding is decided by the threshold, not by the margin
    expected = 3 if margin < 0 else 2 if margin < 1.0 - fraction else 1
    threshold = marginal_threshold(limit, kind=kind, marginal_fraction=fraction)
    layer = LimitedLayer(np.array([[value]]), limit, threshold, kind, hazards.OTHER)
    assert hazard_class(np.zeros((1, 1)), [layer]).tolist() == [[expected]]


@settings(max_examples=50, deadline=None)
@given(limit=st.floats(-1e4, 1e4), kind=st.sampled_from(["max", "min"]))
def test_a_value_equal_to_its_limit_passes(limit: float, kind: str) -> None:
    layer = LimitedLayer(np.full((2, 3), limit), limit, limit, kind, hazards.OTHER)
    assert np.all(hazard_class(np.zeros((2, 3)), [layer]) == hazards.SAFE)
    assert not hazard_reason([layer], shape=(2, 3)).any()


def test_wrong_limits_are_refused() -> None:
    values = np.zeros((2, 3))
    with pytest.raises(ValueError, match="'max' or 'min'"):
        LimitedLayer(values, 1.0, 0.5, "upper", 1)
    with pytest.raises(ValueError, match="not one flag"):
        LimitedLayer(values, 1.0, 0.5, "max", 3)
    with pytest.raises(ValueError, match="passing side"):
        LimitedLayer(values, 1.0, 1.5, "max", 1)
    with pytest.raises(ValueError, match="passing side"):
        LimitedLayer(values, 1.0, 0.5, "min", 1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        marginal_threshold(1.0, kind="max", marginal_fraction=1.1)
    with pytest.raises(ValueError, match=r"shape \(2, 3\), the grid \(3, 2\)"):
        hazard_class(np.zeros((3, 2)), [LimitedLayer(values, 1.0, 0.5, "max", 1)])
    with pytest.raises(ValueError, match=r"shape \(2, 3\), the grid \(3, 2\)"):
        hazard_reason([LimitedLayer(values, 1.0, 0.5, "max", 1)], shape=(3, 2))
