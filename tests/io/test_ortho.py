"""Brightness leaves the door in the numbers of the file, with the light it was taken in."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from jezero_sites.errors import InputError
from jezero_sites.io.ortho import read_ortho

SUN = {"SUN_AZIMUTH_DEG": "270.5", "INCIDENCE_DEG": "47"}


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_numbers_are_those_of_the_file_and_zero_is_one(make_tiff, dtype):
    values = (np.arange(600).reshape(20, 30) % 256).astype(dtype)
    picture = read_ortho(make_tiff(values=values, nodata=None, tags=SUN))
    assert (picture.name, picture.unit, picture.values.dtype) == ("brightness", "DN", np.float32)
    np.testing.assert_array_equal(picture.values, values)
    assert picture.notices == ()
    assert (picture.tags["SUN_AZIMUTH_DEG"], picture.tags["INCIDENCE_DEG"]) == ("270.5", "47")


def test_declared_nodata_is_unknown(make_tiff):
    values = np.full((20, 30), 500, "uint16")
    values[3, 4] = 65535
    picture = read_ortho(make_tiff(values=values, nodata=65535, tags=SUN))
    assert np.argwhere(np.isnan(picture.values)).tolist() == [[3, 4]]


def test_options_override_tags(make_tiff):
    path = make_tiff(values=np.ones((20, 30), "uint8"), nodata=None, tags=SUN)
    picture = read_ortho(path, sun_azimuth_deg=-90, incidence_deg=60)
    assert (picture.tags["SUN_AZIMUTH_DEG"], picture.tags["INCIDENCE_DEG"]) == ("270", "60")


@pytest.mark.parametrize(
    ("tags", "missing"),
    [
        ({}, "sun_azimuth_deg and incidence_deg"),
        ({"SUN_AZIMUTH_DEG": "100"}, "incidence_deg"),
        ({**SUN, "INCIDENCE_DEG": "nan"}, "incidence_deg"),
        ({**SUN, "INCIDENCE_DEG": "low"}, "incidence_deg"),
    ],
)
def test_missing_sun_is_told(make_tiff, tags, missing):
    picture = read_ortho(make_tiff(values=np.ones((20, 30), "uint8"), nodata=None, tags=tags))
    (notice,) = picture.notices
    assert notice.code == "W_NO_SUN"
    assert notice.found.startswith(f"{missing} not known")
    assert missing.split(" ")[0].upper() not in picture.tags


@pytest.mark.parametrize("option", [{"incidence_deg": 90}, {"incidence_deg": -1}, {"sun_azimuth_deg": 361}])
def test_a_sun_below_the_horizon_is_refused(make_tiff, option):
    with pytest.raises(InputError, match="E_SUN"):
        read_ortho(make_tiff(values=np.ones((20, 30), "uint8"), nodata=None, tags=SUN), **option)


def test_colours_become_luminance_and_say_so(make_tiff):
    values = np.stack([np.full((20, 30), v, "uint8") for v in (100, 50, 200)])
    path = make_tiff(values=values, nodata=None, tags=SUN, photometric="RGB")
    picture = read_ortho(path)
    expected = np.float32(0.2126) * 100 + np.float32(0.7152) * 50 + np.float32(0.0722) * 200
    np.testing.assert_allclose(picture.values, expected, rtol=1e-6)  # three float32 sums
    assert "luminance" in picture.tags["BRIGHTNESS_FROM"]
    assert read_ortho(path, band=3).values.max() == 200
    assert read_ortho(path, band=3).tags["BRIGHTNESS_FROM"] == "band 3 of 3"


def test_bands_of_no_colour_give_the_first(make_tiff):
    values = np.stack([np.full((20, 30), v, "uint16") for v in (100, 50)])
    picture = read_ortho(make_tiff(values=values, nodata=None, tags=SUN))
    assert picture.values.max() == 100
    assert picture.tags["BRIGHTNESS_FROM"] == "band 1 of 2"


def test_a_palette_is_no_brightness(make_tiff):
    path = make_tiff(values=np.ones((20, 30), "uint8"), nodata=None)
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {0: (0, 0, 0), 1: (200, 10, 10)})
    with pytest.raises(InputError, match=r"E_DTYPE.*palette"):
        read_ortho(path)


@pytest.mark.parametrize(
    ("options", "code"),
    [({"crs": None}, "E_NO_CRS"), ({"crs": "EPSG:32612"}, "E_WRONG_BODY"), ({}, "E_DTYPE")],
)
def test_the_door_is_the_same_as_for_heights(make_tiff, options, code):
    values = np.ones((20, 30), "uint8" if options else "complex64")
    with pytest.raises(InputError, match=code):
        read_ortho(make_tiff(values=values, nodata=None, **options))


def test_rows_that_run_north_are_turned(make_tiff):
    values = np.arange(600, dtype="uint16").reshape(20, 30)
    transform = rasterio.Affine(1.25, 0, 4_590_000, 0, 1.25, 1_093_000)
    picture = read_ortho(make_tiff(values=values, nodata=None, tags=SUN, transform=transform))
    np.testing.assert_array_equal(picture.values, values[::-1])
    assert [n.code for n in picture.notices] == ["W_SOUTH_UP"]
