"""All that can be wrong with a `SensitivityStudy`, at once."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from simnet.errors import InputError, ModelError, Problem, SimnetError
from simnet.experiment.change import is_change, not_a_change
from simnet.experiment.schedule import is_entry, not_an_entry
from simnet.experiment.times import duration, is_between, whole_number
from simnet.network.network import Network
from simnet.network.units import parse_unit
from simnet.network.values import not_a_network
from simnet.readouts.check import problems as readout_problems
from simnet.readouts.language import OfEnsemble, walk
from simnet.readouts.parser import parse_readout
from simnet.readouts.statistics import SPREADS
from simnet.sensitivity.analysis import Analysis
from simnet.sensitivity.indices import IndexPrecision
from simnet.sensitivity.table import analysis_named, count_rows

if TYPE_CHECKING:
    from simnet.sensitivity.study import SensitivityStudy


def problems_of(study: "SensitivityStudy") -> Iterator[Problem]:
    """All that is wrong; what depends on something wrong is not looked at."""
    if (problem := not_a_network(study.network)) is not None:
        yield problem
        return
    kinds = list(_kind_problems(study))
    if kinds:
        yield from kinds
        return
    wrong = [*_choice_problems(study), *_change_problems(study)]
    readouts = list(_readout_problems(study))
    yield from (*wrong, *readouts)
    if readouts:  # the conditions in their brackets say what is not varied
        return
    clashes = list(_named_and_set(study))
    if clashes:
        yield from clashes
        return
    try:
        space = study.space
    except InputError as error:
        yield from error.problems
        return
    if not wrong:
        try:
            count_rows(study.analysis, space, study.size, study.own_settings)
        except InputError as error:
            yield from error.problems


def _kind_problems(study: "SensitivityStudy") -> Iterator[Problem]:
    """What is not of the kind that all else takes for granted."""
    for name in ("exclude", "initial_amounts"):
        if getattr(study, name) is None:
            yield Problem(what=f"{name}=None", why="not a list", way_out="leave it out for none")
    for name in ("parameters", "exclude", "initial_amounts"):
        for item in getattr(study, name) or ():
            if not isinstance(item, str):
                yield Problem(what=f"{name}: {item!r:.60}", why="is not a name or pattern")
    for entry in study.done.schedule:
        if not is_entry(entry):
            yield not_an_entry(entry)
    settings: object = study.settings
    if not isinstance(settings, Mapping):
        way_out = 'write {"levels": 6}'
        yield Problem(what=f"settings={settings!r}", why="not numbers by name", way_out=way_out)
    else:
        for name, value in settings.items():
            if not is_between(value, -math.inf, math.inf):
                yield Problem(what=f"settings: {name}={value!r:.60}", why="not a finite number")
    groups: object = study.groups
    way_out = 'write {"name": ["k_*"]}, or "molecules"'
    if groups != "molecules" and not isinstance(groups, Mapping):
        yield Problem(what=f"groups={groups!r}", why="unknown", way_out=way_out)
    elif isinstance(groups, Mapping):
        for name, members in groups.items():
            named = isinstance(members, Iterable) and not isinstance(members, str)
            named = named and isinstance(name, str)
            if not named or not all(isinstance(member, str) for member in members):
                what = f"group {name}: {members!r:.60}"
                yield Problem(what=what, why="is not a list of names or patterns", way_out=way_out)


def _choice_problems(study: "SensitivityStudy") -> Iterator[Problem]:
    try:
        analysis: Analysis | None = analysis_named(study.analysis)
    except InputError as error:
        analysis = None
        yield from error.problems
    yield from study.problems()
    if study.samples is not None:
        try:
            whole_number(study.samples, "samples", 1)
        except InputError as error:
            yield from error.problems
            return
    precision: object = study.index_precision
    if not isinstance(precision, IndexPrecision):
        what, way_out = f"index_precision={precision!r}", "write IndexPrecision(tolerance=0.05)"
        yield Problem(what=what, why="is not an IndexPrecision", way_out=way_out)
    if study.rtol is not None and not is_between(study.rtol, 0, 1e-2):
        yield Problem(what=f"rtol={study.rtol!r}", why="not from 0 to 0.01", way_out="1e-6")
    if study.is_noisy and analysis is not None and analysis.needs_variance and study.runs == 1:
        why = (
            f"{study.analysis} needs the variance of each row, which needs more than one replicate"
        )
        what = f"replicates={study.replicates}"
        yield Problem(what=what, why=why, way_out="2 or more; or prcc or pawn")


def _readout_problems(study: "SensitivityStudy") -> Iterator[Problem]:
    """Of each readout, and of the times of all."""
    if not study.readouts:
        way_out = 'for example readouts=["pS6@48h"]'
        yield Problem(what="readouts", why="none given", way_out=way_out)
        return
    network, parsed = study.network, []
    for text in study.readouts:
        try:
            parsed.append(parse_readout(text))
        except InputError as error:
            yield from error.problems
    seen: set[str] = set()
    for expression in parsed:
        what = f"readout {expression}"
        if expression.canonical in seen:
            yield Problem(what=what, why="is given twice")
        seen.add(expression.canonical)
        if expression.is_course:
            way_out = f"take it at a time, ({expression})@6h, or a number of it, auc({expression})"
            yield Problem(what=what, why="is a time course", way_out=way_out)
        spread = [p for p in walk(expression.tree) if isinstance(p, OfEnsemble) and p.function in SPREADS]  # fmt: skip
        fewest = 3 if study.analysis in ("local", "morris", "sobol") else 2
        given: object = study.runs
        runs = given if isinstance(given, int) else fewest  # another kind has its own problem
        if spread and (not study.is_noisy or runs < fewest):
            why = f"{spread[0].function} needs {fewest} replicates or more for each row"
            way_out = 'use method="ssa" with replicates=20'
            yield Problem(what=what, why=why, way_out=way_out)
    if len(parsed) < len(study.readouts):
        return
    found = [p for expression in parsed for p in readout_problems(expression, network)]
    if not found:
        try:
            if study.end <= 0:
                found.append(Problem(what=f"t_end={study.t_end!r}", why="not above zero"))
            else:
                found += [p for e in parsed for p in readout_problems(e, network, study.end)]
        except InputError as error:
            why_not = _unknown_unit(network) if study.t_end is None else None
            found += [why_not] if why_not else error.problems
    yield from found


def _unknown_unit(network: Network) -> Problem | None:
    """The problem of 48 h in a network without a unit of time."""
    try:
        if network.time_unit and parse_unit(network.time_unit).exponents == (("second", 1),):
            return None
    except ModelError:
        pass
    why = f"{network.id} has no unit of time, and no readout names a time"
    return Problem(what="t_end", why=why, way_out="give a number in the model's own unit")


def _change_problems(study: "SensitivityStudy") -> Iterator[Problem]:
    for name in ("background", "changes"):
        for change in getattr(study, name):
            if is_change(change):
                yield from change.resolve(study.network)[1]
            else:
                yield not_a_change(change, name)
    if study.equilibrate not in (None, 0):
        try:
            assert study.equilibrate is not None
            if duration(study.equilibrate, "equilibrate", study.network.time_unit) <= 0:
                yield Problem(what=f"equilibrate={study.equilibrate!r}", why="not above zero")
        except InputError as error:
            yield from error.problems


def _named_and_set(study: "SensitivityStudy") -> Iterator[Problem]:
    try:
        always = study.set_always
    except SimnetError:
        return  # a schedule's problems come with the plan
    named = {*(study.parameters or ()), *study.initial_amounts}
    for name in sorted(always & named):
        why = "it is set by the experiment, so it cannot be varied"
        yield Problem(what=f"parameter {name}", why=why, way_out="take one of the two out")
