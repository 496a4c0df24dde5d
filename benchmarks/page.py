"""A section of the page: some words and a table."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Section:
    """What a benchmark gives."""

    title: str
    text: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    level: int = 2
    first: bool = False
    """Whether it goes before the others of its part, though it is known last."""

    def text_of(self) -> str:
        """In Markdown."""
        lines = [f"{'#' * self.level} {self.title}", self.text, ""]
        if self.rows:
            lines += [_line(self.head), _line(["---", *["---:"] * (len(self.head) - 1)])]
            lines += [_line(row) for row in self.rows]
        return "\n".join(lines).rstrip() + "\n"


def ratios(values: Sequence[float], digits: int = 2) -> str:
    """Median (least to largest)."""
    middle, least, most = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


def rounded(values: Sequence[float]) -> str:
    """The same with three significant digits, or whole numbers."""
    parts = [f"{v:,.0f}" if abs(v) >= 100 else f"{v:.3g}" for v in
             (statistics.median(values), min(values), max(values))]  # fmt: skip
    return f"{parts[0]} ({parts[1]} to {parts[2]})"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in cells) + " |"
