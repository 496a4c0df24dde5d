"""What simnet stored before `Run` is read, and gone on with: seeds and digests are the same."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import simnet as sn


@pytest.fixture
def stored(repository: Path, tmp_path: Path) -> Path:
    return Path(
        shutil.copytree(repository / "tests" / "data" / "stored_before_run", tmp_path / "stored")
    )


def test_runs(stored: Path, binding: sn.Network) -> None:
    cells = sn.Trajectories.load(stored / "run")
    assert sn.rerun(cells, workers=0).values.tobytes() == cells.values.tobytes()
    again = sn.simulate(
        binding,
        t_end=10,
        points=3,
        method="ssa",
        replicates=2,
        seed=7,
        workers=0,
        equilibrate=5,
        changes=sn.Scale("A", 2.0),
        schedule=sn.At(4, sn.Set("kr", 0.2)),
        variability={"kf": sn.LogNormal(cv=0.2)},
        label="twice A",
    )
    assert again.values.tobytes() == cells.values.tobytes()
    assert (again.seeds, again.record.run) == (cells.seeds, cells.record.run)
    course = sn.Trajectories.load(stored / "ode")
    assert course.record.run.max_step == 0.5
    np.testing.assert_allclose(sn.rerun(course, workers=0).values, course.values, rtol=1e-12)


def test_a_screen(stored: Path, binding: sn.Network) -> None:
    """The same screen finds its replicates there, and more replicates go on from them."""
    screen = {
        "network": binding,
        "changes": [sn.Scale("A", 2.0), sn.Set("kr", 0.2)],
        "readouts": ["C@10"],
        "t_end": 10,
        "points": 3,
        "method": "ssa",
        "seed": 7,
    }
    before = sn.ScreenResult.load(stored / "screen")
    runs: list[int] = []
    again = sn.run_screen(
        sn.Screen(**screen, replicates=3),  # type: ignore[arg-type]
        out=stored / "screen",
        workers=0,
        progress=lambda done, of: runs.append(done),
    )
    assert not runs
    name = before.conditions[1]
    assert (again.values(name, "C@10") == before.values(name, "C@10")).all()


def test_a_study(stored: Path, binding: sn.Network) -> None:
    before = sn.StudyResult.load(stored / "study")
    assert (before.about["analysis"], before.about["method"]) == ("morris", "ssa")
    study = sn.SensitivityStudy(
        network=binding,
        readouts=("C@10",),
        analysis="morris",
        samples=4,
        fold=2,
        method="ssa",
        replicates=2,
        seed=7,
    )
    assert study.digest == before.about["digest"]
    runs: list[int] = []
    again = sn.run_study(
        study, out=stored / "study", workers=0, progress=lambda done, of: runs.append(done)
    )
    assert not runs
    assert again.frame().equals(before.frame())
