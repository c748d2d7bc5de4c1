from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from jezero_sites.scenes import (
    Scene,
    block_mean,
    cell_centres_m,
    jezero_like_scene,
    lambert_shading,
    patch_weight,
    scarp_distance_m,
)


@cache
def _scene(seed: int, *, azimuth_deg: float = 285.0, gap: bool = False) -> Scene:
    return jezero_like_scene(
        seed=seed,
        rows=170,
        columns=230,
        cell_m=1.5,
        image_cell_m=0.75,
        sun_azimuth_deg=azimuth_deg,
        incidence_deg=50.0,
        width_to_height=0.95,
        gap=gap,
    )


def _centres(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    return cell_centres_m(scene.elevation_m.shape, dx_m=scene.dx_m, dy_m=scene.dy_m)


def test_same_seed_gives_the_same_bytes_and_another_seed_others():
    first, again, other = _scene(6), _scene.__wrapped__(6), _scene(7)
    assert first.elevation_m.tobytes() == again.elevation_m.tobytes()
    assert first.image_dn.tobytes() == again.image_dn.tobytes()
    assert first.craters == again.craters
    assert first.elevation_m.tobytes() != other.elevation_m.tobytes()


def test_shapes_and_spacings_are_the_wanted_ones():
    scene = _scene(6)
    assert scene.elevation_m.shape == (170, 230)
    assert scene.image_dn.shape == (340, 460)
    assert scene.image_dn.dtype == np.uint8
    assert (scene.dx_m, scene.dy_m) == (pytest.approx(1.425), 1.5)
    assert (scene.image_dx_m, scene.image_dy_m) == (pytest.approx(0.7125), 0.75)


@pytest.mark.parametrize("azimuth_deg", [285.0, 105.0, 40.0])
def test_image_and_terrain_model_lie_on_the_same_ground(azimuth_deg):
    scene = _scene(6, azimuth_deg=azimuth_deg)
    shade = lambert_shading(
        scene.elevation_m, dx_m=scene.dx_m, dy_m=scene.dy_m, sun_azimuth_deg=azimuth_deg, incidence_deg=50.0
    )
    image = block_mean(scene.image_dn.astype(float), 2)
    inner = image[5:-5, 5:-5]
    alike = {
        (down, right): np.corrcoef(inner.ravel(), np.roll(shade, (down, right), (0, 1))[5:-5, 5:-5].ravel())[
            0, 1
        ]
        for down in range(-2, 3)
        for right in range(-2, 3)
    }
    assert max(alike, key=alike.__getitem__) == (0, 0)
    assert alike[0, 0] > 0.6


def test_craters_of_the_truth_are_in_the_terrain_model():
    scene = _scene(6)
    x_m, y_m = _centres(scene)
    for crater in [c for c in scene.craters if c.diameter_m > 15]:
        radii = np.hypot(x_m - crater.x_m, y_m[:, None] - crater.y_m) / (crater.diameter_m / 2)
        floor, rim = (
            scene.elevation_m[radii < 0.15].mean(),
            scene.elevation_m[np.abs(radii - 1) < 0.15].mean(),
        )
        # Rim crest blunted by the smoothing, floor and rim taken as means over rings, tilt and texture: a third.
        assert rim - floor == pytest.approx(crater.depth_m, rel=0.33)


def test_scarp_of_the_truth_is_in_the_terrain_model():
    scene = _scene(6)
    x_m, y_m = _centres(scene)
    uphill = scarp_distance_m(scene.scarp, x_m=x_m, y_m=y_m[:, None])
    width = scene.scarp.width_m
    above = scene.elevation_m[(uphill > width) & (uphill < 1.5 * width)].mean()
    below = scene.elevation_m[(uphill < -width) & (uphill > -1.5 * width)].mean()
    # 1.5 m: the regional tilt over the two and a half widths, and the texture of the upland.
    assert above - below == pytest.approx(scene.scarp.height_m, abs=1.5)


def test_bedforms_of_the_truth_show_in_the_image():
    scene = _scene(6)
    x_m, y_m = cell_centres_m(scene.image_dn.shape, dx_m=scene.image_dx_m, dy_m=scene.image_dy_m)
    inside = patch_weight(scene.ripples, x_m=x_m, y_m=y_m)
    image = scene.image_dn.astype(float)
    power = np.abs(np.fft.fft2((image - image[inside > 0.9].mean()) * inside)) ** 2
    east = np.fft.fftfreq(image.shape[1], scene.image_dx_m)[None, :]
    north = -np.fft.fftfreq(image.shape[0], scene.image_dy_m)[:, None]
    power[(east <= 0) | (np.hypot(east, north) < 1 / 25) | (np.hypot(east, north) > 1 / 4)] = 0
    row, column = np.unravel_index(np.argmax(power), power.shape)
    crest_deg = (np.degrees(np.arctan2(east[0, column], north[row, 0])) - 90) % 180
    # One step of the spectrum is 12 / 327 of the wave across and 12 / 255 along; the wander adds as much.
    assert crest_deg == pytest.approx(scene.ripples.crest_azimuth_deg, abs=6)
    assert 1 / np.hypot(east[0, column], north[row, 0]) == pytest.approx(scene.ripples.wavelength_m, rel=0.08)


def test_boulders_throng_at_the_foot_of_the_scarp():
    scene = _scene(6)
    rocks, width = scene.rocks, scene.scarp.width_m
    uphill = scarp_distance_m(scene.scarp, x_m=rocks.x_m, y_m=rocks.y_m)
    x_m, y_m = _centres(scene)
    everywhere = scarp_distance_m(scene.scarp, x_m=x_m, y_m=y_m[:, None])
    foot, plain = ((-width, 0.0), (-9 * width, -4 * width))
    density = [
        ((uphill > low) & (uphill < high)).sum() / ((everywhere > low) & (everywhere < high)).sum()
        for low, high in (foot, plain)
    ]
    assert density[0] > 3 * density[1] > 0


def test_gap_is_the_only_unknown_ground_and_changes_nothing_else():
    with_gap, without = _scene(6, gap=True), _scene(6)
    gap = np.isnan(with_gap.elevation_m)
    assert gap[0, -1]
    assert 0 < gap.mean() < 0.02
    np.testing.assert_array_equal(with_gap.elevation_m[~gap], without.elevation_m[~gap])
    assert np.isfinite(without.elevation_m).all()


def test_image_cells_that_do_not_divide_the_cells_are_refused():
    with pytest.raises(ValueError, match="do not divide DEM cells"):
        jezero_like_scene(
            seed=1, rows=9, columns=9, cell_m=1.0, image_cell_m=0.3, sun_azimuth_deg=0, incidence_deg=30
        )
