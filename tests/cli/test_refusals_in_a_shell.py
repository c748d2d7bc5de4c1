"""Bad inputs at a shell: one line on stderr, nothing else, the exit status of the table, and nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EMPTY, PICTURE, DOCUMENT = b"", b"\x89PNG\r\n\x1a\n" + bytes(99), b'<VRTDataset rasterXSize="9"></VRTDataset>'
HEAD = b"name,lon_deg,lat_deg\n"

DEMS = {
    "empty.tif": (EMPTY, "E_EMPTY_FILE"),
    "cut.tif": (b"II*\0", "E_CORRUPT"),
    "picture.tif": (PICTURE, "E_FORMAT"),
    "document.tif": (DOCUMENT, "E_INDIRECT"),
    "label.lbl": (b"PDS_VERSION_ID = PDS3\r\n^IMAGE = \"../x.img\"\r\nEND\r\n", "E_OUTSIDE"),
}  # fmt: skip
LISTS = {
    "ragged.csv": (HEAD + b"A,77.4,18.4,extra\n", "E_RAGGED"),
    "degrees.csv": (HEAD + "A,77.4,18°26'N\n".encode(), "E_NOT_NUMBER"),
    "latin.csv": (HEAD + b"Ats\xe1,77.4,18.4\n", "E_ENCODING"),
    "vector.gpkg": (b"<OGRVRTDataSource></OGRVRTDataSource>", "E_INDIRECT"),
}
SETTINGS = {
    "broken.toml": (b"[profile\n", "E_TOML"),
    "unknown.toml": (b'[profile]\nextends = "msl"\n[lender]\n', "E_SETTINGS_KEY"),
}


def words(name):
    """Return the command that reads a file in its place."""
    if name.endswith(".toml"):
        return ["assess", "dem.tif", "--out", "run", "--config", name]
    return ["info", name, "--json"] if name in LISTS else ["slope", name, "slope.tif"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Run all commands at once and return, of each, status, stdout and stderr."""
    folder = tmp_path_factory.mktemp("refused")
    running = {}
    for name, (content, _) in {**DEMS, **LISTS, **SETTINGS}.items():
        (folder / name).write_bytes(content)
        line = [sys.executable, "-m", "jezero_sites", *words(name)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        running[name] = subprocess.Popen(
            line, cwd=folder, env={**os.environ, "PYTHONWARNINGS": "error"}, **pipes
        )
    found = {name: (*process.communicate(), process.returncode) for name, process in running.items()}
    return folder, found


@pytest.mark.parametrize("name", [*DEMS, *LISTS, *SETTINGS])
def test_a_refused_input_is_one_line_with_its_code_and_status_2(told, name):
    _, code = {**DEMS, **LISTS, **SETTINGS}[name]
    out, err, status = told[1][name]
    assert status == 2
    (line,) = err.splitlines()
    assert line.startswith(f"error[{code}] {name}: ")
    if name in LISTS:
        error = json.loads(out)["error"]
        assert (error["code"], error["file"]) == (code, name)
        assert error["field"]
        assert error["fix"]
    else:
        assert out == ""


def test_nothing_is_left_behind(told):
    folder, found = told
    assert {path.name for path in folder.iterdir()} == set(found)


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no device that is always full")
@pytest.mark.parametrize(
    ("args", "status", "code"),
    [
        (["samples"], 74, "E_DISK_FULL"),
        (["info", "bad.csv", "--json"], 74, "E_DISK_FULL"),
        (["samples", "--json", "--nothing"], 2, "E_USAGE"),
        (["slope", "none.tif", "out.tif", "--json"], 2, "E_"),
    ],
)
def test_an_answer_to_a_full_disk_is_one_line_and_keeps_its_status(tmp_path, args, status, code):
    (tmp_path / "bad.csv").write_bytes(HEAD + b"A,77.4,18.4,extra\n")
    with FULL.open("w") as full:
        line = [sys.executable, "-m", "jezero_sites", *args]
        done = subprocess.run(line, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        silent = subprocess.run(line, cwd=tmp_path, stdout=full, stderr=full, check=False)
    assert done.stderr.startswith(f"error[{code}")
    assert done.stderr.count("\n") == 1
    assert done.returncode == silent.returncode == status
