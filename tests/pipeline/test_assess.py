"""The whole product on made-up ground, against the definitions written out the slow way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyproj
import pytest

from jezero_sites.errors import ResolutionError
from jezero_sites.pipeline import assess, assess_layers, rescore
from jezero_sites.pipeline.table import COLUMNS
from jezero_sites.settings import load_profile, parse_settings

GEOD = pyproj.Geod(a=3396190, b=3396190)


def disc_cells(grid, row, col, radius):
    """Cells whose centre is within a ground radius of a cell's, and how many lie off the raster."""
    up = int(radius / grid.dy_m) + 1
    across = int(radius / grid.dx_m[row]) + 1
    inside, off = [], 0
    for r in range(row - up, row + up + 1):
        for c in range(col - across, col + across + 1):
            if np.hypot((r - row) * grid.dy_m, (c - col) * grid.dx_m[row]) <= radius:
                if 0 <= r < grid.shape[0] and 0 <= c < grid.shape[1]:
                    inside.append((r, c))
                else:
                    off += 1
    return tuple(np.array(inside).T), off


def test_the_table_begins_with_the_promised_columns(run):
    assert tuple(run.sites.columns[: len(COLUMNS)]) == COLUMNS
    assert {"part_sample_distance", "part_margin", "row", "col"} <= set(run.sites.columns)
    assert len(run.sites) >= 2


def test_every_site_passes_every_gate(run):
    hazard, lower = run.layers["hazard_class"].values, run.layers["landing_probability"].values
    for site in run.sites.itertuples():
        assert hazard[site.row, site.col] in (1, 2)
        assert site.safe_radius_m >= 60
        assert site.landing_probability >= 0.5
        assert lower[site.row, site.col] == pytest.approx(site.landing_probability, abs=1e-6)


def test_sites_are_ranked_by_score_and_kept_apart(run):
    scores = run.sites["score"].to_numpy()
    assert (np.diff(scores) <= 0).all()
    assert list(run.sites["rank"]) == list(range(1, len(scores) + 1))
    for i, a in enumerate(run.sites.itertuples()):
        for b in list(run.sites.itertuples())[i + 1 :]:
            assert GEOD.inv(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)[2] >= 60 - 1e-6


def test_statistics_are_those_of_the_ground_disc(run):
    slope = run.layers["slope_deg"].values
    rough, hazard = run.layers["roughness_m"].values, run.layers["hazard_class"].values
    for site in run.sites.itertuples():
        cells, off = disc_cells(run.dem.grid, site.row, site.col, 60.0)
        assert site.slope_max_deg == pytest.approx(np.nanmax(slope[cells]), abs=1e-5)
        assert site.slope_mean_deg == pytest.approx(np.nanmean(slope[cells].astype(float)), abs=1e-5)
        assert site.slope_p95_deg == pytest.approx(np.nanpercentile(slope[cells].astype(float), 95), abs=1e-5)
        assert site.roughness_max_m == pytest.approx(np.nanmax(rough[cells]), abs=1e-6)
        heights = run.dem.values[cells].astype(float)
        assert site.relief_m == pytest.approx(np.nanmax(heights) - np.nanmin(heights), abs=1e-5)
        unknown = (np.sum(hazard[cells] == 0) + off) / (len(cells[0]) + off)
        assert site.unknown_fraction == pytest.approx(unknown, abs=1e-6)


def test_safe_radius_is_the_way_to_the_nearest_bad_cell(run):
    hazard = np.pad(run.layers["hazard_class"].values, 1, constant_values=0)
    rows, cols = np.nonzero((hazard == 0) | (hazard == 3))
    for site in run.sites.itertuples():
        away = np.hypot(
            (rows - 1 - site.row) * run.dem.grid.dy_m, (cols - 1 - site.col) * run.dem.grid.dx_m[site.row]
        )
        assert site.safe_radius_m == pytest.approx(min(away.min(), 200.0), abs=1e-5)


def test_binding_constraint_is_the_limit_with_the_least_margin(run):
    for site in run.sites.itertuples():
        margins = {
            "slope_deg": (8.0 - site.slope_max_deg) / 8.0,
            "roughness_m": (0.10 - site.roughness_max_m) / 0.10,
        }
        least = min(margins, key=lambda name: margins[name])
        assert site.binding_constraint == least
        assert site.binding_margin == pytest.approx(margins[least], abs=2e-6)


