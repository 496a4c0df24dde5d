"""What differs between two networks: species, reactions, laws, parameters, and the rest of what is
simulated. Things are matched by their ids."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simnet.errors import ModelError
from simnet.network.expression import Call, Expression, text
from simnet.network.network import Network, Reaction
from simnet.network.units import parse_unit
from simnet.network.values import require_network

Fields = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that differs.

    Attributes:
        kind: "species", "reaction", "parameter", "compartment", "expression", "event" or "network".
        id: of the thing; a field's name where kind is "network".
        field: what of it, "" where only one network has it at all.
        left: in the first network, None where it is not there.
        right: in the second network.
    """

    kind: str
    id: str
    field: str
    left: str | None
    right: str | None


def differences(left: Network, right: Network, *, rtol: float = 0.0) -> tuple[Difference, ...]:
    """All differences between two networks in what is simulated, empty where there are none.

    Titles, meanings, sources and the catalogue are left out; so is the order of things, and of the
    factors of a law.

    Args:
        left: from `load`.
        right: from `load`.
        rtol: numbers that differ by less than this part of the larger are equal.

    Raises:
        InputError: one of them is no network.
    """
    require_network(left)
    require_network(right)
    found = list(_fields("network", "", _of_network(left), _of_network(right), rtol))
    sides = _things(left), _things(right)
    for kind in sides[0]:
        one, other = sides[0][kind], sides[1][kind]
        for name in dict.fromkeys([*one, *other]):
            if name not in one or name not in other:
                both = (_summary(kind, side.get(name)) for side in (one, other))
                a, b = both
                found.append(Difference(kind=kind, id=name, field="", left=a, right=b))
            else:
                found += _fields(kind, name, one[name], other[name], rtol)
    return tuple(found)


def _fields(kind: str, name: str, left: Fields, right: Fields, rtol: float) -> Iterator[Difference]:
    for field in left:
        a, b = left[field], right[field]
        same = _same_unit(a, b) if field.endswith("unit") else _equal(a, b, rtol)
        if not same:
            yield Difference(
                kind=kind, id=name or field, field=field, left=_text(a), right=_text(b)
            )


def _of_network(network: Network) -> Fields:
    return {
        "substance unit": network.substance_unit,
        "time unit": network.time_unit,
        "kinetics": network.kinetics,
        "runs as the file it is": network.document is not None,
        "text of the file": network.document.text if network.document is not None else None,
    }


def _things(network: Network) -> dict[str, dict[str, Fields]]:
    return {
        "compartment": {
            c.id: {"size": _start(c.size, c.initial_expression), "unit": c.unit}
            for c in network.compartments
        },
        "species": {
            s.id: {
                "initial": _start(s.initial, s.initial_expression),
                "compartment": s.compartment,
                "fixed": s.fixed,
            }
            for s in network.species
        },
        "parameter": {
            p.id: {"value": _start(p.value, p.initial_expression), "unit": p.unit}
            for p in network.parameters
        },
        "expression": {
            a.id: {"formula": _sorted(a.expression), "unit": a.unit} for a in network.assignments
        },
        "reaction": {r.id: _reaction(r) for r in network.reactions},
        "event": {e.id: _event(e) for e in network.all_events},
    }


def _start(value: float, computed: Expression | None) -> float | Expression:
    return value if computed is None else _sorted(computed)


def _reaction(reaction: Reaction) -> Fields:
    law = reaction.law
    sides = (_side(reaction.reactants), _side(reaction.products))
    return {
        "equation": " -> ".join(sides),
        "law": _sorted(law.expression("continuous")),
        "propensity": None if law.ambiguous else _sorted(law.expression("discrete")),
    }


def _side(items: tuple[tuple[str, int], ...]) -> str:
    return " + ".join(f"{n} {name}" if n > 1 else name for name, n in sorted(items)) or "0"


def _event(event: Any) -> Fields:
    when = getattr(event, "time", None) or event.trigger
    starts = event.at_start if hasattr(event, "at_start") else event.initial
    sets = ", ".join(f"{name} = {text(_sorted(e))}" for name, e in event.assignments)
    strict = getattr(event, "strict", False)
    return {"when": _sorted(when), "right after it": strict, "sets": sets, "at the start": starts}


def _sorted(expression: Expression) -> Expression:
    """With the terms of sums and factors of products in one order."""
    if not isinstance(expression, Call):
        return expression
    args = [_sorted(arg) for arg in expression.args]
    if expression.op in ("plus", "times"):
        args.sort(key=repr)
    return Call(expression.op, tuple(args))


def _equal(a: object, b: object, rtol: float) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=rtol, abs_tol=0.0)
    return a == b


def _same_unit(a: object, b: object) -> bool:
    """Whether two units are one, however they are written: M and mol/L."""
    if a == b or a is None or b is None:
        return a == b
    try:
        one, other = parse_unit(str(a)), parse_unit(str(b))
    except ModelError:  # a unit of a file's own
        return False
    return one.exponents == other.exponents and math.isclose(one.factor, other.factor)


def _summary(kind: str, fields: Mapping[str, object] | None) -> str | None:
    """The first words on a thing that one side lacks."""
    if fields is None:
        return None
    first = next(iter(fields.values()))
    law = f", {_text(fields['law'])}" if kind == "reaction" else ""
    return _text(first) + law


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}"
    if value is None:
        return "none"
    if isinstance(value, str):
        return value if len(value) < 400 else f"{len(value)} characters"
    return text(value)  # type: ignore[arg-type]
