"""Two readouts at one time against each other, a dot a replicate."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.experiment.times import TimeSpec, moment_text, output_index
from simnet.plot.choose import one_panel, one_readout, some_conditions
from simnet.plot.legend import colour
from simnet.plot.style import INK, MUTED, dress, number_format, shown_unit
from simnet.results.trajectories import Trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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
