"""Routes of rovers are understood exactly or refused with the feature."""

from __future__ import annotations

import gzip
import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString

from jezero_sites.errors import InputError
from jezero_sites.io.points import traverse as traverse_module
from jezero_sites.io.points.traverse import RouteLine, moved, read_traverse, traverse_frame

LINE = [[77.45, 18.44, -2570.0], [77.451, 18.445, -2569.5], [77.452, 18.445, -2569.0]]


def geometry(coordinates=LINE, kind="LineString"):
    return {"type": kind, "coordinates": coordinates}


def feature(coordinates=LINE, kind="LineString", **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry(coordinates, kind)}


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more})


ONE = collection(feature(sol=14))


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="route.geojson"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write_file


def codes(frame):
    return [notice.code for notice in frame.attrs["notices"]]


def coordinates(frame):
    return [list(line.coords) for line in frame.geometry]


def test_lines_come_with_name_and_sol_in_the_order_of_the_file(write):
    text = collection(
        feature(sol=14, name="first"), feature([[77.1, 18.1], [77.3, 18.2]], Sol="15"), feature(name=None)
    )
    frame = read_traverse(write(text))
    assert list(frame.columns) == ["name", "sol", "geometry"]
    assert frame["name"].tolist() == ["first", "", ""]
    assert frame["sol"].dtype == "Int64"
    assert frame["sol"].isna().tolist() == [False, False, True]
    assert frame["sol"].dropna().tolist() == [14, 15]
    assert frame.crs == "IAU_2015:49900"
    assert coordinates(frame)[0] == [(77.45, 18.44), (77.451, 18.445), (77.452, 18.445)]
    assert coordinates(frame)[1] == [(77.1, 18.1), (77.3, 18.2)]


@pytest.mark.parametrize("text", [json.dumps(feature()), json.dumps(geometry()), "\ufeff" + ONE])
def test_a_feature_a_geometry_and_a_byte_order_mark_are_read(write, text):
    assert coordinates(read_traverse(write(text)))[0][1] == (77.451, 18.445)


def test_each_part_of_a_multiple_line_is_a_row(write):
    parts = [[[77.1, 18.1], [77.2, 18.2]], [[77.3, 18.3], [77.4, 18.4]]]
    frame = read_traverse(write(collection(feature(parts, "MultiLineString", sol=3, name="two"))))
    assert frame["sol"].tolist() == [3, 3]
    assert frame["name"].tolist() == ["two", "two"]
    assert coordinates(frame)[1] == [(77.3, 18.3), (77.4, 18.4)]


def test_vertices_at_the_place_of_the_one_before_are_dropped(write):
    twice = [[77.1, 18.1, -2500], [77.1, 18.1, -2501], [77.2, 18.1], [77.1, 18.1], [77.1, 18.100000001]]
    assert coordinates(read_traverse(write(json.dumps(geometry(twice))))) == [
        [(77.1, 18.1), (77.2, 18.1), (77.1, 18.1)]
    ]


def test_a_drive_on_the_spot_stays_as_a_line_of_one_place(write):
    frame = read_traverse(write(json.dumps(geometry([[77.1, 18.1]] * 5))))
    assert coordinates(frame) == [[(77.1, 18.1), (77.1, 18.1)]]


def test_features_of_points_and_of_nothing_are_left_out_and_told(write):
    nothing = {"type": "Feature", "properties": {}, "geometry": None}
    frame = read_traverse(write(collection(feature([77, 18], "Point"), feature(), nothing)))
    assert len(frame) == 1
    assert codes(frame) == ["W_CRS_ASSUMED", "W_NO_LINE"]
    assert (
        "2 features are points, or have no geometry (feature 1, feature 3)" in frame.attrs["notices"][1].found
    )
    assert frame.attrs["places"].of("line", "0") == "feature 2"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("urn:ogc:def:crs:OGC:1.3:CRS84", ["W_CRS_ASSUMED"]),
        ("urn:ogc:def:crs:IAU:2015:49900", []),
        ("IAU_2015:49900", []),
    ],
)
def test_the_crs_is_treated_as_that_of_samples(write, name, told):
    crs = {"type": "name", "properties": {"name": name}}
    assert codes(read_traverse(write(collection(feature(), crs=crs)))) == told


def test_longitudes_are_turned_into_the_circle_vertex_by_vertex_and_told(write):
    frame = read_traverse(write(json.dumps(geometry([[-282.5, 18], [-0.5, 18], [360, 18], [0.5, 18]]))))
    assert coordinates(frame) == [[(77.5, 18), (359.5, 18), (0, 18), (0.5, 18)]]
    assert codes(frame) == ["W_CRS_ASSUMED", "W_LON_WRAPPED"]
    assert "3 longitudes" in frame.attrs["notices"][1].found


