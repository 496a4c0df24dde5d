"""What `simnet show` says of where a network comes from, and of what was done to it on the way."""

import re
from collections.abc import Iterator
from pathlib import Path

from simnet.network.network import Network
from simnet.network.stochastic import stochastic_problems
from simnet.rules.load import KINDS, kind_of
from simnet.rules.packaged import packaged_names
from simnet.sbml.convert import CONVERTED, ROUNDED, SPLIT

RECORDS = (SPLIT, CONVERTED, ROUNDED)
"""How entries of a network's rules begin that say what loading did."""
_SAMPLE = 1000.0  # molecules for one unit, to see what else keeps a model from SSA


def origin(source: str) -> str:
    """What a source is: "SBML Level 2 Version 4", "a packaged network"."""
    if source in packaged_names():
        return "a packaged network"
    path = Path(source)
    if not path.is_file():
        return "a PySB model; loading it ran the Python module"
    kind = kind_of(path)
    if kind.runs_code:
        return f"a {kind.name}; loading it ran {path.name}"
    if kind is not KINDS[0]:
        return f"{kind.name} file"
    with path.open(encoding="utf-8", errors="replace") as stream:
        head = re.search(r"<(?:\w+:)?sbml\b[^>]*>", stream.read(20_000))
    numbers = (
        [re.search(rf'\b{n}\s*=\s*["\'](\d+)', head[0]) for n in ("level", "version")]
        if head
        else []
    )
    said = [n[1] for n in numbers if n is not None]
    return f"SBML Level {said[0]} Version {said[1]}" if len(said) == 2 else "SBML"


def splits(network: Network) -> list[str]:
    """Reactions that were split, each with its laws."""
    return [
        f"{r.name}: {r.text.removeprefix(SPLIT)}" for r in network.rules if r.text.startswith(SPLIT)
    ]


def conversion(network: Network) -> str:
    """How amounts became molecules, "" where they were."""
    found = [r.text for r in network.rules if r.text.startswith(CONVERTED)]
    return found[0].removeprefix(CONVERTED) if found else ""


def rounded(network: Network) -> list[tuple[str, str]]:
    """Starts that were rounded to whole molecules: id, and what to what."""
    return [
        (r.name, r.text.removeprefix(ROUNDED)) for r in network.rules if r.text.startswith(ROUNDED)
    ]


def as_molecules(network: Network, source: str) -> Iterator[str]:
    """Whether SSA is possible once amounts are molecules, for a network whose amounts are not."""
    if network.document is not None or not _other_amounts(network):
        return
    import warnings

    from simnet.errors import InputError, SimnetWarning
    from simnet.rules.load import load

    unit = network.substance_unit or "no unit"
    starts = sorted((s.initial, s.id) for s in network.species if s.initial > 0)
    if starts:
        (least, low), (most, high) = starts[0], starts[-1]
        yield f"     initial amounts: {least:.4g} ({low}) to {most:.4g} ({high}), in {unit}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SimnetWarning)
            converted = load(source, copies=_SAMPLE)
    except InputError as error:
        yield f"     in molecules: not possible: {error.problems[0]}"
        return
    left = list(stochastic_problems(converted))
    how = "--copies N" if "mol" not in unit else '--volume "1 pL", or --copies N'
    if not left:
        yield f"SSA: possible once amounts are in molecules: add {how}"
    else:
        yield f"     in molecules ({how}): still not possible, {len(left)} of these remain"


def _other_amounts(network: Network) -> bool:
    if network.substance_unit not in ("item", None):
        return True
    return any(s.initial != int(s.initial) for s in network.species if abs(s.initial) < 2**53)
