"""What a study costs: told with `--plan`, and asked about where it is over an hour."""

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from simnet.cli.exits import complain
from simnet.cli.output import count, progress, say
from simnet.errors import InputError, Problem
from simnet.execute.base import Workers
from simnet.execute.progress import roughly

if TYPE_CHECKING:
    from simnet.sensitivity.study import SensitivityStudy


ASKS_ABOVE = 3600.0
"""Seconds: a study that takes longer asks first."""

_UNTIMED = 200  # evaluations that are run without a look at how long they take


def confirm(
    study: "SensitivityStudy",
    workers: Workers,
    yes: bool,
    out: Path | None,
    part: tuple[int, int] | None,
) -> None:
    """Ask before what takes over an hour.

    Raises:
        InputError: it takes so long, and there is no one to ask.
    """
    count = _missing(study, out) // (part[1] if part else 1)
    if yes or count <= _UNTIMED:
        return
    seconds = _timed(study, count, workers)
    if not seconds > ASKS_ABOVE:  # also where it is not known, since rows fail
        return
    if not sys.stdin.isatty():
        why = f"{count:,} evaluations take about {roughly(seconds)}, and there is no terminal to confirm"
        way_out = "add --yes to run it; --samples, --parameters or --shard make it smaller"
        raise InputError(Problem(what="this study", why=why, way_out=way_out))
    if not asked(count, seconds):
        complain("nothing was run")
        raise typer.Exit(0)


def asked(evaluations: int, seconds: float) -> bool:
    """Whether the user says yes to so many evaluations; no where there is no one to ask."""
    if not sys.stdin.isatty():
        return False
    text = f"{evaluations:,} evaluations take about {roughly(seconds)}. Run them?"
    return typer.confirm(text, err=True)


def _timed(study: "SensitivityStudy", count: int, workers: Workers) -> float:
    from simnet.sensitivity.run import seconds_for

    with progress("timing a few samples"):
        return seconds_for(study, count, workers)


def _missing(study: "SensitivityStudy", out: Path | None) -> int:
    """Evaluations that the folder does not hold yet."""
    from simnet.results.parts import MANIFEST
    from simnet.sensitivity.run import missing_runs, opened

    if out is None or not (out / MANIFEST).is_file():
        return study.evaluations
    return missing_runs(study, opened(study, out))


def show_plan(study: "SensitivityStudy", workers: Workers, out: Path | None) -> None:
    """What a study would run, and for how long, on stdout; some rows are run to measure it."""
    from simnet.sensitivity.table import count_rows

    space = study.space
    rows = count_rows(study.analysis, space, study.size, study.own_settings)
    groups = f" in {len(space.labels) - 1} groups" if space.groups else ""
    brackets = f" × {len(study.brackets)} conditions" if len(study.brackets) > 1 else ""
    runs = f" × {study.runs} replicates" if study.runs > 1 else ""
    left = _missing(study, out)
    seconds = _timed(study, left, workers)
    lines = [
        f"{study.network.id}: {study.analysis}, {count(study.size, 'sample')} "
        f"({study.of_analysis.sample})",
        f"{len(space.factors) - 1} varied{groups}, and the dummy; {len(space.left_out)} left out",
        f"{study.evaluations:,} evaluations: {rows:,} rows{brackets}{runs}",
    ]
    if left != study.evaluations:
        lines.append(f"{left:,} of them are not finished yet")
    if math.isnan(seconds):
        lines.append("no estimate of the time: the rows that were tried cannot be run")
    else:
        lines.append(f"about {roughly(seconds)} on this machine")
    for line in lines:
        say(line)
