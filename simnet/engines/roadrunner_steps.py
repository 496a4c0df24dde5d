"""What roadrunner makes of laws that depend on time, and what is done about it.

Its Gillespie integrates propensities between points that follow from the output times. CVODE steps
over what it does not see from before and from behind: so runs are cut where a law has a bump, and
steps within it are limited, and nowhere else.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.base import Task
from simnet.engines.roadrunner_model import simulated
from simnet.errors import SimulationError, StateError
from simnet.experiment.program import Program, with_held
from simnet.experiment.run import Method
from simnet.network.expression import symbols, text
from simnet.network.features import Stretch, features, merged
from simnet.network.network import Network
from simnet.network.timing import Named, TimeFunctions, parts_of, timed_reactions

_FREE = 2000
"""Steps in all that cost nothing to speak of: then a run is not cut."""
_MOST_PIECES = 64


def doubts(network: Network, program: Program, method: Method) -> list[str]:
    """Why a run may be wrong: by ODE, what it may step over all the same."""
    if method == "ode":
        return list(_missed(network, program))
    if not timed_reactions(network):
        return []
    held = {segment.held for segment in program.segments}
    named = sorted({name for ids in held for name in timed_reactions(with_held(network, ids))})
    return [
        f"reaction {name}: its rate depends on time, which roadrunner's Gillespie evaluates only at "
        "moments that follow from the output times, so it can step over what lies between and give "
        'a wrong variance; engine="reference" is exact'
        for name in named[:1]
    ]


def _missed(network: Network, program: Program) -> Iterator[str]:
    parts = timed_parts(network)
    declared = {p.id: p.value for p in network.parameters}
    declared |= {c.id: c.size for c in network.compartments}
    for name, part in parts.mixed[:1]:
        yield (
            f"{name}: {text(part)} reads time and state together, so that when it changes is not "
            "known in advance: the ODE integrator can step over a narrow pulse of it; give the longest step, "
            "max_step= (--max-step)"
        )
    stages = zip(program.segments, program.stages(), strict=True)
    for segment, values in stages if parts.alone else ():
        _, names = _limits(parts.alone, declared | values, segment.start, segment.end)
        for name in names:
            yield (
                f"{name}: it changes too often with time to be followed from t={segment.start:g} to "
                f"{segment.end:g}, so the ODE integrator can step over some of it; give the longest "
                "step, max_step= (--max-step), or an earlier end"
            )


def timed_parts(network: Network) -> TimeFunctions:
    """The functions of time alone in a network's laws, or in those of a file that runs as it is."""
    if network.document is not None:
        from simnet.sbml.document import document_parts  # libsbml takes a while to import

        return document_parts(network.document.text)
    return parts_of(network)


def pieces(
    parts: Sequence[Named],
    values: Mapping[str, float],
    start: float,
    end: float,
    max_step: float | None,
) -> tuple[Stretch, ...]:
    """A segment, cut where steps have to be limited; or whole, with the user's `max_step`. A step of
    0 leaves them to CVODE."""
    if max_step is not None:
        return (Stretch(start=start, end=end, step=max_step),)
    stretches, _ = _limits(parts, values, start, end)
    shortest = min((s.step for s in stretches), default=0.0)
    whole = (Stretch(start=start, end=end, step=shortest),)
    if not stretches or (end - start) / shortest <= _FREE:
        return whole
    edges = {start, end, *(t for s in stretches for t in (s.start, s.end))}
    if len(edges) > _MOST_PIECES:
        edges = {start, end, *(t for s in merged(stretches) for t in (s.start, s.end))}
    if len(edges) > _MOST_PIECES:
        return whole
    found = []
    times = sorted(edges)
    for a, b in pairwise(times):
        steps = [s.step for s in stretches if s.start < b and a < s.end]
        found.append(Stretch(start=a, end=b, step=min(steps, default=0.0)))
    return tuple(found)


def _limits(
    parts: Sequence[Named], values: Mapping[str, float], start: float, end: float
) -> tuple[list[Stretch], list[str]]:
    """Where steps are limited, and names of what cannot be followed."""
    stretches: list[Stretch] = []
    names: list[str] = []
    for name, part in parts:
        if start < end and symbols(part) <= values.keys():
            found = features(part, values, start, end)
            stretches += found.stretches
            names += [name] if found.missed else []
    return stretches, list(dict.fromkeys(names))


def in_pieces(runner: Any, times: list[float], cut: Sequence[Stretch]) -> FloatArray:
    """Rows at the times, of which the first and the last are the ends of what is cut."""
    rows: list[FloatArray] = []
    for piece in cut:
        last = piece is cut[-1]
        inside = [t for t in times if piece.start <= t < piece.end or (last and t == piece.end)]
        lead = not inside or inside[0] > piece.start
        tail = not inside or inside[-1] < piece.end
        runner.integrator.maximum_time_step = piece.step
        found = simulated(runner, [piece.start] * lead + inside + [piece.end] * tail)
        rows.append(found[int(lead) : int(lead) + len(inside)])
    runner.integrator.maximum_time_step = 0.0
    return np.concatenate(rows)


# Absolute tolerances of ODE runs: each variable's from its own size, whatever its unit.
#
# Far below any size that shows, so that what is small and drives growth is followed as well as what
# is large, in molecules, moles or any unit; and yet above 0, so that what decays is not followed for
# ever, nor the rounding errors of what is left. A variable that is still 0 takes the size of what it
# may be made from.


T = TypeVar("T")

