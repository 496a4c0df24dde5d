"""Perturbations: one family of types for `simulate`, schedules, screens and studies.

A change says what is done, in the user's words (`Knockdown("HIF1A", 0.9)`). Against a network it
resolves to elementary actions, or to the problems that stand in its way. A new type is one class
here, with the forms in which its value is written, and one row in `CHANGES`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import ClassVar, Protocol, TypeAlias

from simnet.errors import Problem, nearest
from simnet.experiment.action import (
    Action,
    AddAmount,
    Hold,
    ScaleValue,
    SetValue,
    drug_parameter,
    expression_targets,
    settable,
    species_id,
    species_way_out,
)
from simnet.experiment.times import number_or_nan
from simnet.network.network import Network

Resolved = tuple[Sequence[Action], Sequence[Problem]]


@dataclass(frozen=True, slots=True)
class Form:
    """How a value is written after `NAME=`; see `simnet.experiment.notation`.

    Attributes:
        text: words, and a number's field in braces: "knockdown {fraction}".
        example: a number for the field, for messages.
        factor: on the number as written, for other units than the field's.
        ladder: whether several numbers may stand there, 0.1|1|10.
    """

    text: str
    example: float = 1.0
    factor: float = 1.0
    ladder: bool = False


Forms: TypeAlias = tuple[Form, ...]


class Change(Protocol):
    """A perturbation of a network.

    Attributes:
        forms: how its value is written; the first is the form that is written, others are read.
    """

    forms: ClassVar[Forms]

    @property
    def label(self) -> str:
        """A short text for tables and plots."""
        ...

    def resolve(self, network: Network) -> Resolved:
        """Actions, and problems (then the actions count for nothing)."""
        ...


@dataclass(frozen=True)
class Set:
    """Set an input, a parameter, a compartment's size or a species' amount."""

    forms: ClassVar[Forms] = (Form("{value}", 2.5), Form("set {value}"))
    name: str
    value: float

    @property
    def label(self) -> str:
        return f"{self.name}={_short(self.value)}"

    def resolve(self, network: Network) -> Resolved:
        target, problems = settable(network, self.name, _what(self))
        problems += _finite(self, "value", minimum=0.0 if target in network.species_index else None)
        return ([SetValue(target, float(self.value))] if not problems else []), problems


@dataclass(frozen=True)
class Scale:
    """Multiply an input, a parameter, a compartment's size or a species' amount by a factor."""

    forms: ClassVar[Forms] = (Form("x{factor}", 2), Form("scale {factor}"))
    name: str
    factor: float

    @property
    def label(self) -> str:
        return f"{self.name} x{_short(self.factor)}"

    def resolve(self, network: Network) -> Resolved:
        target, problems = settable(network, self.name, _what(self))
        problems += _finite(self, "factor", minimum=0.0)
        return ([ScaleValue(target, float(self.factor))] if not problems else []), problems


@dataclass(frozen=True)
class Add:
    """Add molecules of a species at once (a bolus)."""

    forms: ClassVar[Forms] = (Form("add {amount}", 10),)
    name: str
    amount: float

    @property
    def label(self) -> str:
        return f"{self.name} +{_short(self.amount)}"

    def resolve(self, network: Network) -> Resolved:
        problems = _finite(self, "amount")
        target = species_id(network, self.name)
        if target is None:
            why, way_out = f"{self.name!r} is not a species", species_way_out(network, self.name)
            problems.append(Problem(what=_what(self), why=why, way_out=way_out))
        return ([AddAmount(str(target), float(self.amount))] if not problems else []), problems


@dataclass(frozen=True)
class Knockdown:
    """Lower a gene's expression by a fraction (0.9 leaves a tenth).

    What is scaled: the gene's own parameters where the network's catalogue names the gene; else the
    parameter or the initial amount of that name; else, for a molecule that is never synthesised,
    the amounts of all species that contain it.
    """

    forms: ClassVar[Forms] = (Form("knockdown {fraction}", 0.9),)
    name: str
    fraction: float

    @property
    def label(self) -> str:
        return f"{self.name} -{_short(self.fraction, 100)}%"

    def resolve(self, network: Network) -> Resolved:
        problems = _finite(self, "fraction", minimum=0.0, maximum=1.0)
        return _scaled(self, network, problems, lambda: 1.0 - float(self.fraction))


@dataclass(frozen=True)
class Knockout:
    """Remove a gene's expression: a knock-down by all of it."""

    forms: ClassVar[Forms] = (Form("knockout"),)
    name: str

    @property
    def label(self) -> str:
        return f"{self.name} knock-out"

    def resolve(self, network: Network) -> Resolved:
        return _scaled(self, network, [], lambda: 0.0)


@dataclass(frozen=True)
class Overexpress:
    """Raise a gene's expression by a factor; what is scaled is as in `Knockdown`."""

    forms: ClassVar[Forms] = (Form("overexpress {fold}", 3),)
    name: str
    fold: float

    @property
    def label(self) -> str:
        return f"{self.name} x{_short(self.fold)}"

    def resolve(self, network: Network) -> Resolved:
        problems = _finite(self, "fold", minimum=1.0)
        return _scaled(self, network, problems, lambda: float(self.fold))


