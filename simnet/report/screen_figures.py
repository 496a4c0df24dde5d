"""Figures of a screen: effects as a heatmap, interaction, distributions, time courses."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.plot.style import COLOURS, INK, MUTED, dress, number_format, shown_unit, time_scale
from simnet.report.page import shortened

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

    from simnet.screen.design import Surface
    from simnet.screen.dose import DoseResponse
    from simnet.screen.result import ScreenResult
    from simnet.screen.synergy import Interaction


_DIVERGING = "RdBu_r"
_LEAST = 0.1
"""Of a value: the least span of a scale, so that rounding errors do not look like effects."""


def figure_of(width: float, height: float) -> "Figure":
    """An empty figure that pyplot does not know."""
    from simnet.plot.figure import NotebookFigure

    return NotebookFigure(figsize=(width, height), dpi=110, layout="constrained")


def effects_heatmap(effects: "pd.DataFrame") -> "Figure":
    """Log2 fold changes, conditions by readouts. A dot marks an interval that does not hold 0; grey
    has no value.

    Args:
        effects: `ScreenResult.effects()`: a row for each condition and readout, in this order.
    """
    import matplotlib

    conditions = list(dict.fromkeys(effects["condition"]))
    readouts = list(dict.fromkeys(effects["readout"]))
    shape = (len(conditions), len(readouts))
    found, low, high = (
        effects[name].to_numpy(dtype=np.float64).reshape(shape)
        for name in ("log2_fold_change", "log2_low", "log2_high")
    )
    finite = np.abs(found[np.isfinite(found)])
    top = max(float(np.quantile(finite, 0.98)) if len(finite) else 1.0, 0.1)
    figure = figure_of(min(10.0, 3.6 + 0.95 * shape[1]), 1.3 + 0.24 * shape[0])
    axes = figure.subplots()
    colours = matplotlib.colormaps[_DIVERGING].with_extremes(bad="#d9d9d9")
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(found), cmap=colours, vmin=-top, vmax=top, edgecolors="white", lw=0.6
    )
    if shape[0] <= 80:
        rows, columns = np.nonzero((low > 0) | (high < 0))
        shades = np.where(np.abs(found[rows, columns]) > 0.6 * top, "white", INK)
        axes.scatter(columns + 0.5, rows + 0.5, s=7, c=shades, linewidth=0)
    axes.set_yticks(np.arange(shape[0]) + 0.5, [shortened(c, 46) for c in conditions], fontsize=8)
    angle = 30 if max(map(len, readouts)) > 8 else 0
    axes.set_xticks(
        np.arange(shape[1]) + 0.5, [shortened(r, 28) for r in readouts], fontsize=8.5,
        rotation=angle, ha="left" if angle else "center",
    )  # fmt: skip
    axes.xaxis.tick_top()
    axes.invert_yaxis()
    _bare(axes)
    bar = figure.colorbar(mesh, ax=axes, shrink=min(1.0, 8 / shape[0]), aspect=18, extend="both")
    _label_bar(bar, "log2 fold change")
    return figure


def _bare(axes: "Axes") -> None:
    """Neither frame nor ticks: cells stand for themselves."""
    axes.tick_params(length=0, colors=INK)
    axes.spines[:].set_visible(False)


def _label_bar(bar: "Colorbar", label: str) -> None:
    bar.set_label(label, fontsize=8.5, color=MUTED)
    bar.ax.tick_params(labelsize=8, colors=MUTED)
    bar.outline.set_visible(False)


def spanned(low: float, high: float) -> tuple[float, float]:
    """The limits, moved apart where they are closer than a tenth of what lies between."""
    middle = (low + high) / 2
    half = max((high - low) / 2, abs(middle) * _LEAST / 2)
    return (middle - half, middle + half) if half > 0 else (-1.0, 1.0)


def surface_panels(
    surface: "Surface",
    names: tuple[str, str],
    means: FloatArray,
    interaction: "Interaction",
    readout: str,
    unit: str | None,
) -> "Figure":
    """The readout over the grid, and beside it the interaction on the log scale.

    Args:
        means: (A, B) of the readout; NaN where a combination was not run.
        interaction: whose model "log" is drawn.
    """
    import matplotlib

    scores = np.full(means.shape, np.nan)
    calls: dict[tuple[int, int], str] = {}
    for cell in interaction.cells:
        if cell.model == "log":
            i = surface.levels_a.index(cell.a)
            j = surface.levels_b.index(cell.b)
            scores[i, j] = cell.score
            calls[i, j] = cell.call
    rows, columns = means.shape
    figure = figure_of(min(10.5, 4.4 + 1.25 * columns), 1.5 + 0.42 * rows)
    left, right = figure.subplots(1, 2)
    shades = matplotlib.colormaps["viridis"].with_extremes(bad="#d9d9d9")
    levels = tuple(zip(names, (surface.labels_a, surface.labels_b), strict=True))
    known = means[np.isfinite(means)]
    ends = spanned(float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    _grid(left, means, shades, ends, shown_unit(unit), readout, levels)
    top = max(float(np.nanmax(np.abs(scores))) if np.isfinite(scores).any() else 0.0, np.log(2))
    both = matplotlib.colormaps["PuOr_r"].with_extremes(bad="#eeeeee")
    title = "+ synergy, − antagonism"
    _grid(right, scores, both, (-top, top), "interaction, log scale", title, levels)
    for (i, j), call in calls.items():
        if call in ("synergy", "antagonism"):
            mark = "+" if call == "synergy" else "−"
            shade = "white" if abs(scores[i, j]) > 0.55 * top else INK
            right.text(j + 0.5, i + 0.5, mark, ha="center", va="center", fontsize=11, color=shade)
    return figure


def _grid(
    axes: "Axes",
    values: FloatArray,
    colours: Any,
    ends: tuple[float, float],
    label: str,
    title: str,
    levels: Sequence[tuple[str, Sequence[str]]],
) -> None:
    """Cells of a surface; `levels` are the names of rows and columns, each with its labels."""
    low, high = ends
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=colours, vmin=low, vmax=high, edgecolors="white", lw=0.6
    )
    # All doses have one unit; see `Dose`.
    dosed = [any(text.endswith(" nM") for text in labels) for _, labels in levels]
    rows, columns = (
        [_level(name, text, dosed=unit) for text in labels]
        for (name, labels), unit in zip(levels, dosed, strict=True)
    )
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=8)
    long = max(map(len, columns)) > 6
    axes.set_xticks(
        np.arange(len(columns)) + 0.5, columns, fontsize=8, rotation=30 if long else 0,
        ha="right" if long else "center",
    )  # fmt: skip
    up, across = (name + " (nM)" * unit for (name, _), unit in zip(levels, dosed, strict=True))
    axes.set_ylabel(up, fontsize=9, color=MUTED)
    axes.set_xlabel(across, fontsize=9, color=MUTED)
    axes.set_title(shortened(title, 34), loc="left", fontsize=10, fontweight="bold", color=INK)
    _bare(axes)
    bar = axes.figure.colorbar(mesh, ax=axes, aspect=18)
    number_format(bar.ax.yaxis, max(abs(low), abs(high)))
    _label_bar(bar, label)


def _level(name: str, label: str, *, dosed: bool) -> str:
    if not label:
        return "0" if dosed else "unchanged"
    short = label.removeprefix(f"{name} ").removesuffix(" nM")
    return shortened(short, 20)


def distributions(
    groups: Sequence[tuple[str, FloatArray]], title: str, unit: str | None
) -> "Figure":
    """One readout in all conditions: each replicate, and the middle half and median beside it."""
    figure = figure_of(8.4, 0.9 + 0.27 * len(groups))
    axes = figure.subplots()
    jitter = np.random.default_rng(0)
    for row, (_, values) in enumerate(groups):
        known = values[np.isfinite(values)]
        if not len(known):
            axes.text(0.01, row, "no value", transform=axes.get_yaxis_transform(), va="center",
                      fontsize=8, color=MUTED)  # fmt: skip
            continue
        shade = MUTED if row == 0 else COLOURS[0]
        some = known[:200]
        axes.scatter(
            some, row + jitter.uniform(-0.27, 0.27, len(some)), s=9 if len(some) < 50 else 4,
            color=shade, alpha=0.6 if len(some) < 50 else 0.3, linewidth=0,
        )  # fmt: skip
        low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
        axes.plot([low, high], [row, row], color=INK, linewidth=2.4, solid_capstyle="butt")
        axes.plot([middle], [row], "o", color="white", mec=INK, ms=5, mew=1.2, zorder=5)
        if row == 0:
            axes.axvline(middle, color="#999999", linewidth=0.8, linestyle=(0, (3, 3)), zorder=1)
    axes.set_yticks(range(len(groups)), [shortened(name, 46) for name, _ in groups], fontsize=8)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    dress(axes, title, None)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(shown_unit(unit), fontsize=9, color=MUTED)
    everything = np.concatenate([values[np.isfinite(values)] for _, values in groups])
    if len(everything):
        number_format(axes.xaxis, float(np.abs(everything).max()))
    return figure


def courses(result: "ScreenResult", readouts: Sequence[int], conditions: Sequence[int]) -> "Figure":
    """Means over time of some conditions, a panel for each readout that is a time course."""
    across = min(3, len(readouts))
    down = -(-len(readouts) // across)
    beside = across if across < 3 else 2  # entries of the legend: more would be cut off
    lines = -(-len(conditions) // beside)
    figure = figure_of(3.9 * across + 0.3, 2.5 * down + 0.3 + 0.2 * lines)
    grid = figure.subplots(down, across, squeeze=False)
    times = result.record.times
    unit, scale = time_scale(float(times[-1]), result.record.time_unit)
    for axes, place in zip(grid.flat, readouts, strict=False):
        readout, where = result.record.readouts[place], result.table.places[place]
        for rank, condition in enumerate(conditions):
            values = result.table.values[condition, :, where]
            values = values[~np.isnan(values).any(axis=1)]
            if not len(values):
                continue
            shade = INK if rank == 0 else COLOURS[(rank - 1) % len(COLOURS)]
            label = shortened(result.conditions[condition], 40)
            style = {"ls": (0, (5, 2.5)), "zorder": 3} if rank == 0 else {"zorder": 2}
            means = values.mean(axis=0)  # the control is dashed, on top of what equals it
            axes.plot(times / scale, means, color=shade, lw=1.6, label=label, **style)
            if len(values) > 2:
                low, high = np.quantile(values, (0.05, 0.95), axis=0)
                axes.fill_between(times / scale, low, high, color=shade, alpha=0.12, linewidth=0)
        axes.set_ylim(spanned(*axes.get_ylim()))
        dress(axes, shortened(readout.name, 34), readout.unit)
        axes.set_xlabel(f"time ({unit})" if unit else "time", fontsize=9, color=MUTED)
        number_format(axes.yaxis, float(np.abs(axes.get_ylim()).max()))
    for spare in grid.flat[len(readouts) :]:
        spare.remove()
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=beside, frameon=False, fontsize=8.5
    )
    return figure


def dose_panels(
    responses: "Sequence[tuple[str, str | None, DoseResponse, Sequence[FloatArray]]]",
) -> "Figure":
    """A panel for each readout: replicates, means with standard errors, and the curve.

    Args:
        responses: title, unit of the readout, response (doses in nM) and the replicates (N,) of each
            of its doses.
    """
    across = min(3, len(responses))
    down = -(-len(responses) // across)
    figure = figure_of(3.4 * across + 0.3, 2.7 * down + 0.1)
    grid = figure.subplots(down, across, squeeze=False)
    for axes, (title, unit, response, groups) in zip(grid.flat, responses, strict=False):
        _dose_panel(axes, response, groups)
        dress(axes, shortened(title, 34), unit)
        axes.set_xlabel("dose (nM)", fontsize=9, color=MUTED)
    for spare in grid.flat[len(responses) :]:
        spare.remove()
    return figure


def _dose_panel(axes: "Axes", response: "DoseResponse", groups: Sequence[FloatArray]) -> None:
    doses = response.doses
    positive = doses[doses > 0]
    ratio = min(10, positive[1] / positive[0]) if len(positive) > 1 else 10
    nothing = float(positive.min()) / ratio  # where dose 0 is drawn
    shown = np.where(doses > 0, doses, nothing)
    spread = np.random.default_rng(0)
    for dose, group in zip(shown, groups, strict=False):
        known = group[np.isfinite(group)][:60]
        if len(known) > 1:
            at = dose * np.exp(spread.uniform(-0.12, 0.12, len(known)))
            axes.scatter(at, known, s=9, color=COLOURS[0], alpha=0.4, linewidth=0, zorder=2)
    errors = np.nan_to_num(response.sems)
    axes.errorbar(
        shown, response.means, errors, fmt="o", color=COLOURS[0], ms=4.5, lw=1.2, zorder=4
    )
    if response.fitted:
        # On a log axis dose 0 has no place: the curve ends before the point that stands for it.
        least = np.sqrt(nothing * positive.min()) if (doses == 0).any() else positive.min()
        line = np.geomspace(least, doses.max(), 200)
        axes.plot(line, response.at(line), color=COLOURS[1], linewidth=1.8, zorder=3)
        middle = float(response.ec50.value)
        axes.axvline(middle, color=COLOURS[1], linewidth=0.8, linestyle=(0, (3, 3)), zorder=1)
        text = f"EC50 {middle:.3g} nM"
    else:
        text = response.outcome
    low = response.means[-1] > np.nanmean([response.means.min(), response.means.max()])
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    y, side = (0.04, "bottom") if low else (0.97, "top")  # where the last points are not
    axes.text(
        0.98, y, text, transform=axes.transAxes, ha="right", va=side, fontsize=8, color=MUTED,
        bbox=box, zorder=5,
    )  # fmt: skip
    axes.set_xscale("log")
    if (doses == 0).any():
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

        ticks = [nothing, *_decades(positive)]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(
            FuncFormatter(lambda x, _: "0" if np.isclose(x, nothing) else f"{x:z,.10g}")
        )
    axes.set_ylim(spanned(*axes.get_ylim()))
    number_format(axes.yaxis, float(np.nanmax(np.abs(response.means))))


def _decades(doses: FloatArray) -> list[float]:
    """Powers of ten within the doses, or the doses where these are few."""
    low, high = np.ceil(np.log10(doses.min())), np.floor(np.log10(doses.max()))
    decades = [float(10.0**k) for k in np.arange(low, high + 1)]
    return decades[:: -(-len(decades) // 6)] if len(decades) > 1 else [float(d) for d in doses]
