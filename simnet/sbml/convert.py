"""Amounts in moles or in anybody's units, turned into molecules: what SSA counts.

The factor F is how many molecules one unit of the model's amounts stands for. It is asked for, never
guessed: by the volume that the model is to have (`volume`, for a model in moles), or by number
(`copies`, for any model). Then every amount is F times what it was: laws become
F*law(amounts/F), and compartments, parameters and assigned quantities keep their values, so that the
deterministic course is the same but for F. Starts are rounded to whole molecules, and what was
rounded is kept with the network.
"""

import math
import re
from dataclasses import replace
from typing import TypeAlias

from simnet.errors import (
    InputError,
    ModelError,
    Problem,
    UnknownNameError,
    UnsupportedError,
    caution,
    nearest,
)
from simnet.network.expression import Call, Expression, Number, RateLaw, Symbol, substitute, times
from simnet.network.network import (
    Compartment,
    Event,
    Network,
    Parameter,
    Reaction,
    Rule,
    StateEvent,
)
from simnet.network.units import Unit, parse_unit
from simnet.network.values import checked, initial_values
from simnet.sbml.ids import Ids

AVOGADRO = 6.02214076e23
"""1/mol, exact since 2019."""
CONVERTED, ROUNDED, SPLIT = "amounts in molecules: ", "rounded: ", "net law split: "
"""How entries of a network's rules begin that say what loading did: that amounts became molecules,
that a start was rounded, that a net rate law became two."""

_VOLUME = re.compile(
    r"(?:(?P<name>[A-Za-z_]\w*)\s*=)?\s*(?P<size>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<unit>[A-Za-zµ]+)"
)


Factor: TypeAlias = tuple[float, str]
"""How many molecules a unit of amount is, and why."""


def in_molecules(
    network: Network, *, volume: str | None = None, copies: float | None = None
) -> Network:
    """The network with amounts in molecules.

    Args:
        network: one whose amounts are in moles, in units of concentration, or in no unit.
        volume: what the compartment's volume is to be, such as "1 pL". With compartments of
            different sizes "NAME=1 pL" says which one is meant; the others keep their proportion.
        copies: molecules that one unit of the model's amounts stands for, in place of a volume.

    Returns:
        A network in items. Its rules record the factor and every rounded start; the factor is also
        a parameter, `molecules_per_unit`.

    Raises:
        InputError: neither or both are given, or not a volume or number above zero.
        UnsupportedError: the file holds what a Network cannot.
        ModelError: the volume says nothing about a model in these units.
    """
    if network.document is not None:
        raise UnsupportedError(network.document.obstacles)
    factor = _factor(network, volume, copies)
    if network.kinetics == "as-written" and not keeps_counts(network, copies):
        why = "the kinetics of its rate laws are not declared"
        way_out = 'load the file with kinetics="continuous"'
        raise InputError(Problem(what=f"network {network.id}", why=why, way_out=way_out))
    return _Converter(network, factor).network()


def _factor(network: Network, volume: str | None, copies: float | None) -> Factor:
    if (volume is None) == (copies is None):
        why = "neither is given" if volume is None else "exclude each other"
        way_out = 'give one of them: "1 pL", or molecules for one unit of amount'
        raise InputError(Problem(what="volume and copies", why=why, way_out=way_out))
    if copies is not None:
        if not 0 < copies < math.inf:
            way_out = "molecules for one unit of the model's amounts: 1000"
            raise InputError(
                Problem(what=f"copies={copies!r}", why="must be a positive number", way_out=way_out)
            )
        unit = network.substance_unit or "unit"
        return float(copies), f"1 {unit} of amount is {copies:g} molecules"
    return _from_volume(network, str(volume))


