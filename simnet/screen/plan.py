"""`Screen`: perturbations of one network, alone and together, planned and checked as a whole."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from simnet.engines.base import Method
from simnet.errors import InputError, Problem, UnsupportedError
from simnet.execute.arguments import require_precision
from simnet.execute.cost import Cost, cost_of
from simnet.execute.plan import Plan, planned
from simnet.experiment.change import Change
from simnet.experiment.schedule import Scheduled, is_entry, not_an_entry
from simnet.experiment.times import TimeSpec
from simnet.experiment.variability import Spread, require_distributions
from simnet.network.checks import require_network
from simnet.network.network import Network
from simnet.readouts.check import grid
from simnet.screen.conditions import Arm, Combinations, Common, arms_of
from simnet.screen.factors import Entry
from simnet.screen.precision import check_precision
from simnet.screen.readouts import ScreenReadout, screen_readouts
from simnet.stats.precision import Precision

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

_OF_CONDITION = re.compile(r"^condition '.*?': ")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Screen:
    """A screen: what is changed, in which combinations, and what is read.

    All mistakes are told at once when it is made.

    Attributes:
        network: from `load`.
        changes: each is made alone, and combined as `combinations` says: changes, schedule entries
            (`At`, `Pulse`, `Repeat`), a `Condition` for what holds from the very start (a genotype),
            or several of these together in a tuple. `Dose("drug", nM=[1, 10])` is a ladder. Those
            of one name, such as two knock-downs of a gene, are never combined.
        combinations: "singles"; "pairs": these and each two; "grid": every choice of one level, or
            none, of each; or a list of conditions, where a tuple is made together.
        readouts: expressions such as "pS6@48h", "auc(GLUT1)", "first_passage(HIF1A > 100)",
            "fraction(pS6@48h > 50)", "pS6@48h / S6@48h"; a plain name is its time course.
        t_end: end of the runs, "72 h" or a number in the network's time unit.
        points: of the even grid on which time courses are taken.
        method, replicates, seed, equilibrate, background, schedule, engine, timeout, rtol, atol,
            allow_negative: as in `simulate`, for every condition; the control has them too, and nothing else.
        variability, replicates_per_cell: as in `simulate`; cell r is the same in every condition.
        precision: in place of `replicates`: each condition runs 128, 256, 512, ... replicates until
            its readouts are known as well as this.

    Raises:
        InputError: all that is wrong.
        UnsupportedError: the network, or a condition of it, has no exact meaning under `method`.
    """

    network: Network
    changes: Sequence[Entry] = ()
    combinations: Combinations = "singles"
    readouts: Sequence[str] | str = ()
    t_end: TimeSpec = "48 h"
    points: int = 97
    method: Method = "ode"
    replicates: int = 1
    seed: int | None = None
    equilibrate: TimeSpec | None = None
    background: Sequence[Change] | Change = ()
    schedule: Sequence[Scheduled] | Scheduled = ()
    variability: Mapping[str, Spread] | None = None
    replicates_per_cell: int = 1
    precision: Precision | None = None
    engine: str = "auto"
    timeout: TimeSpec | None = None
    rtol: float = 1e-8
    atol: float | None = None
    allow_negative: bool = False
    _plan: Plan = field(init=False, repr=False)
    _arms: tuple[Arm, ...] = field(init=False, repr=False)
    _read: tuple[ScreenReadout, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("changes", "background", "schedule"):
            given = getattr(self, name)
            listed = tuple(given) if isinstance(given, (list, tuple)) else (given,)
            object.__setattr__(self, name, listed)
        plan, arms, read = _checked(self)
        object.__setattr__(self, "_plan", plan)
        object.__setattr__(self, "_arms", tuple(arms))
        object.__setattr__(self, "_read", tuple(read))
        if plan.root is not None:
            object.__setattr__(self, "seed", plan.root)  # drawn, where none was given

    @property
    def plan(self) -> Plan:
        """What is executed."""
        return self._plan

    @property
    def arms(self) -> tuple[Arm, ...]:
        """(C,) conditions, the control first, and what they are made of."""
        return self._arms

    @property
    def screen_readouts(self) -> tuple[ScreenReadout, ...]:
        """(R,) what is read."""
        return self._read

    def estimate(self) -> Cost:
        """How long it will take, from runs of the control in this process for some seconds."""
        return cost_of(self._plan)

    def conditions(self, *, estimate: bool = True) -> "pd.DataFrame":
        """What will run: a row for each condition, the control first.

        Columns are condition, factors (how many it combines), replicates, and estimated_s: seconds
        on one processor, measured by running the control for a moment in this process (other
        conditions may be slower or faster); `.attrs["estimate"]` says it in words. With a
        `precision`, replicates are the fewest it takes.

        Args:
            estimate: leave the measurement, which takes some seconds, and its column out.
        """
        import pandas as pd

        frame = pd.DataFrame(
            {
                "condition": [arm.name for arm in self._arms],
                "factors": [len(arm.levels) for arm in self._arms],
                "replicates": self._plan.replicates,
            }
        )
        if estimate:
            cost = self.estimate()
            frame["estimated_s"] = cost.seconds * self._plan.replicates
            frame.attrs["estimate"] = cost.words(len(frame) * self._plan.replicates)
        return frame

    def __repr__(self) -> str:
        return f"<Screen of {self._told()}>"

    def _repr_html_(self) -> str:
        from html import escape

        table = self.conditions(estimate=False).to_html(index=False, max_rows=20)
        return f"<div><b>Screen</b> of {escape(self._told())}{table}</div>"

    def _told(self) -> str:
        replicates = f" × {self._plan.replicates:,} replicates" if self.method == "ssa" else ""
        return (
            f"{self.network.id}, {self.method.upper()} ({self._plan.engine_name}): "
            f"{len(self._arms):,} conditions{replicates}; "
            f"readouts {', '.join(readout.name for readout in self._read)}"
        )


def _checked(screen: Screen) -> tuple[Plan, list[Arm], list[ScreenReadout]]:
    """The plan, or all mistakes of the call at once."""
    network = screen.network
    problems: list[Problem] = []
    unsupported: list[Problem] = []

    def attempt(value: Callable[[], T], otherwise: T) -> T:
        try:
            return value()
        except UnsupportedError as error:
            unsupported.extend(error.problems)
        except InputError as error:
            problems.extend(error.problems)
        return otherwise

    require_network(network)
    require_precision(screen.precision)
    require_distributions(screen.variability or {})
    for entry in screen.schedule:  # type: ignore[union-attr]
        if not is_entry(entry):
            raise InputError(not_an_entry(entry))
    common = Common(
        background=tuple(screen.background),  # type: ignore[arg-type]
        schedule=tuple(screen.schedule),  # type: ignore[arg-type]
        equilibrate=screen.equilibrate,
        variability=screen.variability or {},
        replicates_per_cell=screen.replicates_per_cell,
        time_unit=network.time_unit,
    )
    arms, wrong = arms_of(screen.changes, screen.combinations, common)
    problems += wrong
    nothing: tuple[list[ScreenReadout], list[Problem]] = ([], [])
    read, wrong = attempt(lambda: screen_readouts(screen.readouts, network, screen.t_end), nothing)
    problems += wrong
    problems += check_precision(screen.precision, screen.method, screen.replicates, read)
    expressions = [expression for readout in read for expression in readout.expressions]
    times = attempt(
        lambda: grid(expressions, screen.t_end, screen.points, network.time_unit), np.empty(0)
    )
    symbols = list(dict.fromkeys(name for e in expressions for name in e.symbols))
    replicates = screen.replicates if screen.precision is None else screen.precision.sizes()[0]
    plan = attempt(
        lambda: planned(
            network,
            conditions=[arm.condition for arm in arms],
            t_end=screen.t_end if len(times) else 1.0,
            times=times if len(times) else None,
            method=screen.method,
            replicates=replicates,
            seed=screen.seed,
            readouts=symbols or None,
            engine=screen.engine,
            timeout=screen.timeout,
            workers=None,
            rtol=screen.rtol,
            atol=screen.atol,
            allow_negative=screen.allow_negative,
        ),
        None,
    )
    if problems:
        raise InputError(_once([*problems, *unsupported]))
    if unsupported:
        raise UnsupportedError(_once(unsupported))
    assert plan is not None
    return plan, arms, read


def _once(problems: list[Problem]) -> list[Problem]:
    """Each mistake where it is met first: a wrong dose is wrong in every combination."""
    first: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        first.setdefault((_OF_CONDITION.sub("", problem.what), problem.why), problem)
    return list(first.values())
