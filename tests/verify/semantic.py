"""The SBML semantic test suite: cases, ways of running them, and one outcome a run.

Every case is run as a user would, with defaults, in one process that lives on. It matches where each
output lies within the case's own tolerances: |found - right| <= absolute + relative * |right|.
"""

import csv
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

import simnet as sn
from simnet.network.expression import symbols
from simnet.network.network import Network
from simnet.network.timing import timed_reactions

FEW = Path(__file__).resolve().parents[1] / "data" / "semantic"
"""The cases that come along; the environment variable SIMNET_SEMANTIC says where all of them are."""

NEGATIVE_WITHIN = {"01626": "S2, which is no output: events exchange its two stoichiometries"}
"""Cases whose outputs are not negative, and some amount is on the way there."""

TIGHT = {"relative_tolerance": 1e-10, "absolute_tolerance": 1e-14}
"""Of roadrunner by itself."""

Verdict = Literal["match", "wrong", "refused", "raised"]


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    `flagged` is what the run warned of, `text` what differs, or why there is no result.
    """

    verdict: Verdict
    text: str = ""
    flagged: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """A case of the suite."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def sbml(self) -> Path:
        return self.folder / f"{self.name}.xml"

    @cached_property
    def settings(self) -> dict[str, str]:
        lines = (self.folder / f"{self.name}-settings.txt").read_text().splitlines()
        return {k.strip(): v.strip() for k, v in (x.split(":", 1) for x in lines if ":" in x)}

    def names(self, setting: str) -> list[str]:
        return [v.strip() for v in self.settings.get(setting, "").split(",") if v.strip()]

    @cached_property
    def table(self) -> tuple[list[str], np.ndarray]:
        """Names of the outputs, and times and right values, (T, 1 + outputs)."""
        text = (self.folder / f"{self.name}-results.csv").read_text()
        head, *rows = [row for row in csv.reader(text.splitlines()) if row]
        return [name.strip() for name in head[1:]], np.array(rows, dtype=float)

    @property
    def times(self) -> np.ndarray:
        return self.table[1][:, 0]

    @property
    def right(self) -> np.ndarray:
        return self.table[1][:, 1:]

    @property
    def allow_negative(self) -> bool:
        return bool((self.right < 0).any()) or self.name in NEGATIVE_WITHIN

    def places(self) -> dict[str, str]:
        """The compartment of each output that is a concentration."""
        import libsbml

        document = libsbml.readSBMLFromFile(str(self.sbml))
        species = {n: document.getModel().getSpecies(n) for n in self.names("concentration")}
        return {n: s.getCompartment() for n, s in species.items() if n in self.table[0]}

    def slack(self) -> np.ndarray:
        """(T, outputs): how far from the right value a match may lie."""
        return float(self.settings["absolute"]) + float(self.settings["relative"]) * np.abs(
            self.right
        )

    def judged(self, found: np.ndarray) -> Outcome:
        """The outcome of values (T, outputs)."""
        with np.errstate(invalid="ignore"):
            near = np.abs(found - self.right) <= self.slack()
        near |= (found == self.right) | (np.isnan(found) & np.isnan(self.right))
        if near.all():
            return Outcome("match")
        row, column = np.argwhere(~near)[0]
        name, right = self.table[0][column], self.right[row, column]
        text = f"{name}({self.times[row]:g}) is {found[row, column]:.7g}, right {right:.7g}"
        return Outcome("wrong", text)


def cases() -> list[Case]:
    """All cases where SIMNET_SEMANTIC says, else those that come along."""
    folder = Path(os.environ.get("SIMNET_SEMANTIC", FEW))
    return [Case(f) for f in sorted(folder.iterdir()) if f.is_dir() and f.name[0].isdigit()]


def bare(case: Case, sbml: Path | None = None, amounts_only: bool = False) -> Outcome:
    """roadrunner by itself, on the case's file or another one of the same model."""
    import roadrunner

    places = case.places()
    # or ids become properties of a class that simnet uses in this process
    no_properties = roadrunner.Config.ROADRUNNER_DISABLE_PYTHON_DYNAMIC_PROPERTIES
    roadrunner.Config.setValue(no_properties, True)
    try:
        runner = roadrunner.RoadRunner(str(sbml or case.sbml))
        for name, value in TIGHT.items():
            setattr(runner.integrator, name, value)
        chosen = [f"[{n}]" if n in places and not amounts_only else n for n in case.table[0]]
        volumes = list(dict.fromkeys(places.values())) if amounts_only else []
        runner.timeCourseSelections = ["time", *chosen, *volumes]
        result = np.array(runner.simulate(times=case.times.tolist()))
    except RuntimeError as error:
        return Outcome("refused", " ".join(str(error).split())[:100])
    finally:
        roadrunner.Config.setValue(no_properties, False)
    found = result[:, 1 : 1 + len(chosen)]
    for column, name in enumerate(case.table[0]):
        if name in places and amounts_only:
            found[:, column] /= result[:, 1 + len(chosen) + volumes.index(places[name])]
    return case.judged(found)


