"""Walks over libsbml's documents and syntax trees."""

import math
from collections.abc import Collection, Iterator
from typing import Any

import libsbml

from simnet.errors import ModelError, Problem, Problems
from simnet.network.units import DIMENSIONLESS, Unit, parse_unit, unit_text


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


# Elements of SBML that a Network has no place for, each with its reason and its way out.


ODE_ONLY = 'run it with method="ode", which runs the file as it is'

_HARMLESS = frozenset({"l3v2extendedmath", "layout", "render", "annot"})
"""Packages that do not change what a model computes, and libsbml's name for part of L3V2 itself."""


def refused(model: Any, fixed: Collection[str] = ()) -> tuple[Problem, ...]:
    """Elements of a libsbml.Model that no method here runs; the stoichiometries of `fixed` ids do not
    vary."""
    found = Problems()
    for rule in members(model.getListOfRules()):
        if rule.isAlgebraic() and rule.getMath() is not None:
            what = f"algebraic rule 0 = {libsbml.formulaToL3String(rule.getMath())}"
            way_out = "solve it for one variable and write that as an assignment rule"
            found.add(what, "is not supported by any method", way_out)
    for where, node in formulas(model):
        for part in nodes(node):
            if libsbml.ASTNode.getType(part) == libsbml.AST_FUNCTION_DELAY:
                what = f"{where}: {libsbml.formulaToL3String(part)}"
                way_out = "replace it by a chain of intermediate species"
                found.add(what, "delays are not supported", way_out)
    for reaction in members(model.getListOfReactions()):
        what, both = f"reaction {reaction.getId()}", references(reaction)
        if reaction.isSetFast() and reaction.getFast():
            way_out = "give it a large rate constant and leave the mark out"
            found.add(what, "fast reactions are not supported", way_out)
        for reference in both:  # CVODE fails on these: roadrunner's rates of them are no numbers
            name = reference.getId()
            rule = model.getAssignmentRuleByVariable(name) if name and name not in fixed else None
            several = sum(r.getSpecies() == reference.getSpecies() for r in both) > 1
            if several and rule is not None and rule.getMath() is not None:
                found.add(
                    f"{what}, species {reference.getSpecies()}",
                    f"is listed more than once, and a rule varies its stoichiometry {name}, which is "
                    "not supported",
                    "list it once, or make two reactions of it",
                )
    return tuple(found)


def obstacles(document: Any) -> list[Problem]:
    """Elements of a file that a Network has no place for."""
    model, found = document.getModel(), Problems()
    for rule in members(model.getListOfRules()):
        if rule.isRate():
            found.add(f"rate rule for {rule.getVariable()}", "changes continuously", ODE_ONLY)
        elif rule.isAlgebraic() and rule.getMath() is None:
            found.add("an algebraic rule", "has no formula", ODE_ONLY)
    for species in members(model.getListOfSpecies()):
        if species.isSetConversionFactor() or model.isSetConversionFactor():
            found.add(f"species {species.getId()}", "has a conversion factor", ODE_ONLY)
    for compartment in members(model.getListOfCompartments()):
        if not compartment.getConstant() and model.getRuleByVariable(compartment.getId()):
            found.add(f"compartment {compartment.getId()}", "changes its size", ODE_ONLY)
    for package in map(document.getPlugin, range(document.getNumPlugins())):
        name = package.getPackageName()
        if name not in _HARMLESS and document.getPackageRequired(name):
            found.add(f"SBML package {name}", "is required", ODE_ONLY)
    return found


# SBML unit definitions as unit text.


def unit_of(definition: Any) -> str | None:
    """The text of a unit definition; ours have it as name."""
    name = definition.getName()
    try:
        total = DIMENSIONLESS
        for unit in members(definition.getListOfUnits()):
            kind = libsbml.UnitKind_toString(unit.getKind())
            kind = {"liter": "litre", "meter": "metre"}.get(kind, kind)
            exponent = unit.getExponentAsDouble()
            factor = unit.getMultiplier() * 10.0 ** unit.getScale()
            if exponent != int(exponent):
                return None
            bases = () if kind == "dimensionless" else ((kind, int(exponent)),)
            total = total * Unit(factor**exponent, bases)
        if name and _parses_to(name, total):
            return str(name)
        return unit_text(total)
    except (ModelError, KeyError, ZeroDivisionError, OverflowError):
        return None


