"""Readouts over time: single cells as thin lines, their mean and the band that most of them lie in."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.errors import InputError, Problem, UnknownNameError
from simnet.experiment.times import is_between
from simnet.plot.style import (
    DASHES,
    MUTED,
    Look,
    colour,
    dark,
    draw_legend,
    dress,
    time_axis,
    time_scale,
    value_axis,
)
from simnet.results.moments import ensemble_moments, ensemble_quantiles
from simnet.results.trajectories import Trajectories, positions, require_trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PANELS = 16  # of a run whose readouts were not chosen: a model may have hundreds of species


def plot_series(
    trajectories: Trajectories,
    *,
    readouts: str | Sequence[str] | None = None,
    conditions: str | Sequence[str] | None = None,
    overlay: Trajectories | None = None,
    ax: "Axes | Sequence[Axes] | None" = None,
    replicates: int = 30,
    band: tuple[float, float] | None = (0.05, 0.95),
) -> "Figure":
    """Draw readouts over time, a panel each.

    Thin lines are single replicates, the bold line is the mean over all that finished, the band
    holds the quantiles. Time is in hours, minutes or seconds, whichever suits the length.

    Args:
        trajectories: the run.
        readouts: names, in the order of the panels; all (at most 16) where left out.
        conditions: names, in the order of the colours; all where left out.
        overlay: another run, for example the deterministic one, whose mean is drawn as a dark
            dashed line in the panels and conditions that both runs have.
        ax: matplotlib axes to draw into, one for each readout.
        replicates: at most so many thin lines per condition.
        band: lower and upper quantile of the band; None for no band.

    Returns:
        The matplotlib figure, unknown to pyplot: a notebook shows it, `figure.savefig` writes it.

    Raises:
        UnknownNameError: no such readout or condition.
        InputError: a band or number of replicates that cannot be, or not one axes per readout.
    """
    require_trajectories(trajectories)
    columns, rows = _chosen(trajectories, readouts, conditions, replicates, band)
    if overlay is not None:
        require_trajectories(overlay)
        _check_overlay(overlay, trajectories, columns, rows)
    panels, figure = _panels(ax, len(columns))
    unit, scale = time_scale(np.ptp(trajectories.times), trajectories.time_unit)
    look = Look(scale=scale, replicates=replicates, band=band, alone=len(rows) == 1)
    for panel, column in zip(panels, columns, strict=True):
        readout = trajectories.readouts[column]
        dress(panel, readout.name, readout.unit)
        drawn = [_draw(panel, trajectories, row, column, i, look) for i, row in enumerate(rows)]
        if overlay is not None:
            drawn += _draw_overlay(panel, overlay, trajectories, rows, readout.name, look)
        values = np.concatenate([curve.ravel() for curve in drawn])
        if np.isnan(values).all():
            note = "no replicate finished"
            panel.text(
                0.5, 0.5, note, transform=panel.transAxes, ha="center", color=MUTED, fontsize=9
            )
            values = np.zeros(1)
        value_axis(panel, float(np.nanmin(values)), float(np.nanmax(values)))
        time_axis(panel, trajectories.times / scale, unit, labelled=True)
    if ax is None:
        _share_time(figure, panels)
        if readouts is None and len(columns) < len(trajectories.readouts):
            note = f"{len(columns)} of {len(trajectories.readouts)} readouts; choose with readouts=[...]"
            figure.suptitle(note, fontsize=9, color=MUTED)
    draw_legend(figure if ax is None else panels[0], trajectories, rows, overlay, look)
    return figure


def _chosen(
    run: Trajectories,
    readouts: str | Sequence[str] | None,
    conditions: str | Sequence[str] | None,
    replicates: int,
    band: tuple[float, float] | None,
) -> tuple[list[int], list[int]]:
    """Places of the readouts and conditions to draw."""
    wanted = _names(readouts, run.readout_names[:_MOST_PANELS])
    columns, unknown = positions(wanted, run.readout_names, "readout")
    rows, more = positions(
        _names(conditions, run.condition_names), run.condition_names, "condition"
    )
    unknown += more
    wrong = []
    if not columns and not unknown:
        wrong.append(Problem(what="readouts", why="none given", way_out="leave it out for all"))
    if not rows and not unknown:
        wrong.append(Problem(what="conditions", why="none given", way_out="leave it out for all"))
    if not is_between(replicates, -1, math.inf) or replicates != int(replicates):
        wrong.append(
            Problem(what=f"replicates={replicates!r}", why="not a number of lines to draw")
        )
    given: object = band
    two = isinstance(given, Sequence) and not isinstance(given, str) and len(given) == 2
    two = two and all(is_between(end, -1, 2) for end in band or ())
    if band is not None and not (two and 0 <= band[0] < band[1] <= 1):
        way_out = "write two rising fractions: (0.05, 0.95)"
        wrong.append(Problem(what=f"band={band!r}", why="not two quantiles", way_out=way_out))
    if unknown and not wrong:
        raise UnknownNameError(unknown)
    if unknown or wrong:
        raise InputError(unknown + wrong)
    return columns, rows


def _names(given: str | Sequence[str] | None, default: Sequence[str]) -> Sequence[str]:
    if given is None:
        return default
    return [given] if isinstance(given, str) else list(dict.fromkeys(given))


def _panels(ax: "Axes | Sequence[Axes] | None", count: int) -> "tuple[list[Axes], Figure]":
    from matplotlib.axes import Axes

    if ax is not None:
        given = [ax] if isinstance(ax, Axes) else list(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) != count:
            why = f"{len(given)} axes for {count} readouts"
            way_out = "give one for each readout, or choose readouts"
            raise InputError(Problem(what="ax", why=why, way_out=way_out))
        return given, _root(given[0])
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from simnet.plot.figure import NotebookFigure

    across = count if count <= 3 else 2 if count == 4 else 3 if count <= 9 else 4
    down = math.ceil(count / across)
    size = (max(3.4 * across, 4.6), 2.45 * down + 0.6)
    layout = ConstrainedLayoutEngine(w_pad=0.09, h_pad=0.08, hspace=0.02)
    figure = NotebookFigure(figsize=size, dpi=110, layout=layout)
    grid = figure.subplots(down, across, squeeze=False)
    for spare in grid.flat[count:]:
        spare.remove()
    return list(grid.flat[:count]), figure


def _root(axes: "Axes") -> "Figure":
    figure = axes.get_figure(root=True)
    assert figure is not None, "these axes were removed from their figure"
    return figure


def _share_time(figure: "Figure", panels: "Sequence[Axes]") -> None:
    """The label of time below the lowest panel of each column only."""
    for panel in panels:
        spec = panel.get_subplotspec()
        assert spec is not None
        across = spec.get_gridspec().ncols
        if panels.index(panel) + across < len(panels):
            panel.set_xlabel("")
            panel.tick_params(labelbottom=False)


def _draw(
    panel: "Axes", run: Trajectories, row: int, column: int, place: int, look: Look
) -> FloatArray:
    """One condition in one panel; returns the values that the axis has to hold."""
    shade = colour(place)
    values = run.values[row, run.finished[row], :, column]
    if not len(values):
        return np.full(1, np.nan)
    times = run.times / look.scale
    mean = ensemble_moments(values).mean
    singles = values[: look.thin(len(values))]
    drawn = [mean, singles.ravel()]
    if len(singles):
        crowd = len(singles) * (1 if look.alone else 2)
        alpha = float(np.clip(6 / crowd, 0.12, 0.5))
        panel.plot(times, singles.T, color=shade, linewidth=0.6, alpha=alpha, zorder=2)
    if look.band is not None and len(values) > 1:
        low, high = ensemble_quantiles(values, look.band)
        panel.fill_between(times, low, high, color=shade, alpha=0.17, linewidth=0, zorder=2.5)
        drawn += [low, high]
    _line(panel, times, mean, color=shade, linewidth=2.2, zorder=4)
    return np.concatenate(drawn)


def _draw_overlay(
    panel: "Axes",
    overlay: Trajectories,
    run: Trajectories,
    rows: Sequence[int],
    readout: str,
    look: Look,
) -> list[FloatArray]:
    columns, _ = positions([readout], overlay.readout_names, "readout")
    drawn = []
    for column in columns:
        for place, row in _common(overlay, run, rows):
            values = overlay.values[row, overlay.finished[row], :, column]
            if not len(values):
                continue
            mean = ensemble_moments(values).mean
            style: dict[str, Any] = {"linestyle": DASHES, "linewidth": 1.5, "zorder": 5}
            _line(panel, overlay.times / look.scale, mean, color=dark(place, look), **style)
            drawn.append(mean)
    return drawn


def _check_overlay(
    overlay: Trajectories, run: Trajectories, columns: Sequence[int], rows: Sequence[int]
) -> None:
    problems = []
    if overlay.time_unit != run.time_unit:
        why = f"its times are in {overlay.time_unit}, those of the run in {run.time_unit}"
        problems.append(Problem(what="overlay", why=why))
    if not {run.readout_names[column] for column in columns} & set(overlay.readout_names):
        way_out = "it has " + ", ".join(overlay.readout_names[:6])
        problems.append(Problem(what="overlay", why="none of these readouts", way_out=way_out))
    if not _common(overlay, run, rows):
        way_out = "it has " + ", ".join(overlay.condition_names[:6])
        problems.append(Problem(what="overlay", why="none of these conditions", way_out=way_out))
    if problems:
        raise InputError(problems)


def _common(overlay: Trajectories, run: Trajectories, rows: Sequence[int]) -> list[tuple[int, int]]:
    """Place in the plot and row in the overlay of each condition of both."""
    if len(overlay.conditions) == len(rows) == 1:
        return [(0, 0)]  # however they are called
    names = [run.condition_names[row] for row in rows]
    return [(names.index(n), i) for i, n in enumerate(overlay.condition_names) if n in names]


def _line(panel: "Axes", times: Times, mean: FloatArray, **style: Any) -> None:
    marker = "o" if len(times) == 1 else ""
    panel.plot(times, mean, marker=marker, solid_capstyle="round", **style)
