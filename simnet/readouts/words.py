"""The words of the language, and how its texts look: names, numbers, times."""

import re

from simnet.experiment.times import TimeSpec

ARITHMETIC = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
"""Signs and how tightly they bind; a minus before a term binds like 3."""

COMPARISONS = ("<=", ">=", "<", ">")

POINTWISE = ("log2", "log", "abs")

OF_COURSE = (
    "auc",
    "average",
    "max",
    "min",
    "time_of_max",
    "steady",
    "first_passage",
    "half_time",
)

OF_ENSEMBLE = ("mean", "sd", "var", "cv", "fano", "quantile", "median", "fraction")

COMPARING = ("first_passage", "fraction")
"""Functions whose argument is a comparison."""

UNITS = {
    "ms": "ms",
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
}
"""Units of time as users write them, and as the canonical text has them."""

NAME = re.compile(r"[^\W\d]\w*")


def number_text(value: float) -> str:
    """The shortest text that reads back as the same number: 100, 0.9, 1e-05."""
    text = repr(float(value))
    return text[:-2] if text.endswith(".0") else text


def time_text(time: TimeSpec) -> str:
    """A time as the language has it: "48h", or a number in the network's unit."""
    return time if isinstance(time, str) else number_text(time)


def name_text(name: str) -> str:
    """A name, in quotes where it is not plain."""
    if NAME.fullmatch(name):
        return name
    return f"'{name}'" if '"' in name else f'"{name}"'
