"""A loaded model is used again and again, and each run gives the bits that it gives alone.

libroadrunner (2.10 and 2.11) keeps events that wait for their delay over `reset`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.engines.base import Task
from simnet.engines.roadrunner import DocumentSimulator, RoadRunnerSimulator
from simnet.errors import StateError
from simnet.experiment.program import Program

CYCLE = """model cycle
  species X, N; X = 2; N = 0; k = 1; z = 1
  make: -> X; k
  burst: at X >= 3: X = 0
  count: at X <= 1, t0=false{fromTrigger}: N = N + z
end
"""
DELAYED = CYCLE.replace("{fromTrigger}", ", fromTrigger=false").replace(
    "at X <= 1", "at 2.5 after X <= 1"
)
Job = tuple[Task, Program, int]


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Job]]:
    """(text, **arguments of simulate): what the engine was asked to run."""

    def make(text: str, **asked: Any) -> list[Job]:
        (tmp_path / "model.ant").write_text(text, encoding="utf-8")
        network, found = sn.load(tmp_path / "model.ant"), []
        for engine in (DocumentSimulator, RoadRunnerSimulator):
            run = engine.run

            def spy(
                self: Any, program: Program, seed: int, tighter: float = 1.0, run: Any = run
            ) -> Any:
                if tighter == 1:
                    found.append((self.task, program, seed))
                return run(self, program, seed, tighter)

            monkeypatch.setattr(engine, "run", spy)
        for end, schedule in ((4.5, ()), (12, ()), (7.5, ()), (12, sn.At(5, sn.Set("k", 3)))):
            given: dict[str, Any] = {"schedule": schedule} if schedule else {}
            sn.simulate(network, t_end=end, points=5, workers=0, **given, **asked)
        monkeypatch.undo()
        return found

    return make


@pytest.mark.parametrize(
    ("engine", "text", "asked"),
    [
        (DocumentSimulator, DELAYED, {}),
        (RoadRunnerSimulator, CYCLE.replace("{fromTrigger}", ""), {}),
        (
            RoadRunnerSimulator,
            CYCLE.replace("{fromTrigger}", ""),
            {"method": "ssa", "replicates": 2, "seed": 5},
        ),
    ],
    ids=["a file with delays", "ode", "ssa"],
)
def test_a_run_gives_the_same_bits_whatever_ran_before(
    engine: Any, text: str, asked: dict[str, Any], jobs: Callable[..., list[Job]]
) -> None:
    found = jobs(text, **asked)
    alone = [engine(task).run(program, seed).tobytes() for task, program, seed in found]
    assert len(set(alone)) == len(alone)
    for order in (range(len(found)), reversed(range(len(found)))):
        simulator = engine(found[0][0])
        for place in order:
            _, program, seed = found[place]
            assert simulator.run(program, seed).tobytes() == alone[place]


def test_a_model_with_events_is_loaded_anew_after_a_failure(
    jobs: Callable[..., list[Job]],
) -> None:
    """A run that stops within its events leaves roadrunner with those that had not yet happened."""
    (task, program, seed), *_ = jobs(CYCLE.replace("{fromTrigger}", ""))
    simulator = RoadRunnerSimulator(task)
    right = simulator.run(program, seed).tobytes()
    (used,) = simulator.models.values()
    program.settings["z"] = -1.0  # N falls below zero
    with pytest.raises(StateError, match="N is -1"):
        simulator.run(program, seed)
    program.settings["z"] = 1.0
    assert simulator.run(program, seed).tobytes() == right
    (anew,) = simulator.models.values()
    assert anew.runner is not used.runner


@pytest.mark.parametrize("clock", ["", " + 0*time"], ids=["time-free", "reads time"])
@pytest.mark.parametrize("text", [DELAYED, CYCLE.replace("{fromTrigger}", "")])
def test_a_change_at_the_very_end_is_seen(text: str, clock: str, tmp_path: Path) -> None:
    """No time passes after it, and CVODE of roadrunner 2.11 takes no step of no length."""
    text = text.replace("; k\n", f"; k{clock}\n").replace("z = 1\n", "z = 1; y := 10*X + time\n")
    (tmp_path / "model.ant").write_text(text, encoding="utf-8")
    run = sn.simulate(
        sn.load(tmp_path / "model.ant"),
        t_end=2,
        points=3,
        schedule=sn.At(2, sn.Set("X", 2.5)),
        readouts=["X", "y"],
    )
    assert run.values[0, 0, -1].tolist() == [2.5, 27.0]
