"""`write_sbml`: a Network as SBML Level 3 Version 2, in the kinetics that the reader's engine needs.

Deterministic: the same network gives the same bytes; no dates, no versions of tools.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from simnet.catalogue.annotations import SBO, accession, annotations_of
from simnet.errors import InputError, ModelError, Problem, Problems, UnsupportedError
from simnet.experiment.times import path_of
from simnet.network.expression import Call, Expression, Kinetics, Number, Time, symbols, walk
from simnet.network.network import Event, Network, Reaction, StateEvent, cached
from simnet.network.stochastic import stochastic_problems
from simnet.network.timing import without_switches
from simnet.network.units import parse_unit
from simnet.network.values import checked, require_network
from simnet.sbml.annotate import (
    Statement,
    item_annotation,
    model_annotation,
    model_statements,
    molecule_terms,
    paragraphs,
    parameter_term,
    plain,
    rdf,
    reaction_term,
    require_kinetics,
    source_statements,
    species_statements,
    species_term,
    wrapped,
)


def write_sbml(network: Network, path: str | Path, *, kinetics: Kinetics = "continuous") -> Path:
    """Write a network to an SBML file.

    Args:
        network: from `load`.
        path: the file to write.
        kinetics: "continuous" for ODE solvers, "discrete" for SSA engines.

    Returns:
        The path.

    Raises:
        InputError: not a network, or no such folder.
        UnsupportedError: the network has no exact discrete form. A foreign file that runs as it is
            has none, and is written as it is, in the laws that it has.
    """
    require_network(network)
    target, text = path_of(path, "path"), to_sbml(network, kinetics)
    file_to_write(target).write_text(text, encoding="utf-8", newline="\n")
    return target


def file_to_write(path: str | Path) -> Path:
    """The path, of a file in a folder that exists.

    Raises:
        InputError: it is a folder, or there is no folder for it.
    """
    target = path_of(path, "path")
    if not target.parent.is_dir() or target.is_dir():
        why = "is a folder" if target.is_dir() else f"there is no folder {target.parent}"
        raise InputError(Problem(what=str(target), why=why))
    return target


def to_sbml(network: Network, kinetics: Kinetics = "continuous") -> str:
    """The SBML text of a network; see `write_sbml`."""
    require_kinetics(kinetics)
    if network.document is not None:
        if kinetics == "continuous":
            return network.document.text
        raise UnsupportedError(network.document.obstacles)
    checked(network)
    if kinetics == "discrete":
        problems = Problems()
        way_out = "write it with continuous kinetics; simulate(...) runs it exactly"
        for event in network.events:
            problems.add(
                f"event {event.id}", "SSA engines ignore or delay events in a file", way_out
            )
        if without_switches(network) is not network:
            what = f"network {network.id}: a switch in time inside a rate law"
            problems.add(what, "SSA engines apply it only after the next firing", way_out)
        problems += stochastic_problems(network)
        if problems:
            raise UnsupportedError(problems)
    return sbml_text(network, kinetics)


def sbml_of(network: Network) -> str:
    """The SBML that is kept beside a network's results: in continuous kinetics, written once (calls
    on one network are many)."""
    return cached(network, to_sbml)


# One pass over a checked network, writing one list of the SBML model after the other.
#
# Every reaction goes one way; laws are extent rates; compartment sizes stay symbols; whole initial
# amounts are always written.


_BASE_UNITS = {"1": "dimensionless", "item": "item", "s": "second", "L": "litre", "mol": "mole"}
_NOTES = {
    "continuous": "Rate laws are continuous (k/2*A^2 for a homodimer): for ODE solvers, and for "
    "COPASI's SSA, which applies its own combinatorial factor.",
    "discrete": "Rate laws are discrete (k/2*A*(A-1) for a homodimer): for SSA engines that take "
    "laws literally, such as roadrunner.",
}


def sbml_text(network: Network, kinetics: Kinetics) -> str:
    """The SBML text of a network that has been checked."""
    import libsbml

    document = libsbml.SBMLDocument(3, 2)
    _Writer(network, kinetics, document.createModel()).write()
    text: str = libsbml.writeSBMLToString(document)
    return text


class _Writer:
    """Each method writes one list of the model."""

    def __init__(self, network: Network, kinetics: Kinetics, model: Any) -> None:
        from simnet.sbml.ids import Ids
        from simnet.sbml.mathml import to_ast  # libsbml takes a while to import

        self.network, self.kinetics, self.model, self.ast = network, kinetics, model, to_ast
        self.annotations = annotations_of(network)
        self.kinds = molecule_terms(self.annotations)
        self.unit_ids = Ids(["item", "second", "litre", "mole", "metre", "dimensionless"])
        self.units: dict[str, str] = {}
        self.set_by_events = {name for e in network.events for name, _ in e.assignments}
        self.set_by_events |= network.set_by_state_events

    def write(self) -> None:
        self.header()
        self.unit_definitions()
        self.compartments()
        self.species()
        self.parameters()
        self.initial_assignments()
        self.assignment_rules()
        for reaction in self.network.reactions:
            self.reaction(reaction)
        for event in self.network.events:
            when = Call("gt" if event.strict else "ge", (Time(), event.time))
            self.event(event, when, initial=not event.at_start)
        for state_event in self.network.state_events:
            self.event(state_event, state_event.trigger, initial=state_event.initial)

    def header(self) -> None:
        network, model = self.network, self.model
        _ok(model.setId(network.id))
        if network.title:
            _ok(model.setName(network.title))
        _ok(model.setNotes(paragraphs(network.summary, _NOTES[self.kinetics])))
        own = model_annotation(network, self.kinetics)
        _annotation(model, own, model_statements(self.annotations))
        if network.substance_unit is not None:
            _ok(model.setSubstanceUnits(self.unit(network.substance_unit)))
            _ok(model.setExtentUnits(self.unit(network.substance_unit)))
        if network.time_unit is not None:
            _ok(model.setTimeUnits(self.unit(network.time_unit)))
        if all(compartment.unit == "L" for compartment in network.compartments):
            _ok(model.setVolumeUnits("litre"))

    def unit(self, text: str) -> str:
        """The id under which a unit is known in the file."""
        if text not in self.units:
            readable = text.replace("/", " per ").replace("1 per", "per").replace("^", "")
            readable = readable.replace("%", "percent")
            self.units[text] = _BASE_UNITS.get(text) or self.unit_ids.claim(
                "_".join(readable.replace("(", " ").replace(")", " ").split())
            )
        return self.units[text]

    def unit_definitions(self) -> None:
        network = self.network
        texts = [c.unit for c in network.compartments]
        texts += [p.unit for p in network.parameters]
        texts += [a.unit for a in network.assignments]
        texts += [n.unit for e in self.expressions() for n in walk(e) if isinstance(n, Number)]
        for text in [network.substance_unit, network.time_unit, *texts]:
            if text is not None:
                self.unit(text)
        for text, unit_id in self.units.items():
            if text not in _BASE_UNITS:
                self.unit_definition(text, unit_id)

    def unit_definition(self, text: str, unit_id: str) -> None:
        from libsbml import UnitKind_forName

        parsed = parse_unit(text)
        definition = self.model.createUnitDefinition()
        _ok(definition.setId(unit_id))
        _ok(definition.setName(text))
        kinds = [(base, exponent, 1.0) for base, exponent in parsed.exponents]
        if parsed.factor != 1 or not kinds:
            kinds.append(("dimensionless", 1, parsed.factor))
        for base, exponent, factor in kinds:
            unit = definition.createUnit()
            _ok(unit.setKind(UnitKind_forName(base)))
            unit.setExponent(exponent)
            unit.setScale(0)
            unit.setMultiplier(factor)

    def expressions(self) -> Iterable[Expression]:
        network = self.network
        yield from (a.expression for a in network.assignments)
        yield from (
            i.initial_expression for i in network.quantities if i.initial_expression is not None
        )
        yield from (self.law(r) for r in network.reactions)
        for event in network.all_events:
            yield event.time if isinstance(event, Event) else event.trigger
            yield from (expression for _, expression in event.assignments)

    def law(self, reaction: Reaction) -> Expression:
        return reaction.law.expression(self.kinetics, self.network.substance_unit)

    def compartments(self) -> None:
        for compartment in self.network.compartments:
            item = self.model.createCompartment()
            _ok(item.setId(compartment.id))
            item.setConstant(True)
            item.setSpatialDimensions(compartment.dimensions)
            item.setSize(compartment.size)
            if compartment.unit is not None:
                _ok(item.setUnits(self.unit(compartment.unit)))
            _notes(item, compartment.meaning)
            terms = self.annotations.compartments.get(compartment.id, ())
            _annotation(item, item_annotation(compartment), plain(terms))
            for term in (t for t in terms if t.qualifier == SBO):
                _ok(item.setSBOTerm(accession(term.uri)))

    def species(self) -> None:
        for species in self.network.species:
            item = self.one_species(species.id, species.name, species.compartment)
            item.setInitialAmount(species.initial)
            item.setBoundaryCondition(species.fixed)
            _notes(item, species.name)
            statements = species_statements(species, self.network, self.annotations)
            _annotation(item, item_annotation(species), statements)
            _sbo(item, species_term(species.molecules, self.kinds))
        for assignment in self.network.assignments:
            if assignment.compartment is not None:
                item = self.one_species(assignment.id, assignment.meaning, assignment.compartment)
                item.setBoundaryCondition(False)

    def one_species(self, name: str, meaning: str, compartment: str) -> Any:
        item = self.model.createSpecies()
        _ok(item.setId(name))
        if meaning:
            _ok(item.setName(meaning))
        _ok(item.setCompartment(compartment))
        if self.network.substance_unit is not None:
            _ok(item.setSubstanceUnits(self.unit(self.network.substance_unit)))
        item.setHasOnlySubstanceUnits(True)
        item.setConstant(False)
        return item

    def parameters(self) -> None:
        for parameter in self.network.parameters:
            constant = parameter.id not in self.set_by_events
            item = self.parameter(parameter.id, parameter.unit, constant=constant)
            item.setValue(parameter.value)
            source = f"Source: {parameter.source}" if parameter.source else ""
            confidence = f" ({parameter.confidence})" if parameter.confidence else ""
            _notes(item, parameter.meaning, source + confidence)
            statements = source_statements(parameter.source)
            _annotation(item, item_annotation(parameter), statements)
            if self.network.molecules:
                _sbo(item, parameter_term(parameter))
        for assignment in self.network.assignments:
            if assignment.compartment is not None:
                continue
            item = self.parameter(assignment.id, assignment.unit, constant=False)
            _notes(item, assignment.meaning)
            _annotation(item, item_annotation(assignment))
            if self.network.molecules:
                _sbo(item, parameter_term(assignment))

    def parameter(self, name: str, unit: str | None, *, constant: bool) -> Any:
        item = self.model.createParameter()
        _ok(item.setId(name))
        item.setConstant(constant)
        if unit is not None:
            _ok(item.setUnits(self.unit(unit)))
        return item

    def initial_assignments(self) -> None:
        for item in self.network.quantities:
            if item.initial_expression is None:
                continue
            assignment = self.model.createInitialAssignment()
            _ok(assignment.setSymbol(item.id))
            _ok(assignment.setMath(self.ast(item.initial_expression)))

    def assignment_rules(self) -> None:
        for assignment in self.network.assignments:
            rule = self.model.createAssignmentRule()
            _ok(rule.setVariable(assignment.id))
            _ok(rule.setMath(self.ast(assignment.expression)))

    def reaction(self, reaction: Reaction) -> None:
        item = self.model.createReaction()
        _ok(item.setId(reaction.id))
        if reaction.rules:
            _ok(item.setName(", ".join(reaction.rules)))
        item.setReversible(False)
        if self.network.molecules:
            _sbo(item, reaction_term(reaction, self.network, self.kinds))
        sides = (item.createReactant, reaction.reactants), (item.createProduct, reaction.products)
        for create, side in sides:
            for species, count in side:
                reference = create()
                _ok(reference.setSpecies(species))
                reference.setStoichiometry(count)
                reference.setConstant(True)
        law = self.law(reaction)
        taking_part = {s for s, _ in (*reaction.reactants, *reaction.products)}
        read = symbols(law) & self.network.species_index.keys()
        for species in sorted(read - taking_part, key=self.network.species_index.__getitem__):
            _ok(item.createModifier().setSpecies(species))
        _ok(item.createKineticLaw().setMath(self.ast(law)))

    def event(self, event: Event | StateEvent, when: Expression, *, initial: bool) -> None:
        item = self.model.createEvent()
        _ok(item.setId(event.id))
        item.setUseValuesFromTriggerTime(True)
        trigger = item.createTrigger()
        trigger.setInitialValue(initial)
        trigger.setPersistent(True)
        _ok(trigger.setMath(self.ast(when)))
        for target, expression in event.assignments:
            assignment = item.createEventAssignment()
            _ok(assignment.setVariable(target))
            _ok(assignment.setMath(self.ast(expression)))


def _notes(item: Any, *lines: str) -> None:
    text = paragraphs(*lines)
    if text:
        _ok(item.setNotes(text))


def _annotation(item: Any, own: str, statements: Iterable[Statement] = ()) -> None:
    """Our element, and what other tools read; RDF needs an id to speak about."""
    metaid = f"meta_{item.getId()}"
    about = rdf(metaid, statements)
    if about:
        _ok(item.setMetaId(metaid))
    if text := wrapped(own, about):
        _ok(item.setAnnotation(text))


def _sbo(item: Any, term: int | None) -> None:
    if term is not None:
        _ok(item.setSBOTerm(term))


def _ok(code: int) -> None:
    """libsbml returns a status instead of raising."""
    if code != 0:  # LIBSBML_OPERATION_SUCCESS
        import libsbml

        why = libsbml.OperationReturnValue_toString(code)
        raise ModelError(Problem(what="writing SBML", why=f"libsbml: {why}"))
