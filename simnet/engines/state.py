"""Species amounts between segments: what a change does to them, and what no engine may reach."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.base import Task
from simnet.errors import Problem, SimulationError, StateError
from simnet.experiment.action import Act, AddAmount, Assign, ScaleValue, SetValue
from simnet.experiment.program import Program, Segment
from simnet.network.expression import Call, Expression, Number, RateLaw, Symbol, function
from simnet.network.network import Network, Parameter, Reaction, Species, StateEvent, cached
from simnet.network.stochastic import MOST_COUNTED
from simnet.network.values import assigner


class State:
    """All values of one replicate between segments, by id: settings and amounts.

    `whole` amounts are molecules: scaled ones are rounded to whole ones, and a fraction is an error;
    so is an amount below `least`.
    """

    def __init__(
        self, network: Network, program: Program, *, whole: bool, least: float = 0.0
    ) -> None:
        self.values: dict[str, float] = {**program.settings, **program.amounts}
        self._species = network.species_index
        self._network = network
        self._whole, self._least = whole, least

    def enter(self, segment: Segment) -> None:
        """Do what the segment begins with."""
        self.values.update(segment.settings)
        for act in segment.acts:
            if isinstance(act, Assign):
                held = {name: self.values[name] for name in segment.held}
                cached(self._network, assigner)(self.values, segment.start)
                self.values.update(held)
                new = {
                    name: function(expression)(self.values, segment.start)
                    for name, expression in act.assignments
                }
                for name, value in new.items():
                    self._set(name, value, act)
            else:
                self._set(act.id, applied(self.values[act.id], act, whole=self._whole), act)

    def _set(self, name: str, value: float, act: Act) -> None:
        if name in self._species:
            possible = self._least <= value < math.inf
            if not possible or (self._whole and value != math.floor(value)):
                kind = "a fraction of a molecule" if possible else "which is not a possible amount"
                before = self.values[name]
                raise StateError(f"{name}: {before:g} becomes {value:g}, {kind}, by {_said(act)}")
        elif not math.isfinite(value):
            raise StateError(f"{name} becomes {value:g} by {_said(act)}")
        self.values[name] = value


def _said(act: Act) -> str:
    return "an event of the model" if isinstance(act, Assign) else str(act)


def applied(current: float, act: SetValue | ScaleValue | AddAmount, *, whole: bool) -> float:
    """The value after an act; scaled amounts of molecules are rounded to whole ones."""
    match act:
        case SetValue(value=value):
            return value
        case ScaleValue(factor=factor):
            return float(round(current * factor)) if whole else current * factor
        case AddAmount(amount=added):
            return current + added


def require_possible(
    amounts: FloatArray, species: Sequence[str], times: FloatArray, *, counts: bool
) -> None:
    """Raise StateError unless all amounts (T, S) are finite, and whole and not negative if they are
    `counts`."""
    bad = ~np.isfinite(amounts)
    if counts:
        bad |= (amounts < 0) | (amounts != np.floor(amounts))
    for row, column in np.argwhere(bad)[:1]:
        amount = f"{species[column]} is {amounts[row, column]:g} at t={times[row]:g}"
        raise StateError(f"{amount}, which is not a possible amount")


def require_not_negative(
    amounts: FloatArray,
    species: Sequence[str],
    times: FloatArray,
    *,
    task: Task,
    peaks: dict[str, float],
    takers: Callable[[int, str], Sequence[tuple[str, float]]],
) -> None:
    """Raise StateError where an amount (T, S) of an ODE is below zero, but for the integrator's
    error, of the most that the species has been, and rounding, of the most of all. Such amounts are
    results where the task allows them.

    `peaks` are what species have been in the run so far, by id, and are brought up to date: what is
    left of something long gone is rounding as well. `takers` gives the reactions that lower a species
    in a row, and by how much a unit of time.
    """
    if task.allow_negative:
        return
    highest = np.maximum(amounts, 0.0).max(axis=0, initial=0.0)
    for name, amount in zip(species, highest.tolist(), strict=True):
        peaks[name] = max(amount, peaks.get(name, 0.0))
    most = np.array([peaks[name] for name in species])
    error = max(1e-6, 10 * task.rtol) * most + 10 * (task.atol or 0.0)
    largest = max([*peaks.values(), np.abs(amounts).max(initial=0.0)])
    for row, column in np.argwhere(amounts < -(error + 1e-12 * largest))[:1].tolist():
        name = species[column]
        what = f"{name} is {amounts[row, column]:g} at t={times[row]:g}, below zero"
        allow = "if negative amounts are intended, use allow_negative=True (--allow-negative)"
        lowering = takers(row, name)
        if not lowering:
            why = "caused by an initial amount, rule or event of the model, or by a change"
            raise StateError(f"{what}: {why}; {allow}")
        reaction, rate = max(lowering, key=lambda taker: taker[1])
        more = f" (and {len(lowering) - 1} more)" if len(lowering) > 1 else ""
        raise StateError(
            f"{what}: reaction {reaction}{more} takes {rate:.3g} of it per unit of time although none "
            f"is left; make the rate law zero when {name} is zero, or, {allow}"
        )


def takers_of(
    network: Network, values: Mapping[str, float], time: float, species: str
) -> list[tuple[str, float]]:
    """The reactions that lower a species in a state of all values by id, and by how much a time unit."""
    state = dict(values)
    cached(network, assigner)(state, time)
    found = []
    for reaction in network.reactions:
        if net := reaction.changes().get(species):
            change = net * function(reaction.law.expression("continuous"))(state, time)
            if change < 0:
                found.append((reaction.id, -change))
    return found


# Events on state: at the start of a segment, and in the reference engine after each firing, by our
# own hand; within a segment of roadrunner by roadrunner, armed for it.
#
# Bare libroadrunner 2.10 compares a trigger after each firing with what it was after the one before,
# and that is not always what it was last: at the start it is false, or as the run before left it; and
# what events do to triggers is not evaluated until the next firing. So an event that makes its own
# trigger false is lost where the very next firing makes it true again, and one that another event made
# true comes twice.
#
# An armed network has hidden species that hidden reactions use up at 1e40 per time unit: nothing else
# fires in between, and in double precision no time passes. While `settling` is there, which every
# event makes, no trigger is true; so once it is gone each trigger is compared with what events left,
# and what events cause comes step by step. While `starting` is there, at the start of a segment,
# triggers are evaluated and events do nothing.


AT_ONCE = 1e40
"""Firings per time unit of a hidden reaction."""
MOST_STEPS = 1e7
"""Times that events take effect in one segment, at most: where they cause each other without end,
that is some 30 seconds."""
_MOST_AT_START = 10_000
_LARGEST = 1e308


def refused(network: Network, engine: str) -> list[Problem]:
    """What an engine that does not know them has to say of a network with events on state."""
    return [
        Problem(
            what=f"engine {engine!r}",
            why=f"{network.id} has events on state: {', '.join(e.id for e in network.state_events)}",
            way_out='use engine="roadrunner" or "reference", which evaluate them after each firing',
        )
        for _ in network.state_events[:1]
    ]


class Triggers:
    """The triggers of a network's events on state, between segments.

    Within a segment of roadrunner they are its own; a change at its start is made here.
    """

    def __init__(self, network: Network) -> None:
        self._events = network.state_events
        self._triggers = {e.id: function(e.trigger) for e in network.state_events}
        self._assign = cached(network, assigner)
        self.truths = {e.id: e.initial for e in network.state_events}
        """What each trigger was last; before the start, as the model declares it."""

    def evaluated(self, state: State, time: float, held: Collection[str]) -> dict[str, bool]:
        """What each trigger is."""
        current = dict(state.values)
        self._assign(current, time)
        current |= {name: state.values[name] for name in held}
        return {name: bool(true(current, time)) for name, true in self._triggers.items()}

    def enter(self, state: State, segment: Segment) -> None:
        """Let the events take effect that became true by what the segment begins with.

        Raises:
            StateError: one sets an amount that is negative, a fraction or no number.
            SimulationError: they cause each other without end.
        """
        for _ in range(_MOST_AT_START if self._events else 0):
            before, self.truths = self.truths, self.evaluated(state, segment.start, segment.held)
            due = [e for e in self._events if self.truths[e.id] and not before[e.id]]
            if not due:
                return
            together = Assign(tuple(pair for event in due for pair in event.assignments))
            state.enter(replace(segment, settings={}, acts=(together,)))
        if self._events:
            raise SimulationError(f"events trigger each other endlessly, at t={segment.start:g}")

    def leave(self, state: State, segment: Segment) -> None:
        """Keep what the triggers are at the end of the segment."""
        if self._events:
            self.truths = self.evaluated(state, segment.end, segment.held)


@dataclass(frozen=True, kw_only=True)
class Armed:
    """A network for roadrunner's SSA, and what is hidden in it.

    Attributes:
        network: what is written and loaded.
        start: values of hidden species and parameters at the start of a segment, by id.
        wrongs: for each event, the parameter that is set to 1 by an impossible value.
        settling: the species that is left over only where events never come to an end.
    """

    network: Network
    start: Mapping[str, float]
    wrongs: Mapping[str, str]
    settling: str

    def require_right(self, values: Mapping[str, float], end: float) -> None:
        """Raise where events went wrong in a segment, given the values at its end.

        Raises:
            StateError: an event set an amount that is negative, a fraction or no number.
            SimulationError: they came too often to be followed.
        """
        for name, wrong in self.wrongs.items():
            if values[wrong]:
                raise StateError(
                    f"event {name} of the model, before t={end:g}: sets a negative amount, a "
                    "fraction of a molecule or no number"
                )
        if values[self.settling]:
            raise SimulationError(
                f"events of the model take effect more than {MOST_STEPS:,.0f} times before "
                f"t={end:g}: do they trigger each other endlessly?"
            )


def armed(network: Network) -> Armed:
    """The network with its events on state armed; see the top of this module."""
    prefix = _unused(network, "simnet_")
    starting, settling, steps = (f"{prefix}{s}" for s in ("starting", "settling", "steps"))
    wrongs = {e.id: f"{prefix}wrong_{e.id}" for e in network.state_events}
    amounts = {starting: 2.0, settling: 0.0, steps: MOST_STEPS}
    values = {f"{prefix}at_once": AT_ONCE} | dict.fromkeys(wrongs.values(), 0.0)
    place = network.compartments[0].id
    species = [
        Species(id=name, name=name, compartment=place, initial=n) for name, n in amounts.items()
    ]
    parameters = [Parameter(id=name, value=value) for name, value in values.items()]
    reactions = [
        _used_up(f"{prefix}start", f"{prefix}at_once", starting),
        _used_up(f"{prefix}settle", f"{prefix}at_once", settling, steps),
    ]
    events = tuple(
        _armed_event(e, network, starting, settling, wrongs[e.id]) for e in network.state_events
    )
    changed = replace(
        network,
        species=(*species, *network.species),
        parameters=(*parameters, *network.parameters),
        reactions=(*reactions, *network.reactions),
        state_events=events,
    )
    return Armed(network=changed, start=amounts | values, wrongs=wrongs, settling=settling)


def _unused(network: Network, prefix: str) -> str:
    names = [*network.ids(), *(r.id for r in network.reactions)]
    while any(name.startswith(prefix) for name in names):
        prefix += "_"
    return prefix


def _used_up(name: str, rate: str, *species: str) -> Reaction:
    orders = tuple((s, 1) for s in species)
    return Reaction(
        id=name, reactants=orders, products=(), law=RateLaw(rate=Symbol(rate), orders=orders)
    )


def _armed_event(
    event: StateEvent, network: Network, starting: str, settling: str, wrong: str
) -> StateEvent:
    live = Call("eq", (Symbol(starting), Number(0)))
    settled = Call("eq", (Symbol(settling), Number(0)))
    looked_at = Call("le", (Symbol(starting), Number(1)))
    conditions = [
        condition
        for target, value in event.assignments
        for condition in _possible(value, count=target in network.species_index)
    ]
    possible = Call("and", tuple(conditions)) if conditions else Call("true", ())
    right = Call("and", (live, possible))  # an amount below zero would stop roadrunner for good
    effects: list[tuple[str, Expression, Expression]] = [
        (settling, Number(1), live),
        (wrong, Number(1), Call("and", (live, Call("not", (possible,))))),
        *((target, value, right) for target, value in event.assignments),
    ]
    return replace(
        event,
        trigger=Call("and", (looked_at, settled, event.trigger)),
        assignments=tuple(
            (target, Call("piecewise", (value, when, Symbol(target))))
            for target, value, when in effects
        ),
        initial=True,
    )


def _possible(value: Expression, *, count: bool) -> Iterable[Expression]:
    """Conditions on a value: that it is finite, or that a species can have that amount."""
    low, high = (0.0, MOST_COUNTED) if count else (-_LARGEST, _LARGEST)
    if count:
        yield Call("eq", (value, Call("floor", (value,))))
    yield Call("ge", (value, Number(low)))
    yield Call("not", (Call("lt", (value, Number(low))),))  # in roadrunner NaN >= 0
    yield Call("le", (value, Number(high)))
