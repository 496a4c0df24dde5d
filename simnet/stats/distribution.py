"""Quantiles and histograms, read from tallies."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.errors import InputError, Problem
from simnet.results.moments import check_probabilities
from simnet.stats.estimate import Estimate, check_confidence, fraction_estimate

# Distributions as counts in fixed bins: exact merging, bounded memory, a stated error.
#
# The bins lie at fixed places, 256 between a power of two and the next, so the counts of two blocks
# are simply added. A whole number below 512 has a bin of its own; elsewhere a bin is at most 1/256 of
# its lower end wide. This is the histogram of HdrHistogram (hdrhistogram.org) and DDSketch (Masson,
# Rim & Lee 2019, doi:10.14778/3352063.3352135), with bins that the bits of a float64 name.


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Histogram:
    """How many replicates fall between edges, and which fraction.

    Attributes:
        edges: (K + 1,) rising, in the readout's unit. Bin k holds the values from edge k up to, and
            without, edge k + 1; for values below 0, those above edge k up to edge k + 1.
        counts: (K,) replicates.
        fraction: (K,) of all, with Wilson's interval for each bin by itself.
    """

    edges: FloatArray
    counts: IntArray
    fraction: Estimate

    @property
    def density(self) -> FloatArray:
        """(K,) fraction over width, in one over the readout's unit."""
        return self.fraction.value / np.diff(self.edges)


def quantile_estimate(
    tallies: Tallies, probability: float, *, confidence: float = 0.95
) -> Estimate:
    """A quantile of each readout at each time, (T, R), in the readout's unit.

    The value interpolates linearly between order statistics (definition 7 of Hyndman & Fan 1996,
    doi:10.1080/00031305.1996.10473566, numpy's default). It is exact for whole numbers below 512,
    else within 1/512 of itself. The interval lies between two order statistics whose ranks are
    quantiles of a binomial (Conover 1999, Practical Nonparametric Statistics, section 3.2): it holds
    for any distribution, and covers more than it says where values are few. An end is NaN where the
    sample is too small to have one.

    Raises:
        InputError: a probability outside 0 to 1, or a confidence that is none.
    """
    from scipy.stats import binom

    check_probabilities([probability])
    check_confidence(confidence)
    found = np.full((3, *_shape(tallies)), np.nan)
    for r, table in enumerate(tallies.tables):
        if not len(table):
            continue
        cumulative = table.cumsum(axis=0, dtype=np.int64)
        values = tallies.values(r)
        n = cumulative[-1].astype(np.float64)
        place: FloatArray = np.multiply(probability, np.maximum(n - 1, 0))
        below = _ranked(cumulative, values, np.floor(place))
        above = _ranked(cumulative, values, np.ceil(place))
        with np.errstate(invalid="ignore"):  # inf - inf, where the last bin has no value
            step = np.where(above > below, (above - below) * (place - np.floor(place)), 0.0)
        found[0, :, r] = below + step
        if 0 < probability < 1:
            tail = 0.5 * (1 - confidence)
            some = np.maximum(n, 1)
            # Ranks from 0; the chance that the quantile lies beyond either is at most `tail`.
            low = np.asarray(binom.ppf(tail, some, probability) - 1)
            high = np.asarray(binom.ppf(1 - tail, some, probability))
            found[1, :, r] = np.where(low >= 0, _ranked(cumulative, values, low), np.nan)
            found[2, :, r] = np.where(high < n, _ranked(cumulative, values, high), np.nan)
    return Estimate(value=found[0], low=found[1], high=found[2], confidence=confidence)


def histogram(
    tallies: Tallies, time: int, readout: int, *, bins: int = 30, confidence: float = 0.95
) -> Histogram:
    """The distribution of one readout at one time.

    The counts are exact: an edge that would cut a bin of the tallies moves to where that begins.
    Edges of whole numbers are whole, so that few molecules have a bin each.

    Args:
        tallies: the counts.
        time: its index.
        readout: its index.
        bins: at most so many, of about equal width.
        confidence: of the interval of each fraction.

    Raises:
        InputError: no replicate has a value there, values beyond 2**64, or a number of bins below 1.
    """
    table = tallies.tables[readout][:, time].astype(np.int64)
    used = table > 0
    problems = []
    if bins < 1:
        problems.append(Problem(what=f"bins={bins!r}", why="must be at least 1"))
    if not used.any():
        problems.append(Problem(what="histogram", why="no replicate has a value at this time"))
    elif not np.isfinite(tallies.values(readout)[used]).all():
        problems.append(Problem(what="histogram", why="values beyond 2**64 cannot be binned"))
    if problems:
        raise InputError(problems)
    counts = table[used]
    low, high = bin_spans(tallies.bins[readout][used], whole=tallies.whole[readout])
    edges = np.linspace(low[0], high[-1], bins + 1)
    if tallies.whole[readout]:
        step = np.ceil((high[-1] - low[0]) / bins)
        edges = np.arange(low[0], high[-1] + step, step)
    begins = np.searchsorted(low, edges, side="right") - 1  # the bin that holds or precedes an edge
    cut = (edges > low[begins]) & (edges < high[begins])
    edges = np.unique(np.where(cut, low[begins], edges))
    place = np.searchsorted(edges, low, side="right") - 1
    counts = np.bincount(place, counts, minlength=len(edges) - 1).astype(np.int64)
    n = np.asarray(counts.sum(), dtype=np.float64)
    fraction = fraction_estimate(counts.astype(np.float64), n, confidence=confidence)
    return Histogram(edges=edges, counts=counts, fraction=fraction)


def _shape(tallies: Tallies) -> tuple[int, int]:
    return (tallies.tables[0].shape[1] if tallies.tables else 0), len(tallies.tables)


def _ranked(cumulative: IntArray, values: FloatArray, rank: FloatArray) -> FloatArray:
    """(T,) the value of that rank (from 0) at each time; NaN where there is none."""
    place = (cumulative <= rank).sum(axis=0)
    return np.where(place < len(values), values[np.minimum(place, len(values) - 1)], np.nan)
