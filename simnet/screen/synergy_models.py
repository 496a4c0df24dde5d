"""Synergy models: what one sees of a surface, the four of them, and the table that takes more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from simnet.arrays import BoolArray, FloatArray
from simnet.errors import InputError, Problem, nearest
from simnet.screen.dose import DoseResponse
from simnet.screen.effects import interval_problems
from simnet.screen.hill import HillCurves

# What a synergy model sees: the four kinds of cells of a combination grid, many times over.
#
# Axes: K versions of the whole grid (row 0 the means, then resampled ones), A levels of the first
# change, B levels of the second. The levels are those above zero; `control`, `a` and `b` hold the rest.


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


# Effects between 0 (the control) and 1 (a stated full effect), for the models that need them.


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


# Interaction on the log scale: changes that multiply the readout independently are additive.
#
#     score = direction * ln(ab * control / (a * b))
#
# It needs no full effect and no dose, only a positive readout. 0: the combination's fold change is the
# product of the fold changes. Source: the multiplicative null of epistasis, e.g. Segrè et al. 2005
# (doi:10.1038/ng1489), Mani et al. 2008 (doi:10.1073/pnas.0712255105).


def log_interaction(cells: Cells) -> Scores:
    """Scores of the log interaction."""
    control, a, b, ab = (
        cells.control[:, None, None],
        cells.a[:, :, None],
        cells.b[:, None, :],
        cells.ab,
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        values = cells.direction * ((np.log(ab) - np.log(a)) - (np.log(b) - np.log(control)))
        values += 0.0  # zero has no sign
    least = np.minimum(np.minimum(control[0], ab[0]), np.minimum(a[0], b[0]))
    return scores(values, np.where(least > 0, "", "a mean is not positive, so it has no logarithm"))


# Bliss independence: each change leaves the share of the effect that the other would leave.
#
#     score = E_ab - (E_a + E_b - E_a E_b),   E scaled between the control and a stated full effect.
#
# Source: Bliss 1939 (doi:10.1111/j.1744-7348.1939.tb06990.x).


def bliss(cells: Cells) -> Scores:
    """Scores of Bliss independence."""
    return scaled_scores(cells, lambda a, b: a + b - a * b)


# Highest single agent: the combination against the stronger of its two changes.
#
#     score = E_ab - max(E_a, E_b),   E scaled between the control and a stated full effect.
#
# It is the weakest of the nulls: most additive pairs are above it, and synergy by it alone says only
# that the pair does more than either change. Source: Berenbaum 1989 (Pharmacol. Rev. 41, 93-141).


def highest_single_agent(cells: Cells) -> Scores:
    """Scores against the highest single agent."""
    return scaled_scores(cells, np.maximum)


# Loewe additivity: a drug combined with itself is additive.
#
#     score = -ln(d_a / D_a(x) + d_b / D_b(x))
#
# where D(x) is the dose that gives the combination's readout x by that drug alone, from its fitted
# Hill curve; the sum is the combination index. Undefined where a drug has no curve, or its curve never
# reaches x. Source: Loewe & Muischnek 1926 (doi:10.1007/BF01952257); Berenbaum 1989 (Pharmacol. Rev.
# 41, 93-141); Chou & Talalay 1984 (doi:10.1016/0065-2571(84)90007-4) for the index.


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


@dataclass(frozen=True, kw_only=True)
class SynergyModel:
    """What a model is made of.

    Attributes:
        score: from the cells of a surface to their scores, positive for synergy.
        scale: of the score: the logarithm of a ratio, or a share of the full effect.
        needs_doses: whether levels must be doses, since it fits curves to them.
    """

    score: Callable[[Cells], Scores]
    scale: Literal["log", "share"]
    needs_doses: bool = False

    def threshold(self, minimum_effect: float) -> float:
        """The least score that counts: 10 % is a ratio of 1.1, or a tenth of the full effect."""
        return float(np.log1p(minimum_effect)) if self.scale == "log" else minimum_effect


SYNERGY_MODELS = {
    "log": SynergyModel(score=log_interaction, scale="log"),
    "bliss": SynergyModel(score=bliss, scale="share"),
    "hsa": SynergyModel(score=highest_single_agent, scale="share"),
    "loewe": SynergyModel(score=loewe, scale="log", needs_doses=True),
}
"""By name. A model that is added here is scored, tabulated and reported like the others."""


# A combination grid as it is given, checked and put in order.


Direction: TypeAlias = Literal["rising", "falling"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Grid:
    """Levels rising from 0, and the replicates; arrays are (A, B), 0 included, NaN where no value."""

    levels_a: FloatArray
    levels_b: FloatArray
    values: tuple[tuple[FloatArray, ...], ...]
    n: FloatArray
    means: FloatArray
    sems: FloatArray


@dataclass(frozen=True, kw_only=True)
class SurfaceSettings:
    """How a surface is judged; see `surface_interaction`."""

    models: tuple[str, ...]
    full_effect: float | None
    direction: Direction | None
    minimum_effect: float
    confidence: float
    resamples: int
    seed: int
    exact: bool


def check_and_sort(
    levels_a: Sequence[float] | FloatArray,
    levels_b: Sequence[float] | FloatArray,
    values: Sequence[Sequence[FloatArray]],
    settings: SurfaceSettings,
) -> Grid:
    """The grid, or InputError with everything that is wrong."""
    problems = interval_problems(settings.confidence, settings.resamples, settings.seed)
    for name in settings.models:
        if name not in SYNERGY_MODELS:
            way = nearest(name, SYNERGY_MODELS)
            problems.append(Problem(what=f"model {name!r}", why="no such model", way_out=way))
    if not settings.models:
        problems.append(Problem(what="models", why="none is given"))
    if settings.direction not in (None, "rising", "falling"):
        what, way = f"direction {settings.direction!r}", 'write "rising" or "falling"'
        problems.append(Problem(what=what, why="unknown", way_out=way))
    if not 0 <= settings.minimum_effect < np.inf:
        what = f"minimum_effect {settings.minimum_effect!r}"
        problems.append(Problem(what=what, why="negative or not finite", way_out="0.1 is 10 %"))
    a, b = (np.asarray(given, dtype=np.float64).reshape(-1) for given in (levels_a, levels_b))
    problems += [*_levels("levels_a", a), *_levels("levels_b", b)]
    if len(values) != len(a) or any(len(row) != len(b) for row in values):
        why = f"not {len(a)} rows of {len(b)} arrays, as the levels require"
        problems.append(Problem(what="values", why=why))
    if problems:
        raise InputError(problems)
    grid = _sorted(a, b, values)
    if problems := _control(grid, settings.full_effect, settings.direction):
        raise InputError(problems)
    return grid


def _levels(name: str, levels: FloatArray) -> list[Problem]:
    problems = [
        Problem(what=f"{name}: {level:g}", why="not a finite number from 0 on")
        for level in levels
        if not (np.isfinite(level) and level >= 0)
    ]
    if 0 not in levels:
        way = "run each change without the other too"
        problems.append(Problem(what=name, why="without 0", way_out=way))
    if len(np.unique(levels)) != len(levels):
        problems.append(
            Problem(what=name, why="a level is given twice", way_out="join its replicates")
        )
    if len(levels) < 2:
        problems.append(Problem(what=name, why="no level above 0"))
    return problems


def _sorted(a: FloatArray, b: FloatArray, values: Sequence[Sequence[FloatArray]]) -> Grid:
    rows = []
    for i in np.argsort(a):
        row = [np.asarray(values[i][j], dtype=np.float64).reshape(-1) for j in np.argsort(b)]
        rows.append(tuple(group[~np.isnan(group)] for group in row))
    n = np.array([[len(group) for group in row] for row in rows], dtype=np.float64)
    means = np.array([[g.mean() if len(g) else np.nan for g in row] for row in rows])
    sems = np.array(
        [[g.std(ddof=1) / np.sqrt(len(g)) if len(g) > 1 else 0.0 for g in row] for row in rows]
    )
    return Grid(
        levels_a=np.sort(a), levels_b=np.sort(b), values=tuple(rows), n=n, means=means, sems=sems
    )


def _control(grid: Grid, full_effect: float | None, direction: str | None) -> list[Problem]:
    control = float(grid.means[0, 0])
    if np.isinf(grid.means).any():
        return [Problem(what="values", why="some are infinite")]
    if np.isnan(control):
        why = "no replicate has a value"
        return [Problem(what="control", why=why, way_out="run the condition without any change")]
    if full_effect is None:
        return []
    what = f"full_effect {full_effect!r}"
    if not np.isfinite(full_effect) or full_effect == control:
        why = f"it must be a number other than the control's mean, {control:g}"
        return [Problem(what=what, why=why)]
    if direction and (direction == "rising") != (full_effect > control):
        why = f"on the wrong side of the control mean, {control:g}, for a {direction} readout"
        return [Problem(what=what, why=why)]
    return []
