"""Changes on the command line are the notation's; options of before say how the same is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.cli.run_options import given
from simnet.experiment.notation import Treatment


def test_the_three_options() -> None:
    change = ["O2_percent=1, HIF1A=knockdown 0.9", "30h: axitinib=0.1uM", "from the start: k=x2"]
    at = ["24 h: O2_percent=20, X=held 5", "from 1h for 2h: k=3"]
    assert given(change, at, ["MCT1=knockout"]) == Treatment(
        background=(sn.Scale("k", 2.0), sn.Knockout("MCT1")),
        changes=(sn.Set("O2_percent", 1.0), sn.Knockdown("HIF1A", 0.9)),
        schedule=(
            sn.At("30h", sn.Dose("axitinib", nM=100.0)),
            sn.At("24 h", sn.Set("O2_percent", 20.0), sn.Clamp("X", 5.0)),
            sn.Pulse("1h", "2h", sn.Set("k", 3.0)),
        ),
    )


def test_all_mistakes_at_once() -> None:
    with pytest.raises(sn.InputError) as caught:
        given(["k", "k=two"], ["k=2", "1 h: "], ["2h: k=1"])
    whats = [problem.what for problem in caught.value.problems]
    assert whats == [
        "--change 'k'",
        "--change 'k=two'",
        "--at 'k=2'",
        "--at '1 h: '",
        "--background '2h: k=1'",
    ]


def test_a_run_is_what_the_options_say(
    cli: Callable[..., Any], model: Path, tmp_path: Path
) -> None:
    ran = cli(
        "run", model, "--t-end", "60", "--out", tmp_path / "run", "--change", "made=4",
        "--at=20: made=0, lost=x2", "--points", "7", "--at", "40: X=held 3", "--workers", "0",
        "--background", "lost=x1", "--variability", "lost=uniform 1",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    run = sn.Trajectories.load(tmp_path / "run")
    (condition,) = run.conditions
    assert condition.background == (sn.Scale("lost", 1.0),)
    assert condition.changes == (sn.Set("made", 4.0),)
    assert condition.variability == {"lost": sn.Uniform(fold=1.0)}
    assert condition.schedule == (
        sn.At(20, sn.Set("made", 0.0), sn.Scale("lost", 2.0)),
        sn.At(40, sn.Clamp("X", 3.0)),
    )
    x = run.readout("X")[0]
    assert x[2] > x[1] > 10
    assert x[3] < x[2]
    assert x[-1] == 3


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (["--set", "O2_percent=1"], "--change 'O2_percent=1'"),
        (["--set=O2_percent=1"], "--change 'O2_percent=1'"),
        (["--scale", "k=2"], "--change 'k=x2'"),
        (["--add", "X=10"], "--change 'X=add 10'"),
        (["--knockdown", "HIF1A=0.9"], "--change 'HIF1A=knockdown 0.9'"),
        (["--knockout", "HIF1A"], "--change 'HIF1A=knockout'"),
        (["--overexpress", "MCT4=3"], "--change 'MCT4=overexpress 3'"),
        (["--dose", "axitinib=10 nM"], "--change 'axitinib=10 nM'"),
        (["--washout", "axitinib"], "--change 'axitinib=washout'"),
        (["--clamp", "X=5"], "--change 'X=held 5'"),
        (["--set", "A(b=None)=5"], "--change '\"A(b=None)\"=5'"),
        (["--at", "24 h", "--knockout", "HIF1A"], "--at '24 h: HIF1A=knockout'"),
        (["--at", "24 h: k=1", "--set", "k=2"], "--change 'k=2'"),
        (["--simulate", "ssa"], "write --method ssa, and --analysis for what was --method"),
        (["--at", "24 h"], "where ':' should be; write \"24h: NAME=VALUE\""),
    ],
)
@pytest.mark.parametrize("command", ["run", "show", "sensitivity"])
def test_options_of_before_show_the_new_form(
    cli: Callable[..., Any], command: str, before: list[str], now: str
) -> None:
    ran = cli(command, "hypoxia", *before)
    assert ran.code == 2
    assert len(ran.problems) == 1
    assert now in ran.err
