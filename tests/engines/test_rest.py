"""Arms of one rest: it is simulated once, and nobody can tell."""

from collections.abc import Sequence

import numpy as np
import pytest

from simnet.engines import roadrunner
from simnet.engines.base import Task
from simnet.experiment.change import Change, Set
from simnet.experiment.condition import Condition
from simnet.experiment.program import Program, program
from simnet.network.expression import RateLaw, Symbol
from simnet.network.network import Compartment, Network, Parameter, Reaction, Species

K, G = Symbol("k"), Symbol("g")
NETWORK = Network(
    id="decay",
    compartments=(Compartment(id="cell", size=1.0),),
    species=(Species(id="X", name="X()", compartment="cell", initial=50.0, molecules=("X",)),),
    parameters=(Parameter(id="k", value=10.0), Parameter(id="g", value=0.1)),
    reactions=(
        Reaction(id="make", reactants=(), products=(("X", 1),), law=RateLaw(rate=K)),
        Reaction(
            id="lose",
            reactants=(("X", 1),),
            products=(),
            law=RateLaw(rate=G, orders=(("X", 1),)),
        ),
    ),
    assignments=(),
)
TASK = Task(
    network=NETWORK, method="ode", engine="roadrunner", symbols=("X",), rtol=1e-8, atol=1e-9
)


def arm(changes: Sequence[Change], background: Sequence[Change] = ()) -> Program:
    condition = Condition(
        background=tuple(background), equilibrate=20.0, changes=tuple(changes), schedule=()
    )
    made, problems = program(NETWORK, condition, np.linspace(0.0, 10.0, 11))
    assert problems == []
    return made


def test_a_rest_that_arms_share_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three arms of one rest and two of another are five runs and two rests, to the bit what each
    gives alone; a rest comes back after another one."""
    runs: list[float] = []
    simulated = roadrunner.simulated

    def counted(runner: object, times: list[float]) -> object:
        runs.append(times[-1])
        return simulated(runner, times)

    monkeypatch.setattr(roadrunner, "simulated", counted)
    slow = [Set("g", 0.05)]
    arms = [arm([]), arm([Set("k", 20)]), arm([Set("g", 0.2)])]
    arms += [arm([], slow), arm([Set("k", 20)], slow)]
    together = roadrunner.ROADRUNNER.prepare(TASK)
    found = [together.run(made, 0) for made in arms]
    assert runs.count(20.0) == 2
    assert runs.count(10.0) == 5
    again = together.run(arms[1], 0)
    for made, values in zip([*arms, arms[1]], [*found, again], strict=True):
        alone = roadrunner.ROADRUNNER.prepare(TASK).run(made, 0)
        assert np.array_equal(values, alone)
    assert found[1][-1, 0] > found[0][-1, 0] > found[2][-1, 0]
