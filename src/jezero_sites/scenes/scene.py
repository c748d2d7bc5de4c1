r"""A Jezero-like scene: true ground, its stereo terrain model, its sunlit image, and the truth.

.. math::

   z = z_0 + \text{tilt} + \text{plain} + \text{scarp} + \text{craters} + \text{bedforms} + \text{rocks}

is made on cells half as wide as those of the image. The terrain model sees it smoothed, without
small rocks and with vertical noise; the image sees all of it. No number here is a measured one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from jezero_sites.arrays import FloatArray
from jezero_sites.scenes.camera import digital_numbers, seen_by_camera
from jezero_sites.scenes.cells import cell_centres_m
from jezero_sites.scenes.craters import Crater, add_craters
from jezero_sites.scenes.layout import Layout, lay_out
from jezero_sites.scenes.plain import fractal_plain, scaled_to_rms, tilted_plane
from jezero_sites.scenes.ripples import RipplePatch, patch_weight, ripple_relief_m
from jezero_sites.scenes.rocks import Rocks, rock_relief_m
from jezero_sites.scenes.scarp import Scarp, scarp_distance_m, scarp_relief_m
from jezero_sites.scenes.stereo import corner_gap, seen_by_stereo, vertical_noise_m
from jezero_sites.scenes.sunlight import sunlit_image

__all__ = ["Scene", "jezero_like_scene"]

# All choices of this project, made to look like the ground near the landing point of Perseverance.
SUPERSAMPLING = 2  # ground cells along the side of an image cell
DATUM_M = -2572.0
REGIONAL_SLOPE_DEG = 0.5
HURST = 0.68
PLAIN_DEVIATION_M = 0.030  # RMS deviation at 1 m
UPLAND_DEVIATION_M = 0.17  # of the ground above the scarp
STEREO_SMOOTHING_M = 1.0
STEREO_NOISE_M = 0.015
STEREO_NOISE_LENGTH_M = 1.0
STEREO_ROCK_CELLS = 2.5  # rocks narrower than this many DEM cells are not in the DEM
PSF_FWHM_CELLS = 1.5
SIGNAL_TO_NOISE = 100.0
LEVEL_SHARE = 0.5  # of the full scale, shown by level sunlit ground
ALBEDO_RMS = 0.05
ROCK_ALBEDO, RIPPLE_ALBEDO, LAYER_ALBEDO = 0.25, 0.06, 0.10  # added to 1
GAP_SHARE = 0.07  # reach of the no-data corner over the longer side


@dataclass(frozen=True, eq=False)
class Scene:
    """Made-up ground with known truth.

    Places are in metres of ground: x east of the west edge, y north of the south edge.

    Attributes
    ----------
    elevation_m : array of shape (rows, columns)
        The terrain model, in metres; NaN in the gap.
    dx_m, dy_m : float
        Ground width and height of its cells, in metres.
    image_dn : uint8 array of shape (rows * block, columns * block)
        The image of the same ground.
    image_dx_m, image_dy_m : float
        Ground width and height of its cells, in metres.
    sun_azimuth_deg, incidence_deg : float
        Direction to the sun clockwise from north, and its angle from the vertical.
    seed, scarp, craters, ripples, rocks
        What the scene was made from.
    """

    elevation_m: FloatArray
    dx_m: float
    dy_m: float
    image_dn: NDArray[np.uint8] | NDArray[np.uint16]
    image_dx_m: float
    image_dy_m: float
    sun_azimuth_deg: float
    incidence_deg: float
    seed: int
    scarp: Scarp
    craters: tuple[Crater, ...]
    ripples: RipplePatch
    rocks: Rocks


def _bare_ground_m(seed: int, layout: Layout, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return the ground without rocks, in metres."""
    shape, dx, dy = (y_m.size, x_m.size), float(x_m[1] - x_m[0]), float(y_m[0] - y_m[1])
    scarp = layout.scarp
    plain = fractal_plain(
        np.random.default_rng([seed, 3]),
        shape,
        dx_m=dx,
        dy_m=dy,
        hurst=HURST,
        deviation_at_1m_m=PLAIN_DEVIATION_M,
    )
    rough = fractal_plain(
        np.random.default_rng([seed, 4]),
        shape,
        dx_m=dx,
        dy_m=dy,
        hurst=HURST,
        deviation_at_1m_m=UPLAND_DEVIATION_M,
    )
    above = expit(scarp_distance_m(scarp, x_m=x_m, y_m=y_m[:, None]) / (0.25 * scarp.width_m) + 1)
    ground = DATUM_M + tilted_plane(x_m, y_m, slope_deg=REGIONAL_SLOPE_DEG, uphill_azimuth_deg=300)
    ground += plain + above * rough + scarp_relief_m(scarp, x_m=x_m, y_m=y_m)
    ground += ripple_relief_m(layout.ripples, x_m=x_m, y_m=y_m)
    return add_craters(ground, layout.craters, x_m=x_m, y_m=y_m)


