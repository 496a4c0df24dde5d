"""Two modes: found where there are two, not where there is one, and with honest intervals."""

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.stats.distribution import tallies_of
from simnet.stats.modes import two_modes, two_modes_of


def mixture(
    rng: np.random.Generator, n: int, weight: float, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    return np.where(rng.random(n) < weight, high, low).astype(float)


def schloegl(rng: np.random.Generator, n: int) -> np.ndarray:
    """Modes near 85 and 565, as in the model of Schloegl 1972 (doi:10.1007/BF01379769)."""
    low, high = rng.normal(85, 18, n), rng.normal(565, 40, n)
    return mixture(rng, n, 0.4, low.clip(0), high).round()


def test_a_bistable_sample() -> None:
    found = two_modes(schloegl(np.random.default_rng(1), 2000), family="normal")
    assert found.bimodal
    assert found.evidence > 1000
    np.testing.assert_allclose(found.mean, [85, 565], rtol=0.02)
    np.testing.assert_allclose(found.sd, [18, 40], rtol=0.1)
    assert found.weight.low < 0.4 < found.weight.high
    assert found.separation.low < (565 - 85) / np.sqrt((18**2 + 40**2) / 2) < found.separation.high
    assert found.weight.half_width == pytest.approx(1.96 * np.sqrt(0.24 / 2000), rel=0.05)


def coverage(experiments: int) -> tuple[float, float]:
    """Of the weight and separation of bursty low and high expression, which overlap a little."""
    rng = np.random.default_rng(2)
    truth = (40 - 4) / np.sqrt((12 + 200) / 2)
    weight, apart = 0, 0
    for _ in range(experiments):
        low, high = rng.negative_binomial(2, 1 / 3, 800), rng.negative_binomial(10, 1 / 5, 800)
        found = two_modes(mixture(rng, 800, 0.3, low, high))
        assert found.bimodal
        weight += bool(found.weight.low <= 0.3 <= found.weight.high)
        apart += bool(found.separation.low <= truth <= found.separation.high)
    return weight / experiments, apart / experiments


def test_the_intervals_hold_the_truth() -> None:
    """A binomial of 40 at 95 % is below 33 once in 2000."""
    assert min(coverage(40)) >= 33 / 40


@pytest.mark.verify
def test_the_intervals_cover_in_full() -> None:
    """600 experiments, standard error 0.9 %."""
    weight, apart = coverage(600)
    assert 0.92 < weight < 0.98
    assert 0.92 < apart < 0.98


@pytest.mark.parametrize("law", ["poisson", "bursts", "normal", "lognormal"])
def test_one_mode_is_not_taken_for_two(law: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        sample = {
            "poisson": rng.poisson(20, 500),
            "bursts": rng.negative_binomial(1, 1 / 21, 500),
            "normal": rng.normal(5, 1, 500),
            "lognormal": rng.lognormal(0, 0.6, 500),  # two normals fit it better, and have no dip
        }[law]
        assert not two_modes(sample.astype(float)).bimodal


def test_cells_that_are_off_are_a_mode_without_width() -> None:
    rng = np.random.default_rng(4)
    found = two_modes(mixture(rng, 500, 0.7, np.zeros(500), rng.poisson(20, 500)))
    assert found.bimodal
    assert found.mean[0] == pytest.approx(0, abs=0.01)
    assert found.weight.value == pytest.approx(0.7, abs=0.08)


def test_counts_of_values_and_tallies_give_the_same_fit() -> None:
    rng = np.random.default_rng(5)
    sample = mixture(rng, 600, 0.3, rng.poisson(5, 600), rng.poisson(50, 600))
    direct = two_modes(sample)
    values, often = np.unique(sample, return_counts=True)
    tallied = two_modes_of(tallies_of(sample[:, np.newaxis, np.newaxis]), 0, 0)
    for other in (two_modes(values, often), tallied, two_modes(sample[::-1])):
        assert (other.weight.value, other.n) == (direct.weight.value, 600)
        np.testing.assert_array_equal(other.mean, direct.mean)


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="too few"):
        two_modes(np.arange(10.0))
    with pytest.raises(InputError, match="all equal, 3"):
        two_modes(np.full(50, 3.0))
    with pytest.raises(InputError, match="not counts"):
        two_modes(np.linspace(0, 1, 50), family="negative binomial")
    with pytest.raises(InputError, match="neither"):
        two_modes(np.arange(50.0), family="gamma")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="values='x': not numbers"):
        two_modes("x")  # type: ignore[arg-type]


def test_large_counts_from_tallies_are_counts() -> None:
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.poisson(100, 300), rng.poisson(600, 300)]).astype(float)
    tallies = tallies_of(values[:, np.newaxis, np.newaxis])
    found, exact = two_modes_of(tallies, 0, 0), two_modes(values)
    assert found.family == exact.family == "negative binomial"
    assert found.evidence == pytest.approx(exact.evidence, rel=0.02)
