"""`cross_check`: run a network in every engine that can, and compare what comes out."""

import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.table import ENGINES
from simnet.errors import (
    InputError,
    MissingToolError,
    Problem,
    SimnetError,
    SimulationError,
    UnsupportedError,
)
from simnet.execute.cost import expected_firings
from simnet.execute.progress import Progress
from simnet.execute.simulate import simulate
from simnet.experiment.condition import Condition
from simnet.experiment.program import program
from simnet.experiment.times import (
    TimeSpec,
    duration,
    finite_number,
    root_seed,
    time_text,
    whole_number,
)
from simnet.network.network import Network, Readout
from simnet.network.stochastic import stochastic_problems
from simnet.network.timing import without_switches
from simnet.network.values import require_network
from simnet.results.trajectories import Trajectories
from simnet.screen.effects import holm
from simnet.seeds import drawn_root, replicate_seed
from simnet.verify.master_equation import Distribution, NoSolution, solve
from simnet.verify.verification import EXACT, EngineComparison, Known, Side, Verification, compare

# How many replicates of a slow engine are bearable, from an estimate of its firings.
#
# The estimate depends on the model alone and not on the machine or its load: equal calls make equal
# runs everywhere.


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
            left_out[name] = f"its cost cannot be estimated ({error})"
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
        why = f"{network.id} states no unit of time, so there is no default"
        way_out = "give a number in the model's own unit"
        raise InputError(Problem(what="t_end", why=why, way_out=way_out)) from error
    for engine in ENGINES.values():
        if engine.seconds_per_firing is None:
            continue
        seconds = engine.seconds_per_firing(network)
        for _ in range(12):
            try:
                firings = _firings(network, end)
            except SimnetError:  # reported later, where the engine is left out
                break
            if firings * seconds * _WANTED <= _SECONDS:
                break
            end /= _SHORTER
    return end


def _firings(network: Network, end: float) -> float:
    return float(expected_firings(network, t_end=end).firings.sum())


ALPHA = 1e-4
"""The chance of a false alarm in one call, at most."""

_TIMES = 3  # after the start, evenly spaced
_FEWEST = 20  # replicates; fewer show nothing


def cross_check(
    network: Network,
    *,
    t_end: TimeSpec | None = None,
    replicates: int = 500,
    seed: int | None = None,
    readouts: Sequence[str] | str | None = None,
    workers: int | None = None,
    alpha: float = ALPHA,
    progress: Progress | None = None,
) -> Verification:
    """Check that engines give the same distributions, on a network of one's own as well.

    Every engine that does exact stochastic simulation runs the network from its declared start.
    Each pair is compared in every readout at three times (a third, two thirds and all of the run):
    mean, standard deviation and distribution. Where some 20,000 states hold all but 1e-12 of the
    probability, each engine is compared with the solution of the master equation as well.

    Args:
        network: from `load`.
        t_end: end of the run, as in `simulate`. None takes 48 h, or as much of it as the slow
            reference engine can follow in some minutes.
        replicates: of each engine; the slow reference engine gets as many of them as it can run in
            about a minute of one processor, by an estimate from the model alone.
        seed: root seed; drawn and recorded if None. Engines get different ones made from it.
        readouts: what to compare, as in `simulate`; all readouts if None.
        workers: as in `simulate`.
        alpha: the chance of a false alarm in the whole call, at most (Holm's correction over all
            tests, each exact or conservative at any number of replicates).
        progress: called with (done, total) replicates of all engines.

    Returns:
        A Verification; `agree` is the verdict, `frame()` the table.

    Raises:
        InputError: mistakes in the call.
        UnsupportedError: the network has no exact stochastic meaning, or nothing can be compared:
            one engine only can run it, and the master equation cannot be solved.
    """
    _check_call(network, replicates, seed, alpha)
    problems = list(stochastic_problems(network))
    if problems:
        raise UnsupportedError(problems)
    end = _end(network, t_end)
    root = drawn_root() if seed is None else seed
    left_out: dict[str, str] = {}
    failed: dict[str, str] = {}
    counts = affordable(network, end, replicates, _FEWEST, left_out)
    _without_doubtful(counts, network, end, left_out)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        arguments: dict[str, Any] = {"t_end": end, "readouts": readouts, "workers": workers}
        arguments["points"] = _TIMES + 1
        runs = _runs(network, arguments, counts, root, progress, left_out, failed)
        ode = _ode(network, arguments, left_out)
    for message in {str(item.message): item for item in warned}.values():
        warnings.warn(message.message, message.category, stacklevel=2)
    any_run = next(iter(runs.values()), None)
    if any_run is None:
        raise _nothing(network, left_out | failed)
    times, shown = any_run.times[1:], any_run.readouts
    try:
        exact = solve(network, times, tuple(r.symbol for r in shown))
    except (NoSolution, SimulationError) as reason:
        exact = ()
        left_out[EXACT] = str(reason)
    if len(runs) < 2 and not exact:
        raise _nothing(network, left_out | failed)
    return Verification(
        network=network.id,
        digest=network.digest,
        time_unit=network.time_unit,
        times=times,
        readouts=shown,
        engines={name: run.record.versions[run.engine] for name, run in runs.items()},
        replicates={name: int(run.finished.sum()) for name, run in runs.items()},
        states=max((len(d.weights) for d in exact), default=0),
        comparisons=_corrected(_comparisons(runs, exact, shown)),
        failures=(
            *(f"{name}, every replicate: {reason}" for name, reason in failed.items()),
            *(
                f"{name}, replicate {f.replicate}: {f.reason}"
                for name, run in runs.items()
                for f in run.failures
            ),
        ),
        left_out=left_out,
        ode=ode[1:] if ode is not None else np.full((len(times), len(shown)), np.nan),
        alpha=alpha,
        seed=root,
    )


