"""`Verification`: the results of `cross_check`, as a table and a verdict."""

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.network.network import Readout

if TYPE_CHECKING:
    import pandas as pd


# One readout at one time, seen by two sides: samples of engines, or the exact distribution.


# p-values that hold for every distribution and every number of replicates.
#
# At a level such as 1e-7, where one test of many is made, normal and chi-square approximations are
# wrong by orders of magnitude for rare or skewed counts. What is here are exact tests, and upper
# bounds on the p-values of exact tests: a bound costs some power, never a false alarm.
#
# A *sample* is given as the distinct values and how often each was seen.


CountArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

CELLS = 25
"""Up to so many distinct values their frequencies are compared one by one, beyond it by KS."""

_RARE = 0.05  # so much of the probability, at most, may be in values that count as one

_NEWTON = 60
_BAILLON = 0.46883  # P(M = m) sqrt(var M) is below it for every sum M of independent indicators


def mean_of_known(values: FloatArray, weights: FloatArray, counts: CountArray) -> float:
    """Bound on the p-value (two-sided) of a sample's mean, where the distribution is known.

    Args:
        values: (K,) distinct.
        weights: (K,) their probabilities.
        counts: (K,) how often each was seen.

    Source: Chernoff 1952 (doi:10.1214/aoms/1177729330), P(mean >= m) <= min_t E[exp(t (X - m))]^n.
    """
    n = int(counts.sum())
    if np.any((weights == 0) & (counts > 0)):
        return 0.0
    mean = float(counts @ values) / n
    centre = float(weights @ values)
    width = float(np.sqrt(weights @ (values - centre) ** 2))
    if width == 0 or mean == centre:
        return 1.0
    with np.errstate(divide="ignore"):
        logs = np.log(weights)
    x = (values - mean) / width
    t, step, best = 0.0, 0.0, 0.0
    for _ in range(_NEWTON):
        tilted, exponent = _tilted(logs + t * x)
        if exponent > best:  # too far: the exponent is convex in t
            step /= 2
            t += step
            continue
        best = exponent
        slope = float(tilted @ x)
        curvature = float(tilted @ x**2) - slope**2
        if abs(slope) < 1e-9 or curvature < 1e-12:
            break
        step = slope / curvature
        t -= step
    return float(min(1.0, 2 * np.exp(n * best)))


def mean_of_two(values: FloatArray, first: CountArray, second: CountArray) -> float:
    """Bound on the p-value (two-sided) of the permutation test for a difference of means.

    Given the pooled values, the first sample is a random draw of n1 of them without replacement:
    indicators I with P(I) = n1/N, given that they add up to n1. A Chernoff bound with one tilt for
    the sum of values and one for the number drawn (Robinson 1982, doi:10.1214/aos/1176345749, has
    the same exponent), times the ratio of the probabilities to draw n1, with and without the tilts.

    Args:
        values: (K,) distinct.
        first: (K,) how often each was seen in the first sample.
        second: (K,) the same for the second.

    Source of the ratio: Baillon, Cominetti & Vaisman 2016 (doi:10.1017/S0963548315000127).
    """
    pooled = (first + second).astype(np.float64)
    n, N = int(first.sum()), int(pooled.sum())
    centre = float(pooled @ values) / N
    width = float(np.sqrt(pooled @ (values - centre) ** 2 / N))
    total = float(first @ (values - centre))
    if width == 0 or total == 0:
        return 1.0
    from scipy.special import expit
    from scipy.stats import binom

    x = (values - centre) / width
    target, share = total / width, n / N
    chance = float(binom.pmf(n, N, share))
    tilt = np.zeros(2)  # of the sum, of the number drawn
    step, least, best = np.zeros(2), np.inf, 0.0
    for _ in range(_NEWTON):
        a = tilt[0] * x + tilt[1]
        exponent = float(pooled @ np.logaddexp(np.log1p(-share), np.log(share) + a))
        exponent -= tilt[0] * target + tilt[1] * n
        if exponent > least:  # too far: the exponent is convex in the tilts
            step = step / 2
            tilt = tilt + step
            continue
        least = exponent
        drawn = expit(a + np.log(share / (1 - share)))
        spread = pooled * drawn * (1 - drawn)
        variance = max(float(spread.sum()), 1e-300)
        best = min(best, exponent + np.log(min(1.0, _BAILLON / np.sqrt(variance)) / chance))
        slope = np.array([pooled @ (drawn * x) - target, pooled @ drawn - n])
        mixed = float(spread @ x)
        curvature = np.array([[float(spread @ x**2), mixed], [mixed, variance]])
        if np.abs(slope).max() < 1e-8 * N or np.linalg.det(curvature) < 1e-12:
            break
        step = np.linalg.solve(curvature, slope)
        tilt = tilt - step
    return float(min(1.0, 2 * np.exp(best)))


