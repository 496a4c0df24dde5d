"""The one small interface of execution: where to run, a task, jobs to run, outcomes as they come."""

import os
import pickle
import re
import struct
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeAlias, TypeGuard

from simnet.arrays import TimesByReadouts
from simnet.engines.base import Task
from simnet.errors import InputError, Problem
from simnet.experiment.program import Program

if TYPE_CHECKING:
    from distributed import Client

Workers: TypeAlias = "int | str | Client | None"
"""Where replicates run: see `simulate`."""


def is_cluster(workers: object) -> TypeGuard["str | Client"]:
    """Whether `workers=` means a Dask cluster: "tcp://host:8786", or a Client."""
    if isinstance(workers, str):
        return "://" in workers
    distributed = sys.modules.get("distributed")  # without it, there is no Client
    return distributed is not None and isinstance(workers, distributed.Client)


@dataclass(frozen=True, kw_only=True)
class Replicate:
    """One run of a program. `index` is its place in the result; engines use `seed` or `stream`.
    `program` is its own, in place of the job's, where cells differ; `tighter` is what the tolerances
    of an ODE run are multiplied by."""

    index: int
    seed: int = 0
    stream: bytes = b""
    program: Program | None = None
    tighter: float = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """A program of the task and the replicates to run of it. Each job of a call has its own `index`;
    `condition` is a name for messages."""

    index: int
    program: Program
    replicates: Sequence[Replicate]
    condition: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of one replicate: its values (T, R), or the reason why it has no values.

    `job` is the index of its job; `messages` are lines that the engine printed to the standard
    error stream.
    """

    replicate: Replicate
    job: int = 0
    values: TimesByReadouts | None = None
    failure: str = ""
    messages: tuple[str, ...] = ()


class Backend(Protocol):
    """Runs the jobs of a task somewhere: `serial`, `processes` or `threads`."""

    def run(self, task: Task, jobs: Iterable[Job], deliver: Callable[[Outcome], None]) -> None:
        """Run them all, in any order, handing each outcome to `deliver` in the calling thread.

        Jobs are taken as they are needed, maybe in another thread, one at a time. A failing
        replicate is an outcome with a reason, never an exception; what is delivered before
        KeyboardInterrupt stays delivered. An exception of `jobs` ends the run.
        """
        ...


def require_backend(name: str, count: int, timeout: float | None) -> None:
    """Raise InputError unless a backend has threads or processes, and its timeout is a time."""
    problems = []
    if count < 1:
        problems.append(Problem(what=f"{name}={count!r}", why="must be at least 1"))
    if timeout is not None and not timeout > 0:
        problems.append(Problem(what=f"timeout={timeout!r}", why="must be positive"))
    if problems:
        raise InputError(problems)


# What goes through the pipes between a worker process and its parent, and beside them.
#
# A message is a pickle behind its length in 8 bytes. Both sides import this and nothing else of each
# other: `python -m simnet.execute.worker` warns if something imported the module before.


MOST_PRINTED = 1 << 16  # bytes; an integrator in trouble repeats itself by the megabyte
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"(Error: )?CVODE Error|\[(ERROR|WARNING)\]\[rank")
"""How lines of CVODE begin: errors, which are raised as well, also those of a run that was made again
at other tolerances; and warnings of steps that are lost in rounding, which the estimate of the error
sees where they matter."""
_LENGTH = struct.Struct("<Q")


def send(stream: BinaryIO, message: object) -> None:
    """Write one message. Raises OSError if the other end is closed."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message. Raises EOFError if the stream ends before it is complete."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return pickle.loads(_exactly(stream, length))


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def printed_lines(descriptor: int) -> tuple[str, ...]:
    """The lines in a file, or its last `MOST_PRINTED` bytes of them, but for CVODE's own;
    moves its position."""
    size = os.fstat(descriptor).st_size
    os.lseek(descriptor, max(0, size - MOST_PRINTED), os.SEEK_SET)
    text = os.read(descriptor, MOST_PRINTED).decode("utf-8", "replace")
    lines = _COLOURS.sub("", text).splitlines()
    if size > MOST_PRINTED:
        lines[0] = f"... ({size - MOST_PRINTED} bytes before are left out)"
    return tuple(s.rstrip() for s in lines if s.strip() and not _NOISE.match(s))
