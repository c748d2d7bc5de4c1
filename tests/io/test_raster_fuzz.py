"""Damaged files give a coded error or a raster, never anything else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jezero_sites.errors import JezeroError
from jezero_sites.io.dem import read_dem

ROOT = Path(__file__).parents[2]
PATCHES = (b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80")


def mutant(content, generator):
    """Return bytes with a few changes, mostly in the headers at both ends."""
    changed = bytearray(content)
    for _ in range(generator.integers(1, 4)):
        ends = [(0, 1200), (len(changed) - 1200, len(changed)), (0, len(changed))]
        low, high = ends[generator.integers(3)]
        at = int(generator.integers(max(low, 0), min(high, len(changed))))
        kind = generator.integers(4)
        if kind == 0:
            changed[at] = generator.integers(256)
        elif kind == 1:
            patch = PATCHES[generator.integers(len(PATCHES))]
            changed[at : at + 4] = patch
        elif kind == 2:
            del changed[at : at + int(generator.integers(1, 9))]
        else:
            changed[at:at] = generator.bytes(int(generator.integers(1, 9)))
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_mutants_of_a_tiff_are_read_or_refused(make_tiff, seed):
    values = np.random.default_rng(1).normal(-2500, 3, (20, 30)).astype("float32")
    path = make_tiff(values=values, tags={"VERTICAL_DATUM": "areoid", "NOTE": "a text to be spoilt " * 9})
    content = path.read_bytes()
    generator = np.random.default_rng(seed)
    outcomes = []
    for _ in range(50):
        path.write_bytes(mutant(content, generator))
        try:
            outcomes.append(read_dem(path).values.dtype.kind)
        except JezeroError as error:
            outcomes.append(error.code)
            assert error.fix
            assert error.field
            assert error.file == str(path)
    assert len(set(outcomes)) > 2  # the mutants reach more than one check


def test_300_mutants_of_many_layouts_neither_crash_nor_hang_a_process_of_their_own(tmp_path):
    """The whole run has some thousands: ``python -m benchmarks.fuzz_rasters``."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.fuzz_rasters",
        "--mutants",
        "300",
        "--save",
        str(tmp_path / "found"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    counts = {
        code: int(count) for count, code in re.findall(r"^ *(\d+)  (read|E_\w+)$", done.stdout, re.MULTILINE)
    }
    assert sum(counts.values()) == 300
    assert len(counts) > 5
    assert counts["read"] > 0
    assert not (tmp_path / "found").exists()
