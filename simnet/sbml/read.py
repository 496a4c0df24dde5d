"""SBML (L2V4 to L3V2) -> Network: a file or text opened, checked and flattened, then read element by
element.

What a Network cannot hold (events, rate rules, delays, reversible laws, ...) is collected as
obstacles: the result then carries the document itself and runs under ODE only. Our own files are
read by the same code; their annotation adds the catalogue and says which kinetics the laws are in.
"""

import math
from pathlib import Path
from typing import Any

import libsbml

from simnet.errors import InputError, ModelError, Problem, Problems
from simnet.network.expression import (
    Call,
    Declared,
    Expression,
    Kinetics,
    Number,
    Symbol,
    substitute,
    symbols,
)
from simnet.network.network import (
    Assignment,
    Compartment,
    Document,
    Event,
    Network,
    Parameter,
    Readout,
    Species,
    StateEvent,
)
from simnet.network.values import checked, ordered, with_initial_values
from simnet.sbml.annotate import (
    KINETICS,
    attribute,
    catalogue,
    own_element,
    parameter_fields,
    require_kinetics,
)
from simnet.sbml.document import Starts, convert, jumps_in, passing_in, put_together
from simnet.sbml.elements import (
    ODE_ONLY,
    UnitReader,
    is_concentration,
    members,
    obstacles,
    references,
    refused,
)
from simnet.sbml.events import EventReader, late_values, may_be_stepped_over, ordered_by_more
from simnet.sbml.guard import harmless, require_expandable, require_short_chains, text_of
from simnet.sbml.ids import Ids
from simnet.sbml.mathml import DelayNotHeld, NotHeld, from_ast
from simnet.sbml.reactions import ReactionReader, Stoichiometries


def read_sbml(path: Path, *, kinetics: Kinetics | None = None) -> Network:
    """Read an SBML file.

    Args:
        path: the file.
        kinetics: for a foreign file, the kinetics its laws are in; None leaves them as written.

    Raises:
        OSError: no such file, or one that cannot be read.
        InputError: `kinetics` contradicts what our own file says of itself.
        ModelError: not SBML, or SBML with errors.
    """
    return from_sbml(text_of(path), name=path.stem, kinetics=kinetics)


def from_sbml(content: str, *, name: str = "model", kinetics: Kinetics | None = None) -> Network:
    """A Network from SBML text; `name` serves a model that has no id. See `read_sbml`."""
    content = harmless(content, name)
    document = libsbml.readSBMLFromString(content)
    _require_readable(document, name)
    if put_together(document, name):
        content = harmless(libsbml.writeSBMLToString(document), name)
    model = document.getModel()
    require_expandable(model, name)
    declared = model.getNumParameters()
    convert(document, "promoteLocalParameters")
    if model.getNumParameters() > declared:  # a file that runs as it is runs with these
        content = libsbml.writeSBMLToString(document)
    convert(document, "expandFunctionDefinitions")
    return _ModelReader(document, content, name, kinetics).network()


def _require_readable(document: Any, name: str) -> None:
    found = Problems()
    for error in map(document.getError, range(document.getNumErrors())):
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            message = " ".join(error.getMessage().split())
            found.add(f"{name}, line {error.getLine()}", message[:300])
    for package in ("multi", "qual", "spatial"):  # roadrunner would leave out what they add
        if document.getPackageRequired(package):
            why = "is required by the file and is not supported"
            found.add(f"{name}, SBML package {package}", why)
    if found or document.getModel() is None:
        raise ModelError(found[:5] or Problem(what=name, why="contains no SBML model"))


