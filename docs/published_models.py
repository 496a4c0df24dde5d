"""Writes docs/published_models.md: time courses of S6K and S6 in published models, data and ours.

    python docs/published_models.py FOLDER [NETWORK]

FOLDER holds the published files: BIOMD0000000640*.xml and BIOMD0000000448*.xml from
BioModels, and the PEtab problem Fujita_SciSignal2010 (Fujita_SciSignal2010 in
Benchmark-Models-PEtab) as PEtab_Fujita2010_model.xml and PEtab_*_Fujita_SciSignal2010.tsv.
NETWORK is `lactate_mtor`, or a file of it.
"""

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import simnet as sn
from simnet.arrays import FloatArray

PAGE = Path(__file__).with_name("published_models.md")


@dataclass(frozen=True, kw_only=True)
class Course:
    """A readout over time: minutes from a change, and values."""

    minutes: FloatArray
    values: FloatArray

    @property
    def peak(self) -> float:
        """When it is largest."""
        return float(self.minutes[np.argmax(self.values)])

    @property
    def top(self) -> str:
        """When it is largest, in words."""
        if self.peak == self.minutes[-1]:
            return f"none: still rising at {self.peak / 60:.0f} h"
        return f"{self.peak:.0f} min"

    @property
    def rise(self) -> float:
        """When it is first half-way from its start to its largest value."""
        top = int(np.argmax(self.values))
        part = (self.values[: top + 1] - self.values[0]) / (self.values[top] - self.values[0])
        return float(np.interp(0.5, np.maximum.accumulate(part), self.minutes[: top + 1]))

    @property
    def fall(self) -> float:
        """When it is first at half of its start."""
        return float(np.interp(-0.5, -self.values / self.values[0], self.minutes))

    def later(self, minutes: float) -> float:
        """The value at a time, relative to the largest."""
        return float(np.interp(minutes, self.minutes, self.values) / self.values.max())


Changes = Sequence[sn.Set | sn.Dose | sn.Washout]


def course(
    network: sn.Network,
    readout: str,
    minutes: float,
    *changes: sn.Set | sn.Dose,
    rest: float = 0.0,
    unit: float = 1.0,
    before: Sequence[sn.Set] = (),
) -> Course:
    """A readout after changes that are made after `rest` minutes, twenty points a minute at first.

    `unit` is a minute in the file's numbers of time; `before` is set at the very start.
    """
    end = rest + minutes
    run = sn.simulate(
        network,
        t_end=end * unit,
        points=round(end * (20 if end <= 600 else 1)) + 1,
        changes=[*before, *changes] if rest == 0 else before,
        schedule=[sn.At(rest * unit, *changes)] if rest > 0 else (),
        readouts=[readout],
        workers=0,
    )
    time = run.times / unit - rest
    kept = time >= -1e-9
    return Course(minutes=time[kept], values=run.readout(readout)[0, kept])


def dalle_pezze(folder: Path) -> Course:
    """Dalle Pezze 2016: doubly phosphorylated S6K after amino acids, from nothing phosphorylated."""
    network = sn.load(_one(folder, "BIOMD0000000640*.xml"))
    return course(network, "p70_S6K_pT229_pT389", 120)


def brannmark(folder: Path, readout: str) -> Course:
    """Brannmark 2013: S6Kp or S6p after the phosphorylation of S6K stops, 500 min into insulin."""
    network = sn.load(_one(folder, "BIOMD0000000448*.xml"))
    return course(network, readout, 100, sn.Set("k9f1", 0), rest=500)


