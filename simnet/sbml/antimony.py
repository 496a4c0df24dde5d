"""Antimony text to SBML, by tellurium."""

import subprocess
import sys
from pathlib import Path

from simnet.errors import ModelError, Problem

_CONVERT = """
import sys
import tellurium
try:
    text = tellurium.antimonyToSBML(sys.stdin.read())
except Exception as error:
    sys.exit(" ".join(str(error).split()))
sys.stdout.write(text)
"""


def antimony_to_sbml(path: Path) -> str:
    """SBML text of an Antimony file.

    tellurium runs in a process of its own: importing it takes seconds, and the libsedml that it
    brings along takes over libsbml's class of syntax trees in the process that imports both.

    Raises:
        ModelError: the file is not Antimony.
    """
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _CONVERT],
        input=path.read_text(encoding="utf-8"),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise ModelError(Problem(what=str(path), why=lines[-1] if lines else "is not Antimony"))
    return done.stdout
