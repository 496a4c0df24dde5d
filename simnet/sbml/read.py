"""SBML (L2V4 to L3V2) -> Network: a file or text opened, checked and flattened; `reader` does the
rest."""

from pathlib import Path
from typing import Any

import libsbml

from simnet.errors import ModelError, Problem
from simnet.network.network import Network
from simnet.network.rates import Kinetics
from simnet.sbml.document import convert
from simnet.sbml.guard import harmless, require_expandable, text_of
from simnet.sbml.reader import Reader
from simnet.sbml.submodels import put_together


def read_sbml(path: Path, *, kinetics: Kinetics | None = None) -> Network:
    """Read an SBML file.

    Args:
        path: the file.
        kinetics: for a foreign file, the kinetics its laws are in; None leaves them as written.

    Raises:
        OSError: no such file, or one that cannot be read.
        InputError: `kinetics` contradicts what our own file says of itself.
        ModelError: not SBML, or SBML with errors.
    """
    return from_sbml(text_of(path), name=path.stem, kinetics=kinetics)


def from_sbml(content: str, *, name: str = "model", kinetics: Kinetics | None = None) -> Network:
    """A Network from SBML text; `name` serves a model that has no id. See `read_sbml`."""
    content = harmless(content, name)
    document = libsbml.readSBMLFromString(content)
    _require_readable(document, name)
    if put_together(document, name):
        content = harmless(libsbml.writeSBMLToString(document), name)
    require_expandable(document.getModel(), name)
    model = document.getModel()
    declared = model.getNumParameters()
    convert(document, "promoteLocalParameters")
    if model.getNumParameters() > declared:  # a file that runs as it is runs with these
        content = libsbml.writeSBMLToString(document)
    convert(document, "expandFunctionDefinitions")
    return Reader(document, content, name, kinetics).network()


def _require_readable(document: Any, name: str) -> None:
    model = document.getModel()
    found = []
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            message = " ".join(error.getMessage().split())
            found.append(
                Problem(what=f"{name}, line {error.getLine()}", why=message[:300], way_out="")
            )
    for package in ("multi", "qual", "spatial"):  # roadrunner would leave out what they add
        if document.getPackageRequired(package):
            why = "is required to understand the file, and no method here has it"
            found.append(Problem(what=f"{name}, SBML package {package}", why=why))
    if found or model is None:
        raise ModelError(found[:5] or [Problem(what=name, why="holds no SBML model")])
