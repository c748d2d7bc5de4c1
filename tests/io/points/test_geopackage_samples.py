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
from jezero_sites.io.guard import read_table
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


# --- what leads elsewhere, or goes on for ever ---


def forge(path, *statements):
    """Change the schema itself, as a writer of bytes can."""
    return change(path, "PRAGMA writable_schema = ON", *statements)


def beside(folder):
    return sorted((p.name, p.stat().st_mtime_ns, p.read_bytes()) for p in folder.iterdir())


@pytest.fixture
def leak(write, tmp_path):
    """Return a function that forges a layer ``sites`` that a module fills from a secret file."""
    (tmp_path / "secret.csv").write_text("name,lon_deg,lat_deg\nhunter2,1,2\n")

    def make(module, arguments=""):
        table = f"CREATE VIRTUAL TABLE sites USING {module}('{tmp_path / 'secret.csv'}'{arguments})"
        row = f"INSERT INTO sqlite_master VALUES ('table', 'sites', 'sites', 0, \"{table}\")"  # noqa: S608 - ours
        listed = "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('sites', 'attributes', 's')"
        return forge(write(), row, listed)

    return make


@pytest.mark.parametrize(
    ("module", "arguments", "name"),
    [
        ("VirtualText", ",'UTF-8',1,COMMA,DOUBLEQUOTE", "s.gpkg"),
        ("VirtualOGR", "", "s.sqlite"),
        ("VirtualOGR", "", "s.gpkg"),
    ],
)
def test_sites_that_a_module_fills_from_another_file_are_not_opened(leak, tmp_path, module, arguments, name):
    """GDAL reads the secret: by SpatiaLite's module, or by its own where the name is not of a GeoPackage."""
    path = leak(module, arguments)
    if name != "s.gpkg":
        path = change(path, "PRAGMA application_id = 0").rename(tmp_path / name)
    before = beside(tmp_path)
    with pytest.raises(InputError, match=r"E_INDIRECT.*sites is a view or a virtual table") as caught:
        read_table(path, layer="sites")
    assert "hunter2" not in str(caught.value)
    assert beside(tmp_path) == before


@pytest.mark.parametrize(
    ("kind", "name", "statement"),
    [
        ("table", "a USING rtree(", "CREATE VIRTUAL TABLE \"a USING rtree(\" USING VirtualText('x')"),
        ("table", "a", "CREATE/**/VIRTUAL TABLE a USING VirtualText('x')"),
        ("table", "a", "create virtual table a using VirtualXL('x')"),
        ("view", "a", "CREATE VIEW a AS SELECT BlobFromFile('x') AS name"),
    ],
)
def test_no_spelling_of_a_virtual_table_or_view_passes_for_a_stored_one(write, kind, name, statement):
    path = write(layer="sites")
    base = sqlite3.connect(path)
    base.execute("PRAGMA writable_schema = ON")
    base.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, 0, ?)", (kind, name, name, statement))
    base.commit()
    base.close()
    with pytest.raises(InputError, match=r"E_INDIRECT.*a view or a virtual table"):
        read_table(path, layer="sites")


def test_a_journal_cannot_bring_other_tables_into_a_table_that_was_checked(write):
    path = write(layer="sites")
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode = WAL")
    base.execute("CREATE VIEW other AS SELECT 1")
    base.commit()
    with pytest.raises(InputError, match=r"E_GEOPACKAGE.*s\.gpkg-wal"):
        read_table(path, layer="sites")
    base.close()


def test_a_table_without_places_is_no_table_of_sites(write):
    path = change(
        write(),
        "CREATE TABLE sites (fid INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('sites', 'attributes', 's')",
    )
    with pytest.raises(InputError, match=r"E_FORMAT.*no places in a layer sites"):
        read_table(path, layer="sites")


def test_reading_changes_nothing_and_leaves_nothing_beside(write, tmp_path):
    path = write(layer="sites")
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode = WAL")
    base.close()
    before = beside(tmp_path)
    assert len(read_samples(path)) == len(read_table(path, layer="sites")) == 2
    assert beside(tmp_path) == before


def test_a_transaction_that_was_not_ended_is_not_read_by_half(write, tmp_path):
    path, journal = write(), tmp_path / "s.gpkg-journal"
    journal.write_bytes(bytes(512))
    assert len(read_samples(path)) == 2
    journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(504))
    with pytest.raises(InputError, match=r"E_GEOPACKAGE.*s\.gpkg-journal.*close the program"):
        read_samples(path)


def test_a_list_of_layers_that_is_computed_without_end_is_given_up(write, monkeypatch):
    monkeypatch.setattr("jezero_sites.io.database._MAX_STEPS", 100_000)
    path = change(
        write(),
        "CREATE TABLE n (a)",
        *["INSERT INTO n VALUES (1)"] * 30,
        "ALTER TABLE gpkg_geometry_columns RENAME TO g",
        "CREATE VIEW gpkg_geometry_columns AS SELECT g.* FROM n b, n c, n d, n e, n f, n h, n i, g WHERE b.a + i.a = 7",
    )
    with pytest.raises(InputError, match=r"E_CORRUPT.*interrupted"):
        read_samples(path)


