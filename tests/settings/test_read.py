"""Settings files: every mistake is a one-line error that names the place; no text does anything worse."""

from __future__ import annotations

import copy
import tomllib

import pytest
import tomli_w
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jezero_sites.errors import InputError, JezeroError, SettingsError
from jezero_sites.settings import (
    Settings,
    load_profile,
    parse_settings,
    profile_text,
    read_settings,
    settings_dict,
    settings_toml,
)

WHOLE = tomllib.loads(profile_text("msr-srl-illustrative"))
EXTENDING = '[profile]\nextends = "msl"\n'
DELETE = object()
NUMBERS = (
    "lander.footprint_radius_m",
    "limits.marginal_fraction",
    "limits.slope_deg.value",
    "limits.slope_deg.baseline_m",
    "rocks.limit_m",
    "rocks.largest_diameter_m",
    "dem_error.sigma_m",
    "dispersion.percent",
    "search.separation_m",
    "weights.margin",
)
TEXTS = (
    "profile.name",
    "lander.source",
    "limits.slope_deg.kind",
    "limits.slope_deg.unit",
    "rocks.reading",
    "dem_error.model",
    "value.margin.from",
    "value.margin.source",
)
FLAGS = ("lander.verified", "limits.roughness_m.verified", "rocks.verified")


def changed(place: str, value: object) -> str:
    """Return the illustrative profile with one value changed, or taken out."""
    data = copy.deepcopy(WHOLE)
    *tables, key = place.split(".")
    table = data
    for name in tables:
        table = table[name]
    if value is DELETE:
        del table[key]
    else:
        table[key] = value
    return tomli_w.dumps(data)


def test_profile_text_reads_as_the_profile():
    assert parse_settings(profile_text("msr-srl-illustrative")) == load_profile()


# ---- unknown keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "where", "meant"),
    [
        ("limit", "", "limits"),
        ("profile.nam", r"\[profile\]: ", "name"),
        ("lander.footprint_radius", r"\[lander\]: ", "footprint_radius_m"),
        ("limits.slop_deg", r"\[limits\]: ", "slope_deg"),
        ("limits.marginal_fracton", r"\[limits\]: ", "marginal_fraction"),
        ("limits.slope_deg.baseline", r"\[limits.slope_deg\]: ", "baseline_m"),
        ("rocks.abundance", r"\[rocks\]: ", "abundance_fraction"),
        ("dem_error.sigma", r"\[dem_error\]: ", "sigma_m"),
        ("dispersion.n_sigmas", r"\[dispersion\]: ", "n_sigma"),
        ("search.max_site", r"\[search\]: ", "max_sites"),
        ("value.margin.form", r"\[value.margin\]: ", "from"),
    ],
)
def test_unknown_key_is_an_error_that_names_the_nearest_and_all(place, where, meant):
    key = place.rsplit(".", 1)[-1]
    match = (
        rf"error\[E_SETTINGS_KEY\] own.toml: {where}unknown key '{key}'; did you mean '{meant}'\?; one of "
    )
    with pytest.raises(SettingsError, match=match):
        parse_settings(changed(place, 1.0), file="own.toml")


@pytest.mark.parametrize("place", ["limits.slope_deg.layer", "value.margin.column", "profile.extends_"])
def test_names_from_inside_the_program_are_not_keys(place):
    with pytest.raises(SettingsError, match=r"E_SETTINGS_KEY.*unknown key"):
        parse_settings(changed(place, "slope_deg"))


def test_key_that_resembles_nothing_gets_no_guess():
    with pytest.raises(SettingsError, match="unknown key 'qqq'; one of "):
        parse_settings(changed("lander.qqq", 1))


def test_limit_on_an_unknown_layer_tells_of_further_baselines():
    for layer in ("slope_20_deg", "slope_m_deg", "slope_-5m_deg", "slope_1e3m_deg", "slope_٣m_deg"):
        with pytest.raises(SettingsError, match=r"unknown key .*slope_20m_deg and the like"):
            parse_settings(changed(f"limits.{layer}", WHOLE["limits"]["slope_deg"]))


def test_slope_at_a_further_baseline_may_have_a_limit():
    table = {**WHOLE["limits"]["slope_deg"], "value": 4}
    table.pop("baseline_m")
    data = copy.deepcopy(WHOLE)
    data["limits"]["slope_12.5m_deg"] = table
    found = parse_settings(tomli_w.dumps(data))
    assert found.limit("slope_12.5m_deg").baseline_m == 12.5
    assert parse_settings(settings_toml(found)) == found


# ---- missing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", list(WHOLE))
def test_missing_table_is_an_error_that_tells_of_profiles(table):
    with pytest.raises(SettingsError, match=rf"E_SETTINGS_MISSING.*no table \[{table}\].*extends = "):
        parse_settings(changed(table, DELETE))


