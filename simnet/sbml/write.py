"""`write_sbml`: a Network as SBML Level 3 Version 2, in the kinetics that the reader's engine needs.

Deterministic: the same network gives the same bytes; no dates, no versions of tools.
"""

from pathlib import Path

from simnet.errors import InputError, Problem, UnsupportedError
from simnet.experiment.paths import path_of
from simnet.network.checks import checked, require_network
from simnet.network.kept import kept
from simnet.network.network import Network
from simnet.network.rates import Kinetics
from simnet.network.stochastic import stochastic_problems
from simnet.network.switches import without_switches


def write_sbml(network: Network, path: str | Path, *, kinetics: Kinetics = "continuous") -> Path:
    """Write a network to an SBML file.

    Args:
        network: from `load`.
        path: the file to write.
        kinetics: "continuous" for ODE solvers, "discrete" for SSA engines.

    Returns:
        The path.

    Raises:
        InputError: not a network, or no such folder.
        UnsupportedError: the network has no exact discrete form. A foreign file that runs as it is
            has none, and is written as it is, in the laws that it has.
    """
    require_network(network)
    target, text = path_of(path, "path"), to_sbml(network, kinetics)
    file_to_write(target).write_text(text, encoding="utf-8", newline="\n")
    return target


def file_to_write(path: str | Path) -> Path:
    """The path, of a file in a folder that exists.

    Raises:
        InputError: it is a folder, or there is no folder for it.
    """
    target = path_of(path, "path")
    if not target.parent.is_dir() or target.is_dir():
        why = "is a folder" if target.is_dir() else f"there is no folder {target.parent}"
        raise InputError(Problem(what=str(target), why=why))
    return target


def to_sbml(network: Network, kinetics: Kinetics = "continuous") -> str:
    """The SBML text of a network; see `write_sbml`."""
    if kinetics not in ("continuous", "discrete"):
        raise InputError(
            Problem(
                what=f"kinetics={kinetics!r}", why="unknown", way_out='"continuous" or "discrete"'
            )
        )
    if network.document is not None:
        if kinetics == "continuous":
            return network.document.text
        raise UnsupportedError(network.document.obstacles)
    checked(network)
    if kinetics == "discrete":
        problems = [
            Problem(
                what=f"event {event.id}",
                why="SSA engines drop or delay events in the file",
                way_out="write it with continuous kinetics; simulate(...) runs it exactly",
            )
            for event in network.events
        ]
        if without_switches(network) is not network:
            problems.append(
                Problem(
                    what=f"network {network.id}: a switch in time inside a rate law",
                    why="SSA engines see it in the file only after the next firing",
                    way_out="write it with continuous kinetics; simulate(...) runs it exactly",
                )
            )
        problems += stochastic_problems(network)
        if problems:
            raise UnsupportedError(problems)
    from simnet.sbml.writer import sbml_text  # libsbml takes a while to import

    return sbml_text(network, kinetics)


def sbml_of(network: Network) -> str:
    """The SBML that is kept beside a network's results: in continuous kinetics, written once (calls
    on one network are many)."""
    return kept(network, to_sbml)
