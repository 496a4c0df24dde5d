"""PAWN: how far the distribution of a readout moves when one factor is held in a slice of its range.

For each slice the Kolmogorov-Smirnov distance between the readout's distribution within the slice
and its distribution over all rows; `pawn` is the median over slices, `pawn_max` the largest. As
SALib's `analyze.pawn`, with two differences: slices are equal parts of the range (SALib takes
quantiles of the sample, and loses its largest value), and rows have weights, which SALib does not
have and the intervals need. The tests compare both.

A distance between two samples of one distribution is above zero: an index without effect is not
zero, but about the dummy's. Noise of the readout blurs both distributions: indices shrink towards
the dummy's, and there is no correction.

Pianosi & Wagener 2015 (doi:10.1016/j.envsoft.2015.01.004), 2018
(doi:10.1016/j.envsoft.2018.07.019).
"""

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.errors import InputError, Problem
from simnet.seeds import study_generator
from simnet.sensitivity.analysis import Analysis, Design, Outputs, Settings, nested_hypercube
from simnet.sensitivity.factors import FactorSpace
from simnet.sensitivity.indices import IndexPrecision, Indices, Statistic, analyse_blocks

FEWEST = 64


def pawn_design(space: FactorSpace, samples: int, seed: int, settings: Settings) -> FloatArray:
    """Rows of a nested Latin hypercube."""
    slices = int(settings["slices"])
    if slices != settings["slices"] or not 2 <= slices <= samples // 8:
        what = f"slices={settings['slices']:g}"
        way_out = f"2 to {samples // 8}, so that each holds 8 rows"
        raise InputError(Problem(what=what, why="not a number of slices", way_out=way_out))
    return nested_hypercube(study_generator(seed, "pawn"), samples, len(space.factors))


def pawn_estimate(
    design: Design, y: FloatArray, v: FloatArray, weights: FloatArray
) -> dict[str, Statistic]:
    """Median and largest distance under each row of weights."""
    slices = int(design.settings["slices"])
    order = np.argsort(y, kind="stable")
    ordered, drawn = y[order], weights[:, order]
    place = np.minimum((design.positions * slices).astype(np.int64), slices - 1)[order]
    whole = np.column_stack([np.zeros(len(drawn)), np.cumsum(drawn, axis=1)])
    whole /= whole[:, -1:]
    middle = np.empty((len(weights), place.shape[1]))
    largest = np.empty_like(middle)
    for k in range(place.shape[1]):
        inside = (np.flatnonzero(place[:, k] == s) for s in range(slices))
        distances = np.array([_distance(drawn, whole, ordered, rows) for rows in inside])
        middle[:, k] = _median(distances)
        largest[:, k] = np.fmax.reduce(distances)
    return {"pawn": Statistic(values=middle), "pawn_max": Statistic(values=largest)}


def _distance(
    weights: FloatArray, whole: FloatArray, y: FloatArray, inside: IntArray
) -> FloatArray:
    """(R,) the largest gap between the distribution of the rows `inside` and that of all.

    y (rows,) rises, weights (R, rows) are in its order, whole (R, 1 + rows) is the distribution of
    all, from 0. The first stays the same from one of its rows to the next, while the other rises:
    the gap is largest just before or just at a row inside. NaN where none of them counts.
    """
    part = np.column_stack([np.zeros(len(weights)), np.cumsum(weights[:, inside], axis=1)])
    total = part[:, -1:]
    part /= np.where(total > 0, total, np.nan)
    values = np.unique(y[inside])  # equal readouts are one step of the distribution
    gap = np.zeros(len(weights))
    for side in ("left", "right"):
        own = np.searchsorted(y[inside], values, side=side)
        all_ = np.searchsorted(y, values, side=side)
        difference = np.abs(part[:, own] - whole[:, all_])
        gap = np.maximum(gap, difference.max(axis=1, initial=0.0))
    return gap if len(inside) else np.full(len(weights), np.nan)


def _median(distances: FloatArray) -> FloatArray:
    ordered = np.sort(distances, axis=0)  # NaN goes last
    n = np.maximum((~np.isnan(distances)).sum(axis=0), 1)
    columns = np.arange(distances.shape[1])
    middle: FloatArray = (ordered[(n - 1) // 2, columns] + ordered[n // 2, columns]) / 2
    return middle


def pawn_analyse(design: Design, outputs: Outputs, precision: IndexPrecision) -> Indices:
    """The index of each factor."""
    fractions = dict.fromkeys(("pawn", "pawn_max"), (0.0, 1.0))
    return analyse_blocks(
        design, outputs, precision, pawn_estimate, within=fractions, needs_variance=False
    )


PAWN = Analysis(
    name="pawn",
    headline="pawn",
    words={"pawn": "PAWN"},
    summary="distances between distributions: for readouts that are skewed or have two modes",
    sample="rows of a Latin hypercube, 64 or more",
    default_samples=1024,
    rows=lambda space, settings: 1,
    sizes=lambda samples: max(FEWEST, samples),
    design=pawn_design,
    analyse=pawn_analyse,
    settings={"slices": 8},
    needs_variance=False,
    groups=False,
    under_noise=(
        "Noise blurs the distributions, so indices shrink towards the dummy's, which is above zero "
        "also without noise. Nothing is corrected."
    ),
)
