"""Samples from GeoPackages: the geometry's place in any CRS of Mars, and nothing but tables is ever read."""

from __future__ import annotations

import sqlite3
import struct
import warnings

import geopandas
import numpy as np
import pyproj
import pytest
from shapely import MultiPoint, Point, Polygon

from jezero_sites.errors import InputError
from jezero_sites.io.points.samples import read_samples

MARS = "IAU_2015:49900"
LON, LAT = [77.45, 77.4312345], [18.44, 18.4512345]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes points with properties as one layer of a GeoPackage."""

    def make(geometry=None, crs=MARS, layer="samples", **columns):
        geometry = [Point(*at) for at in zip(LON, LAT, strict=True)] if geometry is None else geometry
        columns = {"name": ["A", "B"][: len(geometry)]} | columns
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = geopandas.GeoDataFrame(columns, geometry=geometry, crs=crs)
            frame.to_file(tmp_path / "s.gpkg", layer=layer, driver="GPKG", engine="pyogrio")
        return tmp_path / "s.gpkg"

    return make


def change(path, *statements):
    """Change the database behind a GeoPackage."""
    base = sqlite3.connect(path)
    base.create_function("ST_IsEmpty", 1, lambda _: 0)
    for n in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        base.create_function(n, 1, lambda _: 0.0)
    for statement in statements:
        base.execute(statement)
    base.commit()
    base.close()
    return path


def test_positions_and_columns_are_those_of_the_layer(write):
    path = write(
        elevation=[-2560.5, None], seal_sol=[12, None], location=["rover", "depot"], other=["x", "y"]
    )
    samples = read_samples(path)
    assert samples["name"].tolist() == ["A", "B"]
    assert samples["lon_deg"].tolist() == LON
    assert samples["lat_deg"].tolist() == LAT
    assert samples["elevation_m"][0] == -2560.5
    assert np.isnan(samples["elevation_m"][1])
    assert samples["seal_sol"][0] == 12
    assert samples["location"].tolist() == ["rover", "depot"]
    assert samples.attrs["notices"] == ()
    assert samples.attrs["sources"] == (path,)
    assert samples.attrs["fingerprints"][0].path == path


@pytest.mark.parametrize(
    "crs",
    [
        "IAU_2015:49910",
        "+proj=eqc +lat_ts=15 +lon_0=180 +R=3394839.813 +units=m +no_defs",
        "+proj=stere +lat_0=18 +lon_0=77 +R=3396190 +units=m +no_defs",
    ],
)
def test_a_projected_layer_gives_the_longitudes_and_latitudes_of_pyproj(write, crs):
    there = pyproj.Proj(crs)
    points = [Point(*there(lon, lat)) for lon, lat in zip(LON, LAT, strict=True)]
    samples = read_samples(write(points, crs))
    np.testing.assert_allclose(samples["lon_deg"], LON, atol=1e-9)
    np.testing.assert_allclose(samples["lat_deg"], LAT, atol=1e-9)


def test_a_list_written_by_us_comes_back(write, tmp_path):
    first = read_samples(write(elevation=[-2560.5, None]))
    first.to_file(tmp_path / "again.gpkg", driver="GPKG", engine="pyogrio")
    second = read_samples(tmp_path / "again.gpkg")
    assert second["name"].tolist() == first["name"].tolist()
    assert second["lon_deg"].tolist() == first["lon_deg"].tolist()


def test_text_stays_text_and_hostile_names_stay_verbatim(write):
    names = ["001", "NA <b>{{7*7}}\u202e"]
    assert read_samples(write(name=names))["name"].tolist() == names


def test_a_height_of_the_point_is_the_elevation_unless_a_column_says_other(write):
    points = [Point(77.4, 18.4, 1.5), Point(77.5, 18.5, 2.5)]
    assert read_samples(write(points))["elevation_m"].tolist() == [1.5, 2.5]
    assert read_samples(write(points, elevation=[-7.0, None]))["elevation_m"].tolist() == [-7.0, 2.5]


def test_missing_and_empty_points_are_rows_without_a_position(write):
    samples = read_samples(write([None, Point()]))
    assert samples["lon_deg"].isna().all()
    assert [n.code for n in samples.attrs["notices"]] == ["W_NO_POSITION"]


def test_one_point_of_many_is_that_point(write):
    samples = read_samples(write([MultiPoint([(77.4, 18.4)]), MultiPoint([(77.5, 18.5)])]))
    assert samples["lat_deg"].tolist() == [18.4, 18.5]


def test_a_layer_called_samples_wins_and_a_choice_is_not_guessed(write):
    path = write(layer="others")
    assert len(read_samples(path)) == 2
    write([Point(77.0, 18.0)], layer="more")
    with pytest.raises(InputError, match=r"E_GEOPACKAGE.*several layers: more, others.*'samples'"):
        read_samples(path)
    write([Point(77.1, 18.1)], layer="Samples")
    assert read_samples(path)["lon_deg"].tolist() == [77.1]


@pytest.mark.parametrize(
    ("geometry", "crs", "columns", "code", "words"),
    [
        (None, None, {}, "E_NO_CRS", "no CRS"),
        (None, "EPSG:4326", {}, "E_WRONG_BODY", "Mars"),
        (None, "EPSG:32633", {}, "E_WRONG_BODY", "Mars"),
        (None, "IAU_2015:49901", {}, "E_CRS", "planetocentric"),
        (None, "+proj=eqc +R=3396190 +units=us-ft +no_defs", {}, "E_UNITS", "foot"),
        ([Polygon([(0, 0), (1, 0), (1, 1)])], MARS, {}, "E_GEOPACKAGE", "row 1 is no point .Polygon"),
        ([MultiPoint([(0, 0), (1, 1)])], MARS, {}, "E_GEOPACKAGE", "no point .MultiPoint"),
        ([Point(77, 99)], MARS, {}, "E_RANGE", "layer samples, row 1"),
        ([Point(float("inf"), 9)], MARS, {}, "E_NOT_NUMBER", "coordinates inf"),
        (None, MARS, {"name": ["A", "A"]}, "E_DUP_NAME", "row 2.*row 1"),
        (None, MARS, {"name": ["A", ""]}, "E_NO_NAME", "row 2"),
        (None, MARS, {"name": ["A", "x" * 201]}, "E_TOO_LARGE", "row 2"),
        (None, MARS, {"elevation": ["high", "low"]}, "E_NOT_NUMBER", "'high'"),
        (None, MARS, {"kind": ["sample", "lander"]}, "E_KIND", "lander"),
    ],
)
def test_bad_layer_is_refused_with_its_row(write, geometry, crs, columns, code, words):
    with pytest.raises(InputError, match=f"{code}.*{words}") as caught:
        read_samples(write(geometry, crs, **columns))
    assert caught.value.file.endswith("s.gpkg")
    assert caught.value.field
    assert caught.value.fix


def test_a_layer_without_rows_is_refused(write):
    path = change(write(), "DELETE FROM samples")
    with pytest.raises(InputError, match="E_NO_ROWS"):
        read_samples(path)


def test_other_databases_are_no_geopackages(tmp_path):
    path = change(tmp_path / "a.gpkg", "CREATE TABLE samples (name TEXT)")
    with pytest.raises(InputError, match=r"E_FORMAT.*SQLite database that is no GeoPackage"):
        read_samples(path)
    change(path, "PRAGMA application_id = 0x47504B47")
    with pytest.raises(InputError, match=r"E_CORRUPT.*no such table"):
        read_samples(path)


def test_a_geometry_that_is_none_is_refused(write):
    for blob in (b"GX" + bytes(40), b"GP\0\x0e" + bytes(4), b"GP\0\1" + struct.pack("<i", 1) + b"\1\1"):
        path = change(write(), "DROP TRIGGER IF EXISTS rtree_samples_geom_update6")
        base = sqlite3.connect(path)
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("UPDATE samples SET geom = ?", (blob,))
        base.commit()
        base.close()
        with pytest.raises(InputError, match=r"E_GEOPACKAGE.*row 1"):
            read_samples(path)
        path.unlink()


def test_a_view_is_no_layer_and_a_function_is_not_called(write):
    """A view could call GDAL's own functions, which read other files."""
    path = write(layer="hidden")
    change(
        path,
        "CREATE VIEW samples AS SELECT fid, geom, load_extension('/tmp/x') AS name FROM hidden",
        "UPDATE gpkg_geometry_columns SET table_name = 'samples'",
    )
    with pytest.raises(InputError, match=r"E_GEOPACKAGE.*no layer with geometries"):
        read_samples(path)


