"""`load`: whatever a user has, as a Network."""

import os
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from simnet.errors import InputError, Problem, UnknownNameError, nearest
from simnet.network.network import Network
from simnet.network.rates import Kinetics
from simnet.rules.kinds import KINDS, kind_of
from simnet.rules.python import is_pysb_model, model_of_file, model_of_module
from simnet.rules.registry import packaged_names

_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_OF_FILE = re.compile(r"(?P<path>.+\.py):(?P<attribute>[A-Za-z_]\w*)", re.I)


def load(
    source: object,
    *,
    kinetics: Kinetics | None = None,
    volume: str | None = None,
    copies: float | None = None,
) -> Network:
    """Load a network.

    Args:
        source: the name of a packaged network ("hypoxia"), the path of a file (SBML, Antimony, BNGL,
            BioNetGen's .net, a COMBINE archive), "package.module:attribute" of a PySB model (or of a
            function that builds one), the path of a Python file with one ("model.py", or
            "model.py:attribute" where it has several), or a pysb.Model. The module or Python file
            is run; no other file is. A Network is returned as it is.
        kinetics: for a foreign SBML file, the kinetics its rate laws are written in; None leaves
            them as written.
        volume: for a model in moles, turn amounts into molecules in this volume: "1 pL". Laws over
            amounts that are no counts are continuous, and are taken so.
        copies: for a model in any unit, turn amounts into molecules, so many for one unit. What is
            rounded is recorded in the network's rules.

    Raises:
        UnknownNameError: no packaged network, file or attribute of that name.
        ModelError: the model cannot be read or compiled.
        UnsupportedError: amounts are to be molecules, and the file holds what a Network cannot.
        MissingToolError: compiling rules needs perl, which is not installed.
    """
    network = _loaded(source, kinetics)
    if volume is None and copies is None:
        return network
    from simnet.sbml.convert import in_molecules, keeps_counts

    if not keeps_counts(network, copies):
        if kinetics == "discrete":
            why = "amounts that are no counts have no discrete laws"
            raise InputError(Problem(what='kinetics="discrete"', why=why, way_out="leave it out"))
        if network.kinetics == "as-written":
            network = _loaded(source, "continuous") if network is not source else network
    return in_molecules(network, volume=volume, copies=copies)


def compiled(model: Any) -> Network:
    """A PySB model as a Network; from the cache where it was compiled before."""
    from simnet.rules.bionetgen import bngl_text
    from simnet.rules.cache import cached
    from simnet.rules.compile import compile_model

    return cached(f"{model.name}\n{bngl_text(model)}", lambda: compile_model(model))


def _loaded(source: object, kinetics: Kinetics | None) -> Network:
    if isinstance(source, Network):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _from_text(os.fspath(source), kinetics)
    if is_pysb_model(source):
        return compiled(source)
    raise InputError(
        Problem(
            what=f"load({type(source).__name__})",
            why="not a network's name, a path, module:attribute or a PySB model",
        )
    )


@cache
def _packaged(name: str) -> Network:
    """A packaged network, read once: it takes seconds, and neither changes."""
    from simnet.sbml.read import from_sbml

    file = resources.files("simnet.exported") / f"{name}.xml"
    return from_sbml(file.read_text(encoding="utf-8"))


def _from_text(source: str | bytes, kinetics: Kinetics | None) -> Network:
    name = source.decode() if isinstance(source, bytes) else source
    if name in packaged_names():
        return _packaged(name)
    path = Path(name)
    named = path.suffix.lower() in {end for kind in KINDS for end in kind.suffixes}
    if path.is_file() or (named and not _ATTRIBUTE.fullmatch(name)):
        try:
            return kind_of(path).read(path, kinetics)
        except OSError as error:
            why = error.strerror or "cannot be read"
            raise InputError(Problem(what=name, why=why)) from None
    in_file = _OF_FILE.fullmatch(name)
    if in_file is not None and Path(in_file["path"]).is_file():
        return compiled(model_of_file(Path(in_file["path"]), in_file["attribute"]))
    if _ATTRIBUTE.fullmatch(name):
        return compiled(model_of_module(name))
    raise UnknownNameError(
        Problem(
            what=f"network {name!r}",
            why="no packaged network or file of that name",
            way_out=nearest(name, packaged_names()) + " (or a path, or package.module:model)",
        )
    )
