from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
import rasterio

from jezero_sites.raster import Grid

RASTERS = ("jezero_synthetic_dem_west.tif", "jezero_synthetic_dem_east.tif", "jezero_synthetic_ortho.tif")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Path:
    """Return a folder of samples made just now."""
    script = Path(__file__).parents[2] / "benchmarks" / "make_dem_samples.py"
    spec = importlib.util.spec_from_file_location("make_dem_samples", script)
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    folder = tmp_path_factory.mktemp("samples")
    maker.main(folder)
    return folder


def _read(path: Path) -> tuple[np.ndarray, dict, dict]:
    with rasterio.open(path) as file:
        return file.read(1), file.tags(), file.profile


@pytest.mark.parametrize("name", RASTERS)
def test_bundled_file_equals_a_fresh_run(name, fresh, bundled_tiles):
    bundled, tags, profile = _read(bundled_tiles / name)
    made, made_tags, made_profile = _read(fresh / name)
    np.testing.assert_array_equal(bundled, made)
    assert tags == made_tags
    assert profile == made_profile


def test_bundled_list_of_tubes_equals_a_fresh_run(fresh, bundled_tiles):
    name = "samples_synthetic.csv"
    assert (bundled_tiles / name).read_text() == (fresh / name).read_text()


@pytest.mark.parametrize("name", RASTERS)
def test_bundled_file_says_that_it_is_synthetic(name, bundled_tiles):
    with rasterio.open(bundled_tiles / name) as file:
        assert file.tags()["SYNTHETIC"] == "yes"
        assert "synthetic" in file.descriptions[0]
        assert file.units[0]


def test_tiles_adjoin_on_one_grid_without_a_seam(bundled_tiles):
    with rasterio.open(bundled_tiles / RASTERS[0]) as west, rasterio.open(bundled_tiles / RASTERS[1]) as east:
        assert (west.bounds.right, west.bounds.top) == (east.bounds.left, east.bounds.top)
        assert all(float(edge).is_integer() for edge in (*west.bounds, *east.bounds))
        heights = np.hstack([west.read(1), east.read(1)])
        border = west.width
    steps = np.abs(np.diff(heights[30:], axis=1)).mean(axis=0)
    assert steps[border - 1] < 1.5 * np.median(steps[border - 20 : border + 20])


def test_ground_is_made_on_its_true_spacing(fresh, bundled_tiles):
    with rasterio.open(bundled_tiles / RASTERS[0]) as file:
        grid = Grid.of(file.shape, file.transform, file.crs)
    assert grid.dx_m.mean() == pytest.approx(0.9486, abs=1e-4)
    assert grid.dy_m == pytest.approx(1.0)


def test_image_covers_the_tiles_and_tells_its_sun(bundled_tiles):
    with (
        rasterio.open(bundled_tiles / RASTERS[2]) as image,
        rasterio.open(bundled_tiles / RASTERS[0]) as west,
    ):
        assert (image.bounds.left, image.bounds.top) == (west.bounds.left, west.bounds.top)
        assert (image.width, image.height) == (1280, 920)
        assert image.tags()["SUN_AZIMUTH_DEG"] == "285"
        assert image.tags()["INCIDENCE_DEG"] == "50"


def test_heights_are_rounded_to_centimetres_with_a_small_gap(bundled_tiles):
    heights, tags, profile = _read(bundled_tiles / RASTERS[1])
    gap = heights == profile["nodata"]
    assert profile["nodata"] == -32767
    assert 0 < gap.mean() < 0.05
    known = heights[~gap].astype(float)
    np.testing.assert_allclose(known, np.round(known, 2), atol=2e-4)  # float32 steps at 2600 m
    assert "VERTICAL_DATUM" in tags


def test_five_tubes_lie_on_the_tiles_one_nowhere_and_one_a_kilometre_off(bundled_tiles):
    with (bundled_tiles / "samples_synthetic.csv").open(encoding="utf-8") as file:
        tubes = list(csv.DictReader(file))
    assert list(tubes[0]) == ["name", "seal_sol", "lon_deg", "lat_deg", "location", "source"]
    assert all("ynthetic" in tube["name"] and "synthetic" in tube["source"] for tube in tubes)
    with rasterio.open(bundled_tiles / RASTERS[2]) as image:
        grid = Grid.of(image.shape, image.transform, image.crs)
    placed = [tube for tube in tubes if tube["lon_deg"]]
    x_m, y_m = grid.from_lonlat(
        *(np.array([float(tube[k]) for tube in placed]) for k in ("lon_deg", "lat_deg"))
    )
    assert grid.contains(x_m, y_m).tolist() == [True] * 5 + [False]
    assert len(tubes) == 7
    assert (x_m[-1] - grid.bounds[2]) * 0.9486 == pytest.approx(1000, abs=1)


def test_folder_is_small(bundled_tiles):
    assert sum(path.stat().st_size for path in bundled_tiles.iterdir()) < 4_000_000
