"""One notation: what is written reads back as it was, and what cannot be read says why and where."""

import json
import math
import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

import simnet as sn
from simnet.experiment.change import (
    CHANGES,
    Add,
    Change,
    Clamp,
    Dose,
    Form,
    Forms,
    Knockdown,
    Knockout,
    Overexpress,
    Resolved,
    Scale,
    Set,
    Washout,
    change_record,
)
from simnet.experiment.condition import Condition, change_from_record, condition_from_record
from simnet.experiment.notation import (
    Treatment,
    change_text,
    changes_text,
    forms,
    read_changes,
    read_schedule,
    read_spread,
    read_treatment,
    read_variability,
    schedule_text,
    spread_text,
)
from simnet.experiment.schedule import At, Pulse, Repeat, Scheduled
from simnet.experiment.times import UNITS
from simnet.experiment.variability import SPREADS, LogNormal, Normal, Spread, Uniform
from simnet.readouts.language import bracket_text
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
    ("0.1|1 | 10nM", Dose("N", nM=[0.1, 1, 10]), "0.1|1|10nM"),
    ("1|2uM", Dose("N", nM=[1e3, 2e3]), "1000|2000nM"),
    ("knockdown 0.9", Knockdown("N", 0.9), "knockdown 0.9"),
    ("overexpress 3", Overexpress("N", 3.0), "overexpress 3"),
    ("held 5", Clamp("N", 5.0), "held 5"),
    ("clamp 5", Clamp("N", 5.0), "held 5"),
    ("knockout", Knockout("N"), "knockout"),
    ("washout", Washout("N"), "washout"),
]

_names = st.text(min_size=1)
_numbers = st.floats(allow_nan=False, allow_infinity=False)
_sizes = st.floats(0, 1e300)


def _changes_of(cls: Any) -> st.SearchStrategy[Change]:
    """Any change of a type: its fields but the name are numbers."""
    numbers = {f.name: _numbers for f in fields(cls) if f.name != "name"}
    return st.builds(cls, name=_names, **numbers)


_ladders = st.builds(Dose, _names, nM=st.lists(_sizes, min_size=2, max_size=4))
_changes = st.one_of([*map(_changes_of, CHANGES.values()), _ladders])
_times = st.one_of(
    _numbers,
    st.integers(-(10**6), 10**6),
    st.tuples(_sizes, st.sampled_from(["", " "]), st.sampled_from(sorted(UNITS))).map(
        lambda parts: f"{parts[0]!r}{parts[1]}{parts[2]}"
    ),
)
_several = st.lists(_changes, min_size=1, max_size=3)
_entries: st.SearchStrategy[Scheduled] = st.one_of(
    st.builds(lambda time, made: At(time, *made), _times, _several),
    st.builds(Pulse, _times, _times, _changes_of(Set)),
    st.builds(
        lambda first, every, count, made: Repeat(first, every, count, *made),
        _times,
        _times,
        st.integers(1, 10**6),
        _several,
    ),
)
_spreads: st.SearchStrategy[Spread] = st.one_of(
    st.builds(LogNormal, cv=st.floats(0, 1e9)),
    st.builds(Normal, cv=st.floats(0, 0.25)),
    st.builds(Uniform, fold=st.floats(1, 1e9)),
)


@pytest.mark.parametrize(("text", "change", "canonical"), _WORDS)
def test_words_mean_changes(text: str, change: Change, canonical: str) -> None:
    assert read_changes(f"N={text}") == (change,)
    assert parse_readout(f"X@1[N={text}]").conditions == ((change,),)
    assert change_text(change) == f"N={canonical}"
    assert bracket_text([change]) == f"[N={canonical}]"


def test_every_type_can_be_written() -> None:
    assert {type(change) for _, change, _ in _WORDS} == set(CHANGES.values())
    assert all(cls.forms for cls in SPREADS.values())
    assert forms() == (
        "2.5, x2, add 10, knockdown 0.9, knockout, overexpress 3, 100nM, washout or held 5"
    )


@given(_several)
def test_changes_read_back_as_they_are(changes: list[Change]) -> None:
    text = changes_text(changes)
    assert read_changes(text) == tuple(changes)
    assert changes_text(read_changes(text)) == text


