"""SED-ML Level 1 Version 4 of experiments on the two SBML files of a network.

libsedml takes over libsbml's class of syntax trees in a process that imports both, so it is run in
a process of its own: this module as a program.
"""

import importlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simnet.errors import InputError, Problem
from simnet.network.network import Network
from simnet.sbml.antimony import run_apart

# What an archive's SED-ML runs: experiments in stretches of equal length, each with its settings.
#
# A time course, a dose schedule and replicates are all of this form; a tool that runs one stretch after
# the other, and sets parameters between them, needs no events.


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One experiment.

    Attributes:
        id: an SId, and the name of its results.
        meaning: in words.
        stretch: length of each stretch, in the network's time unit.
        settings: one for each stretch: values of parameters, by id; the same ids in each. Under
            "ssa" there is one stretch.
        steps: output steps of a stretch.
        method: "ode" (CVODE) or "ssa" (Gillespie).
        replicates: independent runs, each from the start; 1 for "ode".
        seed: of the replicates; for "ssa".
    """

    id: str
    meaning: str
    stretch: float
    settings: tuple[Mapping[str, float], ...] = ({},)
    steps: int = 100
    method: Literal["ode", "ssa"] = "ode"
    replicates: int = 1
    seed: int = 1

    def __post_init__(self) -> None:
        count, same = len(self.settings), {frozenset(values) for values in self.settings}
        mistakes = [
            (not self.stretch > 0, f"stretch={self.stretch!r}", "must be positive"),
            (self.steps < 1, f"steps={self.steps!r}", "must be at least 1"),
            (self.replicates < 1, f"replicates={self.replicates!r}", "must be at least 1"),
            (not 0 <= self.seed < 2**31, f"seed={self.seed!r}", "other tools take 0 to 2147483647"),
            (len(same) != 1, "settings", "each stretch must set the same parameters"),
            (
                count > 1 and not self.settings[0],
                f"{count} stretches",
                "nothing is set between them",
            ),
            (self.method == "ssa" and count != 1, f"{count} stretches", "SSA needs exactly one"),
        ]
        problems = [
            Problem(what=f"{self.id}: {what}", why=why) for bad, what, why in mistakes if bad
        ]
        if problems:
            raise InputError(problems)

    @property
    def end(self) -> float:
        """The end of the last stretch."""
        return self.stretch * len(self.settings)


CVODE = "KISAO:0000019"
GILLESPIE = "KISAO:0000241"
SEED = "KISAO:0000488"
_SBML = "http://www.sbml.org/sbml/level3/version2/core"
_TIME = "urn:sedml:symbol:time"
RTOL = "1e-9"
"""Of ODE experiments."""
RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = "KISAO:0000209", "KISAO:0000211"


def sedml_text(
    network: Network, experiments: Sequence[Experiment], files: Mapping[str, str]
) -> str:
    """The SED-ML text.

    Args:
        network: whose readouts are recorded.
        experiments: what is run.
        files: the SBML file for "ode" and for "ssa", by method.

    Raises:
        ModelError: libsedml finds fault with it.
    """
    spec = {
        "name": network.title or network.id,
        "experiments": [_spec(network, experiment, files) for experiment in experiments],
        "readouts": [
            {"name": r.name, "target": _target(network, r.symbol)} for r in network.readouts
        ],
    }
    return run_apart(
        ["-m", __name__], json.dumps(spec), what="writing SED-ML", fault="libsedml failed"
    )


def absolute_tolerance(network: Network) -> str:
    """One for all species, as SED-ML has it: 1e-8 molecules, or of the smallest amount that is
    there at the start, which may be 1e-21 mol."""
    smallest = min((s.initial for s in network.species if s.initial > 0), default=1.0)
    return f"{1e-8 * min(smallest, 1.0):g}"


def _spec(network: Network, experiment: Experiment, files: Mapping[str, str]) -> dict[str, Any]:
    ode = experiment.method == "ode"
    settings = {
        name: [values[name] for values in experiment.settings] for name in experiment.settings[0]
    }
    return {
        "id": experiment.id,
        "meaning": experiment.meaning,
        "source": files[experiment.method],
        "algorithm": CVODE if ode else GILLESPIE,
        "parameters": (
            {RELATIVE_TOLERANCE: RTOL, ABSOLUTE_TOLERANCE: absolute_tolerance(network)}
            if ode
            else {SEED: str(experiment.seed)}
        ),
        "stretch": experiment.stretch,
        "steps": experiment.steps,
        "settings": {_target(network, name): values for name, values in settings.items()},
        "stretches": len(experiment.settings),
        "replicates": experiment.replicates,
    }


def _target(network: Network, name: str) -> str:
    """Where an id is in the SBML file, as XPath."""
    if name in network.species_index:
        where = "listOfSpecies/sbml:species"
    elif name in network.compartment_by_id:
        where = "listOfCompartments/sbml:compartment"
    else:
        where = "listOfParameters/sbml:parameter"
    return f"/sbml:sbml/sbml:model/sbml:{where}[@id='{name}']"


def main() -> None:
    """As a program: experiments as JSON on standard input, SED-ML on standard output, which libsedml
    has read again."""
    libsedml: Any = importlib.import_module("libsedml")
    spec = json.load(sys.stdin)
    text: str = libsedml.writeSedMLToString(_document(libsedml, spec))
    read = libsedml.readSedMLFromString(text)
    found = [read.getError(i) for i in range(read.getNumErrors())]
    if found:
        sys.exit("; ".join(" ".join(error.getMessage().split()) for error in found))
    sys.stdout.write(text)


def _document(libsedml: Any, spec: dict[str, Any]) -> Any:
    document = libsedml.SedDocument(1, 4)
    document.getNamespaces().add(_SBML, "sbml")
    for experiment in spec["experiments"]:
        _model(document, experiment)
        _simulation(document, experiment)
        task = _task(libsedml, document, experiment)
        _report(libsedml, document, experiment, spec["readouts"], task)
    return document


def _model(document: Any, experiment: dict[str, Any]) -> None:
    """One model for each experiment: one that has a single stretch is changed at its start."""
    model = document.createModel()
    model.setId(f"model_{experiment['id']}")
    model.setLanguage("urn:sedml:language:sbml.level-3.version-2")
    model.setSource(experiment["source"])
    if experiment["stretches"] == 1:
        for target, (value,) in experiment["settings"].items():
            change = model.createChangeAttribute()
            change.setTarget(f"{target}/@value")
            change.setNewValue(repr(value))


def _simulation(document: Any, experiment: dict[str, Any]) -> None:
    course = document.createUniformTimeCourse()
    course.setId(f"simulation_{experiment['id']}")
    course.setInitialTime(0)
    course.setOutputStartTime(0)
    course.setOutputEndTime(experiment["stretch"])
    course.setNumberOfSteps(experiment["steps"])
    algorithm = course.createAlgorithm()
    algorithm.setKisaoID(experiment["algorithm"])
    for kisao, value in experiment["parameters"].items():
        parameter = algorithm.createAlgorithmParameter()
        parameter.setKisaoID(kisao)
        parameter.setValue(value)


def _task(libsedml: Any, document: Any, experiment: dict[str, Any]) -> str:
    """The task that is reported: plain, one stretch after the other, or replicates."""
    name = experiment["id"]
    task = document.createTask()
    task.setModelReference(f"model_{name}")
    task.setSimulationReference(f"simulation_{name}")
    if experiment["stretches"] == 1 and experiment["replicates"] == 1:
        task.setId(f"task_{name}")
        return str(task.getId())
    task.setId(f"stretch_{name}")
    repeated = document.createRepeatedTask()
    repeated.setId(f"task_{name}")
    part = repeated.createSubTask()
    part.setTask(task.getId())
    part.setOrder(1)
    if experiment["replicates"] > 1:
        repeated.setResetModel(True)
        runs = repeated.createUniformRange()
        runs.setId(f"{name}_number")
        repeated.setRangeId(runs.getId())
        runs.setStart(1)
        runs.setEnd(experiment["replicates"])
        runs.setNumberOfSteps(experiment["replicates"] - 1)
        runs.setType("linear")
        return str(repeated.getId())
    repeated.setResetModel(False)
    repeated.setConcatenate(True)
    for number, (target, values) in enumerate(experiment["settings"].items()):
        steps = repeated.createVectorRange()
        steps.setId(f"{name}_values_{number}")
        steps.setValues(values)
        if number == 0:
            repeated.setRangeId(steps.getId())
        change = repeated.createTaskChange()
        change.setModelReference(f"model_{name}")
        change.setTarget(target)
        change.setRange(steps.getId())
        change.setMath(libsedml.parseL3Formula(steps.getId()))
    return str(repeated.getId())


def _report(
    libsedml: Any, document: Any, experiment: dict[str, Any], readouts: list[Any], task: str
) -> None:
    name = experiment["id"]
    report = document.createReport()
    report.setId(f"report_{name}")
    report.setName(experiment["meaning"])
    time = {"name": "time", "symbol": _TIME}
    for number, readout in enumerate([time, *readouts]):
        generator = document.createDataGenerator()
        generator.setId(f"{name}__{readout['name']}" if number else f"{name}_t")
        generator.setName(readout["name"])
        variable = generator.createVariable()
        variable.setId(f"{generator.getId()}_value")
        variable.setTaskReference(task)
        variable.setModelReference(f"model_{name}")
        if "symbol" in readout:
            variable.setSymbol(readout["symbol"])
        else:
            variable.setTarget(readout["target"])
        generator.setMath(libsedml.parseL3Formula(variable.getId()))
        data = report.createDataSet()
        data.setId(f"data_{generator.getId()}")
        data.setLabel(readout["name"])
        data.setDataReference(generator.getId())


if __name__ == "__main__":
    main()
