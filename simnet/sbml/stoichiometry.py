"""Stoichiometries: those that are one number throughout a run, by reference and by the id under which
formulas read them. A rule or an initial assignment over constants is such a number."""

from collections.abc import Callable
from typing import Any

from simnet.network.expression import Expression, function, reads_time, symbols
from simnet.sbml.members import members, references, set_by_events


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
