"""Do two changes together do more, or less, than the two of them explain?

Every model gives a score per combination. Its sign means the same whatever the readout does:

    positive   synergy: together they move the readout further in the direction of the effect
    negative   antagonism: less far

"The direction of the effect" is a rise or a fall of the readout: the stated one; else that from the
control towards the stated full effect; else that in which the single changes surely move the
readout by more than the minimum effect; else, where neither does, that of the combination. Where
the single changes move it in opposite directions and none is stated, the scores are given (for the
larger of the two) and no call is made.

Intervals are by bootstrap over the replicates of every cell, with the curves fitted again. A call
needs the interval of all of the surface's cells at once (Bonferroni) beyond `minimum_effect`, not
merely beyond zero: with no interaction, a model makes any call at all on a surface with probability
1 - confidence at most, and far less where the noise is smaller than the minimum effect.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from simnet.arrays import FloatArray
from simnet.screen.dose import dose_means, fit_dose_response
from simnet.screen.effects import resampled_means, scaled_interval, welch_freedom
from simnet.screen.hill import fit_hill
from simnet.screen.synergy_models import (
    SYNERGY_MODELS,
    Cells,
    Direction,
    Grid,
    SingleCurves,
    SurfaceSettings,
    check_and_sort,
)
from simnet.seeds import screen_generator

if TYPE_CHECKING:
    import pandas as pd


# From a model's scores in all versions of a grid to scores with intervals and calls.


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
    name: str, cells: Cells, grid: Grid, settings: SurfaceSettings, opposed: bool
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
        why = "no interval and no verdict: only one replicate"
        return replace(score, low=NAN, high=NAN, low_all=NAN, high_all=NAN, reason=why)
    if not exact and (np.isnan(score.low) or np.isnan(score.high)):
        why = "no interval and no verdict: the score is undefined in some resamples"
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


@dataclass(frozen=True, kw_only=True, repr=False)
class Interaction:
    """Scores of a combination surface.

    Attributes:
        cells: one score a model and combination; levels of a first, then of b.
        overall: one score a model: the mean over the combinations where it is defined.
        direction: of the effect; `direction_from` says how it was found.
        full_effect, minimum_effect, confidence, resamples, seed: as given; no resamples for exact values.
        curve_a, curve_b: dose-response of each change alone, in words: "fitted" or why not; empty
            where no model asked for it.
    """

    cells: tuple[Score, ...]
    overall: tuple[Score, ...]
    direction: Direction
    direction_from: Literal["stated", "full effect", "single changes", "combination"]
    full_effect: float | None
    minimum_effect: float
    confidence: float
    resamples: int
    seed: int
    curve_a: str
    curve_b: str

    def frame(self) -> "pd.DataFrame":
        """Tidy: `scope` ("combination" or "surface"), then the attributes of `Score`."""
        import pandas as pd

        rows = [("combination", score) for score in self.cells]
        rows += [("surface", score) for score in self.overall]
        names = [field.name for field in fields(Score)]
        return pd.DataFrame(
            [{"scope": scope, **{n: getattr(s, n) for n in names}} for scope, s in rows],
            columns=["scope", *names],
        )

    def __repr__(self) -> str:
        lines = [
            f"<Interaction: effect {self.direction} ({self.direction_from}), "
            f"{len({(score.a, score.b) for score in self.cells})} combinations; mean scores, "
            "positive for synergy; .frame() has every combination"
        ]
        for score in self.overall:
            found = "none"
            if not math.isnan(score.score):
                found = f"{score.score:z.3g}"
                if not math.isnan(score.low):
                    found += f" [{score.low:z.3g}, {score.high:z.3g}]"
            reason = f"; {score.reason}" if score.reason else ""
            lines.append(f"  {score.model:5} {found}: {score.call}{reason}")
        return "\n".join(lines) + ">"


def surface_interaction(
    levels_a: Sequence[float] | FloatArray,
    levels_b: Sequence[float] | FloatArray,
    values: Sequence[Sequence[FloatArray]],
    *,
    models: Sequence[str] | None = None,
    full_effect: float | None = None,
    direction: Direction | None = None,
    minimum_effect: float = 0.1,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    key: str = "",
    exact: bool = False,
) -> Interaction:
    """Interaction of two changes on a grid of levels.

    Args:
        levels_a, levels_b: (A,) and (B,) doses, both with 0: the change is absent there.
        values: values[i][j] are the replicates (N,) at levels_a[i] and levels_b[j]; NaN is one that
            failed, and an empty array a combination that was not run.
        models: names in `SYNERGY_MODELS`; all of them if None.
        full_effect: the readout at full effect, in its unit; Bliss and HSA need it.
        direction: "rising" or "falling", where the readout's effect is known.
        minimum_effect: what counts, 0.1 for 10 %.
        confidence: of the intervals.
        resamples, seed, key: of the bootstrap; the same ones give the same intervals.
        exact: the values have no noise (ODE): no interval, and the call is made on the score itself.

    Returns:
        An `Interaction`. What a model cannot score is NaN with the reason.

    Raises:
        InputError: levels without 0, an unknown model, a full effect equal to the control or against
            the stated direction, or other wrong settings: all of them at once.
    """
    settings = SurfaceSettings(
        models=tuple(SYNERGY_MODELS) if models is None else tuple(models),
        full_effect=full_effect,
        direction=direction,
        minimum_effect=minimum_effect,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        exact=exact,
    )
    grid = check_and_sort(levels_a, levels_b, values, settings)
    batch = _batch(grid, settings, key)
    sign, found, opposed = _direction(grid, batch, settings)

    @cache
    def singles() -> tuple[SingleCurves, SingleCurves]:
        first = _single(grid.levels_a, [row[0] for row in grid.values], batch[:, :, 0])
        return first, _single(grid.levels_b, list(grid.values[0]), batch[:, 0, :])

    cells = Cells(
        levels_a=grid.levels_a[1:],
        levels_b=grid.levels_b[1:],
        control=batch[:, 0, 0],
        a=batch[:, 1:, 0],
        b=batch[:, 0, 1:],
        ab=batch[:, 1:, 1:],
        direction=sign,
        full_effect=full_effect,
        singles=singles,
    )
    judged = [judge(name, cells, grid, settings, opposed) for name in settings.models]
    curves = [_words(single) for single in singles()] if singles.cache_info().currsize else ["", ""]
    return Interaction(
        cells=tuple(score for of_cells, _ in judged for score in of_cells),
        overall=tuple(score for _, of_surface in judged for score in of_surface),
        direction="rising" if sign > 0 else "falling",
        direction_from=found,
        full_effect=full_effect,
        minimum_effect=minimum_effect,
        confidence=confidence,
        resamples=0 if exact else resamples,
        seed=seed,
        curve_a=curves[0],
        curve_b=curves[1],
    )


def _batch(grid: Grid, settings: SurfaceSettings, key: str) -> FloatArray:
    """(K, A, B) versions of the grid: means, each role moved by its standard error, then resamples."""
    present = grid.n > 0
    resamples = 0 if settings.exact else settings.resamples
    batch = np.full((1 + ROLES + resamples, *grid.n.shape), np.nan)
    batch[: 1 + ROLES] = grid.means
    roles = np.zeros(grid.n.shape, dtype=int)
    roles[1:, 0], roles[0, 1:], roles[1:, 1:] = 1, 2, 3
    for role in range(ROLES):
        batch[1 + role] += np.where(roles == role, grid.sems, 0.0)
    if resamples:
        groups = [group for row in grid.values for group in row if len(group)]
        generator = screen_generator(settings.seed, "interaction", key)
        batch[1 + ROLES :, present] = resampled_means(groups, resamples, generator)
    return batch


def _single(levels: FloatArray, groups: list[FloatArray], means: FloatArray) -> SingleCurves:
    """The dose-response of one change alone (`levels` from 0 on), and the K curves of the batch."""
    response = fit_dose_response(levels, groups, resamples=100)
    if not response.fitted:
        return SingleCurves(response=response, curves=None)
    data = dose_means(levels, groups)
    kept = np.array([len(group) > 0 for group in groups])
    positive = all((group >= 0).all() for group in groups)
    curves = fit_hill(data.doses, means[:, kept], data.weights, positive=positive)
    return SingleCurves(response=response, curves=curves)


def _direction(
    grid: Grid, batch: FloatArray, settings: SurfaceSettings
) -> tuple[int, Literal["stated", "full effect", "single changes", "combination"], bool]:
    """1 or -1, how it was found, and whether the single changes oppose each other."""
    if settings.direction is not None:
        return (1 if settings.direction == "rising" else -1), "stated", False
    if settings.full_effect is not None:
        return (1 if settings.full_effect > grid.means[0, 0] else -1), "full effect", False
    in_logs = bool(np.nanmin(grid.means) > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.log(batch) if in_logs else batch / np.nanmax(abs(grid.means))
        moved = scaled - scaled[:, :1, :1]
    least = np.log1p(settings.minimum_effect) if in_logs else settings.minimum_effect
    freedom = np.asarray(max(1.0, float(grid.n[grid.n > 0].min() - 1)))
    signs, sizes = [], []
    for alone in (moved[:, 1:, 0], moved[:, 0, 1:]):
        run = ~np.isnan(alone[0])
        size = alone[:, run].mean(axis=1) if run.any() else np.zeros(len(alone))
        low, high = size[0], size[0]
        if not settings.exact:
            low, high = scaled_interval(size[0], size[1 + ROLES :], settings.confidence, freedom)
        signs.append(int(low > least) - int(high < -least))
        sizes.append(float(size[0]))
    if any(signs):
        sign = np.sign(sizes[0] * abs(signs[0]) + sizes[1] * abs(signs[1]))
        return int(sign) or 1, "single changes", signs[0] * signs[1] < 0
    together = moved[0, 1:, 1:]
    total = np.nansum(together)
    return (1 if total > 0 else -1), "combination", False


def _words(single: SingleCurves) -> str:
    response = single.response
    return f"{response.outcome}: {response.reason}" if response.reason else response.outcome
