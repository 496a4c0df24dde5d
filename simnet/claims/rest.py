"""Whole molecules near the rest of an ODE: where SSA starts if it cannot come to rest itself."""

from collections import defaultdict

import numpy as np

from simnet.execute.simulate import simulate
from simnet.experiment.change import Set
from simnet.network.network import Network

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
