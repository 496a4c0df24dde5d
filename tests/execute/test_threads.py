"""Blocks in threads: what waits to be delivered is bounded."""

import threading
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.engines.base import Task
from simnet.engines.compiled import available
from simnet.execute import threads
from simnet.execute.base import Job, Outcome, Replicate
from simnet.execute.threads import AHEAD, BLOCK, Threads
from simnet.experiment.condition import Condition
from simnet.experiment.program import program
from simnet.seeds import stream_state

pytestmark = pytest.mark.skipif(not available(), reason="the compiled engine was not built")


def test_threads_wait_for_what_is_slow_to_receive(
    dimer: sn.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one block is being folded, no more than AHEAD blocks a thread are made."""
    lock, made, delivered, most = threading.Lock(), 0, 0, 0
    run = threads._run

    def counted(*arguments: Any) -> list[Outcome]:
        nonlocal made, most
        found = run(*arguments)
        with lock:
            made += 1
            most = max(most, made - delivered // BLOCK)
        return found

    monkeypatch.setattr(threads, "_run", counted)
    network = dimer
    compiled, problems = program(network, Condition(), np.linspace(0, 1.0, 3))
    assert not problems
    task = Task(
        network=network,
        method="ssa",
        engine="compiled",
        symbols=(network.species[0].id,),
        variant="lockstep",
    )
    blocks, lanes = 30, 2
    replicates = [
        Replicate(index=i, seed=i, stream=stream_state(1, "x", i)) for i in range(blocks * BLOCK)
    ]

    def slow(outcome: Outcome) -> None:
        nonlocal delivered
        if delivered % BLOCK == 0:
            threading.Event().wait(0.01)
        with lock:
            delivered += 1

    Threads(threads=lanes).run(task, [Job(index=0, program=compiled, replicates=replicates)], slow)
    assert (made, delivered) == (blocks, blocks * BLOCK)
    assert 1 < most <= AHEAD * lanes + 1  # the one that is being folded counts until its end
