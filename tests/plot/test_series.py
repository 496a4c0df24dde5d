"""The figure: that it draws the right numbers, and that it reads well. Pictures are not compared."""

import gc
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from simnet.errors import InputError, UnknownNameError
from simnet.experiment.condition import Condition
from simnet.plot.compare import plot_conditions
from simnet.plot.series import plot_series
from simnet.plot.style import COLOURS, time_scale
from simnet.results.moments import ensemble_moments
from simnet.results.trajectories import Trajectories

RunMaker = Callable[..., Trajectories]


def lines(axes: Axes, *, bold: bool) -> list[Line2D]:
    return [line for line in axes.lines if (line.get_linewidth() > 2) == bold]


def bands(axes: Axes) -> list[PolyCollection]:
    return [c for c in axes.collections if isinstance(c, PolyCollection)]


def legend_of(figure: Figure) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_a_panel_each_with_mean_band_and_single_runs(make_run: RunMaker) -> None:
    run = make_run(replicates=50)
    figure = plot_series(run)
    assert [a.get_title(loc="left") for a in figure.axes] == ["O2", "HIF1A", "GLUT1", "MCT4"]
    assert [a.get_ylabel() for a in figure.axes] == ["µM", "molecules", "molecules", "molecules"]
    values = run.readout("HIF1A")
    panel = figure.axes[1]
    (mean,) = lines(panel, bold=True)
    np.testing.assert_allclose(mean.get_xdata(), run.times / 3600)
    np.testing.assert_allclose(mean.get_ydata(), values.mean(axis=0))
    singles = lines(panel, bold=False)
    assert len(singles) == 30
    for drawn, single in zip(singles, values, strict=False):
        np.testing.assert_array_equal(drawn.get_ydata(), single)
    (band,) = bands(panel)
    corners = {tuple(vertex) for vertex in np.round(band.get_paths()[0].vertices, 9)}
    for probability in (0.05, 0.95):
        curve = np.quantile(values, probability, axis=0)
        expected = np.round(np.column_stack([run.times / 3600, curve]), 9)
        assert {tuple(vertex) for vertex in expected} <= corners
    assert legend_of(figure) == ["SSA, mean of 50", "30 single runs", "5–95 % of runs"]


def test_axes_start_at_zero_and_hold_the_data(make_run: RunMaker) -> None:
    run = make_run()
    for panel, readout in zip(plot_series(run).axes, run.readout_names, strict=True):
        low, high = panel.get_ylim()
        assert low == 0
        assert high >= run.readout(readout)[:30].max()
        assert panel.get_xlim() == (0, 48)


def test_values_below_zero_are_shown(make_run: RunMaker) -> None:
    run = make_run(readouts=1)
    shifted = replace(run, values=run.values - 40)
    low, high = plot_series(shifted).axes[0].get_ylim()
    assert low <= -40
    assert high >= -25.1


def test_time_is_labelled_below_only_and_ticks_are_round(make_run: RunMaker) -> None:
    figure = plot_series(make_run())
    figure.canvas.draw()
    assert [a.get_xlabel() for a in figure.axes] == ["", "", "time (h)", "time (h)"]
    ticks = [tick for tick in figure.axes[2].get_xticks() if 0 <= tick <= 48]
    assert ticks == [0, 12, 24, 36, 48]


def test_a_column_that_ends_early_keeps_its_time_label(make_run: RunMaker) -> None:
    figure = plot_series(make_run(readouts=5, replicates=3))
    assert [bool(a.get_xlabel()) for a in figure.axes] == [False, False, True, True, True]


@pytest.mark.parametrize(
    ("span", "unit", "shown", "size"),
    [
        (14 * 86400, "s", "d", 86400),
        (48 * 3600, "s", "h", 3600),
        (3 * 3600, "s", "min", 60),
        (601, "s", "min", 60),
        (600, "s", "s", 1),
        (48, "h", "h", 1),
        (2880, "min", "h", 60),
        (5000, "ms", "s", 1000),
        (1000, None, "", 1),
        (1000, "generations", "generations", 1),
        (1000, "item", "item", 1),
    ],
)
def test_unit_of_time(span: float, unit: str | None, shown: str, size: float) -> None:
    assert time_scale(span, unit) == (shown, pytest.approx(size))


