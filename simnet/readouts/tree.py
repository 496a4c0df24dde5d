"""What a readout expression is made of, as data.

In a tree `@` and brackets stand at the names only: `cv(X)@6h` is the tree of `cv(X@6h)`, and
`(A/B)[k=2]` that of `A[k=2]/B[k=2]`. So equal questions are equal trees.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from simnet.experiment.change import Change
from simnet.experiment.times import TimeSpec

ConditionKey: TypeAlias = tuple[Change, ...]
"""The changes that are added to the base condition, in order; () is the base itself."""


@dataclass(frozen=True, slots=True)
class Number:
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
    Number | Span | Quantity | Negative | Binary | Compare | Pointwise | OfCourse | OfEnsemble
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
