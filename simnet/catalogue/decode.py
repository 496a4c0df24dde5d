"""Tables of a file, checked against the types of the spec that they become: all mistakes at once."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_args, get_type_hints

from simnet.errors import InputError, Problem, nearest

_NOUNS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "sequence_type": "a list",
    "dict_type": "a table",
    "mapping_type": "a table",
    "dataclass_type": "a table",
}
"""What is wanted, by pydantic's type of error."""

_MISSING, _UNKNOWN = "missing", "unexpected_keyword_argument"


def fields_of(spec: type, *, without: Sequence[str] = ()) -> dict[str, Any]:
    """The types of a dataclass's fields that are given when it is made, by name."""
    hints = get_type_hints(spec)
    names = [f.name for f in fields(spec) if f.init and f.name not in without]
    return {name: hints[name] for name in names}


def required_of(spec: type, *, without: Sequence[str] = ()) -> tuple[str, ...]:
    """The fields of a dataclass that have no default."""
    return tuple(
        f.name
        for f in fields(spec)
        if f.init
        and f.default is MISSING
        and f.default_factory is MISSING
        and f.name not in without
    )


def decode(
    table: object,
    kinds: Mapping[str, Any],
    problems: list[Problem],
    *,
    required: Sequence[str] = (),
    where: str = "",
    examples: Mapping[str, str] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The values of a table that are right; what is wrong is added to the problems.

    Args:
        table: from TOML or JSON.
        kinds: types by key, dataclasses among them.
        problems: what is found to be wrong.
        required: keys that must be there.
        where: the table's name in the file.
        examples: how a key is written, for the error.
        renamed: keys of before, and the way out.
    """
    from pydantic import ConfigDict, TypeAdapter, ValidationError

    if not isinstance(table, Mapping):
        problems.append(Problem(what=where, why="is not a table"))
        return {}
    examples = examples or {}
    prefix = f"{where}." if where else ""
    for key in required:
        if key not in table:
            way_out = f"write {examples[key]}" if key in examples else ""
            problems.append(Problem(what=prefix + key, why="is missing", way_out=way_out))
    values: dict[str, Any] = {}
    config = ConfigDict(strict=True, extra="forbid")
    for key, value in table.items():
        if key not in kinds:
            way_out = (renamed or {}).get(key) or nearest(key, kinds)
            problems.append(Problem(what=prefix + key, why="is unknown", way_out=way_out))
            continue
        adapter: Any = TypeAdapter(dict[str, kinds[key]], config=config)  # type: ignore[valid-type]
        try:
            values |= adapter.validate_json(json.dumps({key: value}, default=str))
        except ValidationError as error:
            problems += _problems(error.errors(), {key: value}, kinds[key], prefix, examples)
        except InputError as error:  # a dataclass that checks itself
            problems += error.problems
    return values


def _problems(
    errors: Sequence[Mapping[str, Any]],
    data: Mapping[str, Any],
    kind: Any,
    prefix: str,
    examples: Mapping[str, str],
) -> Iterator[Problem]:
    """A problem for each place. A type that may be one or another gives errors for each: those of
    the one that fits further in count."""
    found = [(_place(error, data), error) for error in errors if error["type"] != "none_required"]
    paths = [path for path, _ in found]
    wanted: dict[tuple[str | int, ...], list[str]] = {}
    for path, error in found:
        if not any(len(other) > len(path) and other[: len(path)] == path for other in paths):
            wanted.setdefault(path, []).append(_wanted(error))
    for path, nouns in wanted.items():
        *above, last = path
        what = prefix + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in path)[1:]
        value: Any = data
        for step in above:
            value = value[step]
        way_out = f"write {examples[path[0]]}" if path[0] in examples else ""  # type: ignore[index]
        if nouns == [_MISSING]:
            yield Problem(what=what, why="is missing", way_out=way_out)
        elif _UNKNOWN in nouns:
            known = nearest(str(last), _keys(kind, above[1:]))
            yield Problem(what=what, why="is unknown", way_out=known)
        else:
            if "a number" in nouns:
                nouns = [noun for noun in nouns if noun != "a whole number"]
            why = f"{value[last]!r:.60} is not {' or '.join(dict.fromkeys(nouns))}"
            words = [word for noun in nouns for word in re.findall("'(.*?)'", noun)]
            if words and isinstance(value[last], str):
                way_out = nearest(value[last], words)
            yield Problem(what=what, why=why, way_out=way_out)


def _wanted(error: Mapping[str, Any]) -> str:
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"])
    return _NOUNS.get(error["type"], str(error["type"]))


def _place(error: Mapping[str, Any], data: Any) -> tuple[str | int, ...]:
    """Where the error is in the data; pydantic names the types that it tried as well."""
    path: list[str | int] = []
    for step in error["loc"]:
        inside = isinstance(data, Mapping) and step in data
        if inside or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            path.append(step)
            data = data[step]
    return (*path, error["loc"][-1]) if error["type"] == _MISSING else tuple(path)


def _keys(kind: Any, path: Sequence[str | int]) -> list[str]:
    """The keys of the table at a place in a value of some type."""
    for step in path:
        if isinstance(step, str):
            kind = next(get_type_hints(k)[step] for k in _within(kind) if is_dataclass(k))
    return [f.name for k in _within(kind) if is_dataclass(k) for f in fields(k)]


def _within(kind: Any) -> Iterator[Any]:
    yield kind
    for argument in get_args(kind):
        yield from _within(argument)
