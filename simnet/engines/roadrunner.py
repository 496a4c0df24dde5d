"""libRoadRunner: CVODE for `ode`, Gillespie's direct method for `ssa`.

A model is loaded from the SBML that we write for the method, once per set of held species, and runs
program after program. Every replicate sets its whole state itself, so nothing is left over from the
one before.
"""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from simnet.arrays import FloatArray, TimesByReadouts
from simnet.engines.base import Engine, Method, Simulator, Task
from simnet.engines.roadrunner_states import runner_of
from simnet.engines.state import State, applied, require_amounts, require_counts
from simnet.engines.state_events import Triggers, armed
from simnet.engines.tolerance import Tolerances, as_fine_as_possible
from simnet.errors import InputError, MissingToolError, Problem, SimulationError, StateError
from simnet.experiment.action import Assign
from simnet.experiment.program import Program, Segment, with_held
from simnet.network.expression import reads_time
from simnet.network.network import Network
from simnet.network.rates import Kinetics

_KINETICS: dict[Method, Kinetics] = {"ode": "continuous", "ssa": "discrete"}


class _Model:
    """One loaded RoadRunner and the positions of our ids in it."""

    def __init__(self, network: Network, task: Task) -> None:
        from simnet.sbml.writer import sbml_text  # libsbml takes a while to import

        self.task = task
        self.set_by_events = sorted(network.set_by_state_events & network.parameter_by_id.keys())
        self.armed = None
        if network.state_events and network.species and task.method == "ssa":
            self.armed = armed(network)
            self.set_by_events += self.armed.wrongs.values()
            network = self.armed.network
        self.species = [s.id for s in network.species if not s.fixed]
        self.fixed = [s.id for s in network.species if s.fixed]
        self.parameters = [p.id for p in network.parameters]
        self.compartments = [c.id for c in network.compartments]
        text = sbml_text(_bare(network, task.method), _KINETICS[task.method])
        self.runner = _loaded(text, task)
        self.runner.timeCourseSelections = [
            "time",
            *task.symbols,
            *self.species,
            *self.set_by_events,
        ]
        # Where |t| is large CVODE's own first step is lost in rounding, and a longer one may fail: so
        # each segment runs from 0 where no one can tell the difference.
        self.from_zero = task.method == "ode" and not _reads_time(network)
        model = self.runner.model
        self.positions = {name: i for i, name in enumerate(model.getGlobalParameterIds())}

    def start(self, program: Program, seed: int) -> None:
        self.runner.reset()
        if self.task.method == "ssa":
            self.runner.integrator.seed = seed
        elif not self.from_zero:
            _set_first_step(self.runner, program)

    def settle(self, values: Mapping[str, float]) -> None:
        """Set everything: parameters, volumes, then amounts (which volumes would disturb)."""
        if self.armed:
            values = {**values, **self.armed.start}
        model = self.runner.model
        known = [p for p in self.parameters if p in self.positions]
        if known:
            model.setGlobalParameterValues(
                [self.positions[p] for p in known], [values[p] for p in known]
            )
        for compartment in self.compartments:
            self.runner[compartment] = values[compartment]
        if self.species:
            model.setFloatingSpeciesAmounts([values[s] for s in self.species])
        for species in self.fixed:  # roadrunner 2.10 offers no setter for all of them in Python
            self.runner[species] = values[species]

    def left(self) -> dict[str, float]:
        """What a segment left behind: amounts, and parameters that events set."""
        model = self.runner.model
        floating = zip(self.species, model.getFloatingSpeciesAmounts(), strict=True)
        fixed = zip(self.fixed, model.getBoundarySpeciesAmounts(), strict=True)
        set_ = ((name, self.runner[name]) for name in self.set_by_events)
        return {name: float(value) for name, value in (*floating, *fixed, *set_)}

    def simulate(self, segment: Segment, tolerances: Tolerances) -> FloatArray:
        """Readouts at the segment's output times, (k, R)."""
        if self.task.method == "ode":
            tolerances.set(self.runner, segment.end - segment.start)
        times, rows = _times(segment)
        if not self.from_zero:
            result = _simulated(self.runner, times)
        elif segment.start < segment.end:
            result = _simulated(self.runner, [t - segment.start for t in times])
            result[:, 0] = times
        else:  # nothing passes but events take place; CVODE finds no first step in no time
            self.runner.integrator.initial_time_step = 1e-12 * max(1.0, abs(segment.end))
            result = _simulated(self.runner, times)
            self.runner.integrator.initial_time_step = 0.0
        readouts = len(self.task.symbols)
        states = result[:, 1 + readouts : 1 + readouts + len(self.species)]
        check = require_counts if self.task.method == "ssa" else require_amounts
        if self.armed:
            last = result[-1, 1 + readouts :].tolist()
            names = [*self.species, *self.set_by_events]
            self.armed.require_right(dict(zip(names, last, strict=True)), segment.end)
        check(states, self.species, result[:, 0])
        values: FloatArray = result[rows, 1 : 1 + readouts]
        if not np.isfinite(values).all():
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise StateError(
                f"readout {self.task.symbols[column]} is {values[row, column]} "
                f"at t={segment.outputs[row]:g}"
            )
        return values


