"""A small network as a file, and the command line called in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import simnet as sn
from simnet.cli.app import main
from simnet.network.expression import Number, RateLaw, Symbol
from simnet.network.network import (
    Compartment,
    Input,
    Molecule,
    Network,
    Parameter,
    Reaction,
    Readout,
    Rule,
    Species,
)

MADE, LOST, START = 2.0, 0.05, 10.0  # 1/s, 1/s, molecules


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def problems(self) -> list[str]:
        """The lines on stderr that are errors."""
        return [line for line in self.err.splitlines() if line.startswith("error: ")]


Cli = Callable[..., Ran]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture(scope="session")
def birth_death() -> Network:
    """X is made at a constant rate, and each copy lost at another."""
    return Network(
        id="birth_death",
        title="Birth and death",
        compartments=(Compartment(id="cell", size=1.0),),
        species=(Species(id="X", name="X()", compartment="cell", initial=START, molecules=("X",)),),
        parameters=(
            Parameter(id="made", value=MADE, unit="item/s", meaning="synthesis", source="a book"),
            Parameter(id="lost", value=LOST, unit="1/s", meaning="loss"),
        ),
        assignments=(),
        reactions=(
            Reaction(
                id="birth",
                reactants=(),
                products=(("X", 1),),
                law=RateLaw(rate=Symbol("made")),
                rules=("make X",),
            ),
            Reaction(
                id="death",
                reactants=(("X", 1),),
                products=(),
                law=RateLaw(rate=Symbol("lost"), orders=(("X", 1),)),
                rules=("lose X",),
            ),
        ),
        molecules=(Molecule(name="X", sites="", meaning="a protein"),),
        rules=(Rule(name="make X", text="0 >> X()"), Rule(name="lose X", text="X() >> 0")),
        readouts=(Readout(name="X", symbol="X", unit="item", meaning="copies"),),
        inputs=(Input(name="supply", parameter="made", baseline=MADE, unit="item/s"),),
    )


@pytest.fixture(scope="session")
def model(birth_death: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of `birth_death`."""
    return sn.write_sbml(birth_death, tmp_path_factory.mktemp("models") / "birth_death.xml")


@pytest.fixture(scope="session")
def squared(birth_death: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A foreign file with k*X^2 and no unit of time: SSA has no exact meaning before it is told."""
    from dataclasses import replace

    pair = Reaction(
        id="pair",
        reactants=(("X", 2),),
        products=(),
        law=RateLaw(rate=Number(0.5), orders=(("X", 2),)),
    )
    network = replace(
        birth_death, reactions=(pair,), time_unit=None, inputs=(), readouts=(), parameters=()
    )
    path = sn.write_sbml(network, tmp_path_factory.mktemp("models") / "squared.xml")
    text = path.read_text(encoding="utf-8")
    start, end = text.index("    <annotation>"), text.index("    </annotation>\n")
    path.write_text(text[:start] + text[end + len("    </annotation>\n") :])
    return path
