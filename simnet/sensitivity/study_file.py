"""A study as a TOML file: the same as `SensitivityStudy`, with the network by its name.

    network = "hypoxia"
    readouts = ["HIF1A@4h", "auc(GLUT1)"]
    method = "sobol"
    samples = 512

    [changes]
    O2_percent = 1

    [[schedule]]
    at = "24 h"
    changes = { axitinib = "10 nM", HIF1A = "knockdown 0.9" }

    [groups]
    oxygen = ["O2_*"]

Changes are written as in the brackets of readouts.
"""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from simnet.errors import InputError, Problem
from simnet.experiment.change import Change
from simnet.experiment.notation import name_text, read_changes
from simnet.experiment.schedule import At
from simnet.experiment.toml_file import key_problems, read_toml, toml_text
from simnet.network.network import Network
from simnet.rules.load import load
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.study import SensitivityStudy

_OWN = ("network", "kinetics", "background", "changes", "schedule", "precision")
_AS_THEY_ARE = tuple(f.name for f in fields(SensitivityStudy) if f.name not in _OWN)
_LISTS = ("readouts", "parameters", "exclude", "initial_amounts")


def study_from_file(
    path: str | Path, over: Mapping[str, Any] | None = None, **reading: Any
) -> SensitivityStudy:
    """The study that a file describes.

    Args:
        path: of the file; a network that is a file is looked for beside it as well.
        over: fields of the study that replace those of the file.
        reading: of `load`, such as kinetics=, in place of what the file says.

    Raises:
        InputError: it cannot be read, or all that is wrong with what it says.
    """
    return study_from_data(read_toml(path), over, **reading)


def study_from_data(
    data: Mapping[str, Any], over: Mapping[str, Any] | None = None, **reading: Any
) -> SensitivityStudy:
    """The study that a file's content describes; arguments and errors as of `study_from_file`."""
    problems = key_problems(data, (*_OWN, *_AS_THEY_ARE))
    for key in _LISTS:
        if not isinstance(data.get(key, ""), str | list):
            way_out = f'write {key} = ["..."]'
            problems.append(Problem(what=key, why="is not a list of texts", way_out=way_out))
    made: dict[str, Any] = {
        key: _changes(data[key], key, problems) for key in ("background", "changes") if key in data
    }
    if "schedule" in data:
        made["schedule"] = _schedule(data["schedule"], problems)
    if "precision" in data:
        made["precision"] = _precision(data["precision"], problems)
    if problems:
        raise InputError(problems)
    network = load(data["network"], **{"kinetics": data.get("kinetics"), **reading})
    given = {key: data[key] for key in _AS_THEY_ARE if key in data}
    return SensitivityStudy(**{"network": network, **given, **made, **(over or {})})


def _changes(table: object, where: str, problems: list[Problem]) -> tuple[Change, ...]:
    """NAME = 2.5, or NAME = "knockdown 0.9"."""
    if not isinstance(table, dict):
        way_out = f"write [{where}], and NAME = VALUE below"
        problems.append(Problem(what=where, why="is not a table", way_out=way_out))
        return ()
    found: list[Change] = []
    for name, value in table.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        text = repr(float(value)) if number else str(value).strip()
        try:
            found += read_changes(f"{name_text(name)}={text}", where)
        except InputError as error:
            problems += error.problems
    return tuple(found)


def _schedule(tables: object, problems: list[Problem]) -> tuple[At, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        way_out = 'write [[schedule]], at = "24 h" and changes = { NAME = VALUE }'
        problems.append(Problem(what="schedule", why="is not a list of tables", way_out=way_out))
        return ()
    found = []
    for place, table in enumerate(tables):
        where = f"schedule[{place}]"
        if set(table) != {"at", "changes"}:
            way_out = 'write at = "24 h" and changes = { NAME = VALUE }'
            problems.append(Problem(what=where, why="needs at and changes alone", way_out=way_out))
            continue
        try:
            found.append(At(table["at"], *_changes(table["changes"], where, problems)))
        except InputError as error:
            problems += error.problems
    return tuple(found)


def _precision(table: object, problems: list[Problem]) -> IndexPrecision:
    known = [f.name for f in fields(IndexPrecision)]
    if not isinstance(table, dict) or not set(table) <= set(known):
        way_out = f"write precision = {{ tolerance = 0.05 }}; it takes {', '.join(known)}"
        problems.append(Problem(what="precision", why="is not known", way_out=way_out))
        return IndexPrecision()
    try:
        return IndexPrecision(**table)
    except InputError as error:
        problems += error.problems
        return IndexPrecision()


def example_study(network: Network, name: str) -> str:
    """A file to begin with: the network's first readouts, what can be varied, and the choices."""
    hours = network.time_unit == "s"
    at = "48h" if hours else "100"
    readouts = [readout.name for readout in network.readouts[:2]] or [network.species[0].id]
    ranged = [p.id for p in network.parameters if p.lower is not None and p.upper is not None]
    inputs = [i.parameter for i in network.inputs if i.parameter in ranged]
    shown = ", ".join(toml_text(f"{readout}@{at}") for readout in readouts)
    lines = [
        f"# What matters in {network.id}? simnet sensitivity this-file.toml --out results",
        f"network = {toml_text(name)}",
        f"readouts = [{shown}]  # also auc(...), max(...), cv(...)@6h, A@6h[DRUG=10nM] / A@6h",
        'method = "morris"  # local, morris, sobol, pawn or prcc',
        "samples = 16  # trajectories; sobol: 512, a power of two",
        "seed = 0",
        "",
        "# What is varied: all parameters with a declared range, if nothing is said.",
        '# parameters = ["k_*"]',
    ]
    if ranged:
        lines += [
            f"# {len(ranged)} have a range: {', '.join(ranged[:6])}, ...",
            "# fold = 2  # half to double of the values instead of the declared ranges",
        ]
    else:
        lines += ["fold = 2  # no parameter has a declared range: half to double of the values"]
    if inputs:
        listed = ", ".join(toml_text(name) for name in inputs)
        lines += [f"exclude = [{listed}]  # what an experimenter sets"]
    lines += [
        "",
        "# How each row is simulated.",
        'simulate = "ode"  # or "ssa", with replicates = 20',
        "# replicates = 20",
    ]
    if network.suggested_equilibration:
        lines += [f"equilibrate = {toml_text(network.suggested_equilibration)}  # 0 for none"]
    setting = next(iter(network.inputs), None)
    lines += [
        "",
        "# [changes]  # at t = 0, as in the brackets of readouts",
        f"# {setting.name if setting else 'NAME'} = {setting.baseline if setting else 1:g}",
        "",
        '# [groups]  # moved together, with one index; or groups = "molecules" above',
        '# name = ["k_*"]',
    ]
    return "\n".join(lines) + "\n"
