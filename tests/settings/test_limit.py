"""Limits: what they accept, how far a value lies inside them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.errors import SettingsError
from jezero_sites.settings import Limit


def limit(layer="roughness_m", **changed) -> Limit:
    unit = "deg" if layer.endswith("_deg") else "m"
    baseline = {"baseline_m": 5.0} if layer in ("slope_deg", "roughness_m") else {}
    given = {"value": 0.25, "kind": "max", "unit": unit, "source": "a test", "verified": False, **baseline}
    return Limit(layer, **{**given, **changed})


@pytest.mark.parametrize(
    ("kind", "bound", "value", "expected"),
    [
        ("max", 8.0, 6.0, 0.25),
        ("max", 8.0, 8.0, 0.0),
        ("max", 8.0, 10.0, -0.25),
        ("min", 8.0, 10.0, 0.25),
        ("min", 8.0, 6.0, -0.25),
        ("max", -2500.0, -3000.0, 0.2),
        ("max", -2500.0, -2000.0, -0.2),
        ("min", -2500.0, -2000.0, 0.2),
        ("max", 0.0, -3.0, 3.0),
        ("max", 0.0, 3.0, -3.0),
        ("min", 0.0, 3.0, 3.0),
        ("min", 0.0, -3.0, -3.0),
    ],
)
def test_margin_is_the_share_of_the_limit_that_is_left(kind, bound, value, expected):
    assert limit("elevation_m", kind=kind, value=bound).margin(value) == expected


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.sampled_from(["max", "min"]))
def test_margin_is_positive_exactly_where_the_value_passes(bound, value, kind):
    passes = value <= bound if kind == "max" else value >= bound
    assert (limit("elevation_m", kind=kind, value=bound).margin(value) >= 0) == passes


def test_margin_of_the_unknown_is_unknown():
    assert math.isnan(limit().margin(math.nan))


@pytest.mark.parametrize(
    ("layer", "length"), [("slope_20m_deg", 20.0), ("slope_2.5m_deg", 2.5), ("slope_200m_deg", 200.0)]
)
def test_name_of_a_slope_says_its_baseline(layer, length):
    assert limit(layer).baseline_m == length
    assert limit(layer, baseline_m=length) == limit(layer)


@pytest.mark.parametrize(
    ("layer", "changed", "match"),
    [
        ("roughness_m", {"kind": "maximum"}, r"limits.roughness_m.kind is 'maximum'; \"max\" or \"min\""),
        ("roughness_m", {"value": math.inf}, "finite"),
        ("roughness_m", {"value": math.nan}, "finite"),
        ("roughness_m", {"value": -0.1}, "limits.roughness_m.value is -0.1; 0 or more"),
        ("relief_m", {"value": -0.1}, "0 or more"),
        ("roughness_m", {"unit": "deg"}, '"m"'),
        ("slope_deg", {"unit": "m"}, '"deg"'),
        ("slope_20m_deg", {"unit": "m"}, '"deg"'),
        ("slope_deg", {"value": 0.0}, "between 0 and 90"),
        ("slope_deg", {"value": 90.0}, "between 0 and 90"),
        ("slope_deg", {"baseline_m": None}, "limits.slope_deg.baseline_m is None"),
        ("slope_deg", {"baseline_m": 0.0}, "more than 0"),
        ("roughness_m", {"baseline_m": -5.0}, "more than 0"),
        ("slope_20m_deg", {"baseline_m": 5.0}, "20, as the layer's name says"),
        ("slope_0m_deg", {}, "more than 0 m"),
        ("slope_" + "9" * 400 + "m_deg", {}, "more than 0 m"),
        ("elevation_m", {"baseline_m": 5.0}, "no baseline: elevation_m has none"),
        ("relief_m", {"baseline_m": 5.0}, "no baseline"),
    ],
)
def test_limit_that_makes_no_sense_is_refused(layer, changed, match):
    with pytest.raises(SettingsError, match=match):
        limit(layer, **changed)


def test_limit_of_zero_is_allowed_where_zero_means_something():
    assert limit("relief_m", value=0.0).margin(0.5) == -0.5
    assert limit("elevation_m", value=0.0).value == 0
