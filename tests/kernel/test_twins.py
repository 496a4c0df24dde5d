"""Each kernel in C and its plain Python twin: the same events at the same times, bit for bit."""

from collections.abc import Callable

import numpy as np
import pytest
from twins import Stream, TwinReplicate, run_lockstep, run_rejection

from simnet.engines.base import Limits, Task
from simnet.engines.compiled import Batch, CompiledSimulator
from simnet.experiment.action import AddAmount
from simnet.experiment.program import Program, Segment
from simnet.network.network import Network

_TWIN = {"lockstep": run_lockstep, "rejection": run_rejection}
_END = {"mass_action": 3.0, "laws": 4.0, "ring20": 3.0, "ring150": 0.4}
_TRACED = 4000


def _no() -> bool:
    return False


def _program(network: Network) -> Program:
    """Two segments, the second with other settings and a dose."""
    end, first = _END[network.id], network.parameters[0]
    species = network.species[0].id
    return Program(
        amounts={s.id: s.initial for s in network.species},
        settings={p.id: p.value for p in network.parameters} | {"cell": 1.0},
        segments=(
            Segment(start=0.0, end=end / 2, outputs=np.linspace(0.0, end / 2, 4)[:3]),
            Segment(
                start=end / 2,
                end=end,
                settings={first.id: first.value * 1.5},
                acts=(AddAmount(species, 7.0),),
                outputs=np.linspace(end / 2, end, 3),
            ),
        ),
    )


@pytest.fixture(scope="module")
def traced(
    network: Network, kernel: str, streams: Callable[[int], list[bytes]]
) -> tuple[CompiledSimulator, Program, Batch]:
    """19 replicates, so that lanes are used again."""
    task = Task(
        network=network,
        method="ssa",
        engine="compiled",
        symbols=tuple(r.symbol for r in network.readouts),
    )
    simulator, program = CompiledSimulator(task), _program(network)
    simulator.kernel = kernel
    run = Batch(
        simulator,
        program,
        streams(19),
        limits=Limits(),
        stop=_no,
        threads=2,
        traced=_TRACED,
    )
    run.whole()
    assert not run.reasons
    return simulator, program, run


def test_events_counts_readouts_and_streams_are_the_same(
    traced: tuple[CompiledSimulator, Program, Batch], streams: Callable[[int], list[bytes]]
) -> None:
    simulator, program, run = traced
    twin = _TWIN[simulator.kernel]
    events = 0
    for r in (0, 7, 18):
        replicate = TwinReplicate(
            counts=[program.amounts[s.id] for s in simulator.task.network.species],
            stream=Stream(streams(19)[r]),
        )
        settings = dict(program.settings)
        for number, segment in enumerate(program.segments):
            settings |= segment.settings
            if number == 1:
                replicate.counts[0] += 7
            constants = simulator.constants(segment.held, settings)
            twin(
                constants,
                replicate,
                start=segment.start,
                end=segment.end,
                outputs=segment.outputs.tolist(),
            )
        found = len(replicate.events)
        events += found
        assert found <= _TRACED
        assert run.block.firings[r] == found
        times, reactions = run.block.trace_time[r, :found], run.block.trace_reaction[r, :found]
        assert reactions.tolist() == [j for _, j in replicate.events]
        assert times.tolist() == [t for t, _ in replicate.events]
        assert run.block.counts[r].tolist() == replicate.counts
        assert run.block.values[r].tolist() == replicate.rows
        assert run.block.streams[r].tolist() == replicate.stream.state
    assert events > 150


def test_every_reaction_that_can_fire_did(traced: tuple[CompiledSimulator, Program, Batch]) -> None:
    simulator, _, run = traced
    fired = set(run.block.trace_reaction[run.block.trace_reaction >= 0].tolist())
    assert len(fired) > 0.6 * len(simulator.task.network.reactions)


def test_company_and_tracing_change_nothing(
    traced: tuple[CompiledSimulator, Program, Batch], streams: Callable[[int], list[bytes]]
) -> None:
    simulator, program, run = traced
    results = simulator.run_batch(program, streams(19), limits=Limits(), stop=_no)
    assert np.array_equal(np.array(results), run.block.values)
    for r in range(0, 19, 3):
        (alone,) = simulator.run_batch(program, streams(19)[r : r + 1], limits=Limits(), stop=_no)
        assert np.array_equal(alone, run.block.values[r])
    few = Batch(
        simulator, program, streams(3), limits=Limits(), stop=_no, threads=1, traced=_TRACED
    )
    few.whole()
    for name in ("counts", "streams", "firings", "values", "trace_time", "trace_reaction"):
        found, expected = getattr(few.block, name), getattr(run.block, name)[:3]
        assert np.array_equal(found, expected, equal_nan=found.dtype.kind == "f"), name
