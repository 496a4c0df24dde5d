"""RoadRunner objects from SBML: compiled once on a machine, then loaded from their saved state.

roadrunner compiles a model to machine code: 15 s for 3,749 reactions. Its saved state holds that
code and loads in under 1 s, with the same results, bit for bit, and in less memory. States lie in
the user's cache folder, so that workers and later calls share them. A damaged state is ignored, and
where none can be kept, each worker compiles.
"""

import hashlib
import math
import os
import platform
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.base import Task
from simnet.errors import InputError, MissingToolError, Problem, SimulationError, StateError
from simnet.experiment.program import Program, Segment
from simnet.network.expression import text
from simnet.results.parts import into_place

if TYPE_CHECKING:
    from simnet.sbml.document import Held


SMALL = 50_000
"""Characters of SBML below which a model is compiled each time: it takes less than 0.1 s."""

MOST_BYTES = 2**28
"""What the folder may hold; the states not used for longest go first."""

_MARK = b"roadrunner state of simnet 1\n"  # then a digest of the rest, and the rest


def runner_of(text: str, *, as_it_is: bool = False) -> Any:
    """A RoadRunner of an SBML text, compiled or from its saved state.

    Args:
        text: where each initial value is a number, unless it is a file that runs as it is.
        as_it_is: such a file, whose initial values roadrunner computes.

    Raises:
        RuntimeError: roadrunner does not take the text.
    """
    import roadrunner

    with _quick_to_load(roadrunner.Config, as_it_is):
        if len(text) < SMALL:
            return roadrunner.RoadRunner(text)
        key = _key(text, as_it_is)
        file = states_folder() / f"{key}.state"
        runner = _from_state(file)
        if runner is not None:
            return runner
        with _one_at_a_time(file):
            runner = _from_state(file)  # another process may have compiled it in the meantime
            if runner is None:
                runner = roadrunner.RoadRunner(text)
                _keep(runner, file)
        return runner


def states_folder() -> Path:
    """Where states are stored; the environment variable SIMNET_CACHE moves it."""
    given = os.environ.get("SIMNET_CACHE")
    if given:
        return Path(given) / "roadrunner"
    import platformdirs

    return Path(platformdirs.user_cache_dir("simnet", appauthor=False)) / "roadrunner"


@contextmanager
def _quick_to_load(config: Any, as_it_is: bool) -> Iterator[None]:
    """Compile without optimisation: on `hypoxia` a third of the time, with the same bits at the same
    speed, since compiled laws are a few percent of the work. Initial values of our own text cannot be
    changed then (states are set instead), which takes a third off on `symbiosis`; in a file that runs
    as it is a rateOf in an initial assignment would become 0."""
    settings = {
        config.LLVM_BACKEND: config.LLJIT,
        config.LLJIT_OPTIMIZATION_LEVEL: config.NONE,
        config.LOADSBMLOPTIONS_MUTABLE_INITIAL_CONDITIONS: as_it_is,
        # or ids become properties of the class RoadRunner: `integrator` replaces its own
        config.ROADRUNNER_DISABLE_PYTHON_DYNAMIC_PROPERTIES: True,
    }
    before = {key: config.getValue(key) for key in settings}
    try:
        for key, value in settings.items():
            config.setValue(key, value)
        yield
    finally:
        for key, value in before.items():
            config.setValue(key, value)


def _key(text: str, as_it_is: bool) -> str:
    """A name for all that the machine code depends on."""
    import roadrunner

    parts = [roadrunner.__version__, f"LLJit NONE, {as_it_is}", *_processor(), text]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _processor() -> tuple[str, ...]:
    """What processors differ in: several machines may share a folder."""
    found = [platform.system(), platform.machine(), platform.processor(), platform.node()]
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        differing = ("model name", "flags", "Features", "CPU part")  # x86 and ARM
        found += sorted({line for line in lines if line.startswith(differing)})
    return tuple(found)


def _from_state(file: Path) -> Any | None:
    """The RoadRunner whose state is in the file; None where it is absent, damaged or of another
    user: it will run as machine code."""
    import roadrunner

    try:
        if hasattr(os, "getuid") and file.stat().st_uid != os.getuid():
            return None
        content = file.read_bytes()
        os.utime(file)  # used now
    except OSError:
        return None
    head = len(_MARK)
    digest, state = content[head : head + 32], content[head + 32 :]
    if content[:head] != _MARK or hashlib.sha256(state).digest() != digest:
        return None
    runner = roadrunner.RoadRunner()
    try:
        runner.loadStateS(state)
    except RuntimeError:
        return None
    return runner


