"""PySB model -> Network. One-way reactions from BioNetGen, laws in both kinetics."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import libsbml

from simnet.catalogue.tables import Catalogue
from simnet.errors import ModelError, Problem
from simnet.network.checks import checked
from simnet.network.evaluate import initial_values, ordered, whole
from simnet.network.expression import Call, Expression, Number, Symbol, function, substitute, times
from simnet.network.network import (
    Assignment,
    Compartment,
    Molecule,
    Network,
    Parameter,
    Reaction,
    Readout,
    Rule,
    Species,
)
from simnet.network.rates import RateLaw
from simnet.network.units import DIMENSIONLESS, Unit, infer, parse_unit, unit_text
from simnet.rules.bionetgen import NetReaction, Unrolled, unroll
from simnet.rules.names import molecules, species_text, wanted_id
from simnet.rules.statistical_factor import exact_factor
from simnet.rules.symbolic import from_sympy
from simnet.sbml.ids import Ids
from simnet.sbml.mathml import from_ast


def compile_model(model: Any, catalogue: Catalogue | None = None) -> Network:
    """Unroll a PySB model's rules and make them a Network.

    Args:
        model: a pysb.Model; it is left as it is.
        catalogue: units, meanings, readouts, inputs and genes of a packaged network. Without it,
            readouts are the observables, or the species where there are none.

    Raises:
        MissingToolError: no perl or BioNetGen.
        ModelError: the model cannot be unrolled, or holds what SBML has no form for.
    """
    _require_supported(model)
    return _Compiler(unroll(model), catalogue or Catalogue()).network()


def _require_supported(model: Any) -> None:
    problems = [
        Problem(
            what=f"rule {rule.name}",
            why="total_rate has no meaning for an unrolled network",
            way_out="write the rate per reactant molecule",
        )
        for rule in model.rules
        if rule.total_rate
    ]
    problems += [
        Problem(what=f"{kind} {name!r}", why="named twice")
        for kind, names in (("component", Counter(c.name for c in model.all_components())),)
        for name, count in names.items()
        if count > 1
    ]
    if problems:
        raise ModelError(problems)


class _Compiler:
    def __init__(self, unrolled: Unrolled, catalogue: Catalogue) -> None:
        self.unrolled, self.model, self.catalogue = unrolled, unrolled.model, catalogue
        components = [*self.model.parameters, *self.model.observables, *self.all_expressions()]
        self.ids = Ids()
        self.ids.taken |= {c.name for c in components} | {c.name for c in self.model.compartments}
        self.compartments = self.all_compartments()
        self.size_symbols = {
            c.initial_expression.id: Symbol(c.id)
            for c in reversed(self.compartments)
            if isinstance(c.initial_expression, Symbol)
        }
        self.species_ids = [self.ids.claim(wanted_id(cp)) for cp in self.model.species]

    def all_expressions(self) -> list[Any]:
        return [*self.model.expressions, *self.model._derived_expressions]

    def network(self) -> Network:
        catalogue = self.catalogue
        network = Network(
            id=self.ids.claim(self.model.name or "network"),
            title=catalogue.title,
            summary=catalogue.summary,
            suggested_equilibration=catalogue.equilibrate,
            compartments=self.compartments,
            parameters=self.parameters(),
            species=self.species(),
            assignments=ordered([*self.observables(), *self.expressions()]),
            reactions=self.reactions(),
            molecules=tuple(self.molecule(m) for m in self.model.monomers),
            rules=tuple(Rule(name=r.name, text=_rule_text(r)) for r in self.model.rules),
            inputs=catalogue.inputs,
            genes=catalogue.genes,
            drugs=catalogue.drugs,
        )
        network = _with_units(_with_initial_amounts(checked(network)), catalogue)
        readouts = catalogue.readouts or _default_readouts(network)
        return checked(replace(network, readouts=readouts))

    def all_compartments(self) -> tuple[Compartment, ...]:
        if not self.model.compartments:
            volume = self.catalogue.volume
            size = self.model.parameters[volume].value if volume else 1.0
            return (
                Compartment(
                    id=self.ids.claim("cell"),
                    size=size,
                    initial_expression=Symbol(volume) if volume else None,
                    meaning="the well-mixed volume that holds every species",
                ),
            )
        return tuple(
            Compartment(
                id=c.name,
                size=float(c.size.get_value()) if c.size is not None else 1.0,
                unit="L" if c.dimension == 3 else None,
                dimensions=c.dimension,
                initial_expression=Symbol(c.size.name) if c.size is not None else None,
            )
            for c in self.model.compartments
        )

    def parameters(self) -> tuple[Parameter, ...]:
        found = []
        for p in [*self.model.parameters, *self.model._derived_parameters]:
            row = self.catalogue.parameters.get(p.name)
            known = vars(row) if row is not None else {}
            found.append(Parameter(id=p.name, value=float(p.value), **known))
        return tuple(found)

    def species(self) -> tuple[Species, ...]:
        default = self.compartments[0].id
        return tuple(
            Species(
                id=species_id,
                name=species_text(pattern),
                compartment=_compartment_of(pattern) or default,
                initial=0.0,
                initial_expression=_initial(initial),
                fixed=fixed,
                molecules=molecules(pattern),
            )
            for species_id, pattern, initial, fixed in zip(
                self.species_ids,
                self.model.species,
                self.unrolled.initials,
                self.unrolled.fixed,
                strict=True,
            )
        )

    def observables(self) -> Iterable[Assignment]:
        for observable in self.model.observables:
            terms: dict[int, int] = {}
            for index, n in zip(observable.species, observable.coefficients, strict=True):
                terms[index] = terms.get(index, 0) + n
            parts = [times(Number(n), Symbol(self.species_ids[i])) for i, n in terms.items()]
            total = parts[0] if len(parts) == 1 else Call("plus", tuple(parts))
            yield Assignment(
                id=observable.name,
                expression=total if parts else Number(0, "item"),
                unit="item",
                kind="observable",
                meaning=_pattern_text(observable.reaction_pattern),
            )

    def expressions(self) -> Iterable[Assignment]:
        for expression in self.all_expressions():
            if expression.tags() if hasattr(expression, "tags") else ():
                continue  # a local function: BioNetGen has made one expression a use of it
            where = f"expression {expression.name}"
            yield Assignment(id=expression.name, expression=from_sympy(expression.expr, where))

    def reactions(self) -> tuple[Reaction, ...]:
        return tuple(self.reaction(r) for r in self.unrolled.reactions)

    def reaction(self, net: NetReaction) -> Reaction:
        reactants = self.side(net.reactants)
        name = net.rules[0].replace(" (reverse)", "_reverse").lstrip("_") or "reaction"
        return Reaction(
            id=self.ids.claim(name),
            reactants=reactants,
            products=self.side(net.products),
            law=RateLaw(rate=self.rate(net), orders=reactants),
            rules=net.rules,
        )

    def side(self, indices: Iterable[int]) -> tuple[tuple[str, int], ...]:
        return tuple(Counter(self.species_ids[i] for i in indices).items())

    def rate(self, net: NetReaction) -> Expression:
        """The statistical factor as an exact fraction, the rate constants, and the live volume.

        BioNetGen multiplies the volume's present value into the number and names it beside: that
        value is divided out again.
        """
        conversion = _formula(net.conversion or "1")
        sizes = {p.name: float(p.value) for p in self.model.parameters}
        sizes |= {e.name: float(e.get_value()) for e in self.model.expressions_constant()}
        number = 1.0
        factors: list[Expression] = []
        for token in net.rate.split("*"):
            try:
                number *= float(token)
            except ValueError:
                factors.append(Symbol(token))
        factor = number / function(conversion)(sizes, 0.0)
        ratio = exact_factor(factor)
        if ratio is None:
            factors.insert(0, Number(factor))
            ratio = Fraction(1)
        rate = times(Number(ratio.numerator), *factors, substitute(conversion, self.size_symbols))
        return rate if ratio.denominator == 1 else Call("divide", (rate, Number(ratio.denominator)))

    def molecule(self, monomer: Any) -> Molecule:
        sites = [
            f"{site}~{'~'.join(monomer.site_states[site])}" if site in monomer.site_states else site
            for site in monomer.sites
        ]
        meaning = self.catalogue.molecules.get(monomer.name, "")
        return Molecule(name=monomer.name, sites=", ".join(sites), meaning=meaning)


def _formula(text: str) -> Expression:
    node = libsbml.parseL3Formula(text)
    if node is None:
        raise ModelError(Problem(what=f"BioNetGen's factor {text!r}", why="cannot be read"))
    return from_ast(node, {})


def _initial(text: str) -> Expression | None:
    """The initial amount in the .net file: a number, or the name of what it equals."""
    try:
        value = float(text)
    except ValueError:
        return Symbol(text)
    return Number(value, "item") if value else None


def _compartment_of(pattern: Any) -> str | None:
    for monomer in pattern.monomer_patterns:
        if monomer.compartment is not None:
            return str(monomer.compartment.name)
    return str(pattern.compartment.name) if pattern.compartment is not None else None


def _rule_text(rule: Any) -> str:
    pattern = " ".join(str(rule.rule_expression).split())
    rates = [r.name for r in (rule.rate_forward, rule.rate_reverse) if r is not None]
    return f"{pattern}   {', '.join(rates)}"


def _pattern_text(pattern: Any) -> str:
    return " ".join(str(pattern).split())


def _default_readouts(network: Network) -> tuple[Readout, ...]:
    shown = [a for a in network.assignments if a.kind == "observable"]
    if shown:
        return tuple(Readout(name=a.id, symbol=a.id, unit=a.unit, meaning=a.meaning) for a in shown)
    return tuple(
        Readout(name=s.id, symbol=s.id, unit=network.substance_unit, meaning=s.name)
        for s in network.species
    )


def _with_initial_amounts(network: Network) -> Network:
    values = initial_values(network)
    species = []
    for s in network.species:
        expression, value = s.initial_expression, values[s.id]
        if isinstance(expression, Number):
            expression = None
        if expression is not None:
            expression, value = whole(expression, value, network.substance_unit)
        species.append(replace(s, initial=value, initial_expression=expression))
    return replace(network, species=tuple(species))


def _with_units(network: Network, catalogue: Catalogue) -> Network:
    """Units of expressions, from the units of what they are made of."""
    known: dict[str, Unit | None] = {s.id: parse_unit("item") for s in network.species}
    for c in network.compartments:
        known[c.id] = parse_unit(c.unit) if c.unit is not None else None
    for p in network.parameters:
        known[p.id] = parse_unit(p.unit) if p.unit is not None else None
    stated = {r.symbol: r.unit for r in catalogue.readouts}
    second = parse_unit("s")
    assignments = []
    for a in network.assignments:
        try:
            unit = infer(a.expression, known, second)
        except ModelError:
            if catalogue.parameters:
                raise
            unit = None  # a user's exp(-time) or A + 1: where no units are given, none are checked
        known[a.id] = unit
        text = stated.get(a.id)
        if text is None or unit is None or parse_unit(text) != unit:
            text = unit_text(unit) if unit is not None else None
        assignments.append(replace(a, unit=text))
    network = replace(network, assignments=tuple(assignments))
    if catalogue.parameters:
        _require_rates(network, known, second)
    return network


def _require_rates(network: Network, known: Mapping[str, Unit | None], second: Unit) -> None:
    problems = []
    wanted = parse_unit("item/s")
    for reaction in network.reactions:
        unit = infer(reaction.law.expression("discrete", "item"), known, second)
        if unit != wanted:
            got = unit_text(unit) if unit not in (None, DIMENSIONLESS) else str(unit and "1")
            problems.append(
                Problem(what=f"reaction {reaction.id}", why=f"its law is in {got}, not item/s")
            )
    if problems:
        raise ModelError(problems)
