"""A run that takes layers of an earlier one is the run that it would be without, to the last byte."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
from jezero_sites.pipeline import kept
from jezero_sites.pipeline.run import Inputs
from jezero_sites.pipeline.run_files.run_dir import write_layer
from jezero_sites.pipeline.run_files.straight import assess_to
from jezero_sites.raster import Raster
from jezero_sites.settings import load_profile


@pytest.fixture(scope="module")
def area(tmp_path_factory, make_dem):
    """Return a folder with a DEM whose sides need tiles and reduced images, and a first run of it."""
    folder = tmp_path_factory.mktemp("area")
    write_layer(folder / "dem.tif", [make_dem((530, 610))])
    assess_to(folder / "first", reader(folder), profile())
    return folder


def profile():
    base = load_profile("four-leg-illustrative")
    return replace(base, search=replace(base.search, min_safe_radius_m=5.0, max_sites=3))


def reader(folder, name="dem.tif"):
    return lambda scratch: Inputs(read_dem(folder / name, scratch=scratch), None, None)


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def spied(monkeypatch):
    """Return a list that is told the layers taken from the earlier run."""
    taken = []
    real = kept.kept_layers

    def spy(*given):
        found = real(*given)
        taken.extend(found.layers)
        return found

    monkeypatch.setattr("jezero_sites.pipeline.blockwise.kept_layers", spy)
    return taken


def other_limit(settings):
    limits = tuple(replace(m, value=6.5) if m.layer == "slope_deg" else m for m in settings.limits)
    return replace(settings, limits=limits)


def other_dispersion(settings):
    return replace(settings, dispersion=replace(settings.dispersion, major_m=30.0, minor_m=20.0))


def other_footprint(settings):
    return replace(settings, lander=replace(settings.lander, footprint_radius_m=4.0))


def other_weights(settings):
    return replace(settings, weights={"sample_distance": 0.1, "margin": 0.9})


AIMED = {"landing_probability", "landing_probability_upper", "divert_probability", "divert_probability_upper"}
GROUND = {"roughness_m", "dem_quality", "elevation_m", "stance_tilt_deg", "protrusion_m", "relief_m"}


@pytest.mark.parametrize(
    ("change", "taken", "not_taken"),
    [
        (other_weights, GROUND | AIMED | {"slope_deg", "hazard_class", "safe_probability"}, set()),
        (other_limit, GROUND | {"slope_deg"}, AIMED | {"hazard_class", "safe_probability"}),
        (other_dispersion, GROUND | {"hazard_class", "safe_probability"}, AIMED),
        (other_footprint, {"slope_deg", "roughness_m", "dem_quality"}, AIMED | {"relief_m", "protrusion_m"}),
    ],
    ids=["weights", "limit", "dispersion", "footprint"],
)
def test_only_what_changed_is_worked_out_and_no_byte_differs(
    area, tmp_path, monkeypatch, change, taken, not_taken
):
    settings = change(profile())
    pages = change is other_weights
    assess_to(tmp_path / "fresh", reader(area), settings, pages=pages)
    told = spied(monkeypatch)
    assess_to(tmp_path / "quick", reader(area), settings, from_run=area / "first", pages=pages, jobs=2)
    assert taken <= set(told)
    assert not not_taken & set(told)
    fresh, quick = contents(tmp_path / "fresh"), contents(tmp_path / "quick")
    assert fresh.keys() == quick.keys()
    assert [name for name in fresh if fresh[name] != quick[name]] == []


def test_other_heights_take_nothing(area, tmp_path, monkeypatch):
    dem = read_dem(area / "dem.tif")
    values = dem.values.copy()
    values[300, 400] += 0.25
    write_layer(tmp_path / "dem.tif", [Raster(values, dem.grid, "elevation_m", "m", dict(dem.tags))])
    told = spied(monkeypatch)
    assess_to(tmp_path / "run", reader(tmp_path), profile(), from_run=area / "first", pages=False)
    assert told == []


def test_another_version_of_the_package_takes_nothing(area, tmp_path, monkeypatch):
    told = spied(monkeypatch)
    monkeypatch.setattr(kept, "_sources", lambda: "other source")
    assess_to(tmp_path / "run", reader(area), profile(), from_run=area / "first", pages=False)
    assert told == []


def test_a_layer_that_was_changed_since_is_worked_out_again(area, tmp_path, monkeypatch):
    shutil.copytree(area / "first", tmp_path / "first")
    layer = tmp_path / "first" / "layers" / "roughness_m.tif"
    data = bytearray(layer.read_bytes())
    data[-40] ^= 255
    layer.write_bytes(bytes(data))
    told = spied(monkeypatch)
    assess_to(tmp_path / "run", reader(area), profile(), from_run=tmp_path / "first", pages=False)
    assert "roughness_m" not in told
    assert {"slope_deg", "landing_probability"} <= set(told)
    again = (tmp_path / "run" / "layers" / "roughness_m.tif").read_bytes()
    assert again == (area / "first" / "layers" / "roughness_m.tif").read_bytes()


def test_a_run_in_its_own_place_may_take_its_own_layers(area, tmp_path):
    shutil.copytree(area / "first", tmp_path / "run")
    assess_to(
        tmp_path / "run", reader(area), other_weights(profile()), from_run=tmp_path / "run", pages=False
    )
    record = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    assert record["settings"]["weights"]["margin"] == 0.9


def test_a_scaled_run_holds_rounded_layers_and_gives_none(area, tmp_path):
    assess_to(tmp_path / "scaled", reader(area), profile(), scaled=True, pages=False)
    with pytest.raises(InputError, match=r"E_NOT_A_RUN.*--scaled"):
        assess_to(tmp_path / "run", reader(area), profile(), from_run=tmp_path / "scaled")
    assert not (tmp_path / "run").exists()


def test_scaled_layers_are_those_of_the_run_within_half_a_step(area, tmp_path):
    run = assess_to(tmp_path / "scaled", reader(area), profile(), scaled=True, pages=False)
    whole = assess_to(tmp_path / "whole", reader(area), profile(), pages=False)
    for name, step in (("slope_deg", 2**-9), ("landing_probability", 2**-15), ("roughness_m", 2**-10)):
        one, other = (np.asarray(r.layers[name].values, float) for r in (run, whole))
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other))
        assert np.nanmax(np.abs(one - other)) <= step / 2 + 1e-7, name
    assert run.sites.equals(whole.sites)
