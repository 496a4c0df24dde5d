"""The analyses of sensitivity, by name. Adding one touches its file and this table."""

from collections.abc import Mapping

from simnet.errors import InputError, Problem, nearest
from simnet.experiment.times import root_seed
from simnet.sensitivity.analysis import Analysis, checked_settings
from simnet.sensitivity.design import Design, Outputs
from simnet.sensitivity.factors import FactorSpace
from simnet.sensitivity.indices import IndexPrecision, Indices
from simnet.sensitivity.local import LOCAL
from simnet.sensitivity.morris import MORRIS
from simnet.sensitivity.pawn import PAWN
from simnet.sensitivity.prcc import PRCC
from simnet.sensitivity.sobol import SOBOL

ANALYSES: dict[str, Analysis] = {a.name: a for a in (LOCAL, MORRIS, SOBOL, PAWN, PRCC)}


def analysis_named(name: str) -> Analysis:
    """The analysis of that name, or raise InputError with the nearest."""
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
        InputError: no such analysis or setting, or a number of samples that it cannot have.
    """
    analysis = analysis_named(name)
    root_seed(seed)
    return analysis.design(
        space, samples, seed, checked_settings(analysis, space, samples, settings or {})
    )


def count_rows(
    name: str, space: FactorSpace, samples: int, settings: Mapping[str, float] | None = None
) -> int:
    """Evaluations of a design, without making it. Raises as `make_design`."""
    analysis = analysis_named(name)
    return analysis.rows(space, samples, checked_settings(analysis, space, samples, settings or {}))


def analyse(design: Design, outputs: Outputs, precision: IndexPrecision | None = None) -> Indices:
    """Indices of one readout.

    Raises:
        InputError: outputs of another design, or variances unknown that the analysis needs.
    """
    return analysis_named(design.analysis).analyse(design, outputs, precision or IndexPrecision())
