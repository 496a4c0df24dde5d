"""SBML reactions: one way each, with whole stoichiometries; what is not so is an obstacle."""

from collections.abc import Callable
from typing import Any

from simnet.errors import Problem
from simnet.network.expression import (
    Call,
    Declared,
    Expression,
    Symbol,
    function,
    reads_time,
    symbols,
    text,
    walk,
    written_law,
)
from simnet.network.network import Reaction, Rule
from simnet.sbml.elements import ODE_ONLY, members, references, set_by_events
from simnet.sbml.ids import Ids
from simnet.sbml.reversible import Side, is_net, record, split

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
        obstacles: list[Problem],
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
                self.obstacles.append(
                    Problem(what=f"reaction {r.getId()}", why="has no rate law", way_out="add one")
                )
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
            self.obstacles.append(
                Problem(
                    what=f"reaction {r.getId()}",
                    why="is reversible, and its net rate is not a difference of two mass-action terms, so it has no propensities",
                    way_out="split it into a forward and a reverse reaction; or " + ODE_ONLY,
                )
            )
            return []
        if not reactants and _may_count_free_sites(law):
            self.obstacles.append(
                Problem(
                    what=f"reaction {r.getId()}, which is reversible: {text(law)}",
                    why="is ambiguous: either a single propensity or a forward rate minus a reverse rate; these differ in noise",
                    way_out='mark it irreversible (reversible="false", in Antimony =>), or write '
                    "two reactions; or " + ODE_ONLY,
                )
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
                self.obstacles.append(Problem(what=where, why=why, way_out=ODE_ONLY))
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
