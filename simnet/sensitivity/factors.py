"""Factors: what is varied, over which range and on which scale; groups of them; the dummy."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, partial
from typing import Any, Literal, TypeAlias

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.elementary import exp, log
from simnet.errors import InputError, Problem, Problems, nearest
from simnet.experiment.times import is_between
from simnet.network.network import Network, Parameter, Species

Scale: TypeAlias = Literal["linear", "log"]
Kind: TypeAlias = Literal["parameter", "initial amount", "dummy"]
Groups: TypeAlias = Mapping[str, Sequence[str]] | Literal["molecules"]
"""Name -> names or patterns of factors; or one group a molecule."""

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
        what, problems = f"factor {self.name}", Problems()
        ends = (self.lower, self.upper, self.baseline)
        if not all(is_between(x, -math.inf, math.inf) for x in ends):
            problems.add(what, "its range and baseline must be finite numbers")
        elif not self.lower < self.upper:
            why = f"its range {self.lower:g} to {self.upper:g} is empty"
            problems.add(what, why, "give a lower end below the upper")
        elif self.scale == "log" and self.lower <= 0:
            why = f"a logarithmic range cannot begin at {self.lower:g}"
            problems.add(what, why, "raise the lower end, or use linear")
        if self.scale not in ("linear", "log"):
            problems.add(what, f"scale {self.scale!r} is unknown", "linear or log")
        if problems:
            raise InputError(problems)

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
class FactorGroup:
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
    groups: tuple[FactorGroup, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def __post_init__(self) -> None:
        if problems := _inconsistent(self.factors, self.groups):
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
    factors: Iterable[Factor], groups: Iterable[FactorGroup] = (), left_out: Iterable[LeftOut] = ()
) -> FactorSpace:
    """The space of these factors, with a dummy added.

    Raises:
        InputError: no factor, a name twice, a group of unknown members or members of two groups.
    """
    factors = tuple(factors)
    if not factors:
        way_out = (
            "name some that have a range, or give fold=2 (--fold 2): from half to double the value"
        )
        raise InputError(Problem(what="factors", why="no parameter can be varied", way_out=way_out))
    dummy = free_name(DUMMY, [f.name for f in factors])
    last = Factor(name=dummy, lower=0.0, upper=1.0, baseline=0.5, kind="dummy")
    return FactorSpace(factors=(*factors, last), groups=tuple(groups), left_out=tuple(left_out))


def free_name(name: str, taken: Sequence[str]) -> str:
    """The name, with as many `_` behind it as make it new."""
    while name in taken:
        name += "_"
    return name


def _inconsistent(factors: Sequence[Factor], groups: Sequence[FactorGroup]) -> Problems:
    problems = Problems()
    names = [f.name for f in factors]
    if len(factors) < 2 or factors[-1].kind != "dummy":
        problems.add("factors", "the dummy is not last", "use factor_space")
    usable = [f.name for f in factors if f.kind != "dummy"]
    for group in groups:
        if group.name in names:
            problems.add(f"group {group.name}", "a factor has that name", "rename it")
        if not group.members:
            problems.add(f"group {group.name}", "has no members")
        for member in group.members:
            if member not in usable:
                what = f"group {group.name}: {member!r}"
                problems.add(what, "is not a factor", nearest(member, usable))
    for kind, listed in (("factor", names), ("group", [g.name for g in groups])):
        for name, count in Counter(listed).items():
            if count > 1:
                problems.add(f"{kind} {name}", f"is given {count} times")
    for member, count in Counter(m for g in groups for m in g.members).items():
        if count > 1:
            problems.add(
                f"factor {member}", f"is a member {count} times", "groups must not overlap"
            )
    return problems


# Which parameters and initial amounts of a network are varied, and which are left out and why.


def choose_factors(
    network: Network,
    *,
    parameters: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    fold: float | None = None,
    initial_amounts: Sequence[str] = (),
    groups: Groups | None = None,
    whole_amounts: bool = False,
) -> FactorSpace:
    """The factors of an analysis of a network.

    Args:
        network: the network.
        parameters: names, or patterns such as "k_*" (`*`, `?` and `[...]`, case matters). Left out:
            every parameter with a declared range, on its declared scale; with `fold`, every one.
        exclude: names or patterns of what is left out.
        fold: range around the value instead of the declared one: value / fold to value * fold, on a
            logarithmic scale.
        initial_amounts: ids, names or patterns of species whose amount at the start is varied as
            well, by `fold` (2 where there is none). A name that several species have stands for
            all of them.
        groups: name -> names or patterns of the factors that are moved together; "molecules" for one
            group a molecule.
        whole_amounts: whether initial amounts are rounded to whole molecules, as SSA needs.

    Returns:
        The space, with a dummy as its last factor and the list of what was left out and why:
        parameters at zero (a fold of zero is zero; a drug that is not given), not varied (lower =
        upper), computed from others, without a declared range; and amounts at zero. A parameter that
        is given by its own name, not by a pattern, is never left out in silence: it is varied or it
        is a mistake.

    Raises:
        InputError: all mistakes at once, unknown names with the nearest known ones.
    """
    if fold is not None and not is_between(fold, 1, math.inf):
        raise InputError(
            Problem(what=f"fold={fold!r}", why="not above 1", way_out="2: half to double")
        )
    choice = _Choice(network=network, fold=fold, exclude=tuple(exclude))
    choice.take_parameters(parameters)
    choice.take_amounts(initial_amounts, whole_amounts)
    names = [f.name for f in choice.factors]
    left = sorted({item.name for item in choice.left_out})
    sizes = [compartment.id for compartment in network.compartments]
    quantities = [*network.parameter_by_id, *network.species_index, *sizes]
    for pattern in exclude:
        if not matching(pattern, quantities):
            choice.unknown(f"exclude {pattern!r}", pattern, quantities)
    named_groups = []
    if isinstance(groups, str):
        groups = molecule_groups(network, names)
    for name, patterns in (groups or {}).items():
        members: dict[str, None] = {}
        for pattern in patterns:
            found = matching(pattern, names)
            if not found and not matching(pattern, left):
                choice.unknown(f"group {name}: {pattern!r}", pattern, names)
            members |= dict.fromkeys(found)
        named_groups.append(FactorGroup(name=name, members=tuple(members)))
    if choice.problems:
        raise InputError(choice.problems)
    return factor_space(choice.factors, named_groups, choice.left_out)


def molecule_groups(network: Network, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Groups of factors by molecule: a factor goes to the molecule whose name its own begins with
    (the longest such name, followed by `_` or nothing); species go by what they are made of where
    that is one kind of molecule. What belongs to no molecule is in no group."""
    found: dict[str, list[str]] = {}
    molecules = sorted({m.name for m in network.molecules}, key=len, reverse=True)
    for name in names:
        owner = next((m for m in molecules if name == m or name.startswith(f"{m}_")), None)
        if owner is None and name in network.species_index:
            kinds = set(network.species[network.species_index[name]].molecules)
            owner = kinds.pop() if len(kinds) == 1 else None
        if owner is not None:
            found.setdefault(owner, []).append(name)
    taken = set(names)
    return {m if m not in taken else f"{m} group": tuple(of) for m, of in found.items()}


