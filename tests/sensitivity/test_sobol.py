"""Sobol indices against closed forms, with and without noise."""

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.sensitivity.analysis import Outputs, analyse, count_rows, make_design
from simnet.sensitivity.factors import FactorGroup
from simnet.sensitivity.indices import IndexPrecision

# Each interval misses with a probability of 1e-4: below 1 % over all the tests of a file.
SURE = IndexPrecision(confidence=0.9999)


def table(indices, column="estimate"):
    frame = indices.frame()
    return {name: part[column].to_numpy() for name, part in frame.groupby("index", sort=False)}


@pytest.mark.parametrize("name", ["ishigami", "sobol_g", "additive"])
@pytest.mark.parametrize("noise", [0.0, 0.5])  # its sd, over that of the function
def test_closed_forms(name, noise, request, outputs):
    known = request.getfixturevalue(name)
    design = make_design("sobol", known.space, 512, seed=1)
    found = outputs(design, known.function, sd=noise * known.variance**0.5, seed=2)
    indices = analyse(design, found, SURE)
    low, high, estimate = (table(indices, c) for c in ("low", "high", "estimate"))
    for index, truth in (("first", known.first), ("total", known.total)):
        assert np.all(low[index] <= truth)
        assert np.all(truth <= high[index])
        assert np.abs(estimate[index] - truth).max() < (0.2 if noise else 0.12)
    if not noise:
        assert estimate["total"][-1] == 0.0  # the dummy's rows are the base rows again


def test_noise_is_taken_out_where_salib_is_far_off(additive, outputs):
    """True totals 0.8, 0.2, 0; noise sd 0.5 in each run."""
    from SALib.analyze import sobol as salib

    design = make_design("sobol", additive.space, 512, seed=3)
    noisy = outputs(design, additive.function, sd=0.5, replicates=10, seed=4)
    indices = analyse(design, noisy, SURE)
    estimate, low, high = (table(indices, c)["total"] for c in ("estimate", "low", "high"))
    truth = np.array(additive.total)
    assert np.all((low <= truth) & (truth <= high))
    assert np.all(high - low < 0.6)
    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1]] * 4}
    plain = salib.analyze(problem, noisy.estimate, calc_second_order=False, seed=1)["ST"]
    # Without effect: noise / (variance + noise) = 0.25 / 1.25.
    assert plain[2] == pytest.approx(0.2, abs=0.03)
    assert plain[2] > high[2]
    assert abs(estimate[2]) < 0.05
    influential = indices.frame().query("index == 'total'")["influential"].tolist()
    assert influential == [True, True, False, False]


def test_without_noise_it_is_salib(sobol_g, outputs):
    """Same design, same estimators (SALib centres by all rows and divides by N, not by N - 1)."""
    from SALib.analyze import sobol as salib

    design = make_design("sobol", sobol_g.space, 1024, seed=5, settings={"second_order": 1})
    found = outputs(design, sobol_g.function)
    names = list(sobol_g.space.names)
    problem = {"num_vars": 5, "names": names, "bounds": [[0, 1]] * 5}
    plain = salib.analyze(problem, found.estimate, calc_second_order=True, seed=1)
    ours = table(analyse(design, found))
    assert ours["total"] == pytest.approx(plain["ST"], rel=1e-3)
    assert ours["first"] == pytest.approx(plain["S1"], abs=2e-3)
    pairs = plain["S2"][np.triu_indices(5, 1)]
    assert ours["second"] == pytest.approx(pairs, abs=4e-3)


def test_second_order_under_noise(ishigami, outputs):
    design = make_design("sobol", ishigami.space, 1024, seed=6, settings={"second_order": 1})
    indices = analyse(design, outputs(design, ishigami.function, sd=1.0, seed=7), SURE)
    frame = indices.frame().query("index == 'second'").set_index("factor")
    truth = dict.fromkeys(frame.index, 0.0)
    truth["x1 × x3"] = ishigami.total[2]
    for pair, value in truth.items():
        assert frame.low[pair] <= value <= frame.high[pair]
    assert frame.index[frame.influential.astype(bool)].tolist() == ["x1 × x3"]


def test_a_group_has_the_index_of_the_set(space, sobol_g, outputs):
    grouped = space(4, groups=[FactorGroup(name="both", members=("x1", "x3"))])
    design = make_design("sobol", grouped, 512, seed=8)
    assert grouped.labels == ("both", "x2", "x4", "dummy")
    assert design.rows == count_rows("sobol", grouped, 512) == 512 * 6
    estimate = table(analyse(design, outputs(design, sobol_g.function)))
    v1, v3 = (sobol_g.first[i] * sobol_g.variance for i in (0, 2))
    closed = ((1 + v1) * (1 + v3) - 1) / sobol_g.variance
    assert estimate["first"][0] == pytest.approx(closed, abs=0.12)


def test_noise_as_large_as_the_variation_is_said(additive, outputs):
    design = make_design("sobol", additive.space, 16, seed=9)
    indices = analyse(design, outputs(design, lambda x: 0.1 * x[:, 0], sd=5.0, seed=10))
    frame = indices.frame()
    assert "add replicates" in indices.statements[0]
    assert frame["influential"].isna().all()
    assert np.isinf(frame["high"]).all()
    assert not frame["converged"].any()


