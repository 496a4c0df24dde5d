"""Antimony text to SBML, by tellurium."""

from pathlib import Path

from simnet.errors import ModelError, Problem


def antimony_to_sbml(path: Path) -> str:
    """SBML text of an Antimony file.

    Raises:
        ModelError: the file is not Antimony.
    """
    import tellurium  # seconds when cold, so only here

    try:
        text: str = tellurium.antimonyToSBML(path.read_text(encoding="utf-8"))
    except Exception as error:
        raise ModelError(Problem(what=str(path), why=" ".join(str(error).split()))) from error
    return text
