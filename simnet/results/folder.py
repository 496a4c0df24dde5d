"""Folders that results are written into: what may be in them before, and how files come there."""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from simnet.errors import InputError, Problem

ASIDE = ".simnet-"
"""How names of what is not finished begin; one that is left over does not count as data."""


def refusal(path: Path, why: str, way_out: str = "") -> InputError:
    """The error of a path that cannot be used."""
    return InputError(Problem(what=str(path), why=why, way_out=way_out))


def other_data(target: Path, ours: Collection[str] = ()) -> InputError | None:
    """Why a folder is not to be written into, if so: it holds more than what is named `ours`.

    Raises:
        InputError: it is a file.
    """
    if target.exists() and not target.is_dir():
        raise refusal(target, "is a file", "name a folder")
    if not target.exists():
        return None
    names = [path.name for path in target.iterdir() if not path.name.startswith(ASIDE)]
    others = sorted(set(names) - set(ours))
    if not others:
        return None
    shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
    way_out = "name a new or empty folder, or one of an earlier run"
    return refusal(target, f"holds other data ({shown})", way_out)


@contextmanager
def aside(path: Path, mode: int = 0o666) -> Iterator[Path]:
    """A new, empty file beside `path` to write to: it takes the place of `path` once the block ends
    without an error, in one step, and is gone after one with an error. `mode` is less the umask."""
    beside = path.absolute().with_name(f"{ASIDE}{uuid4().hex}{path.suffix}")
    try:
        beside.touch(mode, exist_ok=False)
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def into_place(content: bytes, path: Path, mode: int = 0o666) -> None:
    """Write aside, make sure that it is on the disk, then rename."""
    with aside(path, mode) as beside, beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
