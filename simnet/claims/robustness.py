"""Robustness: do claims keep their sign where parameters are not what we took them for?

Parameters are drawn by Latin hypercube (McKay, Beckman & Conover 1979, doi:10.2307/1268522), each
uniform on a logarithmic scale within a factor of its value. What breaks a claim is looked for by
Spearman's rank correlation of each parameter with the claim's margin: how far its value is on the
right side.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import BoolArray, FloatArray
from simnet.catalogue.claims import Claim
from simnet.claims.courses import Settings
from simnet.claims.measure import Value
from simnet.claims.sets import run_sets
from simnet.claims.suite import Suite, load_suite
from simnet.elementary import exp, log
from simnet.errors import InputError, Problem
from simnet.execute.checks import ALLOWED_IN_SPREADS
from simnet.execute.progress import Progress
from simnet.experiment.change import Change, Set
from simnet.network.digest import canonical_json
from simnet.network.network import Network, Parameter

if TYPE_CHECKING:
    import pandas as pd

ENOUGH = 0.7
"""Below this fraction the parameter that breaks a claim is named."""

_RTOL = 1e-5  # fractions over hundreds of sets do not see the rest
_LONGEST = 30.0  # seconds an arm may take: where CVODE stalls, the set has no value
_BROAD = math.inf
_FORMAT = 2  # of lines: null where an arm could not be simulated, NaN where there is no value


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
        done: sets that were run; fewer than S only where what a file holds is judged.
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
    run: bool = True,
    folder: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Robustness:
    """Run a network's claims (ODE) under many sets of parameters.

    Args:
        network: as in `run_claims`, as are `folder`, `workers` and `progress`.
        sets: how many.
        fold: each parameter is within this factor of its value, and within its declared range.
        seed: of the design.
        out: a file that keeps the values; where it has part of the same study, only the rest is run.
        run: False to judge the sets that `out` holds and run no more.
        folder: with claims.csv and protocols.toml.
        workers: worker processes.
        progress: called with (simulations done, in all).

    Raises:
        InputError: mistakes in the call or in the tables, or a file that holds another study.
    """
    problems = []
    if sets < 2:
        problems.append(Problem(what=f"sets={sets}", why="not at least 2"))
    if not (math.isfinite(fold) and fold > 1):
        problems.append(Problem(what=f"fold={fold}", why="not above 1"))
    if not run and out is None:
        problems.append(Problem(what="run=False", why="without `out` there is nothing to judge"))
    if problems:
        raise InputError(problems)
    suite = load_suite(network, folder=folder).for_method("ode")
    varied = varied_parameters(suite.network)
    design = latin_hypercube(varied, sets=sets, fold=fold, seed=seed)
    names = tuple(parameter.id for parameter in varied)
    key = _key(suite, names, fold, seed, sets)
    values = _kept(Path(out), key, sets, len(suite.cases)) if out is not None else {}
    todo = [place for place in range(sets) if place not in values]
    changes: list[tuple[Change, ...]] = [
        tuple(Set(name, float(value)) for name, value in zip(names, design[place], strict=True))
        for place in todo
    ]

    def keep(index: int, found: tuple[Value, ...]) -> None:
        values[todo[index]] = row = [None if v.not_run else v.number for v in found]
        if out is not None:
            _keep(Path(out), key, todo[index], row)

    if run and todo:
        settings = Settings(
            workers=workers, rtol=_RTOL, timeout=_LONGEST, allowed_error=ALLOWED_IN_SPREADS
        )
        run_sets(suite, changes, keep, settings=settings, progress=progress)
    rows = [values.get(place, [None] * len(suite.cases)) for place in range(sets)]
    table = np.array([[math.nan if v is None else v for v in row] for row in rows])
    ran = np.array([[v is not None for v in row] for row in rows])
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
        done=len(values),
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
    if len(margins) < 3 or np.ptp(margins) == 0:
        return "", math.nan
    from scipy.stats import rankdata

    middle = (len(margins) + 1) / 2
    ranks, other = rankdata(design, axis=0) - middle, rankdata(margins) - middle
    found = (other @ ranks) / np.sqrt((ranks**2).sum(axis=0) * (other**2).sum())
    place = int(np.argmax(np.abs(found)))
    return names[place], float(found[place])


def _key(suite: Suite, names: Sequence[str], fold: float, seed: int, sets: int) -> str:
    """All that the values depend on."""
    claims = [[case.claim.id, str(case.readout), repr(case.protocol)] for case in suite.cases]
    content = [suite.network.digest, list(names), fold, seed, sets, claims, _FORMAT]
    return canonical_json(content)


def _keep(file: Path, key: str, place: int, values: Sequence[float | None]) -> None:
    """Add a set's values to the file, as a line; the first line says of which study."""
    text = json.dumps({"study": key}) + "\n"
    if file.is_file():  # a line that was cut off is left as it is
        with file.open("rb") as stream:
            stream.seek(-1, 2)
            text = "" if stream.read() == b"\n" else "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(text + json.dumps([place, *values]) + "\n")


def _kept(file: Path, key: str, sets: int, claims: int) -> dict[int, list[float | None]]:
    """The values in a file; a line that was not finished is run again."""
    if not file.is_file():
        return {}
    rows = list(_lines(file))
    if not rows or not isinstance(rows[0], dict) or rows[0].get("study") != key:
        why = "holds another study (network, claims, number of sets, factor or seed differ)"
        raise InputError(Problem(what=str(file), why=why, way_out="name another file"))
    found = {}
    for row in rows[1:]:
        if isinstance(row, list) and len(row) == claims + 1 and row[0] in range(sets):
            found[int(row[0])] = [None if value is None else float(value) for value in row[1:]]
    return found


def _lines(file: Path) -> Iterator[object]:
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            yield None
