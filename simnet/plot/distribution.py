"""One readout's distribution over time, as bands between quantiles."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.errors import InputError, Problem
from simnet.experiment.times import TimeSpec, moment_text, output_index
from simnet.plot.style import (
    INK,
    MUTED,
    colour,
    dress,
    number_format,
    one_panel,
    one_readout,
    shown_unit,
    some_conditions,
    time_axis,
    time_scale,
    value_axis,
)
from simnet.results.moments import check_probabilities, ensemble_quantiles
from simnet.results.trajectories import Trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_distribution(
    trajectories: Trajectories,
    readout: str,
    *,
    conditions: str | Sequence[str] | None = None,
    coverages: Sequence[float] = (0.5, 0.9),
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw the median of a readout over time, and central bands that hold so much of the replicates.

    Args:
        trajectories: the run.
        readout: its name.
        conditions: names, in the order of the colours; all where left out.
        coverages: of the bands: 0.9 lies between the quantiles 0.05 and 0.95.
        ax: matplotlib axes to draw into.

    Returns:
        The figure.

    Raises:
        UnknownNameError: no such readout or condition.
        InputError: a coverage outside 0 to 1, or no condition.
    """
    column, what = one_readout(trajectories, readout)
    rows = some_conditions(trajectories, conditions)
    check_probabilities(coverages, "coverage")
    if not coverages:
        raise InputError(Problem(what="coverages", why="none given", way_out="write (0.5, 0.9)"))
    panel, figure = one_panel(ax)
    unit, scale = time_scale(np.ptp(trajectories.times), trajectories.time_unit)
    times = trajectories.times / scale
    dress(panel, what.name, what.unit)
    ends = [0.0]
    for place, row in enumerate(rows):
        values = trajectories.values[row, :, :, column]
        n = int(trajectories.finished[row].sum())
        label = f"{trajectories.condition_names[row]} (n = {n})"
        for coverage in sorted(coverages, reverse=True):
            low, high = ensemble_quantiles(values, (0.5 - coverage / 2, 0.5 + coverage / 2))
            panel.fill_between(times, low, high, color=colour(place), alpha=0.18, linewidth=0)
            ends += [*low[~np.isnan(low)], *high[~np.isnan(high)]]
        median = ensemble_quantiles(values, (0.5,))[0]
        panel.plot(times, median, color=colour(place), linewidth=2.2, label=label)
        ends += list(median[~np.isnan(median)])
    value_axis(panel, min(ends), max(ends))
    time_axis(panel, times, unit, labelled=True)
    shown = " and ".join(f"{100 * c:.4g} %" for c in sorted(coverages))
    _legend(panel, f"median, central {shown}")
    return figure


# Two readouts at one time against each other, a dot a replicate.