@given(_entries)
def test_schedules_read_back_as_they_are(entry: Scheduled) -> None:
    text = schedule_text(entry)
    assert read_schedule(text) == (entry,)
    assert schedule_text(read_schedule(text)[0]) == text


@given(_names, _spreads)
def test_variability_reads_back_as_it_is(name: str, spread: Spread) -> None:
    assert read_spread(spread_text(name, spread)) == (name, spread)


@given(_several, _several, st.lists(_entries, max_size=2), st.dictionaries(_names, _spreads))
def test_conditions_read_back_as_they_are(
    background: list[Change], changes: list[Change], schedule: list[Scheduled], spread: Any
) -> None:
    condition = Condition(
        label="any",
        background=tuple(background),
        changes=tuple(changes),
        schedule=tuple(schedule),
        variability=spread,
        equilibrate="2 h",
        replicates_per_cell=2,
        key="row 1",
    )
    assert condition_from_record(json.loads(json.dumps(condition.record()))) == condition


def test_names_that_look_like_the_notation() -> None:
    for name in ("every", "from", "a: b=1", "2h", "x'\"]", '"', "'", "a;b", "A(b='u')", "µ"):
        change = Set(name, 1.0)
        assert read_treatment(change_text(change)) == Treatment(changes=(change,))
        (key,) = parse_readout(f"X{bracket_text([change])}").conditions
        assert key == (change,)


def test_a_treatment_has_parts() -> None:
    text = (
        "from the start: HIF1A=knockout, MCT1=x2; O2_percent=1 ;30 min: axitinib=10nM,O2_percent=5;"
        "from 24h for 6: O2_percent=20; every 12h from 0.5, 5 times: drug=add 3; 7: axitinib=washout"
    )
    assert read_treatment(text) == Treatment(
        background=(Knockout("HIF1A"), Scale("MCT1", 2.0)),
        changes=(Set("O2_percent", 1.0),),
        schedule=(
            At("30 min", Dose("axitinib", nM=10.0), Set("O2_percent", 5.0)),
            Pulse("24h", 6, Set("O2_percent", 20.0)),
            Repeat(0.5, "12h", 5, Add("drug", 3.0)),
            At(7, Washout("axitinib")),
        ),
    )
    assert type(At(7, Washout("a")).time) is type(read_schedule("7: a=washout")[0].time)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "column 1: the text ends where NAME=VALUE or a time should be"),
        ("HIF1A", "column 1: 'HIF1A' where NAME=VALUE or a time should be; write \"24h: NAME"),
        ("HIF1A=", "column 7: a change is missing; write one of 2.5, x2,"),
        (
            "HIF1A=twice",
            "change 'HIF1A=twice': column 7: 'twice' is not a change; write one of 2.5",
        ),
        ("HIF1A=1e999", "'1e999' is not a change"),
        ("O2_percent=1|5", "only doses take several values, 0.1|1|10nM"),
        (
            "A(b)=2",
            "column 1: 'A' where NAME=VALUE or a time should be; other names than letters, di",
        ),
        ("a=1, 2=3", "column 6: '2' where a name should be"),
        ("a=1]", "column 4: ']' is not expected here"),
        ("24h", "column 4: the text ends where ':' should be"),
        ("24h:", "column 5: the text ends where a name should be; write NAME=VALUE; other names"),
        (
            "3 weeks: a=1",
            "column 3: 'weeks' after a number is not a unit of time; units of time are",
        ),
        ("from 2h: a=1", "column 8: ':' where 'for' should be"),
        ("from 2h for 1h: a=1, b=2", "column 1: a pulse takes one change"),
        ("from 2h for 1h: a=knockout", "only a Set can be undone"),
        ("every 2h, 3 times: a=1", "column 9: ',' where 'from' should be"),
        ("every 2h from 0, often: a=1", "column 18: 'often' where a number of times should be"),
        ("every 2h from 0, 0 times: a=1", "not a whole number of at least 1"),
    ],
)
def test_what_cannot_be_read(text: str, says: str) -> None:
    with pytest.raises(sn.InputError) as caught:
        read_treatment(text)
    assert says in str(caught.value)


