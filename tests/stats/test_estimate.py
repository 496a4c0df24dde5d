"""Wilson's interval and Student's quantile against published numbers and scipy."""

import numpy as np
import pytest
from scipy.stats import binomtest, t

from simnet.errors import InputError
from simnet.stats.estimate import fraction_estimate, student_quantile


@pytest.mark.parametrize(("hits", "n"), [(0, 128), (1, 20), (13, 100), (100, 100)])
def test_wilson_agrees_with_scipy(hits: int, n: int) -> None:
    found = fraction_estimate(np.array(hits), np.array(n))
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert found.value == hits / n
    assert found.low == pytest.approx(expected.low, abs=1e-15)
    assert found.high == pytest.approx(expected.high, abs=1e-15)


def test_wilson_covers_a_small_fraction() -> None:
    """Exactly, by summing over the binomial: 95 % of 0.02 at n = 1000."""
    from scipy.stats import binom

    hits = np.arange(1001.0)
    found = fraction_estimate(hits, np.full(1001, 1000.0))
    inside = (found.low <= 0.02) & (found.high >= 0.02)
    assert binom.pmf(hits, 1000, 0.02)[inside].sum() == pytest.approx(0.95, abs=0.01)


def test_nothing_known_of_no_replicates_and_mistakes_are_refused() -> None:
    found = fraction_estimate(np.zeros(1), np.zeros(1))
    assert np.isnan([found.value, found.low, found.high]).all()
    with pytest.raises(InputError, match="between 0 and n"):
        fraction_estimate(np.array(3), np.array(2))
    with pytest.raises(InputError, match=r"0\.95 for 95 %"):
        fraction_estimate(np.array(1), np.array(2), confidence=95)


def test_student() -> None:
    found = student_quantile(0.95, np.array([0.0, 1.0, 7.0, 1e6]))
    np.testing.assert_allclose(found[1:], t.ppf(0.975, [1, 7, 1e6]), rtol=1e-9)
    assert np.isnan(found[0])
