"""Partial rank correlations against a closed form and a slow twin."""

import numpy as np
import pytest
from scipy.stats import rankdata

from simnet.errors import InputError
from simnet.sensitivity.analysis import analyse, make_design
from simnet.sensitivity.factors import FactorGroup
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.prcc import Ranks

SURE = IndexPrecision(confidence=0.9999)


def test_sum_of_two(space, outputs):
    """x1 + x2 on 0 to 1: rank correlation 12 E[(x1 - 1/2) F(x1 + x2)] = 0.7 with each, so the
    partial ones are 0.7 / sqrt(1 - 0.49); a factor that is not in it has 0."""
    design = make_design("prcc", space(3), 512, seed=1)
    found = analyse(design, outputs(design, lambda x: x[:, 0] + x[:, 1]), SURE)
    frame = found.frame().set_index("factor")
    closed = 0.7 / np.sqrt(1 - 0.49)
    for name, truth in (("x1", closed), ("x2", closed), ("x3", 0.0), ("dummy", 0.0)):
        assert frame.low[name] <= truth <= frame.high[name]
    assert frame.high["x1"] - frame.low["x1"] < 0.05
    assert frame.influential.tolist() == [True, True, False, False]


def test_it_is_the_correlation_of_residuals(space, outputs):
    design = make_design("prcc", space(4), 64, seed=2)
    # Counts: many readouts are equal.
    found = outputs(design, lambda x: np.round(4 * x[:, 0] - 2 * x[:, 1] ** 2 + x[:, 2]))
    frame = analyse(design, found).frame().set_index("factor")
    X = rankdata(design.positions, axis=0)
    y = rankdata(found.estimate)
    for i, name in enumerate(design.space.names):
        others = np.column_stack([np.ones(64), np.delete(X, i, axis=1)])
        left = [v - others @ np.linalg.lstsq(others, v)[0] for v in (X[:, i], y)]
        assert frame.estimate[name] == pytest.approx(np.corrcoef(left)[0, 1], abs=1e-10)
    assert frame.estimate["x2"] < 0
    assert frame.influential["x2"]  # magnitudes are compared


def test_weights_are_repeated_rows():
    rng = np.random.default_rng(3)
    columns = np.column_stack([rng.random(30), rng.integers(0, 5, 30)])
    weight = rng.multinomial(30, np.full(30, 1 / 30)).astype(float)
    repeated = np.repeat(columns, weight.astype(int), axis=0)
    ranks = Ranks(columns).weighted(weight)
    slow = rankdata(repeated, axis=0)
    assert np.repeat(ranks, weight.astype(int), axis=0) == pytest.approx(slow)


def test_noise_shrinks_and_the_dummy_shows(space, outputs):
    design = make_design("prcc", space(2), 512, seed=4)
    quiet, loud = (
        analyse(design, outputs(design, lambda x: x[:, 0], sd=sd, seed=5)).frame()
        for sd in (0.0, 1.0)
    )
    assert quiet["estimate"][0] == pytest.approx(1.0)
    assert 0.1 < loud["estimate"][0] < 0.4
    assert loud["influential"].tolist() == [True, False, False]


def test_too_few_rows_is_said(space, outputs):
    design = make_design("prcc", space(30), 32, seed=6)
    found = analyse(design, outputs(design, lambda x: x[:, 0]))
    assert "too few for 31 factors" in found.statements[0]
    assert found.frame()["influential"].isna().all()


def test_intervals_end_where_a_correlation_does(space, outputs):
    design = make_design("prcc", space(2), 16, seed=9)
    found = outputs(design, lambda x: x[:, 0] - 0.3 * x[:, 1], sd=0.05, seed=1)
    frame = analyse(design, found).frame()
    assert frame["low"].min() >= -1
    assert frame["high"].max() == 1


def test_groups_are_refused(space):
    grouped = space(3, groups=[FactorGroup(name="both", members=("x1", "x2"))])
    with pytest.raises(InputError, match="no index of a group"):
        make_design("prcc", grouped, 64, seed=1)