def shape_of_known(values: FloatArray, weights: FloatArray, counts: CountArray) -> float:
    """p-value of a sample's distribution, where the right one is known.

    Few distinct values: exact binomial tests of their frequencies, with Bonferroni's factor; values
    that are expected in less than one replicate in two count as one. Many: Kolmogorov-Smirnov,
    exact for continuous distributions and above the exact p-value for discrete ones.
    """
    from scipy.stats import binom, kstwo

    n = int(counts.sum())
    rare = weights * n < 0.5
    if (~rare).sum() <= CELLS and weights[rare].sum() <= _RARE:
        seen = np.append(counts[~rare], counts[rare].sum())
        expected = np.clip(np.append(weights[~rare], weights[rare].sum()), 0.0, 1.0)
        below, above = binom.cdf(seen, n, expected), binom.sf(seen - 1, n, expected)
        return _bonferroni(np.minimum(below, above))
    order = np.argsort(values)
    gap = np.cumsum(counts[order]) / n - np.cumsum(weights[order])
    return float(min(1.0, kstwo.sf(np.abs(gap).max(), n)))


def shape_of_two(values: FloatArray, first: CountArray, second: CountArray) -> float:
    """p-value for two samples of one distribution.

    Few distinct values: exact hypergeometric tests (Fisher) of their frequencies, with Bonferroni's
    factor; values seen less than five times count as one. Many: two-sample Kolmogorov-Smirnov,
    exact up to 10,000 replicates.
    """
    from scipy.stats import hypergeom, ks_2samp

    pooled = first + second
    rare = pooled < 5
    if (~rare).sum() <= CELLS and pooled[rare].sum() <= _RARE * pooled.sum():
        seen = np.append(first[~rare], first[rare].sum())
        marked = np.append(pooled[~rare], pooled[rare].sum())
        law = hypergeom(int(pooled.sum()), marked, int(first.sum()))
        return _bonferroni(np.minimum(law.cdf(seen), law.sf(seen - 1)))
    found = ks_2samp(np.repeat(values, first), np.repeat(values, second), method="auto")
    return float(found.pvalue)


def _bonferroni(one_sided: FloatArray) -> float:
    return float(min(1.0, 2 * len(one_sided) * one_sided.min()))


def _tilted(logs: FloatArray) -> tuple[FloatArray, float]:
    """Probabilities in proportion to exp(logs), and the logarithm of their sum."""
    top = float(logs.max())
    scaled = np.exp(logs - top)
    total = float(scaled.sum())
    return scaled / total, top + float(np.log(total))


_ROUNDING = 1e-11  # of the largest value: engines add up in different orders


