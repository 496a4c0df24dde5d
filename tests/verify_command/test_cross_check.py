"""`cross_check`: right engines agree, wrong ones are caught, and what cannot be done is told."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

import simnet as sn
from simnet.arrays import TimesByReadouts
from simnet.engines.base import Engine, Simulator, Task
from simnet.engines.table import ENGINES
from simnet.errors import StateError
from simnet.experiment.program import Program
from simnet.network.expression import Call, Number, RateLaw, Symbol, Time
from simnet.verify.cross_check import affordable, bearable_end

NAMES = [name for name, engine in ENGINES.items() if "ssa" in engine.methods]
SIDES = [*NAMES, "CME"]
Prepare = Callable[[Task], Simulator]
Install = Callable[[Prepare], None]


def checked(network: sn.Network, **options: Any) -> sn.Verification:
    given = {"t_end": 20, "replicates": 200, "seed": 7, "workers": 0} | options
    return sn.cross_check(network, **given)


@pytest.mark.parametrize("name", ["birth_death", "binding", "dimer"])
def test_right_engines_agree(name: str, request: pytest.FixtureRequest) -> None:
    found = checked(request.getfixturevalue(name))
    assert found.agree
    assert found.disagreements == found.failures == ()
    assert set(found.engines) == set(found.replicates) == set(NAMES)
    assert found.states > 0
    assert found.left_out == {}
    pairs = {(c.first, c.second) for c in found.comparisons}
    assert pairs == set(combinations(SIDES, 2))
    assert len(found.comparisons) == 3 * len(pairs) * len(found.readouts)
    assert all(abs(c.z) < 5 for c in found.comparisons)


def test_wrong_engines_are_caught(dimer: sn.Network, wrong: Prepare, reference_as: Install) -> None:
    reference_as(wrong)
    found = checked(replace(dimer, id="wrong"), replicates=2000)
    assert not found.agree
    caught = {(c.first, c.second) for c in found.disagreements}
    assert caught == {pair for pair in combinations(SIDES, 2) if "reference" in pair}


def test_a_wrong_law_is_caught_in_the_master_equation_as_well(
    dimer: sn.Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Engines take their laws from one place: were it wrong, they would agree. (What is compiled was
    compiled from the right one, or takes laws apart by itself.)"""
    law = RateLaw.expression
    monkeypatch.setattr(RateLaw, "expression", lambda self, _, unit=None: law(self, "continuous"))
    found = checked(replace(dimer), replicates=2000, readouts="D")  # of which nothing is stored
    assert {("roadrunner", "CME"), ("reference", "CME")} <= {
        (c.first, c.second) for c in found.disagreements
    }


def test_a_failed_replicate_is_no_agreement(
    birth_death: sn.Network, fragile: Prepare, reference_as: Install
) -> None:
    reference_as(fragile)
    with pytest.warns(sn.SimnetWarning, match="replicates failed"):
        found = checked(birth_death)
    assert not found.agree
    assert not found.disagreements
    assert found.replicates["reference"] + len(found.failures) == 200
    assert found.failures[0].startswith("reference, replicate ")
    assert found.failures[0].endswith("X is -1")


def test_an_engine_that_always_fails_is_no_agreement(
    birth_death: sn.Network, reference_as: Install
) -> None:
    class Broken:
        def __init__(self, task: Task) -> None: ...

        def run(self, program: Program, seed: int) -> TimesByReadouts:
            raise StateError("X is -1")

    reference_as(Broken)
    found = checked(birth_death)
    assert not found.agree
    assert found.failures == ("reference, every replicate: X is -1 (and 199 more replicates)",)
    assert "reference" not in found.left_out


def test_every_pair_of_engines_is_compared(
    birth_death: sn.Network, other_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "other", other_engine)
    found = checked(birth_death)
    assert len(found.comparisons) == 3 * len(list(combinations([*SIDES, "other"], 2)))
    assert found.agree


def test_equal_calls_give_equal_results(binding: sn.Network) -> None:
    first, second, third = (checked(binding, replicates=50, seed=s) for s in (3, 3, 4))
    assert first.comparisons == second.comparisons
    assert first.comparisons != third.comparisons


