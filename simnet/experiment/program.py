"""A condition made into what engines run: a start, and segments between the times of changes.

Within a segment nothing is switched, so every engine runs it as it stands: the exponential waiting
time is memoryless, and restarting it at a boundary is exact, also where no reaction can fire.
A value on a boundary is the one after the change.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simnet.arrays import Times
from simnet.errors import InputError, Problem
from simnet.experiment.action import Act, Action, Assign, Hold, ScaleValue, SetValue
from simnet.experiment.change import is_change, not_a_change
from simnet.experiment.condition import Condition
from simnet.experiment.schedule import Settings, Timed, timeline
from simnet.experiment.times import TimeSpec, duration
from simnet.network.expression import Expression, Number, Symbol, function, reads_time, symbols
from simnet.network.network import Compartment, Event, Network, Parameter, cached
from simnet.network.timing import timed_reactions
from simnet.network.values import initial_values


@dataclass(frozen=True, kw_only=True)
class Segment:
    """From `start` to `end` with nothing switched in between.

    Attributes:
        settings: parameters and compartment sizes to set first, by id.
        acts: what is done to the state then, in order.
        held: ids held constant; which of the network's variants runs.
        outputs: (k,) times in [start, end] at which readouts are taken.
    """

    start: float
    end: float
    settings: Mapping[str, float] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    held: frozenset[str] = frozenset()
    outputs: Times = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, kw_only=True)
class Program:
    """Initial amounts by species id, settings by id, and the segments in order."""

    amounts: Mapping[str, float]
    settings: Mapping[str, float]
    segments: tuple[Segment, ...]

    def stages(self) -> Iterator[dict[str, float]]:
        """For each segment, what is set when it begins, by id: parameters, compartment sizes and
        expressions that are held, and the amounts of the start."""
        first = self.segments[0].acts
        values = {**self.settings, **self.amounts}
        values |= {a.id: a.value for a in first if isinstance(a, SetValue)}
        for segment in self.segments:
            values = {**values, **segment.settings}
            yield values

    def disturbed(self) -> frozenset[str]:
        """Species whose amounts are changed from outside, but for what is set at the very start."""
        first, *later = self.segments
        acts: list[Act] = [act for act in first.acts if not isinstance(act, SetValue)]
        acts += [act for segment in later for act in segment.acts]
        found: set[str] = set()
        for act in acts:
            found |= {n for n, _ in act.assignments} if isinstance(act, Assign) else {act.id}
        return frozenset(found)


def with_held(network: Network, held: Iterable[str]) -> Network:
    """The network with species or named expressions turned into constants."""
    names = frozenset(held)
    if not names:
        return network
    species = tuple(replace(s, fixed=True) if s.id in names else s for s in network.species)
    kept = tuple(a for a in network.assignments if a.id not in names)
    frozen = tuple(
        Parameter(id=a.id, value=0.0, unit=a.unit, meaning=a.meaning)
        for a in network.assignments
        if a.id in names
    )
    parameters = network.parameters + frozen
    return replace(network, species=species, assignments=kept, parameters=parameters)


def program(network: Network, condition: Condition, grid: Times) -> tuple[Program, list[Problem]]:
    """Translate a condition; problems make the program meaningless.

    Args:
        network: what is simulated.
        condition: changes, schedule and equilibration.
        grid: (T,) output times, increasing, from 0.
    """
    end = float(grid[-1])
    scheduled, problems = timeline(condition.schedule, network, end)
    always = Timed(0.0, changes=condition.background)
    first = Timed(0.0, changes=(*condition.background, *condition.changes))
    events = list(_own_events(network, first, end))
    problems += _conflicts(network, [first, *scheduled])
    events = _together(_snapped(t, grid) for t in events)
    problems += _set_twice(events, network, first)
    timed = sorted(
        [*events, *(_snapped(t, grid) for t in scheduled)], key=lambda t: (t.time, t.rank)
    )
    state = Settings(network)

    segments: list[Segment] = []
    if condition.equilibrate is not None:
        state.apply([SetValue(i.parameter, i.baseline) for i in network.inputs])
        actions, found = _resolved(network, always)
        problems += found
        before = tuple(state.apply(actions))
        length, found = _equilibration(network, condition.equilibrate)
        problems += found
        held, settings = frozenset(state.held), state.take()
        segments.append(Segment(start=-length, end=0.0, settings=settings, acts=before, held=held))
        first = replace(first, changes=condition.changes)
    starting = state.values()

    timed.insert(0, first)
    times = sorted({item.time for item in timed})
    for index, start in enumerate(times):
        last = index + 1 == len(times)
        stop = end if last else times[index + 1]
        acts: list[Act] = []
        for item in (item for item in timed if item.time == start):
            actions, found = _resolved(network, item)
            problems += found
            if segments or network.document is not None:
                problems += _without_effect(network, actions, start)
            if item.ends is not None:
                state.end(item.ends)
            acts += _event_acts(item.events, state, network)
            acts += state.apply(actions)
            if item.begins is not None:
                problems += state.begin(item.begins)
        inside = (grid >= start) & ((grid <= stop) if last else (grid < stop))
        segments.append(
            Segment(
                start=start,
                end=stop,
                settings=state.take(),
                acts=tuple(acts),
                held=frozenset(state.held),
                outputs=grid[inside],
            )
        )
        if len(segments) == 1:  # no equilibration: what is set now decides the initial amounts
            starting = state.values()

    if network.document is not None:  # the file knows its own start; only what is set is ours
        return Program(amounts={}, settings=starting, segments=tuple(segments)), problems
    values = initial_values(network, starting)
    settings = {p.id: values[p.id] for p in network.parameters}
    settings |= {c.id: values[c.id] for c in network.compartments}
    amounts_at_start = {s.id: values[s.id] for s in network.species}
    compiled = Program(amounts=amounts_at_start, settings=settings, segments=tuple(segments))
    return compiled, problems


def _together(timed: Iterable[Timed]) -> list[Timed]:
    """One entry a moment: events of one moment all read the values just before it."""
    found: dict[float, Timed] = {}
    for item in timed:
        before = found.get(item.time, Timed(item.time))
        found[item.time] = replace(before, events=(*before.events, *item.events))
    return list(found.values())


def _set_twice(timed: Sequence[Timed], network: Network, first: Timed) -> Iterator[Problem]:
    """Quantities to which two events give different values at one moment, in no order."""
    if all(len(item.events) < 2 for item in timed):
        return
    values = _at_start(network, first)
    changing = {n for event in network.all_events for n, _ in event.assignments}
    changing |= {*network.species_index, *network.assignment_by_id}

    def same(one: Expression, other: Expression) -> bool:
        constant = not (reads_time(one) or reads_time(other))
        constant = constant and not (symbols(one) | symbols(other)) & changing
        return one == other or (
            constant and function(one)(values, 0.0) == function(other)(values, 0.0)
        )

    for item in timed:
        setting: dict[str, tuple[str, Expression]] = {}
        for event in item.events:
            for name, value in event.assignments:
                other, given = setting.setdefault(name, (event.id, value))
                if not same(given, value):
                    yield Problem(
                        what=f"events {other} and {event.id} of the model, at t={item.time:g}",
                        why=f"both set {name}, and their order is undefined",
                        way_out="make one event of them, or give them different times",
                    )


def _event_acts(events: Sequence[Event], state: Settings, network: Network) -> list[Act]:
    """What is left for the engine to do; numbers for parameters are settings, like any others."""
    assignments = tuple(a for event in events for a in event.assignments)
    numbers = [
        SetValue(name, value.value)
        for name, value in assignments
        if isinstance(value, Number) and name not in network.species_index
    ]
    if len(numbers) == len(assignments):
        return state.apply(numbers)
    return [Assign(assignments)]


def _snapped(item: Timed, grid: Times) -> Timed:
    """A time that misses an output by rounding is the output's: linspace(0, 1, 36)[7] is not 0.2."""
    nearest_ = float(grid[np.abs(grid - item.time).argmin()])
    close = abs(nearest_ - item.time) <= 1e-12 * max(abs(nearest_), abs(item.time))
    return replace(item, time=nearest_) if close else item


