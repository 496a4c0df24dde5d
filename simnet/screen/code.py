"""A screen as Python that makes it again, for records and reports."""

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simnet.screen.plan import Screen


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
