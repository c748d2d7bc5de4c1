from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter
from scipy.optimize import curve_fit

from jezero_sites.hazards.dem_error.correlation import Correlation
from jezero_sites.hazards.dem_error.operator_noise import residual_rms_gain
from jezero_sites.io.dem import read_dem
from jezero_sites.quality.dem_noise import CELLS_NEEDED, estimate_noise
from jezero_sites.scenes.stereo import vertical_noise_m
from jezero_sites.terrain.plane import plane_residual_statistics

SHAPE, DX, DY = (150, 210), 0.95, 1.1
SPACING = {"dx_m": np.full(SHAPE[0], DX), "dy_m": DY}


def hills_m(widest_m: float = 25.0) -> np.ndarray:
    """Fourteen hills and hollows of up to 3 m, each longer in one direction, on a tilted plain."""
    rng, (rows, columns) = np.random.default_rng(5), np.indices(SHAPE)
    x, y = columns * DX, -rows * DY
    ground = 0.07 * x - 0.03 * y - 2570.0
    for _ in range(14):
        east, north = rng.uniform(0, SHAPE[1] * DX), -rng.uniform(0, SHAPE[0] * DY)
        height, (along, across) = 3.0 * rng.uniform(-0.5, 1.0), widest_m * rng.uniform(0.7, 2.0, 2)
        ground += height * np.exp(-(((x - east) / along) ** 2) / 2 - ((y - north) / across) ** 2 / 2)
    return ground


