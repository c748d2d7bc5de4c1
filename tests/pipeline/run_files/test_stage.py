"""A stop at any moment leaves one whole run or the other, and what is not of a run stays."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from jezero_sites.errors import InputError
from jezero_sites.pipeline.run_files import stage as staging
from jezero_sites.pipeline.run_files.record import SCHEMA, read_record
from jezero_sites.pipeline.run_files.stage import staged

MOMENTS = 40


def write_run(folder: Path, word: str, *, more: tuple[str, ...] = ()) -> None:
    (folder / "layers").mkdir(exist_ok=True)
    names = ["sites.csv", "layers/slope_deg.tif", *more]
    for name in names:
        (folder / name).write_text(word)
    record = {
        "schema": SCHEMA,
        "outputs": dict.fromkeys(names, "0"),
        "layers": {},
        "inputs": [],
        "notices": [],
    }
    (folder / "run.json").write_text(json.dumps(record))


def contents(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


def dies_at(place: Path, moment: int, word: str) -> bool:
    """Write a run in a child that dies at its n-th change of the file system; tell whether it died."""
    pid = os.fork()
    if pid == 0:
        left = [moment]

        def counted(real):
            def call(*args, **kwargs):
                left[0] -= 1
                if left[0] < 0:
                    os._exit(9)
                return real(*args, **kwargs)

            return call

        Path.rename = counted(Path.rename)
        shutil.copy2 = counted(shutil.copy2)
        shutil.rmtree = counted(shutil.rmtree)
        os.unlink = counted(os.unlink)
        with staged(place) as folder:
            write_run(folder, word)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_kill_at_any_moment_leaves_a_whole_run_and_the_next_run_succeeds(tmp_path):
    place = tmp_path / "run"
    deaths = 0
    for moment in range(MOMENTS):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        write_run(place, "old", more=("map.html",))
        (place / "notes.txt").write_text("mine")
        deaths += dies_at(place, moment, "new")
        with staged(place) as folder:
            write_run(folder, "next")
        found = contents(place)
        assert found.pop("notes.txt") == "mine"
        assert {v for k, v in found.items() if k != "run.json"} == {"next"}
        assert "map.html" not in found  # the earlier run's, which the next run does not write
        assert [p.name for p in tmp_path.iterdir()] == ["run"]
    assert deaths >= 3


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_an_empty_directory_is_a_place_like_any_other(tmp_path):
    (tmp_path / "run").mkdir()
    with staged(tmp_path / "run") as folder:
        write_run(folder, "new")
    assert contents(tmp_path / "run")["sites.csv"] == "new"


def test_an_error_leaves_the_earlier_run_as_it_was(tmp_path):
    place = tmp_path / "run"
    place.mkdir()
    write_run(place, "old")
    before = contents(place)
    with pytest.raises(RuntimeError, match="half way"), staged(place) as folder:
        write_run(folder, "new")
        raise RuntimeError("half way")
    assert contents(place) == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_link_in_the_earlier_run_is_not_followed(tmp_path):
    place, victim = tmp_path / "run", tmp_path / "victim"
    victim.mkdir()
    (victim / "slope_deg.tif").write_text("precious")
    place.mkdir()
    write_run(place, "old")
    shutil.rmtree(place / "layers")
    (place / "layers").symlink_to(victim)
    with staged(place) as folder:
        write_run(folder, "new")
    assert (victim / "slope_deg.tif").read_text() == "precious"
    assert not (place / "layers").is_symlink()


@pytest.mark.parametrize(
    "damage",
    [
        {"outputs": None},
        {"outputs": [{}]},
        {"outputs": {"../victim": "0"}},
        {"outputs": {"notes.txt": "0"}},
        {"layers": None},
        {"schema": "other"},
        {"inputs": "x"},
    ],
)
def test_a_record_that_is_not_ours_is_refused(tmp_path, damage):
    write_run(tmp_path, "old")
    record = json.loads((tmp_path / "run.json").read_text()) | damage
    (tmp_path / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="E_NOT_A_RUN"):
        read_record(tmp_path)
    with pytest.raises(InputError, match="E_OUT_EXISTS"):
        staging.check_out(tmp_path)
