"""The packaged networks: found as data, imported by name, never statically."""

import importlib
from functools import cache
from importlib import resources
from typing import Any

from simnet.errors import Problem, UnknownNameError, nearest
from simnet.network.network import Network


@cache
def packaged_names() -> tuple[str, ...]:
    """Names of the networks that ship with simnet: those with an exported SBML file."""
    files = resources.files("simnet.exported").iterdir()
    names = (f.name.removesuffix(".xml") for f in files if f.name.endswith(".xml"))
    return tuple(sorted(name for name in names if not name.endswith("-ssa")))


def source_names() -> tuple[str, ...]:
    """Names of the networks whose rules ship with simnet."""
    folder = resources.files("simnet.networks")
    return tuple(
        sorted(
            f.name
            for f in folder.iterdir()
            if not f.name.startswith("_") and f.is_dir() and (f / "rules.py").is_file()
        )
    )


def compile_packaged(name: str) -> Network:
    """Compile a packaged network from its rules: what makes the exported files.

    Raises:
        UnknownNameError: no such network.
        MissingToolError: no perl.
    """
    if name not in source_names():
        raise UnknownNameError(
            Problem(
                what=f"network {name!r}",
                why="no rules of that name are packaged",
                way_out=nearest(name, source_names()),
            )
        )
    from simnet.catalogue.tables import read_catalogue
    from simnet.rules.compile import compile_model

    module: Any = importlib.import_module(f"simnet.networks.{name}.rules")
    catalogue = read_catalogue(resources.files(f"simnet.networks.{name}"))
    return compile_model(module.build(), catalogue)
