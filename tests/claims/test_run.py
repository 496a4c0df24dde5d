"""`run_claims`: values against closed forms, verdicts, and what is refused."""

import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from math import exp, inf, log, nan
from pathlib import Path
from typing import Any

import pytest

import simnet as sn
from simnet.arrays import TimesByReadouts
from simnet.catalogue.claims import Claim
from simnet.claims.measure import Value, judged
from simnet.claims.run import run_claims
from simnet.claims.suite import claimed_names, knows_time, load_suite, script
from simnet.engines.roadrunner import RoadRunnerSimulator
from simnet.experiment.program import Program
from simnet.network.expression import Call, Time
from simnet.network.network import Assignment, Network
from simnet.results.parts import merge_parts


def test_values_are_those_of_the_closed_forms(chain: Network, folder: Path) -> None:
    """X rests at 100 after 100 s to 100 exp(-10); from there or from 100 exp(-10) it goes to 200."""
    found = run_claims(chain, folder=folder, workers=0)
    values = {finding.claim.id: finding.value for finding in found.findings}
    rest = 100 * (1 - exp(-10))
    gone = rest * exp(-10)
    end = 200 + (rest - 200) * exp(-10)
    assert values["double"] == pytest.approx(end / rest, rel=1e-6)
    assert values["half"] == pytest.approx(
        log(2) / 0.1, rel=2e-3
    )  # straight lines, a point a second
    assert values["later"] == pytest.approx((200 + (gone - 200) * exp(-5)) / gone, rel=1e-3)
    assert values["steady"] == pytest.approx(100, rel=1e-4)
    assert values["Y"] == pytest.approx(2, rel=1e-2)
    assert found.passed
    assert repr(found) == "<ClaimsResult chain: 5 of 5 claims hold>"


def test_the_frame_has_expected_beside_simulated(chain: Network, folder: Path) -> None:
    frame = run_claims(chain, folder=folder, workers=0).frame().set_index("id")
    row = frame.loc["steady"]
    assert (row["low"], row["high"], row["verdict"]) == (95.0, 105.0, "holds")
    assert row["simulated"] == pytest.approx(100, rel=1e-4)
    assert (frame["source"] == "a book").all()


def test_a_simulation_that_several_claims_need_is_run_once(chain: Network, folder: Path) -> None:
    calls: list[tuple[int, int]] = []
    found = run_claims(
        chain, folder=folder, workers=0, progress=lambda done, total: calls.append((done, total))
    )
    assert {arm.name for arm in found.courses} == {"doubled", "back", "rest", "rest[k=20]"}
    assert calls[-1] == (4, 4)


def test_a_claim_that_is_wrong_fails(chain: Network, claiming: Callable[..., Path]) -> None:
    folder = claiming("right,s,rest,X@100s,within,100,5,F", "wrong,s,rest,X@100s,at least,101,,F")
    found = run_claims(chain, folder=folder, workers=0)
    assert found.failed == ("wrong",)
    assert not found.passed
    assert run_claims(chain, folder=folder, ids=["right"], workers=0).passed


def test_a_readout_without_a_value_fails_and_says_why(
    chain: Network, claiming: Callable[..., Path]
) -> None:
    folder = claiming("a,s,rest,X@0s / (X@0s - X@0s),at least,0,,F")
    (finding,) = run_claims(chain, folder=folder, workers=0).findings
    assert finding.verdict == "fails"
    assert "divi" in finding.note or "zero" in finding.note


def claim(comparison: str, expected: float, tolerance: float | None = None) -> Claim:
    return Claim(
        id="a",
        source="s",
        condition="p",
        readout="X",
        comparison=comparison,
        expected=expected,
        tolerance=tolerance,
        evidence="F",
    )


@pytest.mark.parametrize(
    ("comparison", "expected", "tolerance", "interval", "verdict"),
    [
        ("at least", 3, None, (3.0, 4.0), "holds"),
        ("at least", 3, None, (2.9, 4.0), "undecided"),
        ("at least", 3, None, (2.0, 3.0), "undecided"),
        ("at least", 3, None, (2.0, 2.9), "fails"),
        ("at most", 3, None, (3.1, 4.0), "fails"),
        ("within", 5, 1, (4.0, 6.0), "holds"),
        ("within", 5, 1, (3.0, 7.0), "undecided"),
        ("within", 5, 1, (6.1, 7.0), "fails"),
        ("within", 5, 1, (1.0, 3.9), "fails"),
        ("within", 5, 1, (-inf, inf), "undecided"),
    ],
)
def test_an_interval_decides_only_where_it_is_on_one_side(
    comparison: str,
    expected: float,
    tolerance: float | None,
    interval: tuple[float, float],
    verdict: str,
) -> None:
    middle = Value(number=3.0)
    assert judged(claim(comparison, expected, tolerance), middle, interval).verdict == verdict


