"""Gates, statistics and errors at their edges, where a slip of one cell or one sign shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyproj
import pytest

from jezero_sites import hazards
from jezero_sites.errors import InputError, SettingsError
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.candidates import Candidate, find_candidates
from jezero_sites.pipeline.stages.ground import layer_lengths, measure_ground
from jezero_sites.pipeline.stages.touchdown import slope_sigmas, touchdown_safety
from jezero_sites.settings import load_profile, parse_settings

LOCAL = "+proj=eqc +lat_ts=15 +lon_0=180 +R=3394839.81331631 +units=m +no_defs"
BASE = '[profile]\nextends = "msr-srl-illustrative"\nname = "edge"\n'


def test_a_cell_exactly_at_a_gate_passes(make_dem):
    grid = make_dem((9, 13), cell=(1.0, 1.0)).grid
    settings = load_profile()
    hazard = np.ones(grid.shape, np.uint8)
    chance = np.zeros(grid.shape)
    chance[4, 6] = 0.5
    exactly = replace(settings.search, min_safe_radius_m=5 * grid.dy_m, min_landing_probability=0.5)
    found = find_candidates(chance, hazard, grid=grid, settings=replace(settings, search=exactly))
    assert found == [(4, 6, exactly.min_safe_radius_m)]
    for change in ({"min_safe_radius_m": 5 * grid.dy_m + 1e-9}, {"min_landing_probability": 0.500001}):
        stricter = replace(settings, search=replace(exactly, **change))
        assert find_candidates(chance, hazard, grid=grid, settings=stricter) == []


def test_ground_beyond_the_raster_counts_as_unknown(make_dem, samples):
    dem = make_dem((80, 90))
    small = parse_settings(BASE + "[search]\nmin_safe_radius_m = 5.0\nsource = 'test'\n")
    run = assess(dem, samples=samples, settings=small)
    assert len(run.sites)
    for site in run.sites.itertuples():
        up = np.arange(-61, 62)[:, None] * dem.grid.dy_m
        across = np.arange(-65, 66)[None, :] * dem.grid.dx_m[site.row]
        inside = up**2 + across**2 <= 60.0**2
        rows = site.row + np.arange(-61, 62)[:, None] + 0 * across.astype(int)
        cols = site.col + np.arange(-65, 66)[None, :] + 0 * up.astype(int)
        on = (rows >= 0) & (rows < 80) & (cols >= 0) & (cols < 90)
        known = np.zeros(inside.shape, bool)
        known[on] = run.layers["hazard_class"].values[rows[on], cols[on]] > 0
        expected = 1 - (inside & known).sum() / inside.sum()
        assert site.unknown_fraction == pytest.approx(expected, abs=1e-6)
        assert expected > 0.1


def test_a_disc_has_the_cell_width_of_its_own_row(make_dem, samples):
    """Kilometres north of the first row a cell is wider, and a disc holds fewer of them."""
    dem = make_dem((4000, 30), cell=(300.0, 250.0), origin=(4590640.0, 1593540.0))
    widths = dem.grid.dx_m
    assert widths[-1] / widths[0] > 1.05
    from jezero_sites.pipeline import table

    seen = []

    def spy(row, col, **lengths):
        seen.append((row, lengths["dx_m"]))
        raise StopIteration

    original = table.sites.disc_around
    table.sites.disc_around = spy
    try:
        with pytest.raises(StopIteration):
            table._statistics(Candidate(3500, 10, 50.0), dem, {}, load_profile())
    finally:
        table.sites.disc_around = original
    assert seen == [(3500, widths[3500])]


def test_the_errors_of_both_axes_stay_apart(make_dem):
    """Cells twice as wide as high, white error: the closed form of each axis, and the quadrature."""
    dem = make_dem((60, 50), cell=(2.0, 1.0))
    settings = parse_settings(BASE + "[dem_error]\nmodel = 'white'\nsource = 'test'\n")
    ground = measure_ground(dem, settings)
    limit = settings.limit("slope_deg")
    east, north = slope_sigmas(dem.grid, limit, settings)
    rows, cols = 5, 3  # 5 m over 1 m and 1.9 m
    assert layer_lengths(dem, "slope_deg", settings).window == (rows, cols)
    # squares of the offsets over the window: 2 over three cells, 10 over five
    np.testing.assert_allclose(east, 0.2 / (dem.grid.dx_m * np.sqrt(rows * 2)), rtol=1e-4)
    np.testing.assert_allclose(north, 0.2 / (dem.grid.dy_m * np.sqrt(cols * 10)), rtol=1e-4)
    safe = touchdown_safety(ground, replace(settings, limits=(limit,))).safe_probability
    row, col = 40, 31
    gx, gy = (float(g[row, col]) for g in ground.gradients["slope_deg"])
    exact = hazards.slope_exceedance_quadrature(
        gx,
        gy,
        sigma_gx=float(east[row]),
        sigma_gy=float(north[row]),
        limit_tan=float(np.tan(np.radians(8.0))),
    )
    assert safe[row, col] == pytest.approx(1 - exact, abs=1e-5)


def test_a_lower_limit_is_judged_by_the_lowest_ground(make_dem, samples):
    floor = (
        '[limits.elevation_m]\nvalue = -2569.5\nkind = "min"\nunit = "m"\nsource = "test"\nverified = false\n'
    )
    run = assess(make_dem(), samples=samples, settings=parse_settings(BASE + floor))
    assert len(run.sites)
    heights = run.dem.values
    low = heights < -2569.5
    assert (run.layers["hazard_class"].values[low] == 3).all()
    assert (run.layers["hazard_reason"].values[low] & hazards.OTHER).all()
    for site in run.sites.itertuples():
        near = heights[max(site.row - 60, 0) : site.row + 61, max(site.col - 63, 0) : site.col + 64]
        assert np.nanmin(near) <= site.elevation_min_m <= site.elevation_m
    one = run.sites.iloc[0]
    assert one["elevation_min_m"] == pytest.approx(np.nanmin(disc(run, one, 60.0)), abs=1e-5)


def disc(run, site, radius):
    grid = run.dem.grid
    rows, cols = np.indices(grid.shape)
    across = (cols - site["col"]) * grid.dx_m[int(site["row"])]
    return run.dem.values[((rows - site["row"]) * grid.dy_m) ** 2 + across**2 <= radius**2].astype(float)


def test_distances_are_on_the_rasters_own_sphere(make_dem, make_samples):
    x, y = pyproj.Proj(LOCAL)(77.4470, 18.4485)
    dem = make_dem(crs=LOCAL, origin=(round(x), round(y)))
    run = assess(dem, samples=make_samples([("Off", 77.40, 18.41)]))
    own = pyproj.Geod(a=3394839.81331631, b=3394839.81331631)
    for site in run.sites.itertuples():
        expected = own.inv(site.lon_deg, site.lat_deg, 77.40, 18.41)[2]
        assert site.nearest_sample_distance_m == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("layer", ["slope_deg", "roughness_m"])
def test_a_lower_limit_on_a_hazard_is_refused(layer):
    with pytest.raises(SettingsError, match=r'E_SETTINGS_VALUE.*kind.*"max"'):
        parse_settings(BASE + f'[limits.{layer}]\nkind = "min"\n')


def test_a_dispersion_too_narrow_or_too_wide_for_the_cells_is_a_coded_error(make_dem, samples):
    narrow = "[dispersion]\nmajor_m = 0.001\nminor_m = 0.001\nsource = 'test'\n"
    with pytest.raises(InputError, match="E_DISPERSION"):
        assess(make_dem((40, 50)), samples=samples, settings=parse_settings(BASE + narrow))


def test_a_run_that_was_allowed_to_be_coarse_says_so_everywhere(make_dem, samples):
    run = assess(make_dem((60, 70), cell=(20.0, 20.0)), samples=samples, allow_coarse=True)
    assert any(text.startswith("Coarser than its limits") for text in run.statements)
    assert "finer than this DEM shows" in run.report()
    assert "finer than this DEM shows" in run.map().page()


def test_the_maps_classes_turn_marginal_where_the_hazard_class_does(make_dem, samples):
    half = parse_settings(BASE + "[limits]\nmarginal_fraction = 0.5\n")
    run = assess(make_dem((60, 70)), samples=samples, settings=half)
    assert '"breaks": [2.0, 4.0, 8.0, 12.0]' in run.map().page()
