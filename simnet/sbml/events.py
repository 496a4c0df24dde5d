"""SBML events at fixed times, which a Network holds; all others are obstacles.

A trigger `time >= c` or `time > c` with a constant c is a boundary between segments of a run.
Anything else would fire, under SSA, only when the next reaction does.
"""

from collections.abc import Callable
from typing import Any

import libsbml

from simnet.errors import Problem
from simnet.network.expression import Call, Expression, Number, Symbol, Time, reads_time, symbols
from simnet.network.network import Event
from simnet.sbml.obstacles import ODE_ONLY

Translate = Callable[[Any, str], Expression]
_ZERO = Number(0)


def read_event(
    event: Any, model: Any, translate: Translate, varying: set[str], name: str
) -> Event | Problem:
    """An event at a fixed time, or the problem that it is not one.

    Args:
        event: the libsbml.Event.
        model: its libsbml.Model.
        translate: makes an Expression of a syntax tree, given where it stands.
        varying: ids that are not constant during a run.
        name: the event's id, or one made for it.
    """
    trigger = event.getTrigger()
    if trigger is None or trigger.getMath() is None:
        return _problem(name, "?", "has no trigger")
    text = libsbml.formulaToL3String(trigger.getMath())
    found = _fixed_time(translate(trigger.getMath(), f"trigger of event {name}"), varying)
    if found is None:
        why = "under SSA it would fire only when the next reaction fires"
        return _problem(name, text, why)
    if event.isSetDelay() or event.isSetPriority():
        return _problem(name, text, "has a delay or a priority")
    assignments = []
    for item in event.getListOfEventAssignments():
        target = item.getVariable()
        species = model.getSpecies(target)
        value = translate(item.getMath(), f"event {name}, {target}")
        if species is not None and not species.getHasOnlySubstanceUnits():
            compartment = model.getCompartment(species.getCompartment())
            if compartment.getSpatialDimensionsAsDouble() != 0:
                value = Call("times", (value, Symbol(species.getCompartment())))
        if species is None and model.getParameter(target) is None:
            return _problem(name, text, f"sets {target}, which is neither species nor parameter")
        assignments.append((target, value))
    time, strict = found
    initial = trigger.getInitialValue() if trigger.isSetInitialValue() else True
    due_right_after_start = strict and time == _ZERO
    return Event(
        id=name,
        time=time,
        assignments=tuple(assignments),
        at_start=not initial or due_right_after_start,
    )


def _fixed_time(trigger: Expression, varying: set[str]) -> tuple[Expression, bool] | None:
    """The constant c of `time >= c` or `c <= time`, and whether the comparison is strict."""
    match trigger:
        case Call(op="ge" | "gt" as op, args=(Time(), time)):
            pass
        case Call(op="le" | "lt" as op, args=(time, Time())):
            pass
        case _:
            return None
    if symbols(time) & varying or reads_time(time):
        return None
    return time, op in ("gt", "lt")


def _problem(name: str, when: str, why: str) -> Problem:
    return Problem(
        what=f"event {name} at {when}",
        why=why,
        way_out="take it out of the model and give it as a schedule, At(time, Set(...)); or "
        + ODE_ONLY,
    )
