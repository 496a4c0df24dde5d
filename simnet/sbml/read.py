"""SBML (L2V4 to L3V2) -> Network.

What a Network cannot hold (events, rate rules, delays, reversible laws, ...) is collected as
obstacles: the result then carries the document itself and runs under ODE only. Our own files are
read by the same code; their annotation adds the catalogue and says which kinetics the laws are in.
"""

import math
from pathlib import Path
from typing import Any

import libsbml

from simnet.errors import InputError, ModelError, Problem
from simnet.network.checks import checked
from simnet.network.evaluate import ordered, with_initial_values
from simnet.network.expression import Call, Expression, Number, Symbol, substitute, symbols
from simnet.network.network import (
    Assignment,
    Compartment,
    Document,
    Event,
    Network,
    Parameter,
    Reaction,
    Readout,
    Rule,
    Species,
    StateEvent,
)
from simnet.network.rates import Declared, Kinetics, written_law
from simnet.network.units import parse_unit
from simnet.sbml import annotation
from simnet.sbml.events import EventReader, may_be_stepped_over, ordered_by_more
from simnet.sbml.guard import (
    require_expandable,
    require_harmless,
    require_short_chains,
    require_size,
)
from simnet.sbml.ids import Ids
from simnet.sbml.mathml import NotHeld, from_ast
from simnet.sbml.obstacles import ODE_ONLY, obstacles
from simnet.sbml.reversible import Side, is_net, record, split
from simnet.sbml.submodels import put_together
from simnet.sbml.units import unit_of

_MOST_USED, _MOST_MADE = 1e3, 1e9
"""Molecules of a species in one reaction: a discrete law has a factor for each one used."""


def read_sbml(path: str | Path, *, kinetics: Kinetics | None = None) -> Network:
    """Read an SBML file.

    Args:
        path: the file.
        kinetics: for a foreign file, the kinetics its laws are in; None leaves them as written.

    Raises:
        InputError: no such file, or `kinetics` contradicts what our own file says of itself.
        ModelError: not SBML, or SBML with errors.
    """
    file = Path(path)
    try:
        require_size(file.stat().st_size, str(path))
        data = file.read_bytes()
    except OSError as error:
        raise InputError(Problem(what=str(path), why=error.strerror or "cannot be read")) from None
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        why = "is in UTF-16, and SBML is in UTF-8" if utf_16 else "not a text file, so not SBML"
        way_out = "save it as UTF-8" if utf_16 else ""
        raise ModelError(Problem(what=str(path), why=why, way_out=way_out)) from None
    return from_sbml(content, name=file.stem, kinetics=kinetics)


def from_sbml(content: str, *, name: str = "model", kinetics: Kinetics | None = None) -> Network:
    """A Network from SBML text; `name` serves a model that has no id. See `read_sbml`."""
    require_harmless(content, name)
    document = libsbml.readSBMLFromString(content)
    _require_readable(document, name)
    if put_together(document, name):
        content = libsbml.writeSBMLToString(document)
        require_harmless(content, name)
    require_expandable(document.getModel(), name)
    for option in ("expandFunctionDefinitions", "promoteLocalParameters"):
        properties = libsbml.ConversionProperties()
        properties.addOption(option, True)
        document.convert(properties)
    return _Reader(document, content, name, kinetics).network()


def _require_readable(document: Any, name: str) -> None:
    model = document.getModel()
    found = []
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            message = " ".join(error.getMessage().split())
            found.append(
                Problem(what=f"{name}, line {error.getLine()}", why=message[:300], way_out="")
            )
    for package in ("multi", "qual", "spatial"):  # roadrunner would leave out what they add
        if document.getPackageRequired(package):
            why = "is required to understand the file, and no method here has it"
            found.append(Problem(what=f"{name}, SBML package {package}", why=why))
    if found or model is None:
        raise ModelError(found[:5] or [Problem(what=name, why="holds no SBML model")])


