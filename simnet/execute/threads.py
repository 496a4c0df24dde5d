"""Blocks of replicates in threads of this process, for engines that run outside the interpreter's
lock."""

import queue
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import cast

from simnet.engines.base import BatchSimulator, Engine, Limits, OdeSimulator, Simulator, Task
from simnet.errors import InputError, Problem, SimnetError, nearest
from simnet.execute.base import Job, Outcome, Replicate, require_backend
from simnet.experiment.program import Program

# Replicates one after another in this process. `worker` shares what is here.


def resolve_engine(name: str) -> Engine:
    """The engine of that name in the engine table, or one of the user's as "package.module:name".

    Raises:
        InputError: there is no such engine.
    """
    if ":" in name:
        module, _, attribute = name.partition(":")
        try:
            found = getattr(import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise InputError(Problem(what=f"engine={name!r}", why=str(error))) from error
        if not isinstance(found, Engine):
            raise InputError(Problem(what=f"engine={name!r}", why="is not an Engine"))
        return found
    from simnet.engines.table import ENGINES  # here: own engines need none of the others

    if name not in ENGINES:
        raise InputError(
            Problem(what=f"engine={name!r}", why="unknown", way_out=nearest(name, ENGINES))
        )
    return ENGINES[name]


def reason_of(error: Exception) -> str:
    """The reason of a failure: the text of an error of ours; of others, with the place in the code."""
    if isinstance(error, SimnetError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno}: {frames[-1].line})"
    return f"{type(error).__name__}: {error}{place}"


def run_replicate(
    simulator: Simulator, job: int, program: Program, replicate: Replicate
) -> Outcome:
    """Run one; whatever goes wrong is in the outcome."""
    try:
        if replicate.tighter == 1:
            values = simulator.run(program, replicate.seed)
        else:
            checked = cast(OdeSimulator, simulator)
            values = checked.run(program, replicate.seed, replicate.tighter)
    except Exception as error:  # noqa: BLE001 - one bad replicate does not take the others along
        return Outcome(job=job, replicate=replicate, failure=reason_of(error))
    return Outcome(job=job, replicate=replicate, values=values)


@dataclass(frozen=True, kw_only=True)
class Serial:
    """Runs replicates in this process, with one simulator and no limit on their time.

    What the engine prints goes where this process prints; `Outcome.messages` stay empty.
    """

    def run(self, task: Task, jobs: Iterable[Job], deliver: Callable[[Outcome], None]) -> None:
        """Run them in order; see `Backend.run`.

        Raises:
            SimnetError: preparing the model raised it; no replicate ran.
        """
        simulator: Simulator | None = None
        reason = ""
        for job, replicate in ((j, replicate) for j in jobs for replicate in j.replicates):
            if simulator is None and not reason:
                try:
                    simulator = cast(Simulator, resolve_engine(task.engine).prepare(task))
                except SimnetError:
                    raise
                except Exception as error:  # noqa: BLE001 - the same outcomes as from workers
                    reason = f"preparing the model: {reason_of(error)}"
            if simulator is None:
                deliver(Outcome(job=job.index, replicate=replicate, failure=reason))
            else:
                deliver(
                    run_replicate(simulator, job.index, replicate.program or job.program, replicate)
                )


BLOCK = 256
"""Replicates that a thread takes at a time: a multiple of the lanes that run side by side."""
AHEAD = 2
"""Blocks of each thread that may wait to be delivered: where folding results is slower than making
them, the threads wait, and memory does not grow."""
_TICK = 0.05  # seconds between looks for Ctrl-C on Windows


@dataclass(frozen=True, kw_only=True)
class Threads:
    """Runs blocks of replicates in threads. A replicate that takes longer than `timeout` seconds
    (wall time) stops with a reason.

    Raises:
        InputError: threads below 1, or a timeout that is not positive.
    """

    threads: int
    timeout: float | None = None

    def __post_init__(self) -> None:
        require_backend("threads", self.threads, self.timeout)

    def run(self, task: Task, jobs: Iterable[Job], deliver: Callable[[Outcome], None]) -> None:
        """Run them all; see `Backend.run`.

        Raises:
            SimnetError: preparing the model raised it; no replicate ran.
        """
        engine = resolve_engine(task.engine)
        blocks = _blocks(jobs)
        limits = Limits(seconds=self.timeout)
        taking = threading.Lock()
        room = threading.Semaphore(AHEAD * self.threads)
        stopped = threading.Event()
        news: queue.SimpleQueue[list[Outcome] | BaseException | None] = queue.SimpleQueue()
        simulator = cast(BatchSimulator, engine.prepare(task))

        def lane() -> None:
            try:
                while room.acquire() and not stopped.is_set():
                    with taking:
                        block = next(blocks, None)
                    if block is None:
                        break
                    news.put(_run(simulator, block, limits, stopped.is_set))
            except BaseException as error:  # noqa: BLE001 - raised in the calling thread
                news.put(error)
            finally:
                news.put(None)

        lanes = [threading.Thread(target=lane, daemon=True) for _ in range(self.threads)]
        try:
            for thread in lanes:
                thread.start()
            running = len(lanes)
            while running:
                with suppress(queue.Empty):
                    found = news.get(timeout=_TICK)
                    if found is None:
                        running -= 1
                    elif isinstance(found, BaseException):
                        raise found
                    else:
                        for outcome in found:
                            deliver(outcome)
                        room.release()
        except KeyboardInterrupt:
            _end(stopped, room, lanes)
            while not news.empty():  # what was finished in the meantime is not lost
                last = news.get()
                for outcome in last if isinstance(last, list) else ():
                    if outcome.values is not None:
                        deliver(outcome)
            raise
        finally:
            _end(stopped, room, lanes)


def _end(
    stopped: threading.Event, room: threading.Semaphore, lanes: Sequence[threading.Thread]
) -> None:
    stopped.set()
    room.release(len(lanes))
    for thread in lanes:
        if thread.ident is not None:
            thread.join()


def _blocks(jobs: Iterable[Job]) -> Iterator[Job]:
    """Replicates of one program together; one that has a program of its own alone."""
    for job in jobs:
        shared = [replicate for replicate in job.replicates if replicate.program is None]
        for first in range(0, len(shared), BLOCK):
            yield replace(job, replicates=shared[first : first + BLOCK])
        for replicate in job.replicates:
            if replicate.program is not None:
                yield replace(job, program=replicate.program, replicates=[replicate])


def _run(
    simulator: BatchSimulator, block: Job, limits: Limits, stop: Callable[[], bool]
) -> list[Outcome]:
    streams = [replicate.stream for replicate in block.replicates]
    results: list[object]
    try:
        results = list(simulator.run_batch(block.program, streams, limits=limits, stop=stop))
    except SimnetError as error:  # what the program itself does is wrong, for every replicate
        results = [reason_of(error)] * len(streams)
    return [
        Outcome(job=block.index, replicate=replicate, failure=result)
        if isinstance(result, str)
        else Outcome(job=block.index, replicate=replicate, values=result)  # type: ignore[arg-type]
        for replicate, result in zip(block.replicates, results, strict=True)
    ]
