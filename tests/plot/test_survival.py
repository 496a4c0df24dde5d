"""Survival curves: steps, intervals, and marks where replicates were lost from sight."""

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.plot.distribution import plot_survival
from simnet.stats.passage import FirstPassage, Survival, survival

HOUR = 3600.0


@pytest.fixture
def curve() -> Survival:
    after = np.array([1, 2, 3, 3, 4, 4]) * HOUR
    by = np.where([1, 0, 1, 1, 0, 0], after, np.inf)
    return survival(FirstPassage(after=after, by=by))


def test_steps_and_marks(curve: Survival) -> None:
    (panel,) = plot_survival({"control": curve}, event="GLUT1 above 50").axes
    steps, marks = panel.lines
    assert steps.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(steps.get_xdata(), [0, 1, 3, 4])
    np.testing.assert_allclose(steps.get_ydata(), [1, 5 / 6, 5 / 12, 5 / 12])
    np.testing.assert_allclose(marks.get_xdata(), [2, 4])
    np.testing.assert_allclose(marks.get_ydata(), [5 / 6, 5 / 12])
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("time (h)", "fraction not yet passed")
    assert panel.get_title(loc="left") == "GLUT1 above 50"
    legend = panel.get_legend()
    assert legend.get_texts()[0].get_text() == "control (n = 6, 3 censored)"
    assert legend.get_title().get_text() == "95 % intervals; | censored"
    assert panel.get_ylim()[0] == 0


def test_nobody_passed_and_everybody_passed() -> None:
    never = survival(FirstPassage(after=np.full(5, HOUR), by=np.full(5, np.inf)))
    always = survival(FirstPassage(after=np.full(5, HOUR), by=np.full(5, HOUR)))
    (panel,) = plot_survival({"never": never, "always": always}, time_unit=None).axes
    assert panel.get_xlabel() == "time"
    assert panel.lines[0].get_ydata().tolist() == [1, 1]
    assert panel.lines[2].get_ydata().tolist() == [1, 0, 0]


def test_no_curves_are_refused() -> None:
    with pytest.raises(InputError, match="none given"):
        plot_survival({})
    with pytest.raises(InputError, match="not curves by condition"):
        plot_survival("x")  # type: ignore[arg-type]
