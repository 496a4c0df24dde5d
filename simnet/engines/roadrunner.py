"""libRoadRunner: CVODE for `ode`, Gillespie's direct method for `ssa`.

A model is loaded from the SBML that we write for the method, once per set of held species, and runs
program after program. Every replicate sets its whole state itself, so nothing is left over from the
one before. `reset` does not forget events that have a delay, or that a failed run left unfinished: a
file with delays is loaded anew for each run, and a model with events after a failure.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray, TimesByReadouts
from simnet.engines.base import Engine, Task
from simnet.engines.roadrunner_model import (
    UPGRADE,
    hold,
    loaded,
    missing,
    put,
    require_one_course,
    require_values,
    set_first_step,
    simulated,
    times_of,
    version_of_roadrunner,
)
from simnet.engines.roadrunner_steps import (
    Tolerances,
    as_fine_as_possible,
    doubts,
    in_pieces,
    pieces,
    timed_parts,
)
from simnet.engines.state import (
    State,
    Triggers,
    applied,
    armed,
    require_not_negative,
    require_possible,
    takers_of,
)
from simnet.experiment.action import Assign
from simnet.experiment.program import Program, Segment, with_held
from simnet.experiment.run import Method
from simnet.network.expression import function, reads_time, symbols
from simnet.network.network import Document, Network, cached
from simnet.network.timing import jumps, passing
from simnet.seeds import further_seed

if TYPE_CHECKING:
    from simnet.sbml.document import Held


# A foreign SBML file that runs as it is in libRoadRunner, under ODE only.


class DocumentSimulator:
    """Runs a foreign file as it is, under ODE only; it is loaded anew for each run."""

    def __init__(self, task: Task) -> None:
        self.task = task
        from simnet.sbml.document import held  # libsbml takes a while to import

        assert task.network.document is not None
        self.document = task.network.document
        self.held = held(self.document.text, self.document.jumps, self.document.passing)

    def run(self, program: Program, seed: int, tighter: float = 1.0) -> TimesByReadouts:
        """The one replicate, (T, R)."""
        return as_fine_as_possible(lambda t: self._run(program, t), self.task, tighter)

    def _run(self, program: Program, tolerances: Tolerances) -> TimesByReadouts:
        runner = loaded(self.held.text, self.task, as_it_is=True)
        set_first_step(runner, program)
        timed = timed_parts(self.task.network).alone
        clocks = {name for _, part in timed for name in symbols(part)}
        model = runner.model
        species = [*model.getFloatingSpeciesIds(), *model.getBoundarySpeciesIds()]
        reactions = list(model.getReactionIds())
        read = [*self.task.symbols, *species, *reactions, *self.held.stands, *self.held.now]
        runner.timeCourseSelections = ["time", *read]
        readouts = len(self.task.symbols)
        parts: list[FloatArray] = []
        for name, value in program.settings.items():
            put(runner, name, value)
        for segment in program.segments:
            for name, value in segment.settings.items():
                put(runner, name, value)
            for act in segment.acts:
                if not isinstance(act, Assign):  # a file's own events stay in it
                    put(runner, act.id, applied(float(runner[act.id]), act, whole=False))
            hold(runner, self.held, segment.start)
            moments = _moments(self.document, runner)
            tolerances.set(runner, segment.end - segment.start)
            times, rows = times_of(segment, self.held, moments)
            known = {name: float(runner[name]) for name in clocks}
            cut = pieces(timed, known, segment.start, segment.end, self.task.max_step)
            result = in_pieces(runner, times, cut)
            require_one_course(result, self.held)
            amounts, rates = np.split(result[:, 1 + readouts :], [len(species)], axis=1)
            require_not_negative(
                amounts,
                species,
                result[:, 0],
                task=self.task,
                peaks=tolerances.peaks,
                takers=partial(_takers, runner, rates[:, : len(reactions)]),
            )
            parts.append(result[rows, 1 : 1 + readouts])
            require_values(parts[-1], segment, self.task)
        return np.concatenate(parts)


def _takers(runner: Any, rates: FloatArray, row: int, species: str) -> list[tuple[str, float]]:
    """The reactions that lower a species of a file that runs as it is, given all rates (T, M), and by
    how much."""
    if not rates.size or not runner.model.getNumFloatingSpecies():
        return []  # roadrunner has no matrix then
    matrix = runner.getFullStoichiometryMatrix()
    if species not in matrix.rownames:
        return []
    rate = dict(zip(runner.model.getReactionIds(), rates[row], strict=True))
    changes = matrix[matrix.rownames.index(species)]
    lowered = ((name, -n * rate[name]) for name, n in zip(matrix.colnames, changes, strict=True))
    return [(name, float(by)) for name, by in lowered if by > 0]


def _moments(document: Document, runner: Any) -> list[float]:
    """When an event of the file is true at one moment only."""
    read = {name for moment in document.moments for name in symbols(moment)}
    values = {name: float(runner[name]) for name in read}
    return [function(moment)(values, 0.0) for moment in document.moments]


class _Model:
    """One loaded RoadRunner and the positions of our ids in it."""

    def __init__(self, network: Network, task: Task) -> None:
        self.task = task
        self.set_by_events = sorted(network.set_by_state_events & network.parameter_by_id.keys())
        self.armed = None
        if network.state_events and network.species and task.method == "ssa":
            self.armed = armed(network)
            self.set_by_events += self.armed.wrongs.values()
            network = self.armed.network
        self.species = [s.id for s in network.species if not s.fixed]
        self.fixed = [s.id for s in network.species if s.fixed]
        self.computed = [a.id for a in network.assignments if a.compartment is not None]
        self.parameters = [p.id for p in network.parameters]
        self.compartments = [c.id for c in network.compartments]
        self.held = cached(network, _WRITTEN[task.method])
        self.restarts = bool(network.state_events or self.held.parts)
        self.runner = loaded(self.held.text, task)
        self.runner.timeCourseSelections = [
            "time",
            *task.symbols,
            *self.species,
            *self.computed,
            *self.set_by_events,
            *self.held.stands,
            *self.held.now,
        ]
        # Where |t| is large CVODE's own first step is lost in rounding, and a longer one may fail: so
        # each segment runs from 0 where that makes no difference.
        self.from_zero = task.method == "ode" and not cached(network, _reads_time)
        self.timed = timed_parts(network).alone if task.method == "ode" else ()
        model = self.runner.model
        self.positions = {name: i for i, name in enumerate(model.getGlobalParameterIds())}

    def start(self, program: Program, seed: int) -> None:
        self.runner.reset()
        if self.task.method == "ssa":
            self.runner.integrator.seed = seed
        elif not self.from_zero or self.restarts:
            set_first_step(self.runner, program)

    def settle(self, values: Mapping[str, float], time: float) -> None:
        """Set everything at that time: parameters, volumes, then amounts (which volumes would disturb)."""
        if self.armed:
            values = {**values, **self.armed.start}
        model = self.runner.model
        known = [p for p in self.parameters if p in self.positions]
        if known:
            model.setGlobalParameterValues(
                [self.positions[p] for p in known], [values[p] for p in known]
            )
        for compartment in self.compartments:
            put(self.runner, compartment, values[compartment])
        if self.species:
            model.setFloatingSpeciesAmounts([values[s] for s in self.species])
        for species in self.fixed:  # roadrunner 2.10 offers no setter for all of them in Python
            put(self.runner, species, values[species])
        hold(self.runner, self.held, time)

    def left(self) -> dict[str, float]:
        """What a segment left behind: amounts, and parameters that events set."""
        model = self.runner.model
        floating = zip(self.species, model.getFloatingSpeciesAmounts(), strict=True)
        fixed = zip(self.fixed, model.getBoundarySpeciesAmounts(), strict=True)
        set_ = ((name, self.runner[name]) for name in self.set_by_events)
        return {name: float(value) for name, value in (*floating, *fixed, *set_)}

    def simulate(
        self, segment: Segment, known: Mapping[str, float], tolerances: Tolerances
    ) -> FloatArray:
        """Readouts at the segment's output times, (k, R); `known` is what was set."""
        if self.task.method == "ode":
            tolerances.set(self.runner, segment.end - segment.start)
        times, rows = times_of(segment, self.held)
        if segment.start == segment.end:
            result = simulated(self.runner, times)
        elif not self.from_zero:
            limit = self.task.max_step if self.task.method == "ode" else None
            cut = pieces(self.timed, known, segment.start, segment.end, limit)
            result = in_pieces(self.runner, times, cut)
        else:
            result = simulated(self.runner, [t - segment.start for t in times])
            result[:, 0] = times
        readouts = len(self.task.symbols)
        names = [*self.species, *self.computed]
        states = result[:, 1 + readouts : 1 + readouts + len(names)]
        if self.armed:
            last = result[-1, 1 + readouts :].tolist()
            hidden = [*names, *self.set_by_events]
            self.armed.require_right(dict(zip(hidden, last, strict=True)), segment.end)
        require_one_course(result, self.held)
        if self.task.method == "ssa":
            counts = states[:, : len(self.species)]
            require_possible(counts, self.species, result[:, 0], counts=True)
        else:
            self._require_amounts(states, names, result[:, 0], known, tolerances.peaks)
        values: FloatArray = result[rows, 1 : 1 + readouts]
        require_values(values, segment, self.task)
        return values

    def _require_amounts(
        self,
        states: FloatArray,
        names: list[str],
        times: FloatArray,
        known: Mapping[str, float],
        peaks: dict[str, float],
    ) -> None:
        def takers(row: int, name: str) -> list[tuple[str, float]]:
            values = {**known, **dict(zip(names, states[row].tolist(), strict=True))}
            return takers_of(self.task.network, values, float(times[row]), name)

        require_possible(states, names, times, counts=False)
        require_not_negative(states, names, times, task=self.task, peaks=peaks, takers=takers)


