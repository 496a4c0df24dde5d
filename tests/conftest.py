"""What all tests share."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from simnet.network.expression import RateLaw, Symbol
from simnet.network.network import Compartment, Network, Parameter, Reaction, Readout, Species

# Before anyone imports matplotlib, here or in a worker process: no window.
os.environ.setdefault("MPLBACKEND", "Agg")

# A slow machine is no failure; in CI the same examples every time.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture
def keep_figures(repository: Path) -> Callable[[str, object], None]:
    """(name, figures): written down for docs/verification.md, see tests/verify/document.py."""

    def keep(name: str, figures: object) -> None:
        folder = repository / "out" / "verify" / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(figures), encoding="utf-8")

    return keep


def _network(
    name: str,
    species: dict[str, float],
    parameters: dict[str, float],
    reactions: list[tuple[str, str, str]],
) -> Network:
    """A network from lines such as ("A + B", "C", "k"): reactants, products, rate constant."""

    def side(text: str) -> tuple[tuple[str, int], ...]:
        counts = Counter(part.strip() for part in text.split("+") if part.strip())
        return tuple(counts.items())

    return Network(
        id=name,
        compartments=(Compartment(id="cell", size=1.0),),
        species=tuple(
            Species(id=s, name=s, compartment="cell", initial=n) for s, n in species.items()
        ),
        parameters=tuple(Parameter(id=p, value=v) for p, v in parameters.items()),
        assignments=(),
        reactions=tuple(
            Reaction(
                id=f"r{i}",
                reactants=side(left),
                products=side(right),
                law=RateLaw(rate=Symbol(rate), orders=side(left)),
            )
            for i, (left, right, rate) in enumerate(reactions)
        ),
        readouts=tuple(Readout(name=s, symbol=s, unit="item") for s in species),
    )


@pytest.fixture(scope="session")
def make_network() -> Callable[..., Network]:
    """Builds small networks: (name, species, parameters, [(reactants, products, constant)])."""
    return _network


@pytest.fixture(scope="session")
def birth_death() -> Network:
    """0 -> X at k = 1/s, X -> 0 at g = 0.1/s: Poisson with mean 10 (1 - exp(-t/10)) from X = 0."""
    return _network("birth_death", {"X": 0}, {"k": 1.0, "g": 0.1}, [("", "X", "k"), ("X", "", "g")])


@pytest.fixture(scope="session")
def binding() -> Network:
    """A + B <-> C, 20 A and 20 B."""
    return _network(
        "binding",
        {"A": 20, "B": 20, "C": 0},
        {"kf": 0.005, "kr": 0.1},
        [("A + B", "C", "kf"), ("C", "A + B", "kr")],
    )


@pytest.fixture(scope="session")
def decay() -> Network:
    """X -> 0 at g = 0.1/s, with no X: nothing can fire until a dose is given."""
    return _network("decay", {"X": 0}, {"g": 0.1}, [("X", "", "g")])


@pytest.fixture(scope="session")
def dimer() -> Network:
    """2 A -> D at k = 0.02/s, D -> 2 A at kr = 0.1/s, 5 A."""
    return _network(
        "dimer",
        {"A": 5, "D": 0},
        {"k": 0.01, "kr": 0.1},
        [("A + A", "D", "k"), ("D", "A + A", "kr")],
    )


@pytest.fixture(scope="session")
def perl() -> None:
    """Skips a test that compiles rules where perl is missing; in CI that is a failure."""
    if shutil.which("perl") is None:
        if os.environ.get("CI"):
            pytest.fail("perl is missing, and CI must compile the rules")
        pytest.skip("perl is not installed: BioNetGen needs it to compile rules")
