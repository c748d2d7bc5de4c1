"""Files made to read, to call out or to write where they should not: the door lets none of them.

Each attack is also opened with GDAL as it comes, to show that the harm is real and the trap works.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from jezero_sites.cli import run
from jezero_sites.errors import InputError
from jezero_sites.io.abundance import read_abundance
from jezero_sites.io.dem import read_dem
from jezero_sites.io.layer import read_layer
from jezero_sites.io.ortho import read_ortho


@dataclass(frozen=True)
class Attack:
    """A file, the code with which the door refuses it, and what shows that plain GDAL is harmed."""

    name: str
    code: str
    harm: Callable[[Any, Any], bool]
    switches: tuple[tuple[str, str], ...] = ()


def reads_the_mark(scene, dataset):
    return bool((dataset.read(1) == scene.mark).all())


def reads_the_text(scene, dataset):
    return scene.canary.encode() in dataset.read(1).tobytes()


def calls_out(scene, dataset):
    with contextlib.suppress(rasterio.errors.RasterioIOError):
        dataset.read(1)
    return bool(scene.asked())


def writes(scene, dataset):
    dataset.read(1)
    return any((scene.inside / name).exists() for name in ("evil.dat", "evil.idx", "made.txt"))


def moves_the_map(scene, dataset):
    return dataset.transform.a == 5 and dataset.crs.to_epsg() == 32612


def follows_the_overview(scene, dataset):
    dataset.overviews(1)
    return bool(scene.asked())


def reads_outside(scene, dataset):
    return dataset.read(1).max() == scene.mark


ATTACKS = [
    Attack("VRT named tif", "E_INDIRECT", reads_the_mark),
    Attack("VRT to a parent", "E_INDIRECT", reads_the_mark),
    Attack("VRT raw band", "E_INDIRECT", reads_the_text),
    Attack("VRT to the network", "E_INDIRECT", calls_out),
    Attack("VRT with Python", "E_INDIRECT", writes, (("GDAL_VRT_ENABLE_PYTHON", "YES"),)),
    Attack("MRF", "E_INDIRECT", writes),
    Attack("WMS", "E_INDIRECT", calls_out),
    Attack("sidecar", "ok", moves_the_map),
    Attack("sidecar with an overview", "ok", follows_the_overview),
    Attack("PDS3 to a parent", "E_OUTSIDE", reads_outside),
    Attack("URL", "E_REMOTE", calls_out),
]  # fmt: skip
each = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


def contents(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@each
@pytest.mark.parametrize("read", [read_dem, read_ortho, read_abundance, read_layer])
def test_no_reader_leaks_calls_out_or_writes(scene, attack, read):
    path = scene.attack(attack.name)
    before = contents(scene.root)
    if attack.code == "ok":
        if read is not read_abundance:  # heights are no shares of ground
            read(path)
    else:
        with pytest.raises(InputError, match=attack.code) as caught:
            read(path)
        assert scene.canary not in f"{caught.value} {caught.value.as_dict()} {caught.value.__cause__}"
    assert contents(scene.root) == before
    assert scene.asked() == []


@each
def test_the_command_does_no_more_than_the_reader(scene, attack, capsys):
    path = scene.attack(attack.name)
    before = contents(scene.root)
    assert run(["info", str(path)]) == (0 if attack.code == "ok" else 2)
    told = capsys.readouterr()
    assert scene.canary not in told.out + told.err
    assert attack.code == "ok" or f"error[{attack.code}]" in told.err
    assert contents(scene.root) == before
    assert scene.asked() == []


@pytest.mark.parametrize("name", ["sidecar", "sidecar with an overview"])
def test_a_sidecar_changes_nothing(scene, name):
    plain = read_dem(scene.tiff("plain.tif"))
    found = read_dem(scene.attack(name))
    np.testing.assert_array_equal(found.values, plain.values)
    assert found.grid.transform == plain.grid.transform
    assert found.grid.crs == plain.grid.crs
    assert [notice.code for notice in found.notices] == ["W_SIDECAR_IGNORED"]


@each
def test_plain_gdal_is_harmed_so_the_trap_works(scene, attack):
    path = scene.attack(attack.name)
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            rasterio.Env(**dict(attack.switches)),
            rasterio.open(os.fspath(path)) as dataset,
        ):
            harmed = attack.harm(scene, dataset)
    except rasterio.errors.RasterioIOError:
        harmed = attack.harm is calls_out and bool(scene.asked())
        if not harmed:
            pytest.skip(f"this GDAL ({rasterio.__gdal_version__}) refuses it by itself")
    assert harmed


def test_the_ground_of_a_pds_image_inside_its_folder_is_read(scene):
    """The secret image is a good one: only its place is wrong."""
    label = scene.pds("here.img")
    (label.parent / "here.img").write_bytes((scene.root / "out" / "secret.img").read_bytes())
    dem = read_dem(label)
    assert np.unique(dem.values).tolist() == [scene.mark]
    assert dem.grid.transform == Affine(1, 0, dem.grid.transform.c, 0, -1, dem.grid.transform.f)
