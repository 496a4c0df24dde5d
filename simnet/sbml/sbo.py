"""Terms of the Systems Biology Ontology (SBO) for reactions, species and parameters.

What a reaction is follows from what its species are made of and from the states of their sites; what
a parameter is, from its unit and its name. Only for networks whose species say what they are made
of: those from rules. Terms are numbers, as libsbml takes them; their names are in `NAMES`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from simnet.catalogue.annotations import SBO, Annotations, accession
from simnet.network.network import Assignment, Network, Parameter, Reaction

NAMES = {
    2: "quantitative systems description parameter",
    9: "kinetic constant",
    25: "catalytic rate constant",
    27: "Michaelis constant",
    35: "forward unimolecular rate constant, continuous case",
    36: "forward bimolecular rate constant, continuous case",
    48: "forward zeroth order rate constant, continuous case",
    177: "non-covalent binding",
    179: "degradation",
    180: "dissociation",
    182: "conversion",
    183: "transcription",
    184: "translation",
    190: "Hill coefficient",
    196: "concentration of an entity pool",
    216: "phosphorylation",
    233: "hydroxylation",
    243: "gene",
    252: "polypeptide chain",
    261: "inhibitory constant",
    250: "ribonucleic acid",
    282: "dissociation constant",
    296: "macromolecular complex",
    297: "protein complex",
    330: "dephosphorylation",
    356: "decay constant",
    361: "amount of an entity pool",
    393: "production",
    468: "volume",
    655: "transport reaction",
}
"""As in the ontology's release that pymetadata 0.8.2 packages (ontologies/sbo.py)."""

_GENE, _MRNA, _PROTEIN = 243, 250, 252
_MODIFICATIONS = {("u", "p"): 216, ("p", "u"): 330, ("u", "oh"): 233}
_PLACES = frozenset({"place", "pool"})
_STATE = re.compile(r"(\w+)='([^']*)'")

_BY_NAME = (
    (re.compile(r"_initial$"), 361),
    (re.compile(r"_Km(_|$)"), 27),
    (re.compile(r"_Ki(_|$)"), 261),
    (re.compile(r"_Kd$"), 282),
    (re.compile(r"_kcat$"), 25),
    (re.compile(r"_exponent$"), 190),
)
_DECAY = re.compile(r"degradation|clearance|destruction|regression|_loss$|^death")
_BY_UNIT = {
    "L": 468,
    "item": 361,
    "item/s": 48,
    "1/s": 35,
    "1/(M s)": 36,
    "1/(item s)": 36,
    **dict.fromkeys(("M", "mM", "uM", "nM", "pM"), 196),
}
_KINETIC = re.compile(r"\(s |/s$")  # per second and something else


def parameter_term(item: Parameter | Assignment) -> int:
    """The term of a parameter, or of a quantity that is computed: in SBML that is a parameter too."""
    unit = item.unit or ""
    if isinstance(item, Parameter):
        for pattern, term in _BY_NAME:
            if pattern.search(item.id):
                return term
        if unit == "1/s" and _DECAY.search(item.id):
            return 356
    elif unit in ("1/s", "1/(item s)", "1/(M s)"):
        return 9  # a named rate, of whatever order
    if unit in _BY_UNIT:
        return _BY_UNIT[unit]
    return 9 if _KINETIC.search(unit) else 2


def molecule_terms(annotations: Annotations) -> dict[str, int]:
    """The SBO term of each molecule that has one."""
    return {
        name: int(accession(term.uri).removeprefix("SBO:"))
        for name, terms in annotations.molecules.items()
        for term in terms
        if term.qualifier == SBO
    }


def species_term(molecules: tuple[str, ...], kinds: Mapping[str, int]) -> int | None:
    """The term of a species made of these molecules; None where they have none."""
    found = [kinds.get(name) for name in molecules]
    if not found or None in found:
        return None
    if len(found) == 1:
        return found[0]
    return 297 if set(found) <= {_PROTEIN, 297} else 296


def reaction_term(reaction: Reaction, network: Network, kinds: Mapping[str, int]) -> int:
    """The term of a reaction."""
    before = _molecules(reaction.reactants, network)
    after = _molecules(reaction.products, network)
    made, lost = after - before, before - after
    if made and lost:
        return 182
    if made:
        return _making(made, before, kinds)
    if lost:
        return 179
    count = sum(n for _, n in reaction.products) - sum(n for _, n in reaction.reactants)
    if count:
        return 180 if count > 0 else 177
    return _changing(reaction, network)


def _making(made: Counter[str], before: Counter[str], kinds: Mapping[str, int]) -> int:
    product = {kinds.get(name) for name in made}
    template = {kinds.get(name) for name in before}
    if product == {_MRNA} and template == {_GENE}:
        return 183
    return 184 if template == {_MRNA} else 393


def _changing(reaction: Reaction, network: Network) -> int:
    """Same molecules, other states: what the first site that changes its state says."""
    before, after = _states(reaction.reactants, network), _states(reaction.products, network)
    old, new = sorted((before - after).elements()), sorted((after - before).elements())
    if len(old) == len(new) == 1 and old[0][0] == new[0][0]:
        (site, was), (_, becomes) = old[0], new[0]
        if site in _PLACES and "trapped" not in (was, becomes):
            return 655
        return _MODIFICATIONS.get((was, becomes), 182)
    return 182


def _molecules(side: Iterable[tuple[str, int]], network: Network) -> Counter[str]:
    total: Counter[str] = Counter()
    for species, n in side:
        for molecule in network.species[network.species_index[species]].molecules:
            total[molecule] += n
    return total


def _states(side: Iterable[tuple[str, int]], network: Network) -> Counter[tuple[str, str]]:
    total: Counter[tuple[str, str]] = Counter()
    for species, n in side:
        name = network.species[network.species_index[species]].name
        for site, state in _STATE.findall(name):
            total[site, state] += n
    return total
