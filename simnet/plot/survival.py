"""Survival curves of first passage: in how many replicates it has not happened yet."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.errors import InputError, Problem
from simnet.plot.choose import one_panel
from simnet.plot.legend import colour
from simnet.plot.style import INK, MUTED, dress, time_axis, time_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


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
    panel.legend(
        title=f"{100 * confidence:.4g} % intervals; | censored",
        title_fontsize=8.5,
        loc="best",
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
        alignment="left",
    )
    return figure


def _steps(values: FloatArray) -> FloatArray:
    """1 before the first drop; the last value until the end."""
    whole = np.array([1.0, *values])
    return np.append(whole, whole[-1])
