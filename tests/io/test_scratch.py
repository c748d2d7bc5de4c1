"""Arrays on the disk give and take slices as arrays in memory do, and a full disk is told at once."""

from __future__ import annotations

import errno
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.errors import DiskError
from jezero_sites.io import scratch
from jezero_sites.io.scratch import Scratch, TiledArray, new_array

SHAPE = (1100, 1300)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Return an array on the disk, of two by three tiles and parts of more, and the same in memory."""
    values = np.random.default_rng(2).normal(size=SHAPE).astype(np.float32)
    tiled = TiledArray(tmp_path_factory.mktemp("scratch"), SHAPE, np.float32)
    tiled[:] = values
    return tiled, values


def spans(size):
    whole = st.integers(-size, size - 1)
    edges = st.one_of(st.none(), st.integers(-size - 9, size + 9))
    steps = st.one_of(st.none(), st.integers(1, 40), st.integers(-40, -1))
    return st.one_of(whole, st.builds(slice, edges, edges, steps))


@settings(max_examples=200, deadline=None)
@given(rows=spans(SHAPE[0]), columns=spans(SHAPE[1]))
def test_a_slice_is_that_of_an_array(both, rows, columns):
    tiled, values = both
    np.testing.assert_array_equal(tiled[rows, columns], values[rows, columns])
    np.testing.assert_array_equal(tiled[rows], values[rows])


@settings(max_examples=60, deadline=None)
@given(rows=spans(SHAPE[0]), columns=spans(SHAPE[1]), seed=st.integers(0, 9))
def test_a_slice_is_set_as_that_of_an_array(both, rows, columns, seed):
    tiled, values = both
    given_values = np.random.default_rng(seed).normal(size=np.shape(values[rows, columns])).astype(np.float32)
    values[rows, columns] = given_values
    tiled[rows, columns] = given_values
    np.testing.assert_array_equal(np.asarray(tiled), values)


def test_it_has_the_shape_and_type_of_an_array(both):
    tiled, values = both
    assert (tiled.shape, tiled.size, tiled.ndim, tiled.dtype, len(tiled)) == (
        SHAPE,
        values.size,
        2,
        "float32",
        1100,
    )
    assert np.asarray(tiled, np.float64).dtype == np.float64
    assert tiled.astype(np.uint8).dtype == np.uint8
    np.testing.assert_array_equal(tiled[values > 2.0], values[values > 2.0])
    with pytest.raises(IndexError, match="1100 is beyond"):
        tiled[1100, 3]


def test_filled_it_holds_one_number(tmp_path):
    tiled = TiledArray(tmp_path, (700, 600), np.uint8)
    tiled.fill(7)
    assert (np.asarray(tiled) == 7).all()


def test_nothing_is_seen_in_the_folder_and_small_arrays_stay_in_memory(tmp_path):
    place = Scratch(tmp_path)
    large = place.array((3000, 3000), np.float32)
    assert isinstance(large, TiledArray)
    assert isinstance(place.array((100, 100), np.float32), np.ndarray)
    assert isinstance(new_array(None, (3000, 3000), np.uint8), np.ndarray)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_without_room_is_told_before_any_work(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(DiskError, match="E_DISK_FULL"):
        Scratch(tmp_path).array((3000, 3000), np.float32)


def test_tiles_are_small_enough_to_be_read_at_once():
    assert scratch.TILE_CELLS**2 * 8 <= 1 << 21
