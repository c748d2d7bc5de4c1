"""Formats that are known and not opened: each named with the way to a GeoTIFF.

ISIS3 cubes, PDS4 and VICAR labels may name other files to read, and GDAL's drivers for them have not been
tried against forged ones; so they stay outside until they have.
"""

from __future__ import annotations

import re
from pathlib import Path

from jezero_sites.errors import InputError
from jezero_sites.io.files import read_start

_START_BYTES = 4096
_CONVERT = "gdal_translate IN OUT.tif"
_TRUSTED = f"if you trust where it is from: {_CONVERT}"

_BY_START = (
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "a JPEG 2000 image", _CONVERT),
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


def refuse_foreign(path: Path) -> None:
    """Refuse a file of a known other format with ``E_FORMAT``, and say how to convert it."""
    head = read_start(path, _START_BYTES)
    found, fix = _format_of(head)
    if found:
        found = f"{found}; the first bytes are {head[:8]!r}"
        needed = "a GeoTIFF or a PDS3 label"
        raise InputError("E_FORMAT", found=found, needed=needed, fix=fix, file=str(path), field="format")


def _format_of(head: bytes) -> tuple[str, str]:
    """Return the name of a format and what to do about it; empty where it is none of these."""
    for start, name, fix in _BY_START:
        if head.startswith(start):
            return name, fix
    if _ISIS.match(head):
        return "an ISIS3 cube", _TRUSTED
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and _PDS4.search(head):
        return "a PDS4 label", f"give its data file if that is a GeoTIFF; {_TRUSTED}"
    return "", ""
