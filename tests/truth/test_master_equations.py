"""All engines against the master equation of small systems, as whole distributions: chi-square.

The propensities of each system stand here a second time, in plain Python. LEVEL of the chi-square is
in `conftest`; `reference` makes a tenth of the runs where they are long.
"""

from typing import Any

import numpy as np
import pytest

import simnet as sn
from simnet.engines.table import ENGINES as TABLE
from simnet.sbml.read import from_sbml

ENGINES = tuple(name for name, engine in TABLE.items() if "ssa" in engine.methods)
"""A new row of the engine table joins all that is here."""


def runs(engine: str, n: int) -> int:
    return n // 10 if engine == "reference" else n


@pytest.mark.parametrize("engine", ENGINES)
def test_schloegls_two_states(
    engine: str, network: Any, final: Any, cme: Any, assert_distributed: Any
) -> None:
    """2 X <-> 3 X, 0 <-> X (Schloegl 1972, doi:10.1007/BF01379769), with rate equations that are at
    rest at 8, 24 (unstable) and 60: from 24 on the distribution gets two peaks."""
    up, down, make, lose = 0.092, 0.001, 11.52, 2.112
    net = network(
        {"X": 24},
        {"up": up, "down": down, "make": make, "lose": lose},
        ("X + X -> X + X + X", "up*X^2"),
        ("X + X + X -> X + X", "down*X^3"),
        ("-> X", "make"),
        ("X ->", "lose*X"),
    )

    def moves(state: tuple[int]) -> list[tuple[float, tuple[int]]]:
        (x,) = state
        pairs = x * (x - 1)
        more, less = up * pairs + make, down * pairs * (x - 2) + lose * x
        return [(more, (x + 1,)), (less, (x - 1,))]

    exact = cme((24,), moves, 5.0, keep=lambda s: s[0] <= 150)(lambda s: s[0])
    p = exact(np.arange(151))
    assert p[25:50].min() < 0.7 * min(p[:24].max(), p[50:].max())
    assert_distributed(final(net, "X", 5.0, runs(engine, 1000), engine), exact)


@pytest.mark.parametrize("engine", ENGINES)
def test_michaelis_and_menten(
    engine: str, network: Any, final: Any, cme: Any, assert_distributed: Any
) -> None:
    """S is made into P at V*S/(K + S); the law is the propensity as it stands."""
    net = network({"S": 30, "P": 0}, {"V": 4.0, "K": 10.0}, ("S -> P", "V*S/(K + S)"))
    exact = cme((30,), lambda s: [(4.0 * s[0] / (10.0 + s[0]), (s[0] - 1,))], 6.0)
    assert_distributed(final(net, "S", 6.0, 4000, engine), exact(lambda s: s[0]))


@pytest.mark.parametrize("engine", ENGINES)
def test_hills_self_activation(
    engine: str, network: Any, final: Any, cme: Any, assert_distributed: Any
) -> None:
    """X makes itself at b + V*X^4/(K^4 + X^4) and decays: again two peaks, and a mean that the rate
    equation does not have."""
    b, V, K, g = 1.0, 12.0, 12.0, 0.5
    net = network(
        {"X": 8},
        {"b": b, "V": V, "K": K, "g": g},
        ("-> X", "b + V*X^4/(K^4 + X^4)"),
        ("X ->", "g*X"),
    )

    def moves(state: tuple[int]) -> list[tuple[float, tuple[int]]]:
        (x,) = state
        return [(b + V * x**4 / (K**4 + x**4), (x + 1,)), (g * x, (x - 1,))]

    exact = cme((8,), moves, 10.0, keep=lambda s: s[0] <= 90)(lambda s: s[0])
    assert_distributed(final(net, "X", 10.0, runs(engine, 3000), engine), exact)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_telegraph_promoter(
    engine: str, network: Any, final: Any, cme: Any, assert_distributed: Any
) -> None:
    """A gene that is on and off, and makes mRNA while on: wider than Poisson (Peccoud & Ycart 1995,
    doi:10.1006/tpbi.1995.1027)."""
    a, b, k, g = 0.2, 0.3, 4.0, 0.5
    net = network(
        {"off": 1, "on": 0, "M": 0},
        {"a": a, "b": b, "k": k, "g": g},
        ("off -> on", "a*off"),
        ("on -> off", "b*on"),
        ("on -> on + M", "k*on"),
        ("M ->", "g*M"),
    )

    def moves(state: tuple[int, int]) -> list[tuple[float, tuple[int, int]]]:
        on, m = state
        return [
            (b if on else a, (1 - on, m)),
            (k * on, (on, m + 1)),
            (g * m, (on, m - 1)),
        ]

    exact = cme((0, 0), moves, 12.0, keep=lambda s: s[1] <= 60)(lambda s: s[1])
    numbers = np.arange(61)
    mean = float(exact(numbers) @ numbers)
    assert float(exact(numbers) @ (numbers - mean) ** 2) > 2 * mean
    assert_distributed(final(net, "M", 12.0, runs(engine, 4000), engine), exact)


