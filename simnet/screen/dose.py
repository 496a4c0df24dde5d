"""Dose and response: a Hill curve with intervals, or why the doses do not support one.

A fit is refused rather than returned where it would be wrong: too few doses, a flat readout, one
that turns back, one whose middle is not between the doses (the EC50 is then a bound), or a curve
that leaves too much unexplained. `outcome` says which, `reason` says it in words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.times import number_array
from simnet.screen.effects import (
    interval_problems,
    resampled_means,
    scaled_interval,
)
from simnet.screen.hill import SHALLOWEST, STEEPEST, HillCurves, fit_hill
from simnet.seeds import screen_generator
from simnet.stats.estimate import Estimate, number_estimate

# What must hold of doses and replicates before a dose-response curve means anything.
#
# Each check returns the reason why not, in words, or "".


ALPHA = 0.01
"""A flat readout is taken for a response with this probability, at most; the same for a monotone one
that is said to turn back."""

FLAT = 1e-3
"""Without noise: a span below this share of the largest mean is the solver's, or nothing."""

TURN = 0.1
"""A reversal below this share of the span is not one."""

ENOUGH_FOR_WEIGHTS = 30
"""Replicates from which a dose's own variance is trusted as a weight."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DoseMeans:
    """Doses rising, each with its replicates; arrays are (D,).

    `variances` of the means come from each dose, or from all of them together where replicates are
    few; `weights` are their inverse. `exact`: no dose has any spread, as under ODE.
    """

    doses: FloatArray
    groups: tuple[FloatArray, ...]
    n: FloatArray
    means: FloatArray
    sems: FloatArray
    weights: FloatArray
    exact: bool

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the noise."""
        return float((self.n - 1).sum())


def dose_means(doses: FloatArray, values: Sequence[FloatArray]) -> DoseMeans:
    """Sort, drop NaN and doses without a value, and weigh."""
    kept, groups = [], []
    for index in np.argsort(doses):
        group = values[index][~np.isnan(values[index])]
        if len(group):
            kept.append(doses[index])
            groups.append(group)
    n = np.array([len(group) for group in groups], dtype=np.float64)
    means = np.array([group.mean() for group in groups])
    squares = np.array([group.var() * len(group) for group in groups])
    own = np.divide(squares, n - 1, out=np.full(len(n), np.nan), where=n > 1)
    exact = not any(np.ptp(group) > 0 for group in groups)
    weights = n / n.mean() if len(n) else n
    if not exact:
        pooled = squares.sum() / (n - 1).sum()
        variances = np.full(len(n), pooled)
        if n.min() >= ENOUGH_FOR_WEIGHTS:
            variances = np.maximum(
                own, FLAT * pooled
            )  # no dose is free of noise, or is all that counts
        weights = n / variances
    return DoseMeans(
        doses=np.array(kept),
        groups=tuple(groups),
        n=n,
        means=means,
        sems=np.sqrt(own / n) if len(n) else n,
        weights=weights,
        exact=exact,
    )


def flat(data: DoseMeans) -> str:
    """Whether the readout does not depend on the dose.

    Two tests, each at half of `ALPHA`: Kruskal-Wallis for any difference between doses, Spearman
    for a trend, which finds a gentle slope with fewer replicates.
    """
    span, largest = float(np.ptp(data.means)), float(np.abs(data.means).max())
    if span <= FLAT * largest:
        return f"the means span {span:.3g}, less than {FLAT:.1%} of the readout"
    if data.exact:
        return ""
    from scipy.stats import kruskal, spearmanr

    where = np.repeat(data.doses, data.n.astype(int))
    between = float(kruskal(*data.groups).pvalue)
    trend = float(spearmanr(where, np.concatenate(data.groups)).pvalue)
    if min(between, trend) < ALPHA / 2:
        return ""
    return (
        "no effect beyond the noise: "
        f"p = {between:.2g} between doses (Kruskal-Wallis), {trend:.2g} for a trend (Spearman), "
        f"{int(data.n.sum())} values"
    )


