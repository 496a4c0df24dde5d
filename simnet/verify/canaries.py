"""Small runs whose statistics are known: what an engine that is broken gets wrong.

Each is judged at a false-alarm rate of 1e-6 on either side, from fixed seeds.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.base import Engine
from simnet.engines.table import ENGINES
from simnet.execute.simulate import simulate
from simnet.experiment.condition import Condition
from simnet.experiment.program import program
from simnet.network.expression import Call, Expression, Number, RateLaw, Time
from simnet.network.network import Compartment, Network, Parameter, Reaction, Readout, Species
from simnet.network.values import whole

WORKERS = 1
_REPLICATES = 1000
_FALSE_ALARM = 1e-6


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A run, and how far off it may be.

    Attributes:
        name: of what is tested.
        engine: that ran it.
        fine: whether its mean and variance are what they must be.
        found: the result, for people.
    """

    name: str
    engine: str
    fine: bool
    found: str


def canaries(engine: str) -> tuple[Canary, ...]:
    """Run all that the engine can run.

    Raises:
        SimulationError: every replicate of one failed.
    """
    row = ENGINES[engine]
    swung = _swung(3.0)
    every = [
        ("birth-death: Fano factor 1", _birth_death(), 20.0, 10.0, 10.0),
        ("initial amount of 0.29*100, rounded to 29", _toggle(), 40.0, 0.25, 0.1875),
        ("birth at a periodic rate", _swinging(), 3.0, swung, swung),
    ]
    exact = [canary for canary in every if _exact(row, canary[1])]
    if row.seconds_per_firing is not None:  # slow: what faster ones cannot run, if anything
        faster = [e for e in ENGINES.values() if "ssa" in e.methods and not e.seconds_per_firing]
        exact = [c for c in exact if not any(_exact(e, c[1]) for e in faster)] or exact
    return tuple(_judged(engine, *canary) for canary in exact)


def _exact(engine: Engine, network: Network) -> bool:
    compiled, _ = program(network, Condition(), np.array([0.0, 1.0]))
    return not (engine.obstacles(network, compiled) or engine.doubts(network, compiled, "ssa"))


def available_engines() -> tuple[str, ...]:
    """Engines for SSA."""
    return tuple(name for name, engine in ENGINES.items() if "ssa" in engine.methods)


def _judged(
    engine: str, name: str, network: Network, end: float, mean: float, variance: float
) -> Canary:
    run = simulate(
        network, t_end=end, points=2, method="ssa", replicates=_REPLICATES, seed=1, workers=WORKERS,
        engine=engine, readouts=["X"],
    )  # fmt: skip
    values: FloatArray = run.values[0, :, -1, 0]
    z = NormalDist().inv_cdf(1 - _FALSE_ALARM)
    fourth = float(np.mean((values - values.mean()) ** 4))
    spread = float(values.var(ddof=1))
    error = math.sqrt(max(fourth - spread**2, 1e-12) / len(values))
    fine = bool(abs(values.mean() - mean) <= z * math.sqrt(variance / len(values)))
    fine = fine and abs(spread - variance) <= z * error
    found = f"mean {values.mean():.4g} (exact {mean:.4g}), variance {spread:.4g} ({variance:.4g})"
    return Canary(name=name, engine=engine, fine=fine, found=found)


def _birth_death() -> Network:
    return _network(
        {"X": Number(0.0)},
        [("", "X", Number(10.0)), ("X", "", Number(1.0))],
    )


def _toggle() -> Network:
    """29 molecules, given as 0.29 * 100, stand by; X is on a quarter of the time."""
    start, _ = whole(Call("times", (Number(0.29), Number(100.0))), 0.29 * 100, "item")
    return _network(
        {"X": Number(0.0), "Off": Number(1.0), "Idle": start},
        [("Off", "X", Number(0.25)), ("X", "Off", Number(0.75))],
    )


def _swinging() -> Network:
    """Poisson, with the mean of `_swung`."""
    angle = Call("times", (Number(2 * math.pi / 10), Time()))
    rate = Call("times", (Number(10.0), Call("plus", (Number(1.0), Call("sin", (angle,))))))
    return _network({"X": Number(0.0)}, [("", "X", rate)])


def _swung(end: float) -> float:
    return 10 * (end + 10 / (2 * math.pi) * (1 - math.cos(2 * math.pi * end / 10)))


def _network(
    starts: dict[str, Expression], reactions: list[tuple[str, str, Expression]]
) -> Network:
    def side(name: str) -> tuple[tuple[str, int], ...]:
        return ((name, 1),) if name else ()

    return Network(
        id="canary",
        compartments=(Compartment(id="cell", size=1.0),),
        species=tuple(
            Species(id=name, name=name, compartment="cell", initial=_number(start),
                    initial_expression=None if isinstance(start, Number) else start)
            for name, start in starts.items()
        ),
        parameters=(Parameter(id="unused", value=1.0),),
        assignments=(),
        reactions=tuple(
            Reaction(id=f"r{i}", reactants=side(used), products=side(made),
                     law=RateLaw(rate=rate, orders=side(used)))
            for i, (used, made, rate) in enumerate(reactions)
        ),
        readouts=(Readout(name="X", symbol="X", unit="item"),),
    )  # fmt: skip


def _number(start: Expression) -> float:
    return start.value if isinstance(start, Number) else 29.0
