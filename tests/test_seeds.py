"""Seeds: distinct by construction, a function of their key only, never the clock's number."""

import pytest
from scipy import stats

from simnet.seeds import (
    SEEDS_PER_CONDITION,
    further_seed,
    is_root,
    replicate_seed,
    screen_generator,
    study_generator,
    uniform,
)


@pytest.mark.thorough
def test_distinct_within_a_condition() -> None:
    """Among 300,000 random 32-bit numbers some 10 pairs would collide; a bijection has none."""
    seeds = [replicate_seed(1, "control", r) for r in range(300_000)]
    assert len(set(seeds)) == len(seeds)
    assert max(seeds) < SEEDS_PER_CONDITION
    assert min(seeds) >= 0


def test_a_seed_depends_on_its_key_only() -> None:
    assert replicate_seed(1, "c", 5) == replicate_seed(1, "c", 5)
    others = {replicate_seed(1, "c", 5), replicate_seed(2, "c", 5), replicate_seed(1, "d", 5)}
    assert len(others) == 3


def test_known_values() -> None:
    """Pinned: other numbers would change every seeded result of every user."""
    assert [replicate_seed(0, "c", r) for r in range(3)] == [4000795721, 1416942369, 3860580068]
    assert further_seed(5, 2) == 3774820960
    assert uniform(b"k", "GLUT1") == 0.4478173570794922
    assert study_generator(3, "sobol").integers(2**32) == 1169448729
    assert screen_generator(3, "dose").integers(2**32) == 4100823684


def test_uniform() -> None:
    """Chi-square over 64 bins, 64,000 seeds; false-alarm rate 1e-6."""
    seeds = [replicate_seed(7, "c", r) for r in range(64_000)]
    counts = [0] * 64
    for seed in seeds:
        counts[seed >> 26] += 1
    assert stats.chisquare(counts).pvalue > 1e-6


@pytest.mark.parametrize("root", [0, 1, 2**64 - 1])
def test_roots(root: int) -> None:
    assert is_root(root)
    assert 0 <= replicate_seed(root, "", 0) < SEEDS_PER_CONDITION


def test_what_is_no_key() -> None:
    assert not is_root(-1)
    assert not is_root(2**64)
    with pytest.raises(ValueError, match="no seed"):
        replicate_seed(-1, "", 0)
    with pytest.raises(ValueError, match="no seed"):
        replicate_seed(1, "", SEEDS_PER_CONDITION)
