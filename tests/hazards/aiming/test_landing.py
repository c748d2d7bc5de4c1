from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ncx2

from jezero_sites.hazards import cell_mass, dispersion_covariance, landing_probability
from jezero_sites.hazards.aiming import landing

Ground = Callable[[np.ndarray, np.ndarray], np.ndarray]

ROUND = dispersion_covariance(major_m=20.0, minor_m=20.0, n_sigma=1.0, azimuth_deg=0.0)
ONE_STEP = 1.000001e-6  # results are published in steps of 1e-6
SMALL = (5.0, 3.0, 1.5)  # variances of the small scenes below, in m2; cells of 0.9 x 1.1 m


def long_ellipse(azimuth_deg: float) -> tuple[float, float, float]:
    return dispersion_covariance(major_m=20.0, minor_m=40.0 / 3.0, n_sigma=1.0, azimuth_deg=azimuth_deg)


def aimed(
    ground: Ground, covariance: tuple[float, float, float], *, dx: float, dy: float, parts: int = 1
) -> float:
    """Chance when aiming at the origin of ground given by its place (east, north), off the raster's centre."""
    rows, columns = round(105 / dy) + 3, round(105 / dx) + 7
    shape, aim = (2 * rows - 2, 2 * columns + 11), (rows - 2, columns)
    within = (np.arange(parts) - (parts - 1) / 2) / parts
    east = ((np.arange(shape[1]) - aim[1])[:, None] + within).ravel() * dx
    north = (-(np.arange(shape[0]) - aim[0])[:, None] - within).ravel() * dy
    safe = ground(east, north[:, None]) * np.ones((north.size, east.size))
    safe = safe.reshape(shape[0], parts, shape[1], parts).mean(axis=(1, 3))
    lower, upper = landing_probability(safe, dx_m=np.full(shape[0], dx), dy_m=dy, covariance=covariance)
    # all but 3.7e-6 of the touchdowns are on the raster
    assert upper[aim] == pytest.approx(lower[aim], abs=6e-6)
    return float(lower[aim])


def disc(radius: float, east_m: float = 0.0, north_m: float = 0.0) -> Ground:
    return lambda east, north: np.hypot(east - east_m, north - north_m) <= radius


