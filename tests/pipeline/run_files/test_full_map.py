"""A run whose layers do not fit into one file has every cell in a folder beside its map, and the record says so."""

from __future__ import annotations

import hashlib
import json

import pytest
from click.testing import CliRunner

from jezero_sites.cli import cli
from jezero_sites.cli.assess import summary_text
from jezero_sites.maps import page_data
from jezero_sites.pipeline.run_files.load import load_run
from jezero_sites.pipeline.run_files.run_dir import save_run, write_map


@pytest.fixture
def little_room(monkeypatch):
    """Let so few bytes into a map that this small run does not fit."""
    monkeypatch.setattr(page_data, "RASTER_BYTES", 100_000)


@pytest.fixture
def saved(run, tmp_path, little_room):
    told = []
    save_run(run, tmp_path / "run", progress=told.append)
    return tmp_path / "run", told


def test_the_folder_is_written_recorded_and_told(saved):
    folder, told = saved
    text = (folder / "map.html").read_text("utf-8")
    assert '"full_map": "map/index.html"' in text
    assert (folder / "map/index.html").exists()
    outputs = json.loads((folder / "run.json").read_text("utf-8"))["outputs"]
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {*outputs, "run.json"}
    tile = "map/tiles/hazard_class/0/0_0.js"
    assert outputs[tile] == hashlib.sha256((folder / tile).read_bytes()).hexdigest()
    assert told[0] == "write the map"
    assert told[1].startswith("write map tiles, layer 1 of ")
    assert told[-1] == "write map tiles, pictures"


def test_the_command_says_where_every_cell_is(saved, run):
    folder, _ = saved
    assert f"{folder / 'map' / 'index.html'}  (every cell)" in summary_text(run, folder)
    assert "every cell" not in summary_text(run, folder.parent)


def test_such_a_run_is_read_back_and_its_map_made_again(saved):
    folder, _ = saved
    before = {p: p.read_bytes() for p in (folder / "map").rglob("*.js")}
    (folder / "map/index.html").write_text("spoiled")
    (folder / "map/tiles/hazard_class/0/0_0.js").unlink()
    done = CliRunner().invoke(cli, ["map", str(folder)])
    assert done.exit_code == 0, done.output
    assert {p: p.read_bytes() for p in (folder / "map").rglob("*.js")} == before
    assert (folder / "map/index.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    assert not (folder / ".map.part").exists()
    one = folder.parent / "one.html"
    assert CliRunner().invoke(cli, ["map", str(folder), "--out", str(one)]).exit_code == 0
    assert "Full resolution: " not in one.read_text("utf-8").split('id="jz-data"')[0]
    assert sorted(p.name for p in folder.parent.iterdir()) == ["one.html", "run"]


def test_a_run_that_fits_again_has_no_stale_folder(saved, monkeypatch, run):
    folder, _ = saved
    monkeypatch.setattr(page_data, "RASTER_BYTES", 11_500_000)
    write_map(load_run(folder), folder)
    assert not (folder / "map").exists()
    save_run(run, folder)
    assert not (folder / "map").exists()
    assert '"full_map": ""' in (folder / "map.html").read_text("utf-8")


def test_a_new_run_takes_the_place_of_one_with_a_folder(saved, run):
    folder, _ = saved
    (folder / "map" / "mine.txt").write_text("a file of mine")
    save_run(run, folder)
    assert (folder / "map" / "mine.txt").read_text() == "a file of mine"
    assert load_run(folder).summary == run.summary
