"""What commands print: consoles, numbers, tables and JSON."""

import math
import sys
from typing import TYPE_CHECKING

from simnet.results.rounded import rounded
from simnet.results.terminal import Sheet as Sheet
from simnet.results.terminal import table as table

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

_UNWATCHED = 140  # columns where nobody's terminal sets the width


def console() -> "Console":
    """Standard output."""
    from rich.console import Console

    wide = Console()
    return wide if wide.is_terminal else Console(width=max(wide.width, _UNWATCHED))


def say(text: str, style: str | None = None) -> None:
    """A line of prose: wrapped between words in a terminal, left whole where a program reads it."""
    out = console()
    out.print(text, style=style, markup=False, highlight=False, soft_wrap=not out.is_terminal)


def number(value: float | None) -> str:
    """About four digits, thousands as 1,000; a dash for what there is not."""
    return rounded(value)


def spread(width: float, mean: float) -> float:
    """A standard deviation or error; 0 where it is only the rounding of a mean of equal values."""
    return 0.0 if width <= 1e-12 * abs(mean) else width


def fold(start: float, end: float) -> str:
    """A fold change: 2.5x; a dash where there was nothing at the start."""
    if not (math.isfinite(start) and math.isfinite(end)) or start == 0:
        return "–"
    return f"{end / start:.3g}x"


def unit_text(unit: str | None) -> str:
    """A unit for people."""
    return {None: "", "1": "", "item": "molecules"}.get(unit, unit or "")


def count(amount: int, noun: str) -> str:
    """1 replicate, 2 replicates, 3 species."""
    return f"{amount:,} {noun}{'' if amount == 1 or noun.endswith('s') else 's'}"


def print_csv(frame: "pd.DataFrame") -> None:
    """A table as CSV on standard output."""
    frame.to_csv(sys.stdout, index=False)


def print_json(data: object) -> None:
    """Indented JSON on standard output; NaN is null."""
    import json

    sys.stdout.write(json.dumps(plain(data), indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def plain(data: object) -> object:
    """The same as JSON data: tuples become lists, NaN and infinities null."""
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [plain(value) for value in data]
    if isinstance(data, float):
        return data + 0.0 if math.isfinite(data) else None  # zero has no sign
    return data
