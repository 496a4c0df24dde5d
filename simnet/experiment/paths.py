"""Paths that a user gives, checked."""

from pathlib import Path

from simnet.errors import InputError, Problem


def path_of(given: str | Path, what: str) -> Path:
    """The path that a text or a path means; `what` is the argument's name.

    Raises:
        InputError: it is neither.
    """
    try:
        return Path(given)
    except TypeError:
        way_out = 'write it as text, such as "results"'
        problem = Problem(what=f"{what}={given!r:.60}", why="is not a path", way_out=way_out)
        raise InputError(problem) from None
