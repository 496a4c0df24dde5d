"""Effects between 0 (the control) and 1 (a stated full effect), for the models that need them."""

from collections.abc import Callable

import numpy as np

from simnet.arrays import FloatArray
from simnet.screen.synergy_cells import Cells, Scores, scores

TOLERANCE = 0.1
"""A scaled effect further outside 0 to 1, surely (in 97.5 % of the versions), is no share."""

NO_FULL_EFFECT = "no full effect is stated: give the readout at full effect as full_effect"


def scaled_scores(cells: Cells, expected: Callable[[FloatArray, FloatArray], FloatArray]) -> Scores:
    """Observed minus expected effect, (control - x) / (control - full_effect) being that of x.

    Undefined where one of the effects is outside 0 to 1 by more than the tolerance: it is no share
    of the full effect then. Within the tolerance nothing is clipped, which would bias the noise.
    """
    if cells.full_effect is None:
        return scores(np.full(cells.ab.shape, np.nan), NO_FULL_EFFECT)
    control = cells.control[:, None, None]
    span = control - cells.full_effect
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b, ab = (
            (control - x) / span for x in (cells.a[:, :, None], cells.b[:, None, :], cells.ab)
        )
        values = ab - expected(a, b)
    reasons = np.full(values.shape[1:], "", dtype=object)
    for name, effect in (
        ("the combination", ab),
        ("the second change", b),
        ("the first change", a),
    ):
        least, most = np.quantile(effect, (0.025, 0.975), axis=0)
        for outside, text in (
            (~(most >= -TOLERANCE), f"{name} moves the readout away from the full effect"),
            (least > 1 + TOLERANCE, f"{name} goes beyond the stated full effect"),
        ):
            reasons = np.where(outside, text, reasons)
    return scores(values, reasons)
