"""What an engine is: a row of the engine table that makes simulators."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from simnet.arrays import TimesByReadouts
from simnet.experiment.program import Program
from simnet.network.network import Network

Method: TypeAlias = Literal["ode", "ssa"]


@dataclass(frozen=True, kw_only=True)
class Task:
    """All that a simulator is made from; it goes to a worker once.

    Attributes:
        network: what is simulated.
        program: initial amounts and segments.
        method: "ode" or "ssa".
        engine: name in the engine table.
        symbols: (R,) ids of the readouts to take.
        rtol: relative tolerance of the integrator (ODE).
        atol: absolute tolerance of the integrator (ODE), in units of amount.
    """

    network: Network
    program: Program
    method: Method
    engine: str
    symbols: tuple[str, ...]
    rtol: float = 1e-8
    atol: float = 1e-8


class Simulator(Protocol):
    """A loaded model, ready to run replicate after replicate."""

    def run(self, seed: int) -> TimesByReadouts:
        """One replicate, from the start, (T, R). Equal seeds give equal bits, whatever ran before.

        Raises:
            StateError: a negative, NaN or fractional amount was reached.
            SimulationError: anything else that went wrong inside the engine.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A row of the engine table."""

    name: str
    methods: frozenset[Method]
    prepare: Callable[[Task], Simulator]
    version: Callable[[], str]
