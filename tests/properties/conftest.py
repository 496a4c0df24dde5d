"""Random small networks, each with its rates in plain Python, written apart from `simnet`.

A rate is kept as a tree of numbers, ids and Python's own operators; `rate(state)` computes it with
Python's arithmetic, `law` is the same as an Expression. Nothing of `simnet.network.expression` is
used to compute.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

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

State = Mapping[str, float]
Rate = Callable[[State], float]


@dataclass(frozen=True)
class Written:
    """One reaction: what it uses up and makes, its law for simnet, and its rates in plain Python."""

    needs: Mapping[str, int]
    makes: Mapping[str, int]
    law: RateLaw
    continuous: Rate
    discrete: Rate


@dataclass(frozen=True)
class Model:
    """A network with its reactions as they were thought up, and its assignments."""

    network: Network
    reactions: tuple[Written, ...]
    values: Mapping[str, float]  # of parameters and compartments
    assigned: Mapping[str, Rate]

    def stoichiometry(self) -> list[list[int]]:
        """(S, reactions): net change of each species."""
        return [
            [r.makes.get(s.id, 0) - r.needs.get(s.id, 0) for r in self.reactions]
            for s in self.network.species
        ]


SPECIES = ("A", "B", "C", "D")
LARGEST = 25  # molecules of a species at the start


def _symbols(*names: str) -> list[Expression]:
    return [Symbol(name) for name in names]


@st.composite
def _mass_action(draw: st.DrawFn, names: tuple[str, ...], k: str, volume: str) -> Written:
    """Order 0 to 3; from order 2 on no molecule is won, so that nothing runs away."""
    used = draw(st.lists(st.sampled_from(names), max_size=3))
    most = {0: 2, 1: 2}.get(len(used), len(used))
    made = draw(st.lists(st.sampled_from(names), max_size=most))
    needs, makes = Counter(used), Counter(made)
    order = len(used)
    symmetry = math.prod(math.factorial(n) for n in needs.values())

    def scale(state: State) -> float:
        return state[k] * state[volume] ** (1 - order) / symmetry

    def continuous(state: State) -> float:
        return scale(state) * math.prod(state[s] ** n for s, n in needs.items())

    def discrete(state: State) -> float:
        falling = [state[s] - i for s, n in needs.items() for i in range(n)]
        enough = all(state[s] >= n for s, n in needs.items())
        return scale(state) * math.prod(falling) if enough else 0.0

    rate: Expression = Symbol(k)
    if symmetry > 1:
        rate = Call("divide", (rate, Number(symmetry)))
    if order != 1:
        power = Call("power", (Symbol(volume), Number(abs(1 - order))))
        rate = Call("times" if order == 0 else "divide", (rate, power))
    law = RateLaw(rate=rate, orders=tuple(needs.items()))
    return Written(needs, makes, law, continuous, discrete)


@st.composite
def _saturating(draw: st.DrawFn, names: tuple[str, ...], k: str, half: str) -> Written:
    """k*S/(half + S), or with a Hill coefficient; it makes something else, or nothing."""
    (substrate,) = draw(st.lists(st.sampled_from(names), min_size=1, max_size=1))
    power = draw(st.integers(1, 4))
    made = draw(st.lists(st.sampled_from(names), max_size=1))

    def rate(state: State) -> float:
        raised = state[substrate] ** power
        return float(state[k] * raised / (state[half] ** power + raised))

    x, k_, half_ = _symbols(substrate, k, half)
    if power > 1:
        x, half_ = (Call("power", (base, Number(power))) for base in (x, half_))
    law = Call("divide", (Call("times", (k_, x)), Call("plus", (half_, x))))
    return Written({substrate: 1}, Counter(made), RateLaw(rate=law), rate, rate)


@st.composite
def _observed(draw: st.DrawFn, names: tuple[str, ...], k: str, observed: str) -> Written:
    """k*S*f/(1 + f) with f an assignment."""
    substrate = draw(st.sampled_from(names))
    made = draw(st.lists(st.sampled_from(names), max_size=1))

    def rate(state: State) -> float:
        return state[k] * state[substrate] * state[observed] / (1 + state[observed])

    f = Symbol(observed)
    factor = Call("divide", (Call("times", (Symbol(k), f)), Call("plus", (Number(1), f))))
    law = RateLaw(rate=factor, orders=((substrate, 1),))
    return Written({substrate: 1}, Counter(made), law, rate, rate)


@st.composite
def _catalysed(draw: st.DrawFn, names: tuple[str, ...], k: str, volume: str) -> Written:
    """S + E -> P + E."""
    catalyst, substrate, product = (draw(st.sampled_from(names)) for _ in range(3))
    needs = Counter([catalyst, substrate])
    makes = Counter([catalyst, product])
    twice = catalyst == substrate

    def continuous(state: State) -> float:
        return state[k] / state[volume] * state[catalyst] * state[substrate]

    def discrete(state: State) -> float:
        other = state[substrate] - (1 if twice else 0)
        return max(0.0, state[k] / state[volume] * state[catalyst] * other)

    law = RateLaw(
        rate=Call("divide", (Symbol(k), Symbol(volume))),
        orders=((catalyst, 2),) if twice else ((catalyst, 1), (substrate, 1)),
    )
    return Written(needs, makes, law, continuous, discrete)


@st.composite
def _models(draw: st.DrawFn) -> Model:
    names = SPECIES[: draw(st.integers(1, 4))]
    volumes = {f"V{i}": draw(st.sampled_from([0.5, 1.0, 2.0, 3.7])) for i in range(2)}
    weights = {n: draw(st.integers(0, 3)) for n in names}
    parameters = {"half": draw(st.floats(0.5, 20))}
    reactions = []
    for i in range(draw(st.integers(1, 5))):
        k = f"k{i}"
        parameters[k] = draw(st.floats(1e-3, 1.0))
        volume = draw(st.sampled_from(sorted(volumes)))
        kinds = [
            _mass_action(names, k, volume),
            _mass_action(names, k, volume),
            _saturating(names, k, "half"),
            _observed(names, k, "observed"),
            _catalysed(names, k, volume),
        ]
        reactions.append(draw(st.sampled_from(kinds).flatmap(lambda kind: kind)))
    parts = [Call("times", (Number(w), Symbol(n))) for n, w in weights.items() if w]
    total: Expression = Call("plus", (Number(1), *parts)) if parts else Number(1)

    def observed(state: State) -> float:
        return 1 + sum(w * state[n] for n, w in weights.items())

    network = Network(
        id="random",
        compartments=tuple(Compartment(id=v, size=size) for v, size in volumes.items()),
        species=tuple(
            Species(
                id=n,
                name=n,
                compartment=draw(st.sampled_from(sorted(volumes))),
                initial=float(draw(st.integers(0, LARGEST))),
            )
            for n in names
        ),
        parameters=tuple(Parameter(id=p, value=v) for p, v in parameters.items()),
        assignments=(Assignment(id="observed", expression=total),),
        reactions=tuple(
            Reaction(
                id=f"r{i}",
                reactants=tuple(r.needs.items()),
                products=tuple(r.makes.items()),
                law=r.law,
            )
            for i, r in enumerate(reactions)
        ),
        readouts=tuple(Readout(name=n, symbol=n, unit="item") for n in names),
    )
    # what a network keeps of a number is what SBML can hold
    values = {p.id: p.value for p in network.parameters} | volumes
    return Model(network, tuple(reactions), values, {"observed": observed})


@pytest.fixture(scope="session")
def models() -> st.SearchStrategy[Model]:
    """Random small networks; see the module."""
    return _models()
