"""The SBML stochastic test suite: cases, runs, and one verdict a case.

The suite asks that, with n runs,
    Z = sqrt(n) (mean - mu)/sigma  lies in (-3, 3)  and  Y = sqrt(n/2) (s^2/sigma^2 - 1)  in (-5, 5).
Its points are correlated in time, and Y is that of a normal distribution; so its counts are only
shown. A case fails where the smallest p-value of its points is below 1e-4, divided by their number
(Bonferroni; mean and variance of each output at each time is a point). With skewness g and excess
kurtosis k of the exact distribution (`exact_moments`):
- mean: Pearson's type III distribution with the skewness of a mean of n, g/sqrt(n); where g is 0 it
  is the normal distribution;
- variance: s^2/sigma^2 is taken as chi2(f)/f with the f that gives its true variance,
  2/f = k/n + 2/(n-1) (Box 1953, Biometrika 40:318). Below f = 30 the sample says nothing about a
  tail of 1e-6, and the point is left out: that is `untested`.
Where sigma is 0 every run has to be at mu.

A case that fails is run with three other root seeds; it counts as wrong where two of the four fail.
"""

import csv
import hashlib
import json
import math
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from exact_moments import exact_moments
from scipy import stats

import simnet as sn
from simnet.engines.table import ENGINES as TABLE

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests" / "data" / "dsmts"
RESULTS = ROOT / "out" / "verify" / "dsmts"
FALSE_ALARMS = 1e-4
LEAST_FREEDOM = 30.0
SEEDS = 4
"""Root seeds that a case has: the first decides, the others are for a case that fails."""

ENGINES = [n for n, e in TABLE.items() if "ssa" in e.methods and n != "reference"]
"""Those that run every case; `reference` is for small ones. A new row of the table joins them."""
SMALL = ("00004", "00020", "00025", "00026", "00028", "00030", "00032", "00034", "00037")
"""Cases of few firings."""
RUNS = [(engine, f.name) for engine in ENGINES for f in sorted(CASES.glob("0*"))]
RUNS += [("reference", name) for name in SMALL]
"""What `make verify` runs 10,000 times: engine and case."""

KINETICS: dict[str, tuple[str, str]] = {}
"""Cases whose laws are undeclared and ambiguous: (kinetics, reason). None is: the homodimer laws of
00030 to 00032 are k*P*(P-1)/2, whose falling factorial no ODE modeler writes, so they are taken as
they stand; in 00034 and 00035 no reaction uses two copies of anything."""


@dataclass(frozen=True)
class Case:
    """A case of the suite."""

    name: str

    @property
    def sbml(self) -> Path:
        return CASES / self.name / f"{self.name}-sbml-l3v1.xml"

    @cached_property
    def settings(self) -> dict[str, str]:
        text = (CASES / self.name / f"{self.name}-settings.txt").read_text(encoding="utf-8")
        return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)

    @cached_property
    def outputs(self) -> list[str]:
        return [v.strip() for v in self.settings["variables"].split(",")]

    @cached_property
    def columns(self) -> dict[str, np.ndarray]:
        """Columns "time", "X-mean", "X-sd", ...: (T,)."""
        text = (CASES / self.name / f"{self.name}-results.csv").read_text(encoding="utf-8")
        head, *rows = [row for row in csv.reader(text.splitlines()) if row]
        return dict(zip(head, np.array(rows, dtype=float).T, strict=True))

    @property
    def times(self) -> np.ndarray:
        return self.columns["time"]

    def range(self, which: str) -> tuple[float, float]:
        low, high = self.settings[which].strip("() ").split(",")
        return float(low), float(high)

    @cached_property
    def exact(self) -> dict[str, np.ndarray]:
        """(T, 4) by output: mean, sd, skewness, excess kurtosis."""
        return exact_moments(self.sbml.read_text(encoding="utf-8"), self.outputs, self.times)

    def network(self) -> sn.Network:
        kinetics, _ = KINETICS.get(self.name, (None, ""))
        return sn.load(self.sbml, kinetics=kinetics)  # type: ignore[arg-type]

    def seed(self, which: int) -> int:
        """Root seeds that no two cases share: many cases are one process written in many ways."""
        return int(self.name) + 100_000 * which


def all_cases() -> list[Case]:
    return [Case(folder.name) for folder in sorted(CASES.glob("0*"))]


@dataclass(frozen=True)
class Verdict:
    """What one ensemble of a case says."""

    case: str
    engine: str
    n: int
    seed: int
    until: float
    versions: dict[str, str]
    points: int
    z_outside: int
    z_largest: float
    y_outside: int
    y_largest: float
    p_mean: float
    p_variance: float
    untested: int
    inexact: int
    seconds: float

    @property
    def bound(self) -> float:
        return FALSE_ALARMS / max(self.points, 1)

    @property
    def passed(self) -> bool:
        return min(self.p_mean, self.p_variance) >= self.bound and not self.inexact

    def __str__(self) -> str:
        return (
            f"{self.case} {self.engine} n={self.n} seed={self.seed}: "
            f"{'pass' if self.passed else 'FAIL'}; p mean {self.p_mean:.2g}, variance "
            f"{self.p_variance:.2g} (bound {self.bound:.2g} over {self.points} points, "
            f"{self.untested} untested, {self.inexact} not exact); suite: {self.z_outside} Z outside "
            f"(largest {self.z_largest:.2f}), {self.y_outside} Y outside ({self.y_largest:.2f})"
        )


