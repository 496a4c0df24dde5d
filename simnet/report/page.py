"""A report as one HTML page: sections of text, tables, figures and code, which need no other file.

`page.html` is the template. All text is escaped; figures are inside the page as images. A page knows
nothing of screens or studies: `screen` and `sensitivity` make its sections.
"""

import math
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Literal, TypeAlias

from simnet.experiment.times import time_text
from simnet.results.terminal import rounded

if TYPE_CHECKING:
    from matplotlib.figure import Figure


_LARGE = 600_000
"""Bytes of SVG above which a figure is stored as pixels."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph; a `note` is small, a `warning` stands out, `code` is shown as it is typed."""

    text: str
    kind: Literal["", "note", "warning", "code"] = ""


@dataclass(frozen=True, kw_only=True)
class PageTable:
    """Columns and rows of text. The first `text` columns are words, the others numbers. With a title
    it is folded under that line, which opens it: for long tables."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    text: int = 1
    caption: str = ""
    title: str = ""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure with a description of it, in words."""

    source: str
    caption: str
    alternative: str


Part: TypeAlias = Text | PageTable | Picture


def page(
    title: str,
    subtitle: str,
    facts: Sequence[tuple[str, str]],
    sections: Sequence[tuple[str, Iterable[Part]]],
) -> str:
    """The page, as HTML.

    Args:
        title, subtitle: at the top.
        facts: short ones, as (name, value).
        sections: headings with what is below them; those without parts are left out.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("simnet", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["of_kind"] = lambda part, kind: type(part).__name__ == kind
    filled = [(heading, parts) for heading, given in sections if (parts := list(given))]
    return environment.get_template("page.html").render(
        title=title, subtitle=subtitle, facts=facts, sections=filled
    )


def picture(figure: "Figure", caption: str, alternative: str = "") -> Picture:
    """A figure, drawn into the page: as SVG, or as pixels where that would be very large."""
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "simnet", "svg.fonttype": "path"}):
        buffer = BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    kind, content = "svg+xml", buffer.getvalue()
    if len(content) > _LARGE:
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=160)
        kind, content = "png", buffer.getvalue()
    data = b64encode(content).decode()
    return Picture(
        source=f"data:image/{kind};base64,{data}",
        caption=caption,
        alternative=alternative or caption,
    )


# Numbers and times as reports show them.


def number(value: float) -> str:
    """About three digits, thousands as 1,000; a dash where there is none."""
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
