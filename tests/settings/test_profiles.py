"""Built-in profiles: complete, sourced, read back from their own output, and extended honestly."""

from __future__ import annotations

import dataclasses
import re
import tomllib

import pytest

from jezero_sites.errors import SettingsError
from jezero_sites.settings import (
    DEFAULT_PROFILE,
    Limit,
    load_profile,
    parse_settings,
    profile_names,
    profile_text,
    settings_dict,
    settings_toml,
)

ILLUSTRATIVE = "illustrative, not a mission value"
NAMES = profile_names()


def sourced_tables(settings):
    """Return every table that carries numbers and a source, by name."""
    tables = {n: getattr(settings, n) for n in ("lander", "rocks", "dem_error", "dispersion", "search")}
    return {**tables, **{m.layer: m for m in settings.limits}, **dict(settings.values)}


def test_default_profile_comes_first_and_each_once():
    assert NAMES[0] == DEFAULT_PROFILE == "msr-srl-illustrative"
    assert {"msl", "mars2020", "insight"} <= set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_profile_is_called_what_its_file_is_called(name):
    assert load_profile(name).profile.name == name
    assert load_profile(name).profile.summary


@pytest.mark.parametrize("name", NAMES)
def test_profile_reads_back_from_its_own_output_as_it_was(name):
    settings = load_profile(name)
    text = settings_toml(settings)
    again = parse_settings(text)
    assert again == settings
    assert settings_toml(again) == text
    assert settings_dict(again) == tomllib.loads(text)


@pytest.mark.parametrize("name", NAMES)
def test_output_says_every_key_that_the_profile_says(name):
    def keys(table, where=""):
        for key, value in table.items():
            yield f"{where}{key}"
            if isinstance(value, dict):
                yield from keys(value, f"{where}{key}.")

    assert set(keys(tomllib.loads(profile_text(name)))) <= set(keys(settings_dict(load_profile(name))))


@pytest.mark.parametrize("name", NAMES)
def test_every_number_has_a_source(name):
    for table in sourced_tables(load_profile(name)).values():
        assert len(table.source) >= len("unverified")


@pytest.mark.parametrize("name", NAMES)
def test_limits_lander_and_rocks_say_whether_they_are_verified(name):
    tables = [
        t
        for t in sourced_tables(load_profile(name)).values()
        if isinstance(getattr(t, "verified", None), bool)
    ]
    assert sum(isinstance(t, Limit) for t in tables) == len(load_profile(name).limits)
    assert len(tables) == len(load_profile(name).limits) + 2


@pytest.mark.parametrize("name", NAMES)
def test_nothing_unverified_or_illustrative_is_called_verified(name):
    for table in sourced_tables(load_profile(name)).values():
        if re.search("unverified|illustrative|transcription", table.source):
            assert getattr(table, "verified", False) is False


def test_verified_limits_are_those_of_the_msl_guide_alone():
    verified = {
        (name, m.layer, m.value, m.baseline_m)
        for name in NAMES
        for m in load_profile(name).limits
        if m.verified
    }
    assert verified == {
        ("msl", "slope_deg", 15.0, 5.0),
        ("msl", "slope_20m_deg", 15.0, 20.0),
        ("msl", "slope_200m_deg", 5.0, 200.0),
        ("msl", "elevation_m", 1000.0, None),
    }
    assert load_profile("msl").rocks.limit_m == 0.55


# ---- the illustrative profile -------------------------------------------------------------------------


def test_illustrative_profile_holds_the_values_that_are_promised():
    s = load_profile()
    assert s.lander.footprint_radius_m == 3
    assert [m.layer for m in s.limits] == ["slope_deg", "roughness_m"]
    slope, roughness = s.limits
    assert (slope.value, slope.kind, slope.unit, slope.baseline_m) == (8, "max", "deg", 5)
    assert (roughness.value, roughness.kind, roughness.unit, roughness.baseline_m) == (0.10, "max", "m", 5)
    assert s.marginal_fraction == 0.8
    assert (s.rocks.limit_m, s.rocks.reading, s.rocks.critical_diameter_m) == (0.19, "height", 0.38)
    assert s.rocks.abundance_fraction is None
    assert (s.dem_error.sigma_m, s.dem_error.model, s.dem_error.length_m) == (0.2, "worst_gaussian", None)
    d = s.dispersion
    assert (d.major_m, d.minor_m, d.percent, d.n_sigma, d.azimuth_deg) == (60, 60, 99, None, 0)
    f = s.search
    assert (f.site_radius_m, f.separation_m, f.min_safe_radius_m) == (60, 60, 60)
    assert (f.min_landing_probability, f.max_sites, f.max_safe_radius_m) == (0.5, 20, 200)
    assert s.weights == {"sample_distance": 0.5, "margin": 0.5}
    near, margin = s.values["sample_distance"], s.values["margin"]
    assert (near.column, near.x, near.y) == ("nearest_sample_distance_m", (0, 3000), (1, 0))
    assert (margin.column, margin.x, margin.y) == ("binding_margin", (0, 1), (0, 1))
    assert set(s.values) == set(s.weights)