class _Reader:
    def __init__(self, document: Any, content: str, name: str, kinetics: Kinetics | None) -> None:
        self.document, self.model, self.content = document, document.getModel(), content
        self.own = annotation.own_element(self.model, "network")
        self.name = self.model.getId() or Ids().claim(name)
        self.kinetics = self.declared(kinetics)
        self.unit_texts = {
            d.getId(): t for d in self.model.getListOfUnitDefinitions() if (t := unit_of(d))
        }
        self.obstacles: list[Problem] = []
        self.cautions: list[str] = []
        self.splits: list[Rule] = []
        self.ids = Ids(_all_ids(self.model))
        self.rates = {r.getId() for r in self.model.getListOfReactions()}
        self.computed = {r.getVariable() for r in self.model.getListOfRules() if r.isAssignment()}
        self.reacting = {
            reference.getSpecies()
            for r in self.model.getListOfReactions()
            for side in (r.getListOfReactants(), r.getListOfProducts())
            for reference in side
        }

    def declared(self, given: Kinetics | None) -> Declared:
        if given not in (None, "continuous", "discrete"):
            raise InputError(
                Problem(
                    what=f"kinetics={given!r}", why="unknown", way_out='"continuous" or "discrete"'
                )
            )
        if self.own is None:
            return given or "undeclared"
        says = annotation.attribute(self.own, "kinetics")
        if given is not None and given != says != "undeclared":
            raise InputError(
                Problem(
                    what=f"kinetics={given!r}",
                    why=f"the file says of itself that its laws are {says}",
                    way_out="leave kinetics out",
                )
            )
        return given or (says if says in ("continuous", "discrete") else "undeclared")  # type: ignore[return-value]

    def network(self) -> Network:
        self.obstacles += obstacles(self.document)
        rules = self.assignments()
        require_short_chains(rules)
        initial = self.initial_assignments()
        species = self.species(initial)
        parameters = self.parameters(initial)
        compartments = self.compartments(initial)
        reactions = self.reactions()
        events, state_events = self.events(rules)
        if self.obstacles:
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
            kinetics="as-written" if self.kinetics == "undeclared" else "both",
            substance_unit=self.substance_unit(),
            time_unit=self.time_unit(),
            **self.catalogue(rules, species),
            document=(
                Document(
                    text=self.content,
                    obstacles=tuple(self.obstacles),
                    cautions=tuple(self.cautions),
                )
                if self.obstacles
                else None
            ),
        )
        if network.document is not None:
            return network
        return with_initial_values(checked(network))

    def catalogue(
        self, rules: tuple[Assignment, ...], species: tuple[Species, ...]
    ) -> dict[str, Any]:
        if self.own is not None:
            own = annotation.catalogue(self.own)
            return {
                "title": self.model.getName(),
                "summary": annotation.attribute(self.own, "summary"),
                "suggested_equilibration": annotation.attribute(self.own, "equilibrate"),
                **{f"{tag}s": items for tag, items in own.items()},
            }
        # A rule of a foreign file is as often a helper as an observable: species come first.
        shown = [(s.id, self.substance_unit(), s.name) for s in species]
        shown += [(r.id, r.unit, r.meaning) for r in rules]
        title = self.model.getName() or ""
        return {
            "title": title,
            "rules": tuple(self.splits),
            "readouts": tuple(Readout(name=i, symbol=i, unit=u, meaning=m) for i, u, m in shown),
        }

    def substance_unit(self) -> str | None:
        if self.document.getLevel() >= 3:
            return self.unit(self.model.getSubstanceUnits())
        definition = self.model.getUnitDefinition("substance")
        return (unit_of(definition) if definition is not None else None) or "mol"

    def time_unit(self) -> str | None:
        if self.document.getLevel() >= 3:
            return self.unit(self.model.getTimeUnits())
        definition = self.model.getUnitDefinition("time")
        return (unit_of(definition) if definition is not None else None) or "s"

    def unit(self, unit_id: str) -> str | None:
        if not unit_id:
            return None
        if unit_id in self.unit_texts:
            return self.unit_texts[unit_id]
        if self.model.getUnitDefinition(unit_id) is not None:
            return None  # one that has no text
        base = {
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
        text_ = base.get(unit_id, unit_id)
        try:
            parse_unit(text_)
        except ModelError:
            return None
        return text_

    def expression(self, node: Any, where: str) -> Expression:
        """The expression, with species that stand for concentrations divided by their volume."""
        if node is None:
            self.obstacles.append(Problem(what=where, why="has no formula", way_out=ODE_ONLY))
            return Number(math.nan)
        if not node.isWellFormedASTNode():
            raise ModelError(
                Problem(
                    what=f"{self.name}, {where}: {libsbml.formulaToL3String(node)}",
                    why="a function has the wrong number of arguments",
                )
            )
        try:
            found = from_ast(node, self.unit_texts)
        except NotHeld as error:
            (problem,) = error.problems
            why, way_out = f"{problem.what}: {problem.why}", problem.way_out or ODE_ONLY
            self.obstacles.append(Problem(what=where, why=why, way_out=way_out))
            return Number(math.nan)
        for name in sorted(symbols(found) & self.rates):
            self.obstacles.append(
                Problem(what=where, why=f"reads the rate of reaction {name}", way_out=ODE_ONLY)
            )
        concentrations = {
            name: Call("divide", (Symbol(name), Symbol(species.getCompartment())))
            for name in symbols(found)
            if (species := self.model.getSpecies(name)) is not None
            and not species.getHasOnlySubstanceUnits()
            and self.has_volume(species)
            and name not in self.computed  # a rule computes the concentration itself
        }
        return substitute(found, concentrations) if concentrations else found

    def has_volume(self, species: Any) -> bool:
        compartment = self.model.getCompartment(species.getCompartment())
        return compartment is not None and compartment.getSpatialDimensionsAsDouble() != 0

    def assignments(self) -> tuple[Assignment, ...]:
        return ordered(
            self.assignment(rule) for rule in self.model.getListOfRules() if rule.isAssignment()
        )

    def assignment(self, rule: Any) -> Assignment:
        """A computed parameter, or a species that no reaction changes and a rule computes."""
        variable = rule.getVariable()
        species = self.model.getSpecies(variable)
        item = self.model.getParameter(variable) if species is None else species
        expression = self.expression(rule.getMath(), f"assignment rule for {variable}")
        if item is None or (species is not None and variable in self.reacting):
            self.obstacles.append(
                Problem(
                    what=f"assignment rule for {variable}",
                    why="a compartment, stoichiometry or reacting species that is computed",
                    way_out=ODE_ONLY,
                )
            )
        own = annotation.own_element(item, "assignment") if item is not None else None
        observable = own is not None and annotation.attribute(own, "kind") == "observable"
        return Assignment(
            id=variable,
            expression=expression,
            unit=self.unit(item.getUnits()) if item is not None and species is None else None,
            kind="observable" if observable else "expression",
            meaning=annotation.attribute(own, "meaning") if own is not None else "",
        )

    def initial_assignments(self) -> dict[str, Expression]:
        return {
            item.getSymbol(): self.expression(
                item.getMath(), f"initial assignment to {item.getSymbol()}"
            )
            for item in self.model.getListOfInitialAssignments()
        }

    def compartments(self, initial: dict[str, Expression]) -> tuple[Compartment, ...]:
        return tuple(
            Compartment(
                id=c.getId(),
                size=c.getSize() if c.isSetSize() else 1.0,
                unit=self.unit(c.getUnits() or self.default_size_unit(c)),
                dimensions=int(c.getSpatialDimensions()) if c.isSetSpatialDimensions() else 3,
                meaning=annotation.meaning(c),
                initial_expression=initial.get(c.getId()),
            )
            for c in self.model.getListOfCompartments()
        )

    def default_size_unit(self, compartment: Any) -> str:
        """Of a volume, area or length; "" for other dimensions. Level 2's default for a volume is
        litre, unless the model defines "volume"."""
        model = self.model
        if self.document.getLevel() < 3:
            return {3: "volume", 2: "area", 1: "length"}.get(compartment.getSpatialDimensions(), "")
        defaults = {3: model.getVolumeUnits, 2: model.getAreaUnits, 1: model.getLengthUnits}
        getter = defaults.get(compartment.getSpatialDimensions())
        return str(getter()) if getter is not None else ""

    def species(self, initial: dict[str, Expression]) -> tuple[Species, ...]:
        found = []
        for s in self.model.getListOfSpecies():
            if s.getId() in self.computed:
                continue
            volume = self.model.getCompartment(s.getCompartment())
            size = volume.getSize() if volume is not None and volume.isSetSize() else 1.0
            amount = s.getInitialAmount() if s.isSetInitialAmount() else 0.0
            if s.isSetInitialConcentration():
                amount = s.getInitialConcentration() * size
            expression = initial.get(s.getId())
            concentration = not s.getHasOnlySubstanceUnits() and self.has_volume(s)
            if (
                expression is None
                and s.isSetInitialConcentration()
                and s.getCompartment() in initial
            ):
                expression, concentration = Number(s.getInitialConcentration()), True
            if expression is not None and concentration:
                expression = Call("times", (expression, Symbol(s.getCompartment())))
            own = annotation.own_element(s, "species")
            found.append(
                Species(
                    id=s.getId(),
                    name=s.getName() or s.getId(),
                    compartment=s.getCompartment(),
                    initial=amount,
                    initial_expression=expression,
                    fixed=s.getBoundaryCondition() or s.getConstant(),
                    molecules=tuple(annotation.attribute(own, "molecules").split()) if own else (),
                )
            )
        return tuple(found)

    def parameters(self, initial: dict[str, Expression]) -> tuple[Parameter, ...]:
        return tuple(
            Parameter(
                id=p.getId(),
                value=p.getValue() if p.isSetValue() else math.nan,
                unit=self.unit(p.getUnits()),
                initial_expression=initial.get(p.getId()),
                **annotation.parameter_fields(annotation.own_element(p, "parameter")),
            )
            for p in self.model.getListOfParameters()
            if p.getId() not in self.computed
        )

    def reactions(self) -> tuple[Reaction, ...]:
        found = []
        for r in self.model.getListOfReactions():
            reactants = self.side(r, r.getListOfReactants(), _MOST_USED)
            products = self.side(r, r.getListOfProducts(), _MOST_MADE)
            if not r.isSetKineticLaw() or not r.getKineticLaw().isSetMath():
                self.obstacles.append(
                    Problem(what=f"reaction {r.getId()}", why="has no rate law", way_out="add one")
                )
                self.cautions.append(
                    f"reaction {r.getId()} has no rate law; roadrunner takes its rate as zero"
                )
                continue
            law = self.expression(r.getKineticLaw().getMath(), f"rate law of {r.getId()}")
            found += self.one_way(r, reactants, products, law)
        return tuple(found)

    def one_way(self, r: Any, reactants: Side, products: Side, law: Expression) -> list[Reaction]:
        """A reaction; or, of a reversible one with a net law, its two directions."""
        name = r.getName()
        rules = tuple(n.strip() for n in name.split(",")) if name else ()
        if not (r.getReversible() and is_net(law)):
            return [self.reaction(r.getId(), reactants, products, law, rules)]
        parts = split(law, reactants, products)
        if parts is None:
            self.obstacles.append(
                Problem(
                    what=f"reaction {r.getId()}",
                    why="is reversible, with one net rate that is no difference of two mass-action "
                    "products; SSA would take its size as a propensity",
                    way_out="split it into a forward and a reverse reaction; or " + ODE_ONLY,
                )
            )
            return []
        one, other = (self.ids.claim(f"{r.getId()}_{way}") for way in ("forward", "reverse"))
        self.splits.append(record(r.getId(), law, parts, (one, other)))
        rules = rules or (r.getId(),)
        return [
            self.reaction(one, reactants, products, parts[0], rules),
            self.reaction(
                other, products, reactants, parts[1], tuple(f"{n} (reverse)" for n in rules)
            ),
        ]

    def reaction(
        self, name: str, reactants: Side, products: Side, law: Expression, rules: tuple[str, ...]
    ) -> Reaction:
        return Reaction(
            id=name,
            reactants=reactants,
            products=products,
            law=written_law(law, dict(reactants), self.kinetics),
            rules=rules,
        )

    def events(
        self, rules: tuple[Assignment, ...]
    ) -> tuple[tuple[Event, ...], tuple[StateEvent, ...]]:
        """Events at fixed times, and events on the state."""
        events = self.model.getListOfEvents()
        reader = EventReader(self.model, self.expression, rules)
        ids = Ids(e.getId() for e in events if e.getId())
        timed: list[Event] = []
        on_state: list[StateEvent] = []
        orders: list[Problem] = []
        for event in events:
            name = event.getId() or ids.claim("event")
            read = reader.read(event, name)
            if isinstance(read, Problem):
                self.obstacles.append(read)
                self.cautions += filter(None, [may_be_stepped_over(event, self.model)])
            elif isinstance(read, Event):
                timed.append(read)
            else:
                on_state.append(read)
                orders += filter(None, [ordered_by_more(event, name)])
        self.obstacles += orders if len(on_state) > 1 else []
        return tuple(timed), tuple(on_state)

    def is_variable(self, name: str) -> bool:
        """Whether a rule or an assignment sets it."""
        rule = self.model.getRuleByVariable(name)
        return rule is not None or self.model.getInitialAssignmentBySymbol(name) is not None

    def side(self, reaction: Any, references: Any, most: float) -> tuple[tuple[str, int], ...]:
        counts: dict[str, int] = {}
        for reference in references:
            number = reference.getStoichiometry() if reference.isSetStoichiometry() else 1.0
            where = f"reaction {reaction.getId()}, species {reference.getSpecies()}"
            changing = reference.isSetStoichiometryMath() or (
                reference.isSetId() and self.is_variable(reference.getId())
            )
            whole_count = 0 <= number <= most and number == int(number)
            if changing or not whole_count:
                why = "changing stoichiometry" if changing else f"stoichiometry {number:g}"
                self.obstacles.append(Problem(what=where, why=why, way_out=ODE_ONLY))
                continue
            counts[reference.getSpecies()] = counts.get(reference.getSpecies(), 0) + int(number)
        return tuple((s, n) for s, n in counts.items() if n)


def _all_ids(model: Any) -> list[str]:
    """Ids of what expressions may name, and of reactions and events."""
    lists = (
        model.getListOfCompartments(),
        model.getListOfSpecies(),
        model.getListOfParameters(),
        model.getListOfReactions(),
        model.getListOfEvents(),
    )
    return [item.getId() for items in lists for item in items if item.getId()]
