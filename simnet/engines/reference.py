"""Gillespie's direct method in plain Python: the slow clear twin of the fast engines.

Laws that depend on time are run by thinning. Events on state are looked at after each firing.

Source: Gillespie 1977 (doi:10.1021/j100540a008). Random numbers: Python's Mersenne Twister.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Engine, Task
from simnet.engines.state import State
from simnet.engines.state_events import Triggers
from simnet.engines.thinning import TimedLaws, Window
from simnet.errors import SimulationError
from simnet.experiment.program import Program, Segment, with_held
from simnet.network.evaluate import assigner, rate_functions
from simnet.network.expression import walk
from simnet.network.network import Network


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
        self.timed = TimedLaws(network, self.enough)
        moving = {name for name, _ in self.timed.moving}
        self.assign_moving = assigner(
            replace(network, assignments=tuple(a for a in network.assignments if a.id in moving))
        )

    def propensities(self, values: dict[str, float], time: float) -> list[float]:
        """One a reaction; zero where a reactant has run out."""
        self.assign(values, time)
        return [self.propensity(i, values, time) for i in range(len(self.rates))]

    def propensity(self, reaction: int, values: dict[str, float], time: float) -> float:
        if not self.enough(reaction, values):
            return 0.0
        found = self.rates[reaction](values, time)
        if not (found >= 0 and math.isfinite(found)):
            name = self.names[reaction]
            raise SimulationError(f"reaction {name}: propensity {found:g} at t={time:g}")
        return found

    def drawn(
        self, values: dict[str, float], time: float, now: list[float], target: float
    ) -> int | None:
        """The reaction in whose share the target lies; None if it is beyond the propensities, which
        are `now` where laws do not depend on time."""
        if self.timed.laws:
            self.assign_moving(values, time)
            now = list(now)
            for i, _ in self.timed.laws:
                now[i] = self.propensity(i, values, time)
            if target >= math.fsum(now):
                return None
        return _chosen(now, target)

    def enough(self, reaction: int, values: Mapping[str, float]) -> bool:
        """Whether the reactants are there."""
        return all(values[species] >= n for species, n in self.needs[reaction])


class ReferenceSimulator:
    """Runs one task; see `Simulator`."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.laws: dict[frozenset[str], _Laws] = {}

    def run(self, program: Program, seed: int) -> TimesByReadouts:
        """One replicate, (T, R)."""
        stream = random.Random(seed)
        state = State(self.task.network, program, whole=True)
        triggers = Triggers(self.task.network)
        rows: list[list[float]] = []
        for segment in program.segments:
            state.enter(segment)
            triggers.enter(state, segment)
            rows += self.segment(segment, state, triggers, stream)
            triggers.leave(state, segment)
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(self.task.symbols))

    def segment(
        self, segment: Segment, state: State, triggers: Triggers, stream: random.Random
    ) -> list[list[float]]:
        if segment.held not in self.laws:
            self.laws[segment.held] = _Laws(with_held(self.task.network, segment.held))
        laws, values = self.laws[segment.held], state.values
        time, rows = segment.start, []
        pending = list(segment.outputs)
        window: Window | None = None
        width = segment.end - segment.start
        while time < segment.end:
            propensities = laws.propensities(values, time)
            if window is None or not window.fits(propensities, time):
                end = min(segment.end, time + width)
                window = laws.timed.window(values, propensities, time, end)
            reaction: int | None = None
            while reaction is None and time < window.end:
                bound = window.bound
                wait = -math.log(1.0 - stream.random()) / bound if bound > 0 else math.inf
                time = min(time + wait, window.end)
                while pending and pending[0] < time:
                    rows.append(self.readouts(laws, values, pending.pop(0)))
                if time < window.end:
                    target = bound * stream.random()
                    reaction = laws.drawn(values, time, propensities, target)
                    window.rejected += reaction is None
            if reaction is None:
                width = (window.end - window.start) * (1 if window.rejected else 2)
                window = None
                continue
            for species, change in laws.changes[reaction]:
                values[species] += change
            if self.task.network.state_events:
                triggers.enter(state, replace(segment, start=time, settings={}, acts=()))
                window = None  # events may set what it was made from
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


def _seconds_per_firing(network: Network) -> float:
    laws = [r.law.expression("discrete") for r in network.reactions]
    laws += [a.expression for a in network.assignments]
    return 5e-6 + 5e-7 * sum(1 for law in laws for _ in walk(law))


REFERENCE = Engine(
    name="reference",
    methods=frozenset({"ssa"}),
    prepare=ReferenceSimulator,
    version=lambda: "2",
    seconds_per_firing=_seconds_per_firing,
)
