"""Driving costs against scikit-image: ``python -m benchmarks.cost_distance --size 2048 --repeat 3``.

The same rough ground with three sources, eight neighbours, in turn; printed are medians, their ratio and the largest
relative difference.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time

import numpy as np


def main() -> None:
    """Run both in turn and print a table."""
    from skimage.graph import MCP_Geometric

    from jezero_sites.sites.cost_distance import cost_distance

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--repeat", type=int, default=3)
    chosen = parser.parse_args()
    side = chosen.size
    cost = np.exp(np.random.default_rng(2).normal(0, 0.7, (side, side)))
    rows, cols = [side // 9, side // 2, side - 7], [side // 5, side - 30, side // 3]
    own = {"source_rows": rows, "source_cols": cols, "dx_m": np.full(side, 0.95), "dy_m": 1.0}
    cost_distance(cost[:64, :64], **own | {"source_rows": [3], "source_cols": [5], "dx_m": np.full(64, 0.95)})
    times: dict[str, list[float]] = {"ours, 8": [], "ours, 16": [], "MCP_Geometric, 8": []}
    for _ in range(chosen.repeat):
        begun = time.perf_counter()
        found = cost_distance(cost, neighbours=8, **own)
        times["ours, 8"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        cost_distance(cost, neighbours=16, **own)
        times["ours, 16"].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        truth, _ = MCP_Geometric(cost, sampling=(1.0, 0.95)).find_costs(list(zip(rows, cols, strict=True)))
        times["MCP_Geometric, 8"].append(time.perf_counter() - begun)
    middle = {name: statistics.median(seconds) for name, seconds in times.items()}
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {side} x {side} cells\n"
    )
    print("| | seconds | times faster than MCP |\n|---|---:|---:|")
    for name, seconds in middle.items():
        print(f"| {name} | {seconds:.2f} | {middle['MCP_Geometric, 8'] / seconds:.1f} |")
    apart = np.max(np.abs(found - truth) / np.maximum(truth, 1e-12))
    print(f"\nlargest relative difference: {apart:.1e}")


if __name__ == "__main__":
    main()
