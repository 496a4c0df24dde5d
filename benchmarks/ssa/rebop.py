"""rebop: mass action as numbers, other laws as text. It gives an xarray Dataset per trajectory."""

from typing import Any

import numpy as np
from cases import Case

from simnet.network.expression import Number
from simnet.network.values import initial_values
from ssa.text import inlined, written

DISTRIBUTION = "rebop"


def prepare(case: Case) -> Any:
    from rebop import Gillespie

    network = case.network
    system = Gillespie()
    for reaction in network.reactions:
        rate = inlined(network, reaction.law.rate)
        mass_action = isinstance(rate, Number) and dict(reaction.law.orders) == dict(
            reaction.reactants
        )
        system.add_reaction(
            rate.value  # type: ignore[union-attr]
            if mass_action
            else written(inlined(network, reaction.law.expression("discrete"))),
            [s for s, n in reaction.reactants for _ in range(n)],
            [s for s, n in reaction.products for _ in range(n)],
        )
    values = initial_values(network)
    start = {s.id: int(values[s.id]) for s in network.species}

    def run(n: int, seed: int) -> Any:
        found = np.empty((n, len(case.species)))
        for i in range(n):
            last = system.run(start, case.horizon, 1, rng=seed * 100_000 + i)
            found[i] = [float(last[s][-1]) for s in case.species]
        return found

    return run
