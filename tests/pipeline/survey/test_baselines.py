"""Slopes at many baselines: which are measured, what is said of them, and what is written."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.errors import InputError
from jezero_sites.io.hashing import sha256_of
from jezero_sites.io.layer import read_layer
from jezero_sites.layers import corner_slope, measure
from jezero_sites.pipeline.stages.resolution import resolution_m as real_resolution_m
from jezero_sites.pipeline.survey.baseline_dir import save_baselines
from jezero_sites.pipeline.survey.baseline_tables import (
    EDGES_DEG,
    csv_text,
    histogram_rows,
    slope_counts,
    statistics_rows,
)
from jezero_sites.pipeline.survey.baselines import allowed_baselines, measure_baselines


def tilted(make_dem, slope_deg, **where):
    """Return a plane that rises to the east by a slope on the ground."""
    level = make_dem(**where)
    east = np.arange(level.grid.shape[1]) * level.grid.dx_m[:, None]
    return replace(level, values=np.tan(np.radians(slope_deg)) * east)


@pytest.fixture(scope="module")
def found(make_dem):
    return measure_baselines(make_dem((150, 210)), baselines_m=(1, 2, 5, 20), resolution_m=3.0)


@pytest.fixture(scope="module")
def saved(found, tmp_path_factory):
    folder = tmp_path_factory.mktemp("baselines") / "run"
    return folder, save_baselines(found, folder, limit_deg=8.0)


def read_csv(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


# ---- what is measured -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["corners", "plane"])
def test_plane_has_its_slope_at_every_baseline_and_in_every_table(make_dem, method):
    ground = tilted(make_dem, 10.0, shape=(150, 210))
    made = measure_baselines(ground, baselines_m=(3, 5, 20), method=method)
    for row in statistics_rows(made, limit_deg=10.5):
        for name in ("min_deg", "max_deg", "mean_deg", "rms_deg", "median_deg", "p95_deg"):
            assert row[name] == pytest.approx(10.0, abs=1e-4)  # rows of the map shear by 1e-7
        assert row["within_limit_fraction"] == 1.0
    curve, fit = made.deviograms["E-W"]
    np.testing.assert_allclose(curve.deviation_m / curve.lag_m, np.tan(np.radians(10.0)), rtol=1e-6)
    assert fit.hurst == pytest.approx(1.0, abs=1e-6)
    np.testing.assert_allclose(made.deviograms["N-S"][0].deviation_m, 0, atol=0.02)


def test_layers_are_those_of_the_library(found, make_dem):
    dem = make_dem((150, 210))
    for one in found.slopes:
        wanted = corner_slope(dem, baseline_m=one.baseline_m)
        np.testing.assert_array_equal(one.slope.values, wanted.values.astype(np.float32))
        assert one.slope.grid.bounds == wanted.grid.bounds
    plane = measure_baselines(dem, baselines_m=(5,), method="plane", jobs=2).slopes[0]
    wanted = measure(dem, "slope_deg", baseline_m=5)
    np.testing.assert_array_equal(plane.slope.values, wanted.values.astype(np.float32))
    assert plane.cells == (5, 5)


def test_used_length_is_true_metres_and_odd_baselines_lie_half_a_cell_off(found):
    width = found.dem.grid.mean_dx_m
    by_length = {one.baseline_m: one for one in found.slopes}
    assert by_length[20].cells == (20, 21)
    assert by_length[20].used_m == (21 * width, 20.0)
    left = found.dem.grid.bounds[0]
    assert [by_length[m].slope.grid.bounds[0] - left for m in (1, 2, 5, 20)] == [-0.5, 0, -0.5, -0.5]
    assert by_length[5].mean.grid.bounds[0] - left == -0.5
    assert by_length[5].mean.values.shape == (150 // 10, 210 // 11)


def test_default_baselines_are_those_that_the_dem_allows(make_dem):
    lengths, notices = allowed_baselines(make_dem((150, 310)), (), method="corners")
    assert lengths == (1, 2, 5, 10, 20, 50)
    assert [n.code for n in notices] == ["W_BASELINE_SKIPPED"] * 4
    assert "baseline of 100 m: longer than a third" in notices[0].found
    lengths, notices = allowed_baselines(make_dem((150, 310)), (), method="plane")
    assert lengths == (5, 10, 20, 50)
    assert "baseline of 1 m: shorter than 3 cells of 1 m" in notices[0].found
    coarse = make_dem((150, 310), cell=(20.0, 20.0))
    assert allowed_baselines(coarse, (), method="corners")[0] == (20, 50, 100, 200, 500, 1000)


def test_cell_a_little_larger_than_its_name_still_counts(make_dem):
    lengths, _ = allowed_baselines(make_dem((150, 310), cell=(1.0002, 1.0008)), (1.0,), method="corners")
    assert lengths == (1.0,)


def test_asked_baselines_are_sorted_and_measured_once(make_dem):
    assert allowed_baselines(make_dem(), (20, 5, 5.0, 2), method="corners")[0] == (2, 5, 20)


def test_length_that_whole_cells_miss_is_told(make_dem):
    made = measure_baselines(make_dem((50, 70), cell=(20.0, 20.0)), baselines_m=(50, 100))
    told = [n.found for n in made.notices if n.code == "W_BASELINE_ROUNDED"]
    assert len(told) == 1
    assert told[0].startswith("baseline of 50 m: 56.92 x 60 m")


def test_cells_as_large_as_the_mean_are_not_averaged(make_dem):
    made = measure_baselines(make_dem((50, 70), cell=(20.0, 20.0)), baselines_m=(100,))
    assert made.slopes[0].mean is None


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"baselines_m": (0,)}, "E_OPTION.*baseline_m is 0"),
        ({"baselines_m": (5, float("nan"))}, "E_OPTION.*baseline_m is nan"),
        ({"baselines_m": (0.1, 900)}, "E_OPTION.*0.1 m: shorter.*900 m: longer.*another --baseline-m"),
        ({"method": "horn"}, "E_OPTION.*'horn'.*corners, plane"),
        ({"resolution_m": -1.0}, "E_OPTION.*resolution_m is -1"),
    ],
)
def test_option_that_makes_no_sense_is_refused(make_dem, options, match):
    with pytest.raises(InputError, match=match):
        measure_baselines(make_dem((30, 40)), **options)


# ---- resolution -------------------------------------------------------------------------------------------


def test_resolution_is_stated_or_five_cells_of_stereo_or_unknown(dem):
    stereo = replace(dem, tags={"SOURCE": "HiRISE Stereo DTM"})
    assert real_resolution_m(dem, None) is None
    assert real_resolution_m(stereo, None) == pytest.approx(5.0)
    assert real_resolution_m(stereo, 2.5) == 2.5


def test_baseline_below_the_resolution_is_tagged_and_told(found):
    below = {one.baseline_m: "BELOW_RESOLUTION" in one.slope.tags for one in found.slopes}
    assert below == {1: True, 2: True, 5: False, 20: False}
    assert "lower bound" in found.slopes[0].slope.tags["BELOW_RESOLUTION"]
    assert found.slopes[0].mean.tags["BELOW_RESOLUTION"].startswith("yes")
    assert found.slopes[2].slope.tags["DEM_RESOLUTION_M"] == "3"
    (told,) = [n for n in found.notices if n.code == "W_BELOW_RESOLUTION"]
    assert told.found == "slope over 1, 2 m: the DEM resolves 3 m"


def test_unknown_resolution_is_said(make_dem):
    made = measure_baselines(make_dem((40, 50)), baselines_m=(5,))
    assert [n.code for n in made.notices if n.code.startswith("W_RES")] == ["W_RESOLUTION"]
    assert made.slopes[0].slope.tags["DEM_RESOLUTION_M"] == "not stated"
    assert made.slopes[0].below_resolution is None


def test_lags_below_the_resolution_are_shown_and_not_fitted(make_dem):
    noisy = make_dem((150, 210))
    smooth, real = (measure_baselines(noisy, baselines_m=(5,), resolution_m=r) for r in (None, 12.0))
    curve, fit = real.deviograms["both"]
    assert curve.lag_m[0] < 2
    np.testing.assert_array_equal(curve.deviation_m, smooth.deviograms["both"][0].deviation_m)
    assert fit.hurst != smooth.deviograms["both"][1].hurst


# ---- numbers ----------------------------------------------------------------------------------------------


def test_statistics_are_those_of_the_layer_and_rms_squared_is_mean_squared_plus_variance(found):
    rows = {row["layer"]: row for row in statistics_rows(found, limit_deg=2.0)}
    assert len(rows) == 8
    for one in found.slopes:
        for raster in (one.slope, one.mean):
            row, known = rows[raster.name], raster.values[np.isfinite(raster.values)].astype(float)
            assert row["rms_deg"] ** 2 == pytest.approx(row["mean_deg"] ** 2 + row["sd_deg"] ** 2, rel=1e-12)
            assert row["mean_deg"] == pytest.approx(known.mean(), rel=1e-14)
            assert row["sd_deg"] == pytest.approx(known.std(ddof=0), rel=1e-14)
            assert (row["min_deg"], row["max_deg"]) == (known.min(), known.max())
            assert row["within_limit_fraction"] == (known <= 2.0).mean()
            assert row["cells_known"] == known.size
            assert row["unknown_fraction"] == pytest.approx(1 - known.size / raster.values.size)


def test_bins_hold_what_numpy_counts_between_their_edges(found):
    for one in found.slopes:
        known = one.slope.values[np.isfinite(one.slope.values)].astype(float)
        np.testing.assert_array_equal(slope_counts(one.slope.values), np.histogram(known, EDGES_DEG)[0])
    np.testing.assert_array_equal(EDGES_DEG[[0, 1, 3, 75, 450]], [0.0, 0.2, 0.6, 15.0, 90.0])


def test_edges_decode_the_levels_of_an_8_bit_slope_map_and_do_not_spread_its_range():
    # levels as in USGS 8-bit maps: slope = 0.2 level - 0.2; spread over (max - min) / 256 they read too low
    levels = np.repeat([26, 51, 76, 101, 176], [774, 166, 41, 13, 6])
    counts = slope_counts((0.2 * levels - 0.1).astype(np.float32))  # mid-bin of each level
    cumulative = np.cumsum(counts) / counts.sum()
    upper = {round(float(edge), 1): share for edge, share in zip(EDGES_DEG[1:], cumulative, strict=True)}
    assert [upper[e] for e in (5.2, 10.2, 15.2, 20.2, 35.2)] == pytest.approx(
        [0.774, 0.94, 0.981, 0.994, 1.0]
    )


def test_cumulative_limit_row_counts_the_limit_itself(make_dem):
    made = measure_baselines(make_dem((40, 50)), baselines_m=(5,))
    values = np.full((40, 50), np.nan, np.float32)
    values[0, :4] = 15.0, 14.9, 15.1, 0.0
    one = replace(made.slopes[0], slope=replace(made.slopes[0].slope, values=values), mean=None)
    rows = list(histogram_rows(replace(made, slopes=(one,)), limit_deg=15.0))
    assert rows[-1]["row"] == "cumulative_limit"
    assert (rows[-1]["count"], rows[-1]["cumulative_fraction"]) == (3, 0.75)
    below = next(r for r in rows if r["to_deg"] == 15.0 and r["row"] == "bin")
    assert below["cumulative_fraction"] == 0.5  # bins leave their upper edge out
    assert rows[-2]["cumulative_fraction"] == 1.0


def test_ground_without_slope_has_empty_cells_in_its_tables(make_dem):
    hole = make_dem((40, 50))
    made = measure_baselines(replace(hole, values=np.full((40, 50), np.nan)), baselines_m=(5,))
    rows = statistics_rows(made, limit_deg=15.0)
    assert rows[0]["unknown_fraction"] == 1.0
    text = csv_text(rows)
    assert "nan" not in text
    assert csv_text(list(histogram_rows(made, limit_deg=15.0))).count("cumulative_limit") == 2


# ---- the directory ----------------------------------------------------------------------------------------


def test_directory_holds_layers_tables_and_figures_with_their_checksums(found, saved):
    folder, record = saved
    names = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    layers = {f"layers/slope_{m}m{mean}_deg.tif" for m in (1, 2, 5, 20) for mean in ("", "_mean10m")}
    tables = {f"{name}.csv" for name in ("statistics", "histogram", "deviogram")}
    figures = {f"{name}.png" for name in ("slopes", "slope_maps", "mean_maps", "deviogram")}
    assert names == layers | tables | figures | {"run.json"}
    assert json.loads((folder / "run.json").read_text("utf-8")) == record
    for name, digest in record["outputs"].items():
        assert sha256_of(folder / name) == digest
    assert set(record["outputs"]) == names - {"run.json"}
    assert record["baselines"]["method"] == "corners"


def test_layer_file_is_the_raster_with_its_place_unit_and_tags(found, saved):
    folder, _ = saved
    for one in found.slopes:
        for raster in (one.slope, one.mean):
            (back,) = read_layer(folder / "layers" / f"{raster.name}.tif")
            np.testing.assert_array_equal(back.values, raster.values)
            assert back.grid.bounds == pytest.approx(raster.grid.bounds, abs=1e-6)
            assert (back.name, back.unit) == (raster.name, "deg")
            assert raster.tags.items() <= back.tags.items()
    tags = found.slopes[2].mean.tags
    assert "four-corner" in tags["METHOD"]
    assert "mean of slope_5m_deg" in tags["AVERAGED"]


def test_tables_say_what_the_record_says(saved):
    folder, record = saved
    for row in read_csv(folder / "statistics.csv"):
        assert float(row["rms_deg"]) == record["layers"][row["layer"]]["rms_deg"]
        assert row["limit_deg"] == "8.0"
    bins = [r for r in read_csv(folder / "histogram.csv") if r["layer"] == "slope_5m_deg"]
    assert sum(int(r["count"]) for r in bins[:-1]) == record["layers"]["slope_5m_deg"]["cells_known"]
    assert float(bins[-1]["cumulative_fraction"]) == record["layers"]["slope_5m_deg"]["within_limit_fraction"]
    rows = read_csv(folder / "deviogram.csv")
    assert {r["direction"] for r in rows} == {"E-W", "N-S", "both"}
    for row in rows:
        if row["row"] == "lag":
            angle = np.degrees(np.arctan(float(row["rms_deviation_m"]) / float(row["lag_m"])))
            assert float(row["rms_slope_deg"]) == pytest.approx(angle)
            assert (row["below_resolution"] == "yes") == (float(row["lag_m"]) < 3.0)
            assert ("lower bound" in row["fit_is"]) == (float(row["lag_m"]) < 3.0)
        else:
            assert float(row["hurst"]) == record["deviogram"][row["direction"]]["hurst"]
            assert row["fit_is"].startswith(
                "extrapolated: a lower bound"
            )  # 1 m lies below the resolution of 3 m


def test_written_again_replaces_the_earlier_layers_and_keeps_what_is_not_ours(found, tmp_path):
    save_baselines(replace(found, slopes=found.slopes[:2]), tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    first = (tmp_path / "run" / "deviogram.csv").read_bytes()
    fewer = replace(found, slopes=found.slopes[:1])
    save_baselines(fewer, tmp_path / "run")
    assert [p.name for p in (tmp_path / "run" / "layers").glob("slope_?m_deg.tif")] == ["slope_1m_deg.tif"]
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "run" / "deviogram.csv").read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_place_that_holds_something_else_is_refused(found, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("mine")
    with pytest.raises(InputError, match="E_OUT_EXISTS.*holds no run"):
        save_baselines(found, tmp_path / "letters")
    record = {"schema": "jezero_sites.run/1", "outputs": {}, "layers": {}, "inputs": [], "notices": []}
    (tmp_path / "letters" / "run.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match="E_OUT_EXISTS.*holds layers alone, not slopes at baselines"):
        save_baselines(found, tmp_path / "letters")
    assert (tmp_path / "letters" / "a.txt").read_text() == "mine"


@pytest.mark.parametrize("limit", [0.0, -5.0, 90.0, float("nan")])
def test_limit_that_is_no_slope_is_refused(found, tmp_path, limit):
    with pytest.raises(InputError, match=r"E_OPTION.*limit_deg is"):
        save_baselines(found, tmp_path / "run", limit_deg=limit)
    assert not (tmp_path / "run").exists()


def test_real_ground_grows_gentler_with_the_baseline(real_data):
    from jezero_sites.io.dem import read_dem

    made = measure_baselines(read_dem(real_data / "jezero_oeb_hirise_dtm_1m.tif"))
    rows = [r for r in statistics_rows(made, limit_deg=15.0) if "mean10m" not in r["layer"]]
    assert [r["baseline_m"] for r in rows] == [1, 2, 5, 10, 20, 50, 100]
    rms = [r["rms_deg"] for r in rows]
    assert rms == sorted(rms, reverse=True)
    # RMS slope over a lag is half the variance of the adirectional slope, by each direction
    curve, fit = made.deviograms["both"]
    one_metre = np.degrees(np.arctan(curve.deviation_m[0] / curve.lag_m[0]))
    assert rms[0] / np.sqrt(2) == pytest.approx(one_metre, rel=0.05)
    assert 0.5 < fit.hurst < 1.0
