"""gdaldem of GDAL as an independent witness: heights in, what it makes of them out.

It is run on a file of our own making, never on a user's, without a shell and with an environment of a few
fixed words. It knows one cell size for a whole raster and adds heights in float32, so it is given a plain
grid in metres and heights that :mod:`jezero_sites.pipeline.check.verification` has moved towards 0.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from affine import Affine

from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError
from jezero_sites.io.guard import open_raster
from jezero_sites.io.write import write_raster
from jezero_sites.raster import Grid

TIMEOUT_S = 600.0
"""A run of gdaldem on a few million cells takes seconds; after this it is stopped."""

INSTALL = "install GDAL's programs (Debian and Ubuntu: apt-get install gdal-bin; conda: libgdal-core)"

_METRES = (
    'ENGCRS["plain metres",EDATUM["none"],CS[Cartesian,2],'
    'AXIS["easting",east],AXIS["northing",north],LENGTHUNIT["metre",1]]'
)
_ENVIRONMENT = {
    "PATH": os.defpath,
    "LC_ALL": "C",
    "GDAL_PAM_ENABLED": "NO",
    "GDAL_DRIVER_PATH": "disable",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
}


@dataclass(frozen=True)
class Gdaldem:
    """The program that was found, and its version."""

    program: Path
    version: str


def find_gdaldem() -> Gdaldem:
    """Return gdaldem as a shell would find it.

    Raises
    ------
    InputError
        ``E_NO_GDALDEM`` where it is not installed; ``E_GDALDEM`` where it does not run.
    """
    found = shutil.which("gdaldem")
    if found is None:
        needed = "GDAL's program gdaldem, to compare with"
        raise InputError(
            "E_NO_GDALDEM", found="gdaldem is not installed", needed=needed, fix=INSTALL, field="gdaldem"
        )
    program = Path(found).absolute()
    done = _run([str(program), "--version"], program.parent)  # some versions answer and end with code 1
    version = re.match(r"GDAL (\d[^\s,]*)", done.stdout.decode("utf-8", "replace"))
    if version is None:
        raise _failed(f"{program} does not tell its version")
    return Gdaldem(program, version[1])


@contextmanager
def witness(gdaldem: Gdaldem, heights_m: FloatArray, *, dx_m: float, dy_m: float) -> Iterator[Witness]:
    """Give gdaldem these heights on one cell size; its files are removed at the end.

    Parameters
    ----------
    gdaldem : Gdaldem
    heights_m : array of shape (rows, columns)
        Numbers that float32 holds exactly; NaN where unknown. At least 9 cells a side.
    dx_m, dy_m : float
        Width and height of every cell, in metres.
    """
    with tempfile.TemporaryDirectory(prefix="jezero_sites-verify-") as name:
        folder = Path(name)
        _write(folder / "heights.tif", heights_m, dx_m, dy_m)
        yield Witness(gdaldem, folder)


@dataclass(frozen=True)
class Witness:
    """gdaldem with heights to look at."""

    gdaldem: Gdaldem
    folder: Path

    def says(self, *mode: str) -> FloatArray:
        """Return what gdaldem makes of the heights, float64; NaN where it gives no value.

        Parameters
        ----------
        mode : str
            Words of gdaldem's command line: the mode and its options.

        Raises
        ------
        InputError
            ``E_GDALDEM`` where it fails or does not come to an end.
        """
        made = self.folder / "made.tif"
        made.unlink(missing_ok=True)
        name, *options = mode
        done = _run([str(self.gdaldem.program), name, "heights.tif", made.name, "-q", *options], self.folder)
        if done.returncode != 0:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise _failed(": ".join([f"'gdaldem {name}' ended with code {done.returncode}", *last])[:400])
        with open_raster(made, role="ortho") as dataset:
            values: FloatArray = dataset.read(1).astype(np.float64)
            if dataset.nodata is not None:
                values[values == dataset.nodata] = np.nan
        return values


def _write(path: Path, heights_m: FloatArray, dx_m: float, dy_m: float) -> None:
    import pyproj

    rows = len(heights_m)
    transform = Affine(dx_m, 0.0, 0.0, 0.0, -dy_m, rows * dy_m)
    grid = Grid(heights_m.shape, transform, pyproj.CRS.from_wkt(_METRES), np.full(rows, dx_m), dy_m)
    about = {
        "names": ["heights"],
        "units": ["m"],
        "tags": [{}],
        "nodata": float("nan"),
        "overview": "average",
    }
    write_raster(path, [heights_m], grid=grid, **about)  # type: ignore[arg-type]


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; nothing of the user's environment reaches it."""
    words = f"'gdaldem {command[1]}'"
    try:
        return subprocess.run(  # noqa: S603 - a list of our own words, no shell
            command,
            cwd=folder,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise _failed(f"{words} did not end within {TIMEOUT_S:g} s") from exc
    except OSError as exc:
        raise _failed(f"{words} cannot be run: {exc.strerror or exc}") from exc


def _failed(found: str) -> InputError:
    return InputError(
        "E_GDALDEM",
        found=found,
        needed="a gdaldem of GDAL 3.3 or later that works",
        fix=INSTALL,
        field="gdaldem",
    )
