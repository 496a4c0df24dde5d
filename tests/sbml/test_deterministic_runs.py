"""What can go wrong between two steps of an ODE integrator, and below zero: answers that are known in
closed form, on any output grid, for Networks and for files that run as they are."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

import simnet as sn
from simnet.network.network import Network

Model = Callable[[str], Network]

AS_IT_IS = "\n z = 0; z' = 1"
"""A rate rule, which no Network holds."""
GRIDS = (2, 3, 11, 101)

STAIRS = sum(1 / n for n in range(1, 11))
"""When X, which grows at floor(X) + 1, is 10."""

JUMPS = [
    ("species X; X=0\n J: => X; piecewise(2, X < 1, 0.5)", 5, 3.25),
    ("species X; X=0\n J: => X; floor(X) + 1", 3, 10 + 11 * (3 - STAIRS)),
    ("species X; X=10\n J: X => ; ceil(X)", 2.5, None),
    ("species X; X=0; on := X >= 1\n J: => X; piecewise(0.5, on, 2)", 5, 3.25),
    ("species X; X=0\n J: => X; piecewise(0.5, 1 <= X && X < 2, 2)", 3.5, 4.0),
    ("species X; X=0\n J: => X; 1 + rem(floor(X), 2)", 2.5, 3.0),
    ("species X; X=0\n J: => X; piecewise(2, rem(X, 2) >= 1, 1)", 4.5, 6.0),
    ("species X; X=0\n J: => X; 1 + quotient(X, 2)", 3, 4.0),
    ("species X; X=0\n J: => X; piecewise(1, implies(X > 1, X < 2), 10)", 3, 12.0),
    ("species X; X=0\n J: => X; piecewise(1, X < 3, 5)\n at X >= 3: X = 0", 100.5, 1.5),
    ("species X; X=0\n J: => X; 1 + floor(X)\n at X >= 3: X = 0", 99.5, 0.5),  # again after 11/6
    # semantic suite 00269: factorial(ceil(4 S1))/25
    ("species X; X=1\n J: X => ; factorial(ceil(4*X))/25", 5, 0.2270833333),
]


def stairs_down(end: float) -> float:
    """X at `end`, which starts at 10 and falls at ceil(X)."""
    time, level = 0.0, 10
    while time + 1 / level <= end:
        time, level = time + 1 / level, level - 1
    return level - level * (end - time)


@pytest.mark.thorough
@pytest.mark.parametrize("extra", ["", AS_IT_IS], ids=["network", "file"])
@pytest.mark.parametrize(("lines", "end", "right"), JUMPS)
def test_laws_that_jump_with_the_state(
    antimony: Model, lines: str, end: float, right: float | None, extra: str
) -> None:
    network = antimony(lines + extra)
    assert (network.document is not None) is bool(extra)
    for points in GRIDS:
        run = sn.simulate(network, t_end=end, points=points, readouts="X", workers=0)
        wanted = stairs_down(end) if right is None else right
        assert run.readout("X")[0, -1] == pytest.approx(wanted, rel=2e-7)


@pytest.mark.parametrize("points", GRIDS)
@pytest.mark.parametrize("extra", ["", AS_IT_IS], ids=["network", "file"])
def test_a_jump_that_takes_itself_back(antimony: Model, extra: str, points: int) -> None:
    """X is driven to 1 from both sides: no course obeys these rates."""
    network = antimony(f"species X; X=0\n J: => X; piecewise(2, X < 1, 0)\n K: X => ; X{extra}")
    with pytest.raises(sn.SimulationError, match=r"< 1\), before t=.*takes it back"):
        sn.simulate(network, t_end=20, points=points, readouts="X", workers=0)


CHAINS = [
    ("X=1.5; b := floor(2*a); a := piecewise(1.5, X >= 1, 0.25)\n J: => X; b - 2.5", 1, 2.0),
    ("X=1.5; a := floor(2*b); b := piecewise(1.5, X >= 1, 0.25)\n J: => X; a - 2.5", 1, 2.0),
    ("X=0.5; y := piecewise(1.5, X >= 1, 0.25)\n J: => X; floor(2*y) + 1", 1, 3.0),
    (
        "X=1.5; q := r > 0.5; r := piecewise(1, s > 0.5, 0); s := piecewise(1, X > 1, 0)\n"
        "J: => X; piecewise(1.5, q, 0.5)",
        1,
        3.0,
    ),
]


@pytest.mark.parametrize("extra", ["", AS_IT_IS], ids=["network", "file"])
@pytest.mark.parametrize(("lines", "end", "right"), CHAINS)
def test_jumps_that_read_jumps(
    antimony: Model, lines: str, end: float, right: float, extra: str
) -> None:
    """In any order, and again by a model that has run before."""
    network = antimony(f"species X; {lines}{extra}")
    for points in GRIDS:
        run = sn.simulate(network, t_end=end, points=points, readouts="X", workers=0)
        assert run.readout("X")[0, -1] == pytest.approx(right, rel=2e-7)


@pytest.mark.filterwarnings("ignore:.*step over the moments")
@pytest.mark.parametrize(
    ("law", "end", "right"),
    [("floor(time/4)", 11, 10.0), ("piecewise(1, time^2 + 0*X < 20.25, 3)", 10, 21.0)],
)
def test_jumps_in_time_behind_a_change_of_model(
    antimony: Model, law: str, end: float, right: float
) -> None:
    """From t = 5 on a clamp makes another model run, which has seen no time before."""
    network = antimony(f"species X, Y; X=0; Y=1\n J: => X; {law}\n K: Y => ; Y")
    clamp = sn.At(5, sn.Clamp("Y", 1))
    for points in GRIDS:
        run = sn.simulate(
            network, t_end=end, points=points, readouts="X", schedule=clamp, workers=0
        )
        assert run.readout("X")[0, -1] == pytest.approx(right, rel=2e-7)


def test_jumps_in_time_before_the_start(antimony: Model) -> None:
    """A file at rest from t = -5 on, where its switch is off."""
    network = antimony(f"species X; X=0\n J: => X; piecewise(10, time >= 0, 0){AS_IT_IS}")
    run = sn.simulate(network, t_end=2, points=3, equilibrate=5, readouts="X", workers=0)
    assert run.readout("X")[0] == pytest.approx([0, 10, 20], abs=1e-6)


@pytest.mark.parametrize(
    "law", ["k*X\n at X > 2: k = 1", "floor(X)*piecewise(1, X > 2, 0)"], ids=["event", "jump"]
)
def test_what_starts_behind_a_jump_is_nothing_to_tell(antimony: Model, law: str) -> None:
    """CVODE's own first step behind it was lost in rounding, and its complaint became a warning."""
    network = antimony(f"species X, Y; X=1; k=0\n J: => X; 1\n K: X => Y; 0.1*{law}")
    sn.simulate(network, t_end=10, points=5, workers=1)  # warnings are errors


