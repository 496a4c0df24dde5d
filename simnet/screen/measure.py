"""What a screen stores of an item: a row of numbers for each replicate, and what was wrong with it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import SimulationError
from simnet.execute.campaign import Item, Measure
from simnet.execute.plan import Plan
from simnet.execute.run import Gathered
from simnet.readouts.data import Courses
from simnet.readouts.evaluation import evaluate_course, replicate_values
from simnet.readouts.expression import ReadoutExpression
from simnet.readouts.tree import ConditionKey
from simnet.screen.readouts import ScreenReadout

if TYPE_CHECKING:
    import pandas as pd

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
