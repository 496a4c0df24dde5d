"""Libraries that bring classes of libsbml along, which clash with ours, in processes of their own;
and by one of them, antimony, Antimony text to SBML and back."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from simnet.errors import ModelError, Problem

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
    from simnet.sbml.guard import text_of  # libsbml takes a while to import

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
        why = "reads another file, which is not allowed when a model is loaded"
        way_out = "put the models into one file, or export it as SBML"
        raise ModelError(Problem(what=f"{name}: import", why=why, way_out=way_out))


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
