"""Readout expressions evaluated on time courses.

Within one condition all is done replicate by replicate, until a statistic is taken. Where two
conditions meet, or a statistic and replicates, each side is its mean over replicates: runs of two
conditions share no seed, so that pairing them means nothing.
"""

from collections.abc import Mapping

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.readouts.data import Courses, Measured, MeasuredCourse
from simnet.readouts.evaluator import Evaluator
from simnet.readouts.expression import ReadoutExpression
from simnet.readouts.tree import ConditionKey
from simnet.readouts.values import Fixed, Overall, Value, jackknife_variance


def evaluate(
    expression: ReadoutExpression,
    courses: Mapping[ConditionKey, Courses],
    *,
    deterministic: bool = False,
) -> Measured:
    """The value of a readout and its sampling variance.

    Args:
        expression: one number; a time course goes to `evaluate_course`.
        courses: for each of `expression.conditions`; more does no harm.
        deterministic: that the one replicate is exact (ODE): variance 0 by declaration. A first
            passage is then the interpolated time; of a stochastic replicate it is the first output
            time at which the comparison holds.

    Raises:
        InputError: a condition, readout or output time is missing, or there is one replicate where
            a spread is requested.
        SimulationError: the value is not defined (a division by zero, a logarithm of what is not
            positive, a course that is not steady, the mean of times of which some have not come).
    """
    if expression.is_course:
        way_out = f"take it at a time, ({expression})@6h, or a number of it, auc({expression})"
        raise InputError(
            Problem(what=f"readout {expression}", why="is a time course", way_out=way_out)
        )
    evaluator = Evaluator(expression, courses, deterministic=deterministic)
    value = evaluator.value(expression.tree)
    overall = evaluator.overall(value)
    variance = np.zeros(1) if deterministic else jackknife_variance(overall)
    values = _spread_out(evaluator, value)
    return Measured(
        values=None if values is None else values[:, 0],
        estimate=float(overall.values[0]),
        variance=float(variance[0]),
        n=evaluator.fewest,
    )


def evaluate_course(
    expression: ReadoutExpression,
    courses: Mapping[ConditionKey, Courses],
    *,
    deterministic: bool = False,
) -> MeasuredCourse:
    """The value of a readout at every output time; arguments and errors as of `evaluate`.

    Raises:
        InputError: also an expression that is one number.
    """
    if not expression.is_course:
        why = "is no time course"
        raise InputError(Problem(what=f"readout {expression}", why=why, way_out="use evaluate"))
    evaluator = Evaluator(expression, courses, deterministic=deterministic)
    value = evaluator.value(expression.tree)
    overall = evaluator.overall(value)
    variance = jackknife_variance(overall)
    return MeasuredCourse(
        times=evaluator.times,
        values=_spread_out(evaluator, value),
        estimate=overall.values,
        variance=np.zeros_like(variance) if deterministic else variance,
        n=evaluator.fewest,
    )


def replicate_values(
    expression: ReadoutExpression,
    courses: Mapping[ConditionKey, Courses],
    *,
    deterministic: bool = False,
) -> FloatArray:
    """(N,): the value in each replicate, without a mean: NaN for those left out, and inf for the
    first passage that has not happened by the end.

    Raises:
        InputError, SimulationError: as `evaluate`; also a value that is one for all replicates.
    """
    if expression.is_course or expression.is_ensemble:
        why = "is a time course" if expression.is_course else "is one for all replicates"
        raise InputError(Problem(what=f"readout {expression}", why=why, way_out="use evaluate"))
    evaluator = Evaluator(expression, courses, deterministic=deterministic)
    values = _spread_out(evaluator, evaluator.value(expression.tree))
    assert values is not None  # not is_ensemble
    return values[:, 0]


def _spread_out(evaluator: Evaluator, value: Value) -> FloatArray | None:
    """(N, T): replicates where they were, with NaN for those left out."""
    if isinstance(value, Overall | Fixed):
        return None
    finished = evaluator.finished(value.condition)
    values = np.full((len(finished), value.values.shape[1]), np.nan)
    values[finished] = value.values
    return values
