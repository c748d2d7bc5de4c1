"""Nothing is written outside the run directory, and nothing that is not a run is moved or removed."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from affine import Affine

from jezero_sites.errors import DiskError, InputError
from jezero_sites.pipeline.run_files import stage as staging
from jezero_sites.pipeline.run_files.record import SCHEMA, read_record
from jezero_sites.pipeline.run_files.run_dir import save_layers, write_layers
from jezero_sites.pipeline.run_files.stage import staged
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import load_profile


def layer(seed=1, shape=(300, 410)):
    grid = Grid.of(shape, Affine(1.25, 0, 4_590_000, 0, -1.5, 1_093_000), "+proj=eqc +R=3396190 +units=m")
    values = np.random.default_rng(seed).random(shape, np.float32)
    return {"slope_deg": Raster(values, grid, "slope_deg", "deg", {"METHOD": "made up"})}


def put(out, layers=None):
    return save_layers(layers or layer(), out, settings=load_profile(), inputs=(), notices=())


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["layers", "config.toml", "run.json", "more"])
def test_a_link_in_the_run_directory_is_not_written_through(tmp_path, name):
    out, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    put(out)
    elsewhere.mkdir()
    (elsewhere / "slope_deg.tif").write_text("precious")
    target = elsewhere
    if name.endswith(("json", "toml")):
        target = elsewhere / name
        target.write_bytes((out / name).read_bytes())
    if name == "layers":
        (out / name).rename(out / "old_layers")
    (out / name).unlink(missing_ok=True)
    (out / name).symlink_to(target)
    before = files(elsewhere)
    put(out, layer(2))
    assert files(elsewhere) == before
    assert (out / name).is_symlink() is (name == "more")  # the user's own link stays


def test_a_link_to_a_directory_is_the_directory(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "far")
    put(tmp_path / "run")
    assert (tmp_path / "run").is_symlink()
    assert (tmp_path / "far" / "run.json").is_file()


@pytest.mark.parametrize("content", [{}, {"thesis.txt": "mine"}, {"run.json": "{}"}])
def test_what_only_has_the_name_of_an_earlier_run_is_left_alone(tmp_path, content):
    aside = tmp_path / ".run.old"
    aside.mkdir()
    for name, text in content.items():
        (aside / name).write_text(text)
    if not content:
        put(tmp_path / "run")  # an empty directory is what an empty --out steps aside as
        return
    with pytest.raises(InputError, match=r"E_OUT_EXISTS.*\.run\.old.*in the way"):
        put(tmp_path / "run")
    assert files(aside) == {name: text.encode() for name, text in content.items()}
    assert [p.name for p in tmp_path.iterdir()] == [".run.old"]


def test_leavings_of_other_names_and_links_stay(tmp_path):
    dead = 2**22 + 7  # beyond the largest process number
    kept = [tmp_path / f".other.part-{dead}-x", tmp_path / ".r[u]n.part-me-x", tmp_path / "runs.part-1-x"]
    for folder in kept:
        folder.mkdir()
    mine = tmp_path / f".r[u]n.part-{dead}-abc"
    mine.mkdir()
    link = tmp_path / f".r[u]n.part-{dead}-link"
    link.symlink_to(kept[0])
    put(tmp_path / "r[u]n")
    assert all(folder.is_dir() for folder in kept)
    assert link.is_symlink()
    assert not mine.exists()


def test_what_a_run_that_still_works_has_made_so_far_stays(tmp_path):
    working = tmp_path / f".run.part-{os.getppid()}-abc"
    working.mkdir()
    (working / "half.tif").write_text("half")
    put(tmp_path / "run")
    assert (working / "half.tif").read_text() == "half"


def test_a_place_that_was_taken_meanwhile_is_not_run_over(tmp_path):
    place = tmp_path / "run"
    with pytest.raises(InputError, match="E_OUT_EXISTS"), staged(place) as folder:
        (folder / "run.json").write_text("{}")
        place.mkdir()
        (place / "map.html").write_text("someone else's")
    assert files(place) == {"map.html": b"someone else's"}
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("name", ["../slope_deg", "a/b", "", "slope.deg", "slope\n", "Ätna"])
def test_a_layer_whose_name_could_lead_elsewhere_is_not_written(tmp_path, name):
    with pytest.raises(ValueError, match="no name of a layer"):
        write_layers({name: layer()["slope_deg"]}, tmp_path / "layers")
    assert not (tmp_path / "layers").exists()


@pytest.mark.parametrize(
    "damage",
    [
        {"layers": {"../../secret": {}}},
        {"layers": {"a/b": {}}},
        {"inputs": ["dem.tif"]},
        {"inputs": [{"path": "dem.tif", "role": "dem"}]},
        {"inputs": [{"path": 1, "role": "dem", "sha256": "0", "size_bytes": 1}]},
    ],
)
def test_a_record_that_leads_elsewhere_is_no_record(tmp_path, damage):
    record = {"schema": SCHEMA, "outputs": {}, "layers": {}, "inputs": [], "notices": []} | damage
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="E_NOT_A_RUN"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError(errno.ENOSPC, "full"), "E_DISK_FULL"), (OSError(errno.EIO, "bad"), "E_WRITE")],
)
def test_a_failure_while_the_run_is_put_in_place_is_one_of_the_disk(tmp_path, monkeypatch, error, code):
    put(tmp_path / "run")
    before = files(tmp_path / "run")

    def fail(*_):
        raise error

    monkeypatch.setattr(staging, "_settle", fail)
    with pytest.raises(DiskError, match=code) as caught:
        put(tmp_path / "run", layer(2))
    assert caught.value.exit_code == 74
    assert files(tmp_path / "run") == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


@pytest.fixture
def small_disk(tmp_path):
    """Return a file system of 2 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_the_earlier_run_and_leaves_no_debris(small_disk):
    out = small_disk / "run"
    put(out, layer(shape=(90, 110)))
    before = files(out)
    with pytest.raises(DiskError, match="E_DISK_FULL") as caught:
        put(out, layer(2, shape=(900, 1100)))
    assert caught.value.exit_code == 74
    assert files(out) == before
    assert [p.name for p in small_disk.iterdir()] == ["run"]
    put(out, layer(3, shape=(90, 110)))


