"""SBML reactions: one way each, with whole stoichiometries; what is not so is an obstacle."""

import math
from collections.abc import Callable, Collection
from itertools import product
from typing import Any, TypeAlias

from simnet.errors import Problems
from simnet.network.expression import (
    Call,
    Declared,
    Expression,
    Kinetics,
    Number,
    Symbol,
    factored,
    function,
    plus,
    reads_time,
    symbols,
    text,
    times,
    walk,
    written_law,
)
from simnet.network.network import Reaction, Rule
from simnet.sbml.convert import SPLIT
from simnet.sbml.elements import ODE_ONLY, members, references, set_by_events
from simnet.sbml.ids import Ids

Side: TypeAlias = tuple[tuple[str, int], ...]
_Term: TypeAlias = tuple[int, Expression]

# Stoichiometries: those that are one number throughout a run, by reference and by the id under which
# formulas read them. A rule or an initial assignment over constants is such a number.


class Stoichiometries:
    """The stoichiometries of a model.

    Args:
        model: the libsbml.Model.
        translate: makes an Expression of a syntax tree, given where it stands.

    Attributes:
        values: by the id of a reference, where it has one and its value is one number.
        built_in: parameters whose values are in these numbers.
    """

    def __init__(self, model: Any, translate: Callable[[Any, str], Expression]) -> None:
        self._model, self._translate = model, translate
        self._set_by_events = set_by_events(model)
        self._constants = {
            p.getId(): p.getValue()
            for p in members(model.getListOfParameters())
            if p.isSetValue() and not self._is_set(p.getId())
        }
        self.values: dict[str, float] = {}
        self.built_in: set[str] = set()
        for reaction in members(model.getListOfReactions()):
            for reference in references(reaction):
                if reference.isSetId() and (value := self.of(reference)) is not None:
                    self.values[reference.getId()] = value

    def of(self, reference: Any) -> float | None:
        """The stoichiometry of a libsbml.SpeciesReference; None where it may vary in a run."""
        if reference.getId() in self.values:
            return self.values[reference.getId()]
        declared = reference.getStoichiometry() if reference.isSetStoichiometry() else 1.0
        if reference.isSetStoichiometryMath():
            return self._number(reference.getStoichiometryMath().getMath())
        name = reference.getId()
        if not name or not self._is_set(name):
            return float(declared)
        rule = self._model.getAssignmentRuleByVariable(name)
        start = self._model.getInitialAssignmentBySymbol(name)
        if name in self._set_by_events or self._model.getRateRuleByVariable(name) is not None:
            return None
        return self._number((rule or start).getMath())

    def _is_set(self, name: str) -> bool:
        """Whether a rule, an initial assignment or an event sets it."""
        setters = (self._model.getRuleByVariable, self._model.getInitialAssignmentBySymbol)
        return name in self._set_by_events or any(by(name) is not None for by in setters)

    def _number(self, node: Any) -> float | None:
        """The value of a formula over constants."""
        if node is None:
            return None
        found = self._translate(node, "a stoichiometry")
        read = symbols(found)
        if reads_time(found) or not read <= self._constants.keys():
            return None
        self.built_in |= read
        return function(found)(self._constants, 0.0)


_MOST_USED, _MOST_MADE = 1e3, 1e9
"""Molecules of a species in one reaction: a discrete law has a factor for each one used."""


