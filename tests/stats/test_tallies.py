"""Counts in fixed bins: what is exact, what is bounded, and that merging adds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simnet.stats.distribution import (
    RELATIVE_ERROR,
    SMALLEST,
    bin_spans,
    bin_values,
    bins_of,
    merge_tallies,
    tallies_of,
)


def test_whole_numbers_below_512_are_exact() -> None:
    numbers = np.arange(-511.0, 512.0)
    bins = bins_of(numbers)
    assert len(np.unique(bins)) == len(numbers)
    np.testing.assert_array_equal(bin_values(bins, whole=True), numbers)


@given(st.floats(-1e18, 1e18))
def test_every_value_lies_in_its_bin_and_near_its_middle(value: float) -> None:
    place = bins_of(np.array([value]))
    low, high = bin_spans(place, whole=False)
    assert low[0] <= value <= high[0]
    middle = bin_values(place, whole=False)[0]
    assert abs(middle - value) <= max(RELATIVE_ERROR * abs(value), SMALLEST)


@given(st.lists(st.floats(-1e18, 1e18), min_size=2, max_size=2))
def test_bins_rise_with_the_values(pair: list[float]) -> None:
    low, high = bins_of(np.array(sorted(pair)))
    assert low <= high


@given(st.integers(-(2**50), 2**50))
def test_the_middle_of_whole_numbers_is_within_the_bound(number: int) -> None:
    middle = bin_values(bins_of(np.array([float(number)])), whole=True)[0]
    assert abs(middle - number) <= RELATIVE_ERROR * abs(number)


def test_merging_adds_in_any_order() -> None:
    rng = np.random.default_rng(1)
    parts = [rng.lognormal(mean, 1, (50, 3, 2)) for mean in (0, 3, -2)]
    parts[1][:, 1, 0] = np.nan
    a, b, c = map(tallies_of, parts)
    left, right = merge_tallies(merge_tallies(a, b), c), merge_tallies(c, merge_tallies(b, a))
    whole = tallies_of(np.concatenate(parts))
    for readout in range(2):
        np.testing.assert_array_equal(left.bins[readout], whole.bins[readout])
        np.testing.assert_array_equal(right.bins[readout], whole.bins[readout])
        np.testing.assert_array_equal(left.tables[readout], whole.tables[readout])
        np.testing.assert_array_equal(right.tables[readout], whole.tables[readout])
    assert left.tables[0].sum(axis=0).tolist() == [150, 100, 150]


def test_a_readout_without_values_takes_no_part() -> None:
    nothing = tallies_of(np.full((4, 2, 1), np.nan))
    some = tallies_of(np.ones((4, 2, 1)))
    for merged in (merge_tallies(nothing, some), merge_tallies(some, nothing)):
        assert merged.tables[0].tolist() == [[4, 4]]
        assert merged.values(0).tolist() == [1]


def test_fractions_are_not_taken_for_whole_numbers() -> None:
    assert tallies_of(np.array([[[1.0, 1.5]]])).whole == (True, False)


def test_values_beyond_all_bins_stand_for_infinity() -> None:
    assert bin_values(bins_of(np.array([1e20, -1e20])), whole=False).tolist() == [np.inf, -np.inf]


@pytest.mark.parametrize("law", ["counts", "amounts"])
def test_memory_of_100_000_replicates_is_bounded(law: str) -> None:
    """Columns are set by the range of values, not by how many there are: 101 times, 20 readouts."""
    rng = np.random.default_rng(2)
    draw = rng.poisson(300, 100_000) if law == "counts" else rng.lognormal(5, 1, 100_000)
    tallies = tallies_of(draw[:, np.newaxis, np.newaxis].astype(float))
    assert sum(table.nbytes for table in tallies.tables) * 101 * 20 < 60e6
