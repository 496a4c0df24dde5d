"""A claim's number from the courses of its arms, with an interval where they are stochastic."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simnet.arrays import FloatArray
from simnet.catalogue.claims import Claim
from simnet.claims.suite import Arm, Case
from simnet.errors import SimulationError
from simnet.readouts.data import Courses
from simnet.readouts.evaluate import evaluate, replicate_values
from simnet.readouts.language import (
    Compare,
    ConditionKey,
    OfCourse,
    Quantity,
    ReadoutExpression,
    Tree,
    bracket_text,
    renewed,
    walk,
)

Verdict = Literal["holds", "fails", "undecided", "left out", "not run"]

CONFIDENCE = 0.99
"""Of the interval of a stochastic value: one in a hundred does not hold the true one, about."""

FEWEST = 20
"""Replicates for an interval; resampling fewer makes it too narrow."""

_RESAMPLES = 1000


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What became of a claim.

    Attributes:
        claim: what was reported.
        value: simulated, in the unit of the claim; NaN where there is none.
        interval: of the value, where the runs were stochastic.
        verdict: "holds", "fails", "undecided" (the interval holds a bound of what is expected),
            "left out" (the protocol does not allow the method) or "not run" (an arm could not be
            simulated, or not yet).
        note: why there is no value, or what is wrong with it.
    """

    claim: Claim
    value: float = math.nan
    interval: tuple[float, float] | None = None
    verdict: Verdict = "fails"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Value:
    """A number, or NaN and why there is none: the readout has none, or an arm was `not_run`."""

    number: float
    note: str = ""
    not_run: bool = False


def value_of(case: Case, courses: Mapping[Arm, Courses], reasons: Mapping[Arm, str]) -> Value:
    """The readout's value on the mean courses of its arms; statistics of replicates (cv, quantile)
    are of the replicates themselves.

    Args:
        case: the claim.
        courses: by arm, of the replicates that finished.
        reasons: of the arms that have none.
    """
    for arm in case.arms:
        if arm in reasons:
            return Value(number=math.nan, note=f"{arm.name}: {reasons[arm]}", not_run=True)
    taken = {arm.changes: courses[arm] for arm in case.arms}
    if not case.is_statistic:
        taken = {
            changes: replace(of_arm, values=of_arm.values.mean(axis=0, keepdims=True))
            for changes, of_arm in taken.items()
        }
    try:
        found = evaluate(case.readout, taken, deterministic=not case.is_statistic)
    except SimulationError as error:
        return Value(number=math.nan, note=str(error))
    return Value(number=found.estimate)


def judged(claim: Claim, value: Value, interval: tuple[float, float] | None = None) -> Finding:
    """The verdict on a value; with an interval, only what lies wholly on one side is decided. No
    value is a failure, but where chance may have taken it away (a division by a count that was 0)."""
    number = value.number
    if math.isnan(number):
        verdict: Verdict = "fails" if interval is None else "undecided"
        if value.not_run:
            verdict = "not run"
        return Finding(claim=claim, verdict=verdict, note=value.note)
    if interval is None:
        verdict = "holds" if claim.holds(number) else "fails"
        return Finding(claim=claim, value=number, verdict=verdict)
    low, high = interval
    least, most = claim.bounds
    if claim.holds(low) and claim.holds(high):
        verdict = "holds"
    elif high < least or low > most:
        verdict = "fails"
    else:
        verdict = "undecided"
    return Finding(claim=claim, value=number, interval=interval, verdict=verdict)


def interval_of(case: Case, courses: Mapping[Arm, Courses], seed: int) -> tuple[float, float]:
    """An interval of the readout's value, `CONFIDENCE` wide.

    By bootstrap over replicates (Efron 1979, doi:10.1214/aos/1176344552): those of each arm are
    drawn with replacement, and the readout is taken of their mean courses; the interval goes from
    percentile to percentile. A statistic of replicates has the normal interval of its jackknife
    variance. Where a resample has no value the interval is open.
    """
    if case.is_statistic:
        return _normal_interval(case, courses)
    generator = np.random.default_rng([seed, *case.claim.id.encode()])
    columns = []
    for arm in case.arms:
        of_arm = courses[arm]
        values = of_arm.values[:, :, [of_arm.names.index(n) for n in case.readout.symbols]]
        n, T, R = values.shape
        weights = generator.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES) / n
        columns.append((weights @ values.reshape(n, T * R)).reshape(_RESAMPLES, T, R))
    merged = replace(
        courses[case.arms[0]],
        values=np.concatenate(columns, axis=2),
        names=tuple(
            _column(name, arm.changes) for arm in case.arms for name in case.readout.symbols
        ),
    )
    readout = replace(case.readout, tree=_merged(case.readout.tree))
    try:
        numbers = _values(readout, merged)
    except SimulationError:
        return -math.inf, math.inf
    if not np.isfinite(numbers).all():
        return -math.inf, math.inf
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(numbers, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


def _values(readout: ReadoutExpression, means: Courses) -> FloatArray:
    """Of each resample's mean courses. First passages of means lie between output times, as those
    of an ODE, which are taken one by one."""
    if not any(isinstance(p, OfCourse) and isinstance(p.of, Compare) for p in walk(readout.tree)):
        return replicate_values(readout, {(): means})
    one_by_one = (replace(means, values=means.values[i : i + 1]) for i in range(len(means.values)))
    return np.array([evaluate(readout, {(): m}, deterministic=True).estimate for m in one_by_one])


def _normal_interval(case: Case, courses: Mapping[Arm, Courses]) -> tuple[float, float]:
    from scipy.special import ndtri

    try:
        found = evaluate(case.readout, {arm.changes: courses[arm] for arm in case.arms})
    except SimulationError:
        return -math.inf, math.inf
    if math.isnan(found.variance):
        return -math.inf, math.inf
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * math.sqrt(found.variance)
    return found.estimate - reach, found.estimate + reach


def _column(name: str, changes: ConditionKey) -> str:
    return name + bracket_text(changes)


def _merged(tree: Tree) -> Tree:
    """The tree with a name for each readout of each arm: resamples of all arms side by side are
    then like replicates of one condition, and evaluated together."""

    def merged(part: Tree) -> Tree | None:
        if not isinstance(part, Quantity):
            return None
        return replace(part, name=_column(part.name, part.changes), changes=())

    return renewed(tree, merged)
