"""Rasters as integers: no hazard looks smaller, and every value comes back within its step."""

from __future__ import annotations

import base64
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jezero_sites.maps.encode import encode, packed


def decoded(encoded) -> np.ndarray:
    values = encoded.codes * encoded.step + encoded.offset
    return np.where(encoded.codes == encoded.nodata, np.nan, values)


@given(arrays(np.float32, (4, 7), elements=st.floats(0, 63, width=32)))
@settings(max_examples=60, deadline=None)
def test_slope_is_rounded_up_to_a_quarter_degree(values):
    back = decoded(encode("slope_deg", values))
    # a value within one part in a million of a step stays on it
    assert (back >= values - 1e-4).all()
    assert (back - values < 0.25 + 1e-4).all()


@pytest.mark.parametrize("limit", [0.25, 5.0, 8.0, 15.25, 30.0])
def test_what_exceeds_a_limit_on_a_step_exceeds_it_still(limit):
    values = np.linspace(limit - 1, limit + 1, 401).astype(np.float32).reshape(1, -1)
    values[0, 200] = limit
    back = decoded(encode("slope_deg", values))
    far = np.abs(values - limit) > 1e-4
    np.testing.assert_array_equal((back > limit)[far], (values > limit)[far])
    assert back[0, 200] == limit


def test_probabilities_are_rounded_to_the_safe_side():
    values = np.array([[0.123456, 0.999999, 1.0, 0.0, np.nan]], np.float32)
    low, high = (
        decoded(encode("landing_probability", values)),
        decoded(encode("landing_probability_upper", values)),
    )
    known = ~np.isnan(values)
    assert (low[known] <= values[known] + 1e-6).all()
    assert (high[known] >= values[known] - 1e-6).all()
    assert low[0, 2] == high[0, 2] == pytest.approx(1.0)
    assert np.isnan(low[0, 4])


def test_lengths_are_millimetres_rounded_up_and_capped():
    values = np.array([[0.0101, 0.010, 70.0, np.nan]], np.float32)
    np.testing.assert_allclose(
        decoded(encode("roughness_m", values)), [[0.011, 0.010, 65.534, np.nan]], atol=1e-9
    )


def test_elevation_keeps_a_decimetre_even_where_it_spans_kilometres():
    values = np.array([[-2571.41, -2563.96, np.nan]], np.float32)
    np.testing.assert_allclose(decoded(encode("elevation_m", values)), values, atol=0.0501)
    wide = np.array([[-8000.0, 21000.0, 0.0]], np.float32)
    np.testing.assert_allclose(decoded(encode("elevation_m", wide)), wide, atol=0.5)


def test_packed_rows_are_differences_that_add_up_again():
    codes = np.array([[3, 250, 7, 7], [65535, 0, 1, 65000]], np.uint16)
    raw = np.frombuffer(zlib.decompress(base64.b64decode(packed(codes))), "<u2").reshape(codes.shape)
    np.testing.assert_array_equal(np.cumsum(raw, axis=1, dtype=np.uint16), codes)


def test_a_layer_without_a_rule_is_refused():
    with pytest.raises(ValueError, match="no rule to encode vrm"):
        encode("vrm", np.zeros((2, 2)))


def test_clearance_keeps_its_sign_and_never_looks_larger():
    values = np.array([[-0.75, -0.0004, 0.0, 0.1239, 40.0, np.nan]], np.float32)
    found = encode("clearance_m", values)
    decoded = found.codes * found.step + found.offset
    np.testing.assert_allclose(decoded[0, :4], [-0.75, -0.001, 0.0, 0.123], atol=1e-9)
    assert decoded[0, 4] == pytest.approx(32.767)
    assert found.codes[0, 5] == found.nodata


def test_rock_abundance_never_looks_smaller():
    found = encode("rock_abundance_fraction", np.array([[0.050001, np.nan]]))
    assert found.codes[0, 0] * found.step >= 0.050001
    assert found.codes[0, 1] == found.nodata


def test_unknown_ground_is_no_clean_ground_among_artefacts():
    found = encode("dem_quality", np.array([[0, 1, 128]], np.uint8))
    assert found.nodata == 128
