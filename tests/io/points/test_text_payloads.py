"""A text of the user's keeps its letters on every way to a screen, and acts on none of them."""

from __future__ import annotations

import csv
import json
import os
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import tomli_w
from affine import Affine
from click.testing import CliRunner

import jezero_sites.cli.assess
import jezero_sites.maps.report
from jezero_sites.cli import console
from jezero_sites.cli.assess import assess_command, summary_text
from jezero_sites.errors import InputError, JezeroError, Notice, SettingsError
from jezero_sites.io.dem import read_dem
from jezero_sites.io.points.samples import read_samples
from jezero_sites.io.points.vectors import read_sites
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.inputs import input_records, sample_notices
from jezero_sites.pipeline.run_files.run_dir import write_layer
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import parse_settings

PAYLOADS = {
    "template": "{{ cycler.__init__.__globals__.os.mkdir('ran') }}",
    "template marks": "A {% B {# C",
    "HTML": "<img src=x onerror=window.ran=1>",
    "script end": "</script><script>window.ran=1</script>",
    "script text": "`${window.ran=1}`",
    "formula": '=HYPERLINK("http://127.0.0.1:9","x")',
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "control characters": "\x1b]0;owned\x07\x9b31m",
    "right to left": "turned \u202e round",
    "newline": "two\nerror[E_FAKE] lines",
    "very long": "x" * 200,
    "emoji": "\U0001faa8 \U0001f469\u200d\U0001f680",
    "null-like": "NULL",
}
TEXTS = list(PAYLOADS.values())
FORMULA = tuple("=+-@\t\r")
EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
DEM, LIST = (f"{{{{7*7}}}}<img src=x>&${{1}}'.{end}" for end in ("tif", "csv"))


def one_line(text):
    return all(c.isprintable() for c in text)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a folder with a DEM and samples, both of hostile names, and settings full of payloads."""
    folder = tmp_path_factory.mktemp("payloads")
    grid = Grid.of((140, 170), Affine(1, 0, 4590640.0, 0, -1, 1093540.0), EQC)
    heights = -2568.0 + 0.01 * np.random.default_rng(3).standard_normal(grid.shape)
    write_layer(folder / DEM, [Raster(heights.astype("f4"), grid, "elevation_m", "m")])
    with (folder / LIST).open("w", encoding="utf-8", newline="") as stream:
        rows = [[t, 77.4483, 18.4476, t, t] for t in TEXTS]
        csv.writer(stream).writerows([["name", "lon", "lat", "location", "source"], *rows])
    text = "".join(TEXTS)
    own = {
        "profile": {"extends": "msr-srl-illustrative", "name": text, "summary": text},
        "search": {"min_safe_radius_m": 5.0, "source": text},
        "dispersion": {"major_m": 30.0, "minor_m": 20.0, "source": text},
        "limits": {"slope_deg": {"value": 20.0, "source": text}},
    }
    (folder / "own.toml").write_text(tomli_w.dumps(own), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(home):
    """Return a run with one site for each payload, named by it in every text column."""
    found = assess(
        read_dem(home / DEM),
        samples=read_samples(home / LIST),
        settings=parse_settings((home / "own.toml").read_text("utf-8")),
    )
    assert len(found.sites)
    sites = pd.concat([found.sites.iloc[:1]] * len(TEXTS), ignore_index=True)
    sites["nearest_sample"] = TEXTS
    notices = (*found.notices, *(Notice("W_X", text, text, text) for text in TEXTS))
    return replace(found, sites=sites, notices=notices, statements=(*found.statements, *TEXTS))


@pytest.fixture(scope="module")
def saved(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("saved") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(out.parent)  # where a payload would make its folder
        patch.setattr(
            jezero_sites.maps.report, "_figures", lambda view: []
        )  # they take seconds and show no text
        run.save(out)
    assert [p.name for p in out.parent.iterdir()] == ["run"]
    return out


def test_names_come_from_csv_as_they_are(home):
    samples = read_samples(home / LIST)
    for column in ("name", "location", "source"):
        assert samples[column].tolist() == TEXTS


def test_names_come_from_geojson_as_they_are(tmp_path):
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [77, 18]}, "properties": {"name": t}}
        for t in TEXTS
    ]
    path = tmp_path / "s.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert read_samples(path)["name"].tolist() == TEXTS


def test_csv_gives_texts_that_no_spreadsheet_runs_and_takes_them_back(saved, tmp_path):
    with (saved / "sites.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, strict=True))
    cells = [row["nearest_sample"] for row in rows]
    assert cells == [f"'{t}" if t.startswith(FORMULA) else t for t in TEXTS]
    for row in rows:
        for name, cell in row.items():
            assert not cell.startswith(FORMULA) or float(cell) < 0, name
    lines = [["name", "lon", "lat"], *([cell, 77, 18] for cell in cells)]
    with (tmp_path / "again.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    assert read_samples(tmp_path / "again.csv")["name"].tolist() == TEXTS


def test_geopackage_geojson_record_and_settings_keep_the_texts(saved, run):
    assert read_sites(saved)["nearest_sample"].tolist() == TEXTS
    data = json.loads((saved / "sites.geojson").read_text("utf-8"))
    assert [f["properties"]["nearest_sample"] for f in data["features"]] == TEXTS
    record = json.loads((saved / "run.json").read_text("utf-8"))
    assert [row["name"] for row in record["samples"]] == TEXTS
    assert [n["found"] for n in record["notices"]][-len(TEXTS) :] == TEXTS
    assert record["inputs"][0]["path"].endswith(DEM)
    again = parse_settings((saved / "config.toml").read_text("utf-8"))
    assert again == run.settings
    assert again.profile.summary == "".join(TEXTS)


BLOCK = re.compile(r'<script type="application/json" id="jz-data">(.*?)</script>', re.DOTALL)


def test_the_map_holds_the_texts_in_one_block_that_cannot_act(saved):
    page = (saved / "map.html").read_text("utf-8")
    (block,) = BLOCK.findall(page)
    for mark in ("<", ">", "&", "{{", "{%", "{#", "\u202e", "\x1b", "\n"):
        assert mark not in block
    data = json.loads(block)
    assert [s["name"] for s in data["samples"]] == TEXTS
    assert [s["source"] for s in data["samples"]] == TEXTS
    assert [s["nearest_sample"] for s in data["sites"]] == TEXTS
    assert data["statements"][-len(TEXTS) :] == TEXTS
    assert [i["name"] for i in data["inputs"]] == [DEM, LIST]
    assert data["title"] == f"{''.join(TEXTS)}: {DEM}"
    assert all(one_line(notice) for notice in data["notices"])
    rest = BLOCK.sub("", page)
    for text in (*TEXTS[:6], "window.ran", "src=x", "os.mkdir", DEM):
        assert text not in rest


class Elements(HTMLParser):
    """The elements of a page, and its text without the marks of markup."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)


