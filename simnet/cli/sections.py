"""The tables that `simnet show` prints."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simnet.cli import origin
from simnet.cli.tables import Sheet, number, unit_text
from simnet.network.expression import text
from simnet.network.network import Network, Parameter, Rule

if TYPE_CHECKING:
    import pandas as pd


def inputs(network: Network) -> Sheet:
    """What an experimenter controls."""
    rows = [(i.name, number(i.baseline), i.unit or "", i.meaning) for i in network.inputs]
    return _named("Inputs", ["name", "baseline", "unit", "meaning"], rows, numbers={"baseline"})


def readouts(network: Network) -> Sheet:
    """What is looked at."""
    rows = [(r.name, unit_text(r.unit), r.meaning) for r in network.readouts]
    return _named("Readouts", ["name", "unit", "meaning"], rows)


def genes(network: Network) -> Sheet:
    """What a knock-out or knock-down scales."""
    rows = [(g.name, g.symbol, ", ".join(g.parameters), g.meaning) for g in network.genes]
    return _named("Genes", ["name", "symbol", "a knock-down scales", "meaning"], rows)


def drugs(network: Network) -> Sheet:
    """What a dose, "axitinib=10nM", may name."""
    rows = [
        (d.name, d.target, f"{d.affinity:g} {d.unit}", d.meaning, d.source) for d in network.drugs
    ]
    return _named("Drugs", ["name", "target", "affinity", "meaning", "source"], rows)


def molecules(network: Network) -> Sheet:
    """Kinds of molecules."""
    rows = [(m.name, m.sites, m.meaning) for m in network.molecules]
    return _named("Molecules", ["name", "sites", "meaning"], rows)


def species(network: Network) -> Sheet:
    """Species and their initial amounts."""
    rows = [(s.id, number(s.initial), s.name, "fixed" * s.fixed) for s in network.species]
    unit = unit_text(network.substance_unit)
    columns = ["id", f"initial ({unit})" if unit else "initial", "pattern", ""]
    return _named("Species", columns, rows, numbers={columns[1]})


def own_rules(network: Network) -> list[Rule]:
    """Rules of the model, without the records of what loading did."""
    return [r for r in network.rules if not r.text.startswith(origin.RECORDS)]


def rounded(network: Network) -> Sheet:
    """Starts that were rounded to whole molecules."""
    return _named("Rounded starts", ["species", "molecules"], origin.rounded(network))


def rules(network: Network) -> Sheet:
    """Rules, and the records of what loading did to the model."""
    return _named("Rules", ["name", "rule"], [(r.name, r.text) for r in network.rules])


def reactions(network: Network) -> Sheet:
    """Reactions and their rate laws."""

    def side(items: tuple[tuple[str, int], ...]) -> str:
        return " + ".join(f"{n} {name}" if n > 1 else name for name, n in items) or "0"

    rows = [
        (
            r.id,
            f"{side(r.reactants)} → {side(r.products)}",
            text(r.law.expression("continuous")),
        )
        for r in network.reactions
    ]
    return _named("Reactions", ["id", "reaction", "rate law (continuous)"], rows)


def parameters(network: Network) -> Sheet:
    """Parameters and where they come from."""
    columns = ["name", "value", "range", "unit", "meaning", "source", "confidence"]
    rows = [
        (p.id, number(p.value), _range(p), p.unit or "", p.meaning, p.source, p.confidence)
        for p in network.parameters
    ]
    return _named("Parameters", columns, rows, numbers={"value", "range"})


def _range(parameter: Parameter) -> str:
    if parameter.lower is None or parameter.upper is None:
        return ""
    return f"{number(parameter.lower)} to {number(parameter.upper)}"


def cost(priced: "pd.DataFrame", title: str) -> Sheet:
    """What `expected_firings` found."""
    rows = [
        (reaction, rules, number(firings), f"{100 * share:.2f} %")
        for reaction, rules, firings, share in zip(
            *(priced[name].tolist() for name in ("reaction", "rules", "firings", "share")),
            strict=True,
        )
    ]
    return _named(title, ["reaction", "rules", "firings", "share"], rows, {"firings", "share"})


def _named(
    title: str,
    columns: list[str],
    rows: Sequence[Sequence[str]],
    numbers: set[str] | None = None,
) -> Sheet:
    """A table without the columns that are empty throughout."""
    places = frozenset(i for i, name in enumerate(columns) if name in (numbers or ()))
    made = Sheet(columns=columns, rows=list(rows), title=title, numbers=places)
    return made.without_empty()
