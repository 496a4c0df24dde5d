"""Worker processes as the parent sees them, and the pool of those that wait for work.

`processes` is the only user. Nothing is started before it asks.
"""

import atexit
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, BinaryIO, cast

from simnet.execute.base import printed_lines, receive, send

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
    """The pool of this process, made when first asked for."""
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