def matching(pattern: str, names: Sequence[str]) -> list[str]:
    """The names that a pattern stands for; a name stands for itself."""
    return [pattern] if pattern in names else [n for n in names if fnmatchcase(n, pattern)]


@dataclass(kw_only=True)
class _Choice:
    """What has been chosen so far."""

    network: Network
    fold: float | None
    exclude: tuple[str, ...]
    factors: list[Factor] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)

    def take_parameters(self, patterns: Sequence[str] | None) -> None:
        known = list(self.network.parameter_by_id)
        wanted: dict[str, bool] = {}  # whether it was named itself
        for pattern in known if patterns is None else patterns:
            found = matching(pattern, known)
            if not found:
                self.unknown(f"parameter {pattern!r}", pattern, known)
            for name in found:
                named = patterns is not None and name == pattern
                wanted[name] = wanted.get(name, False) or named
        for parameter in self.network.parameters:
            if parameter.id in wanted:
                self._take(parameter, wanted[parameter.id])

    def _take(self, parameter: Parameter, named: bool) -> None:
        reason = self._obstacle(parameter, named)
        if self._excluded(parameter.id):
            return
        if not reason:
            self._add(parameter)
        elif named:
            way_out = "give fold=2, or a pattern, which leaves out what cannot be varied"
            self.problems.add(f"parameter {parameter.id}", reason, way_out)
        else:
            self.left_out.append(LeftOut(name=parameter.id, reason=reason))

    def _obstacle(self, parameter: Parameter, named: bool) -> str:
        """Why a parameter is not varied; nothing where it is."""
        if parameter.initial_expression is not None:
            return "it is computed from others"
        if not math.isfinite(parameter.value):
            return "it has no value"
        has_range = parameter.lower is not None and parameter.upper is not None
        fixed = has_range and parameter.lower == parameter.upper
        if parameter.value == 0 and not (named and has_range and not fixed and self.fold is None):
            return "it is zero"
        if fixed and not (named and self.fold is not None):
            return "its declared range is one value"
        if self.fold is None and not has_range:
            return "it has no declared range"
        return ""

    def _add(self, parameter: Parameter) -> None:
        value, scale = parameter.value, parameter.scale or "log"
        if self.fold is not None:
            lower, upper = sorted((value / self.fold, value * self.fold))
            scale = "log" if value > 0 else "linear"
        else:
            assert parameter.lower is not None
            assert parameter.upper is not None
            lower, upper = parameter.lower, parameter.upper
            if not parameter.scale and lower <= 0:
                scale = "linear"
        self._factor(name=parameter.id, lower=lower, upper=upper, baseline=value, scale=scale)

    def take_amounts(self, patterns: Sequence[str], whole: bool) -> None:
        species = self.network.species
        known = [s.id for s in species]
        wanted: set[str] = set()
        for pattern in patterns:
            found = self.network.find_species(pattern) or matching(pattern, known)
            found = found or [s.id for s in species if fnmatchcase(s.name, pattern)]
            if not found:
                self.unknown(f"initial amount of {pattern!r}", pattern, known)
            wanted.update(found)
        for item in species:
            if item.id in wanted and not self._excluded(item.id):
                self._take_amount(item, whole)

    def _take_amount(self, item: Species, whole: bool) -> None:
        amount, sources = item.initial, self._varied_sources(item)
        if sources:
            why = f"is computed from {', '.join(sources)}, which is varied as well"
            way_out = f"vary one of them: exclude {item.id!r} or {sources[0]!r}"
            self.problems.add(f"initial amount of {item.id}", why, way_out)
        elif is_between(amount, 0, math.inf):
            fold = self.fold or 2.0
            lower, upper = amount / fold, amount * fold
            if whole:
                lower, upper = math.floor(lower), math.ceil(upper)
            self._factor(
                name=item.id,
                lower=lower,
                upper=upper,
                baseline=amount,
                scale="log" if lower > 0 else "linear",
                kind="initial amount",
                whole=whole,
            )
        else:
            reason = "its amount at the start is zero" if amount == 0 else "it has no amount"
            self.left_out.append(LeftOut(name=item.id, reason=reason))

    def _varied_sources(self, item: Species) -> list[str]:
        """Varied parameters that the amount at the start is computed from."""
        if item.initial_expression is None:
            return []
        read = self.network.depends_on(item.initial_expression)
        return [f.name for f in self.factors if f.name in read]

    def _factor(self, *, lower: float, upper: float, **given: Any) -> None:
        make = partial(Factor, lower=float(lower), upper=float(upper), **given)
        factor = self.problems.attempt(make, None)
        if factor is not None:
            self.factors.append(factor)

    def _excluded(self, name: str) -> bool:
        """Whether it is excluded; then it is listed as left out."""
        excluded = any(matching(pattern, [name]) for pattern in self.exclude)
        if excluded:
            self.left_out.append(LeftOut(name=name, reason="excluded"))
        return excluded

    def unknown(self, what: str, name: str, known: Sequence[str]) -> None:
        why = "matches nothing" if any(c in name for c in "*?[") else "is not in the network"
        self.problems.add(what, why, nearest(name.strip("*?"), known))
