"""Mutants of the packaged SBML: refused with a reason, or read as an evaluator written apart does."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mutants import Checker, checked, mutant

FILES = ("hypoxia.xml", "hypoxia-ssa.xml")


@pytest.fixture
def checker() -> Iterator[Checker]:
    checker = Checker(limit=60)
    yield checker
    checker.close()


def survey(checker: Checker, repository: Path, seeds: range, states: int) -> Counter[str]:
    """Check one mutant a seed; every other one is of the file with discrete laws."""
    outcomes: Counter[str] = Counter()
    wrong = []
    for seed in seeds:
        result = checker.check(repository / "sbml" / FILES[seed % 2], seed, states)
        outcomes[result["outcome"]] += 1
        bad = result["outcome"] in ("hang", "crash", "error") or result.get("disagreements")
        if bad or (result["outcome"] != "accepted" and not result["message"]):
            wrong.append(f"seed {seed}: {result}")
    print(dict(outcomes))
    assert not wrong, "\n".join(wrong)
    return outcomes


@pytest.mark.thorough
def test_60_mutants(checker: Checker, repository: Path) -> None:
    outcomes = survey(checker, repository, range(60), states=4)
    assert outcomes["accepted"] >= 4, outcomes  # there is something to compare
    assert outcomes["refused"] >= 4, outcomes


@pytest.mark.verify
def test_2000_mutants(
    checker: Checker, repository: Path, keep_figures: Callable[[str, object], None]
) -> None:
    seeds, states = range(1000, 3000), 20
    outcomes = survey(checker, repository, seeds, states)
    assert outcomes["accepted"] >= 400, outcomes
    figures = {
        "mutants": len(seeds),
        "seeds": [seeds[0], seeds[-1]],
        "states": states,
        "outcomes": outcomes,
        "disagreements": 0,  # or `survey` had failed
    }
    keep_figures("mutants", figures)


@pytest.mark.parametrize("name", FILES)
def test_the_files_themselves_agree(name: str, repository: Path) -> None:
    result = checked((repository / "sbml" / name).read_text(encoding="utf-8"), 1)
    assert result == {"outcome": "accepted", "message": "", "disagreements": []}


def test_a_disagreement_would_be_seen(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is not blind: one law of the evaluator that is off by 1e-9 is found."""
    import sbml_values

    plain = sbml_values.File.rates

    def off(self: sbml_values.File, state: sbml_values.State) -> dict[str, object]:
        found = plain(self, state)
        first = next(iter(found))
        return {**found, first: found[first] * (1 + 1e-9)}

    monkeypatch.setattr(sbml_values.File, "rates", off)
    text = (repository / "sbml" / FILES[0]).read_text(encoding="utf-8")
    assert checked(text, 1)["disagreements"]


def test_mutants_follow_from_their_seeds(repository: Path) -> None:
    text = (repository / "sbml" / FILES[0]).read_text(encoding="utf-8")
    assert mutant(text, 5) == mutant(text, 5)
    assert len({mutant(text, seed) for seed in range(20)}) > 15
