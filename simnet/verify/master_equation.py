"""The chemical master equation dp/dt = Q p, solved by uniformisation on the states that matter.

Time goes in steps. A step in which more than a trace of the probability reaches open states is taken
back, those states are opened up, and it is done again; so the space follows the probability, and
what is lost in the end is known: it is in `Distribution.lost`.

Sources: Munsky & Khammash 2006 (doi:10.1063/1.2145882), finite state projection; Jensen 1953,
uniformisation: p(t) = sum_k Poisson(k; q t) P^k p(0) with P = 1 + Q/q and q the fastest exit rate.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.errors import Problem, SimulationError
from simnet.network.expression import Call, Expression, Number, Symbol, Time
from simnet.network.network import Network, Reaction
from simnet.network.timing import depends_on_time
from simnet.network.values import initial_values

if TYPE_CHECKING:
    from scipy.sparse import csr_array


# Propensities and readouts over many states at once.
#
# Written apart from `simnet.network.values`, which the engines use: an operator that is wrong there
# shows here as a disagreement.


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


# The states that a network can reach, found breadth-first from its start, as many as are wanted.


class TooManyStates(Exception):
    """More states are within reach than are allowed."""


class StateSpace:
    """Reachable states. One is *open* until its own jumps are known: in the generator it is a trap.

    Attributes:
        states: (K, S) in order of discovery; the start is the first.
        open: (K,) whether the state is open.
    """

    def __init__(self, network: Network, limit: int) -> None:
        self.functions = StateFunctions(network)
        self.limit = limit
        self.states: States = self.functions.start[np.newaxis].copy()
        self.open = np.array([True])
        self._index = {self.states[0].tobytes(): 0}
        self._jumps: list[FloatArray] = []  # each (3, n): from, to, propensity

    def grow(self, places: "np.ndarray[Any, np.dtype[np.intp]]", layers: int = 1) -> None:
        """Take in the jumps of open states, and of what they lead to, `layers` deep.

        Raises:
            TooManyStates: there would be more than the limit.
            SimulationError: a propensity is negative or no number.
        """
        for _ in range(layers):
            places = places[self.open[places]]
            if not len(places):
                return
            before = len(self.states)
            self._expand(places)
            places = np.arange(before, len(self.states))

    def _expand(self, places: "np.ndarray[Any, np.dtype[np.intp]]") -> None:
        states = self.states[places]
        propensities = self.functions.propensities(states)
        if not (np.isfinite(propensities) & (propensities >= 0)).all():
            raise SimulationError(str(self._bad(states, propensities)))
        found: list[States] = []
        for place, change in enumerate(self.functions.changes):
            fires = (propensities[:, place] > 0) & change.any()
            targets = states[fires] + change
            to = np.array([self._place(target, found) for target in targets], dtype=np.float64)
            self._jumps.append(np.array([places[fires], to, propensities[fires, place]]))
        self.open[places] = False
        if found:
            self.states = np.concatenate([self.states, np.array(found)])
            self.open = np.concatenate([self.open, np.ones(len(found), dtype=np.bool_)])

    def _place(self, state: States, found: list[States]) -> int:
        key = state.tobytes()
        place = self._index.get(key)
        if place is None:
            place = self._index[key] = len(self._index)
            if place >= self.limit:
                raise TooManyStates
            found.append(state)
        return place

    def _bad(self, states: States, propensities: FloatArray) -> Problem:
        row, column = np.argwhere(~(np.isfinite(propensities) & (propensities >= 0)))[0]
        network = self.functions.network
        where = ", ".join(
            f"{s.id} = {n}" for s, n in zip(network.species, states[row], strict=True)
        )
        return Problem(
            what=f"reaction {network.reactions[column].id}",
            why=f"its propensity is {propensities[row, column]:g} where {where}",
        )

    def generator(self) -> "csr_array[Any, Any]":
        """(K, K): Q of dp/dt = Q p, with the state left as column; open states keep what they get."""
        from scipy.sparse import csr_array

        size = len(self.states)
        origin, target, rate = (
            np.concatenate(self._jumps, axis=1) if self._jumps else np.empty((3, 0))
        )
        rows = np.concatenate([target, origin]).astype(np.int64)
        columns = np.concatenate([origin, origin]).astype(np.int64)
        return csr_array((np.concatenate([rate, -rate]), (rows, columns)), shape=(size, size))


STATES = 20_000
"""States at most."""

_LOSS = 1e-12  # probability that may be lost in a whole solution
_WORK = 4e9  # multiplications at most: some ten seconds
_CALL = 2e4  # multiplications in the time that numpy takes to be called
_STEPS = 24  # of a whole solution, at least
_LAYERS = 3  # by which the space grows around a state that is opened up
_TERM = 1e-18  # Poisson weights below it are left out


class NoSolution(Exception):
    """Why the master equation is not solved."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Distribution:
    """The distribution of readouts at one time.

    Attributes:
        time: in the network's time unit.
        weights: (K,) probabilities of the states; they add up to 1.
        values: by symbol, (K,): the readout in each state, in its unit.
        lost: probability of all the states that were left out, at most.
    """

    time: float
    weights: FloatArray
    values: dict[str, FloatArray]
    lost: float


