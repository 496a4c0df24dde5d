"""Antimony text to SBML and back, by antimony.

antimony brings a libsbml of its own, so it runs in a process of its own.
"""

import re
import tempfile
from pathlib import Path

from simnet.errors import ModelError, Problem
from simnet.sbml.apart import run_apart
from simnet.sbml.guard import text_of

_CONVERT = """
import sys
import antimony
read, write = (getattr(antimony, name) for name in sys.argv[1:])
if read(sys.stdin.read()) < 0:
    sys.exit(" ".join(antimony.getLastError().split()))
sys.stdout.write(write(antimony.getMainModuleName()))
"""
_NOTES = re.compile(r"<notes>.*?</notes>", re.S)
_COMMENTS = r"//[^\n\r]*|#[^\n\r]*|/\*.*?\*/"
_HIDDEN = tuple(
    re.compile(f"{strings}|{_COMMENTS}", re.S)
    for strings in (r'```.*?```|"[^"]*"', r'"[^"]*"', r'"[^"\n\r]*"')
)
"""Strings, notes and comments, in each way in which a reader may see their ends."""
LONGEST = 300.0
"""Seconds that reading a file may take."""


def antimony_to_sbml(path: Path) -> str:
    """SBML text of an Antimony file; the process runs in an empty folder.

    Raises:
        ModelError: the file is not Antimony, or imports another one.
    """
    text = re.sub(r"\r\n?", "\n", text_of(path))
    _require_alone(text, str(path))
    with tempfile.TemporaryDirectory(prefix="simnet-") as folder:
        return run_apart(
            ["-c", _CONVERT, "loadAntimonyString", "getSBMLString"],
            text,
            what=str(path),
            fault="is not Antimony",
            folder=folder,
            longest=LONGEST,
        )


def sbml_to_antimony(text: str) -> str:
    """Antimony text of our SBML, without its notes, which would be longer than the model. Lost are
    those and our own annotation, so what `simnet show` tells of readouts, inputs and genes; no number.

    Raises:
        ModelError: the document has no form in Antimony.
    """
    plain = _NOTES.sub("", text)
    return run_apart(
        ["-c", _CONVERT, "loadSBMLString", "getAntimonyString"],
        plain,
        what="writing Antimony",
        fault="antimony failed",
    )


def _require_alone(text: str, name: str) -> None:
    """Raise ModelError where the text may read another file.

    Antimony's `import "file"` is looked for outside of strings and comments.
    """
    visible = (
        hidden.sub(lambda found: '""' if found[0][0] == '"' else " ", text) for hidden in _HIDDEN
    )
    match = next(filter(None, (re.search(r"\bimport\b", part) for part in visible)), None)
    if match is not None:
        raise ModelError(
            Problem(
                what=f"{name}: import",
                why="reads another file, which is not allowed when a model is loaded",
                way_out="put the models into one file, or export it as SBML",
            )
        )
