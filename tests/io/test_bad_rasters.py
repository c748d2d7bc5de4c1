"""Every known way in which a raster can be bad, one row each: how to make it, and what must be said of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine

from jezero_sites.cli import run
from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
from jezero_sites.io.ortho import read_ortho

ROWS, COLUMNS = SHAPE = (70, 90)
BASE = Affine(1.25, 0.0, 4_590_000.0, 0.0, -1.25, 1_093_000.0)
PLAIN = {"tiled": False, "blockxsize": COLUMNS, "blockysize": 1, "compress": None}
TINY = {"tiled": False, "blockysize": 1}


@dataclass(frozen=True)
class Case:
    """A raster and what must come of it.

    ``shown``: ``info`` takes it for a picture instead; ``said``: another code that ``info`` may give.
    """

    name: str
    make: Callable[[Any], Any]
    code: str = "ok"
    field: str = ""
    notices: frozenset[str] = frozenset()
    role: str = "dem"
    shown: bool = False
    said: str = ""


def heights(shape=SHAPE):
    rows, cols = np.indices(shape)
    return (-2500 + 0.5 * rows - 0.25 * cols + 0.125 * ((rows * cols) % 7)).astype("float32")


def with_cells(value, count, dtype="float32"):
    values = heights().astype(dtype)
    values.flat[1234 : 1234 + count] = value
    return values


def content(name, text):
    """Return what writes a file of these bytes."""

    def make(kit):
        path = kit.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


def tiff(name="dem.tif", values=None, **changes):
    return lambda kit: kit.tiff(name, values, **changes)


def cut(length=None, fraction=1.0, **changes):
    """Return what writes a good file and cuts it off."""

    def make(kit):
        path = kit.tiff(**changes)
        whole = path.read_bytes()
        path.write_bytes(whole[: length or int(fraction * len(whole))])
        return path

    return make


def spoilt(damage, **changes):
    """Return what writes a good file and puts bytes into the middle of its cells."""

    def make(kit):
        path = kit.tiff(**changes)
        whole = bytearray(path.read_bytes())
        start = len(whole) // 8 * 4
        whole[start : start + len(damage)] = damage
        path.write_bytes(whole)
        return path

    return make


def folder(kit):
    path = kit.folder / "dem.tif"
    path.mkdir()
    return path


def beside(suffix, text, **changes):
    """Return what writes a good file with a sidecar."""

    def make(kit):
        path = kit.tiff(**changes)
        path.with_name(path.name + suffix if suffix[1:4] == "aux" else path.stem + suffix).write_text(text)
        return path

    return make


def forged(side, tile, *, length=None):
    """Return what writes a TIFF by hand, all of whose tiles are one and the same deflate blob."""

    def make(kit):
        count, blob = (-(-side // tile)) ** 2, zlib.compress(bytes(1 << 20), 9)
        after = 8 + 2 + 12 * 11 + 4
        at = after + (8 * count if count > 1 else 0)
        tables = (after, after + 4 * count) if count > 1 else (at, len(blob))
        longs = {256: side, 257: side, 322: tile, 323: tile}
        shorts = {258: 32, 259: 8, 262: 1, 277: 1, 339: 3}
        rows = [(tag, 4, 1, value) for tag, value in longs.items()]
        rows += [(tag, 3, 1, value) for tag, value in shorts.items()]
        rows += [(324, 4, count, tables[0]), (325, 4, count, tables[1])]
        whole = b"II*\0" + struct.pack("<IH", 8, len(rows))
        whole += b"".join(struct.pack("<HHII", *row) for row in sorted(rows)) + bytes(4)
        if count > 1:
            whole += struct.pack(f"<{2 * count}I", *[at] * count, *[len(blob)] * count)
        path = kit.folder / "bomb.tif"
        path.write_bytes(whole + blob)
        if length:
            with path.open("r+b") as stream:
                stream.truncate(length)
        return path

    return make


def sparse(block):
    """Return what writes a file that declares 200,000 x 200,000 cells and holds none."""

    def make(kit):
        path = kit.folder / "sparse.tif"
        profile = {
            "driver": "GTiff",
            "tiled": True,
            "compress": "deflate",
            "sparse_ok": "TRUE",
            "bigtiff": "YES",
        }
        size = {"count": 1, "dtype": "float32", "height": 200_000, "width": 200_000, "nodata": -32768.0}
        place = {"crs": "IAU_2015:49910", "transform": BASE, "blockxsize": block, "blockysize": block}
        with rasterio.open(path, "w", **profile, **size, **place):
            pass
        return path

    return make


def palette(kit):
    path = kit.tiff(values=np.arange(600, dtype="uint8").reshape(20, 30), nodata=None, compress=None, **TINY)
    with rasterio.open(path, "r+") as dataset:
        dataset.write_colormap(1, {0: (0, 0, 0), 1: (255, 0, 0)})
    return path


def vrt(source, *, name="dem.vrt", tag="SimpleSource", sub="", more="", size=32):
    band = f'<VRTRasterBand dataType="Byte" band="1" {sub}>'
    inner = f'<SourceFilename relativeToVRT="1">{source}</SourceFilename>'
    inner = inner if sub else f"<{tag}>{inner}<SourceBand>1</SourceBand></{tag}>"
    return content(
        name,
        f'<VRTDataset rasterXSize="{size}" rasterYSize="{size}">{band}{inner}{more}</VRTRasterBand></VRTDataset>',
    )


RAW = 'subClass="VRTRawRasterBand"'
PYTHON = (
    "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
    "<PixelFunctionCode><![CDATA[def f(*a): open('made','w')]]></PixelFunctionCode>"
)
LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><VRTDataset>&b;</VRTDataset>'
MRF = "<MRF_META><CachedSource><Source>dem.tif</Source></CachedSource><Raster><Size x='64' y='64'/></Raster></MRF_META>"
WMS = "<GDAL_WMS><Service name='TMS'><ServerUrl>http://127.0.0.1:9/</ServerUrl></Service></GDAL_WMS>"
SIDE = (
    "<PAMDataset><SRS>EPSG:32612</SRS><GeoTransform>0, 5, 0, 0, 0, -5</GeoTransform><PAMRasterBand band='1'>"
    "<NoDataValue>-2500</NoDataValue><Scale>2</Scale></PAMRasterBand></PAMDataset>"
)
PDS4 = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-model href="https://pds.nasa.gov/pds4/x.sch"?>\n'
    '<Product_Observational xmlns="http://pds.nasa.gov/pds4/pds/v1"><file_name>x.img</file_name></Product_Observational>'
)
ISIS = "Object = IsisCube\n  Object = Core\n    ^Core = /etc/passwd\n  End_Object\nEnd_Object\nEnd\n"
WORLD = "1\n0\n0\n-1\n4590000\n1093000\n"
UNKNOWN = Affine(float("nan"), 0, 4_590_000, 0, -1, 1_093_000)
ACROSS = Affine(0.001, 0, 359.926, 0, -0.001, 18.5)
DEGREES = Affine(0.001, 0, 77.4, 0, -0.001, 18.5)


def bands(count, dtype):
    return np.zeros((count, 20, 30), dtype)


CASES = [
    # the file and its format
    Case("0 bytes", content("dem.tif", b""), "E_EMPTY_FILE", "size"),
    Case("text named tif", content("dem.tif", "hello, a text\n" * 40), "E_FORMAT", "format"),
    Case("PNG named tif", content("dem.tif", b"\x89PNG\r\n\x1a\n" + bytes(99)), "E_FORMAT", "format"),
    Case("PNG", content("dem.png", b"\x89PNG\r\n\x1a\n" + bytes(99)), "E_FORMAT", "format"),
    Case("a folder", folder, "E_NOT_FILE", "path", said="E_NOT_A_RUN"),
    Case("4 bytes of a header", cut(4), "E_CORRUPT", "header"),
    Case("16 bytes of a header", cut(16), "E_CORRUPT", "header"),
    Case("100 bytes of a header", cut(100), "E_CORRUPT", "header"),
    Case("30 % of a file", cut(fraction=0.3), "E_CORRUPT", "block"),
    Case("70 % of a file", cut(fraction=0.7), "E_CORRUPT", "block"),
    Case("99 % of a file", cut(fraction=0.99), "E_CORRUPT", "block"),
    Case("70 % of a plain file", cut(fraction=0.7, **PLAIN), "E_CORRUPT", "block"),
    Case("random bytes", spoilt(np.random.default_rng(7).bytes(200)), "E_CORRUPT", "block"),
    Case("bytes of ones", spoilt(b"\xff" * 400, **PLAIN), notices={"W_NONFINITE"}),
    Case("GeoTIFF named png", tiff("dem.png")),
    Case("GeoTIFF without extension", tiff("dem")),
    Case("deflate", tiff()),
    Case("plain", tiff(**PLAIN)),
    *(
        Case(text, lambda kit, text=text: text, "E_REMOTE", "path")
        for text in (
            "https://example.org/dem.tif",
            "http://example.org/dem.tif",
            "/vsicurl/http://example.org/dem.tif",
            "/vsizip/a.zip/dem.tif",
            "zip://a.zip!dem.tif",
            "vrt://dem.tif",
            "GTIFF_DIR:1:dem.tif",
            "DERIVED_SUBDATASET:AMPLITUDE:dem.tif",
            "<VRTDataset></VRTDataset>",
        )
    ),
    Case("no such file", lambda kit: kit.folder / "nowhere.tif", "E_NOT_FOUND", "path"),
    # values and bands
    Case("all NoData", tiff(values=np.full(SHAPE, -32768, "float32")), "E_ALL_NODATA", "values"),
    Case("NaN among NoData", tiff(values=with_cells([np.nan, np.inf, -np.inf] * 34, 102)), notices={"W_NONFINITE"}),
    Case("NaN undeclared", tiff(values=with_cells(np.nan, 102), nodata=None), notices={"W_NONFINITE"}),
    Case("-3.4e38 undeclared", tiff(values=with_cells(-3.4028e38, 2500), nodata=None), notices={"W_SENTINEL"}),
    Case("NoData of another number", tiff(values=with_cells(-32767, 50), nodata=-9999), "E_RANGE", "values"),
    Case("radii", tiff(values=heights() + np.float32(3_390_000)), "E_RANGE", "values"),
    Case("near 1e303", tiff(values=heights().astype("float64") * 1e300), "E_RANGE", "values"),
    Case(
        "int16 with scale",
        tiff(values=(heights() * 100 + 250_000).astype("int16"), scales=(0.01, -2500.0)),
        notices={"W_SCALED"},
    ),
    Case("internal mask", tiff(nodata=None, mask=heights() > -2499)),
    Case("3 bands", tiff(values=bands(3, "float32")), "E_BANDS", "count", shown=True),
    Case("4 bands of bytes", tiff(values=bands(4, "uint8"), nodata=None), "E_BANDS", "count", shown=True),
    Case("complex", tiff(values=np.zeros((20, 30), "complex64"), nodata=None), "E_DTYPE", "dtype"),
    Case("bytes", tiff(values=np.zeros((20, 30), "uint8"), nodata=None), "E_DTYPE", "dtype", shown=True),
    Case("1 x 1", tiff(values=heights((1, 1)), **TINY), "E_TOO_SMALL", "size"),
    Case("2 x 2", tiff(values=heights((2, 2)), **TINY), "E_TOO_SMALL", "size"),
    Case("4 x 4", tiff(values=heights((4, 4)), **TINY), "E_TOO_SMALL", "size"),
    Case("8 x 30", tiff(values=heights((8, 30)), **TINY), "E_TOO_SMALL", "size"),
    Case("colour picture", tiff(values=bands(3, "uint8"), nodata=None), notices={"W_NO_SUN"}, role="ortho", shown=True),
    Case("grey picture", tiff(values=bands(1, "uint16"), nodata=None), notices={"W_NO_SUN"}, role="ortho"),
    Case("complex picture", tiff(values=bands(1, "complex64"), nodata=None), "E_DTYPE", "dtype", role="ortho"),
    Case("palette picture", palette, "E_DTYPE", "dtype", role="ortho"),
    # georeference
    Case("rotated", tiff(transform=Affine(0.866, 0.5, 4_590_000, 0.5, -0.866, 1_093_000)), "E_ROTATED", "geotransform"),
    Case("1 x 2 m cells", tiff(transform=Affine(1, 0, 4_590_000, 0, -2, 1_093_000)), notices={"W_NONSQUARE"}),
    Case("south-up", tiff(transform=Affine(1.25, 0, 4_590_000, 0, 1.25, 1_092_900)), notices={"W_SOUTH_UP"}),
    Case("mirrored", tiff(transform=Affine(-1.25, 0, 4_590_100, 0, -1.25, 1_093_000)), notices={"W_MIRRORED_X"}),
    Case("zero cell size", tiff(transform=Affine(1, 0, 4_590_000, 0, 0, 1_093_000)), "E_TRANSFORM", "geotransform"),
    Case("NaN cell size", tiff(transform=UNKNOWN), "E_TRANSFORM", "geotransform"),
    Case("no georeference", tiff(transform=None, crs=None), "E_NO_TRANSFORM", "geotransform"),
    Case("no CRS", tiff(crs=None), "E_NO_CRS", "crs"),
    Case("CRS of no planet", tiff(crs='LOCAL_CS["table",UNIT["metre",1]]'), "E_CRS", "crs"),
    Case("planetographic", tiff(crs="IAU_2015:49911"), "E_CRS", "crs"),
    Case("Earth UTM", tiff(crs="EPSG:32612"), "E_WRONG_BODY", "crs"),
    Case("Earth degrees", tiff(crs="EPSG:4326", transform=DEGREES), "E_WRONG_BODY", "crs"),
    Case("Moon", tiff(crs="IAU_2015:30110"), "E_WRONG_BODY", "crs"),
    Case("Mars degrees", tiff(crs="IAU_2015:49900", transform=DEGREES), "E_GEOGRAPHIC", "crs"),
    Case("across 360 degrees", tiff(crs="IAU_2015:49900", transform=ACROSS), "E_GEOGRAPHIC", "crs"),
    Case("CRS in feet", tiff(crs="+proj=eqc +R=3396190 +units=us-ft"), "E_UNITS", "crs unit"),
    Case("heights in feet", tiff(unit="ft"), "E_UNITS", "band unit"),
    Case("lost standard parallel", tiff(crs="+proj=eqc +R=3394839.813 +units=m"), notices={"W_OLD_PROJECTION"}),
    # sidecars, bombs, documents that point elsewhere, PDS3
    Case("aux.xml", beside(".aux.xml", SIDE), notices={"W_SIDECAR_IGNORED"}),
    Case("world file", beside(".tfw", WORLD, transform=None), "E_NO_TRANSFORM", "geotransform"),
    Case("sparse with huge blocks", sparse(16384), "E_BLOCK", "block"),
    Case("one huge block", forged(32768, 32768), "E_BLOCK", "block"),
    Case("one blob for all tiles", forged(200_000, 4096), "E_BOMB", "size", said="E_TOO_LARGE"),
    Case("sparse", sparse(512), "E_BOMB", "size", said="E_TOO_LARGE"),
    Case("more than 64 GiB", forged(200_000, 4096, length=1 << 28), "E_TOO_LARGE", "size"),
    Case("VRT", vrt("x.tif"), "E_INDIRECT", "format"),
    Case("VRT named tif", vrt("x.tif", name="dem.tif"), "E_INDIRECT", "format"),
    Case("VRT to a parent", vrt("../x.tif", name="a/dem.tif"), "E_INDIRECT", "format"),
    Case("VRT raw band", vrt("/etc/passwd", sub=RAW), "E_INDIRECT", "format"),
    Case("VRT raw band named tif", vrt("/etc/passwd", sub=RAW, name="dem.tif"), "E_INDIRECT", "format"),
    Case("VRT to a web server", vrt("/vsicurl/http://127.0.0.1:9/x.tif"), "E_INDIRECT", "format"),
    Case("VRT to a bucket", vrt("/vsis3/bucket/x.tif"), "E_INDIRECT", "format"),
    Case("VRT without its source", vrt("missing.tif"), "E_INDIRECT", "format"),
    Case("VRT of 2e9 cells", vrt("x.tif", size=2_000_000_000), "E_INDIRECT", "format"),
    Case("VRT of itself", vrt("dem.vrt"), "E_INDIRECT", "format"),
    Case("VRT with Python", vrt("x.tif", more=PYTHON), "E_INDIRECT", "format"),
    Case("VRT with an MRF", vrt("&lt;MRF_META/&gt;"), "E_INDIRECT", "format"),
    Case("billion laughs", content("dem.vrt", LAUGHS), "E_INDIRECT", "format"),
    Case("MRF named tif", content("dem.tif", MRF), "E_INDIRECT", "format"),
    Case("WMS named tif", content("dem.tif", WMS), "E_INDIRECT", "format"),
    Case("PDS3", lambda kit: kit.pds(), notices={"W_UNIT", "W_DATUM"}),
    Case("PDS3 to a parent", lambda kit: kit.pds("../out/secret.img"), "E_OUTSIDE", "^IMAGE"),
    Case("PDS3 without image", lambda kit: kit.pds(write=False), "E_CORRUPT", "header"),
    Case("PDS3 short of lines", lambda kit: kit.pds(lines=40), "E_CORRUPT", "block"),
    # other formats, and those that are known and not opened
    Case("ISIS3", content("dem.cub", ISIS), "E_INDIRECT", "format"),
    Case("JPEG 2000", content("dem.tif", b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(99)), "E_CORRUPT", "header"),
    Case("JPEG 2000 stream", content("dem.j2k", b"\xff\x4f\xff\x51" + bytes(99)), "E_FORMAT", "format"),
    Case("PDS4", content("dem.xml", PDS4), "E_FORMAT", "format"),
]  # fmt: skip
NEED_IS_PLAIN = {"E_EMPTY_FILE", "E_NOT_FILE", "E_NOT_FOUND", "E_FORMAT", "E_INDIRECT", "E_OUTSIDE"}
"""Codes whose advice alone says what is needed."""

by_name = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture
def kit(make_tiff, make_pds, tmp_path):
    return SimpleNamespace(tiff=make_tiff, pds=make_pds, folder=tmp_path)


def test_the_table_is_long_enough_and_no_row_is_there_twice():
    assert len({case.name for case in CASES}) == len(CASES)
    no_files = [case for case in CASES if case.code in ("E_REMOTE", "E_NOT_FOUND")]
    assert len(CASES) - len(no_files) >= 71


@by_name
def test_a_bad_raster_is_refused_with_code_field_and_advice_and_a_good_one_is_read(kit, case):
    path = case.make(kit)
    read = read_dem if case.role == "dem" else read_ortho
    if case.code == "ok":
        raster = read(path)
        assert {notice.code for notice in raster.notices} == case.notices
        assert raster.values.dtype.kind == "f"
        assert not np.isinf(raster.values).any()
        return
    with pytest.raises(InputError, match=case.code) as caught:
        read(path)
    error = caught.value
    assert (error.code, error.file) == (case.code, str(path))
    assert error.field == case.field or (case.field == "block" and error.field.startswith("block at row"))
    assert all(text.strip() for text in (error.found, error.fix))
    assert error.needed.strip() or error.code in NEED_IS_PLAIN
    assert len(str(error).splitlines()) == 1


@by_name
def test_the_command_says_it_in_one_line(kit, case, capsys):
    path = str(case.make(kit))
    code = run(["info", path])
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    if case.code == "ok" or case.shown:
        assert (code, told.err) == (0, "")
        assert case.role != "dem" or all(notice in told.out for notice in case.notices)
        return
    assert code == 2
    (line,) = told.err.splitlines()
    assert line.startswith(tuple(f"error[{code}] {path}: " for code in (case.code, case.said) if code))


def test_an_error_as_data_has_the_same_parts(kit):
    path = kit.tiff(unit="ft")
    with pytest.raises(InputError, match="E_UNITS") as caught:
        read_dem(path)
    error = caught.value.as_dict()
    assert (error["code"], error["file"], error["field"]) == ("E_UNITS", str(path), "band unit")
    assert (error["found"], error["needed"]) == ("heights in ft", "metres")


@pytest.mark.parametrize(
    ("values", "number"),
    [(with_cells(np.nan, 102), "102"), (with_cells(-3.4028e38, 2500), "2500")],
)
def test_a_notice_counts_the_cells(kit, values, number):
    dem = read_dem(kit.tiff(values=values, nodata=None))
    (notice,) = dem.notices
    assert notice.found.startswith(f"{number} cells")
    assert np.count_nonzero(np.isnan(dem.values)) == int(number)


def test_400_bytes_of_ones_are_100_unknown_cells(kit):
    dem = read_dem(spoilt(b"\xff" * 400, **PLAIN)(kit))
    assert dem.notices[0].found.startswith("100 cells")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("JPEG 2000 stream", "JPEG 2000 codestream"),
        ("PDS4", "PDS4 label"),
        ("PNG", "PNG picture"),
    ],
)
def test_a_known_format_is_named_with_the_way_to_a_geotiff(kit, name, text):
    (case,) = (case for case in CASES if case.name == name)
    with pytest.raises(InputError, match=f"E_FORMAT.*{text}.*GeoTIFF"):
        read_dem(case.make(kit))
