"""Rasters read in parts over HTTPS, from hosts that the user has named and from no other.

GDAL's own network reader follows a redirect to any host, so it stays shut; the parts are fetched here,
and GDAL sees them as one file. Certificates are those that Python trusts (``SSL_CERT_FILE`` adds others).
Every part must carry the length and the ETag of the first, else the file has changed between two reads.
"""

from __future__ import annotations

import re
import ssl
import time
import urllib.error
import urllib.request
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from io import RawIOBase
from typing import Any
from urllib.parse import urljoin

from jezero_sites.errors import DiskError, InputError, JezeroError, Notice
from jezero_sites.io.urls import DOWNLOAD, check_url, remote_refusal

HERE = "remote.tif"
"""What GDAL is told to be the name of the file."""

PART_BYTES = 1 << 20
KEPT_PARTS = 32
MAX_REDIRECTS = 3
TIMEOUT_S = 30.0
PART_TIME_S = 300.0
"""Longest time for one part: 3.5 kB a second; what is slower does not end in a day."""

PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Waits before each further attempt; servers that are busy and parts that come short are asked again."""

_BUSY = (429, 500, 502, 503, 504)
_MOVED = (301, 302, 303, 307, 308)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(frozen=True)
class RemoteNotice(Notice):
    """That a raster was read over the network, with what stands for its checksum: ETag and size."""

    etag: str = ""
    size_bytes: int = 0


@contextmanager
def remote_geotiff(url: str, allow_remote: Collection[str]) -> Iterator[RemoteFile]:
    """Give a GeoTIFF on another machine; what fails later for the network's sake says so.

    Raises
    ------
    InputError
        ``E_REMOTE``; ``E_FORMAT`` where it is no TIFF; ``E_INPUT_CHANGED``.
    DiskError
        ``E_READ`` where its server does not answer as it should.
    """
    remote = RemoteFile(url, allow_remote)
    if not remote.read(4).startswith((b"II", b"MM")):
        found, needed, fix = "no GeoTIFF", "a GeoTIFF", "give the URL of the GeoTIFF itself"
        raise InputError("E_FORMAT", found=found, needed=needed, fix=fix, file=url, field="format")
    try:
        yield remote
    except JezeroError as exc:
        raise (remote.error or exc) from exc


class RemoteFile(RawIOBase):
    """A file on another machine that can be read like one on this.

    A failure ends the read short and is kept in ``error``, because GDAL would drop an exception.

    Attributes
    ----------
    size_bytes : int
    etag : str
        The server's ETag, or else its date of the last change; empty where it states none.
    error : JezeroError or None
    """

    def __init__(self, url: str, allow_remote: Collection[str]) -> None:
        check_url(url, allow_remote)
        self.named, self._url, self._allowed = url, url, allow_remote
        self._context = ssl.create_default_context()
        self._parts: OrderedDict[int, bytes] = OrderedDict()
        self._at, self.size_bytes, self.etag = 0, -1, ""
        self.error: JezeroError | None = None
        self._part(0)

    def opener(self, path: str, *_: Any, **__: Any) -> RemoteFile:
        """Give GDAL this file under the name ``HERE``, and no other."""
        if path != HERE:
            raise FileNotFoundError(path)
        self.seek(0)
        return self

    def notice(self) -> RemoteNotice:
        """Return what is to be told and recorded of the file."""
        found = f"read over the network: {self.size_bytes} bytes, ETag {self.etag or 'none'}; no checksum"
        return RemoteNotice("W_REMOTE", found, "", self.named, self.etag, self.size_bytes)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read anywhere."""
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a byte."""
        self._at = max(0, offset + (0, self._at, self.size_bytes)[whence])
        return self._at

    def tell(self) -> int:
        """Return the byte to be read next."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; fewer at the end and after a failure."""
        stop = self.size_bytes if size < 0 else min(self._at + size, self.size_bytes)
        found = bytearray()
        try:
            while self._at + len(found) < stop:
                number, start = divmod(self._at + len(found), PART_BYTES)
                found += self._part(number)[start : start + stop - self._at - len(found)]
        except JezeroError as exc:
            self.error = exc
        self._at += len(found)
        return bytes(found)

    def _part(self, number: int) -> bytes:
        if number not in self._parts:
            self._parts[number] = self._fetched(number * PART_BYTES)
        self._parts.move_to_end(number)
        while len(self._parts) > KEPT_PARTS:
            self._parts.popitem(last=False)
        return self._parts[number]

    def _fetched(self, start: int) -> bytes:
        """Return a part from the network, asking again where that may help."""
        for pause in (*PAUSES_S, None):
            try:
                return self._asked(start)
            except (OSError, HTTPException) as exc:
                status = exc.code if isinstance(exc, urllib.error.HTTPError) else None
                is_trust = isinstance(getattr(exc, "reason", exc), ssl.SSLCertVerificationError)
                if pause is None or is_trust or (status is not None and status not in _BUSY):
                    reason = f"{type(exc).__name__}: {getattr(exc, 'reason', exc)}"
                    raise self._failed(f"HTTP {status}" if status else reason) from exc
                time.sleep(pause)
        raise AssertionError  # the last attempt returns or raises

    def _asked(self, start: int) -> bytes:
        wanted = f"bytes={start}-{start + PART_BYTES - 1}"
        for _ in range(MAX_REDIRECTS + 1):
            request = urllib.request.Request(self._url, headers={"Range": wanted})  # noqa: S310 - https: check_url
            try:
                with _opener(self._context)(request, timeout=TIMEOUT_S) as answer:
                    return self._checked(answer.status, answer.headers, self._body(answer), start)
            except urllib.error.HTTPError as exc:
                exc.close()
                if exc.code not in _MOVED:
                    raise
                self._url = urljoin(self._url, exc.headers.get("Location", ""))
                check_url(self._url, self._allowed)
        raise self._failed(f"more than {MAX_REDIRECTS} redirects")

    def _body(self, answer: Any) -> bytes:
        """Return the body of an answer that comes in time; a server may not hold us with a byte now and then."""
        body, until = bytearray(), time.monotonic() + PART_TIME_S
        while len(body) <= PART_BYTES and (more := answer.read1(1 << 16)):
            body += more
            if time.monotonic() > until:
                raise self._failed(f"a part of {PART_BYTES >> 20} MiB took more than {PART_TIME_S:g} s")
        return bytes(body)

    def _checked(self, status: int, headers: HTTPMessage, body: bytes, start: int) -> bytes:
        """Return the body of an answer that is the part that was asked for."""
        span = _RANGE.fullmatch(headers.get("Content-Range", ""))
        if status != 206 or not span or int(span[1]) != start:
            found, needed = "the server does not give parts of a file", "an answer 206 with its range"
            raise remote_refusal(self.named, found=found, needed=needed)
        size = int(span[3])
        etag = (headers.get("ETag") or headers.get("Last-Modified") or "")[:200]
        if self.size_bytes < 0:
            self.size_bytes, self.etag = size, etag
        if (size, etag) != (self.size_bytes, self.etag):
            found = f"the file changed while it was read: {size} bytes, ETag {etag or 'none'}"
            needed = f"{self.size_bytes} bytes, ETag {self.etag or 'none'}"
            fix = "run again when it is at rest"
            code, named = "E_INPUT_CHANGED", self.named
            raise InputError(
                code, found=found, needed=needed, fix=fix, file=named, field="etag", transient=True
            )
        if len(body) != min(PART_BYTES, size - start):
            raise HTTPException(f"{len(body)} bytes of a part")
        return body

    def _failed(self, found: str) -> DiskError:
        fix = f"try again, or {DOWNLOAD}"
        needed = "an answer of its server"
        return DiskError(
            "E_READ", found=found[:300], needed=needed, fix=fix, file=self.named, field="url", transient=True
        )


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: it comes out as an error, and its goal is checked like any other URL."""

    def redirect_request(self, *_: Any) -> None:
        """Return no request."""


def _opener(context: ssl.SSLContext) -> Callable[..., Any]:
    https = urllib.request.HTTPSHandler(context=context)
    return urllib.request.build_opener(https, _Stay()).open
