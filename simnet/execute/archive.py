"""`write_archive`: a network as a COMBINE archive, with its experiments and what they should give."""

from collections.abc import Mapping, Sequence
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
from simnet.network.network import Network
from simnet.network.values import require_network
from simnet.sbml.omex import CSV, MARKDOWN, SBML, SEDML, About, Member, readme_text, write_omex
from simnet.sbml.sedml import Experiment, sedml_text
from simnet.sbml.write import file_to_write, to_sbml

if TYPE_CHECKING:
    import pandas as pd

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
                why="holds experiments, and their length is not known",
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
