"""What the traps share: PySB's own export run bare, exact references, and tests with a known level.

Each trap is shown twice: on `pysb.export.export(model, "sbml")` in roadrunner, where the answer is
wrong, and on ours, where it is right. Seeds are fixed, so a test gives the same verdict every time
with the same versions; ALPHA is the chance that a correct program fails a test once, when a
dependency changes its stream of random numbers. Replicates are chosen so that the wrong answer of
each trap lies at least ten standard errors away.
"""

import copy
import importlib.util
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.linalg import expm_multiply
from scipy.stats import norm

import simnet as sn

ALPHA = 1e-4
"""False alarms per test function: each of its m comparisons is made at ALPHA/m (Bonferroni)."""

CLEARLY = 10.0
"""Standard errors by which a wrong answer is wrong: it shows at any seed."""

State = tuple[int, ...]
Jump = tuple[Callable[[State], float], State]


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    before = os.environ.get("SIMNET_CACHE")
    os.environ["SIMNET_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["SIMNET_CACHE"]
    else:
        os.environ["SIMNET_CACHE"] = before


@pytest.fixture(scope="session")
def perl() -> None:
    """BioNetGen needs perl. In CI its absence is a failure, elsewhere a reason to skip."""
    if shutil.which("perl") is None:
        reason = "perl is not installed, and BioNetGen needs it to compile rules"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def pysb_export(perl: None) -> Callable[[Any], str]:
    """PySB's own SBML of a model; the model is left as it is (PySB knows `time` by identity)."""
    from pysb.core import time
    from pysb.export import export

    return lambda model: str(export(copy.deepcopy(model, {id(time): time}), "sbml"))


@pytest.fixture(scope="session")
def bare_runner() -> Callable[..., Any]:
    """SBML text in a bare RoadRunner, set up with all the care that a careful user would take."""

    def load_(text: str, method: str = "ssa") -> Any:
        import roadrunner

        runner = roadrunner.RoadRunner(text)
        if method == "ssa":
            runner.setIntegrator("gillespie")
            runner.integrator.variable_step_size = False
        else:
            runner.setIntegrator("cvode")
            runner.integrator.relative_tolerance = 1e-10
            runner.integrator.absolute_tolerance = 1e-10
        return runner

    return load_


@pytest.fixture(scope="session")
def bare_ssa(bare_runner: Callable[..., Any]) -> Callable[..., Any]:
    """Values (n,) of one selection at time `t` over seeds 1 to n of SBML text in roadrunner."""

    def run(text: str, selection: str, t: float, n: int, **changes: float) -> Any:
        runner = bare_runner(text)
        runner.timeCourseSelections = ["time", selection]
        found = np.empty(n)
        for seed in range(1, n + 1):
            runner.reset()
            for name, value in changes.items():
                runner[name] = value
            runner.integrator.seed = seed
            found[seed - 1] = runner.simulate(times=[0, t])[-1, 1]
        return found

    return run


@pytest.fixture(scope="session")
def ours() -> Callable[..., Any]:
    """Values (n,) of one readout at `t_end`, from `simulate` in this process."""

    def run(
        network: sn.Network, readout: str, t: float, n: int, *, seed: int = 2026, **kwargs: Any
    ) -> Any:
        found = sn.simulate(
            network,
            t_end=t,
            points=2,
            method="ssa",
            replicates=n,
            seed=seed,
            workers=0,
            readouts=readout,
            **kwargs,
        )
        return found.readout(readout)[:, -1]

    return run


@dataclass(frozen=True)
class Exact:
    """A distribution over whole numbers: `values` (S,) with probabilities `weights` (S,)."""

    values: Any
    weights: Any

    def moment(self, order: int) -> float:
        """The mean for order 1, else the central moment."""
        mean = float(self.weights @ self.values)
        return mean if order == 1 else float(self.weights @ (self.values - mean) ** order)


@pytest.fixture(scope="session")
def master_equation() -> Callable[..., Exact]:
    """Solve dp/dt = p Q by the matrix exponential, with no code of ours involved.

    `jumps` are (propensity of the state, change of the state); `of` turns a state into a number;
    `keep` bounds the states where the molecules do not.
    """

    def solve(
        start: State,
        jumps: Sequence[Jump],
        t: float,
        of: Callable[[State], float],
        keep: Callable[[State], bool] = lambda _: True,
    ) -> Exact:
        index: dict[State, int] = {start: 0}
        pending, rows, columns, rates = [start], [], [], []
        while pending:
            state = pending.pop()
            for propensity, change in jumps:
                rate = propensity(state)
                target = tuple(a + b for a, b in zip(state, change, strict=True))
                if rate == 0 or not keep(target):
                    continue
                if target not in index:
                    index[target] = len(index)
                    pending.append(target)
                rows += [index[target], index[state]]
                columns += [index[state], index[state]]
                rates += [rate, -rate]
        size = len(index)
        generator = csr_array((rates, (rows, columns)), shape=(size, size))
        weights = expm_multiply(generator * t, np.eye(size)[:, 0], traceA=generator.trace() * t)
        values = np.array([of(state) for state in index], dtype=float)
        return Exact(values, np.clip(weights, 0, None) / weights.sum())

    return solve


def _scores(sample: Any, exact: Exact) -> Mapping[str, float]:
    """Standard scores of the sample's mean and variance under the exact distribution."""
    n = len(sample)
    mean, variance, fourth = (exact.moment(k) for k in (1, 2, 4))
    of_variance = np.sqrt((fourth - variance**2 * (n - 3) / (n - 1)) / n)
    return {
        "mean": (np.mean(sample) - mean) / np.sqrt(variance / n),
        "variance": (np.var(sample, ddof=1) - variance) / of_variance,
    }


@pytest.fixture(scope="session")
def scores() -> Callable[[Any, Exact], Mapping[str, float]]:
    """Standard scores of mean and variance; see `_scores`."""
    return _scores


@pytest.fixture(scope="session")
def agrees() -> Callable[..., None]:
    """Assert that a sample's mean and variance are those of an exact distribution.

    `comparisons` is how many samples one test function compares; each gives two scores.
    """

    def check(sample: Any, exact: Exact, comparisons: int = 1) -> None:
        bound = norm.isf(ALPHA / (2 * comparisons) / 2)
        found = _scores(sample, exact)
        assert all(abs(score) < bound for score in found.values()), (found, bound)

    return check


@pytest.fixture(scope="session")
def disagrees() -> Callable[..., None]:
    """Assert that mean or variance (as named) is wrong by more than CLEARLY standard errors."""

    def check(sample: Any, exact: Exact, what: str) -> None:
        found = _scores(sample, exact)
        assert abs(found[what]) > CLEARLY, found

    return check


@pytest.fixture(scope="session")
def draft(perl: None) -> Callable[..., Any]:
    """A new PySB model to add components to; see tests/rules/pysb_draft.py."""
    file = Path(__file__).parents[1] / "rules" / "pysb_draft.py"
    spec = importlib.util.spec_from_file_location("pysb_draft", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Draft
