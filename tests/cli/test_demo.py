"""`make demo`, with fewer cells."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import simnet as sn

SCRIPT = Path(__file__).parents[2] / "examples" / "demo.py"


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("demo", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "demo", module)
    spec.loader.exec_module(module)
    return module


pytestmark = pytest.mark.thorough


def test_demo(
    demo: ModuleType,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "BOTH", 10)
    monkeypatch.setattr(demo, "TUMOURS", 2)
    monkeypatch.setattr(demo, "FIRST", 1)
    with pytest.raises(SystemExit) as ended:
        demo.main(["--out", "demo", "--replicates", "4", "--workers", "2"])
    assert ended.value.code == 0
    print(printed := capsys.readouterr().out)
    names = ("20 % O2", "48 h", "roadrunner 2.", "axitinib", "rapamycin", "MCT4", "agree", "distal")
    for name in names:
        assert name in printed
    written = {path.name for path in (tmp_path / "demo").iterdir()}
    assert written == {
        *("hypoxia.png", "hypoxia.svg", "ode", "ssa"),
        *("symbiosis.png", "symbiosis.svg", "tumour"),
    }
    ssa = sn.Trajectories.load(tmp_path / "demo" / "ssa")
    assert ssa.values.shape[:2] == (1, 4)
    oxygen, transporter = (ssa.readout(name).mean(axis=0) for name in ("O2", "GLUT1"))
    assert oxygen[0] > 15 * oxygen[-1]
    assert transporter[-1] > transporter[0]
    tumour = sn.Trajectories.load(tmp_path / "demo" / "tumour")
    assert len(tumour.condition_names) == 5
    vehicle, drug = (tumour.readout("MCT4_distal", name)[0] for name in tumour.condition_names[:2])
    assert abs(vehicle[-1] / vehicle[0] - 1) < 0.05
    assert drug[-1] > 1.5 * vehicle[-1]


def test_one_cell_has_no_spread(demo: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        demo.main(["--out", str(tmp_path), "--replicates", "1"])
    assert ended.value.code == 2
