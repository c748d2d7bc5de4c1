"""A large DEM is screened in pieces: each cell by one of them, and a seam through several is one seam."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine

from jezero_sites import quality
from jezero_sites.pipeline.stages.dem_quality import found_artefacts
from jezero_sites.raster import Grid, Raster

CRS = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"


@pytest.mark.parametrize("shape", [(1024, 700), (1025, 700), (1700, 2400), (5000, 30), (3, 4)])
def test_pieces_answer_for_every_cell_once_and_see_a_rim(shape):
    counted = np.zeros(shape, int)
    for piece in quality.pieces_of(shape):
        counted[piece.rows, piece.columns] += 1
        for own, seen, size in (
            (piece.rows, piece.seen_rows, shape[0]),
            (piece.columns, piece.seen_columns, shape[1]),
        ):
            assert seen.start == max(own.start - 64, 0) or seen == slice(0, size)
            assert seen.stop == min(own.stop + 64, size) or seen == slice(0, size)
            assert own.stop - own.start <= 1024
        rows, columns = piece.inner
        assert np.arange(shape[0])[piece.seen_rows][rows].tolist() == list(
            range(piece.rows.start, piece.rows.stop)
        )
        assert np.arange(shape[1])[piece.seen_columns][columns][0] == piece.columns.start
    assert (counted == 1).all()


@pytest.fixture(scope="module")
def large():
    """Return rough ground of two by three pieces with a seam along a row, one along half a column, and a box."""
    rng = np.random.default_rng(3)
    heights = rng.normal(0.0, 0.02, (1300, 1900)) - 2500.0
    heights[650:] += 2.0  # at the border of two pieces
    heights[:600, 1400:] += 1.5
    heights[1000:1020, 300:330] += 1.0
    grid = Grid.of(heights.shape, Affine(1, 0, 4590640, 0, -1, 1093540), CRS)
    return Raster(heights.astype(np.float32), grid, "elevation_m", "m")


def test_a_seam_through_all_pieces_is_one(large):
    found = found_artefacts(large)
    rows = [s for s in found.seams if s.axis == "row"]
    assert [(s.first, s.last) for s in rows] == [(599, 600), (649, 650)]
    assert rows[0].share == pytest.approx(500 / 1900, abs=0.05)  # where the raised corner ends
    assert rows[1].share == pytest.approx(1.0, abs=0.02)
    assert rows[1].jump_m == pytest.approx(2.0, abs=0.05)
    (column,) = [s for s in found.seams if s.axis == "column"]
    assert (column.first, column.last) == (1399, 1400)
    assert column.share == pytest.approx(600 / 1300, abs=0.06)
    is_seam = (found.flags & quality.SEAM) != 0
    assert is_seam[649:651].mean() > 0.99
    assert is_seam[20:580, 1399:1401].mean() > 0.95
    assert is_seam[660:].sum() == 0
    box = (found.flags & quality.BOX) != 0
    assert box[1000:1020, 300:330].all()
    assert box.sum() <= 22 * 32
    assert found.share(quality.BOX) == box.mean()


def test_flags_and_seams_do_not_depend_on_threads(large):
    one, three = (found_artefacts(large, jobs=n) for n in (1, 3))
    np.testing.assert_array_equal(one.flags, three.flags)
    assert one.seams == three.seams
