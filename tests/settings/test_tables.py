"""Tables of settings: ranges, readings and what hangs together."""

from __future__ import annotations

import dataclasses
import math
import pickle

import pytest

from jezero_sites.errors import SettingsError
from jezero_sites.settings import (
    DEFAULT_BASELINE_M,
    DemError,
    Dispersion,
    Lander,
    Rocks,
    Search,
    ValueFunction,
    load_profile,
)

BASE = load_profile()
change = dataclasses.replace


def test_settings_cannot_be_changed_and_travel_between_processes():
    with pytest.raises(dataclasses.FrozenInstanceError, match="marginal_fraction"):
        BASE.marginal_fraction = 0.5
    assert pickle.loads(pickle.dumps(BASE)) == BASE


@pytest.mark.parametrize("radius", [0.0, -3.0, math.nan, math.inf])
def test_footprint_has_a_radius(radius):
    with pytest.raises(SettingsError, match=r"lander.footprint_radius_m is .*more than 0"):
        Lander(radius, "a test", False)


@pytest.mark.parametrize(
    ("reading", "ratio", "expected"), [("height", 0.5, 0.38), ("height", 0.4, 0.475), ("diameter", 0.4, 0.19)]
)
def test_critical_diameter_follows_the_reading(reading, ratio, expected):
    rocks = Rocks(0.19, reading, "a test", False, height_per_diameter=ratio)
    assert rocks.critical_diameter_m == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"reading": "width"}, '"height" or "diameter"'),
        ({"limit_m": 0.0}, "rocks.limit_m is 0.0; more than 0"),
        ({"height_per_diameter": 0.0}, "height_per_diameter is 0.0"),
        ({"abundance_fraction": 0.0}, "between 0 and 1"),
        ({"abundance_fraction": 1.1}, "between 0 and 1"),
        ({"largest_diameter_m": 0.38}, "more than the critical diameter, 0.38 m"),
        ({"largest_diameter_m": 0.37}, "more than the critical diameter"),
    ],
)
def test_rocks_that_make_no_sense_are_refused(changed, match):
    with pytest.raises(SettingsError, match=match):
        change(BASE.rocks, **changed)


def test_largest_rock_is_compared_with_the_diameter_of_the_reading():
    rocks = change(BASE.rocks, reading="diameter", largest_diameter_m=0.3)
    assert rocks.largest_diameter_m == 0.3  # under reading "height" 0.3 m is below the critical 0.38 m


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"sigma_m": -0.1}, "sigma_m is -0.1; 0 or more"),
        ({"model": "spherical"}, "one of white, gaussian, exponential, worst_gaussian"),
        ({"model": "gaussian"}, "a length above 0"),
        ({"model": "exponential", "length_m": 0.0}, "a length above 0"),
        ({"model": "white", "length_m": 3.0}, "no length for 'white'"),
        ({"length_m": 3.0}, "no length for 'worst_gaussian'.*gaussian"),
        ({"resolution_m": 0.0}, "resolution_m is 0.0; more than 0"),
    ],
)
def test_error_of_the_dem_that_makes_no_sense_is_refused(given, match):
    with pytest.raises(SettingsError, match=match):
        DemError(**{"sigma_m": 0.2, "source": "a test", **given})


def test_models_of_the_dem_error_take_a_length_or_none():
    assert DemError(0.0, "a test").model == "worst_gaussian"
    assert DemError(0.2, "a test", "gaussian", 7.0).length_m == 7
    assert DemError(0.2, "a test", "exponential", 7.0, 4.5).resolution_m == 4.5


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"minor_m": 0.0}, "minor_m is 0.0; more than 0"),
        ({"major_m": 50.0}, "major_m is 50.0; at least minor_m"),
        ({"percent": None}, "exactly one of the two"),
        ({"n_sigma": 3.0}, "exactly one of the two"),
        ({"percent": 100.0}, "between 0 and 100"),
        ({"percent": 0.0}, "between 0 and 100"),
        ({"percent": None, "n_sigma": 0.0}, "n_sigma is 0.0; more than 0"),
    ],
)
def test_dispersion_that_makes_no_sense_is_refused(changed, match):
    with pytest.raises(SettingsError, match=match):
        change(BASE.dispersion, **changed)


