"""The sensitivity methods, by name. Adding one touches its file and this table."""

from collections.abc import Mapping

from simnet.errors import InputError, Problem, nearest
from simnet.experiment.times import root_seed
from simnet.sensitivity.design import Design, Outputs
from simnet.sensitivity.factors import FactorSpace
from simnet.sensitivity.indices import IndexPrecision, Indices
from simnet.sensitivity.local import LOCAL
from simnet.sensitivity.method import Method, checked_settings
from simnet.sensitivity.morris import MORRIS
from simnet.sensitivity.pawn import PAWN
from simnet.sensitivity.prcc import PRCC
from simnet.sensitivity.sobol import SOBOL

METHODS: dict[str, Method] = {m.name: m for m in (LOCAL, MORRIS, SOBOL, PAWN, PRCC)}


def method_named(name: str) -> Method:
    """The method of that name, or raise InputError with the nearest."""
    given: object = name
    if not isinstance(given, str) or given not in METHODS:
        what, way_out = f"analysis={name!r}", nearest(str(name), METHODS)
        raise InputError(Problem(what=what, why="unknown", way_out=way_out))
    return METHODS[name]


def make_design(
    name: str,
    space: FactorSpace,
    samples: int,
    *,
    seed: int,
    settings: Mapping[str, float] | None = None,
) -> Design:
    """The rows that a method wants evaluated.

    Args:
        name: of the method.
        space: the factors.
        samples: base blocks, as the method counts them.
        seed: any non-negative integer below 2**64; equal arguments give equal rows.
        settings: the method's settings that differ from its defaults.

    Raises:
        InputError: no such method or setting, or a number of samples that it cannot have.
    """
    method = method_named(name)
    root_seed(seed)
    return method.design(
        space, samples, seed, checked_settings(method, space, samples, settings or {})
    )


def count_rows(
    name: str, space: FactorSpace, samples: int, settings: Mapping[str, float] | None = None
) -> int:
    """Evaluations of a design, without making it. Raises as `make_design`."""
    method = method_named(name)
    return method.rows(space, samples, checked_settings(method, space, samples, settings or {}))


def analyse(design: Design, outputs: Outputs, precision: IndexPrecision | None = None) -> Indices:
    """Indices of one readout.

    Raises:
        InputError: outputs of another design, or variances unknown that the method needs.
    """
    return method_named(design.method).analyse(design, outputs, precision or IndexPrecision())
