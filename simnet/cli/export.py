"""`simnet export`: a network as SBML, Antimony or COMBINE archive."""

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from simnet.cli.options import CopiesOption, VolumeOption, loaded, networks, sources
from simnet.cli.output import count, progress, writing
from simnet.errors import InputError, Problem

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


# `simnet compile`: rules to SBML.


def compile_command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="MODULE:MODEL", help="A PySB model, or a function that returns one."
        ),
    ] = "",
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", metavar="FILE", help="Output file; NAME.xml in this folder by default."
        ),
    ] = None,
    kinetics: Annotated[
        Literal["continuous", "discrete"] | None,
        typer.Option(
            help="Rate laws: continuous (the default) for ODE solvers, discrete for SSA engines.",
            rich_help_panel="Output",
        ),
    ] = None,
    packaged: Annotated[
        list[str] | None,
        typer.Option(
            "--packaged",
            metavar="NAME",
            help="For developers: recompile a packaged network ('all' for all of them) and write "
            "its files and PROVENANCE.json into the folder --to.",
            rich_help_panel="Development",
            autocompletion=sources,
        ),
    ] = None,
) -> None:
    """Compile the rules of a PySB model to SBML.

    BioNetGen generates the reactions; it needs Perl.

    Examples:
        simnet compile my_package.models:model
        simnet compile earm.lopez_embedded:model --to earm.xml
        simnet compile my_package.models:model --kinetics discrete
    """
    if packaged:
        if source:
            raise InputError(Problem(what=source, why="--packaged does not go with a model"))
        if kinetics is not None:
            why = "--packaged writes both kinetics"
            raise InputError(Problem(what=f"--kinetics {kinetics}", why=why))
        _compile_packaged(packaged, to)
        return
    if ":" not in source:
        what, why = (
            (source, "is not the name of a PySB model")
            if source
            else ("MODULE:MODEL", "is missing")
        )
        way_out = "write package.module:model; to export a compiled network use simnet export"
        raise InputError(Problem(what=what, why=why, way_out=way_out))
    from simnet.execute.progress import clock
    from simnet.rules.load import load
    from simnet.sbml.write import write_sbml

    kinetics = kinetics or "continuous"
    started = time.monotonic()
    with progress(f"compiling {source}"):
        network = load(source)
    target = to or Path(f"{network.id}.xml")
    with writing(target):
        write_sbml(network, target, kinetics=kinetics)
    sizes = [
        count(len(network.species), "species"),
        count(len(network.reactions), "reaction"),
        count(len(network.parameters), "parameter"),
    ]
    taken = clock(time.monotonic() - started)
    typer.echo(f"{target}: {network.id}, {kinetics} laws, {', '.join(sizes)}; {taken}")


def _compile_packaged(names: list[str], folder: Path | None) -> None:
    from simnet.rules.packaged import source_names, write_exported

    if folder is None:
        way_out = "in the repository: --to sbml"
        raise InputError(Problem(what="--packaged", why="needs a folder", way_out=way_out))
    with progress("compiling " + ", ".join(names)), writing(folder):
        written = write_exported(folder, source_names() if "all" in names else names)
    for path in written:
        typer.echo(str(path))
