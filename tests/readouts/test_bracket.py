"""Brackets say changes in the words of the command line."""

import pytest

from simnet.errors import InputError
from simnet.experiment.change import (
    CHANGES,
    Add,
    Change,
    Clamp,
    Dose,
    Knockdown,
    Knockout,
    Overexpress,
    Scale,
    Set,
    Washout,
)
from simnet.readouts.bracket import bracket_text, change_of
from simnet.readouts.parser import parse_readout

_WORDS: list[tuple[str, Change, str]] = [
    ("2.5", Set("N", 2.5), "2.5"),
    ("-1e-3", Set("N", -0.001), "-0.001"),
    ("set 2", Set("N", 2.0), "2"),
    ("x2", Scale("N", 2.0), "x2"),
    ("x .5", Scale("N", 0.5), "x0.5"),
    ("scale 3", Scale("N", 3.0), "x3"),
    ("add 10", Add("N", 10.0), "add 10"),
    ("100nM", Dose("N", nM=100.0), "100nM"),
    ("5 pM", Dose("N", nM=0.005), "0.005nM"),
    ("0.1uM", Dose("N", nM=100.0), "100nM"),
    ("2 µM", Dose("N", nM=2000.0), "2000nM"),
    ("1mM", Dose("N", nM=1e6), "1000000nM"),
    ("knockdown 0.9", Knockdown("N", 0.9), "knockdown 0.9"),
    ("overexpress 3", Overexpress("N", 3.0), "overexpress 3"),
    ("held 5", Clamp("N", 5.0), "held 5"),
    ("clamp 5", Clamp("N", 5.0), "held 5"),
    ("knockout", Knockout("N"), "knockout"),
    ("washout", Washout("N"), "washout"),
]


@pytest.mark.parametrize(("text", "change", "canonical"), _WORDS)
def test_words_mean_changes(text: str, change: Change, canonical: str) -> None:
    assert change_of("N", text) == change
    assert parse_readout(f"X@1[N={text}]").conditions == ((change,),)
    assert bracket_text([change]) == f"[N={canonical}]"


def test_every_type_of_change_can_be_written() -> None:
    assert {type(change) for _, change, _ in _WORDS} == set(CHANGES.values())


def test_the_base_condition_has_no_bracket() -> None:
    assert bracket_text(()) == ""


def test_what_is_no_change_is_refused() -> None:
    with pytest.raises(InputError, match="readouts have no words for it"):
        bracket_text(["k=2"])  # type: ignore[list-item]
