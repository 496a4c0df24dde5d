"""`simnet export`: a network as SBML."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def export_command(
    source: Annotated[
        str, typer.Argument(metavar="NETWORK|FILE", help="A packaged name, or a file.")
    ],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="The SBML file to write.")],
    kinetics: Annotated[
        Literal["continuous", "discrete"],
        typer.Option(
            help="continuous (k/2*A^2) for ODE solvers, discrete (k/2*A*(A-1)) for SSA engines."
        ),
    ] = "continuous",
) -> None:
    """Write a network as SBML Level 3 Version 2.

    \b
    simnet export hypoxia --to hypoxia.xml
    simnet export hypoxia --to hypoxia-ssa.xml --kinetics discrete
    """
    from simnet.cli.exits import writing
    from simnet.cli.tables import count
    from simnet.rules.load import load
    from simnet.sbml.write import write_sbml

    network = load(source)
    with writing(to):
        write_sbml(network, to, kinetics=kinetics)
    sizes = f"{count(len(network.species), 'species')}, {count(len(network.reactions), 'reaction')}"
    typer.echo(f"{to}: {network.id}, {kinetics} laws, {sizes}")
