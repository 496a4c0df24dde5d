"""The rows of a design: as conditions of a plan, what is stored of their runs, and the readouts of those,
at the end and over time."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray, IntArray, Times
from simnet.errors import InputError, SimulationError
from simnet.execute.base import Workers
from simnet.execute.campaign import Item, Lazy, items_of, rows_of
from simnet.execute.plan import ALLOWED, ALLOWED_IN_SPREADS, Plan, planned
from simnet.execute.run import Gathered
from simnet.experiment.action import Hold
from simnet.experiment.change import Change, Set
from simnet.experiment.condition import Condition
from simnet.experiment.program import Program, program
from simnet.experiment.run import INTEGRATED
from simnet.experiment.times import TimeSpec, duration, time_text
from simnet.network.values import initial_values
from simnet.readouts.data import Courses
from simnet.readouts.evaluate import evaluate, evaluate_course
from simnet.readouts.language import (
    Compare,
    ConditionKey,
    OfCourse,
    Quantity,
    ReadoutExpression,
    Span,
    Tree,
    at_time,
    bracket_text,
    expression_of,
    is_timed,
    quantities,
    renewed,
    walk,
)
from simnet.sensitivity.analysis import Design, Outputs
from simnet.sensitivity.study import SensitivityStudy

if TYPE_CHECKING:
    import pandas as pd


def row_conditions(
    study: SensitivityStudy, design: Design, rows: IntArray, *, bare: bool = False
) -> Lazy[Condition]:
    """A condition for each row of a design and each bracket.

    The factors are in the background, so they hold while it equilibrates. The key holds the study's
    digest and the row's number, so that rows with equal values have their own seeds.

    Args:
        study: whose rows they are.
        design: of the study.
        rows: (K,) those to run.
        bare: without the factors, where the content does not count, but the key.
    """
    names = design.space.names[:-1]
    inputs = {i.parameter for i in study.network.inputs}  # equilibration sets these
    declared = {
        f.name: f.baseline
        for f in design.space.factors
        if f.kind == "parameter" and f.name not in inputs
    }

    def condition(number: int) -> Condition:
        place, bracket = divmod(number, len(study.brackets))
        row, key = int(rows[place]), study.brackets[bracket]
        varied: list[Set] = []
        if not bare:
            values = zip(names, design.matrix[row].tolist(), strict=False)  # not the dummy
            varied = [Set(n, v) for n, v in values if v != declared.get(n)]
        return Condition(
            background=(*varied, *study.done.background),
            changes=(*study.done.changes, *key),
            schedule=study.done.schedule,
            equilibrate=study.before,
            variability=study.variability or {},
            label=f"row {row}{bracket_text(key)}",
            key=f"{study.digest} row {row}",
        )

    return Lazy(condition, len(rows) * len(study.brackets))


def distinct_rows(study: SensitivityStudy, design: Design) -> tuple[IntArray, IntArray]:
    """(K,) the rows to run, and (rows,) for each row its place among them.

    Under ODE equal rows (but for the dummy) give equal results, and the first of them is run.
    """
    if study.is_noisy:
        return np.arange(design.rows), np.arange(design.rows)
    _, first, place = np.unique(
        design.matrix[:, :-1], axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first)  # as in the design
    return first[order], np.argsort(order)[place.ravel()]


def plan_of(study: SensitivityStudy, design: Design, rows: IntArray, workers: Workers) -> Plan:
    """The checked call: the first row under each bracket stands for all.

    Raises:
        InputError, UnsupportedError: it cannot be run.
    """
    conditions = row_conditions(study, design, rows)
    run = study.as_run(
        t_end=None,
        times=study.output_times.tolist(),
        replicates=study.runs,
        rtol=study.tolerance,
    )
    first = conditions[: len(study.brackets)]
    plan = planned(study.network, run, first, study.symbols, workers=workers)
    accuracy = max(ALLOWED, 10 * study.tolerance)  # that derivatives count with
    allowed = accuracy if study.of_analysis.derivatives else ALLOWED_IN_SPREADS
    return replace(plan, conditions=conditions, allowed_error=allowed)


def items_to_run(
    study: SensitivityStudy, design: Design, rows: IntArray, plan: Plan, stored: set[str]
) -> list[Item]:
    """Items of a plan of `plan_of`. Their keys come from conditions without the factors."""
    bare = row_conditions(study, design, rows, bare=True)
    return items_of(replace(plan, conditions=bare), stored=stored)


def stored_rows(brackets: int, rows: IntArray, item: Item, gathered: Gathered) -> "pd.DataFrame":
    """What is stored of an item: a row for each replicate; see `rows_of`."""
    place, bracket = divmod(item.condition, brackets)
    return rows_of(item, gathered).assign(row=rows[place], condition=bracket)


def courses_of_rows(frame: "pd.DataFrame", study: SensitivityStudy) -> FloatArray:
    """(K, B, N, T, R) from the stored rows of K rows, in order."""
    shape = (-1, len(study.brackets), study.runs, len(study.output_times), len(study.symbols))
    return np.stack(frame["values"].tolist()).reshape(shape)


# Programs of a design's rows, derived from one: rows differ in the values of parameters only.
#
# Compiling a condition resolves each of its changes anew, which for two hundred factors takes as long
# as a short run. Where nothing else touches what is varied, the program of a row is that of another
# with other values, and the start that follows from them. One row is compiled both ways, to be sure.


Programs = Callable[[int], Program]
"""The program of a plan's condition of that number."""


