"""JPEG 2000 files, ISIS3 cubes and PDS4 labels made to do harm: plain GDAL is harmed, the door lets none.

Each forgery is a good file with something changed. ``harm`` is what GDAL does with it as it comes.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import struct
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil

from jezero_sites.cli import run
from jezero_sites.errors import InputError
from jezero_sites.io import guard
from jezero_sites.io.dem import read_dem
from jezero_sites.io.guard import open_raster
from jezero_sites.io.jp2 import check_jp2
from jezero_sites.io.labels import check_pds4
from jezero_sites.io.ortho import read_ortho

ROWS, COLUMNS = 24, 40
ENDS = {"ISIS3": "cub", "PDS4": "xml", "JP2OpenJPEG": "jp2"}
NUMBERS = itertools.count()
WORLD = "7\n0\n0\n-7\n4590000\n1093000\n"
OTHER_MAP = (
    'PROJCS["x",GEOGCS["g",DATUM["D",SPHEROID["s",3396190,0]],PRIMEM["p",0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Equidistant_Cylindrical"],PARAMETER["Central_Meridian",77],UNIT["Meter",1]]'
)
PAM = (
    "<PAMDataset><SRS>EPSG:32612</SRS><GeoTransform>0, 5, 0, 0, 0, -5</GeoTransform><Metadata "
    'domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/vsicurl/http://ADDRESS/evil.tif</MDI></Metadata></PAMDataset>'
)
NETWORK_VRT = (
    f'<VRTDataset rasterXSize="{COLUMNS}" rasterYSize="{ROWS}"><VRTRasterBand dataType="Byte" band="1" '
    'subClass="VRTRawRasterBand"><SourceFilename>/vsicurl/http://ADDRESS/x</SourceFilename><ImageOffset>0'
    f"</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>{COLUMNS}</LineOffset></VRTRasterBand></VRTDataset>"
)
DOCTYPE = (
    '<!DOCTYPE x SYSTEM "http://ADDRESS/x.dtd" [<!ENTITY a "../out/secret.bin">'
    '<!ENTITY e SYSTEM "../out/secret.txt">'
)
LAUGHS = '<!ENTITY b0 "lol">' + "".join(f'<!ENTITY b{i + 1} "{f"&b{i};" * 10}">' for i in range(10))
TABLE = (
    "<Table_Delimited><offset unit='byte'>0</offset><parsing_standard_id>PDS DSV 1</parsing_standard_id><records>1"
    "</records><record_delimiter>Line-Feed</record_delimiter><field_delimiter>Comma</field_delimiter>"
    "<Record_Delimited><fields>1</fields><groups>0</groups><Field_Delimited><name>a</name><field_number>1"
    "</field_number><data_type>ASCII_String</data_type></Field_Delimited></Record_Delimited></Table_Delimited>"
)
GML = (
    '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xsi:schemaLocation="http://ADDRESS/a.xsd http://ADDRESS/a.xsd"><gml:featureMember xlink:href="http://ADDRESS/m">'
    '<gml:RectifiedGridCoverage><gml:rectifiedGridDomain><gml:RectifiedGrid dimension="2"><gml:origin><gml:Point '
    'srsName="http://ADDRESS/crs" xlink:href="http://ADDRESS/p"><gml:pos>1 2</gml:pos></gml:Point></gml:origin>'
    "<gml:offsetVector>1 0</gml:offsetVector><gml:offsetVector>0 -1</gml:offsetVector></gml:RectifiedGrid>"
    "</gml:rectifiedGridDomain><gml:rangeSet><gml:File><gml:fileName>http://ADDRESS/f</gml:fileName><gml:fileName>"
    "../out/secret.txt</gml:fileName></gml:File></gml:rangeSet></gml:RectifiedGridCoverage></gml:featureMember>"
    "</gml:FeatureCollection>"
)
FEATURES = (
    '<gmljp2:GMLJP2CoverageCollection xmlns:gmljp2="http://www.opengis.net/gmljp2/2.0" xmlns:xlink='
    '"http://www.w3.org/1999/xlink"><gmljp2:featureMember><gmljp2:GMLJP2RectifiedGridCoverage><gmljp2:feature '
    'xlink:href="http://ADDRESS/v.gml"/><gmljp2:fileName>../out/secret.txt</gmljp2:fileName><gmljp2:style xlink:href='
    '"http://ADDRESS/s.sld"/></gmljp2:GMLJP2RectifiedGridCoverage></gmljp2:featureMember>'
    "</gmljp2:GMLJP2CoverageCollection>"
)
OVERVIEW = (
    '<GDALMultiDomainMetadata><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/vsicurl/http://ADDRESS/e.tif'
    "</MDI></Metadata></GDALMultiDomainMetadata>"
)


def converted(folder, driver, dtype="uint8"):
    """Return a good file of a driver, made from a picture that no value of the secrets is in."""
    rows, cols = np.indices((ROWS, COLUMNS))
    settings = {
        "driver": "GTiff", "count": 1, "height": ROWS, "width": COLUMNS, "dtype": dtype, "crs": "IAU_2015:49910",
        "transform": rasterio.Affine(1.25, 0, 4_590_000, 0, -1.25, 1_093_000),
    }  # fmt: skip
    options = {"QUALITY": "100", "REVERSIBLE": "YES"} if driver == "JP2OpenJPEG" else {}
    path = folder / f"dem.{ENDS[driver]}"
    with warnings.catch_warnings(action="ignore"):
        with rasterio.open(folder.parent / "source.tif", "w", **settings) as dataset:
            dataset.write((100 + rows * 3 + cols).astype(dtype), 1)
        rasterio.shutil.copy(folder.parent / "source.tif", path, driver=driver, **options)
    return path


def replaced(driver, *pairs, beside=(), name=None):
    """Return what forges a label by replacing text in it, and puts other files beside it."""

    def make(scene):
        path = converted(scene.inside, driver)
        content = path.read_bytes()
        for old, new in pairs:
            assert old.encode() in content
            content = content.replace(old.encode(), new.replace("ADDRESS", scene.address).encode())
        path.write_bytes(content)
        for other, text in dict(beside).items():
            (scene.inside / other).write_text(text.replace("ADDRESS", scene.address))
        return path.rename(path.with_name(name)) if name else path

    return make


def box(kind, content):
    return struct.pack(">I", len(content) + 8) + kind + content


def boxes(content):
    """Yield the boxes of a JPEG 2000 file."""
    at = 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big") or len(content) - at
        yield content[at + 4 : at + 8], content[at + 8 : at + length]
        at += length


def boxed(*extra, without=(), beside=()):
    """Return what forges a JPEG 2000 file by adding boxes before its code stream."""

    def make(scene):
        path = converted(scene.inside, "JP2OpenJPEG")
        whole = b""
        for kind, content in boxes(path.read_bytes()):
            more = b"".join(extra) if kind == b"jp2c" else b""
            whole += more + (b"" if kind in without else box(kind, content))
        path.write_bytes(whole)
        for other, text in dict(beside).items():
            (scene.inside / other).write_text(text.replace("ADDRESS", scene.address))
        return path

    return make


def xml_box(text, **options):
    def make(scene):
        made = box(b"xml ", text.replace("ADDRESS", scene.address).encode())
        return boxed(made, **options)(scene)

    return make


def gml_box(text, **options):
    def make(scene):
        inner = box(b"lbl ", b"gml.root-instance") + box(
            b"xml ", text.replace("ADDRESS", scene.address).encode()
        )
        return boxed(box(b"asoc", box(b"lbl ", b"gml.data") + box(b"asoc", inner)), **options)(scene)

    return make


def codestream(
    wide, high, *, tile=None, block=(4, 4), precinct=None, layers=1, components=1, special=b"", in_tile=b""
):
    """Return a small code stream whose header declares what is asked for, and one tile of empty packets."""
    tile_wide, tile_high = tile or (wide, high)
    segment = lambda marker, content: struct.pack(">HH", marker, len(content) + 2) + content  # noqa: E731
    size = struct.pack(">H8IH", 0, wide, high, 0, 0, tile_wide, tile_high, 0, 0, components)
    coding = struct.pack(">BBHBBBBBB", precinct is not None, 2, layers, 0, 5, *block, 0, 1)
    coding += bytes([precinct] * 6) if precinct is not None else b""
    part = in_tile + b"\xff\x93" + b"\x80" * 200
    head = segment(0xFF90, struct.pack(">HIBB", 0, 12 + len(part), 0, 1))
    main = segment(0xFF51, size + b"\7\1\1" * components) + segment(0xFF52, coding)
    main += segment(0xFF53, special) if special else b""
    return b"\xff\x4f" + main + segment(0xFF5C, b"\x40" + b"\x48" * 16) + head + part + b"\xff\xd9"


def declaring(wide, high, **options):
    """Return what forges a JPEG 2000 file by its code stream."""

    def make(scene):
        path = converted(scene.inside, "JP2OpenJPEG")
        whole = b""
        for kind, content in boxes(path.read_bytes()):
            new = {b"jp2c": codestream(wide, high, **options)}.get(kind, content)
            if kind == b"jp2h":
                new = box(b"ihdr", struct.pack(">IIH4B", high, wide, 1, 7, 7, 0, 0)) + box(
                    b"colr", struct.pack(">BBBI", 1, 0, 0, 17)
                )
            whole += box(kind, new)
        path.write_bytes(whole)
        return path

    return make


def cut(driver, keep, end=None):
    """Return what cuts a file short, or the file of cells of a label."""

    def make(scene):
        path = converted(scene.inside, driver)
        file = path.with_suffix(end) if end else path
        file.write_bytes(file.read_bytes()[:keep])
        return path

    return make


def zeroed(scene):
    """Forge a download whose end has not arrived in a file that was made as long as it should be."""
    path = converted(scene.inside, "JP2OpenJPEG")
    content = path.read_bytes()
    path.write_bytes(content[:-90] + bytes(90))
    return path


def linked(scene):
    path = replaced("PDS4", ("dem.img", "link.img"))(scene)
    (scene.inside / "link.img").symlink_to("../out/secret.bin")
    return path


def is_the_secret(scene, dataset):
    return bool((dataset.read(1) == scene.mark).all())


def is_the_text(scene, dataset):
    return scene.canary.encode() in dataset.read(1).tobytes()


def calls_out(scene, dataset):
    with contextlib.suppress(rasterio.errors.RasterioError):
        dataset.overviews(1)
        dataset.read(1)
    return bool(scene.asked())


def names_the_secret(scene, dataset):
    return any("secret" in name for name in dataset.files)


def has_overviews(scene, dataset):
    """The document beside it is taken in."""
    return bool(dataset.overviews(1))


def is_moved(scene, dataset):
    return dataset.transform.a in (5, 7) or '"central_meridian",77' in dataset.crs.to_wkt()


def is_garbled(scene, dataset):
    """The label itself, or zeros, come out as cells."""
    return bool(dataset.read(1).min() < 100)


def is_altered(scene, dataset):
    """Other cells come out than went in, without a word."""
    rows, cols = np.indices((ROWS, COLUMNS))
    return bool((dataset.read(1) != 100 + rows * 3 + cols).any())


def is_whole(scene, dataset):
    """No harm: the cells are those of the good file, and nobody was called."""
    return int(dataset.read(1)[0, 0]) == 100 and not scene.asked()


@dataclass(frozen=True)
class Forgery:
    name: str
    make: Callable[[Any], Path]
    code: str
    harm: Callable[[Any, Any], bool] | None = None


CORE = "StartByte = 65537          "
FILE = "<file_name>dem.img</file_name>"
AREA = "<File_Area_Observational>"
PLACE = [
    ("UpperLeftCornerX", "NoCornerX"),
    ("UpperLeftCornerY", "NoCornerY"),
    ("PixelResolution", "NoResolution"),
]


def elsewhere(name):
    return (CORE, f'StartByte = 1\n    ^Core = "{name}"\n')


def named(name):
    return (FILE, f"<file_name>{name}</file_name>")


CUBES = [
    Forgery(
        "cube: cells in a parent",
        replaced("ISIS3", elsewhere("../out/secret.bin")),
        "E_INDIRECT",
        is_the_secret,
    ),
    Forgery(
        "cube: cells are a text", replaced("ISIS3", elsewhere("../out/secret.txt")), "E_INDIRECT", is_the_text
    ),
    Forgery("cube: cells by absolute path", replaced("ISIS3", elsewhere("/etc/passwd")), "E_INDIRECT"),
    Forgery(
        "cube: cells on the network", replaced("ISIS3", elsewhere("/vsicurl/http://ADDRESS/x")), "E_INDIRECT"
    ),
    Forgery(
        "cube: cells beside",
        replaced("ISIS3", elsewhere("x.img"), beside=[("x.img", "x" * 2000)]),
        "E_INDIRECT",
    ),
    Forgery(
        "cube: core of another driver",
        replaced(
            "ISIS3", elsewhere("x.tif"), ("= BandSequential", "= GeoTIFF"), beside=[("x.tif", NETWORK_VRT)]
        ),
        "E_INDIRECT",
        calls_out,
    ),
    Forgery(
        "cube: raw core tried as TIFF",
        replaced("ISIS3", elsewhere("x.tif"), beside=[("x.tif", NETWORK_VRT + " " * 2000)]),
        "E_INDIRECT",
    ),
    Forgery(
        "cube: history elsewhere",
        replaced("ISIS3", ("  Name      = IsisCube", '  Name = IsisCube\n  ^History = "../out/secret.txt"')),
        "E_INDIRECT",
    ),
    Forgery(
        "cube: pointer after the end",
        replaced("ISIS3", ("Object = Label", '/*\nEnd\n*/\nObject = Label\n ^Label = "../x"\n')),
        "E_INDIRECT",
    ),
    Forgery(
        "cube: pointer with a zero byte",
        replaced("ISIS3", (CORE, f'^\0Core = "../out/secret.bin"\n{CORE}')),
        "E_CORRUPT",
    ),
    Forgery("cube named tif", replaced("ISIS3", name="dem.tif"), "E_FORMAT"),
    Forgery("cube: map beside", replaced("ISIS3", beside=[("dem.prj", OTHER_MAP)]), "E_INDIRECT", is_moved),
    Forgery("cube: map beside in capitals", replaced("ISIS3", beside=[("dem.PRJ", OTHER_MAP)]), "E_INDIRECT"),
    Forgery(
        "cube: world file", replaced("ISIS3", *PLACE, beside=[("dem.cbw", WORLD)]), "E_INDIRECT", is_moved
    ),
    Forgery(
        "cube: plain world file",
        replaced("ISIS3", *PLACE, beside=[("dem.wld", WORLD)]),
        "E_INDIRECT",
        is_moved,
    ),
    Forgery("cube: sidecar", replaced("ISIS3", beside=[("dem.cub.aux.xml", PAM)]), "ok", calls_out),
    Forgery(
        "cube: mask, overview",
        replaced("ISIS3", beside=[("dem.cub.msk", NETWORK_VRT), ("dem.cub.ovr", NETWORK_VRT)]),
        "ok",
        has_overviews,
    ),
    Forgery(
        "cube: label as cells",
        replaced("ISIS3", (CORE, "StartByte = 1              ")),
        "E_CORRUPT",
        is_garbled,
    ),
    Forgery(
        "cube: cells before the file",
        replaced("ISIS3", (CORE, "StartByte = -5             ")),
        "E_CORRUPT",
        is_garbled,
    ),
    Forgery(
        "cube: cells after the file", replaced("ISIS3", (CORE, "StartByte = 2000000000     ")), "E_CORRUPT"
    ),
    Forgery("cube: no end", cut("ISIS3", 900), "E_CORRUPT"),
    Forgery("cube: last row short", cut("ISIS3", 65536 + ROWS * COLUMNS - 7), "E_CORRUPT", is_garbled),
    Forgery("cube: no cells", cut("ISIS3", 65536), "E_CORRUPT"),
    Forgery(
        "cube: huge",
        replaced("ISIS3", ("Samples = 40", "Samples = 1900000000"), ("Lines   = 24", "Lines = 1900000000")),
        "E_BLOCK",
    ),
    Forgery(
        "cube: one tile",
        replaced("ISIS3", ("= BandSequential", "= Tile\nTileSamples = 60000\nTileLines = 60000")),
        "E_BLOCK",
    ),
    Forgery(
        "cube: nested",
        replaced("ISIS3", ("  Object = Core", "Group = a\n" * 5000 + "  Object = Core")),
        "E_CORRUPT",
    ),
]
LABELS = [
    Forgery(
        "PDS4: file in a parent", replaced("PDS4", named("../out/secret.bin")), "E_OUTSIDE", is_the_secret
    ),
    Forgery("PDS4: file is a text", replaced("PDS4", named("../out/secret.txt")), "E_OUTSIDE", is_the_text),
    Forgery(
        "PDS4: file by references",
        replaced("PDS4", named("&#x2e;&#46;/out/secret.bin")),
        "E_OUTSIDE",
        is_the_secret,
    ),
    Forgery(
        "PDS4: file as literal",
        replaced("PDS4", named("<![CDATA[../out/secret.bin]]>")),
        "E_OUTSIDE",
        is_the_secret,
    ),
    Forgery(
        "PDS4: file as attribute",
        replaced("PDS4", ("<File>", '<File file_name="../out/secret.bin">'), (FILE, "")),
        "E_CORRUPT",
        is_the_secret,
    ),
    Forgery("PDS4: file by absolute path", replaced("PDS4", named("/etc/passwd")), "E_OUTSIDE"),
    Forgery("PDS4: file on the network", replaced("PDS4", named("/vsicurl/http://ADDRESS/x")), "E_OUTSIDE"),
    Forgery("PDS4: file below", replaced("PDS4", named("below/dem.img")), "E_OUTSIDE"),
    Forgery("PDS4: link", linked, "E_OUTSIDE", is_the_secret),
    Forgery(
        "PDS4: document type",
        replaced("PDS4", ("?>\n<?xml-model", "?>\n" + DOCTYPE + "]>\n<?xml-model"), named("&a;")),
        "E_INDIRECT",
    ),
    Forgery(
        "PDS4: laughs",
        replaced(
            "PDS4",
            ("?>\n<?xml-model", "?>\n" + DOCTYPE + LAUGHS + "]>\n<?xml-model"),
            ("<title>", "<title>&b10;&e;"),
        ),
        "E_INDIRECT",
    ),
    Forgery(
        "PDS4: table elsewhere",
        replaced(
            "PDS4",
            (
                AREA,
                f"{AREA}<File><file_name>../out/secret.txt</file_name></File>{TABLE}</File_Area_Observational>{AREA}",
            ),
        ),
        "E_INDIRECT",
        names_the_secret,
    ),
    Forgery("PDS4: table", replaced("PDS4", ("</File>", "</File>" + TABLE)), "E_INDIRECT"),
    Forgery(
        "PDS4: two files",
        replaced(
            "PDS4",
            (AREA, f"{AREA}<File><file_name>dem.img</file_name></File></File_Area_Observational>{AREA}"),
        ),
        "E_FORMAT",
    ),
    Forgery(
        "PDS4: cells are a document",
        replaced("PDS4", named("x.vrt"), beside=[("x.vrt", NETWORK_VRT.ljust(2000))]),
        "ok",
        is_garbled,
    ),
    Forgery("PDS4: the label as cells", replaced("PDS4", named("dem.xml")), "E_CORRUPT", is_garbled),
    Forgery("PDS4: no file", replaced("PDS4", named("none.img")), "E_CORRUPT"),
    Forgery(
        "PDS4: collection", replaced("PDS4", ("Product_Observational", "Product_Collection")), "E_FORMAT"
    ),
    Forgery(
        "PDS4: foreign elements", replaced("PDS4", ('xmlns="http://pds', 'xmlns="http://not')), "E_FORMAT"
    ),
    Forgery("PDS4: sidecar", replaced("PDS4", beside=[("dem.xml.aux.xml", PAM)]), "ok", calls_out),
    Forgery(
        "PDS4: mask, overview",
        replaced("PDS4", beside=[("dem.xml.msk", NETWORK_VRT), ("dem.xml.ovr", NETWORK_VRT)]),
        "ok",
        has_overviews,
    ),
    Forgery("PDS4: last row short", cut("PDS4", ROWS * COLUMNS - 7, ".img"), "E_CORRUPT", is_garbled),
    Forgery("PDS4: no cells", cut("PDS4", 0, ".img"), "E_CORRUPT"),
    Forgery(
        "PDS4: far cells",
        replaced("PDS4", ('<offset unit="byte">0', '<offset unit="byte">9000000000')),
        "E_CORRUPT",
    ),
    Forgery(
        "PDS4: cells before the file",
        replaced("PDS4", ('<offset unit="byte">0', '<offset unit="byte">-40')),
        "E_CORRUPT",
    ),
    Forgery(
        "PDS4: huge",
        replaced("PDS4", ("<elements>40", "<elements>1900000000"), ("<elements>24", "<elements>1900000000")),
        "E_BLOCK",
    ),
    Forgery("PDS4: nested", replaced("PDS4", ("<title>", "<title>" + "<a>" * 50_000)), "E_CORRUPT"),
    Forgery("PDS4: long label", replaced("PDS4", ("<title>", "<title>" + " " * (4 << 20))), "E_CORRUPT"),
]
WITHOUT = {"without": (b"uuid", b"asoc")}
JPEGS = [
    Forgery("JP2: GML with links", gml_box(GML, **WITHOUT), "E_NO_CRS", is_whole),
    Forgery("JP2: features with links", gml_box(FEATURES), "ok", is_whole),
    Forgery("JP2: overview elsewhere", xml_box(OVERVIEW), "E_INDIRECT", calls_out),
    Forgery(
        "JP2: entities",
        xml_box(
            "<?xml version='1.0'?>"
            + DOCTYPE
            + "]><GDALMultiDomainMetadata><Metadata><MDI key='A'>&e;</MDI></Metadata></GDALMultiDomainMetadata>"
        ),
        "ok",
        is_whole,
    ),
    Forgery(
        "JP2: nested boxes",
        boxed(b"".join(struct.pack(">I", 8 * (9000 - i)) + b"asoc" for i in range(9000))),
        "E_CORRUPT",
        is_whole,
    ),
    Forgery("JP2: nested elements", xml_box("<GDALMultiDomainMetadata>" + "<a>" * 200_000), "ok", is_whole),
    Forgery("JP2: many boxes", boxed(box(b"free", b"") * 20_000), "E_CORRUPT", is_whole),
    Forgery("JP2: box beyond the file", boxed(struct.pack(">I4sQ", 1, b"xml ", 1 << 62)), "E_CORRUPT"),
    Forgery("JP2: box too short", boxed(struct.pack(">I4s", 3, b"xml ")), "E_CORRUPT"),
    Forgery(
        "JP2: world file",
        boxed(without=(b"uuid", b"asoc"), beside=[("dem.j2w", WORLD)]),
        "E_NO_TRANSFORM",
        lambda _, d: d.transform.a == 7,
    ),
    Forgery(
        "JP2: plain world file",
        boxed(without=(b"uuid", b"asoc"), beside=[("dem.wld", WORLD)]),
        "E_NO_TRANSFORM",
        lambda _, d: d.transform.a == 7,
    ),
    Forgery("JP2: sidecar", boxed(beside=[("dem.jp2.aux.xml", PAM)]), "ok", calls_out),
    Forgery(
        "JP2: mask, overview",
        boxed(beside=[("dem.jp2.msk", NETWORK_VRT), ("dem.jp2.ovr", NETWORK_VRT)]),
        "ok",
        has_overviews,
    ),
    Forgery(
        "JP2: metadata of other missions",
        boxed(beside=[("dem.IMD", 'version = "AA";\n'), ("dem.RPB", "x")]),
        "ok",
        lambda _, d: len(d.files) > 1,
    ),
    Forgery("JP2: half", cut("JP2OpenJPEG", -300), "E_CORRUPT"),
    Forgery("JP2: end cut off", cut("JP2OpenJPEG", -2), "E_CORRUPT"),
    Forgery("JP2: zeros at its end", zeroed, "E_CORRUPT", is_altered),
    Forgery("JP2: tiny code blocks", declaring(8000, 8000, block=(0, 0)), "E_BLOCK"),
    Forgery("JP2: tiny precincts", declaring(1500, 1300, precinct=0x11), "E_BLOCK"),
    Forgery(
        "JP2: tiny precincts of one component",
        declaring(1500, 1300, special=struct.pack(">8B", 0, 1, 5, 4, 4, 0, 1, 0x11) + b"\x11" * 5),
        "E_BLOCK",
    ),
    Forgery("JP2: impossible precincts", declaring(1500, 1300, precinct=0), "E_CORRUPT"),
    Forgery("JP2: many layers", declaring(900, 900, precinct=0x55, layers=65535), "E_BLOCK"),
    Forgery("JP2: many components", declaring(900, 900, components=2000), "E_BLOCK"),
    Forgery("JP2: many large components", declaring(1024, 1024, components=70), "E_BLOCK"),
    Forgery("JP2: many tiles", declaring(30_000, 30_000, tile=(128, 128)), "E_BLOCK"),
    Forgery("JP2: tiles missing", declaring(256, 256, tile=(128, 128)), "E_CORRUPT"),
    Forgery("JP2: thin", declaring(2**31 - 1, 9), "E_BLOCK"),
    Forgery("JP2: huge", declaring(2**32 - 1, 2**32 - 1), "E_BLOCK"),
    Forgery("JP2: declares much", declaring(40_000, 40_000, block=(4, 4)), "E_BOMB"),
    Forgery(
        "JP2: a tile cut otherwise",
        declaring(1500, 1300, in_tile=bytes([0xFF, 0x52, 0, 18, 1, 2, 0, 1, 0, 5, 0, 0, 0, 1, *[0x11] * 6])),
        "E_BLOCK",
    ),
    Forgery("JP2: unknown segment", declaring(40, 24, in_tile=b"\xff\x30\0\x04\0\0"), "E_CORRUPT"),
]
FORGERIES = [*CUBES, *LABELS, *JPEGS]
each = pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.name)


@pytest.fixture
def place(scene):
    """Return the scene with secrets of the right size, and an address of its own: GDAL keeps refusals."""
    scene.address += f"/{next(NUMBERS)}"
    (scene.root / "out" / "secret.bin").write_bytes(bytes([scene.mark]) * ROWS * COLUMNS)
    return scene


def contents(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


@each
def test_no_forgery_leaks_calls_out_or_writes(place, forgery, capsys):
    path = forgery.make(place)
    before = contents(place.root)
    if forgery.code == "ok":
        read_ortho(path)
    else:
        with pytest.raises(InputError, match=forgery.code) as caught:
            read_ortho(path)
        assert caught.value.fix
        assert place.canary not in f"{caught.value} {caught.value.as_dict()} {caught.value.__cause__}"
    with contextlib.suppress(InputError):
        read_dem(path)
    assert run(["info", str(path)]) in (0, 2)
    told = capsys.readouterr()
    assert place.canary not in told.out + told.err
    assert contents(place.root) == before
    assert place.asked() == []


@pytest.mark.parametrize("forgery", [f for f in FORGERIES if f.harm], ids=lambda forgery: forgery.name)
def test_plain_gdal_does_with_a_forgery_what_it_says(place, forgery):
    path = forgery.make(place)
    harmed = False
    with warnings.catch_warnings(action="ignore"):
        try:
            with rasterio.open(os.fspath(path)) as dataset:
                harmed = forgery.harm(place, dataset)
        except rasterio.errors.RasterioIOError:
            harmed = bool(place.asked())
            if not harmed:
                pytest.skip(f"this GDAL ({rasterio.__gdal_version__}) refuses it by itself")
    assert harmed


@pytest.mark.parametrize(
    "forgery", [f for f in FORGERIES if f.code == "ok"], ids=lambda forgery: forgery.name
)
def test_what_is_let_through_is_where_the_good_file_is(place, forgery):
    path = forgery.make(place)
    with open_raster(path, role="ortho") as dataset:
        assert dataset.transform[:6] == (1.25, 0, 4_590_000, 0, -1.25, 1_093_000)
        assert {Path(name).suffix for name in dataset.files} <= {".cub", ".xml", ".jp2", ".img", ".vrt"}
        assert "OVERVIEW_FILE" not in dataset.tags(ns="OVERVIEWS")


@pytest.mark.parametrize(
    ("driver", "pair"), [("ISIS3", elsewhere("../out/secret.bin")), ("PDS4", named("../out/secret.bin"))]
)
def test_files_that_a_driver_opened_outside_are_refused_once_more(place, driver, pair, monkeypatch):
    """Should a label be read otherwise by GDAL than here, the list of what it opened is there to tell."""
    path = replaced(driver, pair)(place)
    monkeypatch.setattr(guard, "other_driver", lambda _: driver)
    with pytest.raises(InputError, match="E_OUTSIDE"), open_raster(path, role="ortho"):
        pass


def test_a_link_out_of_the_folder_is_refused_before_it_is_opened(place):
    with pytest.raises(InputError, match="E_OUTSIDE"):
        check_pds4(linked(place))


@pytest.mark.parametrize(
    ("title", "text"),
    [("<a>" * 99 + "</a>" * 99, "nested too deep"), (" " * (4 << 20), "more than 4194304 bytes")],
)
def test_a_label_has_bounds(place, title, text):
    with pytest.raises(InputError, match=f"E_CORRUPT.*{text}"):
        check_pds4(replaced("PDS4", ("<title>", f"<title>{title}"))(place))


@pytest.mark.parametrize(("name", "text"), [("dem.prj", OTHER_MAP), ("dem.psw", WORLD), ("dem.WLD", WORLD)])
def test_a_pds3_label_is_not_overridden_either(place, name, text):
    label = place.pds()
    (label.parent / name).write_text(text)
    with pytest.raises(InputError, match=f"E_INDIRECT.*GDAL would obey {name}.*--use-sidecars"):
        read_dem(label)
    assert "W_SIDECAR_USED" in {notice.code for notice in read_dem(label, use_sidecars=True).notices}


THREADS = """
import sys, warnings, numpy as np, rasterio
warnings.simplefilter("ignore")
path, threads = sys.argv[1:]
with rasterio.Env(GDAL_NUM_THREADS=threads), rasterio.open(path, driver="JP2OpenJPEG") as dataset:
    try:
        dataset.read(1)
        print("read")
    except rasterio.errors.RasterioIOError:
        print("refused")