def test_illustrative_profile_says_so_of_everything():
    settings = load_profile()
    for table in sourced_tables(settings).values():
        assert ILLUSTRATIVE in table.source
    assert not any(getattr(t, "verified", False) for t in sourced_tables(settings).values())
    assert "illustrative" in settings.profile.name
    assert "illustrative" in settings.profile.summary


@pytest.mark.parametrize("name", NAMES)
def test_numbers_outside_sourced_tables_say_illustrative_beside_them(name):
    text = profile_text(name)
    assert re.search(r"^marginal_fraction = .*# .*illustrative", text, re.MULTILINE)
    if name == DEFAULT_PROFILE:
        assert re.search(r"^\[weights\] +# .*illustrative", text, re.MULTILINE)


# ---- names and extension ------------------------------------------------------------------------------


def test_unknown_profile_names_the_nearest_and_all():
    with pytest.raises(
        SettingsError, match=r"E_PROFILE.*'mars2002'; did you mean 'mars2020'\?.*insight.*msl"
    ):
        load_profile("mars2002")
    for name in ("", "../profiles/msl", "msl.toml", "MSL"):
        with pytest.raises(SettingsError, match="E_PROFILE"):
            profile_text(name)


def extending(rest: str, base: str = "msl"):
    return parse_settings(f'[profile]\nextends = "{base}"\n{rest}', file="own.toml")


@pytest.mark.parametrize("name", NAMES)
def test_file_that_only_extends_a_profile_is_that_profile(name):
    assert extending("", name) == load_profile(name)


def test_file_changes_what_it_names_and_nothing_else():
    own = extending("[search]\nmax_sites = 3\nsource = 'my choice'\n[value.margin]\ny = [0.5, 1.0]\n")
    base = load_profile("msl")
    assert own.search == dataclasses.replace(base.search, max_sites=3, source="my choice")
    assert own.values["margin"].y == (0.5, 1.0)
    assert own.values["margin"].x == base.values["margin"].x
    for name in ("profile", "lander", "limits", "rocks", "dem_error", "dispersion", "weights"):
        assert getattr(own, name) == getattr(base, name)


def test_file_may_add_a_limit_and_rename_the_profile():
    own = extending(
        'name = "ours"\n[limits.relief_m]\nvalue = 0.5\nkind = "max"\nunit = "m"\nsource = "us"\nverified = false\n'
    )
    assert own.profile.name == "ours"
    assert own.profile.summary == load_profile("msl").profile.summary
    assert [m.layer for m in own.limits] == [*(m.layer for m in load_profile("msl").limits), "relief_m"]


def test_changed_number_does_not_keep_the_profiles_source_nor_its_verification():
    limit = extending("[limits.slope_deg]\nvalue = 40\n").limit("slope_deg")
    assert limit.value == 40
    assert not limit.verified
    assert limit.source.startswith("set by the user; the profile has: MSL landing site engineering guide")


def test_changed_number_with_a_source_is_verified_only_if_the_file_says_so():
    change = "[limits.slope_deg]\nvalue = 14\nsource = 'our guide'\n"
    assert extending(change).limit("slope_deg").source == "our guide"
    assert not extending(change).limit("slope_deg").verified
    assert extending(change + "verified = true\n").limit("slope_deg").verified


def test_number_that_is_only_repeated_keeps_its_source():
    assert extending("[limits.slope_deg]\nvalue = 15.0\n") == load_profile("msl")


def test_dispersion_may_change_from_percent_to_sigma():
    d = extending("[dispersion]\nn_sigma = 3\nsource = 'us'\n").dispersion
    assert (d.n_sigma, d.percent, d.meaning) == (3, None, "3-sigma ellipse")
    with pytest.raises(SettingsError, match="exactly one of the two"):
        extending("[dispersion]\nn_sigma = 3\npercent = 90\nsource = 'us'\n")


@pytest.mark.parametrize(
    ("head", "match"),
    [
        ('[profile]\nextends = "mls"\n', r"E_PROFILE\] own.toml: unknown profile 'mls'; did you mean 'msl'"),
        ("[profile]\nextends = 5\n", r"E_SETTINGS_VALUE\] own.toml: profile.extends"),
        ("profile = 5\n", r"E_SETTINGS_VALUE\] own.toml: profile is 5; a table"),
    ],
)
def test_profile_to_extend_must_exist(head, match):
    with pytest.raises(SettingsError, match=match):
        parse_settings(head, file="own.toml")
