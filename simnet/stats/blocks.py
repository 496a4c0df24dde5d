"""Statistics of an ensemble that never holds it: one part per fixed block of replicates, merged.

Where a block begins and ends depends on the replicate's index alone, each block is summed by itself,
and blocks are merged in the order of their indices. So the bits are the same for any number of
workers and any order in which they finish. A block has 256 replicates; the first is cut in two at
128, where precision is judged first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from io import BytesIO
from itertools import pairwise
from typing import Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.run import FIRST_CUT, Precision
from simnet.stats.distribution import Tallies, merge_tallies, tallies_of
from simnet.stats.estimate import Estimate, fraction_estimate, normal_quantile
from simnet.stats.moments import (
    Comoments,
    Powers,
    comoments_of,
    mean_estimate,
    merge_comoments,
    merge_powers,
    powers_of,
)

BLOCK = 256


@dataclass(frozen=True)
class Threshold:
    """A value of a readout (by its index); what is counted is the replicates above it."""

    readout: int
    value: float


@dataclass(frozen=True, kw_only=True, eq=False)
class BlockStatistics:
    """What is known of the replicates from `first` to before `stop`.

    Attributes:
        first: index of the first replicate.
        stop: index after the last one, failed ones counted.
        powers: (T, R) sums for means, variances, CVs and Fano factors.
        tallies: (K, T) counts for each readout, for quantiles, histograms and fractions.
        comoments: (T, R, R) sums for covariances between readouts; None where not wanted.
        thresholds: those whose fractions are counted.
        above: (T, number of thresholds) replicates above each; NaN is not above.
    """

    first: int
    stop: int
    powers: Powers
    tallies: Tallies
    comoments: Comoments | None
    thresholds: tuple[Threshold, ...] = ()
    above: FloatArray = field(default_factory=lambda: np.empty((0, 0)))


def block_bounds(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """The blocks, as (first, stop), of the replicates from `start` to before `stop`.

    `start` is 0 or where an earlier block ended; only the last block may be cut short by `stop`.

    Raises:
        InputError: a start within a block.
    """
    cuts = [0, FIRST_CUT, *range(BLOCK, stop + BLOCK, BLOCK)]
    if start not in cuts:
        why = f"not a multiple of {BLOCK}, nor {FIRST_CUT}"
        raise InputError(Problem(what=f"first replicate {start}", why=why))
    for low, high in pairwise(cuts):
        if start <= low < stop:
            yield low, min(high, stop)


def block_statistics(
    values: FloatArray,
    *,
    first: int = 0,
    covariance: bool = True,
    thresholds: Sequence[Threshold] = (),
) -> BlockStatistics:
    """The statistics of one block.

    Args:
        values: (n, T, R), each readout in its unit; NaN where a replicate has no value.
        first: index of its first replicate.
        covariance: whether to keep the (T, R, R) sums between readouts.
        thresholds: values beyond which replicates are counted.

    Raises:
        InputError: an infinite value, or replicates that are not within one block.
    """
    values = np.asarray(values, dtype=np.float64)
    stop = first + len(values)
    problems = []
    if values.ndim != 3 or 0 in values.shape:
        why = "not (replicates, times, readouts), each at least one"
        problems.append(Problem(what=f"values of shape {values.shape}", why=why))
    elif list(block_bounds(first, stop)) != [(first, stop)]:
        why = f"not within one block of {BLOCK}"
        problems.append(Problem(what=f"replicates {first} to {stop - 1}", why=why))
    elif np.isinf(values).any():
        problems.append(Problem(what="values", why="some are infinite"))
    if problems:
        raise InputError(problems)
    powers = powers_of(values)
    above = [(values[:, :, t.readout] > t.value).sum(axis=0) for t in thresholds]
    return BlockStatistics(
        first=first,
        stop=stop,
        powers=powers,
        tallies=tallies_of(values),
        comoments=comoments_of(values, powers.mean) if covariance else None,
        thresholds=tuple(thresholds),
        above=np.array(above, dtype=np.float64).reshape(len(above), values.shape[1]).T,
    )


def merge(a: BlockStatistics, b: BlockStatistics) -> BlockStatistics:
    """The statistics of all replicates up to and with the block `b`, which follows on `a`.

    Only this order is allowed, since another one would give other bits.

    Raises:
        InputError: `a` does not begin with the first replicate, `b` is not the block after it, or
            they are statistics of different things.
    """
    problems = []
    if (
        a.first != 0
        or a.stop != b.first
        or list(block_bounds(b.first, b.stop)) != [(b.first, b.stop)]
    ):
        what = f"replicates {a.first} to {a.stop - 1} and {b.first} to {b.stop - 1}"
        way_out = "merge the blocks one after the other, from the first"
        problems.append(Problem(what=what, why="are not consecutive", way_out=way_out))
    kinds = [(x.powers.n.shape, x.thresholds, x.comoments is None) for x in (a, b)]
    if kinds[0] != kinds[1]:
        why = "have different times, readouts or thresholds"
        problems.append(Problem(what="statistics", why=why))
    if problems:
        raise InputError(problems)
    return _sum(a, b)


def pooled(blocks: Iterable[BlockStatistics]) -> BlockStatistics:
    """The statistics of some of an ensemble's blocks, such as those of a shard, as if there were no
    others: merged in the order of their indices, and counted from 0."""
    first, *others = sorted(blocks, key=lambda block: block.first)
    return reduce(_sum, others, replace(first, first=0, stop=first.stop - first.first))


def _sum(a: BlockStatistics, b: BlockStatistics) -> BlockStatistics:
    return BlockStatistics(
        first=0,
        stop=a.stop + b.stop - b.first,
        powers=merge_powers(a.powers, b.powers),
        tallies=merge_tallies(a.tallies, b.tallies),
        comoments=a.comoments and b.comoments and merge_comoments(a.comoments, b.comoments),
        thresholds=a.thresholds,
        above=a.above + b.above,
    )


class Merging:
    """Blocks merged as they come, in any order: one that comes early waits for those before it.

    Attributes:
        total: of the blocks up to the first that has not come; None before the first block.
    """

    def __init__(self) -> None:
        self.total: BlockStatistics | None = None
        self._waiting: dict[int, BlockStatistics] = {}

    def take(self, block: BlockStatistics) -> None:
        """Take one.

        Raises:
            InputError: it came before, or `merge` refuses it.
        """
        done = self.total.stop if self.total else 0
        if block.first in self._waiting or block.first < done:
            raise InputError(Problem(what=f"block at {block.first}", why="was added twice"))
        self._waiting[block.first] = block
        while (fresh := self._waiting.pop(done, None)) is not None:
            self.total = merge(self.total, fresh) if self.total else fresh
            done = self.total.stop


def ensemble_statistics(
    values: FloatArray, *, covariance: bool = True, thresholds: Sequence[Threshold] = ()
) -> BlockStatistics:
    """The statistics of an ensemble at hand: the same bits as block by block.

    Args:
        values: (N, T, R); NaN where a replicate has no value.
        covariance: as in `block_statistics`.
        thresholds: as in `block_statistics`.

    Raises:
        InputError: no replicates, or an infinite value.
    """
    merging = Merging()
    for first, stop in block_bounds(0, max(len(values), 1)):
        block = block_statistics(
            values[first:stop], first=first, covariance=covariance, thresholds=thresholds
        )
        merging.take(block)
    assert merging.total is not None, "there is always a first block"
    return merging.total


def fractions_above(statistics: BlockStatistics, *, confidence: float = 0.95) -> Estimate:
    """(T, number of thresholds) fractions of replicates above each threshold, with Wilson's
    interval; NaN where no replicate has a value.

    Raises:
        InputError: a confidence that is none.
    """
    n = statistics.powers.n[:, [threshold.readout for threshold in statistics.thresholds]]
    return fraction_estimate(statistics.above, n, confidence=confidence)


def packed(statistics: BlockStatistics) -> bytes:
    """All that statistics hold, as the content of an .npz file."""
    tallies, thresholds = statistics.tallies, statistics.thresholds
    found = {f"powers {name}": array for name, array in vars(statistics.powers).items()}
    if statistics.comoments is not None:
        found |= {f"comoments {n}": array for n, array in vars(statistics.comoments).items()}
    for r, (table, bins) in enumerate(zip(tallies.tables, tallies.bins, strict=True)):
        found |= {f"table {r}": table, f"bins {r}": bins}
    found |= {
        "whole": np.array(tallies.whole),
        "above": statistics.above,
        "thresholds": np.array([[t.readout, t.value] for t in thresholds]).reshape(-1, 2),
        "replicates": np.array([statistics.first, statistics.stop]),
    }
    content = BytesIO()
    np.savez_compressed(content, **found)
    return content.getvalue()


def unpacked(content: bytes) -> BlockStatistics:
    """The statistics that `packed` wrote, equal bit for bit."""
    with np.load(BytesIO(content), allow_pickle=False) as file:
        arrays = dict(file)

    def of(kind: str) -> dict[str, Any]:
        known = (name.partition(" ") for name in arrays)
        return {name: arrays[f"{kind} {name}"] for start, _, name in known if start == kind}

    first, stop = arrays["replicates"].tolist()
    whole, comoments = arrays["whole"].tolist(), of("comoments")
    return BlockStatistics(
        first=first,
        stop=stop,
        powers=Powers(**of("powers")),
        tallies=Tallies(
            tables=tuple(arrays[f"table {r}"] for r in range(len(whole))),
            bins=tuple(arrays[f"bins {r}"] for r in range(len(whole))),
            whole=tuple(whole),
        ),
        comoments=Comoments(**comoments) if comoments else None,
        thresholds=tuple(Threshold(int(r), value) for r, value in arrays["thresholds"].tolist()),
        above=arrays["above"],
    )


# Whether an ensemble is known as well as a `Precision` wants it, and how many replicates come next.


@dataclass(frozen=True, kw_only=True, eq=False)
class Judgement:
    """How precise the judged readouts are; arrays are (J,), in the order in which they were named.

    Attributes:
        estimate: means or fractions with their intervals.
        half_width: what is compared with the target, in the readout's unit; infinite where nothing
            is known, as where no replicate differs from another.
        target: the longest half-width allowed, in the readout's unit.
    """

    estimate: Estimate
    half_width: FloatArray
    target: FloatArray

    @property
    def met(self) -> bool:
        """Whether every readout is precise enough."""
        return bool((self.half_width <= self.target).all())


def judge(statistics: BlockStatistics, precision: Precision, readouts: Sequence[int]) -> Judgement:
    """How precise the readouts are at the last output time.

    A mean has Student's interval; it is not judged precise before it has varied. A fraction has
    Wilson's; for an absolute precision its half-width is taken as if the fraction were the one
    within the interval that is nearest to 1/2, since 0 of 128 would else stop a run at once.

    Stopping on an interval costs coverage, for a small spread goes with a small mean; Chow & Robbins
    1965 (doi:10.1214/aoms/1177700156) show that it vanishes as the precision grows. By simulation,
    95 % intervals at the stop cover 94 to 95 % for Poisson counts and bursts of 10 molecules, 93 to
    94 % for bursts of 20 at half a burst per lifetime with a relative precision, and down to 92 %
    for these with an absolute one.

    Args:
        statistics: all replicates so far.
        precision: what is wanted.
        readouts: places of the readouts to judge.

    Raises:
        InputError: no readouts, or one that is not 0 or 1 where fractions are judged.
    """
    places = list(readouts)
    if not places:
        raise InputError(Problem(what="precision", why="no readouts to evaluate"))
    powers = statistics.powers
    n, mean = powers.n[-1, places], powers.mean[-1, places]
    if precision.statistic == "fraction":
        _require_indicators(statistics.tallies, places)
        estimate = fraction_estimate(np.rint(n * mean), n, confidence=precision.confidence)
        half_width = _of_fraction(estimate, n, precision)
    else:
        whole = mean_estimate(powers, confidence=precision.confidence)
        value, low, high = (x[-1, places] for x in (whole.value, whole.low, whole.high))
        estimate = Estimate(value=value, low=low, high=high, confidence=precision.confidence)
        varied = powers.second[-1, places] > 0
        half_width = np.where(varied, estimate.half_width, np.inf)
    if precision.relative is not None:
        target = precision.relative * np.abs(np.nan_to_num(estimate.value))
    else:
        target = np.full(len(places), precision.absolute)
    half_width = np.nan_to_num(half_width, nan=np.inf, posinf=np.inf)
    return Judgement(estimate=estimate, half_width=half_width, target=target)


def next_size(
    statistics: BlockStatistics, precision: Precision, readouts: Sequence[int]
) -> int | None:
    """How many replicates to run next, all together; None where these are enough or the most.

    Args:
        statistics: of the replicates 0 to before one of `precision.sizes()`.
        precision: what is wanted.
        readouts: places of the readouts to judge.

    Raises:
        InputError: a number of replicates at which nothing is judged, and what `judge` raises.
    """
    sizes = precision.sizes()
    n = statistics.stop
    if statistics.first != 0 or n not in sizes:
        what = f"precision at replicates {statistics.first} to {n - 1}"
        way_out = "judge at " + ", ".join(map(str, sizes))
        raise InputError(
            Problem(
                what=what, why="is only evaluated at fixed numbers of replicates", way_out=way_out
            )
        )
    if judge(statistics, precision, readouts).met or n == sizes[-1]:
        return None
    return sizes[sizes.index(n) + 1]


def _of_fraction(estimate: Estimate, n: FloatArray, precision: Precision) -> FloatArray:
    if precision.relative is not None:
        return estimate.half_width
    widest = np.clip(0.5, estimate.low, estimate.high)
    z = normal_quantile(precision.confidence)
    return np.asarray(z * np.sqrt(widest * (1 - widest) / np.where(n > 0, n, np.nan)))


def _require_indicators(tallies: Tallies, places: list[int]) -> None:
    problems = []
    for place in places:
        used = tallies.tables[place].any(axis=1)
        if not (tallies.whole[place] and np.isin(tallies.values(place)[used], (0, 1)).all()):
            what = f"precision of a fraction: readout {place}"
            way_out = 'judge statistic="mean", or a readout that is 0 or 1'
            problems.append(Problem(what=what, why="has values besides 0 and 1", way_out=way_out))
    if problems:
        raise InputError(problems)
