"""Made-up Jezero-like ground with known truth, and its sunlit image: for demonstrations and tests."""

from __future__ import annotations

from jezero_sites.scenes.camera import digital_numbers, seen_by_camera
from jezero_sites.scenes.cells import block_mean, cell_centres_m
from jezero_sites.scenes.craters import Crater, add_craters, draw_diameters_m
from jezero_sites.scenes.layout import Layout, lay_out
from jezero_sites.scenes.plain import fractal_plain, scaled_to_rms, tilted_plane
from jezero_sites.scenes.ripples import RipplePatch, patch_weight, ripple_relief_m
from jezero_sites.scenes.rocks import ROCK_SHAPES, Rocks, add_rocks, draw_rocks, rock_relief_m
from jezero_sites.scenes.scarp import Scarp, scarp_distance_m, scarp_relief_m
from jezero_sites.scenes.scene import Scene, jezero_like_scene
from jezero_sites.scenes.stereo import corner_gap, seen_by_stereo, vertical_noise_m
from jezero_sites.scenes.sunlight import cast_shadow, lambert_shading, sunlit_image

__all__ = [
    "ROCK_SHAPES",
    "Crater",
    "Layout",
    "RipplePatch",
    "Rocks",
    "Scarp",
    "Scene",
    "add_craters",
    "add_rocks",
    "block_mean",
    "cast_shadow",
    "cell_centres_m",
    "corner_gap",
    "digital_numbers",
    "draw_diameters_m",
    "draw_rocks",
    "fractal_plain",
    "jezero_like_scene",
    "lambert_shading",
    "lay_out",
    "patch_weight",
    "ripple_relief_m",
    "rock_relief_m",
    "scaled_to_rms",
    "scarp_distance_m",
    "scarp_relief_m",
    "seen_by_camera",
    "seen_by_stereo",
    "sunlit_image",
    "tilted_plane",
    "vertical_noise_m",
]