def test_engines_get_seeds_of_their_own(
    birth_death: sn.Network, other_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twins on one stream would agree whatever they do."""
    monkeypatch.setitem(ENGINES, "other", other_engine)
    found = checked(birth_death).comparisons
    twins = [c for c in found if {c.first, c.second} == {"reference", "other"}]
    assert twins
    assert all(c.mean[0] != c.mean[1] for c in twins)


def test_a_drawn_seed_is_recorded(birth_death: sn.Network) -> None:
    drawn = checked(birth_death, seed=None, replicates=20)
    assert checked(birth_death, seed=drawn.seed, replicates=20).comparisons == drawn.comparisons


def test_the_table(binding: sn.Network) -> None:
    found = checked(binding, replicates=50)
    table = found.frame()
    assert len(table) == len(found.comparisons) == 3 * 3 * len(list(combinations(SIDES, 2)))
    assert list(table.columns[:4]) == ["readout", "time", "first", "second"]
    assert table.agree.all()
    ode = sn.simulate(binding, t_end=20, points=4).readout("C")[0, 1:]
    assert table[table.readout == "C"].ode.unique() == pytest.approx(ode)
    assert str(found).startswith(
        "binding: " + ", ".join(f"{name} (50 replicates)" for name in NAMES)
    )


def test_what_only_one_engine_can_run_is_not_checked(birth_death: sn.Network) -> None:
    first, second = birth_death.reactions
    timed = RateLaw(rate=Call("plus", (Symbol("k"), Call("times", (Number(0.1), Time())))))
    network = replace(birth_death, reactions=(replace(first, law=timed), second))
    with pytest.raises(sn.UnsupportedError) as told:
        checked(network)
    named = [problem.what for problem in told.value.problems]
    assert sorted(named) == sorted(["network birth_death", "roadrunner", "compiled", "CME"])
    assert "can step over what lies between" in str(told.value)


def test_what_has_no_exact_meaning_is_refused(dimer: sn.Network) -> None:
    pair, part = dimer.reactions
    unknown = RateLaw(rate=pair.law.expression("continuous"), ambiguous=True)
    with pytest.raises(sn.UnsupportedError, match="discrete form is ambiguous"):
        checked(replace(dimer, reactions=(replace(pair, law=unknown), part)))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"replicates": 5}, "at least 20"),
        ({"t_end": -1}, "must be positive"),
        ({"alpha": 2}, "between 0 and 1"),
        ({"readouts": "Y"}, "readout 'Y'"),
        ({"seed": -1}, "seed"),
    ],
)
def test_mistakes_are_told(birth_death: sn.Network, options: dict[str, Any], match: str) -> None:
    with pytest.raises(sn.InputError, match=match):
        checked(birth_death, **options)


def test_the_slow_engine_gets_what_can_be_borne(birth_death: sn.Network) -> None:
    left_out: dict[str, str] = {}
    assert affordable(birth_death, 100.0, 500, 20, left_out) == dict.fromkeys(NAMES, 500)
    few = affordable(birth_death, 1e5, 500, 20, left_out)
    assert few["roadrunner"] == 500
    assert 20 <= few["reference"] < 500
    assert left_out == {}
    rest = affordable(birth_death, 1e8, 500, 20, left_out)
    assert rest == dict.fromkeys([name for name in NAMES if name != "reference"], 500)
    assert "too slow for about" in left_out["reference"]


def test_an_end_is_found_where_none_is_given(birth_death: sn.Network) -> None:
    end = bearable_end(birth_death)
    assert end == 48 * 3600 / 4 ** round(np.log(48 * 3600 / end) / np.log(4))
    assert affordable(birth_death, end, 200, 20, {})["reference"] == 200
    with pytest.raises(sn.InputError, match="states no unit"):
        bearable_end(replace(birth_death, time_unit=None))


@pytest.mark.verify
def test_false_alarms_are_as_rare_as_stated(dimer: sn.Network) -> None:
    """At alpha = 0.2, in 200 calls: 40 or less are expected; the test itself fails with 1e-6."""
    calls, alpha = 200, 0.2
    options: dict[str, Any] = {"replicates": 60, "alpha": alpha}
    alarms = sum(not checked(dimer, seed=seed, **options).agree for seed in range(calls))
    assert alarms <= binom.isf(1e-6, calls, alpha)


def test_progress_counts_all_engines(birth_death: sn.Network) -> None:
    seen: list[tuple[int, int]] = []
    checked(birth_death, replicates=30, progress=lambda done, total: seen.append((done, total)))
    total = 30 * len(NAMES)
    assert seen == [(done, total) for done in range(1, total + 1)]