def direct_sum(safe: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Chance on every cell by the sum itself, unknown ground and beyond as failure."""
    tall, wide = mass.shape[0] // 2, mass.shape[1] // 2
    wider = np.pad(np.nan_to_num(safe), ((tall, tall), (wide, wide)))
    windows = np.lib.stride_tricks.sliding_window_view(wider, mass.shape)
    return np.einsum("ijkl,kl->ij", windows, mass)


@pytest.mark.parametrize(
    ("dx", "dy", "chance"),
    [(1.0, 1.0, 0.988798), (0.948629, 1.0, 0.988860), (2.0, 2.0, 0.988770), (5.0, 5.0, 0.987572)],
)
def test_a_disc_summed_over_cell_centres_has_the_tabulated_chance(
    dx: float, dy: float, chance: float
) -> None:
    found = aimed(disc(60.0), ROUND, dx=dx, dy=dy)
    assert found == pytest.approx(chance, abs=ONE_STEP)  # printed digits
    assert found == pytest.approx(0.988891, abs=2e-4 if dx < 5 else 1.5e-3)  # the disc itself


def test_narrow_cells_are_not_taken_for_square() -> None:
    def disc_of_60_cells(east: np.ndarray, north: np.ndarray) -> np.ndarray:
        return np.hypot(east / 0.948629, north) <= 60.0

    assert aimed(disc_of_60_cells, ROUND, dx=0.948629, dy=1.0) == pytest.approx(0.985712, abs=ONE_STEP)


@pytest.mark.parametrize(
    ("off", "chance"), [(0.0, 0.988891), (10.0, 0.982156), (20.0, 0.956284), (40.0, 0.785638)]
)
def test_a_safe_disc_off_the_aim_has_the_chance_of_its_distance(off: float, chance: float) -> None:
    ground = disc(60.0, off * np.sin(3.5), off * np.cos(3.5))
    assert aimed(ground, ROUND, dx=0.948629, dy=1.0, parts=4) == pytest.approx(
        chance, abs=2e-4
    )  # 20 cells a sigma


@pytest.mark.parametrize(
    ("ground", "chance"),
    [
        (lambda east, north: north <= 20.0, 0.841345),
        (lambda east, north: east >= -20.0, 0.841345),
        (lambda east, north: (abs(east) <= 60.0) & (abs(north) <= 60.0), 0.994608),
        (lambda east, north: abs(north) <= 60.0, 0.997300),
        (lambda east, north: abs(east) <= 20.0, 0.682689),
    ],
)
def test_straight_edges_have_their_normal_chances(ground: Ground, chance: float) -> None:
    # 20 m and 60 m are edges of cells here
    found = aimed(ground, ROUND, dx=20 / 22.5, dy=20 / 20.5)
    assert found == pytest.approx(chance, abs=2e-4)  # 20 cells a sigma


@pytest.mark.parametrize(
    ("distance", "radius", "chance"),
    [(0.0, 5.0, 0.030767), (20.0, 5.0, 0.018806), (40.0, 10.0, 0.017931), (60.0, 20.0, 0.010829)],
)
def test_a_hazard_is_hit_as_often_as_its_size_and_distance_say(
    distance: float, radius: float, chance: float
) -> None:
    assert ncx2.cdf((radius / 20) ** 2, 2, (distance / 20) ** 2 + 1e-300) == pytest.approx(chance, abs=6e-7)
    hazard = disc(radius, distance * np.sin(2.0), distance * np.cos(2.0))
    found = 1 - aimed(lambda e, n: ~hazard(e, n), ROUND, dx=0.948629, dy=1.0, parts=12)
    assert found == pytest.approx(chance, abs=2e-4)  # 20 cells a sigma


def test_unknown_ground_opens_a_gap_of_its_mass() -> None:
    dx, dy = 20 / 22.5, 20 / 20.5
    rows, columns, aim = 231, 260, (117, 121)
    east = (np.arange(columns) - aim[1]) * dx
    safe = np.where(east <= 20.0, 1.0, np.nan) * np.ones((rows, 1))
    lower, upper = landing_probability(safe, dx_m=np.full(rows, dx), dy_m=dy, covariance=ROUND)
    assert lower[aim] == pytest.approx(0.841345, abs=2e-4)  # 20 cells a sigma
    assert upper[aim] == 1.0
    assert upper[aim] - lower[aim] == pytest.approx(0.158655, abs=2e-4)


@pytest.mark.parametrize(
    ("azimuth", "ground", "chance"),
    [
        (90.0, disc(40.0), 0.932103),
        (90.0, lambda east, north: north <= 20.0, 0.933193),
        (90.0, lambda east, north: east <= 20.0, 0.841345),
        (45.0, lambda east, north: north <= 20.0, 0.880342),
        (45.0, lambda east, north: east <= 20.0, 0.880342),
        (45.0, lambda east, north: (east > 0) & (north > 0), 0.312833),
        (135.0, lambda east, north: (east > 0) & (north > 0), 0.187167),
        (45.0, lambda east, north: (east > 0) & (north < 0), 0.187167),
        (30.0, lambda east, north: north <= 20.0, 0.859401),
        (30.0, lambda east, north: east <= 20.0, 0.904785),
    ],
)
def test_long_ellipses_are_turned_the_right_way(azimuth: float, ground: Ground, chance: float) -> None:
    # 20 m are edges of cells, and an even number of parts cuts the cell of the aim in the middle
    found = aimed(ground, long_ellipse(azimuth), dx=20 / 22.5, dy=20 / 20.5, parts=6)
    assert found == pytest.approx(chance, abs=2e-4)  # 13 cells a sigma


def test_blocks_and_bands_join_without_a_seam() -> None:
    rng = np.random.default_rng(4)
    safe = rng.uniform(size=(300, 530))
    safe[40:90, 200:330] = np.nan
    safe[280:, :60] = np.nan
    widths = 0.9 * (1 + np.linspace(0.0, 2.5e-4, 300))  # three bands
    lower, upper = landing_probability(safe, dx_m=widths, dy_m=1.1, covariance=(20.0, 9.0, -5.0))
    bands = [(0, 120), (120, 240), (240, 300)]
    for start, stop in bands:
        width = (widths[start] + widths[stop - 1]) / 2
        mass = cell_mass((20.0, 9.0, -5.0), dx_m=width, dy_m=1.1)
        expected = direct_sum(safe, mass)[start:stop]
        np.testing.assert_allclose(lower[start:stop], expected, atol=ONE_STEP / 2, rtol=0)
        failure = direct_sum(1 - safe, mass)[start:stop]
        np.testing.assert_allclose(upper[start:stop], 1 - failure, atol=ONE_STEP / 2, rtol=0)


def test_wide_dispersions_cross_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    safe = np.random.default_rng(6).uniform(size=(50, 61))
    safe[7:9, 50] = np.nan
    arguments = {"dx_m": np.full(50, 0.9), "dy_m": 1.1, "covariance": SMALL}
    whole = landing_probability(safe, **arguments)
    monkeypatch.setattr(landing, "_SMALLEST_BLOCK", 8)
    monkeypatch.setattr(landing, "_LARGEST_BLOCK", 8)
    for one, other in zip(whole, landing_probability(safe, **arguments), strict=True):
        np.testing.assert_allclose(one, other, atol=ONE_STEP, rtol=0)


@pytest.mark.parametrize("shape", [(6, 9), (1, 13), (8, 1)])
def test_dispersions_wider_than_the_raster_lose_nothing_of_it(shape: tuple[int, int]) -> None:
    safe = np.random.default_rng(7).uniform(size=shape)
    safe[-1, -1] = np.nan
    covariance = (60.0, 45.0, 20.0)
    mass = cell_mass(covariance, dx_m=0.9, dy_m=1.1)
    lower, upper = landing_probability(safe, dx_m=np.full(shape[0], 0.9), dy_m=1.1, covariance=covariance)
    np.testing.assert_allclose(lower, direct_sum(safe, mass), atol=ONE_STEP / 2, rtol=0)
    np.testing.assert_allclose(upper, 1 - direct_sum(1 - safe, mass), atol=ONE_STEP / 2, rtol=0)


def test_threads_do_not_change_a_bit() -> None:
    safe = np.random.default_rng(2).uniform(size=(310, 560))
    safe[100:130, 250:270] = np.nan
    arguments = {"dx_m": np.full(310, 0.9), "dy_m": 1.1, "covariance": SMALL}
    for one, other in zip(
        landing_probability(safe, **arguments), landing_probability(safe, **arguments, threads=3), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_all_ground_beyond_reach_is_unknown() -> None:
    lower, upper = landing_probability(np.full((3, 5), np.nan), dx_m=np.ones(3), dy_m=2.0, covariance=SMALL)
    np.testing.assert_array_equal(lower, 0.0)
    np.testing.assert_array_equal(upper, 1.0)
    lower, upper = landing_probability(np.ones((3, 5)), dx_m=np.ones(3), dy_m=2.0, covariance=SMALL)
    np.testing.assert_array_equal(upper, 1.0)
    assert np.all(lower < 1.0)  # ground beyond the raster


SCENES = arrays(float, (11, 14), elements=st.floats(0, 1) | st.just(1.0) | st.just(0.0) | st.just(np.nan))


@settings(max_examples=60, deadline=None)
@given(safe=SCENES, row=st.integers(0, 10), column=st.integers(0, 13))
def test_a_hole_never_raises_the_lower_nor_lowers_the_upper_bound(
    safe: np.ndarray, row: int, column: int
) -> None:
    arguments = {"dx_m": np.full(11, 0.9), "dy_m": 1.1, "covariance": SMALL}
    before = landing_probability(safe, **arguments)
    holed = safe.copy()
    holed[row, column] = np.nan
    after = landing_probability(holed, **arguments)
    assert np.all(after[0] <= before[0] + ONE_STEP)  # a sum at the edge of a step may round to either side
    assert np.all(after[1] >= before[1] - ONE_STEP)
    for lower, upper in (before, after):
        assert np.all((lower >= 0) & (lower <= upper) & (upper <= 1))


@settings(max_examples=60, deadline=None)
@given(safe=SCENES, worse=arrays(float, (11, 14), elements=st.floats(0, 1)))
def test_less_safe_ground_never_raises_a_bound(safe: np.ndarray, worse: np.ndarray) -> None:
    arguments = {"dx_m": np.full(11, 0.9), "dy_m": 1.1, "covariance": SMALL}
    kept = safe.copy()
    before = landing_probability(safe, **arguments)
    after = landing_probability(safe * worse, **arguments)
    np.testing.assert_array_equal(safe, kept)
    for one, other in zip(before, after, strict=True):
        assert np.all(other <= one + ONE_STEP)  # as above


@settings(max_examples=40, deadline=None)
@given(safe=SCENES)
def test_flips_and_turns_agree(safe: np.ndarray) -> None:
    var_east, var_north, both = SMALL
    found = landing_probability(safe, dx_m=np.full(11, 0.9), dy_m=1.1, covariance=SMALL)
    mirrored = {"dx_m": np.full(11, 0.9), "dy_m": 1.1, "covariance": (var_east, var_north, -both)}
    turned = {"dx_m": np.full(14, 1.1), "dy_m": 0.9, "covariance": (var_north, var_east, both)}
    for one, other in (
        (found, [p[::-1] for p in landing_probability(safe[::-1], **mirrored)]),
        (found, [p[:, ::-1] for p in landing_probability(safe[:, ::-1], **mirrored)]),
        (found, [p[::-1, ::-1].T for p in landing_probability(safe.T[::-1, ::-1], **turned)]),
    ):
        np.testing.assert_allclose(one, other, atol=2e-6, rtol=0)  # two steps: sums in another order


def test_flips_agree_on_cells_that_narrow_northwards() -> None:
    safe = np.random.default_rng(9).uniform(size=(40, 51))
    widths = 0.9 * (1 - np.linspace(0.0, 9e-5, 40))
    found = landing_probability(safe, dx_m=widths, dy_m=1.1, covariance=(5.0, 3.0, 0.0))
    flipped = landing_probability(safe[::-1], dx_m=widths[::-1], dy_m=1.1, covariance=(5.0, 3.0, 0.0))
    for one, other in zip(found, flipped, strict=True):
        np.testing.assert_allclose(one, other[::-1], atol=2e-6, rtol=0)  # as above


def test_drawn_touchdowns_succeed_as_often_as_computed() -> None:
    rng, draws, dx, dy, aim = np.random.default_rng(12), 60_000, 2.0, 3.0, (19, 33)
    safe = rng.uniform(size=(45, 52))
    safe[:, 38:] *= 0.2
    safe[25:31, 20:30] = np.nan
    covariance = dispersion_covariance(major_m=26.0, minor_m=11.0, n_sigma=1.0, azimuth_deg=65.0)
    bounds = landing_probability(safe, dx_m=np.full(45, dx), dy_m=dy, covariance=covariance)
    along, across = rng.normal(scale=26.0, size=draws), rng.normal(scale=11.0, size=draws)
    azimuth = np.radians(65.0)
    east = along * np.sin(azimuth) + across * np.cos(azimuth)
    north = along * np.cos(azimuth) - across * np.sin(azimuth)
    row, column = np.rint(aim[0] - north / dy).astype(int), np.rint(aim[1] + east / dx).astype(int)
    is_inside = (row >= 0) & (row < 45) & (column >= 0) & (column < 52)
    chance = np.full(draws, np.nan)
    chance[is_inside] = safe[row[is_inside], column[is_inside]]
    luck = rng.uniform(size=draws)
    for bound, unknown in zip(bounds, (0.0, 1.0), strict=True):
        share = np.mean(luck < np.where(np.isnan(chance), unknown, chance))
        expected = float(bound[aim])
        assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / draws))
    assert bounds[1][aim] - bounds[0][aim] > 0.05


def test_wrong_grids_and_chances_are_refused() -> None:
    safe = np.ones((3, 5))
    with pytest.raises(ValueError, match="agree in shape"):
        landing_probability(safe, dx_m=np.ones(5), dy_m=1.0, covariance=SMALL)
    with pytest.raises(ValueError, match="between 0 and 1"):
        landing_probability(safe * 1.1, dx_m=np.ones(3), dy_m=1.0, covariance=SMALL)
    with pytest.raises(ValueError, match="threads"):
        landing_probability(safe, dx_m=np.ones(3), dy_m=1.0, covariance=SMALL, threads=0)