class ReactionReader:
    """Reads the reactions of a model.

    Args:
        model: the libsbml.Model.
        translate: makes an Expression of a syntax tree, given where it stands.
        stoichiometries: of the model.
        kinetics: that the laws are written in.
        ids: gives the two directions of a reversible reaction theirs.
        obstacles: to which what a Network cannot hold is added.
        cautions: to which what an ODE run should know is added.

    Attributes:
        splits: what was done to reversible reactions, as rules.
    """

    def __init__(
        self,
        model: Any,
        translate: Callable[[Any, str], Expression],
        *,
        stoichiometries: Stoichiometries,
        kinetics: Declared,
        ids: Ids,
        obstacles: Problems,
        cautions: list[str],
    ) -> None:
        self.model, self.translate = model, translate
        self.stoichiometries, self.kinetics, self.ids = stoichiometries, kinetics, ids
        self.obstacles, self.cautions = obstacles, cautions
        self.splits: list[Rule] = []

    def read(self) -> tuple[Reaction, ...]:
        """The reactions that a Network holds, in the order of the file."""
        found = []
        for r in members(self.model.getListOfReactions()):
            reactants = self._side(r, r.getListOfReactants(), _MOST_USED)
            products = self._side(r, r.getListOfProducts(), _MOST_MADE)
            if not r.isSetKineticLaw() or not r.getKineticLaw().isSetMath():
                self.obstacles.add(f"reaction {r.getId()}", "has no rate law", "add one")
                self.cautions.append(
                    f"reaction {r.getId()} has no rate law; roadrunner takes its rate as zero"
                )
                continue
            law = self.translate(r.getKineticLaw().getMath(), f"rate law of {r.getId()}")
            found += self._one_way(r, reactants, products, law)
        return tuple(found)

    def _one_way(self, r: Any, reactants: Side, products: Side, law: Expression) -> list[Reaction]:
        """A reaction; or, of a reversible one with a net law, its two directions."""
        name = r.getName()
        rules = tuple(n.strip() for n in name.split(",")) if name else ()
        if not (r.getReversible() and is_net(law)):
            return [self._reaction(r.getId(), reactants, products, law, rules)]
        parts = split(law, reactants, products)
        if parts is None:
            self.obstacles.add(
                f"reaction {r.getId()}",
                "is reversible, and its net rate is not a difference of two mass-action terms, so it "
                "has no propensities",
                "split it into a forward and a reverse reaction; or " + ODE_ONLY,
            )
            return []
        if not reactants and _may_count_free_sites(law):
            self.obstacles.add(
                f"reaction {r.getId()}, which is reversible: {text(law)}",
                "is ambiguous: either a single propensity or a forward rate minus a reverse rate; "
                "these differ in noise",
                'mark it irreversible (reversible="false", in Antimony =>), or write two reactions; '
                "or " + ODE_ONLY,
            )
            return []
        one, other = (self.ids.claim(f"{r.getId()}_{way}") for way in ("forward", "reverse"))
        self.splits.append(record(r.getId(), law, parts, (one, other)))
        rules = rules or (r.getId(),)
        return [
            self._reaction(one, reactants, products, parts[0], rules),
            self._reaction(
                other, products, reactants, parts[1], tuple(f"{n} (reverse)" for n in rules)
            ),
        ]

    def _reaction(
        self, name: str, reactants: Side, products: Side, law: Expression, rules: tuple[str, ...]
    ) -> Reaction:
        return Reaction(
            id=name,
            reactants=reactants,
            products=products,
            law=written_law(law, dict(reactants), self.kinetics),
            rules=rules,
        )

    def _side(self, reaction: Any, references: Any, most: float) -> Side:
        counts: dict[str, int] = {}
        for reference in members(references):
            number = self.stoichiometries.of(reference)
            where = f"reaction {reaction.getId()}, species {reference.getSpecies()}"
            if number is None or not (0 <= number <= most and number == int(number)):
                why = "changing stoichiometry" if number is None else f"stoichiometry {number:g}"
                self.obstacles.add(where, why, ODE_ONLY)
                continue
            counts[reference.getSpecies()] = counts.get(reference.getSpecies(), 0) + int(number)
        return tuple((s, n) for s, n in counts.items() if n)


def _may_count_free_sites(law: Expression) -> bool:
    """Whether an amount by itself, or its concentration, is subtracted somewhere: T - X."""
    for node in walk(law):
        match node:
            case Call(
                op="minus", args=(_, Symbol() | Call(op="divide", args=(Symbol(), Symbol())))
            ):
                return True
    return False


