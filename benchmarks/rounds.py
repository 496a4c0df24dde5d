"""All engines on one case, in turns: what disturbs the machine disturbs all of them alike."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from cases import FIRINGS, Case
from host import Cut, Host

ROUNDS = 5
LEAST = {"compiled": 64}
"""Trajectories that belong together: replicates run side by side in lanes."""
MOST = 20_000
QUICK = 3.0
"""CPU seconds of a first run that is made twice, since it may not be like the others."""
COMPARED_WITH = ("roadrunner", "compiled")
"""What every other engine is compared with, so that five times the budget is theirs."""


@dataclass
class Row:
    """What came of one engine."""

    engine: str
    preparing: float = 0.0
    """CPU seconds to load, and to compile where it does."""
    per_round: list[float] = field(default_factory=list)
    """CPU seconds per trajectory."""
    samples: Any = None
    """(n, S) final amounts of all trajectories."""
    cut: str = ""
    """Why it stopped early, or did not run at all."""

    @property
    def n(self) -> int:
        return 0 if self.samples is None else len(self.samples)


@dataclass
class Table:
    """One case."""

    case: Case
    firings: float
    """Mean number per trajectory."""
    rows: list[Row]

    def row(self, engine: str) -> Row | None:
        """That engine's, if it has results."""
        found = [r for r in self.rows if r.engine == engine and r.per_round]
        return found[0] if found else None

    def nanoseconds(self, row: Row) -> list[float]:
        """CPU per firing, by round; NaN where nothing counted the firings."""
        each = 1e9 / self.firings if self.firings else math.nan
        return [each * seconds for seconds in row.per_round]

    def ratios(self, row: Row, base: Row) -> list[float]:
        """How many times the CPU of `base` it takes, by round."""
        return [a / b for a, b in zip(row.per_round, base.per_round, strict=False)]


def measured(case: Case, engines: tuple[str, ...], *, slice_: float, budget: float) -> Table:
    """Run `ROUNDS` rounds, fewer where an engine's budget ends.

    Args:
        case: what is run.
        engines: names of files in `ssa`.
        slice_: CPU seconds that an engine should take in a round; at least one trajectory.
        budget: wall seconds that it may take in all; see `COMPARED_WITH`.
    """
    rows = [Row(engine) for engine in engines]
    hosts = {
        row.engine: Host(row.engine, case, budget * (5 if row.engine in COMPARED_WITH else 1))
        for row in rows
    }
    sizes: dict[str, int] = {}
    firings = FIRINGS.get(case.name, 0.0)
    try:
        for row in rows:
            firings = _begin(row, hosts[row.engine], sizes, slice_) or firings
        for number in range(ROUNDS):
            for row in rows:
                if not row.cut:
                    _round(row, hosts[row.engine], sizes[row.engine], number + 2)
    finally:
        for host in hosts.values():
            host.close()
    return Table(case, firings, rows)


def _begin(row: Row, host: Host, sizes: dict[str, int], slice_: float) -> float:
    """Prepare and warm up; returns the mean number of firings where the engine counts them."""
    least = LEAST.get(row.engine, 1)
    try:
        host.ask("read")
        row.preparing = host.ask("prepare").seconds
        took = host.ask("run", least, 0).seconds
        if took < QUICK:  # it may have imported or set up things for all that follow
            took = host.ask("run", least, 1).seconds
        wanted = slice_ / max(took / least, 1e-9)
        sizes[row.engine] = int(min(max(wanted // least, 1), MOST // least)) * least
        return float(host.ask("firings", least, 2).value or 0.0)
    except Cut as reason:
        row.cut = str(reason)
        return 0.0


def _round(row: Row, host: Host, n: int, seed: int) -> None:
    try:
        answer = host.ask("run", n, seed)
    except Cut as reason:
        row.cut = f"stopped after {len(row.per_round)} rounds: {reason}"
        return
    row.per_round.append(answer.seconds / n)
    found = np.asarray(answer.value)
    row.samples = found if row.samples is None else np.concatenate([row.samples, found])
