"""Propensities and readouts over many states at once.

Written apart from `simnet.network.evaluate`, which the engines use: an operator that is wrong there
shows here as a disagreement.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np

from simnet.arrays import FloatArray
from simnet.network.evaluate import initial_values
from simnet.network.expression import Call, Expression, Number, Symbol, Time
from simnet.network.network import Network, Reaction

States: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
"""(K, S): whole amounts of K states, in the order of `Network.species`."""

Values: TypeAlias = Mapping[str, FloatArray]


class StateFunctions:
    """Propensities, readouts and state changes of a network, for arrays of states.

    Values of parameters and compartments are those at the start; laws must not read time.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        start = initial_values(network)
        self.start = np.array([round(start[s.id]) for s in network.species], dtype=np.int64)
        named = [p.id for p in network.parameters] + [c.id for c in network.compartments]
        self._constants = {name: np.array(start[name]) for name in named}
        self.changes: States = np.array(
            [self._change(r) for r in network.reactions], dtype=np.int64
        )

    def _change(self, reaction: Reaction) -> list[int]:
        net = dict.fromkeys([s.id for s in self.network.species], 0)
        for species, n in reaction.products:
            net[species] += n
        for species, n in reaction.reactants:
            net[species] -= n
        return [0 if s.fixed else net[s.id] for s in self.network.species]

    def values(self, states: States, time: float) -> dict[str, FloatArray]:
        """Every quantity by id, (K,) or a number."""
        found = dict(self._constants)
        for column, species in enumerate(self.network.species):
            found[species.id] = states[:, column].astype(np.float64)
        for assignment in self.network.assignments:
            found[assignment.id] = evaluated(assignment.expression, found, time)
        return found

    def propensities(self, states: States) -> FloatArray:
        """(K, reactions): firings per time; zero where a reactant has run out."""
        values = self.values(states, 0.0)
        columns = self.network.species_index
        found = np.zeros((len(states), len(self.network.reactions)))
        for place, reaction in enumerate(self.network.reactions):
            rate = np.broadcast_to(evaluated(reaction.law.rate, values, 0.0), (len(states),))
            for species, order in reaction.law.orders:
                for i in range(order):
                    rate = rate * (states[:, columns[species]] - i)
            enough = np.ones(len(states), dtype=np.bool_)
            for species, n in reaction.reactants:
                enough &= states[:, columns[species]] >= n
            found[:, place] = np.where(enough, rate, 0.0)
        return found

    def readout(self, symbol: str, states: States, time: float) -> FloatArray:
        """(K,): the value of a readout in each state, in its unit."""
        return np.broadcast_to(self.values(states, time)[symbol], (len(states),))


def evaluated(expression: Expression, values: Values, time: float) -> FloatArray:
    """The expression for arrays of values, all of one shape (or numbers)."""
    match expression:
        case Number(value=value):
            return np.array(value)
        case Symbol(id=name):
            return values[name]
        case Time():
            return np.array(time)
    args = [evaluated(arg, values, time) for arg in expression.args]
    with np.errstate(all="ignore"):  # a branch that is not taken may divide by zero
        return np.asarray(_operator(expression)(*args), dtype=np.float64)


def _operator(call: Call) -> Callable[..., Any]:
    if call.op in _FUNCTIONS:
        return _FUNCTIONS[call.op]
    return getattr(np, _NAMES.get(call.op, call.op))  # type: ignore[no-any-return]


def _chained(compare: Callable[[FloatArray, FloatArray], Any]) -> Callable[..., Any]:
    return lambda *args: reduce(np.logical_and, [compare(a, b) for a, b in pairwise(args)], True)


def _piecewise(*args: FloatArray) -> FloatArray:
    otherwise = args[-1] if len(args) % 2 else np.array(np.nan)
    conditions, pieces = args[1::2], args[0::2][: len(args) // 2]
    found = otherwise
    for condition, piece in zip(conditions[::-1], pieces[::-1], strict=True):
        found = np.where(condition != 0, piece, found)
    return found


def _gamma_of_next(n: FloatArray) -> Any:
    from scipy.special import gamma

    return gamma(n + 1)


_NAMES = {"ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "plus": lambda *args: reduce(np.add, args),
    "minus": lambda *args: np.negative(*args) if len(args) == 1 else np.subtract(*args),
    "times": lambda *args: reduce(np.multiply, args),
    "min": lambda *args: reduce(np.minimum, args),
    "max": lambda *args: reduce(np.maximum, args),
    "factorial": _gamma_of_next,
    "piecewise": _piecewise,
    "lt": _chained(np.less),
    "le": _chained(np.less_equal),
    "gt": _chained(np.greater),
    "ge": _chained(np.greater_equal),
    "eq": _chained(np.equal),
    "ne": _chained(np.not_equal),
    "and": lambda *args: reduce(np.logical_and, args),
    "or": lambda *args: reduce(np.logical_or, args),
    "xor": lambda *args: reduce(np.logical_xor, args),
    "not": np.logical_not,
    "true": lambda: 1.0,
    "false": lambda: 0.0,
}
