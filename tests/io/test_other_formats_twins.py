"""JPEG 2000, ISIS3 and PDS4 files against the GeoTIFF that they were made from: same heights, same place."""

from __future__ import annotations

import shutil
import struct
import subprocess
import warnings

import numpy as np
import pyproj
import pytest
import rasterio
import rasterio.shutil

from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
from jezero_sites.io.ortho import read_ortho

ENDS = {"ISIS3": "cub", "PDS4": "xml", "JP2OpenJPEG": "jp2"}
LOSSLESS = {"QUALITY": "100", "REVERSIBLE": "YES"}
SPHERE = '<cart:c_axis_radius unit="m">3396190'
ELLIPSOID = '<cart:c_axis_radius unit="m">3376200'
ON_ELLIPSOID = ("PolarRadius          = 3396190.0", "PolarRadius          = 3376200.0")


def picture(shape, dtype):
    """Return lopsided ground without the values that mark special pixels."""
    rows, cols = np.indices(shape)
    values = {"uint8": 5 + (rows * 3 + cols) % 240, "uint16": 10 + (rows * 37 + cols * 11) % 1000}
    return values.get(dtype, -2500 + rows // 2 - cols // 4 + (rows * cols) % 7).astype(dtype)


def converted(tiff, driver, **options):
    path = tiff.with_suffix(f".{ENDS[driver]}")
    with warnings.catch_warnings(action="ignore"):
        rasterio.shutil.copy(
            tiff, path, driver=driver, **(LOSSLESS if driver == "JP2OpenJPEG" else {}), **options
        )
    path.with_name(f"{path.name}.aux.xml").unlink(missing_ok=True)
    return path


def edited(path, *pairs):
    content = path.read_bytes()
    for old, new in pairs:
        assert old.encode() in content
        content = content.replace(old.encode(), new.encode())
    if path.suffix == ".cub":  # cells stay where the label says
        label, end, _ = content.partition(b"\nEnd\n")
        content = (label + end).ljust(65536, b"\0") + path.read_bytes()[65536:]
    path.write_bytes(content)
    return path


def assert_twins(found, expected):
    np.testing.assert_array_equal(found.values, expected.values)
    np.testing.assert_allclose(found.grid.transform[:6], expected.grid.transform[:6], rtol=1e-12)
    for name in ("dx_m", "dy_m"):  # the sphere and the standard parallel
        np.testing.assert_allclose(getattr(found.grid, name), getattr(expected.grid, name), rtol=1e-9)
    places = []
    for grid in (found.grid, expected.grid):
        place = grid.transform
        x, y = place.c + 3.5 * place.a, place.f + 8.5 * place.e
        places.append(pyproj.Proj(grid.crs)(x, y, inverse=True))
    np.testing.assert_allclose(*places, atol=1e-9)  # degrees: less than 0.1 mm
    radii = [raster.grid.crs.ellipsoid.semi_major_metre for raster in (found, expected)]
    np.testing.assert_allclose(*radii, atol=1e-3)  # labels give radii to the millimetre


@pytest.mark.parametrize("dtype", ["float32", "int16", "uint16", "uint8"])
@pytest.mark.parametrize("driver", ENDS)
@pytest.mark.parametrize("crs", ["IAU_2015:49910", "+proj=eqc +lat_ts=18 +lon_0=77 +R=3396190 +units=m"])
def test_a_copy_is_the_twin_of_its_geotiff(make_tiff, driver, dtype, crs):
    if (driver, dtype) == ("JP2OpenJPEG", "float32"):
        pytest.skip("JPEG 2000 holds integers")
    read = read_ortho if dtype.startswith("u") else read_dem
    tiff = make_tiff(values=picture((70, 90), dtype), nodata=None, unit=None, crs=crs)
    assert_twins(read(converted(tiff, driver)), read(tiff))


@pytest.mark.skipif(not shutil.which("gdal_translate"), reason="gdal-bin is not installed")
@pytest.mark.parametrize("driver", ENDS)
def test_a_copy_by_another_gdal_is_a_twin_too(make_tiff, driver):
    tiff = make_tiff(values=picture((70, 90), "int16"), nodata=None, unit=None)
    path = tiff.with_suffix(f".{ENDS[driver]}")
    options = [part for key, value in LOSSLESS.items() for part in ("-co", f"{key}={value}")]
    options = options if driver == "JP2OpenJPEG" else []
    subprocess.run(
        ["gdal_translate", "-q", "-of", driver, *options, tiff, path], check=True, capture_output=True
    )
    assert_twins(read_dem(path), read_dem(tiff))


@pytest.mark.parametrize(
    ("driver", "options"),
    [
        ("JP2OpenJPEG", {"BLOCKXSIZE": "128", "BLOCKYSIZE": "256"}),
        ("JP2OpenJPEG", {"BLOCKXSIZE": "4096", "BLOCKYSIZE": "4096"}),  # one tile, decoded in parts
        ("ISIS3", {"TILED": "YES", "BLOCKXSIZE": "128", "BLOCKYSIZE": "64"}),
    ],
)
def test_tiles_come_together(make_tiff, driver, options):
    tiff = make_tiff(values=picture((1300, 1100), "int16"), nodata=None, unit=None)
    assert_twins(read_dem(converted(tiff, driver, **options)), read_dem(tiff))


@pytest.mark.parametrize("driver", ["ISIS3", "PDS4"])
def test_unknown_heights_are_unknown_in_the_twin(make_tiff, driver):
    values = picture((70, 90), "float32")
    values[3:5, 7:12] = -32768
    tiff = make_tiff(values=values, unit=None)
    found = read_dem(converted(tiff, driver))
    assert_twins(found, read_dem(tiff))
    assert np.isnan(found.values).sum() == 10


@pytest.mark.parametrize(
    ("dtype", "special"),
    [
        ("uint8", [0, 255]),
        ("uint16", [0, 65535]),
        ("int16", [-32768, -32767, -32766, -32765, -32764]),
        ("float32", [0xFF7FFFFB, 0xFF7FFFFC, 0xFF7FFFFD, 0xFF7FFFFE, 0xFF7FFFFF]),
    ],
)
def test_special_pixels_of_isis_are_unknown(make_tiff, dtype, special):
    path = converted(make_tiff(values=picture((70, 90), dtype), nodata=None, unit=None), "ISIS3")
    whole = path.read_bytes()
    numbers = np.array(special, "uint32").view("float32") if dtype == "float32" else np.array(special, dtype)
    path.write_bytes(whole[:65536] + numbers.tobytes() + whole[65536 + numbers.nbytes :])
    found = (read_ortho if dtype.startswith("u") else read_dem)(path)
    assert np.isnan(found.values[0, : len(special)]).all()
    assert np.isfinite(found.values[0, len(special) :]).all()


def test_base_and_multiplier_of_isis_are_applied(make_tiff):
    tiff = make_tiff(values=picture((70, 90), "int16"), nodata=None, unit=None)
    path = edited(
        converted(tiff, "ISIS3"),
        ("Base       = 0.0", "Base = -100"),
        ("Multiplier = 1.0", "Multiplier = 0.5"),
    )
    found = read_dem(path)
    np.testing.assert_array_equal(found.values, read_dem(tiff).values * 0.5 - 100)
    assert "W_SCALED" in {notice.code for notice in found.notices}


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("PositiveEast", "PositiveWest")], "E_CRS.*PositiveWest"),
        ([("PositiveEast", "Sunwards")], "E_CRS.*Sunwards"),
        ([("= Planetocentric", "= Planetographic"), ON_ELLIPSOID], "E_CRS.*Planetographic"),
        ([("= Equirectangular", "= TransverseMercator"), ON_ELLIPSOID], "E_CRS.*of the ellipsoid"),
        ([("CenterLatitudeRadius = 3396190.0", "CenterLatitudeRadius = 3390000.0")], "E_CRS.*3390000"),
        (
            [
                ("= Equirectangular", "= SimpleCylindrical"),
                ("CenterLatitude       = 0.0", "CenterLatitude = 15"),
            ],
            "E_CRS.*SimpleCylindrical",
        ),
        ([("ProjectionName ", "Rotation = 30.0\n    ProjectionName ")], "E_ROTATED.*30.0"),
        (
            [
                ("EquatorialRadius     = 3396190.0", "EquatorialRadius = 1737400.0"),
                ("PolarRadius          = 3396190.0", "PolarRadius = 1737400.0"),
                ("CenterLatitudeRadius = 3396190.0", ""),
            ],
            "E_WRONG_BODY",
        ),
    ],
)
def test_maps_that_gdal_would_misplace_are_refused_in_cubes(make_tiff, pairs, code):
    path = edited(converted(make_tiff(nodata=None), "ISIS3"), *pairs)
    with pytest.raises(InputError, match=code):
        read_dem(path)


