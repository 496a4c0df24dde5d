"""How long a plan will take: the control is run for a moment, and the rest follows from it.

An ODE is run whole. Under SSA some replicates of the control are followed for longer and longer
parts of their time until that takes half a second, and the cost is taken to grow with the time that
is simulated. Counted is the time of the processor, not of the clock on the wall, which others who
compute here would lengthen. Conditions that fire more or less than the control make it wrong, by a
factor of two easily.
"""

import time
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from simnet.engines.base import BatchSimulator, Limits, Simulator
from simnet.errors import SimulationError
from simnet.execute.plan import Plan
from simnet.execute.serial import resolve_engine
from simnet.execute.wall_time import roughly
from simnet.experiment.program import Program
from simnet.seeds import stream_state

_ENOUGH = 0.5  # seconds of measurement
_COLD = 2.0  # a first run that takes less is made again: it may have prepared things
_FIRST = 1 / 1024  # of the time that is simulated
_LANES = 8  # replicates at once, where the engine takes several: each costs less then


@dataclass(frozen=True, kw_only=True)
class Cost:
    """An estimate.

    Attributes:
        seconds: of one replicate on one processor; NaN where the control failed.
        loading: seconds to load the model, once a worker.
        how: how it was found, in words.
    """

    seconds: float
    loading: float
    how: str

    def words(self, replicates: int) -> str:
        """For so many replicates, on one worker and on two."""
        if np.isnan(self.seconds):
            return self.how
        one = self.loading + self.seconds * replicates
        two = self.loading + self.seconds * replicates / 2
        return f"about {roughly(one)} on one worker, {roughly(two)} on two ({self.how})"


def cost_of(plan: Plan) -> Cost:
    """The cost of a replicate of the plan's first condition, measured."""
    began = time.process_time()
    simulator = resolve_engine(plan.task.engine).prepare(plan.task)
    loading = time.process_time() - began
    job = plan.job(0, 0, 1)
    replicate = job.replicates[0]
    whole = replicate.program if replicate.program is not None else job.program
    share = 1.0 if plan.task.method == "ode" else _FIRST
    lanes = min(_LANES, plan.replicates) if plan.engine.batches else 1
    cold = True
    try:
        while True:
            part = _first_part(whole, share)
            began = time.process_time()
            _run(plan, simulator, part, replicate.seed, lanes)
            taken = time.process_time() - began
            if cold and taken < _COLD:
                cold = False
                continue
            if taken >= _ENOUGH or share >= 1:
                break
            share = min(1.0, share * 4)
    except SimulationError as error:
        how = f"no estimate: the control cannot be run ({error})"
        return Cost(seconds=float("nan"), loading=loading, how=how)
    ran = "the control was run" if lanes == 1 else f"{lanes} replicates of the control were run"
    followed = "" if share >= 1 else f" for {share:.1%} of the time"
    how = f"measured: {ran}{followed} in {taken:.2g} s here; other conditions may differ"
    return Cost(seconds=taken / share / lanes, loading=loading, how=how)


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
