"""The cells of a layer that stay in its file are those that reading it gives."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine

from jezero_sites.io import layer
from jezero_sites.io.layer import LayerCells, read_layer
from jezero_sites.io.write import write_raster
from jezero_sites.raster import Grid

CRS = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"


@pytest.fixture(params=[False, True], ids=["float32", "scaled"])
def path(tmp_path, request):
    rng = np.random.default_rng(4)
    one = rng.random((1200, 1411)).astype(np.float32)
    one[300:340, 900:] = np.nan
    grid = Grid.of(one.shape, Affine(1, 0, 4590640, 0, -1, 1093540), CRS)
    about = {"names": ["a_m", "b_m"], "units": ["m", "m"], "tags": [{}, {}], "nodata": float("nan")}
    write_raster(tmp_path / "a.tif", [one, one * 3], grid=grid, scaled=request.param, **about)
    return tmp_path / "a.tif"


@pytest.mark.parametrize("band", [0, 1])
def test_slices_are_those_of_the_whole_layer(path, band):
    whole = read_layer(path)[band].values
    cells = LayerCells(path, band)
    assert (cells.shape, cells.dtype, cells.size) == (whole.shape, whole.dtype, whole.size)
    keys = [
        (slice(3, 9), slice(700, 720)),  # few columns: read as they are
        (slice(500, 530), slice(0, 1411)),  # across two rows of tiles
        slice(1100, 1300),
        (slice(0, 1200), slice(5, 1400)),
        (slice(None, None, 7), slice(None, None, 5)),
        (1199, 1410),
        (-1, slice(None)),
        (slice(40, 40), slice(None)),
    ]
    for key in keys:
        np.testing.assert_array_equal(cells[key], whole[key], err_msg=str(key))
    np.testing.assert_array_equal(np.asarray(cells), whole)
    np.testing.assert_array_equal(cells[np.array([3, 5]), np.array([900, 2])], whole[[3, 5], [900, 2]])


def test_a_file_may_be_moved(path, tmp_path):
    cells = LayerCells(path, 0)
    before = cells[7, 8]
    (tmp_path / "run").mkdir()
    path.rename(tmp_path / "run" / path.name)
    cells.moved(tmp_path / "run")
    assert cells[7, 8] == before


def test_a_large_layer_stays_in_its_file(path, monkeypatch):
    monkeypatch.setattr(layer, "LAZY_CELLS", 1000)
    (one, _) = read_layer(path)
    assert isinstance(one.values, LayerCells)
    assert "0 to 1" in repr(one) or "unknown" in repr(one)
