"""From a model's scores in all versions of a grid to scores with intervals and calls."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from simnet.arrays import FloatArray
from simnet.screen.bootstrap import scaled_interval, welch_freedom
from simnet.screen.synergy_cells import Cells
from simnet.screen.synergy_checks import Grid, Settings
from simnet.screen.synergy_table import SYNERGY_MODELS

Call: TypeAlias = Literal["synergy", "antagonism", "no call"]

ROLES = 4
"""Control, a, b, ab: after the means come as many versions with one of them moved by its error."""

NAN = float("nan")


@dataclass(frozen=True, kw_only=True)
class Score:
    """The score of one combination by one model, or of the whole surface (`a` and `b` are NaN).

    Attributes:
        model: name in `SYNERGY_MODELS`.
        a, b: levels of the two changes.
        n: replicates, the least of the cells that enter.
        score, low, high: positive for synergy, with its interval; NaN where undefined.
        low_all, high_all: the interval that holds for all combinations of the surface at once.
        threshold: what the interval must be beyond for a call: ln(1 + minimum_effect) on the log
            scales, `minimum_effect` on a share of the full effect.
        call: by `low_all` and `high_all`, or by the score itself where the values are exact.
        reason: why there is no score, no interval or no call; empty where there is nothing to say.
    """

    model: str
    a: float
    b: float
    n: int
    score: float
    low: float
    high: float
    low_all: float
    high_all: float
    threshold: float
    call: Call
    reason: str


def judge(
    name: str, cells: Cells, grid: Grid, settings: Settings, opposed: bool
) -> tuple[list[Score], list[Score]]:
    """Scores of one model: of the combinations, and of the surface."""
    model = SYNERGY_MODELS[name]
    found = model.score(cells)
    n = np.minimum(
        np.minimum(grid.n[0, 0], grid.n[1:, 1:]), np.minimum(grid.n[1:, :1], grid.n[:1, 1:])
    )
    reasons = np.where(n > 0, found.reasons, "not run, or no replicate has a value")
    defined = ~np.isnan(found.values[0])
    count = max(1, int(defined.sum()))
    freedom = _freedom(found.values, grid, n)
    single = _intervals(found.values, settings.confidence, freedom)
    at_once = _intervals(found.values, 1 - (1 - settings.confidence) / count, freedom)
    bare = Score(
        model=name, a=NAN, b=NAN, n=0, score=NAN, low=NAN, high=NAN, low_all=NAN, high_all=NAN,
        threshold=model.threshold(settings.minimum_effect), call="no call", reason="",
    )  # fmt: skip

    def scored(n: float, numbers: Sequence[FloatArray], **said: Any) -> Score:
        names = ("score", "low", "high", "low_all", "high_all")
        said |= zip(names, map(float, numbers), strict=True)
        return _called(replace(bare, n=int(n), **said), settings.exact, opposed)

    numbers = (found.values[0], *single, *at_once)
    of_cells = [
        scored(
            n[i, j],
            [number[i, j] for number in numbers],
            a=float(cells.levels_a[i]),
            b=float(cells.levels_b[j]),
            reason=str(reasons[i, j]),
        )
        for i, j in np.ndindex(*defined.shape)
    ]
    if not defined.any():
        return of_cells, [replace(bare, reason=f"not defined for any combination: {reasons[0, 0]}")]
    with np.errstate(invalid="ignore"):  # an infinite version and one of the other sign
        values = found.values[:, defined].mean(axis=1)
    ends = _intervals(values, settings.confidence, freedom[defined].min())
    return of_cells, [scored(n[defined].min(), [values[0], *ends, *ends])]


def _intervals(
    values: FloatArray, confidence: float, freedom: FloatArray
) -> tuple[FloatArray, FloatArray]:
    if len(values) == 1 + ROLES:
        none = np.full(values.shape[1:], np.nan)
        return none, none
    return scaled_interval(values[0], values[1 + ROLES :], confidence, freedom)


def _freedom(values: FloatArray, grid: Grid, n: FloatArray) -> FloatArray:
    """(A, B) degrees of freedom of the scores, from how far each role's standard error moves them."""
    with np.errstate(invalid="ignore"):
        spreads = np.abs(values[1 : 1 + ROLES] - values[0])
    least = np.maximum(n - 1, 1.0)
    known = np.isfinite(spreads).all(axis=0)
    roles = (grid.n[:1, :1], grid.n[1:, :1], grid.n[:1, 1:], grid.n[1:, 1:])
    freedoms = np.stack([np.broadcast_to(np.maximum(r - 1, 1.0), n.shape) for r in roles])
    found = welch_freedom(np.where(known, spreads, 0.0), freedoms)
    return np.where(known, found, least)


def _called(score: Score, exact: bool, opposed: bool) -> Score:
    """The score with its call, or with the reason why none can be made; n < 2 has no interval."""
    if np.isnan(score.score):
        return score
    if not exact and score.n < 2:
        why = "no interval and no call: one replicate"
        return replace(score, low=NAN, high=NAN, low_all=NAN, high_all=NAN, reason=why)
    if not exact and (np.isnan(score.low) or np.isnan(score.high)):
        why = "no interval and no call: in some resamples the score is undefined"
        return replace(score, low=NAN, high=NAN, low_all=NAN, high_all=NAN, reason=why)
    low, high = (score.score, score.score) if exact else (score.low_all, score.high_all)
    reason = "no interval: exact values" if exact else ""
    if opposed:
        text = "no call: the changes move the readout in opposite directions, and none is stated"
        return replace(score, reason="; ".join(filter(None, (reason, text))))
    call: Call = "no call"
    if low > score.threshold:
        call = "synergy"
    elif high < -score.threshold:
        call = "antagonism"
    return replace(score, call=call, reason=reason)
