"""Effects: known numbers, coverage of the interval, false alarms of the p-value."""

import numpy as np
import pytest
from scipy.stats import ttest_ind

from simnet.errors import InputError
from simnet.screen.effects import compare, effects_frame


def test_known_numbers():
    rng = np.random.default_rng(1)
    control, treated = rng.poisson(50, 200).astype(float), rng.poisson(25, 100).astype(float)
    effect = compare(np.append(control, np.nan), treated)
    assert (effect.n_control, effect.n_treated) == (200, 100)
    assert effect.log2_fold_change == pytest.approx(np.log2(treated.mean() / control.mean()))
    welch = ttest_ind(treated, control, equal_var=False).confidence_interval(0.95)
    assert effect.difference == pytest.approx(treated.mean() - control.mean())
    assert (effect.difference_low, effect.difference_high) == pytest.approx((welch.low, welch.high))
    se = np.sqrt(1 / (50 * 200) + 1 / (25 * 100)) / np.log(2)  # Poisson: variance = mean
    assert effect.log2_high - effect.log2_low == pytest.approx(2 * 1.97 * se, rel=0.1)
    assert effect.hedges_g < 0
    assert effect.cliffs_delta < -0.9
    assert effect.p < 1e-20
    assert effect.reason == ""


# Law, replicates of both groups, and what is promised of intervals of nominal 95 %.
COVERAGE = [
    ("poisson", 5, 5, 0.93), ("poisson", 200, 20, 0.93),
    ("bursts", 10, 10, 0.90), ("bursts", 100, 100, 0.93),
]  # fmt: skip