def test_rate_rules_that_jump(antimony: Model) -> None:
    network = antimony("x = 0; x' = piecewise(2, x < 1, 0.5)")
    for points in GRIDS:
        run = sn.simulate(network, t_end=5, points=points, readouts="x", workers=0)
        assert run.readout("x")[0, -1] == pytest.approx(3.25, rel=2e-7)


@pytest.mark.parametrize("extra", ["", AS_IT_IS], ids=["network", "file"])
@pytest.mark.parametrize("trigger", ["Y >= 50 && Y < 50.001", "!(Y < 50 || Y >= 50.001)", "on"])
def test_an_event_whose_moment_passes(antimony: Model, trigger: str, extra: str) -> None:
    """Y = t; 1 a second from t = 50 on, so X(100) = 50."""
    network = antimony(
        "species X, Y; X=0; Y=0; q=0; on := Y >= 50 && Y < 50.001\n R: => X; q\n C: => Y; 1\n"
        f" at {trigger}: q = 1{extra}"
    )
    for points in GRIDS:
        run = sn.simulate(network, t_end=100, points=points, readouts="X", workers=0)
        assert run.readout("X")[0, -1] == pytest.approx(50, rel=1e-7)


@pytest.mark.parametrize("extra", ["", AS_IT_IS], ids=["network", "file"])
@pytest.mark.parametrize(
    "trigger", ["time == 10", "10 == time", "time == t0", "time == 5 + 5", "time == 10 && X < 1"]
)
def test_an_event_at_one_moment(antimony: Model, trigger: str, extra: str) -> None:
    """10 a second from t = 10 on, so X(30) = 200."""
    network = antimony(f"species X; X=0; p=0; t0=10\n R: => X; p\n at {trigger}: p = 10{extra}")
    for points in GRIDS:
        run = sn.simulate(network, t_end=30, points=points, readouts="X", workers=0)
        assert run.readout("X")[0, -1] == pytest.approx(200, rel=1e-7)


def test_it_is_exact_under_ssa(antimony: Model) -> None:
    """Poisson with mean 200: mean and variance within 4.5 standard errors."""
    network = antimony("species X; X=0; p=0\n R: => X; p\n at time == 10: p = 10")
    run = sn.simulate(network, t_end=30, points=2, method="ssa", replicates=1000, seed=3, workers=0)
    cells = run.readout("X")[:, -1]
    assert abs(cells.mean() - 200) < 4.5 * math.sqrt(200 / 1000)
    assert abs(cells.var() - 200) < 4.5 * 200 * math.sqrt(2 / 1000)