def test_what_stands_in_the_wrong_place() -> None:
    with pytest.raises(sn.InputError, match="schedule 'a=1': needs a time; write \"24h: NAME"):
        read_schedule("a=1")
    with pytest.raises(sn.InputError, match=r"background\[0\] '2h: a=1': cannot have a time"):
        read_changes("2h: a=1", "background[0]")
    with pytest.raises(sn.InputError, match="'wide' is not a distribution; write one of lognormal"):
        read_spread("MCT1=wide")
    with pytest.raises(sn.InputError, match=r"Normal\(cv=0.5\): above 0.25"):
        read_spread("MCT1=normal 0.5")
    with pytest.raises(sn.InputError) as caught:
        read_variability(["a=normal 0.1", "a=uniform 2", "b=2"])
    assert [p.what for p in caught.value.problems] == ["variability 'b=2'", "variability 'a'"]
    with pytest.raises(sn.InputError, match="change 7: is not a text"):
        read_treatment(7)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [Set("a", math.nan), Set("a", "1"), Dose("a", nM=["x", "y"])])  # type: ignore[arg-type,list-item]
def test_what_has_no_number_is_not_written(change: Change) -> None:
    with pytest.raises(sn.InputError, match="is not a finite number"):
        change_text(change)


def test_what_is_no_change_is_not_written() -> None:
    with pytest.raises(sn.InputError, match="'k=2': is not a change"):
        bracket_text(["k=2"])  # type: ignore[list-item]
    assert bracket_text(()) == ""


def test_the_page_of_the_notation_is_right() -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "changes.md"
    rows = re.findall(r"^\| `([^`]+)` \|.*\|", page.read_text(encoding="utf-8"), re.MULTILINE)
    found = [read_treatment(text.replace("\\|", "|")) for text in rows]
    assert {type(change) for done in found for change in done.changes} == set(CHANGES.values())
    assert {type(entry) for done in found for entry in done.schedule} == {At, Pulse, Repeat}
    assert any(done.background for done in found)


@dataclass(frozen=True)
class Titrate:
    """As a user's own: two numbers in one value."""

    forms: ClassVar[Forms] = (Form("titrated to {level} by {steps}", 2),)
    name: str
    level: float
    steps: float

    @property
    def label(self) -> str:
        return self.name

    def resolve(self, network: sn.Network) -> Resolved:
        return [], []


def test_a_new_change_is_one_class_and_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHANGES, "Titrate", Titrate)
    change = Titrate("k", 2.5, 3.0)
    assert change_text(change) == "k=titrated to 2.5 by 3"
    assert read_changes("k = titrated to 2.5 by 3") == (change,)
    assert parse_readout("X@1[k=titrated to 2.5 by 3]").conditions == ((change,),)
    assert schedule_text(At("2 h", change)) == "2 h: k=titrated to 2.5 by 3"
    condition = Condition(changes=(change,))
    assert condition_from_record(condition.record()).changes == (change,)
    assert change_from_record(change_record(change)) == change
    assert forms().endswith("held 5 or titrated to 2 by 2")


def test_records_of_schema_1_are_read() -> None:
    record = {
        "label": "old",
        "changes": [{"change": "Set", "name": "O2_percent", "value": 1.0}],
        "schedule": [
            {"at": 3600, "changes": [{"change": "Dose", "name": "axitinib", "nM": 10.0}]},
            {
                "pulse": "2 h",
                "length": "1 h",
                "change": {"change": "Set", "name": "k", "value": 2.0},
            },
            {
                "repeat": 0,
                "every": "1 d",
                "count": 3,
                "changes": [{"change": "Add", "name": "X", "amount": 3.0}],
            },
        ],
        "equilibrate": "72 h",
        "background": [{"change": "Knockout", "name": "HIF1A"}],
        "variability": {"MCT1": {"distribution": "LogNormal", "cv": 0.3}},
    }
    assert condition_from_record(record) == Condition(
        label="old",
        changes=(Set("O2_percent", 1.0),),
        schedule=(
            At(3600, Dose("axitinib", nM=10.0)),
            Pulse("2 h", "1 h", Set("k", 2.0)),
            Repeat(0, "1 d", 3, Add("X", 3.0)),
        ),
        equilibrate="72 h",
        background=(Knockout("HIF1A"),),
        variability={"MCT1": LogNormal(cv=0.3)},
    )
