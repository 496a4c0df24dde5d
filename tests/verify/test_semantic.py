"""The SBML semantic test suite, as a user runs it; see `semantic.py`."""

from collections import Counter
from collections.abc import Callable

import pytest
from semantic import FEW, Case, Outcome, bare, cases, exported, ode, ssa

FEW_CASES = {f.name: Case(f) for f in sorted(FEW.iterdir()) if f.is_dir()}
RARE = 0.03
"""Share of cases whose run may be flagged."""


def require_as_good(case: Case, found: Outcome) -> None:
    """Right, or refused where roadrunner by itself refuses or is wrong, too."""
    assert found.verdict in ("match", "refused"), f"{case.name}: {found.text}"
    if found.verdict == "refused":
        assert bare(case).verdict != "match", f"{case.name}: {found.text}"


def test_there_are_60_cases() -> None:
    assert len(FEW_CASES) == 60


@pytest.mark.parametrize("name", FEW_CASES)
def test_ode(name: str) -> None:
    require_as_good(FEW_CASES[name], ode(FEW_CASES[name]))


@pytest.mark.parametrize("name", FEW_CASES)
def test_export(name: str) -> None:
    require_as_good(FEW_CASES[name], exported(FEW_CASES[name]))


def test_a_wrong_value_is_seen() -> None:
    """A value that is off by twice its tolerance, or no number, is no match."""
    case = FEW_CASES["00157"]
    right = case.right.copy()
    assert case.judged(right + 0.9 * case.slack()).verdict == "match"
    right[3, 0] += 2 * case.slack()[3, 0]
    assert case.judged(right).verdict == "wrong"
    right[3, 0] = float("nan")
    assert case.judged(right).verdict == "wrong"


@pytest.mark.verify
def test_all_cases(keep_figures: Callable[[str, object], None]) -> None:
    """Nothing wrong, nothing raised, and nothing refused that roadrunner by itself gets right; runs
    under SSA are of what is accepted."""
    everything = cases()
    ways = {"roadrunner by itself": bare, "ode": ode, "export": exported, "ssa": ssa}
    found = {way: {c.name: run(c) for c in everything} for way, run in ways.items()}
    counts = {way: Counter(o.verdict for o in runs.values()) for way, runs in found.items()}
    flagged = sorted(name for name, o in found["ode"].items() if o.flagged and o.verdict == "match")
    of_ssa = Counter(o.text for o in found["ssa"].values() if o.verdict == "match")
    keep_figures(
        "semantic",
        {"cases": len(everything), "verdicts": counts, "flagged": flagged, "ssa": of_ssa},
    )
    for way, runs in found.items():
        for name, outcome in runs.items():
            assert outcome.verdict in ("match", "refused"), f"{way}, {name}: {outcome.text}"
    for way in ("ode", "export"):
        right = {n for n, o in found["roadrunner by itself"].items() if o.verdict == "match"}
        refused = {n for n, o in found[way].items() if o.verdict == "refused"}
        assert not refused & right, f"{way}: {sorted(refused & right)}"
    assert len(flagged) <= RARE * len(everything), flagged
