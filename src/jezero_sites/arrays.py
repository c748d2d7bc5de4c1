"""Names of the array types that equations take and give."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
ByteArray = NDArray[np.uint8]

__all__ = ["BoolArray", "ByteArray", "FloatArray"]
