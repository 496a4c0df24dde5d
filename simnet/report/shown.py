"""Numbers and times as reports show them."""

import math

from simnet.experiment.times import time_text
from simnet.results.rounded import rounded


def number(value: float) -> str:
    """About three digits, thousands as 1,000; a dash for what there is not."""
    return rounded(value, 3, most=1e7).replace("-", "−")


def interval(low: float, high: float) -> str:
    """Both ends; a dash where there are none."""
    return "–" if math.isnan(low) or math.isnan(high) else f"{number(low)} to {number(high)}"


def time(value: float, unit: str | None) -> str:
    """A time in hours or the like, where the network counts seconds."""
    return time_text(value) if unit == "s" else f"{value:.4g} {unit or ''}".strip()


def shortened(text: str, length: int) -> str:
    """A text with its middle left out where it is too long."""
    if len(text) <= length:
        return text
    end = (length - 1) // 2
    return f"{text[: length - 1 - end]}…{text[-end:]}"
