"""Antimony text to SBML."""

from pathlib import Path

from simnet.errors import ModelError, Problem


def antimony_to_sbml(path: Path) -> str:
    """SBML text of an Antimony file.

    Raises:
        ModelError: the file is not Antimony.
    """
    import antimony  # not by tellurium, which takes seconds

    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(path.read_text(encoding="utf-8")) < 0:
        why = " ".join(antimony.getLastError().split())
        raise ModelError(Problem(what=str(path), why=why))
    text: str = antimony.getSBMLString(antimony.getMainModuleName())
    return text
