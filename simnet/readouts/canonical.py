"""The canonical text of a tree: what `parse_readout` reads back as the same tree."""

from collections.abc import Sequence

from simnet.experiment.change import Change
from simnet.experiment.notation import changes_text, name_text, number_text, time_text
from simnet.readouts.tree import (
    Binary,
    Compare,
    Negative,
    Number,
    OfCourse,
    OfEnsemble,
    Pointwise,
    Quantity,
    Span,
    Tree,
)
from simnet.readouts.words import ARITHMETIC

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
    if isinstance(tree, Number):
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
