"""One run whose every text is hostile, from the command line to every screen: nothing acts, and all is shown."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import tomli_w
from affine import Affine

from jezero_sites.cli import run as command
from jezero_sites.io.dem import read_dem
from jezero_sites.io.layer import read_layer
from jezero_sites.io.ortho import read_ortho
from jezero_sites.io.points.samples import read_samples
from jezero_sites.pipeline import assess
from jezero_sites.settings import read_settings

PAYLOADS = (
    "{{ cycler.__init__.__globals__.os.mkdir('ran') }}",
    "{{7*7}}",
    "A {% B",
    "C {# D",
    "{{{x}}}",
    "<img src=x onerror=window.ran=1>",
    "</script><script>window.ran=1</script>",
    "${window.ran=1}",
    "`${window.ran=1}`",
    "\"'><svg onload=window.ran=1>",
    '=HYPERLINK("javascript:window.ran=1","x")',
    "\x1b]0;owned\x07\x1b[31mred\u202eturned",
)
"""Templates, markup, scripts, a formula, and what steers a terminal."""

ALL = " ".join(PAYLOADS)
NAME = "".join(PAYLOADS[1:6]) + PAYLOADS[7] + PAYLOADS[8]
"""What a file can be called: no slash, and short enough."""

PLACE = {"crs": "IAU_2015:49910", "driver": "GTiff", "count": 1, "height": 130, "width": 150}
COMMON = {**PLACE, "transform": Affine(1.25, 0.0, 4_590_640.0, 0.0, -1.0, 1_093_540.0)}
TAGS = ("SYNTHETIC", "VERTICAL_DATUM", "DATA_SOURCE", "TIFFTAG_IMAGEDESCRIPTION", "METHOD")


def printable(text):
    """Return what is left of a text on a screen: characters that steer are dropped or marked."""
    return "".join(c for c in text if c.isprintable())


def squeezed(text):
    """Return a text without blanks, marks in place of what cannot be shown, and line breaks of a page."""
    return re.sub(r"[\s?]+", "", printable(text))


def write_tiff(path, values, **more):
    with rasterio.open(path, "w", **COMMON, dtype=values.dtype, **more) as dataset:
        dataset.write(values, 1)
        dataset.units = ["metre" if values.dtype.kind == "f" else ""]
        dataset.set_band_description(1, printable(ALL))
        dataset.update_tags(**dict.fromkeys(TAGS, ALL))
        dataset.update_tags(1, **dict.fromkeys(TAGS, ALL))


def write_texts(folder):
    """Write samples and settings in which every text is hostile."""
    rows = [[text, 77.4483, 18.4476, text, text] for text in PAYLOADS]
    with (folder / f"{NAME}.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["name", "lon", "lat", "location", "source"], *rows])
    own = {
        "profile": {"extends": "msr-srl-illustrative", "name": ALL, "summary": ALL},
        "search": {"min_safe_radius_m": 5.0, "source": ALL},
        "dispersion": {"major_m": 20.0, "minor_m": 10.0, "source": ALL},
        "limits": {"slope_deg": {"value": 20.0, "source": ALL}},
    }
    (folder / "own.toml").write_text(tomli_w.dumps(own), encoding="utf-8")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a folder of inputs, the run made of them there, and what the command printed."""
    folder = tmp_path_factory.mktemp("hostile")
    heights = -2568.0 + 0.01 * np.random.default_rng(3).standard_normal((130, 150))
    write_tiff(folder / f"{NAME}.tif", heights.astype("float32"))
    write_tiff(folder / f"{NAME}.ortho.tif", (heights * 1e4 % 200).astype("uint8"))
    write_texts(folder)
    dem, ortho, places = (str(folder / f"{NAME}.{end}") for end in ("tif", "ortho.tif", "csv"))
    told = {}
    with pytest.MonkeyPatch.context() as patch, rasterio.Env(GDAL_PAM_ENABLED="NO"):
        patch.chdir(folder)  # where a payload would make its folder
        words = ["assess", dem, "--ortho", ortho, "--samples", places, "--config", "own.toml"]
        told["assess"] = printed([*words, "--out", "run"])
        told["assess --json"] = printed([*words, "--out", "run", "--json", "--quiet"])
        told["info"] = printed(["info", dem])
        told["info of the run"] = printed(["info", "run", "--full"])
        told["info of samples"] = printed(["info", places])
        told["info --json"] = printed(["info", dem, "--json"])
    parts = {"dem": dem, "ortho": ortho, "samples": places, "settings": folder / "own.toml"}
    return SimpleNamespace(folder=folder, told=told, run=folder / "run", **parts)


