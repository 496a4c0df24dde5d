"""The formats that a network is exported to: one table, a writer each.

A writer gets a network, the file to write and its own options by name, and returns lines that say
what was written. An option without a default value of its writer has to be given.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simnet.catalogue.annotations import annotations_of
from simnet.catalogue.protocols import read_headlines
from simnet.errors import InputError, Problem, UnsupportedError
from simnet.execute.base import Workers
from simnet.execute.ensemble import run_ensemble
from simnet.execute.simulate import simulate
from simnet.experiment.change import Set
from simnet.experiment.schedule import At
from simnet.experiment.times import TimeSpec, duration, path_of, positive_time, whole_number
from simnet.network.expression import Kinetics
from simnet.network.network import Network
from simnet.network.values import require_network
from simnet.sbml.omex import CSV, MARKDOWN, SBML, SEDML, About, Member, readme_text, write_omex
from simnet.sbml.sedml import Experiment, sedml_text
from simnet.sbml.write import file_to_write, to_sbml

if TYPE_CHECKING:
    import pandas as pd


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


# `write_archive`: a network as a COMBINE archive, with its experiments and what they should give.


_MASTER = "experiments.sedml"
_DOSE = 10
"""A user's first drug is dosed at this many times its affinity."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """What was written: the file, its members' locations, the experiments, and why there is no SSA
    (None where there is)."""

    path: Path
    members: tuple[str, ...]
    experiments: tuple[Experiment, ...]
    no_ssa: str | None


def write_archive(
    network: Network,
    path: str | Path,
    *,
    t_end: TimeSpec | None = None,
    replicates: int | None = None,
    seed: int = 1,
    creators: Sequence[str] | str = (),
    licence: str = "",
    workers: Workers = None,
    allow_negative: bool = False,
) -> Archive:
    """Write a network as a COMBINE archive (.omex).

    It holds the SBML in both kinetics, SED-ML (Level 1 Version 4) of its experiments, what they
    should give as CSV, a README and metadata. The experiments of a packaged network are its
    headlines; another network gets a time course, a dose of its first drug (if it names one) and
    replicates (if SSA has an exact meaning for it).

    Args:
        network: from `load`.
        path: the file to write.
        t_end: length of the time course and replicates of a network that is not packaged; of one
            that is, in place of its headlines.
        replicates: how many; 100 if None, or what the headlines say.
        seed: of the replicates, 0 to 2**31 - 1.
        creators: people or groups, for the metadata; of a packaged network, simnet's authors.
        licence: SPDX identifier, for the metadata; of a packaged network, simnet's.
        workers: as in `simulate`.
        allow_negative: as in `simulate`, for the experiments under "ode".

    Returns:
        What was written.

    Raises:
        InputError: no such folder or a file that cannot be written, no length of time for a network
            that is not packaged, or another mistake in the call.
        UnsupportedError: the network is a foreign file that cannot be written anew.
    """
    require_network(network)
    target = path_of(path, "path")
    if replicates is not None:
        whole_number(replicates, "replicates", 1)
    whole_number(seed, "seed", 0)
    if isinstance(creators, str):
        creators = (creators,)
    given: object = creators
    if not isinstance(given, Sequence):
        what, why = f"creators={given!r:.60}", "not a list of names"
        raise InputError(Problem(what=what, why=why, way_out='write ["A. Modeler"]'))
    file_to_write(target)
    files = {f"{network.id}.xml": to_sbml(network, "continuous")}
    no_ssa: str | None = None
    try:
        files[f"{network.id}-ssa.xml"] = to_sbml(network, "discrete")
    except UnsupportedError as error:
        no_ssa = "; ".join(str(problem) for problem in error.problems)
    experiments = headline_experiments(
        network, t_end=t_end, replicates=replicates, seed=seed, ssa=no_ssa is None
    )
    by_method = dict(zip(("ode", "ssa"), files, strict=False))
    packaged = bool(annotations_of(network))
    about = About(
        title=network.title or network.id,
        description=network.summary,
        creators=tuple(creators) or (("simnet developers",) if packaged else ()),
        licence=licence or ("MIT" if packaged else ""),
        described_by=_papers(network),
    )
    members = [Member(location=f, content=text, format=SBML) for f, text in files.items()]
    members.append(
        Member(location=_MASTER, content=sedml_text(network, experiments, by_method), format=SEDML)
    )
    members.append(
        Member(
            location="README.md",
            content=readme_text(network, experiments, by_method, about, no_ssa),
            format=MARKDOWN,
        )
    )
    for experiment in experiments:
        table = expected(network, experiment, workers=workers, allow_negative=allow_negative)
        text = table.to_csv(index=False, float_format="%.9g", lineterminator="\n")
        members.append(Member(location=f"expected/{experiment.id}.csv", content=text, format=CSV))
    write_omex(target, members, about, master=_MASTER)
    return Archive(
        path=target,
        members=tuple(member.location for member in members),
        experiments=experiments,
        no_ssa=no_ssa,
    )


def headline_experiments(
    network: Network, *, t_end: TimeSpec | None, replicates: int | None, seed: int, ssa: bool
) -> tuple[Experiment, ...]:
    """A packaged network's headline experiments, or what any network can show; see `write_archive`."""
    headlines = read_headlines().get(network.id, ()) if annotations_of(network) else ()
    if headlines and t_end is None:
        return tuple(
            Experiment(
                id=h.id,
                meaning=h.meaning.format(replicates=runs),
                stretch=duration(h.stretch, h.id, network.time_unit),
                settings=_stretches(h.settings),
                steps=h.steps,
                method="ssa" if h.method == "ssa" else "ode",
                replicates=runs,
                seed=seed,
            )
            for h in headlines
            for runs in [(replicates or h.replicates) if h.method == "ssa" else 1]
        )
    if t_end is None:
        raise InputError(
            Problem(
                what=f"an archive of {network.id}",
                why="contains experiments, so their length must be given",
                way_out='give t_end (--t-end), such as "48 h"',
            )
        )
    end = positive_time(t_end, "t_end", network.time_unit)
    found = [Experiment(id="time_course", meaning="from the initial state", stretch=end)]
    if network.drugs:
        drug = network.drugs[0]
        dose = _DOSE * drug.affinity
        meaning = f"no drug, {drug.name} {dose:g} {drug.unit}, no drug"
        doses = _stretches({drug.parameter: (0.0, dose, 0.0)})
        found.append(Experiment(id="dose_schedule", meaning=meaning, stretch=end, settings=doses))
    if ssa:
        number = replicates or 100
        found.append(
            Experiment(
                id="replicates",
                meaning=f"{number} replicates from the initial state",
                stretch=end,
                method="ssa",
                replicates=number,
                seed=seed,
            )
        )
    return tuple(found)