def test_no_value_is_a_failure_unless_by_chance() -> None:
    nothing = Value(number=nan, note="why")
    assert judged(claim("at most", 3), nothing).verdict == "fails"
    assert judged(claim("at most", 3), nothing, (-inf, inf)).verdict == "undecided"


def test_ssa_gives_means_with_intervals(chain: Network, folder: Path) -> None:
    """X and Y at rest are Poisson or wider: with n = 40 the standard error of X is 1.6. Of 99 %
    intervals over 4 claims one leaves out its value with a chance of 4 %; the seed is fixed."""
    found = run_claims(chain, folder=folder, method="ssa", replicates=40, seed=3, workers=0)
    by_id = {finding.claim.id: finding for finding in found.findings}
    steady = by_id["steady"]
    assert steady.interval is not None
    low, high = steady.interval
    assert low < 100 < high
    assert 4.0 < high - low < 13.0  # 2 x 2.58 standard errors are 8.2
    assert steady.verdict == ("holds" if low >= 95 and high <= 105 else "undecided")
    assert by_id["double"].verdict in ("holds", "undecided")
    assert by_id["later"].verdict == "left out"
    assert "ode only" in by_id["later"].note
    assert found.passed
    again = run_claims(chain, folder=folder, method="ssa", replicates=40, seed=3, workers=0)
    assert again.frame().equals(found.frame())


def test_ssa_fails_what_is_far_off(chain: Network, claiming: Callable[..., Path]) -> None:
    folder = claiming(
        "far,s,rest,X@100s,at least,115,,F",
        "near,s,rest,X@100s,at least,100,,F",
        "wide,s,rest,X@100s,within,100,20,F",
    )
    found = run_claims(chain, folder=folder, method="ssa", replicates=40, seed=3, workers=0)
    assert [finding.verdict for finding in found.findings] == ["fails", "undecided", "holds"]


def test_what_tables_and_network_do_not_share_is_told_at_once(
    chain: Network, claiming: Callable[..., Path]
) -> None:
    folder = claiming(
        "a,s,elsewhere,X@1s,at least,1,,F",
        "b,s,rest,Z@1s,at least,1,,F",
        "c,s,rest,X@500s,at least,1,,F",
        "d,s,rest,X@,at least,1,,F",
        "e,s,rest,X,at least,1,,F",
        "f,s,rest,X@1s[q=1],at least,1,,F",
        "g,s,rest,X@1.5s,at least,1,,F",
    )
    text = (folder / "protocols.toml").read_text(encoding="utf-8")
    (folder / "protocols.toml").write_text(text.replace('zero = ["m"]', 'zero = ["mm"]'))
    with pytest.raises(sn.ModelError) as caught:
        load_suite(chain, folder=folder)
    texts = [str(problem) for problem in caught.value.problems]
    for name in "abcdefg":
        assert any(f"claim {name}" in text for text in texts), name
    assert any("mechanism second_step" in text for text in texts)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('t_end = "100 s"\nevery = "1 s"', 't_end = "100 s"\nevery = "7 s"', "not a multiple"),
        ('rest = "100 s"', 'rest = "soon"', "not a time"),
        ('rest = "100 s"', 'rest = "-1 s"', "must be positive"),
        ('changes = ["k=20"]', 'changes = ["k"]', "where NAME=VALUE or a time should be"),
        ('changes = ["k=20"]', 'changes = ["kk=20"]', "is not in chain"),
    ],
)
def test_protocols_that_cannot_be_run(
    chain: Network, folder: Path, old: str, new: str, why: str
) -> None:
    file = folder / "protocols.toml"
    assert old in file.read_text(encoding="utf-8")
    file.write_text(file.read_text(encoding="utf-8").replace(old, new))
    with pytest.raises(sn.InputError, match=why):
        load_suite(chain, folder=folder)


