"""What a synergy model sees: the four kinds of cells of a combination grid, many times over.

Axes: K versions of the whole grid (row 0 the means, then resampled ones), A levels of the first
change, B levels of the second. The levels are those above zero; `control`, `a` and `b` hold the rest.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simnet.arrays import FloatArray
from simnet.screen.dose_response import DoseResponse
from simnet.screen.hill import HillCurves


@dataclass(frozen=True, kw_only=True, eq=False)
class SingleCurves:
    """Dose-response of one change alone: the fit, and K curves fitted to the versions."""

    response: DoseResponse
    curves: HillCurves | None  # where `response` is fitted


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """Means of all versions of a grid.

    Attributes:
        levels_a, levels_b: (A,), (B,) doses above zero.
        control: (K,); a: (K, A) the first change alone; b: (K, B) the second; ab: (K, A, B).
        direction: 1 where the effect is a rise of the readout, -1 where it is a fall.
        full_effect: the readout at full effect, where one was stated.
        singles: fits the dose-response curves of both changes alone, when a model asks for them.
    """

    levels_a: FloatArray
    levels_b: FloatArray
    control: FloatArray
    a: FloatArray
    b: FloatArray
    ab: FloatArray
    direction: int
    full_effect: float | None
    singles: Callable[[], tuple[SingleCurves, SingleCurves]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Scores (K, A, B), positive for synergy, NaN where undefined; `reasons` (A, B) say why."""

    values: FloatArray
    reasons: "np.ndarray[tuple[int, ...], np.dtype[np.object_]]"


def scores(values: FloatArray, reasons: object) -> Scores:
    """Scores, NaN in every version of a cell that has a reason."""
    said = np.array(np.broadcast_to(np.asarray(reasons, dtype=object), values.shape[1:]))
    return Scores(values=np.where(said == "", values, np.nan), reasons=said)
