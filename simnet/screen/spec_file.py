"""A screen as a TOML file: what the command line runs.

    network = "hypoxia"
    readouts = ["VEGF@4h", "auc(HIF1A)"]
    t_end = "4 h"
    combinations = "pairs"
    changes = ["axitinib=0.1|1|10nM", "2h: HIF1A=knockout"]

Each text of `changes` is a level, or a ladder of them; joined by "," or ";" they are made together.
In place of combinations conditions may be listed: texts, or tables with a label and changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simnet.errors import InputError, Problem
from simnet.execute.spec_file import Texts, decoded, load_network, read_toml
from simnet.experiment.condition import Condition
from simnet.experiment.notation import Treatment, read_all, read_treatment
from simnet.screen.design import Entry
from simnet.screen.screen import Screen


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """One of a list of conditions."""

    changes: Texts
    label: str = ""


def screen_from_file(path: str | Path, over: Mapping[str, Any] | None = None) -> Screen:
    """The screen that a file describes; a network that is a file is looked for beside it as well.

    Args:
        path: of the file.
        over: fields of the screen that replace those of the file.

    Raises:
        InputError: it cannot be read, or all that is wrong with what it says.
    """
    return screen_from_data(read_toml(path), over)


def screen_from_data(data: Mapping[str, Any], over: Mapping[str, Any] | None = None) -> Screen:
    """The screen that a file's content describes; errors as of `screen_from_file`."""
    problems: list[Problem] = []
    own = {
        "combinations": Literal["singles", "pairs", "grid"],
        "conditions": tuple[_Listed | str, ...],
    }
    values = decoded(data, Screen, problems, own=own)
    if "combinations" in data and "conditions" in data:
        why, way_out = "cannot be combined with conditions", "remove one of the two"
        problems.append(Problem(what="combinations", why=why, way_out=way_out))
    made = read_all(values.pop("changes", ()), read_treatment, "changes", problems)
    listed = values.pop("conditions", None)
    if listed is not None:
        values["combinations"] = [_condition(item, problems) for item in listed]
    if problems:
        raise InputError(problems)
    network = load_network(values)
    changes = [_entry(treatment) for treatment in made]
    return Screen(**{"network": network, "changes": changes, **values, **(over or {})})


def _condition(item: _Listed | str, problems: list[Problem]) -> Entry:
    """One of a list of conditions: its changes are made together."""
    texts = item if isinstance(item, str) else item.changes
    several = (texts,) if isinstance(texts, str) else texts
    treatments = read_all(several, read_treatment, "conditions", problems)
    return _entry(sum(treatments, Treatment()), "" if isinstance(item, str) else item.label)


def _entry(treatment: Treatment, label: str = "") -> Entry:
    if label:
        return Condition(label=label, **vars(treatment))
    start = [Condition(background=treatment.background)] if treatment.background else []
    pieces: tuple[Any, ...] = (*start, *treatment.changes, *treatment.schedule)
    return pieces[0] if len(pieces) == 1 else pieces
