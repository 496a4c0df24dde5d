"""The extension checks lengths and indices before a kernel sees them."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from simnet.engines._kernel import _ssa
from simnet.engines.base import Limits
from simnet.engines.compiled import arguments, new_block
from simnet.engines.compiled_tables import tables
from simnet.experiment.program import Segment
from simnet.network.network import Network

_CONTROL = np.zeros(2)


@pytest.fixture
def buffers(
    networks: Mapping[str, Callable[[], Network]], streams: Callable[[int], list[bytes]]
) -> tuple[list[Any], list[Any]]:
    """Of a network with a tape, and of two replicates."""
    network = networks["laws"]()
    found = tables(network, [r.symbol for r in network.readouts])
    settings = {p.id: p.value for p in network.parameters}
    block = new_block(streams(2), species=3, shape=(2, len(network.readouts)), watches=0, traced=0)
    segment = Segment(start=0.0, end=0.1, outputs=np.array([0.0, 0.1]))
    given = arguments(block, segment, 0, watches=(), limits=Limits())
    return list(found.evaluated(settings).buffers()), [*given, _CONTROL]


def test_what_is_right_runs(buffers: tuple[list[Any], list[Any]]) -> None:
    network, block = map(tuple, buffers)
    _ssa.run("lockstep", network, block, 0, 2)
    _ssa.run("rejection", network, block, 0, 2)


@pytest.mark.parametrize("part", [0, 1])
def test_every_buffer_must_have_its_length(part: int, buffers: tuple[list[Any], list[Any]]) -> None:
    for i, buffer in enumerate(buffers[part]):
        changed = [list(side) for side in buffers]
        changed[part][i] = np.concatenate([np.ravel(buffer), np.ravel(buffer)[:1]])
        if len(changed[part][i]) == len(np.ravel(buffer)):
            changed[part][i] = np.zeros(1)  # it was empty
        if part == 0 and i in (7, 8, 13):
            continue  # these say how long they are
        if part == 1 and i in (10, 12):
            continue
        with pytest.raises(ValueError, match=r"length|range"):
            _ssa.run("lockstep", tuple(changed[0]), tuple(changed[1]), 0, 2)


@pytest.mark.parametrize("buffer", [2, 3, 5, 8, 10, 13, 15, 17])
@pytest.mark.parametrize("index", [-2, 10_000])
def test_every_index_must_be_within_its_table(
    buffer: int, index: int, buffers: tuple[list[Any], list[Any]]
) -> None:
    network, block = buffers
    changed = network[buffer].copy()
    if not changed.size:
        pytest.fail("nothing to change")
    changed.flat[-1] = index
    network[buffer] = changed
    with pytest.raises(ValueError, match="range"):
        _ssa.run("rejection", tuple(network), tuple(block), 0, 2)


@pytest.mark.parametrize("buffer", [9, 14, 16])
def test_starts_of_lists_must_rise(buffer: int, buffers: tuple[list[Any], list[Any]]) -> None:
    network, block = buffers
    changed = network[buffer].copy()
    changed[0] = changed[1] + 1
    network[buffer] = changed
    with pytest.raises(ValueError, match="order"):
        _ssa.run("rejection", tuple(network), tuple(block), 0, 2)


def test_an_operation_may_not_read_what_it_writes(buffers: tuple[list[Any], list[Any]]) -> None:
    network, block = buffers
    tape = network[8].copy()
    tape[0, 2] = tape[0, 1]
    network[8] = tape
    with pytest.raises(ValueError, match="reads what it writes"):
        _ssa.run("lockstep", tuple(network), tuple(block), 0, 2)


def test_replicates_must_exist(buffers: tuple[list[Any], list[Any]]) -> None:
    network, block = map(tuple, buffers)
    with pytest.raises(ValueError, match="no such replicates"):
        _ssa.run("lockstep", network, block, 0, 3)
    with pytest.raises(ValueError, match="no kernel"):
        _ssa.run("guess", network, block, 0, 2)
    with pytest.raises(TypeError, match="tuple"):
        _ssa.run("lockstep", network[:3], block, 0, 2)
    with pytest.raises((BufferError, TypeError)):
        _ssa.run("lockstep", (*network[:-1], "text"), block, 0, 2)
