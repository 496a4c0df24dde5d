"""Networks without any compiler: small SBML texts, so that only the engines are on trial."""

from collections.abc import Callable
from typing import Any

import pytest

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
