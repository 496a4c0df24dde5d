"""Arguments that many verbs take, each checked alone: times, seeds, workers."""

import operator
from collections.abc import Sequence
from typing import TypeVar, cast

from simnet.errors import InputError, Problem
from simnet.execute.cluster import Workers, is_cluster
from simnet.experiment.numbers import whole_number
from simnet.experiment.times import TimeSpec, duration
from simnet.seeds import is_root
from simnet.stats.precision import Precision

T = TypeVar("T")


def listed(items: Sequence[T] | T) -> tuple[T, ...]:
    """One item or several, as a tuple."""
    return tuple(items) if isinstance(items, Sequence) else (items,)


def positive_time(spec: TimeSpec, what: str, unit: str | None) -> float:
    """A time above zero, in `unit`; `what` is the argument's name.

    Raises:
        InputError: no such time, or one that is not above zero.
    """
    value = duration(spec, what, unit)
    if value <= 0:
        raise InputError(Problem(what=f"{what}={spec!r}", why="not above zero"))
    return value


def require_precision(precision: object) -> None:
    """Raise InputError for what is not a Precision, or none of it."""
    if precision is not None and not isinstance(precision, Precision):
        what, way_out = f"precision={precision!r:.80}", "write Precision(relative=0.05)"
        raise InputError(Problem(what=what, why="not a Precision", way_out=way_out))


def root_seed(seed: int) -> int:
    """A root seed: a whole number, NumPy's as well.

    Raises:
        InputError: it cannot be one.
    """
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if isinstance(seed, bool) or not is_root(number):
        why = "not a whole number from 0 to 2**64 - 1"
        raise InputError(Problem(what=f"seed={seed!r}", why=why, way_out="for example 0 or 1"))
    return number


def not_allowed(allow_negative: object, method: str) -> list[Problem]:
    """What is wrong with `allow_negative` under a method."""
    what = f"allow_negative={allow_negative!r}"
    if not isinstance(allow_negative, bool):
        return [Problem(what=what, why="neither True nor False")]
    if allow_negative and method == "ssa":
        why = "SSA counts molecules, which are never fewer than 0"
        return [Problem(what=what, why=why, way_out='use method="ode"')]
    return []


def worker_processes(workers: Workers) -> int | None:
    """The number of worker processes; None for as many as there are processors, and for a cluster.

    Raises:
        InputError: neither a whole number of at least 0 nor a cluster.
    """
    if workers is None or is_cluster(workers):
        return None
    if not isinstance(workers, str):
        return whole_number(cast(int, workers), "workers", 0)
    raise InputError(
        Problem(
            what=f"workers={workers!r}",
            why="neither a number nor the address of a Dask scheduler",
            way_out='write it as "tcp://host:8786"',
        )
    )
