"""`SensitivityStudy`: which inputs of a network matter for which readouts, as a spec that checks
itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal, TypeAlias

from simnet.arrays import Times
from simnet.errors import InputError, Problems
from simnet.experiment.action import SetValue
from simnet.experiment.change import Change, change_record, is_change
from simnet.experiment.condition import Condition
from simnet.experiment.run import HALF_HOURS, RTOL, Run, normalised
from simnet.experiment.times import TimeSpec, duration
from simnet.experiment.variability import targets, variability_record
from simnet.network.network import Network, content_digest
from simnet.readouts.language import ConditionKey, ReadoutExpression
from simnet.readouts.parser import parse_readout
from simnet.sensitivity.analysis import Analysis
from simnet.sensitivity.design import Design
from simnet.sensitivity.factors import FactorSpace, Group, LeftOut, choose_factors, molecule_groups
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.over_time import study_times
from simnet.sensitivity.study_checks import problems_of
from simnet.sensitivity.table import ANALYSES, analysis_named, count_rows, make_design

Groups: TypeAlias = Mapping[str, Sequence[str]] | Literal["molecules"]

DEFAULT_END = "48 h"
REPLICATES = 20
"""Of each row under SSA, where the user says nothing."""

NOISY_STEP = 0.2
"""Of `local` under SSA, where the user says nothing: smaller ones drown in noise."""


@dataclass(frozen=True, kw_only=True)
class SensitivityStudy(Run):
    """What is varied, how, and what is asked of each run. Equal studies give equal results.

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
        replicates: of each row under SSA or with variability; 20 if None. `precision` is not taken:
            rows have equal numbers, and `run_study(..., until_converged=True)` adds samples.
        seed: of the design and of all runs.
        t_end: end of the runs; the latest time that a readout names if None, else 48 h.
        points: output times where a readout looks at a whole course; `times` are not taken.
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
        normalised(self)
        if problems := list(dict.fromkeys(problems_of(self))):
            raise InputError(problems)

    def problems(self) -> Problems:
        """What is wrong with how rows are run, whatever the network."""
        found = self.as_run(precision=None).problems()
        method: str = self.method
        if str(method) in ANALYSES:
            way_out = f'write analysis="{method}" (--analysis {method})'
            found = Problems(p for p in found if not p.what.startswith("method="))
            found.add(f"method={method!r}", 'neither "ode" nor "ssa"', way_out)
        given: object = self.precision
        if isinstance(given, IndexPrecision):
            found.add("precision", "is that of a run", "write index_precision=IndexPrecision(...)")
        elif given is not None:
            way_out = "give replicates; index_precision= is how sure indices have to be"
            found.add("precision", "all rows have equal numbers of replicates", way_out)
        if self.times is not None:
            found.add("times", "those of a study follow from its readouts", "give t_end and points")
        if self.replicates_per_cell != 1:
            why, way_out = "replicates of a row have to be independent", "leave it out"
            found.add(f"replicates_per_cell={self.replicates_per_cell!r}", why, way_out)
        return found

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
    def output_times(self) -> Times:
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
        if not self.is_noisy:
            return 1
        return REPLICATES if self.replicates is None else self.replicates

    @cached_property
    def tolerance(self) -> float:
        """Relative tolerance of the integrator. A derivative asks for more than a spread."""
        if self.rtol is not None:
            return self.rtol
        return RTOL if self.analysis == "local" else 1e-6

    @cached_property
    def own_settings(self) -> dict[str, float]:
        """The analysis' settings as given, and what noise asks for."""
        found = {name: float(value) for name, value in self.settings.items()}
        if self.analysis == "local" and self.is_noisy and not found.get("step"):
            found["step"] = NOISY_STEP
        if self.analysis == "local" and not self.is_noisy and "accuracy" not in found:
            default = self.of_analysis.settings["accuracy"]
            found["accuracy"] = max(default, min(10 * self.tolerance, 9e-3))
        return found

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
            whole_amounts=self.method == "ssa",
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
        return make_design(self.analysis, self.space, size, seed=self.seed, settings=settings)

    @cached_property
    def evaluations(self) -> int:
        """Runs of the network in all: rows times conditions times replicates."""
        rows = count_rows(self.analysis, self.space, self.size, self.own_settings)
        return rows * len(self.brackets) * self.runs

    @cached_property
    def identity(self) -> dict[str, Any]:
        """All that a run depends on, as plain data; more samples and replicates extend it."""
        unit, space = self.network.time_unit, self.space
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
            **self._rarely(),
            "t_end": self.end,
            "output times": len(self.output_times),
            "background": [change_record(c) for c in self.done.background],
            "changes": [change_record(c) for c in self.done.changes],
            "schedule": [entry.record() for entry in self.done.schedule],
            "equilibrate": None
            if self.before is None
            else duration(self.before, "equilibrate", unit),
        }

    def _rarely(self) -> dict[str, Any]:
        """What most studies do not have; left out then, so that the seeds of older ones stay."""
        unit = self.network.time_unit
        step = None if self.max_step is None else duration(self.max_step, "max_step", unit)
        found: dict[str, Any] = {
            "allow_negative": self.allow_negative,
            "atol": self.atol,
            "max_step": step,
        }
        found |= {"variability": variability_record(self.variability or {})}
        return {name: value for name, value in found.items() if value}

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
