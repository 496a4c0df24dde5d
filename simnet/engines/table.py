"""The engines, by name, in the order in which "auto" tries them. Adding one touches its file and
this table."""

from collections.abc import Sequence

import numpy as np

from simnet.engines.base import Engine
from simnet.engines.compiled import COMPILED
from simnet.engines.reference import REFERENCE
from simnet.engines.roadrunner import ROADRUNNER
from simnet.errors import InputError, Problem, UnsupportedError, nearest
from simnet.experiment.condition import Condition
from simnet.experiment.program import Program, program
from simnet.experiment.run import Method
from simnet.network.network import Network
from simnet.network.stochastic import stochastic_problems
from simnet.network.timing import without_switches
from simnet.network.values import missing_values

ENGINES: dict[str, Engine] = {engine.name: engine for engine in (COMPILED, ROADRUNNER, REFERENCE)}


def engine_named(method: str, name: str) -> tuple[Engine, str] | None:
    """The engine of that name and its variant ("compiled/lockstep"; "" if none is named), or None
    for "auto".

    Raises:
        InputError: there is no such engine, or it does not support the method.
    """
    known = sorted({m for engine in ENGINES.values() for m in engine.methods})
    if method not in known:
        raise InputError(
            Problem(what=f"method={method!r}", why="unknown", way_out=nearest(str(method), known))
        )
    if name == "auto":
        return None
    base, _, variant = str(name).partition("/")
    every = [*ENGINES, *(f"{e.name}/{v}" for e in ENGINES.values() for v in e.variants)]
    if name not in every:
        raise InputError(
            Problem(what=f"engine={name!r}", why="unknown", way_out=nearest(str(name), every))
        )
    engine = ENGINES[base]
    if method not in engine.methods:
        offers = " and ".join(sorted(engine.methods))
        raise InputError(
            Problem(
                what=f"engine={name!r}",
                why=f"does not support {method!r}",
                way_out=f"it supports {offers}",
            )
        )
    return engine, variant


def preferred(method: Method, network: Network, programs: Sequence[Program]) -> Engine:
    """What "auto" means for a network: the first engine of the table that runs it (by SSA without
    doubts), else the last, whose obstacles are then the errors."""
    engines = [engine for engine in ENGINES.values() if method in engine.methods]
    for engine in engines:
        if not any(engine.obstacles(network, compiled) for compiled in programs) and not (
            method == "ssa" and doubts_of(engine, network, method, programs)
        ):
            return engine
    return engines[-1]


def doubts_of(
    engine: Engine, network: Network, method: Method, programs: Sequence[Program]
) -> list[str]:
    """Why the engine may be wrong on the programs of a network, each reason once."""
    found = (doubt for p in programs for doubt in engine.doubts(network, p, method))
    return list(dict.fromkeys(found))


def problems_under(method: Method, network: Network) -> tuple[Problem, ...]:
    """What keeps a method from running a network as it is declared; empty where it runs it."""
    if network.document is not None:
        return network.document.refused if method == "ode" else network.document.obstacles
    found = missing_values(network)
    if method == "ssa" and not found:
        found = tuple(stochastic_problems(network))
    if found:
        return found
    run = without_switches(network)
    compiled, problems = program(run, Condition(), np.array([0.0, 1.0]))
    return (*problems, *preferred(method, run, [compiled]).obstacles(run, compiled))


def require_runnable(engine: Engine, network: Network, programs: Sequence[Program]) -> None:
    """Raise UnsupportedError where the engine cannot run a program of the network."""
    found = [p for compiled in programs for p in engine.obstacles(network, compiled)]
    if found:
        raise UnsupportedError(dict.fromkeys(found))
