"""Names of array axes: shapes are words.

The axes are C conditions, N replicates, T times, R readouts. An alias says the order.
"""

from typing import Any, TypeAlias

import numpy as np

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
BoolArray: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

Times: TypeAlias = FloatArray
"""(T,), rising, in the network's unit of time."""

TimesByReadouts: TypeAlias = FloatArray
"""(T, R): one replicate."""

Ensemble: TypeAlias = FloatArray
"""(C, N, T, R): conditions, replicates, times, readouts."""
