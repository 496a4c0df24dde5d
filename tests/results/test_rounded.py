"""Numbers as tables show them."""

import math

import pytest

from simnet.cli.output import number as in_terminals
from simnet.cli.output import plain
from simnet.report.page import number as in_reports
from simnet.results.terminal import rounded, signed
from simnet.sensitivity.result import _number as indices


@pytest.mark.parametrize(
    ("value", "terminal", "report"),
    [
        (0.0, "0", "0"),
        (-0.0, "0", "0"),
        (0.123456, "0.1235", "0.123"),
        (-3.14159, "-3.142", "−3.14"),
        (1234.5, "1,234", "1,234"),
        (2.5e8, "250,000,000", "2.5e+08"),
        (-3e-5, "-3e-05", "−3e−05"),
        (math.inf, "∞", "∞"),
        (-math.inf, "-∞", "−∞"),
        (math.nan, "–", "–"),
    ],
)
def test_one_rule_for_terminals_and_reports(value: float, terminal: str, report: str) -> None:
    assert in_terminals(value) == terminal
    assert in_reports(value) == report


def test_what_there_is_not_is_a_dash() -> None:
    assert rounded(None) == "–"


def test_zero_has_no_sign() -> None:
    shown = [signed(x, 1) for x in (-0.04, 0.04, -0.0, 0.0, -0.06, 12.0)]
    assert shown == ["0.0", "0.0", "0.0", "0.0", "-0.1", "+12.0"]
    assert str(plain({"x": [-0.0, 1.0]})) == "{'x': [0.0, 1.0]}"
    assert indices(-0.0) == "0.000"
