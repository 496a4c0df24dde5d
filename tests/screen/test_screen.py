"""Screens planned, run, extended, interrupted and merged, on a gene whose means are known."""

import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import simnet as sn
from simnet.results.parts import merge_parts
from simnet.screen.spec_file import screen_from_data

K, G = 20.0, 1.0  # birth and death: mean and variance K / G at rest
Plan = Callable[..., sn.Screen]


@pytest.fixture(scope="session")
def plan(gene: sn.Network) -> Plan:
    def make(**given: Any) -> sn.Screen:
        settings: dict[str, Any] = {
            "network": gene,
            "changes": [sn.Scale("k", 0.5), sn.Scale("g", 2.0)],
            "combinations": "pairs",
            "readouts": ["X@10"],
            "t_end": 10,
            "points": 11,
            "method": "ssa",
            "replicates": 20,
            "seed": 1,
        }
        return sn.Screen(**(settings | given))

    return make


def same(one: sn.ScreenResult, other: sn.ScreenResult) -> None:
    """Bit for bit."""
    pd.testing.assert_frame_equal(one.frame(), other.frame(), check_exact=True)


def test_the_plan_says_what_will_run(plan: Plan) -> None:
    frame = plan().conditions()
    assert frame["condition"].tolist() == ["control", "k x0.5", "g x2", "k x0.5 + g x2"]
    assert frame["factors"].tolist() == [0, 1, 1, 2]
    assert (frame["replicates"] == 20).all()
    assert (frame["estimated_s"] > 0).all()
    assert "4 conditions" in repr(plan())


@pytest.mark.parametrize(
    ("combinations", "conditions"),
    [
        ("singles", ["control", "k x0.5", "g x2"]),
        ("grid", ["control", "k x0.5", "g x2", "k x0.5 + g x2"]),
        (
            [[sn.Scale("k", 3.0), sn.Scale("g", 3.0)]],
            ["control", "k x0.5", "g x2", "k x3 + g x3"],
        ),
    ],
)
def test_combinations(plan: Plan, combinations: Any, conditions: list[str]) -> None:
    made = plan(combinations=combinations).conditions(estimate=False)
    assert made["condition"].tolist() == conditions


def test_all_mistakes_at_once(plan: Plan) -> None:
    with pytest.raises(sn.InputError) as caught:
        plan(
            changes=[sn.Knockout("NOPE"), sn.Scale("k", -1.0)],
            readouts=["Y@10", "X@99"],
            replicates=0,
            equilibrate="soon",
        )
    said = str(caught.value)
    for part in ("NOPE", "-1", "'Y'", "99", "replicates=0", "soon"):
        assert part in said, part
    assert said.count("'NOPE' is not in") == 1  # though two conditions have it
    with pytest.raises(sn.InputError) as caught:
        plan(t_end=None, times=[0, 1], readouts=["X"], max_step=1)
    said = str(caught.value)
    for part in (
        "t_end: none given",
        "times: those of a screen",
        "max_step=1: only applies to the ODE",
    ):
        assert part in said, part
    with pytest.raises(sn.InputError, match="combinations=None: unknown"):
        plan(combinations=None)
    with pytest.raises(sn.InputError, match="plan='hypoxia': not a Screen"):
        sn.run_screen("hypoxia")  # type: ignore[arg-type]


def test_it_resumes_and_extends(plan: Plan, tmp_path: Path) -> None:
    """Nothing stored is computed again, and the bits are those of one run."""
    whole = sn.run_screen(plan(), workers=1)
    seen: list[int] = []
    sn.run_screen(plan(replicates=5), workers=1, out=tmp_path / "a")
    more = sn.run_screen(
        plan(), workers=2, out=tmp_path / "a", progress=lambda done, _: seen.append(done)
    )
    same(more, whole)
    assert min(seen) >= 4 * 5  # those of the first run were there
    wider = plan(changes=[sn.Scale("k", 0.5), sn.Scale("g", 2.0), sn.Scale("k", 4.0)])
    found = sn.run_screen(wider, workers=1, out=tmp_path / "a").frame()
    old = found[found["condition"].isin(whole.conditions)].reset_index(drop=True)
    pd.testing.assert_frame_equal(
        old, whole.frame(), check_exact=True, check_categorical=False, check_dtype=False
    )


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"seed": 2}, "seed"),
        ({"t_end": 20, "readouts": ["X@10"]}, "20"),
        ({"readouts": ["max(X)"]}, "max"),
    ],
)
def test_another_screen_is_refused_with_the_difference(
    plan: Plan, tmp_path: Path, changed: dict[str, Any], says: str
) -> None:
    sn.run_screen(plan(replicates=2), workers=0, out=tmp_path)
    with pytest.raises(sn.InputError, match=says):
        sn.run_screen(plan(replicates=2, **changed), workers=0, out=tmp_path)


