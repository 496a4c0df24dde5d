"""SBML from other hands: what is understood, what is refused under SSA, and what runs as it is."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.sbml.write import to_sbml

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">'
    '<model id="foreign" substanceUnits="item" timeUnits="second" extentUnits="item">'
    '<listOfCompartments><compartment id="c" spatialDimensions="3" size="{size}" '
    'constant="true"/></listOfCompartments>'
)


def species(name: str, amount: float, **attributes: str) -> str:
    given = {
        "hasOnlySubstanceUnits": "true",
        "boundaryCondition": "false",
        "constant": "false",
        "initialAmount": f"{amount}",
        **attributes,
    }
    text = " ".join(f'{key}="{value}"' for key, value in given.items())
    return f'<species id="{name}" compartment="c" {text}/>'


def parameter(name: str, value: float, *, constant: bool = True) -> str:
    return f'<parameter id="{name}" value="{value}" constant="{str(constant).lower()}"/>'


def math_of(formula: str) -> str:
    import libsbml

    return str(libsbml.writeMathMLToString(libsbml.parseL3Formula(formula)).partition("\n")[2])


def reaction(
    name: str, reactants: dict[str, float], products: dict[str, float], law: str, **attributes: str
) -> str:
    def side(tag: str, items: dict[str, float]) -> str:
        references = "".join(
            f'<speciesReference species="{s}" stoichiometry="{n}" constant="true"/>'
            for s, n in items.items()
        )
        return f"<listOf{tag}>{references}</listOf{tag}>" if references else ""

    given = {"reversible": "false", "fast": "false", **attributes}
    text = " ".join(f'{key}="{value}"' for key, value in given.items())
    return (
        f'<reaction id="{name}" {text}>{side("Reactants", reactants)}{side("Products", products)}'
        f"<kineticLaw>{math_of(law)}</kineticLaw></reaction>"
    )


def sbml(
    all_species: list[str],
    parameters: list[str],
    reactions: list[str],
    *,
    rules: str = "",
    events: str = "",
    size: float = 1,
) -> str:
    return (
        HEAD.format(size=size)
        + f"<listOfSpecies>{''.join(all_species)}</listOfSpecies>"
        + f"<listOfParameters>{''.join(parameters)}</listOfParameters>"
        + (f"<listOfRules>{rules}</listOfRules>" if rules else "")
        + f"<listOfReactions>{''.join(reactions)}</listOfReactions>"
        + (f"<listOfEvents>{events}</listOfEvents>" if events else "")
        + "</model></sbml>"
    )


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "foreign.xml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def run(network: sn.Network, method: Any = "ssa", **kwargs: Any) -> sn.Trajectories:
    seed = {"seed": 1} if method == "ssa" else {}
    given: dict[str, Any] = {"t_end": 4, "points": 5, "workers": 0, **seed, **kwargs}
    return sn.simulate(network, method=method, **given)


def bare(text: str, names: list[str]) -> Any:
    """What roadrunner itself makes of the file, (T, R)."""
    import roadrunner

    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance = 1e-8
    runner.integrator.absolute_tolerance = 1e-8
    runner.timeCourseSelections = ["time", *names]
    return np.array(runner.simulate(times=[0, 1, 2, 3, 4]))[:, 1:]


def dimer(law: str) -> str:
    """A homodimer as the DSMTS has it (cases 00030 on): 2 P -> P2 and back."""
    return sbml(
        [species("P", 100), species("P2", 0)],
        [parameter("k1", 0.001), parameter("k2", 0.01)],
        [
            reaction("Dimerisation", {"P": 2}, {"P2": 1}, law),
            reaction("Disassociation", {"P2": 1}, {"P": 2}, "k2*P2"),
        ],
    )


SQUARE, FALLING = "k1*P*P/2", "k1*P*(P-1)/2"


def test_a_law_that_could_be_either_is_refused_under_ssa(file: Any) -> None:
    network = sn.load(file(dimer(SQUARE)))
    assert network.kinetics == "as-written"
    with pytest.raises(sn.UnsupportedError) as caught:
        run(network)
    (problem,) = caught.value.problems
    assert "Dimerisation" in problem.what
    assert "k1" in problem.what
    assert 'kinetics="continuous"' in problem.way_out
    assert run(network, "ode").readout("P")[0, -1] < 100


def test_declared_continuous_it_gets_its_discrete_form(file: Any) -> None:
    network = sn.load(file(dimer(SQUARE)), kinetics="continuous")
    discrete = to_sbml(network, "discrete")
    assert run(network).readout("P").shape == (1, 5)
    found = run(network, changes=sn.Set("P", 1), t_end=1e6, points=2)
    assert found.readout("P")[0, -1] == 1
    assert "<minus/>" in discrete
    assert "<power/>" in to_sbml(network, "continuous")


def test_a_falling_factorial_is_discrete_without_being_told(file: Any) -> None:
    network = sn.load(file(dimer(FALLING)))
    found = run(network, changes=sn.Set("P", 1), t_end=1e6, points=2)
    assert found.readout("P")[0, -1] == 1


def test_declared_discrete_the_ode_gets_its_continuous_form(file: Any) -> None:
    """The three ways of saying one dimer give one network."""
    a = sn.load(file(dimer(FALLING)), kinetics="discrete")
    b = sn.load(file(dimer(SQUARE)), kinetics="continuous")
    c = sn.load(file(dimer("k1*P^2/2")), kinetics="continuous")
    assert a.reactions == b.reactions == c.reactions
    np.testing.assert_allclose(
        run(a, "ode").values[0, 0], bare(dimer(SQUARE), ["P", "P2"]), rtol=1e-5, atol=1e-5
    )


def test_the_dimer_under_ssa_is_exact(file: Any) -> None:
    """P2 at t = 50 against the master equation: 4.06 standard errors, 1e-4 for two scores."""
    from scipy.linalg import expm

    n, size = 2000, 51
    generator = np.zeros((size, size))
    for d in range(size):
        for target, rate in ((d + 1, 0.001 * math.comb(100 - 2 * d, 2)), (d - 1, 0.01 * d)):
            if rate:
                generator[target, d] += rate
                generator[d, d] -= rate
    weights, values = expm(generator * 50)[:, 0], np.arange(size)
    mean = weights @ values
    variance, fourth = (weights @ (values - mean) ** k for k in (2, 4))
    network = sn.load(file(dimer(SQUARE)), kinetics="continuous")
    sample = run(network, t_end=50, points=2, replicates=n).readout("P2")[:, -1]
    assert abs(sample.mean() - mean) < 4.06 * math.sqrt(variance / n)
    assert abs(sample.var(ddof=1) - variance) < 4.06 * math.sqrt((fourth - variance**2) / n)


@pytest.mark.parametrize("size", [1.0, 2.0])
def test_concentrations(file: Any, size: float) -> None:
    """hasOnlySubstanceUnits="false": symbols are concentrations, laws still extents per time."""
    own = {"hasOnlySubstanceUnits": "false"}
    text = sbml(
        [species("A", 20, **own), species("B", 30, **own), species("C", 0, **own)],
        [parameter("k", 0.02)],
        [reaction("bind", {"A": 1, "B": 1}, {"C": 1}, "k*A*B*c")],
        size=size,
    )
    network = sn.load(file(text))
    np.testing.assert_allclose(
        run(network, "ode").values[0, 0], bare(text, ["A", "B", "C"]), rtol=1e-5, atol=1e-5
    )
    values = run(network, replicates=5).readout("C")
    assert (values == np.floor(values)).all()
    first = sn.simulate(network, t_end=1e-3, points=2, workers=0, rtol=1e-10).readout("C")[0, -1]
    assert first == pytest.approx(0.02 * 20 * 30 / size * 1e-3, rel=1e-3)


def trigger(condition: str, assignment: str) -> str:
    return (
        '<event id="dose" useValuesFromTriggerTime="true"><trigger initialValue="true" '
        f'persistent="true">{math_of(condition)}</trigger><listOfEventAssignments>'
        f'<eventAssignment variable="A">{math_of(assignment)}</eventAssignment>'
        "</listOfEventAssignments></event>"
    )


DECAY = reaction("decay", {"A": 1}, {"B": 1}, "k*A")
BASIS = ([species("A", 50), species("B", 0)], [parameter("k", 0.5)])


def with_rule(rule: str, *more: str) -> str:
    return sbml(BASIS[0], [*BASIS[1], *more], [DECAY], rules=rule)


OBSTACLES = {
    "event on state and time": (
        sbml(*BASIS, [DECAY], events=trigger("(time > 1) && (A < 20)", "A + 10")),
        ["event dose", "A < 20"],
    ),
    "rate rule": (
        with_rule(
            f'<rateRule variable="w">{math_of("0.5*w")}</rateRule>',
            parameter("w", 1, constant=False),
        ),
        ["rate rule", "w"],
    ),
    "algebraic rule": (
        with_rule(
            f"<algebraicRule>{math_of('w - 3')}</algebraicRule>", parameter("w", 1, constant=False)
        ),
        ["algebraic rule"],
    ),
    "reversible": (
        sbml(
            BASIS[0],
            [*BASIS[1], parameter("kr", 0.1)],
            [reaction("swap", {"A": 1}, {"B": 1}, "(k*A - kr*B)/(9 + A + B)", reversible="true")],
        ),
        ["reaction swap", "reversible", "split it"],
    ),
    "fast": (
        sbml(*BASIS, [reaction("decay", {"A": 1}, {"B": 1}, "k*A", fast="true")]),
        ["reaction decay", "fast"],
    ),
    "fractional stoichiometry": (
        sbml(*BASIS, [reaction("decay", {"A": 1}, {"B": 1.5}, "k*A")]),
        ["reaction decay", "1.5"],
    ),
    "delay": (
        sbml(*BASIS, [DECAY, reaction("late", {}, {"B": 1}, "k*delay(A, 1)")]),
        ["rate law of late", "delay"],
    ),
    "computed reactant": (
        with_rule(f'<assignmentRule variable="B">{math_of("2*k")}</assignmentRule>').replace(
            'id="B" compartment="c" hasOnlySubstanceUnits="true" boundaryCondition="false"',
            'id="B" compartment="c" hasOnlySubstanceUnits="true" boundaryCondition="true"',
        ),
        ["assignment rule for B"],
    ),
}
NOT_IN_ROADRUNNER = {"algebraic rule", "delay", "fast"}


@pytest.mark.parametrize("name", OBSTACLES)
def test_what_has_no_exact_stochastic_meaning_is_refused(file: Any, name: str) -> None:
    """With the element, the reason and the way out."""
    text, words = OBSTACLES[name]
    network = sn.load(file(text))
    with pytest.raises(sn.UnsupportedError) as caught:
        run(network)
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert ('method="ode"' in message) is (name not in NOT_IN_ROADRUNNER)
    assert all(problem.way_out for problem in caught.value.problems)


@pytest.mark.parametrize("name", sorted(OBSTACLES.keys() - NOT_IN_ROADRUNNER))
def test_and_runs_under_ode_as_it_is(file: Any, name: str) -> None:
    text, _ = OBSTACLES[name]
    names = ["A"] if name == "computed reactant" else ["A", "B"]
    found = run(sn.load(file(text)), "ode", readouts=names)
    np.testing.assert_allclose(found.values[0, 0], bare(text, names), rtol=1e-6, atol=1e-6)


def test_every_obstacle_is_named_at_once(file: Any) -> None:
    text = sbml(
        BASIS[0],
        [*BASIS[1], parameter("w", 1, constant=False)],
        [reaction("swap", {"A": 1}, {"B": 1.5}, "(k*A - w)/(1 + A)", reversible="true")],
        rules=f'<rateRule variable="w">{math_of("w")}</rateRule>',
        events=trigger("(time > 1) && (A < 2)", "5"),
    )
    with pytest.raises(sn.UnsupportedError) as caught:
        run(sn.load(file(text)))
    assert len(caught.value.problems) == 4


def test_a_net_law_that_is_not_marked_reversible_is_refused_too(file: Any) -> None:
    text = sbml(
        BASIS[0],
        [*BASIS[1], parameter("kr", 0.1)],
        [reaction("swap", {"A": 1}, {"B": 1}, "k*A - kr*B")],
    )
    with pytest.raises(sn.UnsupportedError, match="can be negative"):
        run(sn.load(file(text)))


def test_moles_are_refused_under_ssa(file: Any) -> None:
    text = sbml(*BASIS, [DECAY]).replace('substanceUnits="item"', 'substanceUnits="mole"')
    with pytest.raises(sn.UnsupportedError, match="counts molecules"):
        run(sn.load(file(text)))


@pytest.mark.parametrize("own", ["true", "false"])
def test_a_species_that_a_rule_computes(file: Any, own: str) -> None:
    """Its rule gives an amount, or a concentration; laws read it as the same."""
    names, units = ["A", "B", "C"], {"hasOnlySubstanceUnits": own}
    text = sbml(
        [species(name, 50 if name == "A" else 0, **units) for name in names],
        [parameter("k", 0.5)],
        [reaction("lose", {"A": 1}, {}, "k*A*c"), reaction("make", {}, {"C": 1}, "k*B*c")],
        rules=f'<assignmentRule variable="B">{math_of("3*A")}</assignmentRule>',
        size=2,
    )
    network = sn.load(file(text))
    assert network.document is None
    shown = names if own == "true" else ["A", "C"]
    found = run(network, "ode", readouts=shown).values[0, 0]
    np.testing.assert_allclose(found, bare(text, shown), rtol=1e-6, atol=1e-6)


def test_assignment_rules_are_readouts_after_the_species(file: Any) -> None:
    rule = f'<assignmentRule variable="total">{math_of("A + B")}</assignmentRule>'
    network = sn.load(file(with_rule(rule, parameter("total", 0, constant=False))))
    assert [r.name for r in network.readouts] == ["A", "B", "total"]
    for method in ("ode", "ssa"):
        np.testing.assert_allclose(run(network, method).readout("total"), 50, rtol=1e-9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "foreign"),
        ("<html/>", "foreign"),
        (sbml(*BASIS, [DECAY])[:-30], "foreign"),
        (sbml(*BASIS, [DECAY]).replace("<ci> A </ci>", "<ci> nobody </ci>"), "nobody"),
        ('<?xml version="1.0"?><!DOCTYPE sbml [<!ENTITY a "b">]><sbml/>', "entities"),
    ],
)
def test_what_is_no_sbml(file: Any, text: str, message: str) -> None:
    with pytest.raises(sn.ModelError, match=message):
        sn.load(file(text))


def test_kinetics_that_is_none(file: Any) -> None:
    with pytest.raises(sn.InputError, match="kinetics"):
        sn.load(file(dimer(SQUARE)), kinetics="stochastic")  # type: ignore[arg-type]


def test_our_own_file_knows_its_kinetics(file: Any, tmp_path: Path) -> None:
    network = sn.load(file(dimer(SQUARE)), kinetics="continuous")
    path = sn.write_sbml(network, tmp_path / "own.xml", kinetics="discrete")
    assert sn.load(path) == network
    with pytest.raises(sn.InputError, match="declares that its laws are discrete"):
        sn.load(path, kinetics="continuous")


def test_written_undeclared_it_stays_undeclared(file: Any, tmp_path: Path) -> None:
    network = sn.load(file(dimer(SQUARE)))
    path = sn.write_sbml(network, tmp_path / "again.xml", kinetics="continuous")
    with pytest.raises(sn.UnsupportedError, match="declare it"):
        run(sn.load(path))
    assert sn.load(path).kinetics == "as-written"