_LEAST = 1e-20  # of the largest, whose exchanges leave rounding errors in the others
_GROWTH = 10.0  # of a variable, from which on a run may have failed for its tolerances
_LOOKS = 32  # at rates within a segment that begins with nothing
_MOLECULE = 1e-24  # mol, the smallest amount in any unit


@dataclass(frozen=True)
class Fineness:
    """`of_size`, times the relative tolerance, is what a variable is followed to, as a part of its
    size. `nothing` is the size where there is nothing to go by. CVODE gets that many `steps` from
    one output to the next."""

    of_size: float
    nothing: float
    steps: int


FINE = Fineness(1e-12, _MOLECULE, 100_000)
COARSE = Fineness(1e-6, 1.0, 1_000_000)


def absolute_tolerances(
    sizes: FloatArray, rates: FloatArray, span: float, rtol: float, fineness: Fineness = FINE
) -> FloatArray:
    """(V,) one for each variable of a kind, in the unit of its size.

    Args:
        sizes: (V,) the largest amount that each has had when a segment began.
        rates: (V,) of change where the segment begins, or later where all of them are 0.
        span: length of the segment.
        rtol: relative tolerance.
        fineness: how small they are.
    """
    sizes = _finite(sizes)
    with np.errstate(over="ignore"):
        made = _finite(span * rates)  # unless it grows or is lost in the meantime
    largest = sizes.max(initial=0.0) or made.max(initial=0.0) or fineness.nothing
    source = np.where(made > 0, np.minimum(made, largest), largest)
    scale = np.maximum(fineness.of_size * np.where(sizes > 0, sizes, source), _LEAST * largest)
    return np.maximum(rtol * scale, np.finfo(np.float64).tiny)


def _finite(values: FloatArray) -> FloatArray:
    found: FloatArray = np.abs(np.where(np.isfinite(values), values, 0.0))
    return found


def _rates(runner: Any, span: float = 0.0) -> FloatArray:
    """(V,) of change now; or, where nothing changes now, the largest in a span: laws may wait."""

    def look(time: float) -> FloatArray:
        runner.model.setTime(time)
        return _finite(np.asarray(runner.getRatesOfChange(), dtype=np.float64))

    now = float(runner.model.getTime())
    rates = look(now)
    if span and not rates.any():
        later = [look(now + part * span) for part in np.linspace(0, 1, _LOOKS + 1)]
        rates = np.max(later, axis=0)
        rates[span * rates < _MOLECULE] = 0.0
        runner.model.setTime(now)
    return rates


class Tolerances:
    """Those of one replicate, segment by segment. `sizes` are what its variables have been
    where segments began, `peaks` the most that its species have been at output times."""

    def __init__(self, task: Task, tighter: float = 1.0, fineness: Fineness = FINE) -> None:
        self.fineness = fineness if task.atol is None else COARSE
        self.how = (tighter, self.fineness)
        self.sizes: dict[str, float] = {}
        self.peaks: dict[str, float] = {}
        self._runner: Any = None
        self._rtol = tighter * task.rtol
        self._atol = None if task.atol is None else tighter * task.atol

    def grown(self) -> bool:
        """Whether a variable is much larger now, where a run has stopped, than it has been."""
        if self._runner is None:
            return False
        before = dict(self.sizes)
        self._measure(self._runner, list(before))
        return any(size > _GROWTH * before[name] for name, size in self.sizes.items())

    def _measure(self, runner: Any, ids: Sequence[str]) -> None:
        model = runner.model
        now = dict(
            zip(model.getFloatingSpeciesIds(), model.getFloatingSpeciesAmounts(), strict=True)
        )
        for name in ids:
            value = abs(float(now[name] if name in now else runner[name]))
            if math.isfinite(value):
                self.sizes[name] = max(value, self.sizes.get(name, 0.0))

    def set(self, runner: Any, span: float) -> None:
        """Set them for a segment of that length that begins now.

        CVODE gets a vector, for roadrunner multiplies a single number by what amounts are by then,
        and in a file that has rate rules by those of others: it lists species first, CVODE last.
        """
        integrator, model = runner.integrator, runner.model
        integrator.relative_tolerance = self._rtol
        integrator.maximum_num_steps = self.fineness.steps
        count = len(integrator.getAbsoluteToleranceVector())
        if not count:
            return
        if self._atol is not None:
            integrator.absolute_tolerance = [self._atol] * count
            return
        ids = [model.getStateVectorId(i) for i in range(count)]
        self._runner = runner
        self._measure(runner, ids)
        sizes = np.array([self.sizes.get(name, 0.0) for name in ids])
        rates = _rates(runner, span) if not sizes.any() else _rates(runner)
        rules = model.getNumRateRules()
        kinds = (slice(0, rules), slice(rules, None))  # each with units of its own
        found = [
            absolute_tolerances(sizes[k], rates[k], span, self._rtol, self.fineness) for k in kinds
        ]
        integrator.absolute_tolerance = np.concatenate(found).tolist()


def as_fine_as_possible(run: Callable[[Tolerances], T], task: Task, tighter: float) -> T:
    """What a run gives at fine tolerances; from its start anew where it met a variable so much larger
    than before, as by an event, that CVODE could not go on; and at coarser ones where it cannot keep
    these: where laws cancel, what is left may be all rounding error, which no step makes smaller.

    Raises:
        SimulationError: it cannot keep these either.
    """
    tolerances = Tolerances(task, tighter)
    while True:
        try:
            return run(tolerances)
        except StateError:
            raise
        except SimulationError:
            if task.method != "ode" or task.atol is not None:
                raise
            if not tolerances.grown():
                if tolerances.fineness is COARSE:
                    raise
                tolerances = Tolerances(task, tighter, COARSE)
