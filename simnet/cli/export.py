"""`simnet export`: a network as SBML, Antimony or COMBINE archive."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from simnet.cli.completion import networks
from simnet.cli.conversion import CopiesOption, VolumeOption
from simnet.cli.exits import writing
from simnet.cli.experiment import loaded

_ARCHIVE = "An archive (.omex)"


def export_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK|FILE", help="A packaged name, or a file.", autocompletion=networks
        ),
    ],
    to: Annotated[
        Path,
        typer.Option(
            "--to", metavar="FILE", help="What to write: .xml (SBML), .ant (Antimony), .omex."
        ),
    ],
    kinetics: Annotated[
        Literal["continuous", "discrete"] | None,
        typer.Option(
            help="Of an SBML or Antimony file: continuous (k/2*A^2; if not given) for ODE solvers, "
            "discrete (k/2*A*(A-1)) for SSA engines. An archive holds both."
        ),
    ] = None,
    t_end: Annotated[
        str | None,
        typer.Option(
            "--t-end",
            metavar="TIME",
            help="Length of a time course and of replicates, in place of the network's headlines.",
            rich_help_panel=_ARCHIVE,
        ),
    ] = None,
    replicates: Annotated[
        int | None,
        typer.Option(min=2, help="Of its stochastic experiment.", rich_help_panel=_ARCHIVE),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**31 - 1, help="Of its replicates; 1.", rich_help_panel=_ARCHIVE),
    ] = None,
    creator: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="For its metadata; may be repeated.",
            rich_help_panel=_ARCHIVE,
        ),
    ] = None,
    licence: Annotated[
        str | None,
        typer.Option(
            metavar="SPDX", help="For its metadata, such as MIT.", rich_help_panel=_ARCHIVE
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that run its replicates.", rich_help_panel=_ARCHIVE),
    ] = None,
    written_in: Annotated[
        Literal["continuous", "discrete"] | None,
        typer.Option(
            "--written-in",
            help="The kinetics that a foreign file's laws are written in, if its SSA is wanted.",
        ),
    ] = None,
    volume: VolumeOption = None,
    copies: CopiesOption = None,
    allow_negative: Annotated[
        bool,
        typer.Option(
            "--allow-negative",
            help="Take amounts below zero as results, where the model means them (ode).",
            rich_help_panel=_ARCHIVE,
        ),
    ] = False,
) -> None:
    """Write a network as SBML Level 3 Version 2, as Antimony, or as a COMBINE archive.

    An archive (.omex) holds the SBML in both kinetics, the experiments as SED-ML, and what they
    should give as CSV.

    \b
    simnet export hypoxia --to hypoxia.xml
    simnet export hypoxia --to hypoxia-ssa.xml --kinetics discrete
    simnet export hypoxia --to hypoxia.omex
    simnet export my.xml --to my.omex --t-end "10 h" --creator "A. Modeler" --licence CC0-1.0
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
