"""`SensitivityStudy`: which inputs of a network matter for which readouts, as a spec that checks
itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from simnet.arrays import Times
from simnet.errors import InputError
from simnet.experiment.action import SetValue
from simnet.experiment.change import Change, change_record, is_change
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec, duration
from simnet.network.digest import content_digest
from simnet.network.network import Network
from simnet.readouts.expression import ReadoutExpression
from simnet.readouts.parser import parse_readout
from simnet.readouts.tree import ConditionKey
from simnet.sensitivity.choice import choose_factors, molecule_groups
from simnet.sensitivity.design import Design
from simnet.sensitivity.factors import FactorSpace, Group, LeftOut
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.method import Method
from simnet.sensitivity.over_time import study_times
from simnet.sensitivity.study_checks import problems_of
from simnet.sensitivity.table import count_rows, make_design, method_named

Groups: TypeAlias = Mapping[str, Sequence[str]] | Literal["molecules"]

DEFAULT_END = "48 h"
REPLICATES = 20
"""Of each row under SSA, where the user says nothing."""

NOISY_STEP = 0.2
"""Of `local` under SSA, where the user says nothing: smaller ones drown in noise."""


@dataclass(frozen=True, kw_only=True)
class SensitivityStudy:
    """What is varied, how, and what is asked of each run. Equal studies give equal results.

    Attributes:
        network: from `load`.
        readouts: expressions, each one number: "pS6@48h", "auc(GLUT2)", "cv(GLUT1)@6h",
            "pS6@48h[rapamycin=100nM] / pS6@48h".
        method: "local", "morris", "sobol", "pawn" or "prcc".
        samples: as the method counts them; its default if None.
        parameters: names or patterns such as "k_*"; if None every parameter with a declared range,
            on its declared scale.
        exclude: names or patterns of what is not varied. What the experiment itself sets is not
            varied either.
        fold: vary around the values instead: value / fold to value * fold.
        groups: name -> names or patterns moved together; "molecules" for one group a molecule.
        initial_amounts: ids, names or patterns of species whose start is varied as well.
        simulate: "ode" (CVODE) or "ssa" (Gillespie).
        replicates: of each row under SSA; 20 if None.
        seed: of the design and of all runs.
        t_end: end of the runs; the latest time that a readout names if None, else 48 h.
        points: output times where a readout looks at a whole course.
        background: changes that hold from the very start, also while it equilibrates.
        changes: made at t = 0.
        schedule: changes at later times.
        equilibrate: time under baseline inputs before t = 0; the network's suggestion if None, and
            0 for none.
        settings: the method's own, such as {"second_order": 1}.
        engine: as in `simulate`.
        rtol: relative tolerance of the ODE integrator; 1e-8 for `local`, else 1e-6, if None.
        timeout: wall time that one run may take.
        allow_negative: as in `simulate`.
        precision: how sure the indices have to be, an `IndexPrecision`.

    Raises:
        InputError: all that is wrong, at once.
    """

    network: Network
    readouts: tuple[str, ...]
    method: str = "sobol"
    samples: int | None = None
    parameters: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    fold: float | None = None
    groups: Groups = field(default_factory=dict)
    initial_amounts: tuple[str, ...] = ()
    simulate: Literal["ode", "ssa"] = "ode"
    replicates: int | None = None
    seed: int = 0
    t_end: TimeSpec | None = None
    points: int = 97
    background: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    schedule: tuple[Scheduled, ...] = ()
    equilibrate: TimeSpec | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    engine: str = "auto"
    rtol: float | None = None
    timeout: TimeSpec | None = None
    allow_negative: bool = False
    precision: IndexPrecision = field(default_factory=IndexPrecision)

    def __post_init__(self) -> None:
        for name in ("readouts", "parameters", "exclude", "initial_amounts", "background", "changes", "schedule"):  # fmt: skip
            object.__setattr__(self, name, _listed(getattr(self, name)))
        for name in ("seed", "samples", "replicates", "points"):  # a record holds no NumPy number
            if isinstance(getattr(self, name), np.integer):
                object.__setattr__(self, name, int(getattr(self, name)))
        if problems := list(dict.fromkeys(problems_of(self))):
            raise InputError(problems)

    def __repr__(self) -> str:
        return f"<SensitivityStudy: {self._told()}>"

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><td>{escape(f.name)}</td><td>{f.lower:.4g}</td><td>{f.upper:.4g}</td></tr>"
            for f in self.space.factors[:20]
        )
        head = "<tr><th>factor</th><th>from</th><th>to</th></tr>"
        more = len(self.space.factors) - 20
        rest = f"<p>and {more:,} more</p>" if more > 0 else ""
        told = escape(self._told())
        return f"<div><b>SensitivityStudy</b> {told}<table>{head}{rows}</table>{rest}</div>"

    def _told(self) -> str:
        return (
            f"{self.method} of {self.network.id}, {self.simulate.upper()}; "
            f"{len(self.space.factors)} factors, {self.evaluations:,} evaluations; "
            f"readouts {', '.join(self.readouts)}"
        )

    @cached_property
    def of_method(self) -> Method:
        """The entry of the table."""
        return method_named(self.method)

    @cached_property
    def expressions(self) -> tuple[ReadoutExpression, ...]:
        """(Q,) the readouts, parsed."""
        return tuple(parse_readout(text) for text in self.readouts)

    @cached_property
    def brackets(self) -> tuple[ConditionKey, ...]:
        """(B,) the conditions that the readouts speak of; () is the base. Each row runs them all."""
        return tuple(dict.fromkeys(key for e in self.expressions for key in e.conditions))

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """(R,) what is taken from each run."""
        return tuple(dict.fromkeys(name for e in self.expressions for name in e.symbols))

    @cached_property
    def end(self) -> float:
        """End of the runs, in the network's unit."""
        unit = self.network.time_unit
        if self.t_end is not None:
            return duration(self.t_end, "t_end", unit)
        named = [duration(t, "time", unit) for e in self.expressions for t in e.times]
        latest = max(named, default=0.0)
        return latest if latest > 0 else duration(DEFAULT_END, "t_end", unit)

    @cached_property
    def times(self) -> Times:
        """(T,) output times, in the network's unit."""
        return study_times(self.expressions, self.end, self.points, self.network.time_unit)

    @cached_property
    def before(self) -> TimeSpec | None:
        """Time of equilibration; None for none."""
        if self.equilibrate is None:
            return self.network.suggested_equilibration or None
        return self.equilibrate if self.equilibrate != 0 else None

    @cached_property
    def runs(self) -> int:
        """Replicates of each row."""
        if self.simulate == "ode":
            return 1
        return REPLICATES if self.replicates is None else self.replicates

    @cached_property
    def tolerance(self) -> float:
        """Relative tolerance of the integrator. A derivative asks for more than a spread."""
        if self.rtol is not None:
            return self.rtol
        return 1e-8 if self.method == "local" else 1e-6

    @cached_property
    def own_settings(self) -> dict[str, float]:
        """The method's settings as given, and what noise asks for."""
        found = {name: float(value) for name, value in self.settings.items()}
        if self.method == "local" and self.simulate == "ssa" and not found.get("step"):
            found["step"] = NOISY_STEP
        if self.method == "local" and self.simulate == "ode" and "accuracy" not in found:
            default = self.of_method.settings["accuracy"]
            found["accuracy"] = max(default, min(10 * self.tolerance, 9e-3))
        return found

    @cached_property
    def size(self) -> int:
        """Samples, as the method counts them."""
        return self.of_method.default_samples if self.samples is None else self.samples

    @cached_property
    def set_always(self) -> frozenset[str]:
        """Parameters and species that the experiment sets in every condition."""
        found = [*self.background, *self.changes]
        for entry in self.schedule:
            for item in entry.timed(self.network.time_unit):
                found += [*item.changes, *([item.begins.change] if item.begins else [])]
        return _set_by(self.network, found)

    @cached_property
    def set_by_experiment(self) -> frozenset[str]:
        """Parameters and species that the experiment sets, in whatever condition."""
        own = _set_by(self.network, [c for key in self.brackets for c in key])
        return self.set_always | own

    @cached_property
    def space(self) -> FactorSpace:
        """What is varied."""
        fixed = sorted(self.set_by_experiment)
        space = choose_factors(
            self.network,
            parameters=self.parameters,
            exclude=[*self.exclude, *fixed],
            fold=self.fold,
            initial_amounts=self.initial_amounts,
            groups=self.groups if not isinstance(self.groups, str) else None,
            whole_amounts=self.simulate == "ssa",
        )
        told = tuple(
            LeftOut(name=i.name, reason="the experiment sets it") if i.name in fixed else i
            for i in space.left_out
        )
        groups = space.groups
        if self.groups == "molecules":
            found = molecule_groups(self.network, space.names[:-1])
            groups = tuple(Group(name=n, members=m) for n, m in found.items())
        return replace(space, left_out=told, groups=groups)

    def design(self, samples: int | None = None) -> Design:
        """The rows to evaluate; more samples begin with the rows of fewer."""
        size = self.size if samples is None else samples
        settings = self.own_settings
        return make_design(self.method, self.space, size, seed=self.seed, settings=settings)

    @cached_property
    def evaluations(self) -> int:
        """Runs of the network in all: rows times conditions times replicates."""
        rows = count_rows(self.method, self.space, self.size, self.own_settings)
        return rows * len(self.brackets) * self.runs

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that a run depends on, as plain data; more samples and replicates extend it."""
        unit, space = self.network.time_unit, self.space
        return {
            "network": self.network.id,
            "network digest": self.network.digest,
            "method": self.method,
            "settings": {**self.of_method.settings, **self.own_settings},
            "readouts": [str(e) for e in self.expressions],
            "factors": [
                [f.name, f.lower, f.upper, f.baseline, f.scale, f.kind, f.whole]
                for f in space.factors
            ],
            "groups": {g.name: list(g.members) for g in space.groups},
            "simulate": self.simulate,
            "seed": self.seed,
            "engine": self.engine,
            "rtol": self.tolerance,
            **({"allow_negative": True} if self.allow_negative else {}),
            "t_end": self.end,
            "output times": len(self.times),
            "background": [change_record(c) for c in self.background],
            "changes": [change_record(c) for c in self.changes],
            "schedule": [entry.record() for entry in self.schedule],
            "equilibrate": None
            if self.before is None
            else duration(self.before, "equilibrate", unit),
        }

    @cached_property
    def digest(self) -> str:
        """Of the identity; the seeds of all runs come from it."""
        return content_digest(self.identity)


def _listed(value: Any) -> Any:
    """One thing or several, as a tuple; None stays."""
    if value is None or isinstance(value, tuple):
        return value
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)


def _set_by(network: Network, changes: Iterable[Change]) -> frozenset[str]:
    return frozenset(
        action.id
        for change in changes
        if is_change(change)
        for action in change.resolve(network)[0]
        if isinstance(action, SetValue)
    )