"""


@pytest.mark.parametrize(("threads", "found"), [("4", "read"), ("1", "refused")])
def test_tiles_that_are_missing_are_errors_with_one_thread_only(place, threads, found):
    """With several threads GDAL 3.10 hands out what memory held; the door also counts the tiles."""
    path = declaring(512, 512, tile=(128, 128))(place)
    done = subprocess.run(
        [sys.executable, "-c", THREADS, path, threads], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == found
    with pytest.raises(InputError, match="E_CORRUPT.*1 of 16 tiles"):
        read_ortho(path)


def test_a_jpeg_2000_is_decoded_by_one_thread(place):
    with open_raster(boxed()(place), role="ortho"):
        options = rasterio.env.getenv()
    assert options["GDAL_NUM_THREADS"] == "1"
    assert options["GDAL_GEOREF_SOURCES"] == "INTERNAL,PAM"


MEMORY = """
import re, sys, warnings
from pathlib import Path
warnings.simplefilter("ignore")
import rasterio
from jezero_sites.errors import InputError
from jezero_sites.io.ortho import read_ortho
path, how = sys.argv[1:]
def most():  # of this process alone: what getrusage tells, it inherits
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = most()
try:
    rasterio.open(path).read(1, window=((0, 9), (0, 9))) if how == "plain" else read_ortho(path)