def test_a_constant_readout_is_said(additive, outputs):
    design = make_design("sobol", additive.space, 16, seed=9)
    indices = analyse(design, outputs(design, lambda x: 0.0 * x[:, 0] + 0.1))
    assert "does not vary" in indices.statements[0]
    assert indices.stuck


def test_rows_are_in_the_order_of_salib(space):
    """A, A with each factor or group of B, B with each of A, B."""
    from SALib.sample import sobol as salib

    grouped = space(4, groups=[FactorGroup(name="both", members=("x1", "x3"))])
    names = list(grouped.label_of_column)
    problem = {"num_vars": 5, "names": list("abcde"), "bounds": [[0, 1]] * 5, "groups": names}
    theirs = salib.sample(problem, 8, calc_second_order=True, seed=1).reshape(8, -1, 5)
    design = make_design("sobol", grouped, 8, seed=1, settings={"second_order": 1})
    ours = design.by_block(design.positions)
    assert ours.shape == theirs.shape
    for rows in (ours, theirs):
        from_a = rows == rows[:, :1]
        assert (from_a == (theirs == theirs[:, :1])).all()
        assert (from_a | (rows == rows[:, -1:])).all()


@pytest.mark.parametrize("bend", [np.square, lambda u: np.abs(2.5 * u - 1)])
def test_no_pair_of_columns_lies_on_few_lines(bend, space):
    """Jansen's numerator of a function of one factor, for each of 100 factors and 3 seeds: mean
    [h(A) - h(B)]^2 / 2 is the variance of h, within 4.5 standard errors (alarm 2e-3 for 300); the
    plain sequence, which SALib takes, is beyond."""
    from SALib.sample import sobol as salib

    truth = bend((np.arange(100_000) + 0.5) / 100_000).var()

    def worst(rows):
        squares = (bend(rows[:, 0]) - bend(rows[:, -1])) ** 2 / 2
        error = squares.std(axis=0, ddof=1) / np.sqrt(len(rows))
        return (np.abs(squares.mean(axis=0) - truth) / error).max()

    ours, theirs = [], []
    names = [str(i) for i in range(100)]
    problem = {"num_vars": 100, "names": names, "bounds": [[0, 1]] * 100}
    for seed in range(3):
        design = make_design("sobol", space(99), 64, seed=seed)
        ours.append(worst(design.by_block(design.positions)))
        plain = salib.sample(problem, 64, calc_second_order=False, seed=seed)
        theirs.append(worst(plain.reshape(64, -1, 100)))
    assert max(ours) < 4.5
    assert max(theirs) > 4.5


def test_samples_are_powers_of_two(additive):
    with pytest.raises(InputError, match="use 512"):
        make_design("sobol", additive.space, 500, seed=1)


def test_one_replicate_is_refused(additive):
    design = make_design("sobol", additive.space, 8, seed=1)
    one = Outputs(
        readout="y", estimate=np.zeros(design.rows), variance=np.full(design.rows, np.nan)
    )
    with pytest.raises(InputError, match="2 replicates"):
        analyse(design, one)


def coverage(known, outputs, runs, samples, sd):
    """Share of 95 % intervals that hold the truth, (2, G), and of runs that call x3 influential by
    an index of it that is 0."""
    null = "first" if known.total[2] else "total"
    held, called = [], []
    for seed in range(runs):
        design = make_design("sobol", known.space, samples, seed=seed)
        indices = analyse(design, outputs(design, known.function, sd=sd, seed=1000 + seed))
        low, high = table(indices, "low"), table(indices, "high")
        held.append(
            [
                (low[i] <= truth) & (truth <= high[i])
                for i, truth in (("first", known.first), ("total", known.total))
            ]
        )
        nulls = indices.frame().query(f"factor == 'x3' and index == '{null}'")
        called.append(nulls["influential"].astype(float).iloc[0])
    return np.mean(held, axis=0), float(np.mean(called))


@pytest.mark.thorough
def test_intervals_hold_the_truth(additive, outputs):
    """True coverage p: at least 0.93. With 60 runs a share below 0.80 has a probability of 3e-4 for
    each of 8 indices (binomial), and 7 or more of 60 false calls at 2.5 % one of 7e-4."""
    held, called = coverage(additive, outputs, 60, 64, 0.5)
    assert held.min() >= 0.80
    assert called < 7 / 60


@pytest.mark.verify
@pytest.mark.parametrize("name", ["additive", "ishigami"])
def test_intervals_hold_the_truth_in_many_runs(name, request, outputs):
    """At 0.93 and 400 runs a share below 0.88 has a probability of 1e-4 for each of 8 (normal
    approximation); more than 22 false calls of 400 at 2.5 % one of 3e-4 (binomial)."""
    known = request.getfixturevalue(name)
    held, called = coverage(known, outputs, 400, 128, 0.5 * known.variance**0.5)
    assert held.min() >= 0.88
    assert called <= 22 / 400
