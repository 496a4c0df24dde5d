"""`simnet show NETWORK --diagram FILE.svg`."""

from pathlib import Path

from simnet.cli.exits import complain, writing
from simnet.errors import InputError, Problem
from simnet.network.network import Network


def write_diagram(network: Network, path: Path) -> None:
    """Draw a network into an SVG file.

    Raises:
        InputError: a file of another format, or a network without reactions.
    """
    if path.suffix.lower() != ".svg":
        raise InputError(
            Problem(
                what=f"--diagram {path}",
                why="diagrams are SVG files",
                way_out="end the name in .svg",
            )
        )
    if not network.reactions:
        why = "has no reactions to draw"
        if network.document is not None:
            why = f"is simulated as its file is, since it has {network.document.obstacles[0].what}"
        raise InputError(Problem(what=f"--diagram: {network.id}", why=why))
    from simnet.plot.diagram import draw_diagram

    with writing(path):
        path.write_text(draw_diagram(network), encoding="utf-8")
    complain(f"wrote {path}")
