"""The refusal matrix: what simnet does with each construct of SBML, by method.

`constructs.toml` is the table: for each construct what it adds to a small model (0 <- X, 20 X at
k = 0.1 per second), and what is expected under `ode` and `ssa`. Formulas stand in it as infix text
between [[ and ]].
"""

import re
import tomllib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import libsbml
import numpy as np

import simnet as sn
from simnet.sbml.read import from_sbml

TABLE = Path(__file__).parent / "constructs.toml"
T_END = 4.0
Method = Literal["ode", "ssa"]
METHODS: tuple[Method, ...] = ("ode", "ssa")


@dataclass(frozen=True)
class Construct:
    """A row: the SBML, and what is expected.

    Attributes:
        expected: "runs", "warns" (runs with a warning) or "refused", by method.
        says: what the message has to hold, by method.
        ends: the amount of X at T_END under ODE, a formula of e and numbers; None is not checked.
        linear: whether the mean under SSA is the same number.
    """

    id: str
    title: str
    sbml: str
    kinetics: Literal["continuous", "discrete"] | None
    expected: dict[str, str]
    says: dict[str, str]
    ends: float | None
    linear: bool


@dataclass(frozen=True)
class Finding:
    """What happened: "runs", "warns" or "refused", with the message; X at T_END by replicate."""

    outcome: str
    message: str
    ends: np.ndarray | None = None


def constructs() -> list[Construct]:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return [_construct(item, table["model"]) for item in table["construct"]]


def _construct(item: dict[str, Any], parts: dict[str, str]) -> Construct:
    filled = {name: item.get(name, text) for name, text in parts.items() if name != "text"}
    unknown = set(item) - set(filled) - {
        "id", "title", "kinetics", "ode", "ssa", "ode_says", "ssa_says", "says", "ends", "linear",
    }  # fmt: skip
    assert not unknown, f"{item['id']}: {unknown}"
    text = parts["text"]
    for name, part in filled.items():
        text = text.replace("{" + name + "}", part)
    says = {m: item.get(f"{m}_says", item.get("says", "")) for m in METHODS}
    return Construct(
        id=item["id"],
        title=item["title"],
        sbml=re.sub(r"\[\[(.*?)\]\]", _mathml, text, flags=re.DOTALL),
        kinetics=item.get("kinetics"),
        expected={m: item[m] for m in METHODS},
        says=says,
        ends=item.get("ends"),
        linear=item.get("linear", True),
    )


def _mathml(match: re.Match[str]) -> str:
    node = libsbml.parseL3Formula(match.group(1))
    assert node is not None, f"{match.group(1)}: {libsbml.getLastParseL3Error()}"
    text = str(libsbml.writeMathMLToString(node))
    return text.removeprefix('<?xml version="1.0" encoding="UTF-8"?>').strip()


def found(construct: Construct, method: Method, replicates: int = 2) -> Finding:
    """Load the SBML and simulate it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            network = from_sbml(construct.sbml, name="small", kinetics=construct.kinetics)
            run = sn.simulate(
                network,
                t_end=T_END,
                points=3,
                method=method,
                replicates=replicates if method == "ssa" else 1,
                seed=1,
                workers=0,
                readouts="X",
            )
        except sn.SimnetError as error:
            return Finding("refused", f"{type(error).__name__}: {error}")
    message = " ".join(str(w.message) for w in caught if issubclass(w.category, sn.SimnetWarning))
    return Finding("warns" if message else "runs", message, run.readout("X")[:, -1])


def rows() -> list[tuple[str, str, str, str]]:
    """Construct, outcome under ode, outcome under ssa, and the messages."""
    return [_row(construct) for construct in constructs()]


def _row(construct: Construct) -> tuple[str, str, str, str]:
    by = {method: found(construct, method) for method in METHODS}
    messages = [by[m].message for m in METHODS]
    if by["ode"].message and by["ode"].message != by["ssa"].message:
        messages = [f"{m}: {by[m].message}" for m in METHODS if by[m].message]
    unique = list(dict.fromkeys(filter(None, messages)))
    return construct.title, by["ode"].outcome, by["ssa"].outcome, " ".join(unique)
