from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq

from jezero_sites.hazards import cumulative_fractional_area, diameter_for_height_m, overlap_rate, rocks_per_m2

ABUNDANCES = (0.02, 0.03, 0.05, 0.07, 0.10, 0.20)
AREAS = {  # share of ground under rocks of 0.2, 0.5, 1.0 and 1.5 m or more
    0.02: (3.057912e-3, 1.828173e-4, 1.671109e-6, 1.527539e-8),
    0.03: (7.613051e-3, 9.732289e-4, 3.157248e-5, 1.024242e-6),
    0.05: (1.903012e-2, 4.468367e-3, 3.993261e-4, 3.568671e-5),
    0.07: (3.169660e-2, 9.657946e-3, 1.332513e-3, 1.838477e-4),
    0.10: (5.158187e-2, 1.910921e-2, 3.651617e-3, 6.977951e-4),
    0.20: (1.200991e-1, 5.588619e-2, 1.561633e-2, 4.363687e-3),
}
NUMBERS = {  # rocks of 0.19, 0.38, 1.0, 1.1 and 1.5 m or more on a square metre
    0.02: (6.274349e-2, 3.363976e-3, 1.778164e-6, 5.828262e-7, 7.622612e-9),
    0.03: (1.324298e-1, 1.195290e-2, 3.181537e-5, 1.348357e-5, 4.909936e-7),
    0.05: (2.716711e-1, 3.769221e-2, 3.728434e-4, 1.944262e-4, 1.615049e-5),
    0.07: (4.017631e-1, 6.742557e-2, 1.181888e-3, 6.742228e-4, 7.998152e-5),
    0.10: (5.843071e-1, 1.135155e-1, 3.074629e-3, 1.877304e-3, 2.914966e-4),
    0.20: (1.146511, 2.656823e-1, 1.207279e-2, 7.987763e-3, 1.703531e-3),
}
RATES = {  # rocks of 0.19, 0.38 and 1.1 m or more on a disc of 2 and of 3 m radius
    0.02: (0.891263, 1.92656, 0.0524626, 0.110117, 1.23397e-5, 2.36759e-5),
    0.03: (1.89426, 4.08544, 0.188118, 0.393723, 2.88660e-4, 5.52117e-4),
    0.05: (3.92140, 8.43256, 0.600546, 1.25207, 4.22835e-3, 8.05177e-3),
    0.07: (5.83297, 12.5195, 1.08296, 2.25214, 0.0148210, 0.0281376),
    0.10: (8.53174, 18.2779, 1.83791, 3.81250, 0.0417235, 0.0789671),
}


def rate_above(k: float, diameter: float, radius: float) -> float:
    return float(overlap_rate(k, min_diameter_m=diameter, max_diameter_m=np.inf, radius_m=radius))


@pytest.mark.parametrize("k", ABUNDANCES)
def test_areas_and_numbers_are_those_of_the_tables(k: float) -> None:
    # printed to seven figures
    found = cumulative_fractional_area(np.array([0.2, 0.5, 1.0, 1.5]), abundance=k)
    np.testing.assert_allclose(found, AREAS[k], rtol=1e-6)
    found = rocks_per_m2(np.array([0.19, 0.38, 1.0, 1.1, 1.5]), abundance=k)
    np.testing.assert_allclose(found, NUMBERS[k], rtol=1e-6)


@pytest.mark.parametrize("k", RATES)
def test_overlaps_are_those_of_the_table(k: float) -> None:
    found = [rate_above(k, d, r) for d in (0.19, 0.38, 1.1) for r in (2.0, 3.0)]
    np.testing.assert_allclose(found, RATES[k], rtol=5e-6)  # printed to six figures


def test_single_overlaps_are_those_published_to_more_digits() -> None:
    found = [rate_above(0.05, 0.38, 1.0), rate_above(0.05, 0.38, 3.0), rate_above(0.02, 0.38, 3.0)]
    np.testing.assert_allclose(found, [0.18584830, 1.25207142, 0.11011655], rtol=5e-8)  # printed digits


@pytest.mark.parametrize(
    ("k", "diameter", "area", "chance"),
    [
        (0.05, 0.38, 4, 0.1399535),
        (0.02, 0.38, 4, 0.01336578),
        (0.03, 0.38, 4, 0.04668663),
        (0.07, 0.38, 4, 0.2363932),
        (0.07, 1.1, 4, 0.002693258),
        (0.08, 1.1, 4, 0.004068793),
        (0.10, 0.9, 1, 0.005100278),
    ],
)
def test_rocks_centred_in_an_area_are_met_with_poisson_chance(
    k: float, diameter: float, area: float, chance: float
) -> None:
    found = -np.expm1(-rocks_per_m2(diameter, abundance=k) * area)
    assert float(found) == pytest.approx(chance, rel=1e-6)  # printed to seven figures


