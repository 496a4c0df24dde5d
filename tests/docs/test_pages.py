"""The code of the pages runs, and prints and draws what the pages show."""

import re
from pathlib import Path

import pytest
import run_pages

PAGES = run_pages.pages()


@pytest.mark.thorough
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_page_shows_what_its_code_does(page: Path) -> None:
    assert run_pages.differences(page) == []


def test_every_tutorial_and_worked_example_is_run() -> None:
    for folder in ("tutorials", "howto"):
        assert set(run_pages.DOCS.glob(f"{folder}/*.md")) <= set(PAGES)
    worked = {"engine", "sensitivity_method", "network"}
    assert worked <= {page.stem for page in PAGES}
    assert run_pages.README in PAGES


def test_zero_is_shown_without_a_sign() -> None:
    pages = [run_pages.README, *run_pages.DOCS.rglob("*.md"), *run_pages.DOCS.rglob("*.txt")]
    signed = re.compile(r"(?<![\w.])[-+−]0(?:\.0+)?(?![\w.])")
    for page in pages:
        assert not signed.findall(page.read_text(encoding="utf-8")), page


def test_a_backslash_continues_a_command(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ echo one \\\n    two\n```\n```text\none two\n```\n", "utf-8")
    assert run_pages.differences(page) == []


def test_a_page_is_as_wide_in_every_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    code = "import pandas as pd\nprint(pd.DataFrame([[0.5] * 8], columns=list('abcdefgh')))"
    page.write_text(f"```python\n{code}\n```\n", encoding="utf-8")
    assert run_pages.differences(page, take=True) == []
    monkeypatch.setenv("COLUMNS", "20")
    assert run_pages.differences(page) == []


def test_a_page_that_shows_something_else_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n\n```python\nprint(1 + 1)\n```\n```text\n3\n```\n", encoding="utf-8")
    (told,) = run_pages.differences(page)
    assert "+2" in told
    assert "-3" in told
    assert run_pages.differences(page, take=True) == []
    assert run_pages.differences(page) == []


def test_a_figure_that_no_block_writes_is_told(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\n1\n```\n![x](figures/page/x.png)\n", encoding="utf-8")
    (told, *_) = run_pages.differences(page)
    assert "no block writes" in told


def test_a_command_that_fails_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ simnet show nosuchnetwork\n```\n", encoding="utf-8")
    with pytest.raises(RuntimeError, match="nosuchnetwork"):
        run_pages.differences(page)
