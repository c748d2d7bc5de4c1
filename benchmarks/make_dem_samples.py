"""Make the bundled synthetic samples: ``python -m benchmarks.make_dem_samples [folder]``.

Two adjoining DEM tiles, one image and a list of made-up tubes. The ground comes from
:mod:`jezero_sites.scenes` and is no place on Mars; the same command gives the same pixels.
"""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS

from jezero_sites.mars import MARS_RADIUS_M
from jezero_sites.scenes import Scene, jezero_like_scene

FOLDER = Path(__file__).parents[1] / "data" / "dem_samples"
SEED = 1
ROWS, COLUMNS, WEST_COLUMNS = 460, 640, 344
CELL_M, IMAGE_CELL_M = 1.0, 0.5
SUN_AZIMUTH_DEG, INCIDENCE_DEG = 285.0, 50.0
LON_DEG, LAT_DEG = 77.43, 18.45  # near the middle of the tiles
NO_DATA = -32767.0
PROJECTION = f"+proj=eqc +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +R={MARS_RADIUS_M:.0f} +units=m +no_defs"
LEFT_M = round(MARS_RADIUS_M * math.radians(LON_DEG)) - COLUMNS // 2
TOP_M = round(MARS_RADIUS_M * math.radians(LAT_DEG)) + ROWS // 2
TAGS = {
    "SYNTHETIC": "yes",
    "SOURCE": f"made by python -m benchmarks.make_dem_samples, seed {SEED}: no place on Mars",
}
TUBES = (  # name, sol, map metres east of the west edge and south of the north edge
    ("Synthetic 1", 101, 372.0, 248.0),
    ("Synthetic 2", 117, 381.5, 256.5),
    ("Synthetic 3", 130, 391.0, 247.0),
    ("Synthetic 4", 164, 150.5, 214.5),
    ("Synthetic 5", 188, 566.0, 262.0),
    ("Synthetic 6, no position", 203, None, None),
    ("Synthetic 7, off the tiles", 219, 1694.0, 230.0),
)


def scene() -> Scene:
    """Return the scene of the samples, on the true ground spacing of its map."""
    middle_rad = (TOP_M - ROWS * CELL_M / 2) / MARS_RADIUS_M
    return jezero_like_scene(
        seed=SEED,
        rows=ROWS,
        columns=COLUMNS,
        cell_m=CELL_M,
        image_cell_m=IMAGE_CELL_M,
        sun_azimuth_deg=SUN_AZIMUTH_DEG,
        incidence_deg=INCIDENCE_DEG,
        width_to_height=math.cos(middle_rad),
        gap=True,
    )


def rounded_heights(elevation_m: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return heights as they are stored: to the centimetre, the missing ones as no-data."""
    return np.where(np.isnan(elevation_m), NO_DATA, np.round(elevation_m, 2)).astype(np.float32)


def write_raster(
    path: Path, values: np.ndarray[Any, Any], *, left_m: float, cell_m: float, tags: dict[str, str]
) -> None:
    """Write one band with its tags; `tags` also holds its DESCRIPTION and UNIT."""
    is_height = values.dtype == np.float32
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype=values.dtype,
        crs=CRS.from_string(PROJECTION),
        transform=Affine(cell_m, 0, left_m, 0, -cell_m, TOP_M),
        nodata=NO_DATA if is_height else 0,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        compress="deflate",
        zlevel=9,
        predictor=3 if is_height else 2,
    ) as file:
        file.write(values, 1)
        file.update_tags(**{name: text for name, text in tags.items() if name not in ("DESCRIPTION", "UNIT")})
        file.set_band_description(1, tags["DESCRIPTION"])
        file.set_band_unit(1, tags["UNIT"])


def write_rasters(folder: Path, made: Scene) -> None:
    """Write the two tiles of heights and the image."""
    datum = "made up; read them as heights above the MOLA areoid"
    tags = TAGS | {"VERTICAL_DATUM": datum, "DESCRIPTION": "synthetic elevation", "UNIT": "metre"}
    heights = rounded_heights(made.elevation_m)
    tiles = {"west": (heights[:, :WEST_COLUMNS], 0), "east": (heights[:, WEST_COLUMNS:], WEST_COLUMNS)}
    for side, (values, column) in tiles.items():
        path = folder / f"jezero_synthetic_dem_{side}.tif"
        write_raster(path, values, left_m=LEFT_M + column * CELL_M, cell_m=CELL_M, tags=tags)
    sun = {"SUN_AZIMUTH_DEG": f"{made.sun_azimuth_deg:g}", "INCIDENCE_DEG": f"{made.incidence_deg:g}"}
    tags = TAGS | sun | {"DESCRIPTION": "synthetic image, not calibrated", "UNIT": "DN"}
    path = folder / "jezero_synthetic_ortho.tif"
    write_raster(path, made.image_dn, left_m=LEFT_M, cell_m=IMAGE_CELL_M, tags=tags)


def write_tubes(folder: Path) -> None:
    """Write the list of made-up tubes."""
    with (folder / "samples_synthetic.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("name", "seal_sol", "lon_deg", "lat_deg", "location", "source"))
        for name, sol, east_m, south_m in TUBES:
            place = ["", ""]
            if east_m is not None and south_m is not None:
                angles = ((LEFT_M + east_m) / MARS_RADIUS_M, (TOP_M - south_m) / MARS_RADIUS_M)
                place = [f"{math.degrees(angle):.8f}" for angle in angles]
            table.writerow((name, sol, *place, "made up", "synthetic: benchmarks.make_dem_samples"))


def main(folder: Path = FOLDER) -> None:
    """Make the samples in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rasters(folder, scene())
    write_tubes(folder)
    for path in sorted(folder.iterdir()):
        print(f"{path.stat().st_size:>9,} bytes  {path.name}")


if __name__ == "__main__":
    main(*(Path(name) for name in sys.argv[1:2]))
