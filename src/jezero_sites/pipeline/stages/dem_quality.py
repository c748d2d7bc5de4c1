"""What the DEM says about its own quality: its short-wave noise, and the artefacts in it."""

from __future__ import annotations

import numpy as np
import tomli_w

from jezero_sites import quality
from jezero_sites.arrays import ByteArray
from jezero_sites.blocks import each
from jezero_sites.errors import Notice
from jezero_sites.io.scratch import Scratch, new_array
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings

SIGMA_EXCESS = 1.5
"""A DEM whose own noise is this many times the stated error is reported; a choice of this project."""

LARGEST_SIDE = 1024
"""Rows and columns in the middle of a DEM that its noise is estimated from."""

GAUSSIAN_MISFIT = 0.1
"""Above this misfit the error is not Gaussian, or it is ground."""

_MOST_SEAMS = 6


def estimated_noise(dem: Raster) -> quality.NoiseEstimate | None:
    """Return the noise that a DEM shows on its smooth ground; None where there is too little of that.

    Of a large DEM the middle is taken, which bounds time and memory.
    """
    rows, cols = (
        slice(max(0, (n - LARGEST_SIDE) // 2), max(0, (n - LARGEST_SIDE) // 2) + LARGEST_SIDE)
        for n in dem.grid.shape
    )
    try:
        return quality.estimate_noise(dem.values[rows, cols], dx_m=dem.grid.dx_m[rows], dy_m=dem.grid.dy_m)
    except ValueError:
        return None


def found_artefacts(dem: Raster, *, jobs: int = 1, scratch: Scratch | None = None) -> quality.Artefacts:
    """Return what the screen of artefacts finds in a DEM, piece by piece where it is large."""
    flags: ByteArray = new_array(scratch, dem.grid.shape, np.uint8)
    found: list[tuple[quality.Piece, quality.Seam]] = []
    screened: list[bool] = []

    def screen(piece: quality.Piece) -> None:
        heights, widths = dem.values[piece.seen_rows, piece.seen_columns], dem.grid.dx_m[piece.seen_rows]
        ours = quality.artefacts(heights, dx_m=widths, dy_m=dem.grid.dy_m)
        flags[piece.rows, piece.columns] = ours.flags[piece.inner]
        placed = (piece.placed(seam) for seam in ours.seams)
        found.extend((piece, seam) for seam in placed if seam is not None)
        screened.append(ours.screened)

    each(screen, quality.pieces_of(dem.grid.shape), jobs=jobs)
    return quality.Artefacts(flags, quality.joined_seams(found, dem.grid.shape), screened=any(screened))


def height_step(dem: Raster) -> float:
    """Return the step in metres that a DEM's heights are rounded to; 0 where there is none."""
    return quality.height_step_m(np.asarray(dem.values, np.float64))


def dem_error_toml(noise: quality.NoiseEstimate, dem: Raster) -> str:
    """Return an estimate as the table ``[dem_error]`` of a settings file."""
    name = dem.sources[0].name if dem.sources else "the DEM in memory"
    fits = "" if noise.misfit_fraction <= GAUSSIAN_MISFIT else "; the model fits badly: part of it is ground"
    source = (
        f"estimated by jezero_sites from the scatter of {name} on its smooth ground: errors longer than "
        f"{quality.NOISE_WINDOW_CELLS} cells do not show, real roughness counts as error{fits}"
    )
    model = (
        {"model": "gaussian", "length_m": round(noise.length_m, 4)}
        if noise.length_m > 0
        else {"model": "white"}
    )
    return tomli_w.dumps({"dem_error": {"sigma_m": round(noise.sigma_m, 5), **model, "source": source}})


def noise_notices(noise: quality.NoiseEstimate | None, settings: Settings) -> tuple[Notice, ...]:
    """Return a notice where a DEM is noisier than its stated error."""
    stated = settings.dem_error.sigma_m
    if noise is None or noise.sigma_m <= SIGMA_EXCESS * stated:
        return ()
    found = f"{noise_in_words(noise)}, more than the {stated:g} m that every probability rests on"
    fix = "set dem_error.sigma_m and its model; jezero-sites noise prints them"
    return (Notice("W_SIGMA", found, fix),)


def noise_in_words(noise: quality.NoiseEstimate) -> str:
    """Return what was estimated, in half a sentence."""
    fits = "" if noise.misfit_fraction <= GAUSSIAN_MISFIT else " (the model fits badly: part of it is ground)"
    return (
        f"on smooth ground the DEM itself scatters by {noise.sigma_m:.2g} m (1 sigma) with a correlation length "
        f"of {noise.length_m:.2g} m{fits}"
    )


def quality_notices(found: quality.Artefacts, dem: Raster) -> tuple[Notice, ...]:
    """Return a notice where the screen found artefacts: how many of each, the seams by their rows or columns."""
    text = artefacts_in_words(found)
    if not text:
        return ()
    name = dem.sources[0].name if dem.sources else None
    fix = "see the layer dem_quality; ground there is measured as it is, its confidence is lower"
    return (Notice("W_ARTEFACTS", text, fix, name),)


def artefacts_in_words(found: quality.Artefacts) -> str:
    """Return what the screen of artefacts found; nothing where it found nothing."""
    if not found.screened:
        return "not screened: the DEM is too small"
    parts = [_seams(found)] if found.seams else []
    for bit, name in quality.FLAG_NAMES.items():
        share = found.share(bit)
        if share > 0 and not (name == "seam" and found.seams):
            parts.append(f"{name} on {_percent(share)} of the cells")
    return "; ".join(parts)


def _seams(found: quality.Artefacts) -> str:
    parts = []
    for axis in ("row", "column"):
        seams = [s for s in found.seams if s.axis == axis]
        lines = [f"{s.first}" if s.first == s.last else f"{s.first}-{s.last}" for s in seams]
        more = f" and {len(lines) - _MOST_SEAMS} more" if len(lines) > _MOST_SEAMS else ""
        if lines:
            noun = "seam" if len(lines) == 1 else "seams"
            parts.append(f"{len(lines)} {noun} along {axis}s {', '.join(lines[:_MOST_SEAMS])}{more}")
    return "; ".join(parts)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.0005 else "less than 0.1 %"