def test_files_of_the_user_stay_whatever_their_names(tmp_path):
    place = tmp_path / "run"
    put(place)
    (place / "layers").mkdir(exist_ok=True)
    for name in ("layers/my_survey.tif", "histogram.csv", "notes.txt"):
        (place / name).write_text("mine")
    put(place)
    for name in ("layers/my_survey.tif", "histogram.csv", "notes.txt"):
        assert (place / name).read_text() == "mine"


def test_a_private_run_stays_private(tmp_path):
    place = tmp_path / "run"
    put(place)
    place.chmod(0o700)
    put(place)
    assert place.stat().st_mode & 0o777 == 0o700


def test_a_file_of_the_user_with_the_name_of_a_new_layer_is_not_lost(tmp_path):
    place = tmp_path / "run"
    put(place, {"horn_slope_deg": layer()["slope_deg"]})
    (place / "layers").mkdir(exist_ok=True)
    (place / "layers" / "slope_deg.tif").write_text("mine")
    with pytest.raises(InputError, match=r"E_OUT_EXISTS.*no run wrote"):
        put(place)
    assert (place / "layers" / "slope_deg.tif").read_text() == "mine"


@pytest.mark.parametrize(
    "damage",
    [
        {"notices": [1]},
        {"notices": [{"code": "W_A", "found": "x", "fix": 7}]},
        {"notices": [{"code": "W_A", "found": "x", "more": "y"}]},
        {"notices": None},
        {"outputs": {"run.json": [1]}},
        {"outputs": [1]},
        {"inputs": [1]},
        {"layers": [1]},
        {"sites": "many"},
        {"sites": 1, "samples": [1], "statements": [], "summary": ""},
        {"sites": 1, "samples": [], "statements": [1], "summary": ""},
        {"sites": 1, "samples": [], "statements": [], "summary": None},
    ],
)
def test_a_record_with_parts_of_other_kinds_is_no_record(tmp_path, damage):
    put(tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps(record | damage))
    with pytest.raises(InputError, match="E_NOT_A_RUN"):
        read_record(tmp_path / "run")


def test_layers_alone_do_not_take_the_place_of_an_assessment(tmp_path):
    place = tmp_path / "run"
    put(place)
    path = place / "run.json"
    more = {"sites": 1, "samples": [], "statements": [], "summary": "one site"}
    path.write_text(json.dumps(json.loads(path.read_text()) | more))
    with pytest.raises(InputError, match=r"E_OUT_EXISTS.*holds a run, not layers alone"):
        put(place)
    with staged(place) as stage:
        (stage / "config.toml").write_text("a run takes its place")
    assert (place / "config.toml").read_text() == "a run takes its place"
