"""Run as a program: experiments as JSON on standard input, SED-ML on standard output."""

import importlib
import json
import sys
from typing import Any

_SBML = "http://www.sbml.org/sbml/level3/version2/core"
_TIME = "urn:sedml:symbol:time"


def main() -> None:
    """Read, write, and let libsedml read what was written."""
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