def test_dispersion_says_in_words_what_its_ellipse_is():
    assert BASE.dispersion.meaning == "99 % ellipse"
    assert Dispersion(9.0, 4.0, 30.0, "a test", n_sigma=2.5).meaning == "2.5-sigma ellipse"


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"site_radius_m": 0.0}, "search.site_radius_m is 0.0; more than 0"),
        ({"max_safe_radius_m": 0.0}, "search.max_safe_radius_m"),
        ({"separation_m": -1.0}, "search.separation_m is -1.0; 0 or more"),
        ({"min_safe_radius_m": -1.0}, "search.min_safe_radius_m"),
        ({"min_safe_radius_m": 201.0}, "at most max_safe_radius_m, 200"),
        ({"min_landing_probability": 1.1}, "between 0 and 1"),
        ({"min_landing_probability": -0.1}, "between 0 and 1"),
        ({"max_sites": 0}, "at least 1"),
    ],
)
def test_search_that_makes_no_sense_is_refused(changed, match):
    with pytest.raises(SettingsError, match=match):
        change(BASE.search, **changed)


def test_search_may_have_no_gates():
    search = Search(1.0, 0.0, 0.0, 0.0, 1, "a test")
    assert search.min_safe_radius_m == 0


@pytest.mark.parametrize(
    ("x", "y", "match"),
    [
        ((0.0, 1.0), (0.0,), "two lists of equal length, 2 or more"),
        ((0.0,), (0.0,), "two lists of equal length, 2 or more"),
        ((1.0, 1.0), (0.0, 1.0), "rising"),
        ((2.0, 1.0), (0.0, 1.0), "rising"),
        ((0.0, 1.0), (0.0, 1.5), "between 0 and 1"),
        ((0.0, 1.0), (-0.1, 1.0), "between 0 and 1"),
    ],
)
def test_value_function_that_makes_no_sense_is_refused_by_its_column(x, y, match):
    with pytest.raises(SettingsError, match=f"value from 'slope_max_deg'.*{match}"):
        ValueFunction("slope_max_deg", x, y, "a test")


def test_slope_and_roughness_are_measured_about_one_plane():
    slope, roughness = BASE.limits
    with pytest.raises(SettingsError, match=r"'slope_deg': 5.0, 'roughness_m': 6.0.*one baseline"):
        change(BASE, limits=(slope, change(roughness, baseline_m=6.0)))
    assert (
        change(BASE, limits=(change(slope, baseline_m=6.0), change(roughness, baseline_m=6.0))).baseline_m
        == 6
    )


def test_baseline_is_that_of_the_limits_or_the_default():
    slope, roughness = (change(m, baseline_m=7.0) for m in BASE.limits)
    assert change(BASE, limits=(slope,)).baseline_m == 7
    assert change(BASE, limits=(roughness,)).baseline_m == 7
    assert change(BASE, limits=()).baseline_m == DEFAULT_BASELINE_M == 5
    further = change(slope, layer="slope_20m_deg", baseline_m=20.0)
    assert change(BASE, limits=(further, roughness)).baseline_m == 7


def test_limit_is_found_by_its_layer():
    assert BASE.limit("roughness_m") is BASE.limits[1]
    assert BASE.limit("relief_m") is None


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        ({"marginal_fraction": 1.1}, "limits.marginal_fraction is 1.1; between 0 and 1"),
        ({"marginal_fraction": -0.1}, "between 0 and 1"),
        ({"weights": {}}, "at least one above 0"),
        ({"weights": {"margin": 0.0}}, "at least one above 0"),
        ({"weights": {"margin": -1.0, "sample_distance": 3.0}}, "weights.margin is -1.0; 0 or more"),
        ({"weights": {"nearness": 1.0}}, r"a table \[value.nearness\]"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changed, match):
    with pytest.raises(SettingsError, match=match):
        change(BASE, **changed)
