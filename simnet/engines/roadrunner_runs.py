"""What all runs in libRoadRunner have in common: a loaded model, output times, and what is looked at
behind each segment."""

import math
import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.base import Task
from simnet.engines.roadrunner_states import runner_of
from simnet.errors import InputError, MissingToolError, Problem, SimulationError, StateError
from simnet.experiment.program import Program, Segment
from simnet.network.expression import text

if TYPE_CHECKING:
    from simnet.sbml.document import Held

UPGRADE = 'pip install --upgrade "libroadrunner>=2.10"'
_SAID_BY = re.compile(r"[,;] (?:In|at) [^,;:]*rr(?:llvm)?::.*$")


def loaded(sbml: str, task: Task, *, as_it_is: bool = False) -> Any:
    """A RoadRunner with its integrator set."""
    if (problem := missing()) is not None:
        raise MissingToolError(problem)
    try:
        runner = runner_of(sbml, as_it_is=as_it_is)
    except RuntimeError as error:
        raise InputError(
            Problem(what=f"network {task.network.id}", why=f"roadrunner: {_one_line(error)}")
        ) from error
    _set_integrator(runner, task)
    return runner


def _set_integrator(runner: Any, task: Task) -> None:
    if task.method == "ode":
        runner.setIntegrator("cvode")
        runner.integrator.maximum_time_step = task.max_step or 0.0
    else:
        runner.setIntegrator("gillespie")
        runner.integrator.variable_step_size = False
        runner.integrator.nonnegative = True  # exact: a reaction without its reactants cannot fire


def set_first_step(runner: Any, program: Program) -> None:
    """Where |t| is large CVODE's own first step may be lost in rounding."""
    ends = [abs(t) for s in program.segments for t in (s.start, s.end)]
    runner.integrator.initial_time_step = 1e-12 * max(ends)


def simulated(runner: Any, times: list[float]) -> FloatArray:
    if times[0] == times[-1] and runner.integrator.getName() == "cvode":
        runner.model.setTime(times[0])  # CVODE takes no step of no length
        return np.array([runner.getSelectedValues()] * len(times), dtype=np.float64)
    try:
        return np.array(runner.simulate(times=times), dtype=np.float64)
    except RuntimeError as error:
        raise SimulationError(f"roadrunner: {_one_line(error)}") from error


def times_of(segment: Segment, moments: Iterable[float] = ()) -> tuple[list[float], list[int]]:
    """Times to simulate (start, end and moments in between are among them) and which of them are
    outputs."""
    outputs = [float(t) for t in segment.outputs]
    stops = {t for t in moments if segment.start < t < segment.end}
    if segment.start == segment.end:  # a change at the very end: nothing passes, one row is due
        return [segment.start, segment.end], [0] * len(outputs)
    full = sorted({segment.start, segment.end, *outputs, *stops})
    places = {t: place for place, t in enumerate(full)}
    return full, [places[t] for t in outputs]


def hold(runner: Any, parts: "Held", time: float) -> None:
    """Let what stands for the parts of rates that jump have their values at that time."""
    if not parts.parts:
        return
    runner.model.setTime(time)  # or it is that of another run, or of none
    for _ in parts.parts:  # a part may read a rule that another one is in
        for stands, now in zip(parts.stands, parts.now, strict=True):
            runner[stands] = runner[now]
        if all(runner[s] == runner[n] for s, n in zip(parts.stands, parts.now, strict=True)):
            return


def require_one_course(result: FloatArray, parts: "Held") -> None:
    """Raise where a part of a rate that jumps was not followed, at two output times in a row: the
    rate that it gives takes it back at once, and roadrunner leaves out events that come so often.

    The last columns of the result are what stands for the parts, and their values.
    """
    if not parts.parts:
        return
    stands, now = np.split(result[:, -2 * len(parts.parts) :], 2, axis=1)
    missed = stands != now
    found = np.argwhere(missed[1:] & missed[:-1])
    if len(found):
        row, column = found[0]
        raise SimulationError(
            f"{text(parts.parts[column])}, before t={result[row + 1, 0]:g}: the rate jumps there, and "
            "what it jumps to takes it back at once, without end; make it change smoothly, as in "
            "X^20/(K^20 + X^20) for X > K"
        )


def just_before_end(segment: Segment, parts: "Held") -> list[float]:
    """A time to look at parts of rates that jump, where there are any."""
    before = segment.end - 1e-6 * (segment.end - segment.start)
    return [before] if parts.parts else []


def require_values(values: FloatArray, segment: Segment, task: Task) -> None:
    """Raise StateError for readouts (k, R) that are no numbers, but for parameters that are declared
    so."""
    for row, column in np.argwhere(~np.isfinite(values)).tolist():
        symbol = task.symbols[column]
        parameter = task.network.parameter_by_id.get(symbol)
        if parameter is None or math.isfinite(parameter.value):
            raise StateError(
                f"readout {symbol} is {values[row, column]} at t={segment.outputs[row]:g}"
            )


def _one_line(error: Exception) -> str:
    """What it says, without the C++ function that said so."""
    return _SAID_BY.sub("", " ".join(str(error).split()))


@cache
def missing() -> Problem | None:
    """Before 2.10 propensities of rules and of time were wrong, and some runs froze."""
    try:
        found = version_of_roadrunner()
    except ImportError:
        return Problem(what="libroadrunner", why="is not installed", way_out=UPGRADE)
    if tuple(int(part) for part in found.split(".")[:2]) < (2, 10):
        why = "its SSA is wrong for some models"
        return Problem(what=f"libroadrunner {found}", why=why, way_out=UPGRADE)
    return None


def version_of_roadrunner() -> str:
    from importlib.metadata import version

    return version("libroadrunner")
