"""The one tree of errors.

    SimnetError
    ├── InputError            the user's mistake; nothing was simulated (exit code 2)
    │   ├── UnknownNameError      a name that the network does not have
    │   ├── ModelError            a model that cannot be read or compiled
    │   ├── UnsupportedError      a model that has no exact meaning under the method asked for
    │   └── MissingToolError      a program or package that is not installed
    └── SimulationError       the run itself went wrong (exit code 1)
        └── StateError            negative, NaN or fractional amounts

An error names the thing, the value and the way out. Checks collect every `Problem` of a call
and raise them together.
"""

import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that is wrong: `what` it is, `why` it is wrong, and the `way_out`."""

    what: str
    why: str
    way_out: str = ""

    def __str__(self) -> str:
        text = f"{self.what}: {self.why}"
        return f"{text}; {self.way_out}" if self.way_out else text


class Problems(list[Problem]):
    """What is wrong with a call, as it is found, to be raised together."""

    def add(self, what: str, why: str, way_out: str = "") -> None:
        """Append a problem."""
        self.append(Problem(what=what, why=why, way_out=way_out))

    def attempt(self, value: Callable[[], T], otherwise: T) -> T:
        """What `value()` returns; `otherwise` where it raises InputError, whose problems are taken."""
        try:
            return value()
        except InputError as error:
            self.extend(error.problems)
            return otherwise


class SimnetError(Exception):
    """Base of everything that simnet raises on purpose."""


class InputError(SimnetError):
    """The user's mistake. `problems` lists every one found in the call."""

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = Problem(what="input", why=problems)
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__(_text(self.problems))

    def __reduce__(self) -> tuple[type["InputError"], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class UnknownNameError(InputError):
    """A name that the network does not have; the message gives the nearest ones."""


class ModelError(InputError):
    """A model that cannot be read or compiled."""


class UnsupportedError(InputError):
    """A model that has no exact meaning under the method asked for."""


class MissingToolError(InputError):
    """A program or package that is not installed."""


class SimulationError(SimnetError):
    """The run itself went wrong."""


class StateError(SimulationError):
    """The engine reached a negative, NaN or fractional amount."""


class SimnetWarning(UserWarning):
    """Base of every warning that simnet gives."""


def caution(text: str) -> None:
    """Warn, at the line of the user's that called simnet."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "simnet":
        frame, level = frame.f_back, level + 1
    warnings.warn(text, SimnetWarning, stacklevel=level)


def nearest(name: str, known: Iterable[str], *, count: int = 3) -> str:
    """The way out of a misspelt name: the nearest known names, or a few of them."""
    candidates = list(dict.fromkeys(known))
    folded = {candidate.casefold(): candidate for candidate in candidates}
    close = [
        folded[c] for c in get_close_matches(str(name).casefold(), folded, n=count, cutoff=0.5)
    ]
    if close:
        return "did you mean " + " or ".join(close) + "?"
    if not candidates:
        return "there are none"
    shown = ", ".join(candidates[:12])
    return f"known: {shown}" + (f" and {len(candidates) - 12} more" if len(candidates) > 12 else "")


def _text(problems: Sequence[Problem]) -> str:
    if len(problems) == 1:
        return str(problems[0])
    return "\n".join([f"{len(problems)} problems", *(f"  - {problem}" for problem in problems)])
