"""`SensitivityStudy`: which inputs of a network matter for which readouts, as a spec that checks
itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np

from simnet.arrays import Times
from simnet.errors import InputError, ModelError, Problem, SimnetError
from simnet.execute.arguments import root_seed, whole_number
from simnet.experiment.action import SetValue
from simnet.experiment.change import Change, change_record, is_change
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec, duration
from simnet.network.digest import content_digest
from simnet.network.network import Network
from simnet.network.units import parse_unit
from simnet.readouts.check import problems as readout_problems
from simnet.readouts.expression import ReadoutExpression
from simnet.readouts.parser import parse_readout
from simnet.readouts.statistics import SPREADS
from simnet.readouts.tree import ConditionKey, OfEnsemble, walk
from simnet.sensitivity.choice import choose_factors, molecule_groups
from simnet.sensitivity.design import Design
from simnet.sensitivity.factors import FactorSpace, Group, LeftOut
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.method import Method
from simnet.sensitivity.over_time import study_times
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
    precision: IndexPrecision = field(default_factory=IndexPrecision)

    def __post_init__(self) -> None:
        for name in ("readouts", "parameters", "exclude", "initial_amounts", "background", "changes", "schedule"):  # fmt: skip
            object.__setattr__(self, name, _listed(getattr(self, name)))
        for name in ("seed", "samples", "replicates", "points"):  # a record holds no NumPy number
            if isinstance(getattr(self, name), np.integer):
                object.__setattr__(self, name, int(getattr(self, name)))
        problems = list(dict.fromkeys(_problems(self)))
        if problems:
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
        return found

    @cached_property
    def size(self) -> int:
        """Samples, as the method counts them."""
        return self.of_method.default_samples if self.samples is None else self.samples

    @cached_property
    def space(self) -> FactorSpace:
        """What is varied."""
        fixed = sorted(_set_by_experiment(self))
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


def _problems(study: SensitivityStudy) -> Iterator[Problem]:
    """All that is wrong; what depends on something wrong is not looked at."""
    network: object = study.network
    if not isinstance(network, Network):
        what = f"network={network!r:.80}"
        yield Problem(what=what, why="not a Network", way_out="use load(...) first")
        return
    wrong = [*_choice_problems(study), *_change_problems(study)]
    readouts = list(_readout_problems(study))
    yield from (*wrong, *readouts)
    if readouts:  # the conditions in their brackets say what is not varied
        return
    clashes = list(_named_and_set(study))
    if clashes:
        yield from clashes
        return
    try:
        space = study.space
    except InputError as error:
        yield from error.problems
        return
    if not wrong:
        try:
            count_rows(study.method, space, study.size, study.own_settings)
        except InputError as error:
            yield from error.problems


def _choice_problems(study: SensitivityStudy) -> Iterator[Problem]:
    try:
        method: Method | None = method_named(study.method)
    except InputError as error:
        method = None
        yield from error.problems
    simulated: str = study.simulate
    if simulated not in ("ode", "ssa"):
        yield Problem(what=f"simulate={simulated!r}", why="unknown", way_out="ode or ssa")
        return
    try:
        root_seed(study.seed)
    except InputError as error:
        yield from error.problems
    for name, least in (("samples", 1), ("replicates", 1), ("points", 2)):
        try:
            given = getattr(study, name)
            whole_number(least if given is None else given, name, least)
        except InputError as error:
            yield from error.problems
            return
    precision: object = study.precision
    if not isinstance(precision, IndexPrecision):
        way_out = "write IndexPrecision(tolerance=0.05)"
        yield Problem(what=f"precision={precision!r}", why="not that of indices", way_out=way_out)
    if study.rtol is not None and not 0 < study.rtol < 1e-2:
        yield Problem(what=f"rtol={study.rtol!r}", why="not from 0 to 0.01", way_out="1e-6")
    what = f"replicates={study.replicates}"
    if study.simulate == "ode" and study.replicates not in (None, 1):
        way_out = 'leave replicates out, or use simulate="ssa"'
        yield Problem(what=what, why="an ODE gives the same every time", way_out=way_out)
    if study.simulate == "ssa" and method is not None and method.needs_variance and study.runs < 2:
        why = f"{study.method} needs the variance of each row, which one replicate does not tell"
        yield Problem(what=what, why=why, way_out="2 or more; or prcc or pawn")
    groups: object = study.groups
    if isinstance(groups, str) and groups != "molecules":
        way_out = 'write {"name": ["k_*"]}, or "molecules"'
        yield Problem(what=f"groups={groups!r}", why="unknown", way_out=way_out)


def _readout_problems(study: SensitivityStudy) -> Iterator[Problem]:
    """Of each readout, and of the times of all."""
    if not study.readouts:
        way_out = 'for example readouts=["pS6@48h"]'
        yield Problem(what="readouts", why="none given", way_out=way_out)
        return
    network, parsed = study.network, []
    for text in study.readouts:
        try:
            parsed.append(parse_readout(text))
        except InputError as error:
            yield from error.problems
    seen: set[str] = set()
    for expression in parsed:
        what = f"readout {expression}"
        if expression.canonical in seen:
            yield Problem(what=what, why="is given twice")
        seen.add(expression.canonical)
        if expression.is_course:
            way_out = f"take it at a time, ({expression})@6h, or a number of it, auc({expression})"
            yield Problem(what=what, why="is a time course", way_out=way_out)
        spread = [p for p in walk(expression.tree) if isinstance(p, OfEnsemble) and p.function in SPREADS]  # fmt: skip
        fewest = 3 if study.method in ("local", "morris", "sobol") else 2
        if spread and (study.simulate == "ode" or study.runs < fewest):
            why = f"{spread[0].function} needs {fewest} replicates or more for each row"
            way_out = 'use simulate="ssa" with replicates=20'
            yield Problem(what=what, why=why, way_out=way_out)
    if len(parsed) < len(study.readouts):
        return
    found = [p for expression in parsed for p in readout_problems(expression, network)]
    if not found:
        try:
            if study.end <= 0:
                found.append(Problem(what=f"t_end={study.t_end!r}", why="not above zero"))
            else:
                found += [p for e in parsed for p in readout_problems(e, network, study.end)]
        except InputError as error:
            why_not = _unknown_unit(network) if study.t_end is None else None
            found += [why_not] if why_not else error.problems
    yield from found


def _unknown_unit(network: Network) -> Problem | None:
    """The problem of 48 h in a network without a unit of time."""
    try:
        if network.time_unit and parse_unit(network.time_unit).exponents == (("second", 1),):
            return None
    except ModelError:
        pass
    why = f"{network.id} has no unit of time, and no readout names a time"
    return Problem(what="t_end", why=why, way_out="give a number in the model's own unit")


def _change_problems(study: SensitivityStudy) -> Iterator[Problem]:
    for name in ("background", "changes"):
        for change in getattr(study, name):
            if is_change(change):
                yield from change.resolve(study.network)[1]
            else:
                way_out = "for example Set(name, value)"
                yield Problem(what=f"{name}: {change!r:.60}", why="is no change", way_out=way_out)
    if study.equilibrate not in (None, 0):
        try:
            assert study.equilibrate is not None
            if duration(study.equilibrate, "equilibrate", study.network.time_unit) <= 0:
                yield Problem(what=f"equilibrate={study.equilibrate!r}", why="not above zero")
        except InputError as error:
            yield from error.problems


def _set_by_experiment(study: SensitivityStudy) -> set[str]:
    """Parameters that a change of the experiment sets, in whatever condition."""
    return _set_by(
        study.network, [*_everywhere(study), *(c for key in study.brackets for c in key)]
    )


def _everywhere(study: SensitivityStudy) -> list[Change]:
    """Changes that each condition has."""
    found = [*study.background, *study.changes]
    for entry in study.schedule:
        for item in entry.timed(study.network.time_unit):
            found += [*item.changes, *([item.begins.change] if item.begins else [])]
    return found


def _set_by(network: Network, changes: Sequence[Change]) -> set[str]:
    return {
        action.id
        for change in changes
        if is_change(change)
        for action in change.resolve(network)[0]
        if isinstance(action, SetValue)
    }


def _named_and_set(study: SensitivityStudy) -> Iterator[Problem]:
    try:
        always = _set_by(study.network, _everywhere(study))
    except SimnetError:
        return  # a schedule's problems come with the plan
    named = {*(study.parameters or ()), *study.initial_amounts}
    for name in sorted(always & named):
        why = "the experiment sets it, so it cannot be varied"
        yield Problem(what=f"parameter {name}", why=why, way_out="take one of the two out")
