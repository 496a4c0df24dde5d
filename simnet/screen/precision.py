"""Which conditions of a screen need more replicates to be known well enough."""

from collections.abc import Sequence

import numpy as np

from simnet.arrays import FloatArray
from simnet.experiment.precision import Precision
from simnet.stats.blocks import ensemble_statistics
from simnet.stats.precision import judge


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
