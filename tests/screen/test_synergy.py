"""Interaction on constructed surfaces: additive in each model's own sense, synergistic, inert."""

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.screen.synergy import surface_interaction
from simnet.screen.synergy_models import SYNERGY_MODELS, SynergyModel, scaled_scores

A = np.array([0, 0.3, 1, 3, 10, 30])
B = np.array([0, 1, 3, 10, 30, 100])
BOTH = (A[:, None] > 0) & (B[None, :] > 0)


@pytest.fixture
def additive(hill):
    """Surfaces that are additive for each model, of a readout that falls from 100 to 0."""
    a, b = hill(A, 3, 1.2, 1, 0), hill(B, 10, 1.0, 1, 0)
    return {
        "log": 100 * a[:, None] * b,
        "bliss": 100 * a[:, None] * b,
        "hsa": 100 * np.minimum(a[:, None], b),
        # One drug against itself, the second at a third of the potency.
        "loewe": 100 * hill(A[:, None] + B / 3, 3, 1.2, 1, 0),
    }


def exact(surface, **given):
    values = [[np.array([value]) for value in row] for row in surface]
    return surface_interaction(A, B, values, exact=True, **given)


def pair_interaction(control, a, b, ab, *, models=("log", "bliss", "hsa"), **given):
    """Of two changes of one level each, such as knock-outs: a surface of one cell."""
    values = [[control, b], [a, ab]]
    return surface_interaction((0.0, 1.0), (0.0, 1.0), values, models=models, **given)


def scores(found, model):
    return np.array([s.score for s in found.cells if s.model == model])


def calls(found, model):
    return {s.call for s in found.cells if s.model == model}


@pytest.mark.parametrize("model", list(SYNERGY_MODELS))
def test_additive_in_its_own_sense(additive, model):
    found = exact(additive[model], models=[model], full_effect=0.0)
    np.testing.assert_allclose(scores(found, model), 0, atol=1e-6)
    assert calls(found, model) == {"no call"}
    assert found.overall[0].score == pytest.approx(0, abs=1e-6)
    assert found.direction == "falling"


@pytest.mark.parametrize("model", list(SYNERGY_MODELS))
@pytest.mark.parametrize(("factor", "call"), [(0.5, "synergy"), (1.3, "antagonism")])
def test_the_sign_is_the_same_whether_the_readout_falls_or_rises(additive, model, factor, call):
    """Falling: below the additive surface is synergy. Rising is its mirror image."""
    falling = np.where(BOTH, additive[model] * factor, additive[model])
    middle = (2, 3)  # a combination well within both curves
    found = exact(falling, models=[model], full_effect=0.0)
    index = (middle[0] - 1) * (len(B) - 1) + middle[1] - 1
    assert found.cells[index].call == call
    assert np.sign(found.cells[index].score) == (1 if call == "synergy" else -1)
    mirror = {"log": 1e4 / falling}.get(model, 200 - falling)
    full = {"log": None}.get(model, 200.0)
    rising = exact(mirror, models=[model], full_effect=full)
    assert rising.direction == "rising"
    np.testing.assert_allclose(scores(rising, model), scores(found, model), rtol=1e-4, atol=1e-6)


def test_known_scores():
    """By hand: control 100, a 80, b 50, both 10, full effect 0."""
    numbers = (np.array([100.0]), np.array([80.0]), np.array([50.0]), np.array([10.0]))
    found = pair_interaction(*numbers, full_effect=0.0, exact=True)
    by_model = {score.model: score for score in found.cells}
    assert by_model["log"].score == pytest.approx(-np.log(10 * 100 / (80 * 50)))
    assert by_model["bliss"].score == pytest.approx(0.9 - (0.2 + 0.5 - 0.1))
    assert by_model["hsa"].score == pytest.approx(0.9 - 0.5)
    assert by_model["log"].threshold == pytest.approx(np.log(1.1))
    assert {score.call for score in found.cells} == {"synergy"}
    assert by_model["log"].reason == "no interval: exact values"


def test_a_model_from_outside(monkeypatch):
    """Response additivity, E_ab - (E_a + E_b), is a function and an entry of the table."""
    added = SynergyModel(score=lambda cells: scaled_scores(cells, np.add), scale="share")
    monkeypatch.setitem(SYNERGY_MODELS, "additive", added)
    values = [[np.array([100.0]), np.array([70.0])], [np.array([80.0]), np.array([30.0])]]
    levels = (0.0, 1.0)
    found = surface_interaction(levels, levels, values, full_effect=0.0, exact=True)
    assert [score.model for score in found.overall] == ["log", "bliss", "hsa", "loewe", "additive"]
    assert found.cells[-1].score == pytest.approx(0.7 - (0.2 + 0.3))
    assert found.cells[-1].threshold == 0.1
    assert found.cells[-1].call == "synergy"
    assert set(found.frame()["model"]) == set(SYNERGY_MODELS)


