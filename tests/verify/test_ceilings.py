"""Ceilings of amounts are sound: what they prove holds in every state that can be reached."""

from collections.abc import Callable

from hypothesis import assume, given
from hypothesis import strategies as st

from simnet.network.expression import Call, Expression, Number, RateLaw, Symbol, times
from simnet.network.network import Compartment, Network, Parameter, Reaction, Species
from simnet.network.stochastic import stochastic_problems
from simnet.network.values import rate_functions

X, Y = Symbol("X"), Symbol("Y")
MOST = 60  # amounts beyond are not followed


def linear(top: int, slope: int, of: Expression) -> Expression:
    """top - slope*X."""
    return Call("minus", (Number(float(top)), times(Number(float(slope)), of)))


@st.composite
def factors(draw: st.DrawFn) -> Expression:
    kind = draw(st.sampled_from(["falling", "falling", "X", "Y", "constant", "other"]))
    if kind == "falling":
        return linear(
            draw(st.integers(0, 24)), draw(st.integers(1, 3)), draw(st.sampled_from([X, Y]))
        )
    if kind == "other":
        return linear(draw(st.integers(0, 12)), 1, Call("plus", (X, Y)))
    return {"X": X, "Y": Y, "constant": Number(0.5)}[kind]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    reactions = []
    for i in range(draw(st.integers(1, 4))):
        used = draw(st.sampled_from([(), (), (("X", 1),), (("Y", 1),), (("X", 2),)]))
        made = draw(
            st.sampled_from([(("X", 1),), (("X", 2),), (("Y", 1),), (), (("X", 1), ("Y", 1))])
        )
        law = times(*draw(st.lists(factors(), min_size=1, max_size=3)))
        orders = used if used and draw(st.booleans()) else ()
        reactions.append(
            Reaction(
                id=f"r{i}", reactants=used, products=made, law=RateLaw(rate=law, orders=orders)
            )
        )
    return Network(
        id="drawn",
        compartments=(Compartment(id="c", size=1.0),),
        species=tuple(
            Species(id=s, name=s, compartment="c", initial=float(draw(st.integers(0, 10))))
            for s in ("X", "Y")
        ),
        parameters=(Parameter(id="k", value=1.0),),
        assignments=(),
        reactions=tuple(reactions),
    )


def reachable(network: Network) -> list[tuple[float, float]]:
    """States that jumps of positive propensity lead to, up to amounts of MOST."""
    rates = rate_functions(network, "discrete")
    states = [(network.species[0].initial, network.species[1].initial)]
    for state in states:  # grows while it is walked over
        for rate, reaction in zip(rates, network.reactions, strict=True):
            values = dict(zip("XY", state, strict=True))
            if any(values[s] < n for s, n in reaction.reactants):
                continue
            if rate(values, 0.0) > 0:
                for s, n in reaction.reactants:
                    values[s] -= n
                for s, n in reaction.products:
                    values[s] += n
                target = (values["X"], values["Y"])
                if target not in states and max(target) <= MOST:
                    states.append(target)
    return states


def lowest(network: Network) -> float:
    found: list[float] = []
    rates: list[Callable[..., float]] = rate_functions(network, "discrete")  # type: ignore[assignment]
    for x, y in reachable(network):
        for rate, reaction in zip(rates, network.reactions, strict=True):
            if all({"X": x, "Y": y}[s] >= n for s, n in reaction.reactants):
                found.append(rate({"X": x, "Y": y}, 0.0))
    return min(found, default=0.0)


@given(networks())
def test_what_is_accepted_is_never_negative(network: Network) -> None:
    assume(not list(stochastic_problems(network)))
    assert lowest(network) >= 0


def test_some_laws_need_the_ceiling() -> None:
    """And not all are refused: 0.5*(20 - 2*X)*(19 - 2*X) as in case 00034 of the suite."""
    law = times(Number(0.5), linear(20, 2, X), linear(19, 2, X))
    reaction = Reaction(id="r", reactants=(), products=(("X", 1),), law=RateLaw(rate=law))
    decay = Reaction(
        id="d", reactants=(("X", 1),), products=(), law=RateLaw(rate=Number(1), orders=(("X", 1),))
    )
    network = Network(
        id="drawn",
        compartments=(Compartment(id="c", size=1.0),),
        species=(
            Species(id="X", name="X", compartment="c", initial=0.0),
            Species(id="Y", name="Y", compartment="c", initial=0.0),
        ),
        parameters=(),
        assignments=(),
        reactions=(reaction, decay),
    )
    assert not list(stochastic_problems(network))
    assert lowest(network) == 0
    assert max(x for x, _ in reachable(network)) == 10