def _told(run: Callable[[], Outcome]) -> Outcome:
    """A run that may be refused; what it warns of is in the outcome."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            outcome = run()
        except sn.SimnetError as error:
            outcome = Outcome("refused", " ".join(str(error).split())[:200])
        except Exception as error:  # noqa: BLE001 - that there is none is what is tested
            outcome = Outcome("raised", f"{type(error).__name__}: {error}"[:200])
    told = tuple(str(w.message) for w in caught if issubclass(w.category, sn.SimnetWarning))
    return Outcome(outcome.verdict, outcome.text, told)


def ode(case: Case) -> Outcome:
    """`simulate` at its defaults."""

    def run() -> Outcome:
        return case.judged(_values(case, sn.load(case.sbml)))

    return _told(run)


def _values(case: Case, network: Network) -> np.ndarray:
    """(T, outputs) of a deterministic run; concentrations are amounts by the size of their place."""
    places = case.places()
    run = sn.simulate(
        network,
        t_end=float(case.times[-1]),
        points=len(case.times),
        readouts=list(dict.fromkeys([*case.table[0], *places.values()])),
        allow_negative=case.allow_negative,
        workers=0,
    )
    columns = [
        run.readout(n)[0] / (run.readout(places[n])[0] if n in places else 1.0)
        for n in case.table[0]
    ]
    return np.stack(columns, axis=1)


def exported(case: Case) -> Outcome:
    """What `write_sbml` writes, in roadrunner by itself. A Network's file holds amounts."""

    def run() -> Outcome:
        network = sn.load(case.sbml)
        with tempfile.TemporaryDirectory() as folder:
            file = sn.write_sbml(network, Path(folder) / "model.xml")
            return bare(case, file, amounts_only=True)

    return _told(run)


def is_linear(network: Network) -> bool:
    """Whether means follow the deterministic course: laws of first or no order that vanish with what
    they use up, and nothing else that reads or sets amounts."""
    amounts = set(network.species_index)
    if any(symbols(e) & amounts for event in network.all_events for _, e in event.assignments):
        return False
    return not network.state_events and all(
        sum(n for _, n in r.law.orders) <= 1
        and len(r.law.orders) == len(r.reactants)
        and not network.depends_on(r.law.rate) & amounts
        for r in network.reactions
    )


def ssa(case: Case) -> Outcome:
    """Replicates of the case with amounts as molecules, 1e4 or more of what there is most; where laws
    are not linear with 1e3, 1e4 and 1e5; and a tenth of these where laws depend on time, which the
    reference engine runs.

    At the end, and where nothing but laws changes amounts halfway as well, each mean lies within 4
    standard errors of the right value and the case's own tolerance. Where laws are not linear there
    may be a bias: it has to fall to half with ten times the molecules, and to 1 % of what there is
    most.
    """
    return _told(lambda: _ssa(case))


def _ssa(case: Case) -> Outcome:
    network = sn.load(case.sbml, kinetics="continuous")
    if network.document is not None:
        raise sn.UnsupportedError(network.document.obstacles)
    outputs = [n for n in case.table[0] if n in network.species_index]
    columns = [case.table[0].index(n) for n in outputs]
    starts = [s.initial for s in network.species]
    largest = max([0.0, *starts, *case.right[:, columns].ravel()])
    if not outputs or case.allow_negative or not 0 < largest < np.inf:
        return Outcome("refused", "no output is an amount above zero")
    linear = is_linear(network)
    rows = [-1] if network.all_events else [len(case.times) // 2, -1]
    right, slack = (table[rows][:, columns] for table in (case.right, case.slack()))
    bias, error = np.full_like(right, np.inf), np.zeros_like(right)
    part = 0.1 if timed_reactions(network) else 1.0
    for most, replicates in ((1e4, 100),) if linear else ((1e3, 200), (1e4, 100), (1e5, 40)):
        molecules = part * most
        before, uncertain = bias, error
        copies = 10.0 ** np.ceil(np.log10(molecules / largest))  # so that starts are whole
        values = _cells(case, copies, replicates, outputs)[:, rows]
        bias = np.abs(values.mean(axis=0) - right)
        error = values.std(axis=0, ddof=1) / np.sqrt(replicates)
        allowed = 4 * error + slack
        if not linear:
            falls = before / 2 + 2 * uncertain if np.isfinite(before).all() else bias
            allowed += falls if most < 1e5 else np.minimum(falls, 0.01 * largest)
        if (bias > allowed).any():
            row, column = np.argwhere(bias > allowed)[0]
            what = f"{outputs[column]} at {case.times[rows[row]]:g} with {molecules:g} molecules"
            how = f"{bias[row, column]:.3g} off, allowed {allowed[row, column]:.3g}"
            return Outcome("wrong", f"{what}, {'linear' if linear else 'not linear'}: {how}")
    return Outcome("match", "linear" if linear else "bias falls")


def _cells(case: Case, copies: float, replicates: int, outputs: list[str]) -> np.ndarray:
    """(N, T, outputs) in the case's own units."""
    places = {name: place for name, place in case.places().items() if name in outputs}
    run = sn.simulate(
        sn.load(case.sbml, kinetics="continuous", copies=copies),
        t_end=float(case.times[-1]),
        points=len(case.times),
        method="ssa",
        replicates=replicates,
        seed=int(case.name),
        readouts=[*outputs, *dict.fromkeys(places.values())],
        timeout="120 s",
    )
    sizes = [run.readout(places[n]) if n in places else 1.0 for n in outputs]
    amounts = [run.readout(n) / size / copies for n, size in zip(outputs, sizes, strict=True)]
    return np.stack(amounts, axis=-1)
