"""What is known of a file that runs as it is, and what makes an integrator stop where rates jump."""

import math
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

import libsbml

from simnet.network.expression import (
    Call,
    Expression,
    Number,
    Symbol,
    substitute,
    symbols,
    walk,
)
from simnet.network.jumps import jumps_of
from simnet.network.network import Assignment, Compartment, Parameter, Species
from simnet.sbml.ids import Ids
from simnet.sbml.mathml import NotHeld, from_ast, to_ast
from simnet.sbml.members import members

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


MOST_JUMPS = 10_000
"""Jumps of a run that are located. Where rates push a state back and forth over a jump there is no
end to them, and the integrator by itself says so."""


def jumps_in(model: Any) -> tuple[Expression, ...]:
    """Conditions at which rates of the libsbml.Model may jump; symbols mean what they mean there."""
    reactions = members(model.getListOfReactions())
    nodes = [r.getKineticLaw().getMath() for r in reactions if r.isSetKineticLaw()]
    nodes += [rule.getMath() for rule in members(model.getListOfRules())]
    laws = []
    for node in nodes:
        if node is not None and node.isWellFormedASTNode():
            with suppress(NotHeld):  # such as delays: roadrunner says what it thinks of them
                laws.append(from_ast(node, {}))
    return jumps_of(laws)


def stopping_at(text: str, conditions: Collection[Expression]) -> str:
    """The SBML text with events that do nothing but to count, where a condition turns true: an
    integrator stops at events, and starts anew behind them."""
    if not conditions:
        return text
    document = libsbml.readSBMLFromString(text)
    model = document.getModel()
    elements = document.getListOfAllElements()
    ids = Ids(elements.get(place).getId() for place in range(elements.getSize()))
    count = model.createParameter()
    count.setId(ids.claim("simnet_jumps"))
    count.setConstant(False)
    count.setValue(0.0)
    counted = Symbol(count.getId())
    few = Call("lt", (counted, Number(MOST_JUMPS)))
    for condition in conditions:
        event = model.createEvent()
        event.setId(ids.claim("simnet_jump"))
        event.setUseValuesFromTriggerTime(True)
        trigger = event.createTrigger()
        trigger.setMath(to_ast(Call("and", (few, condition))))
        trigger.setInitialValue(True)
        trigger.setPersistent(True)
        assignment = event.createEventAssignment()
        assignment.setVariable(count.getId())
        assignment.setMath(to_ast(Call("plus", (counted, Number(1)))))
    found: str = libsbml.writeSBMLToString(document)
    return found
