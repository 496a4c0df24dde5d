"""Conditions side by side: the right sample at the right time, also where it is degenerate."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes

from simnet.errors import InputError
from simnet.experiment.condition import Condition
from simnet.plot.compare import plot_conditions
from simnet.results.trajectories import Trajectories

RunMaker = Callable[..., Trajectories]


def span(panel: Axes, place: int) -> tuple[float, float]:
    """Least and largest value of a violin."""
    vertices = panel.collections[2 * place].get_paths()[0].vertices
    return vertices[:, 1].min(), vertices[:, 1].max()


def test_violins_span_the_sample_at_their_time(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions)
    (panel,) = plot_conditions(run, "GLUT1", at="24 h").axes
    assert panel.get_title(loc="left") == "GLUT1 at 24 h"
    assert panel.get_ylabel() == "molecules"
    labels = [tick.get_text() for tick in panel.get_xticklabels()]
    assert labels == ["control\n(n = 50)", "HIF1A -90%\n(n = 50)"]
    for row in (0, 1):
        values = run.values[row, :, 24, 2]
        assert span(panel, row) == (values.min(), values.max())
        assert panel.lines[row].get_ydata() == [np.median(values)]


def test_few_molecules_have_a_bar_each(make_run: RunMaker) -> None:
    run = make_run()
    (panel,) = plot_conditions(run, "MCT4").axes
    values = run.values[0, :, -1, 3]
    vertices = panel.collections[0].get_paths()[0].vertices
    for number in np.unique(values):
        at = vertices[np.isclose(vertices[:, 1], number + 0.3), 0]
        often = (values == number).sum() / np.bincount(values.astype(int)).max()
        assert at.max() == pytest.approx(0.4 * often)
    low, high = panel.get_ylim()
    assert (low, high) == (-0.5, values.max() + 0.5)


def test_equal_values_and_failed_conditions_are_drawn_all_the_same(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions)
    values = run.values.copy()
    values[0, :, :, 2], values[1] = 3.5, np.nan
    (panel,) = plot_conditions(replace(run, values=values), "GLUT1").axes
    assert [text.get_text() for text in panel.texts] == ["none finished"]
    (panel,) = plot_conditions(replace(run, values=values), "GLUT1", kind="histogram").axes
    assert panel.patches[0].get_data().values.max() == 1


def test_histograms_of_counts_lie_around_whole_numbers(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions)
    (panel,) = plot_conditions(run, "HIF1A", kind="histogram").axes
    assert (panel.get_xlabel(), panel.get_ylabel()) == (
        "HIF1A (molecules)",
        "fraction of replicates",
    )
    for row in (0, 1):
        data = panel.patches[2 * row + 1].get_data()
        assert (data.edges % 1 == 0.5).all()
        expected = np.histogram(run.values[row, :, -1, 1], data.edges)[0] / 50
        np.testing.assert_allclose(data.values, expected)
        assert data.values.sum() == pytest.approx(1)
    labels = [text.get_text() for text in panel.get_legend().get_texts()]
    assert labels == ["control (n = 50)", "HIF1A -90% (n = 50)"]


def test_mistakes_are_named(make_run: RunMaker) -> None:
    with pytest.raises(InputError, match=r"not an output time; the nearest is 24 h"):
        plot_conditions(make_run(), "GLUT1", at="24.3 h")
    with pytest.raises(InputError, match="neither"):
        plot_conditions(make_run(), "GLUT1", kind="box")  # type: ignore[arg-type]


def test_many_conditions_have_slanted_names(make_run: RunMaker) -> None:
    conditions = tuple(Condition(label=f"dose of {dose} nM") for dose in range(10))
    (panel,) = plot_conditions(make_run(conditions=conditions, replicates=5), "GLUT1").axes
    assert {label.get_rotation() for label in panel.get_xticklabels()} == {40}
