"""What is known of a file that runs as it is: starts, what no method runs, and the moments and
switches that an integrator must not step over."""

import math
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from simnet.network.expression import Expression, Number, substitute, symbols, walk
from simnet.network.network import Assignment, Compartment, Parameter, Species

_VALUE: dict[type, str] = {Compartment: "size", Parameter: "value", Species: "initial"}
_Item = TypeVar("_Item", Compartment, Parameter, Species)


class Starts:
    """Which initial values a Network can compute, and by which formula: those that read no rate,
    `rateOf` or anything else that only the file's own engine knows.

    Args:
        items: everything that has a value of its own.
        rules: assignment rules, each after those it reads.
    """

    def __init__(
        self, items: Collection[Compartment | Parameter | Species], rules: Iterable[Assignment]
    ) -> None:
        self._formulas: dict[str, Expression] = {}
        for rule in rules:
            self._formulas[rule.id] = substitute(rule.expression, self._formulas)
        starts = {i.id: i.initial_expression for i in items if i.initial_expression is not None}
        self._known = {i.id for i in items} - starts.keys()
        pending = {name: substitute(e, self._formulas) for name, e in starts.items()}
        while found := {n for n, e in pending.items() if self._is_known(e)}:
            self._known |= found
            pending = {n: e for n, e in pending.items() if n not in found}

    def known(self, items: tuple[_Item, ...]) -> tuple[_Item, ...]:
        """The items, each with a formula over other items, or without a value where it has none."""
        return tuple(self._one(item) for item in items)

    def _one(self, item: _Item) -> _Item:
        if item.initial_expression is None:
            return item
        if item.id in self._known:
            formula = substitute(item.initial_expression, self._formulas)
            return replace(item, initial_expression=formula)
        unknown: dict[str, Any] = {"initial_expression": None, _VALUE[type(item)]: math.nan}
        return replace(item, **unknown)

    def _is_known(self, formula: Expression) -> bool:
        missing = (isinstance(p, Number) and math.isnan(p.value) for p in walk(formula))
        return symbols(formula) <= self._known and not any(missing)
