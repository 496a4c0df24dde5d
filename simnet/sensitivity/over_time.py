"""Indices against time: a readout at one time, asked at other times as well."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from simnet.arrays import Times
from simnet.errors import InputError
from simnet.experiment.times import TimeSpec, duration, time_text
from simnet.readouts.check import grid
from simnet.readouts.language import (
    Compare,
    OfCourse,
    Quantity,
    ReadoutExpression,
    Span,
    Tree,
    expression_of,
    is_timed,
    quantities,
    renewed,
    walk,
)

LOOKS = 12
"""Times at which a readout is looked at, the last of them the end."""


def looks(end: float) -> Times:
    """(12,) times, even, in the network's unit."""
    return np.linspace(0.0, end, LOOKS + 1)[1:]


def study_times(
    expressions: Sequence[ReadoutExpression], end: float, points: int, time_unit: str | None
) -> Times:
    """(T,) the output times that the readouts need, and the looks, rising from 0."""
    times = grid(expressions, end, points, time_unit)
    more = looks(end)
    apart = np.abs(more[:, np.newaxis] - times).min(axis=1) > 1e-9 * end
    return np.sort(np.concatenate([times, more[apart]]))


def course_of(expression: ReadoutExpression, time_unit: str | None) -> ReadoutExpression | None:
    """The course that a readout is a number of: `pS6@48h / pS6@0` is `pS6 / pS6@0` at 48 h, and
    auc(GLUT2) is a number of GLUT2, max(A) / A@0 one of A / A@0. None where there is none: a first
    passage, or what is over all of a course beside a value at a later time."""
    latest = _latest(expression.times, time_unit)
    if any(isinstance(part, OfCourse) for part in walk(expression.tree)):
        at = [part.at for part in quantities(expression.tree) if part.at is not None]
        if any(duration(time, "time", time_unit) > 0 for time in at):
            return None
        latest = None
    tree = _released(expression.tree, latest)
    timeless = any(isinstance(part, Span | Compare) for part in walk(tree))
    if timeless or not is_timed(tree):
        return None
    return expression_of(tree)


def _latest(times: Iterable[TimeSpec], time_unit: str | None) -> TimeSpec | None:
    found = [(duration(time, "time", time_unit), time) for time in times]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _released(tree: Tree, time: TimeSpec | None) -> Tree:
    """The tree with what is taken at that time, and over courses, as courses."""

    def released(part: Tree) -> Tree | None:
        if isinstance(part, Quantity):
            return replace(part, at=None) if part.at == time else part
        if isinstance(part, OfCourse):
            return part.of if isinstance(part.of, Compare) else _released(part.of, time)
        return None

    return renewed(tree, released)


def shown_time(time: float, time_unit: str | None) -> str:
    """A time for people: "6 h", "80 min", or a number where the network states no unit."""
    try:
        return time_text(float(f"{time / duration('1 s', 'time', time_unit):.9g}"))
    except InputError:
        return f"{time:.4g}"
