"""What a condition does to a readout: size and interval first, a p-value beside n.

The interval of the fold change is that of the logarithm of a ratio of means by the delta method,

    se^2 = s0^2 / (n0 m0^2) + s1^2 / (n1 m1^2),

with Student's t at Welch's degrees of freedom for these two terms. On the logarithm the ratio is
nearly symmetric, so one formula serves 5 replicates and 500; it needs no resampling. Of nominal
95 % it covers 93 to 96 % for counts near Poisson from 5 replicates on, and 90 to 95 % for bursts as
skewed as an exponential distribution at 5 to 10 replicates. (Fieller's interval was no better with
few replicates, and worse where the groups differ in size.)

The p-value is of another kind: Mann-Whitney, of the hypothesis that both samples have one
distribution. Its false alarms do not depend on that distribution; those of a t test do, the more so
the smaller the level that a correction over a whole screen asks for.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem, nearest
from simnet.experiment.times import is_between, root_seed
from simnet.stats.estimate import check_confidence

if TYPE_CHECKING:
    import pandas as pd


# How far apart two samples are, without a unit: pure functions of (N0,) and (N1,) values.
#
# The sign is that of treated minus control.


def hedges_g(control: FloatArray, treated: FloatArray) -> float:
    """Difference of means in pooled standard deviations, freed of its bias at small n.

    NaN with fewer than two values on a side, or where there is no spread.

    Source: Hedges 1981 (doi:10.3102/10769986006002107), the exact factor with gamma functions.
    """
    from scipy.special import gammaln

    n0, n1 = len(control), len(treated)
    if min(n0, n1) < 2:
        return float("nan")
    freedom = n0 + n1 - 2
    pooled = ((n0 - 1) * control.var(ddof=1) + (n1 - 1) * treated.var(ddof=1)) / freedom
    if pooled == 0:
        return float("nan")
    bias = np.exp(gammaln(freedom / 2) - gammaln((freedom - 1) / 2)) / np.sqrt(freedom / 2)
    return float(bias * (treated.mean() - control.mean()) / np.sqrt(pooled))


def ks_distance(control: FloatArray, treated: FloatArray) -> float:
    """Kolmogorov-Smirnov: the greatest gap between the two empirical distributions, 0 to 1.

    It never is 0 for two finite samples of one continuous law: about 0.87 sqrt(1/n0 + 1/n1) is
    expected there (the mean of the Kolmogorov distribution).
    """
    from scipy.stats import ks_2samp

    if not len(control) or not len(treated):
        return float("nan")
    with np.errstate(divide="ignore"):  # in its p, of which nothing is read
        return float(ks_2samp(control, treated, method="asymp").statistic)


def mann_whitney(control: FloatArray, treated: FloatArray) -> tuple[float, float]:
    """Cliff's delta, and the two-sided p of the Mann-Whitney test, which rests on the same ranks.

    Cliff's delta is P(treated > control) - P(treated < control), -1 to 1; ties count for neither.
    p is exact for up to 8 values on a side without ties, else normal with corrections; NaN with
    fewer than two values on a side, or where no value differs from another in its group.

    Source: Cliff 1993 (doi:10.1037/0033-2909.114.3.494); Mann & Whitney 1947
    (doi:10.1214/aoms/1177730491).
    """
    from scipy.stats import mannwhitneyu

    sizes = len(control), len(treated)
    if not min(sizes):
        return float("nan"), float("nan")
    found = mannwhitneyu(control, treated)
    delta = 1 - 2 * float(found.statistic) / (sizes[0] * sizes[1])
    noisy = min(sizes) > 1 and any(x.max() > x.min() for x in (control, treated))
    return delta, float(found.pvalue) if noisy else float("nan")


# p-values corrected for how many were looked at: one function and one table entry a method.
#
# NaN is a comparison that has no p-value (a single replicate, say): it stays NaN and is not counted.


def benjamini_hochberg(pvalues: FloatArray) -> FloatArray:
    """The least false discovery rate at which each of (P,) p-values would be reported.

    Of what is reported with an adjusted p below q, a share q at most is false on average, for tests
    that are independent or that depend positively on each other (as those against one control do).

    Source: Benjamini & Hochberg 1995 (doi:10.1111/j.2517-6161.1995.tb02031.x); Benjamini &
    Yekutieli 2001 (doi:10.1214/aos/1013699998) for the dependence.
    """
    from scipy.stats import false_discovery_control

    adjusted: FloatArray = false_discovery_control(pvalues, method="bh")
    return adjusted


def holm(pvalues: FloatArray) -> FloatArray:
    """(P,) p-values for which even one false alarm in the whole screen has probability alpha.

    It holds however the tests depend on each other. Source: Holm 1979, Scand. J. Statist. 6, 65-70.
    """
    rising = np.argsort(pvalues, kind="stable")
    left = np.arange(len(pvalues), 0, -1)
    found = np.empty(len(pvalues))
    found[rising] = np.minimum(1.0, np.maximum.accumulate(pvalues[rising] * left))
    return found


ADJUSTMENTS = MappingProxyType({"benjamini-hochberg": benjamini_hochberg, "holm": holm})
"""Method by name."""


def adjusted_pvalues(pvalues: Sequence[float], method: str = "benjamini-hochberg") -> FloatArray:
    """(P,) p-values corrected over all of them that are not NaN.

    Raises:
        InputError: an unknown method, or a p-value outside 0 to 1.
    """
    given = np.asarray(pvalues, dtype=np.float64).reshape(-1)
    problems = [
        Problem(what=f"p-value {p!r}", why="not within 0 to 1")
        for p in given[~np.isnan(given)].tolist()
        if not 0 <= p <= 1
    ]
    if method not in ADJUSTMENTS:
        unknown = f"adjustment {method!r}"
        problems.append(
            Problem(what=unknown, why="no such method", way_out=nearest(method, ADJUSTMENTS))
        )
    if problems:
        raise InputError(problems)
    found = np.full(given.shape, np.nan)
    present = ~np.isnan(given)
    found[present] = ADJUSTMENTS[method](given[present])
    return found


# Resampling of replicates, and intervals from it.


FEWEST_RESAMPLES = 100
"""The quarter-point quantiles that `scaled_interval` reads need so many."""

_ONE_SD = 0.8413447460685429  # the standard normal distribution at 1


def resampled_means(
    groups: Sequence[FloatArray], resamples: int, generator: np.random.Generator
) -> FloatArray:
    """Means of each group's replicates, drawn again.

    Of n replicates n - 1 are drawn, with replacement: then the variance of the drawn mean is
    s^2 / n with the unbiased s^2, where the usual n draws give (n - 1) / n of it, a third too little
    at n = 3. A single replicate stays as it is.

    Args:
        groups: G arrays (N,), at least one value each.

    Returns:
        (resamples, G).

    Source: Rao & Wu 1988 (doi:10.1080/01621459.1988.10478591).
    """
    means = np.empty((resamples, len(groups)))
    for index, group in enumerate(groups):
        n = len(group)
        picked = generator.integers(0, n, size=(resamples, max(1, n - 1)))
        means[:, index] = group[picked].mean(axis=1)
    return means


def scaled_interval(
    estimate: FloatArray, drawn: FloatArray, confidence: float, freedom: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Intervals from the central spread of the resamples, widened by Student's t.

        estimate - t (q50 - q16)   to   estimate + t (q84 - q50)

    with the quantiles q of the resamples, one standard deviation to each side. For many replicates and
    nearly normal resamples this is the percentile interval. It keeps their skewness, is not too narrow
    for few replicates (Hesterberg 2015, doi:10.1080/00031305.2015.1089789, widens percentiles for
    the same reason), takes confidences near 1, where no percentile of 1,000 resamples reaches, and infinite
    ones: if more than one in six is infinite, so is that end.

    Args:
        estimate: (...).
        drawn: (resamples, ...); NaN where any is.
        confidence: of the interval, 0.95 for 95 %.
        freedom: (...) degrees of freedom.

    Returns:
        Low and high ends, (...).
    """
    from scipy.stats import t

    ordered = np.sort(drawn, axis=0)  # NaN goes last
    last = len(ordered) - 1
    below, middle, above = (ordered[round(share * last)] for share in (1 - _ONE_SD, 0.5, _ONE_SD))
    wide = t.ppf(0.5 + confidence / 2, freedom)
    unknown = np.isnan(ordered[-1]) | np.isnan(estimate)
    with np.errstate(invalid="ignore"):
        low = np.where(np.isneginf(below), -np.inf, estimate - wide * (middle - below))
        high = np.where(np.isposinf(above), np.inf, estimate + wide * (above - middle))
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)


