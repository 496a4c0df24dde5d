"""Loewe additivity: a drug combined with itself is additive.

    score = -ln(d_a / D_a(x) + d_b / D_b(x))

where D(x) is the dose that gives the combination's readout x by that drug alone, from its fitted
Hill curve; the sum is the combination index. Undefined where a drug has no curve, or its curve never
reaches x. Source: Loewe & Muischnek 1926 (doi:10.1007/BF01952257); Berenbaum 1989 (Pharmacol. Rev.
41, 93-141); Chou & Talalay 1984 (doi:10.1016/0065-2571(84)90007-4) for the index.
"""

import numpy as np

from simnet.arrays import BoolArray, FloatArray
from simnet.screen.synergy_cells import Cells, Scores, SingleCurves, scores


def loewe(cells: Cells) -> Scores:
    """Scores of Loewe additivity; in a version whose curve is not reached the index is 0 or inf."""
    first, second = cells.singles()
    shape = cells.ab.shape
    index = np.zeros(shape)
    reasons = np.full(shape[1:], "", dtype=object)
    for name, single, doses in (
        ("second", second, cells.levels_b[None, :]),
        ("first", first, cells.levels_a[:, None]),
    ):
        if single.curves is None:
            text = f"no curve for the {name} change alone ({single.response.outcome}): "
            return scores(np.full(shape, np.nan), text + single.response.reason)
        with np.errstate(divide="ignore"):
            index = index + doses[None] / single.curves.dose_for(cells.ab)
        reached = _reached(single, cells.ab[0])
        text = f"the curve of the {name} change alone does not reach the combination's effect"
        reasons = np.where(reached, reasons, text)
    with np.errstate(divide="ignore"):
        return scores(-np.log(index), reasons)


def _reached(single: SingleCurves, readout: FloatArray) -> BoolArray:
    assert single.curves is not None
    ends = sorted((float(single.curves.start[0]), float(single.curves.end[0])))
    found: BoolArray = (readout > ends[0]) & (readout < ends[1])
    return found