@pytest.mark.parametrize(("number", "k"), [(1e-4, 0.0739666), (1e-3, 0.1570060), (5e-3, 0.3655002)])
def test_abundance_is_found_from_the_number_of_large_rocks(number: float, k: float) -> None:
    found = brentq(lambda x: float(rocks_per_m2(1.5, abundance=x)) - number, 0.005, 1.0, xtol=1e-12)
    assert found == pytest.approx(k, abs=6e-8)  # printed digits


@settings(max_examples=40, deadline=None)
@given(
    k=st.floats(0.01, 0.5), small=st.floats(0.1, 1.0), more=st.floats(0.05, 2.0), radius=st.floats(0.0, 5.0)
)
def test_overlap_is_the_integral_of_the_density_over_diameters(
    k: float, small: float, more: float, radius: float
) -> None:
    q = 1.79 + 0.152 / k

    def density(d: float) -> float:
        return 4 * k * q * np.exp(-q * d) / (np.pi * d**2) * np.pi * (radius + d / 2) ** 2

    expected = quad(density, small, small + more, epsabs=0, epsrel=1e-11)[0]
    found = overlap_rate(k, min_diameter_m=small, max_diameter_m=small + more, radius_m=radius)
    assert float(found) == pytest.approx(expected, rel=1e-8)  # differences of two rates lose some digits


def test_numbers_never_fall_as_the_abundance_rises() -> None:
    assert np.all(np.diff(rocks_per_m2(1.5, abundance=np.linspace(0.005, 1.0, 500))) > 0)


def test_scattered_rocks_overlap_a_footprint_as_often_as_the_model_says() -> None:
    rng, k, smallest, radius, tries = np.random.default_rng(5), 0.05, 0.38, 3.0, 60_000
    side, sizes = 16.0, np.linspace(smallest, 8.0, 40_000)
    counts = rng.poisson(float(rocks_per_m2(smallest, abundance=k)) * side**2, tries)
    above = rocks_per_m2(sizes, abundance=k) / rocks_per_m2(smallest, abundance=k)
    diameters = np.interp(-rng.random(counts.sum()), -above, sizes)  # inverse of the survival function
    east, north = rng.uniform(-side / 2, side / 2, (2, counts.sum()))
    is_hit = np.hypot(east, north) < radius + diameters / 2
    share = np.mean(np.bincount(np.repeat(np.arange(tries), counts), is_hit, tries) > 0)
    expected = 0.714088
    assert -np.expm1(-rate_above(k, smallest, radius)) == pytest.approx(expected, abs=6e-7)  # printed digits
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / tries))


def test_ground_without_rocks_meets_none_and_unknown_ground_stays_unknown() -> None:
    k = np.array([[0.0, np.nan, 0.1]])
    rate = overlap_rate(k, min_diameter_m=0.38, max_diameter_m=1.5, radius_m=3.0)
    assert rate[0, 0] == 0.0
    assert np.isnan(rate[0, 1])
    assert rate[0, 2] == pytest.approx(rate_above(0.1, 0.38, 3.0) - rate_above(0.1, 1.5, 3.0), rel=1e-12)
    assert cumulative_fractional_area(0.0, abundance=k)[0, [0, 2]].tolist() == [0.0, 0.1]
    assert float(overlap_rate(0.1, min_diameter_m=1.0, max_diameter_m=1.0, radius_m=3.0)) == 0.0


@pytest.mark.parametrize(
    ("height", "ratio", "diameter"),
    [(0.19, 0.5, 0.38), (0.35, 0.5, 0.70), (0.6, 0.5, 1.2), (0.19, 0.38, 0.5)],
)
def test_diameter_follows_from_height(height: float, ratio: float, diameter: float) -> None:
    assert diameter_for_height_m(height, height_per_diameter=ratio) == pytest.approx(diameter, rel=1e-12)


def test_impossible_rocks_are_refused() -> None:
    for k in (-0.01, 1.01):
        with pytest.raises(ValueError, match="between 0 and 1"):
            rocks_per_m2(0.4, abundance=k)
    with pytest.raises(ValueError, match="above 0"):
        rocks_per_m2(0.0, abundance=0.1)
    with pytest.raises(ValueError, match="0 or more"):
        cumulative_fractional_area(-0.1, abundance=0.1)
    with pytest.raises(ValueError, match="must not exceed"):
        overlap_rate(0.1, min_diameter_m=1.6, max_diameter_m=1.5, radius_m=3.0)
    with pytest.raises(ValueError, match="radius_m"):
        overlap_rate(0.1, min_diameter_m=0.4, max_diameter_m=1.5, radius_m=-3.0)
    with pytest.raises(ValueError, match="must be positive"):
        diameter_for_height_m(0.2, height_per_diameter=0.0)
