"""`simnet show NETWORK --diagram FILE.svg`."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from simnet.cli.exits import complain, writing
from simnet.errors import InputError, Problem
from simnet.network.network import Network

DiagramOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--diagram",
        metavar="FILE.svg",
        help="Draw what acts on what, read off the reactions.",
        rich_help_panel="Sections (the overview if none is chosen)",
    ),
]


def write_diagram(network: Network, path: Path) -> None:
    """Draw a network into an SVG file.

    Raises:
        InputError: a file of another format, or a network without reactions.
    """
    if path.suffix.lower() != ".svg":
        raise InputError(Problem(what=f"--diagram {path}", why="not SVG", way_out="FILE.svg"))
    if not network.reactions:
        why = "has no reactions to draw"
        if network.document is not None:
            why = f"runs as its file is, with {network.document.obstacles[0].what}"
        raise InputError(Problem(what=f"--diagram: {network.id}", why=why))
    from simnet.plot.diagram import draw_diagram

    with writing(path):
        path.write_text(draw_diagram(network), encoding="utf-8")
    complain(f"wrote {path}")