@pytest.mark.parametrize("pairs", [[("= Planetocentric", "= Planetographic")], [ON_ELLIPSOID]])
def test_maps_that_gdal_places_well_are_read_from_cubes(make_tiff, pairs):
    """On a sphere the kinds of latitude are one; at the equator the local radius is the equatorial one."""
    tiff = make_tiff(nodata=None, unit=None)
    assert_twins(read_dem(edited(converted(tiff, "ISIS3"), *pairs)), read_dem(tiff))


def test_a_cube_true_at_another_latitude_stands_on_its_local_radius(make_tiff):
    path = converted(make_tiff(nodata=None), "ISIS3")
    edited(
        path,
        ON_ELLIPSOID,
        ("CenterLatitude       = 0.0", "CenterLatitude = 15.0"),
        ("CenterLatitudeRadius", "Radius"),
    )
    found = read_dem(path)
    assert found.grid.crs.ellipsoid.semi_major_metre == pytest.approx(3_394_839.813, abs=1e-3)
    assert "W_OLD_PROJECTION" not in {notice.code for notice in found.notices}


def constants(*names):
    inner = "".join(f"<{name}>{-9000 - i}</{name}>" for i, name in enumerate(names))
    return ("</Array_3D_Image>", f"<Special_Constants>{inner}</Special_Constants></Array_3D_Image>")


