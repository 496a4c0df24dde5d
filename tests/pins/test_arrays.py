"""Arrays: every bit of what runs of counts give, the same on all processors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import simnet as sn

Pinned = Callable[[str, Any], None]
COUNTS: dict[str, Any] = {"t_end": 30, "points": 7, "method": "ssa", "seed": 11, "workers": 0}


def run(network: sn.Network, condition: sn.Condition, **settings: Any) -> sn.Trajectories:
    return sn.simulate(
        network,
        **{
            "background": condition.background,
            "changes": condition.changes,
            "schedule": condition.schedule,
            "equilibrate": condition.equilibrate,
            "variability": condition.variability,
            "replicates_per_cell": condition.replicates_per_cell,
            **COUNTS,
            **settings,
        },
    )


def test_the_compiled_engine(
    gene: sn.Network, conditions: dict[str, sn.Condition], pinned: Pinned
) -> None:
    for name, condition in conditions.items():
        found = run(gene, condition, replicates=8)
        assert found.engine.startswith("compiled")
        pinned(f"compiled, {name}", found.values)


def test_the_reference_engine(
    gene: sn.Network, conditions: dict[str, sn.Condition], pinned: Pinned
) -> None:
    for name in ("control", "all"):
        found = run(gene, conditions[name], replicates=3, engine="reference")
        pinned(f"reference, {name}", found.values)


@pytest.mark.parametrize("name", ["hypoxia", "symbiosis"])
def test_packaged_networks(name: str, pinned: Pinned) -> None:
    found = sn.simulate(
        sn.load(name), t_end="2 min", points=3, method="ssa", replicates=2, seed=5, workers=0
    )
    pinned(f"compiled, {name}", found.values)


def test_first_passages(gene: sn.Network, pinned: Pinned) -> None:
    """Between output times by one engine, at the firing itself by the other."""
    for engine in ("reference", "compiled"):
        found = sn.first_passage_times(
            gene, "P", above=20, t_end=30, points=31, replicates=20, seed=3, workers=0,
            engine=engine,
        )  # fmt: skip
        pinned(f"first passages, {engine}", np.stack([found.after, found.by]))
