"""The exported files of the packaged networks: `sbml/NAME.xml`, `NAME-ssa.xml`, `PROVENANCE.json`.

The SBML files hold no versions of tools, so that they change only when a network does; what they
were made with is in PROVENANCE.json.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simnet.errors import InputError, Problem
from simnet.network.network import Network
from simnet.network.rates import Kinetics
from simnet.results.provenance import versions_of
from simnet.rules.registry import compile_packaged, source_names

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
        raise InputError(Problem(what=str(target), why="there is no such folder"))
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
