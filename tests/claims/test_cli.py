"""`simnet claims`: tables, exit codes, pictures."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simnet.results.parts import merge_parts

Cli = Callable[..., Any]


def test_claims_that_hold(cli: Cli) -> None:
    ran = cli()
    assert ran.code == 0
    assert "chain · ODE · 5 claims · 4 simulations" in ran.out
    assert "5 of 5 claims hold." in ran.out
    assert "≥ 1.9x" in ran.out
    assert "a book" in ran.out


def test_a_claim_that_fails_has_exit_code_3(cli: Cli, folder: Path) -> None:
    file = folder / "claims.csv"
    file.write_text(
        file.read_text(encoding="utf-8").replace("fold at least,1.9", "fold at least,2.1")
    )
    ran = cli()
    assert ran.code == 3
    assert "FAILS" in ran.out
    assert "4 of 5 claims hold; fails: double." in ran.out
    assert cli("--claim", "steady").code == 0
    assert cli("--json").code == 3


def test_json_and_markdown(cli: Cli) -> None:
    (data,) = json.loads(cli("--json").out)
    assert data["passed"] is True
    assert [claim["id"] for claim in data["claims"]] == ["double", "half", "later", "steady", "Y"]
    lines = cli("--markdown").out.splitlines()
    assert lines[2].startswith("| id | readout | expected |")
    assert lines[4].startswith("| double | X@100s / X@0s |")


def test_ssa(cli: Cli) -> None:
    ran = cli("--replicates", 20, "--seed", 1)
    assert "SSA · 20 replicates of each arm · seed 1" in ran.out
    assert "left out" in ran.out
    assert " to " in ran.out


def test_pictures(cli: Cli, folder: Path) -> None:
    ran = cli("--plot", "figures", "--claim", "half", "--claim", "Y")
    names = sorted(path.name for path in (folder / "figures").iterdir())
    assert names == ["chain-Y.png", "chain-half.png"]
    assert "chain-half.png" in ran.out


def test_ablation_as_markdown(cli: Cli) -> None:
    ran = cli("--ablate", "--markdown")
    assert "| second_step | Y | Y is not made from X | m = 0 |" in ran.out
    assert "| fast_loss | none | Y is lost as slowly as X | d = g |" in ran.out
    assert "Hold without any one of the mechanisms: half." in ran.out
    (data,) = json.loads(cli("--ablate", "--json").out)
    assert data["without"][1]["fallen"] == ["Y"]


def test_robustness(cli: Cli, folder: Path) -> None:
    ran = cli("--robustness", 10, "--out", "part", "--shard", "1/3")
    assert "4 of 10 sets of 1 parameter" in ran.out
    ran = cli("--robustness", 10, "--out", "part", "--kept")
    assert "4 of 10 sets of 1 parameter" in ran.out
    assert "could not be simulated" not in ran.out
    assert "10 sets of 1 parameter" in cli("--robustness", 10, "--out", "part").out
    (data,) = json.loads(cli("--robustness", 10, "--out", "part", "--json").out)
    assert data["claims"][0]["keeps"] == pytest.approx(1.0)
    assert cli("--robustness", 10, "--kept").code == 2


def test_shards_of_claims(cli: Cli) -> None:
    """What is not run yet is no failure of a shard, and none of the whole."""
    ran = cli("--out", "part1", "--shard", "1/2")
    assert ran.code == 0
    assert "3 of 5 claims hold; not run: later, Y." in ran.out
    assert cli("--out", "part2", "--shard", "2/2").code == 0
    merge_parts(["part1", "part2"], "all")
    assert "5 of 5 claims hold." in cli("--out", "all").out
    assert cli("--shard", "1/2").code == 2


def test_options_that_do_not_go_together(cli: Cli) -> None:
    ran = cli("--ablate", "--robustness", 5, "--claim", "Y", "--markdown", "--json")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 4
    assert cli("--ablate", "--out", "part", "--shard", "1/2").code == 2
    assert cli("--out", "part", "--kept").code == 2
    assert "--ablate and --seed: cannot be combined" in cli("--ablate", "--seed", 1).err
