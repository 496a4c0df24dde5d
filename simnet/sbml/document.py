"""What is known of a file that runs as it is, and what makes an integrator stop where rates jump."""

import math
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, TypeVar

import libsbml

from simnet.errors import ModelError, Problem
from simnet.network.expression import (
    Call,
    Expression,
    Number,
    Symbol,
    rewritten,
    substitute,
    symbols,
    walk,
)
from simnet.network.network import Assignment, Compartment, Parameter, Species
from simnet.network.timing import CONDITIONS, TimeFunctions, jumps_of, passing_of, time_parts
from simnet.network.values import dependency_order
from simnet.sbml.elements import members, set_by_events
from simnet.sbml.ids import Ids
from simnet.sbml.mathml import NotHeld, from_ast, to_ast

_VALUE: dict[type, str] = {Compartment: "size", Parameter: "value", Species: "initial"}
_Item = TypeVar("_Item", Compartment, Parameter, Species)


class Starts:
    """Which initial values a Network can compute, and by which formula: those that read no rate,
    `rateOf` or anything else that only the file's own engine knows.

    Args:
        items: everything that has a value of its own.
        rules: assignment rules, each after those it reads.
    """

    def __init__(
        self, items: Collection[Compartment | Parameter | Species], rules: Iterable[Assignment]
    ) -> None:
        self._formulas: dict[str, Expression] = {}
        for rule in rules:
            self._formulas[rule.id] = substitute(rule.expression, self._formulas)
        starts = {i.id: i.initial_expression for i in items if i.initial_expression is not None}
        self._known = {i.id for i in items} - starts.keys()
        pending = {name: substitute(e, self._formulas) for name, e in starts.items()}
        while found := {n for n, e in pending.items() if self._is_known(e)}:
            self._known |= found
            pending = {n: e for n, e in pending.items() if n not in found}

    def known(self, items: tuple[_Item, ...]) -> tuple[_Item, ...]:
        """The items, each with a formula over other items, or without a value where it has none."""
        return tuple(self._one(item) for item in items)

    def _one(self, item: _Item) -> _Item:
        if item.initial_expression is None:
            return item
        if item.id in self._known:
            formula = substitute(item.initial_expression, self._formulas)
            return replace(item, initial_expression=formula)
        unknown: dict[str, Any] = {"initial_expression": None, _VALUE[type(item)]: math.nan}
        return replace(item, **unknown)

    def _is_known(self, formula: Expression) -> bool:
        missing = (isinstance(p, Number) and math.isnan(p.value) for p in walk(formula))
        return symbols(formula) <= self._known and not any(missing)


def jumps_in(model: Any) -> tuple[Expression, ...]:
    """The parts of a libsbml.Model's rate laws and rules that jump, see `network.jumps`; symbols mean
    what they mean there."""
    return jumps_of(law for _, law in _laws(model))


def passing_in(model: Any) -> tuple[Expression, ...]:
    """The conditions in triggers of several of them, see `network.jumps.passing_of`."""
    triggers = (e.getTrigger() for e in members(model.getListOfEvents()))
    return passing_of(condition for _, condition in _read(t for t in triggers if t is not None))


def _laws(model: Any) -> Iterator[tuple[Any, Expression]]:
    """Rate laws and rules that have a form as an Expression, with the element that holds each."""
    laws = (r.getKineticLaw() for r in members(model.getListOfReactions()))
    yield from _read([*(law for law in laws if law is not None), *members(model.getListOfRules())])


def _read(holders: Iterable[Any]) -> Iterator[tuple[Any, Expression]]:
    for holder in holders:
        node = holder.getMath()
        if node is not None and node.isWellFormedASTNode():
            with suppress(NotHeld):  # such as rateOf: it stays as it is
                yield holder, from_ast(node, {})


@dataclass(frozen=True, kw_only=True)
class Held:
    """An SBML text whose rates do not jump within a step of an integrator.

    Each part that jumps is a parameter, which an event sets anew once the part has another value:
    that moment is located, and the integrator starts anew behind it.

    Attributes:
        text: SBML.
        parts: what jumps, (J,).
        stands: the parameters that stand for them, (J,).
        now: the parameters that have their values at any time, (J,); at the start of a run those
            that stand for parts are to be made equal to them.
    """

    text: str
    parts: tuple[Expression, ...] = ()
    stands: tuple[str, ...] = ()
    now: tuple[str, ...] = ()