def fujita_model(folder: Path, dose: float) -> Course:
    """Fujita 2010: pS6 in the fitted model under a step of EGF (ng/mL)."""
    network = sn.load(folder / "PEtab_Fujita2010_model.xml")
    values = {
        row["parameterId"]: float(row["nominalValue"])
        for row in _rows(folder / "PEtab_parameters_Fujita_SciSignal2010.tsv")
    }
    fitted = [sn.Set(p.id, values[p.id]) for p in network.parameters if p.id in values]
    starts = {"Akt": "init_AKT", "EGFR": "init_EGFR", "S6": "init_S6"}
    fitted = [s for s in fitted if s.name not in starts.values()]
    fitted += [sn.Set(species, values[name]) for species, name in starts.items()]
    step = [sn.Set("EGF_0", dose), sn.Set("EGF_end", 3600)]
    return course(network, "pS6", 60, *fitted, *step, unit=60)  # its numbers of time are seconds


def fujita_data(folder: Path) -> dict[float, Course]:
    """Fujita 2010: pS6 as measured, by dose of EGF (ng/mL)."""
    doses = {
        row["conditionId"]: float(row["EGF_0"])
        for row in _rows(folder / "PEtab_experimentalCondition_Fujita_SciSignal2010.tsv")
    }
    points: dict[float, list[tuple[float, float]]] = {}
    for row in _rows(folder / "PEtab_measurementData_step_Fujita_SciSignal2010.tsv"):
        if row["observableId"] == "pS6_tot":
            time, value = float(row["time"]) / 60, float(row["measurement"])
            points.setdefault(doses[row["simulationConditionId"]], []).append((time, value))
    return {
        dose: Course(minutes=np.array(found)[:, 0], values=np.array(found)[:, 1])
        for dose, found in sorted((dose, sorted(pairs)) for dose, pairs in points.items())
    }


def ours(network: sn.Network, readout: str, first: Changes, then: Changes = ()) -> Course:
    """Ours over twelve hours, in minutes: after changes at rest, or after a day of the first ones
    and then others."""
    day = 24 * 60 if then else 0
    run = sn.simulate(
        network,
        t_end=f"{day + 720} min",
        points=2 * (day + 720) + 1,
        equilibrate="240 h",
        changes=first,
        schedule=[sn.At(f"{day} min", *then)] if then else (),
        readouts=[readout],
        workers=0,
    )
    minutes = run.times / 60 - day
    kept = minutes >= -1e-9
    return Course(minutes=minutes[kept], values=run.readout(readout)[0, kept])


def rows(folder: Path, network: sn.Network) -> list[tuple[str, str, str, str]]:
    """What is compared, theirs, ours, and why they differ."""

    def after_glutamine(readout: str) -> Course:
        return ours(network, readout, [sn.Set("glutamine_mM", 0)], [sn.Set("glutamine_mM", 2)])

    theirs, released = dalle_pezze(folder), ours(network, "pS6K", BLOCK, [sn.Washout("torin")])
    fed, fed_s6 = after_glutamine("pS6K"), after_glutamine("pS6")
    stop = {name: ours(network, name, BLOCK) for name in ("pS6K", "pS6")}
    gone = {name: brannmark(folder, name) for name in ("S6Kp", "S6p")}
    data = fujita_data(folder)
    fitted = {dose: fujita_model(folder, dose) for dose in data}
    last = max(data)
    return [
        (
            "S6K after amino acids (theirs) or glutamine (ours): half of the peak",
            f"Dalle Pezze 2016: {theirs.rise:.1f} min",
            f"{fed.rise:.0f} min; {released.rise:.1f} min where torin is washed out instead",
            RISE,
        ),
        (
            "the same: time of the peak",
            f"Dalle Pezze 2016: {theirs.peak:.0f} min, then down to {theirs.later(120):.0%} "
            "of it at 120 min",
            f"{fed.top}; at 120 min {fed.later(120):.0%} of the largest",
            PEAK,
        ),
        (
            "pS6K after its kinase is blocked: half-life",
            f"Brannmark 2013: {gone['S6Kp'].fall:.1f} min",
            f"{stop['pS6K'].fall:.1f} min",
            DECAY_S6K,
        ),
        (
            "pS6 after the same block: half-life",
            f"Brannmark 2013: {gone['S6p'].fall:.1f} min",
            f"{stop['pS6'].fall:.1f} min",
            DECAY_S6,
        ),
        (
            "pS6 after a step of growth factor (theirs) or glutamine (ours): time of the peak",
            f"Fujita 2010: measured at {_range([c.peak for c in data.values()])} min (points at "
            f"15, 30 and 60), fitted model {_range([c.peak for c in fitted.values()])} min "
            f"(0.1-30 ng/mL EGF)",
            fed_s6.top,
            PEAK_S6,
        ),
        (
            "the same: what is left at 60 min, of the peak",
            f"Fujita 2010: measured {_range([100 * c.later(60) for c in data.values()])} %, "
            f"at {last:g} ng/mL {data[last].later(60):.0%}",
            f"{fed_s6.later(60):.0%}",
            LEFT_S6,
        ),
    ]


