"""Models from roadrunner's saved state: the bits of a model compiled on the spot, whatever befalls
the files."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.engines import roadrunner_model
from simnet.engines.roadrunner_model import runner_of, states_folder
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

EVENTS = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">
<model id="eventful" substanceUnits="item" timeUnits="second" extentUnits="item">
<listOfCompartments><compartment id="c" spatialDimensions="3" size="1" constant="true"/>
</listOfCompartments>
<listOfSpecies><species id="X" compartment="c" initialAmount="0" substanceUnits="item"
hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters><parameter id="k" value="3" constant="false"/></listOfParameters>
<listOfReactions><reaction id="r" reversible="false"><listOfProducts><speciesReference species="X"
stoichiometry="1" constant="true"/></listOfProducts><kineticLaw>
<math xmlns="http://www.w3.org/1998/Math/MathML"><ci>k</ci></math></kineticLaw></reaction>
</listOfReactions>
<listOfEvents><event id="e" useValuesFromTriggerTime="true"><trigger initialValue="false"
persistent="true"><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><geq/><ci>X</ci>
<cn>7</cn></apply></math></trigger><listOfEventAssignments><eventAssignment variable="X">
<math xmlns="http://www.w3.org/1998/Math/MathML"><cn>1</cn></math></eventAssignment>
<eventAssignment variable="k"><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/>
<ci>k</ci><cn>0.8</cn></apply></math></eventAssignment></listOfEventAssignments></event>
</listOfEvents></model></sbml>"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for each test; models of any size go there."""
    monkeypatch.setenv("SIMNET_CACHE", str(tmp_path))
    monkeypatch.setattr(roadrunner_model, "SMALL", 0)
    return states_folder()


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are compiled from here on."""
    import roadrunner

    texts: list[str] = []
    original = roadrunner.RoadRunner

    def noted(*args: str) -> Any:
        texts.extend(args)
        return original(*args)

    monkeypatch.setattr(roadrunner, "RoadRunner", noted)
    return texts


@pytest.fixture(scope="module")
def text() -> str:
    """SBML with an event."""
    return to_sbml(from_sbml(EVENTS), "discrete")


def course(runner: Any) -> Any:
    """An SSA run with everything set after loading."""
    runner.setIntegrator("gillespie")
    runner.integrator.variable_step_size = False
    runner.integrator.seed = 5
    runner.timeCourseSelections = ["X", "time", "k"]
    return np.array(runner.simulate(times=[0.0, 0.5, 3.0, 9.0]))


def hypoxia(method: str) -> Any:
    """A program with a fixed species, another parameter and a change on the way."""
    return sn.simulate(
        sn.load("hypoxia"),
        t_end="2 h",
        points=7,
        method=method,  # type: ignore[arg-type]
        seed=1,
        replicates=2 if method == "ssa" else 1,
        workers=0,
        changes=[sn.Clamp("HIF1A", 5)],
        schedule=[sn.At("1 h", sn.Set("oxygen_clamp", 0.01))],
    ).values


def eventful(method: str) -> Any:
    """A network whose events roadrunner handles, armed for SSA."""
    return sn.simulate(
        from_sbml(EVENTS),
        t_end=20,
        points=9,
        method=method,  # type: ignore[arg-type]
        seed=1,
        replicates=3 if method == "ssa" else 1,
        workers=0,
    ).values


@pytest.mark.parametrize("method", ["ode", "ssa"])
@pytest.mark.parametrize("run", [hypoxia, eventful])
def test_results_from_a_state_are_those_of_the_compiled_model_bit_for_bit(
    run: Callable[[str], Any], method: str, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roadrunner_model, "SMALL", 10**9)
    compiled = run(method)
    assert np.ptp(compiled) > 0
    monkeypatch.setattr(roadrunner_model, "SMALL", 0)
    first = run(method)
    compilations.clear()
    second = run(method)
    assert not compilations
    assert first.tobytes() == compiled.tobytes()
    assert second.tobytes() == compiled.tobytes()


def test_settings_made_after_loading_hold(text: str, compilations: list[str]) -> None:
    first, second = course(runner_of(text)), course(runner_of(text))
    assert compilations == [text]
    assert first.shape == (4, 3)
    assert np.ptp(first[:, 2]) > 0
    assert first.tobytes() == second.tobytes()


def test_a_small_model_leaves_no_file(
    text: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roadrunner_model, "SMALL", len(text) + 1)
    runner_of(text)
    assert not folder.exists()


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    return content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]


def emptied(content: bytes) -> bytes:
    return b""


@pytest.mark.parametrize("damage", [cut, flipped, emptied])
def test_a_damaged_file_is_ignored_and_replaced(
    damage: Callable[[bytes], bytes], text: str, folder: Path, compilations: list[str]
) -> None:
    expected = course(runner_of(text))
    (file,) = folder.glob("*.state")
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert np.array_equal(course(runner_of(text)), expected)
    assert compilations == [text, text]
    runner_of(text)
    assert compilations == [text, text]


def test_another_text_processor_or_version_has_another_file(
    text: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import roadrunner

    runner_of(text)
    runner_of(text.replace('value="3"', 'value="4"'))
    monkeypatch.setattr(roadrunner_model, "_processor", lambda: ("another",))
    runner_of(text)
    monkeypatch.setattr(roadrunner, "__version__", "99.0")
    runner_of(text)
    assert len(list(folder.glob("*.state"))) == 4


def test_where_nothing_can_be_kept_the_model_is_compiled(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compilations: list[str]
) -> None:
    expected = course(runner_of(text))
    (tmp_path / "file").touch()
    monkeypatch.setenv("SIMNET_CACHE", str(tmp_path / "file"))
    assert np.array_equal(course(runner_of(text)), expected)
    assert compilations == [text, text]


def test_a_state_of_another_user_is_not_run(
    text: str, monkeypatch: pytest.MonkeyPatch, compilations: list[str]
) -> None:
    runner_of(text)
    monkeypatch.setattr("os.getuid", lambda: 12345, raising=False)
    runner_of(text)
    assert compilations == [text, text]


def test_the_folder_does_not_grow_without_end(
    text: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runner_of(text)
    (first,) = folder.glob("*.state")
    monkeypatch.setattr(roadrunner_model, "MOST_BYTES", int(2.5 * first.stat().st_size))
    for value in (4, 5, 6):
        runner_of(text.replace('value="3"', f'value="{value}"'))
    left = list(folder.glob("*.state"))
    assert len(left) == 2
    assert first not in left


def test_workers_that_start_together_compile_once(text: str, tmp_path: Path) -> None:
    code = (
        "import sys, roadrunner\n"
        "from simnet.engines import roadrunner_model as states\n"
        "states.SMALL, text = 0, open(sys.argv[1]).read()\n"
        "original = roadrunner.RoadRunner\n"
        "def noted(*args):\n"
        "    if args: import time; print('compiled'); time.sleep(1)\n"
        "    return original(*args)\n"
        "roadrunner.RoadRunner = noted\n"
        "sys.stdin.readline()\n"
        "states.runner_of(text)\n"
    )
    model = tmp_path / "model.xml"
    model.write_text(text)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(2)
    ]
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate()[0] for worker in workers]
    assert all(worker.returncode == 0 for worker in workers)
    if sys.platform != "win32":
        assert sorted(said) == ["", "compiled\n"]


def test_speed_options_leave_the_rate_of_an_initial_assignment(tmp_path: Path) -> None:
    """v0 is the rate at the start: -10, and frac = exp(-t/10)."""
    file = tmp_path / "rate.ant"
    file.write_text(
        """model m
        species X; X = 100; k = 0.1; v0 = rateOf(X)
        J: X => ; k*X
        frac := rateOf(X)/v0
        end
        """
    )
    for _ in ("compiled", "from its state"):
        run = sn.simulate(sn.load(file), t_end=20, points=3, workers=0, readouts=["v0", "frac"])
        assert run.values[0, 0, :, 0].tolist() == [-10.0] * 3
        assert run.values[0, 0, :, 1] == pytest.approx(np.exp([0.0, -1.0, -2.0]), rel=1e-6)
