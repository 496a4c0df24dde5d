"""Gillespie's direct method in plain Python: the slow clear twin of the fast engines.

Source: Gillespie 1977 (doi:10.1021/j100540a008). Random numbers: Python's Mersenne Twister.
"""

import math
import random

import numpy as np

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Engine, Task
from simnet.engines.state import State
from simnet.engines.state_events import refused
from simnet.errors import Problem, SimulationError, UnsupportedError
from simnet.experiment.program import Program, Segment, with_held
from simnet.network.evaluate import assigner, rate_functions
from simnet.network.network import Network
from simnet.network.timing import depends_on_time


class _Laws:
    """Propensities and state changes of a network, by species id."""

    def __init__(self, network: Network) -> None:
        fixed = {s.id for s in network.species if s.fixed}
        self.assign = assigner(network)
        self.rates = rate_functions(network, "discrete")
        self.needs = [  # a fixed species is not used up: any amount of it will do
            [(s, n) for s, n in r.reactants if s not in fixed] for r in network.reactions
        ]
        self.names = [r.id for r in network.reactions]
        self.changes: list[list[tuple[str, int]]] = []
        for reaction in network.reactions:
            net = dict.fromkeys([s for s, _ in (*reaction.reactants, *reaction.products)], 0)
            for species, n in reaction.reactants:
                net[species] -= n
            for species, n in reaction.products:
                net[species] += n
            self.changes.append([(s, n) for s, n in net.items() if n and s not in fixed])

    def propensities(self, values: dict[str, float], time: float) -> list[float]:
        """One a reaction; zero where a reactant has run out."""
        self.assign(values, time)
        found = []
        for rate, needs, name in zip(self.rates, self.needs, self.names, strict=True):
            enough = all(values[species] >= n for species, n in needs)
            propensity = rate(values, time) if enough else 0.0
            if not (propensity >= 0 and math.isfinite(propensity)):
                raise SimulationError(f"reaction {name}: propensity {propensity:g} at t={time:g}")
            found.append(propensity)
        return found


class ReferenceSimulator:
    """Runs one task; see `Simulator`."""

    def __init__(self, task: Task) -> None:
        self.task = task
        network = task.network
        if problems := refused(network, "reference"):
            raise UnsupportedError(problems)
        if any(depends_on_time(network, r.law.rate) for r in network.reactions):
            raise UnsupportedError(
                Problem(
                    what="engine 'reference'",
                    why=f"rate laws of {network.id} depend on time",
                    way_out='use engine="roadrunner", which integrates them',
                )
            )
        self.laws: dict[frozenset[str], _Laws] = {}

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        """One replicate, (T, R)."""
        stream = random.Random(seed)
        state = State(self.task.network, program, whole=True)
        rows: list[list[float]] = []
        for segment in program.segments:
            state.enter(segment)
            rows += self.segment(segment, state.values, stream)
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.task.symbols))

    def segment(
        self, segment: Segment, values: dict[str, float], stream: random.Random
    ) -> list[list[float]]:
        if segment.held not in self.laws:
            self.laws[segment.held] = _Laws(with_held(self.task.network, segment.held))
        laws = self.laws[segment.held]
        time, rows = segment.start, []
        pending = list(segment.outputs)
        while True:
            propensities = laws.propensities(values, time)
            total = math.fsum(propensities)
            wait = -math.log(1.0 - stream.random()) / total if total > 0 else math.inf
            while pending and pending[0] < time + wait:
                rows.append(self.readouts(laws, values, pending.pop(0)))
            if time + wait >= segment.end:
                break
            time += wait
            for species, change in laws.changes[_chosen(propensities, total * stream.random())]:
                values[species] += change
        return rows + [self.readouts(laws, values, output) for output in pending]

    def readouts(self, laws: _Laws, values: dict[str, float], time: float) -> list[float]:
        """The readouts at an output time; expressions may depend on it."""
        laws.assign(values, time)
        return [values[symbol] for symbol in self.task.symbols]


def _chosen(propensities: list[float], target: float) -> int:
    """The reaction in whose share of the sum the target lies."""
    last = 0
    for index, propensity in enumerate(propensities):
        if propensity > 0:
            last = index
            target -= propensity
            if target < 0:
                return index
    return last  # rounding left the target at the very end


REFERENCE = Engine(
    name="reference",
    methods=frozenset({"ssa"}),
    prepare=ReferenceSimulator,
    version=lambda: "1",
)
