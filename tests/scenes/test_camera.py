from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.scenes import digital_numbers, seen_by_camera


def test_point_of_light_is_spread_to_the_width_of_the_optics():
    light = np.zeros((240, 320))
    light[99:101, 139:141] = 1.0
    image = seen_by_camera(light, block=2, psf_fwhm_cells=4.0)
    row = image[49] / image.sum()
    columns = np.arange(row.size)
    mean = (row * columns).sum() / row.sum()
    sigma = np.sqrt((row * (columns - mean) ** 2).sum() / row.sum())
    assert image.argmax() in (49 * 160 + 69, 49 * 160 + 70)
    # 3 %: two ground cells wide and two averaged add 1/6 of an image cell squared to a variance of 2.9.
    assert sigma * np.sqrt(8 * np.log(2)) == pytest.approx(4.0, rel=0.03)
    assert image.sum() * 4 == pytest.approx(light.sum())


@pytest.mark.parametrize(("bits", "largest"), [(8, 255), (16, 65535)])
def test_numbers_are_proportional_to_brightness_and_saturate(bits, largest):
    bright = np.array([[0.0, 0.5, 2.0, 2.5]])
    numbers = digital_numbers(
        np.random.default_rng(1), bright, full_scale=2.0, signal_to_noise=np.inf, bits=bits
    )
    assert numbers.dtype.itemsize * 8 == bits
    assert numbers.tolist() == [[1, round(largest / 4), largest, largest]]


def test_noise_grows_with_the_root_of_brightness():
    bright = np.repeat([[0.5, 0.125]], 40_000, axis=0)
    numbers = digital_numbers(np.random.default_rng(1), bright, full_scale=1.0, signal_to_noise=50.0, bits=16)
    deviation = numbers.std(axis=0) / 65535
    np.testing.assert_allclose(deviation, [0.01, 0.005], rtol=0.02)  # 1 / sqrt(2 x 40 000) is 0.0035


def test_other_numbers_of_bits_are_refused():
    with pytest.raises(ValueError, match="found 12 bits"):
        digital_numbers(
            np.random.default_rng(1), np.ones((1, 1)), full_scale=1.0, signal_to_noise=50.0, bits=12
        )
