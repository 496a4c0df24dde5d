"""Absolute tolerances: right values for what is small, large, 0 or nearly gone, in any unit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.arrays import FloatArray
from simnet.engines.base import Task
from simnet.engines.roadrunner import ROADRUNNER
from simnet.engines.roadrunner_steps import Tolerances, absolute_tolerances
from simnet.execute.plan import planned
from simnet.experiment.condition import Condition
from simnet.experiment.run import Run

Read = Callable[..., sn.Network]
SIZES = [1.0, 1e-21, 1e-9, 1e6]
AS_IT_IS = "p = 3; p' = -0.1*p; q = 5; q' = -0.2*q"  # rate rules: the file runs as it is


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(body: str, unit: str = "", *, as_it_is: bool = False) -> sn.Network:
        unit = f"unit substance = {unit};" if unit else ""
        rules = AS_IT_IS if as_it_is else ""
        file = tmp_path / "small.ant"
        file.write_text(f"model small\n{unit}\n{body}\n{rules}\nend\n", encoding="utf-8")
        network = sn.load(file)
        assert (network.document is not None) == as_it_is
        return network

    return read


def course(network: sn.Network, times: list[float], *names: str, **more: Any) -> FloatArray:
    """(T, R) at evenly spaced times from 0."""
    run = sn.simulate(
        network, t_end=times[-1], points=len(times), workers=0, readouts=names, **more
    )
    values: FloatArray = run.values[0, 0]
    return values


@pytest.mark.parametrize("as_it_is", [False, True])
@pytest.mark.parametrize("unit", ["mole", "item", ""])
@pytest.mark.parametrize("size", SIZES)
def test_a_small_species_that_grows_beside_a_large_one(
    read: Read, size: float, unit: str, as_it_is: bool
) -> None:
    """Logistic growth from 1e-4 to 1e5 beside 1e9: X = K/(1 + (K/X0 - 1) exp(-r t))."""
    network = read(
        f"""species T, X; T = {1e9 * size!r}; X = {1e-4 * size!r}
        => X; 1.5*X
        X => ; 1.5*X*X/{1e5 * size!r}
        T => ; 1e-3*T""",
        unit,
        as_it_is=as_it_is,
    )
    times = [0.0, 4.0, 8.0, 12.0, 16.0, 20.0]
    right = 1e5 * size / (1 + (1e9 - 1) * np.exp(-1.5 * np.array(times)))
    assert right[3:] == pytest.approx([6161.44 * size, 96362.2 * size, 99990.64 * size], rel=1e-6)
    assert course(network, times, "X")[:, 0] == pytest.approx(right, rel=2e-5)


@pytest.mark.parametrize("as_it_is", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_a_species_that_is_not_there_yet_starts_an_exponential_growth(
    read: Read, size: float, as_it_is: bool
) -> None:
    """Mutants from 1e6 others: X = m/r (exp(r t) - 1), 1e-9 of the size of those at first."""
    network = read(
        f"species W, X; W = {1e6 * size!r}; X = 0; => X; 1e-9*W; => X; 1.5*X", as_it_is=as_it_is
    )
    times = [0.0, 5.0, 10.0, 15.0, 20.0]
    right = 1e-3 * size / 1.5 * np.expm1(1.5 * np.array(times))
    assert course(network, times, "X")[:, 0] == pytest.approx(right, rel=2e-5)


@pytest.mark.parametrize("as_it_is", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_a_dose_into_nothing(read: Read, size: float, as_it_is: bool) -> None:
    """All is 0 and at rest until an event: no amount says of what size it will be."""
    network = read(
        f"species X, Y; X = 0; Y = 0; X => Y; 0.1*X; at time >= 5: X = {3 * size!r}",
        as_it_is=as_it_is,
    )
    times = np.linspace(0.0, 50.0, 11)
    right = np.where(times < 5, 0.0, 3 * size * np.exp(-0.1 * (times - 5)))
    found = course(network, times.tolist(), "X", "Y")
    assert found[:, 0] == pytest.approx(right, rel=1e-6, abs=1e-7 * size)
    assert found[1:, 1] == pytest.approx(np.where(times >= 5, 3 * size - right, 0.0)[1:], rel=1e-6)


@pytest.mark.parametrize("size", SIZES)
def test_a_stiff_intermediate_stays_tiny(read: Read, size: float) -> None:
    """B is made of A slowly and lost at once: 1e-12 of A, lifetime 1e-12 of the run."""
    body = f"species A, B, C; A = {1e3 * size!r}; A => B; 1e-6*A; B => C; 1e6*B"
    found = course(read(body), [0.0, 5e5, 1e6], "A", "B")
    right = 1e3 * size * np.exp([-0.5, -1.0])
    assert found[1:, 0] == pytest.approx(right, rel=1e-6)
    assert found[1:, 1] == pytest.approx(1e-12 * right, rel=1e-6)


def test_a_difference_of_huge_flows(read: Read) -> None:
    """A and B exchange 1e15 a second; what leaks out of A, one in 1e12, is known to the digits."""
    body = "species A, B, C; A = 1e12; B = 1e12; C = 0"
    body += "\nA => B; 1e3*A; B => A; 1e3*B; => C; 1e-12*A; C => ; C"
    found = course(read(body), [0.0, 1.0, 2.0], "C")
    assert found[1:, 0] == pytest.approx(-np.expm1([-1.0, -2.0]), rel=1e-6)


def test_robertsons_reaction(read: Read) -> None:
    """Values at t = 40 and 4e5 of SUNDIALS' example cvRoberts_dns."""
    body = (
        "species A, B, C; A = 1; A => B; 0.04*A; B + C => A + C; 1e4*B*C; B + B => B + C; 3e7*B*B"
    )
    found = [course(read(body), [0.0, t], "A", "B", "C")[1] for t in (40.0, 4e5)]
    assert found[0] == pytest.approx([7.1582707e-1, 9.1855348e-6, 2.8416375e-1], rel=1e-5)
    assert found[1] == pytest.approx([4.9382740e-3, 1.9849934e-8, 9.9506171e-1], rel=1e-4)


