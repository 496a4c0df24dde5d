"""`simnet report`: one page of a screen's folder."""

from pathlib import Path
from typing import Annotated

import typer

from simnet.cli.exits import complain, writing


def report_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="What simnet screen wrote.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page; DIR/report.html if not given.")
    ] = None,
) -> None:
    """Write a page of a screen: one HTML file that needs no other.

    \b
    simnet report screen
    """
    from simnet.report.screen import write_report
    from simnet.screen.result import ScreenResult

    result = ScreenResult.load(folder)
    target = folder / "report.html" if out is None else out
    with writing(target):
        write_report(result, target)
    complain(f"wrote {target}")
