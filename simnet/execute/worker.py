"""A worker process: `python -m simnet.execute.worker`. `processes` starts it and talks to it.

Requests come on stdin and replies go to stdout:

    ("task", key, path, pickled)   ("ready", keys)       the simulators held now
                                   ("refused", error)    preparing raised this SimnetError
                                   ("broken", reason)    preparing raised something else
    ("program", pickled)           ("stored", None)      what the next replicates run
    ("run", key, job, replicate)   ("outcome", outcome)

It ends when stdin does. Ctrl-C is for the parent, who decides what becomes of the workers.
"""

import ctypes
import importlib
import os
import pickle
import signal
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from simnet.engines.base import Simulator, Task
from simnet.errors import SimnetError
from simnet.execute.base import Outcome, Replicate, printed_lines, receive, send
from simnet.execute.threads import reason_of, resolve_engine, run_replicate
from simnet.experiment.program import Program

MOST_SIMULATORS = 4
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class _Printed:
    """Takes from the file behind descriptors 1 and 2 what was printed since the last time."""

    def __init__(self) -> None:
        # C and C++ keep what goes to stdout in a buffer of their own. On Windows each library may
        # have its own C runtime, which cannot be reached.
        self._flush: Callable[[None], int] | None = None
        if os.name == "posix":
            self._flush = ctypes.CDLL(None).fflush

    def take(self) -> tuple[str, ...]:
        sys.stdout.flush()
        sys.stderr.flush()
        if self._flush is not None:
            self._flush(None)
        if os.fstat(2).st_size == 0:
            return ()
        lines = printed_lines(2)
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)
        return lines


class _Desk:
    """Answers requests. Keeps the simulators used last, by the key of their task."""

    def __init__(self, printed: _Printed) -> None:
        self._printed = printed
        self._simulators: OrderedDict[str, Simulator] = OrderedDict()
        self._program: Program | None = None
        self._earlier: tuple[str, ...] = ()

    def answer(self, request: tuple[Any, ...]) -> tuple[str, object]:
        if request[0] == "task":
            return self._prepare(*request[1:])
        if request[0] == "program":
            self._program = pickle.loads(request[1])
            return "stored", None
        return "outcome", self._run(*request[1:])

    def _prepare(self, key: str, path: list[str], pickled: bytes) -> tuple[str, object]:
        self._printed.take()  # of a model that was refused: no replicate's
        sys.path[:] = path  # as it is in the parent now, and it may have new modules
        importlib.invalidate_caches()
        try:
            task: Task = pickle.loads(pickled)
            prepared = cast(Simulator, resolve_engine(task.engine).prepare(task))
        except SimnetError as error:
            return _portable(error)
        except Exception as error:  # noqa: BLE001 - a reply to the parent
            return "broken", reason_of(error)
        while len(self._simulators) >= MOST_SIMULATORS:  # only now: the parent hears of it
            self._simulators.popitem(last=False)
        self._simulators[key] = prepared
        # Said while preparing: it belongs to no replicate, so the first one brings it along.
        self._earlier = self._printed.take()
        return "ready", tuple(self._simulators)

    def _run(self, key: str, job: int, replicate: Replicate) -> Outcome:
        self._simulators.move_to_end(key)
        assert self._program is not None
        outcome = run_replicate(self._simulators[key], job, self._program, replicate)
        messages, self._earlier = self._earlier + self._printed.take(), ()
        return replace(outcome, messages=messages) if messages else outcome


def _portable(error: SimnetError) -> tuple[str, object]:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - a subclass of the engine's that does not pickle
        return "broken", reason_of(error)
    return "refused", error


def _end_with_parent() -> None:
    """On Linux, be killed when the parent ends, also in the middle of a long replicate.

    Elsewhere the worker finds out after the replicate: an engine that holds the interpreter's
    lock leaves no way to look earlier.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def main() -> None:
    """Serve until the parent closes the pipe or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    # The pipes move to descriptors that no engine knows: engines print to 1, and may read 0.
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    printed = _Printed()
    printed.take()  # of importing, which is no engine's
    desk = _Desk(printed)
    while True:
        try:
            request = receive(requests)
        except (EOFError, OSError):
            return
        reply = desk.answer(request)
        try:
            send(replies, reply)
        except OSError:
            return


if __name__ == "__main__":
    main()
