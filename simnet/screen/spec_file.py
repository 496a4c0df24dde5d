"""A screen as a TOML file: what the command line runs.

    network = "hypoxia"
    readouts = ["VEGF@4h", "auc(HIF1A)"]
    t_end = "4 h"
    combinations = "pairs"

    [[changes]]
    dose = "axitinib"
    nM = [0.1, 1, 10]

    [[changes]]
    knockout = "HIF1A"
    at = "2 h"

A change is a table with one verb, whose value is the name of what is changed, and its number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from simnet.errors import InputError, Problem, nearest
from simnet.experiment.change import CHANGES, Change
from simnet.experiment.condition import Condition
from simnet.experiment.precision import Precision
from simnet.experiment.schedule import At, Pulse, Repeat, Scheduled
from simnet.experiment.toml_file import key_problems, read_toml
from simnet.experiment.variability import SPREADS, Spread
from simnet.rules.load import load
from simnet.screen.factors import Entry
from simnet.screen.plan import Screen

_VERBS = {name.lower(): made for name, made in CHANGES.items()}
_AS_THEY_ARE = (
    "readouts", "t_end", "points", "method", "replicates", "seed", "equilibrate", "engine",
    "timeout", "rtol", "atol", "max_step", "allow_negative", "replicates_per_cell",
)  # fmt: skip
_OWN = ("network", "kinetics", "combinations", "changes", "conditions", "background", "schedule",
        "variability", "precision")  # fmt: skip


def screen_from_file(path: str | Path) -> Screen:
    """The screen that a file describes; a network that is a file is looked for beside it as well.

    Raises:
        InputError: it cannot be read, or all that is wrong with what it says.
    """
    return screen_from_data(read_toml(path))


def screen_from_data(data: Mapping[str, Any]) -> Screen:
    """The screen that a file's content describes; errors as of `screen_from_file`."""
    reader = _Reader()
    problems = reader.problems
    problems += key_problems(data, (*_AS_THEY_ARE, *_OWN))
    listed = reader.tables(data, "conditions")
    combinations: Any = data.get("combinations", "singles")
    if listed and "combinations" in data:
        why, way_out = "conditions are listed as well", "leave one of the two out"
        problems.append(Problem(what="combinations", why=why, way_out=way_out))
    if listed:
        combinations = [reader.condition(table, i) for i, table in enumerate(listed)]
    changes = [
        reader.entry(t, f"changes[{i}]") for i, t in enumerate(reader.tables(data, "changes"))
    ]
    background = [
        reader.change(t, f"background[{i}]", ())
        for i, t in enumerate(reader.tables(data, "background"))
    ]
    schedule = [
        reader.timed(t, f"schedule[{i}]") for i, t in enumerate(reader.tables(data, "schedule"))
    ]
    spread = {
        name: reader.spread(name, table)
        for name, table in reader.table(data, "variability").items()
    }
    precision = reader.precision(data.get("precision"))
    if problems:
        raise InputError(problems)
    return Screen(
        network=load(data["network"], kinetics=data.get("kinetics")),
        changes=[entry for entry in changes if entry is not None],
        combinations=combinations,
        background=[change for change in background if change is not None],
        schedule=[entry for entry in schedule if entry is not None],
        variability={name: found for name, found in spread.items() if found is not None} or None,
        precision=precision,
        **{key: data[key] for key in _AS_THEY_ARE if key in data},
    )


