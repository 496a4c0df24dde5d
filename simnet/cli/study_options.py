"""Options of a study that are more than a word or a number."""

from typing import Any

from simnet.errors import InputError, Problem


def groups_of(texts: list[str] | None) -> Any:
    """The groups of --group: by name, or "molecules"; None where none is given.

    Raises:
        InputError: texts that are no groups.
    """
    if not texts:
        return None
    if texts == ["molecules"]:
        return "molecules"
    found, problems = {}, []
    for text in texts:
        name, equals, patterns = text.partition("=")
        members = [pattern.strip() for pattern in patterns.split(",") if pattern.strip()]
        if name and equals and members and name not in found:
            found[name] = members
        else:
            why = "given twice" if name in found else "not NAME=PATTERN,..."
            way_out = "write --group oxygen=O2_*,PHD2_*, or --group molecules alone"
            problems.append(Problem(what=f"--group {text}", why=why, way_out=way_out))
    if problems:
        raise InputError(problems)
    return found


def settings_of(texts: list[str] | None, second_order: bool) -> dict[str, float] | None:
    """The method's settings of --setting and --second-order; None where none is given.

    Raises:
        InputError: texts that are no settings.
    """
    found: dict[str, float] = {"second_order": 1.0} if second_order else {}
    problems = []
    for text in texts or ():
        name, _, value = text.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            way_out = "write --setting step=0.2"
            problems.append(
                Problem(what=f"--setting {text}", why="not NAME=NUMBER", way_out=way_out)
            )
    if problems:
        raise InputError(problems)
    return found or None


def number_or_text(text: str | None) -> float | str | None:
    """A time without a unit is a number in the network's own."""
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        return text
