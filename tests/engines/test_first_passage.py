"""Exact first passage times."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simnet.engines.base import Limits, Watch
from simnet.engines.compiled import Batch
from simnet.errors import InputError
from simnet.experiment.action import AddAmount
from simnet.experiment.program import Segment
from simnet.network.expression import Call, Symbol, Time
from simnet.network.network import Assignment, Network

Make = Callable[..., Any]


def _never() -> bool:
    return False


def test_they_are_the_times_of_firings_and_leave_trajectories_as_they_are(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    engine, run = simulator(birth_death, kernel=kernel), program(birth_death, end=30.0)
    watches = [Watch(readout=0, threshold=7.0), Watch(readout=0, threshold=0.0, direction="down")]
    watches.append(Watch(readout=0, threshold=1e9))
    results, times = engine.first_passage(
        run, streams(50), watches, limits=Limits(), stop=_never, threads=2
    )
    plain = engine.run_batch(run, streams(50), limits=Limits(), stop=_never)
    assert np.array_equal(np.array(results), np.array(plain))
    traced = Batch(engine, run, streams(50), limits=Limits(), stop=_never, threads=1, traced=500)
    traced.whole()
    assert np.isfinite(times[:, 0]).any()
    for r in range(50):
        n = int(traced.block.firings[r])
        steps = np.where(traced.block.trace_reaction[r, :n] == 0, 1, -1)  # 0 is the birth
        reached = np.flatnonzero(np.cumsum(steps) >= 7)
        expected = traced.block.trace_time[r, reached[0]] if len(reached) else np.nan
        assert np.array_equal(times[r, 0], expected, equal_nan=True)
    assert (times[:, 1] == 0.0).all()  # there from the start
    assert np.isnan(times[:, 2]).all()


def test_the_mean_is_that_of_the_closed_form(
    birth_death: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    """Births alone at 1/s: the time of the 5th is gamma distributed, mean 5, variance 5. |z| < 4:
    a false alarm once in 15,000 seeds."""
    network = replace(birth_death, reactions=birth_death.reactions[:1])
    _, times = simulator(network, kernel=kernel).first_passage(
        program(network, end=100.0),
        streams(4000),
        [Watch(readout=0, threshold=5.0)],
        limits=Limits(),
        stop=_never,
    )
    assert abs(times.mean() - 5.0) < 4 * np.sqrt(5.0 / 4000)


def test_changes_count_and_equilibration_does_not(
    decay: Network, kernel: str, simulator: Make, program: Make, streams: Make
) -> None:
    run = program(
        decay,
        Segment(start=-5.0, end=0.0, acts=(AddAmount("X", 40.0),)),
        Segment(start=0.0, end=100.0),
        Segment(start=100.0, end=101.0, acts=(AddAmount("X", 90.0),), outputs=np.array([101.0])),
    )
    watches = [Watch(readout=0, threshold=90.0), Watch(readout=0, threshold=39.0)]
    _, times = simulator(decay, kernel=kernel).first_passage(
        run, streams(20), watches, limits=Limits(), stop=_never
    )
    assert (times == 100.0).all()


def test_a_readout_that_moves_with_time_has_none(
    birth_death: Network, simulator: Make, program: Make, streams: Make
) -> None:
    drift = Assignment(id="drift", expression=Call("plus", (Symbol("X"), Time())))
    network = replace(birth_death, assignments=(drift,))
    with pytest.raises(InputError, match="drift"):
        simulator(network, symbols=("drift",)).first_passage(
            program(network),
            streams(1),
            [Watch(readout=0, threshold=1.0)],
            limits=Limits(),
            stop=_never,
        )
