"""Distributions as counts in fixed bins: exact merging, bounded memory, a stated error.

The bins lie at fixed places, 256 between a power of two and the next, so the counts of two blocks
are simply added. A whole number below 512 has a bin of its own; elsewhere a bin is at most 1/256 of
its lower end wide. This is the histogram of HdrHistogram (hdrhistogram.org) and DDSketch (Masson,
Rim & Lee 2019, doi:10.14778/3352063.3352135), with bins that the bits of a float64 name.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from simnet.arrays import FloatArray, IntArray

CountArray: TypeAlias = np.ndarray[Any, np.dtype[np.unsignedinteger[Any]]]

RELATIVE_ERROR = 2.0**-9
"""Of a quantile, at most: half a bin. None for whole numbers below 512."""

SMALLEST = 2.0**-40
"""Values nearer to 0 than this count as 0."""

LARGEST = 2.0**64
"""Values from here on share a bin that stands for infinity."""

_SHIFT = 52 - 8  # eight bits of the mantissa
_BASE = int(np.float64(SMALLEST).view(np.int64)) >> _SHIFT
_TOP = (int(np.float64(LARGEST).view(np.int64)) >> _SHIFT) - _BASE + 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Tallies:
    """Counts of values by time and bin, for each readout.

    Attributes:
        tables: (R,) arrays (K, T), one row for each bin that has a count at any time.
        bins: (R,) arrays (K,), the bin of each row, rising.
        whole: (R,) whether every value was a whole number.
    """

    tables: tuple[CountArray, ...]
    bins: tuple[IntArray, ...]
    whole: tuple[bool, ...]

    def values(self, readout: int) -> FloatArray:
        """(K,) what the rows of a readout stand for, in its unit, rising."""
        return bin_values(self.bins[readout], whole=self.whole[readout])


def tallies_of(values: FloatArray) -> Tallies:
    """The counts of one block.

    Args:
        values: (n, T, R); NaN where a replicate has no value.
    """
    n, T, R = values.shape
    tables, used, whole = [], [], []
    kind = np.min_scalar_type(n)
    row = np.arange(T)
    for r in range(R):
        column = np.ascontiguousarray(values[:, :, r])
        bins = bins_of(column)
        missing = np.isnan(column)
        times = np.broadcast_to(row, column.shape)
        if missing.any():
            bins, times, column = bins[~missing], times[~missing], column[~missing]
        low, high = (int(bins.min()), int(bins.max())) if bins.size else (0, -1)
        bins = bins - low
        there = np.zeros(high - low + 1, bool)
        there[bins] = True
        place = np.cumsum(there) - 1
        width = int(there.sum())
        counts = np.bincount((place[bins] * T + times).ravel(), minlength=T * width)
        tables.append(counts.astype(kind).reshape(width, T))
        used.append(np.flatnonzero(there) + low)
        whole.append(bool((column == np.floor(column)).all()))
    return Tallies(tables=tuple(tables), bins=tuple(used), whole=tuple(whole))


def merge_tallies(a: Tallies, b: Tallies) -> Tallies:
    """The counts of both: the same whichever comes first."""
    tables, used = [], []
    for left, right, i, j in zip(a.tables, b.tables, a.bins, b.bins, strict=True):
        bins = np.union1d(i, j)
        table = np.zeros((len(bins), left.shape[1]), np.uint32)
        table[np.searchsorted(bins, i)] = left
        table[np.searchsorted(bins, j)] += right
        tables.append(table)
        used.append(bins)
    whole = tuple(x and y for x, y in zip(a.whole, b.whole, strict=True))
    return Tallies(tables=tuple(tables), bins=tuple(used), whole=whole)


def bins_of(values: FloatArray) -> IntArray:
    """The bin of each value; any number for NaN. Bin 0 is about 0, and -k mirrors k."""
    size = np.ascontiguousarray(np.abs(values)).view(np.int64) >> _SHIFT
    bins: IntArray = np.clip(size - (_BASE - 1), 0, _TOP)
    return np.asarray(np.where(values < 0, -bins, bins))


def bin_values(bins: IntArray, *, whole: bool) -> FloatArray:
    """What each bin stands for: the middle of the values, or whole numbers, that fall into it."""
    low, high = bin_spans(bins, whole=whole)
    middle = np.where(bins == 0, 0.0, 0.5 * (low + high - whole))
    middle = np.where(bins >= _TOP, np.inf, middle)
    return np.where(bins <= -_TOP, -np.inf, middle)


def bin_spans(bins: IntArray, *, whole: bool) -> tuple[FloatArray, FloatArray]:
    """Where each bin begins and ends. Of whole numbers, the first and the one after the last; else
    a value on an edge belongs to the bin that is farther from 0."""
    size = np.abs(bins)
    low, high = _lower(size), _lower(size + 1)
    if whole:
        low, high = np.ceil(low), np.ceil(high)
        low[size == 0] = 0.0
        return np.where(bins < 0, 1 - high, low), np.where(bins < 0, 1 - low, high)
    low = np.where(bins == 0, -high, low)
    return np.where(bins < 0, -high, low), np.where(bins < 0, -low, high)


def _lower(size: IntArray) -> FloatArray:
    """Where the bins of positive values begin; SMALLEST for bin 1, and bin 0 goes down to 0."""
    bits = (np.clip(size, 1, _TOP) + (_BASE - 1)) << _SHIFT
    return np.asarray(bits.view(np.float64))