def test_a_cell_beyond_reason_is_refused_and_one_that_is_not_read_is_not(write):
    assert len(read_samples(write(photo=["x" * 300_000, None]))) == 2
    with pytest.raises(InputError, match=r"E_TOO_LARGE.*a cell of more than 131072 bytes"):
        read_samples(write(name=["x" * 300_000, "B"]))


# --- positions ---


def defined(path, text, column="definition"):
    base = sqlite3.connect(path)
    base.execute(f"UPDATE gpkg_spatial_ref_sys SET {column} = ? WHERE srs_id = 49900", (text,))  # noqa: S608 - ours
    base.commit()
    base.close()
    return path


GEOGRAPHIC = (
    'GEOGCS["Mars",DATUM["D_Mars",SPHEROID["Mars",3396190,0]],PRIMEM["Reference_Meridian",0],UNIT["{}",{}]]'
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GEOGRAPHIC.format("radian", 1), "E_UNITS"),
        (GEOGRAPHIC.format("grad", 0.015707963267948967), "E_UNITS"),
        (GEOGRAPHIC.format("degree", 0.0174532925199433).replace(",0]]", ",169.89]]"), "E_CRS"),
        ("+proj=longlat +R=3396190 +nadgrids=FOLDER/s.gpkg +no_defs", "E_CRS"),
        ("+init=FOLDER/secret:1", "E_CRS"),
        ("EPSG:4326", "E_CRS"),
        ("PROJCS[", "E_CRS"),
    ],
)
def test_a_definition_that_is_not_of_degrees_or_metres_on_mars_is_refused(write, tmp_path, text, code):
    path = defined(write(), text.replace("FOLDER", str(tmp_path)))
    with pytest.raises(InputError, match=code) as caught:
        read_samples(path)
    assert "gdal_edit" not in caught.value.fix


def test_longitudes_that_count_west_are_refused_also_on_a_sphere(write):
    text = (
        'GEOGCRS["Mars",DATUM["Mars",ELLIPSOID["Mars",3396190,0]],CS[ellipsoidal,2],AXIS["latitude",north],'
        'AXIS["longitude",{}],UNIT["degree",0.0174532925199433]]'
    )
    path = write()
    assert read_samples(defined(path, text.format("east")))["lon_deg"].tolist() == LON
    with pytest.raises(InputError, match=r"E_CRS.*longitudes count west"):
        read_samples(defined(path, text.format("west")))


def test_files_of_shifts_are_not_opened_by_a_projection(write):
    text = pyproj.CRS("+proj=eqc +R=3396190 +units=m").to_wkt("WKT1_GDAL")
    shifted = text[:-1] + ',EXTENSION["PROJ4","+proj=eqc +R=3396190 +nadgrids=/nowhere.gsb"]]'
    with pytest.raises(InputError, match=r"E_CRS.*files of shifts"):
        read_samples(defined(write(), shifted))


def test_the_newer_form_of_a_definition_is_read_where_the_older_could_not_say_it(write):
    path = change(write(), "ALTER TABLE gpkg_spatial_ref_sys ADD COLUMN definition_12_063 TEXT")
    defined(path, "undefined")
    with pytest.raises(InputError, match="E_NO_CRS"):
        read_samples(path)
    defined(path, pyproj.CRS(MARS).to_wkt(), "definition_12_063")
    assert read_samples(path)["lon_deg"].tolist() == LON


@pytest.mark.parametrize("crs", ["+proj=sinu +R=3396190", "+proj=laea +lat_0=-5 +lon_0=120 +R=3396190"])
def test_a_point_needs_no_map_that_is_true_to_scale(write, crs):
    points = [Point(*pyproj.Proj(crs)(lon, lat)) for lon, lat in zip(LON, LAT, strict=True)]
    samples = read_samples(write(points, crs))
    np.testing.assert_allclose(samples["lon_deg"], LON, atol=1e-9)  # one millimetre is 2e-8 degrees
    np.testing.assert_allclose(samples["lat_deg"], LAT, atol=1e-9)


@pytest.mark.parametrize("at", [0, 1])
def test_a_point_off_the_map_is_refused_with_its_row(write, at):
    points = [Point(4_590_000, 1_093_000)] * 2
    points[at] = Point(4_590_000, 90_000_000)
    with pytest.raises(InputError, match=rf"E_RANGE.*s\.gpkg: layer samples, row {at + 1}"):
        read_samples(write(points, "IAU_2015:49910"))


