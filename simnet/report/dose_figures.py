"""Figures of a screen: dose and response, a panel for each readout."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.plot.style import COLOURS, MUTED, dress, number_format
from simnet.report.screen_figures import figure_of, spanned
from simnet.report.shown import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simnet.screen.dose_response import DoseResponse


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
    nothing = float(positive.min()) / (
        10 if len(positive) < 2 else min(10, positive[1] / positive[0])
    )
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
    axes.text(
        *(0.98, 0.04 if low else 0.97),  # where the last points are not
        text,
        transform=axes.transAxes,
        ha="right",
        va="bottom" if low else "top",
        fontsize=8,
        color=MUTED,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        zorder=5,
    )
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
