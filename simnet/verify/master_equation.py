"""The chemical master equation dp/dt = Q p, solved by uniformisation on the states that matter.

Time goes in steps. A step in which more than a trace of the probability reaches open states is taken
back, those states are opened up, and it is done again; so the space follows the probability, and
what is lost in the end is known: it is in `Distribution.lost`.

Sources: Munsky & Khammash 2006 (doi:10.1063/1.2145882), finite state projection; Jensen 1953,
uniformisation: p(t) = sum_k Poisson(k; q t) P^k p(0) with P = 1 + Q/q and q the fastest exit rate.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.network.network import Network
from simnet.network.timing import depends_on_time
from simnet.verify.states import StateSpace, TooManyStates

if TYPE_CHECKING:
    from scipy.sparse import csr_array

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