@cache
def _sources() -> str:
    """A digest of the sources that a run goes through: between releases the version stays."""
    digest = hashlib.sha256()
    folder = Path(sn.__file__).parent
    for part in ("network", "sbml", "experiment", "engines", "execute"):
        for file in sorted((folder / part).rglob("*.[pc]*")):
            if file.suffix in (".py", ".c"):
                digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def versions(engine: str) -> dict[str, str]:
    """What a result depends on."""
    used = {"simnet": version("simnet-bio"), "sources": _sources()}
    if engine == "roadrunner":
        used["libroadrunner"] = version("libroadrunner")
    elif engine != "reference":
        used[engine] = TABLE[engine].version()
    return used


def judged(case: Case, values: dict[str, np.ndarray], about: dict[str, Any]) -> Verdict:
    """The verdict on runs (n, T) by output, on the first T times; `about` is put in as it is."""
    z_all, y_all, p_mean, p_variance = [], [], [], []
    untested = inexact = 0
    n = about["n"]
    for output, runs in values.items():
        length = runs.shape[1]
        mu = case.columns[f"{output}-mean"][:length]
        sigma = case.columns[f"{output}-sd"][:length]
        skewness, kurtosis = case.exact[output][:length, 2:].T
        random = sigma > 0
        inexact += int((runs[:, ~random] != mu[~random]).any(axis=0).sum())
        for i in np.flatnonzero(random):
            z = math.sqrt(n) * (runs[:, i].mean() - mu[i]) / sigma[i]
            ratio = runs[:, i].var(ddof=1) / sigma[i] ** 2
            z_all.append(z)
            y_all.append(math.sqrt(n / 2) * (ratio - 1))
            p_mean.append(_two_sided(stats.pearson3(skewness[i] / math.sqrt(n)), z))
            freedom = 2 / (kurtosis[i] / n + 2 / (n - 1))
            if freedom >= LEAST_FREEDOM:
                p_variance.append(_two_sided(stats.chi2(freedom), freedom * ratio))
            else:
                untested += 1
    return Verdict(
        **about,
        points=len(p_mean) + len(p_variance),
        z_outside=_outside(z_all, case.range("meanRange")),
        z_largest=float(np.abs(z_all).max(initial=0)),
        y_outside=_outside(y_all, case.range("sdRange")),
        y_largest=float(np.abs(y_all).max(initial=0)),
        p_mean=min(p_mean, default=1.0),
        p_variance=min(p_variance, default=1.0),
        untested=untested,
        inexact=inexact,
    )


def _two_sided(distribution: Any, value: float) -> float:
    return float(min(1.0, 2 * min(distribution.cdf(value), distribution.sf(value))))


def _outside(values: list[float], allowed: tuple[float, float]) -> int:
    return sum(not allowed[0] < value < allowed[1] for value in values)


def run(
    case: Case, *, n: int, seed: int, engine: str, workers: int | None, until: float | None = None
) -> Verdict:
    """Simulate n runs, up to `until` (one of the case's times), and judge them."""
    end = case.times[-1] if until is None else until
    length = int(np.flatnonzero(case.times == end)[0]) + 1
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = sn.simulate(
            case.network(),
            t_end=float(end),
            points=length,
            method="ssa",
            replicates=n,
            seed=seed,
            engine=engine,
            workers=workers,
            readouts=case.outputs,
        )
    return judged(
        case,
        {output: found.readout(output) for output in case.outputs},
        {
            "case": case.name,
            "engine": engine,
            "n": n,
            "seed": seed,
            "until": float(end),
            "versions": versions(engine),
            "seconds": round(time.perf_counter() - began, 1),
        },
    )


def kept(make: Callable[[], Verdict], case: Case, *, n: int, seed: int, engine: str) -> Verdict:
    """The verdict in the folder of results, or a new one that is put there: a run that was
    interrupted goes on at the case where it stopped."""
    used = "-".join(f"{name}{number}" for name, number in versions(engine).items())
    file = RESULTS / f"{case.name}-{engine}-n{n}-seed{seed}-{used}.json"
    if file.is_file():
        return Verdict(**json.loads(file.read_text(encoding="utf-8")))
    verdict = make()
    RESULTS.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".part")
    draft.write_text(json.dumps(asdict(verdict), indent=1))
    draft.replace(file)
    return verdict


def decided(ensemble: Callable[[int], Verdict], case: Case) -> list[Verdict]:
    """The verdict with the first seed, and with all four where that one fails."""
    first = ensemble(case.seed(0))
    if first.passed:
        return [first]
    return [first, *(ensemble(case.seed(i)) for i in range(1, SEEDS))]


def right(verdicts: list[Verdict]) -> bool:
    return sum(not verdict.passed for verdict in verdicts) < 2
