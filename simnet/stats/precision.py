"""Whether an ensemble is known as well as a `Precision` wants it, and how many replicates come next."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.run import Precision
from simnet.stats.blocks import BlockStatistics
from simnet.stats.distribution import Tallies
from simnet.stats.estimate import Estimate, fraction_estimate, normal_quantile
from simnet.stats.moments import mean_estimate


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
