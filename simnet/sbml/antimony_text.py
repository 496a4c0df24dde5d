"""SBML to Antimony text."""

import re
import subprocess
import sys

from simnet.errors import ModelError, Problem

_CONVERT = """
import sys
import antimony
if antimony.loadSBMLString(sys.stdin.read()) < 0:
    sys.exit(" ".join(antimony.getLastError().split()))
sys.stdout.write(antimony.getAntimonyString(antimony.getMainModuleName()))
"""
_NOTES = re.compile(r"<notes>.*?</notes>", re.S)


def sbml_to_antimony(text: str) -> str:
    """Antimony text of our SBML, without its notes, which would be longer than the model. Lost are
    those and our own annotation, so what `simnet show` tells of readouts, inputs and genes; no number.

    antimony brings a libsbml of its own, so it runs in a process of its own.

    Raises:
        ModelError: the document has no form in Antimony.
    """
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "ignore", "-c", _CONVERT],
        input=_NOTES.sub("", text),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["antimony failed"]
        raise ModelError(Problem(what="writing Antimony", why=lines[-1]))
    return done.stdout
