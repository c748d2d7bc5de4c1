"""Small rasters with known answers, good ones to be spoilt one property at a time."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine

BASE = Affine(1.25, 0.0, 4_590_000.0, 0.0, -1.25, 1_093_000.0)
SHAPE = (70, 90)


def heights(shape=SHAPE):
    rows, cols = np.indices(shape)
    return (-2500 + 0.5 * rows - 0.25 * cols + 0.125 * ((rows * cols) % 7)).astype("float32")


@pytest.fixture
def make_tiff(tmp_path):
    """Return a function that writes a good DEM with some properties changed."""

    def make(name="dem.tif", values=None, *, unit="metre", tags=None, scales=None, mask=None, **profile):
        values = heights() if values is None else np.asarray(values)
        bands = values if values.ndim == 3 else values[None]
        settings = {
            "driver": "GTiff",
            "count": len(bands),
            "height": bands.shape[1],
            "width": bands.shape[2],
            "dtype": bands.dtype,
            "crs": "IAU_2015:49910",
            "transform": BASE,
            "nodata": -32768,
            "tiled": True,
            "blockxsize": 32,
            "blockysize": 16,
            "compress": "deflate",
        } | profile
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if settings["transform"] is None:
            del settings["transform"]
        draft = tmp_path / "draft.tif"
        with (
            warnings.catch_warnings(action="ignore"),
            rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"),
            rasterio.open(draft, "w", **settings) as dataset,
        ):
            dataset.units = [unit] * len(bands) if unit else dataset.units
            dataset.update_tags(**({"VERTICAL_DATUM": "MOLA areoid"} if tags is None else tags))
            if scales:
                dataset.scales, dataset.offsets = ([number] * len(bands) for number in scales)
            dataset.write(bands)
            if mask is not None:
                dataset.write_mask(mask)
        shutil.move(draft, path)
        Path(f"{draft}.aux.xml").unlink(missing_ok=True)
        return path

    return make


LABEL = """PDS_VERSION_ID = PDS3
RECORD_TYPE = FIXED_LENGTH
RECORD_BYTES = 64
FILE_RECORDS = 12
^IMAGE = "{image}"
OBJECT = IMAGE
  LINES = {lines}
  LINE_SAMPLES = 16
  SAMPLE_TYPE = PC_REAL
  SAMPLE_BITS = 32
  MISSING_CONSTANT = 16#FF7FFFFB#
END_OBJECT = IMAGE
OBJECT = IMAGE_MAP_PROJECTION
  MAP_PROJECTION_TYPE = "EQUIRECTANGULAR"
  A_AXIS_RADIUS = 3396.19 <KM>
  B_AXIS_RADIUS = 3396.19 <KM>
  C_AXIS_RADIUS = 3396.19 <KM>
  POSITIVE_LONGITUDE_DIRECTION = EAST
  CENTER_LATITUDE = 0.0 <DEG>
  CENTER_LONGITUDE = 0.0 <DEG>
  COORDINATE_SYSTEM_TYPE = "BODY-FIXED ROTATING"
  COORDINATE_SYSTEM_NAME = PLANETOCENTRIC
  MAP_RESOLUTION = 59274.7 <PIXEL/DEG>
  MAP_SCALE = 1.0 <METERS/PIXEL>
  LINE_PROJECTION_OFFSET = 1093000.0
  SAMPLE_PROJECTION_OFFSET = -4590000.0
END_OBJECT = IMAGE_MAP_PROJECTION
{more}END
"""


@pytest.fixture
def make_pds(tmp_path):
    """Return a function that writes a PDS3 image with a detached label."""

    def make(image="dem.img", *, lines=12, more="", write=True):
        folder = tmp_path / "pds"
        folder.mkdir(exist_ok=True)
        label = folder / "dem.lbl"
        text = LABEL.format(image=image, lines=lines, more=more).replace("\n", "\r\n")
        label.write_text(text, newline="")
        if write:
            (folder / image).parent.mkdir(parents=True, exist_ok=True)
            heights((12, 16)).astype("<f4").tofile(folder / image)
        return label

    return make