def held(text: str, jumps: Collection[Expression], passing: Collection[Expression] = ()) -> Held:
    """The SBML text with parts of its laws held, and with events that do nothing where `passing`
    conditions turn true or false, for an integrator stops at events."""
    if not jumps and not passing:
        return Held(text=text)
    document = libsbml.readSBMLFromString(text)
    convert(document, "expandFunctionDefinitions")
    model = document.getModel()
    elements = document.getListOfAllElements()
    ids = Ids(elements.get(place).getId() for place in range(elements.getSize()))
    pairs: list[tuple[str, str]] = []
    by: dict[Expression, Expression] = {}
    laws = list(_laws(model))
    for part in jumps:
        stands, now = (_parameter(model, ids.claim(f"simnet_{what}")) for what in ("held", "now"))
        condition = part.op in CONDITIONS if isinstance(part, Call) else False
        value = Call("piecewise", (Number(1), part, Number(0))) if condition else part
        rule = model.createAssignmentRule()
        rule.setVariable(now.id)
        rule.setMath(to_ast(value))
        by[part] = Call("ne", (stands, Number(0))) if condition else stands
        pairs.append((stands.id, now.id))
        assignment = _event(model, ids, Call("ne", (now, stands))).createEventAssignment()
        assignment.setVariable(stands.id)
        assignment.setMath(to_ast(now))
    for holder, law in laws:
        if (changed := rewritten(law, by.get)) != law:
            holder.setMath(to_ast(changed))
    for met in passing:
        _event(model, ids, met)
        _event(model, ids, Call("not", (met,)))
    return Held(
        text=libsbml.writeSBMLToString(document),
        parts=tuple(jumps),
        stands=tuple(stands for stands, _ in pairs),
        now=tuple(now for _, now in pairs),
    )


def _event(model: Any, ids: Ids, condition: Expression) -> Any:
    """A new event without effect."""
    event = model.createEvent()
    event.setId(ids.claim("simnet_stop"))
    event.setUseValuesFromTriggerTime(False)  # another event of the moment may change them again
    trigger = event.createTrigger()
    trigger.setMath(to_ast(condition))
    trigger.setInitialValue(True)
    trigger.setPersistent(True)
    return event


def _parameter(model: Any, name: str) -> Symbol:
    parameter = model.createParameter()
    parameter.setId(name)
    parameter.setConstant(False)
    parameter.setValue(0.0)
    return Symbol(name)


def convert(document: Any, option: str) -> None:
    """One of libsbml's conversions of a document, in place."""
    properties = libsbml.ConversionProperties()
    properties.addOption(option, True)
    document.convert(properties)


# Functions of time in a file that runs as it is, as far as they can be read.


@lru_cache(maxsize=8)
def document_parts(text: str) -> TimeFunctions:
    """Functions of time alone in the laws, rules and triggers of an SBML text. What has no form as
    an Expression (delays, rateOf) is left out."""
    document = libsbml.readSBMLFromString(text)
    convert(document, "expandFunctionDefinitions")
    model = document.getModel()
    definitions: dict[str, Expression] = {}
    formulas: list[tuple[str, Expression]] = []
    set_ = set_by_events(model)
    for name, variable, node in _formulas(model):
        set_.add(variable)
        try:
            formula = from_ast(node, {})
        except ModelError:
            continue
        if name:
            formulas.append((name, formula))
        else:
            definitions[variable] = formula
    listed = [*members(model.getListOfParameters()), *members(model.getListOfCompartments())]
    constants = {item.getId() for item in listed} - set_
    try:
        order = dependency_order(definitions)
    except ModelError:  # roadrunner will say so
        return TimeFunctions()
    return time_parts(formulas, {name: definitions[name] for name in order}, constants)


def _formulas(model: Any) -> Iterator[tuple[str, str, Any]]:
    """(Name for people, what is set, formula); assignment rules have no name."""
    for rule in members(model.getListOfRules()):
        if rule.getMath() is not None and not rule.isAlgebraic():
            name = "" if rule.isAssignment() else f"rate rule of {rule.getVariable()}"
            yield name, rule.getVariable(), rule.getMath()
    for reaction in members(model.getListOfReactions()):
        law = reaction.getKineticLaw()
        if law is not None and law.getMath() is not None:
            yield f"reaction {reaction.getId()}", reaction.getId(), law.getMath()
    for event in members(model.getListOfEvents()):
        trigger = event.getTrigger()
        if trigger is not None and trigger.getMath() is not None:
            yield f"event {event.getId()}", event.getId(), trigger.getMath()


# Models made of submodels (SBML's package comp), put together by libsbml into one.
#
# A definition in another file is refused: loading a model reads no other file.


def put_together(document: Any, name: str) -> bool:
    """Flatten a document that has submodels; returns whether it had any.

    Raises:
        ModelError: a submodel is in another file, or they do not fit together.
    """
    package = document.getPlugin("comp")
    if package is None:
        return False
    outside = [d.getSource() for d in members(package.getListOfExternalModelDefinitions())]
    if outside:
        why = "reads another file, which is not allowed when a model is loaded"
        way_out = "put the submodels into one file"
        raise ModelError(
            Problem(what=f"{name}: {s}", why=why, way_out=way_out) for s in outside[:5]
        )
    model = document.getModel()
    within = model.getPlugin("comp") if model is not None else None
    if within is None or within.getNumSubmodels() == 0:
        return False
    options = libsbml.ConversionProperties()
    options.addOption("flatten comp", True)
    options.addOption("performValidation", False)
    options.addOption("leavePorts", False)
    if document.convert(options) != libsbml.LIBSBML_OPERATION_SUCCESS:
        log = " ".join(document.getErrorLog().toString().split())[-300:]
        raise ModelError(Problem(what=name, why=f"its submodels cannot be combined: {log}"))
    return True
