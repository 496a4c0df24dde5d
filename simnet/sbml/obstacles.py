"""Elements of SBML that a Network has no place for, each with its reason and its way out."""

from collections.abc import Iterator
from typing import Any

import libsbml

from simnet.errors import Problem

ODE_ONLY = 'run it with method="ode", which runs the file as it is'

_HARMLESS = frozenset({"l3v2extendedmath", "layout", "render", "annot"})
"""Packages that do not change what a model computes, and libsbml's name for part of L3V2 itself."""


def obstacles(document: Any) -> Iterator[Problem]:
    """Elements of a file that a Network has no place for."""
    model = document.getModel()

    def obstacle(what: str, why: str) -> Problem:
        return Problem(what=what, why=why, way_out=ODE_ONLY)

    for rule in model.getListOfRules():
        if rule.isRate():
            yield obstacle(f"rate rule for {rule.getVariable()}", "changes continuously")
        elif rule.isAlgebraic():
            yield Problem(
                what=f"algebraic rule {libsbml.formulaToL3String(rule.getMath())}",
                why="no method here solves it",
                way_out="solve it for one variable and write that as an assignment rule",
            )
    for reaction in model.getListOfReactions():
        if (reaction.getReversible() and document.getLevel() >= 3) or _net_law(reaction):
            yield Problem(
                what=f"reaction {reaction.getId()}",
                why="is reversible, with one net rate; SSA would take its size as a propensity",
                way_out="split it into a forward and a reverse reaction; or " + ODE_ONLY,
            )
        if reaction.isSetFast() and reaction.getFast():
            yield Problem(
                what=f"reaction {reaction.getId()}",
                why="is marked fast, which no method here runs",
                way_out="give it a large rate constant and leave the mark out",
            )
    for species in model.getListOfSpecies():
        if species.isSetConversionFactor() or model.isSetConversionFactor():
            yield obstacle(f"species {species.getId()}", "has a conversion factor")
    for compartment in model.getListOfCompartments():
        if not compartment.getConstant() and model.getRuleByVariable(compartment.getId()):
            yield obstacle(f"compartment {compartment.getId()}", "changes its size")
    for i in range(document.getNumPlugins()):
        package = document.getPlugin(i)
        name = package.getPackageName()
        if name not in _HARMLESS and document.getPackageRequired(name):
            yield obstacle(f"SBML package {name}", "is required")


def _net_law(reaction: Any) -> bool:
    """L2 says reversible of every reaction by default: only a law with a minus at its top is one."""
    if not reaction.getReversible() or not reaction.isSetKineticLaw():
        return False
    math_ = reaction.getKineticLaw().getMath()
    return math_ is not None and _has_minus(math_)


def _has_minus(node: Any) -> bool:
    kind = libsbml.ASTNode.getType(node)  # not node.getType(): see mathml.from_ast
    if kind == libsbml.AST_MINUS:
        return True
    return kind in (libsbml.AST_TIMES, libsbml.AST_DIVIDE, libsbml.AST_PLUS) and any(
        _has_minus(node.getChild(i)) for i in range(node.getNumChildren())
    )