def test_a_computed_column_can_fill_no_memory(write):
    path = write()
    change(path, "ALTER TABLE samples ADD COLUMN other TEXT AS (printf('%900000000s', name)) VIRTUAL")
    assert len(read_samples(path)) == 2
    change(path, "ALTER TABLE samples ADD COLUMN location TEXT AS (printf('%5000s', name)) VIRTUAL")
    with pytest.raises(InputError, match=r"E_TOO_LARGE.*row 1"):
        read_samples(path)


def test_a_computed_column_calls_nothing_that_reads_other_files(write):
    path = write()
    base = sqlite3.connect(path)
    base.create_function("readfile", 1, lambda _: "secret", deterministic=True)
    base.execute("ALTER TABLE samples ADD COLUMN location TEXT AS (readfile('/etc/hostname')) VIRTUAL")
    base.close()
    with pytest.raises(InputError, match=r"E_CORRUPT.*readfile"):
        read_samples(path)


def test_a_virtual_table_is_no_layer(write):
    path = write(layer="hidden")
    change(
        path,
        "CREATE VIRTUAL TABLE samples USING fts5(name, geom)",
        "UPDATE gpkg_geometry_columns SET table_name = 'samples'",
    )
    with pytest.raises(InputError, match=r"E_GEOPACKAGE.*no layer with geometries"):
        read_samples(path)


