"""What tellurium gives for exported files is compared with what simnet gives."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.cli.app import main
from simnet.network.network import Drug, Network
from simnet.verify import exports
from simnet.verify.exports import ANTIMONY, ExportCheck, check_exports


@pytest.fixture(scope="module")
def dosed(dimer: Network) -> Network:
    """2 A <-> D in half a litre, with a drug: `kr` in place of a real one, so that doses show."""
    (cell,) = dimer.compartments
    drug = Drug(name="drug", parameter="kr", target="D", affinity=0.05, unit="nM")
    return replace(dimer, id="dosed", compartments=(replace(cell, size=0.5),), drugs=(drug,))


@pytest.fixture(scope="module")
def checked(dosed: Network) -> ExportCheck:
    return check_exports(dosed, 20.0)


def test_the_archive_and_the_antimony_text_give_the_same(checked: ExportCheck) -> None:
    assert checked.left_out == {}
    assert set(checked.differences) == {"time_course", "dose_schedule", ANTIMONY}
    assert checked.agree
    assert checked.largest < 1e-6  # two solvers at 1e-9 a step, and nine digits in the tables
    assert checked.replicates == 5
    assert checked.tool.startswith("tellurium 2.")


@pytest.mark.thorough
@pytest.mark.parametrize("wrong", ["archive", "antimony"])
def test_another_model_in_a_file_is_noticed(
    wrong: str, dosed: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rate constant that is off by 1 %, in the files or in what they should give."""
    off = replace(
        dosed,
        parameters=tuple(replace(p, value=1.01 * p.value) for p in dosed.parameters),
    )
    if wrong == "antimony":
        to_sbml = exports.to_sbml
        monkeypatch.setattr(exports, "to_sbml", lambda network: to_sbml(off))
    else:
        to_sbml = sn.execute.exporters.to_sbml
        monkeypatch.setattr(
            sn.execute.exporters, "to_sbml", lambda n, kinetics: to_sbml(off, kinetics)
        )
    found = check_exports(dosed, 20.0)
    assert not found.agree
    differing = {name for name, value in found.differences.items() if value > 1e-3}
    assert differing == ({ANTIMONY} if wrong == "antimony" else {"time_course", "dose_schedule"})


@pytest.mark.thorough
def test_a_file_that_tellurium_cannot_run_is_left_out(
    dosed: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "sbml_to_antimony", lambda text: "no model at all (")
    found = check_exports(dosed, 20.0)
    assert set(found.left_out) == {"antimony"}
    assert ANTIMONY not in found.differences
    assert found.agree


@pytest.mark.parametrize("bad", [math.nan, 3.0])
def test_a_value_that_is_missing_or_off_disagrees(bad: float) -> None:
    expected = np.array([[0.0, 1.0, 2.0, 1.5]])
    got = expected.copy()
    got[0, 2] = bad
    difference = exports._difference(got, expected, 3)
    assert difference == (0.5 if bad == 3.0 else math.inf)


def test_command(dimer: Network, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sn.write_sbml(dimer, tmp_path / "dimer.xml")
    call = ["verify", str(path), "--t-end", "20", "--replicates", "50", "--workers", "0", "--seed"]
    with pytest.raises(SystemExit) as ended:
        main([*call, "7"])
    said = " ".join(capsys.readouterr().out.split())
    assert not ended.value.code
    assert (
        "agrees on the exported files (time_course, Antimony): largest relative difference " in said
    )


def test_command_of_a_difference(
    dimer: Network,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def off(network: Network, t_end: float) -> ExportCheck:
        return ExportCheck(
            tool="tellurium 2", differences={"time_course": 0.25}, replicates=0, left_out={}
        )

    monkeypatch.setattr(exports, "check_exports", off)
    path = sn.write_sbml(dimer, tmp_path / "dimer.xml")
    call = ["verify", str(path), "--t-end", "20", "--replicates", "50", "--workers", "0", "--seed"]
    with pytest.raises(SystemExit) as ended:
        main([*call, "7"])
    assert ended.value.code == 3
    assert "DISAGREE: tellurium 2 differs in time_course by 0.25" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main([*call, "7", "--json"])
    assert ended.value.code == 3
    assert json.loads(capsys.readouterr().out)["exports"] == {
        "tool": "tellurium 2",
        "differences": {"time_course": 0.25},
        "replicates": 0,
        "left_out": {},
        "agree": False,
    }