class RoadRunnerSimulator:
    """Runs one task; see `Simulator`."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.models: dict[frozenset[str], _Model] = {}
        self._rest: tuple[object, dict[str, float], dict[str, float]] | None = None

    def run(self, program: Program, seed: int, tighter: float = 1.0) -> TimesByReadouts:
        """One replicate, (T, R)."""
        return as_fine_as_possible(lambda t: self._run(program, seed, t), self.task, tighter)

    def _run(self, program: Program, seed: int, tolerances: Tolerances) -> TimesByReadouts:
        for position, held in enumerate(dict.fromkeys(s.held for s in program.segments)):
            if held not in self.models:
                self.models[held] = _Model(with_held(self.task.network, held), self.task)
            self.models[held].start(program, seed if position == 0 else _derived(seed, position))
        whole = self.task.method == "ssa"
        state = State(self.task.network, program, whole=whole)
        triggers = Triggers(self.task.network)
        parts: list[FloatArray] = []
        for segment in program.segments:
            state.enter(segment)
            triggers.enter(state, segment)
            model = self.models[segment.held]
            if segment is program.segments[0] and self._is_rest(segment, model):
                state.values.update(self._rested(segment, model, state.values, tolerances))
                continue
            model.settle(state.values)
            parts.append(model.simulate(segment, tolerances))
            state.values.update(model.left())
            triggers.leave(state, segment)
        return np.concatenate(parts)

    def _is_rest(self, segment: Segment, model: _Model) -> bool:
        """Whether a first segment is seen by nobody and ends alike whatever comes after it."""
        return model.from_zero and not segment.outputs.size and not self.task.network.state_events

    def _rested(
        self,
        segment: Segment,
        model: _Model,
        values: Mapping[str, float],
        tolerances: Tolerances,
    ) -> dict[str, float]:
        """What a rest ends with: arms that differ only in what comes later have it in common."""
        key = (segment.held, segment.start, segment.end, tolerances.how, dict(values))
        if self._rest is None or self._rest[0] != key:
            model.settle(values)
            model.simulate(segment, tolerances)
            self._rest = key, model.left(), tolerances.sizes
        tolerances.sizes = dict(self._rest[2])
        return self._rest[1]


class DocumentSimulator:
    """Runs a foreign file as it is, under ODE only; it is loaded anew for each run."""

    def __init__(self, task: Task) -> None:
        self.task = task
        assert task.network.document is not None
        self.text = task.network.document.text

    def run(self, program: Program, seed: int, tighter: float = 1.0) -> TimesByReadouts:
        """The one replicate, (T, R)."""
        return as_fine_as_possible(lambda t: self._run(program, t), self.task, tighter)

    def _run(self, program: Program, tolerances: Tolerances) -> TimesByReadouts:
        runner = _loaded(self.text, self.task, as_it_is=True)
        _set_first_step(runner, program)
        runner.timeCourseSelections = ["time", *self.task.symbols]
        parts: list[FloatArray] = []
        for name, value in program.settings.items():
            runner[name] = value
        for segment in program.segments:
            for name, value in segment.settings.items():
                runner[name] = value
            for act in segment.acts:
                if not isinstance(act, Assign):  # a file's own events stay in it
                    runner[act.id] = applied(float(runner[act.id]), act, whole=False)
            tolerances.set(runner, segment.end - segment.start)
            times, rows = _times(segment)
            values = _simulated(runner, times)[rows, 1:]
            if not np.isfinite(values).all():
                row, column = np.argwhere(~np.isfinite(values))[0]
                raise StateError(f"{self.task.symbols[column]} is {values[row, column]}")
            parts.append(values)
        return np.concatenate(parts)


def _prepare(task: Task) -> Simulator:
    if task.network.document is not None:
        return DocumentSimulator(task)
    return RoadRunnerSimulator(task)


def _loaded(text: str, task: Task, *, as_it_is: bool = False) -> Any:
    """A RoadRunner with its integrator set."""
    _require_version()
    try:
        runner = runner_of(text, as_it_is=as_it_is)
    except RuntimeError as error:
        raise InputError(
            Problem(what=f"network {task.network.id}", why=f"roadrunner: {_one_line(error)}")
        ) from error
    _set_integrator(runner, task)
    return runner


def _set_integrator(runner: Any, task: Task) -> None:
    if task.method == "ode":
        runner.setIntegrator("cvode")
    else:
        runner.setIntegrator("gillespie")
        runner.integrator.variable_step_size = False
        runner.integrator.nonnegative = True  # exact: a reaction without its reactants cannot fire


def _reads_time(network: Network) -> bool:
    laws = [r.law.rate for r in network.reactions]
    rules = [a.expression for a in network.assignments]
    events = [e.trigger for e in network.state_events]
    events += [value for e in network.state_events for _, value in e.assignments]
    return any(reads_time(expression) for expression in (*laws, *rules, *events))


def _set_first_step(runner: Any, program: Program) -> None:
    """Where |t| is large CVODE's own first step may be lost in rounding."""
    ends = [abs(t) for s in program.segments for t in (s.start, s.end)]
    runner.integrator.initial_time_step = 1e-12 * max(ends)


