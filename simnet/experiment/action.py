"""What a change comes down to in an engine: three elementary acts on one quantity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from simnet.errors import Problem, nearest
from simnet.network.expression import Expression
from simnet.network.network import Network, cached


@dataclass(frozen=True, slots=True)
class SetValue:
    """Give `id` (a parameter, compartment or species amount) the value."""

    id: str
    value: float


@dataclass(frozen=True, slots=True)
class ScaleValue:
    """Multiply the current value of `id` by the factor."""

    id: str
    factor: float


@dataclass(frozen=True, slots=True)
class AddAmount:
    """Add to the amount of the species `id`."""

    id: str
    amount: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Hold the species or assignment `id` at the value from now on."""

    id: str
    value: float


@dataclass(frozen=True, slots=True)
class Assign:
    """Give each id the value that its expression has now; all are evaluated first."""

    assignments: tuple[tuple[str, Expression], ...]


Action: TypeAlias = SetValue | ScaleValue | AddAmount | Hold
"""What a change resolves to."""

Act: TypeAlias = SetValue | ScaleValue | AddAmount | Assign
"""What is left for an engine to do at a boundary, since it takes the state there."""


# What the names in changes mean in a network: ids, or the problem where there is no such thing.


def species_id(network: Network, name: str) -> str | None:
    """A species by its id, or by a pattern that no other has; not where a readout of that name is
    something else, such as copies where the species counts tokens of them."""
    if _is_other_readout(network, name):
        return None
    found = network.find_species(name)
    return found[0] if len(found) == 1 else None


def species_way_out(network: Network, name: str) -> str:
    """What to write in place of a name that is not a species, or not one alone."""
    if not _is_other_readout(network, name):
        return nearest(name, network.species_index)
    ids = network.find_species(name)
    patterns = [s.name for s in network.species if s.id == name]
    names = " or ".join(repr(found) for found in patterns or ids)
    return f"the species, which is not what the readout counts, is named {names}"


def _is_other_readout(network: Network, name: str) -> bool:
    readout = network.readout_by_name.get(name)
    return readout is not None and network.find_species(name) not in ([], [readout.symbol])


def settable(network: Network, name: str, what: str) -> tuple[str, list[Problem]]:
    """The id of what a name lets one set: an input, parameter, size or species; `what` is the change,
    for messages."""
    inputs = cached(network, _parameters_of_inputs)
    target = inputs.get(name, name)
    if target in network.built_in:
        why = f"{name!r} sets a stoichiometry, which is fixed when the model is loaded"
        return target, [Problem(what=what, why=why, way_out="change it in the model")]
    if target in network.parameter_by_id or target in network.compartment_by_id:
        return target, []
    species = species_id(network, target)
    if species is not None:
        return species, []
    if target in network.assignment_by_id or target in network.readout_by_name:
        readout = network.readout_by_name.get(target)
        symbol = readout.symbol if readout else target
        if symbol not in network.assignment_by_id:  # of a file that runs as it is
            why = f"{name!r} is computed by a rule of the file"
            return target, [Problem(what=what, why=why, way_out="take the rule out of the model")]
        kind = network.assignment_by_id[symbol].kind
        way_out = "use Clamp to hold it" if kind == "expression" else "set one of its species"
        if _is_other_readout(network, target):
            way_out += f"; {species_way_out(network, target)}"
        return target, [Problem(what=what, why=f"{name!r} is computed ({kind})", way_out=way_out)]
    several = network.find_species(target)
    if several:
        why = f"{name!r} is the pattern of several species (ambiguous)"
        return target, [Problem(what=what, why=why, way_out="name one: " + ", ".join(several))]
    known = [*inputs, *network.parameter_by_id, *network.species_index, *network.compartment_by_id]
    return target, [
        Problem(what=what, why=f"{name!r} is not in {network.id}", way_out=nearest(name, known))
    ]


def _parameters_of_inputs(network: Network) -> dict[str, str]:
    return {given.name: given.parameter for given in network.inputs}


def drug_parameter(network: Network, name: str, what: str) -> tuple[str, list[Problem]]:
    """The parameter that holds a drug's concentration."""
    for drug in network.drugs:
        if drug.name == name:
            return drug.parameter, []
    drugs = [drug.name for drug in network.drugs]
    why, way_out = f"{network.id} has no such drug", nearest(name, drugs)
    if not drugs:
        why = f"{network.id} declares no drugs"
        way_out = f'for a parameter or species write Set("{name}", 10), as a text "{name}=10"'
    return name, [Problem(what=what, why=why, way_out=way_out)]


def expression_targets(
    network: Network, name: str, what: str
) -> tuple[Sequence[str], list[Problem]]:
    """The ids of what carries a gene's expression; see `Knockdown`."""
    for gene in network.genes:
        if name in (gene.name, gene.symbol):
            return gene.parameters, []
    if name in network.parameter_by_id:
        return [name], []
    containing = [s.id for s in network.species if name in s.molecules]
    if containing:
        makers = _synthesised_by(network, name)
        if not makers:
            return containing, []
        return [], [
            Problem(
                what=what,
                why=f"{name} is made by reaction {makers[0]}, so its amount would recover",
                way_out="scale the parameter of its synthesis: Scale(parameter, factor)",
            )
        ]
    species = species_id(network, name)
    if species is not None:
        return [species], []
    known = [g.name for g in network.genes]
    known += [*{m for s in network.species for m in s.molecules}, *network.parameter_by_id]
    return [], [
        Problem(what=what, why=f"{name!r} is not in {network.id}", way_out=nearest(name, known))
    ]


def _synthesised_by(network: Network, molecule: str) -> list[str]:
    copies = {s.id: s.molecules.count(molecule) for s in network.species}

    def total(side: Iterable[tuple[str, int]]) -> int:
        return sum(copies[s] * n for s, n in side)

    return [r.id for r in network.reactions if total(r.products) > total(r.reactants)]
