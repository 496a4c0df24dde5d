"""Failed rows drop their base block; too many of them are said."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from simnet.sensitivity.analysis import analyse, make_design
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.run import next_samples


def with_failures(found, rows):
    estimate, variance = found.estimate.copy(), found.variance.copy()
    estimate[rows] = variance[rows] = np.nan
    return replace(found, estimate=estimate, variance=variance)


@pytest.mark.parametrize(("name", "size"), [("sobol", 6), ("morris", 5), ("prcc", 1)])
def test_a_failed_row_drops_its_block(name, size, space, outputs):
    design = make_design(name, space(3), 64, seed=1)
    assert design.rows_of_block == size
    whole = outputs(design, lambda x: x[:, 0] + 0.5 * x[:, 1], sd=0.1, seed=2)
    failed = [3 * size, 40 * size + size - 1]
    indices = analyse(design, with_failures(whole, failed))
    assert indices.lost == 2
    assert "2 of" in indices.statements[0]
    assert set(indices.frame()["n"]) == {62}
    kept = np.delete(np.arange(64), [3, 40])
    rows = (kept[:, np.newaxis] * size + np.arange(size)).ravel()
    alone = replace(whole, estimate=whole.estimate[rows], variance=whole.variance[rows])
    same = analyse(design.only(kept), alone)
    assert same.frame()["estimate"].to_numpy() == pytest.approx(indices.frame()["estimate"])


def test_over_five_percent_says_what_cannot_be_concluded(space, outputs):
    design = make_design("sobol", space(3), 256, seed=3)
    found = outputs(design, lambda x: x[:, 0])
    failed = np.flatnonzero(design.matrix[:, 1] > 0.97)
    indices = analyse(design, with_failures(found, failed))
    (statement,) = indices.statements
    for part in ("more than 5 %", "no factor can be called without influence", "high x2."):
        assert part in statement
    frame = indices.frame()
    assert not frame["converged"].any()
    totals = frame[frame["index"] == "total"].set_index("factor")["influential"]
    assert totals["x1"]
    assert totals[["x2", "x3", "dummy"]].isna().all()
    assert next_samples(design, [indices]) is None  # more of the same would not help


def test_nothing_left(space, outputs):
    design = make_design("morris", space(2), 8, seed=4)
    found = outputs(design, lambda x: x[:, 0])
    indices = analyse(design, with_failures(found, slice(None)))
    assert indices.rows == ()
    assert list(indices.frame()["influential"]) == []
    assert "no index could be estimated" in indices.statements[-1]


def test_convergence_follows_the_rule(additive, outputs):
    """Noise and 64 points: wide intervals. The loop of `--until-converged` reuses every row."""
    precision = IndexPrecision(tolerance=0.1)
    samples, sizes, before = 64, [], None
    while samples is not None:
        design = make_design("sobol", additive.space, samples, seed=5)
        if before is not None:
            assert np.array_equal(design.matrix[: len(before)], before)
        indices = analyse(design, outputs(design, additive.function, sd=0.2, seed=6), precision)
        before = design.matrix
        sizes.append(samples)
        samples = next_samples(design, [indices])
    assert 2 <= len(sizes) <= 5
    frame = indices.frame()
    assert frame["converged"].all()
    assert ((frame["high"] - frame["low"]) / 2 <= 0.1).all()
    steps = pd.DataFrame([asdict(step) for step in indices.steps])
    assert sorted(set(steps["n"])) == [sizes[-1] // 2**k for k in (4, 3, 2, 1, 0)]
    first = steps[steps["n"] == sizes[-1] // 2]["estimate"].to_numpy()
    last = steps[steps["n"] == sizes[-1]]["estimate"].to_numpy()
    assert np.abs(first - last).max() <= 0.1
    assert last == pytest.approx(frame["estimate"].to_numpy())


def test_intervals_do_not_depend_on_order(additive, outputs):
    """Equal arguments give equal bits; another readout draws otherwise."""
    design = make_design("sobol", additive.space, 64, seed=5)
    found = outputs(design, additive.function)
    one, two = analyse(design, found).frame(), analyse(design, found).frame()
    other = analyse(design, replace(found, readout="z")).frame()
    assert one.equals(two)
    assert not np.array_equal(one["low"], other["low"])
