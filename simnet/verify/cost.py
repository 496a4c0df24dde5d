"""How many replicates of a slow engine are bearable, from an estimate of its firings.

The estimate depends on the model alone and not on the machine or its load: equal calls make equal
runs everywhere.
"""

from simnet.engines.table import ENGINES
from simnet.errors import InputError, Problem, SimnetError
from simnet.execute.cost import expected_firings
from simnet.experiment.times import duration, time_text
from simnet.network.network import Network

_SECONDS = 60.0  # of one processor, for all replicates of a slow engine
_LONGEST = "48 h"
_WANTED = 200  # replicates for which an end is found where none is given
_SHORTER = 4.0


def affordable(
    network: Network, end: float, replicates: int, fewest: int, left_out: dict[str, str]
) -> dict[str, int]:
    """Replicates of each engine that does SSA; slow ones get less, or are `left_out` with a reason."""
    counts = {}
    for name, engine in ENGINES.items():
        if "ssa" not in engine.methods:
            continue
        counts[name] = replicates
        if engine.seconds_per_firing is None:
            continue
        within = _SECONDS / engine.seconds_per_firing(network)  # firings of all replicates
        try:
            firings = _firings(network, end)
        except SimnetError as error:
            del counts[name]
            left_out[name] = f"what it costs cannot be estimated ({error})"
            continue
        counts[name] = min(replicates, int(within / max(firings, 1e-9)))
        if counts[name] < fewest:
            del counts[name]
            long = f"t = {end:g}" if network.time_unit != "s" else time_text(end)
            left_out[name] = (
                f"too slow for about {firings:,.0f} firings in {long}; with an end "
                f"{firings * fewest / within:.2g} times as early it can run"
            )
    return counts


def bearable_end(network: Network) -> float:
    """48 h in the network's time unit, or a fraction of it that slow engines can follow.

    Raises:
        InputError: the network states no unit of time.
    """
    try:
        end = duration(_LONGEST, "t_end", network.time_unit)
    except InputError as error:
        why, way_out = "no default", "give a number in the model's own unit"
        raise InputError(
            Problem(what="t_end", why=f"{network.id} states no unit: {why}", way_out=way_out)
        ) from error
    for engine in ENGINES.values():
        if engine.seconds_per_firing is None:
            continue
        seconds = engine.seconds_per_firing(network)
        for _ in range(12):
            try:
                firings = _firings(network, end)
            except SimnetError:  # told later, where the engine is left out
                break
            if firings * seconds * _WANTED <= _SECONDS:
                break
            end /= _SHORTER
    return end


def _firings(network: Network, end: float) -> float:
    return float(expected_firings(network, t_end=end).firings.sum())
