"""Each GDAL switch is a second fence: what it stops alone, and what happens without it.

A new wheel with another GDAL may change any of this; then a test here fails before an attack succeeds.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import rasterio

from jezero_sites.io.guard import open_raster

GDAL = tuple(int(part) for part in rasterio.__gdal_version__.split(".")[:2])
Refused = (rasterio.errors.RasterioIOError, rasterio.errors.RasterioError)


def opened(path, switches=(), **options):
    """Open a file with GDAL as it comes and some switches, read it, and return its cells and its place."""
    with (
        warnings.catch_warnings(action="ignore"),
        rasterio.Env(**dict(switches)),
        rasterio.open(os.fspath(path), **options) as dataset,
    ):
        return dataset.read(1), dataset.transform


def fresh(text, *args, **environment):
    """Run a few lines in a process of their own, because GDAL keeps some settings; return what they print."""
    whole = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text, *map(str, args)],
        env=whole,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    "name",
    [
        "VRT named tif",
        "VRT to a parent",
        "VRT raw band",
        "VRT to the network",
        "VRT with Python",
        "MRF",
        "WMS",
    ],
)
def test_a_named_driver_refuses_every_document(scene, name):
    path = scene.attack(name)
    with pytest.raises(Refused, match="not recognized"):
        opened(path, driver="GTiff")
    assert scene.asked() == []


def test_a_named_driver_refuses_inline_xml_and_labels(scene):
    for path in ("<VRTDataset></VRTDataset>", scene.attack("PDS3 to a parent")):
        with pytest.raises(Refused, match="not recognized|No such file"):
            opened(path, driver="GTiff")


def test_a_named_driver_does_not_stop_sidecars_nor_urls(scene):
    assert opened(scene.attack("sidecar"), driver="GTiff")[1].a == 5
    with pytest.raises(Refused, match="404|exist|recognized|open"):
        opened(scene.attack("URL"), driver="GTiff")
    assert scene.asked()


def test_a_list_of_drivers_is_no_way(scene):
    with pytest.raises(TypeError, match="driver|str"):
        opened(scene.attack("sidecar"), driver=["GTiff", "PDS"])


SKIP = """
import sys, rasterio
where, path, other = sys.argv[1:]
if where == "late":
    rasterio.open(other).close()
with rasterio.Env(**({} if where == "environment" else {"GDAL_SKIP": "VRT"})):
    try:
        print(rasterio.open(path).read(1).max())
    except rasterio.errors.RasterioIOError:
        print("refused")