def solve(
    network: Network, times: Times, symbols: tuple[str, ...], *, limit: int = STATES
) -> tuple[Distribution, ...]:
    """Distributions of readouts, one for each of `times`, from the network's declared start.

    Args:
        network: one that has an exact stochastic meaning.
        times: (T,) rising, above 0.
        symbols: of the readouts.
        limit: states at most.

    Raises:
        NoSolution: laws depend on time, there are events, or it would take too much.
        SimulationError: a propensity is negative or no number.
    """
    if network.all_events:
        raise NoSolution("the model has events")
    if any(depends_on_time(network, r.law.rate) for r in network.reactions):
        raise NoSolution("rate laws depend on time")
    solver = _Solver(network, limit, float(times[-1]))
    found, now = [], 0.0
    for time in times:
        steps = max(1, round(_STEPS * (time - now) / times[-1]))
        for _ in range(steps):
            solver.advance((time - now) / steps)
        now = float(time)
        found.append(solver.distribution(now, symbols))
    return tuple(found)


class _Solver:
    def __init__(self, network: Network, limit: int, end: float) -> None:
        self.space = StateSpace(network, limit)
        self.end = end
        self.lost = 0.0
        self.work = 0.0
        self.p = np.ones(1)
        self.grown(np.array([0]))

    def grown(self, places: "np.ndarray[Any, np.dtype[np.intp]]") -> None:
        try:
            self.space.grow(places, _LAYERS)
        except TooManyStates:
            raise NoSolution(f"more than {self.space.limit:,} states are within reach") from None
        self.Q = self.space.generator()

    def advance(self, length: float) -> None:
        allowed = _LOSS * length / self.end
        while True:
            p = self.uniformised(self._padded(), length)
            open_ = np.flatnonzero(self.space.open)
            if p[open_].sum() <= allowed:
                break
            self.grown(open_[p[open_] > allowed / (4 * len(open_))])
        self.lost += float(p[open_].sum())
        p[open_] = 0.0
        self.p = p

    def _padded(self) -> FloatArray:
        padded = np.zeros(len(self.space.states))
        padded[: len(self.p)] = self.p
        return padded

    def uniformised(self, p: FloatArray, length: float) -> FloatArray:
        """exp(Q length) p."""
        from scipy.stats import poisson

        q = float(-self.Q.diagonal().min(initial=0.0)) * 1.02
        if q == 0:
            return p
        mean = q * length
        last = int(mean + 9 * np.sqrt(mean) + 30)
        self.work += last * (self.Q.nnz + 2.0 * len(p) + _CALL)
        if self.work > _WORK:
            raise NoSolution(f"it would take too long: about {q * self.end:.2g} jumps to the end")
        first = max(0, int(mean - 9 * np.sqrt(mean) - 30))
        weights = poisson.pmf(np.arange(first, last + 1), mean)
        P: csr_array[Any, Any] = self.Q * (1.0 / q)
        found = np.zeros(len(p))
        for k in range(last + 1):
            if k >= first and weights[k - first] > _TERM:
                found += weights[k - first] * p
            p = p + P @ p
        return found

    def distribution(self, time: float, symbols: tuple[str, ...]) -> Distribution:
        kept = self.p > 0
        states = self.space.states[: len(self.p)][kept]
        weights = self.p[kept] / self.p[kept].sum()
        functions = self.space.functions
        values = {name: functions.readout(name, states, time) for name in symbols}
        lost = self.lost + abs(1.0 - self.lost - float(self.p.sum()))
        return Distribution(time=time, weights=weights, values=values, lost=lost)