def with_vertex(*vertex):
    return collection(feature(), feature([[77.1, 18.1], list(vertex)]))


REFUSED = {
    "no JSON": ("lon,lat\n1,2\n", "E_GEOJSON", "file"),
    "a list": ("[" + ONE + "]", "E_GEOJSON", "type"),
    "cut short": (ONE[:-7], "E_GEOJSON", "file"),
    "a key twice": (ONE.replace('"sol": 14', '"sol": 14, "sol": 15'), "E_GEOJSON", "file"),
    "NaN": (ONE.replace("18.44,", "NaN,"), "E_GEOJSON", "file"),
    "nested too deep": ('{"type": ' + "[" * 200_000, "E_GEOJSON", "file"),
    "deep coordinates": (ONE.replace("[77.45, 18.44, -2570.0]", "[" * 500 + "]" * 500), "E_GEOJSON", "feature 1"),
    "a number of 5000 digits": (ONE.replace("18.44,", "9" * 5000 + ","), "E_GEOJSON", "file"),
    "a number of 400 digits": (ONE.replace("18.44,", "9" * 400 + ","), "E_GEOJSON", "feature 1"),
    "a number beyond floats": (ONE.replace("18.44,", "1e999,"), "E_NOT_NUMBER", "feature 1"),
    "no features": (collection(), "E_NO_ROWS", "features"),
    "points alone": (collection(feature([77, 18], "Point")), "E_NO_ROWS", "features"),
    "a bare point": (json.dumps(geometry([77, 18], "Point")), "E_NO_ROWS", "features"),
    "features that are none": (collection(3), "E_GEOJSON", "feature 1"),
    "properties that are a list": (ONE.replace('{"sol": 14}', "[]"), "E_GEOJSON", "feature 1"),
    "a polygon": (collection(feature(), feature([LINE], "Polygon")), "E_GEOJSON", "feature 2"),
    "a collection of geometries": (collection(feature([], "GeometryCollection")), "E_GEOJSON", "feature 1"),
    "another document": ('{"type": "Topology", "features": []}', "E_GEOJSON", "type"),
    "one vertex": (collection(feature(LINE[:1])), "E_GEOJSON", "feature 1"),
    "no vertex": (collection(feature([])), "E_GEOJSON", "feature 1"),
    "a part without vertices": (collection(feature([LINE, []], "MultiLineString")), "E_GEOJSON", "feature 1"),
    "no coordinates": (collection(feature(None)), "E_GEOJSON", "feature 1"),
    "one coordinate": (with_vertex(77), "E_GEOJSON", "feature 2"),
    "four coordinates": (with_vertex(77, 18, 0, 0), "E_GEOJSON", "feature 2"),
    "coordinates in quotes": (with_vertex("77", "18"), "E_GEOJSON", "feature 2"),
    "yes for a coordinate": (with_vertex(True, 18), "E_GEOJSON", "feature 2"),
    "a null coordinate": (with_vertex(77, None), "E_GEOJSON", "feature 2"),
    "map metres": (with_vertex(4590640, 1093540), "E_RANGE", "feature 2"),
    "a latitude beyond the pole": (with_vertex(77, 90.5), "E_RANGE", "feature 2"),
    "two turns": (with_vertex(721, 18), "E_RANGE", "feature 2"),
    "exchanged in all vertices": (json.dumps(geometry([[18, 97], [18, 98]])), "E_SWAPPED", "feature 1"),
    "a sol with a part": (collection(feature(sol=1.5)), "E_NOT_NUMBER", "feature 1"),
    "a sol in words": (collection(feature(sol="ten")), "E_NOT_NUMBER", "feature 1"),
    "yes for a sol": (collection(feature(sol=True)), "E_NOT_NUMBER", "feature 1"),
    "a sol of centuries": (collection(feature(sol=1e6)), "E_RANGE", "feature 1"),
    "two sols": (collection(feature(sol=1, SOL=2)), "E_GEOJSON", "feature 1"),
    "a name too long": (collection(feature(name="x" * 201)), "E_TOO_LARGE", "size"),
    "a NUL in a name": (collection(feature(name="a\0")), "E_ENCODING", "feature 1"),
    "half a surrogate pair": (ONE.replace('"sol": 14', '"name": "\\ud83d"'), "E_ENCODING", "feature 1"),
    "too many features": (collection(*[3] * 100_001), "E_TOO_LARGE", "size"),
    "too many vertices": (collection(*[feature([[1, 2]] * 1000)] * 201), "E_TOO_LARGE", "size"),
    "gzip": (gzip.compress(ONE.encode()), "E_FORMAT", "format"),
    "an archive": (b"PK\x03\x04 and so on", "E_FORMAT", "format"),
    "a GeoPackage": (b"SQLite format 3\0 and so on", "E_FORMAT", "format"),
    "a document that points elsewhere": ("<OGRVRTDataSource/>", "E_INDIRECT", "format"),
    "no UTF-8": (ONE.encode("utf-16"), "E_ENCODING", "byte 0"),
    "nothing": (b"", "E_EMPTY_FILE", "size"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_route_is_refused_with_the_place_and_what_to_do(write, case):
    content, code, field = REFUSED[case]
    path = write(content)
    with pytest.raises(InputError, match=rf"^error\[{code}\] {re.escape(str(path))}: ") as caught:
        read_traverse(path)
    error = caught.value
    assert error.field == field
    assert error.fix
    assert len(str(error)) < 600
    str(error).encode("utf-8")


def test_a_compressed_file_is_told_how_to_unpack(write):
    with pytest.raises(InputError, match=r"E_FORMAT.*gzip-compressed.*unpack it with gunzip"):
        read_traverse(write(gzip.compress(ONE.encode()), "route.json.gz"))


def test_a_file_of_more_bytes_than_are_read_is_refused(write, monkeypatch):
    monkeypatch.setattr(traverse_module, "MAX_BYTES", len(ONE) - 1)
    with pytest.raises(InputError, match="E_TOO_LARGE"):
        read_traverse(write(ONE))


@pytest.mark.parametrize("path", ["https://example.org/r.json", "/vsicurl/http://example.org/r.json"])
def test_routes_are_not_fetched(path):
    with pytest.raises(InputError, match="E_REMOTE"):
        read_traverse(path)


def test_a_route_that_changes_while_it_is_read_is_refused(write, monkeypatch):
    path, whole = write(ONE), traverse_module.read_small

    def written_meanwhile(file, *, limit):
        data = whole(file, limit=limit)
        path.write_text(ONE + "\n")
        return data

    monkeypatch.setattr(traverse_module, "read_small", written_meanwhile)
    with pytest.raises(InputError, match="E_INPUT_CHANGED"):
        read_traverse(path)


degrees = st.floats(-720, 720), st.floats(-90, 90)


@given(st.lists(st.tuples(*degrees), min_size=2, max_size=9))
def test_moved_vertices_stay_where_they_were_and_do_not_change_again(places):
    given_deg = np.array(places)
    found = moved(given_deg)
    assert np.all((found[:, 0] >= 0) & (found[:, 0] < 360))
    turns = (found[[0, -1], 0] - given_deg[[0, -1], 0] + 180) % 360 - 180
    assert np.all(np.abs(turns) <= 0.51e-8)  # half of the last decimal, and the turn's rounding
    assert np.all(np.abs(found[[0, -1], 1] - given_deg[[0, -1], 1]) <= 0.51e-8)
    assert len(found) == 2 or np.all(np.any(np.diff(found, axis=0) != 0, axis=1))
    np.testing.assert_array_equal(moved(found), found)


def test_a_table_of_lines_has_its_columns_also_for_one_line():
    frame = traverse_frame([RouteLine(np.array([[1.0, 2.0], [3.0, 4.0]]))])
    assert frame["name"].tolist() == [""]
    assert frame["sol"].isna().all()
    assert frame.geometry[0] == LineString([(1, 2), (3, 4)])


def test_the_route_of_perseverance_is_read_whole(real_data, tmp_path):
    packed = real_data / "M20_traverse_tosol1840.json.gz"
    if not packed.is_file():
        pytest.skip(f"no {packed.name} in {real_data}")
    path = tmp_path / "M20_traverse.json"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    frame = read_traverse(path)
    assert len(frame) == 522
    assert frame["sol"].iloc[0] == 14
    assert frame.geometry.iloc[0].coords[0] == (77.45088573, 18.44462715)
    assert frame["sol"].iloc[-1] == 1840
    assert frame["sol"].is_monotonic_increasing
    assert codes(frame) == ["W_CRS_ASSUMED"]
    raw = [f["geometry"]["coordinates"] for f in json.loads(path.read_text())["features"]]
    for line, vertices in zip(frame.geometry, raw, strict=True):
        assert line.coords[0] == tuple(vertices[0][:2])
        assert line.coords[-1] == tuple(vertices[-1][:2])
