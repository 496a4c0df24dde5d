"""Morris's elementary effects, with the noise taken out of their squares.

Along a trajectory each factor or group moves once. Its elementary effect is the change of the
readout over the change of position, so its unit is that of the readout over the factor's whole
range (on its own scale). With y = f + e in each row, e independent between rows, Var[e] = v, the
effect (y2 - y1) / d carries noise of mean 0 and variance (v1 + v2) / d^2. Over trajectories:

- mu, the mean effect: carries no noise in the mean.
- mean_square, the mean of squared effects: mean[(v1 + v2) / d^2] is subtracted.
- sigma2, the variance of effects (divisor r - 1): the same is subtracted.
- mu_star, the mean absolute effect: noise adds to it by an amount that depends on the effect itself,
  so there is no unbiased correction. It is shown beside the dummy's, which is noise alone.

Negative mean squares and variances are estimates of small ones, and are shown as they are, with their
intervals; the interval of mu_star, which noise makes larger only, ends at 0. A group
of several factors has no direction: it has mu_star and mean_square only.

Morris 1991 (doi:10.1080/00401706.1991.10484804); mu_star and groups: Campolongo, Cariboni &
Saltelli 2007 (doi:10.1016/j.envsoft.2006.10.004).
"""

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, Problem
from simnet.seeds import study_generator
from simnet.sensitivity.analysis import Analysis, Design, Outputs, Settings
from simnet.sensitivity.factors import FactorSpace
from simnet.sensitivity.indices import (
    FEWEST_BLOCKS,
    IndexPrecision,
    Indices,
    Statistic,
    analyse_blocks,
)


def morris_rows(space: FactorSpace, settings: Settings) -> int:
    """G + 1 rows of a trajectory; G includes the dummy."""
    return len(space.labels) + 1


def morris_design(space: FactorSpace, samples: int, seed: int, settings: Settings) -> FloatArray:
    """Random trajectories on a grid, drawn by SALib one after the other: more of them begin with
    the same ones (SALib's choice of the most distant trajectories would not)."""
    from SALib.sample.morris import sample  # type: ignore[import-untyped]

    levels = int(settings["levels"])
    if levels != settings["levels"] or levels < 2 or levels % 2:
        what, way_out = f"levels={settings['levels']:g}", "4 is usual"
        raise InputError(Problem(what=what, why="not an even number", way_out=way_out))
    problem = {
        "num_vars": len(space.factors),
        "names": list(space.names),
        "bounds": [[0.0, 1.0]] * len(space.factors),
        "groups": list(space.label_of_column),
    }
    positions: FloatArray = sample(
        problem, samples, num_levels=levels, seed=study_generator(seed, "morris")
    )
    return np.clip(positions, 0.0, 1.0)


def elementary_effects(
    design: Design, y: FloatArray, v: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Effects and the variances of their noise, each (trajectories, G)."""
    moves = np.diff(design.by_block(design.positions), axis=1)  # (r, G, D)
    column = np.abs(moves).argmax(axis=2)
    step = np.take_along_axis(moves, column[:, :, np.newaxis], axis=2)[:, :, 0]
    unit = design.space.unit_of_column[column]
    rows, noise = design.by_block(y), design.by_block(v)
    effects, variances = np.empty(unit.shape), np.empty(unit.shape)
    np.put_along_axis(effects, unit, np.diff(rows, axis=1) / step, axis=1)
    np.put_along_axis(variances, unit, (noise[:, 1:] + noise[:, :-1]) / step**2, axis=1)
    return effects, variances


def morris_estimate(
    design: Design, y: FloatArray, v: FloatArray, weights: FloatArray
) -> dict[str, Statistic]:
    """The four indices under each row of weights; see the module's docstring."""
    effects, noise = elementary_effects(design, y, v)
    n = weights.sum(axis=1, keepdims=True)
    members = np.bincount(design.space.unit_of_column)
    single = np.flatnonzero(members == 1)
    labels = tuple(design.space.labels[i] for i in single)
    mean, square = weights @ effects / n, weights @ effects**2 / n
    carried = weights @ noise / n
    sigma2 = (square - mean**2) * n / (n - 1) - carried
    return {
        "mu_star": Statistic(values=weights @ np.abs(effects) / n),
        "mean_square": Statistic(values=square - carried),
        "mu": Statistic(values=mean[:, single], labels=labels),
        "sigma2": Statistic(values=sigma2[:, single], labels=labels),
    }


def morris_analyse(design: Design, outputs: Outputs, precision: IndexPrecision) -> Indices:
    """mu_star, mean_square, mu and sigma2 for each factor."""
    moves = np.abs(np.diff(design.by_block(design.positions), axis=1))
    error = 2 * outputs.error / float(moves[moves > 0].min(initial=1.0))
    return analyse_blocks(
        design,
        outputs,
        precision,
        morris_estimate,
        signed=("mu",),
        relative=("mu_star", "mean_square", "mu", "sigma2"),
        within={"mu_star": (0.0, np.inf)},
        floors={"mu_star": error, "mu": error, "mean_square": error**2, "sigma2": error**2},
    )


MORRIS = Analysis(
    name="morris",
    headline="mu_star",
    companion="sigma2",
    words={"mu_star": "µ*", "mu": "µ", "sigma2": "σ²"},
    summary="elementary effects: which factors matter at all, at the price of few runs",
    sample="trajectories, 4 or more; each is D + 1 runs for D factors with the dummy",
    default_samples=16,
    rows=morris_rows,
    sizes=lambda samples: max(FEWEST_BLOCKS, samples),
    design=morris_design,
    analyse=morris_analyse,
    settings={"levels": 4},
    under_noise=(
        "Mean squared effects and sigma2 have the variance of the noise subtracted. mu_star has no "
        "unbiased correction: noise adds to it, to that of the dummy as well, beside which it is "
        "shown. mu carries no bias."
    ),
)
