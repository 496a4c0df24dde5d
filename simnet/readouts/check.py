"""Readout expressions held against a network, and the output times that they need."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from simnet.arrays import Times
from simnet.errors import InputError, Problem, nearest
from simnet.experiment.change import Change, Set
from simnet.experiment.notation import number_text, time_text
from simnet.experiment.times import TimeSpec, duration, position, whole_number
from simnet.network.network import Network
from simnet.readouts.language import OfCourse, ReadoutExpression, Span, bracket_text, walk


def problems(
    expression: ReadoutExpression,
    network: Network,
    t_end: TimeSpec | None = None,
    *,
    times: Times | None = None,
) -> list[Problem]:
    """What is wrong with an expression for a network: unknown names, times that do not convert or
    come after the end, empty windows, changes that do not resolve. Nothing wrong: an empty list.

    Args:
        expression: the readout.
        network: in which it is to be evaluated.
        t_end: the end of the run; times are not held against it if None.
        times: (T,) the output times, rising, in the network's unit, if they are known already: what
            the expression names must be among them.

    Raises:
        InputError: `t_end` is no time.
    """
    what = f"readout {expression}"
    return [
        *_unknown(expression, network, what),
        *_bad_times(expression, t_end, network.time_unit, what),
        *_absent_times(expression, times, network.time_unit, what),
        *_bad_changes(expression, network, what),
    ]


def grid(
    expressions: Iterable[ReadoutExpression],
    t_end: TimeSpec,
    points: int = 97,
    time_unit: str | None = "s",
) -> Times:
    """(T,): the output times that all expressions need, rising, in the network's unit.

    They are 0, the end, every time that an expression names (exactly as it is, so that a value at
    a time is not interpolated), and, where an expression looks at whole time courses, an even grid
    of `points` from 0 to the end. Points of the even grid that fall on a named time, but for
    rounding, give way to it.

    Raises:
        InputError: a time that is none or not within 0 to the end, or fewer than 2 points.
    """
    listed = list(expressions)
    end = duration(t_end, "t_end", time_unit)
    found = [p for e in listed for p in _bad_times(e, t_end, time_unit, f"readout {e}")]
    if end <= 0:
        found.append(Problem(what=f"t_end={t_end!r}", why="must be positive"))
    try:
        points = whole_number(points, "points", 2)
    except InputError as error:
        found += error.problems
    if found:
        raise InputError(found)
    named = {duration(time, "time", time_unit) for e in listed for time in e.times}
    kept = sorted({0.0, end} | named)
    exact = np.array([t for i, t in enumerate(kept) if i == 0 or t - kept[i - 1] > 1e-12 * end])
    if not any(expression.needs_course for expression in listed):
        return exact
    even = np.linspace(0.0, end, points)
    apart = np.abs(even[:, np.newaxis] - exact).min(axis=1) > 1e-9 * end
    return np.sort(np.concatenate([exact, even[apart]]))


def _unknown(expression: ReadoutExpression, network: Network, what: str) -> Iterator[Problem]:
    known = [*network.readout_by_name, *network.ids()]
    for name in expression.symbols:
        species = network.find_species(name)
        if len(species) > 1 and name not in network.readout_by_name:
            why = f"{name!r} is the pattern of several species (ambiguous)"
            yield Problem(what=what, why=why, way_out="name one: " + ", ".join(species))
        elif not species and name not in known:
            why = f"{name!r} is not in {network.id}"
            yield Problem(what=what, why=why, way_out=nearest(name, known))


def _bad_times(
    expression: ReadoutExpression, t_end: TimeSpec | None, time_unit: str | None, what: str
) -> Iterator[Problem]:
    """Times that do not convert or come after the end, and windows that do not rise."""
    spans = [part.time for part in walk(expression.tree) if isinstance(part, Span)]
    converted: dict[TimeSpec, float] = {}
    for time in dict.fromkeys([*expression.times, *spans]):
        try:
            converted[time] = duration(time, "time", time_unit)
        except InputError as error:
            for problem in error.problems:
                way_out = "write a number, in the network's own unit"
                yield Problem(what=f"{what}: {time_text(time)}", why=problem.why, way_out=way_out)
    end = np.inf if t_end is None else duration(t_end, "t_end", time_unit)
    for time in expression.times:
        if converted.get(time, 0.0) > end * (1 + 1e-12):
            shown = t_end if isinstance(t_end, str) else number_text(end)
            why, way_out = (
                f"{time_text(time)} is after the end of the run, {shown}",
                "run longer",
            )
            yield Problem(what=what, why=why, way_out=way_out)
    for part in walk(expression.tree):
        if isinstance(part, OfCourse) and part.window is not None:
            start, stop = (converted.get(time, np.nan) for time in part.window)
            if start >= stop:
                shown = " to ".join(map(time_text, part.window))
                yield Problem(what=what, why=f"the window from {shown} is empty")


def _absent_times(
    expression: ReadoutExpression, times: Times | None, time_unit: str | None, what: str
) -> Iterator[Problem]:
    """Times that are not among the output times; what is no time at all has its problem already."""
    if times is None:
        return
    for time in expression.times:
        try:
            place = position(times, duration(time, "time", time_unit))
        except InputError:
            continue
        if place is None:
            shown = f"{number_text(times[0])} to {number_text(times[-1])} {time_unit or ''}".strip()
            why = f"{time_text(time)} is not among the output times, which go from {shown}"
            yield Problem(what=what, why=why)


def _bad_changes(expression: ReadoutExpression, network: Network, what: str) -> Iterator[Problem]:
    changes: Sequence[Change] = [c for key in expression.conditions for c in key]
    drugs = {drug.name for drug in network.drugs}
    for change in dict.fromkeys(changes):
        for problem in change.resolve(network)[1]:
            way_out = problem.way_out
            if isinstance(change, Set) and change.name in drugs:
                way_out = f"a dose has a unit: [{change.name}={number_text(change.value)}nM]"
            shown = f"{what}: {bracket_text((change,))}"
            yield Problem(what=shown, why=problem.why, way_out=way_out)