def test_a_longitude_outside_the_circle_is_turned_and_told(write):
    samples = read_samples(write([Point(-282.55, 18.44), Point(77.4, 18.4)]))
    assert samples["lon_deg"].round(9).tolist() == [77.45, 77.4]
    assert [n.code for n in samples.attrs["notices"]] == ["W_LON_WRAPPED"]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"lon": [282.55, 282.5687655]}, "lon_deg is 282.55"),
        ({"lat": [18.644, 18.655]}, "lat_deg is 18.644"),
        ({"Longitude": ["0", "0"]}, "lon_deg is 0"),
    ],
)
def test_columns_and_point_at_two_places_are_refused(write, columns, words):
    """West longitudes and planetographic latitudes show so; whichever was taken, half would be wrong."""
    with pytest.raises(InputError, match=rf"E_TWO_POSITIONS.*row 1: its {words}"):
        read_samples(write(**columns))


def test_columns_that_are_rounded_or_a_turn_away_or_no_numbers_agree(write):
    path = write(lon=[77.45 - 360, 77.4312], lat=["18.4400", "18°27'"])
    assert read_samples(path)["lon_deg"].tolist() == LON


def test_columns_go_by_the_names_of_a_csv(write):
    path = write(**{"Location_2026_09": ["rover", "depot"], "ROVER_ELEV_GEOID_M": [-2560.5, None]})
    samples = read_samples(path)
    assert samples["location_date"].tolist() == ["2026-09"] * 2
    assert samples["elevation_m"][0] == -2560.5
    with pytest.raises(InputError, match=r"E_DUP_COLUMN.*elevation_m"):
        read_samples(write(elevation=[1.0, 2.0], elev_geoid_m=[1.0, 2.0]))
    with pytest.raises(InputError, match=r"E_NO_COLUMN.*no column name"):
        read_samples(change(write(), "ALTER TABLE samples RENAME COLUMN name TO label"))


def test_bytes_are_no_name(write):
    with pytest.raises(InputError, match=r"E_GEOPACKAGE.*row 1 has bytes where text is due"):
        read_samples(change(write(), "UPDATE samples SET name = CAST(name AS BLOB)"))


@pytest.mark.parametrize("layer", ["rocks", "virtual_rocks", 'a "quoted" layer'])
def test_a_layer_of_areas_beside_the_one_of_points_is_no_choice(write, tmp_path, layer):
    path = write(layer=layer)
    area = geopandas.GeoDataFrame({"name": ["x"]}, geometry=[Polygon([(0, 0), (1, 0), (1, 1)])], crs=MARS)
    with warnings.catch_warnings(action="ignore"):
        area.to_file(path, layer="areas", driver="GPKG", engine="pyogrio")
    assert read_samples(path)["lon_deg"].tolist() == LON


def test_a_local_sphere_is_told_as_for_rasters(write):
    points = [
        Point(*pyproj.Proj("+proj=eqc +R=3394839.813")(lon, lat)) for lon, lat in zip(LON, LAT, strict=True)
    ]
    samples = read_samples(write(points, "+proj=eqc +R=3394839.813 +units=m"))
    assert [n.code for n in samples.attrs["notices"]] == ["W_OLD_PROJECTION"]


def test_a_point_where_the_map_has_no_planet_is_refused(write):
    points = [Point(0, 0), Point(10_000_000, 0)]
    with pytest.raises(InputError, match=r"E_RANGE.*row 2: no place at 1e\+07, 0 of its map"):
        read_samples(write(points, "+proj=laea +R=3396190 +units=m"))


def test_a_projected_longitude_in_the_west_comes_out_east_and_is_no_news(write):
    x, y = pyproj.Proj("+proj=eqc +R=3396190")(-160, 18)
    samples = read_samples(write([Point(x, y)], "IAU_2015:49910"))
    assert samples["lon_deg"].round(9).tolist() == [200.0]
    assert samples.attrs["notices"] == ()


def test_a_table_of_crs_that_calls_a_function_is_not_read(write):
    path = change(
        write(),
        "ALTER TABLE gpkg_spatial_ref_sys RENAME TO s",
        "CREATE VIEW gpkg_spatial_ref_sys AS SELECT srs_id, lower(definition) AS definition FROM s",
    )
    with pytest.raises(InputError, match=r"E_CORRUPT.*not authorized to use function"):
        read_samples(path)


def test_a_definition_within_a_definition_opens_no_file(write, tmp_path):
    """PROJ obeys its own words where a text in WKT holds them."""
    secret = tmp_path / "secret"
    secret.write_text("<foo> +proj=eqc +R=3396190 +units=m +no_defs <>\n")
    plain = pyproj.CRS("IAU_2015:49910").to_wkt("WKT1_GDAL").rstrip()
    for words in (
        f"+init={secret}:foo",
        f"+proj=eqc +R=3396190 +nadgrids=@{secret}",
        f"+proj=tinshift +file={secret}",
    ):
        path = write([Point(4590872, 1093304)], "IAU_2015:49910")
        base = sqlite3.connect(path)
        text = f'{plain[:-1]},EXTENSION["PROJ4","{words}"]]'
        base.execute("UPDATE gpkg_spatial_ref_sys SET definition = ?", (text,))
        base.commit()
        base.close()
        with pytest.raises(InputError, match=r"E_CRS.*names files"):
            read_samples(path)
        path.unlink()
