"""`Run` checks itself, and is what every verb takes."""

import inspect
import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.experiment.run import DEFAULTS, Run, RunArguments, run_from_record


def test_a_run_names_all_that_is_wrong_with_it() -> None:
    wrong: dict[str, Any] = {
        "t_end": "soon",
        "points": 1,
        "method": "ssa",
        "replicates": 0,
        "precision": 0.05,
        "seed": -1,
        "replicates_per_cell": 0,
        "rtol": 1e-16,
        "atol": 0,
        "max_step": "1 h",
        "allow_negative": True,
        "timeout": "never",
        "variability": ["k"],
    }
    with pytest.raises(sn.InputError) as caught:
        Run(**wrong)
    found = [problem.what for problem in caught.value.problems]
    for name in wrong.keys() - {"method"}:
        assert any(what.startswith(name) for what in found), name


def test_a_text_in_the_place_of_changes_is_one_mistake(birth_death: sn.Network) -> None:
    for name in ("changes", "background", "schedule"):
        given: dict[str, Any] = {name: "HIF1A=knockout"}
        with pytest.raises(sn.InputError, match=f"{name}|changes") as caught:
            sn.simulate(birth_death, t_end=1, **given)
        assert len(caught.value.problems) == 1


def test_an_unknown_argument_and_the_nearest(birth_death: sn.Network) -> None:
    for call, words in (
        (lambda: sn.Run(t_ends=3), r"Run\(t_ends=...\): no such argument; did you mean t_end"),  # type: ignore[call-arg]
        (lambda: sn.simulate(birth_death, t_end=3, replicate=2), "did you mean replicates"),  # type: ignore[call-arg]
        (lambda: sn.run_ensemble(birth_death, t_end=3, treshold={}), "did you mean thresholds"),  # type: ignore[call-arg]
        (lambda: sn.Screen(network=birth_death, readout="X@3"), "did you mean readouts"),  # type: ignore[call-arg]
    ):
        with pytest.raises(sn.InputError, match=words):
            call()


@pytest.mark.parametrize("verb", [sn.simulate, sn.run_ensemble, sn.first_passage_times])
def test_verbs_show_every_field_with_its_default(verb: Callable[..., Any]) -> None:
    found = inspect.signature(verb).parameters
    assert "run" not in found
    for field in fields(Run):
        default = DEFAULTS.get(verb.__name__, {}).get(field.name, field.default)
        assert found[field.name].default == default
    assert list(RunArguments.__annotations__) == [field.name for field in fields(Run)]


@pytest.mark.parametrize("spec", [sn.Screen, sn.SensitivityStudy])
def test_specs_have_every_field(spec: type) -> None:
    assert {field.name for field in fields(Run)} <= inspect.signature(spec).parameters.keys()


def test_there_and_back() -> None:
    full = Run(
        times=(0, "1 h", 7200.0),
        method="ssa",
        precision=sn.Precision(relative=0.1, readouts=("X",)),
        seed=3,
        equilibrate="2 h",
        background=sn.Knockout("A"),
        changes=[sn.Set("k", 2.0), sn.Dose("drug", nM=3)],
        schedule=sn.Pulse("1 h", "10 min", sn.Set("k", 3.0)),
        variability={"k": sn.Uniform(fold=2)},
        engine="compiled",
        timeout=3,
    )
    for run in (Run(), Run(t_end=np.float64(3), points=np.int64(4)), full):  # type: ignore[arg-type]
        assert run_from_record(json.loads(json.dumps(run.record()))) == run


def test_output_times_of_ones_own(birth_death: sn.Network) -> None:
    """The same values as on an even grid that has them; a rerun has them as well."""
    how: dict[str, Any] = {"method": "ssa", "replicates": 5, "seed": 2, "workers": 0}
    even = sn.simulate(birth_death, t_end=4, points=5, **how)
    chosen = sn.simulate(birth_death, times=[1, 2.0, 4], **how)
    assert chosen.times.tolist() == [1, 2, 4]
    assert (chosen.values == even.values[:, :, [1, 2, 4]]).all()
    assert (sn.rerun(chosen, workers=0).values == chosen.values).all()
    exact = sn.simulate(birth_death, times=[0, 1, 10], workers=0, rtol=1e-10).values[0, 0, :, 0]
    assert exact == pytest.approx(10 * (1 - np.exp(-0.1 * np.array([0, 1, 10]))), rel=1e-8)
    for wrong, words in (
        ({"times": [0, 3, 2]}, "not times that rise from 0"),
        ({"times": []}, "not times that rise from 0"),
        ({"times": [0, 1], "t_end": 1}, "give one of the two"),
        ({"times": "6 h"}, "times='6 h': not a list of times"),
        ({"times": 6}, "times=6: not a list of times"),
        ({}, "t_end: none given"),
    ):
        with pytest.raises(sn.InputError, match=words):
            sn.simulate(birth_death, **wrong)  # type: ignore[arg-type]


def test_a_tolerance_is_a_number_and_not_a_text(birth_death: sn.Network) -> None:
    for name in ("rtol", "atol"):
        for value in ("1e-6", True, 0, -1, float("nan"), [1e-6]):
            with pytest.raises(sn.InputError, match=rf"{name}=.*: not a number above zero; give"):
                sn.simulate(birth_death, t_end=1, **{name: value})


def test_what_gives_no_replicates_is_one_ode(birth_death: sn.Network) -> None:
    assert sn.run_ensemble(birth_death, t_end=1, points=2, method="ode", workers=0).replicates == 1
    name = birth_death.readouts[0].name
    passed = sn.first_passage_times(
        birth_death, name, above=-1, t_end=1, points=2, method="ode", workers=0
    )
    assert passed.after.shape == (1,)
