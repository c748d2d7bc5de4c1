"""A lopsided made-up area near the landing point: gentle ground, a ridge, a hole without heights."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from affine import Affine

from jezero_sites.pipeline import Assessment, assess
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import load_profile

EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"


def _make_dem(shape=(270, 400), *, crs=EQC, origin=(4590640.0, 1093540.0), cell=(1.0, 1.0), seed=4) -> Raster:
    """Return gentle noise at -2568 m with a ridge in the south-east and a hole in the north-west."""
    grid = Grid.of(shape, Affine(cell[0], 0, origin[0], 0, -cell[1], origin[1]), crs)
    rows, cols = np.indices(shape).astype(float)
    rng = np.random.default_rng(seed)
    z = -2568.0 + 0.004 * cols - 0.01 * rows + 0.01 * rng.standard_normal(shape)
    z += 9.0 * np.exp(-(((cols - 0.93 * shape[1]) / 7.0) ** 2 + ((rows - 0.8 * shape[0]) / 20.0) ** 2))
    z[8:15, 11:30] = np.nan
    return Raster(np.round(z, 2).astype(np.float32), grid, "elevation_m", "m")


def _make_samples(rows) -> gpd.GeoDataFrame:
    """Return a sample list from (name, lon, lat) rows."""
    names, lon, lat = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "name": list(names),
            "seal_sol": [float("nan")] * len(names),
            "lon_deg": np.array(lon, float),
            "lat_deg": np.array(lat, float),
            "elevation_m": [float("nan")] * len(names),
            "location": ["rover"] * len(names),
            "location_date": [""] * len(names),
            "source": ["made up"] * len(names),
            "kind": ["sample"] * len(names),
        },
        geometry=gpd.points_from_xy(lon, lat),
        crs="IAU_2015:49900",
    )


SAMPLES = [("Far", 77.43, 18.44), ("Near", 77.4483, 18.4476), ("Nowhere", float("nan"), float("nan"))]


@pytest.fixture(scope="session", name="make_dem")
def make_dem_fixture():
    return _make_dem


@pytest.fixture(scope="session", name="make_samples")
def make_samples_fixture():
    return _make_samples


@pytest.fixture(scope="session")
def dem() -> Raster:
    return _make_dem()


@pytest.fixture(scope="session")
def samples() -> gpd.GeoDataFrame:
    return _make_samples(SAMPLES)


@pytest.fixture(scope="session")
def run(dem, samples) -> Assessment:
    return assess(dem, samples=samples, settings=load_profile())
