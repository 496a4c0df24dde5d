"""Two readouts against each other."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from simnet.errors import UnknownNameError
from simnet.experiment.condition import Condition
from simnet.plot.distribution import plot_joint
from simnet.results.trajectories import Trajectories

RunMaker = Callable[..., Trajectories]


def test_a_dot_a_replicate_and_the_correlation(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions)
    values = run.values.copy()
    values[1, 3] = np.nan
    figure = plot_joint(replace(run, values=values), "HIF1A", "GLUT1", at=12 * 3600)
    (panel,) = figure.axes
    assert panel.get_title(loc="left") == "GLUT1 against HIF1A at 12 h"
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("HIF1A (molecules)", "GLUT1 (molecules)")
    dots = [line for line in panel.lines if len(line.get_xdata())]
    np.testing.assert_array_equal(dots[0].get_xdata(), values[0, :, 12, 1])
    np.testing.assert_array_equal(dots[0].get_ydata(), values[0, :, 12, 2])
    assert len(dots[1].get_xdata()) == 49
    r = np.corrcoef(values[0, :, 12, 1], values[0, :, 12, 2])[0, 1]
    (legend,) = figure.legends
    assert legend.get_texts()[0].get_text() == f"control (r = {r:z.2f}, n = 50)"
    assert legend.get_texts()[1].get_text().endswith("n = 49)")
    for ends, column in ((panel.get_xlim(), 1), (panel.get_ylim(), 2)):
        shown = values[:, :, 12, column]
        least, most = np.nanmin(shown), np.nanmax(shown)
        assert ends[0] < (0 if 0 < least < 0.5 * most else least)
        assert ends[1] > most


def test_dots_fill_the_panel_unless_zero_is_near(make_run: RunMaker) -> None:
    run = make_run()
    values = run.values.copy()
    values[0, :, 12, 1] = np.linspace(900, 1000, values.shape[1])
    values[0, :, 12, 2] = np.linspace(300, 1000, values.shape[1])
    (panel,) = plot_joint(replace(run, values=values), "HIF1A", "GLUT1", at=12 * 3600).axes
    assert 890 < panel.get_xlim()[0] < 900
    assert -50 < panel.get_ylim()[0] <= 0


def test_without_spread_there_is_no_correlation(make_run: RunMaker) -> None:
    axes = Figure().subplots()
    plot_joint(make_run(), "O2", "GLUT1", ax=axes)
    assert "r unknown" in axes.get_legend().get_texts()[0].get_text()


def test_mistakes_are_named(make_run: RunMaker) -> None:
    with pytest.raises(UnknownNameError, match="GLUT1"):
        plot_joint(make_run(), "HIF1A", "GLUT")
