"""Whatever a file holds, it is read exactly or refused with a code of ours."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jezero_sites.errors import InputError
from jezero_sites.io.points.catalog import SampleRow
from jezero_sites.io.points.samples import rows_in, sample_frame, samples_in
from jezero_sites.io.points.vectors import csv_text

HEAD = b"name,lon,lat,seal_sol,kind\n"
FILE = Path("samples.csv")
SCRIPT = Path(__file__).parents[3] / "benchmarks" / "fuzz_samples.py"

names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)
texts = names.map(lambda text: text.strip(" ")).filter(bool)
longitudes = st.floats(0, 360, exclude_max=True)
latitudes = st.floats(-90, 90)
cells = st.one_of(
    st.sampled_from(
        ["", " ", "A", "77.4", "18.4", "-0", "1e300", "1e309", "nan", "9" * 300, '"', "'=1", "depot"]
    ),
    st.floats().map(repr),
    st.text(max_size=8),
)
rows = st.lists(cells, min_size=4, max_size=6).map(",".join)
tables = st.lists(rows, max_size=4).map(
    lambda lines: HEAD + "\n".join(lines).encode("utf-8", "surrogatepass")
)


def read_or_refused(data):
    """Return the table, or None where it was refused in due form."""
    try:
        return samples_in(data, FILE)
    except InputError as error:
        assert str(error).startswith(f"error[{error.code}] samples.csv: ")
        assert str(error).isprintable()
        assert error.fix
        assert error.field
        return None


@settings(max_examples=150, deadline=None)
@given(
    data=st.one_of(
        tables, st.binary(max_size=60), st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace"))
    )
)
@example(data=HEAD + b"A,77,18,1e300,sample")
@example(data=HEAD + b"A,1e309,18,,")
@example(data=b"{" * 50_000)
@example(data=b'{"features": [], "type": []}')
@example(data=b"[1]")
def test_any_bytes_are_read_or_refused_in_due_form(data):
    found = read_or_refused(data)
    if found is not None:
        assert len(found)
        assert found["lon_deg"].dropna().between(0, 360, inclusive="left").all()
        assert found["lat_deg"].dropna().between(-90, 90).all()


@settings(max_examples=40, deadline=None)
@given(
    table=st.lists(
        st.tuples(texts, longitudes, latitudes), min_size=1, max_size=5, unique_by=lambda row: row[0]
    )
)
@example(table=[("'=1", 0.0, -90.0), ("\r", 359.9999999999999, 90.0), ('"', 5e-324, -0.0)])
def test_any_names_and_places_survive_an_export(table):
    given_rows = [
        SampleRow(name, None, lon, lat, None, "", "", "made up", "sample") for name, lon, lat in table
    ]
    text = csv_text(sample_frame(given_rows, notices=(), sources=()))
    found, places, notices = rows_in(text.encode("utf-8"), FILE)
    assert found == given_rows
    assert notices == ()
    assert all(places.of("sample", row.name).startswith("line ") for row in found)


@settings(max_examples=40, deadline=None)
@given(name=texts, lon=longitudes, lat=latitudes, escaped=st.booleans())
def test_any_name_and_place_of_geojson_is_kept(name, lon, lat, escaped):
    geometry = {"type": "Point", "coordinates": [lon, lat]}
    feature = {"type": "Feature", "geometry": geometry, "properties": {"name": name}}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]}, ensure_ascii=escaped)
    ((row,), _, notices) = rows_in(text.encode("utf-8"), FILE)
    assert (row.name, row.lon_deg, row.lat_deg) == (name, lon, lat)
    assert [n.code for n in notices] == ["W_CRS_ASSUMED"]


@pytest.fixture(scope="module")
def fuzz_samples():
    """Return the script that damages lists by the hundred thousand."""
    spec = importlib.util.spec_from_file_location("fuzz_samples", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_samples"] = script
    spec.loader.exec_module(script)
    yield script
    del sys.modules["fuzz_samples"]


@pytest.mark.parametrize("kind", ["csv", "geojson", "toml"])
def test_damaged_files_meet_many_checks_and_nothing_else(fuzz_samples, kind, tmp_path):
    count = 2000 if kind == "toml" else 5000
    found, broken = fuzz_samples.fuzz(kind, count, seed=1, keep=tmp_path)
    assert broken is None
    assert sum(found.values()) == count
    assert found["read"] > 0
    assert len(found) > 4


def test_an_input_that_breaks_the_rule_is_kept_and_fails_the_run(fuzz_samples, tmp_path, monkeypatch, capsys):
    def careless(data, number):
        if number == 3:
            raise KeyError("missing")
        fuzz_samples.read_csv(data, number)

    monkeypatch.setitem(fuzz_samples.READERS, "csv", (careless, fuzz_samples.CSV_SEEDS))
    assert fuzz_samples.main(["--count", "9", "--kind", "csv", "--keep", str(tmp_path)]) == 1
    (kept,) = tmp_path.iterdir()
    assert kept.stat().st_size > 0
    shown = capsys.readouterr()
    assert f"the input is kept in {kept}" in shown.out
    assert "csv input 3: KeyError" in shown.err


def test_a_clean_run_prints_its_counts_by_code(fuzz_samples, capsys):
    assert fuzz_samples.main(["--count", "40", "--kind", "geojson"]) == 0
    assert capsys.readouterr().out.startswith("geojson: 40 inputs")