def test_a_run_that_starts_before_zero(make_run: RunMaker) -> None:
    run = make_run(readouts=1)
    panel = plot_series(replace(run, times=run.times - 86400)).axes[0]
    assert panel.get_xlim() == (-24, 24)
    np.testing.assert_allclose(lines(panel, bold=True)[0].get_xdata()[[0, -1]], [-24, 24])


def test_several_conditions_have_their_own_colours(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions)
    figure = plot_series(run, readouts=["GLUT1"])
    means = lines(figure.axes[0], bold=True)
    assert [m.get_color() for m in means] == list(COLOURS[:2])
    for mean, name in zip(means, run.condition_names, strict=True):
        expected = run.readout("GLUT1", name).mean(axis=0)
        np.testing.assert_allclose(mean.get_ydata(), expected)
    assert legend_of(figure)[:2] == ["control", "HIF1A -90%"]
    assert "30 single runs each" in legend_of(figure)


def test_chosen_conditions_in_the_order_given(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions)
    figure = plot_series(run, readouts="O2", conditions=["HIF1A -90%", "control"])
    first = lines(figure.axes[0], bold=True)[0]
    np.testing.assert_allclose(first.get_ydata(), run.readout("O2", "HIF1A -90%")[0])


def test_overlay_is_a_dark_dashed_line_with_its_own_times(make_run: RunMaker) -> None:
    run, ode = make_run(points=49), make_run(method="ode", points=13)
    figure = plot_series(run, readouts=["HIF1A"], overlay=ode)
    (dashed,) = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    np.testing.assert_allclose(dashed.get_xdata(), np.linspace(0, 48, 13))
    np.testing.assert_allclose(dashed.get_ydata(), ode.readout("HIF1A")[0])
    assert dashed.get_zorder() > max(line.get_zorder() for line in lines(figure.axes[0], bold=True))
    assert legend_of(figure)[-1] == "ODE (roadrunner)"


def test_overlay_follows_conditions_by_name(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions, readouts=2)
    ode = make_run(method="ode", conditions=two_conditions[::-1], readouts=2)
    panel = plot_series(run, readouts=["HIF1A"], overlay=ode).axes[0]
    dashed = [line for line in panel.lines if line.get_linestyle() == "--"]
    by_name = {name: ode.readout("HIF1A", name)[0] for name in ode.condition_names}
    for line in dashed:
        own = np.argmax(line.get_color())  # blue is the control's, vermilion the knock-down's
        expected = by_name["control" if own == 2 else "HIF1A -90%"]
        np.testing.assert_allclose(line.get_ydata(), expected)
        assert max(line.get_color()) < 0.45, "dark, so that it shows on the mean below it"
    assert len(dashed) == 2


def test_overlay_of_another_experiment_is_refused(make_run: RunMaker) -> None:
    two = (Condition(label="a"), Condition(label="b"))
    other = make_run(conditions=two, readouts=1, time_unit="min")
    run = make_run(conditions=(Condition(label="c"),))
    with pytest.raises(InputError) as caught:
        plot_series(run, readouts=["HIF1A"], overlay=other)
    assert len(caught.value.problems) == 3


def test_a_deterministic_run_is_one_line(make_run: RunMaker) -> None:
    figure = plot_series(make_run(method="ode"))
    for panel in figure.axes:
        assert len(panel.lines) == 1
        assert not bands(panel)
    assert legend_of(figure) == ["ODE (roadrunner)"]


def test_fewer_lines_and_no_band_where_wanted(make_run: RunMaker) -> None:
    figure = plot_series(make_run(), readouts="GLUT1", replicates=0, band=None)
    assert len(figure.axes[0].lines) == 1
    assert not bands(figure.axes[0])
    assert legend_of(figure) == ["SSA, mean of 50"]


def test_failed_replicates_are_left_out_and_counted(
    make_run: RunMaker, two_conditions: tuple[Condition, ...]
) -> None:
    run = make_run(conditions=two_conditions, replicates=5)
    values = run.values.copy()
    values[0] = np.nan
    values[1, 2] = np.nan
    figure = plot_series(replace(run, values=values), readouts=["HIF1A"])
    (mean,) = lines(figure.axes[0], bold=True)
    expected = values[1, [0, 1, 3, 4], :, 1].mean(axis=0)
    np.testing.assert_allclose(mean.get_ydata(), expected)
    assert mean.get_color() == COLOURS[1]
    assert "control (none finished)" in legend_of(figure)
    assert "SSA, mean of 4" in legend_of(figure)


