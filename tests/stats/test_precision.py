"""Precision: fixed sizes, honest about what has not varied, and intervals that hold the truth."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.experiment.run import Precision
from simnet.stats.blocks import (
    BlockStatistics,
    block_statistics,
    ensemble_statistics,
    judge,
    merge,
    next_size,
)


def statistics(values: np.ndarray) -> BlockStatistics:
    return ensemble_statistics(np.asarray(values, float).reshape(len(values), 1, -1))


def test_sizes_double_up_to_the_maximum() -> None:
    assert Precision(relative=0.1, maximum=1000).sizes() == (128, 256, 512, 1000)
    assert Precision(relative=0.1, maximum=1024).sizes() == (128, 256, 512, 1024)
    assert Precision(relative=0.1, maximum=128).sizes() == (128,)


def test_a_run_grows_until_it_is_precise() -> None:
    """Poisson of mean 10: the half-width at n is 1.96 * sqrt(10 / n), 0.2 at 961 or more."""
    values = np.random.default_rng(1).poisson(10, (4096, 1))
    precision = Precision(absolute=0.2)
    taken = [128]
    while (size := next_size(statistics(values[: taken[-1]]), precision, [0])) is not None:
        taken.append(size)
    assert taken == [128, 256, 512, 1024]
    found = judge(statistics(values[:1024]), precision, [0])
    assert found.met
    assert found.half_width == pytest.approx(1.96 * np.sqrt(10 / 1024), rel=0.1)


def test_every_readout_has_to_be_precise() -> None:
    rng = np.random.default_rng(2)
    values = np.column_stack([rng.poisson(1000, 128), rng.poisson(1, 128), rng.poisson(100, 128)])
    precision = Precision(relative=0.05)
    assert next_size(statistics(values), precision, [0, 2]) is None
    assert next_size(statistics(values), precision, [0, 1, 2]) == 256


@pytest.mark.parametrize("value", [0.0, 3.0])
@pytest.mark.parametrize("precision", [Precision(relative=0.5), Precision(absolute=100.0)])
def test_zero_variance_never_stops_a_run(value: float, precision: Precision) -> None:
    assert next_size(statistics(np.full((128, 1), value)), precision, [0]) == 256


def test_it_stops_at_the_maximum_all_the_same() -> None:
    precision = Precision(relative=0.5, maximum=200)
    assert next_size(statistics(np.zeros((128, 1))), precision, [0]) == 200
    assert next_size(statistics(np.zeros((200, 1))), precision, [0]) is None
    assert not judge(statistics(np.zeros((200, 1))), precision, [0]).met


def test_none_of_128_is_known_to_wilsons_upper_end() -> None:
    """0 of 128 leaves up to 2.9 %, whose own half-width is 2.9 %, not the 1.5 % of the interval."""
    nothing = statistics(np.zeros((128, 1)))
    found = judge(nothing, Precision(absolute=0.02, statistic="fraction"), [0])
    assert found.half_width == pytest.approx(0.0292, abs=2e-4)
    assert not found.met
    assert judge(nothing, Precision(absolute=0.03, statistic="fraction"), [0]).met
    assert not judge(nothing, Precision(relative=0.5, statistic="fraction"), [0]).met


def test_failed_replicates_count_for_nothing() -> None:
    values = np.full((128, 1), np.nan)
    assert next_size(statistics(values), Precision(absolute=10), [0]) == 256
    values[:2, 0] = [1, 2]
    assert judge(statistics(values), Precision(absolute=10), [0]).half_width == pytest.approx(
        6.35, 0.01
    )


def test_judged_at_fixed_sizes_only() -> None:
    with pytest.raises(InputError, match="128, 256, 512"):
        next_size(statistics(np.zeros((130, 1))), Precision(absolute=1), [0])


def test_a_fraction_is_of_zeros_and_ones() -> None:
    with pytest.raises(InputError, match="besides 0 and 1"):
        judge(statistics(np.full((128, 1), 2)), Precision(absolute=1, statistic="fraction"), [0])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "either relative or absolute"),
        ({"relative": 0.1, "absolute": 1}, "either relative or absolute"),
        ({"relative": 0}, "not a number above 0"),
        ({"relative": "5%"}, "not a number above 0"),
        ({"absolute": float("nan")}, "not a number above 0"),
        ({"relative": 0.1, "confidence": 95}, "not between 0 and 1"),
        ({"relative": 0.1, "maximum": 100}, "at least 128"),
        ({"relative": 0.1, "maximum": 128.5}, "at least 128"),
        ({"relative": 0.1, "statistic": "median"}, "neither"),
        ({"relative": 0.1, "readouts": ()}, "none given"),
        ({"relative": 0.1, "readouts": -1}, "not a list of names"),
        ({"relative": 0.1, "readouts": ["X", 2]}, "not a list of names"),
    ],
)
def test_mistakes_are_named(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Precision(**arguments)


def test_records_round_trip() -> None:
    import json

    for precision in (Precision(relative=0.05), Precision(absolute=2, readouts=("A", "B"))):
        assert Precision(**json.loads(json.dumps(precision.record()))) == precision
    assert Precision(relative=0.1, readouts="A").readouts == ("A",)  # type: ignore[arg-type]


def coverage(law: Any, precision: Precision, experiments: int, most: int) -> tuple[float, set[int]]:
    """How many of so many independent experiments, one a readout, stop with the truth inside."""
    rng = np.random.default_rng(11)
    places = list(range(experiments))
    stopped = np.zeros(experiments, bool)
    held = np.zeros(experiments, bool)
    total: BlockStatistics | None = None
    sizes = set()
    for size in [n for n in precision.sizes() if n <= most]:
        while total is None or total.stop < size:
            first = total.stop if total else 0
            length = 128 if first < 256 else 256
            block = block_statistics(
                law.draw(rng, (length, 1, experiments)), first=first, covariance=False
            )
            total = merge(total, block) if total else block
        found = judge(total, precision, places)
        now = (found.half_width <= found.target) & ~stopped
        inside = (found.estimate.low <= law.mean) & (found.estimate.high >= law.mean)
        held[now] = inside[now]
        stopped |= now
        if now.any():
            sizes.add(size)
    assert stopped.all(), "some experiments did not become precise"
    return float(held.mean()), sizes


CASES = [
    ("poisson", {"relative": 0.05}, 1024, {128, 256}),
    ("bursts", {"relative": 0.1}, 2048, {256, 512}),
    ("bursts", {"absolute": 2.2}, 2048, {128, 256, 512}),
    ("fraction", {"absolute": 0.02, "statistic": "fraction"}, 1024, {256, 512}),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "wanted", "most", "sizes"), CASES)
def test_coverage_at_the_stop(
    name: str, wanted: dict[str, Any], most: int, sizes: set[int], laws: Mapping[str, Any]
) -> None:
    """93 to 97 %, where some stop at one size and some at the next; 800 experiments, standard
    error 0.8 %, so the band is wider by two of them."""
    found, taken = coverage(laws[name], Precision(**wanted), 800, most)
    assert 0.914 < found < 0.986
    assert taken >= sizes


@pytest.mark.verify
@pytest.mark.parametrize(
    ("name", "wanted", "most"),
    [
        ("poisson", {"relative": 0.05}, 4096),
        ("poisson", {"relative": 0.04}, 4096),
        ("poisson", {"absolute": 0.548}, 4096),
        ("bursts", {"relative": 0.1}, 4096),
        ("bursts", {"relative": 0.05}, 8192),
        ("bursts", {"absolute": 2.2}, 4096),
        ("fraction", {"absolute": 0.01, "statistic": "fraction"}, 8192),
        ("fraction", {"absolute": 0.005, "statistic": "fraction"}, 16384),
        ("fraction", {"relative": 0.3, "statistic": "fraction"}, 16384),
    ],
)
def test_coverage_at_the_stop_in_full(
    name: str, wanted: dict[str, Any], most: int, laws: Mapping[str, Any]
) -> None:
    """93 to 97 %; 4000 experiments, standard error 0.34 %."""
    found, _ = coverage(laws[name], Precision(**wanted), 4000, most)
    assert 0.93 < found < 0.97
