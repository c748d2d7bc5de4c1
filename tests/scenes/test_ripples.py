from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.scenes import RipplePatch, cell_centres_m, patch_weight, ripple_relief_m

DX_M, DY_M = 0.47, 0.5
X_M, Y_M = cell_centres_m((400, 520), dx_m=DX_M, dy_m=DY_M)
PATCH = RipplePatch(150.0, 80.0, 80.0, 60.0, crest_azimuth_deg=25.0, wavelength_m=8.0, height_m=0.6, seed=3)


def _azimuth_and_spacing(relief: np.ndarray) -> tuple[float, float]:
    """Return crest azimuth and spacing from the strongest waves of the relief."""
    power = np.abs(np.fft.fft2(relief - relief.mean())) ** 2
    east = np.fft.fftfreq(relief.shape[1], DX_M)[None, :]
    north = -np.fft.fftfreq(relief.shape[0], DY_M)[:, None]
    half = (east > 0) & (np.hypot(east, north) > 1 / 30)
    peak = np.unravel_index(np.argmax(np.where(half, power, 0)), power.shape)
    near = np.hypot(east - east[0, peak[1]], north - north[peak[0], 0]) < 0.4 * np.hypot(
        east[0, peak[1]], north[peak[0], 0]
    )
    weight = np.where(near, power, 0) / power[near].sum()
    wave_east, wave_north = (weight * east).sum(), (weight * north).sum()
    return float(np.degrees(np.arctan2(wave_east, wave_north)) - 90) % 180, float(
        1 / np.hypot(wave_east, wave_north)
    )


@pytest.mark.parametrize("azimuth_deg", [25.0, 70.0, 115.0, 160.0])
@pytest.mark.parametrize("spacing_m", [5.0, 12.0])
def test_waves_of_the_relief_have_the_azimuth_and_spacing_of_the_truth(azimuth_deg, spacing_m):
    patch = replace(PATCH, crest_azimuth_deg=azimuth_deg, wavelength_m=spacing_m)
    found_deg, found_m = _azimuth_and_spacing(ripple_relief_m(patch, x_m=X_M, y_m=Y_M))
    # 3 degrees and 4 %: the wander of the crests does not average out over the 7 to 30 crests of the patch.
    assert (found_deg - azimuth_deg + 90) % 180 - 90 == pytest.approx(0, abs=3)
    assert found_m == pytest.approx(spacing_m, rel=0.04)


def test_bedforms_are_as_high_as_claimed_and_only_in_the_patch():
    relief = ripple_relief_m(PATCH, x_m=X_M, y_m=Y_M)
    assert relief.min() == 0
    # 6 %: a crest between two cell centres is cut by up to a quarter of a metre of its flank.
    assert relief.max() == pytest.approx(0.6, rel=0.06)
    assert relief.max() <= 0.6
    assert (relief[patch_weight(PATCH, x_m=X_M, y_m=Y_M) == 0] == 0).all()


def test_patch_fades_from_one_to_zero_without_a_step():
    weight = patch_weight(PATCH, x_m=X_M, y_m=Y_M)
    assert (weight.min(), weight.max()) == (0, 1)
    steps = max(np.abs(np.diff(weight, axis=axis)).max() for axis in (0, 1))
    assert steps < 0.06  # steepest: 1.5 / (0.3 x 60 m x 0.77 of the outline), over half a metre


def test_bedforms_are_the_same_for_the_same_seed():
    first = ripple_relief_m(PATCH, x_m=X_M, y_m=Y_M)
    assert first.tobytes() == ripple_relief_m(PATCH, x_m=X_M, y_m=Y_M).tobytes()
    assert not np.array_equal(first, ripple_relief_m(replace(PATCH, seed=4), x_m=X_M, y_m=Y_M))
