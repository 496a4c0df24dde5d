"""Factors: ranges, scales, groups, the dummy, and the choice from a network."""

from dataclasses import replace

import numpy as np
import pytest

from simnet.errors import InputError
from simnet.network.expression import Symbol
from simnet.network.network import Molecule, Parameter
from simnet.sensitivity.factors import (
    Factor,
    FactorGroup,
    choose_factors,
    factor_space,
    molecule_groups,
)


@pytest.fixture(scope="module")
def network(make_network):
    """Parameters with and without range, at zero, fixed, negative, and a computed amount."""
    base = make_network("net", {"A": 10, "B": 0, "C": 7}, {}, [])
    a, b, c = base.species
    return replace(
        base,
        species=(replace(a, molecules=("HIF",)), b, replace(c, initial_expression=Symbol("HIF_n"))),
        parameters=(
            Parameter(id="k_on", value=1.0, lower=0.1, upper=10.0, scale="log"),
            Parameter(id="k_off", value=2.0, lower=1.0, upper=3.0, scale="linear"),
            Parameter(id="k_bare", value=4.0),
            Parameter(id="drug_nM", value=0.0, lower=0.0, upper=100.0, scale="linear"),
            Parameter(id="N_A", value=6e23, lower=6e23, upper=6e23, scale="log"),
            Parameter(id="shift", value=-2.0),
            Parameter(id="HIF_n", value=7.0, lower=1.0, upper=50.0, scale="log"),
            Parameter(id="sum", value=3.0, initial_expression=Symbol("k_on")),
        ),
        molecules=(Molecule(name="HIF", sites=""),),
    )


def by_name(space):
    return {f.name: f for f in space.factors}


def test_values_on_both_scales():
    log = Factor(name="k", lower=0.01, upper=1.0, baseline=0.1, scale="log")
    line = Factor(name="n", lower=-1.0, upper=3.0, baseline=0.0)
    whole = Factor(name="A", lower=10, upper=40, baseline=20, whole=True)
    u = np.array([0.0, 0.5, 1.0])
    assert log.at(u) == pytest.approx([0.01, 0.1, 1.0])
    assert line.at(u) == pytest.approx([-1.0, 1.0, 3.0])
    assert whole.at(np.array([0.51])) == 25.0
    assert log.at(u).max() <= 1.0  # rounding does not leave the range


def test_impossible_factors_are_refused():
    with pytest.raises(InputError, match="logarithmic range cannot begin at 0"):
        Factor(name="k", lower=0.0, upper=1.0, baseline=0.5, scale="log")
    with pytest.raises(InputError, match="empty"):
        Factor(name="k", lower=1.0, upper=1.0, baseline=1.0)
    with pytest.raises(InputError, match="must be finite numbers"):
        Factor(name="k", lower=None, upper="x", baseline=float("nan"))


def test_a_dummy_is_always_last():
    factors = [Factor(name="dummy", lower=0, upper=1, baseline=0.5)]
    space = factor_space(factors)
    assert space.names == ("dummy", "dummy_")
    assert space.dummy == space.labels[-1] == "dummy_"


def test_mistakes_in_groups_are_told_at_once():
    factors = [Factor(name=n, lower=0, upper=1, baseline=0.5) for n in ("k_on", "k_off")]
    groups = [
        FactorGroup(name="k_on", members=("k_onn",)),
        FactorGroup(name="b", members=("k_off", "k_off")),
    ]
    with pytest.raises(InputError) as error:
        factor_space(factors, groups)
    text = str(error.value)
    assert len(error.value.problems) == 3
    assert "did you mean k_on" in text
    assert "must not overlap" in text


def test_declared_ranges_by_default(network):
    space = choose_factors(network)
    assert space.names == ("k_on", "k_off", "HIF_n", "dummy")
    assert by_name(space)["k_off"].scale == "linear"
    assert {item.name: item.reason for item in space.left_out} == {
        "k_bare": "it has no declared range",
        "drug_nM": "it is zero",
        "N_A": "its declared range is one value",
        "shift": "it has no declared range",
        "sum": "it is computed from others",
    }


def test_folds_around_the_values(network):
    space = choose_factors(network, fold=4.0, exclude=["HIF*"])
    found = by_name(space)
    assert list(found) == ["k_on", "k_off", "k_bare", "shift", "dummy"]
    assert (found["k_off"].lower, found["k_off"].upper, found["k_off"].scale) == (0.5, 8.0, "log")
    assert (found["shift"].lower, found["shift"].upper) == (-8.0, -0.5)
    assert {i.name: i.reason for i in space.left_out}["HIF_n"] == "excluded"
    assert {i.name: i.reason for i in space.left_out}["drug_nM"] == "it is zero"


def test_patterns_names_and_groups(network):
    space = choose_factors(
        network, parameters=["k_o*", "drug_nM"], groups={"binding": ["k_on", "k_off"]}
    )
    assert space.labels == ("binding", "drug_nM", "dummy")
    assert space.unit_of_column.tolist() == [0, 0, 1, 2]


def test_initial_amounts(network):
    space = choose_factors(
        network, parameters=["k_on"], initial_amounts=["A", "B"], whole_amounts=True
    )
    amount = by_name(space)["A"]
    assert (amount.lower, amount.upper, amount.kind, amount.whole) == (
        5.0,
        20.0,
        "initial amount",
        True,
    )
    assert space.left_out[-1].reason == "its amount at the start is zero"


@pytest.mark.parametrize("whole", [False, True])
def test_an_amount_that_is_not_known_is_left_out(network, whole):
    a, *others = network.species
    unknown = replace(network, species=(replace(a, initial=float("nan")), *others))
    space = choose_factors(unknown, parameters=["k_on"], initial_amounts=["A"], whole_amounts=whole)
    assert [(i.name, i.reason) for i in space.left_out] == [("A", "it has no amount")]


def test_all_mistakes_of_a_choice_at_once(network):
    with pytest.raises(InputError) as error:
        choose_factors(
            network,
            parameters=["k_onn", "K_*", "sum", "N_A", "HIF_n"],
            initial_amounts=["C", "Z"],
            groups={"g": ["x_*"]},
            exclude=["nothing"],
        )
    text = str(error.value)
    assert len(error.value.problems) == 8
    for part in (
        "parameter 'k_onn': is not in the network; did you mean k_on",
        "parameter 'K_*': matches nothing",
        "parameter sum: it is computed from others",
        "parameter N_A: its declared range is one value; give fold=2",
        "initial amount of C: is computed from HIF_n, which is varied as well",
        "initial amount of 'Z'",
        "group g: 'x_*'",
        "exclude 'nothing'",
    ):
        assert part in text
    with pytest.raises(InputError, match="not above 1"):
        choose_factors(network, fold=1.0)
    with pytest.raises(InputError, match="no parameter can be varied"):
        choose_factors(network, parameters=["shif?"])


def test_groups_by_molecule(network):
    names = ["k_on", "HIF_n", "A"]
    assert molecule_groups(network, names) == {"HIF": ("HIF_n", "A")}
