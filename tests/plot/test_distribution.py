"""Distribution over time: the quantiles that are drawn, and what is said of them."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from simnet.errors import InputError, UnknownNameError
from simnet.experiment.condition import Condition
from simnet.plot.distribution import plot_distribution
from simnet.results.trajectories import Trajectories

RunMaker = Callable[..., Trajectories]


def test_median_and_central_bands(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions)
    (panel,) = plot_distribution(run, "HIF1A").axes
    assert (panel.get_title(loc="left"), panel.get_ylabel()) == ("HIF1A", "molecules")
    assert panel.get_xlabel() == "time (h)"
    for row, line in enumerate(panel.lines):
        values = run.values[row, :, :, 1]
        np.testing.assert_allclose(line.get_xdata(), run.times / 3600)
        np.testing.assert_allclose(line.get_ydata(), np.median(values, axis=0))
    wide = panel.collections[0].get_paths()[0].vertices
    last = wide[np.isclose(wide[:, 0], 48), 1]
    ends = np.quantile(run.values[0, :, -1, 1], [0.05, 0.95])
    np.testing.assert_allclose([last.min(), last.max()], ends)
    legend = panel.get_legend()
    assert legend.get_title().get_text() == "median, central 50 % and 90 %"
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["control (n = 50)", "HIF1A -90% (n = 50)"]


def test_axes_of_the_callers_and_chosen_conditions(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    axes = Figure().subplots(1, 2)
    run = make_run(conditions=two_conditions)
    figure = plot_distribution(run, "O2", conditions="control", coverages=[0.8], ax=axes[1])
    assert figure is axes[1].figure
    assert not axes[0].lines
    assert (len(axes[1].lines), len(axes[1].collections)) == (1, 1)
    assert axes[1].get_ylabel() == "µM"


def test_mistakes_are_named(make_run: RunMaker) -> None:
    run = make_run()
    with pytest.raises(UnknownNameError, match="did you mean HIF1A"):
        plot_distribution(run, "HIF1a")
    with pytest.raises(UnknownNameError, match="condition 'ctrl'"):
        plot_distribution(run, "O2", conditions=["ctrl"])
    with pytest.raises(InputError, match="0 to 1"):
        plot_distribution(run, "O2", coverages=[90])
    with pytest.raises(InputError, match="none given"):
        plot_distribution(run, "O2", coverages=[])
    with pytest.raises(InputError, match="none given"):
        plot_distribution(run, "O2", conditions=[])
