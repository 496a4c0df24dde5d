"""A digest of content: equal for equal data, whatever the process, platform or order of making."""

import dataclasses
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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        # Fields at their default are left out: a later version's new fields change no digest.
        fields = [(f.name, getattr(value, f.name), f.default) for f in dataclasses.fields(value)]
        told = [[name, _plain(held)] for name, held, default in fields if held != default]
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
