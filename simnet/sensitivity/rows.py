"""The rows of a design as conditions of a plan, and what is kept of their runs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.execute.campaign import Item, Lazy, items_of, rows_of
from simnet.execute.checks import ALLOWED, ALLOWED_IN_SPREADS
from simnet.execute.cluster import Workers
from simnet.execute.plan import Plan, planned
from simnet.execute.run import Gathered
from simnet.experiment.change import Set
from simnet.experiment.condition import Condition
from simnet.readouts.canonical import bracket_text
from simnet.sensitivity.design import Design
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
        study: what is asked.
        design: of the study.
        rows: (K,) those to run.
        bare: without the factors, where only the content counts: the key says it all.
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
    everything = np.arange(design.rows)
    if study.is_noisy:
        return everything, everything
    _, first, place = np.unique(
        design.matrix[:, :-1], axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first)  # as in the design
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return first[order], rank[place.ravel()]


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
    accuracy = max(ALLOWED, 10 * study.tolerance)  # that `local` counts with
    allowed = accuracy if study.analysis == "local" else ALLOWED_IN_SPREADS
    return replace(plan, conditions=cast(Any, conditions), allowed_error=allowed)


def items_to_run(
    study: SensitivityStudy, design: Design, rows: IntArray, plan: Plan, stored: set[str]
) -> list[Item]:
    """Items of a plan of `plan_of`. Their keys come from conditions without the factors."""
    bare = row_conditions(study, design, rows, bare=True)
    return items_of(replace(plan, conditions=cast(Any, bare)), stored=stored)


def kept(brackets: int, rows: IntArray, item: Item, gathered: Gathered) -> "pd.DataFrame":
    """What is stored of an item: a row for each replicate; see `rows_of`."""
    place, bracket = divmod(item.condition, brackets)
    return rows_of(item, gathered).assign(row=rows[place], condition=bracket)


def courses_of_rows(frame: "pd.DataFrame", study: SensitivityStudy) -> FloatArray:
    """(K, B, N, T, R) from the stored rows of K rows, in order."""
    shape = (-1, len(study.brackets), study.runs, len(study.output_times), len(study.symbols))
    return np.stack(frame["values"].tolist()).reshape(shape)


def failed_runs(frame: "pd.DataFrame") -> Iterator[tuple[int, int, int, int, str]]:
    """(row, bracket, replicate, seed, reason) of each run that failed."""
    failed = frame[frame["reason"] != ""]
    columns = ("row", "condition", "replicate", "seed", "reason")
    yield from zip(*(failed[name].tolist() for name in columns), strict=True)
