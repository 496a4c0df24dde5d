"""Replicates on the workers of a Dask cluster: more than one machine.

The calling thread cuts the jobs into chunks of about half a second, keeps a few for each thread of
the cluster under way, and delivers what comes back. A chunk whose Dask worker is lost is run again
by another one. Seeds belong to replicates, so bits are those of any other backend.
"""

import hashlib
import pickle
import threading
import time
import uuid
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from simnet.engines.base import Task
from simnet.errors import (
    InputError,
    MissingToolError,
    Problem,
    SimnetWarning,
    SimulationError,
)
from simnet.execute.base import Backend, Job, Outcome
from simnet.execute.processes import Processes
from simnet.execute.threads import Threads, resolve_engine
from simnet.results.record import versions_of

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECTING = 5.0  # seconds
_TARGET = 0.5  # seconds that a chunk should take
_LARGEST = 1024  # replicates in a chunk
_AHEAD = 2  # chunks under way for each thread of the cluster
_EVERY = 2.0  # seconds between two updates of the cluster's size
_GOODBYE = 2.0  # seconds to let Dask workers know that the call is over


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Runs replicates on a Dask cluster. Its machines need the same versions of simnet and of the
    engine; engines and networks of your own must be importable there.

    A replicate that takes longer than `timeout` seconds (wall time) is ended with a reason. What an
    engine does to its process (it prints, hangs, dies) is as in `Processes`.

    Attributes:
        scheduler: address, to which each call connects anew, or a Client, which stays open.
        timeout: of a replicate, in seconds.
    """

    scheduler: "str | Client"
    timeout: float | None = None

    def run(self, task: Task, jobs: Iterable[Job], deliver: Callable[[Outcome], None]) -> None:
        """Run them all; see `Backend.run`. Jobs are taken in the calling thread. An exception, also
        of `deliver`, cancels what has not begun.

        Raises:
            MissingToolError: Dask is not installed.
            InputError: no scheduler answers, or its workers have other versions.
            SimnetError: preparing the model raised it.
            SimulationError: the cluster went away.
        """
        with self._client() as client:
            _ClusterCall(client, task, jobs, self.timeout).run(deliver)

    @contextmanager
    def _client(self) -> Iterator["Client"]:
        distributed = _distributed()
        if not isinstance(self.scheduler, str):
            yield _checked(self.scheduler)
            return
        try:
            client = distributed.Client(
                self.scheduler, timeout=CONNECTING, set_as_default=False, name="simnet"
            )
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise InputError(
                Problem(
                    what=f"workers={self.scheduler!r}",
                    why=f"no Dask scheduler responds there ({str(error).strip() or 'no reason'})",
                    way_out="start one with `dask scheduler`, and give the address that it prints",
                )
            ) from None
        try:
            yield client
        finally:
            client.close()


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise MissingToolError(
            Problem(
                what="Dask",
                why="is not installed, but workers= names a Dask cluster",
                way_out="pip install '.[dask]' in simnet's checkout, or pip install 'dask[distributed]'",
            )
        ) from None
    return distributed


def _checked(client: "Client") -> "Client":
    what = f"workers={client!r:.80}"
    if client.asynchronous:
        why, way_out = "is an asynchronous Client", "use one made without asynchronous=True"
        raise InputError(Problem(what=what, why=why, way_out=way_out))
    if client.status != "running":
        why = f"its connection is {client.status}"
        raise InputError(Problem(what=what, why=why, way_out="make a new Client"))
    return client


class _ClusterCall:
    """One call of `Cluster.run`, in one thread."""

    def __init__(
        self, client: "Client", task: Task, jobs: Iterable[Job], timeout: float | None
    ) -> None:
        self._client: Any = client  # half of its methods have no types
        self._id = uuid.uuid4().hex
        self._supply = ((job, replicate) for job in jobs for replicate in job.replicates)
        self._futures: dict[Future[bytes], list[Job]] = {}
        self._sent = 0
        self._size = 1
        self._ahead = 0
        self._looked = -_EVERY
        self._model = packed(task)
        self._key = hashlib.sha256(self._model).hexdigest()
        self._expected = versions(task.engine)
        self._timeout = timeout

    @property
    def _address(self) -> str:
        scheduler = self._client.scheduler
        return "?" if scheduler is None else str(scheduler.address)

    def run(self, deliver: Callable[[Outcome], None]) -> None:
        done = _distributed().as_completed(
            [], loop=self._client.loop, with_results=True, raise_errors=False
        )
        # A task and not scattered data, so that it is made anew if all who have it are lost.
        model = self._client.submit(bytes, self._model, key=f"simnet-model-{self._key}")
        try:
            self._send(model, done.add)
            for future, result in done:
                jobs = self._futures.pop(future)
                for outcome in self._received(jobs, result):
                    deliver(outcome)
                self._send(model, done.add)
        except BaseException:
            self._abandon()
            raise

    def _send(self, model: "Future[bytes]", add: Callable[["Future[bytes]"], None]) -> None:
        """Keep the cluster busy, and a little more."""
        self._look()
        while len(self._futures) < self._ahead:
            jobs = self._taken(self._size)
            if not jobs:
                return
            with self._connected():
                future = self._client.submit(
                    run_chunk,
                    model,
                    self._key,
                    packed(jobs),
                    key=f"simnet-{self._id}-{self._sent}",
                    call=self._id,
                    timeout=self._timeout,
                    expected=self._expected,
                )
            self._sent += 1
            self._futures[future] = jobs
            add(future)

    def _taken(self, count: int) -> list[Job]:
        """Jobs of `count` replicates altogether, or what is left."""
        taken = groupby(islice(self._supply, count), key=itemgetter(0))
        return [replace(job, replicates=[each for _, each in group]) for job, group in taken]

    def _look(self) -> None:
        """How many chunks the cluster can use; it may grow and shrink."""
        if time.monotonic() - self._looked < _EVERY:
            return
        with self._connected():
            threads = sum(self._client.nthreads().values())
        if not threads and not self._sent:
            warnings.warn(
                f"the Dask cluster at {self._address} has no workers yet: waiting for the first",
                SimnetWarning,
                stacklevel=2,
            )
        self._ahead = max(4, _AHEAD * threads)
        self._looked = time.monotonic()

    def _received(self, jobs: list[Job], result: Any) -> list[Outcome]:
        """The outcomes in what came back of a chunk; raises what ends the call."""
        from distributed import CancelledError, KilledWorker

        if isinstance(result, bytes):
            seconds, outcomes = unpacked(result)
            self._size = _next_size(len(outcomes), seconds)
            return list(outcomes)
        error = result[1] if isinstance(result, tuple) else result
        if isinstance(error, KilledWorker):
            died = error.allowed_failures + 1
            reason = f"{died} Dask workers died while running it or other replicates of its chunk"
            return [
                Outcome(job=job.index, replicate=replicate, failure=reason)
                for job in jobs
                for replicate in job.replicates
            ]
        if isinstance(error, CancelledError):
            raise self._gone(error) from None
        if isinstance(error, ImportError) or "deserializ" in str(error):
            raise InputError(
                Problem(
                    what=f"the Dask cluster at {self._address}",
                    why=f"cannot load the task ({error.__cause__ or error})",
                    way_out="install simnet, in the same version, on scheduler and workers",
                )
            ) from None
        raise error

    @contextmanager
    def _connected(self) -> Iterator[None]:
        from distributed.client import ClosedClientError

        try:
            yield
        except (OSError, ClosedClientError) as error:
            raise self._gone(error) from None

    def _gone(self, error: Exception) -> SimulationError:
        return SimulationError(
            f"the Dask cluster at {self._address} disconnected or cancelled the run: {error}"
        )

    def _abandon(self) -> None:
        """Cancel what has not begun, and let the rest end early. A cluster that does not answer
        keeps nobody waiting."""

        def tell() -> None:
            with suppress(Exception):
                self._client.cancel(list(self._futures))
                self._client.run(abandon, self._id, on_error="ignore")

        telling = threading.Thread(target=tell, daemon=True)
        telling.start()
        telling.join(_GOODBYE)


def _next_size(count: int, seconds: float) -> int:
    """Replicates for the next chunk, from what one took. The first ones also prepare the model."""
    fitting = round(count * _TARGET / max(seconds, 1e-6))
    return max(1, min(fitting, 4 * count, _LARGEST))


# What a Dask worker does: a chunk of replicates, as `processes` or `threads` would run it there.
#
# An engine that holds the interpreter's lock, prints or dies does so in a process of its own beside the
# Dask worker, which goes on answering the scheduler; a Dask worker of several threads has one such
# process for each. The model comes once to a Dask worker, and is prepared once.


MOST_TASKS = 4
_TASKS: OrderedDict[str, Task] = OrderedDict()
_ABANDONED: OrderedDict[str, None] = OrderedDict()
_MOST_ABANDONED = 64
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
        while len(_ABANDONED) > _MOST_ABANDONED:
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
            while len(_TASKS) > MOST_TASKS:
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