def _from_volume(network: Network, volume: str) -> Factor:
    match = _VOLUME.fullmatch(volume.strip())
    litres = _litres(float(match["size"]), match["unit"]) if match else 0.0
    if match is None or not 0 < litres < math.inf:
        way_out = 'write "1 pL", or "NAME=1 pL" for a compartment of several'
        raise InputError(Problem(what=f"volume={volume!r}", why="not a volume", way_out=way_out))
    compartment = _compartment(network, match["name"])
    unit = _parsed(network.substance_unit)
    exponents = dict(unit.exponents) if unit is not None else {}
    if unit is None or exponents not in ({"mole": 1}, {"mole": 1, "litre": -1}):
        why = f"the amounts are in {network.substance_unit or 'no unit'!r}, not in moles"
        way_out = "give the number of molecules per unit: copies=1000"
        if exponents == {"item": 1}:
            why, way_out = "amounts are already in molecules", "copies=1 rounds them to whole ones"
        raise ModelError(Problem(what=f"volume={volume!r}", why=why, way_out=way_out))
    if "litre" in exponents:  # "amounts" that are concentrations
        molecules = unit.factor * AVOGADRO * litres
        was = f"1 {network.substance_unit}"
    else:
        before = _litres(compartment.size, compartment.unit or "")
        if not before > 0:
            why = f"compartment {compartment.id} has the size {compartment.size:g} and no unit of volume"
            way_out = "give the number of molecules per unit: copies=1000"
            raise ModelError(Problem(what=f"volume={volume!r}", why=why, way_out=way_out))
        molecules = unit.factor * AVOGADRO * litres / before
        was = f"1 {network.substance_unit} in {compartment.size:g} {compartment.unit}"
    return molecules, f"{was} is {molecules:.6g} molecules in {volume.strip()}"


def _compartment(network: Network, name: str | None) -> Compartment:
    known = network.compartment_by_id
    if name is not None:
        if name not in known:
            what, way_out = f"compartment {name!r}", nearest(name, known)
            raise UnknownNameError(Problem(what=what, why="not in the model", way_out=way_out))
        return known[name]
    volumes = [c for c in network.compartments if c.dimensions == 3]
    if len({(c.size, c.unit) for c in volumes}) != 1:
        sizes = ", ".join(f"{c.id} {c.size:g} {c.unit or ''}".strip() for c in volumes)
        way_out = f'say which: "{volumes[0].id}=1 pL"' if volumes else "use copies=1000"
        why = f"compartments have several sizes ({sizes})" if volumes else "there is no volume"
        raise InputError(Problem(what="volume", why=why, way_out=way_out))
    return volumes[0]


def _litres(size: float, unit: str) -> float:
    """A volume in litres; 0 where it is none."""
    parsed = _parsed({"µL": "uL", "l": "L", "ml": "mL", "ul": "uL"}.get(unit, unit))
    if parsed is None:
        return 0.0
    exponents = dict(parsed.exponents)
    if exponents == {"litre": 1}:
        return size * parsed.factor
    return size * parsed.factor * 1000 if exponents == {"metre": 3} else 0.0


def _parsed(text: str | None) -> Unit | None:
    try:
        return parse_unit(text) if text else None
    except ModelError:
        return None


