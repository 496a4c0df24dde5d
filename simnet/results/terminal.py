"""Tables as a terminal shows them: names are never cut, and what does not fit comes below."""

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table


_GAP = 2  # between columns
_PROSE = 24  # a text may be wrapped to so many characters
_NAME = 32  # and a name that has spaces


@dataclass(kw_only=True)
class Sheet:
    """A table of text for any width of a terminal.

    Numbers are never wrapped, and the first column, which names the row, only between words. Columns
    that do not fit are shown in further blocks below, each with the names.

    Attributes:
        columns: headings.
        rows: a cell for each column; no markup.
        numbers: places of the columns that are numbers.
        title: above the table.
        caption: below it.
        sections: places of rows that a line follows.
        styles: rich's style of some rows, by place.
        names: how many of the first columns name the row: they are in every block.
    """

    columns: Sequence[str]
    rows: list[Sequence[str]]
    numbers: frozenset[int] = frozenset()
    title: str = ""
    caption: str = ""
    sections: set[int] = field(default_factory=set)
    styles: dict[int, str] = field(default_factory=dict)
    names: int = 1

    def without_empty(self) -> "Sheet":
        """The same without the columns that are empty, or a dash, in every row."""
        whole = range(len(self.columns))
        held = [i for i in whole if not self.rows or any(r[i] not in ("", "–") for r in self.rows)]
        return replace(
            self,
            columns=[self.columns[i] for i in held],
            rows=[[row[i] for i in held] for row in self.rows],
            numbers=frozenset(new for new, i in enumerate(held) if i in self.numbers),
        )

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        from rich.text import Text

        if self.title:
            yield Text(self.title, style="bold")
        for block in self.blocks(options.max_width):
            yield self._table(block)
            yield ""
        if self.caption:
            yield Text(self.caption, style="dim italic")
            yield ""

    def blocks(self, width: int) -> Iterator[dict[int, int]]:
        """Places of columns, each with its width; those that name the row are in every block."""
        natural = [max(map(_width, self._cells(place))) for place in range(len(self.columns))]
        least = [self._least(place, natural[place]) for place in range(len(self.columns))]
        least[0] = min(natural[0], max(least[0], _NAME))
        block = names = list(range(self.names))
        for place in range(self.names, len(self.columns)):
            if sum(least[i] + _GAP for i in (*block, place)) - _GAP > width and block != names:
                yield _shared(block, least, natural, width)
                block = names
            block = [*block, place]
        yield _shared(block, least, natural, width)

    def _cells(self, place: int) -> list[str]:
        return [self.columns[place], *(row[place] for row in self.rows)]

    def _least(self, place: int, natural: int) -> int:
        heading, *cells = self._cells(place)
        if place in self.numbers:
            return max(map(_width, (*heading.split(), *cells)), default=0)
        words = (word for cell in (heading, *cells) for word in cell.split())
        longest = max(map(_width, words), default=0)
        return min(natural, max(longest if place == 0 else min(longest, 2 * _PROSE), _PROSE))

    def _table(self, block: dict[int, int]) -> "Table":
        from rich import box
        from rich.table import Table
        from rich.text import Text

        made = Table(
            box=box.SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            collapse_padding=True,
            header_style="bold",
        )
        for place, width in block.items():
            made.add_column(
                Text(self.columns[place]),
                justify="right" if place in self.numbers else "left",
                width=width,
                overflow="fold",
            )
        for place, row in enumerate(self.rows):
            made.add_row(
                *(Text(row[i]) for i in block),
                style=self.styles.get(place),
                end_section=place in self.sections,
            )
        return made


def _shared(
    block: list[int], least: Sequence[int], natural: Sequence[int], width: int
) -> dict[int, int]:
    """Widths of a block's columns: what is left goes to those that are wrapped, evenly."""
    widths = {place: least[place] for place in block}
    left = width - sum(widths.values()) - _GAP * (len(block) - 1)
    while left > 0 and (narrow := [i for i in block if widths[i] < natural[i]]):
        widths[min(narrow, key=widths.__getitem__)] += 1
        left -= 1
    return widths


def _width(text: str) -> int:
    """Places that the longest line of a text takes."""
    return max((_places(line) for line in text.split("\n")), default=0)


def _places(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "", text: int = 1
) -> Sheet:
    """A table of which the first `text` columns are text, and the others numbers."""
    numbers = frozenset(range(text, len(columns)))
    return Sheet(columns=columns, rows=list(rows), numbers=numbers, title=title)


# Numbers as people read them, in tables of terminals, pages and reports.


def rounded(value: float | None, digits: int = 4, *, most: float = 1e9) -> str:
    """About so many digits: thousands as 1,000, powers of ten below 0.001 and from `most` on; zero
    without a sign, and a dash for what there is not."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    size = abs(value)
    if size and (size < 1e-3 or size >= most):
        return f"{value:.3g}"
    return f"{value:,.0f}" if size >= 1000 else f"{value:z.{digits}g}"


def signed(value: float, digits: int) -> str:
    """So many decimals, with a sign before all that is not zero then."""
    text = f"{value:+z.{digits}f}"
    return text if text.strip("+0.") else text[1:]
