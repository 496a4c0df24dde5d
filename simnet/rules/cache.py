"""Compiled networks on disk, by digest of their content; safe under several processes.

A file is SBML text, written beside its place and moved there in one step. A damaged file is
compiled again.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from simnet.errors import SimnetError
from simnet.network.network import Network
from simnet.results.folder import into_place
from simnet.results.provenance import versions_of

SCHEME = "2"
"""Raised whenever compiling gives another network for the same rules."""


def cache_folder() -> Path:
    """Where compiled networks are kept; the environment variable SIMNET_CACHE moves it."""
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
        kept = file.read_text(encoding="utf-8")
        network = from_sbml(kept)
        if f'digest="{network.digest}"' in kept:  # what the file says of itself
            return network
    except (OSError, UnicodeDecodeError, SimnetError):
        pass  # not there, or damaged
    text = to_sbml(compile_())
    _store(file, text)
    return from_sbml(text)


def _store(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        into_place(text.encode(), file)
    except OSError:
        return  # a cache that cannot be written only costs time
