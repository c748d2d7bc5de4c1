"""What a run found, and the doors from it to a map, a figure, a report and a directory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jezero_sites.errors import Notice
from jezero_sites.pipeline.inputs import InputRecord
from jezero_sites.pipeline.stages.noise_floor import NoiseFloor
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

    from jezero_sites.maps.ellipse import EllipseStatistics
    from jezero_sites.maps.sitemap import SiteMap


@dataclass(frozen=True, eq=False)
class Assessment:
    """What a run found.

    Attributes
    ----------
    dem : Raster
        The heights it was made from.
    ortho : Raster or None
        The image shown with it.
    layers : mapping of str to Raster
        ``slope_deg``, ``roughness_m``, ``relief_m``, ``hazard_class``, ``hazard_reason``,
        ``safe_probability`` and its factors, ``landing_probability`` (lower bound),
        ``landing_probability_upper``, ``dem_quality``, and what the settings add: further limits, the stance of
        a lander with legs, rocks, a divert.
    sites : GeoDataFrame
        Ranked candidate sites, one row each; may be empty.
    samples : GeoDataFrame
    settings : Settings
    inputs : tuple of InputRecord
    notices : tuple of Notice
    statements : tuple of str
        What was assumed and what was not assessed.
    summary : str
        The outcome in a sentence or two.
    statistics : mapping of layer name to its numbers
    noise_floor : tuple of NoiseFloor
        What each operator would read on perfectly flat ground, given the DEM's error.
    traverse : GeoDataFrame or None
        The route of the rover, as :func:`jezero_sites.io.points.traverse.read_traverse` gives it.
    rests_on : mapping
        What each layer rests on, for a later run that takes some of them; empty where that is not known.
    """

    dem: Raster
    ortho: Raster | None
    layers: Mapping[str, Raster]
    sites: GeoDataFrame
    samples: GeoDataFrame
    settings: Settings
    inputs: tuple[InputRecord, ...]
    notices: tuple[Notice, ...]
    statements: tuple[str, ...]
    summary: str
    statistics: Mapping[str, Mapping[str, float]]
    noise_floor: tuple[NoiseFloor, ...] = ()
    traverse: GeoDataFrame | None = None
    rests_on: Mapping[str, Any] = field(default_factory=dict)

    def map(self, *, max_px: int | None = None) -> SiteMap:
        """Return the interactive map: shown by a notebook, or ``.save("map.html")``.

        Parameters
        ----------
        max_px : int, optional
            Draw at most this many cells a side, hazards by their worst value.
        """
        from jezero_sites.maps.sitemap import build_map
        from jezero_sites.pipeline.view import view_of

        return build_map(view_of(self), max_px=max_px)

    def plot(
        self,
        name: str = "landing_probability",
        *,
        ax: Any = None,
        site: str | None = None,
        sites: bool = True,
        samples: bool = True,
    ) -> Any:
        """Return a matplotlib Axes with one layer over the relief, its limit, the sites and samples.

        Parameters
        ----------
        name : str
            Name of the layer, or ``elevation_m``.
        ax : matplotlib Axes, optional
            Where to draw; a new figure where none is given.
        site : str, optional
            Show the ground around this site alone, as ``"S02"``.
        sites, samples : bool
            Whether to mark them.

        Raises
        ------
        InputError
            ``E_LAYER`` where the run has no such layer, ``E_SITE`` where it has no such site.
        """
        from jezero_sites.maps.run_plot import plot_run
        from jezero_sites.pipeline.view import view_of

        return plot_run(view_of(self), name, ax=ax, site=site, sites=sites, samples=samples)

    def ellipse(
        self,
        lon_deg: float,
        lat_deg: float,
        *,
        major_m: float | None = None,
        minor_m: float | None = None,
        azimuth_deg: float | None = None,
    ) -> EllipseStatistics:
        """Return what lies within an ellipse around a place, and the chance to land safely when aiming there.

        Parameters
        ----------
        lon_deg, lat_deg : float
            East longitude and planetocentric latitude of the centre, in degrees.
        major_m, minor_m, azimuth_deg : float, optional
            Semi-axes in ground metres and the azimuth of the major one, clockwise from true north; those of the
            run's dispersion ellipse where they are not given.

        Raises
        ------
        InputError
            ``E_RANGE`` or ``E_DISPERSION``, as :func:`jezero_sites.maps.ellipse.ellipse_statistics`.
        """
        from jezero_sites.maps.ellipse import ellipse_statistics
        from jezero_sites.pipeline.view import view_of

        view = view_of(self)
        own = view.dispersion
        return ellipse_statistics(
            view,
            lon_deg,
            lat_deg,
            major_m=own.major_m if major_m is None else major_m,
            minor_m=own.minor_m if minor_m is None else minor_m,
            azimuth_deg=own.azimuth_deg if azimuth_deg is None else azimuth_deg,
        )

    def report(self) -> str:
        """Return the report as one self-contained HTML page."""
        from jezero_sites.maps.report import report_html
        from jezero_sites.pipeline.view import view_of

        return report_html(view_of(self))

    def save(self, directory: str | Path) -> Path:
        """Write the run directory and return its path.

        Raises
        ------
        InputError
            ``E_OUT_EXISTS`` where the directory holds something other than a run.
        DiskError
            ``E_DISK_FULL`` or ``E_WRITE``.
        """
        from jezero_sites.pipeline.run_files.run_dir import save_run

        return save_run(self, Path(directory))

    def _repr_html_(self) -> str:
        """Return the outcome and the best sites for a notebook."""
        from html import escape

        columns = {"rank": "rank", "site_id": "site", "landing_probability": "P(land)", "score": "score",
                   "safe_radius_m": "safe m", "binding_constraint": "binding", "binding_margin": "margin",
                   "nearest_sample": "nearest sample", "nearest_sample_distance_m": "m away"}  # fmt: skip
        text = f"<p>{escape(self.summary)}</p>"
        if not len(self.sites):
            return text
        best = self.sites.head(10)[list(columns)].rename(columns=columns)
        more = len(self.sites) - len(best)
        table = str(best.to_html(index=False, border=0, escape=True, float_format="{:.3f}".format))
        return text + table + (f"<p>{more} more in <code>.sites</code></p>" if more else "")

    def __repr__(self) -> str:
        rows, cols = self.dem.grid.shape
        profile = self.settings.profile.name
        text = f"<Assessment of {rows} x {cols} cells with profile {profile}: {self.summary}>"
        return "".join(c if c.isprintable() else " " for c in text)
