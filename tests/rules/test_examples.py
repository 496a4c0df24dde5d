"""PySB's own examples, compiled by us, against PySB's own account of them."""

import copy
import math
from typing import Any

import libsbml
import numpy as np
import pytest

import simnet as sn
from simnet.network.values import initial_values, rate_functions
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.filterwarnings("ignore:to_pickable helper:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Model does not contain any initial:UserWarning"),
]

EXAMPLES = [
    "bax_pore",
    "bax_pore_sequential",
    "bngwiki_egfr_simple",
    "bngwiki_enzymatic_cycle_mm",
    "bngwiki_simple",
    "expression_observables",
    "fixed_initial",
    "hello_pysb",
    "kinase_cascade",
    "localfunc",
    "michment",
    "move_connected",
    "robertson",
    "schloegl",
    "synth_deg",
    "time",
    "tyson_oscillator",
]
FRACTIONS = {"tyson_oscillator", "bngwiki_enzymatic_cycle_mm"}
"""Examples that start from fractions of molecules."""


def pysb_copy(model: Any) -> Any:
    from pysb.core import time

    return copy.deepcopy(model, {id(time): time})


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_ode_is_pysbs(name: str, example: Any) -> None:
    """Amounts of all species at 11 times, within 1e-6 of the largest."""
    from pysb.simulator import ScipyOdeSimulator

    model = example(name)
    network = sn.load(model)
    times = np.linspace(0, 10, 11)
    theirs = (
        ScipyOdeSimulator(
            pysb_copy(model),
            times,
            integrator="lsoda",
            compiler="python",
            integrator_options={"rtol": 1e-10, "atol": 1e-10},
        )
        .run()
        .species
    )
    ours = sn.simulate(
        network,
        t_end=10,
        points=11,
        workers=0,
        readouts=[s.id for s in network.species],
        rtol=1e-10,
        atol=1e-10,
    ).values[0, 0]
    assert np.abs(ours - theirs).max() <= 1e-6 * np.abs(theirs).max()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_law_is_pysbs_one_way_law(name: str, example: Any) -> None:
    """Reaction by reaction, at random whole amounts. PySB's `reactions` (not the merged ones) hold
    BioNetGen's factors, printed with six digits; the discrete law is worked out from them here."""
    from pysb import Tag
    from pysb.bng import generate_equations

    model = pysb_copy(example(name))
    generate_equations(model)
    network = sn.load(example(name))
    assert len(network.reactions) == len(model.reactions)

    rng = np.random.default_rng(7)
    amounts = [int(n) for n in rng.integers(4, 60, len(model.species))]
    time = 0.7
    known = {p.name: p.value for p in [*model.parameters, *model._derived_parameters]}
    known |= {f"__s{i}": n for i, n in enumerate(amounts)} | {"time": time}
    for observable in model.observables:
        pairs = zip(observable.species, observable.coefficients, strict=True)
        known[observable.name] = sum(amounts[i] * n for i, n in pairs)

    def value(formula: Any) -> float:
        return float(formula.subs({s: known[s.name] for s in formula.free_symbols}))

    pending = [*model.expressions, *model._derived_expressions]
    while pending:
        expression = pending.pop(0)
        if expression.expr.atoms(Tag):
            continue  # a local function; its uses are derived expressions
        if {s.name for s in expression.expr.free_symbols} <= known.keys():
            known[expression.name] = value(expression.expr)
        else:
            pending.append(expression)

    values = initial_values(
        network, {s.id: n for s, n in zip(network.species, amounts, strict=True)}
    )
    for assignment in network.assignments:
        values[assignment.id] = known[assignment.id]
    continuous = rate_functions(network, "continuous")
    discrete = rate_functions(network, "discrete")
    for i, theirs in enumerate(model.reactions):
        rate = value(theirs["rate"])
        falling = math.prod(
            math.perm(amounts[s], theirs["reactants"].count(s))
            / amounts[s] ** theirs["reactants"].count(s)
            for s in set(theirs["reactants"])
        )
        assert continuous[i](values, time) == pytest.approx(rate, rel=3e-6)
        assert discrete[i](values, time) == pytest.approx(rate * falling, rel=3e-6)


@pytest.mark.parametrize("name", EXAMPLES)
def test_written_read_and_written_again_is_the_same(name: str, example: Any) -> None:
    network = sn.load(example(name))
    for kinetics in ("continuous", "discrete"):
        if kinetics == "discrete" and name in FRACTIONS:
            with pytest.raises(sn.UnsupportedError, match="not a whole number of molecules"):
                to_sbml(network, kinetics)
            continue
        text = to_sbml(network, kinetics)
        back = from_sbml(text)
        assert back == network
        assert back.digest == network.digest
        assert to_sbml(back, kinetics) == text


@pytest.mark.parametrize("name", EXAMPLES)
def test_ids_are_valid_unique_and_stable(name: str, example: Any) -> None:
    from simnet.rules.compile import compile_model

    model = example(name)
    a = sn.load(model)  # from the cache, or through SBML
    assert a.digest == compile_model(model).digest
    ids = [*a.ids(), *(r.id for r in a.reactions), a.id]
    assert len(set(ids)) == len(ids)
    assert all(libsbml.SyntaxChecker.isValidSBMLSId(i) for i in ids)
    assert not any(s.id.startswith("_") for s in a.species)
    assert [o.name for o in model.observables] == [
        x.id for x in a.assignments if x.kind == "observable"
    ]


@pytest.mark.parametrize("name", ["kinase_cascade", "localfunc", "expression_observables"])
def test_the_users_model_is_left_alone(name: str, example: Any) -> None:
    from simnet.rules.compile import compile_model

    model = pysb_copy(example(name))

    def account() -> Any:
        return (
            list(model.species),
            list(model.reactions),
            list(model.reactions_bidirectional),
            list(model._derived_expressions),
            list(model._derived_parameters),
            [o.species for o in model.observables],
            [c.name for c in model.all_components()],
            [str(e.expr) for e in model.expressions],
        )

    before = account()
    compile_model(model)
    assert account() == before
    assert not model.species


def test_a_model_whose_equations_exist_already(example: Any) -> None:
    """It gives the same network as an untouched one, and keeps its equations."""
    from pysb.bng import generate_equations

    from simnet.rules.compile import compile_model

    model = pysb_copy(example("kinase_cascade"))
    fresh = compile_model(model)
    generate_equations(model)
    species = len(model.species)
    assert compile_model(model) == fresh
    assert len(model.species) == species > 0


def test_readouts_are_the_observables(example: Any) -> None:
    names = [r.name for r in sn.load(example("bax_pore")).readouts]
    assert names == [o.name for o in example("bax_pore").observables]
    assert len(names) > 1


def test_without_observables_readouts_are_the_species(draft: Any) -> None:
    d = draft("bare")
    x = d.monomer("X", s=["u", "p"])
    d.rule("go", x(s="u") >> x(s="p"), 1.0)
    d.start(x(s="u"), 5)
    network = sn.load(d.model)
    assert [(r.name, r.meaning) for r in network.readouts] == [
        ("X_s_u", "X(s='u')"),
        ("X_s_p", "X(s='p')"),
    ]
    found = sn.simulate(network, t_end=1, points=2, workers=0)
    assert found.readout_names == ("X_s_u", "X_s_p")
