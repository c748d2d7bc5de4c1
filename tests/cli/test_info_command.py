"""``info`` says what any file is, what a lander's limits make of it, and how to mend what is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.cli import run
from jezero_sites.errors import InputError, Notice
from jezero_sites.io.contents import _spread, dem_contents
from jezero_sites.io.dem import read_dem
from jezero_sites.pipeline.facts.against_lander import lander_facts, lander_findings
from jezero_sites.pipeline.facts.file_facts import Reading, file_facts
from jezero_sites.pipeline.facts.findings import Finding, in_order, size_in_words
from jezero_sites.pipeline.stages.resolution import resolution_notices
from jezero_sites.settings import load_profile

COARSE = Affine(20.0, 0.0, 4_590_000.0, 0.0, -20.0, 1_093_000.0)
FINE = Affine(1.0, 0.0, 4_590_000.0, 0.0, -1.0, 1_093_000.0)


def write_dem(path: Path, shape: tuple[int, int], transform: Affine = FINE, **profile) -> Path:
    """Write a DEM in tiles whose heights rise to the south, unknown in the first tile."""
    rows, cols = np.indices(shape)
    heights = (-2600 + 0.05 * rows + 0.01 * cols).astype("float32")
    heights[:16, :16] = -32768
    kind = {"driver": "GTiff", "count": 1, "dtype": "float32", "nodata": -32768, "crs": "IAU_2015:49910"}
    tiles = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    size = {"height": shape[0], "width": shape[1], "transform": transform}
    with rasterio.open(path, "w", **kind | tiles | size | profile) as dataset:
        dataset.units = ["metre"]
        dataset.write(heights, 1)
    return path


@pytest.fixture
def info(capsys):
    """Return a function that runs info in this process and gives its exit code, stdout and stderr."""

    def called(*args):
        try:
            code = run(["info", *map(str, args)])
        except SystemExit as stop:
            code = stop.code
        told = capsys.readouterr()
        return code, told.out, told.err

    return called


def test_coarse_dem_is_held_against_each_limit_of_the_lander(tmp_path, info):
    code, out, _ = info(write_dem(tmp_path / "ctx.tif", (64, 80), COARSE))
    assert code == 0
    for line in (
        r"limit on slope_deg +at most 8 deg over 5 m: window of 3 x 3 cells, 56\.9\d x 60 m \(E x N\); unverified",
        r"footprint +disc of 3 m radius: 0\.316 x 0\.3 cells across",
        r"ground +1,\d\d\d m east-west x 1,280 m north-south",
        r"vertical datum +unstated",
        r"resolution +unstated",
        r"error\[E_RESOLUTION\] the limit on slope_deg is at a baseline of 5 m, the smallest fitting window is",
        r"    mend: .*--allow-coarse",
        r"warning\[W_DATUM\] vertical datum unstated",
    ):
        assert re.search(line, out), line


def test_findings_come_with_the_gravest_first(tmp_path, info):
    data = json.loads(info(write_dem(tmp_path / "ctx.tif", (64, 80), COARSE), "--json")[1])
    ranks = [("error", "warning", "note").index(f["severity"]) for f in data["findings"]]
    assert ranks == sorted(ranks)
    assert ranks[0] == 0
    assert all(f["code"] and f["found"] for f in data["findings"])
    assert all(f["fix"] for f in data["findings"] if f["severity"] != "note")


def test_json_says_the_same_as_the_text(tmp_path, info):
    path = write_dem(tmp_path / "dem.tif", (64, 80))
    text, data = info(path)[1], json.loads(info(path, "--json")[1])
    told = {**{k: v for k, v in data.items() if k not in ("file", "lander", "findings")}, **data["lander"]}
    for value in (
        *told.values(),
        *(f["found"] for f in data["findings"]),
        *(f["fix"] for f in data["findings"]),
    ):
        assert value in text


@pytest.mark.parametrize("profile", ["msr-srl-illustrative", "msl", "insight", "mars2020"])
@pytest.mark.parametrize("transform", [FINE, COARSE], ids=["1 m", "20 m"])
def test_info_refuses_and_warns_as_the_stage_of_a_run_does(tmp_path, profile, transform):
    dem, chosen = read_dem(write_dem(tmp_path / "dem.tif", (64, 80), transform)), load_profile(profile)
    codes = {told.code for told in lander_findings(dem, chosen)} - {"W_DEM_SMALL"}
    staged = {notice.code for notice in resolution_notices(dem, chosen, fix="")}
    assert codes == {"E_RESOLUTION" if code == "W_COARSE" else code for code in staged}


@pytest.mark.parametrize(("azimuth_deg", "fits"), [(0.0, True), (30.0, True), (90.0, False)])
def test_room_for_a_turned_ellipse_is_what_its_rim_leaves(tmp_path, azimuth_deg, fits):
    dem = read_dem(write_dem(tmp_path / "dem.tif", (280, 120)))  # 114 m to the east, 280 m to the north
    base = load_profile()
    ellipse = replace(base.dispersion, major_m=60.0, minor_m=30.0, azimuth_deg=azimuth_deg)
    chosen = replace(base, dispersion=ellipse)
    rim, turn = np.linspace(0, 2 * np.pi, 200_001), np.radians(azimuth_deg)
    along, across = 60.0 * np.cos(rim), 30.0 * np.sin(rim)
    east = 120 * dem.grid.mean_dx_m - np.ptp(along * np.sin(turn) + across * np.cos(turn))
    north = 280.0 - np.ptp(along * np.cos(turn) - across * np.sin(turn))
    words = lander_facts(dem, chosen)["landing_ellipse"]
    assert (f"within {east:,.0f} x {north:,.0f} m" if fits else "fits nowhere") in words
    assert ("W_DEM_SMALL" in {told.code for told in lander_findings(dem, chosen)}) is not fits


def test_stereo_dem_is_told_its_resolution_of_five_postings(tmp_path, info):
    path = write_dem(tmp_path / "dem.tif", (64, 80))
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(SOURCE="HiRISE stereo DTM", SYNTHETIC="yes", GEOID="MOLA")
    out = info(path)[1]
    assert "about 5 m: five postings of a stereo DTM" in out
    assert "made-up ground, no place on Mars" in out
    assert re.search(r"vertical datum +MOLA", out)


def test_sample_of_blocks_says_so_and_full_reads_all(tmp_path, info, monkeypatch):
    monkeypatch.setattr("jezero_sites.pipeline.facts.rasters.WHOLE_CELLS", 1000)
    path = write_dem(tmp_path / "dem.tif", (160, 240))
    held = dem_contents(path, sample_cells=6 * 256)
    assert (held.blocks_read, held.blocks) == (6, 150)
    whole = read_dem(path).values
    assert np.nanmin(whole) <= held.low_m <= held.high_m <= np.nanmax(whole)
    code, out, _ = info(path, "--full")
    assert code == 0
    assert "W_SAMPLED" not in out
    assert f"{np.nanmin(whole):.6g} to {np.nanmax(whole):.6g} m\n" in out
    assert f"{np.isnan(whole).mean():.2%}" in out


def test_large_file_is_told_from_some_of_its_blocks(tmp_path, info, monkeypatch):
    monkeypatch.setattr("jezero_sites.pipeline.facts.rasters.WHOLE_CELLS", 1000)
    monkeypatch.setitem(dem_contents.__kwdefaults__, "sample_cells", 6 * 256)
    out = info(write_dem(tmp_path / "dem.tif", (160, 240)))[1]
    assert "(in 6 of 150 blocks)" in out
    assert "warning[W_SAMPLED] heights and unknown share are of 6 of 150 stored blocks" in out
    assert "mend: --full reads all of it" in out


def test_all_blocks_as_a_sample_have_the_numbers_of_the_whole(tmp_path):
    path = write_dem(tmp_path / "dem.tif", (70, 90))
    held, whole = dem_contents(path), read_dem(path)
    assert held.blocks_read == held.blocks
    assert held.low_m == np.nanmin(whole.values)
    assert held.high_m == np.nanmax(whole.values)
    assert held.unknown_fraction == pytest.approx(np.isnan(whole.values).mean(), abs=1e-15)
    assert dict(held.dem.tags) == dict(whole.tags)
    assert held.dem.notices == whole.notices


def test_sampled_heights_that_mars_does_not_have_are_refused(tmp_path):
    path = write_dem(tmp_path / "radii.tif", (160, 240))
    with rasterio.open(path, "r+") as dataset:
        dataset.write(dataset.read(1) + np.float32(3.39e6), 1)
    with pytest.raises(InputError, match=r"E_RANGE.*radii"):
        dem_contents(path, sample_cells=2000)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 500))
def test_spread_blocks_lie_inside_rise_and_are_about_as_many_as_wanted(down, across, wanted):
    rows, columns = _spread(down, across, wanted)
    for places, size in ((rows, down), (columns, across)):
        assert all(0 <= place < size for place in places)
        assert places == sorted(set(places))
    assert 1 <= len(rows) * len(columns) <= max(wanted, 1)
    if wanted >= down * across:
        assert len(rows) * len(columns) == down * across


def test_list_of_samples_is_told_by_its_rows(area, info):
    code, out, _ = info(area / "tubes.csv")
    assert code == 0
    assert re.search(r"what +list of samples\n", out)
    assert re.search(r"rows +3, 2 with a position\n", out)
    assert "note[W_NO_POSITION] 1 rows have no position (line 4)" in out


def test_geojson_is_told_as_samples(tmp_path, info):
    point = {"type": "Point", "coordinates": [77.4, 18.4]}
    feature = {"type": "Feature", "properties": {"name": "A"}, "geometry": point}
    path = tmp_path / "tubes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    out = info(path)[1]
    assert re.search(r"rows +1, 1 with a position\n", out)
    assert "[W_CRS_ASSUMED]" in out


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nowhere.csv", "E_NO_COLUMN"),
        ("text.tif", "E_FORMAT"),
        ("cut.tif", "E_CORRUPT"),
        ("hole.tif", "E_ALL_NODATA"),
    ],
)
def test_refused_file_is_told_as_far_as_it_is_known_and_ends_with_2(area, info, name, code, as_json):
    exit_code, out, err = info(area / name, *(["--json"] if as_json else []))
    assert exit_code == 2
    assert err.startswith(f"error[{code}]")
    assert len(err.splitlines()) == 1
    if as_json:
        data = json.loads(out)
        assert data["error"]["code"] == data["findings"][0]["code"] == code
        assert data["findings"][0]["severity"] == "error"
        assert data["findings"][0]["fix"]
    else:
        assert "cannot be used as it is" in out
        assert re.search(r"size +\d", out)


def test_header_of_a_refused_dem_is_told(area, info):
    out = info(area / "hole.tif")[1]
    assert re.search(r"cells +230 rows x 290 columns", out)
    assert re.search(r"stored as +float32", out)


def test_settings_are_told_with_what_is_unverified(tmp_path, info):
    path = tmp_path / "my.toml"
    path.write_text('[profile]\nextends = "msl"\nname = "mine"\n[limits.slope_deg]\nvalue = 9.0\n')
    code, out, _ = info(path)
    assert code == 0
    assert re.search(r"profile +mine\n", out)
    assert re.search(r"limit on slope_deg +at most 9 deg over 5 m \(set by the user", out)
    assert re.search(r"unverified +.*limit on slope_deg", out)
    path.write_text('[profile]\nextends = "msl"\n[limits.slop_deg]\nvalue = 9.0\n')
    code, _, err = info(path)
    assert code == 2
    assert "did you mean 'slope_deg'" in err


def test_run_directory_is_told_and_its_damage_found(area, tmp_path, info):
    out_dir = tmp_path / "run"
    assert (
        run(["layers", str(area / "dem.tif"), "--out", str(out_dir), "--only", "slope_deg", "--quiet"]) == 0
    )
    code, out, _ = info(out_dir)
    assert code == 0
    assert re.search(r"what +run of layers, written by jezero_sites ", out)
    assert re.search(r"inputs +dem\.tif \(dem\)", out)
    assert "E_CHANGED" not in info(out_dir, "--full")[1]
    layer = out_dir / "layers" / "slope_deg.tif"
    layer.write_bytes(layer.read_bytes() + b"\0")
    assert "error[E_CHANGED] layers/slope_deg.tif is not the file" in info(out_dir, "--full")[1]
    layer.unlink()
    assert "error[E_NOT_A_RUN] layers/slope_deg.tif is missing" in info(out_dir)[1]
    assert info(tmp_path)[2].startswith("error[E_NOT_A_RUN]")


def test_other_text_is_refused_with_what_is_read(tmp_path, info):
    path = tmp_path / "notes.md"
    path.write_text("# Notes\nnothing\n")
    code, _, err = info(path)
    assert code == 2
    assert err.startswith("error[E_FORMAT]")
    assert "a raster (GeoTIFF, JPEG 2000, ISIS3, PDS3, PDS4), a CSV" in err


def test_database_that_is_no_geopackage_is_refused_with_the_way_out(tmp_path, info):
    path = tmp_path / "tubes.gpkg"
    path.write_bytes(b"SQLite format 3\0" + bytes(100))
    assert "export it as CSV, GeoJSON or GeoPackage" in info(path)[2]


def test_geopackage_of_samples_is_a_list_of_samples(tmp_path, info):
    import geopandas

    points = geopandas.points_from_xy([77.45], [18.44])
    frame = geopandas.GeoDataFrame({"name": ["A"]}, geometry=points, crs="IAU_2015:49900")
    frame.to_file(tmp_path / "tubes.gpkg", driver="GPKG")
    code, out, _ = info(tmp_path / "tubes.gpkg")
    assert code == 0
    assert "list of samples" in out
    assert "1, 1 with a position" in out


def test_colour_is_for_terminals_alone_and_not_where_it_is_refused(tmp_path, info, monkeypatch):
    path = write_dem(tmp_path / "dem.tif", (64, 80), COARSE)
    assert "\x1b" not in info(path)[1]
    monkeypatch.setattr("jezero_sites.cli.info._is_terminal", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31merror[E_RESOLUTION]" in info(path)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in info(path)[1]


def test_lines_fit_a_terminal_and_are_whole_in_a_pipe(tmp_path, info, monkeypatch):
    path = write_dem(tmp_path / "dem.tif", (64, 80), COARSE)
    monkeypatch.delenv("COLUMNS", raising=False)
    assert max(map(len, info(path)[1].splitlines())) > 100
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, info(path)[1].splitlines())) <= 80


def test_tag_that_would_steer_a_terminal_is_shown_harmless(tmp_path, info):
    path = tmp_path / "tubes.csv"
    path.write_text("name,lat,lon\nA\x1b[2J,18.4,77.4\n", "utf-8")
    assert "\x1b" not in info(path)[1]


def test_a_notice_with_a_remedy_is_a_warning_and_errors_come_first():
    told = (Notice("W_A", "a"), Notice("W_B", "b", "mend b"), InputError("E_C", found="c", fix="mend c"))
    assert [f.severity for f in in_order(told)] == ["error", "warning", "note"]
    assert Finding.of(told[2]).as_dict() == {
        "code": "E_C",
        "severity": "error",
        "found": "c",
        "fix": "mend c",
    }


@given(st.integers(0, 10**13))
def test_sizes_have_few_figures(size):
    number, unit = size_in_words(size).split()
    assert unit in ("bytes", "KiB", "MiB", "GiB")
    assert len(number.replace(".", "")) <= 5


def test_a_notebook_gets_the_same_by_one_call(area, info):
    told = file_facts(area / "dem.tif", load_profile("msl"), reading=Reading())
    assert told.as_dict() == json.loads(info(area / "dem.tif", "--profile", "msl", "--json")[1])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("jezero_oeb_hirise_dtm_1m.tif", "elevation (DEM)"),
        ("jezero_oeb_ctx_dem_20m.tif", "E_RESOLUTION"),
        ("jezero_oeb_ortho_25cm.tif", "image: shown on the map"),
        ("m2020_samples.csv", "30, 28 with a position"),
    ],
)
def test_real_files_are_told(real_data, info, name, words):
    code, out, _ = info(real_data / name)
    assert code == 0
    assert words in out


def test_a_route_is_told_from_a_list_of_samples(tmp_path):
    line = {"type": "LineString", "coordinates": [[77.45, 18.44], [77.46, 18.45], [77.40, 18.46]]}
    features = [{"type": "Feature", "properties": {"sol": sol}, "geometry": line} for sol in (14, 20)]
    path = tmp_path / "route.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = file_facts(path).facts
    assert found["what"] == "route of the rover, for --traverse"
    assert found["lines"] == "2 with 6 vertices"
    assert found["sols"] == "14 to 20"
    features[1]["geometry"] = {"type": "LineString", "coordinates": [[77.45, 98.0], [77.46, 18.45]]}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert file_facts(path).facts["what"].startswith("list of samples that cannot be used")