def _parses_to(name: str, unit: Unit) -> bool:
    try:
        parsed = parse_unit(name)
    except ModelError:
        return False
    return parsed.exponents == unit.exponents and math.isclose(parsed.factor, unit.factor)


# Units of an SBML model, as unit text: of its items, and where an item has none of its own.


_BASE = {
    "volume": "L",
    "liter": "L",
    "length": "m",
    "area": "m^2",
    "second": "s",
    "litre": "L",
    "mole": "mol",
    "dimensionless": "1",
    "metre": "m",
}


class UnitReader:
    """Reads the units of a model.

    Args:
        document: the libsbml.SBMLDocument.

    Attributes:
        texts: of the unit definitions that have one, by id.
    """

    def __init__(self, document: Any) -> None:
        self.model, self.level = document.getModel(), document.getLevel()
        self.texts = {
            d.getId(): t
            for d in members(self.model.getListOfUnitDefinitions())
            if (t := unit_of(d))
        }

    def unit(self, unit_id: str) -> str | None:
        """The unit of that id; None where it has no text."""
        if not unit_id:
            return None
        if unit_id in self.texts:
            return self.texts[unit_id]
        if self.model.getUnitDefinition(unit_id) is not None:
            return None  # one that has no text
        text = _BASE.get(unit_id, unit_id)
        try:
            parse_unit(text)
        except ModelError:
            return None
        return text

    def of_substance(self) -> str | None:
        """Of amounts: what all species state, or else the model's."""
        found = self.of_species()
        return found[0] if len(found) == 1 else self._of_model_substance()

    def of_species(self) -> list[str | None]:
        """The different units of the amounts that reactions change."""
        stated = (
            s.getSubstanceUnits()
            for s in members(self.model.getListOfSpecies())
            if not (s.getConstant() or s.getBoundaryCondition())
            and self.model.getRuleByVariable(s.getId()) is None
        )
        return list(dict.fromkeys(self._stated_or_default(unit) for unit in stated))

    def mixed(self) -> list[Problem]:
        """What is wrong where these units differ."""
        found = self.of_species()
        if len(found) < 2:
            return []
        units = " and ".join(str(unit or "a unit without a name") for unit in found)
        why = "SSA needs the same unit for all species"
        way_out = f"give all species one unit; or {ODE_ONLY}"
        return [Problem(what=f"amounts of species in {units}", why=why, way_out=way_out)]

    def _stated_or_default(self, unit: str) -> str | None:
        of_model = self.level < 3 and unit == "substance"
        return self._of_model_substance() if of_model or not unit else self.unit(unit)

    def _of_model_substance(self) -> str | None:
        return self._of_model("substance", self.model.getSubstanceUnits(), "mol")

    def of_time(self) -> str | None:
        """Of time."""
        return self._of_model("time", self.model.getTimeUnits(), "s")

    def _of_model(self, name: str, stated: str, default: str) -> str | None:
        """What the model states; Level 2 has a default, unless the model defines a unit of that name."""
        if self.level >= 3:
            return self.unit(stated)
        definition = self.model.getUnitDefinition(name)
        return (unit_of(definition) if definition is not None else None) or default

    def of_size(self, compartment: Any) -> str | None:
        """Of a volume, area or length; None for other dimensions. Level 2's default for a volume is
        litre, unless the model defines "volume"."""
        return self.unit(compartment.getUnits() or self._default_of_size(compartment))

    def _default_of_size(self, compartment: Any) -> str:
        model, dimensions = self.model, compartment.getSpatialDimensions()
        if self.level < 3:
            return {3: "volume", 2: "area", 1: "length"}.get(dimensions, "")
        defaults = {3: model.getVolumeUnits, 2: model.getAreaUnits, 1: model.getLengthUnits}
        getter = defaults.get(dimensions)
        return str(getter()) if getter is not None else ""