def errors_m(seed: int, sigma_m: float, length_m: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return vertical_noise_m(rng, SHAPE, dx_m=DX, dy_m=DY, sigma_m=sigma_m, correlation_m=length_m)


@pytest.mark.parametrize("sigma_m", [0.05, 0.1, 0.3])
@pytest.mark.parametrize(
    # Ten draws scattered by 0.7, 2, 5 and 5 % in sigma and, from one cell on, by 2, 4 and 3 % in length; their
    # means were off by at most 2 %. Each draw is held to four deviations.
    ("length_cells", "sigma_rel", "length_rel"),
    [(0.0, 0.03, None), (1.0, 0.09, 0.1), (2.0, 0.15, 0.15), (3.0, 0.2, 0.15)],
)
def test_known_errors_on_hills_are_found_again(sigma_m, length_cells, sigma_rel, length_rel) -> None:
    ground, found = hills_m(), []
    for seed in range(3):
        noise = estimate_noise(ground + errors_m(seed, sigma_m, length_cells), **SPACING)
        assert noise.sigma_m == pytest.approx(sigma_m, rel=sigma_rel)
        if length_rel is None:
            assert noise.length_m < 0.3  # less than a third of a cell: white
        else:
            assert noise.length_m == pytest.approx(length_cells, rel=length_rel)
        found.append(noise.sigma_m)
        assert noise.misfit_fraction < 0.15  # 0.12 was the largest of sixty draws
    assert np.mean(found) == pytest.approx(sigma_m, rel=sigma_rel / np.sqrt(3))


def test_smooth_ground_is_not_quiet_ground() -> None:
    # chosen by its curvature alone, half of a field of pure errors is as loud as the whole
    halves, wholes = [], []
    for seed in range(8):
        noise = errors_m(seed, 0.2, 2.0)
        halves.append(estimate_noise(noise, **SPACING).residual_rms_m)
        wholes.append(estimate_noise(noise, smooth_fraction=1.0, **SPACING).residual_rms_m)
    # the residual of one draw scatters by 3 %, that of eight by 1 %: three of them
    assert np.mean(halves) == pytest.approx(np.mean(wholes), rel=0.03)


def test_sharp_hills_are_kept_out() -> None:
    ground = hills_m()
    ground[:, :70] += 6.0 * np.sin(np.arange(70) * DX / 4.0) * np.linspace(1.0, 0.0, 70)
    noise = ground + errors_m(1, 0.1, 1.0)
    # a third of the ground waves over 25 m: there curvature passes the filter, elsewhere errors alone do
    smooth = estimate_noise(noise, smooth_fraction=0.4, **SPACING)
    everywhere = estimate_noise(noise, smooth_fraction=1.0, **SPACING)
    assert smooth.sigma_m == pytest.approx(0.1, rel=0.15)  # 2 % scatter, and tails of the waves
    assert everywhere.sigma_m > 1.25 * smooth.sigma_m
    assert everywhere.misfit_fraction > 1.5 * smooth.misfit_fraction  # and the waves are no Gaussian


@settings(max_examples=8, deadline=None)
@given(
    east=st.floats(-0.5, 0.5),
    north=st.floats(-0.5, 0.5),
    lift=st.floats(-4000.0, 4000.0),
    scale=st.floats(0.1, 50.0),
    mirrored=st.booleans(),
)
def test_tilting_lifting_and_turning_the_ground_change_nothing(east, north, lift, scale, mirrored) -> None:
    rows, columns = np.indices(SHAPE)
    ground = errors_m(2, 0.2, 1.5)
    seen = scale * ground + east * columns * DX - north * rows * DY + lift
    seen = seen[::-1, ::-1] if mirrored else seen
    before, after = estimate_noise(ground, **SPACING), estimate_noise(seen, **SPACING)
    # heights of 4 km round at 5e-13 m, and a bounded search ends within 1e-5
    assert after.sigma_m == pytest.approx(scale * before.sigma_m, rel=1e-4)
    assert after.length_m == pytest.approx(before.length_m, rel=1e-4)
    assert after.cells == before.cells


def test_transposed_ground_with_transposed_cells_has_the_same_errors() -> None:
    ground = hills_m() + errors_m(4, 0.1, 1.5)
    before = estimate_noise(ground, window=(9, 11), **SPACING)
    after = estimate_noise(ground.T, dx_m=np.full(SHAPE[1], DY), dy_m=DX, window=(11, 9))
    assert (after.sigma_m, after.length_m) == pytest.approx((before.sigma_m, before.length_m), rel=1e-4)
    assert after.autocorrelation[0] == pytest.approx(before.autocorrelation[1], rel=1e-9)
    assert [len(line) for line in before.autocorrelation] == [6, 5]


def test_the_length_is_in_metres_of_ground() -> None:
    ground = errors_m(3, 0.2, 2.0)
    small = estimate_noise(ground, **SPACING)
    large = estimate_noise(ground, dx_m=20.0 * SPACING["dx_m"], dy_m=20.0 * DY)
    assert large.length_m == pytest.approx(20.0 * small.length_m, rel=1e-4)  # the search ends within 1e-5
    assert large.sigma_m == pytest.approx(small.sigma_m, rel=1e-4)


def test_gaps_take_their_surroundings_away_and_no_more() -> None:
    ground = hills_m() + errors_m(5, 0.1, 1.0)
    ground[40, 150] = np.nan
    ground[100:, :20] = np.nan
    whole, gappy = (
        estimate_noise(hills_m() + errors_m(5, 0.1, 1.0), **SPACING),
        estimate_noise(ground, **SPACING),
    )
    assert gappy.cells < whole.cells
    assert gappy.sigma_m == pytest.approx(
        0.1, rel=0.1
    )  # two seventh of the cells gone: 2 % scatter, four of it
    assert gappy.ground_fraction == pytest.approx(gappy.cells / np.isfinite(ground).sum(), rel=1e-12)
    # a gap spoils the wide window twice: 22 cells about it
    known = np.zeros(SHAPE, dtype=bool)
    known[22:-22, 22:-22] = True
    known[40 - 22 : 40 + 23, 150 - 22 : 150 + 23] = False
    known[100 - 22 :, : 20 + 22] = False
    assert gappy.cells == np.ceil(0.5 * known.sum())


def test_rougher_cells_count_as_errors() -> None:
    quiet = hills_m() + errors_m(6, 0.1, 1.0)
    stones = np.where(np.random.default_rng(1).random(SHAPE) < 0.05, 1.0, 0.0)
    louder = estimate_noise(quiet + stones, **SPACING)
    # stones on one cell in twenty add a variance of 0.05 * 0.95 m2 to 0.01 m2; one Gaussian for the sum of a
    # white and a correlated part is 5 % off
    assert louder.sigma_m == pytest.approx(np.sqrt(0.0575), rel=0.08)


def test_a_perfect_plane_has_no_error() -> None:
    rows, columns = np.indices(SHAPE)
    noise = estimate_noise(0.2 * columns - 0.1 * rows - 2570.0, **SPACING)
    assert (noise.sigma_m, noise.length_m, noise.misfit_fraction) == (0.0, 0.0, 0.0)


def test_the_filtered_field_is_that_of_scipy() -> None:
    ground = hills_m() + errors_m(7, 0.2, 1.5)
    residual = ground - uniform_filter(ground, 11, mode="nearest")
    residual = (residual - uniform_filter(residual, 11, mode="nearest"))[22:-22, 22:-22]
    noise = estimate_noise(ground, smooth_fraction=1.0, **SPACING)
    assert noise.residual_rms_m == pytest.approx(np.sqrt(np.mean(residual**2)), rel=1e-9)
    assert noise.cells == residual.size
    for lag in range(6):
        east = np.mean(residual[:, : residual.shape[1] - lag] * residual[:, lag:]) / np.mean(residual**2)
        north = np.mean(residual[: len(residual) - lag] * residual[lag:]) / np.mean(residual**2)
        assert noise.autocorrelation[0][lag] == pytest.approx(east, abs=1e-9)
        assert noise.autocorrelation[1][lag] == pytest.approx(north, abs=1e-9)


def test_on_bare_noise_the_fit_agrees_with_the_unfiltered_correlation() -> None:
    noise = errors_m(8, 0.2, 1.5)
    lags = np.arange(1, 6)
    values = [np.mean(noise[:, :-lag] * noise[:, lag:]) for lag in lags]
    (variance, length), _ = curve_fit(
        lambda r, v, s: v * np.exp(-(r**2) / (4 * s**2)), lags * DX, values, p0=(0.05, 1.0)
    )
    found = estimate_noise(noise, smooth_fraction=1.0, **SPACING)
    # two ways of measuring one draw, over different waves: each within 3 %
    assert found.sigma_m == pytest.approx(np.sqrt(variance), rel=0.1)
    assert found.length_m == pytest.approx(length, rel=0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": (4, 5)}, "both odd"),
        ({"smooth_fraction": 0.0}, "above 0"),
        ({"smooth_fraction": 1.5}, "at most 1"),
        ({"dy_m": 0.0}, "positive finite"),
        ({"smooth_fraction": 0.05}, f"needed: {CELLS_NEEDED}"),
        ({"window": (51, 51)}, "0 cells of smooth ground"),
        ({"elevation_m": np.full(SHAPE, np.nan)}, "0 cells of smooth ground"),
        ({"elevation_m": hills_m()}, "as smooth as an error correlated over"),
    ],
)
def test_what_cannot_be_measured_is_refused(changes, message) -> None:
    arguments = {"elevation_m": errors_m(1, 0.1, 1.0), **SPACING} | changes
    with pytest.raises(ValueError, match=message):
        estimate_noise(arguments.pop("elevation_m"), **arguments)