class _Reader:
    """Reads tables; what is wrong gathers in `problems`, and gives None."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def tables(self, data: Mapping[str, Any], key: str) -> Sequence[Mapping[str, Any]]:
        """The tables of a list of tables."""
        given = data.get(key, [])
        if isinstance(given, list) and all(isinstance(table, dict) for table in given):
            return given
        way_out = f"write [[{key}]], and what it is below"
        self.problems.append(Problem(what=key, why="not a list of tables", way_out=way_out))
        return []

    def table(self, data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """A table of tables."""
        given = data.get(key, {})
        if isinstance(given, dict):
            return given
        way_out = f"write [{key}.NAME], and what it is below"
        self.problems.append(Problem(what=key, why="not a table", way_out=way_out))
        return {}

    def condition(self, table: Mapping[str, Any], place: int) -> Entry:
        """One of a list of conditions: its changes are made together."""
        where = f"conditions[{place}]"
        self._only(table, ("label", "changes"), where)
        made = [
            self.entry(t, f"{where}: changes[{i}]")
            for i, t in enumerate(self.tables(table, "changes"))
        ]
        entries = [entry for entry in made if entry is not None]
        changes = [entry for entry in entries if type(entry) in CHANGES.values()]
        if "label" in table and len(changes) == len(entries):
            return Condition(label=str(table["label"]), changes=tuple(changes))  # type: ignore[arg-type]
        return tuple(entries)  # type: ignore[arg-type]

    def entry(self, table: Mapping[str, Any], where: str) -> Entry | None:
        """A change at the start, from the very start, or at a time."""
        if table.get("from_start"):
            change = self.change(table, where, ("from_start",))
            if change is None:
                return None
            return Condition(background=(change,), label=f"{change.label} from the start")
        if any(key in table for key in ("at", "repeat", "pulse")):
            return self.timed(table, where)
        return self.change(table, where, ("from_start",))

    def timed(self, table: Mapping[str, Any], where: str) -> Scheduled | None:
        """A change at a time, several times, or for a while."""
        given = [key for key in ("at", "repeat", "pulse") if key in table]
        if len(given) != 1:
            way_out = 'write at = "24 h", repeat = {...} or pulse = {...}'
            why = "needs one time" if not given else f"has {' and '.join(given)}"
            self.problems.append(Problem(what=where, why=why, way_out=way_out))
            return None
        change = self.change(table, where, given)
        if change is None:
            return None
        value = table[given[0]]
        try:
            if given[0] == "at":
                return At(value, change)
            keys = ("first", "every", "times") if given[0] == "repeat" else ("start", "length")
            if not isinstance(value, dict) or set(value) != set(keys):
                way_out = f"write {given[0]} = {{ {', '.join(f'{key} = ...' for key in keys)} }}"
                self.problems.append(
                    Problem(what=f"{where}: {given[0]}", why="incomplete", way_out=way_out)
                )
                return None
            if given[0] == "repeat":
                return Repeat(value["first"], value["every"], value["times"], change)
            return Pulse(value["start"], value["length"], change)  # type: ignore[arg-type]
        except InputError as error:
            self.problems += error.problems
            return None

    def change(self, table: Mapping[str, Any], where: str, besides: Sequence[str]) -> Change | None:
        """The change that a table's verb and number mean."""
        verbs = [key for key in table if key in _VERBS]
        if len(verbs) != 1:
            why = f"has {' and '.join(verbs)}" if verbs else f"has no verb in {sorted(table)}"
            way_out = f"write one of {', '.join(f'{verb} = NAME' for verb in _VERBS)}"
            self.problems.append(Problem(what=where, why=why, way_out=way_out))
            return None
        if not isinstance(table[verbs[0]], str):
            what, way_out = f"{where}: {verbs[0]} = {table[verbs[0]]!r}", "write a name in quotes"
            self.problems.append(Problem(what=what, why="is not a name", way_out=way_out))
            return None
        made = _VERBS[verbs[0]]
        names = [f.name for f in fields(made) if f.name != "name"]  # type: ignore[arg-type]
        self._only(table, (*verbs, *names, *besides), where)
        missing = [name for name in names if name not in table]
        for name in missing:
            way_out = f"write {name} = a number"
            self.problems.append(
                Problem(what=f"{where}: {verbs[0]}", why=f"{name} is missing", way_out=way_out)
            )
        if missing:
            return None
        return made(name=table[verbs[0]], **{name: table[name] for name in names})  # type: ignore[call-arg]

    def spread(self, name: str, table: object) -> Spread | None:
        """A distribution: variability.MCT1 = { lognormal = 0.3 }, by its one number."""
        known = {kind.lower(): made for kind, made in SPREADS.items()}
        if not isinstance(table, dict) or len(table) != 1 or next(iter(table)) not in known:
            way_out = "write { lognormal = CV }, { normal = CV } or { uniform = FOLD }"
            self.problems.append(
                Problem(what=f"variability.{name}", why="no distribution", way_out=way_out)
            )
            return None
        ((kind, value),) = table.items()
        try:
            made = known[kind]
            return made(**{fields(made)[0].name: value})
        except InputError as error:
            self.problems += error.problems
            return None

    def precision(self, table: object) -> Precision | None:
        """What `Precision` takes, as a table."""
        if table is None:
            return None
        known = [f.name for f in fields(Precision)]
        if not isinstance(table, dict):
            way_out = "write precision = { relative = 0.05 }"
            self.problems.append(Problem(what="precision", why="not a table", way_out=way_out))
            return None
        if self._only(table, known, "precision"):
            try:
                return Precision(**table)
            except InputError as error:
                self.problems += error.problems
        return None

    def _only(self, table: Mapping[str, Any], known: Sequence[str], where: str) -> bool:
        """Whether a table has known keys only."""
        unknown = [key for key in table if key not in known]
        for key in unknown:
            way_out = nearest(key, known)
            self.problems.append(Problem(what=f"{where}: {key}", why="unknown", way_out=way_out))
        return not unknown
