"""Where cells lie, and every way in which a file can be wrong about it."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from affine import Affine

from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
from jezero_sites.io.georef import crs_in_words
from jezero_sites.io.sidecars import sidecars_of

ELLIPSOID = "+a=3396190 +b=3376200"
SHAPE = (20, 30)


def refused(path, code, **options):
    with pytest.raises(InputError, match=code) as caught:
        read_dem(path, **options)
    error = caught.value
    assert (error.code, error.file) == (code, str(path))
    assert error.fix
    assert error.field
    return error


@pytest.mark.parametrize(
    ("crs", "code", "reason"),
    [
        ("EPSG:32612", "E_WRONG_BODY", "6378137"),
        ("EPSG:4326", "E_WRONG_BODY", "6378137"),
        ("IAU_2015:30110", "E_WRONG_BODY", "1737400"),
        ("+proj=eqc +R=3430152 +units=m", "E_WRONG_BODY", "3430152"),
        ("+proj=eqc +R=3362227 +units=m", "E_WRONG_BODY", "3362227"),
        ("IAU_2015:49900", "E_GEOGRAPHIC", "degrees"),
        ("ESRI:104971", "E_GEOGRAPHIC", "degrees"),
        ("IAU_2015:49901", "E_CRS", "longitudes count west|planetographic"),
        ("IAU_2015:49902", "E_CRS", "ellipsoid"),
        ("IAU_2015:49911", "E_CRS", "longitudes count west|planetographic"),
        ("IAU_2015:49912", "E_CRS", "ellipsoid"),
        ("ESRI:104905", "E_CRS", "planetographic"),
        (f"+proj=longlat {ELLIPSOID}", "E_CRS", "planetographic"),
        (f"+proj=eqc {ELLIPSOID} +units=m", "E_CRS", "planetographic"),
        ("+proj=eqc +R=3396190 +pm=5 +units=m", "E_CRS", "prime meridian"),
        ("+proj=eqc +R=3396190 +units=us-ft", "E_UNITS", "US survey foot"),
        ("+proj=eqc +R=3396190 +units=km", "E_UNITS", "kilomet"),
        ("+proj=sinu +R=3396190 +units=m", "E_PROJECTION", "deviate"),
        ('LOCAL_CS["table",UNIT["metre",1]]', "E_CRS", "no planet"),
    ],
)
def test_other_planets_units_and_latitudes_are_refused_with_the_reason(make_tiff, crs, code, reason):
    transform = Affine(0.01, 0, 77, 0, -0.01, 18) if "lat" in crs or "00" in crs[-3:] else None
    options = {} if transform is None else {"transform": transform}
    error = refused(make_tiff(crs=crs, **options), code)
    assert any(word in str(error) for word in reason.split("|"))


@pytest.mark.parametrize("radius", [3_362_229, 3_394_839.813, 3_430_151])
def test_local_spheres_of_mars_are_taken(make_tiff, radius):
    dem = read_dem(make_tiff(crs=f"+proj=eqc +lat_ts=15 +lon_0=180 +R={radius} +units=m"))
    assert dem.grid.body_radius_m == pytest.approx(radius, abs=1e-3)


def test_the_local_sphere_of_a_hirise_product_is_read_as_it_is(make_tiff):
    """The worked case of a PDS HiRISE DTM at Jezero: cell widths and places on its own sphere."""
    crs = "+proj=eqc +lat_ts=15 +R=3394839.813316 +units=m"
    transform = Affine(1.01, 0, 4_432_679.594 - 1.01 * 15.5, 0, -1.01, 1_092_869.360 + 1.01 * 10.5)
    dem = read_dem(make_tiff(values=np.full(SHAPE, -2500, "float32"), crs=crs, transform=transform))
    assert dem.notices == ()
    lon, lat = dem.grid.lonlat(*dem.grid.xy(10, 15))
    assert (float(lon), float(lat)) == pytest.approx((77.4508, 18.4447), abs=1e-8)
    assert dem.grid.dx_m[10] / 1.01 == pytest.approx(0.982093, abs=5e-7)
    assert dem.grid.dy_m == pytest.approx(1.01, rel=1e-9)


def test_the_sphere_of_mars_with_true_scale_at_the_equator_is_read_as_it_is(make_tiff):
    transform = Affine(1, 0, 4_590_872.743 - 15.5, 0, -1, 1_093_304.013 + 10.5)
    dem = read_dem(make_tiff(values=np.full(SHAPE, -2500, "float32"), transform=transform))
    lon, lat = dem.grid.lonlat(*dem.grid.xy(10, 15))
    assert (float(lon), float(lat)) == pytest.approx((77.4508, 18.4447), abs=1e-8)
    assert dem.grid.dx_m[10] == pytest.approx(0.948629, abs=5e-7)


@pytest.mark.parametrize(
    ("crs", "told"),
    [
        ("+proj=eqc +lat_ts=0 +R=3394839.813316 +units=m", "latitude 15.000"),
        ("+proj=eqc +lat_ts=0 +R=3394172.9497 +units=m", "latitude 18.445"),
        ("+proj=eqc +lat_0=15 +R=3394839.813316 +units=m", "latitude 15.000"),
        ("+proj=eqc +R=3396000 +units=m", "latitude 5."),
        ("+proj=eqc +R=3370000 +units=m", "3370000.000 m, not 3396190 m"),
    ],
)
def test_a_local_sphere_without_its_standard_parallel_is_told(make_tiff, crs, told):
    (notice,) = read_dem(make_tiff(crs=crs)).notices
    assert notice.code == "W_OLD_PROJECTION"
    assert told in notice.found
    assert notice.fix


@pytest.mark.parametrize(
    "crs",
    [
        "IAU_2015:49910",
        "+proj=eqc +R=3396190 +lon_0=180 +units=m",
        "+proj=eqc +lat_ts=15 +R=3394839.813316 +units=m",
        "+proj=stere +lat_0=18 +lon_0=77.4 +R=3394839.813316 +units=m",
    ],
)
def test_other_maps_are_not_suspected(make_tiff, crs):
    centre = {"transform": Affine(1.25, 0, 1000, 0, -1.25, 2000)} if "stere" in crs else {}
    assert read_dem(make_tiff(crs=crs, **centre)).notices == ()


def test_an_advised_standard_parallel_puts_the_map_right(make_tiff):
    (notice,) = read_dem(make_tiff(crs="+proj=eqc +R=3394839.813316 +units=m")).notices
    advised = notice.fix.split("'")[1]
    assert read_dem(make_tiff(crs=f"{advised} +units=m")).notices == ()


@pytest.mark.parametrize("option", ["IAU_2015:49911", "IAU_2015:49902", "EPSG:4326", "IAU_2015:49900"])
def test_an_assumed_crs_passes_the_same_checks(make_tiff, option):
    with pytest.raises(InputError, match=r"E_CRS|E_WRONG_BODY|E_GEOGRAPHIC"):
        read_dem(make_tiff(crs=None), assume_crs=option)


def test_pyproj_would_take_planetographic_for_planetocentric_which_is_why_they_are_refused():
    """The harm, to prove the trap: latitudes pass unchanged, or turned and shifted, without a word."""
    sphere = pyproj.CRS("IAU_2015:49900")
    whole = pyproj.Transformer.from_crs("ESRI:104905", sphere, always_xy=True)
    assert whole.transform(77.45, 18.648696) == pytest.approx((77.45, 18.648696), abs=1e-9)
    for code in ("IAU_2015:49901", "IAU_2015:49902", "ESRI:104905"):
        strict = {"always_xy": True, "allow_ballpark": False}
        with pytest.raises(pyproj.exceptions.ProjError, match="Error creating Transformer|operation"):
            pyproj.Transformer.from_crs(code, sphere, **strict).transform(77.45, 18.4447, errcheck=True)


def test_no_crs_names_both_ways_out(make_tiff):
    error = refused(make_tiff(crs=None), "E_NO_CRS")
    assert "gdal_edit.py -a_srs IAU_2015:49910" in error.fix
    assert "--assume-crs" in error.fix


def test_an_assumed_crs_is_used_only_where_there_is_none_and_always_told(make_tiff):
    own = make_tiff("own.tif", crs="+proj=eqc +lat_ts=18 +R=3396190 +units=m")
    bare = make_tiff("bare.tif", crs=None)
    for path, crs in ((own, "lat_ts=18"), (bare, "Equirectangular, clon = 0")):
        dem = read_dem(path, assume_crs="IAU_2015:49910")
        assert [n.code for n in dem.notices] == ["W_ASSUMED_CRS"]
        assert crs in dem.grid.crs.name or crs in dem.grid.crs.to_wkt() or "18" in dem.tags["CRS"]
    assert "no CRS that is known" in refused(bare, "E_CRS", assume_crs="MARS:1").found
    refused(bare, "E_WRONG_BODY", assume_crs="EPSG:32612")


@pytest.mark.parametrize(
    ("transform", "code"),
    [
        (Affine(0.866, 0.5, 4_590_000, 0.5, -0.866, 1_093_000), "E_ROTATED"),
        (Affine(1.0, 1e-4, 4_590_000, 0, -1.0, 1_093_000), "E_ROTATED"),
        (Affine(1.0, 0, 4_590_000, 1e-4, -1.0, 1_093_000), "E_ROTATED"),
        (Affine(1.0, 0, 4_590_000, 0, 0.0, 1_093_000), "E_TRANSFORM"),
        (Affine(1.0, 0, float("nan"), 0, -1.0, 1_093_000), "E_TRANSFORM"),
        (Affine(1.0, 0, float("inf"), 0, -1.0, 1_093_000), "E_TRANSFORM"),
        (None, "E_NO_TRANSFORM"),
    ],
)
def test_transforms_that_are_no_north_up_grid(make_tiff, transform, code):
    refused(make_tiff(transform=transform), code)


def test_the_transform_is_looked_at_before_the_crs(make_tiff):
    refused(make_tiff(transform=None, crs=None), "E_NO_TRANSFORM")


def test_a_grid_off_the_planet_is_refused(make_tiff):
    refused(make_tiff(transform=Affine(1, 0, 4e8, 0, -1, 3e8)), "E_PROJECTION")


@pytest.mark.parametrize(
    ("flip", "transform", "code"),
    [
        (np.s_[::-1], Affine(1.25, 0, 4_590_000, 0, 1.25, 1_093_000 - 1.25 * 70), "W_SOUTH_UP"),
        (np.s_[:, ::-1], Affine(-1.25, 0, 4_590_000 + 1.25 * 90, 0, -1.25, 1_093_000), "W_MIRRORED_X"),
    ],
)
def test_a_turned_file_is_the_same_ground(make_tiff, flip, transform, code):
    plain = read_dem(make_tiff("plain.tif"))
    turned = read_dem(make_tiff("turned.tif", plain.values[flip], transform=transform))
    assert [n.code for n in turned.notices] == [code]
    np.testing.assert_array_equal(turned.values, plain.values)
    assert turned.grid.transform == plain.grid.transform
    assert turned.values.flags.c_contiguous


@pytest.mark.parametrize(("height", "codes"), [(1.01, []), (1.0126, []), (1.3, ["W_NONSQUARE"])])
def test_cells_that_are_clearly_not_square_are_told(make_tiff, height, codes):
    dem = read_dem(make_tiff(transform=Affine(1.0026, 0, 4_590_000, 0, -height, 1_093_000)))
    assert [n.code for n in dem.notices] == codes
    assert dem.grid.dy_m == pytest.approx(height, rel=1e-9)


@pytest.mark.parametrize("unit", ["m", "metre", "Meters", " metres ", "METER"])
def test_metres_have_many_names(make_tiff, unit):
    assert read_dem(make_tiff(unit=unit)).notices == ()


@pytest.mark.parametrize("unit", ["ft", "km", "US survey foot", "degree"])
def test_heights_in_other_units_are_refused(make_tiff, unit):
    assert unit in refused(make_tiff(unit=unit), "E_UNITS").found


def test_an_unnamed_unit_is_taken_as_metres_and_told(make_tiff):
    assert [n.code for n in read_dem(make_tiff(unit=None)).notices] == ["W_UNIT"]


def test_a_vertical_crs_names_the_datum(make_tiff):
    vertical = 'VERT_CS["Mars areoid GMM3",VERT_DATUM["areoid",2005],UNIT["metre",1]]'
    flat = pyproj.CRS("IAU_2015:49910").to_wkt("WKT1_GDAL")
    dem = read_dem(make_tiff(crs=f'COMPD_CS["both",{flat},{vertical}]', tags={}))
    assert "areoid" in dem.tags["VERTICAL_DATUM"]
    assert dem.grid.crs.is_projected


def test_a_crs_in_words_has_its_projection_numbers_and_sphere():
    text = crs_in_words(pyproj.CRS("+proj=eqc +lat_ts=18.4663 +R=3396190 +units=m"))
    assert "18.4663" in text
    assert "Equidistant Cylindrical" in text
    assert "3396190 m" in text


def test_sidecars_are_found_whatever_their_spelling(tmp_path):
    names = {"dem.tif.aux.xml", "dem.aux.xml", "dem.tfw", "dem.TFW", "dem.tifw", "dem.wld", "dem.tif.msk"}
    for name in names | {"dem.tif", "dem.txt", "other.tfw"}:
        (tmp_path / name).touch()
    assert {p.name for p in sidecars_of(tmp_path / "dem.tif")} == names
