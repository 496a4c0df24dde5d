"""Readouts of all rows of a design, at the end and over time, from what was stored of their runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simnet.arrays import FloatArray, IntArray, Times
from simnet.errors import SimulationError
from simnet.experiment.times import duration
from simnet.readouts.data import Courses
from simnet.readouts.evaluate import evaluate, evaluate_course
from simnet.readouts.language import ConditionKey, ReadoutExpression, at_time
from simnet.sensitivity.design import Outputs
from simnet.sensitivity.over_time import course_of, looks, shown_time
from simnet.sensitivity.study import SensitivityStudy

_INTEGRATED = 10  # relative tolerances of the integrator that its results are right to, about
_NO_VARIANCE = (
    "its sampling variance is not known: all replicates together have a value, but without one of "
    "them there is none; add replicates"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluated:
    """Readouts of the rows that were run.

    Attributes:
        outputs: (Q,) of each readout, over all rows of the design.
        over_time: readout -> label of the time -> outputs, where the readout has a course.
    """

    outputs: tuple[Outputs, ...]
    over_time: Mapping[str, Mapping[str, Outputs]]


def evaluated(
    study: SensitivityStudy, courses: FloatArray, broken: Mapping[int, str], place: IntArray
) -> Evaluated:
    """The readouts of each row.

    Args:
        study: what was asked.
        courses: (K, B, N, T, R) of the rows that were run.
        broken: place among these K -> why one of its runs failed; such a row has no readouts, since
            those that did not fail may be others than those that did.
        place: (rows,) for each row of the design its place among the K.
    """
    names, unit = study.symbols, study.network.time_unit

    def of_row(row: int, times: Times, chosen: slice | IntArray) -> dict[ConditionKey, Courses]:
        return {
            key: Courses(
                times=times, values=courses[row, b][:, chosen], names=names, time_unit=unit
            )
            for b, key in enumerate(study.brackets)
        }

    everything = [of_row(k, study.output_times, slice(None)) for k in range(len(courses))]
    exact = not study.is_noisy
    needs = study.of_analysis.needs_variance and not exact
    outputs = [_outputs(e, everything, broken, place, exact, needs) for e in study.expressions]
    when = looks(study.end)
    over_time = {}
    for expression in study.expressions:
        course = course_of(expression, unit)
        if course is None:
            continue
        named = [duration(time, "time", unit) for time in course.times]  # of pS6 / pS6@0: 0
        chosen = _places(study.output_times, np.union1d(when, named))
        seen = [of_row(k, study.output_times[chosen], chosen) for k in range(len(courses))]
        shown = _places(study.output_times[chosen], when)
        over_time[str(expression)] = _over_time(course, seen, broken, place, exact, needs, shown)
    if not exact:
        return Evaluated(outputs=tuple(outputs), over_time=over_time)
    accuracy = _INTEGRATED * study.tolerance
    return Evaluated(
        outputs=tuple(_accurate_to(accuracy, found) for found in outputs),
        over_time={
            name: {time: _accurate_to(accuracy, found) for time, found in by_time.items()}
            for name, by_time in over_time.items()
        },
    )


def _accurate_to(relative: float, outputs: Outputs) -> Outputs:
    """With the integrator's error, which is relative to the largest value."""
    sizes = np.abs(outputs.estimate[outputs.ok])
    return replace(outputs, error=relative * float(sizes.max(initial=0.0)))


def _outputs(
    expression: ReadoutExpression,
    rows: Sequence[Mapping[ConditionKey, Courses]],
    broken: Mapping[int, str],
    place: IntArray,
    exact: bool,
    needs: bool,
) -> Outputs:
    values = np.full((len(rows), 2), np.nan)
    reasons = dict(broken)
    for k, courses in enumerate(rows):
        if k in reasons:
            continue
        try:
            found = evaluate(expression, courses, deterministic=exact)
        except SimulationError as error:
            reasons[k] = str(error)
        else:
            values[k] = found.estimate, found.variance
            if needs and np.isnan(found.variance):
                values[k], reasons[k] = np.nan, _NO_VARIANCE
    return _spread_out(str(expression), values, reasons, place)


def _over_time(
    course: ReadoutExpression,
    rows: Sequence[Mapping[ConditionKey, Courses]],
    broken: Mapping[int, str],
    place: IntArray,
    exact: bool,
    needs: bool,
    shown: IntArray,
) -> dict[str, Outputs]:
    first = next(iter(rows[0].values()))
    times, unit = first.times, first.time_unit
    values = np.full((len(rows), len(times), 2), np.nan)
    for k, courses in enumerate(rows):
        if k in broken:
            continue
        try:
            found = evaluate_course(course, courses, deterministic=exact)
        except SimulationError:  # at one of the times, maybe not at the others
            values[k] = [_at(course, courses, float(time), exact) for time in times]
        else:
            values[k] = np.column_stack([found.estimate, found.variance])
    if needs:
        values[np.isnan(values[:, :, 1])] = np.nan
    found_at = {}
    for t in shown:
        label = shown_time(float(times[t]), unit)
        found_at[label] = _spread_out(f"{course}, {label}", values[:, t], broken, place)
    return found_at


def _at(
    course: ReadoutExpression, courses: Mapping[ConditionKey, Courses], time: float, exact: bool
) -> tuple[float, float]:
    tree = at_time(course.tree, time)
    one = ReadoutExpression(text=course.text, canonical=course.canonical, tree=tree)
    try:
        found = evaluate(one, courses, deterministic=exact)
    except SimulationError:
        return np.nan, np.nan
    return found.estimate, found.variance


def _spread_out(
    name: str, values: FloatArray, reasons: Mapping[int, str], place: IntArray
) -> Outputs:
    """From the rows that were run to all of the design."""
    estimate, variance = values[place].T
    said = {row: reasons[k] for row, k in enumerate(place.tolist()) if k in reasons}
    return Outputs(readout=name, estimate=estimate, variance=variance, reasons=said)


def _places(times: Times, wanted: Times) -> IntArray:
    """Where wanted times are among output times, rising and each once."""
    return np.unique(np.abs(times - wanted[:, np.newaxis]).argmin(axis=1))
