"""Drop a lander on legs onto a DEM many times and compare how often it stands with the safe probability.

The safe probability takes slope, gates and rocks as independent factors. Here the lander is put down: anywhere in a
cell, turned at random, on heights with a drawn error, among rocks strewn one by one. It fails where it tilts
beyond the limit on its stance or where ground or rock reaches its belly. The two answer different questions: the safe
probability also counts ground as lost that is steep over the slope's baseline, or that has a rock beyond the limit
anywhere in the footprint. The table says by how much they differ, and for which ground.

    python -m benchmarks.lander_drop                  the bundled synthetic tiles
    python -m benchmarks.lander_drop --dem tile.tif   any DEM
"""

from __future__ import annotations

import argparse
import platform
import time
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.special import exp1

import jezero_sites as js
from jezero_sites.hazards import Correlation, wilson_interval
from jezero_sites.pipeline.stages.ground import measure_ground
from jezero_sites.pipeline.stages.rocks import rock_field
from jezero_sites.pipeline.stages.touchdown import Safety, touchdown_safety
from jezero_sites.settings import Limit

TILES = sorted((Path(__file__).parents[1] / "data" / "dem_samples").glob("jezero_synthetic_dem*.tif"))
SMALLEST_ROCK_M = 0.1
BINS = (0.0, 1e-9, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Drops:
    """How many drops on one cell stood, tilted too far, and were struck from below."""

    stood: int
    tilted: int
    struck: int


def main() -> None:
    """Run the comparison and print a table."""
    options = _options()
    dem = js.read_dem(options.dem or TILES)
    settings = js.load_profile("four-leg-illustrative")
    error = replace(settings.dem_error, model="gaussian", length_m=options.length_m)
    settings = replace(settings, dem_error=error, limits=_with_tilt(settings.limits, options.tilt_deg))
    started = time.perf_counter()
    safety = touchdown_safety(measure_ground(dem, settings), settings, rock_field(dem.grid, settings))
    rng = np.random.default_rng(options.seed)
    cells = _chosen(safety, options.cells, rng)
    drops = [_drop(dem, settings, cell, options.draws, rng) for cell in cells]
    _print(safety, cells, drops, options.draws)
    seconds = time.perf_counter() - started
    names = ", ".join(path.name for path in dem.sources)
    print(f"\n{len(cells)} cells of {names}, {options.draws} drops on each, seed {options.seed}; "
          f"tilt up to {options.tilt_deg:g} deg; "
          f"error {error.sigma_m:g} m, Gaussian, {error.length_m:g} m. {seconds:.0f} s on {platform.machine()}, "
          f"Python {platform.python_version()}, {date.today()}.")  # fmt: skip


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dem", nargs="*", help="DEM files; the bundled tiles by default")
    parser.add_argument("--cells", type=int, default=700)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--length-m", type=float, default=1.27, help="correlation length of the DEM error")
    parser.add_argument("--tilt-deg", type=float, default=14.0, help="largest tilt that the lander bears")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _with_tilt(limits: tuple[Limit, ...], tilt_deg: float) -> tuple[Limit, ...]:
    return tuple(replace(m, value=tilt_deg) if m.layer == "stance_tilt_deg" else m for m in limits)


def _chosen(safety: Safety, most: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return as many cells of each range of the safe probability as there are, up to a share of all."""
    chosen = []
    margin = 12
    inner = np.full(safety.safe_probability.shape, np.nan)
    inner[margin:-margin, margin:-margin] = safety.safe_probability[margin:-margin, margin:-margin]
    for low, high in pairwise(BINS):
        rows, cols = np.nonzero((inner >= low) & (inner < high))
        picked = rng.permutation(rows.size)[: most // (len(BINS) - 1)]
        chosen += [(int(rows[i]), int(cols[i])) for i in picked]
    return chosen


def _drop(
    dem: js.Raster, settings: js.Settings, cell: tuple[int, int], draws: int, rng: np.random.Generator
) -> Drops:
    lander, dx, dy = settings.lander, float(dem.grid.dx_m[cell[0]]), dem.grid.dy_m
    reach = lander.footprint_radius_m + max(dx, dy) + lander.pad_radius_m
    tall, wide = int(np.ceil(reach / dy)) + 1, int(np.ceil(reach / dx)) + 1
    patch = dem.values[cell[0] - tall : cell[0] + tall + 1, cell[1] - wide : cell[1] + wide + 1].astype(float)
    if np.isnan(patch).any():
        return Drops(0, 0, draws)
    heights = patch - patch[tall, wide] + _errors(patch.shape, (dx, dy), settings, draws, rng)
    touch = rng.uniform(-0.5, 0.5, (draws, 2)) * (dx, dy)
    turn = rng.uniform(0, 2 * np.pi, draws)
    rocks = _rocks(settings, reach, draws, rng)
    angles = turn[:, None] + np.arange(lander.legs) * 2 * np.pi / lander.legs
    pads = touch[:, None] + lander.hub_to_pad_m * np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    under = _bilinear(heights, pads, (dx, dy))
    for k in range(lander.legs):
        under[:, k] += _rock_top(pads[:, k], rocks, lander.pad_radius_m, draws)
    east, north, centre = _stance(pads - touch[:, None], under, rng)
    tilted = np.hypot(east, north) > np.tan(np.radians(settings.limit("stance_tilt_deg").value))
    plane = (east, north, centre)
    struck = _struck(heights, (dx, dy), touch, plane=plane, rocks=rocks, lander=lander)
    return Drops(int((~tilted & ~struck).sum()), int(tilted.sum()), int((struck & ~tilted).sum()))


def _errors(shape, spacing, settings, draws, rng) -> np.ndarray:
    """Return errors of heights, (draws, rows, columns), from a Cholesky factor of their covariance."""
    rows, cols = np.indices(shape).reshape(2, -1)
    distance = np.hypot((rows[:, None] - rows) * spacing[1], (cols[:, None] - cols) * spacing[0])
    correlation = 1.0 + Correlation("gaussian", settings.dem_error.length_m).less_one(distance)
    factor = np.linalg.cholesky(correlation + 1e-8 * np.eye(rows.size))
    return settings.dem_error.sigma_m * (rng.standard_normal((draws, rows.size)) @ factor.T).reshape(
        draws, *shape
    )


def _bilinear(heights: np.ndarray, places: np.ndarray, spacing: tuple[float, float]) -> np.ndarray:
    """Return the height at places (draws, n, 2) east and north of the patch's middle, one patch a draw."""
    draws, rows, cols = heights.shape
    c, r = places[..., 0] / spacing[0] + cols // 2, rows // 2 - places[..., 1] / spacing[1]
    c0, r0 = np.floor(c).astype(int), np.floor(r).astype(int)
    u, v, i = c - c0, r - r0, np.arange(draws)[:, None]
    top = heights[i, r0, c0] * (1 - u) + heights[i, r0, c0 + 1] * u
    low = heights[i, r0 + 1, c0] * (1 - u) + heights[i, r0 + 1, c0 + 1] * u
    return top * (1 - v) + low * v


def _rocks(settings, half: float, draws: int, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return draw, place and diameter of rocks strewn over a square, after Golombek and Rapp (1997)."""
    k, most = settings.rocks.abundance_fraction, settings.rocks.largest_diameter_m
    q = 1.79 + 0.152 / k

    def per_m2(d):
        return 4 * k * q / np.pi * (np.exp(-q * d) / d - q * exp1(q * d))

    half += most / 2
    counts = rng.poisson((per_m2(SMALLEST_ROCK_M) - per_m2(most)) * (2 * half) ** 2, draws)
    sizes = np.geomspace(SMALLEST_ROCK_M, most, 4000)
    share = rng.uniform(per_m2(most), per_m2(SMALLEST_ROCK_M), counts.sum())
    diameter = np.interp(-share, -per_m2(sizes), sizes)
    return np.repeat(np.arange(draws), counts), rng.uniform(-half, half, (counts.sum(), 2)), diameter


def _rock_top(places: np.ndarray, rocks, radius_m: float, draws: int, ratio: float = 0.5) -> np.ndarray:
    """Return the highest rock under a disc about one place a draw; rocks are half ellipsoids on the ground."""
    which, where, diameter = rocks
    gap = np.maximum(np.hypot(*(where - places[which]).T) - radius_m, 0.0)
    top = ratio * diameter * np.sqrt(np.maximum(1.0 - (2 * gap / diameter) ** 2, 0.0))
    highest = np.zeros(draws)
    np.maximum.at(highest, which, top)
    return highest


def _stance(pads: np.ndarray, under: np.ndarray, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return gradient and hub height of a plane on three pads with no pad below ground, one of the valid at random."""
    draws, count = under.shape
    triples = [[j for j in range(count) if j != left] for left in range(count)] if count == 4 else [[0, 1, 2]]
    planes, valid = [], []
    for three in triples:
        design = np.concatenate([pads[:, three], np.ones((draws, 3, 1))], axis=2)
        plane = np.linalg.solve(design, under[:, three, None])[..., 0]
        rest = np.einsum("dpi,di->dp", np.concatenate([pads, np.ones((draws, count, 1))], axis=2), plane)
        planes.append(plane)
        valid.append((under <= rest + 1e-9).all(axis=1))
    weight = rng.random((len(triples), draws)) * np.array(valid)
    chosen = np.array(planes)[weight.argmax(axis=0), np.arange(draws)]
    return chosen[:, 0], chosen[:, 1], chosen[:, 2]


def _struck(heights, spacing, touch, *, plane, rocks, lander) -> np.ndarray:
    """Tell where ground or a rock in the footprint reaches the belly."""
    _, rows, cols = heights.shape
    north = (rows // 2 - np.arange(rows))[:, None] * spacing[1] - touch[:, 1, None, None]
    east = (np.arange(cols) - cols // 2)[None, :] * spacing[0] - touch[:, 0, None, None]
    belly = plane[2][:, None, None] + plane[0][:, None, None] * east + plane[1][:, None, None] * north
    room = belly + lander.belly_clearance_m - heights
    room[np.hypot(east, north) > lander.footprint_radius_m] = np.inf
    struck = (room < 0).any(axis=(1, 2))
    which, where, diameter = rocks
    offset = where - touch[which]
    under = np.hypot(*offset.T) <= lander.footprint_radius_m
    which, where, offset, top = which[under], where[under], offset[under], 0.5 * diameter[under]
    ground = _ground_at(heights, which, where, spacing)
    beneath = plane[2][which] + plane[0][which] * offset[:, 0] + plane[1][which] * offset[:, 1]
    hit = beneath + lander.belly_clearance_m < ground + top
    struck[which[hit]] = True
    return struck


def _ground_at(heights, which, where, spacing) -> np.ndarray:
    rows, cols = heights.shape[1:]
    c = np.clip(where[:, 0] / spacing[0] + cols // 2, 0, cols - 1.001)
    r = np.clip(rows // 2 - where[:, 1] / spacing[1], 0, rows - 1.001)
    c0, r0 = c.astype(int), r.astype(int)
    u, v = c - c0, r - r0
    top = heights[which, r0, c0] * (1 - u) + heights[which, r0, c0 + 1] * u
    return top * (1 - v) + (heights[which, r0 + 1, c0] * (1 - u) + heights[which, r0 + 1, c0 + 1] * u) * v


def _print(safety: Safety, cells: list[tuple[int, int]], drops: list[Drops], draws: int) -> None:
    chance = np.array([safety.safe_probability[cell] for cell in cells])
    stood = np.array([d.stood for d in drops])
    tilted, struck = np.array([d.tilted for d in drops]), np.array([d.struck for d in drops])
    print(
        "| safe probability | cells | mean of it | stood | 99 % interval | tilted too far | struck | difference |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for low, high in pairwise(BINS):
        here = (chance >= low) & (chance < high)
        if not here.any():
            continue
        n = int(here.sum()) * draws
        ends = wilson_interval(int(stood[here].sum()), n, confidence=0.99)
        share, mean = stood[here].sum() / n, chance[here].mean()
        words = "0 (a gate fails)" if high == BINS[1] else f"{max(low, 0):.1f} to {high:.1f}"
        print(
            f"| {words} | {here.sum()} | {mean:.3f} | {share:.3f} | {ends[0]:.3f} to {ends[1]:.3f} | "
            f"{tilted[here].sum() / n:.3f} | {struck[here].sum() / n:.3f} | {share - mean:+.3f} |"
        )


if __name__ == "__main__":
    main()
