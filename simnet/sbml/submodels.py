"""Models made of submodels (SBML's package comp), put together by libsbml into one.

A definition in another file is refused: loading a model reads no other file.
"""

from typing import Any

import libsbml

from simnet.errors import ModelError, Problem
from simnet.sbml.members import members


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
        why = "reads another file, which loading a model does not do"
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
