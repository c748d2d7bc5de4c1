"""What every equation of the ground must keep: holes, cuts, turns, and shifts of the ground."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites import terrain as t

RADIUS_M = 3.4


@dataclass(frozen=True)
class Equation:
    """An equation, how it is called, what it reads, and what doubling the ground does to it."""

    name: str
    run: Callable  # (heights, dx_m, dy_m, swapped) -> array; swapped: the window turned with the grid
    reads: np.ndarray  # which cells it reads, centre in the middle, for dx 0.9, dy 1.3
    power: int = 0  # doubling heights and cells multiplies by 2**power
    turns: bool = True  # the value does not depend on how the grid is turned

    @property
    def reach(self):
        return self.reads.shape[0] // 2, self.reads.shape[1] // 2


def box(rows, columns):
    return np.ones((rows, columns), dtype=bool)


def corners(rows, columns):
    """Cells that a baseline reads, and the cell itself."""
    reach = ((rows + 1) // 2, (columns + 1) // 2)
    reads = np.zeros((2 * reach[0] + 1, 2 * reach[1] + 1), dtype=bool)
    reads[np.ix_([0, rows], [0, columns])] = True
    reads[reach] = True
    return reads


def disc(radius_m, dx, dy):
    reach = (int(radius_m / dy), int(radius_m / dx))
    n, m = np.mgrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
    return np.hypot(n * dy, m * dx) <= radius_m


def spaced(function):
    return lambda z, dx, dy, swapped: function(z, dx_m=dx, dy_m=dy)


def plain(function):
    return lambda z, dx, dy, swapped: function(z)


def windowed(function, sides, keyword="window"):
    return lambda z, dx, dy, swapped: function(
        z, dx_m=dx, dy_m=dy, **{keyword: sides[::-1] if swapped else sides}
    )


def rough(function, sides):
    return lambda z, dx, dy, swapped: function(z, window=sides[::-1] if swapped else sides)


def part(function, k):
    return lambda *given: function(*given)[k]


def sunlit(z, dx, dy, swapped):
    return t.hillshade(z, dx_m=dx, dy_m=dy, sun_azimuth_deg=300.0, sun_altitude_deg=25.0)


def relief(z, dx, dy, swapped):
    return t.relief_m(z, dx_m=dx, dy_m=dy, radius_m=RADIUS_M)


NINE = box(3, 3)
EQUATIONS = [
    Equation("horn_gx", part(spaced(t.horn_gradient), 0), NINE, turns=False),
    Equation("horn_gy", part(spaced(t.horn_gradient), 1), NINE, turns=False),
    Equation("horn_slope", spaced(t.horn_slope_deg), NINE),
    Equation("zt_gx", part(spaced(t.zevenbergen_thorne_gradient), 0), NINE, turns=False),
    Equation("zt_gy", part(spaced(t.zevenbergen_thorne_gradient), 1), NINE, turns=False),
    Equation("zt_slope", spaced(t.zevenbergen_thorne_slope_deg), NINE),
    Equation("plane_gx", part(windowed(t.plane_gradient, (3, 5)), 0), box(3, 5), turns=False),
    Equation("plane_gy", part(windowed(t.plane_gradient, (7, 3)), 1), box(7, 3), turns=False),
    Equation("plane_slope", windowed(t.plane_slope_deg, (5, 5)), box(5, 5)),
    Equation("plane_slope_wide", windowed(t.plane_slope_deg, (3, 7)), box(3, 7)),
    Equation("baseline_even", windowed(t.baseline_slope_deg, (2, 4), "cells"), corners(2, 4)),
    Equation("baseline_odd", windowed(t.baseline_slope_deg, (1, 5), "cells"), corners(1, 5), turns=False),
    Equation("rms", rough(t.rms_roughness_m, (5, 5)), box(5, 5), power=1),
    Equation("rms_wide", rough(t.rms_roughness_m, (3, 9)), box(3, 9), power=1),
    Equation("max", rough(t.max_roughness_m, (7, 5)), box(7, 5), power=1),
    Equation("peak_to_peak", rough(t.peak_to_peak_roughness_m, (5, 3)), box(5, 3), power=1),
    Equation("relief", relief, disc(RADIUS_M, 0.9, 1.3), power=1),
    Equation("riley", plain(t.tri_riley_m), NINE, power=1),
    Equation("wilson", plain(t.tri_wilson_m), NINE, power=1),
    Equation("tpi", plain(t.tpi_m), NINE, power=1),
    Equation("range", plain(t.range_m), NINE, power=1),
    Equation("vrm", windowed(t.vrm, (3, 5)), box(5, 7)),
    Equation("profile", spaced(t.profile_curvature_per_m), NINE, power=-1),
    Equation("plan", spaced(t.plan_curvature_per_m), NINE, power=-1),
    Equation("aspect", spaced(t.aspect_deg), NINE, turns=False),
    Equation("hillshade", sunlit, NINE, turns=False),
]
every_equation = pytest.mark.parametrize("equation", EQUATIONS, ids=lambda equation: equation.name)
turning_equations = pytest.mark.parametrize(
    "equation", [e for e in EQUATIONS if e.turns], ids=lambda equation: equation.name
)
SHAPE = (26, 33)
DX_M, DY_M = np.full(SHAPE[0], 0.9), 1.3


def ground(seed, *, holes=0.01, dyadic=False):
    """Return rough ground with holes; dyadic heights are whole 1/256 m near -2500 m.

    Other heights lie near 0 and fill all 53 bits, so that the order of every addition shows in the last one.
    """
    rng = np.random.default_rng(seed)
    heights = rng.normal(size=SHAPE).cumsum(axis=0).cumsum(axis=1) * 0.1
    if dyadic:
        heights = np.round(heights * 256.0) / 256.0 - 2500.0
    heights[rng.random(SHAPE) < holes] = np.nan
    return heights


def read_by(equation, unknown):
    """Return the cells whose equation reads an unknown cell or one outside the grid."""
    tall, wide = equation.reach
    spoiled = np.zeros(unknown.shape, dtype=bool)
    outside = np.pad(unknown, ((tall, tall), (wide, wide)), constant_values=True)
    for n, m in np.argwhere(equation.reads):
        spoiled |= outside[n : n + unknown.shape[0], m : m + unknown.shape[1]]
    return spoiled


@every_equation
@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_unknown_ground_spoils_exactly_the_cells_that_read_it(equation, seed):
    heights = ground(seed)
    found = equation.run(heights, DX_M, DY_M, False)
    np.testing.assert_array_equal(np.isnan(found), read_by(equation, np.isnan(heights)))


@pytest.mark.parametrize("equation", [e for e in EQUATIONS if e.name != "aspect"], ids=lambda e: e.name)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_unknown_ground_spoils_level_ground_alike(equation, seed):
    heights = ground(seed) * 0.0
    found = equation.run(heights, DX_M, DY_M, False)
    np.testing.assert_array_equal(np.isnan(found), read_by(equation, np.isnan(heights)))


@every_equation
@pytest.mark.parametrize("at", [(12, 17), (0, 0), (25, 9), (3, 31)])
def test_one_unknown_height_changes_no_other_value(equation, at):
    whole, holed = ground(5, holes=0.0), ground(5, holes=0.0)
    holed[at] = np.nan
    unknown = np.isnan(holed)
    expected = equation.run(whole, DX_M, DY_M, False)
    expected[read_by(equation, unknown)] = np.nan
    np.testing.assert_array_equal(equation.run(holed, DX_M, DY_M, False), expected)


@every_equation
@given(seed=st.integers(0, 10**6), tall=st.integers(1, 13), wide=st.integers(1, 17))
@settings(max_examples=10, deadline=None)
def test_blocks_with_their_halo_equal_the_whole_bit_for_bit(equation, seed, tall, wide):
    heights = ground(seed)
    dx_m = np.linspace(0.90, 0.905, SHAPE[0])  # changes from row to row, the disc keeps its reach
    whole = equation.run(heights, dx_m, DY_M, False)
    halo_r, halo_c = equation.reach
    for r in range(0, SHAPE[0], tall):
        for c in range(0, SHAPE[1], wide):
            top, left = max(r - halo_r, 0), max(c - halo_c, 0)
            block = (slice(top, r + tall + halo_r), slice(left, c + wide + halo_c))
            found = equation.run(heights[block], dx_m[block[0]], DY_M, False)
            inner = found[r - top : r - top + tall, c - left : c - left + wide]
            np.testing.assert_array_equal(inner, whole[r : r + tall, c : c + wide])


@turning_equations
@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_flips_and_turns_and_transposition_keep_every_bit(equation, seed):
    heights = ground(seed, holes=0.02)
    expected = equation.run(heights, DX_M, DY_M, False)
    for flip_rows in (1, -1):
        for flip_columns in (1, -1):
            turned = heights[::flip_rows, ::flip_columns]
            wanted = expected[::flip_rows, ::flip_columns]
            np.testing.assert_array_equal(equation.run(turned, DX_M, DY_M, False), wanted)
            found = equation.run(turned.T, np.full(SHAPE[1], DY_M), DX_M[0], True)
            np.testing.assert_array_equal(found, wanted.T)


@pytest.mark.parametrize(
    "gradient",
    [
        spaced(t.horn_gradient),
        spaced(t.zevenbergen_thorne_gradient),
        windowed(t.plane_gradient, (5, 5)),
        windowed(t.plane_gradient, (3, 9)),
    ],
)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_gradient_turns_with_the_grid_bit_for_bit(gradient, seed):
    heights = ground(seed, holes=0.02)
    gx, gy = gradient(heights, DX_M, DY_M, False)
    for flip_rows in (1, -1):
        for flip_columns in (1, -1):
            turned = (slice(None, None, flip_rows), slice(None, None, flip_columns))
            east, north = flip_columns * gx[turned], flip_rows * gy[turned]
            found = gradient(heights[turned], DX_M, DY_M, False)
            np.testing.assert_array_equal(found, (east, north))
            found = gradient(heights[turned].T, np.full(SHAPE[1], DY_M), DX_M[0], True)
            np.testing.assert_array_equal(found, (-north.T, -east.T))


def test_odd_baseline_turned_half_around_lies_one_cell_on():
    heights = ground(3, holes=0.0)
    found = t.baseline_slope_deg(heights, dx_m=DX_M, dy_m=DY_M, cells=(5, 5))
    turned = t.baseline_slope_deg(heights[::-1, ::-1], dx_m=DX_M, dy_m=DY_M, cells=(5, 5))[::-1, ::-1]
    np.testing.assert_array_equal(turned[2:-3, 2:-3], found[3:-2, 3:-2])
    assert np.isfinite(found[3:-2, 3:-2]).all()


def test_aspect_and_hillshade_turn_with_the_grid_and_the_sun():
    heights = ground(11)
    aspect = t.aspect_deg(heights, dx_m=DX_M, dy_m=DY_M)
    turned = t.aspect_deg(heights[:, ::-1], dx_m=DX_M, dy_m=DY_M)[:, ::-1]
    np.testing.assert_allclose(turned, (360.0 - aspect) % 360.0, atol=1e-12)
    sun = {"dx_m": DX_M, "dy_m": DY_M, "sun_altitude_deg": 25.0}
    shade = t.hillshade(heights, sun_azimuth_deg=300.0, **sun)
    turned = t.hillshade(heights[:, ::-1], sun_azimuth_deg=60.0, **sun)[:, ::-1]
    np.testing.assert_allclose(
        turned, shade, atol=1e-14
    )  # sines of 60 and 300 degrees differ in the last bit


@every_equation
@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_raising_ground_of_dyadic_heights_changes_no_bit(equation, seed):
    heights = ground(seed, dyadic=True)
    expected = equation.run(heights, DX_M, DY_M, False)
    np.testing.assert_array_equal(equation.run(heights + 512.0, DX_M, DY_M, False), expected)


@every_equation
@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_doubling_ground_and_cells_scales_by_its_power_of_two_exactly(equation, seed):
    heights = ground(seed, dyadic=True)
    expected = equation.run(heights, DX_M, DY_M, False) * 2.0**equation.power
    if equation.name == "relief":
        found = t.relief_m(2.0 * heights, dx_m=2.0 * DX_M, dy_m=2.0 * DY_M, radius_m=2.0 * RADIUS_M)
    else:
        found = equation.run(2.0 * heights, 2.0 * DX_M, 2.0 * DY_M, False)
    np.testing.assert_array_equal(found, expected)


@every_equation
def test_float32_heights_count_as_float64_and_nothing_given_is_changed(equation):
    heights = ground(9).astype(np.float32)
    before, dx_m = heights.copy(), DX_M.copy()
    found = equation.run(heights, dx_m, DY_M, False)
    assert found.dtype == np.float64
    assert found.shape == SHAPE
    np.testing.assert_array_equal(found, equation.run(heights.astype(np.float64), DX_M, DY_M, False))
    np.testing.assert_array_equal(heights, before)
    np.testing.assert_array_equal(dx_m, DX_M)


@every_equation
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (0, 5), (5, 0)])
def test_grid_too_small_for_any_window_is_unknown_and_does_not_crash(equation, shape):
    found = equation.run(np.zeros(shape), np.full(shape[0], 0.9), 1.3, False)
    assert found.shape == shape
    assert np.isnan(found).all()
