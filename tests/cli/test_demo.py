"""`make demo`, with fewer cells."""

from pathlib import Path

import pytest

import simnet as sn
from simnet.cli import demo


def test_demo(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        demo.main(["--out", "demo", "--replicates", "4", "--workers", "2"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(name in told for name in (*demo.READOUTS, "20 % O2", "48 h", "libroadrunner 2."))
    written = {path.name for path in (tmp_path / "demo").iterdir()}
    assert written == {
        *("hypoxia.png", "hypoxia.svg", "ode", "ssa"),
        *("axitinib.png", "axitinib.svg", "tissue"),
    }
    ssa = sn.Trajectories.load(tmp_path / "demo" / "ssa")
    assert ssa.values.shape[:2] == (1, 4)
    oxygen, transporter = (ssa.readout(name).mean(axis=0) for name in ("O2", "GLUT1"))
    assert oxygen[0] > 15 * oxygen[-1]
    assert transporter[-1] > transporter[0]
    tissue = sn.Trajectories.load(tmp_path / "demo" / "tissue")
    vehicle, drug = (tissue.readout("perfusion", name)[0] for name in tissue.condition_names)
    assert abs(vehicle[-1] - 1) < 0.05
    assert drug[-1] < 0.5


def test_one_cell_has_no_spread(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.main(["--out", str(tmp_path), "--replicates", "1"])
    assert ended.value.code == 2
