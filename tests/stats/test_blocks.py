"""Blocks: the same bits however they come, bounded, and refused where they do not fit."""

import itertools

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.stats.blocks import (
    BlockStatistics,
    Merging,
    Threshold,
    block_bounds,
    block_statistics,
    ensemble_statistics,
    fractions_above,
    merge,
)

THRESHOLDS = (Threshold(0, 50.5), Threshold(1, 3.0))


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    rng = np.random.default_rng(1)
    drawn = np.stack([rng.poisson(50, (900, 4)), rng.lognormal(1, 1, (900, 4))], axis=-1)
    drawn[17] = np.nan
    return drawn.astype(float)


def parts(values: np.ndarray) -> list[BlockStatistics]:
    return [
        block_statistics(values[a:b], first=a, thresholds=THRESHOLDS)
        for a, b in block_bounds(0, len(values))
    ]


def bits(statistics: BlockStatistics) -> list[bytes]:
    powers, comoments, tallies = statistics.powers, statistics.comoments, statistics.tallies
    assert comoments is not None
    arrays = [*vars(powers).values(), *vars(comoments).values(), *tallies.tables, statistics.above]
    return [np.ascontiguousarray(array).tobytes() for array in arrays]


def test_blocks_are_cut_by_index_alone() -> None:
    assert list(block_bounds(0, 600)) == [(0, 128), (128, 256), (256, 512), (512, 600)]
    assert list(block_bounds(128, 256)) == [(128, 256)]
    assert list(block_bounds(512, 520)) == [(512, 520)]
    assert list(block_bounds(0, 100)) == [(0, 100)]
    with pytest.raises(InputError, match="first replicate 100"):
        list(block_bounds(100, 200))


def test_any_order_of_arrival_gives_the_same_bits(values: np.ndarray) -> None:
    expected = bits(ensemble_statistics(values, thresholds=THRESHOLDS))
    for order in itertools.islice(itertools.permutations(parts(values)), 0, 120, 7):
        total = merge_all(*order)
        assert total.stop == 900
        assert bits(total) == expected


def test_what_is_known_early_is_what_fewer_replicates_give(values: np.ndarray) -> None:
    merging = Merging()
    for part in parts(values):
        merging.take(part)
        total = merging.total
        assert total is not None
        direct = ensemble_statistics(values[: total.stop], thresholds=THRESHOLDS)
        assert bits(total) == bits(direct)


def test_fractions_above_thresholds(values: np.ndarray) -> None:
    found = fractions_above(ensemble_statistics(values, thresholds=THRESHOLDS))
    known = np.delete(values, 17, axis=0)
    expected = [(known[:, :, 0] > 50.5).mean(axis=0), (known[:, :, 1] > 3).mean(axis=0)]
    np.testing.assert_allclose(found.value, np.transpose(expected))
    assert fractions_above(ensemble_statistics(values)).value.shape == (4, 0)


def test_another_order_of_merging_is_refused(values: np.ndarray) -> None:
    a, b, c, *_ = parts(values)
    for left, right in [(b, c), (b, a), (a, c), (a, merge_all(a, b))]:
        with pytest.raises(InputError, match="are not consecutive"):
            merge(left, right)
    other = block_statistics(values[128:256, :2], first=128)
    with pytest.raises(InputError, match="have different times"):
        merge(a, other)


def merge_all(*blocks: BlockStatistics) -> BlockStatistics:
    merging = Merging()
    for block in blocks:
        merging.take(block)
    assert merging.total is not None
    return merging.total


def test_early_blocks_wait_and_doubled_ones_are_named(values: np.ndarray) -> None:
    a, b, c, *_ = parts(values)
    assert merge_all(a, c).stop == 128
    for doubled in ([a, b, a], [a, c, c]):
        with pytest.raises(InputError, match="was added twice"):
            merge_all(*doubled)


def test_what_is_no_block_is_refused(values: np.ndarray) -> None:
    with pytest.raises(InputError, match="not within one block"):
        block_statistics(values[:200])
    with pytest.raises(InputError, match="infinite"):
        block_statistics(np.full((3, 1, 1), np.inf))
    with pytest.raises(InputError, match="each at least one"):
        ensemble_statistics(values[:0])


def test_covariances_can_be_left_out(values: np.ndarray) -> None:
    assert ensemble_statistics(values, covariance=False).comoments is None
