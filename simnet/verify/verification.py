"""`Verification`: what `cross_check` found, as a table and a verdict."""

from dataclasses import dataclass
from math import log, sqrt
from typing import TYPE_CHECKING

import numpy as np

from simnet.arrays import FloatArray, Times
from simnet.network.network import Readout
from simnet.verify.comparison import EngineComparison

if TYPE_CHECKING:
    import pandas as pd

EXACT = "CME"
"""The name of the chemical master equation among the sides."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Verification:
    """Engines against each other, and against the master equation where it could be solved.

    Attributes:
        network: its id.
        digest: of the network.
        time_unit: of all times; None where the model states none.
        times: (T,) at which was compared.
        readouts: (R,) what was compared.
        engines: name and version of each engine that ran.
        replicates: finished replicates of each engine, by name.
        states: states of the master equation; 0 where it was not solved.
        comparisons: each pair of sides in each readout at each time.
        failures: replicates that failed: a right engine has none.
        left_out: engines or the master equation, with the reason.
        ode: (T, R) the deterministic solution, NaN where there is none. It is no side: where laws
            are not linear, the mean of an exact stochastic run differs from it.
        alpha: the chance of a false alarm in the whole call, at most.
        seed: from which every replicate's seed is made.
    """

    network: str
    digest: str
    time_unit: str | None
    times: Times
    readouts: tuple[Readout, ...]
    engines: dict[str, str]
    replicates: dict[str, int]
    states: int
    comparisons: tuple[EngineComparison, ...]
    failures: tuple[str, ...]
    left_out: dict[str, str]
    ode: FloatArray
    alpha: float
    seed: int

    @property
    def agree(self) -> bool:
        """Whether nothing is wrong: no comparison disagrees, and no replicate failed."""
        return not self.disagreements and not self.failures

    @property
    def disagreements(self) -> tuple[EngineComparison, ...]:
        """Comparisons whose corrected p-value is below `alpha`."""
        return tuple(c for c in self.comparisons if c.p < self.alpha)

    @property
    def tests(self) -> int:
        """How many tests were made: three for each comparison."""
        return 3 * len(self.comparisons)

    @property
    def noticed(self) -> float:
        """The difference of means, in standard deviations, that the least sharp comparison would
        notice in a normal readout one time in two."""
        score = sqrt(2 * log(2.4 * max(self.tests, 1) / self.alpha))
        return score * max(
            sqrt(sum(1 / self.replicates[side] for side in sides if side != EXACT))
            for sides in {(c.first, c.second) for c in self.comparisons}
        )

    def frame(self) -> "pd.DataFrame":
        """A row for each comparison.

        Columns: readout, time, first, second, mean_first, mean_second, sd_first, sd_second, z,
        p_mean, p_sd, p_shape, p (Holm), agree, ode; means, spreads and ode in the readout's unit.
        """
        import pandas as pd

        places = {r.name: i for i, r in enumerate(self.readouts)}
        rows = [
            {
                "readout": c.readout,
                "time": c.time,
                "first": c.first,
                "second": c.second,
                "mean_first": c.mean[0],
                "mean_second": c.mean[1],
                "sd_first": c.sd[0],
                "sd_second": c.sd[1],
                "z": c.z,
                "p_mean": c.p_mean,
                "p_sd": c.p_sd,
                "p_shape": c.p_shape,
                "p": c.p,
                "agree": c.p >= self.alpha,
                "ode": float(self.ode[np.searchsorted(self.times, c.time), places[c.readout]]),
            }
            for c in self.comparisons
        ]
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        verdict = "agree" if self.agree else "DISAGREE"
        sides = [f"{name} ({n} replicates)" for name, n in self.replicates.items()]
        sides += [f"{EXACT} ({self.states} states)"] if self.states else []
        found = f"{len(self.disagreements)} of {len(self.comparisons)} comparisons"
        return f"{self.network}: {', '.join(sides)} {verdict}; {found} disagree"
