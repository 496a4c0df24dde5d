"""Changes belong to the --at before them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.cli.ordered import Changes, grouped


def test_changes_before_the_first_at_are_made_at_the_start() -> None:
    given = [("set", "O2_percent=1"), ("knockout", "HIF1A")]
    assert grouped(given) == Changes(start=(sn.Set("O2_percent", 1.0), sn.Knockout("HIF1A")))


def test_changes_after_an_at_are_made_then() -> None:
    given = [
        ("scale", "k=2"),
        ("at", "24 h"),
        ("set", "O2_percent=20"),
        ("clamp", "X=5"),
        ("at", "30 h"),
        ("knockdown", "HIF1A=0.9"),
        ("add", "drug=100"),
    ]
    assert grouped(given) == Changes(
        start=(sn.Scale("k", 2.0),),
        schedule=(
            sn.At("24 h", sn.Set("O2_percent", 20.0), sn.Clamp("X", 5.0)),
            sn.At("30 h", sn.Knockdown("HIF1A", 0.9), sn.Add("drug", 100.0)),
        ),
    )


def test_a_pattern_may_hold_an_equals_sign() -> None:
    assert grouped([("set", "A(b='u')=3")]).start == (sn.Set("A(b='u')", 3.0),)


def test_all_mistakes_at_once() -> None:
    given = [("set", "k"), ("at", "1 h"), ("at", "2 h"), ("scale", "k=two"), ("set", "=1")]
    with pytest.raises(sn.InputError) as caught:
        grouped(given)
    whats = [problem.what for problem in caught.value.problems]
    assert whats == ["--set k", "--scale k=two", "--set =1", "--at '1 h'"]


def test_the_order_on_the_command_line_counts(
    cli: Callable[..., Any], model: Path, tmp_path: Path
) -> None:
    ran = cli(
        "run", model, "--t-end", "60", "--out", tmp_path / "run", "--set", "made=4",
        "--at=20", "--points", "7", "--set=made=0", "--scale", "lost=2", "--at", "40",
        "--clamp", "X=3", "--workers", "0",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    run = sn.Trajectories.load(tmp_path / "run")
    (condition,) = run.conditions
    assert condition.changes == (sn.Set("made", 4.0),)
    assert condition.schedule == (
        sn.At("20", sn.Set("made", 0.0), sn.Scale("lost", 2.0)),
        sn.At("40", sn.Clamp("X", 3.0)),
    )
    x = run.readout("X")[0]
    assert x[2] > x[1] > 10
    assert x[3] < x[2]
    assert x[-1] == 3


def test_doses_in_any_unit_and_gene_changes() -> None:
    found = grouped(
        [
            ("dose", "axitinib=0.1uM"),
            ("dose", "sunitinib=1e3 pM"),
            ("overexpress", "MCT4=3"),
            ("at", "24 h"),
            ("washout", "axitinib"),
        ]
    )
    assert found.start == (
        sn.Dose("axitinib", nM=100.0),
        sn.Dose("sunitinib", nM=1.0),
        sn.Overexpress("MCT4", 3.0),
    )
    assert found.schedule == (sn.At("24 h", sn.Washout("axitinib")),)


@pytest.mark.parametrize("text", ["axitinib", "axitinib=100", "=100nM", "axitinib=1e-nM"])
def test_what_is_no_dose(text: str) -> None:
    with pytest.raises(sn.InputError, match="write --dose DRUG=100nM"):
        grouped([("dose", text)])
