"""What each equation costs: ``python -m benchmarks.kernels --size 2048``.

One thread, on one block after the other as a run does it; medians of three. Beside them the dispersion against
``scipy.signal.oaconvolve`` and the peaks against ``skimage.feature.peak_local_max``, on the same arrays.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.processes import machine

SIDE = 512


def seconds_of(work: Callable[[], Any], repeat: int = 3) -> float:
    """Return the median time of some work, after one run that compiles."""
    work()
    found = []
    for _ in range(repeat):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def equations(z: Any, dx: Any) -> dict[str, Callable[[], Any]]:
    """Return the equations of a run, each with heights of a block."""
    from jezero_sites import hazards, terrain
    from jezero_sites.io.coding import coded
    from jezero_sites.io.overviews import halved

    ground: dict[str, Any] = {"dx_m": dx, "dy_m": 1.0}
    gx, gy = terrain.plane_gradient(z, window=(5, 5), **ground)
    sigma = np.full(len(z), 0.03)
    exceedance = hazards.SlopeExceedance(sigma, sigma * 0.9, limit_tan=0.14)
    legs = hazards.Legs(4, 2.5, 0.3)
    stands = {**ground, "legs": legs, "clockings": hazards.clockings_needed(legs, **ground)}
    single = z.astype(np.float32)
    whole = np.clip(np.nan_to_num(single + 2600) * 100, 0, 65534).astype(np.uint16)
    return {
        "plane, 5 x 5 cells": lambda: terrain.plane_gradient(z, window=(5, 5), **ground),
        "slope in degrees": lambda: terrain.slope_deg_of(gx, gy),
        "roughness (RMS), 5 x 5 cells": lambda: terrain.rms_roughness_m(z, window=(5, 5)),
        "relief, disc of 3 m": lambda: terrain.relief_m(z, radius_m=3.0, **ground),
        "ruggedness (Riley)": lambda: terrain.tri_riley_m(z),
        "chance to exceed a slope": lambda: exceedance.probability(gx, gy),
        f"stance, {stands['clockings']} clockings of 4 legs": lambda: hazards.stance_tilt(z, **stands),
        "belly clearance": lambda: hazards.stance_protrusion_m(z, footprint_radius_m=3.0, **stands),
        "coding a tile, float32": lambda: coded(single),
        "coding a tile, 16 bit": lambda: coded(whole),
        "reduced image": lambda: halved(single, "max", np.nan),
    }


def main() -> None:
    """Time everything and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=2048, help="cells a side of what is compared with peers")
    chosen = parser.parse_args()
    rng = np.random.default_rng(3)
    z = rng.normal(size=(SIDE, SIDE)).cumsum(0).cumsum(1) * 0.002 - 2500.0
    dx = np.linspace(0.9485, 0.9487, SIDE)
    print(f"{machine()}\n\n| equation | ns a cell | million cells a second |\n|---|---:|---:|")
    for name, work in equations(z, dx).items():
        each = seconds_of(work) / z.size
        print(f"| {name} | {each * 1e9:.1f} | {1e-6 / each:.0f} |", flush=True)
    print("\n| | seconds | times as fast |\n|---|---:|---:|")
    for name, ours, peer in (dispersion(chosen.size, rng), peaks(chosen.size, rng)):
        print(f"| {name[0]} | {ours:.2f} | {peer / ours:.1f} |\n| {name[1]} | {peer:.2f} | |")


def dispersion(side: int, rng: Any) -> tuple[tuple[str, str], float, float]:
    """Return the times of the landing probability and of oaconvolve with the same masses, twice: for both bounds."""
    from scipy.signal import oaconvolve

    from jezero_sites import hazards

    safe = np.clip(rng.normal(0.7, 0.3, (side, side)), 0, 1)
    safe[rng.random(safe.shape) < 0.001] = np.nan
    ground: dict[str, Any] = {"dx_m": np.ones(side), "dy_m": 1.0, "covariance": (3600.0, 625.0, 200.0)}
    mass = hazards.cell_mass(ground["covariance"], dx_m=1.0, dy_m=1.0)
    zero = np.nan_to_num(safe)
    ours = seconds_of(lambda: hazards.landing_probability(safe, **ground), 2)
    peer = seconds_of(lambda: [oaconvolve(zero, mass, mode="same") for _ in range(2)], 2)
    sizes = f"{side} x {side} cells, sigma 60 x 25 cells, one thread"
    return (f"landing probability, both bounds: {sizes}", "scipy.signal.oaconvolve, twice"), ours, peer


def peaks(side: int, rng: Any) -> tuple[tuple[str, str], float, float]:
    """Return the times of finding the peaks of a landing probability."""
    from scipy.ndimage import gaussian_filter
    from skimage.feature import peak_local_max

    from jezero_sites import sites

    chance = gaussian_filter(rng.random((side, side)), 9).round(6)
    passes = np.ones(chance.shape, bool)
    ours = seconds_of(lambda: sites.peaks(chance, passes))
    peer = seconds_of(lambda: peak_local_max(chance, min_distance=1))
    return (f"peaks of {side} x {side} cells", "skimage.feature.peak_local_max"), ours, peer


if __name__ == "__main__":
    main()
