"""Networks without any compiler: small SBML texts, so that only the engines are on trial."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.linalg import expm_multiply
from scipy.stats import chisquare

import simnet as sn
from simnet.sbml.read import from_sbml


@pytest.fixture(scope="session")
def network() -> Callable[..., sn.Network]:
    """A network from amounts, parameters and reactions ("A + B -> C", law)."""

    def make(
        amounts: dict[str, int],
        parameters: dict[str, float],
        *reactions: tuple[str, str],
    ) -> sn.Network:
        import libsbml

        def side(text: str, tag: str) -> str:
            names = [name for name in text.replace(" ", "").split("+") if name]
            counts = {name: names.count(name) for name in names}
            references = "".join(
                f'<speciesReference species="{name}" stoichiometry="{n}" constant="true"/>'
                for name, n in counts.items()
            )
            return f"<listOf{tag}>{references}</listOf{tag}>" if references else ""

        def reaction(number: int, text: str, law: str) -> str:
            left, right = text.split("->")
            math = libsbml.writeMathMLToString(libsbml.parseL3Formula(law)).partition("\n")[2]
            used = {*left.replace("+", " ").split(), *right.replace("+", " ").split()}
            others = "".join(
                f'<modifierSpeciesReference species="{name}"/>'
                for name in amounts
                if name not in used and f"<ci> {name} </ci>" in math
            )
            modifiers = f"<listOfModifiers>{others}</listOfModifiers>" if others else ""
            return (
                f'<reaction id="r{number}" reversible="false">{side(left, "Reactants")}'
                f"{side(right, 'Products')}{modifiers}<kineticLaw>{math}</kineticLaw></reaction>"
            )

        species = "".join(
            f'<species id="{name}" compartment="c" initialAmount="{n}" substanceUnits="item" '
            'hasOnlySubstanceUnits="true" boundaryCondition="false" constant="false"/>'
            for name, n in amounts.items()
        )
        constants = "".join(
            f'<parameter id="{name}" value="{value}" constant="true"/>'
            for name, value in parameters.items()
        )
        listed = "".join(reaction(i, *pair) for i, pair in enumerate(reactions))
        return from_sbml(
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">'
            '<model id="truth" substanceUnits="item" timeUnits="second" extentUnits="item">'
            '<listOfCompartments><compartment id="c" spatialDimensions="3" size="1" '
            'constant="true"/></listOfCompartments>'
            f"<listOfSpecies>{species}</listOfSpecies>"
            f"<listOfParameters>{constants}</listOfParameters>"
            f"<listOfReactions>{listed}</listOfReactions></model></sbml>",
            kinetics="continuous",
        )

    return make


@pytest.fixture(scope="session")
def final() -> Callable[..., Any]:
    """Whole numbers (n,): one species at time `t` over n replicates."""

    def run(
        network: sn.Network, name: str, t: float, n: int, engine: str, seed: int = 1, **kwargs: Any
    ) -> Any:
        found = sn.simulate(
            network,
            t_end=t,
            points=2,
            method="ssa",
            replicates=n,
            seed=seed,
            workers=0,
            readouts=name,
            engine=engine,
            **kwargs,
        )
        return found.readout(name)[:, -1].astype(int)

    return run


LEVEL = 1e-4


@pytest.fixture(scope="session")
def assert_distributed() -> Callable[..., None]:
    """Chi-square of whole numbers (n,) against probabilities, neighbours pooled to five or more
    expected; a correct engine fails it once in 1/LEVEL streams of random numbers."""

    def check(sample: Any, probability: Callable[[Any], Any]) -> None:
        values = np.arange(max(sample.max() + 1, 2) * 3)
        observed = np.bincount(sample, minlength=len(values))
        bins: list[tuple[float, float]] = []
        seen = wanted = 0.0
        for count, expected in zip(observed, len(sample) * probability(values), strict=True):
            seen, wanted = seen + count, wanted + expected
            if wanted >= 5:
                bins.append((seen, wanted))
                seen = wanted = 0.0
        bins[-1] = (bins[-1][0] + seen, bins[-1][1] + wanted)
        assert len(bins) > 1
        counts, means = np.array(bins).T
        assert means.sum() == pytest.approx(len(sample), rel=1e-6)
        assert chisquare(counts, means * len(sample) / means.sum()).pvalue > LEVEL

    return check


@pytest.fixture(scope="session")
def cme() -> Callable[..., Any]:
    """Solve the master equation by the matrix exponential, with no code of ours involved.

    `moves` gives the (propensity, next state) of a state. The answer, given a function from a state
    to a whole number, is the function from numbers (N,) to their probabilities. States that `keep`
    leaves out are traps, and no number is theirs.
    """

    def solve(
        start: tuple[int, ...],
        moves: Callable[[tuple[int, ...]], Any],
        t: float,
        keep: Callable[[tuple[int, ...]], bool] = lambda _: True,
    ) -> Any:
        index = {start: 0}
        pending, entries = [start], []
        while pending:
            state = pending.pop()
            if not keep(state):
                continue
            for rate, target in moves(state):
                if rate == 0:
                    continue
                if target not in index:
                    index[target] = len(index)
                    pending.append(target)
                here, there = index[state], index[target]
                entries += [(rate, there, here), (-rate, here, here)]
        rates, rows, columns = (np.array(x) for x in zip(*entries, strict=True))
        generator = csr_array((rates, (rows, columns)), shape=(len(index), len(index)))
        first = np.eye(1, len(index))[0]
        weights = expm_multiply(generator * t, first, traceA=generator.trace() * t)
        kept = [(s, w) for s, w in zip(index, weights, strict=True) if keep(s)]
        assert math.fsum(w for _, w in kept) == pytest.approx(1.0, abs=1e-6)

        def distribution(of: Callable[[tuple[int, ...]], int]) -> Callable[[Any], Any]:
            known: dict[int, float] = {}
            for state, weight in kept:
                known[of(state)] = known.get(of(state), 0.0) + max(float(weight), 0.0)
            return lambda numbers: np.array([known.get(int(n), 0.0) for n in numbers])

        return distribution

    return solve
