"""How our figures look: colours that colour-blind people can tell apart, and readable axes."""

import math
from typing import TYPE_CHECKING

from simnet.arrays import Times
from simnet.errors import ModelError
from simnet.network.units import parse_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

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
    axes.set_ylabel(shown_unit(unit), fontsize=9, color=MUTED)
    axes.grid(color="#e6e6e6", linewidth=0.7)
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
