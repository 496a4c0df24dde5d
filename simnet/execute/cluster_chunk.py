"""What a Dask worker does: a chunk of replicates, as `processes` or `threads` would run it there.

`cluster` sends it. An engine that holds the interpreter's lock, prints or dies does so in a process
of its own beside the Dask worker, which goes on answering the scheduler; a Dask worker of several
threads has one such process for each. The model comes once to a Dask worker, and is prepared once.
"""

import pickle
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simnet.engines.base import Task
from simnet.errors import InputError, Problem
from simnet.execute.base import Backend, Job, Outcome
from simnet.execute.processes import Processes
from simnet.execute.threads import Threads, resolve_engine
from simnet.results.record import versions_of

TASKS_KEPT = 4
_TASKS: OrderedDict[str, Task] = OrderedDict()
_ABANDONED: OrderedDict[str, None] = OrderedDict()
_ABANDONED_KEPT = 64
_LOCK = threading.Lock()  # guards both


class _Abandoned(Exception):
    """Nobody waits for the call any more."""


def packed(message: object) -> bytes:
    """A message as compressed bytes, which nothing on the way looks into."""
    return zlib.compress(pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL), 1)


def unpacked(data: bytes) -> Any:
    """The message again."""
    return pickle.loads(zlib.decompress(data))


def versions(engine: str) -> dict[str, str]:
    """What results depend on, by name.

    Raises:
        InputError: there is no such engine here.
    """
    return {"simnet": versions_of()["simnet"], engine: resolve_engine(engine).version()}


def run_chunk(
    model: bytes,
    key: str,
    chunk: bytes,
    *,
    call: str,
    timeout: float | None,
    expected: Mapping[str, str],
) -> bytes:
    """Run a chunk in a Dask worker.

    Args:
        model: the packed Task.
        key: what the task is known by.
        chunk: the packed jobs.
        call: what `abandon` knows the call by.
        timeout: seconds that a replicate may take.
        expected: versions that the caller has.

    Returns:
        Packed: the seconds that it took, and the outcomes.

    Raises:
        SimnetError: preparing the model raised it.
        InputError: other versions than the caller's.
    """
    started = time.monotonic()
    _require(expected)  # before anything is unpickled
    task = _task(key, model)
    jobs: Sequence[Job] = unpacked(chunk)
    outcomes: list[Outcome] = []

    def wanted() -> Iterator[Job]:
        for job in jobs:
            if _abandoned(call):
                return
            yield job

    def deliver(outcome: Outcome) -> None:
        if _abandoned(call):
            raise _Abandoned
        outcomes.append(outcome)

    backend: Backend = Processes(workers=1, timeout=timeout)
    if resolve_engine(task.engine).batches:
        backend = Threads(threads=1, timeout=timeout)
    try:
        backend.run(task, wanted(), deliver)
    except _Abandoned:
        outcomes.clear()
    return packed((time.monotonic() - started, outcomes))


def abandon(call: str) -> None:
    """Let what still runs of a call end after the replicate or block that it is at."""
    with _LOCK:
        _ABANDONED[call] = None
        while len(_ABANDONED) > _ABANDONED_KEPT:
            _ABANDONED.popitem(last=False)


def _abandoned(call: str) -> bool:
    with _LOCK:
        return call in _ABANDONED


def _task(key: str, model: bytes) -> Task:
    """The task, one object for all chunks: engines know a prepared network by it."""
    with _LOCK:
        if key not in _TASKS:
            found: Task = unpacked(model)
            _TASKS[key] = found
            while len(_TASKS) > TASKS_KEPT:
                _TASKS.popitem(last=False)
        _TASKS.move_to_end(key)
        return _TASKS[key]


def _require(expected: Mapping[str, str]) -> None:
    """Other versions may give other numbers."""
    engine = next(name for name in expected if name != "simnet")
    here = versions(engine)
    problems = [
        Problem(
            what=f"{name} on a Dask worker",
            why=f"version {here[name]}, and {wanted} here",
            way_out="install the same version on both",
        )
        for name, wanted in expected.items()
        if here[name] != wanted
    ]
    if problems:
        raise InputError(problems)
