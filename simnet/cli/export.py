"""`simnet export`: a network as SBML, Antimony or COMBINE archive."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from simnet.cli.completion import networks
from simnet.cli.conversion import CopiesOption, VolumeOption
from simnet.cli.exits import writing
from simnet.cli.experiment import loaded

_ARCHIVE = "COMBINE archive (.omex)"


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
    creator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Creator, for the metadata; may be repeated.",
            rich_help_panel=_ARCHIVE,
        ),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            metavar="SPDX", help="Licence, for the metadata, such as MIT.", rich_help_panel=_ARCHIVE
        ),
    ] = None,
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
    from simnet.cli.progress import progress
    from simnet.execute.exporters import export, exporter_of

    name = exporter_of(to).name
    network = loaded(source, written_in, volume=volume, copies=copies)
    given = {
        "kinetics": kinetics,
        "t_end": t_end,
        "replicates": replicates,
        "seed": seed,
        "creator": creator or None,
        "licence": licence,
        "workers": workers,
        "allow_negative": allow_negative or None,
    }
    options = {name: value for name, value in given.items() if value is not None}
    with writing(to), progress(f"writing {name}"):
        first, *more = export(network, to, **options)
    typer.echo(f"{to}: {first}")
    for line in more:
        typer.echo(line)