@pytest.mark.parametrize("extra", ["", AS_IT_IS], ids=["network", "file"])
@pytest.mark.parametrize(
    ("lines", "says", "right"),
    [
        (
            "species X; X=1\n drain: X => ; 0.5",
            "reaction drain takes 0.5 of it per unit of time",
            -4.0,
        ),
        ("species X, Y; X=1; Y=1e9\n drain: X => ; 0.5\n K: Y => ; 0.1*Y", "reaction drain", -4.0),
        ("species X, Y; X=1; Y=1e9\n drain: X => ; 0.11\n K: Y => ; 0.1*Y", "drain", -0.1),
        ("species X; X=-3\n J: X => ; 0*X", "an initial amount, rule or event", -3.0),
        ("species X; X=1\n J: X => ; 0*X\n at time >= 2: X = -2", "event of the model", -2.0),
        ("species X, A; A=1; X := A - 2\n J: A => ; 0*A", "an initial amount, rule or event", -1.0),
        ("species X; X=1\n X' = -0.5", "an initial amount, rule or event", -4.0),
        ("species $X; X=1\n X' = -0.5\n J: $X => ; 1", "an initial amount, rule or event", -4.0),
    ],
    ids=[
        "law",
        "law of a small amount",
        "a little",
        "start",
        "event",
        "rule",
        "rate rule",
        "fixed species",
    ],
)
def test_amounts_below_zero(
    antimony: Model, lines: str, says: str, right: float, extra: str
) -> None:
    network = antimony(lines + extra)
    with pytest.raises(sn.SimulationError, match=says):
        sn.simulate(network, t_end=10, points=11, readouts="X", workers=0)
    run = sn.simulate(network, t_end=10, points=11, readouts="X", workers=0, allow_negative=True)
    assert run.readout("X")[0, -1] == pytest.approx(right, rel=1e-5)
    again = sn.rerun(run, workers=0)
    assert (again.values == run.values).all()


@pytest.mark.parametrize("extra", ["", AS_IT_IS], ids=["network", "file"])
def test_a_little_below_zero_is_below_zero(antimony: Model, extra: str) -> None:
    """1 - 0.5 t is -1e-5 at the end, and an error of the integrator would be of 1e-8."""
    network = antimony(f"species X; X=1\n drain: X => ; 0.5{extra}")
    with pytest.raises(sn.SimulationError, match="reaction drain"):
        sn.simulate(network, t_end=2.00002, points=2, readouts="X", workers=0)


def test_what_the_integrator_says_names_no_function_of_its_own(antimony: Model) -> None:
    """1/(1 - t) grows beyond all bounds at t = 1."""
    network = antimony("x = 1; x' = x^2")
    with pytest.raises(sn.SimulationError, match="CVODE") as caught:
        sn.simulate(network, t_end=2, points=2, workers=0, atol=1e-9)
    assert "::" not in str(caught.value)


def test_rounding_is_not_below_zero(antimony: Model) -> None:
    """What decays, and what two fast reactions leave of it, is rounding in the end."""
    lines = "species A, B, C; A=1e6\n a: A -> B; 1e3*A\n b: B -> C; 1e4*B\n c: C -> ; 1e2*C"
    run = sn.simulate(antimony(lines), t_end=100, points=1001, workers=0)
    assert abs(run.values[:, :, -1]).max() < 1e-3  # some of it below zero, on most processors


@pytest.mark.parametrize("extra", ["", AS_IT_IS], ids=["network", "file"])
@pytest.mark.parametrize("time", [1, 20, 200, 2000])
def test_what_is_left_of_something_long_gone_is_rounding(
    antimony: Model, time: int, extra: str
) -> None:
    """A change long after all has decayed: what is left is some 1e-30 of what there was."""
    lines = "species A, B, C; A=1e6; k=1\n a: A => B; 1e3*A\n b: B => C; 1e4*B\n c: C => ; k*1e2*C"
    network = antimony(lines + extra)
    late = sn.At(time, sn.Set("k", 2))
    run = sn.simulate(network, t_end=time + 100, points=101, schedule=late, workers=0)
    assert abs(run.values[0, 0, -1, :3]).max() < 1e-3


@pytest.mark.parametrize("change", [sn.Set("T", 5), sn.Scale("T", 2)])
def test_what_a_rule_of_a_file_computes_cannot_be_set(antimony: Model, change: sn.Set) -> None:
    network = antimony(f"species A, T; A=1; T := 2*A\n J: A => ; A{AS_IT_IS}")
    with pytest.raises(sn.InputError, match="'T' is computed by a rule of the file"):
        sn.simulate(network, t_end=1, changes=change, workers=0)


def test_below_zero_is_no_number_of_molecules(antimony: Model) -> None:
    network = antimony("species X; X=1\n drain: X => ; 0.5*X")
    with pytest.raises(sn.InputError, match=r"allow_negative=True.*counts molecules"):
        sn.simulate(network, t_end=1, method="ssa", allow_negative=True)


def test_screens_and_studies_take_them_too(antimony: Model) -> None:
    network = antimony("species X; X=1; k=0.5\n drain: X => ; k")
    asked = {"network": network, "readouts": ["X@10"], "t_end": 10}
    screen = sn.Screen(changes=[sn.Scale("k", 2.0)], allow_negative=True, **asked)
    effects = sn.run_screen(screen, workers=0).effects()
    assert effects["treated_mean"].tolist() == pytest.approx([-9.0], rel=1e-6)
    study = sn.SensitivityStudy(
        analysis="morris", samples=4, parameters=["k"], fold=2.0, allow_negative=True, **asked
    )
    assert sn.run_study(study, workers=0).complete
    failed = sn.run_study(replace(study, allow_negative=False), workers=0)
    assert any("reaction drain takes" in said for said in failed.statements)
