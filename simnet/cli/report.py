"""`simnet report`: one page of a folder of results."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simnet.cli.exits import complain

if TYPE_CHECKING:
    from simnet.screen.result import ScreenResult
    from simnet.sensitivity.result import StudyResult


def report_command(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder that simnet screen or simnet sensitivity wrote."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Output file; DIR/report.html by default.")
    ] = None,
) -> None:
    """Write an HTML report of a screen or a sensitivity study.

    The report is one file with all figures in it.

    Examples:
        simnet report screen
        simnet report screen --out screen.html
    """
    from simnet.report.write import write_report

    target = folder / "report.html" if out is None else out
    write_report(_result_in(folder), target)
    complain(f"wrote {target}")


def _result_in(folder: Path) -> "ScreenResult | StudyResult":
    from simnet.screen.result import ScreenResult
    from simnet.sensitivity.result import STUDY, StudyResult

    return StudyResult.load(folder) if (folder / STUDY).is_file() else ScreenResult.load(folder)
