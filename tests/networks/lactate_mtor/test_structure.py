"""`lactate_mtor` as a set of species and reactions, its quanta and its cost."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import simnet as sn
from simnet.execute.cost import expected_firings
from simnet.network.stochastic import stochastic_problems
from simnet.network.values import initial_values

DRUGS = ["rapamycin", "torin", "AZD3965", "AR_C155858", "CB839", "permeable_aKG"]
CONSERVED = ["RAGB", "RAGC", "ARF1", "AMPK", "TSC1", "TSC2", "RHEB", "MTOR", "RPTOR", "FKBP12"]
CONSERVED += ["S6K1", "RPS6", "EIF4EBP1", "Repressor", "Adenylate", "Oxidase"]


def kinds(network: sn.Network) -> set[frozenset[str]]:
    """Sets of molecules that are found together."""
    return {frozenset(s.molecules) for s in network.species}


def test_species_that_must_exist(network: sn.Network) -> None:
    """Every complex that the mechanism speaks of."""
    found = kinds(network)
    for together in (
        {"MTOR", "RPTOR"},
        {"RAGB", "RAGC"},
        {"MTOR", "RPTOR", "RAGB", "RAGC"},
        {"MTOR", "FKBP12"},
        {"TSC1", "TSC2"},
        {"BSG", "MCT1"},
        {"BSG", "MCT4"},
        {"ARF1", "RPTOR"},
    ):
        assert frozenset(together) in found, together
    assert len([s for s in network.species if s.molecules == ("RPS6",)]) == 3


def test_species_that_must_not_exist(network: sn.Network) -> None:
    """FKBP12 on FRB has rapamycin; Rag without GTP holds no RPTOR; RPTOR has one anchor; RagB is
    never without RagC; S240 is not phosphorylated before S235; drugs are no species."""
    for species in network.species:
        found = set(species.molecules)
        if {"FKBP12", "MTOR"} <= found:
            assert "rap='bound'" in species.name
        if {"RAGB", "RPTOR"} <= found:
            assert "nt='gtp'" in species.name
        assert not {"RAGB", "ARF1"} <= found
        assert ("RAGB" in found) == ("RAGC" in found)
        assert "s235='u', s240='p'" not in species.name
        assert "place='medium'" not in species.name  # the flask's medium is held
    assert not [s.id for s in network.species for drug in DRUGS if drug in s.id]


@pytest.mark.parametrize("molecule", CONSERVED)
def test_what_is_not_made_is_not_lost(network: sn.Network, molecule: str) -> None:
    """Every reaction leaves its number as it is."""
    made_of = {s.id: Counter(s.molecules)[molecule] for s in network.species}
    for reaction in network.reactions:
        before, after = (
            sum(made_of[s] * n for s, n in side) for side in (reaction.reactants, reaction.products)
        )
        assert before == after, reaction.id


def test_every_law_is_a_propensity(network: sn.Network) -> None:
    """Nothing stands in the way of an exact stochastic run."""
    assert list(stochastic_problems(network)) == []


def sizes(network: sn.Network) -> list[str]:
    """The parameters that hold token sizes and quanta."""
    return [p.id for p in network.parameters if p.id.endswith("_copies_per_token")]


def test_starting_amounts_are_whole(network: sn.Network) -> None:
    """At the default token sizes and at their halves."""
    for factor in (1.0, 0.5):
        values = initial_values(
            network, {n: network.parameter_by_id[n].value * factor for n in sizes(network)}
        )
        assert [s.id for s in network.species if values[s.id] % 1] == []


def moved(network: sn.Network, run: Callable, halved: list[str]) -> dict[str, float]:
    """Relative change of each readout after 48 h of rapamycin at 8 % O2, with sizes halved."""
    stress = (sn.Set("O2_percent", 8), sn.Set("rapamycin_nM", 100))
    finer = replace(
        network,
        parameters=tuple(
            replace(p, value=p.value / 2) if p.id in halved else p for p in network.parameters
        ),
    )
    whole, fine = run(48, *stress), run(48, *stress, of=finer)
    return {n: abs(fine[n][-1] / (v[-1] or 1) - (v[-1] != 0)) for n, v in whole.items()}


def test_halving_all_quanta_moves_no_mean(network: sn.Network, run: Callable) -> None:
    """Convergence: every token size and quantum halved at once; every readout within 2 %."""
    assert max(moved(network, run, sizes(network)).values()) < 0.02


@pytest.mark.verify
def test_halving_each_quantum_moves_no_mean(network: sn.Network, run: Callable) -> None:
    """Convergence: each in turn."""
    for name in sizes(network):
        assert max(moved(network, run, [name]).values()) < 0.02, name


CONDITIONS = {
    "default": [],
    "hypoxia": [sn.Set("O2_percent", 1)],
    "rapamycin": [sn.Set("rapamycin_nM", 100)],
    "starved": [sn.Set("O2_percent", 8), sn.Set("glucose_mM", 0.1)],
}


@pytest.mark.thorough
@pytest.mark.parametrize("condition", CONDITIONS)
def test_cost(network: sn.Network, condition: str) -> None:
    """A stochastic run of 48 h fires fewer than 3e6 reactions on average."""
    table = expected_firings(
        network, t_end="48 h", equilibrate="240 h", changes=CONDITIONS[condition]
    )
    assert table["firings"].sum() < 3e6


def test_rest(network: sn.Network) -> None:
    """After the suggested equilibration no readout is more than 5 % from where it goes."""
    values = [
        sn.simulate(network, t_end=1, points=2, equilibrate=time, workers=0).values[0, 0, 0]
        for time in (network.suggested_equilibration, "2000 h")
    ]
    assert (
        np.max(np.abs(values[0] / np.where(values[1] == 0, 1, values[1]) - 1)[values[1] != 0])
        < 0.05
    )


@pytest.mark.verify
def test_9_cell_by_cell(network: sn.Network) -> None:
    """Check 9 for the means of 40 cells: the 99.9 % interval of each mean is on the right side."""
    cells = [
        sn.simulate(
            network,
            t_end="48 h",
            points=2,
            method="ssa",
            replicates=40,
            seed=seed,
            equilibrate="24 h",
            changes=changes,
            readouts=["pS6", "GLUT2_mRNA", "GLUT2"],
        ).values[0, :, -1]
        for seed, changes in ((1, []), (2, [sn.Set("rapamycin_nM", 100)]))
    ]
    (control, error), (treated, spread) = (
        (x.mean(axis=0), 3.56 * x.std(axis=0, ddof=1) / np.sqrt(len(x))) for x in cells
    )
    assert treated[0] + spread[0] < 0.10 * (control[0] - error[0])
    assert treated[1] - spread[1] > 3 * (control[1] + error[1])
    assert treated[2] - spread[2] > 1.5 * (control[2] + error[2])
    assert treated[2] + spread[2] < 10 * (control[2] - error[2])
