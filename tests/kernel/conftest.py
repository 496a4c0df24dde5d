"""Networks that use every part of the kernels, and what takes a replicate through both forms."""

import hashlib
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simnet.engines._kernel import _ssa
from simnet.engines.base import Limits, Watch
from simnet.engines.compiled import arguments, new_block
from simnet.engines.compiled_tables import tables
from simnet.experiment.program import Segment
from simnet.network.expression import Call, Expression, Number, RateLaw, Symbol
from simnet.network.network import (
    Assignment,
    Compartment,
    Network,
    Parameter,
    Reaction,
    Readout,
    Species,
)

if (twins := str(Path(__file__).parent)) not in sys.path:
    sys.path.insert(0, twins)  # `twins` can be imported; pytest does not collect it

_SOURCES = ("direct.c", "layout.c", "lockstep.c", "rejection.c", "shared.c")

Sides = Sequence[tuple[str, int]]


def _expression(text: object) -> Expression:
    """("divide", "k", ("plus", "K", "X")) -> Call(...)."""
    match text:
        case (str(op), *args):
            return Call(op, tuple(_expression(arg) for arg in args))
        case str(name):
            return Symbol(name)
        case float(value) | int(value):
            return Number(float(value))
    raise TypeError(text)


def _network(
    name: str,
    species: Mapping[str, float],
    parameters: Mapping[str, float],
    reactions: Sequence[tuple[Sides, Sides, object, Sides]],
    *,
    assignments: Mapping[str, object] | None = None,
    fixed: Sequence[str] = (),
) -> Network:
    """Reactions are (reactants, products, rate, orders)."""
    assignments = assignments or {}
    return Network(
        id=name,
        compartments=(Compartment(id="cell", size=1.0),),
        species=tuple(
            Species(id=s, name=s, compartment="cell", initial=n, fixed=s in fixed)
            for s, n in species.items()
        ),
        parameters=tuple(Parameter(id=p, value=v) for p, v in parameters.items()),
        assignments=tuple(
            Assignment(id=a, expression=_expression(e)) for a, e in assignments.items()
        ),
        reactions=tuple(
            Reaction(
                id=f"r{i}",
                reactants=tuple(left),
                products=tuple(right),
                law=RateLaw(rate=_expression(rate), orders=tuple(orders)),
            )
            for i, (left, right, rate, orders) in enumerate(reactions)
        ),
        readouts=tuple(Readout(name=s, symbol=s) for s in [*species, *assignments]),
    )


def _mass_action() -> Network:
    """Orders 0 to 3, a dimer, a fixed species, a reaction that changes nothing."""
    a, b, c, f = (("A", 1),), (("B", 1),), (("C", 1),), (("F", 1),)
    return _network(
        "mass_action",
        {"A": 30, "B": 20, "C": 0, "F": 3},
        {"k0": 20.0, "k1": 0.5, "k2": 0.01, "k3": 0.002, "k4": 0.7, "kt": 1e-4},
        [
            ((), a, "k0", ()),
            (a, (), "k1", a),
            ((("A", 2),), b, "k3", (("A", 2),)),
            ((*a, *b), c, "k2", (*a, *b)),
            (c, (*a, *b), "k4", c),
            ((("A", 3),), c, "kt", (("A", 3),)),
            ((*f, *b), f, ("times", 0.05, "k4"), (*f, *b)),
            (b, b, "k1", b),
        ],
        assignments={"total": ("plus", "A", "B", "C"), "slope": ("times", 2.0, "k1")},
        fixed=("F",),
    )


def _laws() -> Network:
    """Hill, Michaelis-Menten, assignments that share, a switch in the state, a law that has to be
    kept from firing, and every elementary function somewhere."""
    x, y, m = (("X", 1),), (("Y", 1),), (("M", 1),)
    wild = ("abs", ("plus", ("sin", "X"), ("cos", ("tanh", ("divide", "Y", 50.0)))))
    more = (
        "plus",
        ("exp", ("minus", ("divide", "X", 40.0))),
        ("sqrt", "M"),
        ("ln", ("plus", 1.5, "Y")),
    )
    return _network(
        "laws",
        {"X": 5, "Y": 40, "M": 1},
        {"k": 6.0, "K": 20.0, "n": 2.0, "h": 2.5, "v": 30.0, "g": 0.4},
        [
            ((), x, ("divide", "k", ("plus", 1.0, ("power", ("divide", "Y", "K"), "n"))), ()),
            (
                (),
                y,
                ("times", "M", ("divide", ("power", "X", "h"), ("plus", 9.0, ("power", "X", "h")))),
                (),
            ),
            (x, (), ("divide", "v", ("plus", "K", "X")), x),
            (y, (), "g", y),
            (
                y,
                m,
                (
                    "piecewise",
                    0.2,
                    ("and", ("gt", "X", 4.0), ("le", "Y", 60.0)),
                    ("times", 0.1, "half"),
                ),
                (),
            ),
            (m, (), ("times", "g", "half"), m),
            ((("X", 2),), y, ("min", 0.8, ("max", 0.1, "half")), ()),
            ((), m, ("times", 0.3, wild), ()),
            (m, (), ("times", 0.05, more), ()),
            (x, y, ("piecewise", 0.0, ("or", ("eq", "X", 3.0), ("not", ("ne", "M", 2.0))), 0.5), x),
            ((), x, ("times", 0.5, ("power", "half", ("divide", "Y", 30.0))), ()),
            ((*x, *y), y, ("times", 0.01, "half", "half"), (*x, *y)),
        ],
        assignments={
            "sum": ("plus", "X", "Y", ("times", 2.0, "M")),
            "half": ("divide", "sum", ("plus", "sum", "K")),
            "cap": ("floor", ("divide", "sum", 3.0)),
        },
    )


