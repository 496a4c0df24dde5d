"""`simnet export`: a network as SBML, Antimony or COMBINE archive."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from simnet.cli.completion import networks
from simnet.cli.conversion import CopiesOption, VolumeOption
from simnet.cli.exits import writing
from simnet.cli.experiment import loaded
from simnet.cli.tables import count
from simnet.errors import InputError, Problem
from simnet.network.network import Network
from simnet.network.rates import Kinetics

_ARCHIVE = "COMBINE archive (.omex)"
_ENDINGS = (".xml", ".sbml", ".ant", ".antimony", ".omex")


def export_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK|FILE",
            help="A packaged network or a model file.",
            autocompletion=networks,
        ),
    ],
    to: Annotated[
        Path,
        typer.Option(
            "--to",
            metavar="FILE",
            help="Output file: .xml (SBML), .ant (Antimony) or .omex (archive).",
        ),
    ],
    kinetics: Annotated[
        Literal["continuous", "discrete"] | None,
        typer.Option(
            help="Rate laws of an SBML or Antimony file: continuous (k/2*A^2; the default) for ODE "
            "solvers, discrete (k/2*A*(A-1)) for SSA engines. An archive holds both.",
            rich_help_panel="Output",
        ),
    ] = None,
    t_end: Annotated[
        str | None,
        typer.Option(
            "--t-end",
            metavar="TIME",
            help="Length of the simulations; they replace the packaged experiments of the network.",
            rich_help_panel=_ARCHIVE,
        ),
    ] = None,
    replicates: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=2, help="Replicates of the SSA experiment.", rich_help_panel=_ARCHIVE
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=2**31 - 1,
            help="Seed of the replicates; 1 by default.",
            rich_help_panel=_ARCHIVE,
        ),
    ] = None,
    creators: Annotated[
        list[str] | None,
        typer.Option(
            "--creator",
            metavar="NAME",
            help="Creator, for the metadata; may be repeated.",
            rich_help_panel=_ARCHIVE,
        ),
    ] = None,
    licence: Annotated[
        str,
        typer.Option(
            metavar="SPDX", help="Licence, for the metadata, such as MIT.", rich_help_panel=_ARCHIVE
        ),
    ] = "",
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Worker processes; all processors by default.",
            rich_help_panel=_ARCHIVE,
        ),
    ] = None,
    written_in: Annotated[
        Literal["continuous", "discrete"] | None,
        typer.Option(
            "--written-in",
            help="Kinetics in which the rate laws of an imported file are written; SSA needs to know.",
        ),
    ] = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    allow_negative: Annotated[
        bool,
        typer.Option(
            "--allow-negative",
            help="Accept negative amounts as results (ODE).",
            rich_help_panel=_ARCHIVE,
        ),
    ] = False,
) -> None:
    """Export a network to SBML, Antimony, or a COMBINE archive.

    SBML is Level 3 Version 2. An archive (.omex) holds the SBML for ODE solvers and for SSA engines,
    experiments as SED-ML, and their expected results as CSV.

    Examples:
        simnet export hypoxia --to hypoxia.xml
        simnet export hypoxia --to hypoxia-ssa.xml --kinetics discrete
        simnet export hypoxia --to hypoxia.omex
        simnet export my.xml --to my.omex --t-end "10 h" --licence CC0-1.0
    """
    if to.suffix.lower() not in _ENDINGS:
        way_out = f"end it in one of {', '.join(_ENDINGS)}"
        raise InputError(Problem(what=f"--to {to}", why="unknown file type", way_out=way_out))

    network = loaded(source, written_in, volume=volume, copies=copies)
    if to.suffix.lower() != ".omex":
        _without(
            ".omex",
            t_end=t_end,
            replicates=replicates,
            seed=seed,
            creator=creators,
            licence=licence or None,
            workers=workers,
            allow_negative=allow_negative or None,
        )
        _one_file(network, to, kinetics or "continuous")
        return
    if kinetics is not None:
        why = "an archive holds both kinetics"
        raise InputError(Problem(what=f"--kinetics {kinetics}", why=why, way_out="leave it out"))
    from simnet.cli.progress import progress
    from simnet.execute.archive import write_archive

    with writing(to), progress("running its experiments"):
        made = write_archive(
            network,
            to,
            t_end=t_end,
            replicates=replicates,
            seed=1 if seed is None else seed,
            creators=creators or (),
            licence=licence,
            workers=workers,
            allow_negative=allow_negative,
        )
    typer.echo(f"{to}: {network.id}, {count(len(made.members), 'file')}")
    for experiment in made.experiments:
        typer.echo(f"  {experiment.id}: {experiment.meaning}")
    if made.no_ssa is not None:
        typer.echo(f"  without SSA: {made.no_ssa}")


def _without(kind: str, **options: object) -> None:
    """Refuse options that only another kind of file takes."""
    problems = [
        Problem(what=f"--{name.replace('_', '-')}", why=f"only applies to {kind} files")
        for name, value in options.items()
        if value is not None and value != []
    ]
    if problems:
        raise InputError(problems)


def _one_file(network: Network, to: Path, kinetics: Kinetics) -> None:
    from simnet.sbml.write import to_sbml, write_sbml

    with writing(to):
        if to.suffix.lower() in (".ant", ".antimony"):
            from simnet.sbml.antimony_text import sbml_to_antimony

            if not to.parent.is_dir():
                raise InputError(Problem(what=str(to), why=f"there is no folder {to.parent}"))
            to.write_text(
                sbml_to_antimony(to_sbml(network, kinetics)), encoding="utf-8", newline="\n"
            )
        else:
            write_sbml(network, to, kinetics=kinetics)
    if network.document is not None:
        typer.echo(f"{to}: {network.id}, the file unchanged")
        return
    sizes = f"{count(len(network.species), 'species')}, {count(len(network.reactions), 'reaction')}"
    typer.echo(f"{to}: {network.id}, {kinetics} laws, {sizes}")
