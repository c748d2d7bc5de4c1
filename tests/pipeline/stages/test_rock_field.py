"""Rocks of a run: their number from one abundance or from a raster, both readings told, extrapolation named."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from affine import Affine

from jezero_sites.errors import InputError
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.stages.rocks import abundance_on, extrapolation, rock_field, rock_statements
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import load_profile

NAME = "rock_abundance_fraction"


def settings_with(**rocks):
    settings = load_profile()
    return replace(settings, rocks=replace(settings.rocks, **rocks))


@pytest.mark.parametrize(("reading", "rate"), [("height", 1.25207142), ("diameter", 8.43256)])
def test_footprint_meets_as_many_rocks_as_the_published_law_says(dem, reading, rate):
    """k = 5 %, disc of 3 m radius: lambda above 0.38 m and above 0.19 m, less rocks beyond 1.5 m."""
    field = rock_field(dem.grid, settings_with(abundance_fraction=0.05, reading=reading))
    beyond = 6.4e-4  # of 1.5 m and more: N 1.615e-5 x 28.3 m2, and those across the rim
    assert field.rate == pytest.approx(rate, abs=2 * beyond)


def test_no_abundance_means_no_rocks_are_assessed_and_says_so(dem):
    assert rock_field(dem.grid, load_profile()) is None
    (text,) = rock_statements(None, load_profile())
    assert text.startswith("Rocks were not assessed")


def test_statement_gives_both_readings_and_what_is_extrapolated(dem):
    settings = settings_with(abundance_fraction=0.02, abundance_source="a guess")
    first, second = rock_statements(rock_field(dem.grid, settings), settings)
    assert "Extrapolated: all of it: diameters 0.38 to 1.5 m" in first
    assert "a guess" in first
    assert "0.19 m high: 0.11 on average, at least one with a chance of 0.104" in second
    assert "0.19 m wide: 1.93 on average, at least one with a chance of 0.854" in second
    assert "read as a height" in second


@pytest.mark.parametrize(
    ("limit_m", "largest_m", "words"),
    [(0.19, 1.5, "all of it"), (0.5, 2.25, "the part below 1.5 m"), (0.8, 2.25, "none")],
)
def test_extrapolation_is_what_lies_below_the_completeness_of_images(limit_m, largest_m, words):
    assert extrapolation(settings_with(limit_m=limit_m, largest_diameter_m=largest_m).rocks).startswith(words)


def test_raster_of_another_grid_gives_each_cell_the_abundance_it_lies_in(make_dem):
    grid = make_dem((30, 50)).grid
    coarse = Grid.of(
        (4, 5), Affine(13.0, 0, 4590634.0, 0, -9.0, 1093545.0), "+proj=eqc +lat_ts=18.4663 +R=3396190"
    )
    x, y = grid.xy(0, 0)
    lon, lat = grid.lonlat(x, y)
    left, top = coarse.from_lonlat(lon, lat)
    coarse = replace(coarse, transform=Affine(13.0, 0, float(left) - 6.5, 0, -9.0, float(top) + 2.0))
    k = np.arange(20.0).reshape(4, 5) / 100
    k[1, 2] = np.nan
    found = abundance_on(grid, Raster(k, coarse, NAME, "1"))
    for row, col in ((0, 0), (5, 3), (12, 30), (29, 49), (20, 40), (25, 10)):
        place = coarse.from_lonlat(*grid.lonlat(*grid.xy(row, col)))
        r, c = (int(np.floor(float(v) + 0.5)) for v in coarse.rowcol(*place))
        expected = k[r, c] if 0 <= r < 4 and 0 <= c < 5 else np.nan
        np.testing.assert_equal(found[row, col], expected)
    assert np.isnan(found).any()
    assert len(np.unique(found[~np.isnan(found)])) > 6


def test_ground_without_an_abundance_is_never_safe(dem, samples):
    k = np.full(dem.grid.shape, 0.01)
    k[100:180, 150:260] = np.nan
    run = assess(dem, samples=samples, rock_abundance=Raster(k, dem.grid, NAME, "1"))
    gap = np.isnan(k)
    (notice,) = [n for n in run.notices if n.code == "W_ABUNDANCE"]
    assert f"{gap.mean():.1%} of the DEM's cells" in notice.found
    assert not np.isin(run.layers["hazard_class"].values[gap], (1, 2)).any()
    assert np.isnan(run.layers["safe_probability"].values[gap]).all()
    assert np.isfinite(run.layers["safe_probability"].values[50, 100])
    for name in ("rocks_in_footprint", "rock_safe_probability", NAME):
        tags = run.layers[name].tags
        assert tags["EXTRAPOLATED"].startswith("all of it")
        assert "Golombek" in tags["ROCK_MODEL"]
    assert "rocks=model" in run.layers["safe_probability"].tags["ASSESSED"]
    bare = assess(dem, samples=samples)
    product = bare.layers["safe_probability"].values * run.layers["rock_safe_probability"].values
    np.testing.assert_allclose(run.layers["safe_probability"].values, product, atol=2e-7)


def test_an_abundance_of_other_ground_is_refused(make_dem, samples):
    dem = make_dem((60, 70))
    far = make_dem((20, 30), origin=(4580640.0, 1083540.0)).grid
    with pytest.raises(InputError, match="E_ABUNDANCE.*none of the DEM's ground"):
        assess(dem, samples=samples, rock_abundance=Raster(np.full((20, 30), 0.05), far, NAME, "1"))
