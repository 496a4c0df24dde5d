"""Screens and studies as TOML files: one dialect, whose keys are the fields of the spec.

    network = "hypoxia"                   # or a file; kinetics, volume, copies as of `load`
    background = ["MCT4=knockout"]
    changes = ["O2_percent=1", "24h: axitinib=10nM", "from the start: HIF1A=knockout"]
    schedule = ["every 24h from 48h, 5 times: axitinib=10nM"]
    variability = ["MCT1=lognormal 0.3"]

Changes are texts as in the brackets of readouts and on the command line; see
`simnet.experiment.notation`.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from simnet.catalogue.decode import decode, fields_of, required_of
from simnet.errors import InputError, Problem
from simnet.experiment.notation import read_all, read_changes, read_schedule, read_variability
from simnet.experiment.times import path_of
from simnet.network.expression import Kinetics
from simnet.network.network import Network
from simnet.rules.load import load

Texts = tuple[str, ...] | str
_LOADING = {"kinetics": Kinetics, "volume": str, "copies": float}
_EXAMPLES = {
    "network": 'network = "hypoxia", or the name of a file',
    "readouts": 'readouts = ["HIF1A@4h"]',
    "background": 'background = ["HIF1A=knockout"]',
    "changes": 'changes = ["O2_percent=1", "24h: axitinib=10nM", "from the start: MCT4=knockout"]',
    "conditions": 'conditions = ["O2_percent=1; 24h: axitinib=10nM"], or [[conditions]] with '
    'label = "..." and changes = [...]',
    "schedule": 'schedule = ["24h: O2_percent=20"]',
    "variability": 'variability = ["MCT1=lognormal 0.3"]',
}


def read_toml(path: str | Path) -> dict[str, Any]:
    """What a file says. A network that is a file is looked for beside it as well.

    Raises:
        InputError: it cannot be read, or is not TOML.
    """
    source = path_of(path, "path")
    try:
        data = tomllib.loads(source.read_bytes().decode())
    except OSError as error:
        why = f"cannot be read: {error.strerror or error}"
        raise InputError(Problem(what=str(source), why=why)) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(Problem(what=str(source), why=f"is not TOML: {error}")) from error
    beside = source.parent / str(data.get("network", ""))
    if beside.is_file():
        data["network"] = str(beside)
    return data


def decoded(
    data: Mapping[str, Any],
    spec: type,
    problems: list[Problem],
    *,
    own: Mapping[str, Any] | None = None,
    given: Sequence[str] = (),
) -> dict[str, Any]:
    """The fields of a spec that a file holds, and `load`'s; what is wrong is added to the problems.

    Background, schedule and variability are read; changes are a tuple of texts, for these mean
    levels in a screen.

    Args:
        data: the file's content.
        spec: a dataclass.
        problems: what is found to be wrong.
        own: types of keys that are not, or not as they are, fields of the spec.
        given: fields that the file need not hold.
    """
    kinds = fields_of(spec) | _LOADING | {"network": str}
    kinds |= {name: Texts for name in _EXAMPLES if name in kinds and name != "network"}
    for name, kind in kinds.items():
        if tuple[str, ...] in (kind, *get_args(kind)):
            kinds[name] = kind | str  # one, without its list
    values = decode(
        data,
        kinds | dict(own or {}),
        problems,
        required=required_of(spec, without=given),
        examples=_EXAMPLES,
        renamed=getattr(spec, "RENAMED", None),
    )
    for key in ("background", "changes", "schedule", "variability"):
        if key in values:
            values[key] = (values[key],) if isinstance(values[key], str) else values[key]
    for key, read in (("background", read_changes), ("schedule", read_schedule)):
        if key in values:
            several: Any = read_all(values[key], read, key, problems)
            values[key] = tuple(one for some in several for one in some)
    if "variability" in values:
        try:
            values["variability"] = read_variability(values["variability"])
        except InputError as error:
            problems += error.problems
    return values


def load_network(values: dict[str, Any], **given: Any) -> Network:
    """The network of a file's values, from which what names it is taken; errors as of `load`.

    Args:
        values: from `decoded`.
        given: arguments of `load` that replace those of the file.
    """
    loading = {name: values.pop(name) for name in _LOADING if name in values}
    return load(values.pop("network"), **(loading | given))


def toml_text(value: str | float) -> str:
    """A text (in quotes) or a number as a file holds it; TOML writes both as JSON does."""
    return json.dumps(value, ensure_ascii=False)
