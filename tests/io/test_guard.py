"""What the door lets through and what it refuses, by content and never by name."""

from __future__ import annotations

import http.server
import threading

import numpy as np
import pytest
import rasterio

from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
from jezero_sites.io.files import local_file
from jezero_sites.io.guard import open_raster

VRT = """<VRTDataset rasterXSize="32" rasterYSize="32"><GeoTransform>0,1,0,0,0,-1</GeoTransform>
<VRTRasterBand dataType="{kind}" band="1" {sub}>
<{tag} relativeToVRT="1">{source}</{tag}>{more}</VRTRasterBand></VRTDataset>"""
RAW = "<ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>32</LineOffset>"


def refused(path, code, **options):
    """Assert that a file is refused with a code, its own name and some advice; return the error."""
    with pytest.raises(InputError, match=code) as caught:
        read_dem(path, **options)
    error = caught.value
    assert error.code == code
    assert error.file == str(path)
    assert error.fix
    assert error.field
    return error


@pytest.mark.parametrize(
    "path",
    [
        "http://example.org/dem.tif",
        "https://example.org/dem.tif",
        "s3://bucket/dem.tif",
        "zip://a.zip!dem.tif",
        "zip+file:///tmp/a.zip!dem.tif",
        "vrt://dem.tif",
        "file:///etc/passwd",
        "/vsicurl/http://example.org/dem.tif",
        "/vsimem/dem.tif",
        "/usr/../vsizip/a.zip/dem.tif",
        "GTIFF_DIR:1:dem.tif",
        "DERIVED_SUBDATASET:AMPLITUDE:dem.tif",
        "  <VRTDataset/>",
        "<GDAL_WMS></GDAL_WMS>",
    ],
)
def test_what_is_no_path_of_this_machine_is_refused(path):
    refused(path, "E_REMOTE")


@pytest.mark.parametrize("path", ["nowhere/dem.tif", "with\0nul.tif", "x" * 5000])
def test_missing_files_are_not_found(path):
    refused(path, "E_NOT_FOUND")


def test_a_url_in_a_path_object_is_still_a_url(tmp_path):
    with pytest.raises(InputError, match="E_REMOTE"):
        local_file(tmp_path.__class__("http://example.org/dem.tif"))


def test_a_colon_in_the_name_of_a_real_file_does_no_harm(make_tiff):
    path = make_tiff("run:1.tif")
    assert read_dem(path).grid.shape == (70, 90)


def test_a_directory_is_not_a_file(tmp_path):
    folder = tmp_path / "dem.tif"
    folder.mkdir()
    refused(folder, "E_NOT_FILE")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "E_EMPTY_FILE"),
        (b"hello, this is a text\n" * 30, "E_FORMAT"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "E_FORMAT"),
        (b"\x0a\x05\x01\x08" + b"\0" * 200, "E_FORMAT"),
        (VRT.format(kind="Byte", sub="", tag="SimpleSource", source="x.tif", more="").encode(), "E_INDIRECT"),
        (b"\xef\xbb\xbf  <VRTDataset></VRTDataset>", "E_INDIRECT"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><VRTDataset/>', "E_INDIRECT"),
        (b"<OGRVRTDataSource></OGRVRTDataSource>", "E_INDIRECT"),
        (b"<MRF_META><CachedSource><Source>x</Source></CachedSource></MRF_META>", "E_INDIRECT"),
        (b'<GDAL_WMS><Service name="TMS"/></GDAL_WMS>', "E_INDIRECT"),
    ],
)
@pytest.mark.parametrize("name", ["dem.tif", "dem.vrt", "dem"])
def test_content_decides_whatever_the_name(tmp_path, content, code, name):
    path = tmp_path / name
    path.write_bytes(content)
    error = refused(path, code)
    if code == "E_FORMAT":
        assert repr(content[:8]) in error.found


def test_a_raw_band_vrt_does_not_leak_the_text_it_names(tmp_path):
    (tmp_path / "secret.txt").write_bytes(b"A" * 1024)
    path = tmp_path / "dem.tif"
    sub = 'subClass="VRTRawRasterBand"'
    path.write_text(VRT.format(kind="Byte", sub=sub, tag="SourceFilename", source="secret.txt", more=RAW))
    with rasterio.open(path) as dataset:  # the harm, to prove the trap
        assert dataset.read(1).max() == ord("A")
    refused(path, "E_INDIRECT")