def test_nothing_finished_says_so(make_run: RunMaker) -> None:
    run = make_run(readouts=1)
    figure = plot_series(replace(run, values=np.full_like(run.values, np.nan)))
    assert figure.axes[0].texts[0].get_text() == "no replicate finished"


def test_draws_into_axes_given(make_run: RunMaker) -> None:
    mine = Figure()
    axes = mine.subplots(1, 2)
    run = make_run()
    assert plot_series(run, readouts=["GLUT1", "O2"], ax=axes) is mine
    assert [a.get_title(loc="left") for a in axes] == ["GLUT1", "O2"]
    assert axes[0].get_legend() is not None
    assert plot_series(run, readouts="O2", ax=Figure().subplots()).axes[0].lines
    with pytest.raises(InputError, match="1 axes for 4 readouts"):
        plot_series(run, ax=Figure().subplots())


def test_hundreds_of_readouts_are_cut_and_the_figure_says_so(make_run: RunMaker) -> None:
    run = make_run(readouts=40, replicates=2, points=5)
    figure = plot_series(run)
    assert len(figure.axes) == 16
    assert "16 of 40 readouts" in figure.get_suptitle()
    assert len(plot_series(run, readouts=run.readout_names[:20]).axes) == 20


def test_one_point_in_time_is_a_dot(make_run: RunMaker) -> None:
    run = make_run(points=2)
    record = replace(run.record, run=replace(run.record.run, times=(0.0,), points=1, t_end=None))
    end = replace(run, values=run.values[:, :, 1:], times=run.times[1:], record=record)
    figure = plot_series(end)
    figure.canvas.draw()
    assert all(lines(a, bold=True)[0].get_marker() == "o" for a in figure.axes)


def test_mistakes_come_together(make_run: RunMaker) -> None:
    run = make_run()
    with pytest.raises(UnknownNameError, match="did you mean GLUT1"):
        plot_series(run, readouts=["GLUT"])
    with pytest.raises(InputError) as caught:
        plot_series(run, readouts=["GLUT"], conditions=["x"], replicates=-1, band=(0.9, 0.1))
    assert len(caught.value.problems) == 4
    with pytest.raises(InputError, match="none given"):
        plot_series(run, readouts=[])


def test_what_is_no_run_is_named() -> None:
    for draw in (
        lambda: plot_series("run"),  # type: ignore[arg-type]
        lambda: plot_conditions("run", "X"),  # type: ignore[arg-type]
    ):
        with pytest.raises(InputError, match="'run': not Trajectories"):
            draw()


def test_mean_in_the_figure_is_that_of_the_summary(make_run: RunMaker) -> None:
    run = make_run(readouts=2)
    summary = run.summary()
    drawn = lines(plot_series(run).axes[1], bold=True)[0].get_ydata()
    np.testing.assert_array_equal(drawn, summary[summary.readout == "HIF1A"]["mean"])
    np.testing.assert_array_equal(drawn, ensemble_moments(run.readout("HIF1A")).mean)


def test_notebooks_show_it_and_it_pickles(make_run: RunMaker) -> None:
    figure = plot_series(make_run(readouts=1, replicates=2))
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    again = pickle.loads(pickle.dumps(figure))
    assert len(again.axes[0].lines) == 3


def test_nothing_keeps_a_figure_alive(make_run: RunMaker) -> None:
    figure = plot_series(make_run(readouts=1, replicates=2))
    gone = weakref.ref(figure)
    del figure
    gc.collect()
    assert gone() is None


def test_importing_loads_neither_matplotlib_nor_pandas() -> None:
    heavy = "{'matplotlib', 'pandas', 'scipy', 'pyarrow'}"
    code = (
        f"import sys, simnet.plot.series, simnet.results.store; print({heavy} & set(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert ran.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"band": 0.9}, "not two quantiles"),
        ({"band": [0.1, 0.5, 0.9]}, "not two quantiles"),
        ({"band": ["a", "b"]}, "not two quantiles"),
        ({"replicates": "all"}, "not a number of lines"),
        ({"overlay": 3}, "Trajectories"),
    ],
)
def test_wrong_kinds_are_named(make_run: RunMaker, given: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        plot_series(make_run(), **given)
