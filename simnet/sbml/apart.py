"""Python in a process of its own: libraries that bring classes of libsbml along clash with ours."""

import subprocess
import sys
from collections.abc import Sequence

from simnet.errors import ModelError, Problem


def run_apart(
    arguments: Sequence[str],
    given: str,
    *,
    what: str,
    fault: str,
    folder: str | None = None,
    longest: float | None = None,
) -> str:
    """What the process prints.

    Args:
        arguments: of the interpreter: "-c" and a program, or "-m" and a module.
        given: its standard input.
        what: is made or read, for errors.
        fault: why it failed, where it says nothing itself.
        folder: where it runs; here if None.
        longest: seconds that it may take.

    Raises:
        ModelError: it fails, with the last line it says; it is ended by a signal, or takes too long.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-X", "utf8", "-W", "ignore", *arguments],
            input=given,
            capture_output=True,
            encoding="utf-8",
            check=False,
            cwd=folder,
            timeout=longest,
        )
    except subprocess.TimeoutExpired:
        why = f"it takes longer than {longest:g} s"
        raise ModelError(Problem(what=what, why=why)) from None
    if done.returncode < 0:
        why = f"the program for it was ended by signal {-done.returncode}"
        way_out = "a formula of very many terms or levels can do that: split it"
        raise ModelError(Problem(what=what, why=why, way_out=way_out))
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [fault]
        raise ModelError(Problem(what=what, why=lines[-1]))
    return done.stdout
