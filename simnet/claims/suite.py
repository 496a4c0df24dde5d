"""A network with its claims and protocols, checked as a whole: what can be run.

What is simulated for a claim are arms: a protocol with the changes of its readout's brackets.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np

from simnet.arrays import Times
from simnet.catalogue.claims import Claim, read_claims
from simnet.catalogue.protocols import PROTOCOLS, Mechanism, Protocol, read_protocols
from simnet.errors import InputError, ModelError, Problem, UnknownNameError, nearest
from simnet.execute.simulate import simulate
from simnet.experiment.change import Change, Knockdown, Knockout, Overexpress, Set
from simnet.experiment.condition import Condition
from simnet.experiment.notation import Treatment, read_all, read_changes, treatment_of
from simnet.experiment.program import Program, program
from simnet.experiment.schedule import At, Scheduled, delayed
from simnet.experiment.times import duration
from simnet.network.network import Network
from simnet.network.timing import depends_on_time
from simnet.readouts.check import problems as readout_problems
from simnet.readouts.language import OfEnsemble, ReadoutExpression, bracket_text, walk
from simnet.readouts.parser import parse_readout
from simnet.rules.load import load
from simnet.rules.packaged import packaged_names

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
        if not shifted:
            return compiled
        # Where the clock stands at weeks, an integrator cannot take the first small steps after a
        # change: they are lost in rounding.
        segments = tuple(
            replace(
                s,
                start=s.start - self.start,
                end=s.end - self.start,
                outputs=s.outputs - self.start,
            )
            for s in compiled.segments
        )
        return replace(compiled, segments=segments)


def knows_time(network: Network) -> bool:
    """Whether a rate or readout depends on when it is, so that a program cannot be shifted."""
    return any(depends_on_time(network, r.law.rate) for r in network.reactions) or any(
        depends_on_time(network, a.expression) for a in network.assignments
    )


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

    def length(text: str, key: str) -> float:
        try:
            found = duration(text, f"{where}.{key}", network.time_unit)
        except InputError as error:
            problems.extend(error.problems)
            return 1.0
        if found > 0:
            return found
        problems.append(Problem(what=f"{where}.{key}={text!r}", why="must be positive"))
        return 1.0

    lines = tuple(c for c in arm.changes if protocol.genotypes_first and isinstance(c, GENOTYPES))
    acute = tuple(c for c in arm.changes if c not in lines)
    rest = length(protocol.rest, "rest") if protocol.rest else None
    start = 0.0
    moments: list[tuple[float, tuple[Change, ...]]] = []
    for stage in protocol.run_in:
        made = read_all(stage.changes, read_changes, f"{where}.run_in:", problems)
        moments.append((start, tuple(change for several in made for change in several)))
        start += length(stage.length, "run_in")
    done, later = Treatment(), list[Scheduled]()
    keys = (f"{where}.changes:", f"{where}.schedule:", f"{where}.background:")
    try:
        done = treatment_of(protocol.changes, protocol.schedule, protocol.background, keys)
        later += [delayed(entry, start, network.time_unit) for entry in done.schedule]
    except InputError as error:
        problems.extend(error.problems)
    moments.append((start, (*done.changes, *acute)))
    moments += [(float(e.time), e.changes) for e in later if isinstance(e, At)]
    end, every = length(protocol.t_end, "t_end"), length(protocol.every, "every")
    steps = end / every
    if steps < 1 or abs(steps - round(steps)) > _EVEN * steps:
        why = f"t_end={protocol.t_end!r} is not a multiple of every={protocol.every!r}"
        problems.append(Problem(what=where, why=why))
    if problems:
        raise ModelError(problems)
    return Script(
        condition=Condition(
            background=(*done.background, *first, *lines),
            equilibrate=rest,
            changes=tuple(change for time, made in moments if time == 0 for change in made),
            schedule=(
                *(At(time, *made) for time, made in moments if time > 0 and made),
                *(entry for entry in later if not isinstance(entry, At)),
            ),
            label=arm.name,
        ),
        start=start,
        times=np.linspace(0.0, end, round(steps) + 1),
    )


@dataclass(frozen=True, kw_only=True)
class Case:
    """A claim that can be run: its protocol and its readout, parsed."""

    claim: Claim
    protocol: Protocol
    readout: ReadoutExpression

    @property
    def is_statistic(self) -> bool:
        """Whether it is of replicates, such as cv(...), which an ODE has none of."""
        return any(isinstance(part, OfEnsemble) for part in walk(self.readout.tree))

    @property
    def methods(self) -> tuple[str, ...]:
        """By which it may be run."""
        return tuple(m for m in self.protocol.methods if m == "ssa" or not self.is_statistic)

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What must be simulated for it."""
        return tuple(
            Arm(protocol=self.protocol, changes=changes) for changes in self.readout.conditions
        )


