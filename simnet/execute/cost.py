"""What runs cost: seconds that a plan will take, and the firings of an exact stochastic run.

Seconds are measured: conditions of the plan are run for a moment, and the rest follows from them. An
ODE is run whole. Under SSA some replicates are followed for longer and longer parts of their time until
that takes half a second, and the cost is taken to grow with the time that is simulated. Counted is the
time of the processor, not of the clock on the wall, which others who compute here would lengthen.
Conditions that fire more or less than those that were run make it wrong, by a factor of two easily.

Firings are expected per reaction, and depend on the model alone. Every reaction gets a counter, a species that each firing makes one of. CVODE integrates the counters
along with the network, under its own error control, so fast transients, time-dependent laws and
scheduled changes are taken in without a grid of ours:

    counter_j(t) = integral from 0 to t of a_j(x(s), s) ds

with x the ODE solution and a_j the law in continuous kinetics (k*A^2/2, not k*A*(A-1)/2): these are
the firings that carry the ODE's own amounts, so that they balance, and they cannot be negative below
one molecule. Where copies are few, the mean over stochastic runs differs.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from simnet.engines.base import BatchSimulator, Limits, Simulator
from simnet.errors import InputError, SimulationError, UnsupportedError
from simnet.execute.base import Workers
from simnet.execute.plan import Plan
from simnet.execute.progress import roughly
from simnet.execute.run import processors, threads_for
from simnet.execute.simulate import simulate
from simnet.execute.threads import resolve_engine
from simnet.experiment.change import Change
from simnet.experiment.program import Program
from simnet.experiment.schedule import Scheduled
from simnet.experiment.times import TimeSpec
from simnet.network.network import Network, Reaction, Species
from simnet.seeds import stream_state

if TYPE_CHECKING:
    import pandas as pd

_AT_ONCE = 1000  # counters in one run: CVODE's time grows with the cube of what it integrates
_ENOUGH = 0.5  # seconds of measurement
_COLD = 2.0  # a first run that takes less is made again: it may have prepared things
_FIRST = 1 / 1024  # of the time that is simulated
_LANES = 8  # replicates at once, where the engine takes several: each costs less then


@dataclass(frozen=True, kw_only=True)
class Cost:
    """An estimate.

    Attributes:
        seconds: of one replicate on one processor; NaN where all that was tried failed.
        loading: seconds to load the model, once a worker.
        how: how it was found, in words.
    """

    seconds: float
    loading: float
    how: str

    def wall(self, replicates: int, workers: Workers = None) -> float:
        """Seconds that so many replicates will take here; a cluster's speed is not known."""
        return self.loading + self.seconds * replicates / min(threads_for(workers), processors())

    def words(self, replicates: int) -> str:
        """For so many replicates, on one worker and on two."""
        if np.isnan(self.seconds):
            return self.how
        one = self.loading + self.seconds * replicates
        two = self.loading + self.seconds * replicates / 2
        return f"about {roughly(one)} on one worker, {roughly(two)} on two ({self.how})"


def cost_of(plan: Plan, conditions: Sequence[int] = (0,)) -> Cost:
    """The mean cost of a replicate of some of a plan's conditions, measured in this process."""
    began = time.process_time()
    simulator = resolve_engine(plan.task.engine).prepare(plan.task)
    loading = time.process_time() - began
    lanes = min(_LANES, plan.replicates) if plan.engine.batches else 1
    found: list[float] = []
    how = ""
    for number in conditions:
        try:
            taken, share = _measured(plan, simulator, number, lanes, _ENOUGH / len(conditions))
        except (InputError, SimulationError) as error:
            how = how or f"no estimate: {plan.conditions[number].name} cannot be run ({error})"
            continue
        found.append(taken / share / lanes)
        which = plan.conditions[number].name
        ran = f"{which} was run" if lanes == 1 else f"{lanes} replicates of {which} were run"
        followed = "" if share >= 1 else f" for {share:.1%} of the time"
        how = f"measured: {ran}{followed} in {taken:.2g} s here; other conditions may differ"
    return Cost(seconds=float(np.mean(found)) if found else np.nan, loading=loading, how=how)


