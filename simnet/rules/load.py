"""`load`: whatever a user has, as a Network."""

import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from simnet.errors import InputError, ModelError, Problem, SimnetError, UnknownNameError, nearest
from simnet.network.expression import Kinetics
from simnet.network.network import Network
from simnet.results.parts import into_place
from simnet.results.record import versions_of
from simnet.rules.packaged import packaged_names

# The kinds of files that `load` reads: one table, one importer each.
#
# A kind is recognised by the end of the file's name and by nothing in it, so that no file makes itself
# something else. Only a Python file is run; the others are read as data.


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
    from simnet.sbml.omex import read_omex

    return read_omex(path, kinetics=kinetics)


def _python(path: Path, kinetics: Kinetics | None) -> Network:
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


# Compiled networks on disk, by digest of their content; safe under several processes.
#
# A file is SBML text, written beside its place and moved there in one step. A damaged file is
# compiled again.


SCHEME = "2"
"""Raised whenever compiling gives another network for the same rules."""


def cache_folder() -> Path:
    """Where compiled networks are cached; the environment variable SIMNET_CACHE moves it."""
    given = os.environ.get("SIMNET_CACHE")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("simnet", appauthor=False))


def cached(content: str, compile_: Callable[[], Network]) -> Network:
    """The network made by `compile_`, or its copy on disk from the same content.

    What is returned has always been through SBML, so that it is the same, bit for bit, compiled
    now or loaded.
    """
    from simnet.sbml.read import from_sbml
    from simnet.sbml.write import to_sbml

    used = versions_of("pysb", "bionetgen")
    tools = [used[tool] for tool in ("simnet", "pysb", "bionetgen")]
    key = hashlib.sha256("\n".join([SCHEME, *tools, content]).encode()).hexdigest()
    file = cache_folder() / f"{key}.xml"
    try:
        stored = file.read_text(encoding="utf-8")
        network = from_sbml(stored)
        if f'digest="{network.digest}"' in stored:  # what the file declares
            return network
    except (OSError, UnicodeDecodeError, SimnetError):
        pass  # not there, or damaged
    text = to_sbml(compile_())
    with suppress(OSError):  # a cache that cannot be written only costs time
        file.parent.mkdir(parents=True, exist_ok=True)
        into_place(text.encode(), file)
    return from_sbml(text)


# PySB models of modules and Python files. Finding one RUNS that Python code: only a name
# `module:attribute` or a `.py` file that the user gives by name comes here, never what a file holds.


def is_pysb_model(value: object) -> bool:
    """Whether it is a pysb.Model, decided without importing PySB."""
    return any(
        cls.__name__ == "Model" and cls.__module__.startswith("pysb.")
        for cls in type(value).__mro__
    )


def model_of_module(name: str) -> Any:
    """The model that "package.module:attribute" is, or that calling it gives.

    Raises:
        UnknownNameError: no such module, or no model of that name in it.
        ModelError: the module's own code failed.
    """
    module_name, attribute = name.split(":")
    with _running(name, os.getcwd()):  # as `python -m` does; a console script's path lacks it
        module = importlib.import_module(module_name)
        found = _called(getattr(module, attribute, None))
    return _required(found, attribute, vars(module), name, module_name)


def model_of_file(path: Path, attribute: str = "") -> Any:
    """The model in a Python file: `attribute`, or `model`, or the only one there is.

    Raises:
        UnknownNameError: no such model in it.
        ModelError: the file's own code failed.
    """
    spec = importlib.util.spec_from_file_location(f"simnet_file_{path.stem}", path)
    assert spec is not None  # a path that ends in .py has a loader
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # PySB's self-export looks there
    try:
        with _running(str(path), str(path.resolve().parent)):
            spec.loader.exec_module(module)
            models = [key for key, value in vars(module).items() if is_pysb_model(value)]
            if not attribute:
                attribute = "model" if "model" in vars(module) or len(models) != 1 else models[0]
            found = _called(getattr(module, attribute, None))
    finally:
        del sys.modules[spec.name]
    return _required(found, attribute, vars(module), str(path), path.name)


@contextmanager
def _running(what: str, folder: str) -> Iterator[None]:
    """With `folder` to import from; what the code raises is the model's error."""
    added = folder not in sys.path
    if added:
        sys.path.insert(0, folder)
    if core := sys.modules.get("pysb.core"):
        # PySB's self-export is one switch for all modules: a model that turned it off earlier in
        # this process would break the next one.
        core.SelfExporter.do_export = True
    try:
        yield
    except ModuleNotFoundError as error:
        own = f"{what.partition(':')[0]}.".startswith(f"{error.name}.")
        way_out = "give package.module:attribute" if own else "it is imported there: install it"
        raise UnknownNameError(Problem(what=what, why=str(error), way_out=way_out)) from error
    except SimnetError:
        raise
    except Exception as error:
        why = f"running it failed: {type(error).__name__}: {error}"
        raise ModelError(Problem(what=what, why=why)) from error
    finally:
        if added:
            sys.path.remove(folder)


def _called(found: Any) -> Any:
    return found() if callable(found) and not is_pysb_model(found) else found


def _required(found: Any, attribute: str, names: dict[str, Any], what: str, where: str) -> Any:
    if not is_pysb_model(found):
        models = [key for key, value in names.items() if is_pysb_model(value)]
        why = f"{where} has no PySB model {attribute!r}"
        way_out = nearest(attribute, models) + (f" (give {where}:NAME)" if models else "")
        raise UnknownNameError(Problem(what=what, why=why, way_out=way_out))
    return found


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
            why = "discrete rate laws need amounts in molecules"
            raise InputError(Problem(what='kinetics="discrete"', why=why, way_out="leave it out"))
        if network.kinetics == "as-written":
            network = _loaded(source, "continuous") if network is not source else network
    return in_molecules(network, volume=volume, copies=copies)


def compiled(model: Any) -> Network:
    """A PySB model as a Network; from the cache where it was compiled before."""
    from simnet.rules.bionetgen import bngl_text
    from simnet.rules.compile import compile_model

    return cached(f"{model.name}\n{bngl_text(model)}", lambda: compile_model(model))


def _loaded(source: object, kinetics: Kinetics | None) -> Network:
    if isinstance(source, Network):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _from_text(os.fspath(source), kinetics)
    if is_pysb_model(source):
        return compiled(source)
    why = "not a network's name, a path, module:attribute or a PySB model"
    raise InputError(Problem(what=f"load({type(source).__name__})", why=why))


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
    why = "no packaged network or file of that name"
    way_out = nearest(name, packaged_names()) + " (or a path, or package.module:model)"
    raise UnknownNameError(Problem(what=f"network {name!r}", why=why, way_out=way_out))
