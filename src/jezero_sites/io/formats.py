"""Formats other than GeoTIFF and PDS3: those that are opened, and those that are named with the way to one.

JPEG 2000, ISIS3 and PDS4 were tried against forged files (``tests/io/attack/test_other_formats.py``). None of
the three drivers is safe by itself; with the checks of :mod:`~jezero_sites.io.jp2` and
:mod:`~jezero_sites.io.labels` before it, each is. What they still fail on stays outside:

- JPEG 2000 code streams without the boxes around them: they say nothing of their place;
- ISIS3 cubes and PDS4 labels whose cells lie in other files or folders, PDS4 tables and several arrays;
- VICAR labels and the rest, which have not been tried.
"""

from __future__ import annotations

import re
from pathlib import Path

from jezero_sites.errors import InputError
from jezero_sites.io.files import RASTERS, read_start
from jezero_sites.io.jp2 import JP2_START, check_jp2
from jezero_sites.io.labels import check_cube, check_pds4

_START_BYTES = 4096
_CONVERT = "gdal_translate IN OUT.tif"
_TRUSTED = f"if you trust where it is from: {_CONVERT}"

_BY_START = (
    (b"\xff\x4f\xff\x51", "a JPEG 2000 codestream", _CONVERT),
    (b"LBLSIZE=", "a VICAR image", _TRUSTED),
    (b"SIMPLE  =", "a FITS image", _TRUSTED),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 or NetCDF-4 file", _TRUSTED),
    (b"CDF\x01", "a NetCDF file", _TRUSTED),
    (b"CDF\x02", "a NetCDF file", _TRUSTED),
    (b"EHFA_HEADER_TAG", "an ERDAS Imagine image", _TRUSTED),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", "give the GeoTIFF that it was made from"),
    (b"\xff\xd8\xff", "a JPEG picture", "give the GeoTIFF that it was made from"),
    (b"PK\x03\x04", "a ZIP archive", "unpack it and name the GeoTIFF within"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and name the GeoTIFF within"),
)
_ISIS = re.compile(rb"\s*Object\s*=\s*IsisCube\b", re.IGNORECASE)
_PDS4 = re.compile(rb"<\s*(?:\w+:)?Product_\w+[^>]*pds\.nasa\.gov/pds4", re.IGNORECASE | re.DOTALL)


def other_driver(path: Path) -> str:
    """Return the driver of a JPEG 2000, ISIS3 or PDS4 file that has been checked; empty for other files.

    Raises
    ------
    InputError
        ``E_FORMAT`` for a known format that is not opened, with the way to convert it; what
        :func:`~jezero_sites.io.jp2.check_jp2`, :func:`~jezero_sites.io.labels.check_cube` and
        :func:`~jezero_sites.io.labels.check_pds4` refuse.
    """
    head = read_start(path, _START_BYTES)
    if head.startswith(JP2_START):
        check_jp2(path)
        return "JP2OpenJPEG"
    if _ISIS.match(head):
        check_cube(path)
        return "ISIS3"
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and _PDS4.search(head):
        check_pds4(path)
        return "PDS4"
    for start, found, fix in _BY_START:
        if head.startswith(start):
            told = f"{found}; the first bytes are {head[:8]!r}"
            raise InputError("E_FORMAT", found=told, needed=RASTERS, fix=fix, file=str(path), field="format")
    return ""