@dataclass(frozen=True, kw_only=True)
class EngineComparison:
    """Two sides compared in one readout at one time.

    Attributes:
        readout: its name.
        time: in the network's time unit.
        first: the name of an engine.
        second: the name of another one, or "CME" for the master equation.
        mean: of both, in the readout's unit.
        sd: standard deviation of both (divisor n - 1 for an engine), in the readout's unit.
        z: the difference of the means in standard errors (Welch).
        p_mean: p-value of the means, as all of them a bound (see `simnet.verify.verification`).
        p_sd: p-value of the spreads: of the mean squared distance from the common mean.
        p_shape: p-value of the distributions.
        p: the least of the three after Holm's correction for all tests of the call.
    """

    readout: str
    time: float
    first: str
    second: str
    mean: tuple[float, float]
    sd: tuple[float, float]
    z: float
    p_mean: float
    p_sd: float
    p_shape: float
    p: float = 1.0

    @property
    def pvalues(self) -> tuple[float, float, float]:
        """Of mean, sd and shape, not corrected."""
        return self.p_mean, self.p_sd, self.p_shape


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """An exact distribution of a readout: values (K,) with weights (K,), and what is missing."""

    values: FloatArray
    weights: FloatArray
    lost: float

    @property
    def mean(self) -> float:
        """In the readout's unit."""
        return float(self.weights @ self.values)

    @property
    def sd(self) -> float:
        """In the readout's unit."""
        return float(np.sqrt(self.weights @ (self.values - self.mean) ** 2))


Side: TypeAlias = tuple[str, FloatArray | Known]
"""A name, with a sample (N,) or an exact distribution."""


def compare(
    readout: str, time: float, first: tuple[str, FloatArray], second: Side
) -> EngineComparison:
    """Compare a sample with another one or with the exact distribution; see `Comparison`."""
    (name, sample), (other_name, other) = first, second
    if isinstance(other, Known):
        moments = other.mean, other.sd
        pvalues = _against_known(sample, other)
        errors = [moments[1] / np.sqrt(len(sample))]
    else:
        moments = float(other.mean()), _sd(other)
        pvalues = _against_sample(sample, other)
        errors = [_sd(s) / np.sqrt(len(s)) for s in (sample, other)]
    mean, error = float(sample.mean()), float(np.linalg.norm(errors))
    return EngineComparison(
        readout=readout,
        time=time,
        first=name,
        second=other_name,
        mean=(mean, moments[0]),
        sd=(_sd(sample), moments[1]),
        z=_score(mean, moments[0], error),
        p_mean=pvalues[0],
        p_sd=pvalues[1],
        p_shape=pvalues[2],
    )


def _against_known(sample: FloatArray, known: Known) -> tuple[float, float, float]:
    values, places = distinct(np.concatenate([known.values, sample]))
    weights = np.zeros(len(values))
    np.add.at(weights, places[: len(known.values)], known.weights)
    counts = _counts(places[len(known.values) :], len(values))
    squares = (values - float(weights @ values)) ** 2
    missed = len(sample) * known.lost  # that one replicate or more is where nothing is known
    found = (
        mean_of_known(values, weights, counts),
        mean_of_known(squares, weights, counts),
        shape_of_known(values, weights, counts),
    )
    return tuple(min(1.0, p + missed) for p in found)  # type: ignore[return-value]


def _against_sample(sample: FloatArray, other: FloatArray) -> tuple[float, float, float]:
    values, places = distinct(np.concatenate([sample, other]))
    first = _counts(places[: len(sample)], len(values))
    second = _counts(places[len(sample) :], len(values))
    squares = (values - float((first + second) @ values) / len(places)) ** 2
    return (
        mean_of_two(values, first, second),
        mean_of_two(squares, first, second),
        shape_of_two(values, first, second),
    )


