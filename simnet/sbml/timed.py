"""Functions of time in a file that runs as it is, as far as they can be read."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import libsbml

from simnet.errors import ModelError
from simnet.network.evaluate import dependency_order
from simnet.network.expression import Expression
from simnet.network.time_parts import Parts, time_parts
from simnet.sbml.document import convert
from simnet.sbml.mathml import from_ast
from simnet.sbml.members import members, set_by_events


@lru_cache(maxsize=8)
def document_parts(text: str) -> Parts:
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
        return Parts()
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
