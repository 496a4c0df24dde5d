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


def may_be_stepped_over(event: Any, model: Any) -> str:
    """What to warn of where a trigger can be true between two steps of an ODE integrator and false
    at both: it is periodic in time, or true at one moment only. Empty where it cannot."""
    trigger = event.getTrigger()
    node = trigger.getMath() if trigger is not None else None
    if node is None or not _comes_and_goes(node, model, set()):
        return ""
    return (
        f"event {event.getId()} at {libsbml.formulaToL3String(node)}: the ODE integrator can step "
        "over the moments at which it is true; take it out of the model and give it as a schedule, "
        "Repeat(Set(...), ...), which is exact"
    )


_REPEATING = frozenset(
    {
        libsbml.AST_FUNCTION_FLOOR,
        libsbml.AST_FUNCTION_CEILING,
        libsbml.AST_FUNCTION_REM,
        libsbml.AST_FUNCTION_QUOTIENT,
        libsbml.AST_FUNCTION_SIN,
        libsbml.AST_FUNCTION_COS,
        libsbml.AST_FUNCTION_TAN,
        libsbml.AST_RELATIONAL_EQ,
    }
)


def _comes_and_goes(node: Any, model: Any, seen: set[str]) -> bool:
    """Whether a function of time in it repeats itself, or equals a number at one moment."""
    children = [node.getChild(i) for i in range(node.getNumChildren())]
    kind = libsbml.ASTNode.getType(node)
    if kind in _REPEATING and any(_reads_time(child, model, set()) for child in children):
        return True
    children += _computed_by(node, model, seen)
    return any(_comes_and_goes(child, model, seen) for child in children)


def _reads_time(node: Any, model: Any, seen: set[str]) -> bool:
    if libsbml.ASTNode.getType(node) == libsbml.AST_NAME_TIME:
        return True
    children = [node.getChild(i) for i in range(node.getNumChildren())]
    return any(_reads_time(c, model, seen) for c in children + _computed_by(node, model, seen))


def _computed_by(node: Any, model: Any, seen: set[str]) -> list[Any]:
    """The formula of the assignment rule behind a name, once."""
    name: str = node.getName() if libsbml.ASTNode.getType(node) == libsbml.AST_NAME else ""
    rule = model.getAssignmentRuleByVariable(name) if name and name not in seen else None
    if rule is None or rule.getMath() is None:
        return []
    seen.add(name)
    return [rule.getMath()]


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
