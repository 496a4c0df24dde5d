"""The rows of a design as conditions of a plan, and what is kept of their runs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.execute.base import Workers
from simnet.execute.campaign import Item, Lazy, items_of, rows_of
from simnet.execute.plan import ALLOWED, ALLOWED_IN_SPREADS, Plan, planned
from simnet.execute.run import Gathered
from simnet.experiment.action import Hold
from simnet.experiment.change import Change, Set
from simnet.experiment.condition import Condition
from simnet.experiment.program import Program, program
from simnet.network.values import initial_values
from simnet.readouts.language import bracket_text
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
    return replace(plan, conditions=conditions, allowed_error=allowed)


def items_to_run(
    study: SensitivityStudy, design: Design, rows: IntArray, plan: Plan, stored: set[str]
) -> list[Item]:
    """Items of a plan of `plan_of`. Their keys come from conditions without the factors."""
    bare = row_conditions(study, design, rows, bare=True)
    return items_of(replace(plan, conditions=bare), stored=stored)


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


# Programs of a design's rows, made from one: rows differ in the values of parameters only.
#
# Compiling a condition resolves each of its changes anew, which for two hundred factors takes as long
# as a short run. Where nothing else touches what is varied, the program of a row is that of another
# with other values, and the start that follows from them. One row is compiled both ways, to be sure.


Programs = Callable[[int], Program]
"""The program of a plan's condition of that number."""


def row_programs(
    plan: Plan, study: SensitivityStudy, design: Design, rows: IntArray
) -> Programs | None:
    """A function that makes them; None where rows must be compiled one by one."""
    network, brackets = plan.task.network, len(study.brackets)
    names = design.space.names[:-1]
    plain = network.document is None and not network.events and not network.state_events
    parameters = all(factor.kind != "initial amount" for factor in design.space.factors)
    if study.is_noisy or not plain or not parameters or _touched(study, set(names)):
        return None
    templates = [program(network, plan.conditions[b], plan.times)[0] for b in range(brackets)]
    matrix = design.matrix
    sized = [*network.parameter_by_id, *network.compartment_by_id]

    def made(number: int) -> Program:
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
    return made if not problems and _effect(compiled) == _effect(made(last)) else None


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
            pulses = (item.begins, item.ends)
            changes += [*item.changes, *(pulse.change for pulse in pulses if pulse is not None)]
    actions = [action for change in changes for action in change.resolve(study.network)[0]]
    return any(isinstance(action, Hold) or action.id in names for action in actions)
