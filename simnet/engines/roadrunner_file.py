"""A foreign SBML file that runs as it is in libRoadRunner, under ODE only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from simnet.arrays import FloatArray, TimesByReadouts
from simnet.engines.base import Task
from simnet.engines.roadrunner_ids import put
from simnet.engines.roadrunner_runs import (
    hold,
    just_before_end,
    loaded,
    require_one_course,
    require_values,
    set_first_step,
    simulated,
    times_of,
)
from simnet.engines.roadrunner_time import in_pieces, pieces, timed_parts
from simnet.engines.state import applied, first_negative, negative
from simnet.engines.tolerance import Tolerances, as_fine_as_possible
from simnet.experiment.action import Assign
from simnet.experiment.program import Program
from simnet.network.expression import function, symbols
from simnet.network.network import Document


class DocumentSimulator:
    """Runs a foreign file as it is, under ODE only; it is loaded anew for each run."""

    def __init__(self, task: Task) -> None:
        self.task = task
        from simnet.sbml.document import held  # libsbml takes a while to import

        assert task.network.document is not None
        self.document = task.network.document
        self.held = held(self.document.text, self.document.jumps, self.document.passing)

    def run(self, program: Program, seed: int, tighter: float = 1.0) -> TimesByReadouts:
        """The one replicate, (T, R)."""
        return as_fine_as_possible(lambda t: self._run(program, t), self.task, tighter)

    def _run(self, program: Program, tolerances: Tolerances) -> TimesByReadouts:
        runner = loaded(self.held.text, self.task, as_it_is=True)
        set_first_step(runner, program)
        timed = timed_parts(self.task.network).alone
        clocks = {name for _, part in timed for name in symbols(part)}
        model = runner.model
        species = [*model.getFloatingSpeciesIds(), *model.getBoundarySpeciesIds()]
        reactions = list(model.getReactionIds())
        read = [*self.task.symbols, *species, *reactions, *self.held.stands, *self.held.now]
        runner.timeCourseSelections = ["time", *read]
        readouts = len(self.task.symbols)
        parts: list[FloatArray] = []
        for name, value in program.settings.items():
            put(runner, name, value)
        for segment in program.segments:
            for name, value in segment.settings.items():
                put(runner, name, value)
            for act in segment.acts:
                if not isinstance(act, Assign):  # a file's own events stay in it
                    put(runner, act.id, applied(float(runner[act.id]), act, whole=False))
            hold(runner, self.held, segment.start)
            moments = _moments(self.document, runner)
            tolerances.set(runner, segment.end - segment.start)
            times, rows = times_of(segment, [*moments, *just_before_end(segment, self.held)])
            known = {name: float(runner[name]) for name in clocks}
            cut = pieces(timed, known, segment.start, segment.end, self.task.max_step)
            result = in_pieces(runner, times, cut, simulated)
            require_one_course(result, self.held)
            amounts = result[:, 1 + readouts : 1 + readouts + len(species)]
            place = first_negative(amounts, species, self.task, tolerances.peaks)
            if place is not None:
                columns = 1 + readouts + len(species) + np.arange(len(reactions))
                rates = dict(zip(reactions, result[place[0], columns], strict=True))
                name, time = species[place[1]], float(result[place[0], 0])
                raise negative(name, float(amounts[place]), time, _takers(runner, name, rates))
            parts.append(result[rows, 1 : 1 + readouts])
            require_values(parts[-1], segment, self.task)
        return np.concatenate(parts)


def _takers(runner: Any, species: str, rates: Mapping[str, float]) -> list[tuple[str, float]]:
    """The reactions that lower a species of a file that runs as it is, and by how much."""
    if not rates or not runner.model.getNumFloatingSpecies():
        return []  # roadrunner has no matrix then
    matrix = runner.getFullStoichiometryMatrix()
    if species not in matrix.rownames:
        return []
    changes = matrix[matrix.rownames.index(species)]
    lowered = ((name, -n * rates[name]) for name, n in zip(matrix.colnames, changes, strict=True))
    return [(name, float(by)) for name, by in lowered if by > 0]


def _moments(document: Document, runner: Any) -> list[float]:
    """When an event of the file is true at one moment only."""
    read = {name for moment in document.moments for name in symbols(moment)}
    values = {name: float(runner[name]) for name in read}
    return [function(moment)(values, 0.0) for moment in document.moments]
