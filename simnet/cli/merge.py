"""`simnet merge`: the folders of shards, made one."""

from pathlib import Path
from typing import Annotated

import typer

from simnet.cli.exits import complain


def merge_command(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write or to add to.")],
    shards: Annotated[
        list[Path],
        typer.Argument(metavar="SHARD...", help="Folders of the parts, of one plan or study."),
    ],
) -> None:
    """Merge the folders of a screen or study that ran in parts.

    Running the same plan with --out OUT afterwards simulates what is still missing and analyses the
    whole.

    Examples:
        simnet screen plan.toml --shard 1/2 --out part1
        simnet screen plan.toml --shard 2/2 --out part2
        simnet merge screen part1 part2
        simnet screen plan.toml --out screen
    """
    from simnet.cli.tables import count
    from simnet.results.parts import merge_parts

    merged = merge_parts(shards, out)
    what = {"sensitivity": "sensitivity study"}.get(merged.kind, merged.kind)
    complain(f"wrote {out}: {count(len(merged.keys()), 'item')} of a {what}")
