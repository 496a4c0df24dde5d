"""A screen as a TOML file: what the command line runs.

    network = "hypoxia"
    readouts = ["VEGF@4h", "auc(HIF1A)"]
    t_end = "4 h"
    combinations = "pairs"
    changes = ["axitinib=0.1|1|10nM", "2h: HIF1A=knockout"]

Each text of `changes` is a level, or a ladder of them; joined by "," or ";" they are made together.
In place of combinations conditions may be listed: texts, or tables with a label and changes.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simnet.errors import InputError, Problem, SimnetError, SimnetWarning
from simnet.execute.spec_file import Texts, decoded, load_network, read_toml, toml_text
from simnet.experiment.change import Change, Dose, Knockdown, Knockout, Scale, Set
from simnet.experiment.condition import Condition
from simnet.experiment.notation import (
    Treatment,
    change_text,
    forms,
    name_text,
    read_all,
    read_treatment,
)
from simnet.experiment.times import duration
from simnet.network.network import Network
from simnet.screen.design import Entry
from simnet.screen.run import run_screen
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


# A commented screen of a network, as a file to start from: it runs as it is.


_DRUGS, _GENES, _READOUTS = 2, 2, 4
_LOOKED_AT = 60  # readouts among which those are looked for that answer
_MOVED = 0.07  # of the log2 fold change: 5 %
_PATIENCE = 10.0  # seconds for one of the runs that tell


def example_screen(network: Network, source: str) -> str:
    """TOML that `screen_from_file` reads.

    It names the network's own drugs, genes, inputs and readouts; for a network without drugs and
    genes it scales its first parameters.

    Args:
        network: what is screened.
        source: what `load` takes for it.
    """
    return "\n".join(_lines(network, source)) + "\n"


def _lines(network: Network, source: str) -> Iterator[str]:
    clock = _has_clock(network)
    end, early = ("24 h", "6h") if clock else (100, "25")
    rest = network.suggested_equilibration if clock else None
    examples = list(_examples(network))
    yield f"# A screen of {network.id}: what is changed, in which combinations, and what is read."
    yield "#   simnet screen plan.toml --out screen/     runs it; after an interruption, resumes it"
    yield "#   simnet report screen/                     writes an HTML report of it"
    yield ""
    yield f"network = {toml_text(source)}"
    yield f"t_end = {toml_text(end)}"
    if rest:
        yield f"equilibrate = {toml_text(rest)}   # at rest, before the start"
    yield ""
    yield '# "ode", or "ssa" with replicates. The seed makes a run repeatable.'
    yield 'method = "ode"'
    yield "# replicates = 100"
    yield "# precision = { relative = 0.05 }   # in place of replicates: as many as it takes"
    yield "seed = 1"
    yield ""
    yield '# "singles", "pairs", or "grid" (all combinations); or list conditions = [...] instead.'
    yield 'combinations = "pairs"'
    yield ""
    yield from _readouts(_answering(network, examples, end, rest), early)
    yield ""
    yield from _changes(examples)
    yield from _background(network)


def _answering(
    network: Network, examples: list[Change], end: str | int, rest: str | None
) -> list[str]:
    """Readouts that the changes move: a page of what does not answer shows nothing.

    Each change names the first readout that it moves by over 5 % in an ODE run; then come others that
    answer, then the network's first ones. These come alone where the runs fail or take long.
    """
    known = [readout.name for readout in network.readouts[:_LOOKED_AT]]
    known = known or [species.id for species in network.species[:_LOOKED_AT]]
    moved: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SimnetWarning)  # what the integrator says
            plan = Screen(
                network=network,
                changes=[c.ladder()[-1] if isinstance(c, Dose) else c for c in examples],
                readouts=[name_text(name) for name in known],
                t_end=end,
                points=2,
                equilibrate=rest,
                timeout=_PATIENCE,
            )
            effects = run_screen(plan, workers=0).effects()
    except SimnetError:
        return [name_text(name) for name in known[:_READOUTS]]
    answers = effects[effects["log2_fold_change"].abs() > _MOVED]
    for _, found in answers.groupby("condition", sort=False):
        fresh = [name for name in found["readout"] if name not in moved]
        moved += fresh[:1]
    answering = set(answers["readout"])
    others = sorted(map(name_text, known), key=lambda name: name not in answering)  # stable
    return list(dict.fromkeys([*moved, *others]))[:_READOUTS]


def _readouts(names: list[str], early: str) -> Iterator[str]:
    first = names[0]
    yield "# A name is its time course. Others are a number of each run: a value at a time, auc, max,"
    yield "# min, average, steady, first_passage(X > 100), fraction(X@6h > 100), and X@6h / Y@6h."
    yield "readouts = ["
    for text in [*names, f"{first}@{early}", f"auc({first})"]:
        yield f"    {toml_text(text)},"
    yield "]"


def _changes(changes: list[Change]) -> Iterator[str]:
    yield "# Each text is a condition of its own, and is combined with the others as `combinations` says;"
    yield '# each dose of a ladder, "axitinib=1|10nM", is one too. After NAME= write'
    yield f"# {forms()}."
    yield '# At t = 0, unless a time is given: "6h: HIF1A=knockout"; "from 6h for 2h: O2_percent=1";'
    yield '# "every 6h from 0h, 3 times: axitinib=10nM"; "from the start: HIF1A=knockout", which also'
    yield "# holds during equilibration: a cell line. Changes joined by a comma in one text act together."
    yield "changes = ["
    for change in changes:
        yield f"    {toml_text(change_text(change))},"
    yield "]"


def _examples(network: Network) -> Iterator[Change]:
    for drug in network.drugs[:_DRUGS]:
        middle = drug.affinity if drug.unit == "nM" and drug.affinity else 1.0
        doses = [float(f"{middle * factor:.2g}") for factor in (0.1, 1, 10, 100)]
        yield Dose(drug.name, nM=doses)
    for place, gene in enumerate(network.genes[:_GENES]):
        yield Knockout(gene.name) if place else Knockdown(gene.name, 0.9)
    if not network.drugs and not network.genes:
        driven = {action.parameter for action in network.inputs}
        free = [
            p for p in network.parameters if p.id not in driven and p.initial_expression is None
        ]
        yield from (Scale(parameter.id, 0.5) for parameter in free[:2])


def _background(network: Network) -> Iterator[str]:
    if network.inputs:
        chosen = network.inputs[0]
        yield ""
        yield "# What holds in every condition, the control too."
        yield f"background = [{toml_text(change_text(Set(chosen.name, chosen.baseline)))}]"


def _has_clock(network: Network) -> bool:
    try:
        duration("1 h", "t_end", network.time_unit)
    except InputError:
        return False
    return True
