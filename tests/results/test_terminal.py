"""Tables in terminals of any width."""

import io

import pytest
from rich.console import Console

from simnet.results.terminal import Sheet, table

LONG = "HIF1A_prolyl_hydroxylation_by_PHD2_and_PHD3"
NUMBERS = table(
    ["factor", "estimate", "95 % interval", "standard error", "largest of all", "p"],
    [[LONG, "0.123", "0.120 to 0.126", "0.00031", "1,234,567", "0.01"], ["dummy", *["0"] * 5]],
)


def shown(made: Sheet, width: int) -> list[str]:
    """Its lines in a terminal."""
    out = io.StringIO()
    Console(file=out, width=width).print(made)
    return [line.rstrip() for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_names_and_numbers_are_whole(width: int) -> None:
    lines = shown(NUMBERS, width)
    assert max(map(len, lines)) <= width
    assert all(any(LONG in line and cell in line for line in lines) for cell in NUMBERS.rows[0])


def test_what_does_not_fit_comes_below_with_the_names() -> None:
    assert sum(LONG in line for line in shown(NUMBERS, 200)) == 1
    assert sum(LONG in line for line in shown(NUMBERS, 80)) == 2


def test_rows_named_by_two_columns_keep_both_below() -> None:
    rows = [["HIF1A (molecules)", time, *["123,456 ± 1,234"] * 4] for time in ("6.667", "13.33")]
    made = table(["readout", "time", "compiled", "roadrunner", "reference", "CME"], rows, text=2)
    made.names = 2
    lines = shown(made, 80)
    assert max(map(len, lines)) <= 80
    assert sum("HIF1A (molecules)  6.667" in line for line in lines) == 2
    assert sum("HIF1A (molecules)  13.33" in line for line in lines) == 2


def test_prose_is_wrapped_between_words() -> None:
    prose = "inhibitor of the prolyl hydroxylases of HIF1A with an apparent affinity in cells"
    made = table(["name", "value", "meaning"], [["x", "1", prose]])
    made.numbers = frozenset({1})
    lines = shown(made, 50)
    assert max(map(len, lines)) <= 50
    words = [line[len("x     value  ") - 1 :].split() for line in lines[2:]]
    assert " ".join(word for line in words for word in line) == prose


def test_empty_columns_are_left_out() -> None:
    made = table(["a", "b", "c", "d"], [["x", "", "–", "1"], ["y", "", "–", "–"]], text=3)
    made = made.without_empty()
    assert (made.columns, made.rows) == (["a", "d"], [["x", "1"], ["y", "–"]])
    assert made.numbers == {1}


def test_markup_is_text() -> None:
    assert any("[red]" in line for line in shown(table(["a"], [["[red]x"]]), 40))
