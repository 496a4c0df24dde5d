"""Ablation: one mechanism at a time is taken out, and claims fall or stand."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simnet.catalogue.protocols import Mechanism
from simnet.claims.courses import Settings
from simnet.claims.measure import Finding, Value, judged
from simnet.claims.sets import run_sets
from simnet.claims.suite import Suite, load_suite
from simnet.errors import InputError, Problem
from simnet.execute.progress import Progress
from simnet.experiment.change import Change, Set
from simnet.network.network import Network

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Ablated:
    """What is left of the claims without a mechanism.

    Attributes:
        mechanism: what was taken out.
        findings: one a claim, in the order of claims.csv.
        fallen: ids of the claims that hold in the whole network and fail without it.
    """

    mechanism: Mechanism
    findings: tuple[Finding, ...]
    fallen: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Ablation:
    """The findings of the whole network, and without each mechanism in turn."""

    network: str
    whole: tuple[Finding, ...]
    without: tuple[Ablated, ...]

    def frame(self) -> "pd.DataFrame":
        """A row for each mechanism and claim: mechanism, what is set, id, simulated, verdict, fallen."""
        import pandas as pd

        return pd.DataFrame(
            {
                "mechanism": ablated.mechanism.name,
                "set": ablated.mechanism.text,
                "id": finding.claim.id,
                "simulated": finding.value,
                "verdict": finding.verdict,
                "fallen": finding.claim.id in ablated.fallen,
            }
            for ablated in self.without
            for finding in ablated.findings
        )


def ablate(
    network: Network | str,
    *,
    folder: str | Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Ablation:
    """Take out one mechanism at a time, before the network comes to rest, and run its claims (ODE).

    Args:
        network: as in `run_claims`, as are the others.
        folder: with claims.csv and protocols.toml.
        workers: worker processes.
        progress: called with (simulations done, in all).

    Raises:
        InputError: mistakes in the tables, or no mechanism in them.
    """
    return ablate_suite(load_suite(network, folder=folder), workers=workers, progress=progress)


def ablate_suite(
    suite: Suite, *, workers: int | None = None, progress: Progress | None = None
) -> Ablation:
    """Ablate what `load_suite` gave; see `ablate`."""
    if not suite.mechanisms:
        why = "declares no mechanism"
        way_out = 'name parameters in protocols.toml: [mechanisms.NAME] zero = ["..."]'
        raise InputError(Problem(what=suite.network.id, why=why, way_out=way_out))
    kept = suite.for_method("ode")
    sets = [(), *(changes_of(m, suite.network) for m in suite.mechanisms)]
    values: dict[int, tuple[Value, ...]] = {}
    run_sets(kept, sets, values.__setitem__, settings=Settings(workers=workers), progress=progress)
    whole, *others = [
        tuple(judged(c.claim, v) for c, v in zip(kept.cases, values[i], strict=True))
        for i in range(len(sets))
    ]
    held = {f.claim.id for f in whole if f.verdict == "holds"}
    return Ablation(
        network=suite.network.id,
        whole=whole,
        without=tuple(
            Ablated(
                mechanism=mechanism,
                findings=findings,
                fallen=tuple(
                    f.claim.id for f in findings if f.verdict == "fails" and f.claim.id in held
                ),
            )
            for mechanism, findings in zip(suite.mechanisms, others, strict=True)
        ),
    )


def changes_of(mechanism: Mechanism, network: Network) -> tuple[Change, ...]:
    """What takes a mechanism out."""

    def number(value: str | float) -> float:
        return network.parameter_by_id[value].value if isinstance(value, str) else float(value)

    return (
        *(Set(name, 0.0) for name in mechanism.zero),
        *(Set(name, number(value)) for name, value in mechanism.equal.items()),
    )
