"""`ProgressBar`: nothing where nobody looks, a line on a terminal, one bar in a notebook."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

import simnet as sn
from simnet.execute.progress import how_far, roughly


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


@pytest.mark.parametrize(
    ("done", "counted", "passed", "words"),
    [
        (0, 0, 70, "1:10 min"),
        (10, 20, 20, "10 of 1,000, 33:00 min left"),
        (500, 20, 30, "500 of 1,000, 10 s left"),  # half the time that 20 s for 500 leaves
        (999, 20, 30, "999 of 1,000, 0 s left"),
        (1000, 4000, 4000, "1,000 of 1,000, 1:06 h"),
    ],
)
def test_how_far(done: int, counted: float, passed: float, words: str) -> None:
    assert how_far(done, 1000, counted=counted, passed=passed) == words


def test_an_estimate_has_two_digits() -> None:
    assert [roughly(s) for s in (0.123, 200, 40_000, 1e6)] == ["0.12 s", "3.3 min", "11 h", "12 d"]
