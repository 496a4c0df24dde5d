"""A study's result: on the screen, as JSON or CSV, and in its folder."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from simnet.cli.exits import complain, writing
from simnet.cli.tables import console, print_csv, print_json

if TYPE_CHECKING:
    from simnet.sensitivity.result import StudyResult


def write_result(result: "StudyResult", out: Path) -> None:
    """Figures and the report, into the folder that has the tables."""
    from simnet.cli.progress import progress
    from simnet.report.write import write_report
    from simnet.sensitivity.drawings import write_figures

    with progress("drawing"), writing(out):
        write_figures(result, out)
        write_report(result, out / "report.html", repeat=shlex.join(["simnet", *sys.argv[1:]]))
    control = "control.csv (the steady state), " if len(result.control) else ""
    complain(f"wrote {out}: report.html, indices.csv, {control}figures and more")


def show_result(result: "StudyResult", *, as_json: bool, as_csv: bool) -> None:
    """The indices on stdout."""
    if as_csv:
        print_csv(result.frame())
        return
    if as_json:
        frame = result.frame()
        frame["influential"] = frame["influential"].astype(object).where(frame["influential"].notna(), None)  # fmt: skip
        print_json(
            {
                "study": dict(result.about),
                "complete": result.complete,
                "converged": result.converged,
                "indices": frame.to_dict(orient="records"),
                "failures": result.failures.to_dict(orient="records"),
                "statements": list(result.statements),
            }
        )
        return
    console().print(result)
