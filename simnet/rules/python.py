"""PySB models of modules and Python files. Finding one RUNS that Python code: only a name
`module:attribute` or a `.py` file that the user gives by name comes here, never what a file holds.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simnet.errors import ModelError, Problem, SimnetError, UnknownNameError, nearest


def is_pysb_model(value: object) -> bool:
    """Whether it is a pysb.Model, told without importing PySB."""
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
    try:
        _forget_exports()
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


def _forget_exports() -> None:
    """PySB's self-export is one switch for all modules: a model that turned it off earlier in this
    process would break the next one."""
    core = sys.modules.get("pysb.core")
    if core is not None:
        core.SelfExporter.do_export = True


def _called(found: Any) -> Any:
    return found() if callable(found) and not is_pysb_model(found) else found


def _required(found: Any, attribute: str, names: dict[str, Any], what: str, where: str) -> Any:
    if not is_pysb_model(found):
        models = [key for key, value in names.items() if is_pysb_model(value)]
        why = f"{where} has no PySB model {attribute!r}"
        way_out = nearest(attribute, models) + (f" (give {where}:NAME)" if models else "")
        raise UnknownNameError(Problem(what=what, why=why, way_out=way_out))
    return found
