"""Replicates in worker processes, each a `python -m simnet.execute.worker`.

A thread per worker (a *lane*) takes a replicate, sends it (after its program, where that is another
one than before), waits for the outcome and passes it on to the calling thread, which delivers
outcomes and kills workers that are late. A lane whose worker died goes on with another one. Nothing
is forked and nothing imports the user's main module, so unguarded scripts and notebooks work.
"""

import atexit
import hashlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

from simnet.engines.base import Task
from simnet.execute.base import (
    Job,
    Outcome,
    Replicate,
    printed_lines,
    receive,
    require_backend,
    send,
)

PREPARING_AT_LEAST = 600.0  # seconds; 3749 reactions take roadrunner 40 s on a quiet machine
_TICK = 0.05  # seconds between looks for late workers and, on Windows, for Ctrl-C
_JOINING = 1.0  # seconds to wait for a lane, whose worker is dead or idle by then
_PATIENCE = 1.0  # seconds that a worker gets to end by itself
_LAST_LINES = 5  # of what a dead worker printed, in the reason
_LIMITED = ("BLIS", "MKL", "NUMEXPR", "OMP", "OPENBLAS", "VECLIB_MAXIMUM")


class Worker:
    """A worker process, the pipes to it, and the file that takes what it prints.

    One thread at a time talks to it; `kill` may come from any.

    Raises:
        OSError: the process or the file cannot be made.
    """

    def __init__(self) -> None:
        self.held: Collection[str] = ()  # keys of the tasks whose simulators it has
        self.program: object = None  # the token of the program that it has
        self.deadline: float | None = None
        self.late = False
        self._printed = tempfile.TemporaryFile()  # noqa: SIM115 - `close` does
        try:
            # -P: what lies in the current folder is not taken for a package of that name.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "simnet.execute.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._printed,
                env=_environment(),
            )
        except BaseException:
            self._printed.close()
            raise
        self._requests = cast(BinaryIO, self._process.stdin)
        self._replies = cast(BinaryIO, self._process.stdout)

    def ask(self, message: object) -> Any:
        """Send a request and wait for the reply. Raises OSError or EOFError if the worker died."""
        send(self._requests, message)
        return receive(self._replies)

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process at once; whoever waits for a reply gets EOFError."""
        self._process.kill()

    def obituary(self) -> tuple[str, tuple[str, ...]]:
        """How a worker that broke off ended, with what it printed last, and all it printed."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._process.kill()
        code = self._process.wait()
        how = f"ended with exit code {code}"
        if code < 0:
            how = f"was ended by signal {-code}"
            with suppress(ValueError):
                how += f" ({signal.Signals(-code).name})"
        if code == -9:
            how += ", maybe for want of memory: fewer workers need less"
        lines = printed_lines(self._printed.fileno())
        if lines:
            how += "; it printed last: " + " | ".join(lines[-_LAST_LINES:])
        return how, lines

    def dismiss(self) -> None:
        """Let an idle worker end by itself; `close` waits for it."""
        with suppress(OSError):
            self._requests.close()

    def close(self, patience: float = 0.0) -> None:
        """End the process, after `patience` seconds by force, and close all files."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self._process.kill()
        self._process.wait()
        for stream in (self._requests, self._replies, self._printed):
            with suppress(OSError):  # a broken pipe with something left in its buffer
                stream.close()


def search_path() -> list[str]:
    """Where a worker finds modules: where this process does, whatever its current folder is."""
    return [os.path.abspath(entry) for entry in sys.path]


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    # A warning of a library is no failure of a replicate, and a worker never becomes a prompt.
    for name in ("PYTHONWARNINGS", "PYTHONINSPECT"):
        environment.pop(name, None)
    environment |= {f"{name}_NUM_THREADS": "1" for name in _LIMITED}
    environment["PYTHONPATH"] = os.pathsep.join(search_path())
    return environment


class Pool:
    """The idle workers of one process. Calls in several threads share it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._wanted: queue.SimpleQueue[Future[Worker]] = queue.SimpleQueue()
        # Linux ends a worker along with the thread that started it (worker._end_with_parent), so
        # one thread starts all of them and lives as long as the process.
        threading.Thread(target=self._start_workers, name="simnet-workers", daemon=True).start()

    def _start_workers(self) -> None:
        while True:
            future = self._wanted.get()
            try:
                future.set_result(Worker())
            except Exception as error:  # noqa: BLE001 - raised in the thread that waits for it
                future.set_exception(error)

    def take(self, key: str) -> Worker:
        """An idle worker, if possible one that holds the task, or a new one.

        Raises:
            OSError: a new one cannot be started.
        """
        with self._lock:
            while self._idle:
                self._idle.sort(key=lambda worker: key in worker.held)
                worker = self._idle.pop()
                if worker.alive():
                    return worker
                worker.close()
        future: Future[Worker] = Future()
        self._wanted.put(future)
        return future.result()

    def give(self, worker: Worker) -> None:
        """Take back a worker that owes no reply."""
        with self._lock:
            self._idle.append(worker)

    def close(self) -> None:
        """End the idle workers."""
        with self._lock:
            closing, self._idle = self._idle, []
        for worker in closing:
            worker.dismiss()  # so that all end at the same time
        for worker in closing:
            worker.close(_PATIENCE)