@pytest.mark.parametrize("engine", ENGINES)
def test_reversible_binding(
    engine: str, network: Any, final: Any, cme: Any, assert_distributed: Any
) -> None:
    """A + B <-> C from 20 and 20."""
    net = network(
        {"A": 20, "B": 20, "C": 0},
        {"kf": 0.005, "kr": 0.1},
        ("A + B -> C", "kf*A*B"),
        ("C -> A + B", "kr*C"),
    )

    def moves(state: tuple[int]) -> list[tuple[float, tuple[int]]]:
        (c,) = state
        return [(0.005 * (20 - c) ** 2, (c + 1,)), (0.1 * c, (c - 1,))]

    exact = cme((0,), moves, 15.0)(lambda s: s[0])
    assert_distributed(final(net, "C", 15.0, 3000, engine), exact)


TWO_COMPARTMENTS = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1">
<model id="two" substanceUnits="item" timeUnits="second" extentUnits="item">
<listOfCompartments><compartment id="V" spatialDimensions="3" size="2" constant="true"/>
<compartment id="W" spatialDimensions="3" size="0.5" constant="true"/></listOfCompartments>
<listOfSpecies>{species}</listOfSpecies>
<listOfParameters><parameter id="q" value="0.5" constant="true"/>
<parameter id="k" value="0.04" constant="true"/></listOfParameters>
<listOfReactions>
<reaction id="there" reversible="false" fast="false"><listOfReactants>
<speciesReference species="A" stoichiometry="1" constant="true"/></listOfReactants>
<listOfProducts><speciesReference species="B" stoichiometry="1" constant="true"/></listOfProducts>
<kineticLaw>{there}</kineticLaw></reaction>
<reaction id="back" reversible="false" fast="false"><listOfReactants>
<speciesReference species="B" stoichiometry="1" constant="true"/></listOfReactants>
<listOfProducts><speciesReference species="A" stoichiometry="1" constant="true"/></listOfProducts>
<kineticLaw>{back}</kineticLaw></reaction>
<reaction id="pair" reversible="false" fast="false"><listOfReactants>
<speciesReference species="B" stoichiometry="2" constant="true"/></listOfReactants>
<kineticLaw>{pair}</kineticLaw></reaction>
</listOfReactions></model></sbml>"""


def two_compartments(pair: str, kinetics: Any) -> sn.Network:
    """A in V = 2 and B in W = 0.5, both concentrations; B comes in pairs that vanish."""
    import libsbml

    def mathml(formula: str) -> str:
        return str(libsbml.writeMathMLToString(libsbml.parseL3Formula(formula))).partition("\n")[2]

    species = "".join(
        f'<species id="{s}" compartment="{c}" initialAmount="{n}" substanceUnits="item" '
        'hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"/>'
        for s, c, n in (("A", "V", 12), ("B", "W", 0))
    )
    laws = {"there": "q*A", "back": "q*B", "pair": pair}
    text = TWO_COMPARTMENTS.format(species=species, **{n: mathml(f) for n, f in laws.items()})
    return from_sbml(text, kinetics=kinetics)


@pytest.mark.parametrize(
    ("pair", "kinetics"),
    [
        ("k*B*B*W", "continuous"),
        ("k*B^2*W", "continuous"),
        ("k*B*(B - 1/W)*W", "discrete"),
        ("k*B*(B - 1/W)*W", None),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_two_compartments(
    engine: str, pair: str, kinetics: Any, final: Any, cme: Any, assert_distributed: Any
) -> None:
    """Concentrations in volumes that differ: an exchange q*[A], and pairs of B at k*[B]^2*W, of which
    there are B*(B-1)/W^2, however the law says it."""
    V, W, q, k = 2.0, 0.5, 0.5, 0.04

    def moves(state: tuple[int, int]) -> list[tuple[float, tuple[int, int]]]:
        a, b = state
        return [
            (q * a / V, (a - 1, b + 1)),
            (q * b / W, (a + 1, b - 1)),
            (k * b * (b - 1) / W, (a, b - 2)),
        ]

    exact = cme((12, 0), moves, 8.0)(lambda s: 13 * s[0] + s[1])
    net = two_compartments(pair, kinetics)
    found = sn.simulate(
        net, t_end=8, points=2, method="ssa", replicates=1500, seed=3, workers=0, engine=engine
    )
    a, b = (found.readout(name)[:, -1].astype(int) for name in "AB")
    assert_distributed(13 * a + b, exact)
