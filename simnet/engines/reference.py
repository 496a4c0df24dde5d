"""Gillespie's direct method in plain Python: the slow clear twin of the fast engines.

Laws that depend on time are run by thinning. Events on state are looked at after each firing.

Source: Gillespie 1977 (doi:10.1021/j100540a008). Random numbers: Python's Mersenne Twister.
"""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Engine, Task
from simnet.engines.state import State, Triggers
from simnet.errors import SimulationError
from simnet.experiment.program import Program, Segment, with_held
from simnet.network.bounds import enclosure
from simnet.network.expression import (
    Call,
    Expression,
    Symbol,
    reads_time,
    rewritten,
    symbols,
    text,
    walk,
)
from simnet.network.network import Network
from simnet.network.timing import depends_on_time
from simnet.network.values import assigner, rate_functions

# Bounds of a state's propensities over windows of time, for laws that depend on time.
#
# Candidates that come at the rate of the bound, of which one at time t fires with probability
# (total at t)/bound, fire as the laws say: thinning, exact for any bound and any window. Where a window
# ends follows from the state and the time alone, never from the output times, so that equal seeds
# give equal bits on any grid. What of a law reads time alone is bounded once a window.
#
# Sources: Lewis and Shedler 1979 (doi:10.1002/nav.3800260304); Ogata 1981
# (doi:10.1109/TIT.1981.1056305).


REJECTED = 0.3
"""Part of a window's candidates that may be in vain, unless it is one candidate or less."""

Enough = Callable[[int, Mapping[str, float]], bool]


class TimedLaws:
    """The laws of a network that depend on time, as functions of intervals."""

    def __init__(self, network: Network, enough: Enough) -> None:
        """
        Args:
            network: with what is held made constant.
            enough: (reaction, values): whether the reactants are there.
        """
        self.enough = enough
        self.constant = set(network.parameter_by_id) | set(network.compartment_by_id)
        moving = [a for a in network.assignments if depends_on_time(network, a.expression)]
        named = [(r.id, r.law.expression("discrete")) for r in network.reactions]
        timed = [(i, *law) for i, law in enumerate(named) if depends_on_time(network, law[1])]
        found: dict[Expression, str] = {}
        taken_out = [(a.id, self._taken_out(a.expression, found)) for a in moving]
        laws_left = [self._taken_out(law, found) for _, _, law in timed]
        varying = {*found.values(), *(a.id for a in moving)}
        self.parts = [(name, enclosure(part, ())) for part, name in found.items()]
        self.moving = [(name, enclosure(left, varying)) for name, left in taken_out]
        self.laws = [
            (i, enclosure(left, varying)) for (i, _, _), left in zip(timed, laws_left, strict=True)
        ]
        self.names = {i: (name, text(law)) for i, name, law in timed}

    def _taken_out(self, expression: Expression, found: dict[Expression, str]) -> Expression:
        """The expression with names in place of what reads time and constants alone."""

        def name(part: Expression) -> Expression | None:
            if isinstance(part, Call) and reads_time(part) and symbols(part) <= self.constant:
                return Symbol(found.setdefault(part, f"part {len(found)}"))
            return None

        return rewritten(expression, name)

    def window(
        self, values: Mapping[str, float], now: list[float], start: float, end: float
    ) -> "Window":
        """The window from `start` to `end`, or to a half, a quarter, ... of it where that is needed
        for a bound that is not loose. `now` has all propensities at the start.

        Raises:
            SimulationError: a law has no bound in any window.
        """
        while True:
            window = Window(self, values, start, end)
            if window.fits(now, start):
                return window
            middle = start + (end - start) / 2
            if not start < middle < end:
                self._refuse(window.tops, start)
            end = middle

    def _refuse(self, tops: list[float], time: float) -> NoReturn:
        name, law = self.names[max(self.names, key=lambda i: tops[i])]
        raise SimulationError(
            f"reaction {name}: its law {law} is unbounded just after t={time:g}, so its firings "
            f"cannot be sampled; limit it, min(1e6, {law}), or end the run before"
        )


class Window:
    """A window of time; `bound` is that of the total propensity in the state that `fits` saw."""

    def __init__(
        self, laws: TimedLaws, values: Mapping[str, float], start: float, end: float
    ) -> None:
        self.laws, self.values, self.start, self.end = laws, values, start, end
        self.bound = math.inf
        self.tops: list[float] = []
        self.rejected = 0
        self._known = _Over(values)
        for name, within in laws.parts:
            self._known[name] = within(self._known, (start, end))

    def fits(self, now: list[float], time: float) -> bool:
        """Whether the bound from `time` on, with the propensities `now`, is not loose."""
        known, laws, span = self._known, self.laws, (time, self.end)
        for name, within in laws.moving:
            known[name] = within(known, span)
        self.tops, slack = list(now), 0.0
        for i, within in laws.laws:
            if laws.enough(i, self.values):
                low, high = within(known, span)
                self.tops[i] = high
                slack += high - max(low, 0.0)
        self.bound = math.fsum(self.tops) if math.isfinite(slack) else math.inf
        return slack * (self.end - time) <= 1 or slack <= REJECTED * self.bound < math.inf


class _Over(dict[str, Any]):
    """Intervals by id, and behind them the values of the state."""

    def __init__(self, values: Mapping[str, float]) -> None:
        super().__init__()
        self._values = values

    def __missing__(self, name: str) -> float:
        return self._values[name]


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
        self.changes = [
            [(s, n) for s, n in r.changes().items() if s not in fixed] for r in network.reactions
        ]
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
