"""The states that a network can reach, found breadth-first from its start, as many as are wanted."""

from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import Problem, SimulationError
from simnet.network.network import Network
from simnet.verify.vectors import StateFunctions, States

if TYPE_CHECKING:
    from scipy.sparse import csr_array


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