def _simulated(runner: Any, times: list[float]) -> FloatArray:
    try:
        return np.array(runner.simulate(times=times), dtype=np.float64)
    except RuntimeError as error:
        raise SimulationError(f"roadrunner: {_one_line(error)}") from error


def _times(segment: Segment) -> tuple[list[float], slice]:
    """Times to simulate (start and end are among them) and which of them are outputs."""
    times = [float(t) for t in segment.outputs]
    lead = not times or times[0] > segment.start
    tail = not times or times[-1] < segment.end
    if segment.start == segment.end:  # a change at the very end: nothing passes, one row is due
        tail = True
    full = [segment.start] * lead + times + [segment.end] * tail
    first = int(lead)
    return full, slice(first, first + len(times))


def _bare(network: Network, method: Method) -> Network:
    """The network with a number for every start and nothing to overrule what a program sets: its
    events are boundaries of segments. What amounts are declared does not matter then, but that they
    are whole for SSA. What it says to people stays out: writing that takes as long as the rest."""

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
    )


def _derived(seed: int, position: int) -> int:
    """A seed for the further models of a replicate, which continue where the first one stopped."""
    digest = hashlib.blake2b(f"{seed}:{position}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % (2**32 - 1)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


@cache
def _require_version() -> None:
    """Before 2.10 propensities of rules and of time were wrong, and some runs froze."""
    found = _version()
    if tuple(int(part) for part in found.split(".")[:2]) < (2, 10):
        raise MissingToolError(
            Problem(
                what=f"libroadrunner {found}",
                why="its SSA is wrong for some models",
                way_out='pip install "libroadrunner>=2.10"',
            )
        )


def _version() -> str:
    from importlib.metadata import version

    return version("libroadrunner")


ROADRUNNER = Engine(
    name="roadrunner",
    methods=frozenset[Method]({"ode", "ssa"}),
    prepare=_prepare,
    version=_version,
)