def expected(
    network: Network,
    experiment: Experiment,
    *,
    workers: Workers = None,
    allow_negative: bool = False,
) -> "pd.DataFrame":
    """What an experiment gives here, a row for each output time.

    Columns: time, in the network's unit, then each readout (ODE), or each readout's mean and sd over
    the replicates (SSA: NAME_mean, NAME_sd), in the readout's unit.
    """
    import pandas as pd

    first, *later = [
        [Set(name, value) for name, value in values.items()] for values in experiment.settings
    ]
    points = experiment.steps * len(experiment.settings) + 1
    if experiment.method == "ode":
        run = simulate(
            network,
            t_end=experiment.end,
            points=points,
            changes=first,
            schedule=[
                At((number + 1) * experiment.stretch, *changes)
                for number, changes in enumerate(later)
            ],
            rtol=1e-9,
            allow_negative=allow_negative,
            workers=0,
        )
        values = dict(zip(run.readout_names, run.values[0, 0].T, strict=True))
        return pd.DataFrame({"time": run.times, **values})
    found = run_ensemble(
        network,
        t_end=experiment.end,
        points=points,
        changes=first,
        replicates=experiment.replicates,
        seed=experiment.seed,
        workers=workers,
        covariance=False,
    )
    table = found.summary()
    columns = {"time": found.times}
    for readout in found.readouts:
        rows = table[table.readout == readout.name]
        columns[f"{readout.name}_mean"] = rows["mean"].to_numpy()
        columns[f"{readout.name}_sd"] = rows["sd"].to_numpy()
    return pd.DataFrame(columns)


def _stretches(settings: Mapping[str, Sequence[float]]) -> tuple[dict[str, float], ...]:
    """Values by parameter for each stretch, from values by stretch for each parameter."""
    return tuple(
        dict(zip(settings, values, strict=True)) for values in zip(*settings.values(), strict=True)
    )


def _papers(network: Network) -> tuple[str, ...]:
    terms = annotations_of(network).network
    return tuple(term.uri for term in terms if term.qualifier == "isDescribedBy")
