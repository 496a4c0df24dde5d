"""`SensitivityStudy`: which inputs of a network matter for which readouts, as a spec that checks
itself."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np

from simnet.arrays import Times
from simnet.errors import InputError, Problems, SimnetError
from simnet.experiment.action import SetValue
from simnet.experiment.change import Change, change_record, is_change, not_a_change
from simnet.experiment.condition import Condition
from simnet.experiment.run import HALF_HOURS, RTOL, Run, normalised
from simnet.experiment.schedule import is_entry, not_an_entry
from simnet.experiment.times import TimeSpec, duration, is_between, positive_time, whole_number
from simnet.experiment.variability import targets, variability_record
from simnet.network.network import Network, content_digest
from simnet.network.values import not_a_network
from simnet.readouts.check import grid
from simnet.readouts.check import problems as readout_problems
from simnet.readouts.language import ConditionKey, OfEnsemble, ReadoutExpression, walk
from simnet.readouts.parser import parse_readout
from simnet.readouts.statistics import SPREADS
from simnet.sensitivity.analysis import Analysis, Design, analysis_named, count_rows, make_design
from simnet.sensitivity.factors import Factor, FactorSpace, Groups, choose_factors
from simnet.sensitivity.indices import IndexPrecision, frame_of
from simnet.sensitivity.table import ANALYSES

DEFAULT_END = "48 h"
REPLICATES = 20
"""Of each row under SSA, where the user gives no number."""


@dataclass(frozen=True, kw_only=True)
class SensitivityStudy(Run):
    """What is varied, how, and what each run is evaluated for. Equal studies give equal results.

    It is a `Run` and has its fields, which hold for every row of the design.

    Attributes:
        network: from `load`.
        readouts: expressions, each one number: "pS6@48h", "auc(GLUT2)", "cv(GLUT1)@6h",
            "pS6@48h[rapamycin=100nM] / pS6@48h".
        analysis: "local", "morris", "sobol", "pawn" or "prcc".
        samples: as the analysis counts them; its default if None.
        parameters: names or patterns such as "k_*"; if None every parameter with a declared range,
            on its declared scale.
        exclude: names or patterns of what is not varied. What the experiment itself sets is not
            varied either, nor what `variability` varies from cell to cell.
        fold: vary around the values instead: value / fold to value * fold.
        groups: name -> names or patterns moved together; "molecules" for one group a molecule.
        initial_amounts: ids, names or patterns of species whose start is varied as well.
        settings: the analysis' own, such as {"second_order": 1}.
        index_precision: how sure the indices have to be, an `IndexPrecision`.
        replicates: of each row under SSA or with variability; 20 if None. `precision` is not accepted:
            rows have equal numbers, and `run_study(..., until_converged=True)` adds samples.
        seed: of the design and of all runs.
        t_end: end of the runs; the latest time that a readout names if None, else 48 h.
        points: output times where a readout looks at a whole course; `times` are not accepted.
        equilibrate: time under baseline inputs before t = 0; the network's suggestion if None, and
            0 for none.
        variability: as in `Run`, but each row, and each condition in the brackets of readouts, has
            cells of its own: their noise is subtracted as that of independent runs.
        rtol: relative tolerance of the ODE integrator; 1e-8 for `local`, else 1e-6, if None.

    Raises:
        InputError: all that is wrong, at once.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {
        "simulate": 'write method="ssa", and analysis="sobol" for how rows are chosen and judged'
    }

    network: Network
    readouts: tuple[str, ...]
    analysis: str = "sobol"
    samples: int | None = None
    parameters: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    fold: float | None = None
    groups: Groups = field(default_factory=dict)
    initial_amounts: tuple[str, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)
    index_precision: IndexPrecision = field(default_factory=IndexPrecision)
    seed: int = 0
    points: int = HALF_HOURS

    def __post_init__(self) -> None:
        for name in ("readouts", "parameters", "exclude", "initial_amounts"):
            object.__setattr__(self, name, _listed(getattr(self, name)))
        object.__setattr__(self, "readouts", self.readouts or ())
        normalised(self)
        if problems := list(dict.fromkeys(_all_problems(self))):
            raise InputError(problems)

    def problems(self) -> Problems:
        """What is wrong with how rows are run, whatever the network."""
        found = self.as_run(precision=None).problems()
        method: str = self.method
        if str(method) in ANALYSES:
            way_out = f'write analysis="{method}" (--analysis {method})'
            found = Problems(p for p in found if not p.what.startswith("method="))
            found.add(f"method={method!r}", 'neither "ode" nor "ssa"', way_out)
        if self.precision is not None:
            way_out = "give replicates; of the indices, write index_precision=IndexPrecision(...)"
            found.add("precision", "all rows have equal numbers of replicates", way_out)
        if self.seed is None:
            found.add("seed=None", "the rows of a design follow from it", "leave it out for 0")  # type: ignore[unreachable]
        if self.times is not None:
            found.add("times", "those of a study follow from its readouts", "give t_end and points")
        if self.replicates_per_cell != 1:
            why, way_out = "replicates of a row have to be independent", "leave it out"
            found.add(f"replicates_per_cell={self.replicates_per_cell!r}", why, way_out)
        return found

    def __repr__(self) -> str:
        return f"<SensitivityStudy: {self._summary()}>"

    def _repr_html_(self) -> str:
        from html import escape

        frame = frame_of(Factor, self.space.factors)[["name", "lower", "upper"]].set_axis(
            ["factor", "from", "to"], axis=1
        )
        table = frame.head(20).to_html(index=False, float_format="{:.4g}".format)
        rest = f"<p>and {len(frame) - 20:,} more</p>" if len(frame) > 20 else ""
        return f"<div><b>SensitivityStudy</b> {escape(self._summary())}{table}{rest}</div>"

    def _summary(self) -> str:
        return (
            f"{self.analysis} of {self.network.id}, {self.method.upper()}; "
            f"{len(self.space.factors)} factors, {self.evaluations:,} evaluations; "
            f"readouts {', '.join(self.readouts)}"
        )

    @cached_property
    def done(self) -> Condition:
        """What is done to the network in every row and under every bracket."""
        return self.condition()

    @cached_property
    def of_analysis(self) -> Analysis:
        """The entry of the table."""
        return analysis_named(self.analysis)

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
    def course_times(self) -> Times:
        """(12,) times of the indices over time, even, the last of them the end; as `end`."""
        return np.linspace(0.0, self.end, 13)[1:]

    @cached_property
    def output_times(self) -> Times:
        """(T,) output times for the readouts and the indices over time, in the network's unit."""
        times = grid(self.expressions, self.end, self.points, self.network.time_unit)
        apart = np.abs(self.course_times[:, np.newaxis] - times).min(axis=1) > 1e-9 * self.end
        return np.sort(np.concatenate([times, self.course_times[apart]]))

    @cached_property
    def before(self) -> TimeSpec | None:
        """Time of equilibration; None for none."""
        suggested = self.network.suggested_equilibration
        return (suggested if self.equilibrate is None else self.equilibrate) or None

    @cached_property
    def runs(self) -> int:
        """Replicates of each row."""
        if not self.is_noisy:
            return 1
        return REPLICATES if self.replicates is None else self.replicates

    @cached_property
    def tolerance(self) -> float:
        """Relative tolerance of the integrator. A derivative needs more than a spread."""
        if self.rtol is not None:
            return self.rtol
        return RTOL if self.of_analysis.derivatives else 1e-6

    @cached_property
    def own_settings(self) -> dict[str, float]:
        """The analysis' settings as given, and those that follow from how rows are simulated."""
        given = {name: float(value) for name, value in self.settings.items()}
        return dict(self.of_analysis.adapted(given, self.is_noisy, self.tolerance))

    @cached_property
    def size(self) -> int:
        """Samples, as the analysis counts them."""
        return self.of_analysis.default_samples if self.samples is None else self.samples

    @cached_property
    def set_always(self) -> frozenset[str]:
        """Parameters and species that the experiment sets, or cells have, in every condition."""
        found = [*self.done.background, *self.done.changes]
        for entry in self.done.schedule:
            for item in entry.timed(self.network.time_unit):
                found += [*item.changes, *([item.begins.change] if item.begins else [])]
        in_cells = targets(self.variability or {}, self.network).values()
        return _set_by(self.network, found) | {name for ids in in_cells for name in ids}

    @cached_property
    def space(self) -> FactorSpace:
        """What is varied."""
        in_brackets = _set_by(self.network, [c for key in self.brackets for c in key])
        fixed = sorted(self.set_always | in_brackets)
        space = choose_factors(
            self.network,
            parameters=self.parameters,
            exclude=[*self.exclude, *fixed],
            fold=self.fold,
            initial_amounts=self.initial_amounts,
            groups=self.groups,
            whole_amounts=self.method == "ssa",
        )
        left_out = tuple(
            replace(i, reason="the experiment sets it") if i.name in fixed else i
            for i in space.left_out
        )
        return replace(space, left_out=left_out)

    def design(self, samples: int | None = None) -> Design:
        """The rows to evaluate; more samples begin with the rows of fewer."""
        return make_design(
            self.analysis,
            self.space,
            samples or self.size,
            seed=self.seed,
            settings=self.own_settings,
        )

    @cached_property
    def evaluations(self) -> int:
        """Runs of the network in all: rows times conditions times replicates."""
        rows = count_rows(self.analysis, self.space, self.size, self.own_settings)
        return rows * len(self.brackets) * self.runs

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that a run depends on, as plain data; more samples and replicates extend it."""
        unit, space, step = self.network.time_unit, self.space, self.max_step
        optional: dict[str, Any] = {  # left out of most, so that the seeds of older studies stay
            "allow_negative": self.allow_negative,
            "atol": self.atol,
            "max_step": None if step is None else duration(step, "max_step", unit),
            "variability": variability_record(self.variability or {}),
        }
        return {
            "network": self.network.id,
            "network digest": self.network.digest,
            "method": self.analysis,  # as it was called when seeds came to depend on this text
            "settings": {**self.of_analysis.settings, **self.own_settings},
            "readouts": [str(e) for e in self.expressions],
            "factors": [
                [f.name, f.lower, f.upper, f.baseline, f.scale, f.kind, f.whole]
                for f in space.factors
            ],
            "groups": {g.name: list(g.members) for g in space.groups},
            "simulate": self.method,
            "seed": self.seed,
            "engine": self.engine,
            "rtol": self.tolerance,
            **{name: value for name, value in optional.items() if value},
            "t_end": self.end,
            "output times": len(self.output_times),
            "background": [change_record(c) for c in self.done.background],
            "changes": [change_record(c) for c in self.done.changes],
            "schedule": [entry.record() for entry in self.done.schedule],
            "equilibrate": self.before and duration(self.before, "equilibrate", unit),
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


def _all_problems(study: SensitivityStudy) -> Problems:
    """All that is wrong; what depends on something wrong is not examined."""
    found = Problems()
    if (problem := not_a_network(study.network)) is not None:
        found.append(problem)
        return found
    _check_kinds(study, found)
    if found:
        return found
    _check_values(study, found)
    _check_changes(study, found)
    wrong = len(found)
    _check_readouts(study, found)
    if len(found) > wrong:  # the conditions in their brackets say what is not varied
        return found
    try:
        named = {*(study.parameters or ()), *study.initial_amounts}
        clashes = sorted(study.set_always & named)
    except SimnetError:  # a schedule's problems come with the plan
        clashes = []
    for name in clashes:
        why = "it is set by the experiment, so it cannot be varied"
        found.add(f"parameter {name}", why, "take one of the two out")
    if not clashes:
        space = found.attempt(lambda: study.space, None)
        if space is not None and not wrong:
            found.attempt(
                lambda: count_rows(study.analysis, space, study.size, study.own_settings), 0
            )
    return found


def _check_kinds(study: SensitivityStudy, found: Problems) -> None:
    """What is not of the kind that all else takes for granted."""
    for name in ("parameters", "exclude", "initial_amounts"):
        listed = getattr(study, name)
        if listed is None and name != "parameters":
            found.add(f"{name}=None", "not a list", "leave it out for none")
        for item in listed or ():
            if not isinstance(item, str):
                found.add(f"{name}: {item!r:.60}", "is not a name or pattern")
    found.extend(not_an_entry(entry) for entry in study.done.schedule if not is_entry(entry))
    settings: object = study.settings
    if not isinstance(settings, Mapping):
        found.add(f"settings={settings!r}", "not numbers by name", 'write {"levels": 6}')
    else:
        for name, value in settings.items():
            if not is_between(value, -math.inf, math.inf):
                found.add(f"settings: {name}={value!r:.60}", "not a finite number")
    groups: object = study.groups
    way_out = 'write {"name": ["k_*"]}, or "molecules"'
    if isinstance(groups, Mapping):
        for name, members in groups.items():
            listed = isinstance(members, Iterable) and not isinstance(members, str)
            if not (listed and all(isinstance(text, str) for text in (name, *members))):
                why = "is not a list of names or patterns"
                found.add(f"group {name}: {members!r:.60}", why, way_out)
    elif groups != "molecules":
        found.add(f"groups={groups!r}", "unknown", way_out)


def _check_values(study: SensitivityStudy, found: Problems) -> None:
    """The analysis, how rows are run, and how many."""
    analysis: Analysis | None = found.attempt(partial(analysis_named, study.analysis), None)
    found.extend(study.problems())
    if study.samples is not None:
        found.attempt(partial(whole_number, study.samples, "samples", 1), 1)
    precision: object = study.index_precision
    if not isinstance(precision, IndexPrecision):
        what, way_out = f"index_precision={precision!r}", "write IndexPrecision(tolerance=0.05)"
        found.add(what, "is not an IndexPrecision", way_out)
    if study.rtol is not None and not is_between(study.rtol, 0, 1e-2):
        found.add(f"rtol={study.rtol!r}", "not from 0 to 0.01", "1e-6")
    if study.is_noisy and analysis is not None and analysis.needs_variance and study.runs == 1:
        why = f"{study.analysis} needs the variance of each row, so more than one replicate"
        found.add(f"replicates={study.replicates}", why, "2 or more; or prcc or pawn")


def _check_readouts(study: SensitivityStudy, found: Problems) -> None:
    """Each readout, and the times of all."""
    if not study.readouts:
        found.add("readouts", "none given", 'for example readouts=["pS6@48h"]')
    every = (found.attempt(partial(parse_readout, text), None) for text in study.readouts)
    parsed = [expression for expression in every if expression is not None]
    analysis: object = study.analysis
    entry = ANALYSES.get(analysis) if isinstance(analysis, str) else None
    fewest = 3 if entry is not None and entry.needs_variance else 2
    runs: object = study.runs
    few = isinstance(runs, int) and runs < fewest  # what is not a number has its own problem
    for place, expression in enumerate(parsed):
        what = f"readout {expression}"
        if expression in parsed[:place]:
            found.add(what, "is given twice")
        if expression.is_course:
            way_out = f"take it at a time, ({expression})@6h, or a number of it, auc({expression})"
            found.add(what, "is a time course", way_out)
        functions = {p.function for p in walk(expression.tree) if isinstance(p, OfEnsemble)}
        spread = [name for name in SPREADS if name in functions]
        if spread and (few or not study.is_noisy):
            why = f"{spread[0]} needs {fewest} replicates or more for each row"
            found.add(what, why, 'use method="ssa" with replicates=20')
    if not parsed or len(parsed) < len(study.readouts):
        return
    network = study.network
    if wrong := [p for expression in parsed for p in readout_problems(expression, network)]:
        found.extend(wrong)
        return
    try:
        if study.end > 0:  # else it has its problem
            found.extend(p for e in parsed for p in readout_problems(e, network, study.end))
    except InputError as error:
        without_unit = Problems()
        without_unit.attempt(partial(duration, DEFAULT_END, "t_end", network.time_unit), 0.0)
        if study.t_end is None and without_unit:
            why = f"{network.id} has no unit of time, and no readout names a time"
            found.add("t_end", why, "give a number in the model's own unit")
        else:
            found.extend(error.problems)


def _check_changes(study: SensitivityStudy, found: Problems) -> None:
    for name in ("background", "changes"):
        for change in getattr(study, name):
            if is_change(change):
                found.extend(change.resolve(study.network)[1])
            else:
                found.append(not_a_change(change, name))
    if study.equilibrate not in (None, 0):
        unit = study.network.time_unit
        found.attempt(partial(positive_time, study.equilibrate, "equilibrate", unit), 0.0)
