"""The chance that the true slope exceeds a limit follows Rice's law with the noise of the operator that measured it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from scipy.stats import rice

from jezero_sites.errors import InputError
from jezero_sites.layers import corner_slope, measure
from jezero_sites.pipeline.stages.exceedance import slope_exceedance
from jezero_sites.raster import Raster
from jezero_sites.settings import DemError

WHITE = DemError(0.2, "test", "white")
GAINS = {"horn": 0.433013, "zevenbergen-thorne": 0.707107, "plane": 0.141421, "corners": 0.2}


@pytest.fixture(scope="module")
def square(make_dem):
    """Return a plane of 8 degrees facing between the axes, on square cells of 1 m."""
    dem = make_dem((30, 40))
    grid = replace(dem.grid, dx_m=np.ones(30), dy_m=1.0)
    rows, cols = np.indices(grid.shape)
    rise = np.tan(np.radians(8.0))
    return Raster(rise * (0.6 * cols - 0.8 * rows), grid, "elevation_m", "m")


@pytest.mark.parametrize("method", GAINS)
@pytest.mark.parametrize("limit", [7.0, 10.0, 15.0])
def test_every_operator_has_its_own_noise(square, method, limit):
    found = slope_exceedance(square, method, limit_deg=limit, error=WHITE)
    sigma = 0.2 * GAINS[method]
    expected = rice.sf(np.tan(np.radians(limit)), np.tan(np.radians(8.0)) / sigma, scale=sigma)
    assert found.values[15, 20] == pytest.approx(expected, abs=2e-5)
    assert np.isnan(found.values[0, 0])
    assert found.name == "slope_exceedance_probability"


@pytest.mark.parametrize("method", GAINS)
def test_it_is_unknown_exactly_where_the_slope_is(dem, method):
    names = {
        "horn": "horn_slope_deg",
        "zevenbergen-thorne": "zevenbergen_thorne_slope_deg",
        "plane": "slope_deg",
    }
    found = slope_exceedance(dem, method, limit_deg=8.0, error=DemError(0.2, "test"), jobs=2)
    slope = corner_slope(dem, baseline_m=5.0) if method == "corners" else measure(dem, names[method])
    np.testing.assert_array_equal(np.isnan(found.values), np.isnan(slope.values))
    assert found.grid.transform == slope.grid.transform
    sharp = slope_exceedance(dem, method, limit_deg=8.0, error=DemError(0.0, "test"))
    known = ~np.isnan(slope.values) & (np.abs(slope.values - 8.0) > 1e-9)
    np.testing.assert_array_equal(sharp.values[known], (slope.values > 8.0)[known])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "mean"}, "method 'mean'"),
        ({"method": "horn", "baseline_m": 5.0}, "horn takes no baseline_m"),
        ({"method": "plane", "baseline_m": 0.0}, "more than 0 metres"),
        ({"method": "plane", "limit_deg": 90.0}, "between 0 and 90"),
    ],
)
def test_what_makes_no_sense_is_refused(dem, options, match):
    with pytest.raises(InputError, match=f"E_OPTION.*{match}"):
        slope_exceedance(dem, **{"limit_deg": 8.0, "error": WHITE, **options})


def test_command_writes_it_with_the_error_in_the_tags(dem, tmp_path):
    from jezero_sites.cli import run
    from jezero_sites.pipeline.run_files.run_dir import write_layer

    write_layer(tmp_path / "dem.tif", [dem])
    out = tmp_path / "p.tif"
    args = [
        "slope",
        str(tmp_path / "dem.tif"),
        str(out),
        "--method",
        "corners",
        "--probability-over",
        "8",
        "--quiet",
    ]
    assert run(args) == 0
    with rasterio.open(out) as file:
        values, tags = file.read(1), file.tags(1)
    expected = slope_exceedance(dem, "corners", limit_deg=8.0, error=DemError(0.2, "x"))
    np.testing.assert_array_equal(values, expected.values.astype(np.float32))
    assert tags["LIMIT_DEG"] == "8"
    assert tags["DEM_ERROR"].startswith("sigma 0.2 m, worst_gaussian")
