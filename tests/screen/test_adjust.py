"""Corrections against published numbers, by hand, and their promise."""

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.screen.effects import adjusted_pvalues

# The fifteen p-values of section 4 of Benjamini & Hochberg 1995 (doi:10.1111/j.2517-6161.1995.tb02031.x):
# at 0.05 their procedure rejects the first four, Bonferroni's and Holm's the first three.
PAPER = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


@pytest.mark.parametrize(("method", "rejected"), [("benjamini-hochberg", 4), ("holm", 3)])
def test_published_example(method, rejected):
    shuffled = np.random.default_rng(1).permutation(len(PAPER))
    adjusted = adjusted_pvalues(np.array(PAPER)[shuffled], method)
    back = np.empty(len(PAPER))
    back[shuffled] = adjusted
    assert (back <= 0.05).tolist() == [True] * rejected + [False] * (len(PAPER) - rejected)
    assert (np.diff(back) >= 0).all()


def test_by_hand_with_ties_and_nan_is_not_counted():
    by_hand = [0.04, 0.04, 0.04, 0.6, 1.0]  # the least of p 5 / rank from there on
    np.testing.assert_allclose(adjusted_pvalues([0.024, 0.01, 0.024, 0.48, 1.0]), by_hand)
    p = np.random.default_rng(2).uniform(size=200) ** 2
    gaps = np.insert(p, [0, 50, 200], np.nan)
    adjusted = adjusted_pvalues(gaps)
    assert np.isnan(adjusted).sum() == 3
    np.testing.assert_array_equal(adjusted[~np.isnan(adjusted)], adjusted_pvalues(p))


def test_holm_by_hand():
    np.testing.assert_allclose(adjusted_pvalues([0.04, 0.01, 0.03], "holm"), [0.06, 0.03, 0.06])
    assert adjusted_pvalues([0.9, 0.8], "holm").max() == 1


def test_nothing_to_adjust():
    assert adjusted_pvalues([]).shape == (0,)
    assert np.isnan(adjusted_pvalues([np.nan])).all()


def test_all_mistakes_at_once():
    with pytest.raises(InputError) as caught:
        adjusted_pvalues([1.5, 0.1], "bonferoni")
    assert len(caught.value.problems) == 2


def test_family_wise_and_discovery_rates():
    """2,000 screens of 20 tests. Nothing true: any alarm at all at most in 5 % (4 SE: 7 %). Half of
    them true: of the reported a share 5 % false at most (2.5 % expected; 4 SE: 3.4 %)."""
    rng = np.random.default_rng(3)
    null = rng.uniform(size=(2000, 20))
    for method in ("benjamini-hochberg", "holm"):
        any_alarm = np.mean([(adjusted_pvalues(p, method) < 0.05).any() for p in null])
        assert 0.03 < any_alarm < 0.07
    mixed = null.copy()
    mixed[:, :10] **= 6
    shares = []
    for p in mixed:
        found = adjusted_pvalues(p) < 0.05
        shares.append(found[10:].sum() / max(1, found.sum()))
    assert np.mean(shares) < 0.034
