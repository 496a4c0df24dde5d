"""What mkdocs asks for while it builds: the pages that are made, not written."""

import os
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # a hook's neighbours, also later on

import error_examples
import network_pages
import reference_page
from mkdocs.structure.files import File

_PRINTED = re.compile(r'<div class="language-text highlight">(.*?)</div>', re.DOTALL)
_WIDE = 105  # characters that fit beside both sidebars


_ITEM = re.compile(r"- |\d+\. |\|")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A list or table right below a paragraph is one, as GitHub shows it: mkdocs wants a blank line
    between."""
    lines: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        before = lines[-1] if lines else ""
        fenced ^= line.lstrip().startswith("```")
        starts = _ITEM.match(line) and before.strip() and not _ITEM.match(before)
        if starts and not fenced and not before.startswith((" ", "#", "```")):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


def on_page_content(html: str, **_: Any) -> str:
    """Wrap what is printed in long lines, unless it is a table, whose columns would part."""

    def wrapped(block: re.Match[str]) -> str:
        lines = re.sub(r"<[^>]+>", "", block[1]).splitlines()
        if "───" in block[1] or max(map(len, lines), default=0) <= _WIDE:
            return block[0]
        return block[0].replace("language-text highlight", "language-text wrap highlight", 1)

    return _PRINTED.sub(wrapped, html)


def on_files(files: Any, config: Any) -> Any:
    """Add the made pages and pictures to the site's files."""
    os.environ.setdefault("NO_COLOR", "1")

    def add(path: str, text: str) -> None:
        files.append(File.generated(config, path, content=text))

    add("errors.md", error_examples.page())
    add("reference.md", reference_page.page())
    for name in network_pages.names():
        add(f"networks/{name}.md", network_pages.page(name))
        for path, text in network_pages.pictures(name).items():
            add(f"networks/{path}", text)
    return files
