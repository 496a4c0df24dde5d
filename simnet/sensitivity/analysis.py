"""`Analysis`, the interface that an analysis of sensitivity fills in; `Design`, the rows that it wants
evaluated, and `Outputs`, what came of them for one readout.

To add one: write `simnet/sensitivity/NAME.py` with an `Analysis`, and add it to `ANALYSES` in
`table.py`. Everything else (execution, failures, intervals, convergence, tables, figures, the
command line) then knows it.

1. `design(space, samples, seed, settings)` returns positions (rows, D) in [0, 1] of each factor, the
   dummy included (it is a factor like any other), in `samples` base blocks of equal size that are
   independent of each other. Draw with `simnet.seeds.study_generator(seed, NAME)`. A design of
   more samples must begin with the rows of one of fewer (`sizes` says which numbers it accepts).
2. `analyse(design, outputs, precision)` returns `Indices`. Nearly always it is one call of
   `indices.analyse_blocks` with an *estimator*:

       def estimate(design, y, v, weights) -> dict[str, Statistic]

   y (rows,) is the readout, v (rows,) the variance of each y (0 without noise), weights (R, blocks)
   say how often each block counts. Return, for each index, a `Statistic` with values (R, G): each
   row is the index under one row of weights. A weighted mean over blocks is
   `weights @ of_block / weights.sum(axis=1, keepdims=True)`. From that one function come the
   estimate (weights 1) and the intervals (drawn weights); the convergence comes from calls with the
   first blocks only, and failed blocks are left out before. Where y enters squared its noise adds
   v in the mean: subtract it, and say in the docstring which terms carry noise; never clip.
3. Say in `under_noise` what noise does to the indices, for the report.
4. Test it in tests/sensitivity/ on a function whose indices are known in closed form, without noise
   and with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from simnet.arrays import BoolArray, FloatArray, IntArray
from simnet.errors import InputError, Problem, Problems, nearest
from simnet.experiment.times import finite_number, root_seed, whole_number
from simnet.sensitivity.factors import FactorSpace

if TYPE_CHECKING:
    from simnet.sensitivity.indices import IndexPrecision, Indices

Settings: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """The rows that an analysis wants evaluated. Equal arguments give equal designs, bit by bit.

    Rows come in base blocks, which are independent of each other (Sobol: a base point with its
    exchanges; Morris: a trajectory; Latin hypercube: a row). The bootstrap draws whole blocks, and
    a failed row drops its whole block. A design of more samples begins with the rows of one of
    fewer, so that nothing computed is lost: more samples are more blocks behind the others.

    Every row is its own condition with its own seeds, also where two rows hold equal values: the
    dummy shows the noise by that.

    Attributes:
        analysis: name in the table of analyses.
        space: the factors.
        samples: number of base blocks.
        seed: what the rows were drawn with.
        settings: the analysis' settings, all of them.
        positions: (rows, D) places in the factors' ranges, 0 to 1.
        given_matrix: (rows, D) values, where they are not those of the positions (local).
    """

    analysis: str
    space: FactorSpace
    samples: int
    seed: int
    settings: Mapping[str, float]
    positions: FloatArray
    given_matrix: FloatArray | None = None

    @cached_property
    def matrix(self) -> FloatArray:
        """(rows, D) values to evaluate, in the factors' units, the dummy's column last."""
        if self.given_matrix is not None:
            return self.given_matrix
        return self.space.values(self.positions)

    @property
    def rows(self) -> int:
        """Number of evaluations."""
        return len(self.positions)

    @property
    def rows_of_block(self) -> int:
        """Rows in each base block."""
        return self.rows // self.samples

    @property
    def block(self) -> IntArray:
        """(rows,) base block of each row, rising from 0."""
        return np.repeat(np.arange(self.samples), self.rows_of_block)

    def only(self, blocks: IntArray) -> "Design":
        """The design of these base blocks alone, in their order."""
        rows = (blocks[:, np.newaxis] * self.rows_of_block + np.arange(self.rows_of_block)).ravel()
        return replace(
            self,
            samples=len(blocks),
            positions=self.positions[rows],
            given_matrix=None if self.given_matrix is None else self.given_matrix[rows],
        )

    def by_block(self, values: FloatArray) -> FloatArray:
        """(rows, ...) as (blocks, rows of a block, ...)."""
        return values.reshape(self.samples, self.rows_of_block, *values.shape[1:])


@dataclass(frozen=True, kw_only=True, eq=False)
class Outputs:
    """One readout at each row of a design.

    Attributes:
        readout: its name.
        estimate: (rows,) in the readout's unit; NaN where the row failed.
        variance: (rows,) variance of the estimate over repetitions of the row with other seeds: for
            a mean of n replicates their variance / n, else a jackknife's; 0 for ODE. NaN where it
            is not known (one replicate).
        reasons: row -> why it failed.
        error: of the integrator, the same for all rows, in the readout's unit; 0 for SSA.
    """

    readout: str
    estimate: FloatArray
    variance: FloatArray
    reasons: Mapping[int, str] = field(default_factory=dict)
    error: float = 0.0

    def __post_init__(self) -> None:
        what = f"outputs of {self.readout}"
        if self.estimate.ndim != 1 or self.estimate.shape != self.variance.shape:
            why = f"estimates {self.estimate.shape} and variances {self.variance.shape} differ"
            raise InputError(Problem(what=what, why=why))
        if np.any(self.variance[self.ok] < 0):
            raise InputError(Problem(what=what, why="a negative variance"))

    @property
    def ok(self) -> BoolArray:
        """(rows,) whether there is an estimate."""
        return np.isfinite(self.estimate)

    @property
    def noisy(self) -> bool:
        """Whether any estimate has a variance."""
        return bool(np.any(self.variance[self.ok] > 0))


def check_outputs(design: Design, outputs: Outputs, *, needs_variance: bool) -> None:
    """Raise InputError unless the outputs are those of the design, with what the analysis needs."""
    problems = Problems()
    what = f"outputs of {outputs.readout}"
    if len(outputs.estimate) != design.rows:
        problems.add(what, f"{len(outputs.estimate)} rows, and the design has {design.rows}")
    unknown = int(np.isnan(outputs.variance[outputs.ok]).sum())
    if needs_variance and unknown:
        why = f"{design.analysis} needs the variance of the estimates, and {unknown} have none"
        problems.add(what, why, "run 2 replicates or more for each row")
    if problems:
        raise InputError(problems)


# What the designs of several analyses draw.


def block_weights(rng: np.random.Generator, blocks: int, resamples: int) -> FloatArray:
    """How often each base block counts: (1 + resamples, blocks). The first row counts every block
    once; the others draw as many of them with replacement."""
    drawn = rng.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=resamples)
    return np.vstack([np.ones(blocks), drawn])


def nested_hypercube(rng: np.random.Generator, samples: int, dimensions: int) -> FloatArray:
    """Points (samples, dimensions) in the unit cube, each prefix of 2, 4, 8, ... a Latin hypercube.

    Each doubling halves the strata; the new points fill, in random order and for each dimension on
    its own, the halves that the old ones left empty. A larger sample begins with the smaller one.

    Source: Sallaberry, Helton & Hora 2008 (doi:10.1016/j.ress.2007.04.005), without correlations.
    """
    points = rng.random((1, dimensions))
    while len(points) < samples:
        n = 2 * len(points)
        strata = np.minimum((points * n).astype(np.int64), n - 1)
        empty = strata ^ 1  # the other half of each old stratum
        order = rng.permuted(empty, axis=0)
        fresh = (order + rng.random(order.shape)) / n
        points = np.vstack([points, fresh])
    return points[:samples]


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """An analysis of sensitivity: one entry of the table.

    Attributes:
        name: its name in the table.
        summary: one line for lists.
        sample: what one of `samples` is, in words.
        default_samples: where the user gives none.
        rows: (space, settings) -> rows of a base block, which is one sample.
        sizes: the smallest number of samples not below the one given that is accepted.
        design: see the module's docstring.
        analyse: see the module's docstring.
        under_noise: what noise does to its indices, in sentences.
        headline: the index by which factors are ranked in tables and figures; where a readout has
            none of it, the first that it has.
        settings: its settings with their defaults (0 and 1 for no and yes).
        companion: an index with a column beside it.
        words: index -> its name in tables and figures, where that is another.
        needs_variance: whether it cannot do without the variance of each output.
        groups: whether a group of factors has an index.
        derivatives: whether its indices are derivatives at the baseline: `design` then returns values
            in place of positions, rows are integrated more accurately, and the control coefficients
            of a steady state go with them.
        adapted: the settings for how rows are simulated: (those given, whether rows are noisy,
            relative tolerance of the integrator) -> settings.
    """

    name: str
    summary: str
    sample: str
    default_samples: int
    rows: Callable[[FactorSpace, Settings], int]
    sizes: Callable[[int], int]
    design: Callable[[FactorSpace, int, int, Settings], FloatArray]
    analyse: "Callable[[Design, Outputs, IndexPrecision], Indices]"
    under_noise: str
    headline: str
    settings: Settings
    companion: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    needs_variance: bool = True
    groups: bool = True
    derivatives: bool = False
    adapted: Callable[[Settings, bool, float], Settings] = lambda given, noisy, tolerance: given


def checked_settings(
    analysis: Analysis, space: FactorSpace, samples: int, settings: Mapping[str, float]
) -> dict[str, float]:
    """The analysis' settings with those given in their place.

    Raises:
        InputError: unknown settings or what is not a number, a number of samples that the analysis
            does not accept, or groups where it has no index of a group; all at once.
    """
    problems = Problems()
    for name in settings:
        if name not in analysis.settings:
            what = f"setting {name!r} of {analysis.name}"
            problems.add(what, "unknown", nearest(name, analysis.settings))
    fitting = analysis.sizes(whole_number(samples, "samples", 1))
    if samples != fitting:
        why = f"{analysis.name} does not accept this number ({analysis.sample})"
        problems.add(f"samples={samples!r}", why, f"use {fitting}")
    if space.groups and not analysis.groups:
        why = f"{analysis.name} has no index of a group of factors"
        problems.add("groups", why, "use sobol, morris or local, or no groups")
    if problems:
        raise InputError(problems)
    own = {name: finite_number(value, f"setting {name}") for name, value in settings.items()}
    return {**analysis.settings, **own}


def analysis_named(name: str) -> Analysis:
    """The analysis of that name, or raise InputError with the nearest."""
    from simnet.sensitivity.table import ANALYSES  # which imports all of them

    given: object = name
    if not isinstance(given, str) or given not in ANALYSES:
        what, way_out = f"analysis={name!r}", nearest(str(name), ANALYSES)
        raise InputError(Problem(what=what, why="unknown", way_out=way_out))
    return ANALYSES[name]


def make_design(
    name: str,
    space: FactorSpace,
    samples: int,
    *,
    seed: int,
    settings: Mapping[str, float] | None = None,
) -> Design:
    """The rows that an analysis wants evaluated.

    Args:
        name: of the analysis.
        space: the factors.
        samples: base blocks, as the analysis counts them.
        seed: any non-negative integer below 2**64; equal arguments give equal rows.
        settings: the analysis' settings that differ from its defaults.

    Raises:
        InputError: no such analysis or setting, or a number of samples that it does not accept.
    """
    analysis = analysis_named(name)
    root_seed(seed)
    own = checked_settings(analysis, space, samples, settings or {})
    drawn = analysis.design(space, samples, seed, own)
    return Design(
        analysis=name,
        space=space,
        samples=samples,
        seed=seed,
        settings=own,
        positions=space.positions(drawn) if analysis.derivatives else drawn,
        given_matrix=drawn if analysis.derivatives else None,
    )


def count_rows(
    name: str, space: FactorSpace, samples: int, settings: Mapping[str, float] | None = None
) -> int:
    """Evaluations of a design, without making it. Raises as `make_design`."""
    analysis = analysis_named(name)
    own = checked_settings(analysis, space, samples, settings or {})
    return samples * analysis.rows(space, own)


def words(index: str) -> str:
    """The name of an index for people."""
    from simnet.sensitivity.table import ANALYSES

    every = {name: text for entry in ANALYSES.values() for name, text in entry.words.items()}
    return every.get(index, index.replace("_", " "))


def analyse(
    design: Design, outputs: Outputs, precision: "IndexPrecision | None" = None
) -> "Indices":
    """Indices of one readout.

    Raises:
        InputError: outputs of another design, or variances unknown that the analysis needs.
    """
    from simnet.sensitivity.indices import IndexPrecision

    return analysis_named(design.analysis).analyse(design, outputs, precision or IndexPrecision())
