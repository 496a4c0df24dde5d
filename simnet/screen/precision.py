"""Which conditions of a screen need more replicates to be known well enough."""

from collections.abc import Sequence

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import Problem, nearest
from simnet.screen.readouts import ScreenReadout
from simnet.stats.blocks import ensemble_statistics
from simnet.stats.precision import Precision, judge


def check_precision(
    precision: object, method: str, replicates: object, readouts: Sequence[ScreenReadout]
) -> list[Problem]:
    """What is wrong with a screen's precision."""
    if precision is None:
        return []
    if not isinstance(precision, Precision):
        way_out = "write Precision(relative=0.05)"
        return [Problem(what=f"precision={precision!r:.60}", why="none", way_out=way_out)]
    problems = []
    if method == "ode":
        why, way_out = "an ODE gives the same every time", 'leave it out, or use method="ssa"'
        problems.append(Problem(what="precision", why=why, way_out=way_out))
    if replicates != 1:
        why = "precision finds the number of replicates"
        problems.append(
            Problem(what=f"replicates={replicates!r}", why=why, way_out="give one of the two")
        )
    names = [readout.name for readout in readouts]
    for name in precision.readouts or ():
        if readouts and name not in names:
            what = f"precision: readout {name!r}"
            problems.append(
                Problem(what=what, why="not in the screen", way_out=nearest(name, names))
            )
    return problems


def precise(values: Sequence[FloatArray], precision: Precision) -> bool:
    """Whether one condition is known well enough, by `stats.precision.judge`.

    Args:
        values: (N,) of each readout that is judged; NaN for those without a value.
        precision: what is wanted.
    """
    table = np.stack(values, axis=1)[:, np.newaxis, :]  # (N, 1, R)
    if np.isinf(table).any() or np.isnan(table).all(axis=0).any():
        return False  # times that have not come have no mean
    found = ensemble_statistics(table, covariance=False)
    return judge(found, precision, range(table.shape[2])).met
