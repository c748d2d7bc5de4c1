from __future__ import annotations

import itertools
import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from jezero_sites.hazards.stance import (
    Legs,
    clockings_needed,
    stance_protrusion_m,
    stance_reach_cells,
    stance_tilt,
)
from jezero_sites.hazards.stance.legs import pad_directions
from jezero_sites.terrain.relief import disc_maximum, known_disc_maximum

TOUCHING_M = 1e-9  # ground this far above a plane still touches it
seeds = st.integers(0, 10**6)
counts = st.sampled_from([3, 4])
cells = st.sampled_from([0.5, 0.948629, 1.0, 1.3])


def ground_metres(shape, dx, dy):
    """Return metres to the east and to the north of the middle cell."""
    rows, columns = np.indices(shape)
    return (columns - shape[1] // 2) * dx, (shape[0] // 2 - rows) * dy


def tilt_deg(ground_m, legs, *, dx=1.0, dy=1.0, clockings=36):
    """Return the smallest, mean and largest tilt about the middle cell."""
    dx_m = np.full(ground_m.shape[0], dx)
    found = stance_tilt(ground_m, dx_m=dx_m, dy_m=dy, legs=legs, clockings=clockings)
    middle = ground_m.shape[0] // 2, ground_m.shape[1] // 2
    return tuple(math.degrees(math.atan(tan[middle])) for tan in found)


def planes_of_all_triples(pads, under):
    """Return (height at the hub, gradient east, gradient north) of every plane with no pad below the ground."""
    found = []
    for triple in itertools.combinations(range(len(pads)), 3):
        chosen = list(triple)
        plane = np.linalg.solve(np.column_stack([np.ones(3), pads[chosen]]), under[chosen])
        if np.all(under <= plane[0] + pads @ plane[1:] + TOUCHING_M):
            found.append(plane)
    return found


def cells_under_pads(heights, legs, spacing):
    """Return the highest cell under a pad centred on each cell, drawn cell by cell."""
    dx, dy = spacing
    rows, columns = np.indices(heights.shape)

    def highest(i, j):
        return heights[np.hypot((rows - i) * dy, (columns - j) * dx) <= legs.pad_radius_m + 1e-9].max()

    return np.array([[highest(i, j) for j in range(heights.shape[1])] for i in range(heights.shape[0])])


def nodes_under_pads(heights, legs, spacing):
    """Return the highest ground under a pad on each node of half cells; of large pads as on cells."""
    if legs.pad_radius_m >= 1.5 * spacing[1]:
        return cells_under_pads(heights, legs, spacing), 1
    dx, dy = spacing
    radius = legs.pad_radius_m + min(legs.pad_radius_m / 2, max(dx, dy) / 4)
    turn = np.arange(16) * np.pi / 8
    rows, columns = np.indices(heights.shape)

    def highest(i, j):
        rim = [i + radius * np.cos(turn) / dy, j + radius * np.sin(turn) / dx]
        between = map_coordinates(heights, np.column_stack([[i, j], rim]), order=1, mode="nearest")
        away = np.hypot((rows - i) * dy, (columns - j) * dx)
        return max(between.max(), heights[away <= radius * np.cos(np.pi / 16)].max(initial=-np.inf))

    halves = [np.arange(2 * side - 1) / 2 for side in heights.shape]
    return np.array([[highest(i, j) for j in halves[1]] for i in halves[0]]), 2


def height_under(pad_z, r, c, pad, dx, dy):
    """Return the height between four nodes, row by row."""
    row, column = r - pad[1] / dy, c + pad[0] / dx
    r0, c0 = math.floor(row + 1e-9), math.floor(column + 1e-9)
    v, u = max(row - r0, 0.0), max(column - c0, 0.0)
    r1, c1 = r0 + (v > 1e-9), c0 + (u > 1e-9)
    west = (1 - v) * pad_z[r0, c0] + v * pad_z[r1, c0]
    east = (1 - v) * pad_z[r0, c1] + v * pad_z[r1, c1]
    return (1 - u) * west + u * east


def stances_at(pad_z, nodes, place, spacing, legs, clockings):
    """Return the planes of every clocking over one cell, by all triples."""
    (r, c), (dx, dy) = (nodes * k for k in place), (step / nodes for step in spacing)
    found = []
    for i in range(clockings):
        turn = (np.arange(legs.count) + i / clockings) * 2.0 * np.pi / legs.count
        pads = legs.hub_to_pad_m * np.column_stack([np.sin(turn), np.cos(turn)])
        under = np.array([height_under(pad_z, r, c, pad, dx, dy) for pad in pads])
        found += planes_of_all_triples(pads, under)
    return found


# ---- analytic cases


@pytest.mark.parametrize("count", [3, 4])
@pytest.mark.parametrize("hub_to_pad_m", [1.37, 2.0, 3.1])
@pytest.mark.parametrize("azimuth_deg", [0.0, 33.0, 250.0])
def test_plane_tilts_by_its_slope_for_any_legs_and_clocking(count, hub_to_pad_m, azimuth_deg):
    east, north = ground_metres((17, 21), 0.7, 1.1)
    along = east * math.sin(math.radians(azimuth_deg)) + north * math.cos(math.radians(azimuth_deg))
    ground_m = math.tan(math.radians(8.0)) * along - 2500.0
    legs = Legs(count, hub_to_pad_m=hub_to_pad_m, pad_radius_m=0.2)
    found = tilt_deg(ground_m, legs, dx=0.7, dy=1.1, clockings=40)
    assert found == pytest.approx((8.0, 8.0, 8.0), abs=1e-9)  # float64 heights of 2500 m


@pytest.mark.parametrize(("rock_m", "radius_m", "expected"), [(0.19, 2.0, 3.6239), (0.38, 3.0, 4.8269)])
def test_rock_under_one_of_three_pads(rock_m, radius_m, expected):
    ground_m = np.zeros((17, 21))
    ground_m[8 - int(radius_m / 0.5), 10] = rock_m
    legs = Legs(3, hub_to_pad_m=radius_m, pad_radius_m=0.2)
    assert tilt_deg(ground_m, legs, dx=0.7, dy=0.5, clockings=1) == pytest.approx([expected] * 3, abs=5e-5)


def rocks_under(pads, rock_m=0.19):
    """Return ground of 1 m by 0.5 m cells with rocks under some of four pads 2 m from its middle"""
    ground_m = np.zeros((13, 9))
    for pad in pads:
        ground_m[[(2, 4), (6, 6), (10, 4), (6, 2)][pad]] = rock_m
    return ground_m


@pytest.mark.parametrize(
    ("pads", "expected"),
    [([1], 3.8431), ([3], 3.8431), ([0, 2], 5.4268), ([1, 3], 5.4268), ([1, 2], 3.8431), ([0, 3], 3.8431)],
)
def test_rocks_under_four_pads_tilt_both_stances_alike(pads, expected):
    legs = Legs(4, hub_to_pad_m=2.0, pad_radius_m=0.2)
    found = tilt_deg(rocks_under(pads), legs, dx=1.0, dy=0.5, clockings=1)
    assert found == pytest.approx([expected] * 3, abs=5e-5)


@pytest.mark.parametrize(
    ("count", "slope_deg", "expected"),
    [(3, 5, 8.5768), (3, 8, 11.5232), (3, 10, 13.4773), (4, 5, 8.7919), (4, 8, 11.7344), (4, 10, 13.6853)],
)
def test_rock_under_the_uphill_pad_adds_to_the_slope(count, slope_deg, expected):
    # the slope turns instead of the lander, so that the rock stays under a pad: four legs lean most where it
    # falls at 45 degrees to the carrying diagonal
    legs = Legs(count, hub_to_pad_m=2.0, pad_radius_m=0.2)
    east, north = ground_metres((35, 29), 0.3, 0.25)
    rock = 0.19 * (np.hypot(east, north - 2.0) <= 1.0)  # wider than the pad and what it reads
    steepest = 0.0
    for azimuth in np.radians(np.arange(0.0, 360.0, 7.5)):
        slope = math.tan(math.radians(slope_deg)) * (east * math.sin(azimuth) + north * math.cos(azimuth))
        steepest = max(steepest, tilt_deg(slope + rock, legs, dx=0.3, dy=0.25, clockings=1)[2])
    assert steepest == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("count", [3, 4])
def test_wide_rock_is_found_by_turning_the_lander(count):
    # a plateau wider than a pad and a cell, uphill (3 legs) or across (4): exact for the clocking that hits it
    ground_m = np.zeros((41, 37))
    ground_m[14:17, 17:20] = 0.19  # centre 1.5 m to the north: rows 14..16 of cells of 0.3 m about row 20
    legs = Legs(count, hub_to_pad_m=1.5, pad_radius_m=0.1)
    flattest, _, steepest = tilt_deg(ground_m, legs, dx=0.4, dy=0.3)
    lever = 1.5 * (1.5 if count == 3 else math.sqrt(2.0))
    assert flattest == 0.0
    assert steepest == pytest.approx(math.degrees(math.atan(0.19 / lever)), abs=1e-9)


@pytest.mark.parametrize("count", [3, 4])
def test_dome_rises_into_the_belly_by_the_fall_to_its_pads(count):
    east, north = ground_metres((25, 31), 0.25, 0.4)
    ground_m = -0.02 * (east**2 + north**2) - 2500.0
    legs = Legs(count, hub_to_pad_m=2.0, pad_radius_m=0.1)
    found = stance_protrusion_m(
        ground_m, dx_m=np.full(25, 0.25), dy_m=0.4, legs=legs, clockings=1, footprint_radius_m=1.5
    )
    # between cells the height runs straight under the dome, by c / 4 times the squared sides of a cell at most
    assert 0.08 - 1e-11 <= found[12, 15] <= 0.08 + 0.02 * (0.25**2 + 0.4**2) / 4


def test_dome_with_pads_on_cells_rises_by_exactly_c_r_squared():
    east, north = ground_metres((13, 9), 1.0, 0.5)
    found = stance_protrusion_m(
        -0.02 * (east**2 + north**2),
        dx_m=np.ones(13),
        dy_m=0.5,
        legs=Legs(4, hub_to_pad_m=2.0, pad_radius_m=0.1),
        clockings=1,
        footprint_radius_m=2.0,
    )
    assert found[6, 4] == pytest.approx(0.08, abs=1e-12)


@pytest.mark.parametrize("count", [3, 4])
def test_tilted_plane_touches_its_pads_and_rises_nowhere(count):
    east, north = ground_metres((15, 19), 0.8, 0.6)
    found = stance_protrusion_m(
        0.1 * east - 0.2 * north - 2500.0,
        dx_m=np.full(15, 0.8),
        dy_m=0.6,
        legs=Legs(count, hub_to_pad_m=2.0, pad_radius_m=0.1),
        clockings=12,
        footprint_radius_m=2.4,
    )
    np.testing.assert_allclose(found[~np.isnan(found)], 0.0, atol=1e-11)  # float64 heights of 2500 m
    assert not np.isnan(found[7, 9])


def test_noise_of_one_stance_is_that_of_its_pads():
    triangle, square = (pad_directions(count, 1)[0] for count in (3, 4))
    three, four, triple = (
        np.linalg.norm(np.linalg.pinv(np.column_stack([np.ones(len(pads)), pads])), axis=1)[1:]
        for pads in (triangle, square, square[:3])
    )
    np.testing.assert_allclose(three, 0.816497, atol=1e-6)
    np.testing.assert_allclose(four, 0.707107, atol=1e-6)
    np.testing.assert_allclose(triple, [1.224745, 0.707107], atol=1e-6)  # across, along its diagonal


def test_noise_of_three_pads_on_flat_ground_reads_as_tilt():
    # R = 2: pads on cell centres, one cell each
    noise_m = np.random.default_rng(4).normal(scale=0.2, size=(700, 1000))
    legs = Legs(3, hub_to_pad_m=2.0, pad_radius_m=1e-9)
    found = stance_tilt(noise_m, dx_m=np.full(700, math.sqrt(3.0)), dy_m=1.0, legs=legs, clockings=1).max_tan
    tans = found[~np.isnan(found)]
    assert tans.size > 690_000
    # 700 000 stances that share cells: 0.2 % is three standard errors of 230 000 independent ones
    assert math.sqrt(np.mean(tans**2) / 2.0) == pytest.approx(0.081650, rel=2e-3)
    assert math.degrees(math.atan(tans.mean())) == pytest.approx(5.843, rel=3e-3)
    assert math.degrees(math.atan(np.quantile(tans, 0.95))) == pytest.approx(11.302, rel=4e-3)


# ---- properties


@given(
    heights=st.lists(st.floats(-3.0, 3.0), min_size=4, max_size=4), shift_m=st.sampled_from([0.0, -2500.0])
)
@settings(max_examples=300, deadline=None)
def test_four_pads_stand_as_all_triples_with_no_pad_below_ground(heights, shift_m):
    under = np.array(heights) + shift_m
    pads = 2.0 * pad_directions(4, 1)[0]
    tans = [math.hypot(*plane[1:]) for plane in planes_of_all_triples(pads, under)]
    assert len(tans) in (2, 4)  # four where all pads touch one plane
    ground_m = np.full((5, 3), shift_m)
    ground_m[[0, 2, 4, 2], [1, 2, 1, 0]] = under
    legs = Legs(4, hub_to_pad_m=2.0, pad_radius_m=1e-12)
    ground_m = np.pad(ground_m, 3, constant_values=shift_m)
    found = stance_tilt(ground_m, dx_m=np.full(11, 2.0), dy_m=1.0, legs=legs, clockings=1)
    # planes that the rule lets pass by 1e-9 m differ by that over R
    np.testing.assert_allclose(
        [tan[5, 4] for tan in found], [min(tans), np.mean(tans), max(tans)], atol=3e-9, rtol=0
    )


@given(seed=seeds, count=counts, dx=cells, dy=cells, clockings=st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_stances_are_those_of_every_triple_and_every_cell(seed, count, dx, dy, clockings):
    rng = np.random.default_rng(seed)
    legs = Legs(count, hub_to_pad_m=rng.uniform(0.4, 2.2), pad_radius_m=rng.uniform(0.1, 1.1))
    footprint_radius_m = rng.uniform(0.3, 2.6)
    heights = rng.normal(size=(25, 25)) - 2500.0
    grid = {"dx_m": np.full(17, dx), "dy_m": dy}
    reach = stance_reach_cells(legs, footprint_radius_m=footprint_radius_m, **grid)
    heights = heights[: 2 * reach[0] + 1, : 2 * reach[1] + 1]
    grid["dx_m"] = np.full(len(heights), dx)  # no more ground than is read
    r, c = heights.shape[0] // 2, heights.shape[1] // 2
    tilt = stance_tilt(heights, legs=legs, clockings=clockings, **grid)
    rise = stance_protrusion_m(
        heights, legs=legs, clockings=clockings, footprint_radius_m=footprint_radius_m, **grid
    )
    pads, nodes = nodes_under_pads(heights, legs, (dx, dy))
    tans = [math.hypot(*p[1:]) for p in stances_at(pads, nodes, (r, c), (dx, dy), legs, clockings)]
    stances = stances_at(cells_under_pads(heights, legs, (dx, dy)), 1, (r, c), (dx, dy), legs, clockings)
    rows, columns = np.indices(heights.shape)
    east, north = (columns - c) * dx, (r - rows) * dy
    is_inside = np.hypot(east, north) <= footprint_radius_m
    above = [(heights - p[0] - p[1] * east - p[2] * north)[is_inside].max() for p in stances]
    assert [tan[r, c] for tan in tilt] == pytest.approx(
        [min(tans), np.mean(tans), max(tans)], abs=1e-5
    )  # rim points
    assert rise[r, c] == pytest.approx(max(above), abs=1e-8)


def measure(heights, dx, dy, legs):
    """Return minimum, mean, maximum and protrusion."""
    grid = {"dx_m": np.full(len(heights), dx), "dy_m": dy, "legs": legs, "clockings": 12}
    return (*stance_tilt(heights, **grid), stance_protrusion_m(heights, footprint_radius_m=1.9, **grid))


@given(seed=seeds, count=counts)
@settings(max_examples=15, deadline=None)
def test_turned_ground_has_turned_stances(seed, count):
    rng = np.random.default_rng(seed)
    heights = np.round(rng.normal(size=(14, 18)), rng.integers(0, 9)) - 2500.0
    heights[tuple(rng.integers(0, (14, 18)))] = np.nan
    legs = Legs(count, hub_to_pad_m=1.7, pad_radius_m=0.8)
    as_it_is = measure(heights, 0.7, 0.9, legs)
    for turned, turn in [
        (measure(heights[:, ::-1], 0.7, 0.9, legs), lambda a: a[:, ::-1]),
        (measure(heights[::-1], 0.7, 0.9, legs), lambda a: a[::-1]),
        (measure(heights.T, 0.9, 0.7, legs), lambda a: a.T),
    ]:
        for k, (one, other) in enumerate(zip(as_it_is, turned, strict=True)):
            if count == 3 and k in (1, 3):
                np.testing.assert_allclose(turn(one), other, atol=1e-11)  # heights of 2500 m
            else:
                np.testing.assert_array_equal(turn(one), other)


def highest_tilt_deg(heights, legs, spacing, place):
    """Return the largest tilt with every pad on the highest bilinear ground under its disc, densely looked for."""
    dx, dy = spacing
    turn, share = np.meshgrid(np.arange(48) * np.pi / 24, np.linspace(0.0, 1.0, 7))
    spread = legs.pad_radius_m * share.ravel()
    steepest = 0.0
    for i in range(36):
        angle = (np.arange(legs.count) + i / 36) * 2.0 * np.pi / legs.count
        pads = legs.hub_to_pad_m * np.column_stack([np.sin(angle), np.cos(angle)])
        rows = place[0] - (pads[:, 1, None] + spread * np.cos(turn.ravel())) / dy
        columns = place[1] + (pads[:, 0, None] + spread * np.sin(turn.ravel())) / dx
        under = map_coordinates(heights, [rows, columns], order=1).max(axis=1)
        tans = [math.hypot(*plane[1:]) for plane in planes_of_all_triples(pads, under)]
        steepest = max(steepest, *tans)
    return math.degrees(math.atan(steepest))


@pytest.mark.parametrize("count", [3, 4])
@pytest.mark.parametrize("radius_m", [0.3, 0.45, 0.6, 0.9])
def test_small_pad_rests_on_the_highest_ground_under_it(count, radius_m):
    heights = np.zeros((15, 17))
    heights[4, 8] = 0.4  # one cell, 3 m to the north: off the circle of the pads
    legs = Legs(count, hub_to_pad_m=2.5, pad_radius_m=radius_m)
    found = tilt_deg(heights, legs, dx=0.95, dy=1.0)[2]
    reference = highest_tilt_deg(heights, legs, (0.95, 1.0), (7, 8))
    lever = legs.hub_to_pad_m * (1.5 if count == 3 else math.sqrt(2.0))
    spare = math.degrees(math.atan(0.05 * 0.4 / lever))  # five per cent of the rock
    assert found >= reference - spare
    assert found <= math.degrees(math.atan(0.4 / lever)) + 1e-9


def test_wider_pads_never_tilt_less_beside_a_rock():
    heights = np.zeros((15, 17))
    heights[4, 8] = 0.4
    found = [
        tilt_deg(heights, Legs(4, 2.5, radius), dx=0.95, dy=1.0)[2] for radius in (0.05, 0.3, 0.6, 0.9, 1.2)
    ]
    assert all(one <= other + 1e-9 for one, other in pairwise(found))
    assert found[0] < 0.7 * found[2]


@given(seed=seeds, count=counts, start=st.integers(0, 20), rows=st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_strips_with_their_reach_have_the_same_bits(seed, count, start, rows):
    rng = np.random.default_rng(seed)
    heights = rng.normal(size=(30, 23))
    heights[rng.random(heights.shape) < 0.005] = np.nan
    dx_m = 0.6 * np.linspace(1.0, 1.2, 30)
    legs = Legs(count, hub_to_pad_m=1.1, pad_radius_m=0.7)
    reach = stance_reach_cells(legs, dx_m=dx_m, dy_m=0.8, footprint_radius_m=1.5)[0]
    top, bottom = max(start - reach, 0), min(start + rows + reach, 30)
    common = {"dy_m": 0.8, "legs": legs, "clockings": 7}
    whole, strip = (
        (
            *stance_tilt(heights[part], dx_m=dx_m[part], **common),
            stance_protrusion_m(heights[part], dx_m=dx_m[part], footprint_radius_m=1.5, **common),
        )
        for part in (slice(None), slice(top, bottom))
    )
    for one, other in zip(whole, strip, strict=True):
        np.testing.assert_array_equal(one[start : start + rows], other[start - top : start - top + rows])


@pytest.mark.parametrize("count", [3, 4])
def test_unknown_height_spoils_what_reads_it_and_no_more(count):
    heights = np.zeros((25, 31))
    heights[11, 17] = np.nan
    legs = Legs(count, hub_to_pad_m=2.5, pad_radius_m=0.1)
    grid = {"dx_m": np.full(25, 0.8), "dy_m": 1.0, "legs": legs, "clockings": 48}
    tilt = stance_tilt(heights, **grid)
    rows, columns = np.indices(heights.shape)
    away = np.hypot((columns - 17) * 0.8, rows - 11)
    reach = stance_reach_cells(legs, dx_m=grid["dx_m"], dy_m=1.0, footprint_radius_m=0.0)
    is_inner = np.zeros(heights.shape, bool)
    is_inner[reach[0] : -reach[0], reach[1] : -reach[1]] = True
    for tan in tilt:
        np.testing.assert_array_equal(np.isnan(tan), np.isnan(tilt.max_tan))
    is_unknown = np.isnan(tilt.max_tan)
    assert is_unknown[[0, -1]].all()
    assert is_unknown[:, [0, -1]].all()
    assert not is_unknown[is_inner & (away > 2.5 + 2.0 * math.hypot(0.8, 1.0))].any()
    assert not is_unknown[11, 17]  # no pad stands near the hub
    assert is_unknown[is_inner & (abs(away - 2.5) < 0.2)].all()
    rise = stance_protrusion_m(heights, footprint_radius_m=1.5, **grid)
    assert np.isnan(rise)[away <= 1.5].all()
    assert not np.isnan(rise)[is_inner & (away > 2.5 + 2.0 * math.hypot(0.8, 1.0))].any()


def test_plane_under_a_lander_at_great_depth_keeps_its_digits():
    rng = np.random.default_rng(3)
    heights = np.round(rng.normal(size=(15, 17)) * 1024.0) / 1024.0  # exact in float64, shifted or not
    legs = Legs(4, hub_to_pad_m=1.3, pad_radius_m=0.4)
    near, deep = measure(heights, 0.7, 0.9, legs), measure(heights - 2500.0, 0.7, 0.9, legs)
    for one, other in zip(near, deep, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-11)


# ---- real ground


def test_real_ground_tilts_as_every_triple_does(real_data):
    with rasterio.open(real_data / "jezero_oeb_hirise_dtm_1m.tif") as opened:
        heights = opened.read(1).astype(np.float64)
        heights[heights == opened.nodata] = np.nan
    legs = Legs(4, hub_to_pad_m=2.5, pad_radius_m=0.25)
    r, c = 111, 97
    dx, dy = 0.95, 1.0  # a guess at the size of a cell: any will do
    near = heights[r - 5 : r + 6, c - 5 : c + 6]
    grid = {"dx_m": np.full(11, dx), "dy_m": dy, "legs": legs, "clockings": 36}
    tilt = stance_tilt(near, **grid)
    pads, nodes = nodes_under_pads(near, legs, (dx, dy))
    tans = [math.hypot(*plane[1:]) for plane in stances_at(pads, nodes, (5, 5), (dx, dy), legs, 36)]
    assert [tan[5, 5] for tan in tilt] == pytest.approx([min(tans), np.mean(tans), max(tans)], abs=1e-5)
    whole = stance_tilt(heights, **(grid | {"dx_m": np.full(len(heights), dx)}))
    assert whole.max_tan[r, c] == tilt.max_tan[5, 5]
    is_known = ~np.isnan(whole.max_tan)
    assert is_known.mean() > 0.5
    assert (whole.min_tan <= whole.mean_tan + 1e-12)[is_known].all()
    assert (whole.mean_tan <= whole.max_tan + 1e-12)[is_known].all()


# ---- legs, clockings and reach


@pytest.mark.parametrize(("count", "clockings"), [(3, 12), (3, 8), (3, 40), (4, 1), (4, 2), (4, 12), (4, 36)])
def test_directions_run_clockwise_from_north_and_mirror_to_the_last_bit(count, clockings):
    found = pad_directions(count, clockings)
    turn = (np.arange(clockings)[:, None] / clockings + np.arange(count)) * 2.0 * np.pi / count
    np.testing.assert_allclose(found, np.stack([np.sin(turn), np.cos(turn)], axis=-1), atol=2e-15)
    places = {tuple(place) for place in found.reshape(-1, 2).tolist()}
    assert len(places) == count * clockings
    assert {(north, east) for east, north in places} == places
    assert {(-east, north) for east, north in places} == places


def test_clockings_step_at_most_half_the_smaller_cell():
    legs = Legs(4, hub_to_pad_m=2.5, pad_radius_m=0.2)
    assert clockings_needed(legs, dx_m=np.ones(3), dy_m=1.0) == 36
    for lander in (replace(legs, hub_to_pad_m=20.0), Legs(3, hub_to_pad_m=31.0, pad_radius_m=0.2)):
        found = clockings_needed(lander, dx_m=np.array([0.9, 0.7]), dy_m=0.8)
        step_m = 2.0 * math.pi * lander.hub_to_pad_m / lander.count / found
        assert step_m <= 0.35 < step_m * found / (found - 4)


def test_reach_covers_pads_and_footprint():
    legs = Legs(4, hub_to_pad_m=2.0, pad_radius_m=0.5)
    assert stance_reach_cells(legs, dx_m=np.array([0.5, 0.4]), dy_m=1.0, footprint_radius_m=0.0) == (4, 8)
    assert stance_reach_cells(legs, dx_m=np.array([0.5, 0.4]), dy_m=1.0, footprint_radius_m=9.0) == (9, 22)


@pytest.mark.parametrize("shape", [(4, 30), (30, 4), (0, 7), (7, 0), (1, 1)])
def test_grid_smaller_than_the_lander_is_unknown(shape):
    legs = Legs(4, hub_to_pad_m=2.5, pad_radius_m=0.3)
    for found in measure(np.zeros(shape), 1.0, 1.0, legs):
        assert found.shape == shape
        assert np.isnan(found).all()


def test_landers_that_cannot_stand_are_refused():
    with pytest.raises(ValueError, match="2 legs"):
        Legs(2, hub_to_pad_m=2.0, pad_radius_m=0.2)
    with pytest.raises(ValueError, match="hub_to_pad_m is 0"):
        Legs(3, hub_to_pad_m=0.0, pad_radius_m=0.2)
    with pytest.raises(ValueError, match="pad_radius_m is inf"):
        Legs(3, hub_to_pad_m=2.0, pad_radius_m=math.inf)
    legs = Legs(3, hub_to_pad_m=2.0, pad_radius_m=0.2)
    with pytest.raises(ValueError, match="clockings are 0"):
        stance_tilt(np.zeros((9, 9)), dx_m=np.ones(9), dy_m=1.0, legs=legs, clockings=0)
    with pytest.raises(ValueError, match="radius is -1"):
        stance_reach_cells(legs, dx_m=np.ones(9), dy_m=1.0, footprint_radius_m=-1.0)


# ---- the discs of terrain/relief.py that pads and others stand on


@given(seed=seeds, radius_m=st.floats(0.0, 5.0), dx=cells, dy=cells)
@settings(max_examples=25, deadline=None)
def test_disc_maximum_is_that_of_every_cell_of_the_disc(seed, radius_m, dx, dy):
    rng = np.random.default_rng(seed)
    heights = rng.normal(size=(11, 14))
    heights[rng.random(heights.shape) < rng.choice([0.01, 0.9])] = np.nan
    dx_m = dx * np.linspace(1.0, 1.3, 11)
    strict = disc_maximum(heights, dx_m=dx_m, dy_m=dy, radius_m=radius_m)
    known = known_disc_maximum(heights, dx_m=dx_m, dy_m=dy, radius_m=radius_m)
    rows, columns = np.indices(heights.shape)
    for r, c in np.ndindex(heights.shape):
        disc = heights[np.hypot((rows - r) * dy, (columns - c) * dx_m[r]) <= radius_m * (1.0 + 1e-12)]
        tall, wide = (int(radius_m * (1.0 + 1e-12) / spacing) for spacing in (dy, dx_m[r]))
        is_whole = tall <= r < 11 - tall and wide <= c < 14 - wide
        expected = disc.max() if is_whole else np.nan  # numpy's maximum is NaN where one is
        np.testing.assert_equal(strict[r, c], expected)
        kept = disc[~np.isnan(disc)]
        np.testing.assert_equal(known[r, c], kept.max() if kept.size else np.nan)
