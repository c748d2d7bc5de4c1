"""Rock abundance from a file: shares of ground, decoded and masked; anything else is refused."""

from __future__ import annotations

import numpy as np
import pytest
from affine import Affine

import jezero_sites as js
from jezero_sites.errors import InputError


def test_shares_are_read_with_scale_mask_and_source(make_tiff):
    stored = (np.arange(600) % 40).reshape(20, 30).astype("uint8")
    stored[3, 4] = 255
    raster = js.read_abundance(make_tiff(values=stored, nodata=255, unit=None, scales=(0.01, 0.02)))
    expected = stored * 0.01 + 0.02
    assert np.argwhere(np.isnan(raster.values)).tolist() == [[3, 4]]
    expected[3, 4] = np.nan
    np.testing.assert_allclose(raster.values, expected, rtol=1e-12)
    assert (raster.name, raster.unit, raster.sources[0].name) == ("rock_abundance_fraction", "1", "dem.tif")


@pytest.mark.parametrize(("low", "high"), [(0.0, 12.0), (-0.1, 0.2)])
def test_what_is_no_share_of_ground_is_refused(make_tiff, low, high):
    values = np.linspace(low, high, 600, dtype="float32").reshape(20, 30)
    with pytest.raises(InputError, match=r"E_RANGE.*share of the ground.*a_scale"):
        js.read_abundance(make_tiff(values=values, unit=None))


def test_a_raster_without_values_is_refused(make_tiff):
    with pytest.raises(InputError, match="E_ALL_NODATA"):
        js.read_abundance(make_tiff(values=np.full((20, 30), -32768, "float32"), unit=None))


def test_a_raster_with_rows_running_north_is_turned(make_tiff):
    values = np.linspace(0.0, 0.5, 600, dtype="float32").reshape(20, 30)
    upright = js.read_abundance(make_tiff(values=values, unit=None))
    turned = Affine(1.25, 0.0, 4_590_000.0, 0.0, 1.25, 1_093_000.0 - 25.0)
    south_up = js.read_abundance(make_tiff("b.tif", values=values[::-1], unit=None, transform=turned))
    np.testing.assert_array_equal(south_up.values, upright.values)
    assert south_up.grid.transform.almost_equals(upright.grid.transform)
