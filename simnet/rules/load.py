"""`load`: whatever a user has, as a Network."""

import importlib
import os
import re
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from simnet.errors import InputError, ModelError, Problem, SimnetError, UnknownNameError, nearest
from simnet.network.network import Network
from simnet.network.rates import Kinetics
from simnet.rules.registry import packaged_names

_ATTRIBUTE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


def load(source: object, *, kinetics: Kinetics | None = None) -> Network:
    """Load a network.

    Args:
        source: the name of a packaged network ("hypoxia"), the path of an SBML or Antimony file,
            "package.module:attribute" of a PySB model (or of a function that builds one), or a
            pysb.Model. A Network is returned as it is.
        kinetics: for a foreign SBML file, the kinetics its rate laws are written in; None leaves
            them as written.

    Raises:
        UnknownNameError: no packaged network, file or attribute of that name.
        ModelError: the model cannot be read or compiled.
        MissingToolError: compiling rules needs perl, which is not installed.
    """
    if isinstance(source, Network):
        return source
    if isinstance(source, (str, os.PathLike)):
        return _from_text(os.fspath(source), kinetics)
    if _is_pysb_model(source):
        return _compiled(source)
    raise InputError(
        Problem(
            what=f"load({type(source).__name__})",
            why="not a network's name, a path, module:attribute or a PySB model",
        )
    )


def _from_text(source: str | bytes, kinetics: Kinetics | None) -> Network:
    name = source.decode() if isinstance(source, bytes) else source
    from simnet.sbml.read import from_sbml, read_sbml

    if name in packaged_names():
        file = resources.files("simnet.exported") / f"{name}.xml"
        return from_sbml(file.read_text(encoding="utf-8"))
    path = Path(name)
    if path.suffix in (".ant", ".antimony") and path.is_file():
        from simnet.sbml.antimony import antimony_to_sbml

        return from_sbml(antimony_to_sbml(path), name=path.stem, kinetics=kinetics)
    if path.is_file() or path.suffix in (".xml", ".sbml"):
        return read_sbml(path, kinetics=kinetics)
    if _ATTRIBUTE.fullmatch(name):
        return _compiled(_attribute(name))
    raise UnknownNameError(
        Problem(
            what=f"network {name!r}",
            why="no packaged network or file of that name",
            way_out=nearest(name, packaged_names()) + " (or a path, or package.module:model)",
        )
    )


def _attribute(name: str) -> Any:
    module_name, attribute = name.split(":")
    here = os.getcwd()
    added = here not in sys.path
    if added:
        sys.path.insert(0, here)  # as `python -m` does; a console script's path lacks it
    try:
        _forget_exports()
        module = importlib.import_module(module_name)
        found = getattr(module, attribute, None)
        if callable(found) and not _is_pysb_model(found):
            found = found()
    except ModuleNotFoundError as error:
        raise UnknownNameError(
            Problem(what=name, why=str(error), way_out="give package.module:attribute")
        ) from error
    except SimnetError:
        raise
    except Exception as error:
        raise ModelError(
            Problem(what=name, why=f"running it failed: {type(error).__name__}: {error}")
        ) from error
    finally:
        if added:
            sys.path.remove(here)
    if not _is_pysb_model(found):
        models = [key for key, value in vars(module).items() if _is_pysb_model(value)]
        why = f"{module_name} has no PySB model {attribute!r}"
        raise UnknownNameError(Problem(what=name, why=why, way_out=nearest(attribute, models)))
    return found


def _forget_exports() -> None:
    """PySB's self-export is one switch for all modules: a model that turned it off earlier in this
    process would break the next one."""
    core = sys.modules.get("pysb.core")
    if core is not None:
        core.SelfExporter.do_export = True


def _is_pysb_model(value: object) -> bool:
    return any(
        cls.__name__ == "Model" and cls.__module__.startswith("pysb.")
        for cls in type(value).__mro__
    )


def _compiled(model: Any) -> Network:
    from simnet.rules.bionetgen import bngl_text
    from simnet.rules.cache import cached
    from simnet.rules.compile import compile_model

    return cached(f"{model.name}\n{bngl_text(model)}", lambda: compile_model(model))
