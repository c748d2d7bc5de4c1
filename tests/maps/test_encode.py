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
    how, codes = encoded
    return np.where(codes == how.nodata, np.nan, codes * how.step + how.offset)


def neighbours(values):
    """Return float32 numbers with the next ones below and above."""
    middle = np.asarray(values, np.float32)
    return np.stack(
        [np.nextafter(middle, np.float32(-np.inf)), middle, np.nextafter(middle, np.float32(np.inf))]
    )


@pytest.mark.parametrize(
    ("name", "step", "count", "limit"),
    [
        ("slope_deg", 0.25, 250, None),
        ("slope_deg", 7.3 / 29, 250, 7.3),
        ("roughness_m", 0.001, 60_000, None),
        ("relief_m", 0.0123 / 12, 60_000, 0.0123),
        ("landing_probability_upper", 1 / 50_000, 49_999, None),
    ],
)
def test_only_what_is_above_a_step_is_above_it_on_the_page(name, step, count, limit):
    """The next float32 above a step is above it, the step and the next below are not."""
    k = np.arange(1, count)
    how, codes = encode(name, neighbours(k * step), limit=limit)
    assert how.step == pytest.approx(step, rel=1e-12)
    np.testing.assert_array_equal(codes[0], k)
    np.testing.assert_array_equal(codes[1], k)
    np.testing.assert_array_equal(codes[2], np.minimum(k + 1, how.most))


@pytest.mark.parametrize(
    ("name", "step", "count"), [("safe_probability", 1 / 50_000, 49_999), ("clearance_m", 0.001, 32_000)]
)
def test_of_what_must_be_high_only_what_is_below_a_step_is_below_it(name, step, count):
    k = np.arange(1, count)
    how, codes = encode(name, neighbours(k * step))
    np.testing.assert_array_equal(codes[0], k - 1)
    np.testing.assert_array_equal(codes[1:], [k, np.minimum(k, how.most)])


@given(
    arrays(np.float32, (3, 9), elements=st.floats(0, 60, width=32)),
    st.floats(0.05, 40),
)
@settings(max_examples=80, deadline=None)
def test_a_limit_of_any_size_parts_the_cells_as_the_layer_does(values, limit):
    values[0, :3] = neighbours([limit]).ravel()
    for name in ("slope_deg", "relief_m"):
        how, codes = encode(name, values, limit=limit)
        over = codes > round(limit / how.step)
        np.testing.assert_array_equal(over, values > np.float32(limit))


@given(arrays(np.float32, (4, 7), elements=st.floats(0, 63, width=32)))
@settings(max_examples=60, deadline=None)
def test_slope_is_rounded_up_to_a_quarter_degree(values):
    back = decoded(encode("slope_deg", values))
    assert (back >= values).all()
    assert (back - values <= 0.25).all()


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
    found = decoded(encode("clearance_m", values))
    np.testing.assert_allclose(found[0, :4], [-0.75, -0.001, 0.0, 0.123], atol=1e-9)
    assert found[0, 4] == pytest.approx(32.767)
    assert np.isnan(found[0, 5])


def test_rock_abundance_never_looks_smaller():
    found = decoded(encode("rock_abundance_fraction", np.array([[0.050001, np.nan]])))
    assert found[0, 0] >= 0.050001
    assert np.isnan(found[0, 1])


def test_unknown_ground_is_no_clean_ground_among_artefacts():
    how, _ = encode("dem_quality", np.array([[0, 1, 128]], np.uint8))
    assert how.nodata == 128
