"""Elements of SBML that a Network has no place for, each with its reason and its way out."""

from collections.abc import Iterator
from typing import Any

import libsbml

from simnet.errors import Problem
from simnet.sbml.members import members

ODE_ONLY = 'run it with method="ode", which runs the file as it is'

_HARMLESS = frozenset({"l3v2extendedmath", "layout", "render", "annot"})
"""Packages that do not change what a model computes, and libsbml's name for part of L3V2 itself."""


def obstacles(document: Any) -> Iterator[Problem]:
    """Elements of a file that a Network has no place for."""
    model = document.getModel()

    def obstacle(what: str, why: str) -> Problem:
        return Problem(what=what, why=why, way_out=ODE_ONLY)

    for rule in members(model.getListOfRules()):
        if rule.isRate():
            yield obstacle(f"rate rule for {rule.getVariable()}", "changes continuously")
        elif rule.isAlgebraic():
            yield Problem(
                what=f"algebraic rule {libsbml.formulaToL3String(rule.getMath())}",
                why="no method here solves it",
                way_out="solve it for one variable and write that as an assignment rule",
            )
    for reaction in members(model.getListOfReactions()):
        if reaction.isSetFast() and reaction.getFast():
            yield Problem(
                what=f"reaction {reaction.getId()}",
                why="is marked fast, which no method here runs",
                way_out="give it a large rate constant and leave the mark out",
            )
    for species in members(model.getListOfSpecies()):
        if species.isSetConversionFactor() or model.isSetConversionFactor():
            yield obstacle(f"species {species.getId()}", "has a conversion factor")
    for compartment in members(model.getListOfCompartments()):
        if not compartment.getConstant() and model.getRuleByVariable(compartment.getId()):
            yield obstacle(f"compartment {compartment.getId()}", "changes its size")
    for i in range(document.getNumPlugins()):
        package = document.getPlugin(i)
        name = package.getPackageName()
        if name not in _HARMLESS and document.getPackageRequired(name):
            yield obstacle(f"SBML package {name}", "is required")