def distinct(values: FloatArray) -> tuple[FloatArray, CountArray]:
    """Distinct values (K,), rising, and the place of each value among them; values that differ by
    rounding only are one."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    apart = np.diff(ordered) > _ROUNDING * np.abs(values).max(initial=0.0)
    group = np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)
    places = np.empty(len(values), dtype=np.int64)
    places[order] = group
    return ordered[np.concatenate([[True], apart])], places


def _counts(places: CountArray, length: int) -> CountArray:
    return np.bincount(places, minlength=length).astype(np.int64)


def _sd(sample: FloatArray) -> float:
    return float(sample.std(ddof=1)) if len(sample) > 1 else float("nan")


def _score(mean: float, other: float, error: float) -> float:
    difference = mean - other
    if abs(difference) <= _ROUNDING * max(abs(mean), abs(other)):
        return 0.0
    return difference / error if error > 0 else float(np.copysign(np.inf, difference))


EXACT = "CME"
"""The name of the chemical master equation among the sides."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Verification:
    """Engines against each other, and against the master equation where it could be solved.

    Attributes:
        network: its id.
        digest: of the network.
        time_unit: of all times; None where the model states none.
        times: (T,) at which was compared.
        readouts: (R,) what was compared.
        engines: name and version of each engine that ran.
        replicates: finished replicates of each engine, by name.
        states: states of the master equation; 0 where it was not solved.
        comparisons: each pair of sides in each readout at each time.
        failures: replicates that failed: a right engine has none.
        left_out: engines or the master equation, with the reason.
        ode: (T, R) the deterministic solution, NaN where there is none. It is no side: where laws
            are not linear, the mean of an exact stochastic run differs from it.
        alpha: the chance of a false alarm in the whole call, at most.
        seed: from which every replicate's seed is made.
    """

    network: str
    digest: str
    time_unit: str | None
    times: Times
    readouts: tuple[Readout, ...]
    engines: dict[str, str]
    replicates: dict[str, int]
    states: int
    comparisons: tuple[EngineComparison, ...]
    failures: tuple[str, ...]
    left_out: dict[str, str]
    ode: FloatArray
    alpha: float
    seed: int

    @property
    def agree(self) -> bool:
        """Whether nothing is wrong: no comparison disagrees, and no replicate failed."""
        return not self.disagreements and not self.failures

    @property
    def disagreements(self) -> tuple[EngineComparison, ...]:
        """Comparisons whose corrected p-value is below `alpha`."""
        return tuple(c for c in self.comparisons if c.p < self.alpha)

    @property
    def tests(self) -> int:
        """How many tests were made: three for each comparison."""
        return 3 * len(self.comparisons)

    @property
    def noticed(self) -> float:
        """The difference of means, in standard deviations, that the least sharp comparison would
        notice in a normal readout one time in two."""
        score = sqrt(2 * log(2.4 * max(self.tests, 1) / self.alpha))
        return score * max(
            sqrt(sum(1 / self.replicates[side] for side in sides if side != EXACT))
            for sides in {(c.first, c.second) for c in self.comparisons}
        )

    def frame(self) -> "pd.DataFrame":
        """A row for each comparison.

        Columns: readout, time, first, second, mean_first, mean_second, sd_first, sd_second, z,
        p_mean, p_sd, p_shape, p (Holm), agree, ode; means, spreads and ode in the readout's unit.
        """
        import pandas as pd

        places = {r.name: i for i, r in enumerate(self.readouts)}
        rows = [
            {
                "readout": c.readout,
                "time": c.time,
                "first": c.first,
                "second": c.second,
                "mean_first": c.mean[0],
                "mean_second": c.mean[1],
                "sd_first": c.sd[0],
                "sd_second": c.sd[1],
                "z": c.z,
                "p_mean": c.p_mean,
                "p_sd": c.p_sd,
                "p_shape": c.p_shape,
                "p": c.p,
                "agree": c.p >= self.alpha,
                "ode": float(self.ode[np.searchsorted(self.times, c.time), places[c.readout]]),
            }
            for c in self.comparisons
        ]
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        verdict = "agree" if self.agree else "DISAGREE"
        sides = [f"{name} ({n} replicates)" for name, n in self.replicates.items()]
        sides += [f"{EXACT} ({self.states} states)"] if self.states else []
        found = f"{len(self.disagreements)} of {len(self.comparisons)} comparisons"
        return f"{self.network}: {', '.join(sides)} {verdict}; {found} disagree"
