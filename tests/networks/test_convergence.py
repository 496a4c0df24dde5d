"""Token sizes and quanta do not shape the noise of what is counted one by one (`make verify`).

Halving all of them at once: the CV of each mRNA after some hours, from the declared start and under a
change that moves it, moves by less than 10 %: the 95 % interval of the log ratio lies within 0.10. The
mRNA with the rarest bursts (MCT1, kurtosis 8) needs 16,000 cells a side, so that a true ratio of 1
passes with a probability of 0.9999; the 8,000 of `symbiosis`, after 1 h, 0.995. Some 2 hours of CPU.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest

import simnet as sn

Moved = sn.Set | sn.Dose
MOVED: dict[str, tuple[Moved, str, int]] = {
    "hypoxia": (sn.Set("O2_percent", 1.0), "4 h", 16_000),
    "lactate_mtor": (sn.Dose("rapamycin", nM=100), "4 h", 16_000),
    "symbiosis": (sn.Dose("axitinib", nM=10), "1 h", 8_000),
}
"""What moves a network, for how long, and how many cells a side."""


@pytest.mark.verify
@pytest.mark.parametrize("name", MOVED)
def test_cvs_at_half_the_token_sizes(
    name: str, keep_figures: Callable[[str, object], None]
) -> None:
    network, (moved, t_end, cells) = sn.load(name), MOVED[name]
    counted = [r.name for r in network.readouts if "_mRNA" in r.name]
    sizes = [p.id for p in network.parameters if p.id.endswith("_copies_per_token")]
    halved = [sn.Scale(size, 0.5) for size in sizes]
    whole = _counts(network, counted, [moved], t_end, cells, 1)
    half = _counts(network, counted, [moved, *halved], t_end, cells, 2)
    outside, intervals = [], {}
    for column, readout in enumerate(counted):
        low, high = _log_ratio(whole[:, column], half[:, column])
        print(f"{name}: {readout:20s} log ratio of CVs {low:+.3f} to {high:+.3f}")
        intervals[readout] = [low, high]
        if not -0.10 < low <= high < 0.10:
            outside.append(readout)
    keep_figures(f"cvs-{name}", {"cells": cells, "t_end": t_end, "intervals": intervals})
    assert counted
    assert sizes
    assert outside == []


def _counts(
    network: sn.Network,
    counted: list[str],
    changes: list[Moved | sn.Scale],
    t_end: str,
    cells: int,
    seed: int,
) -> np.ndarray:
    """(cells, mRNA) at the end."""
    run = sn.simulate(
        network,
        t_end=t_end,
        points=2,
        method="ssa",
        engine="compiled/lockstep",  # the faster one here, with this many replicates
        replicates=cells,
        seed=seed,
        changes=changes,
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
