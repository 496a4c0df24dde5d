"""Claims of packaged networks under SSA: slow.

28 days of `symbiosis` are 1.4e8 firings a cell: its means have a test of their own, of fewer cells and
14 days, in tests/networks/symbiosis.
"""

from collections.abc import Callable

import pytest

from simnet.claims.run import run_claims
from simnet.claims.suite import claimed_names


@pytest.mark.verify
@pytest.mark.parametrize("name", [n for n in claimed_names() if n != "symbiosis"])
def test_no_claim_fails_under_ssa(name: str, keep_figures: Callable[[str, object], None]) -> None:
    """Means of 40 replicates. A claim fails where its whole 99 % interval is outside of what is
    expected: one that is true by a hair does so with a chance of 0.5 %, others with less."""
    found = run_claims(name, method="ssa", replicates=40, seed=1)
    keep_figures(
        f"claims-{name}",
        [
            [
                f.claim.id,
                f.claim.condition,
                f.claim.readout,
                str(f.value),
                *map(str, f.interval or ()),
                f.verdict,
            ]
            for f in found.findings
        ],
    )
    assert found.passed, found.frame()[["id", "simulated", "interval_low", "interval_high"]]
