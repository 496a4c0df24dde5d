"""The error of ODE runs: estimated, told where it is large, and sampled in batches."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

import simnet as sn
from simnet.arrays import TimesByReadouts
from simnet.catalogue.claims import CLAIM_COLUMNS
from simnet.engines.base import Task
from simnet.execute.base import Job, Outcome, Replicate
from simnet.execute.plan import Plan, planned
from simnet.execute.run import EVERY, Checks, Gathered, run_jobs
from simnet.experiment.change import Set
from simnet.experiment.condition import Condition
from simnet.experiment.run import Run

GROWTH = "species X, Y; X = 1; Y = 5; k = 1; => X; k*X; Y => ; 0.1*Y"
Load = Callable[[str], sn.Network]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load(body: str) -> sn.Network:
        file = tmp_path / "m.ant"
        file.write_text(f"model m\n{body}\nend\n", encoding="utf-8")
        return sn.load(file)

    return load


@pytest.fixture
def told() -> Iterator[list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        yield found


@pytest.mark.parametrize("document", ["", "; p = 1; p' = -p"])
def test_a_large_error_is_told_and_is_about_right(
    load: Load, told: list[warnings.WarningMessage], document: str
) -> None:
    """X = exp(t), run carelessly; Y decays and has no error to speak of."""
    run = sn.simulate(load(GROWTH + document), t_end=20, points=5, workers=0, rtol=1e-3)
    error = abs(run.values[0, 0, -1, 0] / np.exp(20.0) - 1)
    (only,) = told
    text = str(only.message)
    assert only.category is sn.SimnetWarning
    assert only.filename == __file__
    assert text.startswith("X (control): with tolerances 10 times tighter it changes by ")
    estimate = float(text.partition(" by ")[2].partition(" ")[0])
    assert error / 2 < estimate < 2 * error
    assert "give rtol=1e-05" in text
    told.clear()
    fine = sn.simulate(load(GROWTH + document), t_end=20, points=5, workers=0, rtol=1e-9)
    assert fine.values[0, 0, -1, 0] == pytest.approx(np.exp(20.0), rel=1e-5)
    assert not told


def test_rounding_errors_are_not_told(load: Load, told: list[warnings.WarningMessage]) -> None:
    """After 1e5 lifetimes A and B are noise about 0; what is exactly 0 is no error either."""
    body = "species A, B, C, D; A = 1; B = 0; C = 0; D = 2; A -> B; A; B => ; 2*B; C => ; C"
    run = sn.simulate(load(body), t_end=1e6, points=3, workers=0, readouts=["B", "C", "D"])
    assert 0 < np.abs(run.values[0, 0, :, 0]).max() < 1e-15
    assert not told


def test_stochastic_runs_and_the_tightest_are_not_checked(load: Load) -> None:
    network = load(GROWTH)
    for method, rtol in (("ssa", 1e-8), ("ode", 1e-13)):
        task = Task(network=network, method=method, engine="x", symbols=("X",), rtol=rtol)  # type: ignore[arg-type]
        jobs = [job(0, range(40))]
        assert list(Checks(task, ["X"]).beside(jobs)) == jobs


def job(index: int, replicates: Sequence[int]) -> Job:
    program = object()
    return Job(
        index=index,
        program=program,  # type: ignore[arg-type]
        replicates=[Replicate(index=i) for i in replicates],
        condition=f"condition {index}",
    )


def checks_of(load: Load) -> Checks:
    task = Task(network=load(GROWTH), method="ode", engine="x", symbols=("X", "Y"))
    return Checks(task, ["X", "Y"])


@pytest.mark.parametrize("sizes", [[1] * 100, [100], [40, 1, 31, 28]])
def test_one_in_31_is_run_again_and_the_first_is_among_them(load: Load, sizes: list[int]) -> None:
    jobs = [job(i, range(7, 7 + size)) for i, size in enumerate(sizes)]
    found = list(checks_of(load).beside(jobs))
    assert [j for j in found if j.index >= 0] == jobs
    numbers = {(j.index, r.index): n for n, (j, r) in enumerate(_runs(jobs))}
    again = [(~j.index, r.index, r.tighter) for j, r in _runs(found) if j.index < 0]
    assert [numbers[i, r] for i, r, _ in again] == [0, 31, 62, 93]
    assert {tighter for _, _, tighter in again} == {0.1}
    assert EVERY == 31


def _runs(jobs: Sequence[Job]) -> list[tuple[Job, Replicate]]:
    return [(j, r) for j in jobs for r in j.replicates]


def outcomes(
    checks: Checks, first: TimesByReadouts | None, second: TimesByReadouts | None, *, late: bool
) -> None:
    """What comes of one run and its check, in either order."""
    one, two = checks.beside([job(3, [0])])
    pair = [
        Outcome(job=j.index, replicate=j.replicates[0], values=values, failure=failure)
        for j, values, failure in ((one, first, "one fails"), (two, second, "two fails"))
    ]
    taken = [checks.take(outcome) for outcome in (pair[::-1] if late else pair)]
    assert taken == ([True, False] if late else [False, True])


@pytest.mark.parametrize("late", [False, True])
def test_what_is_told(load: Load, told: list[warnings.WarningMessage], late: bool) -> None:
    """Y is off by 2e-5 of its maximum and X by 0.9e-5, at whatever time; NaN says nothing."""
    values = np.array([[1.0, 3.0], [-2.0, -4.0], [0.0, np.nan]])
    tighter = values + np.array([[0.0, 8e-5], [0.0, 0.0], [1.8e-5, 0.0]])
    checks = checks_of(load)
    outcomes(checks, values, tighter, late=late)
    checks.report()
    (only,) = told
    assert str(only.message).startswith(
        "Y (condition 3): with tolerances 10 times tighter it changes by 2.0e-05 of its maximum: "
    )


@pytest.mark.parametrize("late", [False, True])
def test_failures(load: Load, told: list[warnings.WarningMessage], late: bool) -> None:
    values = np.ones((2, 2))
    checks = checks_of(load)
    outcomes(checks, None, values, late=late)  # is told by others
    checks.report()
    assert not told
    outcomes(checks, values, None, late=late)
    checks.report()
    (only,) = told
    assert str(only.message) == (
        "the error of condition 3: could not be estimated, because the run fails at tighter tolerances: two fails"
    )


@pytest.fixture
def many(load: Load) -> Plan:
    """Forty conditions, of which k = 1.2 grows most."""
    network = load(GROWTH)
    conditions = [
        Condition(changes=(Set("k", 1.2 if i == 31 else 0.5),), label=f"c{i}") for i in range(40)
    ]
    return planned(network, Run(t_end=20.0, points=3, rtol=1e-3), conditions, ["X"], workers=0)


def test_a_batch_tells_the_worst_of_those_that_were_checked(
    many: Plan, told: list[warnings.WarningMessage]
) -> None:
    """Results have the same bits as without checks."""
    found: dict[bool, dict[int, bytes]] = {True: {}, False: {}}
    for checked in (True, False):

        def receive(gathered: Gathered, kept: dict[int, bytes] = found[checked]) -> None:
            kept[gathered.job] = gathered.values.tobytes()

        jobs = (many.job(i) for i in range(40))
        run_jobs(many, jobs, workers=0, receive=receive, checked=checked)
    assert found[True] == found[False]
    assert len(found[True]) == 40
    (only,) = told
    assert str(only.message).startswith("X (c31): ")


def test_screens_tell(load: Load, told: list[warnings.WarningMessage]) -> None:
    network, changes = load(GROWTH), [Set("k", 1.2)]
    plan = sn.Screen(network=network, changes=changes, readouts=["X@20"], t_end=20, rtol=1e-3)
    sn.run_screen(plan, workers=0)
    (only,) = told
    assert str(only.message).startswith("X (control): with tolerances 10 times tighter")
    assert only.filename == __file__


def test_claims_tell(load: Load, told: list[warnings.WarningMessage], tmp_path: Path) -> None:
    protocol = '[protocols.growth]\nmeaning = ""\nt_end = "20 s"\nevery = "10 s"\n'
    claim = "more,a book,growth,X@20s[k=1.2] / X@20s,at least,10,,F"
    (tmp_path / "protocols.toml").write_text(protocol)
    (tmp_path / "claims.csv").write_text(f"{','.join(CLAIM_COLUMNS)}\n{claim}\n")
    network = load(GROWTH.replace("X = 1;", "X = 1; unit time_unit = second;"))
    found = sn.run_claims(network, folder=tmp_path, rtol=1e-3, workers=0)
    assert len(found.courses) == 2
    (only,) = told
    assert "tolerances 10 times tighter" in str(only.message)
    assert only.filename == __file__
