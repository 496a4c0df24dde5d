"""What the compiled engine's tests share: tasks, streams and programs in few words."""

import hashlib
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simnet.engines.base import Task
from simnet.engines.compiled import CompiledSimulator
from simnet.experiment.program import Program, Segment
from simnet.network.network import Network

if (twins := str(Path(__file__).parents[1] / "kernel")) not in sys.path:
    sys.path.insert(0, twins)  # `twins` can be imported; pytest does not collect it


def _streams(count: int, first: int = 0) -> list[bytes]:
    return [
        hashlib.blake2b(b"%d" % i, digest_size=32).digest() for i in range(first, first + count)
    ]


def _simulator(network: Network, *, kernel: str = "", symbols: Sequence[str] = ()) -> Any:
    wanted = tuple(symbols) or tuple(r.symbol for r in network.readouts)
    made = CompiledSimulator(Task(network=network, method="ssa", engine="compiled", symbols=wanted))
    made.kernel = kernel or made.kernel
    return made


def _program(network: Network, *segments: Segment, end: float = 10.0, points: int = 5) -> Program:
    """One segment to `end`, or those given."""
    settings: Mapping[str, float] = {p.id: p.value for p in network.parameters}
    grid = np.linspace(0.0, end, points)
    return Program(
        amounts={s.id: s.initial for s in network.species},
        settings={**settings, **{c.id: c.size for c in network.compartments}},
        segments=segments or (Segment(start=0.0, end=end, outputs=grid),),
    )


@pytest.fixture(scope="session")
def streams() -> Callable[..., list[bytes]]:
    """(count, first=0): starts of streams."""
    return _streams


@pytest.fixture(scope="session")
def simulator() -> Callable[..., Any]:
    """(network, kernel="", symbols=()): a prepared compiled engine."""
    return _simulator


@pytest.fixture(scope="session")
def program() -> Callable[..., Program]:
    """(network, *segments, end=10, points=5)."""
    return _program


@pytest.fixture(scope="session", params=["lockstep", "rejection"])
def kernel(request: pytest.FixtureRequest) -> str:
    """Each kernel, whatever the size of the network."""
    return str(request.param)
