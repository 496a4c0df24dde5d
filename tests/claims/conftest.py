"""A network whose claims have known answers, and a folder of claims about it.

X is made at k per second and lost at g per second each, so that it rests at k / g = 100; Y is made
from X at m and lost at d, and rests at 100 as well. After a change of k, X goes to its new rest as
1 - exp(-g t): half of the way in ln 2 / g = 6.93 s.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import simnet as sn
from simnet.cli.app import main
from simnet.network.expression import RateLaw, Symbol
from simnet.network.network import (
    Compartment,
    Network,
    Parameter,
    Reaction,
    Readout,
    Species,
)

K, G, M, D = 10.0, 0.1, 0.2, 0.2

PROTOCOLS = """
[protocols.rest]
meaning = "100 s at rest"
rest = "100 s"
t_end = "100 s"
every = "1 s"

[protocols.doubled]
meaning = "100 s with twice the synthesis"
rest = "100 s"
changes = ["k=20"]
t_end = "100 s"
every = "1 s"

[protocols.back]
meaning = "no synthesis for 100 s, then twice the synthesis for 50 s, then as before"
rest = "100 s"
run_in = [{ length = "100 s", changes = ["k=0"] }]
changes = ["k=20"]
schedule = ["50 s: k=10"]
t_end = "100 s"
every = "1 s"
methods = ["ode"]

[mechanisms.synthesis]
meaning = "X is not made"
zero = ["k"]

[mechanisms.second_step]
meaning = "Y is not made from X"
zero = ["m"]

[mechanisms.fast_loss]
meaning = "Y is lost as slowly as X"
equal = { d = "g" }
"""

CLAIMS = """id,source,condition,readout,comparison,expected,tolerance,evidence
double,a book,doubled,X@100s / X@0s,fold at least,1.9,,F
half,a book,doubled,half_time(X),within,7,0.5,F
later,a book,back,X@50s / X@0s,at least,100,,F
steady,a book,rest,X@100s,within,100,5,F
Y,a book,rest,Y@100s[k=20] / Y@100s,fold within,2,0.1,F
"""


@pytest.fixture(scope="session")
def chain() -> Network:
    """The network; k and g may be varied, m and d have no range to be varied in."""
    return Network(
        id="chain",
        compartments=(Compartment(id="cell", size=1.0),),
        species=(
            Species(id="X", name="X()", compartment="cell", initial=0.0, molecules=("X",)),
            Species(id="Y", name="Y()", compartment="cell", initial=0.0, molecules=("Y",)),
        ),
        parameters=(
            Parameter(id="k", value=K, unit="item/s", lower=0.0, upper=1000.0),
            Parameter(id="g", value=G, unit="1/s", lower=G, upper=G),
            Parameter(id="m", value=M, unit="1/s", lower=M, upper=M),
            Parameter(id="d", value=D, unit="1/s", lower=D, upper=D),
        ),
        assignments=(),
        reactions=tuple(
            Reaction(
                id=name,
                reactants=reactants,
                products=products,
                law=RateLaw(rate=Symbol(rate), orders=orders),
            )
            for name, reactants, products, rate, orders in (
                ("make_X", (), (("X", 1),), "k", ()),
                ("lose_X", (("X", 1),), (), "g", (("X", 1),)),
                ("make_Y", (("X", 1),), (("X", 1), ("Y", 1)), "m", (("X", 1),)),
                ("lose_Y", (("Y", 1),), (), "d", (("Y", 1),)),
            )
        ),
        readouts=(
            Readout(name="X", symbol="X", unit="item", meaning="copies"),
            Readout(name="Y", symbol="Y", unit="item", meaning="copies"),
        ),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with claims that all hold, and their protocols."""
    (tmp_path / "claims.csv").write_text(CLAIMS)
    (tmp_path / "protocols.toml").write_text(PROTOCOLS)
    return tmp_path


@pytest.fixture
def claiming(folder: Path) -> Callable[..., Path]:
    """Puts other rows into claims.csv."""

    def put(*rows: str) -> Path:
        (folder / "claims.csv").write_text("\n".join([CLAIMS.splitlines()[0], *rows]) + "\n")
        return folder

    return put


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    chain: Network,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Ran]:
    """Run `simnet claims chain.xml --from . --workers 0` with more arguments."""
    monkeypatch.chdir(folder)
    sn.write_sbml(chain, folder / "chain.xml")

    def run(*arguments: object) -> Ran:
        fixed = ["claims", "chain.xml", "--from", ".", "--workers", "0"]
        with pytest.raises(SystemExit) as ended:
            main([*fixed, *(str(argument) for argument in arguments)])
        printed = capsys.readouterr()
        return Ran(int(ended.value.code or 0), printed.out, printed.err)

    return run