def row_programs(
    plan: Plan, study: SensitivityStudy, design: Design, rows: IntArray
) -> Programs | None:
    """A function that derives them; None where rows must be compiled one by one."""
    network, brackets = plan.task.network, len(study.brackets)
    names = design.space.names[:-1]
    plain = network.document is None and not network.events and not network.state_events
    parameters = all(factor.kind != "initial amount" for factor in design.space.factors)
    if study.is_noisy or not plain or not parameters or _touched(study, set(names)):
        return None
    templates = [program(network, plan.conditions[b], plan.times)[0] for b in range(brackets)]
    matrix = design.matrix
    sized = [*network.parameter_by_id, *network.compartment_by_id]

    def derived(number: int) -> Program:
        place, bracket = divmod(number, brackets)
        values = dict(zip(names, matrix[int(rows[place])].tolist(), strict=False))  # no dummy
        first, *later = templates[bracket].segments
        first = replace(first, settings={**first.settings, **values})
        start = initial_values(network, first.settings)
        return Program(
            amounts={s.id: start[s.id] for s in network.species},
            settings={name: start[name] for name in sized},
            segments=(first, *later),
        )

    last = len(rows) * brackets - 1
    compiled, problems = program(network, plan.conditions[last], plan.times)
    same = not problems and _effect(compiled) == _effect(derived(last))
    return derived if same else None


def _effect(found: Program) -> tuple[Any, ...]:
    """What engines see of a program."""
    first = {**found.settings, **found.segments[0].settings}
    acts = [(s.start, s.end, s.acts, s.held, s.outputs.tolist()) for s in found.segments]
    return first, found.amounts, acts, [s.settings for s in found.segments[1:]]


def _touched(study: SensitivityStudy, names: set[str]) -> bool:
    """Whether a change acts on what is varied, or holds anything."""
    changes: list[Change] = [*study.done.background, *study.done.changes]
    changes += [change for key in study.brackets for change in key]
    for entry in study.done.schedule:
        for item in entry.timed(study.network.time_unit):
            changes += [*item.changes, *(p.change for p in (item.begins, item.ends) if p)]
    actions = [action for change in changes for action in change.resolve(study.network)[0]]
    return any(isinstance(action, Hold) or action.id in names for action in actions)


# Readouts of the rows.


_NO_VARIANCE = (
    "its sampling variance is not known: all replicates together have a value, but without one of "
    "them there is none; add replicates"
)