def turns_back(data: DoseMeans) -> str:
    """Whether the readout rises and falls with the dose, by more than noise and `TURN`."""
    means = data.means
    heading = np.sign(np.cov(np.arange(len(means)), means)[0, 1]) or 1.0
    path = heading * means
    drop = path[:, None] - path[None, :]
    drop[np.tril_indices(len(path))] = 0.0  # only from a dose to a higher one
    if drop.max() <= TURN * np.ptp(means):
        return ""
    first, last = np.unravel_index(int(drop.argmax()), drop.shape)
    if not data.exact:
        from scipy.stats import t

        noise = np.sqrt(1 / data.weights[:, None] + 1 / data.weights[None, :])
        pairs = len(path) * (len(path) - 1) / 2
        beyond = float(t.isf(ALPHA / pairs, data.freedom))
        sure = np.where(drop > TURN * np.ptp(means), drop / noise, 0.0)
        if sure.max() <= beyond:
            return ""
        first, last = np.unravel_index(int(sure.argmax()), sure.shape)
    way = "rises" if heading > 0 else "falls"
    share = drop[first, last] / np.ptp(means)
    return (
        f"the readout {way} with the dose on the whole, but between {data.doses[first]:g} and "
        f"{data.doses[last]:g} it goes back by {share:.0%} of its span"
    )


def lack_of_fit(data: DoseMeans, rss: float, parameters: int = 4) -> tuple[float, float, str]:
    """R^2 of the weighted means, p of the F test for lack of fit, and the reason against the curve.

    Without replicates the reason rests on R^2 alone. NaN where no mean is to spare.
    """
    spare = len(data.means) - parameters
    if spare < 1:
        return float("nan"), float("nan"), ""
    shares = data.weights / data.weights.sum()
    total = float(data.weights @ (data.means - shares @ data.means) ** 2)
    r_squared = 1 - rss / total
    text = f"a Hill curve leaves {rss / total:.0%} of the variance of the means unexplained"
    if data.exact:
        return r_squared, float("nan"), text
    from scipy.stats import f

    p = float(f.sf(rss / spare, spare, data.freedom))
    return r_squared, p, f"{text} (lack of fit, p = {p:.2g})" if p < ALPHA else ""


Outcome: TypeAlias = Literal[
    "fitted", "too few doses", "flat", "non-monotone", "not bracketed", "poor fit"
]

FEWEST_DOSES = 4
"""Positive doses: as many as the curve has parameters."""

LEAST_R_SQUARED = 0.95
"""Below it a curve whose misfit is not noise is refused."""

NAN = float("nan")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DoseResponse:
    """A dose-response curve, or why there is none.

    Attributes:
        doses, means, sems, n: (D,) what was fitted: doses in the unit given, rising; means and their
            standard errors in the readout's unit, NaN at one replicate; numbers of replicates.
        outcome: "fitted", or what stands against it.
        reason: in words; of a fitted curve, what is not known about it.
        direction: "rising", "falling" or "" (flat, or too few doses).
        ec50: in the doses' unit, as an array of shape (), like the next three; NaN where not known.
            Where the doses do not bracket it the value is NaN and the interval its bound (such as
            100 to infinity); an end beyond the doses is open: 0 or infinite.
        hill: coefficient, positive in either direction; NaN where steeper than the doses resolve.
        start, end: the readout at no dose and at saturation, in its unit.
        r_squared: of the (weighted) means; NaN where the curve has as many parameters as means.
        lack_of_fit_p: F test of the means' distance from the curve; NaN without replicates or means
            to spare. With many replicates a good curve may fail it: look at `r_squared` beside it.
        confidence, resamples, seed: of the intervals.
    """

    doses: FloatArray
    means: FloatArray
    sems: FloatArray
    n: FloatArray
    outcome: Outcome
    reason: str
    direction: Literal["rising", "falling", ""] = ""
    ec50: Estimate
    hill: Estimate
    start: Estimate
    end: Estimate
    r_squared: float = NAN
    lack_of_fit_p: float = NAN
    confidence: float
    resamples: int
    seed: int
    _curve: HillCurves | None = None

    @property
    def fitted(self) -> bool:
        """Whether there is a curve."""
        return self.outcome == "fitted"

    @property
    def top(self) -> Estimate:
        """The higher of `start` and `end`."""
        return self.end if self.end.value > self.start.value else self.start

    @property
    def bottom(self) -> Estimate:
        """The lower of `start` and `end`."""
        return self.start if self.end.value > self.start.value else self.end

    def __repr__(self) -> str:
        if not self.fitted:
            return f"<DoseResponse: {self.outcome}; {self.reason}>"
        found = {"EC50": self.ec50, "Hill": self.hill, "start": self.start, "end": self.end}
        shown = ", ".join(
            f"{name} {e.value:z.4g} [{e.low:z.4g}, {e.high:z.4g}]" for name, e in found.items()
        )
        said = f"; {self.reason}" if self.reason else ""
        return f"<DoseResponse: {self.direction}, {shown}, R² {self.r_squared:.3f}{said}>"

    def at(self, doses: FloatArray) -> FloatArray:
        """(D,): the fitted curve at doses (D,), in the readout's unit.

        Raises:
            InputError: there is no curve, or a dose that is none.
        """
        given = number_array(doses, "doses")
        if not (given >= 0).all():
            what = f"doses={doses!r:.60}"
            raise InputError(Problem(what=what, why="not all numbers from 0 on"))
        if not self.fitted or self._curve is None:
            way = "plot the means, or add doses"
            raise InputError(Problem(what="dose-response", why=self.reason, way_out=way))
        found: FloatArray = self._curve.at(given)[0]
        return found