def test_genotypes_are_cell_lines_where_the_protocol_says_so(
    chain: Network, claiming: Callable[..., Path]
) -> None:
    """A line without k never has X; where k is lost at t = 0, X is at rest by then."""
    folder = claiming(
        "line,s,line,X@0s[k=knockout],at most,0,,F",
        "acute,s,acute,X@0s[k=knockout],within,100,1,F",
    )
    protocol = """
        [protocols.{0}]
        meaning = "{0}"
        rest = "100 s"
        t_end = "1 s"
        every = "1 s"
        genotypes_first = {1}
    """
    text = protocol.format("line", "true") + protocol.format("acute", "false")
    (folder / "protocols.toml").write_text(text)
    assert run_claims(chain, folder=folder, workers=0).passed


def test_times_of_a_schedule_count_from_the_end_of_the_run_in(chain: Network, folder: Path) -> None:
    text = (folder / "protocols.toml").read_text()
    entries = 'schedule = ["from 20 s for 10: k=0", "every 10 s from 60 s, 2 times: X=add 1"]'
    (folder / "protocols.toml").write_text(text.replace('schedule = ["50 s: k=10"]', entries))
    (arm,) = load_suite(chain, folder=folder, ids=["later"]).arms
    assert script(chain, arm).condition.schedule == (
        sn.At(100.0, sn.Set("k", 20.0)),
        sn.Pulse(120.0, 10.0, sn.Set("k", 0.0)),
        sn.Repeat(160.0, "10 s", 2, sn.Add("X", 1.0)),
    )
    refused = 'schedule = [{ at = "50 s", changes = ["k=10"] }]'
    (folder / "protocols.toml").write_text(text.replace('schedule = ["50 s: k=10"]', refused))
    with pytest.raises(sn.ModelError, match=r'write schedule = \["24h: O2_percent=20"\]'):
        load_suite(chain, folder=folder)


def test_a_program_is_shifted_unless_rates_know_the_time(chain: Network, folder: Path) -> None:
    """The run-in ends at time 0, so that the first steps after a change are not lost in rounding."""
    (arm,) = load_suite(chain, folder=folder, ids=["later"]).arms
    made = script(chain, arm)
    ends = [(s.start, s.end) for s in made.program(chain, shifted=True).segments]
    assert ends == [(-200, -100), (-100, 0), (0, 50), (50, 100)]
    assert [s.start for s in made.program(chain).segments] == [-100, 0, 100, 150]
    assert not knows_time(chain)
    tide = Assignment(id="tide", expression=Call("sin", (Time(),)))
    assert knows_time(replace(chain, assignments=(tide,)))


def test_mistakes_in_the_call(chain: Network, folder: Path) -> None:
    with pytest.raises(sn.InputError) as caught:
        run_claims(chain, folder=folder, method="ode", replicates=5, workers=-1, seed=-1)
    assert len(caught.value.problems) == 3
    with pytest.raises(sn.InputError, match="at least 20"):
        run_claims(chain, folder=folder, method="ssa", replicates=5)
    with pytest.raises(sn.UnknownNameError, match="did you mean steady"):
        run_claims(chain, folder=folder, ids=["stedy"])
    with pytest.raises(sn.UnknownNameError, match="give the folder"):
        run_claims(chain)


@pytest.mark.thorough
@pytest.mark.parametrize("name", claimed_names())
def test_claims_of_packaged_networks_hold(name: str) -> None:
    found = run_claims(name, workers=1)
    assert found.passed, found.frame()[["id", "simulated", "verdict", "note"]]


def test_a_passage_has_the_interval_of_its_value(
    chain: Network, claiming: Callable[..., Path]
) -> None:
    """From rest X passes 150 at ln 2 / g = 6.93 s, between output times."""
    at = log(2) / 0.1
    put = claiming(f"half,a book,doubled,first_passage(X > 150) / 1s,within,{at},0.3,F")
    found = run_claims(chain, folder=put, method="ssa", replicates=200, seed=1, workers=0)
    (finding,) = found.findings
    assert finding.interval is not None
    low, high = finding.interval
    assert low < finding.value < high
    assert low < at < high
    assert low % 1 > 0 or high % 1 > 0


def test_a_statistic_of_replicates_is_left_out_by_ode(
    chain: Network, claiming: Callable[..., Path]
) -> None:
    put = claiming(
        "cv,a book,rest,cv(X)@100s,at most,0.2,,F", "X,a book,rest,X@100s,within,100,5,F"
    )
    found = run_claims(chain, folder=put, workers=0)
    assert [f.verdict for f in found.findings] == ["left out", "holds"]
    assert "an ODE has none of" in found.findings[0].note
    only = claiming("cv,a book,rest,cv(X)@100s,at most,0.2,,F")
    assert [f.verdict for f in run_claims(chain, folder=only, workers=0).findings] == ["left out"]
    with pytest.raises(sn.InputError, match="none of them can be simulated by ODE"):
        load_suite(chain, folder=only).for_method("ode")


