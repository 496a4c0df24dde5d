"""`run_claims`: what was reported of a network, beside what it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simnet.claims.arms import Arm
from simnet.claims.courses import Course, Settings, all_courses
from simnet.claims.measure import FEWEST, Finding, Taken, interval_of, judged, value_of
from simnet.claims.suite import Case, Suite, load_suite
from simnet.errors import InputError, Problem, SimulationError
from simnet.execute.arguments import root_seed, worker_processes
from simnet.execute.progress import Progress
from simnet.experiment.run import Method
from simnet.network.network import Network
from simnet.seeds import drawn_root

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class ClaimsResult:
    """The findings of one run of a network's claims.

    Attributes:
        network: its id.
        digest: of its content.
        method: "ode" or "ssa".
        replicates: of each arm.
        seed: root seed of the runs; None for ODE.
        findings: one a claim, in the order of claims.csv.
        cases: the claims that were run, and
        courses: by arm, what was simulated: (N, T, R) with
        names: (R,) of the readouts.
        units: of them, by name.
        time_unit: of the network.
    """

    network: str
    digest: str
    method: str
    replicates: int
    seed: int | None
    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]
    courses: Mapping[Arm, Course]
    names: tuple[str, ...]
    units: Mapping[str, str | None]
    time_unit: str | None

    @property
    def passed(self) -> bool:
        """Whether no claim failed; undecided ones do not."""
        return not self.failed

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of the claims that failed."""
        return tuple(f.claim.id for f in self.findings if f.verdict == "fails")

    def frame(self) -> "pd.DataFrame":
        """A row a claim: what claims.csv says (id, source, condition, readout, comparison, expected,
        tolerance, evidence), then low and high of what is accepted, simulated, the ends of its
        interval (NaN for ODE), verdict and note."""
        import pandas as pd

        rows = []
        for finding in self.findings:
            claim, (low, high) = finding.claim, finding.claim.bounds
            least, most = finding.interval or (float("nan"), float("nan"))
            rows.append(
                {
                    "id": claim.id,
                    "source": claim.source,
                    "condition": claim.condition,
                    "readout": claim.readout,
                    "comparison": claim.comparison,
                    "expected": claim.expected,
                    "tolerance": float("nan") if claim.tolerance is None else claim.tolerance,
                    "evidence": claim.evidence,
                    "low": low,
                    "high": high,
                    "simulated": finding.value,
                    "interval_low": least,
                    "interval_high": most,
                    "verdict": finding.verdict,
                    "note": finding.note,
                }
            )
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        held = sum(f.verdict == "holds" for f in self.findings)
        return f"<ClaimsResult {self.network}: {held} of {len(self.findings)} claims hold>"

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False))


def run_claims(
    network: Network | str,
    *,
    ids: Sequence[str] = (),
    folder: str | Path | None = None,
    method: Method = "ode",
    replicates: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ClaimsResult:
    """Simulate what was reported of a network and compare.

    Simulations that several claims need are run once. Under SSA the mean over replicates is
    compared, with an interval (bootstrap, 99 %): a claim holds where the whole interval is
    accepted, fails where none of it is, and is undecided in between.

    Args:
        network: a packaged name, or what `load` gave.
        ids: of the claims to run; all if empty.
        folder: with claims.csv and protocols.toml, for a network of one's own.
        method: "ode" or "ssa"; claims whose protocol does not allow it are left out.
        replicates: of each arm under SSA, at least 20; 100 if None.
        seed: root seed of SSA; drawn and kept in the result if None.
        workers: worker processes; as many as there are processors if None, 0 for none.
        progress: called with (simulations done, in all).

    Raises:
        InputError: mistakes in the call or in the tables, all of them at once.
        SimulationError: an arm could not be simulated.
    """
    settings = _settings(method, replicates, seed, workers)
    ids = (ids,) if isinstance(ids, str) else ids
    suite = load_suite(network, folder=folder, ids=ids)
    return run_suite(suite, settings, progress)


def run_suite(suite: Suite, settings: Settings, progress: Progress | None = None) -> ClaimsResult:
    """Run what `load_suite` gave; see `run_claims`."""
    allowed = [case for case in suite.cases if settings.method in case.methods]
    arms = dict.fromkeys(arm for case in allowed for arm in case.arms)
    courses: Mapping[Arm, Course] = {}
    if arms:
        courses = all_courses(
            suite.network, suite.symbols, list(arms), settings=settings, progress=progress
        )
    taken = Taken(courses=courses, names=suite.symbols, time_unit=suite.network.time_unit)
    return ClaimsResult(
        network=suite.network.id,
        digest=suite.network.digest,
        method=settings.method,
        replicates=settings.replicates,
        seed=settings.seed if settings.method == "ssa" else None,
        findings=tuple(_finding(case, taken, settings) for case in suite.cases),
        cases=suite.cases,
        courses=courses,
        names=suite.symbols,
        units={name: _unit(suite.network, name) for name in suite.symbols},
        time_unit=suite.network.time_unit,
    )


def _unit(network: Network, name: str) -> str | None:
    readout = network.readout_by_name.get(name)
    return readout.unit if readout is not None else None


def _finding(case: Case, taken: Taken, settings: Settings) -> Finding:
    if settings.method not in case.methods:
        note = f"its protocol is for {' and '.join(case.protocol.methods)} only"
        if settings.method in case.protocol.methods:
            note = "a statistic of replicates, which an ODE has none of"
        return Finding(claim=case.claim, verdict="left out", note=note)
    value = value_of(case, taken)
    if settings.method == "ode":
        return judged(case.claim, value)
    fewest = min(len(taken.courses[arm].values) for arm in case.arms)
    if fewest < FEWEST:
        raise SimulationError(
            f"claim {case.claim.id}: only {fewest} replicates finished, and an interval needs {FEWEST}"
        )
    return judged(case.claim, value, interval_of(case, taken, settings.seed))


def _settings(
    method: Method, replicates: int | None, seed: int | None, workers: int | None
) -> Settings:
    problems = []
    if method not in ("ode", "ssa"):
        problems.append(Problem(what=f"method={method!r}", why="unknown", way_out="ode or ssa"))
    if method == "ode" and replicates not in (None, 1):
        why, way_out = "an ODE gives the same every time", 'leave it out, or use method="ssa"'
        problems.append(Problem(what=f"replicates={replicates}", why=why, way_out=way_out))
    if method == "ssa" and replicates is not None and replicates < FEWEST:
        why = f"an interval needs at least {FEWEST}"
        problems.append(Problem(what=f"replicates={replicates}", why=why))
    root = 0
    try:
        root = drawn_root() if seed is None else root_seed(seed)
    except InputError as error:
        problems += error.problems
    try:
        worker_processes(workers)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    runs = 1 if method == "ode" else 100 if replicates is None else replicates
    return Settings(method=method, replicates=runs, seed=root, workers=workers)
