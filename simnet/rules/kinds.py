"""The kinds of files that `load` reads: one table, one importer each.

A kind is told by the end of the file's name and by nothing in it, so that no file makes itself
something else. Only a Python file is run; the others are read as data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simnet.network.network import Network
from simnet.network.rates import Kinetics

Reader = Callable[[Path, Kinetics | None], Network]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of file.

    Attributes:
        name: for people.
        suffixes: how its names end.
        read: makes a Network of one.
        runs_code: whether reading it runs what it holds.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Reader
    runs_code: bool = False


def _sbml(path: Path, kinetics: Kinetics | None) -> Network:
    from simnet.sbml.read import read_sbml

    return read_sbml(path, kinetics=kinetics)


def _antimony(path: Path, kinetics: Kinetics | None) -> Network:
    from simnet.sbml.antimony import antimony_to_sbml
    from simnet.sbml.read import from_sbml

    return from_sbml(antimony_to_sbml(path), name=path.stem, kinetics=kinetics)


def _bngl(path: Path, kinetics: Kinetics | None) -> Network:
    from simnet.rules.bngl import read_bngl

    return read_bngl(path)  # BioNetGen's laws are known in both kinetics


def _net(path: Path, kinetics: Kinetics | None) -> Network:
    from simnet.rules.net import read_net

    return read_net(path)


def _omex(path: Path, kinetics: Kinetics | None) -> Network:
    from simnet.rules.omex import read_omex

    return read_omex(path, kinetics=kinetics)


def _python(path: Path, kinetics: Kinetics | None) -> Network:
    from simnet.rules.load import compiled
    from simnet.rules.python import model_of_file

    return compiled(model_of_file(path))


SBML = Kind(name="SBML", suffixes=(".xml", ".sbml"), read=_sbml)
PYSB = Kind(name="PySB model in Python", suffixes=(".py",), read=_python, runs_code=True)
KINDS = (
    SBML,
    Kind(name="Antimony", suffixes=(".ant", ".antimony"), read=_antimony),
    Kind(name="BNGL", suffixes=(".bngl",), read=_bngl),
    Kind(name="BioNetGen network", suffixes=(".net",), read=_net),
    Kind(name="COMBINE archive", suffixes=(".omex",), read=_omex),
    PYSB,
)


def kind_of(path: Path) -> Kind:
    """The kind that a file's name says it is; SBML where it says nothing."""
    return next((k for k in KINDS if path.suffix.lower() in k.suffixes), SBML)
