"""The tree of running sums: leaves are found in proportion to their values."""

import random
from bisect import bisect_right
from itertools import accumulate

import pytest
from twins import Tree


@pytest.mark.parametrize("size", [1, 15, 16, 17, 256, 257, 5000])
def test_whole_values_are_found_exactly(size: int) -> None:
    chance = random.Random(size)
    values = [float(chance.choice([0, 0, 1, 5])) for _ in range(size - 1)] + [3.0]
    tree, sums = Tree(values), list(accumulate(values))
    assert tree.total == sums[-1]
    for _ in range(300):
        aim = float(chance.randrange(int(sums[-1]))) + 0.5
        assert tree.find(aim) == bisect_right(sums, aim)


def test_only_leaves_above_zero_are_found_even_where_sums_are_rounded() -> None:
    chance = random.Random(1)
    for _ in range(300):
        values = [chance.choice([0.0, 1e-17, chance.random(), 1e15]) for _ in range(300)] + [1e-9]
        tree = Tree(values)
        for share in (2.0**-53, chance.random(), 1 - 2.0**-53):
            assert values[tree.find(share * tree.total)] > 0