def fit_dose_response(
    doses: Sequence[float] | FloatArray,
    values: Sequence[FloatArray],
    *,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    key: str = "",
) -> DoseResponse:
    """Fit a Hill curve of four parameters on the logarithm of the dose.

    Args:
        doses: (D,) distinct, in any one unit, 0 being the control; it belongs to the fit, if it was
            run.
        values: D arrays (N,), the replicates of each dose, in the readout's unit; NaN is one that failed. A dose without
            any value is left out.
        confidence: of the intervals, between 0 and 1.
        resamples: of the bootstrap over replicates; each is fitted again.
        seed, key: of the resamples; the same ones give the same intervals.

    Returns:
        A `DoseResponse`; whether there is a curve is its `outcome`. One value a dose (ODE) gives a
        curve without intervals. Means are weighted by n / s^2 where every dose has 30 replicates
        or more, and by n otherwise, for s^2 is too uncertain then.

    Raises:
        InputError: doses that are negative or given twice, what is no number, infinite values, or
            wrong settings.
    """
    given, groups = _checked(doses, values, confidence, resamples, seed)
    data = dose_means(given, groups)
    unknown = number_estimate(confidence=confidence)
    bare = DoseResponse(
        doses=data.doses,
        means=data.means,
        sems=data.sems,
        n=data.n,
        outcome="too few doses",
        reason="",
        ec50=unknown,
        hill=unknown,
        start=unknown,
        end=unknown,
        confidence=confidence,
        resamples=0 if data.exact else resamples,
        seed=seed,
    )
    count = int((data.doses > 0).sum())
    if count < FEWEST_DOSES:
        why = (
            f"{count} positive doses have values, but a fit of four parameters needs {FEWEST_DOSES}"
        )
        return replace(bare, reason=why)
    if why := flat(data):
        return replace(bare, outcome="flat", reason=why)
    if why := turns_back(data):
        return replace(bare, outcome="non-monotone", reason=why)
    return _fit(data, bare, key)


def _fit(data: DoseMeans, bare: DoseResponse, key: str) -> DoseResponse:
    """What becomes of `bare`, which has no curve yet."""
    positive = all((group >= 0).all() for group in data.groups)
    point = fit_hill(data.doses, data.means[None, :], data.weights, positive=positive)
    drawn = None
    if not data.exact:
        generator = screen_generator(bare.seed, "dose response", key)
        means = resampled_means(data.groups, bare.resamples, generator)
        drawn = fit_hill(data.doses, means, data.weights, positive=positive)
    ec50, hill, start, end = _estimates(data, point, drawn, bare.confidence)
    inner = data.doses[data.doses > 0]
    middle, curve = float(np.exp(point.log_ec50[0])), float(point.hill[0])
    if not inner[0] < middle < inner[-1] or curve <= SHALLOWEST * 1.001:
        bound, why = _bound(ec50, middle, float(inner[0]), float(inner[-1]))
        return replace(bare, outcome="not bracketed", reason=why, ec50=bound)
    r_squared, p, why = lack_of_fit(data, float(point.rss[0]))
    bare = replace(bare, r_squared=r_squared, lack_of_fit_p=p)
    if why and r_squared < LEAST_R_SQUARED:
        return replace(bare, outcome="poor fit", reason=why)
    notes = ["no intervals: the values have no spread"] if data.exact else []
    if curve >= STEEPEST * 0.999:
        after = int(np.searchsorted(inner, middle))
        below, above = float(inner[after - 1]), float(inner[after])
        low, high = np.fmin(below, ec50.low), np.fmax(above, ec50.high)
        ec50 = number_estimate(middle, low, high, confidence=bare.confidence)
        hill = number_estimate(low=hill.low, high=np.inf, confidence=bare.confidence)
        notes.append(f"steeper than the doses resolve: all between {below:g} and {above:g}")
    if np.isinf(ec50.high) or ec50.low == 0:
        notes.append("the interval of the EC50 is open: it goes beyond the doses")
    return replace(
        bare,
        outcome="fitted",
        reason="; ".join(notes),
        direction="rising" if point.end[0] > point.start[0] else "falling",
        ec50=ec50,
        hill=hill,
        start=start,
        end=end,
        _curve=point,
    )


