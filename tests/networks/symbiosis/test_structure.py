"""`symbiosis` as a set of species and reactions, its layers, and its cost."""

import importlib
import shutil
from collections import Counter
from importlib import resources

import pytest

import simnet as sn
from simnet.catalogue.tables import read_catalogue
from simnet.execute.cost import expected_firings
from simnet.network.stochastic import stochastic_problems
from simnet.network.values import initial_values
from simnet.rules.compile import compile_model
from simnet.rules.packaged import compile_packaged

CELLS = ("proximal", "distal")
SHARED = {"Vessel", "VEGF", "VEGFR1", "VEGFR2"}
PERL = pytest.mark.skipif(shutil.which("perl") is None, reason="BioNetGen needs perl")


def cells_of(species: object) -> set[str]:
    """The cells whose molecules a species is made of."""
    return {m.rsplit("_", 1)[-1] for m in species.molecules if m not in SHARED}  # type: ignore[attr-defined]


def test_both_cells_have_the_same_rules(network: sn.Network) -> None:
    """Each molecule and each rule of a cell is there once per cell, and no complex has molecules of
    two cells; only VEGF and its receptors are shared."""
    names = [m.name for m in network.molecules]
    own = {cell: {n.rsplit("_", 1)[0] for n in names if n.endswith(f"_{cell}")} for cell in CELLS}
    assert own["proximal"] == own["distal"]
    assert {n for n in names if not n.endswith(CELLS)} == SHARED
    assert all(len(cells_of(s)) <= 1 for s in network.species)
    rules = [r.name for r in network.rules]
    only_distal = {"pass_Glucose_out", "pass_Glucose_back", "pass_Lactate_out"}
    only_distal |= {"pass_Lactate_back", "pass_Glutamine_out", "pass_Glutamine_back"}
    sides = [
        {n.removesuffix(f"_{cell}") for n in rules if n.endswith(f"_{cell}")} for cell in CELLS
    ]
    assert sides[1] - sides[0] == only_distal
    assert sides[0] <= sides[1]


def test_metabolites_move_and_nothing_else_does(network: sn.Network) -> None:
    """A reaction between cells passes one quantum of glucose, lactate or glutamine."""
    made_of = {s.id: Counter(s.molecules) for s in network.species}
    kinds = {s.id: cells_of(s) for s in network.species}
    for reaction in network.reactions:
        involved = set().union(*(kinds[s] for s, _ in (*reaction.reactants, *reaction.products)))
        if len(involved) > 1:
            assert reaction.id.startswith("pass_"), reaction.id
            (left,), (right,) = (
                [m.rsplit("_", 1)[0] for s, _ in side for m in made_of[s]]
                for side in (reaction.reactants, reaction.products)
            )
            assert left == right


def test_every_law_is_a_propensity(network: sn.Network) -> None:
    """Nothing stands in the way of an exact stochastic run."""
    assert list(stochastic_problems(network)) == []


def test_starting_amounts_are_whole(network: sn.Network) -> None:
    """At the default token sizes and at their halves."""
    sizes = [p for p in network.parameters if p.id.endswith("_copies_per_token")]
    for factor in (1.0, 0.5):
        values = initial_values(network, {p.id: p.value * factor for p in sizes})
        assert [s.id for s in network.species if values[s.id] % 1] == []


@pytest.mark.verify
@pytest.mark.parametrize("drug", ["none", "axitinib"])
def test_cost(network: sn.Network, drug: str) -> None:
    """A stochastic run of 48 h fires fewer than 1e7 reactions on average."""
    changes = [sn.Set("axitinib_nM", 10)] if drug == "axitinib" else []
    table = expected_firings(network, t_end="48 h", equilibrate="2 d", changes=changes)
    assert table["firings"].sum() < 1e7


@PERL
@pytest.mark.verify
def test_unrolling_gives_the_exported_network(network: sn.Network) -> None:
    compiled = compile_packaged("symbiosis")
    assert [s.name for s in compiled.species] == [s.name for s in network.species]


@PERL
@pytest.mark.verify
def test_three_layers() -> None:
    """`layers=3`: oxygen and glucose fall from the vessel outwards."""
    rules = importlib.import_module("simnet.networks.symbiosis.rules")
    catalogue = read_catalogue(resources.files("simnet.networks.symbiosis"))
    cord = compile_model(rules.build(layers=3), catalogue)
    layers = ["proximal", "middle1", "distal"]
    for symbol in ("O2", "Glucose_medium_mM"):
        wanted = [f"{symbol}_{layer}" for layer in layers]
        end = sn.simulate(cord, t_end="10 d", points=2, readouts=wanted, workers=0).values[0, 0, -1]
        assert end[0] > end[1] > end[2]


def test_layers_must_be_two_or_more() -> None:
    """One cell has no far side."""
    rules = importlib.import_module("simnet.networks.symbiosis.rules")
    with pytest.raises(ValueError, match="layers=1"):
        rules.build(layers=1)
