"""Each comparison: what it accepts, what it refuses, and which sign it stands for."""

import math

import pytest

from simnet.catalogue.claims import COMPARISONS

# name, expected, tolerance, accepted, refused, side of "no effect"
CASES = [
    ("at least", 2.0, None, (2.0, 9.0), (1.99, -3.0), None),
    ("at most", 2.0, None, (2.0, -3.0), (2.01, 9.0), None),
    ("above", 2.0, None, (2.01,), (2.0, 1.0), None),
    ("below", 2.0, None, (1.99,), (2.0, 3.0), None),
    ("within", 5.0, 3.0, (2.0, 5.0, 8.0), (1.99, 8.01), None),
    ("within a factor", 6.0, 3.0, (2.0, 6.0, 18.0), (1.99, 18.01), None),
    ("fold at least", 3.0, None, (3.0, 9.0), (2.99, 0.5), "above"),
    ("fold at least", 0.7, None, (0.7, 2.0), (0.69,), None),
    ("fold at most", 0.7, None, (0.7, 0.0), (0.71, 2.0), "below"),
    ("fold at most", 1.1, None, (1.1, 0.5), (1.11,), None),
    ("fold above", 1.0, None, (1.01,), (1.0, 0.9), "above"),
    ("fold below", 1.0, None, (0.99,), (1.0, 1.1), "below"),
    ("fold within", 1.0, 0.05, (0.95, 1.0, 1.05), (0.949, 1.051), None),
    ("fold within", 0.3, 0.05, (0.25, 0.35), (0.2, 0.4), "below"),
    ("change above", 0.0, None, (0.1,), (0.0, -1.0), "above"),
    ("change below", 0.0, None, (-0.1,), (0.0, 1.0), "below"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]}")
def test_a_comparison(case: tuple) -> None:
    name, expected, tolerance, accepted, refused, side = case
    rule = COMPARISONS[name]
    assert all(rule.accepts(value, expected, tolerance) for value in accepted)
    assert not any(rule.accepts(value, expected, tolerance) for value in (*refused, math.nan))
    assert rule.side(expected, tolerance) == side
    assert rule.tolerant == (tolerance is not None)


def test_every_comparison_has_a_case() -> None:
    assert {name for name, *_ in CASES} == COMPARISONS.keys()