def welch_freedom(spreads: FloatArray, freedoms: FloatArray) -> FloatArray:
    """Degrees of freedom of a sum's variance.

    Args:
        spreads: (P, ...) standard deviations of the sum's terms.
        freedoms: (P, ...) degrees of freedom of each.

    Source: Satterthwaite 1946 (doi:10.2307/3002019), Welch 1947 (doi:10.1093/biomet/34.1-2.28).
    """
    top = spreads.max(axis=0)
    shares = (spreads / np.where(top > 0, top, 1.0)) ** 2
    below = (shares**2 / freedoms).sum(axis=0)
    found: FloatArray = shares.sum(axis=0) ** 2 / np.where(below > 0, below, 1.0)
    return np.where(top > 0, found, freedoms.min(axis=0))


def interval_problems(
    confidence: float, resamples: int = FEWEST_RESAMPLES, seed: int = 0
) -> list[Problem]:
    """What is wrong with a bootstrap interval's confidence, its number of resamples or its seed."""
    problems: list[Problem] = []
    for check in (partial(check_confidence, confidence), partial(root_seed, seed)):
        try:
            check()
        except InputError as error:
            problems += error.problems
    if not is_between(resamples, FEWEST_RESAMPLES - 1, math.inf) or resamples != int(resamples):
        text = f"at least {FEWEST_RESAMPLES} are needed"
        problems.append(Problem(what=f"resamples={resamples!r}", why="too few", way_out=text))
    return problems


