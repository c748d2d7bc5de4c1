"""The nearest sample: by ground distance, the first of equals, never one without a position."""

from __future__ import annotations

import numpy as np
import pyproj
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.mars import MARS_RADIUS_M
from jezero_sites.sites import nearest_sample

R = float(MARS_RADIUS_M)


def nearest(lon, lat, samples, radius=R):
    names = [name for name, _, _ in samples]
    lons, lats = (np.array([s[k] for s in samples], float) for k in (1, 2))
    return nearest_sample(lon, lat, names=names, sample_lon_deg=lons, sample_lat_deg=lats, radius_m=radius)


places = st.tuples(st.floats(77.3, 77.6), st.floats(18.3, 18.6))


@settings(max_examples=60, deadline=None)
@given(site=places, samples=st.lists(places, min_size=1, max_size=9))
def test_nearest_is_that_of_pyproj(site, samples):
    geod = pyproj.Geod(a=R, b=R)
    distances = [geod.inv(*site, *s)[2] for s in samples]
    name, distance = nearest(*site, [(str(i), *s) for i, s in enumerate(samples)])
    # 1e-6 m: degrees in float64
    assert abs(distance - min(distances)) < 1e-6
    assert abs(distances[int(name)] - min(distances)) < 1e-6


def test_east_west_degrees_are_shorter_than_north_south_ones():
    samples = [("north", 77.4, 18.41), ("east", 77.4102, 18.4)]
    assert nearest(77.4, 18.4, samples)[0] == "east"  # 574 m against 593 m


def test_sample_without_position_is_passed_over():
    samples = [("lost", np.nan, np.nan), ("half", 77.4, np.nan), ("far", 77.5, 18.5), ("near", 77.41, 18.41)]
    assert nearest(77.4, 18.4, samples)[0] == "near"


def test_first_of_equally_near_samples_is_named():
    samples = [("lost", np.nan, np.nan), ("b", 77.45, 18.45), ("a", 77.45, 18.45)]
    assert nearest(77.4, 18.4, samples)[0] == "b"


def test_without_any_position_nothing_is_near():
    for samples in ([], [("lost", np.nan, np.nan)]):
        name, distance = nearest(77.4, 18.4, samples)
        assert name == ""
        assert np.isnan(distance)


def test_distance_is_measured_on_the_sphere_that_is_given():
    one, other = (nearest(77.4, 18.4, [("s", 77.4, 18.5)], radius)[1] for radius in (R, 2 * R))
    assert np.isclose(one, np.radians(0.1) * R, rtol=1e-9)
    assert np.isclose(other, 2 * one, rtol=1e-12)