def test_score_is_landing_probability_times_the_mean_worth(run):
    s = run.sites
    near = 1 - np.clip(s["nearest_sample_distance_m"] / 3000, 0, 1)
    margin = np.clip(s["binding_margin"], 0, 1)
    np.testing.assert_allclose(s["score"], s["landing_probability"] * (near + margin) / 2, atol=2e-6)


def test_distances_are_true_ground_distances_to_the_nearest_sample(run):
    for site in run.sites.itertuples():
        assert site.nearest_sample == "Near"
        expected = GEOD.inv(site.lon_deg, site.lat_deg, 77.4483, 18.4476)[2]
        assert site.nearest_sample_distance_m == pytest.approx(expected, abs=1e-4)


def test_position_columns_agree_with_pyproj(run):
    forward = pyproj.Proj("+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190")
    for site in run.sites.itertuples():
        x, y = forward(site.lon_deg, site.lat_deg)
        # nine decimals of a degree are 6e-5 m
        assert (site.x_m, site.y_m) == pytest.approx((x, y), abs=1e-4)
        assert site.geometry.x == site.x_m


def test_unknown_ground_opens_a_gap_between_the_bounds(run):
    lower = run.layers["landing_probability"].values
    upper = run.layers["landing_probability_upper"].values
    assert (upper >= lower).all()
    assert not np.isnan(lower).any()
    assert upper[11, 20] - lower[11, 20] > 0.05  # in the hole
    assert upper[0, 0] - lower[0, 0] > 0.5  # in the corner three quarters are beyond the raster


def test_hazard_class_follows_the_order_of_decision(run):
    hazard, slope = run.layers["hazard_class"].values, run.layers["slope_deg"].values
    rough = run.layers["roughness_m"].values
    expected = np.where((slope > 6.4) | (rough > 0.08), 2, 1)
    expected[np.isnan(slope) | np.isnan(rough)] = 0
    expected[(slope > 8) | (rough > 0.10)] = 3
    expected[np.isnan(run.dem.values)] = 0
    clear = (np.abs(slope - 8) > 1e-4) & (np.abs(slope - 6.4) > 1e-4) | np.isnan(slope)
    np.testing.assert_array_equal(hazard[clear], expected[clear])
    assert {0, 1, 2, 3} == set(np.unique(hazard))


def test_steep_cells_keep_a_chance_and_rough_cells_do_not(run):
    safe = run.layers["safe_probability"].values
    slope, rough = run.layers["slope_deg"].values, run.layers["roughness_m"].values
    just_steep = (slope > 8) & (slope < 9) & (rough <= 0.09)
    assert just_steep.any()
    assert (safe[just_steep] > 0.05).all()
    assert (safe[rough > 0.101] == 0).all()
    assert np.isnan(safe[np.isnan(slope)]).all()


def test_threads_do_not_change_a_bit(dem, samples, run):
    again = assess(dem, samples=samples, jobs=3)
    for name, raster in run.layers.items():
        np.testing.assert_array_equal(raster.values, again.layers[name].values)
    assert run.sites.drop(columns="geometry").equals(again.sites.drop(columns="geometry"))


def test_rescoring_with_the_same_settings_changes_nothing(run):
    again = rescore(run.sites, run.settings)
    assert again.drop(columns="geometry").equals(run.sites.drop(columns="geometry"))


def test_rescoring_answers_to_weights_and_limits(run):
    near = rescore(run.sites, replace(run.settings, weights={"sample_distance": 1.0, "margin": 0.0}))
    worth = near["landing_probability"] * near["part_sample_distance"]
    assert list(near["score"]) == pytest.approx(sorted(worth, reverse=True), abs=2e-6)
    text = '[profile]\nextends = "msr-srl-illustrative"\nname = "tight"\n[limits.slope_deg]\nvalue = 0.5\n'
    tight = rescore(run.sites, parse_settings(text))
    assert (tight["binding_margin"] < 0).all()
    assert (tight["part_margin"] == 0).all()


def test_rescoring_drops_sites_that_fail_the_gates(run):
    search = replace(run.settings.search, min_safe_radius_m=float(run.sites["safe_radius_m"].median()) + 1e-3)
    fewer = rescore(run.sites, replace(run.settings, search=search))
    assert 0 < len(fewer) < len(run.sites)
    assert (fewer["safe_radius_m"] >= search.min_safe_radius_m).all()


