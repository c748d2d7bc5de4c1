"""The rover's route goes through a run and comes back from its directory as it was."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import geopandas as gpd
import pytest
from shapely import LineString, Point

from jezero_sites.errors import InputError
from jezero_sites.io.points.traverse import read_traverse
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.inputs import input_records
from jezero_sites.pipeline.route import check_route, route_notices
from jezero_sites.pipeline.run_files.load import load_run
from jezero_sites.pipeline.run_files.route import route_of, route_record
from jezero_sites.pipeline.view import view_of
from jezero_sites.settings import load_profile


def feature(sol, name, places):
    line = {"type": "LineString", "coordinates": places}
    return {"type": "Feature", "properties": {"sol": sol, "name": name}, "geometry": line}


ROUTE = {
    "type": "FeatureCollection",
    "features": [
        feature(14, "", [[77.4483, 18.4476], [77.44912345, 18.4471], [77.449, 18.447]]),
        feature(None, "</script><script>ran=1</script>", [[77.4, 18.4], [77.4, 18.4]]),
    ],
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "route.json"
    path.write_text(json.dumps(ROUTE))
    return path


@pytest.fixture
def routed(run, file):
    route = read_traverse(file)
    return replace(run, traverse=route, inputs=input_records(run.dem, traverse=route))


def table(*places, **columns):
    data = {"name": ["x"], "sol": [3], **columns}
    return gpd.GeoDataFrame(data, geometry=[LineString(places)], crs="IAU_2015:49900")


def test_a_run_keeps_its_route_and_shows_it(dem, samples, file):
    route = read_traverse(file)
    run = assess(dem, samples=samples, settings=load_profile(), traverse=route)
    assert run.traverse is route
    assert view_of(run).traverse is route
    assert [(i.role, i.path) for i in run.inputs if i.role == "traverse"] == [("traverse", str(file))]
    assert "W_CRS_ASSUMED" in {notice.code for notice in run.notices if notice.file == str(file)}


def test_a_run_without_a_route_has_none(run, tmp_path):
    assert run.traverse is None
    assert view_of(run).traverse is None
    out = run.save(tmp_path / "run")
    assert "traverse" not in json.loads((out / "run.json").read_text())
    assert load_run(out).traverse is None


def test_the_route_comes_back_from_the_directory_as_it_was(routed, tmp_path):
    out = routed.save(tmp_path / "run")
    found = load_run(out).traverse
    assert found["name"].tolist() == routed.traverse["name"].tolist()
    assert found["sol"].equals(routed.traverse["sol"])
    assert found.crs == routed.traverse.crs
    for here, there in zip(found.geometry, routed.traverse.geometry, strict=True):
        assert list(here.coords) == list(there.coords)
    record = json.loads((out / "run.json").read_text())
    assert record["traverse"][0] == {
        "name": "",
        "sol": 14,
        "path": "77.4483 18.4476,77.44912345 18.4471,77.449 18.447",
    }
    again = load_run(load_run(out).save(tmp_path / "copy")).traverse
    assert again.geometry.geom_equals_exact(found.geometry, 0).all()


def test_the_record_is_of_1e_8_degrees_and_turned_into_the_circle():
    entries = route_record(
        table((-282.5, 18.123456789, 7), (0, 18, 6), (0, 18, 5), (1e-9, -1e-9, 5), name=[None])
    )
    assert entries == [{"name": "", "sol": 3, "path": "77.5 18.12345679,0 18,0 0"}]
    assert list(route_of(entries, None).geometry[0].coords) == [(77.5, 18.12345679), (0, 18), (0, 0)]


GOOD = {"name": "", "sol": 3, "path": "77.5 18.1,77.6 18.2"}
DAMAGED = [
    *[{}, [], "x", 3, [3], [[]], [GOOD, {}]],
    *[[{**GOOD, "more": 1}], [{"name": "", "path": GOOD["path"]}]],
    *[[{**GOOD, "name": name}] for name in (None, 3, ["x"])],
    *[[{**GOOD, "sol": sol}] for sol in (1.5, "3", True, [], 100_001, 10**30)],
    *[[{**GOOD, "path": path}] for path in (
        *("", "1 2", "1 2,", "1 2,3", "1 2 3,4 5 6", "1 2,3 x", "nan 2,3 4", "1 inf,3 4", "1 2, 3 4", "1 2,3 4\n"),
        *("360 2,3 4", "-1 2,3 4", "1 90.1,3 4", "1 -91,2 3", "1e9 2,3 4", "1 2,1234 5", "٣ 2,3 4", "1 2.,3 4"),
    )],
]  # fmt: skip


@pytest.mark.parametrize("entries", DAMAGED, ids=lambda entries: json.dumps(entries)[:60])
def test_a_damaged_record_is_no_run(tmp_path, entries):
    with pytest.raises(InputError, match="E_NOT_A_RUN") as caught:
        route_of(entries, tmp_path)
    assert caught.value.field == "traverse"
    assert caught.value.file == str(tmp_path)


@pytest.fixture(scope="module")
def saved_route(run, tmp_path_factory):
    traverse = table((77.44, 18.44), (77.45, 18.45))
    return replace(run, traverse=traverse).save(tmp_path_factory.mktemp("routed") / "run")


def test_loading_meets_the_damage(saved_route):
    text = (saved_route / "run.json").read_text()
    (saved_route / "run.json").write_text(text.replace("77.44 18.44", "77.44 98.44"))
    with pytest.raises(InputError, match=r"E_NOT_A_RUN.*traverse"):
        load_run(saved_route)
    (saved_route / "run.json").write_text(text)
    assert len(load_run(saved_route).traverse) == 1


def test_a_run_is_not_saved_over_a_changed_route(routed, file, tmp_path):
    file.write_text(json.dumps(ROUTE) + " ")
    with pytest.raises(InputError, match="E_INPUT_CHANGED") as caught:
        routed.save(tmp_path / "run")
    assert caught.value.file == str(file)
    assert not (tmp_path / "run").exists()


def test_a_route_with_longitude_and_latitude_exchanged_is_refused_with_its_feature(dem, file):
    text = json.dumps(ROUTE).replace("[77.4483, 18.4476]", "[18.4476, 77.4483]")
    file.write_text(text)
    with pytest.raises(InputError, match="E_SWAPPED") as caught:
        check_route(read_traverse(file), dem.grid)
    assert caught.value.field == "feature 1"
    assert caught.value.file == str(file)
    with pytest.raises(InputError, match=r"E_SWAPPED.*line 1: longitude 18\.4.*2 of 2 vertices"):
        check_route(table((18.4476, 77.4483), (18.4476, 77.4484)), dem.grid)


def test_a_route_in_west_longitudes_is_told_and_left_as_it_is(dem, file):
    file.write_text(json.dumps(ROUTE).replace("77.4", "282.5"))
    codes = [notice.code for notice in route_notices(read_traverse(file), dem.grid)]
    assert codes == ["W_CRS_ASSUMED", "W_OUTSIDE_DEM", "W_WEST_POSITIVE"]


def test_a_route_that_meets_the_ground_is_not_told_of(dem):
    assert route_notices(table((77.4483, 18.4476), (70, 10)), dem.grid) == ()
    (notice,) = route_notices(table((70, 10), (71, 10)), dem.grid)
    assert notice.code == "W_OUTSIDE_DEM"


@pytest.mark.parametrize(
    "traverse",
    [
        table((77, 18), (77, 19)).drop(columns="sol"),
        table((77, 18), (77, 19)).set_geometry([Point(77, 18)]),
        table((77, 18), (77, 91)),
        table((math.inf, 18), (77, 19)),
        table((77, 18), (77, 19)).iloc[:0],
    ],
)
def test_a_table_that_is_no_route_is_a_mistake(dem, traverse):
    with pytest.raises(ValueError, match="a traverse needs"):
        check_route(traverse, dem.grid)
