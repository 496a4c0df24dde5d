"""`ProgressBar`: nothing where nobody looks, a line on a terminal, one bar in a notebook."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

import simnet as sn


def test_nothing_where_stderr_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    sn.ProgressBar("cells")(10, 10)
    assert capsys.readouterr() == ("", "")


def test_a_line_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = sn.ProgressBar("cells")
    bar(1, 1000)
    bar(2, 1000)  # too soon to be drawn
    bar(1000, 1000)
    first, last = capsys.readouterr().err.split("\r")[1:]
    assert "cells 1 of 1,000" in first
    assert "cells 1,000 of 1,000" in last
    assert last.endswith("\n")


def test_one_bar_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def display(html: str, display_id: bool) -> Any:
        assert display_id
        shown.append(html)
        return SimpleNamespace(update=lambda new: shown.__setitem__(-1, new))

    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))  # type: ignore[arg-type]
    fake = SimpleNamespace(HTML=str, display=display)
    monkeypatch.setitem(sys.modules, "IPython.display", fake)  # type: ignore[arg-type]
    bar = sn.ProgressBar("<cells>")
    sn.simulate(
        sn.load("hypoxia"), t_end="1 min", points=2, method="ssa", replicates=3, seed=1,
        workers=0, progress=bar,
    )  # fmt: skip
    (html,) = shown
    assert 'value="3" max="3"' in html
    assert "&lt;cells&gt; 3 of 3" in html