"""


@pytest.mark.parametrize(
    ("where", "found"), [("environment", "refused"), ("first", "refused"), ("late", "73")]
)
def test_skipping_a_driver_works_only_before_the_first_file(scene, where, found):
    environment = {"GDAL_SKIP": "VRT"} if where == "environment" else {}
    path = scene.attack("VRT named tif")
    assert fresh(SKIP, where, path, scene.inside / "neighbour.tif", **environment) == found


SIDECAR_SWITCHES = [
    # switch, does it stop .aux.xml, does it stop .tfw
    ({}, False, False),
    ({"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}, True, True),
    ({"GDAL_DISABLE_READDIR_ON_OPEN": "TRUE"}, False, False),
    ({"GDAL_PAM_ENABLED": "NO"}, True, False),
    ({"GDAL_GEOREF_SOURCES": "INTERNAL"}, True, True),
]


@pytest.mark.parametrize(("switch", "stops_xml", "stops_world_file"), SIDECAR_SWITCHES)
def test_what_stops_sidecars(scene, switch, stops_xml, stops_world_file):
    assert (opened(scene.attack("sidecar"), switch)[1].a != 5) == stops_xml
    bare = scene.tiff("inside/bare.tif", transform=None)
    bare.with_suffix(".tfw").write_text("7\n0\n0\n-7\n4590000\n1093000\n")
    assert (opened(bare, switch)[1].a != 7) == stops_world_file


def test_a_detached_label_opens_although_folders_are_not_listed(scene):
    label = scene.pds("here.img")
    cells, _ = opened(label, {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}, driver="PDS")
    assert cells.shape == (12, 16)


NO_NETWORK = {"CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none"}


@pytest.mark.parametrize(
    ("name", "is_stopped"), [("URL", True), ("VRT to the network", True), ("WMS", False)]
)
def test_what_stops_the_network(scene, name, is_stopped):
    path = scene.attack(name)
    with contextlib.suppress(*Refused):
        opened(path, NO_NETWORK)
    assert (scene.asked() == []) == is_stopped
    with contextlib.suppress(*Refused):
        opened(f"{path}?again" if name == "URL" else path)
    assert scene.asked()


def test_the_switches_for_raw_bands_are_known_from_a_later_gdal(scene):
    switches = {"GDAL_VRT_ENABLE_RAWRASTERBAND": "NO", "GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE": "SIBLING"}
    path = scene.attack("VRT raw band")
    if GDAL >= (3, 12):
        with pytest.raises(Refused, match="."):
            opened(path, switches)
    else:
        assert scene.canary.encode() in opened(path, switches)[0].tobytes()


@pytest.mark.parametrize(
    ("switch", "runs"),
    [({}, False), ({"GDAL_VRT_ENABLE_PYTHON": "NO"}, False), ({"GDAL_VRT_ENABLE_PYTHON": "YES"}, True)],
)
def test_python_in_a_document_runs_only_when_it_is_switched_on(scene, switch, runs):
    path = scene.attack("VRT with Python")
    with contextlib.suppress(*Refused):
        opened(path, switch)
    assert (scene.inside / "made.txt").exists() == runs


@pytest.mark.parametrize(
    ("switch", "writes"),
    [
        ({}, GDAL < (3, 13)),
        ({"MRF_BYPASSCACHING": "TRUE"}, False),
        ({"MRF_ENABLE_CACHING": "NO"}, GDAL < (3, 13)),
        ({"MRF_BYPASSCACHING": "TRUE", "MRF_ENABLE_CACHING": "NO"}, False),
    ],
)
def test_a_cache_is_written_where_the_file_says_unless_it_is_bypassed(scene, switch, writes):
    assert (opened(scene.attack("MRF"), switch)[0] == scene.mark).all()
    assert any(scene.inside.glob("evil.*")) == writes


def test_read_errors_are_errors_unless_they_are_switched_off(scene):
    path = scene.tiff("inside/dem.tif", compress=None)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    for switch in ({}, {"GTIFF_IGNORE_READ_ERRORS": "NO"}):
        with pytest.raises(Refused, match="Read failed"):
            opened(path, switch)
    opened(path, {"GTIFF_IGNORE_READ_ERRORS": "YES"})


CACHE = """
import sys, rasterio
path, size = sys.argv[1:]
rasterio.open(path).read(1, window=((0, 9), (0, 9)))
with rasterio.Env(GDAL_CACHEMAX=int(size)), rasterio.open(path, sharing=False) as dataset:
    corner = ((0, 1), (0, 1))
    before = dataset.read(1, window=corner)[0, 0]
    for _, window in dataset.block_windows(1):
        dataset.read(1, window=window)
    with open(path, "r+b") as stream:
        whole = stream.read()
        stream.seek(0)
        stream.write(whole.replace(b"AAAA", b"BBBB"))
    print("kept" if dataset.read(1, window=corner)[0, 0] == before else "dropped")
"""


@pytest.mark.parametrize(("size", "found"), [(64, "dropped"), (1 << 20, "dropped"), (64 << 20, "kept")])
def test_the_cache_of_blocks_is_bounded_also_when_it_is_set_late(scene, size, found):
    """A block that the cache has dropped is read from the file again, which has changed meanwhile.

    The size is in bytes here, although GDAL's own option takes small numbers for mebibytes.
    """
    marked = np.full((1024, 1536), np.frombuffer(b"AAAA", "<f4")[0], "float32")
    path = scene.tiff("inside/big.tif", marked, blockxsize=256, blockysize=256, compress=None)
    assert fresh(CACHE, path, size) == found


OGR = """
import sys, pyogrio
try:
    print(len(pyogrio.read_dataframe(sys.argv[1])))
except pyogrio.errors.DataSourceError:
    print("refused")
"""
VECTOR_VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource relativeToVRT="1">../out/secret.csv</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.mark.parametrize(("environment", "found"), [({}, "1"), ({"OGR_SKIP": "OGR_VRT"}, "refused")])
def test_a_vector_document_leaks_unless_its_driver_is_skipped(scene, environment, found):
    (scene.root / "out" / "secret.csv").write_text(f"name\n{scene.canary}\n")
    path = scene.inside / "sites.gpkg"
    path.write_text(VECTOR_VRT)
    assert fresh(OGR, path, **environment) == found


def test_memory_cannot_be_opened_by_its_address():
    with pytest.raises(Refused, match="."):
        opened("MEM:::DATAPOINTER=1000,PIXELS=9,LINES=9", driver="MEM")


def test_the_door_opens_behind_all_fences(scene):
    label = scene.pds("here.img")
    common = {
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_PAM_ENABLED": "NO",
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "GTIFF_IGNORE_READ_ERRORS": "NO",
        "MRF_BYPASSCACHING": "TRUE",
        "MRF_ENABLE_CACHING": "NO",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "GDAL_CACHEMAX": 64 << 20,
        "GDAL_HTTP_MAX_RETRY": 5,
    }
    for path, more in ((scene.tiff("inside/dem.tif"), {"GDAL_GEOREF_SOURCES": "INTERNAL"}), (label, {})):
        with open_raster(path, role="dem"):
            assert {k: v for k, v in rasterio.env.getenv().items() if k != "GDAL_DATA"} == common | more
