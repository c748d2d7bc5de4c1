"""Every layer, every site and every number is the same for all blocks, threads and places where arrays are kept."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

from jezero_sites import sites
from jezero_sites.blocks import blocks_of, each
from jezero_sites.io import scratch
from jezero_sites.io.dem import read_dem
from jezero_sites.pipeline import assess, candidates
from jezero_sites.pipeline.blockwise import work_out
from jezero_sites.pipeline.candidates import find_candidates
from jezero_sites.pipeline.run import Inputs
from jezero_sites.pipeline.run_files.run_dir import save_run, write_layer
from jezero_sites.pipeline.run_files.straight import assess_to, layers_to
from jezero_sites.pipeline.sinks import ToMemory
from jezero_sites.pipeline.stages.cells import run_names
from jezero_sites.pipeline.statistics import LayerTally, layer_statistics
from jezero_sites.settings import Divert, load_profile


def profile():
    base = load_profile("four-leg-illustrative")
    return replace(
        base,
        dispersion=replace(base.dispersion, major_m=14.0, minor_m=9.0, azimuth_deg=30.0),
        divert=Divert(radius_m=6.0, sigma_m=1.0, source="made up"),
        search=replace(base.search, min_safe_radius_m=4.0, site_radius_m=8.0, max_sites=6),
    )


def hashes(layers):
    return {n: hashlib.sha256(np.ascontiguousarray(r.values)).hexdigest() for n, r in layers.items()}


@pytest.fixture(scope="module")
def ground(make_dem):
    return make_dem((330, 410), cell=(1.25, 1.0))


@pytest.fixture(scope="module")
def whole(ground):
    _, layers = work_out(ground, profile(), sink=ToMemory(ground.grid), block_cells=10_000)
    assert list(layers) == list(run_names(profile(), None))
    return hashes(layers)


@pytest.mark.parametrize(("side", "jobs"), [(61, 1), (97, 3), (128, 2), (512, 1)])
def test_layers_are_the_same_bits_for_every_block_and_thread_count(ground, whole, side, jobs):
    _, layers = work_out(ground, profile(), sink=ToMemory(ground.grid), block_cells=side, jobs=jobs)
    assert hashes(layers) == whole


def test_layers_are_the_same_bits_where_large_arrays_lie_on_the_disk(ground, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(scratch, "LEAST_BYTES", 1000)
    place = scratch.Scratch(tmp_path)
    on_disk = place.array(ground.grid.shape, np.float32)
    assert isinstance(on_disk, scratch.TiledArray)
    on_disk[:] = ground.values
    dem = replace(ground, values=on_disk)
    _, layers = work_out(dem, profile(), sink=ToMemory(dem.grid), scratch=place, jobs=2, block_cells=100)
    assert hashes(layers) == whole


def test_files_written_while_they_are_worked_out_are_those_of_the_assessment(make_dem, tmp_path):
    write_layer(tmp_path / "dem.tif", [make_dem((530, 610))])
    dem = read_dem(tmp_path / "dem.tif")
    save_run(assess(dem, settings=profile()), tmp_path / "saved")
    run = assess_to(tmp_path / "straight", lambda s: Inputs(read_dem(tmp_path / "dem.tif", scratch=s), None, None),
                    profile(), jobs=2)  # fmt: skip
    records = [json.loads((tmp_path / d / "run.json").read_text("utf-8")) for d in ("saved", "straight")]
    assert records[0]["outputs"] == records[1]["outputs"]
    assert {**records[1], "keys": 0, "aimed": 0, "screen": 0} == {
        **records[0],
        "keys": 0,
        "aimed": 0,
        "screen": 0,
    }
    for name, raster in run.layers.items():  # readable in their last place
        assert raster.values[3, 4] is not None, name
    assert not list((tmp_path / "straight").rglob("*.tiles"))


def test_layers_alone_are_those_of_the_run(make_dem, tmp_path):
    write_layer(tmp_path / "dem.tif", [make_dem((530, 610))])
    names = ("hazard_class", "landing_probability", "slope_deg", "tri_riley_m")
    read = lambda s: Inputs(read_dem(tmp_path / "dem.tif", scratch=s), None, None)  # noqa: E731
    layers, _ = layers_to(tmp_path / "alone", read, profile(), names=names, jobs=2)
    run = assess(read_dem(tmp_path / "dem.tif"), settings=profile())
    for name in ("hazard_class", "landing_probability", "landing_probability_upper", "slope_deg"):
        np.testing.assert_array_equal(np.asarray(layers[name].values), run.layers[name].values)
    assert sorted(p.name for p in (tmp_path / "alone" / "layers").iterdir()) == [
        "hazard_class.tif", "landing_probability.tif", "slope_deg.tif", "tri_riley_m.tif",
    ]  # fmt: skip


# --- candidates ---


@pytest.mark.parametrize(("side", "kept"), [(17, 2), (40, 5), (64, 1)])
def test_candidates_are_those_of_ranking_all_cells_at_once(make_dem, monkeypatch, side, kept):
    grid = make_dem((150, 190), cell=(1.5, 1.0)).grid
    rng = np.random.default_rng(side)
    chance = rng.integers(40, 100, (15, 19)).repeat(10, 0).repeat(10, 1) / 100.0  # wide plateaus
    classes = np.where(rng.random(chance.shape) < 0.004, 3, 1).astype(np.uint8)
    search = replace(profile().search, min_safe_radius_m=3.0, max_safe_radius_m=25.0, separation_m=12.0,
                     min_landing_probability=0.6, max_sites=30)  # fmt: skip
    settings = replace(profile(), search=search)
    bad = classes == 3
    radius = sites.safe_radius_m(bad, dx_m=grid.dx_m, dy_m=grid.dy_m, max_radius_m=25.0)
    rows, cols = sites.peaks(chance, ~bad & (radius >= 3.0) & (chance >= 0.6))
    order = sites.preference(chance, radius, rows, cols)
    lon, lat = grid.lonlat(*grid.xy(rows[order], cols[order]))
    expected, places = [], []
    for i, n in enumerate(order):
        how = {"separation_m": 12.0, "radius_m": grid.body_radius_m}
        if len(expected) < 30 and sites.is_apart(lon[i : i + 1], lat[i : i + 1], places, **how)[0]:
            places.append((lon[i], lat[i]))
            expected.append((int(rows[n]), int(cols[n]), float(radius[rows[n], cols[n]])))
    assert len(expected) == 30
    monkeypatch.setattr(candidates, "BLOCK_CELLS", side)
    monkeypatch.setattr(candidates, "_KEPT", kept)
    for jobs in (1, 3):
        found = find_candidates(chance.astype(np.float32), classes, grid=grid, settings=settings, jobs=jobs)
        assert found == expected


# --- statistics ---


def test_statistics_are_those_of_numpy_and_percentiles_within_a_thousandth(make_dem):
    rng = np.random.default_rng(6)
    grid = make_dem((700, 900)).grid
    values = np.exp(rng.normal(0, 2, grid.shape)).astype(np.float32)
    values[rng.random(grid.shape) < 0.1] = np.nan
    tally = LayerTally("slope_deg")
    each(lambda block: tally.add(block, values[block.cells]), blocks_of(grid.shape, 256), jobs=3)
    found, known = tally.numbers(), values[~np.isnan(values)].astype(np.float64)
    assert found["unknown_fraction"] == pytest.approx(1 - known.size / values.size, abs=1e-15)
    assert (found["min"], found["max"]) == (known.min(), known.max())
    assert found["mean"] == pytest.approx(known.mean(), rel=1e-12)
    assert found["sd"] == pytest.approx(known.std(), rel=1e-10)
    assert found["rms"] == pytest.approx(np.sqrt(np.mean(known**2)), rel=1e-10)
    for name, percent in (("p50", 50), ("p95", 95)):
        assert found[name] == pytest.approx(np.percentile(known, percent), rel=1e-3)
    negative = LayerTally("clearance_m")
    negative.add(blocks_of(grid.shape, 1000)[0], -values)
    assert negative.numbers()["p50"] == pytest.approx(-np.percentile(known, 50), rel=1e-3)


@pytest.mark.parametrize("constant", [0.0, 1.0, -2.5])
def test_percentiles_of_one_number_are_that_number(make_dem, constant):
    dem = make_dem((30, 40))
    flat = dem.like(np.full(dem.grid.shape, constant, np.float32), name="relief_m")
    found = layer_statistics({"relief_m": flat})["relief_m"]
    assert (found["p50"], found["p95"], found["sd"]) == (constant, constant, 0.0)


# --- blocks ---


def test_blocks_cover_every_cell_once_and_four_follow_on_each_other():
    shape, counted = (9, 14), np.zeros((9, 14), int)
    found = blocks_of(shape, 2)
    for block in found:
        counted[block.cells] += 1
    assert (counted == 1).all()
    firsts = [(b.rows.start // 4, b.columns.start // 4) for b in found]
    assert [firsts[i] for i in range(len(firsts)) if i == 0 or firsts[i] != firsts[i - 1]] == list(
        dict.fromkeys(firsts)
    )


def test_the_first_error_ends_the_work_and_nothing_more_is_begun():
    begun = []

    def work(number):
        begun.append(number)
        if number == 7:
            raise ValueError("seven")

    for jobs in (1, 3):
        begun.clear()
        with pytest.raises(ValueError, match="seven"):
            each(work, range(1000), jobs=jobs)
        assert len(begun) < 40
