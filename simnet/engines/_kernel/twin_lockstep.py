"""Twin of `lockstep.c`: the direct method, one replicate at a time."""

import math
from collections.abc import Sequence

from simnet.engines._kernel.twin_tape import Rows, TwinReplicate, log
from simnet.engines.compiled_tables import Constants


def run(
    constants: Constants,
    replicate: TwinReplicate,
    *,
    start: float,
    end: float,
    outputs: Sequence[float],
) -> None:
    """Take a replicate from the start to the end of a segment, in place."""
    rows = Rows(constants, replicate.counts)
    time, pending = start, list(outputs)
    while True:
        rows.run_items()
        sums = _running_sums(rows)
        total = sums[-1] if sums else 0.0
        wait = -log(replicate.stream.uniform())
        aim = replicate.stream.uniform() * total
        after = time + wait / total if total > 0 else math.inf
        while pending and pending[0] < (after if after < end else math.inf):
            replicate.rows.append(rows.readouts(pending.pop(0)))
        if after >= end:
            replicate.counts = rows.at[: len(replicate.counts)]
            return
        time = after
        chosen = sum(1 for below in sums if below <= aim)
        replicate.events.append((time, chosen))
        rows.fire(chosen)


def _running_sums(rows: Rows) -> list[float]:
    total, sums = 0.0, []
    for j in range(len(rows.lines)):
        total += rows.law(j, rows.at)
        sums.append(total)
    return sums
