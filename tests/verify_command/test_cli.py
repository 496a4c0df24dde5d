"""`simnet verify`: the table, the words, and exit code 3."""

import json
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest

import simnet as sn
from simnet.cli.app import main
from simnet.engines.base import Simulator, Task
from simnet.engines.table import ENGINES

Cli = Callable[..., tuple[int, str, str]]
Install = Callable[[Callable[[Task], Simulator]], None]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Exit code, stdout and stderr of a call; exported files are run where it says so."""

    def run(*arguments: object) -> tuple[int, str, str]:
        given = [*map(str, arguments), "--workers", "0", "--seed", "7"]
        with pytest.raises(SystemExit) as ended:
            main(["verify", *given, *([] if "--exports" in given else ["--no-exports"])])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def file(dimer: sn.Network, tmp_path: Path) -> Path:
    return sn.write_sbml(dimer, tmp_path / "dimer.xml")


def test_a_model_of_ones_own(cli: Cli, file: Path) -> None:
    code, out, err = cli(file, "--t-end", 20, "--replicates", 100)
    assert (code, err) == (0, "")
    engines = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]
    pairs = len(list(combinations([*engines, "CME"], 2)))
    assert f"AGREE: no difference in {3 * 3 * 2 * pairs} tests" in out
    assert "one false alarm in 10,000 calls" in out
    assert "CME: the chemical master equation, exact, 3 states" in out
    assert out.count(" agree ") == 6


def test_disagreement_is_exit_code_3(
    cli: Cli, file: Path, wrong: Callable[[Task], Simulator], reference_as: Install
) -> None:
    reference_as(wrong)
    code, out, _ = cli(file, "--t-end", 20, "--replicates", 2000)
    assert code == 3
    assert "DISAGREE: " in out
    said = " ".join(out.split())  # the line may be broken
    assert "reference and CME differ significantly in" in said
    assert "roadrunner and CME differ" not in said
    assert " DIFFER " in out


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["verify", "--help"])
    assert not ended.value.code
    assert "simnet verify model.xml" in capsys.readouterr().out


def test_json(cli: Cli, file: Path) -> None:
    code, out, _ = cli(file, "--t-end", 20, "--replicates", 50, "--readout", "D", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["agree"] is True
    assert found["false_alarm_rate"] == 1e-4
    names = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]
    assert [e["name"] for e in found["engines"]] == names
    assert found["master_equation_states"] == 3
    assert len(found["comparisons"]) == 3 * len(list(combinations([*names, "CME"], 2)))
    assert {"readout", "time", "mean_first", "sd_second", "z", "p", "ode"} <= set(
        found["comparisons"][0]
    )


def test_many_readouts_are_cut(
    cli: Cli, make_network: Callable[..., sn.Network], tmp_path: Path
) -> None:
    names = [f"X{i}" for i in range(12)]
    network = make_network(
        "many", dict.fromkeys(names, 3), {"g": 0.1}, [(name, "", "g") for name in names]
    )
    path = sn.write_sbml(network, tmp_path / "many.xml")
    code, out, _ = cli(path, "--t-end", 5, "--replicates", 20)
    assert code == 0
    assert out.count(" agree ") == 30
    assert f"the 30 with the smallest p-values of {12 * 3}" in out  # readouts and times


def test_what_cannot_be_checked_is_the_users_to_mend(cli: Cli, tmp_path: Path) -> None:
    code, out, err = cli(tmp_path / "nowhere.xml")
    assert (code, out) == (2, "")
    assert err.startswith("error: ")


def test_ctrl_c_is_told(cli: Cli, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("simnet.verify.cross_check.simulate", interrupted)
    code, out, err = cli(file, "--t-end", 20)
    assert (code, out) == (130, "")
    assert err == "interrupted; nothing was saved\n"
