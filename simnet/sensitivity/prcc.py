"""Partial rank correlation coefficients over a Latin hypercube.

Readout and factors are replaced by their ranks; the coefficient of factor i is the correlation of
what linear regressions on all other factors leave of both. With b the slopes of the regression of
the readout's ranks on all factors' (standardised), u the share of variance that it leaves and P the
inverse of the factors' rank correlations it is b_i / sqrt(b_i^2 + u P_ii). It measures monotone
relations, from -1 to 1.

Noise of the readout is variation that no factor explains: coefficients shrink towards zero, their
sign and (for equal noise) their order stay, and there is no correction. The dummy's shows what
chance alone makes. Magnitudes are compared with the dummy's.

Marino, Hogue, Ray & Kirschner 2008 (doi:10.1016/j.jtbi.2008.04.011).
"""

import numpy as np

from simnet.arrays import FloatArray
from simnet.seeds import study_generator
from simnet.sensitivity.analysis import Analysis, Design, Outputs, Settings, nested_hypercube
from simnet.sensitivity.factors import FactorSpace
from simnet.sensitivity.indices import IndexPrecision, Indices, Statistic, analyse_blocks

FEWEST = 16
_EXACT = 1e-12  # of the variance of ranks: less than this unexplained is rounding


def prcc_design(space: FactorSpace, samples: int, seed: int, settings: Settings) -> FloatArray:
    """Rows of a nested Latin hypercube."""
    return nested_hypercube(study_generator(seed, "prcc"), samples, len(space.factors))


def prcc_estimate(
    design: Design, y: FloatArray, v: FloatArray, weights: FloatArray
) -> dict[str, Statistic]:
    """Coefficients under each row of weights; NaN where there are too few rows for the factors."""
    columns = np.column_stack([design.positions, y])
    ranks = Ranks(columns)
    found = np.full((len(weights), columns.shape[1] - 1), np.nan)
    for row, weight in enumerate(weights):
        if np.count_nonzero(weight) <= columns.shape[1] + 1:
            continue
        centred = ranks.weighted(weight)
        centred -= weight @ centred / weight.sum()
        scatter = centred.T @ (centred * weight[:, np.newaxis])
        spread = np.sqrt(np.diag(scatter))
        if spread.min() > 0:
            found[row] = _partial(scatter / np.outer(spread, spread))
    return {"prcc": Statistic(values=found)}


class Ranks:
    """Ranks of columns (rows, K) under weights: a row that counts twice takes two ranks. Equal
    values share the mean of their ranks."""

    def __init__(self, columns: FloatArray) -> None:
        self._order = np.argsort(columns, axis=0, kind="stable")
        self._place = np.argsort(self._order, axis=0)
        groups = [np.unique(column, return_inverse=True)[1] for column in columns.T]
        self._tied = {k: g for k, g in enumerate(groups) if g.max() + 1 < len(columns)}

    def weighted(self, weight: FloatArray) -> FloatArray:
        """Ranks (rows, K)."""
        sizes = weight[self._order]
        ranks: FloatArray = np.take_along_axis(
            np.cumsum(sizes, axis=0) - (sizes - 1) / 2, self._place, axis=0
        )
        for k, group in self._tied.items():
            size = np.bincount(group, weights=weight)
            ranks[:, k] = (np.cumsum(size) - (size - 1) / 2)[group]
        return ranks


def _partial(correlations: FloatArray) -> FloatArray:
    try:
        inverse = np.linalg.inv(correlations[:-1, :-1])
    except np.linalg.LinAlgError:
        return np.full(len(correlations) - 1, np.nan)
    slopes = inverse @ correlations[:-1, -1]
    left = max(1.0 - float(slopes @ correlations[:-1, -1]), _EXACT)
    found: FloatArray = slopes / np.sqrt(slopes**2 + left * np.diag(inverse))
    return found


def prcc_analyse(design: Design, outputs: Outputs, precision: IndexPrecision) -> Indices:
    """The coefficient of each factor."""
    return analyse_blocks(
        design,
        outputs,
        precision,
        prcc_estimate,
        signed=("prcc",),
        within={"prcc": (-1.0, 1.0)},
        needs_variance=False,
        undetermined=(
            f"{design.samples} rows are too few for {len(design.space.factors)} factors with the "
            f"dummy (take {4 * len(design.space.factors)} or more), or the readout is constant"
        ),
    )


PRCC = Analysis(
    name="prcc",
    headline="prcc",
    words={"prcc": "PRCC"},
    summary="partial rank correlations: direction and strength of monotone relations",
    sample="rows of a Latin hypercube, 16 or more and at least 4 for each factor",
    default_samples=1024,
    rows=lambda space, settings: 1,
    sizes=lambda samples: max(FEWEST, samples),
    design=prcc_design,
    analyse=prcc_analyse,
    settings={},
    needs_variance=False,
    groups=False,
    under_noise=(
        "Noise shrinks the coefficients towards zero; their sign stays. Nothing is corrected. The "
        "dummy's coefficient shows what chance alone makes."
    ),
)
