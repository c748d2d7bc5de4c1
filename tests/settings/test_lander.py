"""A lander's legs, its belly and its divert: all of what belongs together, or none of it."""

from __future__ import annotations

import pytest

from jezero_sites.errors import SettingsError
from jezero_sites.settings import Divert, load_profile, parse_settings, settings_toml

BASE = '[profile]\nextends = "msr-srl-illustrative"\nname = "legs"\n'
LEGS = "legs = 3\nhub_to_pad_m = 2.0\npad_radius_m = 0.25\n"


def lander(text: str, more: str = "") -> str:
    return f'{BASE}[lander]\n{text}source = "test"\n{more}'


def test_default_lander_has_no_legs_and_no_divert():
    settings = load_profile()
    assert (settings.lander.legs, settings.lander.belly_clearance_m, settings.divert) == (None, None, None)


def test_legs_belly_and_divert_are_read_and_written():
    divert = '[divert]\nradius_m = 100.0\nsigma_m = 5.0\nsource = "test"\n'
    tilt = (
        '[limits.stance_tilt_deg]\nvalue = 12.0\nkind = "max"\nunit = "deg"\nsource = "t"\nverified = false\n'
    )
    clearance = (
        '[limits.clearance_m]\nvalue = 0.0\nkind = "min"\nunit = "m"\nsource = "t"\nverified = false\n'
    )
    text = lander(f"{LEGS}belly_clearance_m = 0.6\nclearance_sigmas = 2.0\n", divert + tilt + clearance)
    settings = parse_settings(text)
    assert (settings.lander.legs, settings.lander.hub_to_pad_m) == (3, 2.0)
    assert settings.divert == Divert(100.0, 5.0, "test")
    assert parse_settings(settings_toml(settings)) == settings


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ("legs = 4\n", "without hub_to_pad_m and pad_radius_m.*or none"),
        ("legs = 4\npad_radius_m = 0.2\n", "without hub_to_pad_m;"),
        (LEGS.replace("3", "5"), r"legs.*3 or 4"),
        (LEGS.replace("2.0", "0.0"), "hub_to_pad_m.*more than 0"),
        (LEGS.replace("0.25", "-0.25"), "pad_radius_m.*more than 0"),
        (LEGS.replace("0.25", "1.74"), "pad_radius_m.*less than 1.73: the pads would overlap"),
        (LEGS.replace("2.0", "3.1"), "hub_to_pad_m.*at most footprint_radius_m, 3"),
        ("belly_clearance_m = 0.6\n", "belly_clearance_m.*legs"),
        (f"{LEGS}belly_clearance_m = inf\n", "belly_clearance_m.*finite"),
        (f"{LEGS}clearance_sigmas = -1.0\n", "clearance_sigmas.*0 or more"),
        (f"{LEGS}clearance_sigmas = nan\n", "clearance_sigmas.*finite"),
    ],
)
def test_lander_that_makes_no_sense_is_refused(keys, match):
    with pytest.raises(SettingsError, match=f"E_SETTINGS_VALUE.*{match}"):
        parse_settings(lander(keys))


@pytest.mark.parametrize(
    ("layer", "kind", "unit", "match"),
    [
        ("stance_tilt_deg", "max", "deg", "without legs"),
        ("clearance_m", "min", "m", "without belly_clearance_m"),
        ("clearance_m", "max", "m", "more clearance is no hazard"),
        ("stance_tilt_deg", "min", "deg", "too little of it is no hazard"),
    ],
)
def test_limit_on_a_stance_needs_what_it_is_measured_with(layer, kind, unit, match):
    limit = (
        f'[limits.{layer}]\nvalue = 1.0\nkind = "{kind}"\nunit = "{unit}"\nsource = "t"\nverified = false\n'
    )
    with pytest.raises(SettingsError, match=f"E_SETTINGS_VALUE.*{match}"):
        parse_settings(BASE + limit)


@pytest.mark.parametrize("keys", ["radius_m = -1.0\nsigma_m = 0.0", "radius_m = 1.0\nsigma_m = inf"])
def test_divert_that_makes_no_sense_is_refused(keys):
    with pytest.raises(SettingsError, match=r"E_SETTINGS_VALUE.*(0 or more|finite)"):
        parse_settings(f'{BASE}[divert]\n{keys}\nsource = "test"\n')


def test_divert_without_a_source_is_refused():
    with pytest.raises(SettingsError, match=r"E_SETTINGS_MISSING.*source"):
        parse_settings(f"{BASE}[divert]\nradius_m = 1.0\nsigma_m = 0.0\n")
