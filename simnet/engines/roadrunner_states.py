"""RoadRunner objects from SBML: compiled once on a machine, then loaded from their saved state.

roadrunner compiles a model to machine code: 15 s for 3,749 reactions. Its saved state holds that
code and loads in under 1 s, with the same results, bit for bit, and in less memory. States lie in
the user's cache folder, so that workers and later calls share them. A damaged state is ignored, and
where none can be kept, each worker compiles.
"""

import hashlib
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from simnet.results.folder import into_place

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
    """Where states are kept; the environment variable SIMNET_CACHE moves it."""
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
    """What tells processors apart: a folder may be seen from several machines."""
    found = [platform.system(), platform.machine(), platform.processor(), platform.node()]
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        told = ("model name", "flags", "Features", "CPU part")  # x86 and ARM
        found += sorted({line for line in lines if line.startswith(told)})
    return tuple(found)


def _from_state(file: Path) -> Any | None:
    """The RoadRunner whose state is in the file; None where it is absent or not as it was kept."""
    import roadrunner

    state = _kept(file)
    if state is None:
        return None
    runner = roadrunner.RoadRunner()
    try:
        runner.loadStateS(state)
    except RuntimeError:
        return None
    return runner


def _kept(file: Path) -> bytes | None:
    """Only what is whole and our own, since it will run as machine code."""
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
    return state


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
