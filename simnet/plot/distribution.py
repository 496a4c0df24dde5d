"""One readout's distribution over time, as bands between quantiles."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simnet.errors import InputError, Problem
from simnet.plot.choose import one_panel, one_readout, some_conditions
from simnet.plot.legend import colour
from simnet.plot.style import INK, dress, time_axis, time_scale, value_axis
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
    panel.legend(
        title=f"median, central {shown}",
        title_fontsize=8.5,
        loc="best",
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        alignment="left",
    )
    return figure
