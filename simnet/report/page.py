"""A report as one HTML page: sections of text, tables, figures and code, which need no other file.

All text is escaped; figures are inside the page as images. What makes the sections is elsewhere: a
page knows nothing of screens or studies.
"""

import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, TypeAlias

from simnet.experiment.times import time_text
from simnet.results.terminal import rounded

if TYPE_CHECKING:
    from matplotlib.figure import Figure


# How a page looks.


PAGE = """\
{% macro table(part) %}
<div class="wide"><table>
{% if part.caption %}<caption>{{ part.caption }}</caption>{% endif %}
<thead><tr>{% for name in part.columns %}<th scope="col"\
{% if loop.index > part.text %} class="number"{% endif %}>{{ name }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in part.rows %}
<tr>{% for cell in row %}<td{% if loop.index > part.text %} class="number"{% endif %}>\
{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table></div>
{% endmacro %}
{% macro part_of(part) %}
{% if part is of_kind("Text") %}
<p{% if part.kind %} class="{{ part.kind }}"{% endif %}>{{ part.text }}</p>
{% elif part is of_kind("PageTable") %}
{{ table(part) }}
{% elif part is of_kind("Picture") %}
<figure><img src="{{ part.source }}" alt="{{ part.alternative }}">
<figcaption>{{ part.caption }}</figcaption></figure>
{% elif part is of_kind("Preformatted") %}
<pre><code>{{ part.text }}</code></pre>
{% elif part is of_kind("Fold") %}
<details><summary>{{ part.title }}</summary>
{% for inner in part.parts %}{{ part_of(inner) }}{% endfor %}
</details>
{% endif %}
{% endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
:root { --ink: #222; --muted: #666; --line: #ddd; --accent: #0072b2; --soft: #f6f7f9; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff;
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 40px 0 10px; padding-bottom: 4px; border-bottom: 1px solid var(--line); }
p { margin: 8px 0; max-width: 80ch; }
.subtitle { color: var(--muted); margin: 0 0 16px; }
.note { color: var(--muted); font-size: 13px; }
.warning { border-left: 4px solid #d55e00; padding: 6px 12px; background: #fdf3ec; }
dl { display: flex; flex-wrap: wrap; gap: 10px 28px; margin: 16px 0 0; padding: 14px 16px;
  background: var(--soft); border-radius: 6px; }
dt { color: var(--muted); font-size: 12px; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
nav { margin: 14px 0 0; font-size: 13px; color: var(--muted); }
nav a { color: var(--accent); text-decoration: none; margin-right: 14px; }
figure { margin: 14px 0 22px; }
figure img { max-width: 100%; height: auto; display: block; }
figcaption { color: var(--muted); font-size: 13px; margin-top: 6px; max-width: 90ch; }
.wide { overflow-x: auto; margin: 10px 0 16px; }
table { border-collapse: collapse; font-size: 13px; }
caption { text-align: left; color: var(--muted); padding-bottom: 4px; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { font-weight: 600; border-bottom: 1px solid #999; }
td { overflow-wrap: break-word; min-width: 3ch; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
pre { background: var(--soft); padding: 12px 14px; border-radius: 6px; overflow-x: auto;
  font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
details { margin: 10px 0; }
summary { cursor: pointer; color: var(--accent); }
@media print { main { max-width: none; padding: 0; } nav { display: none; } }
</style>
</head>
<body>
<main>
<h1>{{ title }}</h1>
<p class="subtitle">{{ subtitle }}</p>
<dl>
{% for name, value in facts %}
<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>
{% endfor %}
</dl>
<nav>
{% for section in sections %}<a href="#s{{ loop.index }}">{{ section.title }}</a>{% endfor %}
</nav>
{% for section in sections %}
<section id="s{{ loop.index }}">
<h2>{{ section.title }}</h2>
{% for part in section.parts %}
{{ part_of(part) }}
{% endfor %}
</section>
{% endfor %}
</main>
</body>
</html>
"""
"""A jinja template, with escaping on; nothing in it is loaded from elsewhere."""


_LARGE = 600_000
"""Bytes of SVG above which a figure is kept as pixels."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph; a `note` is set small, a `warning` stands out."""

    text: str
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class PageTable:
    """Columns and rows of text. The first `text` columns are words, the others numbers."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    text: int = 1
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure with what it shows, in words."""

    source: str
    caption: str
    alternative: str


@dataclass(frozen=True, kw_only=True)
class Preformatted:
    """Text as it is typed."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Fold:
    """Parts under a line that opens them: long tables."""

    title: str
    parts: "Sequence[Part]"


Part: TypeAlias = Text | PageTable | Picture | Preformatted | Fold


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading and what is below it."""

    title: str
    parts: Sequence[Part]


def page(
    title: str, subtitle: str, facts: Sequence[tuple[str, str]], sections: Sequence[Section]
) -> str:
    """The page, as HTML.

    Args:
        title, subtitle: at the top.
        facts: short ones, as (name, value).
        sections: in order; those without parts are left out.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["of_kind"] = lambda part, kind: type(part).__name__ == kind
    shown = [section for section in sections if section.parts]
    return environment.from_string(PAGE).render(
        title=title, subtitle=subtitle, facts=facts, sections=shown
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
