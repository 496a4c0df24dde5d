"""`simnet compile`: rules to SBML."""

import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from simnet.cli.completion import sources
from simnet.errors import InputError, Problem


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
    from simnet.cli.exits import writing
    from simnet.cli.progress import progress
    from simnet.cli.tables import count
    from simnet.execute.wall_time import clock
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
    from simnet.cli.exits import writing
    from simnet.cli.progress import progress
    from simnet.rules.exported import write_exported
    from simnet.rules.registry import source_names

    if folder is None:
        way_out = "in the repository: --to sbml"
        raise InputError(Problem(what="--packaged", why="needs a folder", way_out=way_out))
    with progress("compiling " + ", ".join(names)), writing(folder):
        written = write_exported(folder, source_names() if "all" in names else names)
    for path in written:
        typer.echo(str(path))