def _measured(
    plan: Plan, simulator: Simulator | BatchSimulator, condition: int, lanes: int, enough: float
) -> tuple[float, float]:
    """Seconds that some replicates took, and for what share of their time."""
    job = plan.job(condition, 0, 1)
    (replicate,) = job.replicates
    share = 1.0 if plan.task.method == "ode" else _FIRST
    cold = True
    while True:
        part = _first_part(replicate.program or job.program, share)
        began = time.process_time()
        _run(plan, simulator, part, replicate.seed, lanes)
        taken = time.process_time() - began
        if cold and taken < _COLD:
            cold = False
        elif taken >= enough or share >= 1:
            return taken, share
        else:
            share = min(1.0, share * 4)


def _run(
    plan: Plan, simulator: Simulator | BatchSimulator, part: Program, seed: int, lanes: int
) -> None:
    if not plan.engine.batches:
        cast(Simulator, simulator).run(part, seed)
        return
    batch = cast(BatchSimulator, simulator)
    streams = [stream_state(plan.root or 0, "estimate", lane) for lane in range(lanes)]
    found = batch.run_batch(part, streams, limits=Limits(), stop=lambda: False)[0]
    if isinstance(found, str):
        raise SimulationError(found)


def _first_part(program: Program, share: float) -> Program:
    """The program up to a share of its whole time, the equilibration included."""
    if share >= 1:
        return program
    start, end = program.segments[0].start, program.segments[-1].end
    until = start + share * (end - start)
    kept = [segment for segment in program.segments if segment.start < until]
    last = replace(kept[-1], end=until, outputs=kept[-1].outputs[kept[-1].outputs <= until])
    if not any(len(segment.outputs) for segment in [*kept[:-1], last]):
        last = replace(last, outputs=np.array([until]))
    return replace(program, segments=(*kept[:-1], last))


def expected_firings(
    network: Network,
    *,
    t_end: TimeSpec,
    equilibrate: TimeSpec | None = None,
    background: Sequence[Change] | Change = (),
    changes: Sequence[Change] | Change = (),
    schedule: Sequence[Scheduled] | Scheduled = (),
    workers: Workers = 0,
) -> "pd.DataFrame":
    """Expected firings of each reaction from t = 0 to t_end, the most frequent first.

    Args:
        network: from `load`.
        t_end: end of the run, as in `simulate`.
        equilibrate: time under baseline inputs before; its firings are not counted.
        background, changes, schedule: as in `simulate`.
        workers: as in `simulate`; 0 runs in this process.

    Returns:
        Columns reaction (id), rules (their names, joined by ", "), firings (expected number) and
        share (of all firings, 0 to 1).

    Raises:
        InputError: mistakes in the call.
        UnsupportedError: a foreign file that a Network cannot hold: it has no reactions of ours.
    """
    import pandas as pd

    if network.document is not None:
        raise UnsupportedError(network.document.obstacles)
    firings: list[float] = []
    for first in range(0, len(network.reactions), _AT_ONCE):
        counted = network.reactions[first : first + _AT_ONCE]
        counters = _counter_ids(network, counted)
        run = simulate(
            _with_counters(network, counters),
            t_end=t_end,
            points=2,
            equilibrate=equilibrate,
            background=background,
            changes=changes,
            schedule=schedule,
            readouts=list(counters.values()),
            workers=workers,
            rtol=1e-6,
        )
        firings += (run.values[0, 0, -1] - run.values[0, 0, 0]).tolist()
    total = np.sum(firings)
    table = pd.DataFrame(
        {
            "reaction": [reaction.id for reaction in network.reactions],
            "rules": [", ".join(reaction.rules) for reaction in network.reactions],
            "firings": np.array(firings, dtype=np.float64),
            "share": np.array(firings) / total if total > 0 else np.zeros(len(firings)),
        }
    )
    return table.sort_values("firings", ascending=False, kind="stable", ignore_index=True)


def _counter_ids(network: Network, counted: Sequence[Reaction]) -> dict[str, str]:
    """An id for the counter of each reaction; none is in the network."""
    taken = set(network.ids())
    prefix = "firings"
    while any(name.startswith(f"{prefix}_") for name in taken):
        prefix += "_"
    return {reaction.id: f"{prefix}_{reaction.id}" for reaction in counted}


def _with_counters(network: Network, counters: dict[str, str]) -> Network:
    where = network.compartments[0].id
    reactions = tuple(
        replace(r, products=(*r.products, (counters[r.id], 1))) if r.id in counters else r
        for r in network.reactions
    )
    species = tuple(
        Species(id=name, name=name, compartment=where, initial=0.0) for name in counters.values()
    )
    return replace(network, reactions=reactions, species=(*network.species, *species))