except (rasterio.errors.RasterioIOError, InputError):
    pass
print((most() - before) >> 10)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by Linux")
@pytest.mark.parametrize(("how", "least", "most"), [("plain", 250, 4000), ("door", 0, 40)])
def test_a_header_of_tiny_precincts_takes_no_memory_at_the_door(place, how, least, most):
    path = declaring(1100, 900, precinct=0x11)(place)
    assert path.stat().st_size < 12_000
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, path, how], capture_output=True, text=True, check=True
    )
    assert least <= int(done.stdout) <= most  # MiB


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (boxed(struct.pack(">I4s", 3, b"xml ")), "shorter than its head"),
        (cut("JP2OpenJPEG", -2), "longer than there is room"),
        (declaring(40, 24, in_tile=b"\xff\x30\0\x04\0\0"), "no marker of JPEG 2000"),
        (zeroed, "no end mark"),
    ],
)
def test_what_is_wrong_with_a_jpeg_2000_is_told(place, make, text):
    with pytest.raises(InputError, match=f"E_CORRUPT.*{text}"):
        check_jp2(make(place))


ENDLESS = """
import signal, sys, rasterio
signal.alarm(5)
rasterio.open(sys.argv[1], driver="JP2OpenJPEG").interleaving
"""


def test_a_box_without_length_in_another_does_not_hold_up(place):
    """GDAL 3.10 walks on from it by nothing, for ever, when it is asked how the cells are stored."""
    inner = box(b"lbl ", b"gml.data") + struct.pack(">I4s", 0, b"none") + bytes(40)
    path = boxed(box(b"asoc", inner))(place)
    with pytest.raises(InputError, match="E_CORRUPT.*shorter than its head"):
        read_ortho(path)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", ENDLESS, path], check=False)
    if done.returncode == 0:
        pytest.skip(f"this GDAL ({rasterio.__gdal_version__}) comes back by itself")
    assert done.returncode == -signal.SIGALRM