def evaluated(
    study: SensitivityStudy, courses: FloatArray, broken: Mapping[int, str], place: IntArray
) -> tuple[dict[str, Outputs], dict[str, dict[str, Outputs]]]:
    """Readouts of the rows that were run, over all rows of the design.

    Args:
        study: whose rows they are.
        courses: (K, B, N, T, R) of the rows that were run.
        broken: place among these K -> why one of its runs failed; such a row has no readouts, since
            those that did not fail may be others than those that did.
        place: (rows,) for each row of the design its place among the K.

    Returns:
        Readout -> outputs; and readout -> label of a time -> outputs, where it has a course.
    """
    exact, unit = not study.is_noisy, study.network.time_unit
    needs_variance = study.of_analysis.needs_variance and not exact

    def of_rows(times: slice | IntArray) -> list[dict[ConditionKey, Courses]]:
        return [
            {
                key: Courses(
                    times=study.output_times[times],
                    values=courses[k, b][:, times],
                    names=study.symbols,
                    time_unit=unit,
                )
                for b, key in enumerate(study.brackets)
            }
            for k in range(len(courses))
        ]

    def outputs(name: str, values: FloatArray, reasons: Mapping[int, str]) -> Outputs:
        """From the rows that were run, (K, 2), to all of the design. The integrator's error is relative
        to the largest value."""
        estimate, variance = values[place].T
        largest = np.abs(estimate[np.isfinite(estimate)]).max(initial=0.0)
        return Outputs(
            readout=name,
            estimate=estimate,
            variance=variance,
            reasons={row: reasons[k] for row, k in enumerate(place.tolist()) if k in reasons},
            error=INTEGRATED * study.tolerance * float(largest) if exact else 0.0,
        )

    everything = of_rows(slice(None))
    at_end = {}
    for expression in study.expressions:
        values = np.full((len(courses), 2), np.nan)
        reasons = dict(broken)
        for k in (k for k in range(len(courses)) if k not in broken):
            try:
                found = evaluate(expression, everything[k], deterministic=exact)
            except SimulationError as error:
                reasons[k] = str(error)
                continue
            if needs_variance and np.isnan(found.variance):
                reasons[k] = _NO_VARIANCE
            else:
                values[k] = found.estimate, found.variance
        at_end[str(expression)] = outputs(str(expression), values, reasons)
    over_time = {}
    for expression in study.expressions:
        course = course_of(expression, unit)
        if course is None:
            continue
        named = [duration(time, "time", unit) for time in course.times]  # of pS6 / pS6@0: 0
        chosen = _places(study.output_times, np.union1d(study.course_times, named))
        times, rows = study.output_times[chosen], of_rows(chosen)
        values = np.full((len(courses), len(times), 2), np.nan)
        for k in (k for k in range(len(courses)) if k not in broken):
            values[k] = _over_time(course, rows[k], times, exact)
        if needs_variance:
            values[np.isnan(values[:, :, 1])] = np.nan
        over_time[str(expression)] = {
            label: outputs(f"{course}, {label}", values[:, t], broken)
            for t in _places(times, study.course_times)
            for label in [time_label(float(times[t]), unit)]
        }
    return at_end, over_time


def _over_time(
    course: ReadoutExpression, row: Mapping[ConditionKey, Courses], times: Times, exact: bool
) -> FloatArray:
    """(T, 2) estimates and variances; NaN where there is none at a time."""
    try:
        found = evaluate_course(course, row, deterministic=exact)
        return np.column_stack([found.estimate, found.variance])
    except SimulationError:  # at one of the times, maybe not at the others
        values = np.full((len(times), 2), np.nan)
        for t, time in enumerate(times):
            one = expression_of(at_time(course.tree, float(time)))
            with suppress(SimulationError):
                at = evaluate(one, row, deterministic=exact)
                values[t] = at.estimate, at.variance
        return values


def _places(times: Times, wanted: Times) -> IntArray:
    """Where wanted times are among output times, rising and each once."""
    return np.unique(np.abs(times - wanted[:, np.newaxis]).argmin(axis=1))


def course_of(expression: ReadoutExpression, time_unit: str | None) -> ReadoutExpression | None:
    """The course that a readout is a number of: `pS6@48h / pS6@0` is `pS6 / pS6@0` at 48 h, and
    auc(GLUT2) is a number of GLUT2, max(A) / A@0 one of A / A@0. None where there is none: a first
    passage, or what is over all of a course beside a value at a later time."""

    def size(time: TimeSpec) -> float:
        return duration(time, "time", time_unit)

    latest = max(expression.times, key=size, default=None)
    if any(isinstance(part, OfCourse) for part in walk(expression.tree)):
        at = [part.at for part in quantities(expression.tree) if part.at is not None]
        if any(size(time) > 0 for time in at):
            return None
        latest = None
    tree = _released(expression.tree, latest)
    timeless = any(isinstance(part, Span | Compare) for part in walk(tree))
    if timeless or not is_timed(tree):
        return None
    return expression_of(tree)


def _released(tree: Tree, time: TimeSpec | None) -> Tree:
    """The tree with what is taken at that time, and over courses, as courses."""

    def released(part: Tree) -> Tree | None:
        if isinstance(part, Quantity):
            return replace(part, at=None) if part.at == time else part
        if isinstance(part, OfCourse):
            return part.of if isinstance(part.of, Compare) else _released(part.of, time)
        return None

    return renewed(tree, released)


def time_label(time: float, time_unit: str | None) -> str:
    """A time for people: "6 h", "80 min", or a number where the network states no unit."""
    try:
        return time_text(float(f"{time / duration('1 s', 'time', time_unit):.9g}"))
    except InputError:
        return f"{time:.4g}"
