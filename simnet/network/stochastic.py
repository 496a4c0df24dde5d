"""What a network must satisfy before it is simulated stochastically."""

import math
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from simnet.errors import ModelError, Problem, SimnetWarning, UnsupportedError
from simnet.network.bounds import EVERYTHING, NONNEGATIVE, Ceilings, Interval, bounds
from simnet.network.expression import Expression, factored, text
from simnet.network.network import Network, Reaction, cached
from simnet.network.timing import time_switch, without_switches
from simnet.network.units import parse_unit
from simnet.network.values import initial_values, rate_functions

MOST_COUNTED = 2.0**53
"""Molecules: from here on, a double that is one larger is the same double."""

_MOST_SEEN = 1000


def require_stochastic(
    network: Network,
    stages: Iterable[Mapping[str, float] | None] = (None,),
    disturbed: Collection[str] = (),
) -> None:
    """Raise UnsupportedError unless every law is a propensity of whole molecules.

    `stages` are sets of values that replace the declared ones, one after the other; amounts of
    `disturbed` species are changed by more than reactions.

    The errors name each element, the reason and the way out. A law that does not vanish when a
    reactant runs out is a warning: engines then take its propensity as zero.
    """
    if network.document is not None:
        raise UnsupportedError(network.document.obstacles)
    disturbed = frozenset({*disturbed, *network.set_by_state_events})
    values = tuple(frozenset((changed or {}).items()) for changed in stages)
    seen = cached(network, _checked_stages)
    if (values, disturbed) not in seen:
        problems = _problems_of_stages(network, [dict(changed) for changed in values], disturbed)
        if problems:
            raise UnsupportedError(problems)
        if len(seen) < _MOST_SEEN:
            seen.add((values, disturbed))
    for text_ in cached(network, _needs_guard):
        warnings.warn(text_, SimnetWarning, stacklevel=3)


def _checked_stages(network: Network) -> set[tuple[object, object]]:
    """Stages of values that were checked, and what disturbs them: a run often comes again."""
    return set()


def _problems_of_stages(
    network: Network, stages: Iterable[Mapping[str, float]], disturbed: Collection[str]
) -> list[Problem]:
    found: list[Problem] = []
    ceilings: Ceilings | None = None
    for changed in stages:
        values = initial_values(network, changed)
        if ceilings is None:
            found += _infinite_at_start(network, values)
        ceilings = _ceilings(network, values, disturbed, ceilings)
        found += _stochastic_problems(network, ceilings)
    return list(dict.fromkeys(found))


def stochastic_problems(
    network: Network, changed: Mapping[str, float] | None = None
) -> Iterator[Problem]:
    """Everything that has no exact stochastic meaning in runs that are cut at fixed times, with
    `changed` values."""
    if network.document is not None:
        yield from network.document.obstacles
        return
    network = without_switches(network)
    set_by_events = {name for event in network.all_events for name, _ in event.assignments}
    ceilings = _ceilings(network, initial_values(network, changed), set_by_events)
    yield from _stochastic_problems(network, ceilings)


def _ceilings(
    network: Network,
    values: dict[str, float],
    disturbed: Collection[str],
    before: Ceilings | None = None,
) -> Ceilings:
    ranges = _ranges(network, values, disturbed)
    return Ceilings(network, values, ranges, disturbed=disturbed, before=before)


def _stochastic_problems(network: Network, ceilings: Ceilings) -> Iterator[Problem]:
    counted = network.substance_unit in ("item", None)
    if not counted:
        yield Problem(
            what=f"network {network.id}: amounts in {network.substance_unit!r}",
            why="SSA counts molecules",
            way_out=_as_molecules(network.substance_unit),
        )
    for species in network.species if counted else ():  # 0.3 mol is no whole number either way
        amount = ceilings.values[species.id]
        if not 0 <= amount <= MOST_COUNTED or amount != math.floor(amount):
            sample = round(min(max(amount, 0), MOST_COUNTED)) if not math.isnan(amount) else 0
            too_many = " that can be counted (up to 2^53)" if amount > MOST_COUNTED else ""
            yield Problem(
                what=f"species {species.id}: initial amount {amount:g}",
                why=f"not a whole number of molecules{too_many}",
                way_out=f"set it to a whole number, Set({species.id!r}, {sample}), or say what one "
                "unit of amount is: copies=1000 (--copies 1000)",
            )
    for reaction in network.reactions:
        yield from _law_problems(network, reaction, ceilings)


def _as_molecules(unit: str | None) -> str:
    """How amounts in another unit become molecules: by a volume if they are in moles."""
    options = "copies=1000, so many molecules for one unit (--copies 1000)"
    try:
        in_moles = dict(parse_unit(unit or "1").exponents).get("mole") == 1
    except ModelError:  # a unit of a file's own, which has no form in text
        in_moles = False
    if in_moles:
        options = f'volume="1 pL" (--volume "1 pL"), or {options}'
    return f"say what they are when the model is loaded: {options}"


