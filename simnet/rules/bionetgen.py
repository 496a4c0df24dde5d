"""Unrolling rules with BioNetGen: a PySB model in, the text of the .net file and its parts out."""

import copy
import math
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simnet.errors import MissingToolError, ModelError, Problem


@dataclass(frozen=True, slots=True)
class NetReaction:
    """A line of the block "reactions": 0-based species, the product of rate factors as text."""

    reactants: tuple[int, ...]
    products: tuple[int, ...]
    rate: str
    conversion: str
    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Unrolled:
    """`model` is a copy of the user's with species, observables and derived expressions filled in;
    `initials` has the text of each species' initial amount, `fixed` those held constant."""

    model: Any
    initials: tuple[str, ...]
    fixed: tuple[bool, ...]
    reactions: tuple[NetReaction, ...]


def bngl_text(model: Any) -> str:
    """The model as BioNetGen reads it: its whole content, for digests."""
    from pysb.generator.bng import BngGenerator

    return str(BngGenerator(model).get_content())


def unroll(model: Any) -> Unrolled:
    """Generate all species and one-way reactions. The user's model is left as it is.

    Raises:
        MissingToolError: no perl, or no BioNetGen.
        ModelError: BioNetGen refuses the model.
    """
    _require_tools()
    from pysb.bng import (
        BngInterfaceError,
        NoInitialConditionsError,
        NoRulesError,
        generate_network,
        load_equations,
    )

    own = _copied(model)
    own.reset_equations()
    try:
        net = generate_network(own)
    except (BngInterfaceError, NoInitialConditionsError, NoRulesError) as error:
        raise ModelError(
            Problem(
                what=f"model {model.name}",
                why=f"BioNetGen: {' '.join(str(error).split())[-600:] or type(error).__name__}",
            )
        ) from error
    with tempfile.TemporaryDirectory(prefix="simnet-") as folder:
        file = Path(folder) / "model.net"
        file.write_text(net, encoding="utf-8")
        load_equations(own, str(file))
    species = [line.split() for line in _block(net, "species")]
    return Unrolled(
        model=own,
        initials=tuple(fields[2] for fields in species),
        fixed=tuple("$" in fields[1] for fields in species),
        reactions=tuple(_reaction(line) for line in _block(net, "reactions")),
    )


def _copied(model: Any) -> Any:
    """A deep copy that PySB can still print: it knows `time` by identity, and writes pi and e by
    names that BioNetGen does not have."""
    from pysb.core import time
    from sympy import E, Float, pi

    own = copy.deepcopy(model, {id(time): time})
    for expression in own.expressions:
        expression.expr = expression.expr.xreplace({pi: Float(math.pi), E: Float(math.e)})
    return own


def _require_tools() -> None:
    way_out = "packaged networks need none: load them by name, or an SBML file by path"
    if shutil.which("perl") is None:
        raise MissingToolError(
            Problem(
                what="perl",
                why="not found, and BioNetGen needs it to compile rules",
                way_out=f"install perl ({way_out})",
            )
        )
    from pysb.pathfinder import get_path

    try:
        get_path("bng")
    except Exception as error:  # PySB raises a bare Exception here
        raise MissingToolError(
            Problem(
                what="BioNetGen",
                why="BNG2.pl not found",
                way_out=f"pip install bionetgen ({way_out})",
            )
        ) from error


def _block(net: str, name: str) -> list[str]:
    match = re.search(rf"^begin {name}\n(.*?)^end {name}$", net, flags=re.S | re.M)
    return match[1].splitlines() if match else []


_LINE = re.compile(
    r"\s*\d+ (?P<reactants>[\d,]+) (?P<products>[\d,]+) (?P<rate>\S+) "
    r"#(?P<rules>\S+)(?: unit_conversion=(?P<conversion>\S+))?\s*"
)


def _reaction(line: str) -> NetReaction:
    match = _LINE.fullmatch(line)
    if match is None:
        raise ModelError(
            Problem(what=f"BioNetGen's reaction {line.strip()!r}", why="cannot be read")
        )
    reverse = re.compile(r"^_reverse_|\(reverse\)$")
    rules = (
        reverse.sub("", r) + (" (reverse)" if reverse.search(r) else "")
        for r in match["rules"].split(",")
    )
    return NetReaction(
        reactants=_species(match["reactants"]),
        products=_species(match["products"]),
        rate=match["rate"],
        conversion=match["conversion"] or "",
        rules=tuple(dict.fromkeys(rules)),
    )


def _species(text: str) -> tuple[int, ...]:
    return tuple(int(s) - 1 for s in text.split(",") if s != "0")