class _Converter:
    def __init__(self, network: Network, factor: Factor) -> None:
        self.old, (value, self.why) = network, factor
        ids = Ids([*network.ids(), *(r.id for r in network.reactions)])
        unit = network.substance_unit
        self.factor = Parameter(
            id=ids.claim("molecules_per_unit"),
            value=value,
            unit=f"item/({unit})" if unit and _parsed(f"item/({unit})") else None,
            meaning=self.why,
        )
        self.symbol = Symbol(self.factor.id)
        self.computed = [a.id for a in network.assignments if a.compartment is not None]
        self.amounts: dict[str, Expression] = {
            name: Call("divide", (Symbol(name), self.symbol))
            for name in [*network.species_index, *self.computed]
        }

    def network(self) -> Network:
        old = self.old
        network = replace(
            old,
            species=tuple(
                replace(
                    s,
                    initial=0.0,
                    initial_expression=self.rounded(
                        Number(s.initial) if s.initial_expression is None else s.initial_expression
                    ),
                )
                for s in old.species
            ),
            parameters=(
                *(replace(p, initial_expression=self.start(p)) for p in old.parameters),
                self.factor,
            ),
            compartments=tuple(
                replace(c, initial_expression=self.start(c)) for c in old.compartments
            ),
            assignments=tuple(
                replace(a, expression=self.read(a.expression))
                if a.compartment is None
                else replace(a, expression=times(self.symbol, self.read(a.expression)), unit="item")
                for a in old.assignments
            ),
            reactions=tuple(self.reaction(r) for r in old.reactions),
            events=tuple(
                replace(e, time=self.read(e.time), assignments=self.assigned(e)) for e in old.events
            ),
            state_events=tuple(
                replace(e, trigger=self.read(e.trigger), assignments=self.assigned(e))
                for e in old.state_events
            ),
            readouts=tuple(
                replace(r, unit="item") if r.symbol in self.amounts else r for r in old.readouts
            ),
            substance_unit="item",
        )
        return self.recorded(checked(network))

    def read(self, expression: Expression) -> Expression:
        return substitute(expression, self.amounts)

    def start(self, item: Parameter | Compartment) -> Expression | None:
        held = item.initial_expression
        return None if held is None else self.read(held)

    def rounded(self, amount: Expression) -> Expression:
        """F times an amount, to the nearest whole molecule."""
        exact = times(self.symbol, self.read(amount))
        return Call("floor", (Call("plus", (exact, Number(0.5))),))

    def assigned(self, event: Event | StateEvent) -> tuple[tuple[str, Expression], ...]:
        """What an event sets; amounts are made whole as starts are."""
        return tuple(
            (name, self.rounded(e) if name in self.old.species_index else self.read(e))
            for name, e in event.assignments
        )

    def reaction(self, reaction: Reaction) -> Reaction:
        """F*law(x/F): a mass-action law of order n keeps its counts, and its constant gets F^(1-n)."""
        law = reaction.law
        power = 1 - sum(n for _, n in law.orders)
        rate = self.read(law.rate)
        if power > 0:
            rate = times(self.symbol, rate)
        elif power < 0:
            below = self.symbol if power == -1 else Call("power", (self.symbol, Number(-power)))
            rate = Call("divide", (rate, below))
        return replace(reaction, law=RateLaw(rate=rate, orders=law.orders, ambiguous=law.ambiguous))

    def recorded(self, network: Network) -> Network:
        """With starts evaluated, and what was done to them in the rules."""
        values = initial_values(network)
        exact = {name: v * self.factor.value for name, v in initial_values(self.old).items()}
        rules = [*network.rules, Rule(name="conversion", text=CONVERTED + self.why)]
        lost = []
        for s in network.species:
            if abs(exact[s.id] - values[s.id]) > 1e-9 * max(1.0, values[s.id]):
                text = f"{ROUNDED}{exact[s.id]:.6g} to {values[s.id]:.0f} molecules"
                rules.append(Rule(name=s.id, text=text))
            if exact[s.id] > 0 and values[s.id] == 0:
                lost.append(s.id)
        if lost:
            shown = ", ".join(lost[:8]) + (f" and {len(lost) - 8} more" if len(lost) > 8 else "")
            caution(
                f"{shown}: initial amounts below half a molecule were rounded to zero; a larger "
                "volume or more copies avoid this"
            )
        species = tuple(
            replace(
                s,
                initial=values[s.id],
                initial_expression=None if old.initial_expression is None else s.initial_expression,
            )  # a start that was a number stays one
            for s, old in zip(network.species, self.old.species, strict=True)
        )
        return checked(replace(network, species=species, rules=tuple(rules)))


def keeps_counts(network: Network, copies: float | None) -> bool:
    """Whether amounts are molecules before and after, so that discrete laws keep their meaning."""
    return network.substance_unit == "item" and copies == 1