def test_one_id_is_one(chain: Network, folder: Path) -> None:
    found = run_claims(chain, folder=folder, ids="half", workers=0)
    assert [f.claim.id for f in found.findings] == ["half"]


def test_tables_of_a_spreadsheet(chain: Network, folder: Path) -> None:
    """With the mark that Excel puts before UTF-8; and in an encoding of old."""
    file = folder / "claims.csv"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert run_claims(chain, folder=folder, workers=0).passed
    file.write_bytes(file.read_bytes().replace(b"a book", "un été".encode("latin-1")))
    with pytest.raises(sn.ModelError, match=r"claims\.csv: is not UTF-8 text"):
        run_claims(chain, folder=folder, workers=0)
    (folder / "protocols.toml").write_text(
        '[protocols.a]\nmeaning=""\nt_end="1 s"\nevery="1 s"\nmethods=[]'
    )
    file.write_text("id\n")
    with pytest.raises(sn.ModelError, match="columns"):
        run_claims(chain, folder=folder, workers=0)


def test_an_arm_that_fails_leaves_the_other_claims(
    chain: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RoadRunnerSimulator.run

    def failing(
        self: RoadRunnerSimulator, program: Program, seed: int, tighter: float = 1.0
    ) -> TimesByReadouts:
        if any(segment.settings.get("k") == 20 for segment in program.segments):
            raise sn.SimulationError("no convergence")
        return run(self, program, seed, tighter)

    monkeypatch.setattr(RoadRunnerSimulator, "run", failing)
    found = run_claims(chain, folder=folder, workers=0)
    verdicts = {f.claim.id: f.verdict for f in found.findings}
    others = ("double", "half", "later", "Y")
    assert verdicts == {"steady": "holds"} | dict.fromkeys(others, "not run")
    assert not found.passed
    assert {f.condition for f in found.failures} == {"doubled", "back", "rest[k=20]"}
    assert {f.reason for f in found.failures} == {"no convergence"}


_KILLED = """
import os, sys
import simnet as sn

def die(done, total):
    if done == 100:
        os.kill(os.getpid(), 9)

sn.run_claims("chain.xml", folder=".", method="ssa", replicates=40, seed=3, out="done", workers=0,
              progress=die)
"""


def test_it_goes_on_after_a_kill(
    chain: Network, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of 32 replicates that were finished are there, and the result is that of one run."""
    monkeypatch.chdir(folder)
    sn.write_sbml(chain, "chain.xml")
    script = _KILLED.replace(
        "import os", "import simnet.execute.campaign as c; c._EVERY = 0.0; import os"
    )
    ended = subprocess.run([sys.executable, "-c", script], check=False)
    assert ended.returncode == -signal.SIGKILL
    how: dict[str, Any] = {"folder": folder, "method": "ssa", "replicates": 40, "workers": 0}
    done: list[int] = []
    again = run_claims("chain.xml", out="done", progress=lambda d, _: done.append(d), **how)
    assert done[0] > 32
    assert done[-1] == 120
    assert again.seed == 3  # that of the folder
    whole = run_claims("chain.xml", seed=3, **how)
    assert again.frame().equals(whole.frame())
    more = run_claims("chain.xml", out="done", **(how | {"replicates": 50}))
    assert more.frame().equals(
        run_claims("chain.xml", seed=3, **(how | {"replicates": 50})).frame()
    )


def test_shards_make_the_whole(chain: Network, folder: Path) -> None:
    """Blocks of replicates of an arm may lie in different shards."""
    how: dict[str, Any] = {
        "folder": folder, "method": "ssa", "replicates": 40, "seed": 3, "workers": 0
    }  # fmt: skip
    shards = [folder / "1", folder / "2"]
    for number, out in enumerate(shards, 1):
        part = run_claims(chain, out=out, shard=(number, 2), **how)
        assert set(part.not_run) == {"double", "half", "steady", "Y"}
        assert not part.passed
    merge_parts(shards, folder / "all")
    merged = run_claims(
        chain, out=folder / "all", progress=lambda *_: pytest.fail("ran again"), **how
    )
    whole = run_claims(chain, **how)
    assert merged.frame().equals(whole.frame())
    with pytest.raises(sn.InputError, match="method: it is"):
        run_claims(chain, folder=folder, out=folder / "all", workers=0)
