"""Morris's own function (1991) against closed forms on the grid; noise taken out of squares."""

from itertools import combinations, product

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.sensitivity.analysis import analyse, make_design
from simnet.sensitivity.factors import FactorGroup
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.morris import elementary_effects

SURE = IndexPrecision(confidence=0.9999)  # 86 intervals at a time: a false alarm in 1 %
GRID = np.array([0.0, 1 / 3, 2 / 3, 1.0])
STEPS = [(0.0, 2 / 3), (1 / 3, 1.0)]


def bent(x, i):
    """w of Morris's function: factors 3, 5 and 7 are bent."""
    return 2 * (1.1 * x / (x + 0.1) - 0.5) if i in (2, 4, 6) else 2 * (x - 0.5)


def morris_function(x):
    """The 20-factor function of Morris 1991 (doi:10.1080/00401706.1991.10484804) with those
    coefficients that the article gives as numbers; the others, drawn there, are 0."""
    w = np.array([bent(x[:, i], i) for i in range(20)])
    y = 20 * w[:10].sum(axis=0)
    y += -15 * sum(w[i] * w[j] for i, j in combinations(range(6), 2))
    y += -10 * sum(w[i] * w[j] * w[k] for i, j, k in combinations(range(5), 3))
    return y + 5 * w[0] * w[1] * w[2] * w[3]


def expected(i):
    """mu_star, mean square, mu and sigma^2 of factor i over all of the grid: other factors are at
    each level alike, and the factor takes each of its two steps alike."""
    others = [j for j in range(6) if j != i]
    levels = np.array(list(product(GRID, repeat=len(others)))) if i < 6 else np.zeros((1, 0))
    effects = []
    for low, high in STEPS:
        ends = []
        for value in (low, high):
            x = np.full((len(levels), 20), 0.5)
            x[:, i] = value
            if i < 6:
                x[:, others] = levels
            ends.append(morris_function(x))
        effects.append((ends[1] - ends[0]) / (high - low))
    effects = np.concatenate(effects)
    return np.abs(effects).mean(), (effects**2).mean(), effects.mean(), effects.var()


def columns(sd):
    """Indices with a closed form: noise adds to mu_star what depends on the effects."""
    return [(0, "mu_star")] * (not sd) + [(1, "mean_square"), (2, "mu"), (3, "sigma2")]


@pytest.mark.parametrize("sd", [0.0, 10.0])
def test_morris_function(sd, space, outputs):
    design = make_design("morris", space(20), 512, seed=1)
    frame = analyse(design, outputs(design, morris_function, sd=sd, seed=2), SURE).frame()
    truth = np.array([*(expected(i) for i in range(20)), (0.0, 0.0, 0.0, 0.0)])
    for column, index in columns(sd):
        rows = frame[frame["index"] == index]
        rounding = 1e-9 * np.abs(truth[:, column]).max()
        assert (rows["low"] - rounding <= truth[:, column]).all(), index
        assert (truth[:, column] <= rows["high"] + rounding).all(), index
    stars = frame[frame["index"] == "mu_star"].set_index("factor")
    assert stars["influential"][:10].all()
    assert not stars["influential"][10:].any()
    # Noise alone: the mean absolute value of a normal number of sd sqrt(2) / step.
    floor = sd * np.sqrt(2 / np.pi) * np.sqrt(2) * 1.5
    assert stars["estimate"]["dummy"] == pytest.approx(floor, rel=0.15)
    assert (stars["dummy"] == stars["estimate"]["dummy"]).all()


def test_squares_without_correction_would_be_far_off(space, outputs):
    """A factor without effect: mean square 2 sd^2 / step^2 = 4.5 where noise stays in."""
    design = make_design("morris", space(2), 128, seed=3)
    noisy = outputs(design, lambda x: x[:, 0], sd=1.0, seed=4)
    effects, _ = elementary_effects(design, noisy.estimate, noisy.variance)
    assert (effects[:, 1] ** 2).mean() > 3
    frame = analyse(design, noisy, SURE).frame().query("factor == 'x2'").set_index("index")
    for index in ("mean_square", "sigma2"):
        assert frame["low"][index] <= 0 <= frame["high"][index]
        assert frame["high"][index] < 3


def test_it_is_salib_without_noise(space, outputs):
    from SALib.analyze import morris as salib

    design = make_design("morris", space(4), 16, seed=5)
    found = outputs(design, morris_like)
    problem = {"num_vars": 5, "names": list("abcde"), "bounds": [[0, 1]] * 5, "groups": None}
    plain = salib.analyze(problem, design.positions, found.estimate, num_levels=4, seed=1)
    frame = analyse(design, found).frame()
    for index, name in (("mu", "mu"), ("mu_star", "mu_star"), ("sigma2", "sigma")):
        ours = frame[frame["index"] == index]["estimate"].to_numpy()
        wanted = np.asarray(plain[name]) ** (2 if name == "sigma" else 1)
        assert ours == pytest.approx(wanted, abs=1e-12)


def morris_like(x):
    return x[:, 0] ** 2 + 3 * x[:, 1] * x[:, 2] - x[:, 3]


def test_a_group_moves_together(space, outputs):
    grouped = space(4, groups=[FactorGroup(name="pair", members=("x2", "x3"))])
    design = make_design("morris", grouped, 8, seed=6)
    moved = np.diff(design.by_block(design.positions), axis=1) != 0
    together = {tuple(np.flatnonzero(step)) for step in moved.reshape(-1, 5)}
    assert together == {(0,), (1, 2), (3,), (4,)}
    frame = analyse(design, outputs(design, morris_like)).frame()
    assert frame[frame["index"] == "mu_star"]["factor"].tolist() == ["x1", "pair", "x4", "dummy"]
    assert frame[frame["index"] == "mu"]["factor"].tolist() == ["x1", "x4", "dummy"]


def test_the_interval_of_mu_star_ends_at_zero(space, outputs):
    """Of few effects that differ much, estimate -+ t sd would begin below."""
    design = make_design("morris", space(3), 5, seed=7)
    indices = analyse(design, outputs(design, lambda x: x[:, 0] * x[:, 1] * x[:, 2]))
    frame = indices.frame().set_index("index").loc["mu_star"]
    assert (frame["low"] >= 0).all()
    assert (frame["high"] - frame["estimate"] > frame["estimate"] - frame["low"]).any()
    assert all(step.low >= 0 for step in indices.steps if step.index == "mu_star")
    assert (indices.frame().query("index == 'mu'")["low"] < 0).any()  # mu has a sign


def test_levels_are_even(space):
    with pytest.raises(InputError, match="even"):
        make_design("morris", space(2), 8, seed=1, settings={"levels": 3})
