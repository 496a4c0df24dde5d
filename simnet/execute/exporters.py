"""The formats that a network is exported to: one table, a writer each.

A writer gets a network, the file to write and its own options by name, and returns lines that say
what was written. An option without a default value of its writer has to be given.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from simnet.errors import InputError, Problem
from simnet.execute.base import Workers
from simnet.experiment.times import TimeSpec
from simnet.network.expression import Kinetics
from simnet.network.network import Network

Lines = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Exporter:
    """A format.

    Attributes:
        name: for people.
        suffixes: how the names of its files end.
        write: writes a network to a file; see above.
    """

    name: str
    suffixes: tuple[str, ...]
    write: Callable[..., Lines]

    @property
    def options(self) -> frozenset[str]:
        """Names of the options that its writer takes."""
        return frozenset(list(inspect.signature(self.write).parameters)[2:])


def _sbml(network: Network, path: Path, *, kinetics: Kinetics = "continuous") -> Lines:
    from simnet.sbml.write import write_sbml

    write_sbml(network, path, kinetics=kinetics)
    return [_summary(network, kinetics)]


def _antimony(network: Network, path: Path, *, kinetics: Kinetics = "continuous") -> Lines:
    from simnet.sbml.antimony import sbml_to_antimony
    from simnet.sbml.write import file_to_write, to_sbml

    text = sbml_to_antimony(to_sbml(network, kinetics))
    file_to_write(path).write_text(text, encoding="utf-8", newline="\n")
    return [_summary(network, kinetics)]


def _summary(network: Network, kinetics: Kinetics) -> str:
    if network.document is not None:
        return f"{network.id}, the file as it is"
    species, reactions = len(network.species), len(network.reactions)
    many = "reaction" if reactions == 1 else "reactions"
    return f"{network.id}, {kinetics} laws, {species} species, {reactions} {many}"


def _omex(
    network: Network,
    path: Path,
    *,
    t_end: TimeSpec | None = None,
    replicates: int | None = None,
    seed: int = 1,
    creator: Sequence[str] = (),
    licence: str = "",
    workers: Workers = None,
    allow_negative: bool = False,
) -> Lines:
    from simnet.execute.archive import write_archive

    made = write_archive(
        network,
        path,
        t_end=t_end,
        replicates=replicates,
        seed=seed,
        creators=creator,
        licence=licence,
        workers=workers,
        allow_negative=allow_negative,
    )
    lines = [f"{network.id}, {len(made.members)} files"]
    lines += [f"  {experiment.id}: {experiment.meaning}" for experiment in made.experiments]
    return [*lines, *([f"  no SSA: {made.no_ssa}"] if made.no_ssa is not None else [])]


EXPORTERS = [
    Exporter(name="SBML", suffixes=(".xml", ".sbml"), write=_sbml),
    Exporter(name="Antimony", suffixes=(".ant", ".antimony"), write=_antimony),
    Exporter(name="COMBINE archive", suffixes=(".omex",), write=_omex),
]
"""Add a row, and `simnet export` writes the format."""


def exporter_of(path: Path) -> Exporter:
    """The format that a file's name says.

    Raises:
        InputError: none of the table.
    """
    for exporter in EXPORTERS:
        if path.suffix.lower() in exporter.suffixes:
            return exporter
    endings = ", ".join(end for exporter in EXPORTERS for end in exporter.suffixes)
    problem = Problem(
        what=f"--to {path}", why="of no known format", way_out=f"end it in one of {endings}"
    )
    raise InputError(problem)


def export(network: Network, path: Path, **options: object) -> Lines:
    """Write a network in the format that the file's name says.

    Args:
        network: from `load`.
        path: the file to write.
        options: of the format's writer.

    Returns:
        Lines that say what was written.

    Raises:
        InputError: an unknown format, or options that only other formats take.
    """
    exporter = exporter_of(path)
    problems = []
    for name in sorted(options.keys() - exporter.options):
        others = [other.suffixes[0] for other in EXPORTERS if name in other.options]
        why = f"only --to with {' or '.join(others)} takes it" if others else "unknown"
        problems.append(Problem(what=f"--{name.replace('_', '-')}", why=why))
    if problems:
        raise InputError(problems)
    return exporter.write(network, path, **options)
