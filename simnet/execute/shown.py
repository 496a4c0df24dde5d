"""What a run shows: readouts by name; species, expressions and parameters count as well."""

from collections.abc import Sequence

from simnet.errors import InputError, Problem, nearest
from simnet.network.network import Network, Readout


def shown_readouts(network: Network, names: Sequence[str] | str | None) -> tuple[Readout, ...]:
    """Readouts by name, (R,) in the order of the names without repeats; the network's own if None.

    Raises:
        InputError: all names that mean nothing, or several species.
    """
    if names is None and not network.readouts:
        raise InputError(
            Problem(
                what=f"network {network.id}",
                why="has no readouts, and no species to take in their place",
                way_out="name what to show: readouts=[...]",
            )
        )
    if names is None:
        return network.readouts
    try:
        wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    except TypeError:
        raise InputError(Problem(what=f"readouts={names!r}", why="not a list of names")) from None
    found, problems = [], []
    known = set(network.ids())
    for name in wanted:
        species = network.find_species(name)
        symbol = species[0] if len(species) == 1 else name
        if name in network.readout_by_name:
            found.append(network.readout_by_name[name])
        elif symbol in known:
            found.append(Readout(name=name, symbol=symbol, unit=_unit_of(network, symbol)))
        elif len(species) > 1:
            way_out = "name one: " + ", ".join(species)
            why = "is the pattern of several species"
            problems.append(Problem(what=f"readout {name!r}", why=why, way_out=way_out))
        else:
            every = [*network.readout_by_name, *known]
            problems.append(
                Problem(
                    what=f"readout {name!r}",
                    why=f"is not in {network.id}",
                    way_out=nearest(str(name), every),
                )
            )
    if not wanted:
        problems.append(Problem(what="readouts", why="none given", way_out="leave it out for all"))
    if problems:
        raise InputError(problems)
    return tuple(found)


def _unit_of(network: Network, symbol: str) -> str | None:
    if symbol in network.species_index:
        return network.substance_unit
    if symbol in network.assignment_by_id:
        return network.assignment_by_id[symbol].unit
    if symbol in network.parameter_by_id:
        return network.parameter_by_id[symbol].unit
    return network.compartment_by_id[symbol].unit
