"""PySB model -> Network. One-way reactions from BioNetGen, laws in both kinetics."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from simnet.catalogue.tables import Catalogue
from simnet.errors import ModelError, Problem, Problems
from simnet.network.expression import Call, Expression, Number, Symbol, Time, plus, times
from simnet.network.network import (
    Assignment,
    Compartment,
    Molecule,
    Network,
    Parameter,
    Rule,
    Species,
)
from simnet.network.units import DIMENSIONLESS, Unit, infer, parse_unit, unit_text
from simnet.network.values import checked, ordered, with_initial_values
from simnet.rules.bionetgen import unrolled_model
from simnet.rules.formula import LawReader, formula
from simnet.rules.net import NetFile, default_readouts, initial_fields, parse_net, species_id
from simnet.sbml.ids import Ids

# SymPy expressions (PySB's) to simnet's.


_FUNCTIONS = {
    **{op: op for op in "exp floor factorial sin cos tan asin acos atan sinh cosh tanh".split()},
    "log": "ln", "Abs": "abs", "ceiling": "ceil", "Min": "min", "Max": "max",
    "StrictLessThan": "lt", "LessThan": "le", "StrictGreaterThan": "gt", "GreaterThan": "ge",
    "Equality": "eq", "Unequality": "ne", "And": "and", "Or": "or", "Xor": "xor", "Not": "not",
    "BooleanTrue": "true", "BooleanFalse": "false",
}  # fmt: skip


_DEEPEST = 200
"""Levels of nesting; deeper ones would exhaust Python's stack."""
_MOST_SUBTRACTED = 32
"""Terms that are subtracted one after the other; more are subtracted as one sum."""


def from_sympy(expression: Any, where: str) -> Expression:
    """Translate; `where` names the expression in an error.

    Raises:
        ModelError: a function that has no form here, or more than 200 levels.
    """
    levels, reached = [expression], 0
    while levels:
        levels, reached = [arg for part in levels for arg in part.args], reached + 1
        if reached > _DEEPEST:
            why = f"is nested more than {_DEEPEST} deep"
            raise ModelError(
                Problem(what=where, why=why, way_out="use Expressions for parts of it")
            )
    return _translated(expression, where)


def _translated(expression: Any, where: str) -> Expression:
    name = type(expression).__name__
    if name == "SpecialSymbol":
        return Time()
    if expression.is_Symbol:
        return Symbol(expression.name)
    if expression.is_Number or expression.is_NumberSymbol:
        return Number(float(expression))
    if expression.is_Add:
        return _sum([_translated(term, where) for term in expression.as_ordered_terms()])
    if expression.is_Mul:
        return _product(expression, where)
    if expression.is_Pow:
        return _power(expression, where)
    if name == "Piecewise":
        return _piecewise(expression, where)
    if name in _FUNCTIONS:
        return Call(_FUNCTIONS[name], tuple(_translated(arg, where) for arg in expression.args))
    why = f"the function {name} cannot be written in SBML"
    raise ModelError(Problem(what=where, why=why, way_out="rewrite it"))


def _sum(terms: list[Expression]) -> Expression:
    """A sum in which negative terms are subtracted."""
    positive = [t for t in terms if not _negative(t)]
    total = plus(*positive) if positive else None
    opposites = [_opposite(t) for t in terms if _negative(t)]
    if len(opposites) > _MOST_SUBTRACTED:
        opposites = [plus(*opposites)]
    for opposite in opposites:
        total = Call("minus", (opposite,)) if total is None else Call("minus", (total, opposite))
    return total if total is not None else Number(0)


def _negative(term: Expression) -> bool:
    return (isinstance(term, Call) and term.op == "minus" and len(term.args) == 1) or (
        isinstance(term, Number) and term.value < 0
    )


def _opposite(term: Expression) -> Expression:
    if isinstance(term, Number):
        return Number(-term.value)
    assert isinstance(term, Call)
    return term.args[0]


def _product(expression: Any, where: str) -> Expression:
    numerator: list[Expression] = []
    denominator: list[Expression] = []
    negative = False
    for factor in expression.as_ordered_factors():
        if factor.is_Pow and factor.exp.could_extract_minus_sign():
            denominator.append(_translated(factor.base ** (-factor.exp), where))
        elif factor.is_Rational and not factor.is_Integer:
            negative ^= bool(factor < 0)
            numerator.append(Number(abs(int(factor.p))))
            denominator.append(Number(int(factor.q)))
        elif factor.is_Number and factor < 0:
            negative = not negative
            numerator.append(Number(float(-factor)))
        else:
            numerator.append(_translated(factor, where))
    result = times(*numerator)
    if denominator:
        result = Call("divide", (result, times(*denominator)))
    return Call("minus", (result,)) if negative else result


def _power(expression: Any, where: str) -> Expression:
    base, exponent = expression.base, expression.exp
    if base.is_NumberSymbol and str(base) == "E":
        return Call("exp", (_translated(exponent, where),))
    if exponent.could_extract_minus_sign():
        return Call("divide", (Number(1), _translated(base ** (-exponent), where)))
    if str(exponent) == "1/2":
        return Call("sqrt", (_translated(base, where),))
    return Call("power", (_translated(base, where), _translated(exponent, where)))


def _piecewise(expression: Any, where: str) -> Expression:
    args: list[Expression] = []
    for value, condition in expression.args:
        args.append(_translated(value, where))
        if str(condition) == "True":
            return Call("piecewise", tuple(args))
        args.append(_translated(condition, where))
    return Call("piecewise", tuple(args))


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
    own, text = unrolled_model(model)
    return _Compiler(own, parse_net(text), catalogue or Catalogue()).network()


