"""What stands in brackets, `[rapamycin=100nM, HIF1A=knockout]`, and the changes that it means.

The words are those of the command line's options.
"""

import math
import re
from collections.abc import Callable, Sequence

from simnet.errors import InputError, Problem
from simnet.experiment.change import (
    Add,
    Change,
    Clamp,
    Dose,
    Knockdown,
    Knockout,
    Overexpress,
    Scale,
    Set,
    Washout,
)
from simnet.readouts.words import name_text, number_text

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_NANOMOLAR = {"pM": 1e-3, "nM": 1.0, "uM": 1e3, "µM": 1e3, "mM": 1e6}
_WORDS: dict[str, Callable[[str, float], Change]] = {
    "set": Set,
    "scale": Scale,
    "x": Scale,
    "add": Add,
    "knockdown": Knockdown,
    "overexpress": Overexpress,
    "clamp": Clamp,
    "held": Clamp,
}
_ALONE: dict[str, Callable[[str], Change]] = {"knockout": Knockout, "washout": Washout}
_PLAIN = re.compile(rf"({_NUMBER})")
_CONCENTRATION = re.compile(rf"({_NUMBER})\s*({'|'.join(_NANOMOLAR)})")
_WORDED = re.compile(rf"([a-z]+?)\s*({_NUMBER})")
FORMS = "2.5, x2, 100nM, knockout, knockdown 0.9, overexpress 3, held 5, add 10 or washout"


def change_of(name: str, text: str) -> Change | None:
    """The change that `name=text` means; None where the text is of no form."""
    if text in _ALONE:
        return _ALONE[text](name)
    if match := _PLAIN.fullmatch(text):
        made: Callable[[str, float], Change] = Set
        value = float(match[1])
    elif match := _CONCENTRATION.fullmatch(text):
        made = _dose
        value = float(match[1]) * _NANOMOLAR[match[2]]
    elif (match := _WORDED.fullmatch(text)) and match[1] in _WORDS:
        made, value = _WORDS[match[1]], float(match[2])
    else:
        return None
    return made(name, value) if math.isfinite(value) else None


def _dose(name: str, concentration: float) -> Change:
    return Dose(name, nM=concentration)


def bracket_text(changes: Sequence[Change]) -> str:
    """The canonical text of changes, with their brackets; nothing for none.

    Raises:
        InputError: a change that the language has no words for.
    """
    if not changes:
        return ""
    return "[" + ", ".join(f"{_name(change)}={_value(change)}" for change in changes) + "]"


def _name(change: Change) -> str:
    return name_text(str(getattr(change, "name", "")))


def _value(change: Change) -> str:
    match change:
        case Set(value=value):
            return number_text(value)
        case Scale(factor=factor):
            return f"x{number_text(factor)}"
        case Dose(nM=concentration) if isinstance(concentration, (int, float)):
            return f"{number_text(concentration)}nM"
        case Knockdown(fraction=fraction):
            return f"knockdown {number_text(fraction)}"
        case Overexpress(fold=fold):
            return f"overexpress {number_text(fold)}"
        case Clamp(value=value):
            return f"held {number_text(value)}"
        case Add(amount=amount):
            return f"add {number_text(amount)}"
        case Knockout():
            return "knockout"
        case Washout():
            return "washout"
    raise InputError(Problem(what=f"change {change!r}", why="readouts have no words for it"))
