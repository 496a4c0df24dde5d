"""The same numbers from an independent library, synfit (MIT)."""

import numpy as np
import pytest
from synfit import bliss_reference, hsa_reference, loewe_ci, loewe_reference

from simnet.screen.synergy import surface_interaction

A = np.array([0, 0.3, 1, 3, 10, 30])
B = np.array([0, 1, 3, 10, 30, 100])
SHARED = {"effect_0": 100.0, "effect_inf": 10.0}
DRUGS = {"c50_ver": 3.0, "hill_ver": 1.2, "c50_hor": 10.0, "hill_hor": 0.8}


def found(surface, model, **given):
    values = [[np.array([value]) for value in row] for row in surface]
    result = surface_interaction(A, B, values, models=[model], exact=True, **given)
    return np.array([score.score for score in result.cells]).reshape(5, 5)


@pytest.fixture
def surface(hill):
    """Two drugs with their own curves, and combinations that follow no model."""
    a = hill(A, DRUGS["c50_ver"], DRUGS["hill_ver"], 100, 10)
    b = hill(B, DRUGS["c50_hor"], DRUGS["hill_hor"], 100, 10)
    mixed = np.sqrt(a[:, None] * b) * np.random.default_rng(1).uniform(0.6, 1.0, (6, 6))
    mixed[:, 0], mixed[0, :] = a, b
    return mixed


@pytest.mark.parametrize("rising", [False, True])
@pytest.mark.parametrize(("model", "theirs"), [("bliss", bliss_reference), ("hsa", hsa_reference)])
def test_bliss_and_hsa(surface, rising, model, theirs):
    data, ends = (200 - surface, (100.0, 190.0)) if rising else (surface, (100.0, 10.0))
    expected = theirs(data[0], data[:, 0], effect_0=ends[0], effect_inf=ends[1])
    score = (data - expected) / (ends[1] - ends[0])  # positive: further than expected
    np.testing.assert_allclose(found(data, model, full_effect=ends[1]), score[1:, 1:], atol=1e-12)


def test_loewe_index(surface):
    """Ours from curves that it fits itself, theirs from the true ones."""
    index = loewe_ci(B, A, mean_matrix=surface, **DRUGS, **SHARED)
    ours = found(surface, "loewe")
    theirs = -np.log(index[1:, 1:])
    np.testing.assert_array_equal(np.isnan(ours), np.isnan(theirs))
    assert np.isfinite(ours).sum() >= 15
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_their_additive_surface_is_additive_here():
    """Two drugs of unlike slopes: their reference is found by solving for the effect."""
    reference = loewe_reference(B, A, **DRUGS, **SHARED)
    np.testing.assert_allclose(found(reference, "loewe"), 0, atol=1e-4)
