"""Seeds and streams: what a condition's content and a replicate's number become."""

from collections.abc import Callable
from typing import Any

import simnet as sn
from simnet.seeds import replicate_seed, stream_state
from simnet.sensitivity.table import ANALYSES

Pinned = Callable[[str, Any], None]


def test_conditions(conditions: dict[str, sn.Condition], pinned: Pinned) -> None:
    for name, condition in conditions.items():
        content = condition.content("s")
        pinned(f"content of {name}", content)
        pinned(f"seeds of {name}", [replicate_seed(1, content, r) for r in range(4)])
        pinned(f"streams of {name}", b"".join(stream_state(1, content, r) for r in range(4)))


def test_designs(gene: sn.Network, pinned: Pinned) -> None:
    assert set(ANALYSES) == {"local", "morris", "sobol", "pawn", "prcc"}
    for analysis in ANALYSES:
        samples = 1 if analysis == "local" else 64
        study = sn.SensitivityStudy(
            network=gene, readouts="P@10s", analysis=analysis, samples=samples, seed=7
        )
        pinned(f"design of {analysis}", study.design().matrix)