def test_the_jezero_tile_has_decimetre_errors_over_a_few_cells(real_data) -> None:
    dem = read_dem(real_data / "jezero_oeb_hirise_dtm_1m.tif")
    spacing = {"dx_m": dem.grid.dx_m, "dy_m": dem.grid.dy_m}
    found = [estimate_noise(dem.values, window=(side, side), **spacing) for side in (9, 11, 15)]
    # at least the rounding of its heights to 0.01 m, at most about the 0.16 to 0.28 m expected of such a pair
    assert all(0.003 < noise.sigma_m < 0.2 for noise in found)
    # stereo smooths over several posts: white noise is out of the question
    assert all(1.5 < noise.length_m < 5.0 for noise in found)
    # what is measured grows with the window: part of it is ground
    assert found[0].sigma_m < found[1].sigma_m < found[2].sigma_m


def test_the_noisy_dtm_has_metres_of_errors_at_every_window(real_data) -> None:
    dem = read_dem(real_data / "ctx_9N156E_dem_areoid.tif")
    spacing = {"dx_m": dem.grid.dx_m, "dy_m": dem.grid.dy_m}
    found = [estimate_noise(dem.values, window=(side, side), **spacing) for side in (9, 11, 15)]
    # matching errors over one or two cells, the same whatever the window: noise, not ground
    assert [noise.sigma_m for noise in found] == pytest.approx([found[1].sigma_m] * 3, rel=0.15)
    assert all(20.0 < noise.length_m < 40.0 for noise in found)
    assert found[1].misfit_fraction < 0.1
    # it foretells what a 5 x 5 plane leaves over, which nothing above has used
    correlation = Correlation("gaussian", found[1].length_m)
    mean_dx = float(dem.grid.dx_m.mean())
    gain = residual_rms_gain((5, 5), dx_m=mean_dx, dy_m=dem.grid.dy_m, correlation=correlation)
    residual = np.nanmedian(plane_residual_statistics(dem.values, window=(5, 5))[0])
    # 2.09 m against a median of 2.06 m; the median of such residuals lies a few per cent below their RMS
    assert found[1].sigma_m * gain == pytest.approx(residual, rel=0.1)


def test_both_datums_of_the_noisy_dtm_have_the_same_errors(real_data) -> None:
    found = []
    for name in ("ctx_9N156E_dem_areoid.tif", "ctx_9N156E_dem_sphere.tif"):
        dem = read_dem(real_data / name)
        found.append(estimate_noise(dem.values, dx_m=dem.grid.dx_m, dy_m=dem.grid.dy_m))
    # the areoid differs by a smooth surface, tiny in the filter
    assert found[0].sigma_m == pytest.approx(found[1].sigma_m, rel=0.01)
    assert found[0].length_m == pytest.approx(found[1].length_m, rel=0.01)


def test_a_small_context_dem_is_too_little_ground(real_data) -> None:
    dem = read_dem(real_data / "jezero_oeb_ctx_dem_20m.tif")
    with pytest.raises(ValueError, match=f"242 cells of smooth ground .* needed: {CELLS_NEEDED}"):
        estimate_noise(dem.values, dx_m=dem.grid.dx_m, dy_m=dem.grid.dy_m)
