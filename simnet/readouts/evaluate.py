"""One evaluation: the value of each part of a tree, and where it has none."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np

from simnet.arrays import BoolArray, FloatArray, Times
from simnet.errors import InputError, Problem, SimulationError, UnknownNameError, nearest
from simnet.experiment.notation import time_text
from simnet.experiment.times import TimeSpec, duration, position
from simnet.readouts.data import Courses, Measured, MeasuredCourse
from simnet.readouts.language import (
    Binary,
    Compare,
    ConditionKey,
    Constant,
    Negative,
    OfCourse,
    OfEnsemble,
    Pointwise,
    Quantity,
    ReadoutExpression,
    Span,
    Tree,
    bracket_text,
    canonical_text,
)
from simnet.readouts.statistics import (
    ARITHMETICS,
    RELATIVE,
    RUN_LONGER,
    SIMPLE,
    SPREADS,
    Fixed,
    Overall,
    PerReplicate,
    Value,
    drifts,
    jackknife_variance,
    last_tenths,
    lifted,
    mean,
    passage,
    statistic,
    together,
)


class Evaluator:
    """Evaluates the parts of one expression on the courses of its conditions."""

    def __init__(
        self,
        expression: ReadoutExpression,
        courses: Mapping[ConditionKey, Courses],
        *,
        deterministic: bool,
    ) -> None:
        self._what = f"readout {expression}"
        self._courses = courses
        self._deterministic = deterministic
        self._check(expression)
        first = courses[expression.conditions[0]]
        self.times: Times = first.times
        self._time_unit = first.time_unit
        self._finished = {key: courses[key].finished for key in expression.conditions}
        for key, finished in self._finished.items():
            if not finished.any():
                self._refuse(f"no replicate is finished{_in(key)}")

    @property
    def fewest(self) -> int:
        """Finished replicates of the condition that has fewest."""
        return min(int(finished.sum()) for finished in self._finished.values())

    def finished(self, condition: ConditionKey) -> BoolArray:
        """(N,): whether the replicate has values."""
        return self._finished[condition]

    def overall(self, value: Value) -> Overall:
        """A value for all replicates; refused where some of theirs is not finite."""
        count = int((~np.isfinite(value.values)).any(axis=-1).sum())
        if count:
            among = f"in {count} of {len(value.values)} replicates" if value.values.ndim > 1 else ""
            why = f"the comparison holds at no time {among}".rstrip()
            self._refuse(
                f"{why}, so there is no mean",
                "run longer, or take median(...) or fraction(... < TIME) of the first passage",
            )
        return mean(value)

    def value(self, tree: Tree) -> Value:
        """The value of a part of the expression.

        Raises:
            InputError: it needs what was not simulated.
            SimulationError: it is not defined.
        """
        match tree:
            case Constant(value=number):
                return Fixed(np.asarray(number))
            case Span(time=time):
                return Fixed(np.asarray(duration(time, "time", self._time_unit)))
            case Quantity():
                return self._quantity(tree)
            case Negative(of=of):
                return self._arithmetic("negative", tree, of)
            case Binary(sign=sign, left=left, right=right):
                return self._arithmetic(sign, tree, left, right)
            case Compare(sign=sign, left=left, right=right):
                return self._arithmetic(sign, tree, left, right)
            case Pointwise(function=function, of=of):
                return self._arithmetic(function, tree, of)
            case OfCourse():
                return self._of_course(tree)
            case OfEnsemble():
                return self._of_ensemble(tree)

    def _quantity(self, tree: Quantity) -> PerReplicate:
        courses = self._courses[tree.changes]
        column = courses.names.index(tree.name)
        place = slice(None) if tree.at is None else [self._place(tree.at)]
        values = courses.values[:, place, column][courses.finished]
        found = PerReplicate(tree.changes, values)
        if not np.isfinite(values).all():
            self._refuse_at(~np.isfinite(values), canonical_text(tree), found, [found])
        return found

    def _arithmetic(self, name: str, tree: Tree, *parts: Tree) -> Value:
        values = [self.value(part) for part in parts]
        operands = together(values, self.overall)
        arrays = [operand.values for operand in operands]
        arithmetic = ARITHMETICS[name]
        for index, why, where in arithmetic.refused:
            if (bad := where(*arrays)).any():
                text = f"{why}: {canonical_text(parts[index])}"
                self._refuse_at(bad, text, operands[index], operands)
        found = lifted(arithmetic.function, operands)
        bad = np.isnan(found.values)  # and overflow, which is no time that has not come
        if all(np.isfinite(array).all() for array in arrays):
            bad = ~np.isfinite(found.values)
        if bad.any():
            self._refuse_at(bad, canonical_text(tree), found, [found])
        return found

    def _of_course(self, tree: OfCourse) -> Value:
        part = self._window(tree.window)
        if isinstance(tree.of, Compare):
            return self._first_passage(tree, tree.of, part)
        value, times = self.value(tree.of), self.times[part]
        if tree.function == "steady":
            self._require_steady(tree, value, part)
        function = SIMPLE[tree.function]
        found = lifted(lambda array: function(array[..., part], times)[..., np.newaxis], [value])
        if (bad := np.isnan(found.values)).any():
            start = lifted(lambda array: array[..., part][..., :1], [value])
            why = f"there is no half-way point: at the start and the end {canonical_text(tree.of)}"
            self._refuse_at(bad, why, start, [found])
        return found

    def _first_passage(self, tree: OfCourse, of: Compare, part: slice) -> Value:
        above, below = (of.left, of.right) if of.sign in (">", ">=") else (of.right, of.left)
        excess = self._arithmetic("-", Binary("-", above, below), above, below)
        between = self._deterministic or isinstance(excess, Overall)
        times, included = self.times[part], of.sign in ("<=", ">=")

        def first(array: FloatArray) -> FloatArray:
            found = passage(array[..., part], times, included=included, between=between)
            return found[..., np.newaxis]

        return lifted(first, [excess])

    def _of_ensemble(self, tree: OfEnsemble) -> Value:
        value = self.value(tree.of)
        assert isinstance(value, PerReplicate)  # the parser saw to it
        function, n = tree.function, len(value.values)
        if function in SPREADS and n < 2:
            why = (
                f"{function} needs two replicates at least, but there is {n}{_in(value.condition)}"
            )
            way_out = 'run more replicates, with method="ssa"'
            if len(self._finished[value.condition]) > 1:
                self._refuse(f"{why} (the others failed)")
            raise InputError(Problem(what=self._what, why=why, way_out=way_out))
        if function not in ("quantile", "median"):
            average = self.overall(value)
            if function in RELATIVE and (zero := average.values == 0).any():
                text = f"division by zero: mean({canonical_text(tree.of)})"
                self._refuse_at(zero, text, average, [average], _in(value.condition))
        found = statistic(function, value, tree.probability)
        if np.isinf(found.values).any():
            why = f"{canonical_text(tree)} was not reached by the end"
            self._refuse(why, "run longer, or take a lower quantile")
        return found

    def _require_steady(self, tree: OfCourse, value: Value, part: slice) -> None:
        """Refuse a course whose mean over replicates still drifts, by more than its noise."""
        course = self.overall(value)
        times = self.times[part]
        before, last = (
            lifted(lambda array, i=i: last_tenths(array[..., part], times)[i][..., None], [course])
            for i in (0, 1)
        )
        drift = lifted(np.subtract, [last, before])
        assert isinstance(drift, Overall)
        error = 0.0 if self._deterministic else np.sqrt(jackknife_variance(drift)[0])
        largest = np.abs(course.values[part]).max()
        if why := drifts(last.values[0], before.values[0], largest, error):
            self._refuse(f"{canonical_text(tree.of)} {why}", RUN_LONGER)

    def _window(self, window: tuple[TimeSpec, TimeSpec] | None) -> slice:
        """The output times of a window, with both ends."""
        if window is None:
            return slice(0, len(self.times))
        start, end = (self._place(time) for time in window)
        if start >= end:
            why = f"the window from {time_text(window[0])} to {time_text(window[1])} is empty"
            raise InputError(Problem(what=self._what, why=why))
        return slice(start, end + 1)

    def _place(self, time: TimeSpec) -> int:
        """Where a time is among the output times."""
        place = position(self.times, duration(time, "time", self._time_unit))
        if place is None:
            raise InputError(
                Problem(
                    what=self._what,
                    why=f"{time_text(time)} is not an output time",
                    way_out="run with the output times that grid(...) gives",
                )
            )
        return place

    def _check(self, expression: ReadoutExpression) -> None:
        """Refuse courses that do not go with the expression or with each other."""
        problems: list[Problem] = []
        unknown: list[Problem] = []
        for key in expression.conditions:
            if key not in self._courses:
                why = f"no time courses were given{_in(key)}"
                problems.append(Problem(what=self._what, why=why))
                continue
            courses = self._courses[key]
            first = self._courses.get(expression.conditions[0], courses)
            same = courses.times is first.times or np.array_equal(courses.times, first.times)
            if not same or courses.time_unit != first.time_unit:
                why = f"the times{_in(key)} are others than{_in(expression.conditions[0])}"
                problems.append(Problem(what=self._what, why=why))
            if self._deterministic and len(courses.values) > 1:
                why = f"{len(courses.values)} replicates are not deterministic"
                problems.append(Problem(what=self._what, why=why))
            unknown += [
                Problem(
                    what=f"{self._what}: {name!r}",
                    why=f"not among the time courses{_in(key)}",
                    way_out=nearest(name, courses.names),
                )
                for name in expression.symbols
                if name not in courses.names
            ]
        if problems:
            raise InputError([*problems, *unknown])
        if unknown:
            raise UnknownNameError(unknown)

    def _refuse(self, why: str, way_out: str = "") -> NoReturn:
        raise SimulationError(str(Problem(what=self._what, why=why, way_out=way_out)))

    def _refuse_at(
        self, bad: BoolArray, text: str, shown: Value, among: Sequence[Value], place: str = ""
    ) -> NoReturn:
        """Refuse the first of the bad values, with the replicate and time where it is."""
        shape = np.broadcast_shapes(bad.shape, shown.values.shape)
        index = tuple(np.argwhere(np.broadcast_to(bad, shape))[0])
        value = np.broadcast_to(shown.values, shape)[index]
        for sample in among:
            if isinstance(sample, PerReplicate):
                replicate = np.flatnonzero(self._finished[sample.condition])[index[0]]
                place = f" in replicate {replicate}{_in(sample.condition)}"
                break
        if index and shape[-1] > 1:
            place += f" at t = {self.times[index[-1]]:g}"
        self._refuse(f"{text} is {value:g}{place}")


def _in(condition: ConditionKey) -> str:
    return f" in condition {bracket_text(condition)}" if condition else " in the base condition"


# Readout expressions evaluated on time courses.
#
# Within one condition all is done replicate by replicate, until a statistic is taken. Where two
# conditions meet, or a statistic and replicates, each side is its mean over replicates: runs of two
# conditions share no seed, so that pairing them means nothing.


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
        why = "is not a time course"
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