@dataclass(frozen=True, kw_only=True)
class Suite:
    """All that is claimed of a network, and the mechanisms that can be taken out of it."""

    network: Network
    cases: tuple[Case, ...]
    mechanisms: tuple[Mechanism, ...] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the readouts that the claims need, each once."""
        return tuple(dict.fromkeys(name for case in self.cases for name in case.readout.symbols))

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What must be simulated, each arm once however many claims need it."""
        return tuple(dict.fromkeys(arm for case in self.cases for arm in case.arms))

    def for_method(self, method: str) -> "Suite":
        """Only with the claims that may be run by the method.

        Raises:
            InputError: there is none.
        """
        kept = tuple(case for case in self.cases if method in case.methods)
        if not kept:
            what = f"claims of {self.network.id}"
            raise InputError(
                Problem(what=what, why=f"none of them can be simulated by {method.upper()}")
            )
        return replace(self, cases=kept)


@dataclass(frozen=True)
class Step:
    """An entry of a schedule as studies name it: they did so before it was a text."""

    at: str
    changes: tuple[str, ...]


def content_of(suite: Suite) -> list[list[str]]:
    """What is claimed."""
    found = []
    for case in suite.cases:
        parts = [text.partition(":") for text in case.protocol.schedule]
        steps: Any = tuple(
            Step(when, tuple(map(str.strip, made.split(",")))) for when, _, made in parts
        )
        protocol = replace(case.protocol, schedule=steps)
        found.append([case.claim.id, str(case.readout), repr(protocol)])
    return found


def claimed_names() -> tuple[str, ...]:
    """Packaged networks that come with protocols for their claims."""
    return tuple(
        name
        for name in packaged_names()
        if (resources.files(f"simnet.networks.{name}") / "protocols.toml").is_file()
    )


def load_suite(
    network: Network | str, *, folder: str | Path | None = None, ids: Sequence[str] = ()
) -> Suite:
    """Load a network with its claims.

    Args:
        network: a name or file, or what `load` gave.
        folder: with claims.csv and protocols.toml; the packaged network's own if None.
        ids: of the claims wanted; all if empty.

    Raises:
        UnknownNameError: no such network, or no claim of an id.
        ModelError: tables that cannot be run on the network; all the mistakes at once.
    """
    loaded = load(network)
    place = _folder(loaded, folder)
    problems: list[Problem] = []
    claims: tuple[Claim, ...] = ()
    try:
        claims = read_claims(place)
    except ModelError as error:
        problems += error.problems
    try:
        found = read_protocols(place)
    except ModelError as error:
        raise ModelError([*problems, *error.problems]) from error
    cases = [_case(claim, found.protocols, loaded, problems) for claim in claims]
    for mechanism in found.mechanisms.values():
        problems += _mechanism_problems(mechanism, loaded)
    if problems:
        raise ModelError(problems)
    known = [claim.id for claim in claims]
    unknown = [name for name in ids if name not in known]
    if unknown:
        raise UnknownNameError(
            Problem(what=f"claim {name!r}", why="does not exist", way_out=nearest(name, known))
            for name in unknown
        )
    return Suite(
        network=loaded,
        cases=tuple(c for c in cases if c is not None and (not ids or c.claim.id in ids)),
        mechanisms=tuple(found.mechanisms.values()),
    )


