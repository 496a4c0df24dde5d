"""`ReadoutExpression`: a readout as an expression, and what must be simulated to evaluate it."""

from dataclasses import dataclass, field

from simnet.experiment.times import TimeSpec
from simnet.readouts.canonical import canonical_text
from simnet.readouts.tree import (
    ConditionKey,
    OfCourse,
    Tree,
    is_ensemble,
    is_timed,
    quantities,
    walk,
)


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