def _keep(runner: Any, file: Path) -> None:
    """Write the state beside its place and move it there in one step."""
    state = runner.saveStateS()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        content = _MARK + hashlib.sha256(state).digest() + state
        into_place(content, file, 0o600)  # nobody else may write what will run
        _make_room(file.parent)
    except OSError:
        return  # it only costs time


def _make_room(folder: Path) -> None:
    found = []
    for file in folder.glob("*.*"):
        with suppress(OSError):  # another process may remove it at the same time
            found.append((file.stat().st_mtime, file.stat().st_size, file))
    size = sum(size for _, size, _ in found)
    for _, freed, file in sorted(found):
        if size <= MOST_BYTES:
            return
        file.unlink(missing_ok=True)
        size -= freed


@contextmanager
def _one_at_a_time(file: Path) -> Iterator[None]:
    """Processes that need the same state wait for the first one, where the system can lock files.
    A lock ends with its process."""
    try:
        import fcntl

        file.parent.mkdir(parents=True, exist_ok=True)
        stream = (file.parent / "lock").open("ab")
    except (ImportError, OSError):
        yield
        return
    with stream:
        place = int(file.stem[:8], 16) >> 1  # one byte of the lock file for each state
        with suppress(OSError):
            fcntl.lockf(stream, fcntl.LOCK_EX, 1, place)
        yield


# What all runs in libRoadRunner have in common: a loaded model, output times, and what is checked
# behind each segment.


UPGRADE = 'pip install --upgrade "libroadrunner>=2.10"'
_RAISED_IN = re.compile(r"[,;] (?:In|at) [^,;:]*rr(?:llvm)?::.*$")


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
    if task.method == "ode":
        runner.setIntegrator("cvode")
        runner.integrator.maximum_time_step = task.max_step or 0.0
    else:
        runner.setIntegrator("gillespie")
        runner.integrator.variable_step_size = False
        runner.integrator.nonnegative = True  # exact: a reaction without its reactants cannot fire
    return runner


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


def times_of(
    segment: Segment, parts: "Held", moments: Iterable[float] = ()
) -> tuple[list[float], list[int]]:
    """Times to simulate (start, end, moments in between, and just before the end where rates have
    parts that jump, are among them) and which of them are outputs."""
    outputs = [float(t) for t in segment.outputs]
    before_end = [segment.end - 1e-6 * (segment.end - segment.start)] if parts.parts else []
    stops = {t for t in (*moments, *before_end) if segment.start < t < segment.end}
    if segment.start == segment.end:  # a change at the very end: nothing passes, one row is due
        return [segment.start, segment.end], [0] * len(outputs)
    full = sorted({segment.start, segment.end, *outputs, *stops})
    places = {t: place for place, t in enumerate(full)}
    return full, [places[t] for t in outputs]


def hold(runner: Any, parts: "Held", time: float) -> None:
    """Let what stands for the parts of rates that jump have their values at that time."""
    if not parts.parts:
        return
    runner.model.setTime(time)  # or it is that of another run, or not set
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
    """Its text, without the C++ function that raised it."""
    return _RAISED_IN.sub("", " ".join(str(error).split()))


@cache
def missing() -> Problem | None:
    """Before 2.10 propensities of rules and of time were wrong, and some runs froze."""
    try:
        found = version_of_roadrunner()
    except ImportError:
        return Problem(what="libroadrunner", why="is not installed", way_out=UPGRADE)
    if tuple(int(part) for part in found.split(".")[:2]) < (2, 10):
        why = "its SSA gives wrong results for some models"
        return Problem(what=f"libroadrunner {found}", why=why, way_out=UPGRADE)
    return None


def version_of_roadrunner() -> str:
    from importlib.metadata import version

    return version("libroadrunner")


# Values of a RoadRunner by id, whatever the id.


def put(runner: Any, name: str, value: float) -> None:
    """Set the amount, volume or value of what has the id `name`.

    roadrunner 2.10 sets its clock where the id is "time" in whatever case, and reads the model's
    own value, so that the change would be lost. Such ids are set by their position.
    """
    if name.lower() != "time":
        runner[name] = value
        return
    model = runner.model
    for ids, set_values in (
        (model.getGlobalParameterIds(), model.setGlobalParameterValues),
        (model.getCompartmentIds(), model.setCompartmentVolumes),
        (model.getFloatingSpeciesIds(), model.setFloatingSpeciesAmounts),
    ):
        if name in ids:
            set_values([ids.index(name)], [value])
            return
    at = model.getBoundarySpeciesIds().index(name)  # whose amounts have no setter in Python
    volume = model.getCompartmentVolumes()[model.getCompartmentIndexForBoundarySpecies(at)]
    model.setBoundarySpeciesConcentrations([at], [value / volume])
