"""Which parameters and initial amounts of a network are varied, and which are left out and why."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from simnet.errors import InputError, Problem, nearest
from simnet.experiment.numbers import is_between
from simnet.network.network import Network, Parameter, Species
from simnet.sensitivity.factors import Factor, FactorSpace, Group, LeftOut, Scale, factor_space


def choose_factors(
    network: Network,
    *,
    parameters: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    fold: float | None = None,
    initial_amounts: Sequence[str] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
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
        groups: name -> names or patterns of the factors that are moved together.
        whole_amounts: whether initial amounts are rounded to whole molecules, as SSA needs.

    Returns:
        The space, with a dummy as its last factor and the list of what was left out and why:
        parameters at zero (a fold of zero is zero; a drug that is not given), not varied (lower =
        upper), computed from others, without a declared range; and amounts at zero. A parameter that is given by its own
        name, not by a pattern, is never left out in silence: it is varied or it is a mistake.

    Raises:
        InputError: all mistakes at once, unknown names with the nearest known ones.
    """
    choice = _Choice(network=network, fold=fold, exclude=tuple(exclude))
    if fold is not None and not is_between(fold, 1, math.inf):
        problem = Problem(what=f"fold={fold!r}", why="not above 1", way_out="2: half to double")
        choice.problems.append(problem)
        raise InputError(choice.problems)
    choice.take_parameters(parameters)
    choice.take_amounts(initial_amounts, whole_amounts)
    names = [f.name for f in choice.factors]
    left = {item.name for item in choice.left_out}
    sizes = [compartment.id for compartment in network.compartments]
    quantities = [*network.parameter_by_id, *network.species_index, *sizes]
    for pattern in exclude:
        if not matching(pattern, quantities):
            choice.unknown(f"exclude {pattern!r}", pattern, quantities)
    named_groups = []
    for name, patterns in (groups or {}).items():
        members: dict[str, None] = {}
        for pattern in patterns:
            found = matching(pattern, names)
            if not found and not matching(pattern, sorted(left)):
                choice.unknown(f"group {name}: {pattern!r}", pattern, names)
            members |= dict.fromkeys(found)
        named_groups.append(Group(name=name, members=tuple(members)))
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
    problems: list[Problem] = field(default_factory=list)

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
            self.left_out.append(LeftOut(name=parameter.id, reason="excluded"))
        elif not reason:
            self._add(parameter)
        elif named:
            way_out = "give fold=2, or a pattern, which leaves out what cannot be varied"
            self.problems.append(
                Problem(what=f"parameter {parameter.id}", why=reason, way_out=way_out)
            )
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
        self._factor(parameter.id, lower, upper, value, scale, amount=False, whole=False)

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
            if item.id in wanted:
                self._take_amount(item, whole)

    def _take_amount(self, item: Species, whole: bool) -> None:
        amount, made_of = item.initial, self._varied_sources(item)
        if self._excluded(item.id):
            self.left_out.append(LeftOut(name=item.id, reason="excluded"))
        elif made_of:
            why = f"is computed from {', '.join(made_of)}, which is varied as well"
            way_out = f"vary one of them: exclude {item.id!r} or {made_of[0]!r}"
            self.problems.append(
                Problem(what=f"initial amount of {item.id}", why=why, way_out=way_out)
            )
        elif is_between(amount, 0, math.inf):
            fold = self.fold or 2.0
            lower, upper = amount / fold, amount * fold
            if whole:
                lower, upper = math.floor(lower), math.ceil(upper)
            scale: Scale = "log" if lower > 0 else "linear"
            self._factor(item.id, lower, upper, amount, scale, amount=True, whole=whole)
        else:
            reason = "its amount at the start is zero" if amount == 0 else "it has no amount"
            self.left_out.append(LeftOut(name=item.id, reason=reason))

    def _varied_sources(self, item: Species) -> list[str]:
        """Varied parameters that the amount at the start is computed from."""
        if item.initial_expression is None:
            return []
        read = self.network.depends_on(item.initial_expression)
        return [f.name for f in self.factors if f.name in read]

    def _factor(
        self,
        name: str,
        lower: float,
        upper: float,
        value: float,
        scale: str,
        *,
        amount: bool,
        whole: bool,
    ) -> None:
        try:
            factor = Factor(
                name=name,
                lower=float(lower),
                upper=float(upper),
                baseline=value,
                scale=scale,  # type: ignore[arg-type]
                kind="initial amount" if amount else "parameter",
                whole=whole,
            )
        except InputError as error:
            self.problems += error.problems
        else:
            self.factors.append(factor)

    def _excluded(self, name: str) -> bool:
        return any(matching(pattern, [name]) for pattern in self.exclude)

    def unknown(self, what: str, name: str, known: Sequence[str]) -> None:
        has = "matches nothing" if any(c in name for c in "*?[") else "is not in the network"
        problem = Problem(what=what, why=has, way_out=nearest(name.strip("*?"), known))
        self.problems.append(problem)
