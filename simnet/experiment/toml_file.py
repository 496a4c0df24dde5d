"""Screens and studies as TOML files: what both kinds have in common."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simnet.errors import InputError, Problem, nearest
from simnet.experiment.paths import path_of


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


def key_problems(data: Mapping[str, Any], known: Sequence[str]) -> list[Problem]:
    """Keys at the top of a file that are not known, and a network that is not named."""
    problems = [
        Problem(what=f"{key} = ...", why="unknown", way_out=nearest(key, known))
        for key in data
        if key not in known
    ]
    if not isinstance(data.get("network"), str):
        way_out = 'write network = "hypoxia", or the name of a file'
        problems.append(Problem(what="network", why="missing", way_out=way_out))
    return problems


def toml_text(value: str | float) -> str:
    """A text (in quotes) or a number as a file holds it; TOML writes both as JSON does."""
    return json.dumps(value, ensure_ascii=False)
