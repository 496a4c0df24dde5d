"""Expected firings per reaction: what an exact stochastic run of a network costs, and where.

Every reaction gets a counter, a species that each firing makes one of. CVODE integrates the counters
along with the network, under its own error control, so fast transients, time-dependent laws and
scheduled changes are taken in without a grid of ours:

    counter_j(t) = integral from 0 to t of a_j(x(s), s) ds

with x the ODE solution and a_j the law in continuous kinetics (k*A^2/2, not k*A*(A-1)/2): these are
the firings that carry the ODE's own amounts, so that they balance, and they cannot be negative below
one molecule. Where copies are few, the mean over stochastic runs differs.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simnet.errors import UnsupportedError
from simnet.execute.cluster import Workers
from simnet.execute.simulate import simulate
from simnet.experiment.change import Change
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec
from simnet.network.network import Network, Reaction, Species

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 1000  # counters in one run: CVODE's time grows with the cube of what it integrates


def expected_firings(
    network: Network,
    *,
    t_end: TimeSpec,
    equilibrate: TimeSpec | None = None,
    background: Sequence[Change] | Change = (),
    changes: Sequence[Change] | Change = (),
    schedule: Sequence[Scheduled] | Scheduled = (),
    workers: Workers = 0,
) -> "pd.DataFrame":
    """Expected firings of each reaction from t = 0 to t_end, the most frequent first.

    Args:
        network: from `load`.
        t_end: end of the run, as in `simulate`.
        equilibrate: time under baseline inputs before; its firings are not counted.
        background, changes, schedule: as in `simulate`.
        workers: as in `simulate`; 0 runs in this process.

    Returns:
        Columns reaction (id), rules (their names, joined by ", "), firings (expected number) and
        share (of all firings, 0 to 1).

    Raises:
        InputError: mistakes in the call.
        UnsupportedError: a foreign file that a Network cannot hold: it has no reactions of ours.
    """
    import pandas as pd

    if network.document is not None:
        raise UnsupportedError(network.document.obstacles)
    firings: list[float] = []
    for first in range(0, len(network.reactions), _AT_ONCE):
        counted = network.reactions[first : first + _AT_ONCE]
        counters = _counter_ids(network, counted)
        run = simulate(
            _with_counters(network, counters),
            t_end=t_end,
            points=2,
            equilibrate=equilibrate,
            background=background,
            changes=changes,
            schedule=schedule,
            readouts=list(counters.values()),
            workers=workers,
            rtol=1e-6,
        )
        firings += (run.values[0, 0, -1] - run.values[0, 0, 0]).tolist()
    total = np.sum(firings)
    table = pd.DataFrame(
        {
            "reaction": [reaction.id for reaction in network.reactions],
            "rules": [", ".join(reaction.rules) for reaction in network.reactions],
            "firings": np.array(firings, dtype=np.float64),
            "share": np.array(firings) / total if total > 0 else np.zeros(len(firings)),
        }
    )
    return table.sort_values("firings", ascending=False, kind="stable", ignore_index=True)


def _counter_ids(network: Network, counted: Sequence[Reaction]) -> dict[str, str]:
    """An id for the counter of each reaction; none is in the network."""
    taken = set(network.ids())
    prefix = "firings"
    while any(name.startswith(f"{prefix}_") for name in taken):
        prefix += "_"
    return {reaction.id: f"{prefix}_{reaction.id}" for reaction in counted}


def _with_counters(network: Network, counters: dict[str, str]) -> Network:
    where = network.compartments[0].id
    reactions = tuple(
        replace(r, products=(*r.products, (counters[r.id], 1))) if r.id in counters else r
        for r in network.reactions
    )
    species = tuple(
        Species(id=name, name=name, compartment=where, initial=0.0) for name in counters.values()
    )
    return replace(network, reactions=reactions, species=(*network.species, *species))
