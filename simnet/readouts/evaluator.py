"""One evaluation: the value of each part of a tree, and where it has none."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np

from simnet.arrays import BoolArray, FloatArray, Times
from simnet.errors import InputError, Problem, SimulationError, UnknownNameError, nearest
from simnet.experiment.notation import time_text
from simnet.experiment.times import TimeSpec, duration, position
from simnet.readouts.canonical import bracket_text, canonical_text
from simnet.readouts.courses import RUN_LONGER, SIMPLE, drifts, last_tenths, passage
from simnet.readouts.data import Courses
from simnet.readouts.expression import ReadoutExpression
from simnet.readouts.operations import ARITHMETICS
from simnet.readouts.statistics import RELATIVE, SPREADS, statistic
from simnet.readouts.tree import (
    Binary,
    Compare,
    ConditionKey,
    Negative,
    Number,
    OfCourse,
    OfEnsemble,
    Pointwise,
    Quantity,
    Span,
    Tree,
)
from simnet.readouts.values import (
    Fixed,
    Overall,
    PerReplicate,
    Value,
    jackknife_variance,
    lifted,
    mean,
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
            case Number(value=number):
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
            why = f"there is no half-way: at the start and the end {canonical_text(tree.of)}"
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
                f"{function} needs two replicates at least, and {n} is there{_in(value.condition)}"
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
            why = f"{canonical_text(tree)} is a time that has not come by the end"
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
