"""What was mended while a file was read is counted, file by file."""

from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.io.dem import read_dem

SHAPE = (70, 90)
NONE = dict.fromkeys(
    ("masked_cells", "nonfinite_cells", "sentinel_cells", "fill_cells", "scaled_cells", "flipped_cells"), 0
)


@pytest.fixture
def values():
    rows, cols = np.indices(SHAPE)
    return (-2500 + 0.5 * rows - 0.25 * cols).astype("float32")


def repairs(path, **options):
    dem = read_dem(path, **options)
    ((name, counts),) = dem.repairs.items()
    assert name == str(path)
    unknown = counts["masked_cells"] + counts["nonfinite_cells"] + counts["sentinel_cells"]
    assert unknown == np.count_nonzero(np.isnan(dem.values))
    return {key: n for key, n in counts.items() if n}


def test_a_good_file_needs_no_repair(make_tiff, values):
    path = make_tiff(values=values)
    assert read_dem(path).repairs == {str(path): NONE}


def test_each_kind_of_cell_is_counted_as_what_it_is(make_tiff, values):
    values[0, :11] = -32768
    values[1, :7], values[2, :5] = np.nan, np.inf
    values[3, :3] = -3.4028226550889045e38
    assert repairs(make_tiff(values=values)) == {
        "masked_cells": 11,
        "nonfinite_cells": 12,
        "sentinel_cells": 3,
    }


def test_a_mask_counts_as_the_files_own_word(make_tiff, values):
    mask = np.full(SHAPE, 255, "uint8")
    mask[6:9, 60:80] = 0
    assert repairs(make_tiff(values=values, nodata=None, mask=mask)) == {"masked_cells": 60}


def test_scaled_cells_are_those_that_have_a_height(make_tiff):
    raw = (np.arange(6300).reshape(SHAPE) % 2087 - 418).astype("int16")
    raw[5, 7:9] = -32768
    counts = repairs(make_tiff(values=raw, scales=(0.01, -2500.0)))
    assert counts == {"masked_cells": 2, "scaled_cells": 6298}


@pytest.mark.parametrize(("a", "e"), [(1.25, 1.25), (-1.25, -1.25), (-1.25, 1.25)])
def test_turned_files_are_counted_whole(make_tiff, values, a, e):
    from affine import Affine

    transform = Affine(a, 0, 4_590_000, 0, e, 1_093_000)
    assert repairs(make_tiff(values=values, transform=transform)) == {"flipped_cells": 6300}


@pytest.mark.parametrize(
    ("stored", "kept"), [("int16", "float32"), ("float64", "float64"), ("int32", "float64")]
)
def test_types_are_kept_without_repair(make_tiff, stored, kept):
    path = make_tiff(values=(np.arange(6300).reshape(SHAPE) % 3000).astype(stored), nodata=None)
    assert read_dem(path).values.dtype == kept
    assert repairs(path) == {}
