"""Which URLs may be read: those of GeoTIFFs by HTTPS on hosts that the user has named."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import urlsplit

from jezero_sites.errors import InputError

DOWNLOAD = "download it and name the local file"

_ENDINGS = (".tif", ".tiff")
_PLAIN = re.compile(r"[!-~]+")
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9_.,~+()/-]*")
_FORM = "https://HOST/NAME.tif"


def as_named(path: str | Path) -> str:
    """Return a path as text, with the second slash of a URL that :class:`~pathlib.Path` takes away.

    >>> as_named(Path("https://example.org/dem.tif"))
    'https://example.org/dem.tif'
    """
    return re.sub(r"^(https?):/(?=[^/])", r"\1://", str(path))


def check_url(url: str, allow_remote: Collection[str]) -> None:
    """Refuse a URL that is not a GeoTIFF by HTTPS on a host of the list; nothing is asked of the network.

    Parameters
    ----------
    url : str
    allow_remote : collection of str
        Hosts as ``example.org``, which means its port 443, or ``example.org:8443``.

    Raises
    ------
    InputError
        ``E_REMOTE``.
    """
    if not allow_remote:
        found, needed = "a URL", "the path of a file on this machine"
        raise remote_refusal(url, found=found, needed=needed, fix=f"{DOWNLOAD}, or --allow-remote HOST")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
    except ValueError as exc:
        raise remote_refusal(url, found=f"no URL: {exc}", needed=_FORM) from exc
    if parts.scheme != "https" or not url.startswith("https://"):
        raise remote_refusal(url, found=f"the scheme {parts.scheme[:20]!r}", needed="https")
    if not _PLAIN.fullmatch(url) or parts.netloc.lower() not in (host, f"{host}:{port}"):
        raise remote_refusal(url, found="a user name, a password or an unusual host", needed=_FORM)
    allowed = {name if ":" in name else f"{name}:443" for name in (h.lower() for h in allow_remote)}
    if f"{host}:{port}" not in allowed:
        needed = f"one of {', '.join(sorted(allow_remote))}"
        fix = f"--allow-remote {host if port == 443 else f'{host}:{port}'}, if you trust it"
        raise remote_refusal(url, found=f"the host {host}:{port}", needed=needed, fix=fix)
    if parts.query or parts.fragment or not _PLAIN_PATH.fullmatch(parts.path):
        raise remote_refusal(url, found="a query or unusual characters", needed=_FORM)
    if not parts.path.lower().endswith(_ENDINGS):
        raise remote_refusal(url, found="no name of a GeoTIFF", needed=f"a name in {' or '.join(_ENDINGS)}")


def remote_refusal(url: str, *, found: str, needed: str, fix: str = DOWNLOAD) -> InputError:
    """Return ``E_REMOTE`` for a URL."""
    named = url[:200]
    return InputError("E_REMOTE", found=found, needed=needed, fix=fix, file=named, field="path")
