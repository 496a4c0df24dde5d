"""Local sensitivities against formulas."""

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.sensitivity.analysis import Outputs, analyse, make_design
from simnet.sensitivity.factors import Factor, FactorGroup, factor_space


@pytest.fixture(scope="module")
def chain_space():
    """0 -> A -> B -> 0 at k (item/s), a and b (1/s)."""
    return factor_space(
        [
            Factor(name=name, lower=value / 2, upper=2 * value, baseline=value, scale="log")
            for name, value in (("k", 3.0), ("a", 0.2), ("b", 0.5))
        ]
    )


def chain(x, t=4.0):
    """B at time t from nothing: k / b - k e^(-a t) / (b - a) + k a e^(-b t) / (b (b - a))."""
    k, a, b = x[:, 0], x[:, 1], x[:, 2]
    return k / b - k * np.exp(-a * t) / (b - a) + k * a * np.exp(-b * t) / (b * (b - a))


def chain_scaled(k, a, b, t=4.0):
    """d ln B / d ln (k, a, b), by hand."""
    ea, eb, d = np.exp(-a * t), np.exp(-b * t), b - a
    B = k / b - k * ea / d + k * a * eb / (b * d)
    by_a = k * t * ea / d - k * ea / d**2 + k * eb / (b * d) + k * a * eb / (b * d**2)
    by_b = -k / b**2 + k * ea / d**2
    by_b += -k * a * t * eb / (b * d) - k * a * eb * (2 * b - a) / (b * d) ** 2
    return 1.0, a * by_a / B, b * by_b / B


def test_a_chain(chain_space, outputs):
    design = make_design("local", chain_space, 1, seed=1)
    frame = analyse(design, outputs(design, chain)).frame()
    scaled = frame[frame["index"] == "scaled"].set_index("factor")
    for name, truth in zip("kab", chain_scaled(3.0, 0.2, 0.5), strict=True):
        assert scaled.estimate[name] == pytest.approx(truth, abs=1e-6)
        assert scaled.low[name] <= truth <= scaled.high[name]
        assert scaled.high[name] - scaled.low[name] < 1e-3
    assert scaled.influential.tolist() == [True, True, True, False]
    assert scaled.converged.all()


def test_what_the_integrator_leaves_is_in_the_interval(chain_space, outputs):
    """Relative errors of up to 1e-6 in each run, and the accuracy says so."""
    design = make_design("local", chain_space, 1, seed=1, settings={"accuracy": 1e-6})
    errors = np.random.default_rng(1).uniform(-1e-6, 1e-6, design.rows)
    frame = analyse(design, outputs(design, lambda x: chain(x) * (1 + errors))).frame()
    scaled = frame[frame["index"] == "scaled"].set_index("factor")
    for name, truth in zip("kab", chain_scaled(3.0, 0.2, 0.5), strict=True):
        assert scaled.low[name] <= truth <= scaled.high[name]
    assert not scaled.influential["dummy"]


def test_a_linear_function_and_a_group(outputs):
    """y = 2 p + q at p = 3, q = 4: scaled 0.6 and 0.4, absolute 6 and 4; both together 1."""
    factors = [
        Factor(name="p", lower=1, upper=5, baseline=3.0),
        Factor(name="q", lower=1, upper=9, baseline=4.0),
    ]

    def linear(x):
        return 2 * x[:, 0] + x[:, 1]

    design = make_design("local", factor_space(factors), 1, seed=1)
    frame = analyse(design, outputs(design, linear)).frame()
    assert frame["estimate"].to_numpy() == pytest.approx([0.6, 0.4, 0, 6, 4, 0], abs=1e-6)
    together = factor_space(factors, [FactorGroup(name="both", members=("p", "q"))])
    design = make_design("local", together, 1, seed=1)
    frame = analyse(design, outputs(design, linear)).frame()
    assert frame["estimate"].to_numpy() == pytest.approx([1, 0, 10, 0], abs=1e-6)