def _folder(network: Network, folder: str | Path | None) -> Traversable:
    if folder is not None:
        return Path(folder)
    if network.id not in packaged_names():
        why = "is not a packaged network, so it has no claims"
        way_out = "give the folder of its claims.csv and protocols.toml (--from DIR)"
        raise UnknownNameError(Problem(what=f"network {network.id}", why=why, way_out=way_out))
    return resources.files(f"simnet.networks.{network.id}")


def _case(
    claim: Claim, protocols: Mapping[str, Protocol], network: Network, problems: list[Problem]
) -> Case | None:
    """The claim with its protocol and readout; None where something is wrong with them."""
    what = f"claim {claim.id}"
    before = len(problems)
    protocol = protocols.get(claim.condition)
    if protocol is None:
        why = f"no protocol {claim.condition!r}"
        problems.append(Problem(what=what, why=why, way_out=nearest(claim.condition, protocols)))
    readout = None
    try:
        readout = parse_readout(claim.readout)
    except InputError as error:
        problems += (_of(what, problem) for problem in error.problems)
    if readout is not None and readout.is_course:
        why = f"{claim.readout!r} is a time course, not a number"
        problems.append(Problem(what=what, why=why, way_out="use its value at a time: X@48h"))
    if readout is None or protocol is None or len(problems) > before:
        return None
    case = Case(claim=claim, protocol=protocol, readout=readout)
    problems += (_of(what, problem) for problem in _run_problems(case, network))
    return case


def _run_problems(case: Case, network: Network) -> list[Problem]:
    """What keeps its arms from being run, and its readout from being taken from them."""
    found: list[Problem] = []
    for arm in case.arms:
        try:
            made = script(network, arm)
            made.program(network)
        except InputError as error:
            found += error.problems
            continue
        found += readout_problems(case.readout, network, times=made.times)
    return list(dict.fromkeys(found))


def _mechanism_problems(mechanism: Mechanism, network: Network) -> list[Problem]:
    names = [*mechanism.zero, *mechanism.equal, *mechanism.others]
    return [
        Problem(
            what=f"mechanism {mechanism.name}",
            why=f"{name!r} is not a parameter of {network.id}",
            way_out=nearest(name, network.parameter_by_id),
        )
        for name in names
        if name not in network.parameter_by_id
    ]


def _of(what: str, problem: Problem) -> Problem:
    return Problem(what=f"{what}: {problem.what}", why=problem.why, way_out=problem.way_out)


# Whole molecules near the rest of an ODE: where SSA starts if it cannot come to rest itself.


_FEW = 10  # molecules that are counted one by one, such as genes


def whole_rest(network: Network, rest: str) -> list[Set]:
    """Changes that set every species to a whole number near the ODE's amount after `rest`.

    Of molecules that are few there are as many as before: of a gene with two copies, 1.7 with an
    empty site and 0.3 with a filled one become 2 and 0.
    """
    ids = [species.name for species in network.species]  # what a readout counts may go by the id
    run = simulate(network, t_end=rest, points=2, readouts=ids, workers=0)
    amounts = dict(zip(ids, np.maximum(run.values[0, 0, -1], 0).tolist(), strict=True))
    whole = {name: round(amount) for name, amount in amounts.items()}
    holders: dict[str, list[str]] = defaultdict(list)
    for species in network.species:
        for molecule in set(species.molecules):
            holders[molecule].append(species.name)
    for names in holders.values():
        total = sum(amounts[name] for name in names)
        if total < _FEW and abs(total - round(total)) < 1e-3:
            by_rest = sorted(names, key=lambda name: amounts[name] % 1, reverse=True)
            whole |= {name: int(amounts[name]) for name in names}
            for name in by_rest[: round(total) - sum(whole[name] for name in names)]:
                whole[name] += 1
    return [Set(name, amount) for name, amount in whole.items()]
