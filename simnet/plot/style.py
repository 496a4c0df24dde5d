"""How our figures look: colours that colour-blind people can tell apart, and readable axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.errors import InputError, ModelError, Problem, UnknownNameError
from simnet.network.network import Readout
from simnet.network.units import parse_unit
from simnet.results.trajectories import Trajectories, positions, require_trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure


COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe & Ito 2008 (jfly.uni-koeln.de/color), without yellow, which is too pale for lines."""

INK = "#222222"
MUTED = "#666666"

_SCALES = (
    ("d", 86400.0, 120 * 3600.0),
    ("h", 3600.0, 3 * 3600.0),
    ("min", 60.0, 600.0),
)  # unit, seconds in it, used above
_STEPS = {
    "d": (1, 2, 7, 14, 28, 56),
    "h": (0.5, 1, 2, 3, 6, 12, 24, 48, 72, 96, 168, 336, 720),
    "min": (1, 2, 5, 10, 15, 30, 60),
}
_TICKS = 7


def time_scale(span: float, time_unit: str | None) -> tuple[str, float]:
    """The unit to show a run of length `span` in, and its size in the run's `time_unit`.

    Days above 120 h, hours above 3 h, minutes above 10 min, else seconds. A run whose unit is none of time's, or not
    stated, is shown as it is.
    """
    if time_unit is None:
        return "", 1.0
    try:
        unit = parse_unit(time_unit)
    except ModelError:
        return time_unit, 1.0
    if unit.exponents != (("second", 1),):
        return time_unit, 1.0
    for name, size, above in _SCALES:
        if span * unit.factor > above:
            return name, size / unit.factor
    return "s", 1.0 / unit.factor


def dress(axes: "Axes", title: str, unit: str | None) -> None:
    """Title, unit, light grid, and no frame above and to the right."""
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.set_ylabel(shown_unit(unit))
    frame(axes)


