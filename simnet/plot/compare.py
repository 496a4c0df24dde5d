"""One readout at one time under several conditions: violins side by side, or histograms."""

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Literal

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.experiment.times import TimeSpec, moment_text, output_index
from simnet.plot.style import (
    INK,
    MUTED,
    colour,
    dress,
    finished_values,
    is_counts,
    number_format,
    one_panel,
    one_readout,
    shown_unit,
    some_conditions,
    value_axis,
)
from simnet.results.trajectories import Trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 40
_POINTS = 200
_FEW = 20  # molecules between the least and the most, to have a bar each
_UPRIGHT = 8  # conditions whose names are written upright


def plot_conditions(
    trajectories: Trajectories,
    readout: str,
    *,
    at: TimeSpec | None = None,
    conditions: str | Sequence[str] | None = None,
    kind: Literal["violin", "histogram"] = "violin",
    ax: "Axes | None" = None,
) -> "Figure":
    """Draw how a readout is distributed over replicates at one time, condition by condition.

    A violin is a Gaussian kernel density (Scott's width) between the least and the largest value;
    few molecules are drawn as a bar for each number. All are equally wide at their widest. The bar
    in it goes from the lower to the upper quartile, the dot is the median.
    A histogram gives the fraction of replicates in each bin; bins of counts are whole numbers.

    Args:
        trajectories: the run.
        readout: its name.
        at: an output time, such as "24 h"; the last where left out.
        conditions: names, in the order of drawing; all where left out.
        kind: "violin" or "histogram".
        ax: matplotlib axes to draw into.

    Returns:
        The figure.

    Raises:
        UnknownNameError: no such readout or condition.
        InputError: not an output time, no condition, or no such kind.
    """
    if kind not in ("violin", "histogram"):
        why = 'neither "violin" nor "histogram"'
        raise InputError(Problem(what=f"kind={kind!r}", why=why))
    column, what = one_readout(trajectories, readout)
    rows = some_conditions(trajectories, conditions)
    index = output_index(trajectories.times, at, trajectories.time_unit)
    when = moment_text(float(trajectories.times[index]), trajectories.time_unit)
    samples = [finished_values(trajectories, row, index, column) for row in rows]
    names = [trajectories.condition_names[row] for row in rows]
    width = max(3.6, 1.0 + 1.25 * len(rows)) if kind == "violin" else 5.2
    panel, figure = one_panel(ax, width=min(width, 12.0))
    dress(panel, f"{what.name} at {when}", what.unit)
    if kind == "violin":
        _violins(panel, samples, names)
    else:
        _histograms(panel, samples, names, what.name, what.unit)
    return figure


def _violins(panel: "Axes", samples: Sequence[FloatArray], names: Sequence[str]) -> None:
    from matplotlib.ticker import MaxNLocator

    for place, values in enumerate(samples):
        if not len(values):
            panel.text(place, 0.5, "none finished", transform=panel.get_xaxis_transform(),
                       ha="center", color=MUTED, fontsize=8.5)  # fmt: skip
            continue
        grid, half = _violin(values)
        shade = colour(place)
        panel.fill_betweenx(grid, place - half, place + half, color=shade, alpha=0.35, lw=0)
        if len(grid) == 1:
            panel.hlines(grid, place - half, place + half, color=shade, linewidth=2.2)
        low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
        panel.vlines(place, low, high, color=shade, linewidth=4)
        panel.plot([place], [middle], "o", color="white", markeredgecolor=INK, markersize=5)
    crowded = len(names) > _UPRIGHT
    labels = [
        n if crowded else f"{fill(n, 13)}\n(n = {len(v)})"
        for n, v in zip(names, samples, strict=True)
    ]
    panel.set_xticks(range(len(names)), labels)
    if crowded:
        for label in panel.get_xticklabels():
            label.set(rotation=40, ha="right", rotation_mode="anchor")
    panel.set_xlim(-0.6, len(names) - 0.4)
    panel.grid(visible=False, axis="x")
    every = np.concatenate([*samples, np.zeros(1)])
    value_axis(panel, float(every.min()), float(every.max()))
    if is_counts(samples) and every.min() >= 0 and every.max() <= _FEW:
        panel.set_ylim(-0.5, every.max() + 0.5)  # bars lie around their numbers
        panel.yaxis.set_major_locator(MaxNLocator(integer=True))


def _violin(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Values, and half the width of the violin there; one value where all are equal."""
    from scipy.stats import gaussian_kde

    low, high = values.min(), values.max()
    if low == high:
        return np.array([low]), np.array([0.35])
    if is_counts([values]) and high - low <= _FEW:
        numbers = np.arange(low, high + 1)
        often = np.array([(values == number).sum() for number in numbers])
        sides = np.stack([numbers - 0.3, numbers - 0.3, numbers + 0.3, numbers + 0.3], axis=1)
        bars = np.stack([0 * often, often, often, 0 * often], axis=1)
        return sides.ravel(), 0.4 * bars.ravel() / often.max()
    grid = np.linspace(low, high, _POINTS)
    density = gaussian_kde(values)(grid)
    return grid, np.asarray(0.4 * density / density.max())


def _histograms(
    panel: "Axes",
    samples: Sequence[FloatArray],
    names: Sequence[str],
    readout: str,
    unit: str | None,
) -> None:
    every = np.concatenate([*samples, np.empty(0)])
    edges = _edges(every, counts=is_counts(samples))
    top = 0.0
    for place, (values, name) in enumerate(zip(samples, names, strict=True)):
        fraction = np.histogram(values, edges)[0] / max(len(values), 1)
        top = max(top, float(fraction.max()))
        label = f"{name} (n = {len(values)})"
        shade = colour(place)
        panel.stairs(fraction, edges, fill=True, color=shade, alpha=0.22)
        panel.stairs(fraction, edges, color=shade, linewidth=1.6, label=label)
    panel.set_ylabel("fraction of replicates", fontsize=9, color=MUTED)
    shown = shown_unit(unit)
    panel.set_xlabel(f"{readout} ({shown})" if shown else readout, fontsize=9, color=MUTED)
    panel.set_xlim(edges[0], edges[-1])
    number_format(panel.xaxis, float(np.abs(edges).max()))
    panel.set_ylim(0, 1.08 * top if top > 0 else 1.0)
    panel.legend(loc="best", frameon=False, fontsize=8.5, labelcolor=INK)


def _edges(values: FloatArray, *, counts: bool) -> FloatArray:
    """Bins that all conditions share; those of counts lie around whole numbers."""
    if not len(values):
        return np.array([0.0, 1.0])
    low, high = float(values.min()), float(values.max())
    if counts:
        step = max(1.0, float(np.ceil((high - low + 1) / _BINS)))
        return np.arange(low - 0.5, high + 0.5 + step, step)
    if low == high:
        return np.array([low - 0.5, low + 0.5])
    return np.linspace(low, high, _BINS + 1)
