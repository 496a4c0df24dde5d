"""What was computed is returned or told: after Ctrl-C, without values, with infinite ones."""

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.execute import worker
from simnet.network.expression import Call, Symbol
from simnet.network.network import Assignment, Network, Readout


def _with_ratio(network: Network, above: str, below: str) -> Network:
    """A readout R of two species, which may be 0/0 or infinite."""
    ratio = Call("divide", (Symbol(above), Symbol(below)))
    return replace(
        network,
        assignments=(Assignment(id="R", expression=ratio),),
        readouts=(*network.readouts, Readout(name="R", symbol="R", unit=None)),
    )


def test_ctrl_c_keeps_what_precision_has_run(birth_death: Network) -> None:
    def stop(done: int, _: int) -> None:
        if done > 200:
            raise KeyboardInterrupt

    with pytest.raises(sn.Interrupted) as caught:
        sn.simulate(
            birth_death,
            t_end=10,
            points=2,
            method="ssa",
            precision=sn.Precision(relative=1e-3),
            seed=1,
            workers=0,
            progress=stop,
        )
    kept = caught.value.trajectories
    assert kept is not None
    whole = sn.simulate(
        birth_death, t_end=10, points=2, method="ssa", replicates=128, seed=1, workers=0
    )
    np.testing.assert_array_equal(kept.values[:, :128], whole.values)
    assert kept.values.shape[1] > 128


def test_a_replicate_without_any_value_failed(dimer: Network) -> None:
    """0/0 at all times: no D is ever made."""
    network = _with_ratio(dimer, "D", "D")
    still = [sn.Set("A", 0)]
    with pytest.raises(sn.SimulationError, match="all readouts are undefined at all output times"):
        sn.simulate(
            network, t_end=1, points=2, method="ssa", seed=1, workers=0, changes=still, readouts="R"
        )
    screen = sn.Screen(
        network=network,
        changes=[sn.Set("A", 0)],
        readouts="R@1",
        t_end=1,
        method="ssa",
        replicates=3,
        seed=1,
    )
    result = sn.run_screen(screen, workers=0)
    assert result.complete
    assert (result.failures()["condition"] == "A=0").sum() == 3


def test_infinite_values_leave_the_statistics_with_a_reason(dimer: Network) -> None:
    network = _with_ratio(dimer, "A", "D")

    def run() -> Any:
        return sn.run_ensemble(
            network, t_end=5, points=2, replicates=300, seed=1, workers=0, changes=sn.Set("D", 1)
        )

    with pytest.warns(sn.SimnetWarning, match=r"readout R is infinite at some time in \d+ repl"):
        found = run()
    assert not found.failures
    trajectories = sn.simulate(
        network,
        t_end=5,
        points=2,
        method="ssa",
        replicates=300,
        seed=1,
        workers=0,
        changes=sn.Set("D", 1),
    )
    ratio = trajectories.readout("R")[:, -1]
    finite = np.isfinite(ratio)
    assert 0 < finite.sum() < 300
    last = found.summary().query("time == 5").set_index("readout")
    assert math.isclose(last["mean"]["R"], ratio[finite].mean())
    assert last["n"]["R"] == finite.sum()
    assert last["n"]["A"] == 300


@pytest.mark.parametrize("above", ["A", "D"])
def test_a_folder_stores_what_was_wrong(dimer: Network, tmp_path: Path, above: str) -> None:
    """Where there is no D, A / D is infinite, and D / D has no value: replicates without any fail."""
    network = _with_ratio(dimer, above, "D")

    def run(**how: Any) -> tuple[sn.Ensemble, set[str]]:
        with pytest.warns(sn.SimnetWarning) as told:
            found = sn.run_ensemble(
                network, t_end=20, points=3, replicates=300, seed=1, workers=0,
                changes=[sn.Set("A", 2)], readouts=["R"], **how,
            )  # fmt: skip
        return found, {str(warning.message) for warning in told}

    alone, told = run()
    assert any(("infinite" if above == "A" else "replicates failed") in text for text in told)
    assert 0 < len(alone.failures) < 300 if above == "D" else not alone.failures
    for _ in range(2):
        found, again = run(out=tmp_path / "out")
        assert again == told
        assert found.failures == alone.failures


def test_precision_takes_whole_numbers_and_independent_replicates(birth_death: Network) -> None:
    assert sn.Precision(relative=0.1, maximum=1e3).sizes()[-1] == 1000  # type: ignore[arg-type]
    with pytest.raises(sn.InputError, match="precision with replicates_per_cell"):
        sn.simulate(
            birth_death,
            t_end=1,
            points=2,
            method="ssa",
            seed=1,
            workers=0,
            precision=sn.Precision(relative=0.1),
            variability={"k": sn.LogNormal(cv=0.3)},
            replicates_per_cell=2,
        )


def test_failed_passages_are_told(birth_death: Network) -> None:
    broken = [sn.Set("X", 5), sn.Set("g", -1)]
    with pytest.raises(sn.SimnetError):
        sn.first_passage_times(birth_death, "X", above=9, t_end=1, seed=1, changes=broken)
    with pytest.raises(sn.SimulationError, match="wall time"):
        sn.first_passage_times(
            birth_death,
            "X",
            above=1e9,
            t_end="1000 h",
            replicates=2,
            seed=1,
            timeout=0.01,
            workers=1,
        )
    with pytest.raises(sn.SimnetError, match=r"127\.0\.0\.1:1"):
        sn.first_passage_times(
            birth_death, "X", above=9, t_end=1, replicates=2, seed=1, workers="tcp://127.0.0.1:1"
        )


def test_a_worker_drops_a_model_only_for_one_that_it_could_prepare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Printed:
        def take(self) -> tuple[str, ...]:
            return ()

    class Engine:
        def prepare(self, task: str) -> str:
            if task == "broken":
                raise ValueError(task)
            return task

    class Task(str):
        engine = "any"

    monkeypatch.setattr(worker, "resolve_engine", lambda _: Engine())
    monkeypatch.setattr(worker.pickle, "loads", lambda content: Task(content.decode()))
    desk = worker._Desk(Printed())  # type: ignore[arg-type]
    names = [f"m{i}" for i in range(worker.MOST_SIMULATORS)]
    for name in names:
        held = desk.answer(("task", name, list(sys.path), name.encode()))
    assert held == ("ready", tuple(names))
    assert desk.answer(("task", "x", list(sys.path), b"broken"))[0] == "broken"
    assert desk.answer(("task", "next", list(sys.path), b"next")) == ("ready", (*names[1:], "next"))
