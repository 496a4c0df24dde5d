"""Cell-to-cell variability: parameters and amounts that differ from one replicate to the next.

Each named gene, protein, parameter or species is multiplied by a factor of mean one, drawn from a
key of the replicate and the name. A name's factor therefore depends on no other name, on no order
and on no version of a random number library.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from statistics import NormalDist
from typing import Any, ClassVar, Protocol

from simnet.elementary import exp, log1p
from simnet.errors import InputError, Problem, nearest
from simnet.experiment.change import Form, Forms, Knockout, Scale
from simnet.experiment.times import number_or_nan
from simnet.network.network import Network
from simnet.seeds import uniform

_NORMAL = NormalDist()
_MOST_NORMAL = 0.25


class Spread(Protocol):
    """A distribution of factors with mean one."""

    @property
    def cv(self) -> float:
        """Their coefficient of variation."""
        ...

    def factor(self, u: float) -> float:
        """The factor below which a fraction u (between 0 and 1) of them lies."""
        ...


@dataclass(frozen=True, kw_only=True)
class LogNormal:
    """Factors whose logarithm is normal: as proteins differ between cells, always above 0."""

    forms: ClassVar[Forms] = (Form("lognormal {cv}", 0.3),)
    cv: float

    def __post_init__(self) -> None:
        _check(self, "cv", self.cv, least=0.0)

    def factor(self, u: float) -> float:
        square = log1p(self.cv * self.cv)
        return exp(math.sqrt(square) * _normal(u) - 0.5 * square)


@dataclass(frozen=True, kw_only=True)
class Normal:
    """Normal factors, with a cv of at most 0.25; the six in 100,000 draws that would lie below 0 or
    above 2 are drawn from within instead, which makes the cv at most 0.06 % smaller."""

    forms: ClassVar[Forms] = (Form("normal {cv}", 0.2),)
    cv: float

    def __post_init__(self) -> None:
        _check(self, "cv", self.cv, least=0.0, most=_MOST_NORMAL)

    def factor(self, u: float) -> float:
        outside = _NORMAL.cdf(-1 / self.cv) if self.cv else 0.0
        return 1 + self.cv * _normal(outside + u * (1 - 2 * outside))


@dataclass(frozen=True, kw_only=True)
class Uniform:
    """Factors between 2 / (1 + fold) and fold times that, all equally likely."""

    forms: ClassVar[Forms] = (Form("uniform {fold}", 2),)
    fold: float

    def __post_init__(self) -> None:
        _check(self, "fold", self.fold, least=1.0)

    @property
    def cv(self) -> float:
        """Coefficient of variation of the factors."""
        return (self.fold - 1) / (self.fold + 1) / math.sqrt(3)

    def factor(self, u: float) -> float:
        return 2 * (1 + u * (self.fold - 1)) / (1 + self.fold)


def _normal(u: float) -> float:
    """The standard normal quantile, to a multiple of 2**-40: the C library's logarithm, by which
    tails are computed, has other last bits on other processors."""
    return math.ldexp(round(math.ldexp(_NORMAL.inv_cdf(u), 40)), -40)


SPREADS: dict[str, type[LogNormal] | type[Normal] | type[Uniform]] = {
    cls.__name__: cls for cls in (LogNormal, Normal, Uniform)
}
"""Every distribution, by the name that records use."""

Variability = Mapping[str, Spread]
"""Distributions by the name of a gene, molecule, parameter, compartment or species."""


def require_distributions(variability: object) -> None:
    """Raise InputError for what is not a mapping of names."""
    if not isinstance(variability, Mapping):
        what, way_out = f"variability={variability!r:.60}", 'write {"MCT1": LogNormal(cv=0.3)}'
        raise InputError(Problem(what=what, why="not distributions by name", way_out=way_out))


def check_variability(variability: Variability, network: Network) -> None:
    """Raise InputError unless every name can vary in the network, each quantity by one name only."""
    targets(variability, network)


def targets(variability: Variability, network: Network) -> dict[str, tuple[str, ...]]:
    """What each name scales, by id: a gene's parameters, as a knock-down does; a parameter or
    compartment; a species' initial amount, or those of all species that contain a molecule.

    Raises:
        InputError: values that are not distributions, names that cannot vary, two names for one
            quantity, or a model that runs as its file is.
    """
    problems: list[Problem] = []
    found: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    if network.document is not None and variability:
        obstacle = network.document.obstacles[0].what
        why = f"{network.id} is simulated as its file is, since it has {obstacle}"
        way_out = "remove that from the model"
        problems.append(Problem(what="variability", why=why, way_out=way_out))
    require_distributions(variability)
    for name, spread in variability.items():
        if type(spread) not in SPREADS.values():
            what, way_out = f"variability {name!r}: {spread!r:.60}", "write LogNormal(cv=0.3)"
            problems.append(Problem(what=what, why="is not a distribution", way_out=way_out))
        ids, wrong = _targets_of(name, network)
        problems += wrong
        for id_ in ids:
            if id_ in taken:
                what, why = f"variability {name!r}", f"{id_} varies as {taken[id_]!r} already"
                problems.append(Problem(what=what, why=why, way_out="name it once"))
            taken[id_] = name
        found[name] = tuple(ids)
    if problems:
        raise InputError(problems)
    return found


def draw(variability: Variability, network: Network, key: bytes) -> tuple[Scale, ...]:
    """One cell: a `Scale` of every quantity that varies, in the order of the names.

    Args:
        variability: distributions by name.
        network: what is simulated.
        key: of the replicate; the same key gives the same cell, in every condition.

    Raises:
        InputError: as `targets`.
    """
    changes: list[Scale] = []
    for name, ids in targets(variability, network).items():
        factor = variability[name].factor(uniform(key, name))
        changes += [Scale(id_, factor) for id_ in ids]
    return tuple(changes)


def whole_amounts(amounts: Mapping[str, float], key: bytes) -> dict[str, float]:
    """Initial amounts made whole, for SSA.

    An amount between two whole numbers becomes one of them, drawn from the key, with the chance
    that keeps the mean over cells; this adds a variance of at most 1/4 of a squared molecule. The
    nearest whole number would not do: a protein of one copy would hardly vary.

    Args:
        amounts: molecules by species id; whole ones stay as they are.
        key: of the replicate.
    """
    whole: dict[str, float] = {}
    for name, amount in amounts.items():
        below = math.floor(amount)
        above = uniform(key, f"rounding {name}") < amount - below
        whole[name] = float(below + above)
    return whole


def variability_record(variability: Variability) -> dict[str, dict[str, Any]]:
    """The variability as plain data, by name, for records and seeds."""
    return {
        name: {
            "distribution": type(spread).__name__,
            **{f.name: float(getattr(spread, f.name)) for f in fields(spread)},  # type: ignore[arg-type]
        }
        for name, spread in variability.items()
    }


def _check(
    spread: object, name: str, value: float, *, least: float, most: float = math.inf
) -> None:
    what = f"{type(spread).__name__}({name}={value!r})"
    number = number_or_nan(value)
    if not math.isfinite(number) or number < least:
        raise InputError(Problem(what=what, why=f"not a number of at least {least:g}"))
    if number > most:
        why, way_out = f"above {most:g}, where factors fall below 0", "use LogNormal"
        raise InputError(Problem(what=what, why=why, way_out=way_out))


def _targets_of(name: str, network: Network) -> tuple[list[str], list[Problem]]:
    what = f"variability {name!r}"
    if not isinstance(name, str):
        return [], [Problem(what=what, why="its name is not a text")]  # type: ignore[unreachable]
    inputs = {i.name for i in network.inputs} | {i.parameter for i in network.inputs}
    drugs = {d.name for d in network.drugs} | {d.parameter for d in network.drugs}
    if name in inputs | drugs:
        why = "is set by the experimenter and equal in all cells"
        return [], [Problem(what=what, why=why, way_out="vary what responds to it instead")]
    for change in (Knockout(name), Scale(name, 1.0)):  # as genes and molecules, then as quantities
        actions, wrong = change.resolve(network)
        if not wrong:
            return [action.id for action in actions], []
    known = [g.name for g in network.genes] + [p.id for p in network.parameters]
    known += [m for s in network.species for m in s.molecules] + [s.id for s in network.species]
    computed = name in network.assignment_by_id or name in network.readout_by_name
    why = "is computed from others" if computed else f"not in {network.id}"
    way_out = "vary what it is made from" if computed else nearest(name, known)
    return [], [Problem(what=what, why=why, way_out=way_out)]
