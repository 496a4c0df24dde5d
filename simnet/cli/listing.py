"""`simnet list`: the packaged networks."""

from typing import Annotated

import typer

_TITLE = 40  # characters: the table is to fit a terminal


def list_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the packaged networks.

    Examples:
        simnet list
        simnet list --json
    """
    from textwrap import fill

    from simnet.cli.tables import console, print_json, table
    from simnet.rules.load import load
    from simnet.rules.registry import packaged_names

    rows = [
        {
            "name": name,
            "title": network.title,
            "species": len(network.species),
            "reactions": len(network.reactions),
            "parameters": len(network.parameters),
            "readouts": len(network.readouts),
        }
        for name in packaged_names()
        for network in [load(name)]
    ]
    if as_json:
        print_json(rows)
        return
    columns = ["name", "title", "species", "reactions", "parameters", "readouts"]
    cells = [
        [
            fill(str(row[column]), _TITLE) if column == "title" else str(row[column])
            for column in columns
        ]
        for row in rows
    ]
    console().print(table(columns, cells, text=2))