def test_special_constants_of_pds4_are_unknown(make_tiff):
    names = ("missing_constant", "saturated_constant", "error_constant", "unknown_constant")
    path = converted(make_tiff(values=picture((70, 90), "int16"), nodata=None, unit=None), "PDS4")
    edited(path, constants(*names))
    cells = path.with_suffix(".img")
    numbers = np.array([-9000, -9001, -9002, -9003], "<i2").tobytes()
    cells.write_bytes(numbers + cells.read_bytes()[len(numbers) :])
    found = read_dem(path)
    assert np.isnan(found.values).nonzero()[1].tolist() == [0, 1, 2, 3]


def test_factor_offset_and_unit_of_pds4_are_applied(make_tiff):
    tiff = make_tiff(values=picture((70, 90), "int16"), nodata=None, unit=None)
    path = converted(tiff, "PDS4")
    more = "<unit>m</unit><scaling_factor>0.5</scaling_factor><value_offset>-100</value_offset>"
    found = read_dem(edited(path, ("</Element_Array>", f"{more}</Element_Array>")))
    np.testing.assert_array_equal(found.values, read_dem(tiff).values * 0.5 - 100)
    assert {notice.code for notice in found.notices} == {"W_SCALED", "W_DATUM"}
    with pytest.raises(InputError, match=r"E_UNITS.*km"):
        read_dem(edited(path, ("<unit>m<", "<unit>km<")))


@pytest.mark.parametrize(
    ("direction", "turned"),
    [("Top to Bottom", "Bottom to Top"), ("Left to Right", "Right to Left")],
)
def test_lines_that_run_the_other_way_are_turned_round(make_tiff, direction, turned):
    values = picture((70, 90), "int16")
    flipped = values[::-1] if "Top" in direction else values[:, ::-1]
    tiff, other = make_tiff("a.tif", values, nodata=None), make_tiff("b.tif", flipped, nodata=None)
    assert_twins(read_dem(edited(converted(other, "PDS4"), (direction, turned))), read_dem(tiff))


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        ([("Positive East", "Positive West")], "E_CRS.*Positive West"),
        ([(">Planetocentric", ">Planetographic"), (SPHERE, ELLIPSOID)], "E_CRS.*Planetographic"),
        ([(">Equirectangular<", ">Transverse Mercator<"), (SPHERE, ELLIPSOID)], "E_CRS.*of the ellipsoid"),
        ([constants("missing_constant"), (">-9000<", ">16#FF7FFFFB#<")], "E_FORMAT.*16#FF7FFFFB"),
        ([("cart:pixel_resolution_x", "cart:no_resolution_x")], "E_TRANSFORM"),
    ],
)
def test_maps_that_gdal_would_misplace_are_refused_in_labels(make_tiff, pairs, code):
    path = edited(converted(make_tiff(nodata=None, unit=None), "PDS4"), *pairs)
    with pytest.raises(InputError, match=code):
        read_dem(path)


@pytest.mark.parametrize("centre", [0.0, 15.0])
def test_an_old_hirise_jpeg_2000_is_doubted(make_tiff, centre):
    """Its GeoTIFF box gives the standard parallel as the centre latitude, or not at all."""
    tiff = make_tiff(
        values=picture((70, 90), "uint8"), nodata=None, crs="+proj=eqc +R=3394839.813316 +units=m"
    )
    path = converted(tiff, "JP2OpenJPEG", GMLJP2="NO")
    whole = bytearray(path.read_bytes())
    keys = whole.index(struct.pack("<4H", 1, 1, 0, 20))
    parallel = whole.index(struct.pack("<2H", 3078, 34736), keys)
    whole[parallel : parallel + 2] = struct.pack("<H", 3079)
    numbers = whole.index(struct.pack("<2d", 3_394_839.813316, 3_394_839.813316)) - 40
    whole[numbers : numbers + 8] = struct.pack("<d", centre)
    path.write_bytes(whole)
    found = read_ortho(path)
    (notice,) = [notice for notice in found.notices if notice.code == "W_OLD_PROJECTION"]
    assert "latitude 15.000" in notice.found


def test_heights_in_a_jpeg_2000_have_no_mark_for_the_unknown(make_tiff):
    """The format has no place for NoData: GDAL keeps it in a sidecar, which has its say only when asked."""
    values = picture((70, 90), "int16")
    values[3, 4] = -32768
    tiff = make_tiff(values=values, unit=None)
    path = tiff.with_suffix(".jp2")
    with warnings.catch_warnings(action="ignore"):
        rasterio.shutil.copy(tiff, path, driver="JP2OpenJPEG", **LOSSLESS)
    with pytest.raises(InputError, match=r"E_RANGE.*-32768.*NoData"):
        read_dem(path)
    assert_twins(read_dem(path, use_sidecars=True), read_dem(tiff))