def _equilibration(network: Network, spec: TimeSpec) -> tuple[float, list[Problem]]:
    """Its length, and what speaks against it."""
    what = f"equilibrate={spec!r}"
    try:
        length = duration(spec, "equilibrate", network.time_unit)
    except InputError as error:
        return 1.0, list(error.problems)
    if length <= 0:
        return 1.0, [Problem(what=what, why="must be positive")]
    timed = timed_reactions(network)
    if timed:
        why = f"the rate of {timed[0]} depends on time, and equilibration has no time"
        return length, [Problem(what=what, why=why, way_out="leave equilibrate out")]
    return length, []


def _at_start(network: Network, first: Timed) -> dict[str, float]:
    state = Settings(network)
    state.apply(_resolved(network, first)[0])
    return initial_values(network, state.values())


def _own_events(network: Network, first: Timed, end: float) -> Iterator[Timed]:
    """The network's own events that fall into the run; their times follow what is set at t = 0."""
    if not network.events:
        return
    values = _at_start(network, first)
    for event in network.events:
        time = function(event.time)(values, 0.0)
        right_after_start = time == 0 and event.strict
        if 0 < time <= end or right_after_start or (time <= 0 and event.at_start):
            yield Timed(max(time, 0.0), events=(event,))


def _conflicts(network: Network, timed: Sequence[Timed]) -> Iterator[Problem]:
    """A schedule and the network's own events cannot both set a parameter, hold a target or move an
    event; and a file that runs as it is cannot be held."""
    targets: dict[str, str] = {}
    for event in network.events:
        targets |= dict.fromkeys(network.depends_on(event.time), event.id)
        targets |= {name: event.id for name, _ in event.assignments}
    for on_state in network.state_events:
        targets |= {name: on_state.id for name, _ in on_state.assignments}
    for item in timed:
        for change in [*item.changes, *([item.begins.change] if item.begins else [])]:
            for action in change.resolve(network)[0] if is_change(change) else ():
                held = isinstance(action, Hold)
                later = item.time > 0 and action.id not in network.species_index
                if action.id in targets and (held or later):
                    yield Problem(
                        what=f"{change!r} at t={item.time:g}",
                        why=f"event {targets[action.id]} of the model uses {action.id} as well",
                        way_out="change it at t = 0, or take the event out of the model",
                    )
                if held and network.document is not None:
                    yield Problem(
                        what=repr(change),
                        why=f"{network.id} is simulated as its file is, since it has "
                        f"{network.document.obstacles[0].what}; nothing can be clamped",
                        way_out="remove that from the model",
                    )


