"""A new engine touches its file and one table: what it says of itself is all that the rest knows."""

import math
import random
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.arrays import FloatArray, TimesByReadouts
from simnet.engines.base import Engine, Limits, Method, Task, Watch
from simnet.engines.state import State
from simnet.engines.table import ENGINES
from simnet.errors import MissingToolError, Problem, SimnetWarning, UnsupportedError
from simnet.experiment.program import Program, with_held
from simnet.network.network import Network
from simnet.network.values import rate_functions

BIRTH_DEATH = """model birth_death
  species X; X = 0; make = 20; lose = 1
  R1: -> X; make
  R2: X -> ; lose*X
end
"""


class Tiny:
    """The direct method in few lines, many replicates in a call, and it sees every firing."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def run_batch(
        self,
        program: Program,
        streams: Sequence[bytes],
        *,
        limits: Limits,
        stop: Callable[[], bool],
    ) -> list[TimesByReadouts | str]:
        return self.first_passage(program, streams, (), limits=limits, stop=stop)[0]

    def first_passage(
        self,
        program: Program,
        streams: Sequence[bytes],
        watches: Sequence[Watch],
        *,
        limits: Limits,
        stop: Callable[[], bool],
        threads: int = 1,
    ) -> tuple[list[TimesByReadouts | str], FloatArray]:
        crossed = np.full((len(streams), len(watches)), np.nan)
        runs = zip(streams, crossed, strict=True)
        return [self._one(program, random.Random(s), watches, row) for s, row in runs], crossed

    def _one(
        self, program: Program, stream: random.Random, watches: Sequence[Watch], crossed: FloatArray
    ) -> TimesByReadouts:
        state, rows = State(self.task.network, program, whole=True), []
        for segment in program.segments:
            state.enter(segment)
            network = with_held(self.task.network, segment.held)
            laws, values, time = rate_functions(network, "discrete"), state.values, segment.start
            pending = list(segment.outputs)
            while True:
                for place, watch in enumerate(watches):
                    beyond = values[self.task.symbols[watch.readout]] - watch.threshold
                    if beyond * (1 if watch.direction == "up" else -1) >= 0:
                        crossed[place] = np.fmin(crossed[place], time)
                propensities = [law(values, time) for law in laws]
                total = sum(propensities)
                time += -math.log(1 - stream.random()) / total if total else math.inf
                while pending and pending[0] < time:
                    rows.append([values[symbol] for symbol in self.task.symbols])
                    pending.pop(0)
                if time >= segment.end:
                    break
                (fired,) = stream.choices(network.reactions, propensities)
                for species, n in fired.reactants:
                    values[species] -= n
                for species, n in fired.products:
                    values[species] += n
            rows += [[values[symbol] for symbol in self.task.symbols]] * len(pending)
        return np.array(rows)


TINY = Engine(
    name="tiny",
    methods=frozenset[Method]({"ssa"}),
    prepare=Tiny,
    version=lambda: "1.2",
    batches=True,
    watches=True,
    seconds_per_firing=lambda network: 1e-5,
)


@pytest.fixture
def in_the_table(monkeypatch: pytest.MonkeyPatch) -> Callable[[Engine], None]:
    """Adds the row of an engine to the table."""
    return lambda engine: monkeypatch.setitem(ENGINES, engine.name, engine)


@pytest.fixture
def birth_death_file(tmp_path: Path) -> Network:
    file = tmp_path / "birth_death.ant"
    file.write_text(BIRTH_DEATH)
    return sn.load(file)


def test_everything_runs_with_it(
    in_the_table: Callable[[Engine], None], birth_death_file: Network
) -> None:
    """X is Poisson with mean m(t) = 20 (1 - exp(-t)). |z| < 4.5: one false alarm in 100,000."""
    in_the_table(TINY)
    net, mean = birth_death_file, 20 * (1 - math.exp(-2))
    run = sn.simulate(
        net, t_end=2, points=2, method="ssa", replicates=500, seed=1, workers=0, engine="tiny"
    )
    assert (run.record.run.engine, run.record.versions["tiny"]) == ("tiny", "1.2")
    last = run.readout("X")[:, -1]
    assert abs(last.mean() - mean) < 4.5 * math.sqrt(mean / 500)
    assert abs(last.var(ddof=1) / mean - 1) < 4.5 * math.sqrt(2 / 500)
    ensemble = sn.run_ensemble(
        net, t_end=2, points=2, replicates=500, seed=1, workers=0, engine="tiny"
    )
    assert ensemble.summary()["mean"].iloc[-1] == pytest.approx(last.mean(), rel=1e-12)
    screen = sn.Screen(
        network=net, changes=[sn.Scale("make", 0.5)], readouts="X@2", t_end=2, method="ssa",
        replicates=200, seed=1, engine="tiny",
    )  # fmt: skip
    effects = sn.run_screen(screen, workers=0).effects()
    error = math.sqrt(1.5 * mean / 200)
    assert abs(float(effects["difference"].iloc[0]) + mean / 2) < 4.5 * error
    checked = sn.cross_check(net, t_end=2.0, replicates=200, seed=1, workers=0)
    assert checked.agree
    assert checked.engines["tiny"] == "1.2"
    assert checked.replicates["tiny"] == 200


def test_it_watches(in_the_table: Callable[[Engine], None], birth_death_file: Network) -> None:
    """Without losses the 5th birth is gamma distributed, with mean 5/20 and variance 5/400."""
    in_the_table(TINY)
    passages = sn.first_passage_times(
        birth_death_file, "X", above=4, t_end=5, replicates=500, seed=1, workers=0, engine="tiny",
        changes=sn.Set("lose", 0.0), points=2,
    )  # fmt: skip
    assert np.array_equal(passages.after, passages.by)  # exact, between two output times
    assert abs(passages.by.mean() - 0.25) < 4.5 * math.sqrt(5 / 400 / 500)


def test_what_it_cannot_do_and_what_it_lacks_is_its_own_to_say(
    in_the_table: Callable[[Engine], None], birth_death_file: Network
) -> None:
    def run() -> sn.Trajectories:
        return sn.simulate(
            birth_death_file, t_end=1, points=2, method="ssa", seed=1, workers=0, engine="tiny"
        )

    in_the_table(replace(TINY, doubts=lambda network, program, method: [f"shaky by {method}"]))
    with pytest.warns(SimnetWarning, match="shaky by ssa"):
        run()
    problem = Problem(what="births", why="are not counted", way_out="use another")
    in_the_table(replace(TINY, obstacles=lambda network, program: [problem]))
    with pytest.raises(UnsupportedError, match="births: are not counted"):
        run()

    def prepare(task: Task) -> Tiny:
        raise MissingToolError(problem)

    in_the_table(replace(TINY, prepare=prepare))
    with pytest.raises(MissingToolError, match="births"):
        run()


def test_a_slow_one_gets_fewer_replicates_of_a_cross_check(
    in_the_table: Callable[[Engine], None], birth_death_file: Network
) -> None:
    in_the_table(replace(TINY, seconds_per_firing=lambda network: 0.02))  # 60 s: 3000 firings
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checked = sn.cross_check(birth_death_file, t_end=2.0, replicates=200, seed=1, workers=0)
    # 40 births and 22.7 deaths are expected in t = 2, by the estimate from the ODE
    assert checked.replicates["tiny"] == pytest.approx(3000 / 62.7, abs=2)
