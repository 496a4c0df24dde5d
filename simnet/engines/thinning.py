"""Bounds of a state's propensities over windows of time, for laws that depend on time.

Candidates that come at the rate of the bound, of which one at time t fires with probability
(total at t)/bound, fire as the laws say: thinning, exact for any bound and any window. Where a window
ends follows from the state and the time alone, never from the output times, so that equal seeds
give equal bits on any grid. What of a law reads time alone is bounded once a window.

Sources: Lewis and Shedler 1979 (doi:10.1002/nav.3800260304); Ogata 1981
(doi:10.1109/TIT.1981.1056305).
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from simnet.errors import SimulationError
from simnet.network.bounds import enclosure
from simnet.network.expression import Call, Expression, Symbol, reads_time, rewritten, symbols, text
from simnet.network.network import Network
from simnet.network.timing import depends_on_time

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
            f"reaction {name}: its law {law} has no bound right after t={time:g}, so its firings "
            f"cannot be drawn; limit it, min(1e6, {law}), or end the run before"
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
