"""Quantiles and histograms, read from tallies."""

from dataclasses import dataclass

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.errors import InputError, Problem
from simnet.results.moments import check_probabilities
from simnet.stats.estimate import Estimate, check_confidence, fraction_estimate
from simnet.stats.tallies import Tallies, bin_spans


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
        problems.append(Problem(what=f"bins={bins!r}", why="below 1"))
    if not used.any():
        problems.append(Problem(what="histogram", why="no replicate has a value at this time"))
    elif not np.isfinite(tallies.values(readout)[used]).all():
        problems.append(Problem(what="histogram", why="values beyond 2**64 have no bin"))
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
