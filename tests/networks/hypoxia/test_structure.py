"""`hypoxia` as a set of species and reactions: what exists, what is conserved, what is whole."""

from collections import Counter
from dataclasses import replace

import pytest

import simnet as sn
from simnet.network.expression import text
from simnet.network.stochastic import stochastic_problems
from simnet.network.values import initial_values

GENES = ["VEGFA", "SLC2A1", "SLC16A3", "LDHA", "PDK1", "CA9", "EGLN1", "EGLN3", "SLC16A1", "BSG"]
WITHOUT_HRE = {"SLC16A1", "BSG"}
DRUGS = ["axitinib", "sunitinib", "anti_VEGF", "roxadustat"]
MAKERS = ("synthesise", "transcribe", "translate", "grow")
BREAKERS = ("degrade", "destroy", "take_in", "clear", "regress", "lose_BSG", "recycle")


def names(network: sn.Network, *molecules: str) -> list[str]:
    """Patterns of the species made of exactly these molecules."""
    wanted = Counter(molecules)
    return [s.name for s in network.species if Counter(s.molecules) == wanted]


def test_species_that_must_exist(network: sn.Network) -> None:
    """Every complex that the mechanism speaks of."""
    for pair in (("HIF1A", "ARNT"), ("HIF1A", "VHL"), ("BSG", "MCT1"), ("BSG", "MCT4")):
        assert names(network, *pair), pair
    assert names(network, "HIF1A", "ARNT", "VHL")
    assert names(network, "VEGF", "VEGFR1")
    assert names(network, "VEGF", "VEGFR2")
    # Two receptors with two sites of two states each: ten different unordered pairs.
    assert len(names(network, "VEGF", "VEGFR2", "VEGFR2")) == 10
    for gene in GENES:
        assert len(names(network, f"{gene}_gene")) == (2 if gene in WITHOUT_HRE else 4)
        assert len(names(network, f"{gene}_mRNA")) == (2 if gene == "VEGFA" else 1)


def test_species_that_must_not_exist(network: sn.Network) -> None:
    """VHL holds hydroxylated HIF1A only; transporters are at the membrane with basigin only; a
    trapped or unsecreted VEGF is on no receptor; drugs are no species."""
    for species in network.species:
        kinds = set(species.molecules)
        if "VHL" in kinds and "HIF1A" in kinds:
            assert "pro='oh'" in species.name
        if "place='membrane'" in species.name:
            assert "BSG" in kinds
        if kinds & {"VEGFR1", "VEGFR2"} and "VEGF" in kinds:
            assert "pool='free'" in species.name
        assert not {"VEGFR1", "VEGFR2"} <= kinds  # no heterodimers
        assert not {"MCT1", "MCT4"} <= kinds
        assert Counter(species.molecules)["VEGFR2"] <= 2
    assert not [s.id for s in network.species for drug in DRUGS if drug in s.id]


def test_each_reaction_conserves_what_its_rule_does_not_make_or_break(network: sn.Network) -> None:
    """Binding, switching and modification leave the number of every molecule as it is; genes are
    never made or lost, by any reaction."""
    made_of = {s.id: Counter(s.molecules) for s in network.species}

    def total(side: tuple[tuple[str, int], ...]) -> Counter[str]:
        return sum((Counter({m: n * k for m, k in made_of[s].items()}) for s, n in side), Counter())

    for reaction in network.reactions:
        before, after = total(reaction.reactants), total(reaction.products)
        if reaction.id.startswith(MAKERS):
            assert before <= after, reaction.id
        elif reaction.id.startswith(BREAKERS):
            assert after < before, reaction.id
        else:
            assert before == after, reaction.id
        for gene in GENES:
            assert before[f"{gene}_gene"] == after[f"{gene}_gene"]


def test_every_law_is_a_propensity(network: sn.Network) -> None:
    """Nothing stands in the way of an exact stochastic run."""
    assert list(stochastic_problems(network)) == []


def test_both_kinetics_agree(network: sn.Network) -> None:
    """No rule joins two equal species, so the laws of the two exported files are the same."""
    for reaction in network.reactions:
        assert all(order == 1 for _, order in reaction.reactants)
        laws = [text(reaction.law.expression(k)) for k in ("continuous", "discrete")]
        assert laws[0] == laws[1]


def test_starting_amounts_are_whole_tokens(network: sn.Network) -> None:
    """At the default token sizes and at their halves."""
    for factor in (1.0, 0.5):
        values = initial_values(network, token_sizes(network, factor))
        assert [s.id for s in network.species if values[s.id] % 1] == []


def token_sizes(network: sn.Network, factor: float) -> dict[str, float]:
    """Every token size, multiplied."""
    sizes = [p for p in network.parameters if p.id.endswith("_copies_per_token")]
    assert len(sizes) == 8
    return {p.id: p.value * factor for p in sizes}


def test_the_catalogue_is_complete(network: sn.Network) -> None:
    """Readouts begin with the four that a first look needs; every molecule has a meaning; every
    parameter has a unit, a source and a range that holds its value."""
    assert [r.name for r in network.readouts[:4]] == ["O2", "HIF1A", "GLUT1", "MCT4"]
    asked = {"HIF1A_active", "MCT1", "VEGFA_mRNA", "VEGF", "pVEGFR2", "perfusion"}
    assert asked | {"LDHA", "PDK1", "CA9"} <= set(network.readout_by_name)
    assert [m.name for m in network.molecules if not m.meaning] == []
    for p in network.parameters:
        assert p.unit, p.id
        assert p.meaning, p.id
        assert p.source, p.id
        if not p.id.endswith("_copies_per_token"):
            assert p.lower is not None and p.upper is not None, p.id  # noqa: PT018
            assert p.lower <= p.value <= p.upper, p.id
    for drug in DRUGS:
        assert network.parameter_by_id[f"{drug}_nM"].value == 0
        assert network.parameter_by_id[f"{drug}_nM"].unit == "nM"


@pytest.mark.parametrize("gene", ["HIF1A", "GLUT1", "MCT4", "MCT1", "BSG", "LDHA", "PDK1", "CA9"])
def test_a_knockout_takes_all_of_a_gene(network: sn.Network, gene: str) -> None:
    """Without the parameters that the catalogue names, nothing makes the molecule."""
    (entry,) = [g for g in network.genes if g.name == gene]
    off = replace(
        network,
        parameters=tuple(
            replace(p, value=0.0) if p.id in entry.parameters else p for p in network.parameters
        ),
    )
    start = {
        s.id: 0.0
        for s in network.species
        if gene in s.molecules or f"{entry.symbol}_mRNA" in s.molecules
    }
    off = replace(
        off,
        species=tuple(
            replace(s, initial=0.0, initial_expression=None) if s.id in start else s
            for s in off.species
        ),
    )
    found = sn.simulate(off, t_end="48 h", points=3, workers=0, readouts=[gene])
    assert (found.values == 0).all()
