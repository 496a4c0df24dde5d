"""Runs the code of the pages, and keeps what it prints and draws beside it.

    python docs/run_pages.py [--take] [PAGE.md ...]

Every ```python and ```console block of a page is run, in order, in one namespace and an empty
folder. What a block prints is the ```text block right behind it; images that the page shows must
have been written by its blocks. A console block holds `$ command` lines, which a backslash
continues. ```toml, ```antimony, ... blocks with title="NAME" are written to that file first, and
```python blocks with a title too.

Without --take a difference is an error, but for the rounding of a last digit; with it the page and
its figures are written anew.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from compare_pages import agree

DOCS = Path(__file__).resolve().parent
README = DOCS.parent / "README.md"
FIGURES = "figures"
TERMINAL = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
BIN = Path(sys.executable).parent
_FENCE = re.compile(r"^```(\w*)(?: title=\"([^\"]+)\")?\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
_IMAGE = re.compile(r"!\[[^\]]*\]\(([^)]+)\)")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A fenced block: its language, title, text, and where it is in the page."""

    language: str
    title: str
    text: str
    start: int
    end: int


def pages() -> list[Path]:
    """The pages that hold code to run, and the README."""
    found = [
        README,
        *DOCS.glob("*.md"),
        *DOCS.glob("howto/*.md"),
        *DOCS.glob("tutorials/*.md"),
    ]
    found += DOCS.glob("contributing/*.md")
    return sorted(
        page for page in found if any(is_run(b) for b in blocks(page.read_text(encoding="utf-8")))
    )


def blocks(text: str) -> list[Block]:
    """All fenced blocks of a page."""
    return [
        Block(language=m[1], title=m[2] or "", text=m[3], start=m.start(), end=m.end())
        for m in _FENCE.finditer(text)
    ]


def is_run(block: Block) -> bool:
    """Whether a block is run."""
    return block.language in ("python", "console") and not block.title


def shown_images(text: str) -> list[str]:
    """The figures that a page shows and that its code has to write."""
    return [path for path in _IMAGE.findall(text) if f"{FIGURES}/" in path]


def run(text: str, folder: Path) -> str:
    """The page with its outputs as they are now; the code runs in `folder`.

    Raises what the code raises.
    """
    namespace: dict[str, object] = {"__name__": "__page__"}
    pieces, done = [], 0
    found = blocks(text)
    for place, block in enumerate(found):
        if block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")
        if not is_run(block):
            continue
        pieces.append(text[done : block.end])
        done = block.end
        printed = _python(block.text, namespace) if block.language == "python" else _console(block)
        after = found[place + 1] if place + 1 < len(found) else None
        if (
            after is not None
            and after.language == "text"
            and not after.title
            and not text[done : after.start].strip()
        ):
            done = after.end
        if printed.strip():
            lines = "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())
            pieces.append(f"```text\n{lines}\n```\n")
    return "".join([*pieces, text[done:]])


def _python(code: str, namespace: dict[str, object]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "<page>", "exec"), namespace)
    return out.getvalue()


def _console(block: Block) -> str:
    """What commands print on stdout.

    Raises RuntimeError where one ends with an error.
    """
    printed = []
    for line in block.text.replace("\\\n", "").splitlines():
        assert line.startswith("$ "), f"a console block holds commands, not {line!r}"
        settings = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        settings |= {**TERMINAL, "PYTHONIOENCODING": "utf-8"}
        ran = subprocess.run(
            line[2:], shell=True, env=settings, encoding="utf-8", capture_output=True, check=False
        )
        if ran.returncode or "error:" in ran.stderr:  # a pipe ends with the code of its last part
            raise RuntimeError(f"{line}\n{ran.stdout}{ran.stderr}")
        printed.append(ran.stdout)
    return "".join(printed)


@contextlib.contextmanager
def empty_folder() -> Iterator[Path]:
    """An empty folder that is the current one, and from which modules can be imported; in the same
    terminal everywhere."""
    before, path, modules = Path.cwd(), list(sys.path), set(sys.modules)
    environment = dict(os.environ)
    os.environ.update(TERMINAL)
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        sys.path.insert(0, name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)
            sys.path[:] = path
            os.environ.clear()
            os.environ.update(environment)
            for module in set(sys.modules) - modules:  # pages may write modules of one name
                file = getattr(sys.modules[module], "__file__", None)
                if file and Path(file).is_relative_to(name):
                    del sys.modules[module]


def differences(page: Path, *, take: bool = False) -> list[str]:
    """What is not as the page says; `take` writes it anew instead."""
    text = page.read_text(encoding="utf-8")
    with empty_folder() as folder, warnings.catch_warnings():
        warnings.simplefilter("error")
        # What sympy and its likes warn of is not ours.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=ImportWarning)
        now = run(text, folder)
        wanted = shown_images(text)
        missing = [path for path in wanted if not (folder / Path(path).name).is_file()]
        if take and not missing:
            page.write_text(now, encoding="utf-8")
            for path in wanted:
                target = (page.parent / path).resolve()
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / Path(path).name, target)
    found = [f"{page.name}: no block writes {path}" for path in missing]
    found += [
        f"{page.name}: {path} is not kept: run python docs/run_pages.py --take {page.name}"
        for path in wanted
        if not (page.parent / path).is_file() and path not in missing
    ]
    if not take and not agree(text, now):
        import difflib

        lines = difflib.unified_diff(text.splitlines(), now.splitlines(), "kept", "now", n=1)
        found.append(f"{page.name}:\n" + "\n".join(lines))
    return found


def main(arguments: Sequence[str]) -> int:
    """Run all pages, or those named."""
    take = "--take" in arguments
    named = [name for name in arguments if name != "--take"]
    chosen = [page for page in pages() if not named or any(str(page).endswith(n) for n in named)]
    found = []
    for page in chosen:
        print(page.relative_to(DOCS.parent), flush=True)
        found += differences(page, take=take)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