def test_one_inert_drug(hill, replicates):
    """The second does nothing: no model calls anything, and Loewe says why it is not defined."""
    surface = np.broadcast_to(100 * hill(A, 3, 1.2, 1, 0.1)[:, None], (6, 6))
    found = surface_interaction(A, B, replicates(surface, 60, 1), full_effect=0.0, resamples=400)
    for model in ("log", "bliss", "hsa"):
        assert calls(found, model) == {"no call"}
        assert not np.isnan(scores(found, model)).any()
    assert np.isnan(scores(found, "loewe")).all()
    assert "second change alone (flat)" in found.cells[-1].reason
    assert found.curve_a == "fitted"
    assert found.curve_b.startswith("flat")


def test_loewe_is_nan_where_a_curve_does_not_reach(hill):
    """The second drug alone stops at 60 %; what the pair does beyond it has no equivalent dose."""
    a, b = hill(A, 3, 1.2, 1, 0.05), hill(B, 10, 1.0, 1, 0.6)
    surface = 100 * a[:, None] * b
    found = exact(surface, models=["loewe"])
    beyond = surface[1:, 1:].ravel() <= 60
    np.testing.assert_array_equal(np.isnan(scores(found, "loewe")), beyond)
    assert 0 < beyond.sum() < beyond.size
    for score, is_beyond in zip(found.cells, beyond, strict=True):
        assert ("second change alone does not reach" in score.reason) == is_beyond


def test_undefined_says_why(additive):
    unstated = exact(additive["bliss"], models=["bliss", "hsa"])
    assert np.isnan([s.score for s in unstated.cells]).all()
    assert "full_effect" in unstated.cells[0].reason
    assert "not defined for any combination" in unstated.overall[0].reason
    beyond = exact(additive["bliss"], models=["bliss"], full_effect=50.0)
    assert any("beyond the stated full effect" in s.reason for s in beyond.cells)
    zero = pair_interaction(*(np.array([x]) for x in (10.0, 5.0, 0.0, 0.0)), exact=True)
    assert np.isnan(zero.cells[0].score)
    assert "not positive" in zero.cells[0].reason
    away = pair_interaction(
        *(np.array([x]) for x in (100.0, 150.0, 50.0, 50.0)), full_effect=0.0, exact=True
    )
    assert "first change moves the readout away" in away.cells[1].reason


def test_a_combination_that_was_not_run(additive, replicates):
    values = replicates(additive["log"], 30, 2)
    values[2][3] = np.array([])
    found = surface_interaction(A, B, values, models=["log"], resamples=200)
    missing = [s for s in found.cells if (s.a, s.b) == (A[2], B[3])]
    assert np.isnan(missing[0].score)
    assert missing[0].reason == "not run, or no replicate has a value"
    assert np.isnan(scores(found, "log")).sum() == 1
    assert np.isfinite([found.overall[0].low, found.overall[0].high]).all()


def test_direction(replicates):
    def pair(*means, **given):
        four = [np.random.default_rng(i).poisson(m, 200).astype(float) for i, m in enumerate(means)]
        return pair_interaction(*four, models=["log"], resamples=300, **given)

    lethal = pair(100, 100, 100, 40)  # neither does anything alone
    assert (lethal.direction, lethal.direction_from) == ("falling", "combination")
    assert lethal.cells[0].call == "synergy"
    rescued = pair(100, 40, 100, 90)
    assert (rescued.direction, rescued.direction_from) == ("falling", "single changes")
    assert rescued.cells[0].call == "antagonism"
    opposed = pair(100, 40, 150, 30)
    assert opposed.cells[0].call == "no call"
    assert "opposite directions" in opposed.cells[0].reason
    assert pair(100, 40, 150, 30, direction="falling").cells[0].call == "synergy"
    assert pair(100, 40, 150, 30, direction="rising").cells[0].call == "antagonism"


def test_a_call_needs_the_minimum_effect():
    """5 % of interaction, measured to 0.4 %: surely not zero, and still no call."""
    four = [
        np.random.default_rng(i).poisson(m, 4000).astype(float)
        for i, m in enumerate((400, 200, 200, 95))
    ]
    small = pair_interaction(*four, models=["log"], resamples=400).cells[0]
    assert small.low > 0
    assert small.call == "no call"
    assert (
        pair_interaction(*four, models=["log"], resamples=400, minimum_effect=0.02).cells[0].call
        == "synergy"
    )


def test_one_replicate_is_not_called(additive):
    values = [
        [np.array([value]) for value in row] for row in additive["log"] * np.where(BOTH, 0.3, 1)
    ]
    found = surface_interaction(A, B, values, models=["log"])
    assert calls(found, "log") == {"no call"}
    assert {s.reason for s in found.cells} == {"no interval and no verdict: only one replicate"}


