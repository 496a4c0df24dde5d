"""Hill fits: known curves, what is refused, coverage, false alarms, an independent fit."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from simnet.errors import InputError
from simnet.screen.dose import fit_dose_response
from simnet.screen.hill import fit_hill

DOSES = np.array([0, 0.1, 0.3, 1, 3, 10, 30, 100])
FALLING = (2.5, 1.7, 100.0, 10.0)
RISING = (6.0, 0.8, 5.0, 80.0)


def rows(values):
    return [np.array([value]) for value in values]


@pytest.mark.parametrize(("truth", "direction"), [(FALLING, "falling"), (RISING, "rising")])
@pytest.mark.parametrize("first", [0, 1], ids=["with control", "without"])
def test_exact_values_give_the_curve_back(hill, truth, direction, first):
    doses = DOSES[first:]
    found = fit_dose_response(doses[::-1], rows(hill(doses[::-1], *truth)))  # in any order
    assert found.fitted
    assert found.direction == direction
    for estimate, value in zip(
        (found.ec50, found.hill, found.start, found.end), truth, strict=True
    ):
        assert estimate.value == pytest.approx(value, rel=1e-5)
        assert np.isnan([estimate.low, estimate.high]).all()
    assert found.r_squared == pytest.approx(1)
    assert found.reason == "no intervals: the values have no spread"
    assert found.top.value > found.bottom.value
    np.testing.assert_allclose(found.at(np.array([0.0, 5.0])), hill([0, 5], *truth), rtol=1e-5)
    with pytest.raises(InputError, match="not all numbers from 0 on"):
        found.at(np.array([1.0, -1.0]))


def test_four_doses_leave_nothing_to_check(hill):
    found = fit_dose_response(DOSES[2:6], rows(hill(DOSES[2:6], 1.5, 1.0, 100, 10)))
    assert found.fitted
    assert np.isnan(found.r_squared)


@pytest.mark.parametrize(
    ("values", "outcome", "words"),
    [
        (lambda d, h: np.full(len(d), 7.0), "flat", "the means span 0"),
        (lambda d, h: h(d, 300, 1, 100, 10), "not bracketed", "EC50 above 100"),
        (lambda d, h: h(d, 0.02, 1, 100, 10), "not bracketed", "EC50 below 0.1"),
        (lambda d, h: 5 + 3 * d, "not bracketed", "EC50 above 100"),
        (lambda d, h: h(d, 2, 1, 100, 10) + 40 * (d == 10), "non-monotone", "between 3 and 10"),
        (lambda d, h: h(d, 0.2, 3, 60, 35) + h(d, 20, 4, 40, 5), "poor fit", "unexplained"),
    ],
)
def test_refused_with_the_reason(hill, values, outcome, words):
    found = fit_dose_response(DOSES, rows(values(DOSES, hill)))
    assert found.outcome == outcome
    assert words in found.reason
    assert np.isnan([found.ec50.value, found.hill.value, found.end.value]).all()
    with pytest.raises(InputError, match="dose-response"):
        found.at(DOSES)


def test_too_few_doses(hill):
    values = rows(hill(DOSES, *FALLING))
    values[3] = np.array([np.nan])
    found = fit_dose_response(DOSES[:5], values[:5])
    assert found.outcome == "too few doses"
    assert found.doses.tolist() == [0, 0.1, 0.3, 3]


def test_bounds(hill, replicates):
    above = fit_dose_response(DOSES, rows(hill(DOSES, 300, 1, 100, 10)))
    assert (above.ec50.low, above.ec50.high) == (100, np.inf)
    below = fit_dose_response(DOSES, rows(hill(DOSES, 0.02, 1, 100, 10)))
    assert (below.ec50.low, below.ec50.high) == (0, 0.1)
    noisy = fit_dose_response(DOSES, replicates(hill(DOSES, 150, 1, 100, 10), 20, 1), resamples=300)
    assert noisy.ec50.high == np.inf
    assert 0.1 <= noisy.ec50.low <= 100


def test_a_switch_is_steeper_than_the_doses_resolve(hill):
    found = fit_dose_response(DOSES, rows(hill(DOSES, 2, 40, 100, 10)))
    assert found.fitted
    assert (found.ec50.low, found.ec50.high) == (1, 3)
    assert np.isnan(found.hill.value)
    assert found.hill.high == np.inf
    assert "between 1 and 3" in found.reason


def test_amounts_have_no_negative_plateau():
    """Nearly linear falls: least squares alone puts the plateau below zero."""
    values = np.array([[100, 99, 96, 88, 70, 38, 8, 1.0]])
    free = fit_hill(
        DOSES, values - np.array([[0, 0, 0, 0, 0, 0, 0, 8.0]]), np.ones(8), positive=False
    )
    held = fit_hill(
        DOSES, values - np.array([[0, 0, 0, 0, 0, 0, 0, 8.0]]), np.ones(8), positive=True
    )
    assert free.end[0] < 0
    assert held.end[0] == 0
    assert held.rss[0] > free.rss[0]


def test_agrees_with_scipy_and_row_by_row(hill):
    """Noisy means, weighted: started at the truth, curve_fit finds no better curve."""
    rng = np.random.default_rng(1)
    sd = np.linspace(1, 4, len(DOSES))
    means = hill(DOSES, *FALLING) + rng.normal(size=(5, len(DOSES))) * sd
    curves = fit_hill(DOSES, means, 1 / sd**2, positive=False)
    for row, mean in enumerate(means):
        best, _ = curve_fit(hill, DOSES, mean, p0=FALLING, sigma=sd)
        rss = (((mean - hill(DOSES, *best)) / sd) ** 2).sum()
        assert curves.rss[row] == pytest.approx(rss, rel=1e-6)
        assert np.exp(curves.log_ec50[row]) == pytest.approx(best[0], rel=1e-3)
        alone = fit_hill(DOSES, mean[None], 1 / sd**2, positive=False)
        assert alone.log_ec50[0] == pytest.approx(curves.log_ec50[row], rel=1e-6)


def test_inverse(hill):
    for truth in (FALLING, RISING):
        curve = fit_hill(DOSES, hill(DOSES, *truth)[None], np.ones(len(DOSES)), positive=True)
        np.testing.assert_allclose(curve.dose_for(hill([[0.5, 7]], *truth)), [[0.5, 7]], rtol=1e-4)
        sign = np.sign(truth[3] - truth[2])
        ends = np.array([[truth[2] - sign, truth[3] + sign]])
        assert curve.dose_for(ends).tolist() == [[0, np.inf]]


def covered(hill, replicates, n, kind, times):
    """How often EC50, coefficient, start and end are in their intervals, and the share fitted."""
    truth = (2.5, 1.5, 100.0, 20.0)
    hits, fitted = np.zeros(4), 0
    for seed in range(times):
        values = replicates(hill(DOSES, *truth), n, seed, kind)
        found = fit_dose_response(DOSES, values, resamples=200, seed=seed)
        if found.fitted:
            fitted += 1
            four = (found.ec50, found.hill, found.start, found.end)
            hits += [e.low <= value <= e.high for e, value in zip(four, truth, strict=True)]
    return hits / fitted, fitted / times


@pytest.mark.thorough
@pytest.mark.parametrize(("n", "kind"), [(4, "poisson"), (40, "bursts")])
def test_coverage(hill, replicates, n, kind):
    """30 ladders; intervals of nominal 95 % cover each number at least 79 % (4 SE below 95 %)."""
    coverage, fitted = covered(hill, replicates, n, kind, 30)
    assert fitted >= 0.9
    assert (coverage >= 0.79).all()


@pytest.mark.verify
@pytest.mark.parametrize(("n", "kind"), [(4, "poisson"), (10, "poisson"), (40, "bursts")])
def test_coverage_at_length(hill, replicates, n, kind):
    """400 ladders; 90 % are promised of nominal 95 % (the SE is 1.1 to 1.5 %)."""
    coverage, fitted = covered(hill, replicates, n, kind, 400)
    assert fitted >= 0.95
    assert (coverage >= 0.87).all()
    assert (coverage <= 0.99).all()


@pytest.mark.parametrize("kind", ["poisson", "bursts"])
def test_flat_readouts_are_called_flat(replicates, kind):
    """150 ladders without effect: a response in 1 % (binomial, P < 1e-3 above 6)."""
    outcomes = [
        fit_dose_response(DOSES, replicates(np.full(8, 20.0), 10, 1000 + seed, kind), resamples=100)
        for seed in range(150)
    ]
    assert sum(found.outcome != "flat" for found in outcomes) <= 6


def test_a_weak_trend_is_not_flat(hill, replicates):
    """A fall by 15 % at Fano factor 1, 20 replicates: the trend is found."""
    found = fit_dose_response(DOSES, replicates(hill(DOSES, 3, 1, 100, 85), 20, 1), resamples=200)
    assert found.outcome != "flat"


def test_same_key_same_interval(hill, replicates):
    values = replicates(hill(DOSES, *FALLING), 8, 3)
    one = fit_dose_response(DOSES, values, seed=5, key="x", resamples=200)
    again, other = (
        fit_dose_response(DOSES, values, seed=5, key=key, resamples=200).ec50 for key in "xy"
    )
    assert (again.value, again.low, again.high) == (one.ec50.value, one.ec50.low, one.ec50.high)
    assert other.value == one.ec50.value
    assert other.low != one.ec50.low
    assert one.ec50.confidence == 0.95
    assert one.ec50.low < one.ec50.value < one.ec50.high
    assert one.lack_of_fit_p > 0.001


def test_all_mistakes_at_once():
    with pytest.raises(InputError) as caught:
        fit_dose_response(
            [0, -1, 2, 2, 3], [np.array([np.inf])] * 4, confidence=0, resamples=5, seed=-1
        )
    text = str(caught.value)
    for word in (
        "confidence",
        "resamples",
        "seed",
        "5 doses",
        "dose -1",
        "given twice",
        "infinite",
    ):
        assert word in text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"doses": ["a", 1, 2, 3, 4]}, "not numbers"),
        ({"values": ["x"] * 5}, "not numbers"),
        ({"values": None}, "not arrays"),
        ({"confidence": "x"}, "confidence='x': not between 0 and 1"),
        ({"resamples": 150.5}, "resamples=150.5"),
    ],
)
def test_what_is_no_number_is_refused(given, says):
    whole = {"doses": [0, 1, 2, 3, 4], "values": [[1.0, 2.0]] * 5, **given}
    with pytest.raises(InputError, match=says):
        fit_dose_response(**whole)
