"""A picture of a claim: what was simulated, and the number that it gives beside what is expected."""

import math
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray
from simnet.claims.measure import Finding
from simnet.claims.run import ClaimsResult
from simnet.claims.suite import Case
from simnet.experiment.times import duration
from simnet.plot.style import COLOURS, INK, MUTED, dress, time_axis, time_scale, value_axis
from simnet.readouts.language import bracket_text, quantities

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EXPECTED = "#E69F00"
_VERDICT_COLOURS = {"holds": "#009E73", "fails": "#D55E00", "undecided": MUTED}
_MOST_LINES = 30


def draw_claim(result: ClaimsResult, case: Case) -> "Figure":
    """Left the time courses of the readouts and arms that the claim compares (SSA: single
    replicates thin, their mean bold; dots where a value is taken), right the value with the band
    that is expected.

    Args:
        result: of `run_claims`.
        case: one of `result.cases` that was run.

    Returns:
        A figure of its own, unknown to pyplot.
    """
    from simnet.plot.figure import NotebookFigure

    finding = next(f for f in result.findings if f.claim.id == case.claim.id)
    names = case.readout.symbols
    figure = NotebookFigure(figsize=(3.2 + 4.2 * len(names), 3.6), layout="constrained")
    panels = figure.subplots(
        1, len(names) + 1, squeeze=False, width_ratios=[3.0] * len(names) + [1.1]
    )[0]
    for axes, name in zip(panels, names, strict=False):
        _draw_courses(axes, result, case, name)
    _draw_value(panels[-1], finding)
    claim = case.claim
    figure.suptitle(
        f"{claim.id}  {claim.readout}\n{case.protocol.meaning}",
        fontsize=10,
        color=INK,
        x=0.01,
        ha="left",
    )
    below = f"source: {claim.source}"
    if claim.rule.neutral is not None:
        below += "      dotted: no effect"
    figure.supxlabel(below, fontsize=8, color=MUTED, x=0.01, ha="left")
    return figure


def _draw_courses(axes: "Axes", result: ClaimsResult, case: Case, name: str) -> None:
    asked = [q for q in quantities(case.readout.tree) if q.name == name]
    arms = [arm for arm in case.arms if any(q.changes == arm.changes for q in asked)]
    first = result.courses[arms[0]]
    times, column = first.times, first.names.index(name)
    unit, scale = time_scale(float(np.ptp(times)), first.time_unit)
    dress(axes, name, result.units[name])
    shown = []
    for place, arm in enumerate(arms):
        values = result.courses[arm].values[:, :, column]
        colour = COLOURS[place % len(COLOURS)]
        mean = values.mean(axis=0)
        if len(values) > 1:
            axes.plot(times / scale, values[:_MOST_LINES].T, color=colour, lw=0.5, alpha=0.25)
        label = bracket_text(arm.changes).strip("[]") or (
            "control" if len(arms) > 1 else case.protocol.name
        )
        axes.plot(times / scale, mean, color=colour, lw=2, label=label)
        for quantity in asked:
            if quantity.changes == arm.changes and quantity.at is not None:
                at = duration(quantity.at, "time", first.time_unit)
                axes.plot(at / scale, np.interp(at, times, mean), "o", color=colour, ms=6)
        shown.append(values[:_MOST_LINES])
    every: FloatArray = np.concatenate([values.ravel() for values in shown])
    value_axis(axes, float(every.min()), float(every.max()))
    time_axis(axes, times / scale, unit, labelled=True)
    margin = 0.02 * float(np.ptp(times)) / scale
    axes.set_xlim(times[0] / scale - margin, times[-1] / scale + margin)  # dots at the ends whole
    if len(arms) > 1 or arms[0].changes:
        axes.legend(fontsize=8, frameon=False)


def _draw_value(axes: "Axes", finding: Finding) -> None:
    """The value as a dot (with its interval), the accepted band behind it."""
    dress(axes, "", None)
    shade = _VERDICT_COLOURS.get(finding.verdict, INK)
    axes.set_title(finding.verdict, loc="left", fontsize=10.5, fontweight="bold", color=shade)
    low, high = finding.claim.bounds
    interval = finding.interval or (finding.value, finding.value)
    points = [v for v in (low, high, finding.value, *interval) if math.isfinite(v)]
    neutral = finding.claim.rule.neutral
    if neutral is not None:
        points.append(neutral)
    bottom, top = min(points), max(points)
    room = 0.15 * (top - bottom) or 0.5 * abs(top) or 1.0
    bottom, top = bottom - room, top + room
    if min(points) >= 0:
        bottom = max(bottom, 0.0)
    axes.axhspan(max(low, bottom), min(high, top), color=EXPECTED, alpha=0.35, lw=0)
    if neutral is not None:
        axes.axhline(neutral, color=MUTED, lw=0.8, ls=":")
    if not math.isnan(finding.value):
        if finding.interval is not None:
            least, most = np.clip(finding.interval, bottom, top)
            axes.vlines(0, least, most, color=shade, lw=3)
        axes.plot(0, finding.value, "o", color=shade, ms=8, mec="white")
    axes.set_ylim(bottom, top)
    axes.set_xlim(-1, 1)
    axes.set_xticks([])
    axes.set_xlabel(
        f"expected {finding.claim.expectation}\nsimulated {finding.value:z.3g}",
        fontsize=8.5,
        color=MUTED,
    )
