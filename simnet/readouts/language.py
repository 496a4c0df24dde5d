"""The language of readouts: names and functions, trees, their one text, and `ReadoutExpression`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from simnet.experiment.change import Change
from simnet.experiment.notation import changes_text, name_text, number_text, time_text
from simnet.experiment.times import TimeSpec

ConditionKey: TypeAlias = tuple[Change, ...]
"""The changes that are added to the base condition, in order; () is the base itself."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal, not negative."""

    value: float


@dataclass(frozen=True, slots=True)
class Span:
    """A time as a number in the network's unit: "24h"."""

    time: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A readout, species, expression or parameter: its time course where `at` is None."""

    name: str
    at: TimeSpec | None = None
    changes: ConditionKey = ()


@dataclass(frozen=True, slots=True)
class Negative:
    """The negative of its argument."""

    of: "Tree"


@dataclass(frozen=True, slots=True)
class Binary:
    """One of + - * / ^."""

    sign: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Compare:
    """One of < <= > >=, the argument of `first_passage` and `fraction`."""

    sign: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Pointwise:
    """log2, log or abs, of each value by itself."""

    function: str
    of: "Tree"


@dataclass(frozen=True, slots=True)
class OfCourse:
    """One number of a time course, over all of it or a window: auc, max, steady, ..."""

    function: str
    of: "Tree"
    window: tuple[TimeSpec, TimeSpec] | None = None


@dataclass(frozen=True, slots=True)
class OfEnsemble:
    """One number of all replicates: mean, cv, quantile, ..."""

    function: str
    of: "Tree"
    probability: float | None = None


Tree: TypeAlias = (
    Constant | Span | Quantity | Negative | Binary | Compare | Pointwise | OfCourse | OfEnsemble
)


def parts(tree: Tree) -> tuple[Tree, ...]:
    """The trees right below."""
    if isinstance(tree, Binary | Compare):
        return tree.left, tree.right
    if isinstance(tree, Negative | Pointwise | OfCourse | OfEnsemble):
        return (tree.of,)
    return ()


def walk(tree: Tree) -> Iterator[Tree]:
    """The tree and all that it is made of, from left to right, parents first."""
    yield tree
    for part in parts(tree):
        yield from walk(part)


def quantities(tree: Tree) -> Iterator[Quantity]:
    """The names in a tree, from left to right."""
    return (part for part in walk(tree) if isinstance(part, Quantity))


def is_timed(tree: Tree) -> bool:
    """Whether its value is a time course."""
    if isinstance(tree, Quantity):
        return tree.at is None
    return not isinstance(tree, OfCourse) and any(map(is_timed, parts(tree)))


def is_ensemble(tree: Tree) -> bool:
    """Whether its value is one for all replicates: a statistic, or two conditions that meet."""
    statistic = any(isinstance(part, OfEnsemble) for part in walk(tree))
    return statistic or len({quantity.changes for quantity in quantities(tree)}) > 1


def renewed(tree: Tree, new: Callable[[Tree], Tree | None]) -> Tree:
    """The tree with what `new` makes of each part, parents first; where it gives None, the part
    stays and those below it are looked at."""
    if (found := new(tree)) is not None:
        return found
    if isinstance(tree, Binary | Compare):
        return replace(tree, left=renewed(tree.left, new), right=renewed(tree.right, new))
    if isinstance(tree, Negative | Pointwise | OfCourse | OfEnsemble):
        return replace(tree, of=renewed(tree.of, new))
    return tree


def at_time(tree: Tree, time: TimeSpec) -> Tree:
    """The tree with its time courses taken at a time."""

    def at(part: Tree) -> Tree | None:
        if isinstance(part, Quantity) and part.at is None:
            return replace(part, at=time)
        return part if isinstance(part, OfCourse) else None

    return renewed(tree, at)


def under(tree: Tree, changes: ConditionKey) -> Tree:
    """The tree with changes made before those of its own brackets."""

    def changed(part: Tree) -> Tree | None:
        if not isinstance(part, Quantity):
            return None
        return replace(part, changes=(*changes, *part.changes))

    return renewed(tree, changed)


# The words of the language.


ARITHMETIC = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
"""Signs and how tightly they bind; a minus before a term binds like 3."""

COMPARISONS = ("<=", ">=", "<", ">")

POINTWISE = ("log2", "log", "abs")

OF_COURSE = (
    "auc",
    "average",
    "max",
    "min",
    "time_of_max",
    "steady",
    "first_passage",
    "half_time",
)

OF_ENSEMBLE = ("mean", "sd", "var", "cv", "fano", "quantile", "median", "fraction")

COMPARING = ("first_passage", "fraction")
"""Functions whose argument is a comparison."""


# The canonical text of a tree: what `parse_readout` reads back as the same tree.


_NEGATIVE = 3
_TIGHTEST = 5


def bracket_text(changes: Sequence[Change]) -> str:
    """The canonical text of changes, with their brackets; nothing for none.

    Raises:
        InputError: as of `changes_text`.
    """
    return f"[{changes_text(changes)}]" if changes else ""


def canonical_text(tree: Tree, level: int = 0) -> str:
    """The text, in parentheses where it binds less tightly than `level`."""
    if isinstance(tree, Constant):
        return number_text(tree.value)
    if isinstance(tree, Span):
        return tree.time
    if isinstance(tree, Quantity):
        at = "" if tree.at is None else f"@{time_text(tree.at)}"
        return f"{name_text(tree.name)}{at}{bracket_text(tree.changes)}"
    if isinstance(tree, Pointwise):
        return f"{tree.function}({canonical_text(tree.of)})"
    if isinstance(tree, OfCourse):
        window = "".join(f", {time_text(time)}" for time in tree.window or ())
        return f"{tree.function}({canonical_text(tree.of)}{window})"
    if isinstance(tree, OfEnsemble):
        tail = "" if tree.probability is None else f", {number_text(tree.probability)}"
        return f"{tree.function}({canonical_text(tree.of)}{tail})"
    text, own = _infix(tree)
    return f"({text})" if own < level else text


def _infix(tree: Negative | Binary | Compare) -> tuple[str, int]:
    if isinstance(tree, Negative):
        return "-" + canonical_text(tree.of, _NEGATIVE), _NEGATIVE
    if isinstance(tree, Compare):
        return f"{canonical_text(tree.left)} {tree.sign} {canonical_text(tree.right)}", 0
    own = ARITHMETIC[tree.sign]
    if tree.sign == "^":  # to the right: a^b^c is a^(b^c), and a^-b needs no parentheses
        left = canonical_text(tree.left, _TIGHTEST)
        return f"{left}^{canonical_text(tree.right, _NEGATIVE)}", own
    left, right = canonical_text(tree.left, own), canonical_text(tree.right, own + 1)
    return f"{left} {tree.sign} {right}", own


# `ReadoutExpression`: a readout as an expression, and what must be simulated to evaluate it.


@dataclass(frozen=True, kw_only=True)
class ReadoutExpression:
    """What `parse_readout` makes of a text. Those of one meaning are equal.

    Attributes:
        text: as the user wrote it.
        canonical: the one text of all that mean the same.
        tree: the expression as data.
    """

    text: str = field(compare=False)
    canonical: str
    tree: Tree

    def __str__(self) -> str:
        return self.canonical

    @property
    def conditions(self) -> tuple[ConditionKey, ...]:
        """What is in the brackets, each once and in order; () is the base condition."""
        return tuple(dict.fromkeys(quantity.changes for quantity in quantities(self.tree)))

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of readouts, each once and in order."""
        return tuple(dict.fromkeys(quantity.name for quantity in quantities(self.tree)))

    @property
    def times(self) -> tuple[TimeSpec, ...]:
        """Times that must be output times, as they are written; each once and in order."""
        found: list[TimeSpec] = []
        for part in walk(self.tree):
            if isinstance(part, OfCourse):
                found.extend(part.window or ())
            found.extend(q.at for q in quantities(part) if q is part and q.at is not None)
        return tuple(dict.fromkeys(found))

    @property
    def is_course(self) -> bool:
        """Whether its value is a time course, which `evaluate_course` gives."""
        return is_timed(self.tree)

    @property
    def needs_course(self) -> bool:
        """Whether it looks at whole time courses."""
        return self.is_course or any(isinstance(part, OfCourse) for part in walk(self.tree))

    @property
    def is_ensemble(self) -> bool:
        """Whether its value is one for all replicates: a statistic of them, or of two conditions."""
        return is_ensemble(self.tree)


def expression_of(tree: Tree, text: str = "") -> ReadoutExpression:
    """A tree as an expression; its text is the canonical one where none is given."""
    canonical = canonical_text(tree)
    return ReadoutExpression(text=text or canonical, canonical=canonical, tree=tree)
