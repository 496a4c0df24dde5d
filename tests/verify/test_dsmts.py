"""The SBML stochastic test suite, SBML in and SSA out; see `dsmts.py` for the statistics."""

import numpy as np
import pytest
from dsmts import ENGINES, RUNS, SMALL, Case, Verdict, all_cases, decided, judged, kept, right, run

CASES = {case.name: case for case in all_cases()}
MANY_EVENTS = {"00005": (100, 10.0), "00023": (100, 10.0)}
"""About 90,000 firings a run each: fewer runs, over less time."""


def check(verdicts: list[Verdict]) -> None:
    report = "\n".join(str(verdict) for verdict in verdicts)
    print(report)
    assert right(verdicts), report


def test_all_26_cases_are_here() -> None:
    assert len(CASES) == 26
    assert all(case.settings["concentration"] == "" for case in CASES.values())


@pytest.mark.parametrize("name", CASES)
def test_the_suites_numbers_are_the_exact_ones(name: str) -> None:
    """Mean and sd of the files against our own solution of the same SBML."""
    case = CASES[name]
    for output in case.outputs:
        mean, sd = case.exact[output].T[:2]
        assert np.allclose(mean, case.columns[f"{output}-mean"], rtol=2e-6, atol=6e-6)
        assert np.allclose(sd, case.columns[f"{output}-sd"], rtol=2e-6, atol=6e-6)


@pytest.mark.thorough
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", CASES)
def test_500_runs(name: str, engine: str) -> None:
    case = CASES[name]
    n, until = MANY_EVENTS.get(name, (500, None))
    check(
        decided(
            lambda seed: run(case, n=n, seed=seed, engine=engine, workers=2, until=until),
            case,
        )
    )


@pytest.mark.parametrize("name", SMALL)
def test_200_runs_of_the_reference_engine(name: str) -> None:
    case = CASES[name]
    check(decided(lambda seed: run(case, n=200, seed=seed, engine="reference", workers=2), case))


@pytest.mark.verify
@pytest.mark.parametrize(("engine", "name"), RUNS)
def test_10000_runs(name: str, engine: str) -> None:
    case = CASES[name]

    def ensemble(seed: int) -> Verdict:
        return kept(
            lambda: run(case, n=10_000, seed=seed, engine=engine, workers=None),
            case,
            n=10_000,
            seed=seed,
            engine=engine,
        )

    check(decided(ensemble, case))


@pytest.mark.parametrize("n", [500, 10_000])
def test_false_alarms_and_power_of_the_verdict(n: int) -> None:
    """On draws from the exact (Poisson) law of 00020, apart in time: no p-value is too small too
    often, and a variance or a mean that is 20 % or 0.2 standard deviations off is seen."""
    case = Case("00020")
    mean = case.exact["X"][1:, 0]
    stream = np.random.default_rng(7)

    def verdict(runs: np.ndarray) -> Verdict:
        first = np.zeros((n, 1))
        about = {"case": case.name, "engine": "", "n": n, "seed": 0, "until": 50.0}
        values = {"X": np.hstack([first, runs])}
        return judged(case, values, {**about, "versions": {}, "seconds": 0.0})

    right_ones = [verdict(stream.poisson(mean, (n, 50))) for _ in range(20 if n == 500 else 3)]
    assert all(v.passed for v in right_ones)
    if n == 500:  # the smallest of 100 independent p-values has a median of 0.7/100
        smallest = [min(v.p_mean, v.p_variance) * v.points for v in right_ones]
        assert 0.2 < np.median(smallest) < 1.5
    if n == 10_000:
        draws = stream.poisson(mean, (n, 50)).astype(float)
        assert verdict(mean + (draws - mean) * np.sqrt(1.2)).p_variance < 1e-6
        assert verdict(draws + 0.2 * np.sqrt(mean)).p_mean < 1e-6
