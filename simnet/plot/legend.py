"""What the lines of a figure mean: their colours, and the legend that says so."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.plot.style import COLOURS, INK, MUTED
from simnet.results.trajectories import Trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
