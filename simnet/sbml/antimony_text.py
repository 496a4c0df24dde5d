"""SBML to Antimony text."""

import re

from simnet.sbml.apart import run_apart

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
    plain = _NOTES.sub("", text)
    return run_apart(["-c", _CONVERT], plain, what="writing Antimony", fault="antimony failed")