def test_no_site_is_a_normal_outcome_that_names_the_limit(dem, samples):
    text = '[profile]\nextends = "msr-srl-illustrative"\nname = "none"\n[limits.slope_deg]\nvalue = 0.01\n'
    run = assess(dem, samples=samples, settings=parse_settings(text))
    assert len(run.sites) == 0
    assert tuple(run.sites.columns[: len(COLUMNS)]) == COLUMNS
    assert run.sites["score"].dtype == np.float64
    assert "No site passes the gates" in run.summary
    assert "slope limit removed most ground" in run.summary


def test_a_rock_abundance_lowers_every_chance_by_the_same_factor(dem, samples, run):
    text = '[profile]\nextends = "msr-srl-illustrative"\nname = "rocks"\n[rocks]\nabundance_fraction = 0.02\n'
    rocky = assess(dem, samples=samples, settings=parse_settings(text))
    known = run.layers["safe_probability"].values > 0
    ratio = rocky.layers["safe_probability"].values[known] / run.layers["safe_probability"].values[known]
    # from 0.38 m to the completeness limit of 1.5 m: 0.110117 less what is larger
    np.testing.assert_allclose(ratio, np.exp(-0.110117), rtol=1e-3)
    assert any("model extrapolation" in s for s in rocky.statements)
    assert any("Rocks were not assessed" in s for s in run.statements)


def test_a_coarse_dem_needs_permission(samples, make_dem):
    coarse = make_dem((60, 70), cell=(20.0, 20.0))
    with pytest.raises(
        ResolutionError, match=r"E_RESOLUTION.*slope_deg.*baseline of 5 m.*60 m wide.*--allow-coarse"
    ):
        assess(coarse, samples=samples)
    run = assess(coarse, samples=samples, allow_coarse=True)
    assert any(n.code == "W_COARSE" for n in run.notices)
    layers, notices = assess_layers(coarse, load_profile())
    assert "landing_probability" in layers
    assert any(n.code == "W_COARSE" for n in notices)


def test_a_stated_resolution_above_the_baseline_is_refused(dem, samples):
    text = '[profile]\nextends = "msr-srl-illustrative"\nname = "r"\n[dem_error]\nresolution_m = 6.0\n'
    with pytest.raises(ResolutionError, match="the DEM resolves 6 m"):
        assess(dem, samples=samples, settings=parse_settings(text))


def test_two_tiles_are_one_mosaic_bit_for_bit(dem, samples, tmp_path, run):
    import jezero_sites as js
    from jezero_sites.pipeline.run_files.run_dir import write_layer

    cut = 101
    for name, part in (("b_west", slice(0, cut)), ("a_east", slice(cut, None))):
        grid = dem.grid.window(0, dem.grid.shape[0], part.start, part.stop or dem.grid.shape[1])
        tile = replace(dem, values=dem.values[:, part], grid=grid)
        write_layer(tmp_path / f"{name}.tif", [tile])
    both = js.read_dem([tmp_path / "b_west.tif", tmp_path / "a_east.tif"])
    np.testing.assert_array_equal(both.values, dem.values)
    again = assess(both, samples=samples)
    for name, raster in run.layers.items():
        np.testing.assert_array_equal(raster.values, again.layers[name].values, err_msg=name)
    assert run.sites.drop(columns="geometry").equals(again.sites.drop(columns="geometry"))


def test_a_rotated_grid_turns_the_dispersion_ellipse(make_dem):
    """Far from its meridian a transverse Mercator grid is turned against true north."""
    from jezero_sites.pipeline.stages.aiming import aim

    crs = "+proj=tmerc +lon_0=60 +lat_0=0 +R=3396190 +units=m"
    x, y = pyproj.Proj(crs)(77.45, 18.45)
    # the map scale there is not 1: cells are a little smaller on the ground
    dem = make_dem((150, 150), crs=crs, origin=(x - 75, y + 75))
    north = dem.grid.north_deg
    assert abs(north) > 5
    settings = load_profile()
    thin = replace(settings.dispersion, major_m=120.0, minor_m=30.0, azimuth_deg=north)
    safe = np.ones(dem.grid.shape)
    safe[:, 75:] = 0.0
    along = aim(safe, dem.grid, replace(settings, dispersion=thin)).lower
    grid_up = replace(dem.grid, crs=pyproj.CRS("+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190"))
    upright = replace(thin, azimuth_deg=0.0)
    moved = replace(grid_up, transform=type(dem.grid.transform)(1, 0, 4590640.0, 0, -1, 1093540.0))
    expected = aim(safe, moved, replace(settings, dispersion=upright)).lower
    np.testing.assert_allclose(along, expected, atol=2e-6)