def _check_call(network: Network, replicates: int, seed: int | None, alpha: float) -> None:
    require_network(network)
    whole_number(replicates, "replicates", _FEWEST)
    if seed is not None:
        root_seed(seed)
    if not 0 < finite_number(alpha, "alpha") < 1:
        raise InputError(Problem(what=f"alpha={alpha!r}", why="not between 0 and 1"))


def _end(network: Network, t_end: TimeSpec | None) -> float:
    if t_end is None:
        return bearable_end(network)
    end = duration(t_end, "t_end", network.time_unit)
    if end <= 0:
        raise InputError(Problem(what=f"t_end={t_end!r}", why="must be positive"))
    return end


def _without_doubtful(
    counts: dict[str, int], network: Network, end: float, left_out: dict[str, str]
) -> None:
    """Leave out engines that may be wrong on the network, for they prove nothing."""
    run = without_switches(network)
    compiled, _ = program(run, Condition(), np.array([0.0, end]))
    for name in list(counts):
        for doubt in ENGINES[name].doubts(run, compiled, "ssa"):
            left_out[name] = doubt
            counts.pop(name, None)


def _runs(
    network: Network,
    arguments: dict[str, Any],
    counts: dict[str, int],
    root: int,
    progress: Progress | None,
    left_out: dict[str, str],
    failed: dict[str, str],
) -> dict[str, Trajectories]:
    """A run of each engine, but of those that refuse the network or fail in all replicates."""
    runs: dict[str, Trajectories] = {}
    whole, before = sum(counts.values()), 0

    def advance(done: int, total: int) -> None:
        if progress is not None:
            progress(before + done, whole)

    for name, count in counts.items():
        try:
            runs[name] = simulate(
                network,
                **arguments,
                method="ssa",
                replicates=count,
                seed=replicate_seed(root, f"cross_check {name}", 0),
                engine=name,
                progress=advance,
            )
        except (UnsupportedError, MissingToolError) as error:
            left_out[name] = str(error)
        except SimulationError as error:
            failed[name] = str(error)
        before += count
    return runs


def _ode(
    network: Network, arguments: dict[str, Any], left_out: dict[str, str]
) -> FloatArray | None:
    """(T + 1, R): the deterministic solution; information only."""
    try:
        values: FloatArray = simulate(network, **arguments).values[0, 0]
    except SimnetError as error:
        left_out["ODE"] = str(error)
        return None
    return values


def _comparisons(
    runs: dict[str, Trajectories], exact: Sequence[Distribution], readouts: Sequence[Readout]
) -> list[EngineComparison]:
    found = []
    for readout in readouts:
        samples = {name: run.readout(readout.name) for name, run in runs.items()}
        times = next(iter(runs.values())).times
        for column in range(1, len(times)):
            sides: list[tuple[str, FloatArray]] = [(k, s[:, column]) for k, s in samples.items()]
            pairs: list[tuple[tuple[str, FloatArray], Side]] = list(combinations(sides, 2))
            if exact:
                law = exact[column - 1]
                known = Known(values=law.values[readout.symbol], weights=law.weights, lost=law.lost)
                pairs += [(side, (EXACT, known)) for side in sides]
            time = float(times[column])
            found += [compare(readout.name, time, a, b) for a, b in pairs]
    return found


def _corrected(comparisons: Sequence[EngineComparison]) -> tuple[EngineComparison, ...]:
    plain = np.array([c.pvalues for c in comparisons])
    corrected = holm(plain.ravel()).reshape(plain.shape).min(axis=1)
    return tuple(replace(c, p=float(p)) for c, p in zip(comparisons, corrected, strict=True))


def _nothing(network: Network, left_out: dict[str, str]) -> UnsupportedError:
    missing = [Problem(what=name, why=why) for name, why in left_out.items() if name in ENGINES]
    missing += [Problem(what=EXACT, why=left_out[EXACT])] if EXACT in left_out else []
    why = "there is nothing to compare: fewer than two engines can simulate it"
    return UnsupportedError([Problem(what=f"network {network.id}", why=why), *missing])