def test_under_noise(chain_space, outputs):
    """95 % intervals over 80 runs: a share below 0.85 has a probability of 6e-4 at a coverage of
    0.95."""
    truth = [*chain_scaled(3.0, 0.2, 0.5), 0.0]
    held, narrow = [], []
    for seed in range(80):
        design = make_design("local", chain_space, 4, seed=seed, settings={"step": 0.2})
        found = analyse(design, outputs(design, chain, sd=0.05, seed=seed)).frame()
        scaled = found[found["index"] == "scaled"]
        held.append((scaled.low <= truth) & (truth <= scaled.high))
        narrow.append(scaled.high - scaled.low)
    assert np.mean(held, axis=0).min() >= 0.85
    assert np.max(narrow) < 1.2


def test_curvature_under_noise_is_in_the_interval():
    """y = p^3 over a wide step: the slope through the points is off by 0.25, noise is 1e-4."""
    space = factor_space([Factor(name="p", lower=0.5, upper=2, baseline=1.0)])
    design = make_design("local", space, 1, seed=1, settings={"step": 0.5})
    y = design.matrix[:, 0] ** 3
    found = analyse(design, Outputs(readout="y", estimate=y, variance=np.full_like(y, 1e-8)))
    scaled = found.rows[0]
    assert scaled.estimate > 3.1
    assert scaled.low <= 3 <= scaled.high
    assert not scaled.converged


def test_whole_amounts_move_by_whole_molecules(outputs):
    factors = [Factor(name="A", lower=10, upper=40, baseline=20.0, whole=True)]
    design = make_design("local", factor_space(factors), 1, seed=1, settings={"step": 0.2})
    assert (design.matrix[:, 0] == np.rint(design.matrix[:, 0])).all()
    frame = analyse(design, outputs(design, lambda x: x[:, 0] ** 2)).frame()
    assert frame["estimate"][0] == pytest.approx(2.0, abs=0.01)


def test_a_failed_row_takes_its_factor(chain_space, outputs):
    design = make_design("local", chain_space, 1, seed=1)
    y = chain(design.matrix)
    y[6] = np.nan  # of `a`
    found = analyse(design, Outputs(readout="B", estimate=y, variance=np.zeros_like(y)))
    assert "no index of a could be estimated." in found.statements[0]
    frame = found.frame().set_index("factor")
    assert np.isnan(frame.estimate["a"]).all()
    assert frame.influential["a"].isna().all()
    assert frame.influential["k"].all()
    y[0] = np.nan
    found = analyse(design, Outputs(readout="B", estimate=y, variance=np.zeros_like(y)))
    assert found.rows == ()
    assert "no index could be estimated" in found.statements[-1]


def test_a_failed_baseline_takes_its_repetition(chain_space, outputs):
    design = make_design("local", chain_space, 2, seed=1)
    y = chain(design.matrix)
    y[0] = np.nan  # the first baseline
    found = analyse(design, Outputs(readout="B", estimate=y, variance=np.zeros_like(y)))
    assert "other repetitions stand in" in found.statements[0]
    y[design.rows_of_block + 6] = np.nan  # of `a`, in the other repetition
    found = analyse(design, Outputs(readout="B", estimate=y, variance=np.zeros_like(y)))
    assert "no index of a could be estimated." in found.statements[0]
    assert np.isnan(found.frame().set_index("factor").estimate["a"]).all()


def test_a_readout_of_zero_has_no_scaled_sensitivity(outputs):
    space = factor_space([Factor(name="p", lower=0, upper=2, baseline=1.0)])
    design = make_design("local", space, 1, seed=1)
    found = analyse(design, outputs(design, lambda x: np.log(x[:, 0])))
    assert found.frame()["index"].tolist() == ["absolute", "absolute"]
    assert found.frame()["estimate"][0] == pytest.approx(1.0)
    assert "no scaled sensitivities" in found.statements[0]


