"""Walks over libsbml's documents and syntax trees."""

from collections.abc import Iterator
from typing import Any


def members(items: Any) -> list[Any]:
    """All of a list of libsbml, in order; its own iteration takes several times as long."""
    get = items.get
    return [get(place) for place in range(items.size())]


def references(reaction: Any) -> list[Any]:
    """The references of a reaction to its reactants, then to its products."""
    return [*members(reaction.getListOfReactants()), *members(reaction.getListOfProducts())]


def set_by_events(model: Any) -> set[str]:
    """Ids of what the events of a model set."""
    events = members(model.getListOfEvents())
    return {a.getVariable() for e in events for a in members(e.getListOfEventAssignments())}


def is_concentration(model: Any, species: Any) -> bool:
    """Whether the species' id stands for its concentration in the file's formulas."""
    compartment = model.getCompartment(species.getCompartment())
    has_volume = compartment is not None and compartment.getSpatialDimensionsAsDouble() != 0
    return has_volume and not species.getHasOnlySubstanceUnits()


def children(node: Any) -> list[Any]:
    """The arguments of a libsbml.ASTNode."""
    return [node.getChild(place) for place in range(node.getNumChildren())]


def nodes(node: Any) -> Iterator[Any]:
    """A libsbml.ASTNode and all below it."""
    pending = [node] if node is not None else []
    while pending:
        part = pending.pop()
        yield part
        pending += children(part)


def formulas(model: Any) -> list[tuple[str, Any]]:
    """Every formula of a libsbml.Model, but for function definitions, and where it stands."""
    found = [(f"rule for {r.getVariable()}", r.getMath()) for r in members(model.getListOfRules())]
    found += [
        (f"initial assignment to {a.getSymbol()}", a.getMath())
        for a in members(model.getListOfInitialAssignments())
    ]
    found += [
        (f"rate law of {r.getId()}", r.getKineticLaw().getMath())
        for r in members(model.getListOfReactions())
        if r.isSetKineticLaw()
    ]
    for event in members(model.getListOfEvents()):
        holders = [event.getTrigger(), event.getDelay(), event.getPriority()]
        holders += members(event.getListOfEventAssignments())
        found += [(f"event {event.getId()}", h.getMath()) for h in holders if h is not None]
    return [(where, node) for where, node in found if node is not None]