def printed(words):
    """Return the exit code of a command and all that it put on the screen."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command(words)
    return code, out.getvalue(), err.getvalue()


def test_twelve_texts_ran_through_every_command_and_none_acted(home):
    assert len(PAYLOADS) == 12
    assert {name: told[0] for name, told in home.told.items()} == dict.fromkeys(home.told, 0)
    made = {path.name for path in home.folder.iterdir()}
    assert made == {f"{NAME}.tif", f"{NAME}.ortho.tif", f"{NAME}.csv", "own.toml", "run"}


def test_no_line_on_a_terminal_steers_it(home):
    for name, (_, out, err) in home.told.items():
        for line in (out + err).split("\n"):
            assert line.isprintable(), (name, line)


@pytest.mark.parametrize("screen", ["assess --json", "info --json"])
def test_json_on_a_terminal_is_ascii_and_comes_back(home, screen):
    _, out, _ = home.told[screen]
    assert out.isascii()
    found = json.loads(out)
    if screen.startswith("assess"):
        assert {site["nearest_sample"] for site in found["sites"]} <= set(PAYLOADS)


def test_terminal_shows_file_names_and_what_can_be_shown_of_the_rest(home):
    shown = squeezed("".join(home.told["info of samples"][1:] + home.told["assess"][1:]))
    assert squeezed(NAME) in shown
    assert squeezed(PAYLOADS[0]) in shown  # the first sample is the nearest


LOOK = """() => ({
  ran: window.ran === undefined ? null : window.ran,
  odd: document.querySelectorAll('img[src="x"], svg[onload], [onerror], [onload]').length,
  text: document.body.textContent,
  title: document.title,
})"""


def looked_at(browser, path):
    """Return what a page holds once a browser has drawn it without a network, and what it asked for."""
    context = browser.new_context(offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    if path.name == "map.html":
        page.wait_for_selector("html[data-jz-ready]", state="attached", timeout=15_000)
        page.evaluate("JZ.map.eachLayer(one => one.getTooltip && one.getTooltip() && one.openTooltip())")
    found = page.evaluate(LOOK)
    context.close()
    return found, [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


@pytest.mark.parametrize("name", ["map.html", "report.html"])
def test_a_browser_runs_nothing_and_shows_every_text(home, browser, name):
    found, asked = looked_at(browser, home.run / name)
    assert (found["ran"], found["odd"], asked) == (None, 0, [])
    shown = squeezed(found["text"])
    for text in PAYLOADS:
        assert squeezed(text) in shown, text
    for text in (NAME, f"{NAME}.csv", f"{NAME}.ortho.tif"):
        assert squeezed(text) in shown, text
    assert "49" not in re.findall(r"A(\d+)", found["title"])


def test_the_block_of_the_map_holds_each_text_as_it_was(home):
    page = (home.run / "map.html").read_text("utf-8")
    (block,) = re.findall(r'<script type="application/json" id="jz-data">(.*?)</script>', page, re.DOTALL)
    data = json.loads(block)
    assert [sample["name"] for sample in data["samples"]] == list(PAYLOADS)
    assert [sample["source"] for sample in data["samples"]] == list(PAYLOADS)
    assert data["title"].startswith(ALL)
    for text in PAYLOADS:
        assert text not in page.replace(block, "")


def test_tables_and_records_give_the_texts_back(home):
    record = json.loads((home.run / "run.json").read_text("utf-8"))
    assert [row["name"] for row in record["samples"]] == list(PAYLOADS)
    assert {entry["path"].rsplit("/", 1)[-1] for entry in record["inputs"]} >= {f"{NAME}.tif", f"{NAME}.csv"}
    assert read_settings(home.run / "config.toml").profile.name == ALL
    features = json.loads((home.run / "sites.geojson").read_text("utf-8"))["features"]
    assert {f["properties"]["nearest_sample"] for f in features} <= set(PAYLOADS)
    with (home.run / "sites.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, strict=True):
            assert not row["nearest_sample"].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_tags_of_a_file_are_printable_within_the_package(home):
    for raster in (read_dem(home.dem), read_ortho(home.ortho), *read_layer(home.ortho)):
        assert all(text.isprintable() for text in raster.tags.values())
    assert squeezed(read_dem(home.dem).tags["VERTICAL_DATUM"]).startswith(squeezed(PAYLOADS[0]))


def test_what_a_notebook_shows_is_one_plain_line_or_a_closed_frame(home, monkeypatch):
    monkeypatch.chdir(home.folder)
    found = assess(
        read_dem(home.dem),
        read_ortho(home.ortho),
        samples=read_samples(home.samples),
        settings=read_settings(home.settings),
    )
    shown = found.map()
    layers = read_layer(home.dem)
    for thing in (found, found.dem, found.ortho, *found.layers.values(), *layers, shown):
        assert repr(thing).isprintable()
    assert squeezed(PAYLOADS[5]) in squeezed(repr(found))
    frame = shown._repr_html_()
    assert frame.count("<") == 2  # the frame's own two tags
    assert 'sandbox="allow-scripts allow-downloads"' in frame
    table = found.samples._repr_html_()
    assert "<img" not in table
    assert "<script" not in table
    assert "<svg" not in table
    assert not (home.folder / "ran").exists()
