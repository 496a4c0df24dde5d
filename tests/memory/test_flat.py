"""Replicate after replicate in one worker process: its resident memory (RSS) stays flat."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.engines.base import Task
from simnet.execute.base import Job, Outcome, Replicate
from simnet.execute.processes import Processes, close_workers
from simnet.experiment.condition import Condition
from simnet.experiment.program import program
from simnet.experiment.times import duration

WARM = 500  # replicates until roadrunner, numpy and the allocator have what they need
GROWTH = 2**20  # bytes that may come after that, however many replicates follow
LEAK = 2 * 160
"""Bytes a replicate that may come besides: libroadrunner 2.10's Python keeps 128 bytes of each array
that `simulate` gives, and there are two segments here. A trajectory of 11 points is 10 times that.
"""

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        not Path("/proc/self/statm").exists(), reason="resident memory is read from Linux's /proc"
    ),
]


@pytest.fixture
def resident(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Resident bytes (N,) of the one worker process after each of N replicates."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(Path(__file__).parent)])
    close_workers()  # a fresh one

    def run(network: sn.Network, replicates: int, t_end: str | float) -> Any:
        end = duration(t_end, "t_end")
        condition = Condition(
            changes=(sn.Scale(network.species[0].id, 1.0),),
            schedule=(sn.At(end / 2, sn.Add(network.species[-1].id, 3)),),
        )
        compiled, problems = program(network, condition, np.linspace(0, end, 11))
        assert problems == []
        task = Task(
            network=network,
            method="ssa",
            engine="rss_engine:MEASURED",
            symbols=tuple(readout.symbol for readout in network.readouts),
        )
        seeded = [Replicate(index=i, seed=i + 1) for i in range(replicates)]
        found = np.full((replicates, 3), np.nan)

        def deliver(outcome: Outcome) -> None:
            assert outcome.values is not None, outcome.failure
            found[outcome.replicate.index] = outcome.values[0]

        job = Job(index=0, program=compiled, replicates=seeded)
        Processes(workers=1).run(task, [job], deliver)
        assert len(np.unique(found[:, 0])) == 1, "one process ran them all"
        assert len(np.unique(found[:, 2])) > 1, "and they were different runs"
        return found[:, 1]

    yield run
    close_workers()


def told(resident: Any) -> str:
    """The number for people."""
    warm, rest = resident[WARM - 1], resident[WARM:]
    megabytes = [f"{b / 2**20:.1f}" for b in (warm, rest.max())]
    return (
        f"{len(resident):,} replicates in one process: RSS {megabytes[0]} MiB after {WARM}, "
        f"{megabytes[1]} MiB at most after that, growth {(rest.max() - warm) / 2**10:.0f} KiB"
    )


def test_memory_is_flat(dimer: sn.Network, resident: Callable[..., Any]) -> None:
    found = resident(dimer, 3000, 20.0)
    print(told(found))
    assert found[WARM:].max() - found[WARM - 1] <= GROWTH + LEAK * len(found), told(found)


@pytest.mark.verify
@pytest.mark.parametrize(("name", "t_end"), [("dimer", 20.0), ("hypoxia", "1 min")])
def test_memory_is_flat_over_ten_thousand(
    name: str,
    t_end: str | float,
    dimer: sn.Network,
    resident: Callable[..., Any],
    keep_figures: Callable[[str, object], None],
) -> None:
    found = resident(dimer if name == "dimer" else sn.load(name), 10_000, t_end)
    print(name, told(found))
    figures = {
        "network": name,
        "replicates": len(found),
        "warm_after": WARM,
        "warm": found[WARM - 1] / 2**20,
        "most": found[WARM:].max() / 2**20,
    }
    keep_figures(f"memory-{name}", figures)
    assert found[WARM:].max() - found[WARM - 1] <= GROWTH + LEAK * len(found), told(found)