@pytest.mark.parametrize(
    "place",
    [
        "profile.name",
        "lander.source",
        "lander.verified",
        "limits.slope_deg.source",
        "limits.roughness_m.verified",
        "limits.slope_deg.value",
        "rocks.reading",
        "dem_error.source",
        "dispersion.azimuth_deg",
        "search.source",
        "value.margin.source",
        "value.margin.x",
    ],
)
def test_missing_key_is_an_error_that_names_it(place):
    table, key = place.rsplit(".", 1)
    with pytest.raises(
        SettingsError, match=rf"E_SETTINGS_MISSING.*\[{table}\] has no {key}; a value for each"
    ):
        parse_settings(changed(place, DELETE))


@pytest.mark.parametrize("place", ["limits.marginal_fraction", "value.margin.from"])
def test_missing_value_is_called_missing(place):
    with pytest.raises(SettingsError, match=f"{place} is missing"):
        parse_settings(changed(place, DELETE))


def test_optional_keys_may_be_left_out():
    text = changed("rocks.height_per_diameter", DELETE)
    assert parse_settings(text) == load_profile()
    assert parse_settings(changed("search.max_safe_radius_m", DELETE)) == load_profile()


# ---- wrong types and values --------------------------------------------------------------------------------


@pytest.mark.parametrize("place", NUMBERS)
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "True"),
        ("8", "'8'"),
        ([8.0], r"\[8.0\]"),
        ({"a": 1}, r"\{'a': 1\}"),
        (float("nan"), "nan; a finite"),
        (float("inf"), "inf; a finite"),
        (10**400, "1000.*0; a finite"),
    ],
)
def test_number_must_be_a_number(place, value, shown):
    with pytest.raises(SettingsError, match=rf"E_SETTINGS_VALUE.*{place} is {shown}"):
        parse_settings(changed(place, value))


@pytest.mark.parametrize("place", TEXTS)
@pytest.mark.parametrize("value", [8, True, ["a"], {"a": 1}])
def test_text_must_be_text(place, value):
    with pytest.raises(SettingsError, match=rf"E_SETTINGS_VALUE.*{place} is "):
        parse_settings(changed(place, value))


@pytest.mark.parametrize("place", FLAGS)
@pytest.mark.parametrize("value", [1, 0, "true", 1.0])
def test_flag_must_be_true_or_false(place, value):
    with pytest.raises(SettingsError, match=rf"E_SETTINGS_VALUE.*{place} is .*; true or false"):
        parse_settings(changed(place, value))


@pytest.mark.parametrize("value", [3.0, "3", True, 2**63])
def test_count_must_be_a_whole_number(value):
    with pytest.raises(SettingsError, match=r"search.max_sites is .*; a whole number"):
        parse_settings(changed("search.max_sites", value))


@pytest.mark.parametrize("value", [5, "0", {"a": 1}, [0, "1"], [0, True], [0, float("nan")]])
def test_corners_of_a_value_function_must_be_numbers(value):
    with pytest.raises(SettingsError, match=r"E_SETTINGS_VALUE.*value.margin.x is "):
        parse_settings(changed("value.margin.x", value))


@pytest.mark.parametrize("table", list(WHOLE))
def test_table_must_be_a_table(table):
    with pytest.raises(SettingsError, match=rf"E_SETTINGS_VALUE.*{table} is 5; a table"):
        parse_settings(changed(table, 5))
    if table in ("limits", "value"):
        with pytest.raises(SettingsError, match=rf"{table}.\w+ is 5; a table"):
            parse_settings(changed(f"{table}.{'slope_deg' if table == 'limits' else 'x'}", 5))


@pytest.mark.parametrize("place", ["lander.source", "limits.slope_deg.source", "value.margin.source"])
@pytest.mark.parametrize("empty", ["", "  \n"])
def test_source_must_say_something(place, empty):
    with pytest.raises(SettingsError, match=f"{place} is empty; where the numbers are from"):
        parse_settings(changed(place, empty))


def test_whole_numbers_are_numbers():
    found = parse_settings(changed("limits.slope_deg.value", 8))
    assert found == load_profile()
    assert isinstance(found.limits[0].value, float)


def test_wrong_values_say_where_they_are():
    with pytest.raises(
        SettingsError, match=r"own.toml: limits.slope_deg.value is 95.0; between 0 and 90"
    ) as e:
        parse_settings(changed("limits.slope_deg.value", 95), file="own.toml")
    assert (e.value.file, e.value.field, e.value.exit_code) == ("own.toml", "limits.slope_deg.value", 2)


def test_baselines_that_differ_are_an_error():
    with pytest.raises(SettingsError, match="one baseline"):
        parse_settings(changed("limits.roughness_m.baseline_m", 7))


# ---- files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_file_of_any_editor_is_read(tmp_path, encoding, end):
    path = tmp_path / "own.toml"
    path.write_bytes(
        (EXTENDING + "[search]\nmax_sites = 3\nsource = 'Übung'\n").replace("\n", end).encode(encoding)
    )
    assert read_settings(path).search.max_sites == 3
    assert read_settings(str(path)).search.source == "Übung"


