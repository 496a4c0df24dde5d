"""Factors: what is varied, over which range and on which scale; groups of them; the dummy."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.elementary import exp, log
from simnet.errors import InputError, Problem, nearest
from simnet.experiment.numbers import is_between

Scale: TypeAlias = Literal["linear", "log"]
Kind: TypeAlias = Literal["parameter", "initial amount", "dummy"]

DUMMY = "dummy"


@dataclass(frozen=True, kw_only=True)
class Factor:
    """A quantity that an analysis varies.

    Attributes:
        name: id of the parameter or species.
        lower: lower end of its range, in the quantity's own unit.
        upper: upper end.
        baseline: its value where it is not varied.
        scale: "linear" or "log": on which of them positions in the range are uniform.
        kind: "parameter", "initial amount" of a species, or "dummy" (in no model).
        whole: whether only whole numbers make sense (molecules at the start of an SSA run).

    Raises:
        InputError: no range, or a range that its scale cannot have.
    """

    name: str
    lower: float
    upper: float
    baseline: float
    scale: Scale = "linear"
    kind: Kind = "parameter"
    whole: bool = False

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise InputError(problems)

    def _problems(self) -> Iterator[Problem]:
        what = f"factor {self.name}"
        ends = (self.lower, self.upper, self.baseline)
        if not all(is_between(x, -math.inf, math.inf) for x in ends):
            yield Problem(what=what, why="its range and baseline must be finite numbers")
        elif not self.lower < self.upper:
            why = f"its range {self.lower:g} to {self.upper:g} is empty"
            yield Problem(what=what, why=why, way_out="give a lower end below the upper")
        elif self.scale == "log" and self.lower <= 0:
            why = f"a logarithmic range cannot begin at {self.lower:g}"
            yield Problem(what=what, why=why, way_out="raise the lower end, or use linear")
        if self.scale not in ("linear", "log"):
            way_out = "linear or log"
            yield Problem(what=what, why=f"scale {self.scale!r} is unknown", way_out=way_out)

    def at(self, positions: FloatArray) -> FloatArray:
        """Values at positions in the range: 0 is the lower end, 1 the upper."""
        if self.scale == "log":
            values = self.lower * exp(positions * (log(self.upper) - log(self.lower)))
        else:
            values = self.lower + positions * (self.upper - self.lower)
        values = np.clip(values, self.lower, self.upper)
        return np.rint(values) if self.whole else values

    def position(self, values: FloatArray) -> FloatArray:
        """Where values are in the range: `at` the other way round."""
        if self.scale == "log":
            return log(values / self.lower) / log(self.upper / self.lower)
        return (values - self.lower) / (self.upper - self.lower)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Factors that are moved together, with one index for all of them.

    Under Sobol's and Morris's methods each member still has its own position: the index is that of
    the set. Under `local` all members are multiplied by one factor.
    """

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A quantity that is not varied, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FactorSpace:
    """The factors of an analysis. The last is always the dummy: it is drawn like any other and no
    model reads it, so that its index shows what sampling and noise alone make.

    Make it with `factor_space`, or from a network with `choose_factors`.

    Attributes:
        factors: (D,) the columns of a design, the dummy last.
        groups: sets of factors; a factor in no group stands for itself.
        left_out: what could have been varied and is not.
    """

    factors: tuple[Factor, ...]
    groups: tuple[Group, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def __post_init__(self) -> None:
        problems = list(_inconsistent(self.factors, self.groups))
        if problems:
            raise InputError(problems)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """(G,) what has an index: groups and single factors in the order of the columns; the dummy
        is the last."""
        return tuple(dict.fromkeys(self.label_of_column))

    @cached_property
    def label_of_column(self) -> tuple[str, ...]:
        """(D,) the group, or else the factor itself, of each column."""
        group = {member: g.name for g in self.groups for member in g.members}
        return tuple(group.get(f.name, f.name) for f in self.factors)

    @cached_property
    def unit_of_column(self) -> IntArray:
        """(D,) the place in `labels` of each column."""
        place = {label: i for i, label in enumerate(self.labels)}
        return np.array([place[label] for label in self.label_of_column])

    @property
    def names(self) -> tuple[str, ...]:
        """(D,) names of the columns."""
        return tuple(f.name for f in self.factors)

    @property
    def dummy(self) -> str:
        """Name of the dummy."""
        return self.factors[-1].name

    def values(self, positions: FloatArray) -> FloatArray:
        """Values (rows, D), in each factor's unit, at positions (rows, D) from 0 to 1."""
        return np.column_stack([f.at(positions[:, i]) for i, f in enumerate(self.factors)])

    def positions(self, values: FloatArray) -> FloatArray:
        """Positions (rows, D) of values (rows, D)."""
        return np.column_stack([f.position(values[:, i]) for i, f in enumerate(self.factors)])


def factor_space(
    factors: Iterable[Factor], groups: Iterable[Group] = (), left_out: Iterable[LeftOut] = ()
) -> FactorSpace:
    """The space of these factors, with a dummy added.

    Raises:
        InputError: no factor, a name twice, a group of unknown members or members of two groups.
    """
    factors = tuple(factors)
    if not factors:
        way_out = "choose parameters, or give fold=2 to vary them around their values"
        raise InputError(Problem(what="factors", why="there is nothing to vary", way_out=way_out))
    dummy = free_name(DUMMY, [f.name for f in factors])
    last = Factor(name=dummy, lower=0.0, upper=1.0, baseline=0.5, kind="dummy")
    return FactorSpace(factors=(*factors, last), groups=tuple(groups), left_out=tuple(left_out))


def free_name(name: str, taken: Sequence[str]) -> str:
    """The name, with as many `_` behind it as make it new."""
    while name in taken:
        name += "_"
    return name


def _inconsistent(factors: Sequence[Factor], groups: Sequence[Group]) -> Iterator[Problem]:
    names = [f.name for f in factors]
    for name, count in Counter(names).items():
        if count > 1:
            yield Problem(what=f"factor {name}", why=f"is given {count} times")
    if len(factors) < 2 or factors[-1].kind != "dummy":
        yield Problem(what="factors", why="the dummy is not last", way_out="use factor_space")
    usable = [f.name for f in factors if f.kind != "dummy"]
    for group in groups:
        if group.name in names:
            why = "a factor has that name"
            yield Problem(what=f"group {group.name}", why=why, way_out="name it otherwise")
        if not group.members:
            yield Problem(what=f"group {group.name}", why="has no members")
        for member in group.members:
            if member not in usable:
                what = f"group {group.name}: {member!r}"
                yield Problem(what=what, why="is no factor", way_out=nearest(member, usable))
    for name, count in Counter(g.name for g in groups).items():
        if count > 1:
            yield Problem(what=f"group {name}", why=f"is given {count} times")
    for member, count in Counter(m for g in groups for m in g.members).items():
        if count > 1:
            why = f"is a member {count} times"
            yield Problem(what=f"factor {member}", why=why, way_out="groups must not overlap")
