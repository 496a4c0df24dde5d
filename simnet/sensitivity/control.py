"""Control coefficients and elasticities of the steady state, on roadrunner.

Where a network has a steady state, CVODE goes near, Newton's method the rest of the way, and
roadrunner's rates around the state give

- elasticities, d ln v / d ln S: the answer of a reaction alone to one of its species;
- control coefficients of concentrations and fluxes, d ln S / d ln v and d ln J / d ln v: the answer
  of the whole network to a reaction that is made faster. Those of a concentration sum to 0 over all
  reactions, those of a flux to 1 (Heinrich & Rapoport 1974, doi:10.1111/j.1432-1033.1974.tb03318.x).

With N = L N_R the stoichiometry and its independent rows and e the unscaled elasticities, control of
concentrations is -L (N_R e L)^-1 N_R, and that of fluxes 1 + e times it (Reder 1988,
doi:10.1016/S0022-5193(88)80073-0). roadrunner's own matrices are the same where it finds the state;
it does so anew for each element, which takes minutes at a hundred species.

The control of a readout follows from that of the concentrations by the chain rule. Reactions of a
Network go one way: a reversible one is two. Reactions that do not run are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray, IntArray
from simnet.engines.roadrunner_model import runner_of
from simnet.engines.state import State
from simnet.errors import InputError, Problem, SimulationError, UnsupportedError
from simnet.execute.plan import shown_readouts
from simnet.experiment.change import Change
from simnet.experiment.condition import Condition
from simnet.experiment.program import program, with_held
from simnet.network.network import Network
from simnet.network.timing import depends_on_time
from simnet.network.values import initial_values
from simnet.sbml.write import to_sbml

if TYPE_CHECKING:
    import pandas as pd

    from simnet.sensitivity.study import SensitivityStudy

MOST_REACTIONS = 1000
"""Above that the matrices are not computed: they grow with the square."""

_STEADY = 1e-9  # of the largest flux: what amounts may still change by
_NEWTON = 20  # steps
_NEAR = 0.1  # of the largest amount: how far from where CVODE went the state may be
_STEP = 1e-5  # of amounts, relative: central differences, so the error is of its square
_SINGULAR = 1e14
_GROWTH = 1e-7  # of the fastest mode: what may grow, for slopes are that exact
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Control:
    """The steady state and what controls it.

    Attributes:
        amounts: species id -> amount in the steady state, in the network's unit of substance.
        species: (S,) ids of the rows of `concentrations` and the columns of `elasticities`.
        reactions: (M,) ids.
        concentrations: (S, M) d ln S / d ln v.
        fluxes: (M, M) d ln J / d ln v, the flux in the row.
        elasticities: (M, S) d ln v / d ln S.
        readouts: symbol -> (M,) d ln y / d ln v.
    """

    amounts: dict[str, float]
    species: tuple[str, ...]
    reactions: tuple[str, ...]
    concentrations: FloatArray
    fluxes: FloatArray
    elasticities: FloatArray
    readouts: dict[str, FloatArray]

    def frame(self) -> "pd.DataFrame":
        """Tidy: table, quantity, by, value; what is zero or has no value is left out."""
        import pandas as pd

        symbols = tuple(self.readouts)
        of_readouts = np.array([self.readouts[s] for s in symbols]).reshape(len(symbols), -1)
        tables = (
            ("readout control", symbols, self.reactions, of_readouts),
            ("concentration control", self.species, self.reactions, self.concentrations),
            ("flux control", self.reactions, self.reactions, self.fluxes),
            ("elasticity", self.reactions, self.species, self.elasticities),
        )
        rows = [
            (name, above[i], left[j], float(values[i, j]))
            for name, above, left, values in tables
            for i, j in np.argwhere(np.isfinite(values) & (np.abs(values) > _ROUNDING))
        ]
        return pd.DataFrame(rows, columns=["table", "quantity", "by", "value"])


def steady_control(
    network: Network,
    *,
    changes: tuple[Change, ...] = (),
    symbols: tuple[str, ...] = (),
    settle: float = 1e6,
) -> Control:
    """The control coefficients and elasticities of the state that a network comes to.

    Args:
        network: with a steady state.
        changes: applied to it before.
        symbols: readouts, species or expressions whose control is computed as well.
        settle: time that it is run before Newton's method, in the network's unit.

    Raises:
        InputError: impossible changes, or unknown symbols.
        UnsupportedError: a network whose rates depend on time, or a foreign file that runs as it is.
        SimulationError: no steady state could be computed, or one that is not stable.
    """
    if network.document is not None:
        raise UnsupportedError(network.document.obstacles)
    symbol_of = {
        name: readout.symbol for name in symbols for readout in shown_readouts(network, name)
    }
    timed = any(depends_on_time(network, r.law.rate) for r in network.reactions)
    if timed or network.events or network.state_events:
        why = "it has rates that depend on time" if timed else "it has events"
        raise UnsupportedError(Problem(what=f"steady state of {network.id}", why=why))
    started = _started(network, changes)
    try:
        runner = runner_of(to_sbml(started, "continuous"))
        runner.integrator.relative_tolerance = 1e-10
        runner.simulate(0, settle, 2)
    except RuntimeError as error:
        why = " ".join(str(error).split())
        raise SimulationError(f"{network.id}: no steady state could be computed: {why}") from error
    return _control(started, runner, symbol_of)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rates:
    """Rates of the reactions that run, as functions of the species that they change."""

    runner: Any
    start: FloatArray
    species: IntArray
    reactions: IntArray

    def at(self, S: FloatArray) -> FloatArray:
        """(M,) at amounts (S,)."""
        amounts = self.start.copy()
        amounts[self.species] = S
        self.runner.model.setFloatingSpeciesAmounts(amounts)
        return np.array(self.runner.model.getReactionRates())[self.reactions]

    def slopes(self, S: FloatArray) -> FloatArray:
        """(M, S) dv / dS by central differences."""
        columns = []
        for i, amount in enumerate(S):
            step = np.zeros_like(S)
            step[i] = _STEP * max(abs(float(amount)), _STEP)
            columns.append((self.at(S + step) - self.at(S - step)) / (2 * step[i]))
        return np.column_stack(columns)


def _control(network: Network, runner: Any, symbols: Mapping[str, str]) -> Control:
    every = tuple(runner.model.getFloatingSpeciesIds())
    start = np.array(runner.model.getFloatingSpeciesAmounts())
    running = np.flatnonzero(np.array(runner.model.getReactionRates()))
    N = _stoichiometry(network, every, tuple(runner.model.getReactionIds()))[:, running]
    changed = np.flatnonzero(np.any(N != 0, axis=1))
    if not len(changed):
        raise SimulationError(
            f"{network.id}: all fluxes are zero in its steady state, so there are no control coefficients"
        )
    rates = _Rates(runner=runner, start=start, species=changed, reactions=running)
    S, v, e, L, independent = _steady_state(network.id, rates, N[changed], start[changed])
    unscaled = -L @ np.linalg.solve(N[changed][independent] @ e @ L, N[changed][independent])
    species = tuple(every[i] for i in changed)
    amounts = {
        **dict(zip(every, start.tolist(), strict=True)),
        **dict(zip(species, S.tolist(), strict=True)),
    }
    with np.errstate(divide="ignore", invalid="ignore"):
        return Control(
            amounts=amounts,
            species=species,
            reactions=tuple(runner.model.getReactionIds()[i] for i in running),
            concentrations=unscaled * v / S[:, np.newaxis],
            fluxes=np.eye(len(v)) + (e @ unscaled) * v / v[:, np.newaxis],
            elasticities=e * S / v[:, np.newaxis],
            readouts={
                name: _slope(network, amounts, symbol, species) @ (unscaled * v)
                for name, symbol in symbols.items()
            },
        )


def _steady_state(
    name: str, rates: _Rates, N: FloatArray, S: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, list[int]]:
    """Amounts of the steady state by Newton's method, which leaves conserved sums as they are; rates and
    slopes there, and the link matrix."""
    L, independent = _link(N)
    near = S
    for _ in range(_NEWTON):
        v, e = rates.at(S), rates.slopes(S)
        jacobian = N[independent] @ e @ L
        if not np.isfinite(jacobian).all() or np.linalg.cond(jacobian) > _SINGULAR:
            raise SimulationError(f"{name}: no steady state could be computed: it is not isolated")
        if np.abs(N @ v).max() <= _STEADY * np.abs(v).max():
            modes = np.linalg.eigvals(jacobian)
            if modes.real.max() > _GROWTH * np.abs(modes).max():  # within a small oscillation
                raise SimulationError(
                    f"{name}: no steady state could be computed: it is not stable"
                )
            return S, v, e, L, independent
        S = S - L @ np.linalg.solve(jacobian, N[independent] @ v)
        if np.abs(S - near).max() > _NEAR * np.abs(near).max():
            break  # to another state than the one that the network comes to
    raise SimulationError(f"{name}: no steady state could be computed: amounts still change")


def _started(network: Network, changes: tuple[Change, ...]) -> Network:
    """The network as it is after changes, with numbers for all starts."""
    compiled, problems = program(network, Condition(background=changes), np.array([0.0, 1.0]))
    if problems:
        raise InputError(problems)
    state = State(network, compiled, whole=False)
    state.enter(compiled.segments[0])
    values = state.values
    held = with_held(network, compiled.segments[0].held)
    return replace(
        held,
        species=tuple(
            replace(s, initial=values.get(s.id, s.initial), initial_expression=None)
            for s in held.species
        ),
        parameters=tuple(
            replace(p, value=values.get(p.id, p.value), initial_expression=None)
            for p in held.parameters
        ),
        compartments=tuple(
            replace(c, size=values.get(c.id, c.size), initial_expression=None)
            for c in held.compartments
        ),
    )


def _stoichiometry(
    network: Network, species: tuple[str, ...], reactions: tuple[str, ...]
) -> FloatArray:
    place = {name: i for i, name in enumerate(species)}
    column = {name: i for i, name in enumerate(reactions)}
    N = np.zeros((len(species), len(reactions)))
    for reaction in network.reactions:
        for name, change in reaction.changes().items():
            if name in place:
                N[place[name], column[reaction.id]] = change
    return N


def _link(N: FloatArray) -> tuple[FloatArray, list[int]]:
    """L with N = L N_R, and the independent rows N_R, chosen by pivots."""
    from scipy.linalg import qr

    _, R, order = qr(N.T, mode="economic", pivoting=True)
    size = np.abs(np.diag(R))
    rank = int((size > 1e-10 * size.max(initial=1.0)).sum())
    independent = sorted(int(i) for i in order[:rank])
    L: FloatArray = np.linalg.lstsq(N[independent].T, N.T, rcond=None)[0].T.astype(np.float64)
    return L, independent


def _slope(
    network: Network, amounts: dict[str, float], symbol: str, species: tuple[str, ...]
) -> FloatArray:
    """(S,) d ln y / dS of a readout at the steady state; NaN where it is zero."""

    def value(moved: Mapping[str, float]) -> float:
        return float(initial_values(network, moved)[symbol])

    middle = value(amounts)
    found = []
    for item in species:
        step = _STEP * max(abs(amounts[item]), _STEP)
        high = value({**amounts, item: amounts[item] + step})
        low = value({**amounts, item: amounts[item] - step})
        found.append((high - low) / (2 * step))
    return np.array(found) / (middle if middle else np.nan)


def control_of(study: "SensitivityStudy") -> tuple["pd.DataFrame", str]:
    """The control of a study's readouts; where there is none an empty frame, and why."""
    import pandas as pd

    size = len(study.network.reactions)
    if study.schedule:
        why = "it has a schedule"
    elif size > MOST_REACTIONS:
        why = f"{size:,} reactions are more than {MOST_REACTIONS:,}"
    else:
        changes = (*study.done.background, *study.done.changes)
        try:
            return steady_control(study.network, changes=changes, symbols=study.symbols).frame(), ""
        except UnsupportedError as error:
            why = "; ".join(map(str, error.problems))
        except SimulationError as error:
            why = "; ".join(str(error).splitlines())
    return pd.DataFrame(), f"No control coefficients of a steady state: {why}."
