"""Rasters as small integers that a page can hold: quantised so that no hazard looks smaller than it is.

Slope, roughness and relief are rounded up, clearance and lower probabilities down, the upper bound up. The judge is
float32, as layers are written: with a step s, a code above k means a value above k s as float32 has it, and a value
on a step stays there, so that thresholds at multiples of the step are exact. Where a layer has a limit, its step is
such that the limit is one of them. Rows are stored as differences, deflated and written in base64.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jezero_sites.maps.display_grid import bands_of

Codes = NDArray[Any]
PROBABILITY_STEP = 1 / 50_000
SLOPE_STEP_DEG, LENGTH_STEP_M, HEIGHT_STEP_M = 0.25, 0.001, 0.1
_UNKNOWN_CODES = {"hazard_class": 0, "binding_factor": 0, "dem_quality": 128}
_KINDS = {"uint8": "u1", "uint16": "u2", "int16": "i2"}


@dataclass(frozen=True)
class Encoding:
    """How the values of a layer become integers: ``value = code * step + offset``, except ``nodata``.

    ``least`` and ``most`` are the codes that values beyond them are cut to; ``is_open`` tells that ``most`` stands for
    whatever is larger, too.
    """

    dtype: str
    step: float = 1.0
    offset: float = 0.0
    nodata: int | None = None
    rounding: Literal["up", "down", "nearest"] = "nearest"
    least: int = 0
    most: int = 0
    is_open: bool = False

    def codes(self, values: NDArray[Any]) -> Codes:
        """Return the integers of some values: float with NaN where unknown, or codes as they are."""
        if values.dtype == np.uint8:
            return values
        known = ~np.isnan(values)
        held = np.where(known, values, self.offset).astype(np.float32)
        scaled = (held.astype(np.float64) - self.offset) / self.step
        whole = np.rint(scaled)
        if self.rounding != "nearest":
            on_step = (whole * self.step + self.offset).astype(np.float32) == held
            rounded = np.ceil(scaled) if self.rounding == "up" else np.floor(scaled)
            whole = np.where(on_step, whole, rounded)
        found = np.clip(whole, self.least, self.most)
        unknown = 0 if self.nodata is None else self.nodata
        return np.where(known, found, unknown).astype(self.dtype)

    def as_dict(self) -> dict[str, Any]:
        """Return what the page needs to read the integers."""
        most = self.most if self.is_open else None
        own = {"step": self.step, "offset": self.offset, "nodata": self.nodata, "most": most}
        return {"dtype": _KINDS[self.dtype], **own}


def encoding(
    name: str, *, is_code: bool = False, span: tuple[float, float] | None = None, limit: float | None = None
) -> Encoding:
    """Return how a layer becomes integers, by the rule for its quantity.

    Parameters
    ----------
    name : str
        Name of the layer; its ending and stem choose the rule.
    is_code : bool
        Whether its values are codes of 8 bits.
    span : (float, float), optional
        The least and the greatest known value, where there are any; heights need it.
    limit : float, optional
        The limit on it, which thresholds must meet.

    Raises
    ------
    ValueError
        For a layer that no rule is for.
    """
    if is_code:
        return Encoding("uint8", nodata=_UNKNOWN_CODES.get(name))
    if name == "elevation_m":
        return _heights(span or (0.0, 0.0))
    if name.endswith("slope_deg") or (name.startswith(("slope_", "stance_")) and name.endswith("_deg")):
        step = meeting(limit, SLOPE_STEP_DEG)
        return Encoding("uint8", step=step, nodata=255, rounding="up", most=254, is_open=True)
    if name == "clearance_m":
        step = meeting(limit, LENGTH_STEP_M)
        return Encoding("int16", step=step, nodata=-32768, rounding="down", least=-32767, most=32767)
    if name.endswith("_fraction") or "probability" in name:
        is_up = name.endswith(("_fraction", "upper"))
        rounding: Literal["up", "down"] = "up" if is_up else "down"
        return Encoding("uint16", step=PROBABILITY_STEP, nodata=65_535, rounding=rounding, most=50_000)
    if name.endswith("_m"):
        step = meeting(limit, LENGTH_STEP_M)
        return Encoding("uint16", step=step, nodata=65_535, rounding="up", most=65_534, is_open=True)
    raise ValueError(f"no rule to encode {name}")


def meeting(limit: float | None, step: float) -> float:
    """Return the step nearest to a wanted one of which a limit is a multiple.

    >>> meeting(8.0, 0.25), meeting(None, 0.25), round(meeting(7.3, 0.25), 6)
    (0.25, 0.25, 0.251724)
    """
    if not limit:
        return step
    times = max(1, round(abs(limit) / step))
    return step if abs(times * step - abs(limit)) <= 1e-9 * abs(limit) else abs(limit) / times


def encode(name: str, values: NDArray[Any], *, limit: float | None = None) -> tuple[Encoding, Codes]:
    """Return how a layer of shape (rows, columns) becomes integers, and these."""
    is_code = values.dtype == np.uint8
    how = encoding(name, is_code=is_code, span=span_of(values), limit=limit)
    return how, how.codes(values)


def span_of(values: NDArray[Any]) -> tuple[float, float] | None:
    """Return the least and the greatest known number; None where none is known, and of codes."""
    if values.dtype.kind != "f" or values.size == 0:
        return None
    low, high = np.inf, -np.inf
    for band in bands_of(values):
        low = min(low, float(np.fmin.reduce(band, axis=None, initial=np.inf)))
        high = max(high, float(np.fmax.reduce(band, axis=None, initial=-np.inf)))
    return (low, high) if low <= high else None


def packed(codes: Codes) -> str:
    """Return integers as base64 of the deflated differences along the rows."""
    unsigned = codes.view(codes.dtype.name.replace("int", "uint") if codes.dtype.kind == "i" else codes.dtype)
    delta = unsigned.copy()
    delta[:, 1:] -= unsigned[:, :-1]
    little = np.ascontiguousarray(delta.astype(delta.dtype.newbyteorder("<"), copy=False))
    return base64.b64encode(zlib.compress(little.tobytes(), 6)).decode("ascii")


def _heights(span: tuple[float, float]) -> Encoding:
    low, high = span
    step = max(HEIGHT_STEP_M, (high - low) / 65_000)
    offset = float(np.rint((low + high) / 2))
    return Encoding("int16", step=step, offset=offset, nodata=-32768, least=-32767, most=32767)