def test_error_names_the_file(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(changed("search.max_site", 3))
    with pytest.raises(SettingsError, match=r"E_SETTINGS_KEY\] .*own.toml: \[search\]"):
        read_settings(path)


@pytest.mark.parametrize("name", ["missing.toml", ".", "a\0b"])
def test_file_that_cannot_be_read_is_an_error(tmp_path, name):
    with pytest.raises(InputError, match="E_NOT_FOUND"):
        read_settings(f"{tmp_path}/{name}")


def test_file_of_another_encoding_is_an_error(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes("# Größe\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"E_ENCODING.*UTF-8"):
        read_settings(path)


@pytest.mark.parametrize(
    "text",
    [
        "[lander",
        "a = ",
        "a = 1\na = 2",
        "a = 1979-02-30",
        "\x00",
        "a = " + "[" * 5000,
        f"a = 1{'0' * 5000}",
    ],
)
def test_text_that_is_not_toml_is_an_error(text):
    with pytest.raises(SettingsError, match=r"E_TOML\] own.toml: .*valid TOML"):
        parse_settings(text, file="own.toml")


# ---- any text --------------------------------------------------------------------------------------------------

keys = st.one_of(
    st.sampled_from(
        [
            *WHOLE,
            "extends",
            "name",
            "slope_deg",
            "slope_20m_deg",
            "value",
            "kind",
            "unit",
            "margin",
            "from",
            "x",
        ]
    ),
    st.text(max_size=8),
)
scalars = st.one_of(
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=20),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.sampled_from(["msl", "max", "deg", "m", "height", 10**400, 8.0, 5.0]),
)
tables = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
places = st.sampled_from(
    [f"{a}.{b}" for a, t in WHOLE.items() for b in t]
    + [f"{a}.{b}.{c}" for a, t in WHOLE.items() for b, u in t.items() if isinstance(u, dict) for c in u]
    + list(WHOLE)
)


def gives_settings_or_says_why(text: str) -> None:
    try:
        found = parse_settings(text, file="own.toml")
    except JezeroError as error:
        assert isinstance(error, SettingsError)
        assert str(error).startswith(f"error[{error.code}] own.toml: ")
        assert str(error).isprintable()
    else:
        assert isinstance(found, Settings)
        assert parse_settings(settings_toml(found)) == found


@settings(max_examples=100, deadline=None)
@given(st.text())
@example("a" + ".a" * 5000 + " = 1")
@example(EXTENDING + "[search]\nsite_radius_m" + ".a" * 5000 + " = 1")
@example(EXTENDING + "[search]\nmax_sites = 0x1" + "0" * 5000)
@example(EXTENDING + "[search]\nmax_sites = [{a" + ".a" * 5000 + " = 0x1" + "0" * 5000 + "}]")
@example("[profile]\nextends = 0x1" + "0" * 5000)
@example(EXTENDING + "[dispersion]\nn_sigma" + ".a" * 5000 + " = 1")
@example(EXTENDING + "dispersion = 5")
def test_any_text_gives_settings_or_says_why(text):
    gives_settings_or_says_why(text)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(keys, tables, max_size=5))
def test_any_tables_give_settings_or_say_why(data):
    gives_settings_or_says_why(tomli_w.dumps(data))
    gives_settings_or_says_why(tomli_w.dumps({**data, "profile": {"extends": "msl"}}))


@settings(max_examples=100, deadline=None)
@given(places, tables)
def test_any_value_in_any_place_gives_settings_or_says_why(place, value):
    gives_settings_or_says_why(changed(place, value))


@settings(max_examples=100, deadline=None)
@given(places, st.floats(1e-6, 1e6), st.integers(-3, 100), st.text(min_size=1, max_size=40))
def test_settings_with_any_numbers_and_words_read_back_as_they_were(place, number, count, word):
    for value in (number, count, word):
        gives_settings_or_says_why(changed(place, value))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_settings_or_say_why(tmp_path_factory, junk):
    path = tmp_path_factory.getbasetemp() / "junk.toml"
    for content in (junk, profile_text("msl").encode() + junk):
        path.write_bytes(content)
        try:
            assert isinstance(read_settings(path), Settings)
        except InputError as error:
            assert error.file == str(path)
            assert error.code.startswith("E_")


def test_effective_settings_are_plain_tables():
    data = settings_dict(load_profile("msl"))
    assert list(data["limits"]) == [
        "marginal_fraction",
        "slope_deg",
        "slope_20m_deg",
        "slope_200m_deg",
        "elevation_m",
    ]
    assert data["limits"]["slope_20m_deg"]["baseline_m"] == 20
    assert "baseline_m" not in data["limits"]["elevation_m"]
    assert data["value"]["margin"]["from"] == "binding_margin"
    assert data["value"]["margin"]["x"] == [0, 1]
    assert "n_sigma" not in data["dispersion"]
