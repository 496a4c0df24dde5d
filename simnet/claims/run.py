"""`run_claims`: what was reported of a network, beside what it does.

Arms are conditions of a plan, run as those of a screen are: each has output times of its own, and its
program is shifted so that the protocol's t = 0 is at time 0.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.catalogue.claims import CLAIM_COLUMNS
from simnet.claims.measure import FEWEST, Finding, interval_of, judged, value_of
from simnet.claims.suite import Arm, Case, Script, Suite, knows_time, load_suite, script
from simnet.engines.table import preferred
from simnet.errors import InputError
from simnet.execute.base import Workers
from simnet.execute.campaign import Lazy, items_of, rows_of, run_campaign
from simnet.execute.plan import ALLOWED, Plan, planned, worker_processes
from simnet.execute.progress import Progress
from simnet.experiment.change import Change
from simnet.experiment.run import Method, Run
from simnet.experiment.times import TimeSpec
from simnet.network.network import Network, canonical_json
from simnet.readouts.data import Courses
from simnet.results.parts import Parts
from simnet.results.record import now_text, versions_of
from simnet.results.trajectories import Failure
from simnet.seeds import drawn_root

if TYPE_CHECKING:
    import pandas as pd

KIND = "claims"


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
        courses: by arm, what was simulated: the replicates that finished.
        failures: those that did not, with the reason.
        units: of the readouts, by name.
    """

    network: str
    digest: str
    method: str
    replicates: int
    seed: int | None
    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]
    courses: Mapping[Arm, Courses]
    failures: tuple[Failure, ...]
    units: Mapping[str, str | None]

    @property
    def passed(self) -> bool:
        """Whether no claim failed, and all were run that the method allows; undecided ones pass."""
        return not self.failed and not self.not_run

    @property
    def failed(self) -> tuple[str, ...]:
        """Ids of the claims that failed."""
        return tuple(f.claim.id for f in self.findings if f.verdict == "fails")

    @property
    def not_run(self) -> tuple[str, ...]:
        """Ids of the claims of which an arm could not be simulated, or not yet."""
        return tuple(f.claim.id for f in self.findings if f.verdict == "not run")

    def frame(self) -> "pd.DataFrame":
        """A row a claim: what claims.csv says (id, source, condition, readout, comparison, expected,
        tolerance, evidence), then low and high of what is accepted, simulated, the ends of its
        interval (NaN for ODE), verdict and note."""
        import pandas as pd

        rows = []
        for finding in self.findings:
            claim, (low, high) = finding.claim, finding.claim.bounds
            least, most = finding.interval or (np.nan, np.nan)
            rows.append(
                {
                    **{name: getattr(claim, name) for name in CLAIM_COLUMNS},
                    "tolerance": np.nan if claim.tolerance is None else claim.tolerance,
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
    engine: str = "auto",
    rtol: float | None = None,
    timeout: TimeSpec | None = None,
    workers: Workers = None,
    out: str | Path | None = None,
    shard: tuple[int, int] | None = None,
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
        seed: root seed of SSA; that of `out`, or drawn and stored in the result, if None.
        engine: as in `simulate`.
        rtol: as in `simulate`.
        timeout: as in `simulate`.
        workers: as in `simulate`.
        out: a folder that stores what is done. The same call again runs only what is missing, also
            after `kill -9`; more claims or replicates extend it.
        shard: (i, n) runs the i-th of n parts, counted from 1; `simnet merge` joins their folders,
            and the same call on the whole judges the claims.
        progress: called with (simulations done, in all), stored ones among them.

    Returns:
        A finding for each claim. One of which an arm could not be simulated is "not run", with the
        reason; the others are not affected.

    Raises:
        InputError: mistakes in the call or in the tables, all of them at once, or a folder that
            holds something else.
        KeyboardInterrupt: Ctrl-C; what was finished is in the folder.
    """
    if method == "ssa" and replicates is None:
        replicates = 100
    if seed is None:
        seed = drawn_root() if (stored := Parts.seed(out)) is None else stored
    how = Run().as_run(
        method=method,
        replicates=replicates,
        seed=seed,
        engine=engine,
        rtol=rtol,
        timeout=timeout,
    )
    _check(how, workers)
    ids = (ids,) if isinstance(ids, str) else ids
    suite = load_suite(network, folder=folder, ids=ids)
    run = replace(suite, cases=tuple(case for case in suite.cases if method in case.methods))
    done = _Simulated()
    if run.cases:
        done = _simulated(run, how, workers, out, shard, progress)
    return ClaimsResult(
        network=suite.network.id,
        digest=suite.network.digest,
        method=method,
        replicates=how.count,
        seed=how.seed if method == "ssa" else None,
        findings=tuple(_finding(case, done, how) for case in suite.cases),
        cases=suite.cases,
        courses=done.courses,
        failures=tuple(done.failures),
        units={name: _unit(suite.network, name) for name in suite.symbols},
    )


@dataclass(frozen=True, kw_only=True)
class _Simulated:
    """Courses by arm, why other arms have none, and all replicates that failed."""

    courses: dict[Arm, Courses] = field(default_factory=dict)
    reasons: dict[Arm, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)


def _simulated(
    suite: Suite,
    run: Run,
    workers: Workers,
    out: str | Path | None,
    shard: tuple[int, int] | None,
    progress: Progress | None,
) -> _Simulated:
    plan = plan_of(suite, run, workers=workers)
    parts = None if out is None else opened(out, KIND, plan, {})
    names = [_key(plan, number, arm, suite.symbols) for number, arm in enumerate(suite.arms)]
    stored = parts.keys() if parts is not None and shard is None else ()
    items = items_of(plan, names=names, stored=stored)
    frame = run_campaign(
        plan,
        items,
        measure=lambda item, found: rows_of(item, found[0]),
        parts=parts,
        workers=workers,
        shard=shard,
        progress=progress,
    )
    condition = {item.key: item.condition for item in items}
    found = _Simulated()
    for number, arm in enumerate(suite.arms):
        rows = frame[frame["key"].map(condition) == number]
        lost = rows[rows["reason"] != ""]
        columns = (lost[name].tolist() for name in ("replicate", "seed", "reason"))
        for replicate, seed, reason in zip(*columns, strict=True):
            own = seed if run.method == "ssa" else None
            failure = Failure(condition=arm.name, replicate=replicate, seed=own, reason=reason)
            found.failures.append(failure)
        if rows.empty:
            found.reasons[arm] = "not run yet"
        elif len(rows) < plan.replicates:
            found.reasons[arm] = f"{len(rows)} of {plan.replicates} replicates were run so far"
        elif len(lost) == len(rows):
            found.reasons[arm] = lost["reason"].iloc[0]
        else:
            values = np.stack(rows["values"][rows["reason"] == ""].tolist())
            found.courses[arm] = courses_of(suite, arm, values)
    return found


def _unit(network: Network, name: str) -> str | None:
    readout = network.readout_by_name.get(name)
    return readout.unit if readout is not None else None


def _finding(case: Case, done: _Simulated, run: Run) -> Finding:
    if run.method not in case.methods:
        note = f"its protocol is for {' and '.join(case.protocol.methods)} only"
        if run.method in case.protocol.methods:
            note = "a statistic of replicates, which an ODE has none of"
        return Finding(claim=case.claim, verdict="left out", note=note)
    value = value_of(case, done.courses, done.reasons)
    if run.method == "ode" or value.not_run:
        return judged(case.claim, value)
    fewest = min(len(done.courses[arm].values) for arm in case.arms)
    if fewest < FEWEST:
        note = f"only {fewest} replicates finished, and an interval needs {FEWEST}"
        return Finding(claim=case.claim, value=value.number, verdict="not run", note=note)
    return judged(case.claim, value, interval_of(case, done.courses, run.seed or 0))


def _check(run: Run, workers: Workers) -> None:
    """Raise InputError with all that is wrong with a call, whatever the network."""
    problems = run.problems()
    if run.method == "ssa" and isinstance(run.replicates, int) and run.replicates < FEWEST:
        problems.add(f"replicates={run.replicates}", f"an interval needs at least {FEWEST}")
    problems.attempt(partial(worker_processes, workers), None)
    if problems:
        raise InputError(problems)


# ------------------------------------------------------------------ arms as conditions of a plan


def plan_of(
    suite: Suite,
    run: Run,
    sets: Sequence[tuple[Change, ...]] = ((),),
    *,
    workers: Workers,
    allowed_error: float = ALLOWED,
) -> Plan:
    """Every arm under every set of changes, made before all else: set by set, arm by arm.

    Raises:
        InputError, UnsupportedError: an arm that the method or the engine cannot run.
    """
    network, arms = suite.network, suite.arms
    scripts = [script(network, arm) for arm in arms]
    plans = [
        planned(
            network,
            run.as_run(times=tuple((made.start + made.times).tolist())),
            [made.condition],
            suite.symbols,
            workers=workers,
        )
        for made in scripts
    ]
    # A network without its switches in time, which arms without a rest may have, cannot rest.
    first = next((p for p in plans if p.task.network is network), plans[0])
    task, engine = first.task, first.engine
    if len({plan.engine.name for plan in plans}) > 1:
        programs = [made.program(task.network) for made in scripts]
        engine = preferred(run.method, task.network, programs)
        task = replace(task, engine=engine.name, variant=engine.variant(task.network))
    shifted = not knows_time(network)

    @lru_cache(maxsize=1)
    def made(number: int) -> Script:
        place, arm = divmod(number, len(arms))
        return script(network, arms[arm], sets[place])

    conditions = Lazy(lambda number: made(number).condition, len(sets) * len(arms))
    return replace(
        first,
        task=task,
        engine=engine,
        conditions=conditions,
        allowed_error=allowed_error,
        programs=lambda number: made(number).program(task.network, shifted=shifted),
    )


def opened(out: str | Path, kind: str, plan: Plan, identity: Mapping[str, Any]) -> Parts:
    """The folder of a kind of results of a plan of claims; see `Parts.open`."""
    about = {**versions_of("numpy"), "created": now_text()}
    return Parts.open(out, kind=kind, identity={**plan.identity(), **identity}, about=about)


def courses_of(suite: Suite, arm: Arm, values: FloatArray) -> Courses:
    """Of an arm, from (N, T, R) or (N, T * R)."""
    times, names = script(suite.network, arm).times, suite.symbols
    return Courses(
        times=times,
        values=values.reshape(-1, len(times), len(names)),
        names=names,
        time_unit=suite.network.time_unit,
    )


def _key(plan: Plan, number: int, arm: Arm, names: Sequence[str]) -> str:
    """All that the stored courses of an arm depend on, but for what the folder says."""
    done = plan.conditions[number].content(plan.task.network.time_unit)
    content = [arm.name, done, arm.protocol.t_end, arm.protocol.every, *names]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:24]
