"""Numbers and times as reports show them."""

import math

from simnet.experiment.times import time_text


def number(value: float, digits: int = 3) -> str:
    """About three digits, thousands as 1,000; a dash for what there is not."""
    if math.isnan(value):
        return "–"
    if value == 0 or math.isinf(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "0")
    size = abs(value)
    if 1000 <= size < 1e7:
        text = f"{value:,.0f}"
    elif size < 1e-3 or size >= 1e7:
        text = f"{value:.{digits - 1}e}"
    else:
        text = f"{value:.{digits}g}"
    return text.replace("-", "−")


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
