"""The interactive map: one file that opens anywhere, without a network, and never runs what it shows."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import folium

from jezero_sites.errors import InputError
from jezero_sites.maps.page_data import MAP_BYTES, escaped_json, folder_data, page_data
from jezero_sites.maps.tiles import write_tiles
from jezero_sites.maps.view import RunView

NOTEBOOK_PX = 1000
"""Cells a side of a map inside a notebook, which stores every map it shows."""

VIEWER_PARTS = (
    "base", "ground", "values", "paint", "overlay", "legend", "layers", "rescore", "saving", "tools", "sites",
    "card", "whatif", "rover", "measure", "landing_ellipse", "link", "page",
)  # fmt: skip
"""The viewer's own scripts: each adds its part to ``JZ`` and uses those before it."""

_FOLIUM_SCRIPTS = 2  # its switches and its own map script
_REMOTE = re.compile(r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//[^"'\s>]*""", re.IGNORECASE)
_REMOTE_LAYER = re.compile(
    r"""L\.(?:tileLayer|imageOverlay|videoOverlay)(?:\.\w+)?\(\s*["'\[\s]*(?:https?:)?//[^"'\s]*""",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.IGNORECASE | re.DOTALL)


class SiteMap(folium.Map):  # type: ignore[misc]
    """An interactive map of a run, in Mars coordinates true to scale, drawn by its own viewer.

    A notebook shows it; :meth:`save` writes one self-contained file. Your own folium layers can be
    added to it, at planetocentric latitude and east-positive longitude. Text that you give to folium
    objects can run as a template or a script: pass it through
    :func:`jezero_sites.maps.safe_text.safe_text`. Nothing of the run itself goes that way.

    Parameters
    ----------
    view : RunView
        What to show.
    max_px : int, optional
        At most this many cells a side, hazards by their worst value.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium reads these from the class
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(self, view: RunView, *, max_px: int | None = None) -> None:
        self._view = view
        self._max_px = max_px
        self._data = page_data(view, max_px=max_px)
        body = self._data["body"]
        super().__init__(
            location=[body["lat0"], body["lon0"]],
            tiles=None,
            crs="MarsEqc",
            zoom_start=0,
            zoom_snap=0.25,
            zoom_delta=0.5,
            attribution_control=False,
        )
        self.options |= {"min_zoom": -12, "max_zoom": 6}  # folium's own arguments are for its tiles alone
        self._id = "jezero"  # the same run gives the same bytes

    @property
    def is_reduced(self) -> bool:
        """Whether the map shows cells larger than the raster's own, because these would not fit into one file."""
        return bool(self._data["grid"]["factor"] > 1)

    def page(self, *, full_map: str = "") -> str:
        """Return the page as text; ``full_map`` names the page that shows every cell, where there is one.

        Raises
        ------
        InputError
            ``E_MAP`` where a layer added through folium needs the network or brings a script of its own.
        """
        return self._rendered({**self._data, "full_map": full_map})

    def _rendered(self, data: dict[str, Any], *, own_files: bool = False) -> str:
        rendered = self.get_root().render()
        self._check(rendered)
        block = escaped_json({**data, "map_id": self.get_name()})
        head = [
            '<meta charset="utf-8">',
            "<!--policy-->",
            f"<style>{_asset('leaflet/leaflet.css')}\n{_asset('viewer.css')}</style>",
            f'<script type="application/json" id="jz-data">{block}</script>',
            f"<script>{_asset('leaflet/leaflet.js')}</script>",
            f"<script>{_asset('mars_eqc.js')}</script>",
        ]
        before, _, after = rendered.partition("<head>")
        body, end, tail = after.rpartition("</html>")
        page = f"{before}<head>{''.join(head)}{body}<script>{viewer_script()}</script>\n{end}{tail}"
        page = page.replace("<html>", '<html lang="en">', 1)
        return page.replace("<!--policy-->", _policy(page, own_files=own_files), 1)

    def save(self, outfile: Any, close_file: bool = True, *, full_map: str = "", **kwargs: Any) -> None:
        """Write the map as one self-contained file.

        Parameters
        ----------
        outfile : str or Path
            Where to write it.
        full_map : str
            Where the page that shows every cell lies, for a map that does not.
        close_file, **kwargs
            Taken as folium does; without effect.

        Raises
        ------
        InputError
            ``E_MAP`` where a layer added through folium needs the network or brings a script of its own, or
            makes the file larger than 15 MB.
        """
        self._write(Path(outfile), self.page(full_map=full_map))

    def save_folder(
        self, directory: str | Path, *, jobs: int = 2, progress: Callable[[str], None] = lambda _: None
    ) -> Path:
        """Write the map at full resolution: ``index.html`` and the values of all cells beside it.

        Parameters
        ----------
        directory : str or Path
            The folder; it must not hold anything yet.
        jobs : int
            Threads; the files do not depend on it.
        progress : callable
            Told what is written, as it begins.

        Returns
        -------
        Path
            Of ``index.html``, which opens from a disk.

        Raises
        ------
        InputError
            ``E_OUT_EXISTS`` where the folder holds something; ``E_MAP`` as :meth:`save`.
        """
        folder = Path(directory)
        if folder.exists() and any(folder.iterdir()):
            found, fix = "the folder is not empty", "name a new folder"
            raise InputError("E_OUT_EXISTS", found=found, fix=fix, file=str(folder), field="out")
        folder.mkdir(parents=True, exist_ok=True)
        rasters = write_tiles(self._view, folder, jobs=jobs, progress=progress)
        data = folder_data(self._view, rasters)
        self._write(folder / "index.html", self._rendered(data, own_files=True))
        return folder / "index.html"

    def _write(self, path: Path, text: str) -> None:
        if len(text.encode()) > MAP_BYTES:
            found = f"the map would be {len(text.encode()) / 1e6:.1f} MB"
            raise InputError(
                "E_MAP", found=found, needed="at most 15 MB", fix="add fewer layers of your own", field="size"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, "utf-8")
        part.replace(path)

    def _repr_html_(self, **kwargs: Any) -> str:
        """Return a frame with the map for a notebook: its scripts can reach nothing outside it."""
        small = self
        if self._max_px is None and max(self._view.elevation.grid.shape) > NOTEBOOK_PX:
            small = SiteMap(self._view, max_px=NOTEBOOK_PX)
        frame = (
            'sandbox="allow-scripts allow-downloads" style="width:100%;height:640px;border:1px solid #ccc"'
        )
        return f'<iframe title="map of the run" {frame} srcdoc="{html.escape(small.page())}"></iframe>'

    def __repr__(self) -> str:
        rows, cols = self._view.elevation.grid.shape
        return f"<SiteMap {self._view.title!r}: {rows} x {cols} cells, {len(self._view.sites)} sites>"

    def _check(self, rendered: str) -> None:
        """Refuse what a user's own layers must not bring along."""
        if remote := _REMOTE.search(rendered) or _REMOTE_LAYER.search(rendered):
            found = f"a layer added to the map loads {remote[0][:120]}"
            raise InputError(
                "E_MAP",
                found=found,
                needed="a map that needs no network",
                fix="leave that layer out",
                field="layers",
            )
        if len(re.findall(r"<script\b", rendered, re.IGNORECASE)) != _FOLIUM_SCRIPTS:
            found = "a layer or a text added to the map brings a script element of its own"
            raise InputError(
                "E_MAP", found=found, fix="leave it out, or pass its text through safe_text", field="layers"
            )


def build_map(view: RunView, *, max_px: int | None = None) -> SiteMap:
    """Return the interactive map of a run.

    Parameters
    ----------
    view : RunView
        What to show.
    max_px : int, optional
        At most this many cells a side, hazards by their worst value.
    """
    return SiteMap(view, max_px=max_px)


def viewer_script() -> str:
    """Return the viewer's parts as one script, in the order in which they build on each other."""
    return "\n".join(_asset(f"viewer/{part}.js") for part in VIEWER_PARTS)


def _asset(name: str) -> str:
    return resources.files("jezero_sites.maps").joinpath(f"assets/{name}").read_text("utf-8")


def _policy(page: str, *, own_files: bool) -> str:
    """Return the content security policy: these scripts, no requests, pictures from the page alone.

    With ``own_files`` also scripts and pictures that lie beside the page.
    """
    beside = " 'self'" if own_files else ""
    codes = [m["code"] for m in _SCRIPT.finditer(page) if "application/json" not in m["attributes"]]
    hashes = dict.fromkeys(
        base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in codes
    )
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    rules = (
        "default-src 'none'",
        "connect-src 'none'",
        f"img-src data: blob:{beside}",
        "style-src 'unsafe-inline'",
        f"script-src {allowed}{beside}",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">'
