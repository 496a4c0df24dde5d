"""Replicates in worker processes, each a `python -m simnet.execute.worker`.

A thread per worker (a *lane*) takes a replicate, sends it (after its program, where that is another
one than before), waits for the outcome and passes it on to the calling thread, which delivers
outcomes and kills workers that are late. A lane whose worker died goes on with another one. Nothing
is forked and nothing imports the user's main module, so unguarded scripts and notebooks work.
"""

import hashlib
import pickle
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from simnet.engines.base import Task
from simnet.execute.base import Job, Outcome, Replicate, require_backend
from simnet.execute.pool import Worker, pool, search_path
from simnet.execute.pool import close_workers as close_workers

PREPARING_AT_LEAST = 600.0  # seconds; 3749 reactions take roadrunner 40 s on a quiet machine
_TICK = 0.05  # seconds between looks for late workers and, on Windows, for Ctrl-C
_JOINING = 1.0  # seconds to wait for a lane, whose worker is dead or idle by then


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Runs replicates in worker processes, which stay for the next call; see `close_workers`.

    A replicate whose worker dies is tried once more on another one. A replicate that takes longer
    than `timeout` seconds (wall time) is ended together with its worker, and not tried again. With
    a timeout, preparing the model may take `PREPARING_AT_LEAST` seconds, or `timeout` if longer.

    Raises:
        InputError: workers below 1, or a timeout that is not above zero.
    """

    workers: int
    timeout: float | None = None

    def __post_init__(self) -> None:
        require_backend("workers", self.workers, self.timeout)

    def run(
        self,
        task: Task,
        jobs: Iterable[Job],
        deliver: Callable[[Outcome], None],
    ) -> None:
        """Run them all; see `Backend.run`. An exception, also of `deliver`, kills busy workers.

        Raises:
            SimnetError: preparing the model raised it.
        """
        pickled = pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
        _Call(pickled, jobs, self.timeout).run(self.workers, deliver)


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
    """This lane gets no worker that has the model, and says why."""


class _Stopped(Exception):
    """The call is over."""


class _Call:
    """One call of `Processes.run`. `_lock` guards `_busy`, `_stopped` and the workers' deadlines,
    `_taking` the units."""

    def __init__(self, pickled: bytes, jobs: Iterable[Job], timeout: float | None) -> None:
        self._pickled = pickled
        self._key = hashlib.sha256(pickled).hexdigest()
        self._timeout = timeout
        self._pool = pool()
        self._units = _units(jobs)
        self._taking = threading.Lock()
        self._news: queue.SimpleQueue[Outcome | BaseException | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._busy: set[Worker] = set()
        self._stopped = False
        self._given_up = ""

    # ------------------------------------------------------- in the calling thread

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

    # --------------------------------------------------------------- in the lanes

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
        self._discard(worker)
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

    def _release(self, worker: Worker) -> None:
        """Back to the pool, unless the end of the call killed it."""
        with self._lock:
            self._busy.discard(worker)
            stopped = self._stopped
        if stopped:
            worker.close()
        else:
            self._pool.give(worker)

    def _discard(self, worker: Worker) -> None:
        with self._lock:
            self._busy.discard(worker)
        worker.close()