def _infinite_at_start(network: Network, values: dict[str, float]) -> Iterator[Problem]:
    fixed = {s.id for s in network.species if s.fixed}
    for reaction, rate in zip(network.reactions, cached(network, _propensities), strict=True):
        can_fire = all(values[s] >= n for s, n in reaction.reactants if s not in fixed)
        if can_fire and not math.isfinite(value := rate(values, 0.0)):
            yield Problem(
                what=f"reaction {reaction.id}: "
                f"rate law {text(reaction.law.expression('discrete'))}",
                why=f"is {value:g} at the start",
                way_out="check its parameters for zeros and very large values",
            )


def _propensities(network: Network) -> list[Callable[[Mapping[str, float], float], float]]:
    return rate_functions(network, "discrete")


def _law_problems(network: Network, reaction: Reaction, ceilings: Ceilings) -> Iterator[Problem]:
    what = f"reaction {reaction.id}"
    if reaction.law.ambiguous:
        uses = " + ".join(f"{n} {s}" if n > 1 else s for s, n in reaction.reactants)
        yield Problem(
            what=f"{what} ({uses}): rate law {text(reaction.law.expression('continuous'))}",
            why="its discrete form is ambiguous: k*A^2 and k*A*(A-1) differ at small copy numbers",
            way_out='declare it when the model is loaded: kinetics="continuous" (--kinetics '
            "continuous; of simnet export, --written-in continuous) if it was written for an ODE, "
            '"discrete" if it is a propensity as it stands'
            if network.kinetics == "as-written"
            else "it is not mass action in its reactants: write it as a propensity, and load it "
            'with kinetics="discrete"',
        )
        return
    rate = _without_powers(reaction)
    low, _ = bounds(rate, ceilings.ranges)
    if not low >= 0 and not ceilings.nonnegative(rate):
        yield Problem(
            what=f"{what}: rate law {text(reaction.law.expression('discrete'))}",
            why="can be negative, but propensities cannot",
            way_out="split it into a forward and a reverse reaction",
        )
    switch = cached(network, _switches).get(reaction.id)
    if switch is not None:
        yield Problem(
            what=f"{what}: {text(switch)}",
            why="a switch in time inside a rate law is exact under SSA only where time is compared "
            "with a constant",
            way_out="take it out of the model and use a schedule: At(time, Set(...))",
        )


def _switches(network: Network) -> dict[str, Expression]:
    """What switches in time in laws, by reaction."""
    found = ((r.id, time_switch(network, _without_powers(r))) for r in network.reactions)
    return {name: switch for name, switch in found if switch is not None}


def _without_powers(reaction: Reaction) -> Expression:
    """What is left of a law when reactant counts are taken out: its sign is the law's."""
    if reaction.law.orders:
        return reaction.law.rate
    needed = {s: n for s, n in reaction.reactants if n > 1}
    found = factored(reaction.law.rate, needed, "discrete") if needed else None
    return found[0] if found else reaction.law.rate


def _ranges(
    network: Network, values: dict[str, float], disturbed: Collection[str] = ()
) -> dict[str, Interval]:
    """Between which values each quantity stays; `values` has what is set and what is held."""
    ranges: dict[str, Interval] = {name: (v, v) for name, v in values.items()}
    loose = [s.id for s in network.species if not s.fixed or s.id in disturbed]
    ranges.update(dict.fromkeys(loose, NONNEGATIVE))
    assigned = [
        (name, expression)  # a negative amount is an error of the run, and is no range
        for event in network.all_events
        for name, expression in event.assignments
        if name not in network.species_index
    ]
    for name, _ in assigned:  # until shown to be otherwise
        ranges[name] = NONNEGATIVE if values[name] >= 0 else EVERYTHING
    while True:
        for assignment in network.assignments:
            low, high = bounds(assignment.expression, ranges)
            value = values[assignment.id]  # within the bounds, unless it is held
            ranges[assignment.id] = min(low, value), max(high, value)
        below = [n for n, e in assigned if bounds(e, ranges)[0] < 0 and ranges[n] != EVERYTHING]
        if not below:
            return ranges
        ranges.update(dict.fromkeys(below, EVERYTHING))


def _needs_guard(network: Network) -> list[str]:
    """Reactions whose law does not vanish when a reactant has run out."""
    found = []
    values = initial_values(network)
    fixed = {s.id for s in network.species if s.fixed}
    for reaction in network.reactions:
        vanishing = {s for s, _ in reaction.law.orders}
        for species, _ in reaction.reactants:
            if species in vanishing or species in fixed:
                continue
            ranges = _ranges(network, values) | {species: (0.0, 0.0)}
            for a in network.assignments:
                ranges[a.id] = bounds(a.expression, ranges)
            if bounds(reaction.law.rate, ranges) != (0.0, 0.0):
                found.append(
                    f"reaction {reaction.id}: its rate law does not vanish when {species} has run "
                    "out; under SSA its propensity is then taken as zero"
                )
    return found
