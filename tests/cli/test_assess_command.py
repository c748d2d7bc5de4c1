"""The commands that write results: what a user types, gets, and is told."""

from __future__ import annotations

import csv
import hashlib
import json

import numpy as np
import pytest
import rasterio

import jezero_sites as js
from jezero_sites.pipeline.table import COLUMNS
from jezero_sites.settings import read_settings

LAYERS = {
    "elevation_m",
    "slope_deg",
    "roughness_m",
    "relief_m",
    "hazard_class",
    "hazard_reason",
    "safe_probability",
    "landing_probability",
    "slope_safe_probability",
    "binding_factor",
    "dem_quality",
}


@pytest.fixture(scope="module")
def assessed(shell, area, tmp_path_factory):
    out = tmp_path_factory.mktemp("assess") / "run"
    done = shell("assess", area / "dem.tif", "--samples", area / "tubes.csv", "--out", out)
    assert done.returncode == 0, done.stderr
    return out, done


def test_assess_writes_the_whole_run_directory(assessed):
    out, _ = assessed
    assert {p.stem for p in (out / "layers").iterdir()} == LAYERS
    for name in (
        "sites.csv",
        "sites.gpkg",
        "sites.geojson",
        "map.html",
        "report.html",
        "config.toml",
        "run.json",
    ):
        assert (out / name).stat().st_size > 0
    assert [p.name for p in out.parent.iterdir()] == ["run"]


def test_the_summary_names_sites_statements_and_the_map(assessed):
    out, done = assessed
    assert "pass the gates" in done.stdout or "passes the gates" in done.stdout
    assert "S01" in done.stdout
    assert "Rocks were not assessed" in done.stdout
    assert "Illustrative, not mission values" in done.stdout
    assert str(out / "map.html") in done.stdout
    assert "warning[W_NO_POSITION]" in done.stderr
    assert "warning[W_OUTSIDE_DEM]" in done.stderr
    assert "Traceback" not in done.stderr


def test_layers_keep_grid_crs_units_and_method(assessed, area):
    out, _ = assessed
    with rasterio.open(area / "dem.tif") as dem:
        expected = dem.transform, dem.shape, dem.crs
    for path in (out / "layers").iterdir():
        with rasterio.open(path) as layer:
            assert (layer.transform, layer.shape, layer.crs) == expected, path.name
            assert layer.tags(1).get("METHOD") or path.stem == "elevation_m"
            assert layer.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG"
            if path.stem == "slope_deg":
                assert layer.units == ("deg",)
                assert layer.tags(1)["WINDOW_CELLS"] == "5 x 5 (E x N)"
            if path.stem == "landing_probability":
                assert layer.count == 2
                assert layer.descriptions == ("landing_probability", "landing_probability_upper")
            if path.stem == "safe_probability":
                assert "rocks=not assessed" in layer.tags(1)["ASSESSED"]


def test_files_equal_the_library(assessed, area):
    out, _ = assessed
    run = js.assess(js.read_dem(area / "dem.tif"), samples=js.read_samples(area / "tubes.csv"))
    for name, raster in run.layers.items():
        band = 2 if name.endswith("upper") else 1
        with rasterio.open(out / "layers" / f"{name.removesuffix('_upper')}.tif") as layer:
            np.testing.assert_array_equal(layer.read(band), raster.values, err_msg=name)
    with (out / "sites.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert tuple(rows[0])[: len(COLUMNS)] == COLUMNS
    assert [float(r["score"]) for r in rows] == list(run.sites["score"])


def test_geojson_is_planetocentric_and_says_so(assessed):
    out, _ = assessed
    data = json.loads((out / "sites.geojson").read_text())
    assert data["crs"]["properties"]["name"] == "urn:ogc:def:crs:IAU:2015::49900"
    first = data["features"][0]
    assert first["geometry"]["coordinates"] == [
        first["properties"]["lon_deg"],
        first["properties"]["lat_deg"],
    ]


def test_the_record_vouches_for_every_file(assessed, area):
    out, _ = assessed
    record = json.loads((out / "run.json").read_text())
    files = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} - {"run.json"}
    assert set(record["outputs"]) == files
    for name, digest in record["outputs"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    dem = next(i for i in record["inputs"] if i["role"] == "dem")
    assert dem["sha256"] == hashlib.sha256((area / "dem.tif").read_bytes()).hexdigest()
    assert record["layers"]["slope_deg"]["max"] > 8
    assert {n["code"] for n in record["notices"]} >= {"W_NO_POSITION", "W_OUTSIDE_DEM"}


def test_the_written_settings_run_again_to_the_same_pixels(assessed, shell, area, tmp_path):
    out, _ = assessed
    assert read_settings(out / "config.toml") == js.load_profile()
    args = ("assess", area / "dem.tif", "--samples", area / "tubes.csv", "--config", out / "config.toml")
    done = shell(*args, "--out", tmp_path / "again", "--jobs", 2, "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for path in (out / "layers").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / "layers" / path.name).read_bytes()
    assert (out / "sites.csv").read_bytes() == (tmp_path / "again" / "sites.csv").read_bytes()


def test_two_tiles_give_the_layers_of_the_whole_in_either_order(assessed, shell, area, tmp_path):
    out, _ = assessed
    for n, pair in enumerate((("west.tif", "east.tif"), ("east.tif", "west.tif"))):
        tiles = [area / name for name in pair]
        done = shell("assess", *tiles, "--samples", area / "tubes.csv", "--out", tmp_path / str(n), "--quiet")
        assert done.returncode == 0, done.stderr
        for path in (out / "layers").iterdir():
            with rasterio.open(path) as a, rasterio.open(tmp_path / str(n) / "layers" / path.name) as b:
                np.testing.assert_array_equal(a.read(), b.read(), err_msg=path.name)
        assert (out / "sites.csv").read_bytes() == (tmp_path / str(n) / "sites.csv").read_bytes()


def test_map_and_report_are_made_again_from_the_directory(assessed, shell, tmp_path):
    out, _ = assessed
    done = shell("map", out, "--out", tmp_path / "m.html")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "m.html").read_bytes() == (out / "map.html").read_bytes()
    done = shell("report", out, "--out", tmp_path / "r.html")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "r.html").read_bytes() == (out / "report.html").read_bytes()