def test_a_baseline_outside_of_its_range_is_refused():
    space = factor_space([Factor(name="k", lower=1, upper=2, baseline=5.0, scale="log")])
    with pytest.raises(InputError, match="its baseline 5 is not in its range, 1 to 2"):
        make_design("local", space, 1, seed=1)


def test_mistakes_are_told_at_once():
    factors = [Factor(name=n, lower=-1, upper=1, baseline=0.0) for n in "pq"]
    with pytest.raises(InputError) as error:
        make_design("local", factor_space(factors), 1, seed=1, settings={"step": 2})
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("lower", "upper"), [(0.5, 1.0), (1.0, 2.0), (0.98, 1.0), (0.999, 1.2), (0.97, 1.03)]
)
def test_no_factor_leaves_its_range(outputs, lower, upper):
    """At an edge of a range, and in a range narrower than the step, the answer is as right."""
    space = factor_space(
        [
            Factor(name=name, lower=lower * v, upper=upper * v, baseline=v, scale="log")
            for name, v in (("k", 3.0), ("a", 0.2), ("b", 0.5))
        ]
    )
    design = make_design("local", space, 1, seed=1)
    for i, factor in enumerate(space.factors):
        column = design.matrix[:, i]
        assert column.min() >= factor.lower * (1 - 1e-12)
        assert column.max() <= factor.upper * (1 + 1e-12)
    frame = analyse(design, outputs(design, chain)).frame()
    scaled = frame[frame["index"] == "scaled"].set_index("factor")
    for name, truth in zip("kab", chain_scaled(3.0, 0.2, 0.5), strict=True):
        assert scaled.estimate[name] == pytest.approx(truth, abs=2e-4)
        assert scaled.low[name] <= truth <= scaled.high[name]
        assert scaled.high[name] - scaled.low[name] < 0.01


@pytest.mark.parametrize("few", [10.0, 30.0])
def test_a_group_of_few_whole_molecules_is_refused(few):
    """A step of 4 % is no molecule of 10, 1 of 30 and 41 of 1,000: there is no slope of both; e^0.7 is
    20, 60 and 2,014, which are multiplied alike."""
    space = factor_space(
        [
            Factor(name=name, lower=v / 4, upper=v * 4, baseline=v, whole=True)
            for name, v in (("few", few), ("many", 1000.0))
        ],
        groups=[FactorGroup(name="both", members=("few", "many"))],
    )
    with pytest.raises(InputError, match=r"group both: .*whole molecules.*larger step"):
        make_design("local", space, 1, seed=1)
    make_design("local", space, 1, seed=1, settings={"step": 0.7})


def test_a_group_that_cannot_move_is_refused():
    """a can only fall and b only rise: there is not a factor to multiply both by."""
    ends = {"a": (0.5, 1.0), "b": (1.0, 2.0)}
    space = factor_space(
        [Factor(name=n, lower=low, upper=up, baseline=1.0) for n, (low, up) in ends.items()],
        groups=[FactorGroup(name="both", members=("a", "b"))],
    )
    with pytest.raises(InputError, match=r"group both: .*opposite ends"):
        make_design("local", space, 1, seed=1)


def test_at_an_edge_noise_is_in_the_interval(outputs):
    """Over 200 repetitions of the study, the 95 % interval of k's sensitivity, 1, holds it in at
    least 185: fewer have a chance below 0.15 %."""
    space = factor_space([Factor(name="k", lower=1.0, upper=3.0, baseline=3.0, scale="log")])
    held = 0
    for seed in range(200):
        design = make_design("local", space, 4, seed=seed, settings={"step": 0.1})
        noise = np.random.default_rng(seed).normal(0, 0.02, design.rows)
        y = design.matrix[:, 0] + noise
        found = Outputs(readout="y", estimate=y, variance=np.full(design.rows, 0.02**2))
        frame = analyse(design, found).frame()
        k = frame[(frame["index"] == "scaled") & (frame["factor"] == "k")].iloc[0]
        held += bool(k.low <= 1 <= k.high)
    assert held >= 185
