"""`Design`, the rows to evaluate, and `Outputs`, what came of them for one readout."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from simnet.arrays import BoolArray, FloatArray, IntArray
from simnet.errors import InputError, Problem
from simnet.sensitivity.factors import FactorSpace


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
        block: (rows,) base block of each row, rising from 0.
        given_matrix: (rows, D) values, where they are not those of the positions (local).
    """

    analysis: str
    space: FactorSpace
    samples: int
    seed: int
    settings: Mapping[str, float]
    positions: FloatArray
    block: IntArray
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
        return len(self.block)

    @property
    def rows_of_block(self) -> int:
        """Rows in each base block."""
        return self.rows // self.samples

    def only(self, blocks: IntArray) -> "Design":
        """The design of these base blocks alone, in their order."""
        rows = (blocks[:, np.newaxis] * self.rows_of_block + np.arange(self.rows_of_block)).ravel()
        return replace(
            self,
            samples=len(blocks),
            positions=self.positions[rows],
            block=np.repeat(np.arange(len(blocks)), self.rows_of_block),
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
        problems = []
        if self.estimate.ndim != 1 or self.estimate.shape != self.variance.shape:
            why = f"estimates {self.estimate.shape} and variances {self.variance.shape} differ"
            problems.append(Problem(what=f"outputs of {self.readout}", why=why))
        elif np.any(self.variance[self.ok] < 0):
            problems.append(Problem(what=f"outputs of {self.readout}", why="a negative variance"))
        if problems:
            raise InputError(problems)

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
    problems = []
    what = f"outputs of {outputs.readout}"
    if len(outputs.estimate) != design.rows:
        why = f"{len(outputs.estimate)} rows, and the design has {design.rows}"
        problems.append(Problem(what=what, why=why))
    unknown = int(np.isnan(outputs.variance[outputs.ok]).sum())
    if needs_variance and unknown:
        why = f"the variance of {unknown} estimates is not known, which {design.analysis} needs"
        way_out = "run 2 replicates or more for each row"
        problems.append(Problem(what=what, why=why, way_out=way_out))
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
