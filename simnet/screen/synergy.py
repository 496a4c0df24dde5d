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
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from simnet.arrays import FloatArray
from simnet.screen.bootstrap import resampled_means, scaled_interval
from simnet.screen.dose_checks import dose_means
from simnet.screen.dose_response import fit_dose_response
from simnet.screen.hill import fit_hill
from simnet.screen.synergy_cells import Cells, SingleCurves
from simnet.screen.synergy_checks import Direction, Grid, Settings, check_and_sort
from simnet.screen.synergy_score import ROLES, Score, judge
from simnet.screen.synergy_table import SYNERGY_MODELS
from simnet.seeds import screen_generator

if TYPE_CHECKING:
    import pandas as pd


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
    settings = Settings(
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


def _batch(grid: Grid, settings: Settings, key: str) -> FloatArray:
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
    grid: Grid, batch: FloatArray, settings: Settings
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