TEST = "Mann-Whitney"
"""The test behind every p."""

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One condition against its control, in one readout.

    Attributes:
        n_control, n_treated: replicates with a value.
        control_mean, treated_mean: in the readout's unit.
        log2_fold_change, log2_low, log2_high: of treated over control, with its interval; NaN where
            a mean is not positive.
        difference, difference_low, difference_high: treated - control (Welch's interval), in the
            readout's unit.
        hedges_g, cliffs_delta, ks_distance: effect sizes without unit.
        p: Mann-Whitney, two-sided; NaN where there is nothing to test.
        confidence: of the intervals.
        reason: why a number is NaN; empty where none is.
    """

    n_control: int
    n_treated: int
    control_mean: float
    treated_mean: float
    log2_fold_change: float
    log2_low: float
    log2_high: float
    difference: float
    difference_low: float
    difference_high: float
    hedges_g: float
    cliffs_delta: float
    ks_distance: float
    p: float
    confidence: float
    reason: str


def compare(
    control: FloatArray, treated: FloatArray, *, confidence: float = 0.95, error: float = 0.0
) -> Effect:
    """The effect of a condition.

    Args:
        control: (N0,) one value a replicate, in the readout's unit; NaN is one that failed, and an
            infinite one a time that has not come by the end of the run, of either sign, as the
            readout has it.
        treated: (N1,) the same under the condition.
        confidence: of the intervals, 0.95 for 95 %.
        error: of a value that one deterministic run gives, as a part of it: that of the integrator.
            Two such values that differ by less do not differ.

    Returns:
        An `Effect`. With one replicate (or none that differs, as under ODE) it holds the ratio and
        the difference, no interval and no p, and says so in `reason`. Where times have not come,
        their order is known, for all runs end alike: they are later than all that have. So what
        rests on ranks (Mann-Whitney, Cliff's delta, the Kolmogorov-Smirnov distance) holds as it
        is, and what rests on means is NaN.

    Raises:
        InputError: a confidence outside 0 to 1.

    Source: delta method, e.g. Oehlert 1992 (doi:10.1080/00031305.1992.10475842); degrees of freedom,
    Welch 1947 (doi:10.1093/biomet/34.1-2.28).
    """
    check_confidence(confidence)
    x0, x1 = (np.asarray(v, dtype=np.float64).reshape(-1) for v in (control, treated))
    x0, x1 = x0[~np.isnan(x0)], x1[~np.isnan(x1)]
    come = bool(np.isfinite(x0).all() and np.isfinite(x1).all())
    reason = _reason(x0, x1)
    if error > 0 and len(x0) == len(x1) == 1 and 0 < abs(x1[0] - x0[0]) <= error * abs(x0[0]):
        x1, reason = x0, f"{reason}; no difference above the integrator's error"
    m0, m1 = (float(x.mean()) if len(x) and come else NAN for x in (x0, x1))
    positive = m0 > 0 and m1 > 0
    noisy = come and min(len(x0), len(x1)) > 1 and bool(np.ptp(x0) or np.ptp(x1))
    log2 = float(np.log2(m1 / m0)) if positive else NAN
    log2_half = _half_width(x0, x1, m0, m1, confidence) / np.log(2) if positive and noisy else NAN
    half = _half_width(x0, x1, 1.0, 1.0, confidence) if noisy else NAN
    delta, p = mann_whitney(x0, x1)
    return Effect(
        n_control=len(x0),
        n_treated=len(x1),
        control_mean=m0,
        treated_mean=m1,
        log2_fold_change=log2,
        log2_low=log2 - log2_half,
        log2_high=log2 + log2_half,
        difference=m1 - m0,
        difference_low=m1 - m0 - half,
        difference_high=m1 - m0 + half,
        hedges_g=hedges_g(x0, x1) if come else NAN,
        cliffs_delta=delta,
        ks_distance=ks_distance(x0, x1),
        p=p,
        confidence=confidence,
        reason=reason,
    )


def effects_frame(
    rows: Iterable[tuple[Mapping[str, object], Effect]], *, adjust: str = "benjamini-hochberg"
) -> "pd.DataFrame":
    """Effects as a tidy frame, one row each, with p corrected over all of its rows.

    Args:
        rows: labels (condition, readout, time, ...) and the effect; the labels become the first
            columns.
        adjust: "benjamini-hochberg" (false discovery rate) or "holm" (any false alarm at all).

    Returns:
        The labels, the attributes of `Effect` in their order, with `test`, `p_adjusted`,
        `adjusted_by` and `comparisons` (how many p-values were corrected for) after `p`.

    Raises:
        InputError: an unknown correction, or a label that is also an attribute of `Effect`.
    """
    import pandas as pd

    listed = list(rows)
    names = [field.name for field in fields(Effect)]
    taken = {name for labels, _ in listed for name in labels} & set(names)
    if taken:
        raise InputError(
            Problem(what=f"label {name!r}", why="also a column of the effects", way_out="rename it")
            for name in sorted(taken)
        )
    corrected = adjusted_pvalues([effect.p for _, effect in listed], adjust)
    after = names.index("p") + 1
    labels = list(dict.fromkeys(name for given, _ in listed for name in given))
    added = ["test", "p_adjusted", "adjusted_by", "comparisons"]
    frame = pd.DataFrame(
        [{**given, **{name: getattr(effect, name) for name in names}} for given, effect in listed],
        columns=[*labels, *names],
    )
    frame["test"] = TEST
    frame["p_adjusted"] = corrected
    frame["adjusted_by"] = adjust
    frame["comparisons"] = int((~np.isnan(corrected)).sum())
    return frame[[*labels, *names[:after], *added, *names[after:]]]


def _half_width(
    x0: FloatArray, x1: FloatArray, scale0: float, scale1: float, confidence: float
) -> float:
    """Half the interval of x1's mean / scale1 - x0's mean / scale0."""
    from scipy.stats import t

    parts = np.array([x.var(ddof=1) / len(x) / s**2 for x, s in ((x0, scale0), (x1, scale1))])
    freedom = welch_freedom(np.sqrt(parts), np.array([len(x0) - 1.0, len(x1) - 1.0]))
    return float(t.ppf(0.5 + confidence / 2, freedom) * np.sqrt(parts.sum()))


def _reason(x0: FloatArray, x1: FloatArray) -> str:
    said = []
    named = {"control": x0, "condition": x1}
    missing = [name for name, x in named.items() if not len(x)]
    if missing:
        return "no replicate of the " + " and of the ".join(missing) + " has a value"
    late = [
        f"{np.isinf(x).sum()} of {len(x)} replicates of the {name}"
        for name, x in named.items()
        if np.isinf(x).any()
    ]
    if late:
        said.append(f"no mean: threshold not reached by the end in {' and '.join(late)}")
    elif not (x0.mean() > 0 and x1.mean() > 0):
        said.append("no fold change: it needs two positive means")
    if min(len(x0), len(x1)) < 2:
        said.append("no interval and no p: one replicate")
    elif x0.max() == x0.min() and x1.max() == x1.min():
        said.append("no interval and no p: the replicates do not differ")
    return "; ".join(said)