def plot_joint(
    trajectories: Trajectories,
    x: str,
    y: str,
    *,
    at: TimeSpec | None = None,
    conditions: str | Sequence[str] | None = None,
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw each replicate's two readouts at one time; the legend gives Pearson's correlation r.

    Args:
        trajectories: the run.
        x: name of the readout across.
        y: name of the readout upwards.
        at: an output time, such as "24 h"; the last where left out.
        conditions: names, in the order of the colours; all where left out.
        ax: matplotlib axes to draw into.

    Returns:
        The figure.

    Raises:
        UnknownNameError: no such readout or condition.
        InputError: not an output time, or no condition.
    """
    across, what_x = one_readout(trajectories, x)
    upwards, what_y = one_readout(trajectories, y)
    rows = some_conditions(trajectories, conditions)
    index = output_index(trajectories.times, at, trajectories.time_unit)
    when = moment_text(float(trajectories.times[index]), trajectories.time_unit)
    panel, figure = one_panel(ax, width=4.6, height=4.0)
    dress(panel, f"{what_y.name} against {what_x.name} at {when}", None)
    panel.set_xlabel(_axis(what_x.name, what_x.unit), fontsize=9, color=MUTED)
    panel.set_ylabel(_axis(what_y.name, what_y.unit), fontsize=9, color=MUTED)
    ends: list[FloatArray] = []
    for place, row in enumerate(rows):
        points = trajectories.values[row, :, index][:, [across, upwards]]
        points = points[~np.isnan(points).any(axis=1)]
        crowd = max(len(points) * len(rows), 1)
        panel.plot(
            *points.T,
            "o",
            color=colour(place),
            markersize=4 if crowd < 1000 else 2.5,
            markeredgewidth=0,
            alpha=float(np.clip(60 / crowd**0.75, 0.08, 0.6)),
            rasterized=crowd > 5000,
        )
        # A dot of its own for the legend: those above are too faint to tell their colour.
        label = f"{trajectories.condition_names[row]} ({_correlation(points)}, n = {len(points)})"
        panel.plot([], [], "o", color=colour(place), markersize=5, label=label)
        ends.append(points)
    every = np.concatenate(ends)
    if len(every):
        _limits(panel, every)
    style: dict[str, Any] = {"frameon": False, "fontsize": 8.5, "labelcolor": INK}
    if ax is None:
        figure.legend(loc="outside lower left", **style)
    else:
        panel.legend(loc="best", **style)
    return figure


def _legend(panel: "Axes", title: str) -> None:
    style: dict[str, Any] = {"frameon": False, "fontsize": 8.5, "labelcolor": INK}
    panel.legend(title=title, title_fontsize=8.5, loc="best", alignment="left", **style)


def _limits(panel: "Axes", points: FloatArray) -> None:
    """Axes that the dots fill: from 0 where they reach down to half of the largest value, for
    elsewhere a cloud would be a spot in a corner; thousands as 1,000."""
    from matplotlib.ticker import MaxNLocator

    ends = []
    for axis, values in ((panel.xaxis, points[:, 0]), (panel.yaxis, points[:, 1])):
        low, high = float(values.min()), float(values.max())
        if 0 < low < 0.5 * high or low == high:
            low, high = min(0.0, low), max(0.0, high)
        room = 0.04 * (high - low) or 1.0
        ends.append((low - room, high + room))
        axis.set_major_locator(MaxNLocator(5))  # 100,000 is wide: more would touch
        number_format(axis, max(abs(low), abs(high)))
    panel.set_xlim(*ends[0])
    panel.set_ylim(*ends[1])


def _correlation(points: FloatArray) -> str:
    if len(points) < 2 or not (points.max(axis=0) > points.min(axis=0)).all():
        return "r unknown"
    matrix: FloatArray = np.asarray(np.corrcoef(points.T))
    return f"r = {matrix[0, 1]:z.2f}"


def _axis(name: str, unit: str | None) -> str:
    shown = shown_unit(unit)
    return f"{name} ({shown})" if shown else name


# Survival curves of first passage: in how many replicates it has not happened yet.


class Interval(Protocol):
    """A fraction (K,) with the ends of its interval; NaN where an end is not known."""

    @property
    def value(self) -> FloatArray: ...
    @property
    def low(self) -> FloatArray: ...
    @property
    def high(self) -> FloatArray: ...
    @property
    def confidence(self) -> float: ...


class SurvivalCurve(Protocol):
    """What `survival` gives: a step function, when it drops, and who was lost from sight when."""

    @property
    def times(self) -> Times: ...
    @property
    def fraction(self) -> Interval: ...
    @property
    def censored(self) -> Times: ...
    @property
    def n(self) -> int: ...


def plot_survival(
    curves: Mapping[str, SurvivalCurve],
    *,
    time_unit: str | None = "s",
    event: str = "first passage",
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw Kaplan-Meier curves with their intervals; upright marks say until when replicates that
    did not pass were watched.

    Args:
        curves: what `survival` gave, by condition, in the order of the colours.
        time_unit: of the curves' times; None where the model states none.
        event: what passes, for the title.
        ax: matplotlib axes to draw into.

    Returns:
        The figure.

    Raises:
        InputError: no curves.
    """
    given: object = curves
    if not isinstance(given, Mapping):
        what, way_out = f"curves={given!r:.60}", 'write {"control": survival(...)}'
        raise InputError(Problem(what=what, why="not curves by condition", way_out=way_out))
    if not curves:
        raise InputError(Problem(what="curves", why="none given"))
    end = max(float(np.append(c.times, c.censored).max()) for c in curves.values())
    unit, scale = time_scale(end, time_unit)
    panel, figure = one_panel(ax)
    dress(panel, event, None)
    for place, (name, curve) in enumerate(curves.items()):
        times = np.array([0.0, *curve.times, end]) / scale
        fraction, low, high = (
            _steps(part) for part in (curve.fraction.value, curve.fraction.low, curve.fraction.high)
        )
        shade = colour(place)
        lost = len(curve.censored)
        label = f"{name} (n = {curve.n}" + (f", {lost} censored)" if lost else ")")
        panel.fill_between(times, low, high, step="post", color=shade, alpha=0.18, linewidth=0)
        panel.step(times, fraction, where="post", color=shade, linewidth=2.0, label=label)
        marks = np.unique(curve.censored) / scale
        heights = fraction[np.searchsorted(times[1:-1], marks, side="right")]
        panel.plot(
            marks, heights, "|", color=shade, markersize=9, markeredgewidth=1.4, clip_on=False
        )
    panel.set_ylim(0, 1.04)
    panel.set_ylabel("fraction not yet passed", fontsize=9, color=MUTED)
    time_axis(panel, np.array([0.0, end / scale]), unit, labelled=True)
    confidence = next(iter(curves.values())).fraction.confidence
    _legend(panel, f"{100 * confidence:.4g} % intervals; | censored")
    return figure


def _steps(values: FloatArray) -> FloatArray:
    """1 before the first drop; the last value until the end."""
    whole = np.array([1.0, *values])
    return np.append(whole, whole[-1])
