"""What goes through the pipes between a worker process and its parent, and beside them.

A message is a pickle behind its length in 8 bytes. Both sides import this and nothing else of each
other: `python -m simnet.execute.worker` warns if something imported the module before.
"""

import os
import pickle
import re
import struct
from typing import Any, BinaryIO

PRINTED_KEPT = 1 << 16  # bytes; an integrator in trouble repeats itself by the megabyte
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"(Error: )?CVODE Error|\[(ERROR|WARNING)\]\[rank")
"""How lines of CVODE begin: errors, which are raised as well, also those of a run that was made again
at other tolerances; and warnings of steps that are lost in rounding, which the estimate of the error
sees where they matter."""
_LENGTH = struct.Struct("<Q")


def send(stream: BinaryIO, message: object) -> None:
    """Write one message. Raises OSError if nobody reads any more."""
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
    """The lines in a file, or its last `PRINTED_KEPT` bytes of them, but for CVODE's own;
    moves its position."""
    size = os.fstat(descriptor).st_size
    os.lseek(descriptor, max(0, size - PRINTED_KEPT), os.SEEK_SET)
    text = os.read(descriptor, PRINTED_KEPT).decode("utf-8", "replace")
    lines = _COLOURS.sub("", text).splitlines()
    if size > PRINTED_KEPT:
        lines[0] = f"... ({size - PRINTED_KEPT} bytes before are left out)"
    return tuple(s.rstrip() for s in lines if s.strip() and not _NOISE.match(s))
