"""`write_report`: a screen or a sensitivity study as one HTML page."""

from pathlib import Path

from simnet.errors import InputError, Problem
from simnet.experiment.times import path_of
from simnet.report.screen import screen_page
from simnet.report.sensitivity import study_page
from simnet.screen.result import ScreenResult
from simnet.sensitivity.result import StudyResult


def write_report(result: ScreenResult | StudyResult, path: str | Path, *, repeat: str = "") -> Path:
    """Write a page of a screen or a study: one file that loads nothing.

    Of a screen it shows the conditions, effects as a heatmap and a table, dose-response curves, the
    interaction of what was combined, distributions and time courses. Of a study it shows, for each
    readout, the factors that matter most, figures, all indices and how they converged; then control
    coefficients, what was varied and what was not. Both end with what failed, what it was run with,
    and how to repeat it.

    Args:
        result: from `run_screen` or `run_study`, or what their results' `load` gave.
        path: of the file.
        repeat: a command or file that repeats a study; a screen knows its own.

    Returns:
        The path.

    Raises:
        InputError: neither of these results, or a file that cannot be written.
    """
    given: object = result
    if isinstance(given, ScreenResult):
        text = screen_page(given)
    elif isinstance(given, StudyResult):
        text = study_page(given, repeat=repeat)
    else:
        what, way_out = f"{given!r:.60}", "give what run_screen or run_study returned"
        raise InputError(Problem(what=what, why="has no report", way_out=way_out))
    target = path_of(path, "path")
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        raise InputError(Problem(what=str(target), why=why)) from error
    return target