def test_shards_merge_to_the_whole(plan: Plan, tmp_path: Path) -> None:
    for i in (1, 2, 3):
        part = sn.run_screen(plan(), workers=1, out=tmp_path / str(i), shard=(i, 3))
        assert not part.complete
    merge_parts([tmp_path / str(i) for i in (1, 2, 3)], tmp_path / "all")
    merged = sn.ScreenResult.load(tmp_path / "all")
    assert merged.complete
    same(merged, sn.run_screen(plan(), workers=1))


KILLED = """
import sys
import simnet as sn
def make():
    return sn.Screen(network=sn.load(sys.argv[1]), changes=[sn.Scale("k", 0.5), sn.Scale("g", 2.0)],
        combinations="pairs", readouts=["X@600"], t_end=600, points=3, method="ssa",
        engine="roadrunner", replicates=40, seed=1)
if __name__ == "__main__":
    sn.run_screen(make(), workers=1, out=sys.argv[2])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_shards_can_be_extended_and_merged_again(plan: Plan, tmp_path: Path) -> None:
    """Blocks of 32 replicates: 40 leave one that is cut short, in one of the two folders."""

    def merged(replicates: int) -> sn.ScreenResult:
        for i in (1, 2):
            sn.run_screen(
                plan(replicates=replicates), out=tmp_path / str(i), shard=(i, 2), workers=0
            )
        merge_parts([tmp_path / "1", tmp_path / "2"], tmp_path / "whole")
        return sn.ScreenResult.load(tmp_path / "whole")

    assert merged(40).complete
    extended = merged(64)
    assert extended.record.run.run.replicates == 64
    assert extended.complete
    whole = sn.run_screen(plan(replicates=64), workers=0)
    pd.testing.assert_frame_equal(extended.effects(), whole.effects())


def test_one_condition_under_two_names_is_refused(plan: Plan) -> None:
    twice = [sn.Condition(label="double", changes=(sn.Scale("k", 2),))]
    with pytest.raises(sn.InputError, match=r"'double'.*is the same as 'k x2'"):
        plan(changes=[sn.Scale("k", 2)], combinations=twice)
    later = [sn.At("1 s", sn.Set("k", 1)), sn.At(1, sn.Set("k", 1))]
    with pytest.raises(sn.InputError, match="is the same as"):
        plan(changes=[sn.Scale("k", 2)], combinations=later)


def test_the_same_readout_in_other_words(plan: Plan, tmp_path: Path) -> None:
    """Notes of replicates without a value are found again."""

    def run(readout: str) -> sn.ScreenResult:
        never = plan(readouts=readout, replicates=3)
        return sn.run_screen(never, out=tmp_path / "out", workers=0)

    first = run("log(X@0)")
    again = run("log( X@0 )")
    assert len(first.failures()) == len(again.failures()) > 0


def test_what_is_no_number_is_named(plan: Plan) -> None:
    for change in (sn.Set("k", "1"), sn.Scale("k", "2"), sn.Knockdown("k", [0.5])):  # type: ignore[arg-type]
        with pytest.raises(sn.InputError, match="not a finite number"):
            plan(changes=[change])
    data = {"network": "hypoxia", "t_end": 1, "readouts": ["HIF1A@1"], "variability": 0.3}
    with pytest.raises(sn.InputError, match=r"variability: 0\.3 is not a list or a text"):
        screen_from_data(data)


def test_killed_in_the_middle(gene_file: Path, tmp_path: Path) -> None:
    """`kill -9`, then the same call: what was stored is kept, and the bits are those of one run."""
    script, out = tmp_path / "screen.py", tmp_path / "out"
    script.write_text(KILLED)
    running = subprocess.Popen([sys.executable, str(script), str(gene_file), str(out)])
    try:
        deadline = time.monotonic() + 60
        while not list(out.glob("runs/*")) and running.poll() is None:
            assert time.monotonic() < deadline, "no part was written"
            time.sleep(0.01)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    asked = sn.Screen(
        network=sn.load(gene_file),
        changes=[sn.Scale("k", 0.5), sn.Scale("g", 2.0)],
        combinations="pairs",
        readouts=["X@600"],
        t_end=600,
        points=3,
        method="ssa",
        engine="roadrunner",
        replicates=40,
        seed=1,
    )
    seen: list[int] = []
    resumed = sn.run_screen(asked, workers=1, out=out, progress=lambda done, _: seen.append(done))
    assert resumed.complete
    if running.returncode == -signal.SIGKILL and seen:  # else it was killed after its last part
        assert seen[0] > 0
    same(resumed, sn.run_screen(asked, workers=1))


def test_every_kind_of_readout(plan: Plan) -> None:
    """Deterministic, so each has its value in closed form: X = 20 - 20 exp(-t) from 0."""
    asked = {
        "X": None,
        "X@5": 20 * (1 - np.exp(-5)),
        "auc(X)": 200 - 20 * (1 - np.exp(-10)),
        "max(X)": 20 * (1 - np.exp(-10)),
        "first_passage(X > 10)": np.log(2),
        "fraction(X@5 > 10)": 1.0,
        "steady(X)": 20.0,
        "X@10 - X@5": 20 * (np.exp(-5) - np.exp(-10)),
        "X@10 / X@5": (1 - np.exp(-10)) / (1 - np.exp(-5)),
    }
    made = plan(method="ode", replicates=1, seed=None, readouts=list(asked), points=2001, t_end=20,
                combinations="singles")  # fmt: skip
    frame = sn.run_screen(made, workers=0).frame()
    control = frame[frame["condition"] == "control"].set_index("readout")["value"]
    assert len(control["X"]) == 2001
    expected = asked | {
        "auc(X)": 400 - 20 * (1 - np.exp(-20)),
        "max(X)": 20 * (1 - np.exp(-20)),
    }
    for readout, value in expected.items():
        if value is not None:
            assert control[readout] == pytest.approx(value, rel=2e-4), readout


def test_effects_and_interaction_are_the_known_ones(plan: Plan) -> None:
    """Means 20, 10, 10, 5: two halves that multiply. Each interval misses with a chance of 5 %, the
    p-values of what is 2-fold at n = 400 are far below any threshold, and a call of interaction
    where there is none has a chance of 5 %: seeds are fixed."""
    result = sn.run_screen(plan(replicates=400, engine="auto"))
    effects = result.effects(against="control").set_index("condition")
    for name, fold in {"k x0.5": -1.0, "g x2": -1.0, "k x0.5 + g x2": -2.0}.items():
        row = effects.loc[name]
        assert row["log2_low"] < fold < row["log2_high"], name
        assert row["log2_high"] - row["log2_low"] < 0.2
        assert row["p_adjusted"] < 1e-10
        assert (row["n_control"], row["n_treated"]) == (400, 400)
        assert row["ks_distance"] > 0.7
    found = result.synergy("k", "g", "X@10")
    (log,) = (score for score in found.overall if score.model == "log")
    assert log.low < 0 < log.high
    assert log.call == "no call"
    assert "log" in repr(found)


def test_a_dose_has_a_curve(hypoxia_doses: sn.ScreenResult) -> None:
    curve = hypoxia_doses.dose_response("axitinib", "pVEGFR2@2h")
    assert curve.fitted, curve.reason
    assert curve.direction == "falling"
    assert 0.01 < curve.ec50.value < 10
    assert "EC50" in repr(curve)
    with pytest.raises(sn.UnknownNameError, match="axitinib"):
        hypoxia_doses.dose_response("axitinb", "pVEGFR2@2h")


@pytest.fixture(scope="module")
def hypoxia_doses() -> sn.ScreenResult:
    plan = sn.Screen(
        network=sn.load("hypoxia"),
        changes=[sn.Dose("axitinib", nM=[0.01, 0.1, 1, 10, 100])],
        readouts=["pVEGFR2@2h"],
        t_end="2 h",
        points=3,
    )
    return sn.run_screen(plan, workers=0)


def test_precision_gives_each_condition_what_it_needs(plan: Plan) -> None:
    """At 10 % and a CV of 1/sqrt(20), 128 replicates are enough; of a mean of 0.2 they are not."""
    rare = plan(
        changes=[sn.Scale("k", 0.01)],
        combinations="singles",
        replicates=None,
        precision=sn.Precision(relative=0.1, maximum=1024),
    )
    ran = sn.run_screen(rare, workers=1).design().set_index("condition")["replicates"]
    assert ran["control"] == 128
    assert ran["k x0.01"] == 1024


def test_cells_differ_alike_in_every_condition(plan: Plan) -> None:
    """Cell by cell the birth constant is the same in control and treated: their ODEs are in
    proportion."""
    made = plan(
        method="ode",
        replicates=6,
        variability={"k": sn.LogNormal(cv=0.5)},
        changes=[sn.Scale("g", 2.0)],
        combinations="singles",
    )
    result = sn.run_screen(made, workers=0)
    one, two = (result.values(name, "X@10") for name in ("control", "g x2"))
    assert len(set(one)) == 6
    assert two / one == pytest.approx((two / one)[0], rel=1e-6)


def test_a_condition_that_fails_is_told_and_the_rest_goes_on(plan: Plan) -> None:
    made = plan(
        method="ode",
        replicates=1,
        seed=None,
        changes=[sn.Scale("k", 1e306), sn.Scale("g", 2.0)],
        combinations="singles",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sn.SimnetWarning)  # what CVODE itself says
        result = sn.run_screen(made, workers=1)
    failed = result.failures()
    assert failed["condition"].tolist() == ["k x1e+306"]
    assert failed["reason"].str.len().min() > 10
    assert result.values("g x2", "X@10") == pytest.approx([10], rel=1e-3)
    frame = result.effects()
    assert frame[frame["condition"] == "k x1e+306"]["log2_fold_change"].isna().all()


def test_the_estimate_is_near_the_cost(plan: Plan) -> None:
    """Both in time of the processor, so that other work on this machine does not count."""
    made = plan(t_end=2000, readouts=["X@2000"], replicates=96, points=3, combinations="singles")
    expected = made.estimate().seconds * 96 * 3
    began = time.process_time()
    sn.run_screen(made, workers=0)
    assert expected / 3 < time.process_time() - began < expected * 3 + 0.3


def test_a_readout_that_a_change_does_not_touch_has_no_effect() -> None:
    """MCT4 is downstream of HIF1A: its knock-out changes the integrator's steps, and no HIF1A."""
    screen = sn.Screen(
        network=sn.load("hypoxia"),
        changes=[sn.Knockout("MCT4")],
        readouts=["HIF1A@4h"],
        t_end="4 h",
    )
    effects = sn.run_screen(screen, workers=0).effects()
    assert effects["log2_fold_change"].tolist() == [0.0]


