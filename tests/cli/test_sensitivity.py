"""`simnet sensitivity`: what it prints and writes, what it asks, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from simnet.cli import sensitivity
from simnet.sensitivity.result import StudyResult

Cli = Callable[..., Any]
LOCAL = ["--readout", "X@20", "--analysis", "local", "--fold", "2", "--workers", "0"]


def test_from_the_command_to_the_report(cli: Cli, model: Path, tmp_path: Path) -> None:
    ran = cli("sensitivity", model, *LOCAL, "--readout", "auc(X)", "--t-end", "30", "--out", "out")
    assert ran.code == 0, ran.err
    assert "X@20" in ran.out
    assert "d ln y / d ln p" in ran.out
    assert "dummy" in ran.out
    out = tmp_path / "out"
    names = {path.name for path in out.iterdir()}
    assert names >= {
        "indices.csv", "design.parquet", "runs", "manifest.json", "failures.csv", "figures",
        "report.html", "network.xml", "control.csv",
    }  # fmt: skip
    figures = {path.name for path in (out / "figures").iterdir()}
    assert figures == {
        f"{readout}-{kind}.{form}"
        for readout in ("X-at-20", "auc-X")
        for kind in ("tornado", "over-time")
        for form in ("svg", "png")
    }
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Sensitivity of birth_death" in page
    assert 'src="http' not in page
    assert "Control coefficients" in page
    assert page.count(">2 of 2<") == 2  # influential, of each readout
    table = pd.read_csv(out / "indices.csv")
    assert set(table["readout"]) == {"X@20", "auc(X)"}
    result = StudyResult.load(out)
    assert result.complete
    assert result.converged
    again = cli("sensitivity", model, *LOCAL, "--readout", "auc(X)", "--t-end", "30", "--out", "out", "--csv")  # fmt: skip
    assert again.code == 0, again.err
    assert again.out == result.frame().to_csv(index=False)


def test_json_and_options(cli: Cli, model: Path) -> None:
    ran = cli(
        "sensitivity", model, "--readout", "cv(X)@5", "--analysis", "morris", "--samples", "4",
        "--method", "ssa", "--replicates", "4", "--fold", "2", "--group", "all=made,lost",
        "--initial", "X", "--equilibrate", "0", "--change", "made=x2", "--setting", "levels=6",
        "--background", "lost=x2", "--at", "1: X=add 3",
        "--workers", "0", "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert {row["factor"] for row in found["indices"]} == {"all", "X", "dummy"}
    assert found["study"]["settings"]["levels"] == 6
    assert found["study"]["changes"] == ["made=x2"]
    assert found["study"]["background"] == ["lost=x2"]
    assert found["study"]["schedule"] == ["1: X=add 3"]
    assert found["study"]["replicates"] == 4


def test_cells_of_a_study(cli: Cli, model: Path) -> None:
    ran = cli(
        "sensitivity", model, "--readout", "mean(X)@5", "--analysis", "morris", "--samples", "4",
        "--parameters", "made", "--fold", "2", "--variability", "lost=uniform 2",
        "--replicates", "4", "--workers", "0", "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["study"]["variability"] == ["lost=uniform 2"]


def test_second_order_and_convergence(cli: Cli, model: Path) -> None:
    ran = cli(
        "sensitivity", model, "--readout", "X@5", "--samples", "8", "--fold", "1.1",
        "--second-order", "--until-converged", "--tolerance", "0.4", "--workers", "0", "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["converged"]
    assert "made × lost" in {row["factor"] for row in found["indices"]}


def test_the_most_samples(cli: Cli, model: Path) -> None:
    few = ("sensitivity", model, "--readout", "X@5", "--samples", "8", "--fold", "1.1",
           "--tolerance", "1e-6", "--workers", "0", "--json", "--most-samples", "8")  # fmt: skip
    ran = cli(*few, "--until-converged")
    assert ran.code == 0, ran.err
    assert "above the limit of 8" in ran.out
    ran = cli(*few)
    assert ran.code == 2
    assert "--until-converged" in ran.err


def test_a_study_file_and_its_plan(cli: Cli, model: Path, tmp_path: Path) -> None:
    written = cli("sensitivity", "init", model)
    assert written.code == 0, written.err
    (tmp_path / "study.toml").write_text(written.out.replace("48h", "20"))
    plan = cli("sensitivity", "study.toml", "--plan", "--workers", "0", "--samples", "8")
    assert plan.code == 0, plan.err
    assert "evaluations" in plan.out
    assert "about " in plan.out
    assert not (tmp_path / "out").exists()
    ran = cli("sensitivity", "study.toml", "--samples", "4", "--workers", "0", "--out", "out")
    assert ran.code == 0, ran.err
    assert "µ*" in ran.out
    assert cli("report", "out", "--out", "again.html").code == 0
    assert "Which of 2 quantities matter" in (tmp_path / "again.html").read_text(encoding="utf-8")
    plan = cli("sensitivity", "study.toml", "--plan", "--workers", "0", "--samples", "8", "--out", "out")  # fmt: skip
    assert "are not finished yet" in plan.out


@pytest.mark.thorough
def test_shards(cli: Cli, model: Path) -> None:
    for i in (1, 2):
        ran = cli("sensitivity", model, *LOCAL, "--shard", f"{i}/2", "--out", f"part{i}")
        assert ran.code == 0, ran.err
        assert f"Shard {i} of 2 is done" in " ".join(ran.out.split())
    sn_merge("all", "part1", "part2")
    whole = cli("sensitivity", model, *LOCAL, "--out", "all", "--csv")
    assert whole.code == 0, whole.err
    assert whole.out == cli("sensitivity", model, *LOCAL, "--csv").out


def sn_merge(out: str, *parts: str) -> None:
    from simnet.results.parts import merge_parts

    merge_parts(parts, out)


def test_over_an_hour_it_asks(cli: Cli, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensitivity, "ASKS_ABOVE", 0.0)
    long = ["sensitivity", model, "--readout", "X@5", "--samples", "64", "--fold", "2", "--workers", "0"]  # fmt: skip
    refused = cli(*long)
    assert refused.code == 2
    assert "there is no terminal to confirm; add --yes to run it" in refused.err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *words, **how: False)
    said_no = cli(*long)
    assert (said_no.code, said_no.out) == (0, "")
    assert "nothing was run" in said_no.err
    assert cli(*long, "--yes").code == 0


def test_a_foreign_file_lists_what_is_zero(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "model.ant").write_text(
        "model foreign; species X; X = 3; k = 1; none = 0; J: -> X; k + none; L: X -> ; 0.1*X; end"
    )
    ran = cli("sensitivity", "model.ant", *LOCAL)
    assert ran.code == 0, ran.err
    assert "Not varied, since it is zero: none." in ran.out
    no_range = cli("sensitivity", "model.ant", "--readout", "X@20", "--analysis", "local")
    assert no_range.code == 2
    assert "give fold=2" in no_range.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fold", "2"], "--readout: none given"),
        (["--readout", "Y@3", "--fold", "2"], "'Y' is not in birth_death"),
        (["--readout", "X@3", "--analysis", "sobl", "--fold", "2"], "analysis='sobl'"),
        (
            ["--readout", "X@3", "--method", "sobol", "--fold", "2"],
            'write analysis="sobol" (--analysis sobol)',
        ),
        (["--readout", "X@3", "--parameters", "k_HIF*"], "matches nothing"),
        (["--readout", "X@3", "--group", "all"], "--group all: not NAME=PATTERN"),
        (["--readout", "X@3", "--setting", "step"], "--setting step: not NAME=NUMBER"),
        (["--readout", "X@3", "--shard", "1"], "--shard 1: not I/N"),
        (["--readout", "X@3", "--shard", "1/2"], "--shard: needs a folder"),
        (["--readout", "X@3", "--json", "--csv"], "both want stdout"),
    ],
)
def test_mistakes(cli: Cli, model: Path, arguments: list[str], words: str) -> None:
    ran = cli("sensitivity", model, *arguments)
    assert ran.code == 2
    assert any(words in problem for problem in ran.problems), ran.err
    assert ran.out == ""


def test_a_wrong_file_is_told(cli: Cli, tmp_path: Path) -> None:
    assert "cannot be read" in cli("sensitivity", "none.toml").err
    (tmp_path / "study.toml").write_text("network = ")
    assert "is not TOML" in cli("sensitivity", "study.toml").err
    assert "the network is missing" in cli("sensitivity", "init").err
