"""The curves of a site, against the raster's own rows, columns and cells."""

from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.maps.site_ground import site_ground


def test_the_histogram_counts_every_cell_of_the_disc_once(build_view):
    view = build_view()
    grid, row, col = view.elevation.grid, 60, 40
    rows, cols = np.indices(grid.shape)
    away = np.hypot((rows - row) * grid.dy_m, (cols - col) * float(grid.dx_m[row]))
    slope = view.layers["slope_deg"].values[away <= view.site_radius_m]
    found = site_ground(view, row, col)
    assert found.unknown == 0
    assert found.counts.sum() == slope.size
    for i, count in enumerate(found.counts):
        assert count == np.count_nonzero((slope >= i) & (slope < i + 1))
    assert found.counts[-1] > 0


def test_cells_without_a_slope_and_off_the_raster_are_unknown(build_view):
    view = build_view()
    beside_hole, in_corner = site_ground(view, 25, 40), site_ground(view, 0, 0)
    whole = site_ground(view, 60, 40).counts.sum()
    assert beside_hole.unknown > 0
    assert beside_hole.counts.sum() + beside_hole.unknown == whole
    assert in_corner.unknown == pytest.approx(0.75 * whole, rel=0.1)
    assert site_ground(build_view(empty=True), 60, 40).counts.sum() == 0


def test_cross_sections_are_the_rows_and_columns_of_the_raster_in_ground_metres(build_view):
    view = build_view()
    grid, heights = view.elevation.grid, view.elevation.values
    found = site_ground(view, 60, 40)
    east, north = found.west_east, found.south_north
    width = float(grid.dx_m[60])
    assert east.distance_m[0] == pytest.approx(-int(45 / width) * width)
    at = np.rint(east.distance_m / width).astype(int)
    np.testing.assert_array_equal(east.height_m, heights[60, 40 + at])
    up = np.rint(north.distance_m / grid.dy_m).astype(int)
    assert up[0] < 0 < up[-1]
    np.testing.assert_array_equal(north.height_m, heights[60 - up, 40])