def _resolved(network: Network, item: Timed) -> tuple[list[Action], list[Problem]]:
    actions: list[Action] = []
    problems: list[Problem] = []
    for change in item.changes:
        if not is_change(change):
            problems.append(not_a_change(change, "changes"))
        elif not isinstance(getattr(change, "name", ""), str):
            problems.append(Problem(what=repr(change), why="its name is not a text"))
        else:
            found, wrong = change.resolve(network)
            actions += found
            problems += wrong or _of_no_value(network, change, found)
    return actions, problems


def _of_no_value(network: Network, change: object, actions: Sequence[Action]) -> Iterator[Problem]:
    """What is scaled and has no value, as where a file that runs as it is computes it."""
    values = cached(network, initial_values)
    for action in actions:
        if isinstance(action, ScaleValue) and math.isnan(values.get(action.id, 0.0)):
            why = f"the value of {action.id} at the start is not known before a run"
            yield Problem(what=repr(change), why=why, way_out=f"Set({action.id!r}, ...)")


def _without_effect(network: Network, actions: Sequence[Action], time: float) -> Iterable[Problem]:
    """Parameters that only set initial values cannot act once the run has begun."""
    initial = cached(network, _initial_only)
    for action in actions:
        if action.id in initial:
            yield Problem(
                what=f"{action.id} at t={time:g}",
                why=f"it only sets the initial {initial[action.id]}, and the run has already started",
                way_out=f"change the {initial[action.id]} itself, or leave equilibrate out",
            )


def _initial_only(network: Network) -> dict[str, str]:
    """Ids that only an initial value depends on, and which value that is."""
    live: set[str] = set()  # what laws, readouts and events depend on
    for reaction in network.reactions:
        live |= network.depends_on(reaction.law.rate)
    for assignment in network.assignments:
        if assignment.kind == "observable":
            live |= network.depends_on(assignment.expression)
    for readout in network.readouts:
        live |= network.depends_on(Symbol(readout.symbol))
    for event in network.all_events:
        for _, value in event.assignments:
            live |= network.depends_on(value)
    for on_state in network.state_events:
        live |= network.depends_on(on_state.trigger)
    initial: dict[str, str] = {}
    for item in network.species:
        if item.initial_expression is not None:
            names = network.depends_on(item.initial_expression) - live
            initial |= dict.fromkeys(names, f"amount of {item.id}")
    others: tuple[Compartment | Parameter, ...] = (*network.compartments, *network.parameters)
    for sized in others:
        if sized.initial_expression is not None:
            names = network.depends_on(sized.initial_expression)
            names -= set() if sized.id in live else live
            initial |= dict.fromkeys(names, f"value of {sized.id}")
    return initial