def _require_supported(model: Any) -> None:
    problems = Problems()
    for rule in model.rules:
        if rule.total_rate:
            why = "total_rate is not supported, since rules are expanded into reactions"
            problems.add(f"rule {rule.name}", why, "write the rate per reactant molecule")
    for name, count in Counter(c.name for c in model.all_components()).items():
        if count > 1:
            problems.add(f"component {name!r}", "named twice")
    what = f"model {model.name}"
    if not model.rules:
        problems.add(what, "has no rules")
    elif not model.initials and not any(rule.is_synth() for rule in model.rules):
        problems.add(what, "has no initial amounts, and no rule makes any")
    if problems:
        raise ModelError(problems)


class _Compiler:
    """`model` has its species and derived expressions, `net` is what BioNetGen made of it."""

    def __init__(self, model: Any, net: NetFile, catalogue: Catalogue) -> None:
        self.model, self.net, self.catalogue = model, net, catalogue
        components = [*self.model.parameters, *self.model.observables, *self.all_expressions()]
        self.ids = Ids()
        self.ids.taken |= {c.name for c in components} | {c.name for c in self.model.compartments}
        self.known = {c.name for c in components}
        self.compartments = self.all_compartments()
        self.species_ids = [self.ids.claim(_wanted_id(pattern)) for pattern in self.model.species]

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
            reactions=self.net.with_laws(self.laws(), self.species_ids, self.ids),
            molecules=tuple(self.molecule(m) for m in self.model.monomers),
            rules=tuple(Rule(name=r.name, text=_rule_text(r)) for r in self.model.rules),
            inputs=catalogue.inputs,
            genes=catalogue.genes,
            drugs=catalogue.drugs,
        )
        network = _with_units(with_initial_values(checked(network)), catalogue)
        readouts = catalogue.readouts or default_readouts(network)
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
        found = []
        for name, pattern, listed in zip(
            self.species_ids, self.model.species, self.net.species, strict=True
        ):
            start = self.formula(listed.start, f"species {listed.pattern}")
            places = _compartments(pattern)
            found.append(
                Species(
                    id=name,
                    name=_one_line(pattern),
                    compartment=str(places[0].name) if places else default,
                    **initial_fields(start),
                    fixed=listed.fixed,
                    molecules=tuple(m.monomer.name for m in pattern.monomer_patterns),
                )
            )
        return tuple(found)

    def observables(self) -> Iterable[Assignment]:
        patterns = {o.name: o.reaction_pattern for o in self.model.observables}
        for number, (name, terms) in enumerate(self.net.groups):
            total = self.net.observable(number, self.species_ids)
            yield Assignment(
                id=name,
                expression=total if terms else Number(0, "item"),
                unit="item",
                kind="observable",
                meaning=_one_line(patterns[name]),
            )

    def expressions(self) -> Iterable[Assignment]:
        for expression in self.all_expressions():
            if expression.tags() if hasattr(expression, "tags") else ():
                continue  # a local function: BioNetGen has made one expression a use of it
            where = f"expression {expression.name}"
            yield Assignment(id=expression.name, expression=from_sympy(expression.expr, where))

    def laws(self) -> LawReader:
        values = {p.name: float(p.value) for p in self.model.parameters}
        values |= {e.name: float(e.get_value()) for e in self.model.expressions_constant()}
        return LawReader(self.formula, values, self.compartments)

    def formula(self, text: str, where: str) -> Expression:
        return formula(text, self.known, where)

    def molecule(self, monomer: Any) -> Molecule:
        sites = [
            f"{site}~{'~'.join(monomer.site_states[site])}" if site in monomer.site_states else site
            for site in monomer.sites
        ]
        meaning = self.catalogue.molecules.get(monomer.name, "")
        return Molecule(name=monomer.name, sites=", ".join(sites), meaning=meaning)


def _one_line(pattern: Any) -> str:
    """As PySB writes it, on one line."""
    return " ".join(str(pattern).split())


def _compartments(pattern: Any) -> list[Any]:
    found = [m.compartment for m in pattern.monomer_patterns] + [pattern.compartment]
    return [compartment for compartment in found if compartment is not None]


def _wanted_id(pattern: Any) -> str:
    """`HIF1A(arnt=1, odd='oh') % ARNT(hif=1)` becomes `ARNT__HIF1A_odd_oh`: sites in the order in
    which they are declared."""
    molecules = []
    for molecule in pattern.monomer_patterns:
        conditions = molecule.site_conditions
        sites = dict.fromkeys(s for s in molecule.monomer.sites if s in conditions)
        states = [f"{site}_{state}" for site in sites if (state := _state(conditions[site]))]
        molecules.append((molecule.monomer.name, states))
    return species_id(molecules, (c.name for c in _compartments(pattern)))


def _state(condition: Any) -> str:
    """The state in a site's condition; bonds and emptiness have none."""
    if isinstance(condition, str):
        return condition
    if isinstance(condition, tuple):
        return str(condition[0])
    if type(condition).__name__ == "MultiState":
        return "_".join(filter(None, (_state(c) for c in condition)))
    return ""


def _rule_text(rule: Any) -> str:
    rates = [r.name for r in (rule.rate_forward, rule.rate_reverse) if r is not None]
    return f"{_one_line(rule.rule_expression)}   {', '.join(rates)}"


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
    problems = Problems()
    wanted = parse_unit("item/s")
    for reaction in network.reactions:
        unit = infer(reaction.law.expression("discrete", "item"), known, second)
        if unit != wanted:
            got = unit_text(unit) if unit not in (None, DIMENSIONLESS) else str(unit and "1")
            problems.add(f"reaction {reaction.id}", f"its law is in {got}, not item/s")
    if problems:
        raise ModelError(problems)
