"""How many samples to add: the answer of `--until-converged`."""

import math
from collections.abc import Iterable

from simnet.sensitivity.design import Design
from simnet.sensitivity.indices import Indices, half_width
from simnet.sensitivity.table import METHODS

_AT_ONCE = 4  # a prediction from few samples is rough: at most so many times as many


def next_samples(design: Design, found: Iterable[Indices]) -> int | None:
    """Samples of the next, longer design; its rows begin with those of this one.

    Half-widths shrink as 1 / sqrt(samples): the widest interval, relative to its tolerance, says
    how many are needed. At least twice as many, at most four times, rounded up to what the method
    can have. The loop is: analyse, stop at None, else make the design of so many samples and
    evaluate only the rows that are new.

    Args:
        design: the present one.
        found: its indices, of each readout.

    Returns:
        The number of samples; None where every index of every readout has converged or more
        samples do not help it (`Indices.stuck`).
    """
    needed = 0.0
    for indices in found:
        if indices.stuck:
            continue
        for row in indices.rows:
            if row.converged:
                continue
            half = half_width(row)
            known = math.isfinite(half) and row.tolerated > 0
            ratio = half / row.tolerated if known else math.inf
            needed = max(needed, ratio**2, 2.0)
        if not indices.rows:
            needed = max(needed, 2.0)
    if needed == 0.0:
        return None
    factor = min(max(needed, 2.0), float(_AT_ONCE))
    return METHODS[design.method].sizes(math.ceil(design.samples * factor))
