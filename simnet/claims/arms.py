"""A protocol and the changes of a readout's brackets, made into what is simulated: an arm."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simnet.arrays import Times
from simnet.catalogue.protocols import PROTOCOLS, Protocol
from simnet.errors import InputError, ModelError, Problem
from simnet.experiment.change import Change, Knockdown, Knockout, Overexpress
from simnet.experiment.condition import Condition
from simnet.experiment.notation import read_changes
from simnet.experiment.program import Program, program
from simnet.experiment.schedule import At
from simnet.experiment.times import duration
from simnet.network.network import Network
from simnet.network.timing import depends_on_time
from simnet.readouts.canonical import bracket_text

GENOTYPES = (Knockout, Knockdown, Overexpress)

_EVEN = 1e-9  # how far a length may be from a whole number of steps


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One simulation: a protocol, and further changes at its t = 0 (genotypes: see `Protocol`)."""

    protocol: Protocol
    changes: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        """The protocol with the further changes: "tissue[axitinib=10nM]"."""
        return self.protocol.name + bracket_text(self.changes)


@dataclass(frozen=True, kw_only=True, eq=False)
class Script:
    """An arm for one network.

    Attributes:
        condition: all that is done.
        start: when the protocol's t = 0 is, from the end of the rest, in the network's unit.
        times: (T,) output times from the protocol's t = 0, in the network's unit.
    """

    condition: Condition
    start: float
    times: Times

    def program(self, network: Network, *, shifted: bool = False) -> Program:
        """What an engine runs; `shifted` with the protocol's t = 0 at time 0.

        Raises:
            InputError: changes that the network does not know, or that are not possible there.
        """
        compiled, problems = program(network, self.condition, self.start + self.times)
        if problems:
            raise InputError(problems)
        return _shifted(compiled, self.start) if shifted and self.start > 0 else compiled


def knows_time(network: Network) -> bool:
    """Whether a rate or readout depends on when it is, so that a program cannot be shifted."""
    return any(depends_on_time(network, r.law.rate) for r in network.reactions) or any(
        depends_on_time(network, a.expression) for a in network.assignments
    )


def _shifted(compiled: Program, start: float) -> Program:
    """The program with `start` at time 0. Where the clock stands at weeks, an integrator cannot take
    the first small steps after a change: they are lost in rounding."""
    segments = tuple(
        replace(s, start=s.start - start, end=s.end - start, outputs=s.outputs - start)
        for s in compiled.segments
    )
    return replace(compiled, segments=segments)


def script(network: Network, arm: Arm, first: Sequence[Change] = ()) -> Script:
    """When an arm does what.

    Args:
        network: which one.
        arm: what is done.
        first: made before all else and for good, such as parameters that are varied.

    Raises:
        ModelError: changes or times of the protocol that mean nothing; all of them at once.
    """
    protocol, problems = arm.protocol, list[Problem]()
    where = f"{PROTOCOLS}: {protocol.name}"

    def length(text: str, key: str, *, zero: bool = False) -> float:
        try:
            found = duration(text, f"{where}.{key}", network.time_unit)
        except InputError as error:
            problems.extend(error.problems)
            return 1.0
        if found > 0 or (zero and found == 0):
            return found
        problems.append(Problem(what=f"{where}.{key}={text!r}", why="not above zero"))
        return 1.0

    def changes(texts: Sequence[str], key: str) -> tuple[Change, ...]:
        found: list[Change] = []
        for text in texts:
            try:
                found += read_changes(text, f"{where}.{key}:")
            except InputError as error:
                problems.extend(error.problems)
        return tuple(found)

    lines = tuple(c for c in arm.changes if protocol.genotypes_first and isinstance(c, GENOTYPES))
    acute = tuple(c for c in arm.changes if c not in lines)
    rest = length(protocol.rest, "rest") if protocol.rest else None
    start = 0.0
    moments: list[tuple[float, tuple[Change, ...]]] = []
    for stage in protocol.run_in:
        moments.append((start, changes(stage.changes, "run_in")))
        start += length(stage.length, "run_in")
    moments.append((start, (*changes(protocol.changes, "changes"), *acute)))
    for step in protocol.schedule:
        at = length(step.at, "schedule", zero=True)
        moments.append((start + at, changes(step.changes, "schedule")))
    end, every = length(protocol.t_end, "t_end"), length(protocol.every, "every")
    steps = end / every
    if steps < 1 or abs(steps - round(steps)) > _EVEN * steps:
        why = f"t_end={protocol.t_end!r} is no whole number of steps of every={protocol.every!r}"
        problems.append(Problem(what=where, why=why))
    background = (*changes(protocol.background, "background"), *first, *lines)
    if problems:
        raise ModelError(problems)
    return Script(
        condition=Condition(
            background=background,
            equilibrate=rest,
            changes=tuple(change for time, made in moments if time == 0 for change in made),
            schedule=tuple(At(time, *made) for time, made in moments if time > 0 and made),
            label=arm.name,
        ),
        start=start,
        times=np.linspace(0.0, end, round(steps) + 1),
    )
