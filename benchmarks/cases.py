"""What is simulated: the workloads beside this file and the packaged networks."""

import lzma
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import simnet as sn
from simnet.network.expression import RateLaw, factored
from simnet.network.network import Reaction
from simnet.sbml.read import from_sbml
from simnet.sbml.write import to_sbml

WORKLOADS = Path(__file__).parent / "workloads"
WHAT = {
    "W1": "birth, death and dimerisation",
    "W2": "three genes with two-state promoters",
    "W2h": "the same with Hill repression and Michaelis-Menten decay",
    "W3": "receptor, RAS, ERK, STAT and four genes, from PySB rules",
    "W4": "EGF receptor signalling with all its complexes, BioNetGen's `egfr_net` at a hundredth of the volume",
}
HORIZONS = {"W1": 200.0, "W2": 500.0, "W2h": 500.0, "W3": 300.0, "W4": 40.0}
FIRINGS = {"W1": 59_450.0, "W2": 14_700.0, "W2h": 22_400.0, "W3": 493_400.0, "W4": 109_350.0}
"""Mean number per trajectory, for where our engine does not count them."""
PACKAGED_HORIZONS = {"hypoxia": 21_600.0, "lactate_mtor": 21_600.0, "symbiosis": 3_600.0}
"""In seconds: within the time that a benchmark may take."""
INTERVALS = 10
"""Of the output grid."""


@dataclass(frozen=True)
class Case:
    """A network and its horizon."""

    name: str

    @property
    def horizon(self) -> float:
        """End of a trajectory, in the network's time unit."""
        return (HORIZONS | PACKAGED_HORIZONS)[self.name]

    @cached_property
    def text(self) -> str:
        """SBML whose laws are propensities, as a user would have it."""
        if self.name in HORIZONS:
            file = WORKLOADS / f"{self.name}.xml"
            packed = file.with_name(f"{file.name}.xz")
            return (
                lzma.decompress(packed.read_bytes()).decode()
                if packed.exists()
                else file.read_text()
            )
        return to_sbml(self.network, "discrete")

    @cached_property
    def network(self) -> sn.Network:
        """The network, with its ids for names and laws taken apart where they are mass action."""
        network = from_sbml(self.text) if self.name in HORIZONS else sn.load(self.name)
        return replace(
            network,
            species=tuple(replace(s, name=s.id) for s in network.species),
            reactions=tuple(_discrete(r) for r in network.reactions),
        )

    @property
    def species(self) -> list[str]:
        """Ids of the species that reactions can change, whose final amounts are compared."""
        return [s.id for s in self.network.species if not s.fixed]


def _discrete(reaction: Reaction) -> Reaction:
    """Files of workloads do not say that laws are propensities; this reads them so."""
    needed = dict(reaction.reactants)
    found = None if reaction.law.orders else factored(reaction.law.rate, needed, "discrete")
    if found is None:
        return reaction
    return replace(reaction, law=RateLaw(rate=found[0], orders=found[1]))
