"""A combination grid as it is given, checked and put in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem, nearest
from simnet.screen.bootstrap import interval_problems
from simnet.screen.synergy_table import SYNERGY_MODELS

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
class Settings:
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
    settings: Settings,
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
        why = f"not {len(a)} rows of {len(b)} arrays, as the levels say"
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
        why = f"on the other side of the control's mean, {control:g}, than a {direction} readout"
        return [Problem(what=what, why=why)]
    return []
