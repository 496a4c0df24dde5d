"""Two modes: whether replicates fall into two groups, how many into each, and how far apart."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.times import number_array
from simnet.stats.distribution import Tallies
from simnet.stats.estimate import Estimate, normal_quantile, number_estimate

Family = Literal["negative binomial", "normal"]
_Density = Callable[[FloatArray, float, float], FloatArray]
"""Log-density at values, from the logarithms (negative binomial) or values of two numbers."""

_LEAST = 20  # replicates; five numbers are fitted


@dataclass(frozen=True, kw_only=True, eq=False)
class TwoModes:
    """A mixture of two modes, the lower one first, fitted by maximum likelihood.

    Attributes:
        family: of each mode.
        weight: fraction of replicates in the upper mode.
        mean: (2,) of each mode, in the readout's unit.
        sd: (2,) of each mode, in the readout's unit.
        separation: difference of the means over the root mean square of the two sds (Ashman's D),
            without unit; modes are clearly apart above 2.
        evidence: Bayesian information criterion of one mode less that of two: above 0 two describe
            the sample better, above 10 much better.
        bimodal: whether there is evidence and the fitted density has a dip between the means. A
            long tail alone needs two components as well, and has no dip.
        n: replicates.
    """

    family: Family
    weight: Estimate
    mean: FloatArray
    sd: FloatArray
    separation: Estimate
    evidence: float
    bimodal: bool
    n: int


def two_modes(
    values: FloatArray,
    counts: FloatArray | None = None,
    *,
    family: Family | None = None,
    confidence: float = 0.95,
) -> TwoModes:
    """Fit a mixture of two modes and compare it with one.

    The fit starts from the split that leaves the least variance within (Otsu 1979), so it is the
    same every time. Intervals are Wald's, from the observed information, on the scale of the logit
    of the weight and of the logarithm of the separation; NaN where the likelihood is too flat for
    one, as it is for samples of one mode.

    Args:
        values: (n,) or, with counts, (K,) of one readout, in its unit; NaN is left out.
        counts: (K,) replicates of each value.
        family: of the modes. Where left out, negative binomial for whole numbers that are not below
            0 (a count is at least as noisy as Poisson's, and skewed where it is low), else normal.
        confidence: of the intervals.

    Raises:
        InputError: fewer than 20 replicates, values that are all equal or infinite, a family that
            is none or does not fit the values, or a confidence that is none.

    Source: McLachlan & Peel 2000, Finite Mixture Models (doi:10.1002/0471721182); Ashman, Bird &
    Zepf 1994 (doi:10.1086/117248); Schwarz 1978 (doi:10.1214/aos/1176344136).
    """
    z = normal_quantile(confidence)
    x, w = _distinct(values, counts)
    family = _family(x, family)
    n = float(w.sum())
    center, scale = float((x * w).sum() / n), _sd(x, w)
    density = _negative_binomial if family == "negative binomial" else _normal

    def cost_of_one(p: FloatArray) -> float:
        return -float((w * density(x, p[0], p[1])).sum()) / n

    def cost_of_two(p: FloatArray) -> float:
        return -float((w * _mixture(density, x, p)).sum()) / n

    low, high, part = _split(x, w)
    one = _minimum(cost_of_one, [_start(family, center, scale)], family, scale)
    two = _minimum(
        cost_of_two,
        [[math.log(part / (1 - part)), *_start(family, *low), *_start(family, *high)]],
        family,
        scale,
    )
    evidence = 2 * n * (cost_of_one(one) - cost_of_two(two)) - 3 * math.log(n)
    fitted = _upper_last(two)
    moments = [_moments(family, fitted[1 + 2 * i], fitted[2 + 2 * i]) for i in (0, 1)]
    covariance = _covariance(cost_of_two, fitted, n)
    weight, separation = _intervals(family, fitted, covariance, z, confidence)
    return TwoModes(
        family=family,
        weight=weight,
        mean=np.array([m for m, _ in moments]),
        sd=np.array([s for _, s in moments]),
        separation=separation,
        evidence=float(evidence),
        bimodal=bool(evidence > 0 and _has_dip(family, density, fitted, moments)),
        n=int(n),
    )


def two_modes_of(
    tallies: Tallies,
    time: int,
    readout: int,
    *,
    family: Family | None = None,
    confidence: float = 0.95,
) -> TwoModes:
    """`two_modes` of one readout at one time, by their indices, from tallies: the same for whole
    numbers below 512, else of values within 1/512 (counts stay whole numbers).

    Raises:
        InputError: as `two_modes`.
    """
    counts = tallies.tables[readout][:, time].astype(np.float64)
    values = tallies.values(readout)
    if tallies.whole[readout]:
        values = np.floor(values)
    return two_modes(values, counts, family=family, confidence=confidence)


def _distinct(values: FloatArray, counts: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    """Distinct values, rising, and how often each occurs."""
    given = number_array(values, "values")
    often = np.ones(given.shape) if counts is None else number_array(counts, "counts")
    if given.ndim != 1 or given.shape != often.shape:
        raise InputError(Problem(what=f"values of shape {given.shape}", why="not one row"))
    kept = ~np.isnan(given) & (often > 0)
    x, place = np.unique(given[kept], return_inverse=True)
    w = np.bincount(place, often[kept], minlength=len(x)).astype(np.float64)
    problems = []
    if w.sum() < _LEAST:
        why = f"are too few for two modes, which need {_LEAST}"
        problems.append(Problem(what=f"{w.sum():.0f} replicates", why=why))
    elif len(x) < 2:
        problems.append(Problem(what="values", why=f"all equal, {x[0]:g}"))
    if not np.isfinite(x).all():
        problems.append(Problem(what="values", why="some are infinite"))
    if problems:
        raise InputError(problems)
    return x, w


def _family(x: FloatArray, family: Family | None) -> Family:
    counts = bool((x >= 0).all() and (x == np.floor(x)).all())
    if family is None:
        return "negative binomial" if counts else "normal"
    if family not in ("negative binomial", "normal"):
        why = 'neither "negative binomial" nor "normal"'
        raise InputError(Problem(what=f"family={family!r}", why=why))
    if family == "negative binomial" and not counts:
        why, way_out = "the values are not counts", 'use family="normal"'
        raise InputError(Problem(what=f"family={family!r}", why=why, way_out=way_out))
    return family


def _sd(x: FloatArray, w: FloatArray) -> float:
    mean = (x * w).sum() / w.sum()
    return math.sqrt(((x - mean) ** 2 * w).sum() / w.sum())


def _split(x: FloatArray, w: FloatArray) -> tuple[tuple[float, float], tuple[float, float], float]:
    """Mean and sd below and above the split with most variance between (Otsu 1979,
    doi:10.1109/TSMC.1979.4310076), and the fraction above it."""
    below, sums = w.cumsum()[:-1], (x * w).cumsum()[:-1]
    n, total = w.sum(), (x * w).sum()
    between = (sums * n - total * below) ** 2 / (below * (n - below))
    cut = int(between.argmax()) + 1
    low, high = slice(None, cut), slice(cut, None)
    halves = [(float((x[s] * w[s]).sum() / w[s].sum()), _sd(x[s], w[s])) for s in (low, high)]
    return halves[0], halves[1], float(np.clip(w[high].sum() / n, 0.01, 0.99))


def _start(family: Family, mean: float, sd: float) -> list[float]:
    """The two numbers of a mode with that mean and sd."""
    if family == "normal":
        return [mean, math.log(max(sd, 1e-3 * abs(mean), 1e-300))]
    mean = max(mean, 0.05)
    return [math.log(mean), math.log(mean / max(sd * sd / mean - 1, 0.05))]


def _normal(x: FloatArray, mean: float, log_sd: float) -> FloatArray:
    off = (x - mean) / math.exp(log_sd)
    return np.asarray(-0.5 * off * off - log_sd - 0.5 * math.log(2 * math.pi))


def _negative_binomial(x: FloatArray, log_mean: float, log_size: float) -> FloatArray:
    """Of mean m and variance m + m2 / size; Poisson's where the size is large."""
    from scipy.special import gammaln

    size, mean = math.exp(log_size), math.exp(log_mean)
    ways = gammaln(x + size) - gammaln(size) - gammaln(x + 1)
    shared = math.log1p(mean / size)
    return np.asarray(ways + x * (log_mean - log_size - shared) - size * shared)


def _mixture(density: _Density, x: FloatArray, p: FloatArray) -> FloatArray:
    log_upper, log_lower = -np.logaddexp(0, -p[0]), -np.logaddexp(0, p[0])
    lower, upper = density(x, p[1], p[2]), density(x, p[3], p[4])
    return np.asarray(np.logaddexp(log_lower + lower, log_upper + upper))


def _minimum(
    cost: Callable[[FloatArray], float], starts: list[list[float]], family: Family, scale: float
) -> FloatArray:
    from scipy.optimize import minimize

    size = (math.log(1e-4), math.log(1e6))
    # A mode of no width has an infinite likelihood at any one value.
    width = (math.log(1e-3 * scale), math.log(10 * scale))
    pair = [(None, None), width] if family == "normal" else [(-10.0, 50.0), size]
    bounds: list[Any] = [(-12.0, 12.0)] * (len(starts[0]) % 2) + pair * (len(starts[0]) // 2)
    best: Any = None
    for start in starts:
        ends = [(-np.inf if a is None else a, np.inf if b is None else b) for a, b in bounds]
        inside = np.clip(start, [a for a, _ in ends], [b for _, b in ends])
        # Polished by a second method: the first stops early where the likelihood is flat.
        rough = minimize(
            cost, inside, method="Nelder-Mead", bounds=bounds, options={"maxiter": 600}
        )
        found = minimize(cost, rough.x, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14})
        if best is None or found.fun < best.fun:
            best = found
    return np.asarray(best.x, dtype=np.float64)


def _upper_last(p: FloatArray) -> FloatArray:
    return p if p[1] <= p[3] else np.array([-p[0], p[3], p[4], p[1], p[2]])


def _moments(family: Family, a: float, b: float) -> tuple[float, float]:
    """Mean and sd of a mode."""
    if family == "normal":
        return float(a), math.exp(b)
    mean = math.exp(a)
    return mean, math.sqrt(mean + mean * math.exp(a - b))


def _covariance(cost: Callable[[FloatArray], float], p: FloatArray, n: float) -> FloatArray:
    """Of the fitted numbers: the inverse of n times the second derivatives, by differences. A
    width without influence, such as that of a mode that is Poisson's, is taken as known."""
    k = len(p)
    step = 1e-3 * np.maximum(1.0, np.abs(p) * 1e-1)
    hessian = np.empty((k, k))
    at = np.diag(step)
    for i in range(k):
        for j in range(i + 1):
            corners = cost(p + at[i] + at[j]) - cost(p + at[i] - at[j])
            corners -= cost(p - at[i] + at[j]) - cost(p - at[i] - at[j])
            hessian[i, j] = hessian[j, i] = corners / (4 * step[i] * step[j])
    influence = np.abs(np.diag(hessian)) * n > 1e-2
    for spare in ([], [2], [4], [2, 4]):
        known = influence.copy()
        known[spare] = False
        part = hessian[np.ix_(known, known)] * n
        if known[0] and np.isfinite(part).all() and (np.linalg.eigvalsh(part) > 0).all():
            covariance = np.zeros((k, k))
            covariance[np.ix_(known, known)] = np.linalg.inv(part)
            return covariance
    return np.full((k, k), np.nan)


def _separation(family: Family, p: FloatArray) -> float:
    (m1, s1), (m2, s2) = (_moments(family, p[1 + 2 * i], p[2 + 2 * i]) for i in (0, 1))
    return (m2 - m1) / math.sqrt(0.5 * (s1 * s1 + s2 * s2))


def _intervals(
    family: Family, p: FloatArray, covariance: FloatArray, z: float, confidence: float
) -> tuple[Estimate, Estimate]:
    reach = z * math.sqrt(covariance[0, 0])
    weight, low, high = (1 / (1 + np.exp(-(p[0] + shift))) for shift in (0.0, -reach, reach))
    apart = _separation(family, p)
    slope = np.empty(len(p))
    for i, step in enumerate(1e-4 * np.eye(len(p))):
        slope[i] = (_separation(family, p + step) - _separation(family, p - step)) / 2e-4
    error = math.sqrt(slope @ covariance @ slope) / apart if apart > 0 else math.nan
    factor = math.exp(min(z * error, 700.0)) if not math.isnan(error) else math.nan
    return (
        number_estimate(weight, low, high, confidence=confidence),
        number_estimate(apart, apart / factor, apart * factor, confidence=confidence),
    )


def _has_dip(
    family: Family, density: _Density, p: FloatArray, moments: list[tuple[float, float]]
) -> bool:
    """Whether the fitted density goes down and up again."""
    (m1, s1), (m2, s2) = moments
    low, high = m1 - 3 * s1, m2 + 3 * s2
    if family == "negative binomial":
        low, high = max(0.0, math.floor(low)), math.ceil(high)
        grid = np.unique(np.rint(np.linspace(low, high, 4001)))
    else:
        grid = np.linspace(low, high, 4001)
    change = np.diff(_mixture(density, grid, p))
    signs = np.sign(change[np.abs(change) > 1e-12])
    return bool(((signs[:-1] < 0) & (signs[1:] > 0)).any())