_POOL: Pool | None = None
_POOL_LOCK = threading.Lock()


def pool() -> Pool:
    """The pool of this process, made at the first call."""
    global _POOL
    with _POOL_LOCK:
        if _POOL is None:
            atexit.register(close_workers)
            _POOL = Pool()
        elif _POOL.owner != os.getpid():  # the user forked: those workers are the parent's
            _POOL = Pool()
        return _POOL


def close_workers() -> None:
    """End the workers that wait for a next call. Busy ones stay with their calls."""
    if _POOL is not None and _POOL.owner == os.getpid():
        _POOL.close()


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Runs replicates in worker processes, which stay for the next call; see `close_workers`.

    A replicate whose worker dies is tried once more on another one. A replicate that takes longer
    than `timeout` seconds (wall time) is ended together with its worker, and not tried again. With
    a timeout, preparing the model may take `PREPARING_AT_LEAST` seconds, or `timeout` if longer.

    Raises:
        InputError: workers below 1, or a timeout that is not positive.
    """

    workers: int
    timeout: float | None = None

    def __post_init__(self) -> None:
        require_backend("workers", self.workers, self.timeout)

    def run(self, task: Task, jobs: Iterable[Job], deliver: Callable[[Outcome], None]) -> None:
        """Run them all; see `Backend.run`. An exception, also of `deliver`, kills busy workers.

        Raises:
            SimnetError: preparing the model raised it.
        """
        _Call(task, jobs, self.timeout).run(self.workers, deliver)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Unit:
    """What a lane runs at a time. `program` is the job's, pickled; it stands for itself as a token
    that workers are known by."""

    job: int
    program: bytes
    replicate: Replicate

    def lost(self, failure: str, printed: tuple[str, ...] = ()) -> Outcome:
        return Outcome(job=self.job, replicate=self.replicate, failure=failure, messages=printed)


def _units(jobs: Iterable[Job]) -> Iterator[_Unit]:
    for job in jobs:
        program = pickle.dumps(job.program, protocol=pickle.HIGHEST_PROTOCOL)
        for replicate in job.replicates:
            own = replicate.program
            if own is not None:
                replicate = replace(replicate, program=None)
            pickled = program if own is None else pickle.dumps(own, pickle.HIGHEST_PROTOCOL)
            yield _Unit(job=job.index, program=pickled, replicate=replicate)


class _Lost(Exception):
    """The worker is gone."""

    def __init__(self, reason: str, printed: tuple[str, ...], late: bool) -> None:
        super().__init__(reason)
        self.printed = printed
        self.late = late


class _GivenUp(Exception):
    """This lane gets no worker that has the model, for the reason given."""


class _Stopped(Exception):
    """The call is over."""


class _Call:
    """One call of `Processes.run`. `_lock` guards `_busy`, `_stopped` and the workers' deadlines,
    `_taking` the units."""

    def __init__(self, task: Task, jobs: Iterable[Job], timeout: float | None) -> None:
        self._pickled = pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
        self._key = hashlib.sha256(self._pickled).hexdigest()
        self._timeout = timeout
        self._pool = pool()
        self._units = _units(jobs)
        self._taking = threading.Lock()
        self._news: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._busy: set[Worker] = set()
        self._stopped = False
        self._given_up = ""

    # In the calling thread:

    def run(self, lanes: int, deliver: Callable[[Outcome], None]) -> None:
        threads = [threading.Thread(target=self._lane, daemon=True) for _ in range(lanes)]
        try:
            for thread in threads:
                thread.start()
            while lanes:
                with suppress(queue.Empty):
                    news = self._news.get(timeout=_TICK)
                    if news is None:
                        lanes -= 1
                    elif isinstance(news, BaseException):
                        raise news
                    else:
                        deliver(news)
                if self._timeout is not None:
                    self._kill_the_late()
            for unit in self._units:  # every lane gave up
                deliver(unit.lost(self._given_up))
        except BaseException:
            self._stop()
            raise
        finally:
            started = [thread for thread in threads if thread.ident is not None]
            for thread in started:
                thread.join(_JOINING)
            if not any(thread.is_alive() for thread in started):
                for worker in self._busy:  # only where a lane ended by an error of its own
                    worker.close()

    def _kill_the_late(self) -> None:
        with self._lock:
            now = time.monotonic()
            for worker in self._busy:
                if worker.deadline is not None and now > worker.deadline:
                    worker.late = True
                    worker.kill()

    def _stop(self) -> None:
        with self._lock:
            self._stopped = True
            for worker in self._busy:
                worker.kill()

    # In the lanes:

    def _lane(self) -> None:
        try:
            worker: Worker | None = None
            while (unit := self._next()) is not None:
                worker = self._run(worker, unit)
            if worker is not None:
                self._release(worker)
        except _GivenUp as reason:
            self._given_up = str(reason)
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised in the calling thread
            self._news.put(error)
        finally:
            self._news.put(None)

    def _next(self) -> _Unit | None:
        with self._taking:
            return next(self._units, None)

    def _run(self, worker: Worker | None, unit: _Unit) -> Worker | None:
        """Run one, at most twice; return the worker if it is still there."""
        for last in (False, True):
            try:
                worker = worker or self._prepared()
                if worker.program is not unit.program:
                    self._ask(worker, ("program", unit.program), None)
                    worker.program = unit.program
                request = ("run", self._key, unit.job, unit.replicate)
                _, outcome = self._ask(worker, request, self._timeout)
            except _Lost as loss:
                worker = None
                if last or loss.late:
                    failure = str(loss) if loss.late else f"{loss} (tried twice)"
                    self._news.put(unit.lost(failure, loss.printed))
                    break
            except _GivenUp as reason:
                self._news.put(unit.lost(str(reason)))
                raise
            else:
                self._news.put(outcome)
                break
        return worker

    def _prepared(self) -> Worker:
        """A worker that has the model, at the second attempt if the first one dies of it."""
        limit = None if self._timeout is None else max(self._timeout, PREPARING_AT_LEAST)
        died = False
        while True:
            worker = self._acquire()
            if self._key in worker.held:
                return worker
            request = ("task", self._key, search_path(), self._pickled)
            try:
                kind, content = self._ask(worker, request, limit)
            except _Lost as loss:
                if died or loss.late:
                    raise _GivenUp(f"preparing the model: {loss}") from None
                died = True
                continue
            if kind == "ready":
                worker.held = content
                return worker
            self._release(worker)
            if kind == "refused":
                raise content
            raise _GivenUp(f"preparing the model: {content}")

    def _ask(self, worker: Worker, request: object, limit: float | None) -> Any:
        with self._lock:
            worker.deadline = None if limit is None else time.monotonic() + limit
        reply = None
        with suppress(EOFError, OSError):
            reply = worker.ask(request)
        with self._lock:
            worker.deadline = None
            stopped = self._stopped
        if reply is not None and not worker.late:
            return reply
        how, printed = worker.obituary()
        self._release(worker, alive=False)
        if stopped:
            raise _Stopped
        if worker.late:
            raise _Lost(f"took longer than {limit:g} s (timeout)", printed, late=True)
        raise _Lost(f"the worker process {how}", printed, late=False)

    def _acquire(self) -> Worker:
        try:
            worker = self._pool.take(self._key)
        except OSError as error:
            raise _GivenUp(f"cannot start a worker process: {error}") from None
        with self._lock:
            if not self._stopped:
                self._busy.add(worker)
                return worker
        self._pool.give(worker)
        raise _Stopped

    def _release(self, worker: Worker, *, alive: bool = True) -> None:
        """Back to the pool, unless it is dead or the end of the call killed it."""
        with self._lock:
            self._busy.discard(worker)
            alive = alive and not self._stopped
        if alive:
            self._pool.give(worker)
        else:
            worker.close()
