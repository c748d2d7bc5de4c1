"""Distances and radii of Mars against pyproj and the IAU's numbers; constants keep their source."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites import mars
from jezero_sites.mars import (
    Constant,
    ellipsoid_radius_m,
    ground_distance_m,
    planetographic_latitude_deg,
)

R = float(mars.MARS_RADIUS_M)
longitudes = st.floats(-360, 720)
latitudes = st.floats(-90, 90)


@pytest.mark.parametrize(
    ("places", "expected"),
    [((0, 0, 90, 0), R * np.pi / 2), ((10, -90, 200, 90), R * np.pi), ((5, 10, 5, 11), R * np.pi / 180)],
)
def test_arcs_of_great_circles_have_their_length(places, expected):
    # relative: near the antipode the arcsine of haversine keeps 8 of 16 digits
    np.testing.assert_allclose(ground_distance_m(*places, R), expected, rtol=1e-7)


def test_touchdown_lies_2448_m_from_the_depot():
    # first localisation of the rover, and the mean of its ten stops at the drops, to 1e-5 degrees (0.6 m)
    found = ground_distance_m(77.45088572, 18.44462715, 77.40821, 18.45283, R)
    assert found == pytest.approx(2448.35, abs=0.01)


@settings(max_examples=100, deadline=None)
@given(longitudes, latitudes, longitudes, latitudes, st.floats(1e5, 1e7))
def test_distance_is_that_of_pyproj(lon1, lat1, lon2, lat2, radius):
    _, _, expected = pyproj.Geod(a=radius, b=radius).inv(lon1, lat1, lon2, lat2)
    found = ground_distance_m(lon1, lat1, lon2, lat2, radius)
    # 1e-7 of the radius: near the antipode the arcsine turns 1e-16 into 1e-8
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-7 * radius)


@settings(max_examples=100, deadline=None)
@given(st.floats(77, 78), st.floats(18, 19), st.floats(0, 360), st.floats(0.1, 3000))
def test_short_distances_are_true_to_a_micrometre(lon, lat, azimuth, distance):
    lon2, lat2, _ = pyproj.Geod(a=R, b=R).fwd(lon, lat, azimuth, distance)
    # degrees near 77 are spaced 1.4e-14, which is 1e-9 m; pyproj itself is good to nanometres
    assert ground_distance_m(lon, lat, lon2, lat2, R) == pytest.approx(distance, abs=1e-6)


def test_distances_broadcast_and_unknown_places_give_nan():
    found = ground_distance_m(77.0, 18.0, [77.0, np.nan, 78.0], [[18.0], [np.nan]], R)
    assert found.shape == (2, 3)
    assert found[0, 0] == 0
    assert np.isnan(found[0, 1])
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[0, 2], R * np.radians(1) * np.cos(np.radians(18)), rtol=1e-4)  # chord


@pytest.mark.parametrize(
    "name",
    [n for n in dir(mars) if n.isupper() and not n.startswith("_")],
)
def test_constant_says_its_unit_and_where_it_is_from(name):
    constant = getattr(mars, name)
    assert isinstance(constant, Constant)
    assert constant.unit
    assert len(constant.source) > 10


@pytest.mark.parametrize("again", [lambda c: pickle.loads(pickle.dumps(c)), copy.copy, copy.deepcopy])
def test_copied_constant_keeps_unit_and_source(again):
    found = again(Constant(0.1, unit="m", source="a book"))
    assert (float(found), found.unit, found.source) == (0.1, "m", "a book")
    assert isinstance(found, Constant)


def test_constant_computes_as_the_number_it_is():
    constant = Constant(3.5, unit="m", source="a book")
    assert constant + 1 == 4.5
    assert np.array([constant]).dtype == np.float64
    assert type(constant * 2) is float


def test_radii_are_those_of_the_iau():
    assert mars.MARS_RADIUS_M == 3_396_190
    assert mars.MARS_POLAR_RADIUS_M == 3_376_200


def test_ellipsoid_radius_is_equatorial_polar_and_that_of_hirise_between():
    assert ellipsoid_radius_m(0) == pytest.approx(3_396_190, rel=1e-12)
    assert ellipsoid_radius_m(90) == pytest.approx(3_376_200, rel=1e-12)
    assert ellipsoid_radius_m(15) == pytest.approx(3_394_839.8133, abs=1e-4)  # PDS labels, lat_ts 15
    assert ellipsoid_radius_m(-18.4447) == pytest.approx(3_394_172.9497, abs=1e-4)


@settings(max_examples=50, deadline=None)
@given(st.floats(-89, 89))
def test_planetographic_latitude_is_that_of_proj(latitude):
    ellipsoid = pyproj.CRS.from_proj4("+proj=longlat +a=3396190 +b=3376200 +no_defs")
    centric = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        "+step +inv +proj=geoc +a=3396190 +b=3376200 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    assert ellipsoid.ellipsoid.semi_minor_metre == 3_376_200
    _, expected = centric.transform(0.0, latitude)
    assert planetographic_latitude_deg(latitude) == pytest.approx(expected, abs=1e-9)


def test_jezero_lies_12_km_off_when_its_latitude_is_misread():
    graphic = planetographic_latitude_deg(18.4447)
    assert graphic == pytest.approx(18.648696, abs=1e-6)
    assert ground_distance_m(77.45, 18.4447, 77.45, graphic, R) == pytest.approx(12_090, abs=10)
    assert planetographic_latitude_deg(0.0) == 0
    assert planetographic_latitude_deg(90.0) == pytest.approx(90)