class RoadRunnerSimulator:
    """Runs one task; see `Simulator`."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.models: dict[frozenset[str], _Model] = {}
        self._rest: tuple[object, dict[str, float], dict[str, float], dict[str, float]] | None = (
            None
        )

    def run(self, program: Program, seed: int, tighter: float = 1.0) -> TimesByReadouts:
        """One replicate, (T, R)."""
        return as_fine_as_possible(lambda t: self._run(program, seed, t), self.task, tighter)

    def _run(self, program: Program, seed: int, tolerances: Tolerances) -> TimesByReadouts:
        for position, held in enumerate(dict.fromkeys(s.held for s in program.segments)):
            if held not in self.models:
                self.models[held] = _Model(with_held(self.task.network, held), self.task)
            self.models[held].start(
                program, seed if position == 0 else further_seed(seed, position)
            )
        whole = self.task.method == "ssa"
        least = -math.inf if self.task.allow_negative else 0.0
        state = State(self.task.network, program, whole=whole, least=least)
        triggers = Triggers(self.task.network)
        parts: list[FloatArray] = []
        for segment in program.segments:
            state.enter(segment)
            triggers.enter(state, segment)
            model = self.models[segment.held]
            if segment is program.segments[0] and self._is_rest(segment, model):
                state.values.update(self._rested(segment, model, state.values, tolerances))
                continue
            model.settle(state.values, segment.start)
            try:
                parts.append(model.simulate(segment, state.values, tolerances))
            except BaseException:  # also where a user stops it
                if self.task.network.state_events or model.held.parts:
                    self.models.clear()  # `reset` keeps events about to take effect
                raise
            state.values.update(model.left())
            triggers.leave(state, segment)
        return np.concatenate(parts)

    def _is_rest(self, segment: Segment, model: _Model) -> bool:
        """Whether a first segment has no outputs and ends alike whatever comes after it."""
        return model.from_zero and not segment.outputs.size and not self.task.network.state_events

    def _rested(
        self,
        segment: Segment,
        model: _Model,
        values: Mapping[str, float],
        tolerances: Tolerances,
    ) -> dict[str, float]:
        """What a rest ends with: arms that differ only in what comes later have it in common."""
        met = dict(tolerances.sizes)
        key = (segment.held, segment.start, segment.end, tolerances.how, met, dict(values))
        if self._rest is None or self._rest[0] != key:
            model.settle(values, segment.start)
            model.simulate(segment, values, tolerances)
            self._rest = key, model.left(), tolerances.sizes, tolerances.peaks
        tolerances.sizes, tolerances.peaks = map(dict, self._rest[2:])
        return self._rest[1]


def _reads_time(network: Network) -> bool:
    laws = [r.law.rate for r in network.reactions]
    rules = [a.expression for a in network.assignments]
    events = [e.trigger for e in network.state_events]
    events += [value for e in network.state_events for _, value in e.assignments]
    return any(reads_time(expression) for expression in (*laws, *rules, *events))


def _for_cvode(network: Network) -> "Held":
    from simnet.sbml.document import held  # libsbml takes a while to import
    from simnet.sbml.write import sbml_text

    text = sbml_text(_bare(network, "ode"), "continuous")
    return held(text, jumps(network), passing(network))


def _for_gillespie(network: Network) -> "Held":
    from simnet.sbml.document import Held
    from simnet.sbml.write import sbml_text

    return Held(text=sbml_text(_bare(network, "ssa"), "discrete"))


_WRITTEN: dict[Method, Callable[[Network], "Held"]] = {"ode": _for_cvode, "ssa": _for_gillespie}


def _bare(network: Network, method: Method) -> Network:
    """The network with a number for every start and nothing to overrule what a program sets: its
    events are boundaries of segments. What amounts are declared does not matter then, but that they
    are whole for SSA. Texts for people stay out: writing these takes as long as the rest."""

    def start(value: float) -> float:
        return value if math.isfinite(value) else 0.0

    def amount(value: float) -> float:
        return float(math.floor(start(value))) if method == "ssa" else start(value)

    return replace(
        network,
        events=(),
        state_events=tuple(replace(e, initial=True) for e in network.state_events),
        species=tuple(
            replace(s, initial=amount(s.initial), initial_expression=None, molecules=())
            for s in network.species
        ),
        parameters=tuple(
            replace(p, value=start(p.value), initial_expression=None, meaning="", source="")
            for p in network.parameters
        ),
        summary="",
        molecules=(),
        rules=(),
        genes=(),
        inputs=(),
        drugs=(),
        compartments=tuple(
            replace(c, size=c.size if c.size > 0 else 1.0, initial_expression=None)
            for c in network.compartments
        ),
        assignments=tuple(replace(a, compartment=None, meaning="") for a in network.assignments),
    )


ROADRUNNER = Engine(
    name="roadrunner",
    methods=frozenset[Method]({"ode", "ssa"}),
    prepare=lambda task: (DocumentSimulator if task.network.document else RoadRunnerSimulator)(
        task
    ),
    version=version_of_roadrunner,
    doubts=doubts,
    missing=missing,
    remedy=UPGRADE,
)
