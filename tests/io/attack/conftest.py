"""Files that attack, a secret for them to find, and a server that must not be called."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

CANARY = "CANARY7391"
"""What the secret text holds."""

MARK = 73
"""What the cells of the secret rasters hold."""

SIDE = 32


def vrt(source, *, sub="", more=""):
    inner = f'<SourceFilename relativeToVRT="1">{source}</SourceFilename>'
    if "Raw" not in sub:
        inner = f"<SimpleSource>{inner}<SourceBand>1</SourceBand></SimpleSource>"
    return (
        f'<VRTDataset rasterXSize="{SIDE}" rasterYSize="{SIDE}"><GeoTransform>4590000, 1, 0, 1093000, 0, -1'
        f'</GeoTransform><VRTRasterBand dataType="Byte" band="1" {sub}>{more}{inner}</VRTRasterBand></VRTDataset>'
    )


def written(text, name="dem.tif"):
    def make(scene):
        path = scene.inside / name
        path.write_text(text.replace("ADDRESS", scene.address))
        return path

    return make


def with_sidecar(text):
    def make(scene):
        path = scene.tiff("inside/dem.tif")
        path.with_name("dem.tif.aux.xml").write_text(text.replace("ADDRESS", scene.address))
        return path

    return make


RAW = 'subClass="VRTRawRasterBand"'
RAW_PLACE = "<ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset><LineOffset>32</LineOffset>"
DERIVED = 'subClass="VRTDerivedRasterBand"'
PYTHON = (
    "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
    "<PixelFunctionCode><![CDATA[\ndef f(in_ar, out_ar, *a, **k):\n    open(r'MADE', 'w').write('x')\n"
    "    out_ar[:] = 5\n]]></PixelFunctionCode>"
)
MRF = (
    "<MRF_META><CachedSource><Source>neighbour.tif</Source></CachedSource><Raster>"
    f'<Size x="{SIDE}" y="{SIDE}" c="1"/><PageSize x="{SIDE}" y="{SIDE}" c="1"/><Compression>NONE</Compression>'
    "<DataType>Byte</DataType><DataFile>evil.dat</DataFile><IndexFile>evil.idx</IndexFile></Raster></MRF_META>"
)
WMS = (
    "<GDAL_WMS><Service name='TMS'><ServerUrl>http://ADDRESS/${z}/${x}/${y}.png</ServerUrl></Service><DataWindow>"
    "<UpperLeftX>0</UpperLeftX><UpperLeftY>10</UpperLeftY><LowerRightX>10</LowerRightX><LowerRightY>0</LowerRightY>"
    "<SizeX>64</SizeX><SizeY>64</SizeY></DataWindow><BandsCount>1</BandsCount></GDAL_WMS>"
)
OVERRIDE = (
    "<PAMDataset><SRS>EPSG:32612</SRS><GeoTransform>0, 5, 0, 0, 0, -5</GeoTransform>"
    '<PAMRasterBand band="1"><NoDataValue>-2500</NoDataValue><Scale>2</Scale></PAMRasterBand></PAMDataset>'
)
OVERVIEW = (
    '<PAMDataset><Metadata domain="OVERVIEWS"><MDI key="OVERVIEW_FILE">/vsicurl/http://ADDRESS/evil.tif</MDI>'
    "</Metadata></PAMDataset>"
)


def python_in_vrt(scene):
    text = vrt("neighbour.tif", sub=DERIVED, more=PYTHON)
    return written(text.replace("MADE", str(scene.inside / "made.txt")))(scene)


ATTACKS = {
    "VRT named tif": written(vrt("neighbour.tif")),
    "VRT to a parent": written(vrt("../out/secret.tif")),
    "VRT raw band": written(vrt("../out/secret.txt", sub=RAW, more=RAW_PLACE)),
    "VRT to the network": written(vrt("/vsicurl/http://ADDRESS/x.tif")),
    "VRT with Python": python_in_vrt,
    "MRF": written(MRF),
    "WMS": written(WMS),
    "sidecar": with_sidecar(OVERRIDE),
    "sidecar with an overview": with_sidecar(OVERVIEW),
    "PDS3 to a parent": lambda scene: scene.pds("../out/secret.img", write=False),
    "URL": lambda scene: f"http://{scene.address}/dem.tif",
}


SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(sys.argv[1], "a") as log:
            log.write(self.path + "\\n")
        self.send_error(404)
    do_HEAD = do_GET
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return the address of a server on this machine and the file in which it notes what it was asked.

    It is a process of its own: GDAL may hold this one's lock while it waits for an answer.
    """
    log = tmp_path_factory.mktemp("server") / "asked.txt"
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(log)], stdout=subprocess.PIPE, text=True
    ) as process:
        yield f"127.0.0.1:{process.stdout.readline().strip()}", log
        process.terminate()


@pytest.fixture
def scene(tmp_path, make_tiff, make_pds, server, monkeypatch):
    """Return a folder for the attack, a secret beside it, and a server that must not be called."""
    inside, out = tmp_path / "inside", tmp_path / "out"
    inside.mkdir()
    out.mkdir()
    (out / "secret.txt").write_text(CANARY * 200)
    np.full(12 * 16, MARK, "<f4").tofile(out / "secret.img")
    marked = np.full((SIDE, SIDE), MARK, "uint8")
    make_tiff("out/secret.tif", marked, nodata=None)
    make_tiff("inside/neighbour.tif", marked, nodata=None)
    address, log = server
    log.write_text("")
    monkeypatch.chdir(inside)
    parts = {"root": tmp_path, "inside": inside, "tiff": make_tiff, "pds": make_pds}
    found = SimpleNamespace(**parts, address=address, asked=lambda: log.read_text().split())
    found.attack = lambda name: ATTACKS[name](found)
    found.canary, found.mark = CANARY, MARK
    return found