def test_the_report_shows_the_texts_and_has_no_element_of_theirs(saved):
    found = Elements((saved / "report.html").read_text("utf-8"))
    assert not {"script", "iframe", "object", "a", "form"} & {tag for tag, _ in found.tags}
    for tag, attributes in found.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert tag != "img" or attributes["src"].startswith("data:image/png")
    shown = "".join(found.text)
    for name, text in PAYLOADS.items():
        assert text in shown, name
    assert LIST in shown


def test_what_goes_to_the_terminal_cannot_steer_it(run, saved):
    shown = summary_text(run, saved, most=len(TEXTS))
    assert all(one_line(line) for line in shown.split("\n"))
    for name in ("template", "HTML", "formula", "null-like", "very long"):
        assert PAYLOADS[name] in shown
    for notice in run.notices:
        assert one_line(str(notice))


def test_the_command_prints_nothing_that_steers(run, saved, home, monkeypatch):
    monkeypatch.setattr(jezero_sites.cli.assess, "run_assessment", lambda *_, **__: run)
    arguments = [str(home / DEM), "--samples", str(home / LIST), "--out", str(saved)]
    plain = CliRunner().invoke(assess_command, arguments)
    assert plain.output == summary_text(run, saved) + "\n"
    told = CliRunner().invoke(assess_command, [*arguments, "--json"])
    assert told.output.isascii()
    assert all(one_line(line) for line in told.output.splitlines())
    found = json.loads(told.output)
    assert [site["nearest_sample"] for site in found["sites"]] == TEXTS
    assert [notice["found"] for notice in found["notices"]][-len(TEXTS) :] == TEXTS


def test_warnings_are_one_line_each_and_cannot_steer(run, capsys):
    console.warn(run.notices, quiet=False)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(run.notices)
    assert all(one_line(line) and line.startswith("warning[W_") for line in lines)


HEAD = "name,lon,lat,kind\n"


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("where", ["header", "number", "kind", "name twice", "profile key", "profile value"])
def test_a_refusal_that_quotes_a_text_is_one_line_that_cannot_steer(tmp_path, payload, where):
    text = PAYLOADS[payload]
    lists = {
        "header": quoted(text) + ",lon\nA,77\n",
        "number": HEAD + f"A,{quoted(text)},18,sample\n",
        "kind": HEAD + f"A,77,18,{quoted(text)}\n",
        "name twice": HEAD + f"{quoted(text)},77,18,\n{quoted(text)},77.1,18,\n",
    }
    base = {"extends": "msr-srl-illustrative"}
    tables = {"profile key": base | {text: 1}, "profile value": base | {"extends": text}}
    with pytest.raises(JezeroError, match=r"^error\[E_") as caught:
        if where in lists:
            path = tmp_path / "s.csv"
            path.write_text(lists[where], encoding="utf-8", newline="")
            read_samples(path)
        else:
            parse_settings(tomli_w.dumps({"profile": tables[where]}))
    assert one_line(str(caught.value))
    assert isinstance(caught.value, InputError | SettingsError)
    json.dumps(caught.value.as_dict())


@pytest.mark.skipif(sys.platform != "linux", reason="file names are text on other systems")
def test_a_file_name_that_is_no_utf8_can_be_written_of(home, tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.csv")
    with open(path, "w", encoding="utf-8") as stream:  # noqa: PTH123 - the name is the point
        stream.write("name,lon,lat\nA,77.4483,18.4476\nB,,\n")
    samples = read_samples(path)
    assert samples["source"].tolist() == ["?.csv"] * 2
    dem = read_dem(home / DEM)
    (entry,) = (entry for entry in input_records(dem, None, samples) if entry.role == "samples")
    assert entry.path.endswith("?.csv")
    (notice,) = sample_notices(dem, samples)
    json.dumps([entry.as_dict(), notice.as_dict()], ensure_ascii=False).encode("utf-8")