@pytest.mark.parametrize("as_it_is", [False, True])
def test_an_atol_of_the_users_is_taken_as_it_is(read: Read, as_it_is: bool) -> None:
    """A tenth of X at the start; roadrunner would multiply it by X once more."""
    body = "species T, X; T = 1e9; X = 1e-4; => X; 1.5*X; T => ; 1e-3*T"
    network = read(body, as_it_is=as_it_is)
    right = 1e-4 * np.exp(1.5 * 12)
    with pytest.warns(sn.SimnetWarning, match="leave atol out"):
        blind = course(network, [0.0, 12.0], "X", atol=1e-5, rtol=1e-9)[1, 0]
    seeing = course(network, [0.0, 12.0], "X", atol=1e-14, rtol=1e-9)[1, 0]
    assert abs(blind / right - 1) > 1e-3
    assert seeing == pytest.approx(right, rel=1e-5)


def prepared(network: sn.Network, **more: Any) -> Any:
    run = Run(engine="roadrunner", **{"t_end": 1.0, "points": 2, **more})
    plan = planned(network, run, (Condition(),), workers=0)
    return ROADRUNNER.prepare(plan.task), plan


def test_each_variable_gets_its_own(read: Read) -> None:
    """CVODE lists what rate rules set before species; 3 K say nothing of the size of 1e-21 mol."""
    body = "species T, X, Z; T = 1e-21; X = 1e-26; Z = 0; => X; X; T => ; T; Z => ; Z"
    network = read(body, as_it_is=True)
    simulator, plan = prepared(network)
    import roadrunner

    runner = roadrunner.RoadRunner(simulator.held.text)
    Tolerances(plan.task).set(runner, 10.0)
    names = [runner.model.getStateVectorId(i) for i in range(5)]
    found = dict(zip(names, runner.integrator.getAbsoluteToleranceVector(), strict=True))
    right = {"p": 3e-20, "q": 5e-20, "T": 1e-41, "X": 1e-46, "Z": 1e-41}
    assert found == pytest.approx(right, rel=1e-9, abs=0)
    Tolerances(Task(**{**vars(plan.task), "atol": 1e-7}), 0.1).set(runner, 10.0)
    assert runner.integrator.getAbsoluteToleranceVector() == pytest.approx(5 * [1e-8])
    assert runner.integrator.relative_tolerance == pytest.approx(1e-9)


def test_what_decays_is_not_followed_for_ever(read: Read) -> None:
    """A million lifetimes take a few hundred steps more than forty."""
    simulator, plan = prepared(read("species A, B; A = 1; B = 0; A => B; A; B => ; 2*B"))
    simulator.run(plan.job(0).program, 0)  # loads the model
    (model,) = simulator.models.values()

    def steps(span: float) -> int:
        model.runner.reset()
        model.settle(plan.job(0).program.amounts | plan.job(0).program.settings, 0.0)
        Tolerances(plan.task).set(model.runner, span)
        model.runner.integrator.variable_step_size = True
        return len(model.runner.simulate(0.0, span))

    assert steps(1e6) < steps(40.0) + 500


