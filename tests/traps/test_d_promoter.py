"""Trap (d): a telegraph promoter whose transcription is a piecewise function of its state.

The piecewise law itself has been right in roadrunner since 2.9.3 (issue #1317), so PySB's export is
wrong here for its merged promoter and birth-death pairs only.
"""

from typing import Any

import pytest
from sympy import Piecewise

import simnet as sn

REPLICATES = 5000
# On 40 % of the time: at half of it the variance of `active` is at its peak, and its score no test.
ON, OFF, MADE, LOST, T = 0.4, 0.6, 6.0, 1.0, 20.0

pytestmark = pytest.mark.filterwarnings("ignore:to_pickable helper:DeprecationWarning")


@pytest.fixture(scope="module")
def telegraph(draft: Any) -> Any:
    d = draft("telegraph")
    gene, rna = d.monomer("G", s=["off", "on"]), d.monomer("M")
    d.rule("switch", gene(s="off") | gene(s="on"), ON, OFF)
    active = d.observable("active", gene(s="on"))
    k = d.parameter("k", MADE)
    rate = d.expression("transcription", Piecewise((k, active > 0), (0, True)))
    d.rule("transcribe", None >> rna(), rate)
    d.rule("decay", rna() >> None, LOST)
    d.observable("RNA", rna())
    d.start(gene(s="off"), 1)
    d.start(rna(), 0)
    return d.model


@pytest.fixture(scope="module")
def telegraph_exact(master_equation: Any) -> Any:
    def solve(of: Any) -> Any:
        jumps = [
            (lambda s: ON * (1 - s[0]), (1, 0)),
            (lambda s: OFF * s[0], (-1, 0)),
            (lambda s: MADE * s[0], (0, 1)),
            (lambda s: LOST * s[1], (0, -1)),
        ]
        return master_equation((0, 0), jumps, T, of, keep=lambda s: s[1] <= 40)

    return solve


def test_pysb(
    telegraph: Any, telegraph_exact: Any, pysb_export: Any, bare_ssa: Any, disagrees: Any
) -> None:
    sample = bare_ssa(pysb_export(telegraph), "__obs1", T, REPLICATES)
    disagrees(sample, telegraph_exact(lambda s: s[1]), "variance")


def test_ours(telegraph: Any, telegraph_exact: Any, ours: Any, agrees: Any) -> None:
    network = sn.load(telegraph)
    exact = telegraph_exact(lambda s: s[1])
    assert exact.moment(2) / exact.moment(1) == pytest.approx(2.8, abs=1e-3)  # bursts
    agrees(ours(network, "RNA", T, REPLICATES), exact, 2)
    agrees(ours(network, "active", T, REPLICATES), telegraph_exact(lambda s: s[0]), 2)
