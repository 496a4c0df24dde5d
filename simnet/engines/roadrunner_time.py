"""What roadrunner makes of laws that depend on time, and what is done about it.

Its Gillespie integrates propensities between points that follow from the output times. CVODE steps
over what it does not see from before and from behind: so runs are cut where a law has a bump, and
steps within it are limited, and nowhere else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.experiment.program import Program, with_held
from simnet.experiment.run import Method
from simnet.network.expression import symbols, text
from simnet.network.features import Stretch, features, merged
from simnet.network.network import Network
from simnet.network.time_parts import Named, Parts, parts_of
from simnet.network.timing import timed_reactions

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
        f"reaction {name}: its rate depends on time, which roadrunner's Gillespie looks at only at "
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


def timed_parts(network: Network) -> Parts:
    """The functions of time alone in a network's laws, or in those of a file that runs as it is."""
    if network.document is not None:
        from simnet.sbml.timed import document_parts  # libsbml takes a while to import

        return document_parts(network.document.text)
    return parts_of(network)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a segment with steps of at most `step`; 0 leaves them to CVODE."""

    start: float
    end: float
    step: float


def pieces(
    parts: Sequence[Named],
    values: Mapping[str, float],
    start: float,
    end: float,
    max_step: float | None,
) -> tuple[Piece, ...]:
    """A segment, cut where steps have to be limited; or whole, with the user's `max_step`."""
    if max_step is not None:
        return (Piece(start=start, end=end, step=max_step),)
    stretches, _ = _limits(parts, values, start, end)
    shortest = min((s.step for s in stretches), default=0.0)
    whole = (Piece(start=start, end=end, step=shortest),)
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
        found.append(Piece(start=a, end=b, step=min(steps, default=0.0)))
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


def in_pieces(
    runner: Any,
    times: list[float],
    cut: Sequence[Piece],
    simulated: Callable[[Any, list[float]], FloatArray],
) -> FloatArray:
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