@dataclass(frozen=True)
class Dose:
    """Set a drug's concentration in the medium, where it stays until it is set again.

    In a screen `nM` may be a ladder, nM=[0.1, 1, 10]: as many doses, each in its own conditions.
    """

    forms: ClassVar[Forms] = (
        Form("{nM}nM", 100, ladder=True),
        Form("{nM}pM", factor=1e-3, ladder=True),
        Form("{nM}uM", factor=1e3, ladder=True),
        Form("{nM}µM", factor=1e3, ladder=True),
        Form("{nM}mM", factor=1e6, ladder=True),
    )
    name: str
    nM: float | Sequence[float] = field(kw_only=True)  # noqa: N815 - the unit

    def __post_init__(self) -> None:
        tolist = getattr(self.nM, "tolist", None)  # of an array
        given = self.nM if tolist is None else tolist()
        if isinstance(given, Sequence) and not isinstance(given, str):
            object.__setattr__(self, "nM", tuple(given))

    @property
    def is_ladder(self) -> bool:
        """Whether it stands for several doses."""
        return isinstance(self.nM, tuple)

    def ladder(self) -> tuple["Dose", ...]:
        """Each dose by itself."""
        if isinstance(self.nM, tuple):
            return tuple(Dose(self.name, nM=value) for value in self.nM)
        return (self,)

    @property
    def label(self) -> str:
        if isinstance(self.nM, tuple):
            return f"{self.name} {', '.join(map(_short, self.nM))} nM"
        return f"{self.name} {_short(self.nM)} nM"

    def resolve(self, network: Network) -> Resolved:
        target, problems = drug_parameter(network, self.name, _what(self))
        if isinstance(self.nM, tuple):
            why, way_out = "more than one dose", "give one, or make a Screen of them"
            return [], [*problems, Problem(what=repr(self), why=why, way_out=way_out)]
        problems += _finite(self, "nM", minimum=0.0)
        return ([SetValue(target, float(self.nM))] if not problems else []), problems  # type: ignore[arg-type]


@dataclass(frozen=True)
class Washout:
    """Take a drug out of the medium at once."""

    forms: ClassVar[Forms] = (Form("washout"),)
    name: str

    @property
    def label(self) -> str:
        return f"{self.name} washed out"

    def resolve(self, network: Network) -> Resolved:
        target, problems = drug_parameter(network, self.name, _what(self))
        return ([SetValue(target, 0.0)] if not problems else []), problems


@dataclass(frozen=True)
class Clamp:
    """Hold a species' amount, or a named expression, at a value from now on."""

    forms: ClassVar[Forms] = (Form("held {value}", 5), Form("clamp {value}"))
    name: str
    value: float

    @property
    def label(self) -> str:
        return f"{self.name} held at {_short(self.value)}"

    def resolve(self, network: Network) -> Resolved:
        what = _what(self)
        readout = network.readout_by_name.get(self.name)
        target = species_id(network, self.name) or (readout.symbol if readout else self.name)
        an_amount = target in network.species_index
        problems = _finite(self, "value", minimum=0.0 if an_amount else None)
        assignment = network.assignment_by_id.get(target)
        if assignment is not None and assignment.kind == "observable":
            problems.append(
                Problem(
                    what=what,
                    why=f"{target} is an observable, the sum of species",
                    way_out="clamp one of its species, or knock its gene down",
                )
            )
        elif assignment is None and not an_amount:
            why = f"{self.name!r} is not a species or expression"
            way_out = nearest(self.name, [*network.species_index, *network.assignment_by_id])
            if target in network.parameter_by_id:
                way_out = f"{target} is a parameter, which does not change by itself: use Set"
            problems.append(Problem(what=what, why=why, way_out=way_out))
        return ([Hold(target, float(self.value))] if not problems else []), problems


CHANGES: dict[str, type[Change]] = {
    cls.__name__: cls
    for cls in (Set, Scale, Add, Knockdown, Knockout, Overexpress, Dose, Washout, Clamp)
}
"""Every type of change, by the name that records use."""


def is_change(value: object) -> bool:
    """Whether the value is a change of the table."""
    return type(value) in CHANGES.values()


def not_a_change(value: object, where: str) -> Problem:
    """The problem of a value that stands in the place of a change."""
    what = f"{where}: {value!r:.60}"
    return Problem(what=what, why="is not a change", way_out="for example Set(name, value)")


def change_record(change: Change) -> dict[str, object]:
    """A change as plain data, for records and seeds."""
    values = {f.name: getattr(change, f.name) for f in fields(change)}  # type: ignore[arg-type]
    plain = {k: v if isinstance(v, str) else float(v) for k, v in values.items()}
    return {"change": type(change).__name__, **plain}


def _what(change: Change) -> str:
    """The call that makes it, for messages."""
    values = ((f, getattr(change, f.name)) for f in fields(change))  # type: ignore[arg-type]
    given = (f"{f.name}={value!r}" if f.kw_only else repr(value) for f, value in values)
    return f"{type(change).__name__}({', '.join(given)})"


def _scaled(
    change: Knockdown | Knockout | Overexpress,
    network: Network,
    problems: list[Problem],
    factor: Callable[[], float],
) -> Resolved:
    """Scale what carries a gene's expression, unless there are problems."""
    targets, missing = expression_targets(network, change.name, _what(change))
    problems += missing
    return ([] if problems else [ScaleValue(t, factor()) for t in targets]), problems


def _short(value: object, times: int = 1) -> str:
    """A number for a label; anything else as it is, which is an error later."""
    number = number_or_nan(value)
    return f"{value}" if math.isnan(number) else f"{times * number:g}"


def _finite(
    change: Change, name: str, *, minimum: float | None = None, maximum: float | None = None
) -> list[Problem]:
    value = getattr(change, name)
    what = _what(change)
    number = number_or_nan(value)
    if not math.isfinite(number):
        return [Problem(what=what, why=f"{name} is not a finite number")]
    if minimum is not None and number < minimum:
        return [Problem(what=what, why=f"{name} is below {minimum:g}")]
    if maximum is not None and number > maximum:
        way_out = "write a fraction: 0.9 for 90 %" if name == "fraction" else ""
        return [Problem(what=what, why=f"{name} is above {maximum:g}", way_out=way_out)]
    return []
