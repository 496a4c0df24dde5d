"""Timed changes. Engines run them in segments, so they are exact at any time and any propensity."""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, fields
from typing import Protocol

from simnet.errors import InputError, Problem
from simnet.experiment.action import Act, Action, AddAmount, Hold, ScaleValue, SetValue
from simnet.experiment.change import (
    Change,
    Set,
    change_record,
    is_change,
    not_a_change,
)
from simnet.experiment.times import TimeSpec, duration, whole_number
from simnet.network.network import Event, Network
from simnet.network.values import initial_values


@dataclass(frozen=True, slots=True)
class Timed:
    """What happens at one time, in the network's unit: a pulse ends, events of the network's own
    take effect, changes are made, a pulse begins; at equal times in this order."""

    time: float
    ends: "Pulse | None" = None
    events: tuple[Event, ...] = ()
    changes: tuple[Change, ...] = ()
    begins: "Pulse | None" = None

    @property
    def rank(self) -> int:
        """Place among what happens at the same time."""
        return 0 if self.ends else 1 if self.events else 2 if self.changes else 3


class Scheduled(Protocol):
    """An entry of a schedule."""

    def timed(self, time_unit: str | None) -> Iterator[Timed]:
        """Its changes with times in the network's unit.

        Raises:
            InputError: not a time.
        """
        ...

    def record(self) -> dict[str, object]:
        """The entry as plain data."""
        ...


@dataclass(frozen=True, init=False)
class At:
    """Changes at one time: `At("24 h", Set("O2_percent", 20))`."""

    time: TimeSpec
    changes: tuple[Change, ...]

    def __init__(self, time: TimeSpec, *changes: Change) -> None:
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "changes", _nonempty(changes, f"At({time!r})"))

    def timed(self, time_unit: str | None) -> Iterator[Timed]:
        yield Timed(duration(self.time, "At", time_unit), changes=self.changes)

    def record(self) -> dict[str, object]:
        return {"at": self.time, "changes": [change_record(c) for c in self.changes]}


@dataclass(frozen=True)
class Pulse:
    """A parameter or input at another value for a while, then back: to what it would be without the
    pulse. Of pulses that overlap the one that began last counts."""

    start: TimeSpec
    length: TimeSpec
    change: Set

    def __post_init__(self) -> None:
        if not isinstance(self.change, Set):
            why = "only a Set can be undone"  # type: ignore[unreachable]
            raise InputError(Problem(what=repr(self), why=why, way_out="use two entries At(...)"))

    def timed(self, time_unit: str | None) -> Iterator[Timed]:
        start = duration(self.start, "Pulse start", time_unit)
        length = duration(self.length, "Pulse length", time_unit)
        if length <= 0:
            raise InputError(Problem(what=f"Pulse length {self.length!r}", why="must be positive"))
        yield Timed(start, begins=self)
        yield Timed(start + length, ends=self)

    def record(self) -> dict[str, object]:
        return {"pulse": self.start, "length": self.length, "change": change_record(self.change)}


@dataclass(frozen=True, init=False)
class Repeat:
    """The same changes several times: `Repeat("0 h", "24 h", 7, Add("drug", 100))`."""

    first: TimeSpec
    every: TimeSpec
    count: int
    changes: tuple[Change, ...]

    def __init__(self, first: TimeSpec, every: TimeSpec, count: int, *changes: Change) -> None:
        given = _nonempty(changes, f"Repeat({first!r}, {every!r}, {count!r})")
        times = whole_number(count, "Repeat count", 1)
        fields = {"first": first, "every": every, "count": times, "changes": given}
        for name, value in fields.items():
            object.__setattr__(self, name, value)

    def timed(self, time_unit: str | None) -> Iterator[Timed]:
        first = duration(self.first, "Repeat first", time_unit)
        every = duration(self.every, "Repeat every", time_unit)
        if every <= 0:
            raise InputError(Problem(what=repr(self), why="its period must be positive"))
        for i in range(self.count):
            yield Timed(first + i * every, changes=self.changes)

    def record(self) -> dict[str, object]:
        changes = [change_record(c) for c in self.changes]
        return {"repeat": self.first, "every": self.every, "count": self.count, "changes": changes}


def delayed(entry: Scheduled, by: float, time_unit: str | None) -> Scheduled:
    """The entry so much later, with its start in the network's unit.

    Raises:
        InputError: not a time, or one before 0.
    """
    start = fields(entry)[0].name  # type: ignore[arg-type]
    time = duration(getattr(entry, start), "time", time_unit)
    if time < 0:
        raise InputError(Problem(what=repr(entry), why="before the start"))
    later = copy(entry)
    object.__setattr__(later, start, time + by)
    return later


