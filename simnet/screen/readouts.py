"""Readouts of a screen: expressions that have a value in every replicate of every condition.

They are stored replicate by replicate, so a statistic over replicates is not taken while the screen
runs: `fraction(X@48h > 100)` is stored as the 0 or 1 of each replicate, `mean(X@48h)` as X@48h. A
`steady(X)` is stored as the average over the last tenth of the time, with what is needed to judge,
once all replicates are there, whether their mean still drifts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem, SimulationError
from simnet.execute.campaign import Item, Measure
from simnet.execute.plan import Plan
from simnet.execute.run import Gathered
from simnet.experiment.times import TimeSpec, duration
from simnet.network.network import Network
from simnet.readouts.check import problems as problems_of
from simnet.readouts.data import Courses
from simnet.readouts.evaluate import evaluate_course, replicate_values
from simnet.readouts.language import (
    Binary,
    ConditionKey,
    OfCourse,
    OfEnsemble,
    Pointwise,
    Quantity,
    ReadoutExpression,
    Tree,
    expression_of,
    renewed,
    walk,
)
from simnet.readouts.parser import parse_readout
from simnet.readouts.statistics import RUN_LONGER, drifts

if TYPE_CHECKING:
    import pandas as pd


_KEEPS_UNIT = ("max", "min", "average", "steady")


@dataclass(frozen=True, kw_only=True)
class ScreenReadout:
    """A readout of a screen.

    Attributes:
        name: as the user wrote it; tables call it so.
        canonical: the one text of all that mean the same.
        unit: of its values; None where it is not known, as of a product.
        stored: what is evaluated in each replicate.
        judged: for each `steady(...)` in it: the average over the last tenth of the time, that over
            the tenth before, and the largest size; stored as well.
    """

    name: str
    canonical: str
    unit: str | None
    stored: ReadoutExpression
    judged: tuple[tuple[ReadoutExpression, ReadoutExpression, ReadoutExpression], ...] = ()

    @property
    def is_course(self) -> bool:
        """Whether its value is a time course."""
        return self.stored.is_course

    @property
    def expressions(self) -> tuple[ReadoutExpression, ...]:
        """All that is stored of it."""
        return (self.stored, *(expression for three in self.judged for expression in three))


def screen_readouts(
    texts: object, network: Network, t_end: TimeSpec
) -> tuple[list[ScreenReadout], list[Problem]]:
    """Readouts, and all that is wrong with them.

    Args:
        texts: what the user gave: a text, or several.
        network: they must be of.
        t_end: the end of the runs.
    """
    listed = [texts] if isinstance(texts, str) else texts
    if not isinstance(listed, Sequence) or not listed:
        way_out = f'for example readouts=["{next(iter(network.readout_by_name), "X")}"]'
        return [], [Problem(what=f"readouts={texts!r:.40}", why="none given", way_out=way_out)]
    found: list[ScreenReadout] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for text in listed:
        try:
            expression = parse_readout(text)
            wrong = [*problems_of(expression, network, t_end), *_unfit(expression)]
            if not wrong:
                readout = _readout(expression, network, t_end)
                if readout.canonical in seen:
                    why = f"is the same as {seen[readout.canonical]!r}"
                    wrong = [Problem(what=f"readout {text!r}", why=why, way_out="take one out")]
                seen.setdefault(readout.canonical, readout.name)
                found.append(readout)
        except InputError as error:
            wrong = list(error.problems)
        problems += wrong
    return found, problems


def require_steady(last: FloatArray, before: FloatArray, largest: FloatArray, exact: bool) -> str:
    """Why a mean course is not steady at its end, or "".

    Args:
        last, before: (n,) averages over the last tenth of the time and the tenth before it.
        largest: (n,) the largest size of the course.
        exact: the values have no noise.
    """
    noisy = not exact and len(last) > 1
    error = float((last - before).std(ddof=1)) / np.sqrt(len(last)) if noisy else 0.0
    why = drifts(float(last.mean()), float(before.mean()), float(largest.mean()), error)
    return f"{why}; {RUN_LONGER}" if why else ""


def _unfit(expression: ReadoutExpression) -> list[Problem]:
    """What a screen cannot store replicate by replicate."""
    what = f"readout {expression}"
    if any(expression.conditions):
        way_out = "leave the brackets out: they are the screen's conditions, see effects()"
        return [Problem(what=what, why="names its own conditions", way_out=way_out)]
    inner = _without_mean(expression.tree)
    statistics = [part.function for part in walk(inner) if isinstance(part, OfEnsemble)]
    if statistics:
        why = f"{statistics[0]} is one number for all replicates"
        way_out = "use the readout it is made of, and compute the statistic from result.frame()"
        return [Problem(what=what, why=why, way_out=way_out)]
    return []


def _without_mean(tree: Tree) -> Tree:
    averages = isinstance(tree, OfEnsemble) and tree.function in ("mean", "fraction")
    return tree.of if averages and isinstance(tree, OfEnsemble) else tree


def _readout(expression: ReadoutExpression, network: Network, t_end: TimeSpec) -> ScreenReadout:
    tree = _without_mean(expression.tree)
    end = duration(t_end, "t_end", network.time_unit)
    found: list[tuple[ReadoutExpression, ReadoutExpression, ReadoutExpression]] = []

    def settled(part: Tree) -> Tree | None:
        if not isinstance(part, OfCourse):
            return None
        if part.function != "steady":
            return part
        start, stop = 0.0, end
        if part.window is not None:
            start, stop = (duration(time, "time", network.time_unit) for time in part.window)
        tenth = (stop - start) / 10
        last = OfCourse("average", part.of, (stop - tenth, stop))
        before = OfCourse("average", part.of, (stop - 2 * tenth, stop - tenth))
        top = OfCourse("max", Pointwise("abs", part.of), (start, stop))
        found.append((expression_of(last), expression_of(before), expression_of(top)))
        return last

    stored = expression_of(renewed(tree, settled))
    return ScreenReadout(
        name=expression.text.strip(),
        canonical=str(expression),
        unit=_unit(expression.tree, network),
        stored=stored,
        judged=tuple(found),
    )


def _unit(tree: Tree, network: Network) -> str | None:
    """The unit of a readout, or of what has the same: max(X) is in the unit of X."""
    if isinstance(tree, OfEnsemble):
        return "1" if tree.function == "fraction" else _unit(tree.of, network)
    if isinstance(tree, OfCourse):
        if tree.function in ("first_passage", "half_time", "time_of_max"):
            return network.time_unit
        return _unit(tree.of, network) if tree.function in _KEEPS_UNIT else None
    if isinstance(tree, Binary) and tree.sign in "+-":
        units = {_unit(tree.left, network), _unit(tree.right, network)}
        return units.pop() if len(units) == 1 else None
    if isinstance(tree, Quantity):
        readout = network.readout_by_name.get(tree.name)
        if readout is not None:
            return readout.unit
        return network.substance_unit if network.find_species(tree.name) else None
    return None


# What a screen stores of an item: a row of numbers for each replicate, and what was wrong with it.


FAILED = "failed: "
"""How the note of a replicate begins that has no values at all."""

_PLACE = re.compile(r" in replicate \d+ in the base condition")


def measuring(plan: Plan, readouts: Sequence[ScreenReadout]) -> Measure:
    """A function that makes the rows of an item.

    They have the columns `replicate`, `values` (a list of all the numbers stored: each readout's, in
    order; NaN where there is none) and `notes` (a line for each readout without a value, with the
    reason; one line that begins with `FAILED` where the replicate has none at all).
    """
    expressions = [expression for r in readouts for expression in r.expressions]
    names = [r.name for r in readouts for _ in r.expressions]
    symbols = tuple(readout.name for readout in plan.readouts)
    exact = plan.task.method == "ode"

    def measure(item: Item, found: Sequence[Gathered]) -> "pd.DataFrame":
        import pandas as pd

        (gathered,) = found

        count = item.stop - item.first
        notes: list[list[str]] = [[] for _ in range(count)]
        for failure in gathered.failures:
            notes[failure.replicate - item.first].append(
                f"{FAILED}{' '.join(failure.reason.split())}"
            )
        whole = Courses(
            times=plan.times,
            values=gathered.values,
            names=symbols,
            time_unit=plan.task.network.time_unit,
        )
        columns = [
            _column(expression, name, whole, notes, exact=exact)
            for expression, name in zip(expressions, names, strict=True)
        ]
        rows = np.concatenate(columns, axis=1)
        return pd.DataFrame(
            {
                "replicate": np.arange(item.first, item.stop, dtype=np.int32),
                "values": list(rows),
                "notes": ["\n".join(dict.fromkeys(lines)) for lines in notes],
            }
        )

    return measure


def _column(
    expression: ReadoutExpression,
    name: str,
    courses: Courses,
    notes: list[list[str]],
    *,
    exact: bool,
) -> FloatArray:
    """(N, 1) or (N, T): an expression's values in each replicate of an item."""
    finished = courses.finished
    found = np.full((len(notes), len(courses.times) if expression.is_course else 1), np.nan)
    if not exact and finished.any():
        try:
            found[:] = _values(expression, courses, exact)
            return found
        except SimulationError:  # one of them has no value: which?
            pass
    for place in np.flatnonzero(finished):
        single = replace(courses, values=courses.values[place : place + 1])
        try:
            found[place] = _values(expression, single, exact)[0]
        except SimulationError as error:
            reason = _PLACE.sub("", str(error)).removeprefix(f"readout {expression}: ")
            notes[place].append(f"{name}: {reason}")
    return found


def _values(expression: ReadoutExpression, courses: Courses, exact: bool) -> FloatArray:
    given: dict[ConditionKey, Courses] = {(): courses}
    if expression.is_course:
        values = evaluate_course(expression, given, deterministic=exact).values
        assert values is not None  # screens refuse what is one for all replicates
        return values
    return replicate_values(expression, given, deterministic=exact)[:, np.newaxis]