# Net rate laws taken apart: k*A*B - kr*C as a forward and a reverse reaction.
#
# SSA takes a law for a propensity, and a net rate is none: two reactions in balance would look as if
# nothing happened. A law is split where it is a difference of two products, each of them mass action:
# the copies of what it uses up, times factors that read none of the reaction's own species. Whether
# those factors are negative is checked with every other propensity. Anything else, such as a
# reversible Michaelis-Menten law, has no one way to be split, and is left to the modeler.


def split(law: Expression, reactants: Side, products: Side) -> tuple[Expression, Expression] | None:
    """The forward and the reverse law of a net law, or None where it is no such difference.

    Args:
        law: firings per time, forward less reverse.
        reactants: what the forward reaction uses up, and the reverse one makes.
        products: what the reverse reaction uses up.
    """
    own = {name for name, _ in (*reactants, *products)}
    for counted in ((), own):
        gains, losses = _sides(law, counted)
        if not gains or not losses:
            continue
        forward, reverse = plus(*gains), plus(*losses)
        if _mass_action(forward, reactants, own) and _mass_action(reverse, products, own):
            return forward, reverse
    return None


def is_net(law: Expression) -> bool:
    """Whether something is subtracted at the top of a law."""
    return bool(_sides(law, symbols(law))[1])


def record(
    name: str, law: Expression, parts: tuple[Expression, Expression], ids: tuple[str, str]
) -> Rule:
    """What was done to reaction `name`, for people, as an entry of the network's rules."""
    (forward, reverse), (one, other) = parts, ids
    return Rule(
        name=name,
        text=f"{SPLIT}{text(law)} is {one}, {text(forward)}, less {other}, {text(reverse)}",
    )


def _sides(law: Expression, counted: Collection[str]) -> tuple[list[Expression], list[Expression]]:
    terms = _terms(law, counted)
    return [e for sign, e in terms if sign > 0], [e for sign, e in terms if sign < 0]


def _mass_action(law: Expression, used: Side, own: set[str]) -> bool:
    kinetics: tuple[Kinetics, ...] = ("continuous", "discrete")
    for form in kinetics:
        found = factored(law, dict(used), form)
        if found is not None and not symbols(found[0]) & own:
            return True
    return False


def _terms(law: Expression, counted: Collection[str]) -> list[_Term]:
    """A law as a sum of terms with their signs. Products are multiplied out only over a factor in
    which something is subtracted, and not over A - 1 of a `counted` species, which counts pairs."""
    match law:
        case Call(op="minus", args=(only,)):
            return [(-sign, term) for sign, term in _terms(only, counted)]
        case Call(op="minus", args=(first, second)) if not _shift(first, second, counted):
            return _terms(first, counted) + [(-s, e) for s, e in _terms(second, counted)]
        case Call(op="plus", args=args):
            found = [term for arg in args for term in _terms(arg, counted)]
            return found if any(sign < 0 for sign, _ in found) else [(1, law)]
        case Call(op="times", args=args):
            return _product(args, counted)
        case Call(op="divide", args=(above, below)):
            return [(sign, Call("divide", (e, below))) for sign, e in _terms(above, counted)]
        case Number(value=value) if value < 0:
            return [(-1, Number(-value, law.unit))]
    return [(1, law)]


def _shift(first: Expression, second: Expression, counted: Collection[str]) -> bool:
    read = symbols(first) & set(counted)
    while isinstance(first, Call) and first.op == "divide":
        first = first.args[0]
    while isinstance(second, Call) and second.op == "divide":
        second = second.args[0]
    return bool(read) and isinstance(first, Symbol) and isinstance(second, Number)


def _product(args: tuple[Expression, ...], counted: Collection[str]) -> list[_Term]:
    parts = [_terms(arg, counted) for arg in args]
    if sum(len(part) > 1 for part in parts) > 1:
        return [(1, Call("times", args))]
    found = []
    for terms in product(*parts):  # of all but one factor there is a single term
        signs, factors = zip(*terms, strict=True)
        found.append((math.prod(signs), times(*factors)))
    return found
