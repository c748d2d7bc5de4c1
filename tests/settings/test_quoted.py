"""Accuracies as sources quote them become standard deviations and ellipses; the quotation stays in the source."""

from __future__ import annotations

import pytest

from jezero_sites.errors import SettingsError
from jezero_sites.settings import load_profile, parse_settings, settings_toml

BASE = '[profile]\nextends = "msr-srl-illustrative"\nname = "quoted"\n'


@pytest.mark.parametrize(("key", "sigma"), [("le90_m = 0.329", 0.2000177), ("nmad_m = 0.2", 0.2)])
def test_quoted_height_error_becomes_one_sigma(key, sigma):
    settings = parse_settings(f'{BASE}[dem_error]\n{key}\nsource = "label"\n')
    assert settings.dem_error.sigma_m == pytest.approx(sigma, rel=1e-6)
    assert settings.dem_error.source == f"label (quoted as {key})"


@pytest.mark.parametrize(
    ("key", "percent"), [("cep_m", 50.0), ("ce90_m", 90.0), ("ce95_m", 95.0), ("ce99_m", 99.0)]
)
def test_quoted_circle_holds_its_share_of_touchdowns(key, percent):
    dispersion = parse_settings(f'{BASE}[dispersion]\n{key} = 25.0\nsource = "press kit"\n').dispersion
    assert (dispersion.major_m, dispersion.minor_m, dispersion.percent) == (25.0, 25.0, percent)
    assert dispersion.source == f"press kit (quoted as {key} = 25)"


def test_standard_deviations_are_the_axes_of_a_one_sigma_ellipse():
    table = '[dispersion]\nsigma_major_m = 20.0\nsigma_minor_m = 13.0\nazimuth_deg = 30.0\nsource = "test"\n'
    dispersion = parse_settings(BASE + table).dispersion
    assert (dispersion.major_m, dispersion.minor_m, dispersion.n_sigma) == (20.0, 13.0, 1.0)
    assert (dispersion.percent, dispersion.azimuth_deg) == (None, 30.0)


def test_profile_reads_back_from_what_quotations_became():
    settings = parse_settings(f'{BASE}[dispersion]\ncep_m = 25.0\nsource = "a"\n[dem_error]\nle90_m = 0.3\n')
    assert parse_settings(settings_toml(settings)) == settings


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ("[dispersion]\ncep_m = 20.0\nce90_m = 40.0", "given by cep_m and ce90_m"),
        ("[dispersion]\ncep_m = 20.0\npercent = 99.0", "given by cep_m and percent"),
        ("[dispersion]\nsigma_major_m = 20.0", "sigma_major_m and sigma_minor_m alone"),
        ("[dispersion]\nsigma_major_m = 20.0\nsigma_minor_m = 9.0\nn_sigma = 3.0", "sigma_minor_m alone"),
        ("[dispersion]\ncep_m = 0.0", "number above 0"),
        ('[dispersion]\ncep_m = "20"', "number above 0"),
        ("[dispersion]\ncep_m = inf", "number above 0"),
        ("[dem_error]\nle90_m = 0.3\nsigma_m = 0.2", "given by le90_m and sigma_m"),
        ("[dem_error]\nle90_m = 0.3\nnmad_m = 0.2", "given by le90_m and nmad_m"),
        ("[dem_error]\nnmad_m = -0.2", "number above 0"),
        ("[dem_error]\nnmad_m = true", "number above 0"),
    ],
)
def test_quotation_that_makes_no_sense_is_refused(table, match):
    with pytest.raises(SettingsError, match=f"E_SETTINGS_VALUE.*{match}"):
        parse_settings(f"{BASE}{table}\n")


def test_error_with_a_table_of_correlations_is_read_and_written():
    table = '[dem_error]\nmodel = "table"\nlag_m = [0.0, 2.0, 5.0]\ncorrelation = [1.0, 0.4, -0.1]\nsource = "fit"\n'
    settings = parse_settings(BASE + table)
    assert settings.dem_error.table == ((0.0, 2.0, 5.0), (1.0, 0.4, -0.1))
    assert parse_settings(settings_toml(settings)) == settings
    assert load_profile().dem_error.table is None


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ('model = "table"', "equal length"),
        ('model = "table"\nlag_m = [0.0, 2.0]\ncorrelation = [1.0]', "equal length"),
        ('model = "table"\nlag_m = [1.0, 2.0]\ncorrelation = [1.0, 0.5]', "rising lags in metres from 0"),
        ('model = "table"\nlag_m = [0.0, 2.0, 2.0]\ncorrelation = [1.0, 0.5, 0.2]', "rising lags"),
        ('model = "table"\nlag_m = [0.0, 2.0]\ncorrelation = [0.9, 0.5]', "1 first"),
        ('model = "table"\nlag_m = [0.0, 2.0]\ncorrelation = [1.0, 1.5]', "between -1 and 1"),
        ('model = "white"\nlag_m = [0.0, 2.0]\ncorrelation = [1.0, 0.5]', "the model 'white' has none"),
    ],
)
def test_table_of_correlations_that_makes_no_sense_is_refused(keys, match):
    with pytest.raises(SettingsError, match=f"E_SETTINGS_VALUE.*{match}"):
        parse_settings(f'{BASE}[dem_error]\n{keys}\nsource = "test"\n')
