"""Claims of a network that is not as it was: without one mechanism, or with other parameters.

Ablation takes out one mechanism at a time, and claims fall or stand. Robustness asks whether claims
keep their sign where parameters are not what we took them for: they are drawn by Latin hypercube
(McKay, Beckman & Conover 1979, doi:10.2307/1268522), each uniform on a logarithmic scale within a
factor of its value. What breaks a claim is looked for by Spearman's rank correlation of each parameter
with the claim's margin: how far its value is on the right side.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import BoolArray, FloatArray
from simnet.catalogue.claims import Claim
from simnet.catalogue.protocols import Mechanism
from simnet.claims.measure import Finding, Value, judged, value_of
from simnet.claims.run import courses_of, opened, plan_of
from simnet.claims.suite import Suite, content_of, load_suite
from simnet.elementary import exp, log
from simnet.errors import InputError, Problem
from simnet.execute.base import Workers
from simnet.execute.campaign import Item, items_of, run_campaign
from simnet.execute.plan import ALLOWED_IN_SPREADS, Plan
from simnet.execute.progress import Progress
from simnet.execute.run import Gathered
from simnet.experiment.change import Change, Set
from simnet.experiment.run import Run
from simnet.network.network import Network, Parameter, canonical_json
from simnet.results.parts import Parts

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 0.7
"""Below this fraction the parameter that breaks a claim is named."""

_RTOL = 1e-5  # fractions over hundreds of sets do not see the rest
_LONGEST = 30.0  # seconds an arm may take: where CVODE stalls, the set has no value
_BROAD = math.inf
_FORMAT = 2  # of files before there were folders


@dataclass(frozen=True, kw_only=True)
class Ablated:
    """What is left of the claims without a mechanism.

    Attributes:
        mechanism: what was taken out.
        findings: one a claim, in the order of claims.csv.
        fallen: ids of the claims that hold in the whole network and fail without it.
    """

    mechanism: Mechanism
    findings: tuple[Finding, ...]
    fallen: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """The findings of the whole network, and without each mechanism in turn."""

    network: str
    whole: tuple[Finding, ...]
    without: tuple[Ablated, ...]

    def frame(self) -> "pd.DataFrame":
        """A row for each mechanism and claim: mechanism, what is set, id, simulated, verdict, fallen."""
        import pandas as pd

        return pd.DataFrame(
            {
                "mechanism": ablated.mechanism.name,
                "set": ablated.mechanism.text,
                "id": finding.claim.id,
                "simulated": finding.value,
                "verdict": finding.verdict,
                "fallen": finding.claim.id in ablated.fallen,
            }
            for ablated in self.without
            for finding in ablated.findings
        )


def ablate(
    network: Network | str,
    *,
    folder: str | Path | None = None,
    workers: Workers = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Ablation:
    """Take out one mechanism at a time, before the network comes to rest, and run its claims (ODE).

    Args:
        network: as in `run_claims`, as are the others.
        folder: with claims.csv and protocols.toml.
        workers: as in `simulate`.
        out: a folder that stores what is done.
        progress: called with (simulations done, in all).

    Raises:
        InputError: mistakes in the tables, or no mechanism in them.
    """
    suite = load_suite(network, folder=folder)
    if not suite.mechanisms:
        why = "declares no mechanism"
        way_out = 'name parameters in protocols.toml: [mechanisms.NAME] zero = ["..."]'
        raise InputError(Problem(what=suite.network.id, why=why, way_out=way_out))
    suite = suite.for_method("ode")
    without = [(), *(changes_of(mechanism, suite.network) for mechanism in suite.mechanisms)]
    plan = plan_of(suite, Run(), without, workers=workers)
    parts = None
    if out is not None:
        names = [mechanism.text for mechanism in suite.mechanisms]
        parts = opened(out, "ablation", plan, {"claims": _claims(suite), "mechanisms": names})
    values = _values(suite, plan, parts, workers=workers, progress=progress)
    whole, *others = [
        tuple(judged(case.claim, v) for case, v in zip(suite.cases, values[i], strict=True))
        for i in range(len(without))
    ]
    held = {f.claim.id for f in whole if f.verdict == "holds"}
    return Ablation(
        network=suite.network.id,
        whole=whole,
        without=tuple(
            Ablated(
                mechanism=mechanism,
                findings=findings,
                fallen=tuple(
                    f.claim.id for f in findings if f.verdict == "fails" and f.claim.id in held
                ),
            )
            for mechanism, findings in zip(suite.mechanisms, others, strict=True)
        ),
    )


def changes_of(mechanism: Mechanism, network: Network) -> tuple[Change, ...]:
    """What takes a mechanism out."""

    def number(value: str | float) -> float:
        return network.parameter_by_id[value].value if isinstance(value, str) else float(value)

    return (
        *(Set(name, 0.0) for name in mechanism.zero),
        *(Set(name, number(value)) for name, value in mechanism.equal.items()),
    )


@dataclass(frozen=True, kw_only=True)
class Robust:
    """How often a claim keeps what it says.

    Attributes:
        claim: what was reported.
        keeps: fraction of the sets in which it keeps its sign; where it has none, in which it holds.
        holds: fraction of the sets in which it holds.
        n: sets that could be simulated; those in which the readout has no value count as lost.
        breaker: the parameter that is most correlated with losing it, where `keeps` is below 0.7.
        correlation: Spearman's, of that parameter with the margin: negative where a larger value
            breaks the claim.
    """

    claim: Claim
    keeps: float
    holds: float
    n: int
    breaker: str = ""
    correlation: float = math.nan


@dataclass(frozen=True, kw_only=True, eq=False)
class Robustness:
    """What became of claims under many sets of parameters.

    Attributes:
        network: its id.
        fold: parameters are within this factor of their value.
        seed: of the design.
        parameters: (P,) their ids.
        design: (S, P) their values.
        values: (S, K) of the claims' readouts; NaN where there is none.
        ran: (S, K) whether the claim's arms could be simulated.
        claims: one a claim that can be run by ODE.
        done: sets that were run; fewer than S in a shard, or where what a folder holds is judged.
    """

    network: str
    fold: float
    seed: int
    parameters: tuple[str, ...]
    design: FloatArray
    values: FloatArray
    ran: BoolArray
    claims: tuple[Robust, ...]
    done: int

    def frame(self) -> "pd.DataFrame":
        """A row a claim: id, sign (above, below or none), keeps, holds, n, breaker, correlation."""
        import pandas as pd

        return pd.DataFrame(
            {
                "id": robust.claim.id,
                "sign": robust.claim.side or "none",
                "keeps": robust.keeps,
                "holds": robust.holds,
                "n": robust.n,
                "breaker": robust.breaker,
                "correlation": robust.correlation,
            }
            for robust in self.claims
        )


def robustness(
    network: Network | str,
    *,
    sets: int = 500,
    fold: float = 2.0,
    seed: int = 1,
    out: str | Path | None = None,
    shard: tuple[int, int] | None = None,
    run: bool = True,
    folder: str | Path | None = None,
    workers: Workers = None,
    progress: Progress | None = None,
) -> Robustness:
    """Run a network's claims (ODE) under many sets of parameters.

    Args:
        network: as in `run_claims`, as are `folder`, `workers` and `progress`.
        sets: how many.
        fold: each parameter is within this factor of its value, and within its declared range.
        seed: of the design.
        out: a folder that stores the values; what it has of the same study is not run again.
        shard: (i, n) runs the i-th of n parts of the sets, counted from 1; `simnet merge` joins
            their folders, and the same call on the whole judges the claims.
        run: False to judge the sets that `out` holds (a file, in its earlier form) and run no more.
        folder: with claims.csv and protocols.toml.
        workers: as in `simulate`.
        progress: called with (simulations done, in all), stored ones among them.

    Raises:
        InputError: mistakes in the call or in the tables, or a folder that holds another study.
    """
    problems = []
    if sets < 2:
        problems.append(Problem(what=f"sets={sets}", why="not at least 2"))
    if not (math.isfinite(fold) and fold > 1):
        problems.append(Problem(what=f"fold={fold}", why="not above 1"))
    if not run and out is None:
        problems.append(Problem(what="run=False", why="needs `out`, the folder of the results"))
    if run and out is not None and Path(out).is_file():
        way_out = "name a folder; what the file holds is judged with run=False (--kept)"
        problems.append(Problem(what=str(out), why="is a file", way_out=way_out))
    if problems:
        raise InputError(problems)
    suite = load_suite(network, folder=folder).for_method("ode")
    varied = varied_parameters(suite.network)
    design = latin_hypercube(varied, sets=sets, fold=fold, seed=seed)
    names = tuple(parameter.id for parameter in varied)
    if out is not None and not run and Path(out).is_file():
        content = [suite.network.digest, names, fold, seed, sets, content_of(suite), _FORMAT]
        found = _from_file(Path(out), canonical_json(content), suite)
    else:
        plan = plan_of(
            suite,
            Run(rtol=_RTOL, timeout=None if workers == 0 else _LONGEST),
            [tuple(map(Set, names, row)) for row in design.tolist()],
            workers=workers,
            allowed_error=ALLOWED_IN_SPREADS,
        )
        parts = None
        if out is not None:
            study = {"sets": sets, "fold": fold, "seed": seed, "parameters": list(names)}
            if not run:
                Parts.load(out)
            parts = opened(out, "robustness", plan, {"claims": _claims(suite), **study})
        found = _values(
            suite, plan, parts, workers=workers, shard=shard, progress=progress, run=run
        )
    missing = (Value(number=math.nan, not_run=True),) * len(suite.cases)
    rows = [found.get(place, missing) for place in range(sets)]
    table = np.array([[value.number for value in row] for row in rows])
    ran = np.array([[not value.not_run for value in row] for row in rows])
    return Robustness(
        network=suite.network.id,
        fold=fold,
        seed=seed,
        parameters=names,
        design=design,
        values=table,
        ran=ran,
        claims=tuple(
            robust(case.claim, table[ran[:, column], column], design[ran[:, column]], names)
            for column, case in enumerate(suite.cases)
        ),
        done=len(found),
    )


def varied_parameters(network: Network) -> tuple[Parameter, ...]:
    """Parameters with a role: above zero, with a range that leaves room, and no inputs or doses,
    which the protocols set."""
    given = {i.parameter for i in network.inputs} | {d.parameter for d in network.drugs}
    return tuple(
        p
        for p in network.parameters
        if p.id not in given
        and p.value > 0
        and (p.lower is None or p.upper is None or p.lower < p.upper)
    )


def latin_hypercube(
    parameters: Sequence[Parameter], *, sets: int, fold: float, seed: int
) -> FloatArray:
    """(S, P) values: each parameter's are spread evenly, on a logarithmic scale, over what is both
    within the factor and within its range."""
    generator = np.random.default_rng(seed)
    strata = [generator.permutation(sets) for _ in parameters]
    unit = (np.transpose(strata) + generator.random((sets, len(parameters)))) / sets
    low = [max(p.value / fold, -_BROAD if p.lower is None else p.lower) for p in parameters]
    high = [min(p.value * fold, _BROAD if p.upper is None else p.upper) for p in parameters]
    least, most = log(np.array(low)), log(np.array(high))
    return exp(least + unit * (most - least))


def robust(claim: Claim, values: FloatArray, design: FloatArray, names: Sequence[str]) -> Robust:
    """How a claim fares: values (S,) of its readout, NaN where it has none, under a design (S, P)."""
    n = len(values)
    if not n:
        return Robust(claim=claim, keeps=math.nan, holds=math.nan, n=0)
    margins = margin(claim, values)
    keeps = float((margins > 0).mean())
    holds = float(np.mean([claim.holds(value) for value in values]))
    breaker, correlation = "", math.nan
    if keeps < ENOUGH:
        breaker, correlation = _most_correlated(design, margins, names)
    return Robust(
        claim=claim, keeps=keeps, holds=holds, n=n, breaker=breaker, correlation=correlation
    )


def margin(claim: Claim, values: FloatArray) -> FloatArray:
    """How far values are on the right side of "no effect" or, where a claim has no sign, inside of
    what it accepts; not above zero where they are not, and all the way off where there is none."""
    found = _margin(claim, values)
    return np.where(np.isnan(values), -math.inf, found)


def _margin(claim: Claim, values: FloatArray) -> FloatArray:
    neutral = claim.rule.neutral
    if claim.side is not None and neutral is not None:
        return values - neutral if claim.side == "above" else neutral - values
    low, high = claim.bounds
    inside = np.minimum(values - low, high - values)
    return inside if claim.rule.strict else np.nextafter(inside, math.inf)


def _most_correlated(
    design: FloatArray, margins: FloatArray, names: Sequence[str]
) -> tuple[str, float]:
    from scipy.stats import spearmanr

    if len(margins) < 3 or len(np.unique(margins)) == 1:  # all may be without a value
        return "", math.nan
    found = [float(spearmanr(column, margins).statistic) for column in design.T]
    place = int(np.argmax(np.abs(found)))
    return names[place], found[place]


def _claims(suite: Suite) -> str:
    """The same, for the identity of a folder."""
    return hashlib.sha256(canonical_json(content_of(suite)).encode()).hexdigest()[:24]


def _from_file(file: Path, study: str, suite: Suite) -> dict[int, tuple[Value, ...]]:
    """Values in a file of the form that was before folders: a line says of which study they are,
    each other one is a set and its values, null where an arm could not be simulated."""
    rows = []
    for line in file.read_text(encoding="utf-8").splitlines():
        with suppress(ValueError):  # a line that was cut off
            rows.append(json.loads(line))
    if not rows or rows[0] != {"study": study}:
        why = "holds another study (network, claims, number of sets, factor or seed differ)"
        raise InputError(Problem(what=str(file), why=why, way_out="name another file"))
    return {
        place: tuple(Value(number=math.nan if v is None else v, not_run=v is None) for v in values)
        for place, *values in rows[1:]
        if len(values) == len(suite.cases)
    }


def _values(
    suite: Suite,
    plan: Plan,
    parts: Parts | None,
    *,
    workers: Workers,
    shard: tuple[int, int] | None = None,
    progress: Progress | None = None,
    run: bool = True,
) -> dict[int, tuple[Value, ...]]:
    """The claims' values under each set of a plan, by its place; without `run`, those stored."""
    arms, claims = suite.arms, len(suite.cases)

    def measure(item: Item, found: Sequence[Gathered]) -> "pd.DataFrame":
        import pandas as pd

        of = dict(zip(arms, found, strict=True))
        done = {arm: courses_of(suite, arm, g.values) for arm, g in of.items() if g.finished}
        reasons = {arm: g.failures[0].reason for arm, g in of.items() if not g.finished}
        values = [value_of(case, done, reasons) for case in suite.cases]
        return pd.DataFrame(
            {
                "number": [value.number for value in values],
                "note": [value.note for value in values],
                "not_run": [value.not_run for value in values],
            }
        )

    items = items_of(plan, names=[f"set {i}" for i in range(len(plan.conditions) // len(arms))])
    if run:
        frame = run_campaign(
            plan, items, measure=measure, parts=parts, workers=workers, shard=shard,
            progress=progress,
        )  # fmt: skip
    else:
        assert parts is not None
        frame = parts.read()
    place = {item.key: number for number, item in enumerate(items)}
    columns = (frame[name].tolist() for name in ("number", "note", "not_run"))
    values = [Value(number=n, note=note, not_run=no) for n, note, no in zip(*columns, strict=True)]
    return {
        place[key]: tuple(values[first * claims : (first + 1) * claims])
        for first, key in enumerate(frame["key"].iloc[::claims])
    }
