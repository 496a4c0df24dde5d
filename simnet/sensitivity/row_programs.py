"""Programs of a design's rows, made from one: rows differ in the values of parameters only.

Compiling a condition resolves each of its changes anew, which for two hundred factors takes as long
as a short run. Where nothing else touches what is varied, the program of a row is that of another
with other values, and the start that follows from them. One row is compiled both ways, to be sure.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from simnet.arrays import IntArray
from simnet.execute.plan import Plan
from simnet.experiment.action import Hold
from simnet.experiment.change import Change
from simnet.experiment.program import Program, program
from simnet.network.evaluate import initial_values
from simnet.sensitivity.design import Design
from simnet.sensitivity.study import SensitivityStudy

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
