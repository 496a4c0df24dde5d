"""`Screen`: perturbations of one network, alone and together, planned and checked as a whole."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar, TypeVar

import numpy as np

from simnet.errors import InputError, Problem, Problems, UnsupportedError, nearest
from simnet.execute.cost import Cost, cost_of
from simnet.execute.plan import Plan, planned
from simnet.experiment.run import HALF_HOURS, Precision, Run, normalised
from simnet.experiment.schedule import is_entry, not_an_entry
from simnet.experiment.times import TimeSpec
from simnet.network.network import Network
from simnet.network.values import require_network
from simnet.readouts.check import grid
from simnet.screen.design import Combinations, Entry, ScreenCondition, arms_of
from simnet.screen.readouts import ScreenReadout, screen_readouts

if TYPE_CHECKING:
    import pandas as pd


T = TypeVar("T")

_OF_CONDITION = re.compile(r"^condition '.*?': ")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Screen(Run):
    """A screen: what is changed, in which combinations, and what is read.

    It is a `Run` and has its fields, which hold for every condition: the control has them too, and
    nothing else. All mistakes are reported at once when it is made.

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
        points: of the even grid on which time courses are taken; `times` are not taken.

    Raises:
        InputError: all that is wrong.
        UnsupportedError: the network, or a condition of it, has no exact meaning under `method`.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {
        "simulate": 'write its entries, such as method="ssa" and t_end, as those of the screen'
    }

    network: Network
    changes: Sequence[Entry] = ()  # type: ignore[assignment]  # more than those of a run
    combinations: Combinations = "singles"
    readouts: Sequence[str] | str = ()
    t_end: TimeSpec | None = "48 h"
    points: int = HALF_HOURS
    _plan: Plan = field(init=False, repr=False)
    _arms: tuple[ScreenCondition, ...] = field(init=False, repr=False)
    _read: tuple[ScreenReadout, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        normalised(self)
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
    def arms(self) -> tuple[ScreenCondition, ...]:
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


def _checked(screen: Screen) -> tuple[Plan, list[ScreenCondition], list[ScreenReadout]]:
    """The plan, or all mistakes of the call at once."""
    network = screen.network
    problems = Problems()
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
    for entry in screen.schedule:  # type: ignore[union-attr]
        if not is_entry(entry):
            raise InputError(not_an_entry(entry))
    arms, wrong = arms_of(screen.changes, screen.combinations, screen, network.time_unit)
    problems += wrong
    nothing: tuple[list[ScreenReadout], list[Problem]] = ([], [])
    end: TimeSpec = 1.0 if screen.t_end is None else screen.t_end
    read, wrong = attempt(lambda: screen_readouts(screen.readouts, network, end), nothing)
    problems += wrong
    if screen.t_end is None:
        problems.add("t_end", "none given", 'leave it out for 48 h, or write t_end="24 h"')
    if screen.times is not None:
        way_out = "give t_end and points"
        problems.add("times", "those of a screen follow from its readouts", way_out)
    names = [readout.name for readout in read]
    for name in screen.precision.readouts or () if isinstance(screen.precision, Precision) else ():
        if read and name not in names:
            what = f"precision: readout {name!r}"
            problems.add(what, "not in the screen", nearest(name, names))
    expressions = [expression for readout in read for expression in readout.expressions]
    times = attempt(lambda: grid(expressions, end, screen.points, network.time_unit), np.empty(0))
    symbols = list(dict.fromkeys(name for e in expressions for name in e.symbols))
    ends = {"t_end": None, "times": times.tolist()} if len(times) else {"t_end": 1.0, "times": None}
    run = screen.as_run(changes=(), **ends)
    conditions = [arm.condition for arm in arms]
    plan = attempt(lambda: planned(network, run, conditions, symbols or None), None)
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


# A screen as Python that makes it again, for records and reports.


def code_of(screen: "Screen") -> str:
    """The text of a program that makes an equal screen; the network must be one that `load` finds.

    Numbers are written so that they read back as they are.
    """
    network = screen.network.id
    given = [f'    network=sn.load("{network}"),']
    for item in fields(screen):
        value = getattr(screen, item.name)
        if not item.init or item.name == "network" or value == item.default:
            continue
        given.append(f"    {item.name}={_text(value)},")
    lines = ["import simnet as sn", "", "plan = sn.Screen(", *given, ")"]
    return "\n".join([*lines, "result = sn.run_screen(plan)"]) + "\n"


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        if not value:
            return "()"
        inner = ", ".join(_text(item) for item in value)
        opened, closed = ("[", "]") if isinstance(value, list) else ("(", ")")
        lone = "," if isinstance(value, tuple) and len(value) == 1 else ""
        text = f"{opened}{inner}{lone}{closed}"
        if len(text) > 80:
            return (
                f"{opened}\n" + "".join(f"        {_text(v)},\n" for v in value) + f"    {closed}"
            )
        return text
    if isinstance(value, dict):
        inner = ", ".join(f"{key!r}: {_text(item)}" for key, item in value.items())
        return "{" + inner + "}"
    tolist = getattr(value, "tolist", None)
    if tolist is not None:  # numpy's scalars
        return repr(tolist())
    if hasattr(value, "__dataclass_fields__"):
        return _call(value)
    return repr(value)


def _call(value: object) -> str:
    """A dataclass as the call that makes it."""
    name = type(value).__name__
    parts = []
    for item in value.__dataclass_fields__.values():  # type: ignore[attr-defined]
        held = getattr(value, item.name)
        if item.default is not item.default_factory and held == item.default:
            continue
        if name in ("At", "Repeat") and item.name == "changes":
            parts += [_text(change) for change in held]
        elif name in ("At", "Repeat", "Pulse") or item.name == "name":
            parts.append(_text(held))
        elif held or held == 0:
            parts.append(f"{item.name}={_text(held)}")
    return f"sn.{name}({', '.join(parts)})"