@pytest.mark.parametrize("length", [13, 5000])
def test_a_part_of_a_tile_keeps_to_its_stream(place, length):
    path = declaring(40, 24)(place)
    content = path.read_bytes()
    at = content.index(b"\xff\x90\0\x0a") + 6
    path.write_bytes(content[:at] + struct.pack(">I", length) + content[at + 4 :])
    with pytest.raises(InputError, match="E_CORRUPT.*cut short"):
        check_jp2(path)


def test_the_head_of_a_tile_hidden_in_another_is_found(place):
    path = converted(place.inside, "JP2OpenJPEG")
    content = path.read_bytes()
    at = content.index(b"\xff\x93") + 40
    path.write_bytes(content[:at] + b"\xff\x90\0\x0a" + content[at + 4 :])
    with pytest.raises(InputError, match="E_CORRUPT.*within another"):
        check_jp2(path)


MUTANTS = """
import resource, sys
from pathlib import Path
import numpy as np
from test_raster_fuzz import mutant
from jezero_sites.errors import JezeroError
from jezero_sites.io.ortho import read_ortho
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
path, low, high = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
whole, generator, outcomes = path.read_bytes(), np.random.default_rng(7), []
for _ in range(300):
    path.write_bytes(whole[:low] + mutant(whole[low:high], generator) + whole[high:])
    try:
        read_ortho(path)
        outcomes.append("ok")
    except JezeroError as error:
        assert error.fix and error.field and error.file, error
        outcomes.append(error.code)
print(len(outcomes), *sorted(set(outcomes)))
"""


@pytest.mark.parametrize(("driver", "high"), [("ISIS3", 1400), ("PDS4", 1 << 20), ("JP2OpenJPEG", 1 << 20)])
def test_mutants_are_read_or_refused(place, driver, high):
    path = converted(place.inside, driver)
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", MUTANTS, path, "0", str(high)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-500:]
    count, *outcomes = done.stdout.split()
    assert count == "300"
    assert {"ok", "E_CORRUPT"} <= set(outcomes)
