"""A commented screen of a network, as a file to start from: it runs as it is."""

import json
from collections.abc import Iterator

from simnet.errors import InputError
from simnet.experiment.times import duration
from simnet.network.network import Network

_DRUGS, _GENES, _READOUTS = 2, 2, 4


def example_screen(network: Network, source: str) -> str:
    """TOML that `screen_from_file` reads.

    It names the network's own drugs, genes, inputs and readouts; for a network without drugs and
    genes it scales its first parameters.

    Args:
        network: what is screened.
        source: what `load` takes for it.
    """
    return "\n".join(_lines(network, source)) + "\n"


def _lines(network: Network, source: str) -> Iterator[str]:
    clock = _has_clock(network)
    end = "24 h" if clock else 100
    yield f"# A screen of {network.id}: what is changed, in which combinations, and what is read."
    yield "#   simnet screen plan.toml --out screen/     runs it; again, it goes on where it was"
    yield "#   simnet report screen/                     makes a page of it"
    yield ""
    yield f"network = {_text(source)}"
    yield f"t_end = {_text(end)}"
    if network.suggested_equilibration and clock:
        yield f"equilibrate = {_text(network.suggested_equilibration)}   # at rest, before the start"
    yield ""
    yield '# "ode", or "ssa" with replicates. The seed makes a run repeatable.'
    yield 'method = "ode"'
    yield "# replicates = 100"
    yield "# precision = { relative = 0.05 }   # in place of replicates: as many as it takes"
    yield "seed = 1"
    yield ""
    yield '# "singles", "pairs", or "grid" (all combinations); or list [[conditions]] instead.'
    yield 'combinations = "pairs"'
    yield ""
    yield from _readouts(network, end)
    yield ""
    yield from _changes(network)
    yield from _background(network)


def _readouts(network: Network, end: str | int) -> Iterator[str]:
    names = [_name(readout.name) for readout in network.readouts[:_READOUTS]]
    if not names:
        names = [_name(species.id) for species in network.species[:_READOUTS]]
    first = names[0]
    at = f"{first}@{str(end).replace(' ', '')}"
    yield "# A name is its time course. Others are a number of each run: a value at a time, auc, max,"
    yield "# min, average, steady, first_passage(X > 100), fraction(X@6h > 100), and X@6h / Y@6h."
    yield "readouts = ["
    for text in [*names, at, f"auc({first})"]:
        yield f"    {_text(text)},"
    yield "]"


def _changes(network: Network) -> Iterator[str]:
    yield "# Changes. Each is made alone, and with the others as `combinations` says."
    yield "# Verbs: set (value), scale (factor), add (amount), knockdown (fraction), knockout,"
    yield "# overexpress (fold), dose (nM), washout, clamp (value). When: at t = 0 if nothing is said;"
    yield '# at = "6 h"; repeat = { first = "0 h", every = "6 h", times = 3 };'
    yield "# from_start = true, also while it equilibrates: a cell line."
    for drug in network.drugs[:_DRUGS]:
        middle = drug.affinity if drug.unit == "nM" and drug.affinity else 1.0
        doses = [float(f"{middle * factor:.2g}") for factor in (0.1, 1, 10, 100)]
        yield from ("[[changes]]", f"dose = {_text(drug.name)}", f"nM = {doses}", "")
    for place, gene in enumerate(network.genes[:_GENES]):
        if place:
            yield from ("[[changes]]", f"knockout = {_text(gene.name)}", "")
        else:
            yield from ("[[changes]]", f"knockdown = {_text(gene.name)}", "fraction = 0.9", "")
    if not network.drugs and not network.genes:
        driven = {action.parameter for action in network.inputs}
        free = [
            p for p in network.parameters if p.id not in driven and p.initial_expression is None
        ]
        for parameter in free[:2]:
            yield from ("[[changes]]", f"scale = {_text(parameter.id)}", "factor = 0.5", "")


def _background(network: Network) -> Iterator[str]:
    if network.inputs:
        chosen = network.inputs[0]
        yield "# What holds in every condition, the control too."
        yield "[[background]]"
        yield f"set = {_text(chosen.name)}"
        yield f"value = {chosen.baseline:g}"


def _has_clock(network: Network) -> bool:
    try:
        duration("1 h", "t_end", network.time_unit)
    except InputError:
        return False
    return True


def _name(name: str) -> str:
    from simnet.readouts.words import name_text

    return name_text(name)


def _text(value: str | int) -> str:
    return json.dumps(value, ensure_ascii=False)
