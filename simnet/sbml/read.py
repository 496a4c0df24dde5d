"""SBML (L2V4 to L3V2) -> Network: a file or text opened, checked and flattened; `reader` does the
rest."""

from pathlib import Path
from typing import Any

import libsbml

from simnet.errors import ModelError, Problem
from simnet.network.expression import Kinetics
from simnet.network.network import Network
from simnet.sbml.document import convert
from simnet.sbml.elements import members
from simnet.sbml.guard import harmless, require_expandable, text_of
from simnet.sbml.reader import Reader

# Models made of submodels (SBML's package comp), put together by libsbml into one.
#
# A definition in another file is refused: loading a model reads no other file.


def put_together(document: Any, name: str) -> bool:
    """Flatten a document that has submodels; says whether it had any.

    Raises:
        ModelError: a submodel is in another file, or they do not fit together.
    """
    package = document.getPlugin("comp")
    if package is None:
        return False
    outside = [d.getSource() for d in members(package.getListOfExternalModelDefinitions())]
    if outside:
        why = "reads another file, which is not allowed when a model is loaded"
        way_out = "put the submodels into one file"
        raise ModelError(
            [Problem(what=f"{name}: {source}", why=why, way_out=way_out) for source in outside[:5]]
        )
    model = document.getModel()
    within = model.getPlugin("comp") if model is not None else None
    if within is None or within.getNumSubmodels() == 0:
        return False
    options = libsbml.ConversionProperties()
    options.addOption("flatten comp", True)
    options.addOption("performValidation", False)
    options.addOption("leavePorts", False)
    if document.convert(options) != libsbml.LIBSBML_OPERATION_SUCCESS:
        said = " ".join(document.getErrorLog().toString().split())[-300:]
        raise ModelError(
            Problem(what=name, why=f"its submodels cannot be put together: {said or 'libsbml'}")
        )
    return True


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
            why = "is required by the file and is not supported"
            found.append(Problem(what=f"{name}, SBML package {package}", why=why))
    if found or model is None:
        raise ModelError(found[:5] or [Problem(what=name, why="holds no SBML model")])
