"""The packaged networks: found as data, imported by name, never statically."""

import hashlib
import importlib
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from simnet.errors import InputError, Problem, UnknownNameError, nearest
from simnet.network.expression import Kinetics
from simnet.network.network import Network
from simnet.results.record import versions_of


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
        what, way_out = f"network {name!r}", nearest(name, source_names())
        raise UnknownNameError(
            Problem(what=what, why="no rules of that name are packaged", way_out=way_out)
        )
    from simnet.catalogue.tables import read_catalogue
    from simnet.rules.compile import compile_model

    module: Any = importlib.import_module(f"simnet.networks.{name}.rules")
    catalogue = read_catalogue(resources.files(f"simnet.networks.{name}"))
    return compile_model(module.build(), catalogue)


# The exported files of the packaged networks: `sbml/NAME.xml`, `NAME-ssa.xml`, `PROVENANCE.json`.
#
# The SBML files hold no versions of tools, so that they change only when a network does; what they
# were made with is in PROVENANCE.json.


PROVENANCE = "PROVENANCE.json"
_TOOLS = ("pysb", "bionetgen", "python-libsbml")
_KINETICS: dict[str, Kinetics] = {"": "continuous", "-ssa": "discrete"}


def exported_files(network: Network) -> dict[str, str]:
    """The SBML of a packaged network by file name: continuous laws, and discrete ones (-ssa)."""
    from simnet.sbml.write import to_sbml

    return {f"{network.id}{end}.xml": to_sbml(network, k) for end, k in _KINETICS.items()}


def write_exported(folder: str | Path, names: Sequence[str] | None = None) -> list[Path]:
    """Compile packaged networks from their rules and write what is committed in `sbml/`.

    Args:
        folder: an existing folder; entries of other networks in its PROVENANCE.json are kept.
        names: of the networks; all where left out.

    Returns:
        The files written.

    Raises:
        UnknownNameError: no such network.
        InputError: no such folder, or a PROVENANCE.json in it that is none.
        MissingToolError: no perl.
    """
    target = Path(folder)
    if not target.is_dir():
        raise InputError(Problem(what=str(target), why="does not exist"))
    entries = _entries(target / PROVENANCE)
    used = versions_of(*_TOOLS)
    written = []
    for name in source_names() if names is None else names:
        network = compile_packaged(name)
        files = exported_files(network)
        for file, text in files.items():
            (target / file).write_text(text, encoding="utf-8", newline="\n")
            written.append(target / file)
        entries[name] = {
            "digest": network.digest,
            "species": len(network.species),
            "reactions": len(network.reactions),
            "sha256": {file: hashlib.sha256(t.encode()).hexdigest() for file, t in files.items()},
            "versions": {tool: used[tool] for tool in ("simnet", *_TOOLS)},
        }
    text = json.dumps(dict(sorted(entries.items())), indent=2) + "\n"
    (target / PROVENANCE).write_text(text, encoding="utf-8", newline="\n")
    return [*written, target / PROVENANCE]


def _entries(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(Problem(what=str(path), why=f"damaged: {error}")) from error
    known = set(source_names())
    return {name: entry for name, entry in entries.items() if name in known}