def _estimates(
    data: DoseMeans, point: HillCurves, drawn: HillCurves | None, confidence: float
) -> list[Estimate]:
    """EC50, Hill coefficient, start and end; EC50 and coefficient on their logarithms."""
    tested = data.doses[data.doses > 0][[0, -1]]
    found = []
    for name, scale in (("log_ec50", np.exp), ("hill", np.exp), ("start", None), ("end", None)):
        value = getattr(point, name)[0]
        spread = None if drawn is None else getattr(drawn, name)
        if name == "hill":
            value, spread = np.log(value), None if spread is None else np.log(spread)
        three = [value, NAN, NAN]
        if spread is not None:
            freedom = np.asarray(data.freedom)
            three = [value, *scaled_interval(value, spread, confidence, freedom)]
        value, low, high = three if scale is None else map(scale, three)
        if name == "log_ec50":  # beyond the doses the curve is not known
            low, high = 0.0 if low < tested[0] else low, np.inf if high > tested[1] else high
        found.append(number_estimate(value, low, high, confidence=confidence))
    return found


def _bound(ec50: Estimate, middle: float, lowest: float, highest: float) -> tuple[Estimate, str]:
    """Where the EC50 must be, when it is not between the doses."""
    low, high = 0.0, np.inf
    text = (
        "the readout changes by the same share from the first dose to the last: no plateau is seen"
    )
    if middle >= highest:
        low = float(np.clip(np.nan_to_num(ec50.low, nan=highest), lowest, highest))
        text = f"the readout still changes at the highest dose: EC50 above {low:g}"
    elif middle <= lowest:
        high = float(np.clip(np.nan_to_num(ec50.high, nan=lowest), lowest, highest))
        text = f"half of the effect is there at the lowest dose: EC50 below {high:g}"
    return number_estimate(low=low, high=high, confidence=ec50.confidence), text


def _checked(
    doses: Sequence[float] | FloatArray,
    values: Sequence[FloatArray],
    confidence: float,
    resamples: int,
    seed: int,
) -> tuple[FloatArray, list[FloatArray]]:
    """(D,) the doses, and the replicates (N,) of each."""
    every: object = values
    if not isinstance(every, Iterable):
        way_out = "give an array of replicates for each dose"
        raise InputError(Problem(what=f"values={every!r:.60}", why="not arrays", way_out=way_out))
    given = number_array(doses, "doses").reshape(-1)
    groups = [number_array(group, "values of a dose").reshape(-1) for group in values]
    problems = interval_problems(confidence, resamples, seed)
    if len(given) != len(groups):
        why = f"{len(given)} doses and values for {len(groups)}"
        problems.append(
            Problem(what="doses", why=why, way_out="give one array of replicates a dose")
        )
    for dose in given[~(np.isfinite(given) & (given >= 0))]:
        problems.append(Problem(what=f"dose {dose:g}", why="not a finite number from 0 on"))
    for dose in np.unique(given[np.isfinite(given)]):
        if (given == dose).sum() > 1:
            way = "join its replicates"
            problems.append(Problem(what=f"dose {dose:g}", why="given twice", way_out=way))
    problems += [
        Problem(what=f"values at dose {dose:g}", why="some are infinite")
        for dose, group in zip(given, groups, strict=False)
        if np.isinf(group).any()
    ]
    if problems:
        raise InputError(problems)
    return given, groups