def _albedo(seed: int, layout: Layout, bare_m: FloatArray, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return the brightness of the ground itself, about 1: mottled soil, light layers, rocks and ripples."""
    dx, dy, scarp = float(x_m[1] - x_m[0]), float(y_m[0] - y_m[1]), layout.scarp
    mottle = fractal_plain(
        np.random.default_rng([seed, 5]), bare_m.shape, dx_m=dx, dy_m=dy, hurst=0.1, deviation_at_1m_m=1.0
    )
    uphill = scarp_distance_m(scarp, x_m=x_m, y_m=y_m[:, None]) / (0.5 * scarp.width_m)
    layers = np.exp(-(uphill**2)) * (0.5 + 0.5 * np.sin(2 * np.pi * bare_m * scarp.layers / scarp.height_m))
    albedo: FloatArray = 1 + scaled_to_rms(mottle, ALBEDO_RMS) + LAYER_ALBEDO * layers
    albedo += RIPPLE_ALBEDO * patch_weight(layout.ripples, x_m=x_m, y_m=y_m)
    return np.maximum(albedo, 0.2)


def _block(cell_m: float, image_cell_m: float) -> int:
    """Return the image cells along the side of a DEM cell."""
    block = round(cell_m / image_cell_m)
    if block < 1 or abs(block * image_cell_m - cell_m) > 1e-9 * cell_m:
        raise ValueError(f"image cells of {image_cell_m} m do not divide DEM cells of {cell_m} m")
    return block


def _terrain_model_m(
    seed: int, ground_m: FloatArray, *, dx_m: float, dy_m: float, block: int, gap: bool
) -> FloatArray:
    """Return what stereo makes of the ground on larger cells of a given spacing, with noise, in metres."""
    fine = {"dx_m": dx_m / block, "dy_m": dy_m / block}
    heights = seen_by_stereo(ground_m, block=block, smoothing_m=STEREO_SMOOTHING_M, **fine)
    heights += vertical_noise_m(
        np.random.default_rng([seed, 6]),
        heights.shape,
        dx_m=dx_m,
        dy_m=dy_m,
        sigma_m=STEREO_NOISE_M,
        correlation_m=STEREO_NOISE_LENGTH_M,
    )
    if gap:
        rows, columns = heights.shape
        x_m, y_m = cell_centres_m((rows, columns), dx_m=dx_m, dy_m=dy_m)
        reach_m = GAP_SHARE * max(columns * dx_m, rows * dy_m)
        heights[corner_gap(x_m, y_m, radius_m=reach_m, seed=seed)] = np.nan
    return heights


def _image_dn(
    seed: int,
    ground_m: FloatArray,
    albedo: FloatArray,
    *,
    dx_m: float,
    dy_m: float,
    sun_deg: tuple[float, float],
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return the image of the ground under a sun of given azimuth and incidence."""
    azimuth, incidence = sun_deg
    brightness = sunlit_image(
        ground_m, dx_m=dx_m, dy_m=dy_m, sun_azimuth_deg=azimuth, incidence_deg=incidence, albedo=albedo
    )
    seen = seen_by_camera(brightness, block=SUPERSAMPLING, psf_fwhm_cells=PSF_FWHM_CELLS)
    full_scale = float(np.cos(np.radians(incidence))) / LEVEL_SHARE
    rng = np.random.default_rng([seed, 7])
    return digital_numbers(rng, seen, full_scale=full_scale, signal_to_noise=SIGNAL_TO_NOISE)


def jezero_like_scene(
    *,
    seed: int,
    rows: int,
    columns: int,
    cell_m: float,
    image_cell_m: float,
    sun_azimuth_deg: float,
    incidence_deg: float,
    width_to_height: float = 1.0,
    gap: bool = False,
) -> Scene:
    """Return a Jezero-like scene: a plain with a scarp, craters, bedforms and boulders.

    Parameters
    ----------
    seed : int
        The same seed and sizes give the same bytes.
    rows, columns : int
        Shape of the terrain model.
    cell_m, image_cell_m : float
        Ground height of a cell of the terrain model and of the image, in metres; one divides the other.
    sun_azimuth_deg, incidence_deg : float
        Direction to the sun clockwise from north, and its angle from the vertical, 0 to below 90.
    width_to_height : float
        True width over height of all cells: below 1 on an equirectangular map with its standard
        parallel at the equator, where it is the cosine of the latitude.
    gap : bool
        Whether the north-east corner of the terrain model is unknown.

    Returns
    -------
    Scene

    Raises
    ------
    ValueError
        When the image cell does not divide the cell, or the sun is not above the horizon.

    Examples
    --------
    >>> scene = jezero_like_scene(seed=1, rows=30, columns=40, cell_m=2.0, image_cell_m=1.0,
    ...                           sun_azimuth_deg=285, incidence_deg=50)
    >>> scene.elevation_m.shape, scene.image_dn.shape
    ((30, 40), (60, 80))
    """
    block, dx_m = _block(cell_m, image_cell_m), cell_m * width_to_height
    fine = block * SUPERSAMPLING
    spacing = {"dx_m": dx_m / fine, "dy_m": cell_m / fine}
    x_m, y_m = cell_centres_m((rows * fine, columns * fine), **spacing)
    layout = lay_out(seed, width_m=columns * dx_m, height_m=rows * cell_m)
    bare = _bare_ground_m(seed, layout, x_m, y_m)
    rock = rock_relief_m(layout.rocks, x_m=x_m, y_m=y_m)
    albedo = _albedo(seed, layout, bare, x_m, y_m) + ROCK_ALBEDO * (rock > 0)
    boulders = layout.rocks.chosen(layout.rocks.diameter_m >= STEREO_ROCK_CELLS * cell_m)
    seen = bare + rock_relief_m(boulders, x_m=x_m, y_m=y_m)
    return Scene(
        elevation_m=_terrain_model_m(seed, seen, dx_m=dx_m, dy_m=cell_m, block=fine, gap=gap),
        dx_m=dx_m,
        dy_m=cell_m,
        image_dn=_image_dn(seed, bare + rock, albedo, sun_deg=(sun_azimuth_deg, incidence_deg), **spacing),
        image_dx_m=dx_m / block,
        image_dy_m=cell_m / block,
        sun_azimuth_deg=sun_azimuth_deg,
        incidence_deg=incidence_deg,
        seed=seed,
        scarp=layout.scarp,
        craters=layout.craters,
        ripples=layout.ripples,
        rocks=layout.rocks,
    )
