"""SBML events at fixed times, and events on the state alone, which a Network holds; all others are
obstacles.

A trigger `time >= c`, `time > c` or `time == c` with a constant c is a boundary between segments of a run. A
trigger that reads no time changes only when a reaction fires. Anything else would fire, under SSA,
only when the next reaction does.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import libsbml

from simnet.errors import Problem
from simnet.network.expression import Call, Expression, Symbol, Time, reads_time, symbols, walk
from simnet.network.network import Assignment, Event, StateEvent
from simnet.sbml.elements import ODE_ONLY, children, is_concentration, members, set_by_events

Translate = Callable[[Any, str], Expression]


class EventReader:
    """Reads the events of a model.

    Args:
        model: the libsbml.Model.
        translate: makes an Expression of a syntax tree, given where it stands.
        rules: the model's assignment rules, each after those it reads.
    """

    def __init__(self, model: Any, translate: Translate, rules: Collection[Assignment]) -> None:
        self.model, self.translate = model, translate
        self.computed = {rule.id for rule in rules}
        self.varying = {s.getId() for s in members(model.getListOfSpecies())} | self.computed
        self.varying |= {r.getVariable() for r in members(model.getListOfRules())}
        self.varying |= set_by_events(model)
        self.timed: set[str] = set()
        """Rules that depend on time."""
        for rule in rules:
            if reads_time(rule.expression) or symbols(rule.expression) & self.timed:
                self.timed.add(rule.id)

    def read(self, event: Any, name: str) -> Event | StateEvent | Problem:
        """An event at a fixed time or on the state, or the problem that it is neither.

        Args:
            event: the libsbml.Event.
            name: its id, or one made for it.
        """
        trigger = event.getTrigger()
        if trigger is None or trigger.getMath() is None:
            return _problem(name, "?", "has no trigger")
        text = libsbml.formulaToL3String(trigger.getMath())
        condition = self.translate(trigger.getMath(), f"trigger of event {name}")
        fixed = _fixed_time(condition, self.varying)
        if fixed is None and (reads_time(condition) or symbols(condition) & self.timed):
            why = "under SSA it would be delayed until the next reaction fires"
            return _problem(name, text, why)
        if event.isSetDelay() or (fixed is not None and event.isSetPriority()):
            return _problem(name, text, "has a delay or a priority")
        assignments = self.assignments(event, name)
        if isinstance(assignments, str):
            why = f"sets {assignments}, which is neither species nor parameter"
            return _problem(name, text, why)
        initial = trigger.getInitialValue() if trigger.isSetInitialValue() else True
        if fixed is None:
            return StateEvent(
                id=name, trigger=condition, assignments=assignments, initial=bool(initial)
            )
        time, strict = fixed
        return Event(
            id=name, time=time, assignments=assignments, at_start=not initial, strict=strict
        )

    def moments(self, event: Any) -> Iterator[Expression]:
        """The times at which a comparison `time == c` in the trigger is true, for constant c."""
        trigger = event.getTrigger()
        if trigger is None or trigger.getMath() is None:
            return
        for part in walk(self.translate(trigger.getMath(), "trigger of an event")):
            match part:
                case Call(op="eq", args=(Time(), moment) | (moment, Time())):
                    if not (symbols(moment) & self.varying or reads_time(moment)):
                        yield moment

    def assignments(self, event: Any, name: str) -> tuple[tuple[str, Expression], ...] | str:
        """What an event sets, species as amounts; or the one thing that it cannot set."""
        found = []
        for item in members(event.getListOfEventAssignments()):
            target = item.getVariable()
            species = self.model.getSpecies(target)
            value = self.translate(item.getMath(), f"event {name}, {target}")
            if species is not None and is_concentration(self.model, species):
                value = Call("times", (value, Symbol(species.getCompartment())))
            if target in self.computed or (
                species is None and self.model.getParameter(target) is None
            ):
                return str(target)
            found.append((target, value))
        return tuple(found)


def ordered_by_more(event: Any, name: str) -> Problem | None:
    """What an event declares of its order among events at the same moment, where there are others."""
    trigger = event.getTrigger()
    if event.isSetPriority():
        declared = "a priority"
    elif trigger.isSetPersistent() and not trigger.getPersistent():
        declared = 'persistent="false"'
    elif _takes_late_values(event):
        declared = 'useValuesFromTriggerTime="false"'
    else:
        return None
    return Problem(
        what=f"event {name} at {libsbml.formulaToL3String(trigger.getMath())}",
        why=f"has {declared}, and SSA does not preserve the order of simultaneous events",
        way_out="make one event of them; or " + ODE_ONLY,
    )


def _takes_late_values(event: Any) -> bool:
    return event.isSetUseValuesFromTriggerTime() and not event.getUseValuesFromTriggerTime()


def late_values(event: Any, read: Event, others: Collection[Event]) -> Problem | None:
    """Where values of an event at a fixed time are taken after other events of the same moment."""
    names = {n for other in others if other is not read for n, _ in other.assignments}
    used = {n for _, value in read.assignments for n in symbols(value)} & names
    if not used or not _takes_late_values(event):
        return None
    return _problem(
        read.id,
        libsbml.formulaToL3String(event.getTrigger().getMath()),
        f'has useValuesFromTriggerTime="false" and reads {min(used)}, which another event sets',
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


_REPEATING = {libsbml.AST_RELATIONAL_EQ} | {
    getattr(libsbml, f"AST_FUNCTION_{name}")
    for name in ("FLOOR", "CEILING", "REM", "QUOTIENT", "SIN", "COS", "TAN")
}


def _comes_and_goes(node: Any, model: Any, seen: set[str]) -> bool:
    """Whether a function of time in it repeats itself, or equals a number at one moment."""
    parts = children(node)
    kind = libsbml.ASTNode.getType(node)
    is_moment = kind == libsbml.AST_RELATIONAL_EQ and len(parts) == 2
    if is_moment and all(_is_time_or_constant(part, model) for part in parts):
        return False  # a run stops there
    if kind in _REPEATING and any(_reads_time(part, model, set()) for part in parts):
        return True
    parts += _computed_by(node, model, seen)
    return any(_comes_and_goes(part, model, seen) for part in parts)


def _is_time_or_constant(node: Any, model: Any) -> bool:
    """Whether it is time itself, or reads constants only."""
    if libsbml.ASTNode.getType(node) == libsbml.AST_NAME_TIME:
        return True
    if libsbml.ASTNode.getType(node) == libsbml.AST_NAME:
        parameter = model.getParameter(node.getName())
        return parameter is not None and parameter.getConstant()
    return not _reads_time(node, model, set()) and all(
        _is_time_or_constant(child, model) for child in children(node)
    )


def _reads_time(node: Any, model: Any, seen: set[str]) -> bool:
    if libsbml.ASTNode.getType(node) == libsbml.AST_NAME_TIME:
        return True
    parts = children(node) + _computed_by(node, model, seen)
    return any(_reads_time(part, model, seen) for part in parts)


def _computed_by(node: Any, model: Any, seen: set[str]) -> list[Any]:
    """The formula of the assignment rule behind a name, once."""
    name: str = node.getName() if libsbml.ASTNode.getType(node) == libsbml.AST_NAME else ""
    rule = model.getAssignmentRuleByVariable(name) if name and name not in seen else None
    if rule is None or rule.getMath() is None:
        return []
    seen.add(name)
    return [rule.getMath()]


def _fixed_time(trigger: Expression, varying: set[str]) -> tuple[Expression, bool] | None:
    """The constant c of `time >= c`, `c <= time` or `time == c`, all of which become true at c, and
    whether the comparison is strict."""
    match trigger:
        case Call(op="ge" | "gt" | "eq" as op, args=(Time(), time)):
            pass
        case Call(op="le" | "lt" | "eq" as op, args=(time, Time())):
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
