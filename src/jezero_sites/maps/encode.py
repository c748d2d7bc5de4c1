"""Rasters as small integers that a page can hold: quantised so that no hazard looks smaller than it is.

Slope, roughness and relief are rounded up, clearance and lower probabilities down, the upper bound up. Rows are stored
as differences, deflated and written in base64.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[Any]
PROBABILITY_STEP = 1 / 50_000
_UNKNOWN_CODES = {"hazard_class": 0, "binding_factor": 0, "dem_quality": 128}


@dataclass(frozen=True, eq=False)
class Encoded:
    """A raster as integers: ``value = code * step + offset``, except ``nodata``."""

    codes: Codes
    step: float
    offset: float
    nodata: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return what the page needs to read the raster."""
        kinds = {"uint8": "u1", "uint16": "u2", "int16": "i2"}
        return {
            "dtype": kinds[self.codes.dtype.name],
            "step": self.step,
            "offset": self.offset,
            "nodata": self.nodata,
            "data": packed(self.codes),
        }


def encode(name: str, values: NDArray[Any]) -> Encoded:
    """Return a layer as integers, by the rule for its quantity.

    Parameters
    ----------
    name : str
        Name of the layer; its ending and stem choose the rule.
    values : array of shape (rows, columns)
        float with NaN where unknown, or uint8 codes.
    """
    if values.dtype == np.uint8:
        return Encoded(values, 1.0, 0.0, _UNKNOWN_CODES.get(name))
    if name == "elevation_m":
        return _elevation(values)
    if name.endswith("slope_deg") or (name.startswith(("slope_", "stance_")) and name.endswith("_deg")):
        return _quantised(values, 0.25, np.ceil, top=254, dtype=np.uint8)
    if name == "clearance_m":
        return _signed(values)
    if name.endswith("_fraction"):
        return _quantised(values, PROBABILITY_STEP, np.ceil, top=50_000, dtype=np.uint16)
    if "probability" in name:
        rounding = np.ceil if name.endswith("upper") else np.floor
        return _quantised(values, PROBABILITY_STEP, rounding, top=50_000, dtype=np.uint16)
    if name.endswith("_m"):
        return _quantised(values, 0.001, np.ceil, top=65_534, dtype=np.uint16)
    raise ValueError(f"no rule to encode {name}")


def packed(codes: Codes) -> str:
    """Return integers as base64 of the deflated differences along the rows."""
    unsigned = codes.view(codes.dtype.name.replace("int", "uint") if codes.dtype.kind == "i" else codes.dtype)
    delta = unsigned.copy()
    delta[:, 1:] -= unsigned[:, :-1]
    little = np.ascontiguousarray(delta.astype(delta.dtype.newbyteorder("<"), copy=False))
    return base64.b64encode(zlib.compress(little.tobytes(), 6)).decode("ascii")


def _quantised(values: NDArray[Any], step: float, rounding: Any, *, top: int, dtype: Any) -> Encoded:
    nodata = int(np.iinfo(dtype).max)
    known = ~np.isnan(values)
    # a value that lies on a step to within float32 stays on it
    scaled = np.where(known, values, 0.0).astype(np.float64) / step
    whole = np.rint(scaled)
    on_step = np.abs(scaled - whole) <= 1e-6 * np.maximum(1.0, np.abs(whole))
    codes = np.clip(np.where(on_step, whole, rounding(scaled)), 0, top)
    return Encoded(np.where(known, codes, nodata).astype(dtype), step, 0.0, nodata)


def _signed(values: NDArray[Any]) -> Encoded:
    """Return metres of either sign, rounded down to whole millimetres."""
    known, nodata = ~np.isnan(values), -32768
    scaled = np.where(known, values, 0.0).astype(np.float64) / 0.001
    whole = np.rint(scaled)
    on_step = np.abs(scaled - whole) <= 1e-6 * np.maximum(1.0, np.abs(whole))
    codes = np.clip(np.where(on_step, whole, np.floor(scaled)), -32767, 32767)
    return Encoded(np.where(known, codes, nodata).astype(np.int16), 0.001, 0.0, nodata)


def _elevation(values: NDArray[Any]) -> Encoded:
    known = ~np.isnan(values)
    step, nodata = 0.1, -32768
    offset = 0.0
    if known.any():
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        offset = float(np.rint((low + high) / 2))
        step = max(step, (high - low) / 65_000)
    codes = np.clip(
        np.rint((np.where(known, values, offset).astype(np.float64) - offset) / step), -32767, 32767
    )
    return Encoded(np.where(known, codes, nodata).astype(np.int16), step, offset, nodata)