BLOCK = [sn.Dose("torin", nM=1000)]

RISE = (
    "Theirs senses amino acids at mTORC1 itself. Ours senses glutamine by aKG: the pools of "
    "glutamine, glutamate and aKG fill first, at metabolic rates that are slowed down five times "
    "(the steady state is the same). Where only the kinase is set free, both are a matter of minutes."
)
PEAK = (
    "Theirs is drawn back by S6K on IRS and by TSC; ours has no growth factor and no such feedback, "
    "and goes to a plateau."
)
DECAY_S6K = (
    "The kinase is blocked at once in both, so this is dephosphorylation alone: ours was set between "
    "the two fits, 15.7 min here and 0.6 min in Dalle Pezze 2016."
)
DECAY_S6 = (
    "Nearly alike for different reasons: theirs dephosphorylates S6 within seconds, and a part-saturated "
    "S6 follows S6K; in ours S6 itself is slow (half-life 12 min, from Fujita 2010), and S6K is faster."
)
PEAK_S6 = (
    "EGF acts through receptors that are taken in, so that the signal fades by itself; the medium "
    "of ours stays as it is. The measured peak is between its neighbours in time, 15 and 60 min."
)
LEFT_S6 = "As above: what falls again in theirs is the receptor's signal, which ours does not have."


def page(found: Sequence[tuple[str, str, str, str]]) -> str:
    """The page, in Markdown."""
    head = ("what", "published", "`lactate_mtor`", "why they differ")
    table = [head, ("---",) * 4, *found]
    lines = ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join([INTRODUCTION, *lines, "", SOURCES])


INTRODUCTION = """# S6K and S6: published models and ours

Written by `python docs/published_models.py FOLDER`, which runs the published files and `lactate_mtor`
with simnet (ODE). `lactate_mtor` has the dephosphorylation of S6 from the fit of Fujita 2010, and that of S6K
was set between the fits of the two others; the rest of it does not know these models.
"""

SOURCES = """The files: BIOMD0000000640 (Dalle Pezze 2016, amino acids alone, no insulin), BIOMD0000000448
(Brannmark 2013, healthy adipocyte; at 500 min of 10 nM insulin S6K is phosphorylated no more, `k9f1` = 0),
both of BioModels; Fujita_SciSignal2010 of the PEtab benchmark collection (Fujita 2010, steps of EGF,
nominal parameters; the numbers of time in its file are seconds). Ours: rest in normoxia; a day without
glutamine, then 2 mM; or torin 1 uM.
"""


def _range(values: Sequence[float]) -> str:
    low, high = round(min(values)), round(max(values))
    return f"{low}" if low == high else f"{low}-{high}"


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if not found:
        raise SystemExit(f"{folder}: no file {pattern}")
    return found[0]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream, delimiter="\t"))


def main(arguments: Sequence[str]) -> None:
    """Write the page."""
    if not arguments:
        raise SystemExit(__doc__)
    network = sn.load(arguments[1] if len(arguments) > 1 else "lactate_mtor")
    PAGE.write_text(page(rows(Path(arguments[0]), network)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
