"""Known defects of terrain and landing-site tools at large, each as a sentence that must be true here.

Most have a longer test beside the module they concern; this is the list in one place.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

from jezero_sites import assess, load_profile, measure, perseverance_samples, read_dem, terrain
from jezero_sites.blocks import map_strips
from jezero_sites.errors import InputError
from jezero_sites.hazards import UNKNOWN, UNSAFE, safe_probability
from jezero_sites.io.layer import read_layer
from jezero_sites.layers import LAYERS
from jezero_sites.maps.page_data import page_data
from jezero_sites.pipeline import assess_layers
from jezero_sites.pipeline.run_files.run_dir import write_layer
from jezero_sites.pipeline.view import view_of
from jezero_sites.raster import Grid, Raster
from jezero_sites.sites.score import value

ROOT = Path(__file__).resolve().parents[1]
EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
ORIGIN = (4590640.0, 1093540.0)
SHAPE = (9, 13)


def plane(east, north=0.0, *, dx=2.0, dy=2.0, shape=SHAPE):
    """Return a plane that rises east and north by so many metres per metre."""
    rows, cols = np.indices(shape)
    return east * dx * cols - north * dy * rows


def spacing(dx=2.0, dy=2.0, shape=SHAPE):
    return {"dx_m": np.full(shape[0], dx), "dy_m": dy}


def tan(deg):
    return math.tan(math.radians(deg))


def raster(values, cell=(1.0, 1.0)):
    grid = Grid.of(values.shape, Affine(cell[0], 0, ORIGIN[0], 0, -cell[1], ORIGIN[1]), EQC)
    return Raster(np.asarray(values, np.float32), grid, "elevation_m", "m")


def sloping(deg, shape=(70, 90)):
    """Return ground at Jezero that truly rises so many degrees to the east."""
    grid = raster(np.zeros(shape)).grid
    return raster(-2500.0 + tan(deg) * grid.dx_m[:, None] * np.arange(shape[1]))


@pytest.fixture(scope="module")
def run():
    """Return an assessment of a small gentle tile with a steep end and a hole."""
    rows, cols = np.indices((110, 140))
    z = -2500.0 + 0.02 * cols + 0.01 * rows + 0.4 * np.maximum(cols - 115, 0)
    z[20:24, 30:37] = np.nan
    return assess(raster(z), samples=perseverance_samples(), settings=load_profile())


def test_d01_ruggedness_of_a_steep_plane_is_not_zero():
    """Raster engines: an index of ruggedness that is the height above the mean of the neighbours."""
    z = plane(tan(20.0))
    assert terrain.tri_wilson_m(z)[4, 5] == pytest.approx(0.5460, abs=5e-5)
    assert terrain.tri_riley_m(z)[4, 5] == pytest.approx(1.7831, abs=5e-5)
    assert terrain.range_m(z)[4, 5] == pytest.approx(1.4559, abs=5e-5)
    assert terrain.tpi_m(z)[4, 5] == pytest.approx(0.0, abs=1e-12)


def test_d02_a_smooth_slope_is_not_rough():
    """Site finders: roughness as the standard deviation of raw heights."""
    z = plane(tan(20.0))
    assert z[2:7, 3:8].std() == pytest.approx(1.0295, abs=5e-5)  # what the raw heights would say
    for measured in (terrain.rms_roughness_m, terrain.max_roughness_m, terrain.peak_to_peak_roughness_m):
        assert measured(z, window=(5, 5))[4, 5] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("altitude_deg", "grey"), [(20.0, 87), (45.0, 180), (70.0, 240)])
def test_d03_level_ground_is_as_bright_as_the_sine_of_the_suns_altitude(altitude_deg, grey):
    """Site finders: the altitude of the sun where its zenith distance belongs, right at 45 degrees alone."""
    sun = {"sun_azimuth_deg": 315.0, "sun_altitude_deg": altitude_deg}
    assert round(255.0 * terrain.hillshade(plane(0.0), **spacing(), **sun)[4, 5]) == grey


def test_d04_the_same_ground_is_judged_the_same_beside_any_other():
    """Site finders: values scaled to the least and greatest of a scene."""
    gentle, settings = sloping(3.0), load_profile()
    beside = gentle.values.copy()
    beside[:, 60:] += 2.0 * np.arange(beside.shape[1] - 60, dtype=np.float32)
    names = ("hazard_class", "safe_probability")
    alone, _ = assess_layers(gentle, settings, names=names)
    together, _ = assess_layers(raster(beside), settings, names=names)
    for name in names:
        np.testing.assert_array_equal(alone[name].values[:, :50], together[name].values[:, :50])
    assert (
        value([700.0], x=[0.0, 3000.0], y=[1.0, 0.0])
        == value([700.0, 2999.0], x=[0.0, 3000.0], y=[1.0, 0.0])[:1]
    )


def test_d04_steep_ground_has_no_safe_cell_however_it_compares_with_its_tile():
    """Site finders: the gentlest ground of a tile of 20 to 25 degrees called good."""
    steepening = plane(tan(20.0), dx=0.9486, dy=1.0, shape=(60, 80)) + 0.0006 * np.arange(80.0) ** 2
    hazards = assess_layers(raster(steepening - 2500.0), load_profile(), names=("hazard_class",))[0][
        "hazard_class"
    ]
    assert set(np.unique(hazards.values)) <= {UNKNOWN, UNSAFE}
    assert (hazards.values == UNSAFE).mean() > 0.7


def test_d05_a_file_in_degrees_is_refused(tmp_path):
    """Raster engines: one cell size in metres taken from degrees."""
    path = tmp_path / "degrees.tif"
    profile = {"driver": "GTiff", "count": 1, "height": 20, "width": 30, "dtype": "float32"}
    where = {"crs": "IAU_2015:49900", "transform": Affine(1e-4, 0, 77.4, 0, -1e-4, 18.5)}
    with rasterio.open(path, "w", **profile, **where) as made:
        made.write(np.zeros((20, 30), np.float32), 1)
    with pytest.raises(InputError, match=r"E_GEOGRAPHIC.*degrees.*gdalwarp"):
        read_dem(path)


def test_d05_a_plane_on_cells_of_unequal_degrees_has_its_own_slope():
    """Raster engines: cells of one longitude and latitude step taken as square."""
    radius, step, lat = 3396190.0, math.radians(1e-4), math.radians(18.44)
    dx, dy = radius * math.cos(lat) * step, radius * step
    z = plane(0.1, -0.05, dx=dx, dy=dy)
    assert terrain.horn_slope_deg(z, **spacing(dx, dy))[4, 5] == pytest.approx(
        math.degrees(math.atan(math.hypot(0.1, 0.05))), abs=1e-9
    )


def test_d06_an_unknown_height_makes_ground_unknown_and_never_safe():
    """Footprint tools: a cell without height on a 6 degree plane returned as safe."""
    dem = sloping(6.0)
    dem.values[35, 44] = np.nan
    found, _ = assess_layers(dem, load_profile(), names=("hazard_class", "safe_probability"))
    near = np.s_[33:38, 42:47]  # the window of 5 m about each of these meets the unknown cell
    assert (found["hazard_class"].values[near] == UNKNOWN).all()
    assert np.isnan(found["safe_probability"].values[near]).all()
    assert found["hazard_class"].values[35, 20] != UNKNOWN


def test_d07_independent_chances_are_multiplied():
    """Footprint tools: the least of the chances where the product is meant."""
    known = np.zeros((1, 1), dtype=bool)
    chance = safe_probability(
        gates=[], slope_exceedance=np.full((1, 1), 0.1), rock_rate=-math.log(0.8), unknown=known
    )
    assert chance[0, 0] == pytest.approx(0.72, abs=1e-12)


@pytest.mark.parametrize("window", [(3, 3), (3, 7), (5, 5), (9, 5), (11, 13)])
def test_d09_strips_give_the_whole_for_every_window(window):
    """Tiled terrain libraries: an overlap of one cell whatever the window."""
    rng = np.random.default_rng(2)
    z, dx = rng.normal(size=(53, 37)), np.linspace(0.9, 1.1, 53)
    z[20, 9] = np.nan

    def equation(heights, widths):
        slope = terrain.plane_slope_deg(heights, dx_m=widths, dy_m=1.25, window=window)
        return slope, terrain.rms_roughness_m(heights, window=window)

    whole, reach = equation(z, dx), window[0] // 2
    for strip_rows in (1, 7, 16):
        cut = map_strips(equation, z, dx, reach_rows=reach, strip_rows=strip_rows)
        for found, expected in zip(cut, whole, strict=True):
            np.testing.assert_array_equal(found, expected)
    short = map_strips(equation, z, dx, reach_rows=reach - 1, strip_rows=7)
    assert np.isnan(short[0]).sum() > np.isnan(whole[0]).sum()  # the test sees an overlap that is too small


@pytest.mark.parametrize("deg", [15.0, 30.0, 60.0])
def test_d10_d12_a_plane_has_its_slope_in_degrees(deg):
    """Map viewers: the tangent of rise over run. USGS-like scripts: a version without the arctangent."""
    z, given = plane(tan(deg) * 0.6, tan(deg) * 0.8, dx=2.0, dy=3.0), spacing(2.0, 3.0)
    slopes = (
        terrain.horn_slope_deg(z, **given),
        terrain.zevenbergen_thorne_slope_deg(z, **given),
        terrain.plane_slope_deg(z, window=(3, 5), **given),
        terrain.baseline_slope_deg(z, cells=(2, 4), **given),
    )
    for slope in slopes:
        assert slope[4, 6] == pytest.approx(deg, abs=1e-9)


def test_d11_the_first_ring_inside_is_right_and_the_rim_is_unknown():
    """Terrain libraries: values beside the edge made from invented heights."""
    z, given = plane(tan(20.0) * 0.6, tan(20.0) * 0.8), spacing()
    for slope in (terrain.horn_slope_deg(z, **given), terrain.plane_slope_deg(z, window=(3, 3), **given)):
        np.testing.assert_allclose(slope[1:-1, 1:-1], 20.0, atol=1e-9)
        assert np.isnan(slope).sum() == 2 * sum(SHAPE) - 4


def test_d13_integer_layers_come_back_within_half_a_step(run, tmp_path):
    """Slope scripts: bytes written by one rule and described by another."""
    for name, layer in run.layers.items():
        path = tmp_path / f"{name}.tif"
        write_layer(path, [layer], scaled=True)
        (back,) = read_layer(path)
        if layer.values.dtype == np.uint8:
            np.testing.assert_array_equal(back.values, layer.values)
            continue
        with rasterio.open(path) as stored:
            half = stored.scales[0] / 2.0
            assert stored.dtypes == ("uint16",)
        np.testing.assert_allclose(back.values, layer.values, rtol=1e-6, atol=half * 1.000001, err_msg=name)


def test_d13_the_legend_of_a_limit_does_not_depend_on_how_values_are_stored(run, tmp_path):
    """Slope scripts: the legend of the 8-bit product has other stops than that of the 32-bit one."""
    write_layer(tmp_path / "slope.tif", [run.layers["slope_deg"]], scaled=True)
    (coarse,) = read_layer(tmp_path / "slope.tif")
    view = view_of(run)
    legends = []
    for slope in (view.layers["slope_deg"], coarse):
        layers = page_data(_with(view, slope))["layers"]
        (one,) = [layer for layer in layers if layer["name"] == "slope_deg"]
        legends.append((one["breaks"], one["labels"], one["colours"]))
    assert legends[0] == legends[1]


def _with(view, layer):
    from dataclasses import replace

    return replace(view, layers={**view.layers, layer.name: layer})


@pytest.mark.parametrize("cells", [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)])
def test_d14_a_step_lies_where_it_is_for_even_and_odd_baselines(cells):
    """Baseline scripts: a grid half a cell off where the baseline is odd."""
    z = np.zeros((9, 21))
    z[:, 10:] = 3.0  # the edge is at 9.5, between the centres of columns 9 and 10
    slope = terrain.baseline_slope_deg(z, **spacing(shape=z.shape), cells=cells)
    seen = np.flatnonzero(slope[4] > 0.0) + terrain.baseline_offset_cells(cells)[1]
    assert len(seen) == cells[1]
    assert seen.mean() == 9.5


def test_d14_nan_as_nodata_spoils_its_window(tmp_path):
    """Baseline scripts: NoData found by equality, which NaN never passes."""
    dem = sloping(5.0, (30, 40))
    dem.values[12, 17] = np.nan
    write_layer(tmp_path / "dem.tif", [dem])
    slope = measure(read_dem(tmp_path / "dem.tif"), "horn_slope_deg").values
    assert np.isnan(slope[11:14, 16:19]).all()
    assert np.isnan(slope[1:-1, 1:-1]).sum() == 9


def test_d15_aspect_is_right_on_cells_that_are_not_square():
    """Raster engines: differences of cells taken for gradients (95.71 degrees here)."""
    z = plane(-0.1, 0.1, dx=10.0, dy=1.0)
    assert terrain.aspect_deg(z, **spacing(10.0, 1.0))[4, 5] == pytest.approx(135.0, abs=1e-9)


def test_d16_every_output_says_its_unit_and_formula(run, tmp_path):
    """Array libraries: a slope that keeps the unit of the heights."""
    measured = {name: measure(run.dem, name) for name, layer in LAYERS.items() if layer.equation}
    for name, layer in {**measured, **run.layers}.items():
        write_layer(tmp_path / f"{name}.tif", [layer])
        (back,) = read_layer(tmp_path / f"{name}.tif")
        assert (back.name, back.unit) == (name, LAYERS[name].unit)
        assert len(back.tags["METHOD"]) > 8, name


@pytest.mark.parametrize("size", [0.0, -1.0, math.nan, math.inf])
def test_d17_cell_sizes_that_are_none_are_refused(size):
    """Array libraries: a crash or a plausible slope from a cell size of zero, NaN or infinity."""
    for given in (spacing(dx=size), spacing(dy=size)):
        with pytest.raises(ValueError, match="positive finite metres"):
            terrain.horn_slope_deg(plane(0.1), **given)


@pytest.mark.parametrize("size", [math.nan, math.inf])
def test_d17_a_file_without_a_cell_size_is_refused(tmp_path, size):
    """The same at the door."""
    path = tmp_path / "odd.tif"
    profile = {"driver": "GTiff", "count": 1, "height": 20, "width": 30, "dtype": "float32", "crs": EQC}
    with rasterio.open(path, "w", **profile, transform=Affine(size, 0, 0, 0, -1, 0)) as made:
        made.write(np.zeros((20, 30), np.float32), 1)
    with pytest.raises(InputError, match="E_TRANSFORM"):
        read_dem(path)


def test_d17_cells_of_uneven_width_are_measured_row_by_row():
    """Array libraries: uneven spacing averaged in silence."""
    dx = np.linspace(1.0, 2.0, SHAPE[0])
    z = 0.1 * dx[:, None] * (np.arange(SHAPE[1]) - 6.0)
    slope = terrain.zevenbergen_thorne_slope_deg(z, dx_m=dx, dy_m=2.0)[1:-1, 6]
    np.testing.assert_allclose(slope, math.degrees(math.atan(0.1)), atol=1e-9)


KERNELS = {
    "horn": lambda z: terrain.horn_slope_deg(z, **spacing()),
    "zevenbergen_thorne": lambda z: terrain.zevenbergen_thorne_slope_deg(z, **spacing()),
    "plane": lambda z: terrain.plane_slope_deg(z, window=(3, 3), **spacing()),
    "aspect": lambda z: terrain.aspect_deg(z, **spacing()),
    "hillshade": lambda z: terrain.hillshade(z, **spacing(), sun_azimuth_deg=315.0, sun_altitude_deg=45.0),
    "riley": terrain.tri_riley_m,
    "wilson": terrain.tri_wilson_m,
    "tpi": terrain.tpi_m,
    "range": terrain.range_m,
    "roughness": lambda z: terrain.rms_roughness_m(z, window=(3, 3)),
    "largest_residual": lambda z: terrain.max_roughness_m(z, window=(3, 3)),
    "peak_to_peak": lambda z: terrain.peak_to_peak_roughness_m(z, window=(3, 3)),
    "profile_curvature": lambda z: terrain.profile_curvature_per_m(z, **spacing()),
    "plan_curvature": lambda z: terrain.plan_curvature_per_m(z, **spacing()),
}


@pytest.mark.parametrize("name", KERNELS)
def test_d18_one_unknown_height_makes_all_nine_cells_unknown(name):
    """Raster engines: the unknown cell itself gets a slope, for the formula skips the centre."""
    z = plane(0.1, 0.2) + np.random.default_rng(5).normal(scale=0.1, size=SHAPE)
    z[5, 4] = np.nan
    unknown = np.isnan(KERNELS[name](z))[1:-1, 1:-1]
    expected = np.zeros_like(unknown)
    expected[3:6, 2:5] = True
    np.testing.assert_array_equal(unknown, expected)


def test_d19_a_true_slope_of_ten_degrees_reads_ten_on_the_usual_map_of_mars():
    """Planetary slope tools: map metres taken for ground metres; 9.50 here."""
    dem = sloping(10.0)
    assert dem.grid.mean_dx_m == pytest.approx(0.9486, abs=5e-5)
    for name in ("horn_slope_deg", "slope_deg"):
        assert np.nanmedian(measure(dem, name).values) == pytest.approx(10.0, abs=2e-3)  # float32 heights
    overlooked = terrain.horn_slope_deg(dem.values, dx_m=np.ones(len(dem.values)), dy_m=1.0)
    assert np.nanmedian(overlooked) == pytest.approx(9.50, abs=1e-2)  # float32 heights, cells of 1 m


def figures_computed_here() -> set[str]:
    """Return the decimals that the README may state, computed."""
    width = raster(np.zeros((9, 9))).grid.mean_dx_m
    return {f"{width:.4f}", f"{math.degrees(math.atan(tan(10.0) * width)):.2f}"}


def test_d20_every_decimal_in_the_readme_is_computed_by_a_test():
    """Demos: figures in the README that nothing computes."""
    prose = re.sub(
        r"```.*?```|`[^`]*`|\]\([^)]*\)", " ", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL
    )
    prose = re.sub(r"Python \d\.\d+|Apache-2\.0", " ", prose)
    stated = set(re.findall(r"(?<![\w.])\d+\.\d+(?![\w.]*\w)", prose))
    assert stated <= figures_computed_here()
    assert "0.9486" in stated


def test_d20_the_readme_counts_the_samples_that_there_are():
    """The same for whole numbers that the catalogue decides."""
    kinds = list(perseverance_samples()["kind"])
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"(\d+) sample tubes", text) == [str(kinds.count("sample"))]
    assert ("ten stops" in text) == (kinds.count("depot") == 10)


def test_d21_no_ground_changes_a_limit():
    """Site notebooks: a limit raised because the site failed it."""
    settings = load_profile()
    result = assess(sloping(13.0, (90, 110)), samples=perseverance_samples(), settings=settings)
    assert result.settings is settings
    assert settings == load_profile()
    assert len(result.sites) == 0
    shown = {m.layer: (m.value, m.source) for m in view_of(result).limits}
    assert shown == {m.layer: (m.value, m.source) for m in load_profile().limits}
    assert all(source for _, source in shown.values())


def test_d22_every_layer_of_the_map_has_a_legend_its_unit_and_the_limit_in_force(run):
    """Map portals: layers without legend, unit or a break that means something."""
    limits = {m.layer: m.value for m in run.settings.limits}
    layers = {layer["name"]: layer for layer in page_data(view_of(run))["layers"]}
    assert {"slope_deg", "roughness_m", "hazard_class", "landing_probability", "elevation_m"} <= set(layers)
    for name, layer in layers.items():
        assert layer["title"], name
        assert layer["about"], name
        assert layer["unit"] == LAYERS[name].unit.replace("1", ""), name
        if layer["kind"] == "code":
            assert all(item["label"] and item["colour"] for item in layer["items"]), name
        else:
            assert len(layer["labels"]) == len(layer["colours"]) == len(layer["breaks"]) + 1, name
        stated = layer["limit"]["value"] if layer["limit"] else None
        assert stated == limits.get(name), name
        if stated is not None:
            assert stated in layer["breaks"], name
