"""Control coefficients and elasticities of the steady state, from roadrunner.

Where a network comes to rest, roadrunner finds the state by Newton's method and gives, scaled,

- control coefficients of concentrations and fluxes, d ln S / d ln v and d ln J / d ln v: the answer
  of the whole network to a reaction that is made faster. Those of a concentration sum to 0 over all
  reactions, those of a flux to 1 (Heinrich & Rapoport 1974, doi:10.1111/j.1432-1033.1974.tb03318.x;
  Kacser & Burns 1973);
- elasticities, d ln v / d ln S: the answer of a reaction alone to one of its species.

Those of a readout follow from its concentrations' by the chain rule. Reactions of a Network go one
way: a reversible one is two.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.arrays import FloatArray
from simnet.errors import InputError, SimulationError, UnsupportedError
from simnet.experiment.change import Change
from simnet.experiment.condition import Condition
from simnet.experiment.program import program, with_held
from simnet.network.checks import depends_on_time
from simnet.network.evaluate import initial_values
from simnet.network.network import Network
from simnet.readouts.tree import Quantity
from simnet.sbml.write import to_sbml

if TYPE_CHECKING:
    import pandas as pd

    from simnet.sensitivity.study import SensitivityStudy

MOST_REACTIONS = 1000
"""Above that the matrices are not asked for: they grow with the square."""

_AT_REST = 1e-6  # of the largest flux: what amounts may still change by
_STEP = 1e-5  # relative, of amounts, for the readouts' slopes


@dataclass(frozen=True, kw_only=True, eq=False)
class Control:
    """The steady state and what controls it.

    Attributes:
        amounts: species id -> amount at rest.
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
            for i, j in np.argwhere(np.isfinite(values) & (values != 0))
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
        network: with concentrations or amounts that come to rest.
        changes: made to it before.
        symbols: readouts, species or expressions whose control is wanted as well.
        settle: time that it is run before Newton's method, in the network's unit.

    Raises:
        InputError: changes that cannot be made.
        UnsupportedError: a network whose rates depend on time, or a foreign file that runs as it is.
        SimulationError: no steady state was found.
    """
    import roadrunner

    if network.document is not None or network.events or network.state_events:
        raise UnsupportedError(
            network.document.obstacles if network.document else _not_at_rest(network, "events")
        )
    if any(depends_on_time(network, r.law.rate) for r in network.reactions):
        raise UnsupportedError(_not_at_rest(network, "rates that depend on time"))
    started = _started(network, changes)
    try:
        runner = roadrunner.RoadRunner(to_sbml(started, "continuous"))
        runner.integrator.relative_tolerance = 1e-10
        runner.simulate(0, settle, 2)
        last = {s: float(runner[s]) for s in _floating(started)}
        at_rest = replace(
            started,
            species=tuple(replace(s, initial=last.get(s.id, s.initial)) for s in started.species),
        )
        runner = roadrunner.RoadRunner(to_sbml(at_rest, "continuous"))
        runner.conservedMoietyAnalysis = True
        runner.steadyState()
        found = _tables(runner)
    except RuntimeError as error:
        why = " ".join(str(error).split())
        raise SimulationError(f"{network.id}: no steady state was found: {why}") from error
    _require_rest(network, runner)
    species, reactions, concentrations, fluxes, elasticities = found
    amounts = {s: float(runner[s]) for s in _floating(at_rest)}
    slopes = {symbol: _slopes(at_rest, amounts, symbol, species) for symbol in symbols}
    return Control(
        amounts=amounts,
        species=species,
        reactions=reactions,
        concentrations=concentrations,
        fluxes=fluxes,
        elasticities=elasticities,
        readouts={s: v @ np.nan_to_num(concentrations) for s, v in slopes.items()},
    )


def control_of(study: "SensitivityStudy") -> "pd.DataFrame":
    """The control of a study's readouts; empty where there is none to be had: another method than
    `local`, a schedule, no steady state."""
    import pandas as pd

    nothing = pd.DataFrame(columns=["table", "quantity", "by", "value"])
    size = len(study.network.reactions)
    if study.method != "local" or study.schedule or study.simulate == "ssa" or size > MOST_REACTIONS:
        return nothing
    try:
        return steady_control(
            study.network, changes=(*study.background, *study.changes), symbols=study.symbols
        ).frame()
    except (UnsupportedError, SimulationError):
        return nothing
