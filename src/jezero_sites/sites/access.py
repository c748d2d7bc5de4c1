"""How far the samples are: straight distances on the ground from each site."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.mars import ground_distance_m


def nearest_sample(
    lon_deg: float,
    lat_deg: float,
    *,
    names: Sequence[str],
    sample_lon_deg: FloatArray,
    sample_lat_deg: FloatArray,
    radius_m: float,
) -> tuple[str, float]:
    """Return the name of the nearest sample and the straight ground distance to it, in metres.

    Parameters
    ----------
    lon_deg, lat_deg : float
        The site.
    names : sequence of str
        Names of the samples; ties go to the first.
    sample_lon_deg, sample_lat_deg : arrays of shape (samples,)
        Their positions; NaN where unknown, which is passed over.
    radius_m : float
        Radius of the body, in metres.

    Returns
    -------
    name : str
        Empty where no sample has a position.
    distance_m : float
        NaN where no sample has a position.
    """
    distance = ground_distance_m(lon_deg, lat_deg, sample_lon_deg, sample_lat_deg, radius_m)
    if not np.isfinite(distance).any():
        return "", float("nan")
    first = int(np.nanargmin(distance))
    return names[first], float(distance[first])