def test_rows_that_are_still_in_a_journal_are_not_left_out_in_silence(write, tmp_path):
    path = write()
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("CREATE TABLE more (a)")
    base.commit()
    with pytest.raises(InputError, match=r"E_GEOPACKAGE.*s\.gpkg-wal.*close the program"):
        read_samples(path)
    base.close()
    before = path.read_bytes()
    assert before[18] == 2
    assert len(read_samples(path)) == 2
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["s.gpkg"]


def test_more_rows_than_allowed_are_refused(write, monkeypatch):
    monkeypatch.setattr("jezero_sites.io.points.geopackage.MAX_ROWS", 1)
    with pytest.raises(InputError, match=r"E_TOO_LARGE.*more than 1 rows"):
        read_samples(write())


def test_cut_and_damaged_files_are_refused_or_read_and_nothing_else(write, tmp_path):
    whole, draw, codes = write().read_bytes(), np.random.default_rng(7), set()
    path = tmp_path / "damaged.gpkg"
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(int(draw.integers(1, 9))):
            data[int(draw.integers(100, len(data)))] = int(
                draw.choice([0, 255, 127, 128, draw.integers(256)])
            )
        if draw.random() < 0.2:
            data = data[: int(draw.integers(17, len(data)))]
        path.write_bytes(data)
        try:
            read_samples(path)
        except InputError as error:
            codes.add(error.code)
            assert error.fix
    assert "E_CORRUPT" in codes


@pytest.mark.parametrize("table", ["gpkg_geometry_columns", "gpkg_spatial_ref_sys"])
def test_a_view_in_place_of_a_table_of_the_format_is_refused_before_it_runs(write, table):
    """Its query could run for ever: four times a table of 2000 rows."""
    bomb = (
        "SELECT a.* FROM old AS a, many AS b, many AS c, many AS d, many AS e WHERE b.n + c.n + d.n + e.n < 0"
    )
    path = change(
        write(),
        "CREATE TABLE many (n INTEGER)",
        "INSERT INTO many WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 2000) "
        "SELECT n FROM t",
        "PRAGMA legacy_alter_table = ON",
        f"ALTER TABLE {table} RENAME TO old",
        f"CREATE VIEW {table} AS {bomb}",
    )
    with pytest.raises(InputError, match=rf"E_GEOPACKAGE.*{table} is a view"):
        read_samples(path)


def test_a_query_that_takes_too_many_steps_is_stopped(write, monkeypatch):
    monkeypatch.setattr("jezero_sites.io.points.geopackage._MAX_STEPS", 5)
    with pytest.raises(InputError, match=r"E_CORRUPT.*interrupted"):
        read_samples(write())


def given_crs(path, text):
    base = sqlite3.connect(path)
    base.execute("UPDATE gpkg_spatial_ref_sys SET definition = ?", (text,))
    base.commit()
    base.close()
    return path


def test_a_crs_that_names_a_file_opens_none(write, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("<foo> +proj=longlat +R=3396190 +no_defs <>\n")
    bound = pyproj.CRS("+proj=longlat +a=3396190 +b=3396190 +towgs84=1,2,3 +no_defs").to_wkt()
    grids = bound.replace("Geocentric translations", "NTv2")
    for text in (
        f"+init={secret}:foo",
        f"+proj=longlat +R=3396190 +nadgrids={secret} +no_defs",
        f"+proj=eqc +R=3396190 +nadgrids=@{secret}",
        bound,
        grids,
    ):
        with pytest.raises(InputError, match=r"E_CRS.*cannot be understood"):
            read_samples(given_crs(write(), text))
        (tmp_path / "s.gpkg").unlink()


def test_positions_in_gradians_are_refused(write):
    wkt = (
        pyproj.CRS(MARS)
        .to_wkt("WKT1_GDAL")
        .replace('"degree",0.0174532925199433', '"grad",0.01570796326794897')
    )
    assert "grad" in wkt
    with pytest.raises(InputError, match=r"E_UNITS.*grad.*degrees"):
        read_samples(given_crs(write(), wkt))
