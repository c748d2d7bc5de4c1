"""A run is put in place only if every input is still what was read."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from affine import Affine

from jezero_sites.errors import InputError
from jezero_sites.io import dem as dem_module
from jezero_sites.io.abundance import read_abundance
from jezero_sites.io.dem import read_dem
from jezero_sites.io.hashing import sha256_of
from jezero_sites.io.ortho import read_ortho
from jezero_sites.io.points.samples import read_samples
from jezero_sites.layers import measure
from jezero_sites.pipeline.inputs import InputRecord, check_inputs, input_records
from jezero_sites.pipeline.run_files.load import load_run
from jezero_sites.pipeline.run_files.run_dir import save_layer, save_layers, write_layer
from jezero_sites.pipeline.survey.baseline_dir import save_baselines
from jezero_sites.pipeline.survey.baselines import measure_baselines
from jezero_sites.raster import Grid
from jezero_sites.settings import load_profile


@pytest.fixture
def files(tmp_path, make_dem):
    """Return a folder with two tiles, an image, an abundance and a list of samples."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    ground = make_dem((110, 160))
    for name, first, last in (("west.tif", 0, 70), ("east.tif", 70, 160)):
        part = ground.grid.window(0, 110, first, last)
        tagged = replace(
            ground, values=ground.values[:, first:last], grid=part, tags={"VERTICAL_DATUM": "mola"}
        )
        write_layer(folder / name, [tagged])
    grid = Grid.of((40, 50), Affine(3.0, 0, 4590640, 0, -3.0, 1093540), ground.grid.crs)
    shares = np.full((40, 50), 0.05, np.float32)
    write_layer(folder / "rocks.tif", [replace(ground, values=shares, grid=grid, unit="1")])
    write_layer(folder / "image.tif", [replace(ground, values=shares * 900, grid=grid, unit="DN")])
    (folder / "tubes.csv").write_text("name,lon,lat\nAlpha,77.4483,18.4476\n")
    return folder


@pytest.fixture
def ground(files):
    return read_dem([files / "west.tif", files / "east.tif"])


def spoil(path):
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def saved(ground, out):
    slope = measure(ground, "horn_slope_deg")
    return save_layers(
        {"horn_slope_deg": slope}, out, settings=load_profile(), inputs=input_records(ground), notices=()
    )


def refused(call, *args, file, **options):
    with pytest.raises(InputError, match="E_INPUT_CHANGED") as caught:
        call(*args, **options)
    error = caught.value
    assert error.transient
    assert error.exit_code == 2
    assert error.file == str(file)


def test_the_record_holds_the_digests_of_what_was_read(ground, files, tmp_path):
    record = json.loads((saved(ground, tmp_path / "run") / "run.json").read_text())
    for entry, name in zip(record["inputs"], ("east.tif", "west.tif"), strict=True):
        path = files / name
        assert (entry["path"], entry["role"]) == (str(path), "dem")
        assert (entry["sha256"], entry["size_bytes"]) == (sha256_of(path), path.stat().st_size)
        assert set(entry) == {"path", "role", "sha256", "size_bytes", "repairs"}
        assert set(entry["repairs"].values()) <= {0, 7 * 19}  # the hole of the western tile
    assert record["inputs"][1]["repairs"]["masked_cells"] == 7 * 19


@pytest.mark.parametrize("name", ["west.tif", "east.tif"])
def test_a_tile_that_changes_before_the_run_is_in_place_leaves_nothing(ground, files, tmp_path, name):
    spoil(files / name)
    refused(saved, ground, tmp_path / "run", file=files / name)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["inputs"]


def test_an_earlier_run_stays_as_it_was(ground, files, tmp_path):
    saved(ground, tmp_path / "run")
    before = {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()}
    again = read_dem([files / "west.tif", files / "east.tif"])
    spoil(files / "east.tif")
    refused(saved, again, tmp_path / "run", file=files / "east.tif")
    assert {p: p.read_bytes() for p in (tmp_path / "run").rglob("*") if p.is_file()} == before


def test_a_file_that_is_written_while_its_cells_are_read_is_found(files, tmp_path, monkeypatch):
    real = dem_module.stored_cells

    def meanwhile(dataset, band, path):
        yield from real(dataset, band, path)
        path.write_bytes(path.read_bytes() + b"x")

    monkeypatch.setattr(dem_module, "stored_cells", meanwhile)
    ground = read_dem(files / "west.tif")
    refused(saved, ground, tmp_path / "run", file=files / "west.tif")


def test_what_is_read_again_can_be_saved(ground, files, tmp_path):
    (files / "east.tif").write_bytes((files / "west.tif").read_bytes())
    refused(saved, ground, tmp_path / "run", file=files / "east.tif")
    saved(read_dem(files / "east.tif"), tmp_path / "run")


@pytest.mark.parametrize("name", ["west.tif", "image.tif", "rocks.tif", "tubes.csv"])
def test_every_kind_of_input_is_watched(ground, files, name):
    records = input_records(
        ground,
        read_ortho(files / "image.tif"),
        read_samples(files / "tubes.csv"),
        abundance=read_abundance(files / "rocks.tif"),
    )
    assert [r.role for r in records] == ["dem", "dem", "ortho", "rock abundance", "samples"]
    check_inputs(records)
    spoil(files / name)
    refused(check_inputs, records, file=files / name)


def test_a_survey_and_a_single_layer_are_not_written_either(ground, files, tmp_path):
    found = measure_baselines(ground, baselines_m=(2.0,), progress=lambda _: None)
    slope = measure(ground, "horn_slope_deg")
    spoil(files / "west.tif")
    refused(
        save_baselines,
        found,
        tmp_path / "survey",
        limit_deg=15.0,
        progress=lambda _: None,
        file=files / "west.tif",
    )
    refused(save_layer, tmp_path / "slope.tif", slope, file=files / "west.tif")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["inputs"]


def test_an_assessment_is_not_saved_over_a_changed_list_of_samples(run, ground, files, tmp_path):
    samples = read_samples(files / "tubes.csv")
    run = replace(run, inputs=input_records(ground, samples=samples), samples=samples)
    (files / "tubes.csv").write_text("name,lon,lat\nAlpha,77.4484,18.4476\n")
    refused(run.save, tmp_path / "run", file=files / "tubes.csv")
    (files / "tubes.csv").write_text("name,lon,lat\nAlpha,77.4483,18.4476\n")
    loaded = load_run(run.save(tmp_path / "run"))
    assert loaded.inputs == run.inputs
    (files / "west.tif").unlink()
    loaded.save(tmp_path / "copy")  # made from the run's own files


def test_a_raster_that_was_made_by_hand_has_its_file_hashed_for_the_record(ground, files):
    (record,) = input_records(replace(ground, fingerprints=(), sources=(files / "west.tif",)))
    assert record == InputRecord(
        str(files / "west.tif"), "dem", sha256_of(files / "west.tif"), record.size_bytes, dict(record.repairs)
    )