def frame(axes: "Axes", grid: Literal["both", "x", "y"] = "both") -> None:
    """Labels as they are, a light grid, and no frame above and to the right."""
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set(color=MUTED, fontsize=9)
    axes.grid(axis=grid, color="#e6e6e6", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#bbbbbb")
    axes.tick_params(colors=MUTED, labelsize=8.5, length=3)


def time_axis(axes: "Axes", times: Times, unit: str, *, labelled: bool) -> None:
    """Limits, ticks at round times (0, 12, 24 h; not 0, 10, 20) and, where wanted, the label."""
    from matplotlib.ticker import MultipleLocator

    low, high = float(times[0]), float(times[-1])
    if high > low:
        axes.set_xlim(low, high)
        steps = [step for step in _STEPS.get(unit, ()) if (high - low) / step <= _TICKS]
        if steps:
            axes.xaxis.set_major_locator(MultipleLocator(steps[0]))
    if labelled:
        axes.set_xlabel(f"time ({unit})" if unit else "time", fontsize=9, color=MUTED)


def value_axis(axes: "Axes", low: float, high: float) -> None:
    """From 0 where nothing is below it; thousands as 1,000."""
    if low >= 0:
        axes.set_ylim(0, 1.06 * high if high > 0 else 1.0)
    number_format(axes.yaxis, max(abs(low), abs(high)))


def number_format(axis: "Axis", top: float) -> None:
    """Thousands as 1,000, and powers of ten for what is much smaller or larger."""
    from matplotlib.ticker import ScalarFormatter, StrMethodFormatter

    if 1e3 <= top < 1e6:
        axis.set_major_formatter(StrMethodFormatter("{x:z,.10g}"))
    elif math.isfinite(top):
        formatter = ScalarFormatter(useMathText=True)
        formatter.set_powerlimits((-3, 4))
        axis.set_major_formatter(formatter)


def shown_unit(unit: str | None) -> str:
    """A unit as people read it on an axis; nothing where there is none."""
    return {None: "", "1": "", "dimensionless": "", "item": "molecules", "uM": "µM"}.get(
        unit, unit or ""
    )


# What the lines of a figure mean: their colours, and the legend that says so.


DASHES = (0, (4.5, 2.0))


@dataclass(frozen=True, kw_only=True)
class Look:
    """What all panels share. `scale` is the shown unit of time in the run's own."""

    scale: float
    replicates: int
    band: tuple[float, float] | None
    alone: bool  # one condition only

    def thin(self, finished: int) -> int:
        """How many single runs are drawn: none of one, which is the mean itself."""
        return min(self.replicates, finished) if finished > 1 else 0


def colour(place: int) -> str:
    """The colour of a condition by its place in the figure."""
    return COLOURS[place % len(COLOURS)]


def dark(place: int, look: Look) -> Any:
    """Ink; with several conditions a dark shade of their colours, so that one sees whose it is."""
    from matplotlib.colors import to_rgb

    return INK if look.alone else tuple(0.5 * part for part in to_rgb(colour(place)))


def draw_legend(
    where: "Figure | Axes",
    run: Trajectories,
    rows: Sequence[int],
    overlay: Trajectories | None,
    look: Look,
) -> None:
    """Say what is drawn: below all panels of a figure, or inside the one axes given."""
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    finished = run.finished.sum(axis=1)[list(rows)]
    several = bool((finished > 1).any())
    key = colour(0) if look.alone else MUTED
    entries: list[Line2D | Patch] = []
    if not look.alone:
        for place, row in enumerate(rows):
            label = run.condition_names[row] + ("" if finished[place] else " (none finished)")
            entries.append(Line2D([], [], color=colour(place), lw=2.2, label=label))
    entries.append(Line2D([], [], color=key, lw=2.2, label=_title(run, finished)))
    if several and look.replicates:
        count = max(look.thin(int(n)) for n in finished)
        label = f"{count} single runs" if look.alone else f"{count} single runs each"
        entries.append(Line2D([], [], color=key, lw=0.8, alpha=0.6, label=label))
    if several and look.band is not None:
        low, high = (f"{100 * q:.4g}" for q in look.band)
        entries.append(Patch(color=key, alpha=0.25, lw=0, label=f"{low}–{high} % of runs"))
    if overlay is not None:
        counts = overlay.finished.sum(axis=1)
        label = _title(overlay, counts)
        entries.append(Line2D([], [], color=INK, lw=1.5, ls=DASHES, label=label))
    style: dict[str, Any] = {"frameon": False, "fontsize": 8.5, "labelcolor": INK}
    if isinstance(where, Figure):
        wide = where.get_size_inches()[0]
        room = max(1, int(wide / (0.55 + 0.075 * max(len(str(e.get_label())) for e in entries))))
        lines = math.ceil(len(entries) / room)
        across = math.ceil(len(entries) / lines)  # 2 + 2, not 3 + 1
        where.legend(handles=entries, loc="outside lower center", ncols=across, **style)
    else:
        where.legend(handles=entries, loc="best", **style)


def _title(run: Trajectories, finished: Sequence[int] | np.ndarray[Any, np.dtype[np.intp]]) -> str:
    """What a line is: "SSA, mean of 100" or "ODE (roadrunner)"."""
    counts = [int(n) for n in finished if n]
    if run.method == "ode":
        return f"ODE ({run.engine})"
    if not counts:
        return f"{run.method.upper()}, none finished"
    least, most = min(counts), max(counts)
    if most == 1:
        return f"{run.method.upper()}, one run"
    return f"{run.method.upper()}, mean of {most if least == most else f'{least} to {most}'}"


# What a figure of one panel shows: the axes it goes into, and the values it is made of.


def one_panel(ax: "Axes | None", width: float = 5.2, height: float = 3.4) -> "tuple[Axes, Figure]":
    """The axes given and their figure, or new ones of that size in inches, unknown to pyplot."""
    if ax is not None:
        figure = ax.get_figure(root=True)
        assert figure is not None, "these axes were removed from their figure"
        return ax, figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from simnet.plot.figure import NotebookFigure

    layout = ConstrainedLayoutEngine(w_pad=0.09, h_pad=0.08)
    figure = NotebookFigure(figsize=(width, height), dpi=110, layout=layout)
    return figure.subplots(), figure


def one_readout(run: Trajectories, name: str) -> tuple[int, Readout]:
    """The place of a readout, and what it is.

    Raises:
        InputError: no run.
        UnknownNameError: no such readout.
    """
    require_trajectories(run)
    places, unknown = positions([name], run.readout_names, "readout")
    if unknown:
        raise UnknownNameError(unknown)
    return places[0], run.readouts[places[0]]


def some_conditions(run: Trajectories, names: str | Sequence[str] | None) -> list[int]:
    """Places of conditions, all where no names are given.

    Raises:
        UnknownNameError: no such condition.
        InputError: an empty list.
    """
    if names is None:
        return list(range(len(run.conditions)))
    wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    places, unknown = positions(wanted, run.condition_names, "condition")
    if unknown:
        raise UnknownNameError(unknown)
    if not places:
        way_out = "leave it out for all"
        raise InputError(Problem(what="conditions", why="none given", way_out=way_out))
    return places


def finished_values(run: Trajectories, row: int, time: int, column: int) -> FloatArray:
    """(n,) values of the replicates that have one."""
    values = run.values[row, :, time, column]
    return np.asarray(values[~np.isnan(values)])


def is_counts(values: Sequence[FloatArray]) -> bool:
    """Whether all values are whole numbers."""
    return all(bool((v == np.floor(v)).all()) for v in values)
