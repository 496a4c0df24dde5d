"""`Analysis`, the interface that an analysis of sensitivity fills in.

To add one: write `simnet/sensitivity/NAME.py` with a `Analysis`, and add it to `ANALYSES` in
`table.py`. Everything else (execution, failures, intervals, convergence, tables, figures, the
command line) then knows it.

1. `design(space, samples, seed, settings)` returns a `Design`: positions in [0, 1] for each factor,
   the dummy included (it is a factor like any other), in `samples` base blocks of equal size that
   are independent of each other. Draw with `simnet.seeds.study_generator(seed, NAME)`. A design of
   more samples must begin with the rows of one of fewer (`sizes` says which numbers it can be asked
   for).
2. `analyse(design, outputs, precision)` returns `Indices`. Nearly always it is one call of
   `resampling.analyse_blocks` with an *estimator*:

       def estimate(design, y, v, weights) -> dict[str, Statistic]

   y (rows,) is the readout, v (rows,) the variance of each y (0 without noise), weights (R, blocks)
   say how often each block counts. Return, for each index, a `Statistic` with values (R, G): each
   row is the index under one row of weights. A weighted mean over blocks is
   `weights @ of_block / weights.sum(axis=1, keepdims=True)`. From that one function come the
   estimate (weights 1) and the intervals (drawn weights); the convergence comes from calls with the
   first blocks only, and failed blocks are never shown to it. Where y enters squared its noise adds
   v in the mean: subtract it, and say in the docstring which terms carry noise; never clip.
3. Say in `under_noise` what noise does to the indices, for the report.
4. Test it in tests/sensitivity/ on a function whose indices are known in closed form, without noise
   and with it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from simnet.errors import InputError, Problem, nearest
from simnet.experiment.times import finite_number, whole_number
from simnet.sensitivity.design import Design, Outputs
from simnet.sensitivity.factors import FactorSpace
from simnet.sensitivity.indices import IndexPrecision, Indices


class MakeDesign(Protocol):
    """Draws the rows."""

    def __call__(
        self, space: FactorSpace, samples: int, seed: int, settings: Mapping[str, float]
    ) -> Design: ...


class Analyse(Protocol):
    """Makes indices of the rows' outputs."""

    def __call__(self, design: Design, outputs: Outputs, precision: IndexPrecision) -> Indices: ...


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """An analysis of sensitivity: one entry of the table.

    Attributes:
        name: its name in the table.
        summary: one line for lists.
        sample: what one of `samples` is, in words.
        default_samples: where the user gives none.
        rows: evaluations of a design: (space, samples, settings) -> number.
        sizes: the smallest number of samples not below the one given that it can be asked for.
        design: see the module's docstring.
        analyse: see the module's docstring.
        under_noise: what noise does to its indices, in sentences.
        headline: the index by which factors are ranked in tables and figures; where a readout has
            none of it, the first that it has.
        settings: its settings with their defaults (0 and 1 for no and yes).
        needs_variance: whether it cannot do without the variance of each output.
        groups: whether a group of factors has an index.
    """

    name: str
    summary: str
    sample: str
    default_samples: int
    rows: Callable[[FactorSpace, int, Mapping[str, float]], int]
    sizes: Callable[[int], int]
    design: MakeDesign
    analyse: Analyse
    under_noise: str
    headline: str
    settings: Mapping[str, float]
    needs_variance: bool = True
    groups: bool = True


def checked_settings(
    analysis: Analysis, space: FactorSpace, samples: int, settings: Mapping[str, float]
) -> dict[str, float]:
    """The analysis' settings with those given in their place.

    Raises:
        InputError: unknown settings or what is no number, a number of samples that the analysis cannot have, or groups
            where it has no index of a group; all at once.
    """
    problems = []
    for name in settings:
        if name not in analysis.settings:
            what, way_out = f"setting {name!r} of {analysis.name}", nearest(name, analysis.settings)
            problems.append(Problem(what=what, why="unknown", way_out=way_out))
    fitting = analysis.sizes(whole_number(samples, "samples", 1))
    if samples != fitting:
        why = f"{analysis.name} does not accept this number ({analysis.sample})"
        way_out = f"use {fitting}"
        problems.append(Problem(what=f"samples={samples!r}", why=why, way_out=way_out))
    if space.groups and not analysis.groups:
        why = f"{analysis.name} has no index of a group of factors"
        way_out = "use sobol, morris or local, or no groups"
        problems.append(Problem(what="groups", why=why, way_out=way_out))
    if problems:
        raise InputError(problems)
    own = {name: finite_number(value, f"setting {name}") for name, value in settings.items()}
    return {**analysis.settings, **own}