@pytest.fixture
def listener():
    """Return the address of a server on this machine and the list of what it was asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server asks for

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_nothing_is_asked_of_the_network(tmp_path, listener):
    address, asked = listener
    path = tmp_path / "wms.tif"
    path.write_text(
        f'<GDAL_WMS><Service name="TMS"><ServerUrl>http://{address}/${{z}}/${{x}}/${{y}}.png</ServerUrl></Service>'
        "<DataWindow><UpperLeftX>0</UpperLeftX><UpperLeftY>10</UpperLeftY><LowerRightX>10</LowerRightX>"
        "<LowerRightY>0</LowerRightY><SizeX>64</SizeX><SizeY>64</SizeY></DataWindow></GDAL_WMS>"
    )
    refused(path, "E_INDIRECT")
    refused(f"http://{address}/dem.tif", "E_REMOTE")
    refused(f"/vsicurl/http://{address}/dem.tif", "E_REMOTE")
    assert asked == []


def test_a_tag_that_names_an_overview_file_is_not_followed(make_tiff, listener):
    address, asked = listener
    path = make_tiff()
    with rasterio.open(path, "r+") as dataset:
        dataset.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=f"/vsicurl/http://{address}/evil.tif")
    refused(path, "E_INDIRECT")
    assert asked == []
    with rasterio.open(path, driver="GTiff") as dataset:  # the harm, to prove the trap
        assert dataset.files
    assert asked


SIDE = (
    '<PAMDataset><SRS>EPSG:32612</SRS><GeoTransform>0, 5, 0, 0, 0, -5</GeoTransform><PAMRasterBand band="1">'
    "<Offset>100</Offset><Scale>2</Scale></PAMRasterBand></PAMDataset>"
)


def test_a_sidecar_has_no_say_unless_asked(make_tiff):
    path = make_tiff()
    plain = read_dem(path)
    assert plain.notices == ()
    path.with_name("dem.tif.aux.xml").write_text(SIDE)
    ignored = read_dem(path)
    assert [n.code for n in ignored.notices] == ["W_SIDECAR_IGNORED"]
    np.testing.assert_array_equal(ignored.values, plain.values)
    assert ignored.grid.transform == plain.grid.transform
    refused(path, "E_WRONG_BODY", use_sidecars=True)


def test_sidecars_that_are_asked_for_are_used_and_told(make_tiff):
    path = make_tiff()
    path.with_name("dem.tif.aux.xml").write_text(SIDE.replace("<SRS>EPSG:32612</SRS>", ""))
    used = read_dem(path, use_sidecars=True)
    assert {n.code for n in used.notices} == {"W_SIDECAR_USED", "W_SCALED"}
    assert used.grid.transform.a == 5
    np.testing.assert_array_equal(used.values, read_dem(path).values.astype(float) * 2 + 100)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dem.tif.aux.xml", '<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="overview_file">x.vrt</MDI>'),
        ("dem.tif.aux.xml", '<!DOCTYPE x [<!ENTITY a "b">]><PAMDataset/>'),
        ("dem.tif.aux.xml", "<PAMDataset><SRS>+init=/etc/hostname:x</SRS></PAMDataset>"),
        ("dem.tif.aux.xml", "<PAMDataset><SRS>+proj=eqc +nadgrids=g.gsb +R=3396190</SRS></PAMDataset>"),
        ("dem.aux.xml", "<PAMDataset><SRS>+proj=eqc +nadgri&#100;s=g.gsb +R=3396190</SRS></PAMDataset>"),
        ("dem.tif.msk.aux.xml", "<PAMDataset><SRS>+init=/etc/hostname:x</SRS></PAMDataset>"),
        ("dem.tif.aux.xml", "<PAMDataset>" + " " * (16 << 20)),
        ("dem.tif.msk", "<VRTDataset/>"),
        ("dem.tif.ovr", "<MRF_META/>"),
        ("DEM.OVR", "<MRF_META/>"),
    ],
    ids=lambda value: value[:60],
)
def test_a_sidecar_that_leads_elsewhere_is_refused(make_tiff, name, text):
    path = make_tiff()
    path.with_name(name).write_text(text)
    with pytest.raises(InputError, match=f"E_INDIRECT.*{name}"):
        read_dem(path, use_sidecars=True)


def test_a_world_file_does_not_stand_in_for_a_transform(make_tiff):
    path = make_tiff(transform=None)
    path.with_suffix(".tfw").write_text("1\n0\n0\n-1\n4590000\n1093000\n")
    refused(path, "E_NO_TRANSFORM")
    assert "W_SIDECAR_USED" in {n.code for n in read_dem(path, use_sidecars=True).notices}


def test_a_detached_pds_label_is_read(make_pds):
    dem = read_dem(make_pds())
    assert dem.grid.shape == (12, 16)
    assert dem.values[3, 5] == np.float32(-2500 + 1.5 - 1.25 + 0.125 * 1)
    assert dem.grid.transform.a == 1
    assert dem.grid.body_radius_m == 3_396_190
    assert {n.code for n in dem.notices} == {"W_UNIT", "W_DATUM"}


@pytest.mark.parametrize("image", ["../out/secret.img", "/etc/hostname"])
def test_a_label_may_not_point_outside_its_folder(make_pds, image):
    refused(make_pds(image, write=image.startswith("..")), "E_OUTSIDE")


def test_a_link_may_not_lead_outside_the_folder(make_pds, tmp_path):
    label = make_pds()
    (label.parent / "dem.img").rename(tmp_path / "elsewhere.img")
    (label.parent / "dem.img").symlink_to(tmp_path / "elsewhere.img")
    refused(label, "E_OUTSIDE")


def test_a_label_of_a_compressed_image_is_not_followed(make_pds):
    more = 'OBJECT = COMPRESSED_FILE\n  FILE_NAME = "x.vrt"\nEND_OBJECT = COMPRESSED_FILE\n'
    refused(make_pds(more=more), "E_INDIRECT")


def test_a_label_without_its_image_is_damaged(make_pds):
    assert "header" in refused(make_pds(write=False), "E_CORRUPT").found


def test_a_label_of_more_lines_than_the_image_has_is_damaged(make_pds):
    assert "2560 bytes" in refused(make_pds(lines=40), "E_CORRUPT").found


def test_a_label_without_end_is_damaged(make_pds):
    label = make_pds()
    label.write_bytes(label.read_bytes().replace(b"\r\nEND\r\n", b"\r\n"))
    refused(label, "E_CORRUPT")


@pytest.mark.parametrize("name", ["dem.png", "dem"])
def test_a_geotiff_of_any_name_is_read(make_tiff, name):
    assert read_dem(make_tiff(name)).grid.shape == (70, 90)


def test_bigtiff_and_big_endian_are_read(make_tiff):
    expected = read_dem(make_tiff()).values
    for options in ({"bigtiff": "YES"}, {"endianness": "BIG"}):
        np.testing.assert_array_equal(read_dem(make_tiff(**options)).values, expected)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.zeros((3, 20, 30), "float32"), "E_BANDS"),
        (np.zeros((4, 20, 30), "uint8"), "E_BANDS"),
        (np.zeros((20, 30), "complex64"), "E_DTYPE"),
        (np.zeros((20, 30), "uint8"), "E_DTYPE"),
        (np.zeros((1, 1), "float32"), "E_TOO_SMALL"),
        (np.zeros((30, 8), "float32"), "E_TOO_SMALL"),
        (np.zeros((8, 30), "float32"), "E_TOO_SMALL"),
    ],
)
def test_bands_types_and_sizes_that_are_no_dem(make_tiff, values, code):
    nodata = None if values.dtype.kind != "f" else -32768
    refused(make_tiff(values=values, nodata=nodata, tiled=False, blockysize=1), code)


def test_nine_by_nine_cells_are_enough(make_tiff):
    assert read_dem(make_tiff(values=np.zeros((9, 9), "float32"), tiled=False)).grid.shape == (9, 9)


def test_a_band_can_be_named(make_tiff):
    values = np.stack([np.full((20, 30), 5, "float32"), np.full((20, 30), 7, "float32")])
    path = make_tiff(values=values)
    assert read_dem(path, band=2).values.max() == 7
    assert "no band 3" in refused(path, "E_BANDS", band=3).found
    refused(path, "E_BANDS", band=0)


SPARSE = {"height": 200_000, "width": 200_000, "sparse_ok": "TRUE", "count": 1, "dtype": "float32"}


def sparse(path, **options):
    """Write a file that declares far more than it holds."""
    profile = {
        "driver": "GTiff",
        "tiled": True,
        "crs": "IAU_2015:49910",
        "nodata": -32768.0,
        "compress": "deflate",
    }
    transform = rasterio.Affine(1.0, 0, 4_590_000.0, 0, -1.0, 1_093_000.0)
    with rasterio.open(
        path, "w", **{**SPARSE, **profile, "transform": transform, "bigtiff": "YES"}, **options
    ):
        pass
    return path


def test_a_huge_block_is_refused_before_it_is_unpacked(tmp_path):
    path = sparse(tmp_path / "bomb.tif", blockxsize=16384, blockysize=16384)
    refused(path, "E_BLOCK")


def test_a_bomb_is_refused_and_size_has_a_limit_even_when_sparse_is_allowed(tmp_path):
    path = sparse(tmp_path / "bomb.tif", blockxsize=4096, blockysize=4096)
    refused(path, "E_BOMB")
    refused(path, "E_TOO_LARGE", allow_sparse=True)


@pytest.mark.parametrize("length", [2, 4, 16, 100])
def test_a_truncated_header_is_damage(make_tiff, length):
    path = make_tiff()
    path.write_bytes(path.read_bytes()[:length])
    assert "header" in refused(path, "E_CORRUPT").field


def test_options_of_gdal_do_not_leak_out_of_the_door(make_tiff):
    with open_raster(make_tiff(), role="dem") as dataset:
        assert dataset.count == 1
        options = rasterio.env.getenv()
        assert options["GDAL_PAM_ENABLED"] == "NO"
        assert options["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR"
        assert options["GDAL_GEOREF_SOURCES"] == "INTERNAL"
        assert options["CPL_VSIL_CURL_ALLOWED_EXTENSIONS"] == ".none"
    assert not rasterio.env.hasenv()
