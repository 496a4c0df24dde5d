"""Elements of SBML that a Network has no place for, each with its reason and its way out."""

from collections.abc import Collection, Iterator
from typing import Any

import libsbml

from simnet.errors import Problem
from simnet.sbml.members import formulas, members, nodes, references

ODE_ONLY = 'run it with method="ode", which runs the file as it is'

_HARMLESS = frozenset({"l3v2extendedmath", "layout", "render", "annot"})
"""Packages that do not change what a model computes, and libsbml's name for part of L3V2 itself."""


def refused(model: Any, fixed: Collection[str] = ()) -> Iterator[Problem]:
    """Elements of a libsbml.Model that no method here runs; the stoichiometries of `fixed` ids do not
    vary."""
    for rule in members(model.getListOfRules()):
        if rule.isAlgebraic() and rule.getMath() is not None:
            yield Problem(
                what=f"algebraic rule 0 = {libsbml.formulaToL3String(rule.getMath())}",
                why="no method here solves it",
                way_out="solve it for one variable and write that as an assignment rule",
            )
    for where, node in formulas(model):
        for delay in (
            n for n in nodes(node) if libsbml.ASTNode.getType(n) == libsbml.AST_FUNCTION_DELAY
        ):
            yield Problem(
                what=f"{where}: {libsbml.formulaToL3String(delay)}",
                why="no method here runs delays in formulas",
                way_out="replace it by a chain of intermediate species",
            )
    for reaction in members(model.getListOfReactions()):
        if reaction.isSetFast() and reaction.getFast():
            yield Problem(
                what=f"reaction {reaction.getId()}",
                why="is marked fast, which no method here runs",
                way_out="give it a large rate constant and leave the mark out",
            )
        yield from _varied_twice(model, reaction, fixed)


def _varied_twice(model: Any, reaction: Any, fixed: Collection[str]) -> Iterator[Problem]:
    """CVODE fails on these: roadrunner's rates of them are no numbers."""
    both = references(reaction)
    for reference in both:
        name = reference.getId()
        rule = model.getAssignmentRuleByVariable(name) if name and name not in fixed else None
        several = sum(r.getSpecies() == reference.getSpecies() for r in both) > 1
        if several and rule is not None and rule.getMath() is not None:
            yield Problem(
                what=f"reaction {reaction.getId()}, species {reference.getSpecies()}",
                why=f"stands in it more than once, and a rule varies its stoichiometry "
                f"{name}, which no method here runs",
                way_out="write it once, or make two reactions of it",
            )


def obstacles(document: Any) -> Iterator[Problem]:
    """Elements of a file that a Network has no place for."""
    model = document.getModel()

    def obstacle(what: str, why: str) -> Problem:
        return Problem(what=what, why=why, way_out=ODE_ONLY)

    for rule in members(model.getListOfRules()):
        if rule.isRate():
            yield obstacle(f"rate rule for {rule.getVariable()}", "changes continuously")
        elif rule.isAlgebraic() and rule.getMath() is None:
            yield obstacle("an algebraic rule", "has no formula")
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