def test_a_run_is_replaced_by_the_next_and_other_files_stay(shell, area, tmp_path):
    out = tmp_path / "run"
    assert shell("layers", area / "dem.tif", "--out", out, "--only", "slope_deg,tri_riley_m").returncode == 0
    (out / "my_notes.txt").write_text("keep me")
    assert shell("layers", area / "dem.tif", "--out", out, "--only", "slope_20m_deg").returncode == 0
    assert sorted(p.name for p in (out / "layers").iterdir()) == ["slope_20m_deg.tif"]
    assert (out / "my_notes.txt").read_text() == "keep me"


def test_a_directory_that_is_no_run_is_left_alone(shell, area, tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")
    done = shell("assess", area / "dem.tif", "--out", tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error[E_OUT_EXISTS]")
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.doc"]


@pytest.mark.parametrize(
    ("files", "options", "code"),
    [
        (["text.tif"], [], "E_FORMAT"),
        (["cut.tif"], [], "E_CORRUPT"),
        (["hole.tif"], [], "E_ALL_NODATA"),
        (["missing.tif"], [], "E_NOT_FOUND"),
        (["dem.tif"], ["--samples", "nowhere.csv"], "E_NO_COLUMN"),
        (["dem.tif"], ["--profile", "msr-srl-ilustrative"], "E_PROFILE"),
        (["dem.tif"], ["--config", "missing.toml"], "E_NOT_FOUND"),
    ],
)
def test_bad_input_is_one_coded_line_and_nothing_is_written(shell, area, tmp_path, files, options, code):
    named = [area / o if o.endswith((".csv", ".toml")) else o for o in options]
    done = shell("assess", *[area / f for f in files], *named, "--out", tmp_path / "run", "--quiet")
    assert done.returncode == 2
    assert done.stderr.startswith(f"error[{code}]")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_every_bad_tile_is_named(shell, area, tmp_path):
    tiles = [area / name for name in ("west.tif", "text.tif", "cut.tif", "east.tif")]
    done = shell("assess", *tiles, "--out", tmp_path / "run", "--quiet")
    assert done.returncode == 2
    assert [line.split("]")[0] for line in done.stderr.splitlines()] == ["error[E_CORRUPT", "error[E_FORMAT"]
    assert "cut.tif" in done.stderr
    assert "text.tif" in done.stderr


def test_the_json_summary_is_one_object(shell, area, tmp_path):
    done = shell("assess", area / "dem.tif", "--out", tmp_path / "run", "--json", "--quiet")
    data = json.loads(done.stdout)
    assert data["sites"][0]["site_id"] == "S01"
    assert data["summary"]
    done = shell("assess", area / "text.tif", "--out", tmp_path / "other", "--json")
    assert json.loads(done.stdout)["error"]["code"] == "E_FORMAT"
    assert done.returncode == 2


def test_no_site_is_told_and_written(shell, area, tmp_path):
    config = tmp_path / "tight.toml"
    config.write_text(
        '[profile]\nextends = "msr-srl-illustrative"\nname = "tight"\n[limits.slope_deg]\nvalue = 0.01\n'
    )
    done = shell("assess", area / "dem.tif", "--config", config, "--out", tmp_path / "run", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "No site passes the gates" in done.stdout
    assert "slope limit removed most ground" in done.stdout
    assert (tmp_path / "run" / "sites.csv").read_text().splitlines()[0].startswith(",".join(COLUMNS))
    assert len((tmp_path / "run" / "sites.csv").read_text().splitlines()) == 1
    assert json.loads((tmp_path / "run" / "sites.geojson").read_text())["features"] == []
    assert js.load_run(tmp_path / "run").sites.empty


@pytest.mark.parametrize(
    ("command", "layer", "options", "unit"),
    [
        ("slope", "slope_deg", ["--baseline-m", 7], "deg"),
        ("slope", "horn_slope_deg", ["--method", "horn"], "deg"),
        ("slope", "corner_slope_deg", ["--method", "corners", "--baseline-m", 5], "deg"),
        ("roughness", "max_roughness_m", ["--method", "max"], "m"),
        ("relief", "relief_m", ["--radius-m", 4.5], "m"),
        ("hillshade", "hillshade", ["--sun-altitude", 30], "1"),
        ("hazard", "hazard_class", [], ""),
    ],
)
def test_single_products_equal_the_library(shell, area, tmp_path, command, layer, options, unit):
    out = tmp_path / "product.tif"
    done = shell(command, area / "dem.tif", out, *options)
    assert done.returncode == 0, done.stderr
    dem = js.read_dem(area / "dem.tif")
    expected = {
        "slope_deg": lambda: js.measure(dem, "slope_deg", baseline_m=7),
        "horn_slope_deg": lambda: js.measure(dem, "horn_slope_deg"),
        "max_roughness_m": lambda: js.measure(dem, "max_roughness_m"),
        "relief_m": lambda: js.measure(dem, "relief_m", radius_m=4.5),
        "hillshade": lambda: js.measure(dem, "hillshade", sun_deg=(315, 30)),
        "hazard_class": lambda: js.assess(dem).layers["hazard_class"],
    }
    with rasterio.open(out) as product:
        assert product.descriptions == (layer,)
        assert (product.units[0] or "") == unit
        if layer == "corner_slope_deg":
            assert product.transform.c == dem.grid.transform.c - 0.5  # an odd baseline lies half a cell off
        else:
            values = expected[layer]().values
            np.testing.assert_array_equal(product.read(1), values.astype(product.dtypes[0]))


def test_a_product_never_replaces_the_dem(shell, area):
    before = (area / "dem.tif").read_bytes()
    done = shell("slope", area / "dem.tif", area / "dem.tif", "--quiet")
    assert done.returncode == 2
    assert done.stderr.startswith("error[E_OUT_EXISTS]")
    assert (area / "dem.tif").read_bytes() == before


def test_a_changed_layer_is_noticed(shell, area, tmp_path):
    out = tmp_path / "run"
    shell("assess", area / "dem.tif", "--out", out, "--quiet")
    path = out / "layers" / "slope_deg.tif"
    damaged = bytearray(path.read_bytes())
    damaged[-20] ^= 1
    path.write_bytes(bytes(damaged))
    done = shell("map", out)
    assert done.returncode == 2
    assert done.stderr.startswith("error[E_CHANGED]")


def test_names_cannot_steer_the_terminal(shell, area, tmp_path):
    tubes = tmp_path / "tubes.csv"
    tubes.write_text("name,lon,lat\n\x1b]0;owned\x07Evil,77.4483,18.4476\n")
    done = shell("assess", area / "dem.tif", "--samples", tubes, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert "Evil" in done.stdout


def test_a_route_is_kept_with_its_checksum_and_a_bad_one_is_refused_before_anything_is_written(
    shell, area, tmp_path
):
    line = {"type": "LineString", "coordinates": [[77.4483, 18.4476], [77.4491, 18.447]]}
    route = tmp_path / "route.geojson"
    route.write_text(json.dumps(line))
    done = shell("assess", area / "dem.tif", "--traverse", route, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "warning[W_CRS_ASSUMED] " + str(route) in done.stderr
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    (entry,) = (entry for entry in record["inputs"] if entry["role"] == "traverse")
    assert entry["sha256"] == hashlib.sha256(route.read_bytes()).hexdigest()
    (found,) = js.load_run(tmp_path / "run").traverse.geometry
    assert [list(vertex) for vertex in found.coords] == line["coordinates"]
    route.write_text(json.dumps({**line, "coordinates": line["coordinates"][:1]}))
    done = shell("assess", area / "dem.tif", "--traverse", route, "--out", tmp_path / "none")
    assert done.returncode == 2
    assert f"error[E_GEOJSON] {route}: feature 1 has a line of less than two vertices" in done.stderr
    assert not (tmp_path / "none").exists()