def _ring(size: int, extra: int) -> Network:
    """A ring of `size` species with conversions and dimers between neighbours, and `extra` laws of
    the tape: several blocks of sums, several levels of the tree, more items than bits."""
    names = [f"S{i}" for i in range(size)]
    reactions: list[tuple[Sides, Sides, object, Sides]] = []
    for i, name in enumerate(names):
        this, following = ((name, 1),), ((names[(i + 1) % size], 1),)
        reactions.append((this, following, ("divide", "k", 1.0 + i % 7), this))
        reactions.append((((name, 2),), (*this, *following), "kd", ((name, 2),)))
    for i in range(extra):
        name = names[i % size]
        law = ("divide", "v", ("plus", 10.0 + i, name))
        reactions.append((((name, 1),), ((names[(i + 5) % size], 1),), law, ((name, 1),)))
    species = {name: 40.0 * (i % 5 == 0) + i % 3 for i, name in enumerate(names)}
    return _network(f"ring{size}", species, {"k": 1.0, "kd": 0.01, "v": 3.0}, reactions)


_NETWORKS = {
    "mass_action": _mass_action,
    "laws": _laws,
    "blocks": lambda: _ring(20, 0),
    "levels": lambda: _ring(150, 70),
}


@pytest.fixture(scope="session", params=list(_NETWORKS))
def network(request: pytest.FixtureRequest) -> Network:
    """Each of the networks."""
    return _NETWORKS[request.param]()


@pytest.fixture(scope="session")
def networks() -> Mapping[str, Callable[[], Network]]:
    """All of them, by name."""
    return _NETWORKS


@pytest.fixture(scope="session", params=["lockstep", "rejection"])
def kernel(request: pytest.FixtureRequest) -> str:
    """Each kernel, whatever the size of the network."""
    return str(request.param)


@pytest.fixture(scope="session")
def streams() -> Callable[[int], list[bytes]]:
    """The starts of so many streams."""

    def make(count: int) -> list[bytes]:
        return [hashlib.blake2b(b"%d" % i, digest_size=32).digest() for i in range(count)]

    return make


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Callable[..., Path]:
    """(flags): the kernels as a program without Python, driver.c, compiled with them, once."""

    @cache
    def make(*flags: str) -> Path:
        compiler = shutil.which(os.environ.get("CC", "cc"))
        if compiler is None:
            if os.environ.get("CI"):
                pytest.fail("there is no C compiler, and CI must check the kernels")
            pytest.skip("there is no C compiler")
        folder = repository / "simnet" / "engines" / "_kernel"
        sources = [str(folder / name) for name in _SOURCES]
        driver = str(repository / "tests" / "kernel" / "driver.c")
        target = str(tmp_path_factory.mktemp("driver") / "driver")
        given = ["-std=c99", "-fopenmp-simd", "-ffp-contract=off", *flags, f"-I{folder}"]
        command = [compiler, *given, driver, *sources, "-lm", "-o", target]
        subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
        return Path(target)

    return make


@pytest.fixture
def both_ways(
    streams: Callable[[int], list[bytes]], tmp_path: Path
) -> Callable[..., tuple[bytes, bytes]]:
    """(program, network, kernel, watches, limits): what the program makes of 37 replicates, and
    what the extension does."""

    def run(
        program: Path,
        network: Network,
        kernel: str,
        watches: Sequence[Watch] = (),
        limits: Limits = Limits(),  # noqa: B008
    ) -> tuple[bytes, bytes]:
        given, block = _buffers(network, streams(37), watches, limits)
        content = b""
        for buffer in (*given, *block):
            data = np.ascontiguousarray(buffer).tobytes()
            content += struct.pack("<q", len(data)) + data
        (tmp_path / "in").write_bytes(content)
        finished = subprocess.run(
            [str(program), kernel, str(tmp_path / "in"), str(tmp_path / "out")],
            capture_output=True,
            encoding="utf-8",
        )
        assert finished.returncode == 0, finished.stderr
        _ssa.run(kernel, given, block, 0, 37)
        return (tmp_path / "out").read_bytes(), b"".join(b.tobytes() for b in block)

    return run


def _buffers(
    network: Network, streams: list[bytes], watches: Sequence[Watch], limits: Limits
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    found = tables(network, [r.symbol for r in network.readouts])
    settings = {p.id: p.value for p in network.parameters}
    points = 4
    block = new_block(
        streams,
        species=len(network.species),
        shape=(points, len(network.readouts)),
        watches=len(watches),
        traced=50,
    )
    block.counts[:] = [s.initial for s in network.species]
    block.status[3] = 1  # one that failed before
    segment = Segment(start=0.0, end=0.5, outputs=np.linspace(0.0, 0.5, points))
    given = arguments(block, segment, 0, watches=watches, limits=limits)
    return found.evaluated(settings).buffers(), (*given, np.zeros(2))