@pytest.mark.parametrize("wrong", [3, ["k"], {"k": 0.3}, {3: sn.LogNormal(cv=0.3)}])
def test_variability_that_is_none(plan: Plan, wrong: Any) -> None:
    with pytest.raises(sn.InputError, match="variability"):
        plan(variability=wrong)


def test_a_folder_holds_one_kernels_replicates(decay: sn.Network, tmp_path: Path) -> None:
    """Kernels differ in bits; the one that the engine takes by itself has the engine's name."""

    def screen(engine: str) -> sn.Screen:
        change = sn.Scale(decay.parameters[0].id, 2.0)
        return sn.Screen(
            network=decay, changes=[change], readouts=[f"{decay.species[0].id}@1"], t_end=1,
            method="ssa", replicates=4, seed=1, engine=engine,
        )  # fmt: skip

    sn.run_screen(screen("auto"), workers=0, out=tmp_path / "out")
    sn.run_screen(screen("compiled/lockstep"), workers=0, out=tmp_path / "out")
    with pytest.raises(sn.InputError, match=r"engine: it is .* in the folder and here .*rejection"):
        sn.run_screen(screen("compiled/rejection"), workers=0, out=tmp_path / "out")


def test_cells_of_one_condition_alone_are_refused(decay: sn.Network) -> None:
    parameter = decay.parameters[0].id
    condition = sn.Condition(
        changes=(sn.Scale(parameter, 2.0),), variability={parameter: sn.LogNormal(cv=0.3)}
    )
    with pytest.raises(sn.InputError, match="has its own variability; set it for the screen"):
        sn.Screen(
            network=decay, changes=[condition], readouts=[f"{decay.species[0].id}@1"], t_end=1
        )
