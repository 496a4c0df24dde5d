"""Token sizes and quanta do not shape the noise of what is counted one by one (`make verify`).

Halving all of them at once: the CV of each mRNA after some hours, under what moves the network, moves
by less than 10 %: the 95 % interval of the log ratio lies within 0.10. `hypoxia` and `lactate_mtor`
start as declared; the mRNA with the rarest bursts (MCT1, kurtosis 8) needs 16,000 cells a side, so
that a true ratio of 1 passes with a probability of 0.9999. `symbiosis` costs nine times as much an
hour and starts without mRNA: bursts are then all that spreads its mRNA, a change of their number or
size is not diluted, and the rarest (PDK1, a third of a burst a cell in 2 h) need 8,000 cells for an
interval of 0.05 to each side. Some 2 hours of CPU.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

import simnet as sn

HYPOXIA = sn.Set("O2_percent", 1.0)
AXITINIB, RAPAMYCIN = sn.Dose("axitinib", nM=10), sn.Dose("rapamycin", nM=100)


class Course(NamedTuple):
    """What moves a network, for how long, how many cells a side, and whether mRNA is there at first."""

    changes: list[sn.Set | sn.Dose]
    t_end: str
    cells: int
    mrna_at_first: bool = True


COURSES = {
    "hypoxia": Course([HYPOXIA], "4 h", 16_000),
    "lactate_mtor": Course([RAPAMYCIN], "4 h", 16_000),
    "symbiosis": Course([AXITINIB, RAPAMYCIN], "2 h", 8_000, mrna_at_first=False),
}


@pytest.mark.verify
@pytest.mark.parametrize("name", COURSES)
def test_cvs_at_half_the_token_sizes(
    name: str, keep_figures: Callable[[str, object], None]
) -> None:
    network, course = sn.load(name), COURSES[name]
    counted = [r.name for r in network.readouts if "_mRNA" in r.name]
    sizes = [p.id for p in network.parameters if p.id.endswith("_copies_per_token")]
    halved = [sn.Scale(size, 0.5) for size in sizes]
    whole = _counts(network, counted, course, [], seed=1)
    half = _counts(network, counted, course, halved, seed=2)
    outside, intervals = [], {}
    for column, readout in enumerate(counted):
        low, high = _log_ratio(whole[:, column], half[:, column])
        print(f"{name}: {readout:20s} log ratio of CVs {low:+.3f} to {high:+.3f}")
        intervals[readout] = [low, high]
        if not -0.10 < low <= high < 0.10:
            outside.append(readout)
    figures = {"cells": course.cells, "t_end": course.t_end, "intervals": intervals}
    keep_figures(f"cvs-{name}", figures)
    assert counted
    assert sizes
    assert outside == []


def _counts(
    network: sn.Network, counted: list[str], course: Course, halved: list[sn.Scale], seed: int
) -> np.ndarray:
    """(cells, mRNA) at the end."""
    mrna = [species.name for species in network.species if "_mRNA" in species.name]
    none = [] if course.mrna_at_first else [sn.Set(name, 0) for name in mrna]
    run = sn.simulate(
        network,
        t_end=course.t_end,
        points=2,
        method="ssa",
        engine="compiled/lockstep",  # the faster one here, with this many replicates
        replicates=course.cells,
        seed=seed,
        changes=[*none, *course.changes, *halved],
        readouts=counted,
    )
    return run.values[0, :, -1]


def _log_ratio(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """95 % interval of log(CV2 / CV1), by the delta method with the sample's own moments."""

    def moments(x: np.ndarray) -> tuple[float, float]:
        mean, sd, n = x.mean(), x.std(ddof=1), len(x)
        z = (x - mean) / sd
        cv = sd / mean
        variance = ((z**4).mean() - 1) / 4 - cv * (z**3).mean() + cv**2
        return math.log(cv), variance / n

    (log1, var1), (log2, var2) = moments(first), moments(second)
    half_width = 1.96 * math.sqrt(var1 + var2)
    return log2 - log1 - half_width, log2 - log1 + half_width