class _ModelReader:
    """Reads one document.

    Args:
        document: the libsbml.SBMLDocument, without submodels, function definitions or local
            parameters.
        content: its text.
        name: of a model that has no id.
        kinetics: of a foreign file's laws; None leaves them as written.

    Raises:
        InputError: `kinetics` is unknown, or not what the file says of itself.
    """

    def __init__(self, document: Any, content: str, name: str, kinetics: Kinetics | None) -> None:
        self.document, self.model, self.content = document, document.getModel(), content
        self.own = own_element(self.model, "network")
        self.name = self.model.getId() or Ids().claim(name)
        self.kinetics = self.declared(kinetics)
        self.units = UnitReader(document)
        self.obstacles = Problems()
        self.cautions: list[str] = []
        self.moments: list[Expression] = []
        self.rates = {r.getId() for r in members(self.model.getListOfReactions())}
        self.known: dict[str, Expression] = {}  # ids that stand for numbers
        self.stoichiometries = Stoichiometries(self.model, self.expression)
        self.known = {n: Number(v) for n, v in self.stoichiometries.values.items()}
        self.reactions = ReactionReader(
            self.model,
            self.expression,
            stoichiometries=self.stoichiometries,
            kinetics=self.kinetics,
            ids=Ids(_all_ids(self.model)),
            obstacles=self.obstacles,
            cautions=self.cautions,
        )
        self.computed = {
            r.getVariable() for r in members(self.model.getListOfRules()) if r.isAssignment()
        }
        self.reacting = {
            reference.getSpecies()
            for r in members(self.model.getListOfReactions())
            for reference in references(r)
        }

    def declared(self, given: Kinetics | None) -> Declared:
        if given is not None:
            require_kinetics(given)
        if self.own is None:
            return given or "undeclared"
        stated = attribute(self.own, "kinetics")
        if given is not None and given != stated != "undeclared":
            what, why = f"kinetics={given!r}", f"the file declares that its laws are {stated}"
            raise InputError(Problem(what=what, why=why, way_out="leave kinetics out"))
        return given or (stated if stated in KINETICS else "undeclared")  # type: ignore[return-value]

    def network(self) -> Network:
        """The Network.

        Raises:
            ModelError: formulas that cannot be, or a network that fails its checks.
        """
        unrunnable = refused(self.model, self.known)
        self.obstacles += (*unrunnable, *obstacles(self.document), *self.units.mixed())
        rules = self.assignments()
        require_short_chains(rules)
        initial = self.initial_assignments()
        species = self.species(initial)
        parameters = self.parameters(initial)
        compartments = self.compartments(initial)
        reactions = self.reactions.read()
        events, state_events = self.events(rules)
        shown = self.catalogue(rules, species, parameters)
        if self.obstacles:
            starts = Starts((*compartments, *species, *parameters), rules)
            compartments, species = starts.known(compartments), starts.known(species)
            parameters = starts.known(parameters)
            rules, reactions, events, state_events = (), (), (), ()
        network = Network(
            id=self.name,
            compartments=compartments,
            species=species,
            parameters=parameters,
            assignments=rules,
            reactions=reactions,
            events=events,
            state_events=state_events,
            built_in=self.built_in(),
            kinetics="as-written" if self.kinetics == "undeclared" else "both",
            substance_unit=self.units.of_substance(),
            time_unit=self.units.of_time(),
            **shown,
            document=(
                Document(
                    text=self.content,
                    obstacles=tuple(self.obstacles),
                    cautions=tuple(self.cautions),
                    refused=unrunnable,
                    moments=tuple(dict.fromkeys(self.moments)),
                    jumps=jumps_in(self.model),
                    passing=passing_in(self.model),
                )
                if self.obstacles
                else None
            ),
        )
        if network.document is not None:
            return network
        return with_initial_values(checked(network))

    def built_in(self) -> tuple[str, ...]:
        """Parameters in stoichiometries: those of the formulas, and those that our own file names."""
        named = attribute(self.own, "built_in").split()
        return tuple(sorted(self.stoichiometries.built_in.union(named)))

    def catalogue(
        self,
        rules: tuple[Assignment, ...],
        species: tuple[Species, ...],
        parameters: tuple[Parameter, ...],
    ) -> dict[str, Any]:
        if self.own is not None:
            return {
                "title": self.model.getName(),
                "summary": attribute(self.own, "summary"),
                "suggested_equilibration": attribute(self.own, "equilibrate"),
                **catalogue(self.own),
            }
        # A rule of a foreign file is as often a helper as an observable: species come first.
        shown = [(s.id, self.units.of_substance(), s.name) for s in species]
        shown += [(r.id, r.unit, r.meaning) for r in rules]
        shown += [(p.id, p.unit, p.meaning) for p in parameters if self.model.getRateRule(p.id)]
        return {
            "title": self.model.getName() or "",
            "rules": tuple(self.reactions.splits),
            "readouts": tuple(Readout(name=i, symbol=i, unit=u, meaning=m) for i, u, m in shown),
        }

    def expression(self, node: Any, where: str) -> Expression:
        """The expression, with species that stand for concentrations divided by their volume."""
        if node is None:
            self.obstacles.add(where, "has no formula", ODE_ONLY)
            return Number(math.nan)
        if not node.isWellFormedASTNode():
            what = f"{self.name}, {where}: {libsbml.formulaToL3String(node)}"
            why = "a function has the wrong number of arguments"
            raise ModelError(Problem(what=what, why=why))
        try:
            found = from_ast(node, self.units.texts)
        except DelayNotHeld:  # `refused` names them all
            return Number(math.nan)
        except NotHeld as error:
            (problem,) = error.problems
            self.obstacles.add(where, f"{problem.what}: {problem.why}", problem.way_out or ODE_ONLY)
            return Number(math.nan)
        for name in sorted(symbols(found) & self.rates):
            self.obstacles.add(where, f"reads the rate of reaction {name}", ODE_ONLY)
        concentrations: dict[str, Expression] = {
            name: Call("divide", (Symbol(name), Symbol(species.getCompartment())))
            for name in symbols(found)
            if (species := self.model.getSpecies(name)) is not None
            and is_concentration(self.model, species)
        }
        meant = concentrations | self.known
        return substitute(found, meant) if meant else found

    def assignments(self) -> tuple[Assignment, ...]:
        return ordered(
            self.assignment(rule)
            for rule in members(self.model.getListOfRules())
            if rule.isAssignment() and rule.getVariable() not in self.known
        )

    def assignment(self, rule: Any) -> Assignment:
        """A computed parameter, or a species that no reaction changes and a rule computes."""
        variable = rule.getVariable()
        species = self.model.getSpecies(variable)
        item = self.model.getParameter(variable) if species is None else species
        expression = self.expression(rule.getMath(), f"assignment rule for {variable}")
        if species is not None and is_concentration(self.model, species):
            expression = Call("times", (expression, Symbol(species.getCompartment())))
        if item is None or (species is not None and variable in self.reacting):
            why = "a compartment, stoichiometry or reacting species that is computed"
            self.obstacles.add(f"assignment rule for {variable}", why, ODE_ONLY)
        if species is not None:
            return Assignment(
                id=variable,
                expression=expression,
                unit=self.units.of_substance(),
                meaning=species.getName(),
                compartment=species.getCompartment(),
            )
        own = own_element(item, "assignment") if item is not None else None
        observable = attribute(own, "kind") == "observable"
        return Assignment(
            id=variable,
            expression=expression,
            unit=self.units.unit(item.getUnits()) if item is not None else None,
            kind="observable" if observable else "expression",
            meaning=attribute(own, "meaning"),
        )

    def initial_assignments(self) -> dict[str, Expression]:
        return {
            item.getSymbol(): self.expression(
                item.getMath(), f"initial assignment to {item.getSymbol()}"
            )
            for item in members(self.model.getListOfInitialAssignments())
        }

    def compartments(self, initial: dict[str, Expression]) -> tuple[Compartment, ...]:
        return tuple(
            Compartment(
                id=c.getId(),
                size=c.getSize() if c.isSetSize() else 1.0,
                unit=self.units.of_size(c),
                dimensions=int(c.getSpatialDimensions()) if c.isSetSpatialDimensions() else 3,
                meaning=attribute(own_element(c, "compartment"), "meaning"),
                initial_expression=initial.get(c.getId()),
            )
            for c in members(self.model.getListOfCompartments())
        )

    def species(self, initial: dict[str, Expression]) -> tuple[Species, ...]:
        found = []
        for s in members(self.model.getListOfSpecies()):
            if s.getId() in self.computed:
                continue
            volume = self.model.getCompartment(s.getCompartment())
            size = volume.getSize() if volume is not None and volume.isSetSize() else 1.0
            amount = s.getInitialAmount() if s.isSetInitialAmount() else 0.0
            if s.isSetInitialConcentration():
                amount = s.getInitialConcentration() * size
            expression = initial.get(s.getId())
            concentration = is_concentration(self.model, s)
            if (
                expression is None
                and s.isSetInitialConcentration()
                and s.getCompartment() in initial
            ):
                expression, concentration = Number(s.getInitialConcentration()), True
            if expression is not None and concentration:
                expression = Call("times", (expression, Symbol(s.getCompartment())))
            own = own_element(s, "species")
            found.append(
                Species(
                    id=s.getId(),
                    name=s.getName() or s.getId(),
                    compartment=s.getCompartment(),
                    initial=amount,
                    initial_expression=expression,
                    fixed=s.getBoundaryCondition() or s.getConstant(),
                    molecules=tuple(attribute(own, "molecules").split()),
                )
            )
        return tuple(found)

    def parameters(self, initial: dict[str, Expression]) -> tuple[Parameter, ...]:
        return tuple(
            Parameter(
                id=p.getId(),
                value=p.getValue() if p.isSetValue() else math.nan,
                unit=self.units.unit(p.getUnits()),
                initial_expression=initial.get(p.getId()),
                **parameter_fields(own_element(p, "parameter")),
            )
            for p in members(self.model.getListOfParameters())
            if p.getId() not in self.computed
        )

    def events(
        self, rules: tuple[Assignment, ...]
    ) -> tuple[tuple[Event, ...], tuple[StateEvent, ...]]:
        """Events at fixed times, and events on the state."""
        events = members(self.model.getListOfEvents())
        reader = EventReader(self.model, self.expression, rules)
        ids = Ids(e.getId() for e in events if e.getId())
        timed: dict[Event, Any] = {}
        on_state: list[StateEvent] = []
        orders: list[Problem] = []
        for event in events:
            name = event.getId() or ids.claim("event")
            read = reader.read(event, name)
            self.moments += reader.moments(event)
            if isinstance(read, Problem):
                self.obstacles.append(read)
                self.cautions += filter(None, [may_be_stepped_over(event, self.model)])
            elif isinstance(read, Event):
                timed[read] = event
            else:
                on_state.append(read)
                orders += filter(None, [ordered_by_more(event, name)])
        self.obstacles += orders if len(on_state) > 1 else []
        self.obstacles += filter(None, [late_values(e, read, timed) for read, e in timed.items()])
        return tuple(timed), tuple(on_state)


def _all_ids(model: Any) -> list[str]:
    """Ids of what expressions may name, and of reactions and events."""
    lists = (
        model.getListOfCompartments(),
        model.getListOfSpecies(),
        model.getListOfParameters(),
        model.getListOfReactions(),
        model.getListOfEvents(),
    )
    return [item.getId() for items in lists for item in members(items) if item.getId()]