@pytest.mark.parametrize(("n", "kind"), [(3, "poisson"), (10, "bursts"), (60, "poisson")])
def test_false_alarms_on_additive_surfaces(additive, replicates, n, kind):
    """40 noisy surfaces of 9 combinations, additive by log and Bliss, with readouts from 100 to 7:
    any call on a surface in 5 % at most (binomial, P < 1e-3 above 7)."""
    keep = np.ix_([0, 1, 2, 3], [0, 1, 2, 3])
    for model in ("log", "bliss"):
        alarms = 0
        for seed in range(40):
            values = replicates(additive[model][keep], n, seed, kind)
            found = surface_interaction(
                A[:4], B[:4], values, models=[model], full_effect=0.0, resamples=300, seed=seed
            )
            alarms += calls(found, model) != {"no call"}
        assert alarms <= 7


def test_false_alarms_without_a_minimum_effect(additive, replicates):
    """The same for 60 surfaces and calls beyond zero: any of the nine combinations is called in 5 %
    of them at most (binomial, P < 1e-3 above 9); without the correction for nine it is in 25 %."""
    keep = np.ix_([0, 1, 2, 3], [0, 1, 2, 3])
    alarms = 0
    for seed in range(60):
        values = replicates(additive["log"][keep], 8, 100 + seed)
        found = surface_interaction(
            A[:4], B[:4], values, models=["log"], minimum_effect=0.0, resamples=300, seed=seed
        )
        alarms += calls(found, "log") != {"no call"}
    assert alarms <= 9


def test_false_alarms_of_loewe(additive, replicates):
    """15 noisy surfaces of one drug against itself, 25 combinations each, curves fitted again: any
    call on a surface in 5 % (binomial, P < 1e-3 above 4)."""
    alarms = 0
    for seed in range(15):
        values = replicates(additive["loewe"], 40, seed)
        found = surface_interaction(A, B, values, models=["loewe"], resamples=200, seed=seed)
        assert found.curve_a.startswith("fitted")
        alarms += calls(found, "loewe") != {"no call"}
    assert alarms <= 4


def test_coverage_of_the_log_interaction():
    """300 pairs at n = 5 with a true score of ln 2; 95 % intervals cover 90 to 99 % (4 SE: 5 %)."""
    hits = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        four = [rng.gamma(8.0, mean / 8.0, 5) for mean in (100, 50, 50, 12.5)]
        score = pair_interaction(
            *four, models=["log"], direction="falling", resamples=200, seed=seed
        ).cells[0]
        hits += score.low <= np.log(2) <= score.high
    assert 0.9 <= hits / 300 <= 0.99


def test_power_and_frame(additive, replicates):
    surface = np.where(BOTH, additive["log"] * 0.5, additive["log"])
    values = replicates(surface, 60, 5)
    found = surface_interaction(A, B, values, full_effect=0.0, resamples=300, seed=2)
    frame = found.frame()
    assert len(frame) == 4 * 25 + 4
    assert (
        frame.query("scope == 'combination' and model == 'log' and a <= 10 and b <= 30")["call"]
        == "synergy"
    ).all()
    assert frame.query("scope == 'surface' and model == 'log'")["score"].item() == pytest.approx(
        np.log(2), abs=0.1
    )
    known = frame.dropna(subset=["low", "low_all"])
    assert (known["low_all"] <= known["low"]).all()
    again = surface_interaction(A[::-1], B, values[::-1], full_effect=0.0, resamples=300, seed=2)
    assert again.frame().equals(frame)


def test_all_mistakes_at_once():
    ones = [[np.ones(3)] * 2] * 2
    with pytest.raises(InputError) as caught:
        surface_interaction(
            [0, -1],
            [1, 1],
            ones,
            models=["blis"],
            direction="down",
            minimum_effect=-1,
            confidence=2,
            resamples=1,
            seed=-1,
        )
    text = str(caught.value)
    for word in (
        "'blis'",
        "'down'",
        "minimum_effect",
        "confidence=2",
        "resamples=1:",
        "seed",
        "levels_a: -1",
        "levels_b: without 0",
        "given twice",
    ):
        assert word in text
    with pytest.raises(InputError, match="other than the control"):
        surface_interaction([0, 1], [0, 1], ones, full_effect=1.0)
    with pytest.raises(InputError, match="wrong side"):
        surface_interaction([0, 1], [0, 1], ones, full_effect=2.0, direction="falling")
    with pytest.raises(InputError, match="control"):
        surface_interaction([0, 1], [0, 1], [[np.array([]), np.ones(3)], [np.ones(3)] * 2])
