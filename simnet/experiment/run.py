"""`Run`: how a network is run, said once for every verb that runs one."""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any, ClassVar, Literal, TypeAlias, TypedDict, TypeVar

import numpy as np

from simnet.errors import InputError, Problem, Problems, nearest
from simnet.experiment.change import Change
from simnet.experiment.condition import Condition, condition_from_record
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec, is_between, positive_time, root_seed, whole_number
from simnet.experiment.variability import Variability, require_distributions

# `Precision`: how well an ensemble has to be known, and how many replicates that takes.
#
# The number of replicates grows 128, 256, 512, ... and is judged at those sizes only, over the
# replicates in the order of their indices: so it never depends on which worker is quick.


FIRST_CUT = 128
"""Replicates at which precision is first judged."""


@dataclass(frozen=True, kw_only=True)
class Precision:
    """Simulate until the interval of every judged readout is short enough.

    Judged is the mean of each readout at the last output time (or `fraction`, for readouts that are
    0 or 1). Each has an interval of its own, so with many readouts one or the other will miss.

    Attributes:
        relative: half-width of the interval over the absolute value of the mean: 0.05 for 5 %.
        absolute: half-width in the readout's unit; one of the two has to be given.
        confidence: of the interval.
        readouts: names of the readouts to judge; all of the run's where left out. One that never
            varies, such as a clamped input, is never precise and takes the run to `maximum`.
        statistic: "mean", or "fraction" for readouts that are 0 or 1.
        maximum: of replicates, where the precision is not reached before.
    """

    relative: float | None = None
    absolute: float | None = None
    confidence: float = 0.95
    readouts: tuple[str, ...] | None = None
    statistic: Literal["mean", "fraction"] = "mean"
    maximum: float = 65_536

    def __post_init__(self) -> None:
        if isinstance(self.readouts, str):
            object.__setattr__(self, "readouts", (self.readouts,))  # type: ignore[unreachable]
        elif isinstance(self.readouts, Iterable):
            object.__setattr__(self, "readouts", tuple(self.readouts))
        if problems := self.problems():
            raise InputError(problems)
        object.__setattr__(self, "maximum", int(self.maximum))  # 1e5 is a whole number as well

    def sizes(self) -> tuple[int, ...]:
        """Numbers of replicates at which the run is judged; the last is `maximum`."""
        most = int(self.maximum)
        doublings = math.ceil(math.log2(most / FIRST_CUT))
        return (*(FIRST_CUT << k for k in range(doublings)), most)

    def record(self) -> dict[str, Any]:
        """The precision as plain data."""
        return asdict(self) | {"readouts": self.readouts and list(self.readouts)}

    def problems(self) -> Problems:
        """All that is wrong with it."""
        found = Problems()
        way_out = "write relative=0.05 for 5 % of the mean, or absolute= in the readout's unit"
        if (self.relative is None) == (self.absolute is None):
            found.add("Precision", "needs either relative or absolute", way_out)
        for name in ("relative", "absolute"):
            value = getattr(self, name)
            if value is not None and not is_between(value, 0, math.inf):
                found.add(f"Precision({name}={value!r})", "not a number above 0", way_out)
        if not is_between(self.confidence, 0, 1):
            what = f"Precision(confidence={self.confidence!r})"
            found.add(what, "not between 0 and 1", "write 0.95")
        if self.statistic not in ("mean", "fraction"):
            found.add(f"Precision(statistic={self.statistic!r})", 'neither "mean" nor "fraction"')
        named: object = self.readouts
        if named == ():
            found.add("Precision(readouts=())", "none given", "leave it out for all")
        elif named is not None and not (
            isinstance(named, tuple) and all(isinstance(name, str) for name in named)
        ):
            what, way_out = f"Precision(readouts={named!r})", 'write readouts=["GLUT1"]'
            found.add(what, "not a list of names", way_out)
        most = self.maximum
        if not is_between(most, FIRST_CUT - 1, math.inf) or most != int(most):
            why = f"not a whole number of at least {FIRST_CUT}, where precision is first evaluated"
            found.add(f"Precision(maximum={most!r})", why)
        return found


Method: TypeAlias = Literal["ode", "ssa"]
METHODS: tuple[Method, ...] = ("ode", "ssa")

RTOL = 1e-8
INTEGRATED = 10
"""Relative tolerances of the integrator that its results are right to, about."""
_LEAST_RTOL = 1e-15
"""CVODE takes no smaller one."""

DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "run_ensemble": {"method": "ssa", "replicates": 1000},
    "first_passage_times": {"method": "ssa", "replicates": 1000, "points": 1001},
}
"""Where a verb's defaults are not those of `Run`: many runs are what these two are for, and a first
passage that the engine does not watch is known between two output times only."""

HALF_HOURS = 97
"""Output times of 48 h, which screens and studies run if nothing else is said."""

_DONE = ("background", "changes", "schedule", "equilibrate", "variability", "replicates_per_cell")
"""Fields that are those of a condition."""
_RARELY = ("background", "changes", "schedule", "variability", "precision", "times", "timeout")
"""Fields that a record leaves out where they are not there."""

F = TypeVar("F", bound=Callable[..., Any])


class Spec:
    """A frozen dataclass that names the nearest of its fields where an argument is unknown.

    `RENAMED` has arguments of before, and the way out: what to write in their place.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {}

    def __new__(cls, *_: object, **given: object) -> Any:
        known = [f.name for f in fields(cls) if f.init]  # type: ignore[arg-type]
        require_known(given, known, cls.__name__, cls.RENAMED)
        return super().__new__(cls)


@dataclass(frozen=True, kw_only=True)
class Run(Spec):
    """How a network is run. Every verb takes these as keyword arguments: `simulate(network, t_end=3600)`.

    Attributes:
        t_end: end of the run: a number in the network's time unit (seconds), or "48 h".
        points: output times, evenly spaced from 0 to `t_end`, both included.
        times: the output times themselves, rising from 0 on, in place of `t_end` and `points`.
        method: "ode" (CVODE) or "ssa" (Gillespie's direct method).
        replicates: independent runs; 1 if None.
        precision: run 128, 256, 512, ... replicates until the readouts are known as well as this;
            in place of `replicates`.
        seed: root seed for SSA and for what differs between cells, 0 to 2**64 - 1; drawn and
            recorded if None.
        equilibrate: time under baseline inputs before t = 0, for every replicate anew.
        background: changes that hold from the very start, also while it equilibrates: a genotype,
            a medium.
        changes: perturbations made at t = 0.
        schedule: perturbations at later times; they are exact, on the output grid or off it. An
            output at the very time of a change is taken after it.
        variability: distributions of what differs from cell to cell, by the name of a gene, molecule,
            parameter or species: {"MCT1": LogNormal(cv=0.3)}. Replicate r of every condition is the
            same cell; also under "ode", where replicates are cells.
        replicates_per_cell: replicates that share a cell: 2 for `noise_parts`.
        engine: "auto" takes "compiled" for SSA where it can run the network, else "roadrunner", and
            "reference" where laws depend on time; or one of "compiled", "roadrunner", "reference".
            "compiled/lockstep" names a kernel.
        rtol: relative tolerance of the ODE integrator; 1e-8 if None.
        atol: its absolute tolerance, in units of amount, the same for all; each variable's from its
            own size, if None.
        max_step: longest step of the ODE integrator, a time as `t_end`. If None, steps are limited
            where a law turns with time, as found by bisection with proven bounds, and nowhere else;
            where a law changes too often to be followed, a warning says so.
        allow_negative: under "ode", take amounts below zero as results, where the model means them;
            else they are errors.
        timeout: wall time that one replicate may take, in seconds or as "10 min".

    Raises:
        InputError: all that is wrong; what depends on the network is checked where it is run.
    """

    t_end: TimeSpec | None = None
    points: int = 101
    times: Sequence[TimeSpec] | None = None
    method: Method = "ode"
    replicates: int | None = None
    precision: Precision | None = None
    seed: int | None = None
    equilibrate: TimeSpec | None = None
    background: Sequence[Change] | Change = ()
    changes: Sequence[Change] | Change = ()
    schedule: Sequence[Scheduled] | Scheduled = ()
    variability: Variability | None = None
    replicates_per_cell: int = 1
    engine: str = "auto"
    rtol: float | None = None
    atol: float | None = None
    max_step: TimeSpec | None = None
    allow_negative: bool = False
    timeout: TimeSpec | None = None

    def __post_init__(self) -> None:
        if problems := normalised(self).problems():
            raise InputError(problems)

    @property
    def is_noisy(self) -> bool:
        """Whether replicates differ."""
        return self.method == "ssa" or bool(self.variability)

    @property
    def count(self) -> int:
        """Replicates to run; with a precision, those that it is first judged by."""
        if self.precision is not None:
            return self.precision.sizes()[0]
        return 1 if self.replicates is None else self.replicates

    def condition(self, label: str = "") -> Condition:
        """What is done to the network, as a condition of that label."""
        return Condition(
            background=self.background,  # type: ignore[arg-type]
            changes=self.changes,  # type: ignore[arg-type]
            schedule=self.schedule,  # type: ignore[arg-type]
            variability=self.variability or {},
            replicates_per_cell=self.replicates_per_cell,
            equilibrate=self.equilibrate,
            label=label,
        )

    def as_run(self, **other: Any) -> "Run":
        """The run alone, of what is more than one, with other values for some fields; unchecked."""
        return _made({f.name: getattr(self, f.name) for f in fields(Run)} | other)

    def problems(self) -> Problems:
        """All that is wrong with it, whatever the network."""
        found = Problems()
        if self.times is None:
            if self.t_end is not None:
                found.attempt(partial(positive_time, self.t_end, "t_end", "s"), 0.0)
            found.attempt(partial(whole_number, self.points, "points", 2), 2)
        elif not isinstance(self.times, tuple):
            what, way_out = f"times={self.times!r:.60}", 'write times=[0, "6 h", "24 h"]'
            found.add(what, "not a list of times", way_out)
        if self.method not in METHODS:
            way_out = nearest(str(self.method), METHODS)
            found.add(f"method={self.method!r}", "unknown", way_out)
        if self.replicates is not None:
            found.attempt(partial(whole_number, self.replicates, "replicates", 1), 1)
        found.attempt(partial(whole_number, self.replicates_per_cell, "replicates_per_cell", 1), 1)
        if self.seed is not None:
            found.attempt(partial(root_seed, self.seed), 0)
        found.attempt(partial(require_distributions, self.variability or {}), None)
        for name in ("rtol", "atol"):
            value = getattr(self, name)
            if value is not None and not is_between(value, 0, math.inf):
                found.add(f"{name}={value!r}", "not a number above zero", f"give {name}=1e-6")
            elif name == "rtol" and value is not None and value < _LEAST_RTOL:
                why = f"below {_LEAST_RTOL:g}, which is smaller than rounding errors"
                found.add(f"rtol={value!r}", why, "give rtol=1e-13")
        for name in ("max_step", "timeout"):
            if (value := getattr(self, name)) is not None:
                found.attempt(partial(positive_time, value, name, "s"), 1.0)
        if not isinstance(self.allow_negative, bool):
            found.add(f"allow_negative={self.allow_negative!r}", "neither True nor False")  # type: ignore[unreachable]
        self._check_together(found)
        return found

    def _check_together(self, found: Problems) -> None:
        """What does not go with something else."""
        if self.method == "ssa" and self.max_step is not None:
            why, way_out = (
                "only applies to the ODE integrator",
                'leave it out, or use method="ode"',
            )
            found.add(f"max_step={self.max_step!r}", why, way_out)
        if self.method == "ssa" and self.allow_negative is True:
            why = "SSA counts molecules, which cannot be negative"
            found.add("allow_negative=True", why, 'use method="ode"')
        alike = "ODE runs are deterministic"
        if not self.is_noisy and isinstance(self.replicates, int) and self.replicates > 1:
            way_out = 'leave replicates out, or use method="ssa"'
            found.add(f"replicates={self.replicates}", alike, way_out)
        if self.precision is None:
            return
        if not isinstance(self.precision, Precision):
            way_out = "write Precision(relative=0.05)"  # type: ignore[unreachable]
            found.add(f"precision={self.precision!r:.80}", "not a Precision", way_out)
        elif not self.is_noisy:
            found.add("precision", alike, 'leave it out, or use method="ssa"')
        if self.replicates is not None:
            why, way_out = "precision determines the number of replicates", "give one of the two"
            found.add(f"replicates={self.replicates!r}", why, way_out)
        if self.replicates_per_cell != 1:
            why = "replicates of one cell are not independent, as the confidence interval assumes"
            way_out = "leave replicates_per_cell out, or give replicates"
            found.add("precision with replicates_per_cell", why, way_out)

    def record(self) -> dict[str, Any]:
        """The run as plain data. What most runs do not have is left out where it is not there."""
        found: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(Run)}
        done = self.condition().record()
        found |= {name: done.get(name) for name in _RARELY if name in _DONE}
        found["precision"] = self.precision and self.precision.record()
        found["times"] = self.times and list(self.times)
        return {name: value for name, value in found.items() if value or name not in _RARELY}


class RunArguments(TypedDict, total=False):
    """The fields of `Run` as the keyword arguments of a verb; they are described there."""

    t_end: TimeSpec
    points: int
    times: Sequence[TimeSpec]
    method: Method
    replicates: int | None
    precision: Precision | None
    seed: int | None
    equilibrate: TimeSpec | None
    background: Sequence[Change] | Change
    changes: Sequence[Change] | Change
    schedule: Sequence[Scheduled] | Scheduled
    variability: Variability | None
    replicates_per_cell: int
    engine: str
    rtol: float | None
    atol: float | None
    max_step: TimeSpec | None
    allow_negative: bool
    timeout: TimeSpec | None


def run_from_record(record: Mapping[str, Any]) -> Run:
    """The run whose `record()` is given.

    Raises:
        InputError: an unknown or missing field, or a value that cannot be one.
        KeyError, TypeError, ValueError: what is no record.
    """
    needed = [f.name for f in fields(Run) if f.name not in _RARELY]
    if missing := [Problem(what=name, why="missing") for name in needed if name not in record]:
        raise InputError(missing)
    nothing = {"label": "", "changes": (), "schedule": ()}
    done = condition_from_record(nothing | {n: v for n, v in record.items() if n in _DONE})
    given = dict(record) | {name: getattr(done, name) for name in _DONE}
    given["variability"] = done.variability or None
    if "precision" in record:
        given["precision"] = Precision(**record["precision"])
    return Run(**given)


def normalised(run: Run) -> Run:
    """The same run, with tuples for lists, and plain numbers for NumPy's."""
    for name in ("background", "changes", "schedule"):
        value = getattr(run, name)
        several = isinstance(value, Sequence) and not isinstance(value, str)
        object.__setattr__(run, name, tuple(value) if several else (value,))
    for field in fields(run):
        if field.init and isinstance(value := getattr(run, field.name), np.integer):
            object.__setattr__(run, field.name, int(value))
    given: object = run.times
    if isinstance(given, Iterable) and not isinstance(given, str):
        object.__setattr__(run, "times", tuple(given))
    return run


def run_of(verb: Callable[..., Any], arguments: Mapping[str, Any]) -> Run:
    """The run that a verb's keyword arguments describe, not yet checked: `planned` raises all that is
    wrong with it together with what is wrong for the network.

    Raises:
        InputError: unknown arguments.
    """
    require_known(arguments, list(inspect.signature(verb).parameters), verb.__name__)
    defaults = dict(DEFAULTS.get(verb.__name__, {}))
    alike = arguments.get("method") == "ode" and not arguments.get("variability")
    if alike or arguments.get("precision") is not None:
        defaults.pop("replicates", None)
    return _made({f.name: f.default for f in fields(Run)} | defaults | dict(arguments))


def _made(values: Mapping[str, Any]) -> Run:
    made = object.__new__(Run)
    for name, value in values.items():
        object.__setattr__(made, name, value)
    return normalised(made)


def require_known(
    given: Mapping[str, object],
    known: Sequence[str],
    of: str,
    renamed: Mapping[str, str] | None = None,
) -> None:
    """Raise InputError for arguments that a verb or spec does not have, and name the nearest."""
    problems = [
        Problem(
            what=f"{of}({name}=...)",
            why="no such argument",
            way_out=(renamed or {}).get(name) or nearest(name, known),
        )
        for name in given
        if name not in known
    ]
    if problems:
        raise InputError(problems)


def takes_run(verb: F) -> F:
    """Give a verb of `**run: Unpack[RunArguments]` the signature that users see: its own parameters,
    and every field of `Run` with its default."""
    own = inspect.signature(verb).parameters.values()
    defaults = DEFAULTS.get(verb.__name__, {})
    taken = [
        inspect.Parameter(
            f.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=defaults.get(f.name, f.default),
            annotation=f.type,
        )
        for f in fields(Run)
    ]
    kept = [p for p in own if p.kind is not inspect.Parameter.VAR_KEYWORD]
    verb.__signature__ = inspect.signature(verb).replace(parameters=[*kept, *taken])  # type: ignore[attr-defined]
    return verb
