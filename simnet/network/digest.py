"""A digest of content: equal for equal data, whatever the process, platform or order of making."""

import dataclasses
import functools
import hashlib
import json
from numbers import Integral, Real
from typing import Any


def canonical_json(value: Any) -> str:
    """One text for one content: dataclasses by class and public fields, floats by repr."""
    return json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=True)


def content_digest(value: Any) -> str:
    """SHA-256 of `canonical_json(value)`, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if type(value) is str:
        return value
    if type(value) is float:
        return repr(value)
    if (fields := _fields(value.__class__)) is not None:
        # Fields at their default are left out: a later version's new fields change no digest.
        held = [(name, getattr(value, name), default) for name, default in fields]
        told = [[name, _plain(found)] for name, found, default in held if found != default]
        return [type(value).__name__, *told]
    if isinstance(value, dict):
        return [[_plain(k), _plain(v)] for k, v in sorted(value.items())]
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Integral):  # numpy's as well
        return int(value)
    if isinstance(value, Real):
        return repr(float(value))  # 1.0 and 1 differ, nan and inf have a text
    raise TypeError(f"no canonical form for {type(value).__name__}")


@functools.cache  # a study's design is digested value by value
def _fields(kind: type) -> tuple[tuple[str, Any], ...] | None:
    """The names and defaults of a dataclass; None of other types."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple((f.name, f.default) for f in dataclasses.fields(kind))
