"""What roadrunner makes of laws that depend on time, and what is done about it."""

from simnet.experiment.program import Program, with_held
from simnet.network.network import Network
from simnet.network.timing import timed_reactions


def doubts(network: Network, program: Program) -> list[str]:
    """Its Gillespie integrates propensities between points that follow from the output times."""
    if not timed_reactions(network):
        return []
    held = {segment.held for segment in program.segments}
    named = sorted({name for ids in held for name in timed_reactions(with_held(network, ids))})
    return [
        f"reaction {name}: its rate depends on time, which roadrunner's Gillespie looks at only at "
        "moments that follow from the output times, so it can step over what lies between and give "
        'a wrong variance; engine="reference" is exact'
        for name in named[:1]
    ]