def covered(law, n0, n1, times):
    """The share of the intervals that hold a true halving."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(times):
        if law == "poisson":
            x, y = rng.poisson(6, n0).astype(float), rng.poisson(3, n1).astype(float)
        else:
            x, y = rng.exponential(2, n0), rng.exponential(1, n1)
        effect = compare(x, y)
        hits += effect.log2_low <= -1 <= effect.log2_high
    return hits / times


@pytest.mark.parametrize(("law", "n0", "n1", "promise"), COVERAGE)
def test_coverage(law, n0, n1, promise):
    """300 intervals; three binomial SE below the promise (4.5 %) and above 95 % (3.8 %) are let go."""
    assert promise - 0.045 <= covered(law, n0, n1, 300) <= 0.988


@pytest.mark.verify
@pytest.mark.parametrize(("law", "n0", "n1", "promise"), COVERAGE)
def test_coverage_at_length(law, n0, n1, promise):
    """6,000 intervals; three binomial SE are 1 %."""
    assert promise - 0.01 <= covered(law, n0, n1, 6000) <= 0.975


@pytest.mark.thorough
@pytest.mark.parametrize(("n0", "n1"), [(6, 6), (30, 30), (200, 20)])
def test_false_alarms_do_not_depend_on_the_distribution(n0, n1):
    """500 comparisons without any effect, negative binomial with Fano factor 21: p < 0.05 in 5 %
    at most (4 SE: 9 %). (Welch's t test has 9 % with 200 against 20.)"""
    rng = np.random.default_rng(3)
    alarms = sum(
        compare(*(rng.negative_binomial(0.5, 1 / 21, n).astype(float) for n in (n0, n1))).p < 0.05
        for _ in range(500)
    )
    assert alarms / 500 < 0.09


def test_screens_without_effect_stay_silent():
    """50 screens of 20 null conditions against one shared control: an adjusted p below 0.05 in 5 %
    of them at most (binomial, P < 1e-3 above 8 of 50)."""
    rng = np.random.default_rng(4)
    alarms = 0
    for _ in range(50):
        control = rng.negative_binomial(2, 0.2, 30).astype(float)
        rows = [
            (
                {"condition": str(i)},
                compare(control, rng.negative_binomial(2, 0.2, 30).astype(float)),
            )
            for i in range(20)
        ]
        alarms += bool((effects_frame(rows)["p_adjusted"] < 0.05).any())
    assert alarms <= 8


def test_one_replicate_says_so():
    effect = compare(np.array([80.0]), np.array([20.0]))
    assert effect.log2_fold_change == -2
    assert effect.difference == -60
    assert np.isnan([effect.log2_low, effect.log2_high, effect.difference_low, effect.p]).all()
    assert "one replicate" in effect.reason
    alike = compare(np.full(5, 80.0), np.full(5, 20.0))
    assert np.isnan([alike.log2_low, alike.p]).all()
    assert "do not differ" in alike.reason


def test_means_that_have_no_ratio():
    rng = np.random.default_rng(5)
    for treated in (np.zeros(20), rng.normal(-3, 1, 20)):
        effect = compare(rng.normal(5, 1, 20), treated)
        assert np.isnan([effect.log2_fold_change, effect.log2_low]).all()
        assert "two positive means" in effect.reason
        assert effect.difference_high < 0
        assert effect.p < 1e-6
    nothing = compare(np.array([1.0, 2.0]), np.array([np.nan]))
    assert nothing.n_treated == 0
    assert nothing.reason == "no replicate of the condition has a value"
    assert np.isnan([nothing.difference, nothing.p, nothing.ks_distance]).all()


def test_frame():
    rng = np.random.default_rng(6)
    control = rng.poisson(30, 50).astype(float)
    rows = [
        ({"condition": "A", "readout": "x"}, compare(control, rng.poisson(15, 50).astype(float))),
        ({"condition": "B", "readout": "x"}, compare(control, rng.poisson(30, 50).astype(float))),
        ({"condition": "C", "readout": "y"}, compare(control[:1], control[1:2])),
    ]
    frame = effects_frame(rows, adjust="holm")
    assert list(frame.columns[:4]) == ["condition", "readout", "n_control", "n_treated"]
    assert frame["comparisons"].tolist() == [2, 2, 2]
    assert frame["p_adjusted"][0] == pytest.approx(2 * frame["p"][0])
    assert np.isnan(frame["p_adjusted"][2])
    assert set(frame["test"]) == {"Mann-Whitney"}
    assert set(frame["adjusted_by"]) == {"holm"}
    empty = effects_frame([])
    assert len(empty) == 0
    assert "log2_fold_change" in empty


def test_mistakes():
    with pytest.raises(InputError, match="confidence=95"):
        compare(np.array([2.0]), np.array([1.0]), confidence=95)
    with pytest.raises(InputError, match="label 'p'"):
        effects_frame([({"p": 1}, compare(np.array([1.0]), np.array([1.0])))])


@pytest.mark.parametrize("shift", [0.0, -1000.0])
def test_what_has_not_come_is_later_than_all_that_has(shift: float) -> None:
    control = np.array([1.0, 2.0, 3.0, 4.0]) + shift
    found = compare(control, np.full(4, np.inf))
    assert found.cliffs_delta == 1
    assert np.isnan(found.difference)
    assert np.isnan([found.control_mean, found.hedges_g, found.log2_fold_change]).all()
    assert found.p < 0.05
    assert (
        found.reason
        == "no mean: threshold not reached by the end in 4 of 4 replicates of the condition"
    )


def test_with_the_sign_turned_it_is_the_lowest() -> None:
    control = -np.array([1.0, 2.0, 3.0, 4.0])
    assert compare(control, np.full(4, -np.inf)).cliffs_delta == -1
    assert compare(np.full(4, -np.inf), np.full(4, np.inf)).cliffs_delta == 1


def test_what_the_integrator_may_be_off_by_is_no_effect() -> None:
    same = compare(np.array([2.0]), np.array([2.0 * (1 + 5e-8)]), error=1e-7)
    assert (same.log2_fold_change, same.difference, same.cliffs_delta, same.ks_distance) == (0,) * 4
    assert "no difference above the integrator's error" in same.reason
    small = compare(np.array([2.0]), np.array([2.0 * (1 + 2e-7)]), error=1e-7)
    assert small.log2_fold_change == pytest.approx(np.log2(1 + 2e-7))
    assert "integrator" not in small.reason
    assert compare(np.array([2.0]), np.array([2.0 * (1 + 5e-8)])).difference > 0