def test_what_ran_before_leaves_no_trace(read: Read) -> None:
    """Bit for bit: after another start, after a tighter run, and again."""
    network = read("species T, X; T = 1e3; X = 0; => X; 1e-3*T; X => ; 0.1*X; T => ; 1e-3*T")
    simulator, plan = prepared(network)
    here = plan.job(0).program
    _, other = prepared(network)
    there = other.job(0).program
    there = type(there)(**{**vars(there), "amounts": {"T": 1e-3, "X": 1e6}})
    first = simulator.run(here, 0)
    elsewhere = simulator.run(there, 0)
    tighter = simulator.run(here, 0, 0.1)
    assert simulator.run(here, 0).tobytes() == first.tobytes()
    assert simulator.run(here, 0, 0.1).tobytes() == tighter.tobytes() != first.tobytes()
    assert prepared(network)[0].run(there, 0).tobytes() == elsewhere.tobytes()


@pytest.mark.parametrize("as_it_is", [False, True])
def test_rounding_errors_that_no_step_makes_smaller(read: Read, as_it_is: bool) -> None:
    """Laws that cancel to 1e-10: coarser tolerances, and no trace of the finer ones that failed."""
    body = "species A, B; A = 1; B = 0; A => B; (1e6 + A) - 1e6; B => ; 3*((1e6 + B) - 1e6)"
    network = read(body, as_it_is=as_it_is)
    simulator, plan = prepared(network, t_end=50.0, points=6)
    first = simulator.run(plan.job(0).program, 0)
    times = np.linspace(0.0, 50.0, 6)
    right = np.stack([np.exp(-times), (np.exp(-times) - np.exp(-3 * times)) / 2], axis=1)
    assert first[:, :2] == pytest.approx(right, abs=1e-8)
    assert simulator.run(plan.job(0).program, 0).tobytes() == first.tobytes()
    with pytest.raises(sn.SimulationError, match="CVODE"):
        prepared(network, t_end=50.0, atol=1e-20)[0].run(plan.job(0).program, 0)


@pytest.mark.parametrize("unit", [1e-24, 1e-9, 1.0, 1e12])
def test_no_unit_decides(unit: float) -> None:
    sizes, rates = np.array([1e5, 1e-3, 0.0, 0.0]), np.array([-1.0, 0.0, 1e-4, 0.0])
    one = absolute_tolerances(sizes, rates, 10.0, 1e-8)
    assert one == pytest.approx([1e-15, 1e-23, 1e-23, 1e-15], rel=1e-9)
    assert absolute_tolerances(unit * sizes, unit * rates, 10.0, 1e-8) == pytest.approx(unit * one)
    nothing = absolute_tolerances(0 * sizes, unit * rates, 10.0, 1e-8)
    assert nothing == pytest.approx(unit * np.array([1e-19, 1e-19, 1e-23, 1e-19]), rel=1e-9)


def test_they_are_above_0_and_finite_whatever_comes() -> None:
    strange = np.array([0.0, np.nan, np.inf, 1e308, 5e-324])
    for sizes in (strange, 0 * np.arange(5.0)):
        found = absolute_tolerances(sizes, strange[::-1], 1e10, 1e-8)
        assert (np.isfinite(found) & (found > 0)).all()
    assert absolute_tolerances(np.zeros(0), np.zeros(0), 1.0, 1e-8).shape == (0,)


@pytest.mark.parametrize("as_it_is", [False, True])
@pytest.mark.parametrize("first", [0.0, 1e-20, 1e-3])
@pytest.mark.parametrize("dose", [1.0, 1e6, 1e23])
def test_a_dose_within_the_file(read: Read, first: float, dose: float, as_it_is: bool) -> None:
    """What an event adds is of a size that nothing told of before: X -> Z -> W, Z = t exp(-t)."""
    body = f"""species y, X, Z, W; y = {first}; X = 0; Z = 0; W = 0
      y => ; 0.1*y; X => Z; X; Z => W; Z; at time >= 5: X = {dose}"""
    network = read(body, as_it_is=as_it_is)
    z = sn.simulate(network, t_end=10, points=3, readouts="Z", workers=0).readout("Z")[0, -1]
    assert z == pytest.approx(dose * 5 * np.exp(-5), rel=1e-6)


def test_a_run_that_is_made_again_warns_of_nothing(read: Read) -> None:
    """What CVODE prints of the first one reaches nobody: warnings are errors here."""
    body = """species y, X, Z, W; y = 1e-10; X = 0; Z = 0; W = 0
      y => ; 0.1*y; X => Z; X; Z => W; Z; at time >= 5: X = 1e6"""
    run = sn.simulate(read(body, as_it_is=True), t_end=6, points=2, readouts="X", workers=1)
    assert run.readout("X")[0, -1] == pytest.approx(1e6 * np.exp(-1), rel=1e-6)


def test_laws_that_wait(read: Read) -> None:
    """Nothing is there and nothing happens at t = 0: Y = 1e-21 t^2 / 2."""
    network = read("species Y; Y = 0; => Y; 1e-21*time")
    y = sn.simulate(network, t_end=10, points=3, readouts="Y", workers=0).readout("Y")[0, -1]
    assert y == pytest.approx(5e-20, rel=1e-6)