def _nonempty(changes: tuple[Change, ...], what: str) -> tuple[Change, ...]:
    if not changes:
        raise InputError(
            Problem(what=what, why="has no change", way_out='for example At("24 h", Set(name, 1))')
        )
    for change in changes:
        if not is_change(change):
            raise InputError(not_a_change(change, what))
    return changes


def is_entry(value: object) -> bool:
    """Whether the value is an entry of a schedule."""
    return isinstance(value, (At, Pulse, Repeat))


def not_an_entry(value: object) -> Problem:
    """The problem of a value that stands in the place of an entry."""
    what, way_out = f"schedule: {value!r:.60}", 'for example At("24 h", Set(name, value))'
    return Problem(what=what, why="is not an entry of a schedule", way_out=way_out)


def timeline(
    schedule: Sequence[Scheduled], network: Network, end: float
) -> tuple[list[Timed], list[Problem]]:
    """All that is scheduled, and the problems of what cannot be."""
    found: list[Timed] = []
    problems: list[Problem] = []
    for entry in schedule:
        if not is_entry(entry):
            problems.append(not_an_entry(entry))
            continue
        try:
            items = list(entry.timed(network.time_unit))
        except InputError as error:
            problems.extend(error.problems)
            continue
        for item in items:
            if 0 <= item.time <= end:
                found.append(item)
            elif not (item.ends and item.time > end):  # a pulse may outlast the run
                why = "before the start" if item.time < 0 else f"after the end of the run ({end:g})"
                problems.append(Problem(what=f"{entry!r}", why=why))
    return found, problems


# Values of parameters and compartments as they change along a schedule.


class Settings:
    """Each parameter has a base value, and pulses that are on; the pulse that began last wins.

    `Set` and `Scale` move the base, so what they do shows when the pulses are over.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._declared = initial_values(network)
        self._base: dict[str, float] = {}  # those that differ from the declared
        self._pulses: dict[str, list[tuple[Pulse, float]]] = {}
        self._fresh: dict[str, float] = {}
        self.held: dict[str, float] = {}

    def values(self) -> dict[str, float]:
        """All that differs from what is declared, and what is held."""
        return {**{name: self._current(name) for name in self._touched()}, **self.held}

    def apply(self, actions: Iterable[Action]) -> list[Act]:
        """Take in what is set; return the acts on amounts, which only the engine can do."""
        acts: list[Act] = []
        for action in actions:
            if isinstance(action, Hold):
                self.held[action.id] = action.value
                if action.id in self._network.species_index:
                    acts.append(SetValue(action.id, action.value))
                else:
                    self._fresh[action.id] = action.value
            elif action.id in self._network.species_index:
                acts.append(action)
            elif isinstance(action, ScaleValue):
                base = self._base.get(action.id, self._declared[action.id])
                self._move(action.id, base * action.factor)
            elif isinstance(action, AddAmount):
                raise TypeError(f"{action.id} is not a species")
            else:
                self._move(action.id, action.value)
        return acts

    def begin(self, pulse: Pulse) -> list[Problem]:
        """Switch a pulse on; a problem where it is not on a parameter, input or volume."""
        actions, problems = pulse.change.resolve(self._network)
        if problems:
            return list(problems)
        (action,) = actions
        if not isinstance(action, SetValue) or action.id in self._network.species_index:
            return [
                Problem(
                    what=repr(pulse),
                    why="only a parameter or input can return to its earlier value",
                    way_out="give a Set of one, or two entries At(...)",
                )
            ]
        self._pulses.setdefault(action.id, []).append((pulse, action.value))
        self._fresh[action.id] = self._current(action.id)
        return []

    def end(self, pulse: Pulse) -> None:
        """Switch a pulse off."""
        for name, active in self._pulses.items():
            for item in active:
                if item[0] is pulse:
                    active.remove(item)
                    self._fresh[name] = self._current(name)
                    return

    def take(self) -> dict[str, float]:
        """What was set since the last call."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def _touched(self) -> set[str]:
        return self._base.keys() | self._pulses.keys()

    def _move(self, name: str, value: float) -> None:
        self._base[name] = value
        self._fresh[name] = self._current(name)

    def _current(self, name: str) -> float:
        active = self._pulses.get(name)
        return active[-1][1] if active else self._base.get(name, self._declared[name])
