"""BNGL file -> Network: its rules unrolled by BioNetGen, none of its actions run.

BioNetGen evaluates actions as Perl, so it never sees the user's file. What it gets is written anew:
the model's own blocks, line by line, and one action of ours. Of the file's actions only the limits
of `generate_network` (max_iter, max_agg, max_stoich) are kept, as numbers.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from simnet.errors import ModelError, Problem, Problems, caution
from simnet.network.network import Molecule, Network, Rule
from simnet.rules.bionetgen import Line, unrolled
from simnet.rules.net import Source, from_net
from simnet.sbml.guard import text_of

_BLOCKS = {
    "parameters": "parameters",
    "compartments": "compartments",
    "molecule types": "molecule types",
    "molecules": "molecule types",
    "seed species": "seed species",
    "species": "seed species",
    "observables": "observables",
    "functions": "functions",
    "energy patterns": "energy patterns",
    "reaction rules": "reaction rules",
}
"""Blocks of a model, and what BioNetGen calls them now."""
_ACTIONS = frozenset({"actions", "protocol"})
_LINE = re.compile(r"[ \t\w()\[\]{}.,:;!?~@$%&|<>=+*/^'\"-]*")
_CALL = re.compile(r"(?P<name>\w+)\s*\((?P<arguments>.*)\)\s*;?")
_LIMITS = ("max_iter", "max_agg")
_CHANGES = re.compile(
    r"set(Parameter|Concentration|Volume|Option)|addConcentration|readFile|readModel"
)
LONGEST = 600.0
"""Seconds that unrolling may take: rules without limits can make species without end."""


@dataclass
class _File:
    """A BNGL file taken apart."""

    blocks: dict[str, list[str]] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    """Where the lines of the blocks are in the file."""
    limits: dict[str, str] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)


def read_bngl(path: Path) -> Network:
    """Read a BNGL file.

    Raises:
        ModelError: BioNetGen refuses the model, or it holds what is not supported.
        MissingToolError: no perl, or no BioNetGen.
    """
    return from_bngl(text_of(path), path.stem)


def from_bngl(text: str, name: str) -> Network:
    """A Network from the text of a BNGL file; `name` becomes its id."""
    file = _taken_apart(text, name)
    changing = [a for a in file.ignored if _CHANGES.match(a)]
    if changing:
        caution(
            f"{name}: actions are ignored; these would have changed the model: "
            f"{', '.join(changing[:5])}"
        )
    limits = "".join(f",{key}=>{value}" for key, value in file.limits.items())
    net = unrolled(_written(file), name, limits=limits, longest=LONGEST)
    return from_net(net, name, _source(file))


def _lines(text: str) -> Iterable[tuple[int, str]]:
    """Logical lines with their numbers, as BioNetGen joins them: no comments, no continuations."""
    pending, start = "", 0
    for number, raw in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        line = raw.split("#")[0].rstrip()
        start = start or number
        pending += line.rstrip("\\") if line.endswith("\\") else line
        if line.endswith("\\"):
            continue
        if pending.strip():
            yield start, pending.strip()
        pending, start = "", 0
    if pending.strip():
        yield start, pending.strip()


def _taken_apart(text: str, name: str) -> _File:
    file, block = _File(), ""
    problems = Problems()
    for number, line in _lines(text):
        where = f"{name}, line {number}: {line[:60]}"
        begin = re.fullmatch(r"begin\s+([\w ]+?)", line)
        if re.fullmatch(r"(begin|end)\s+model", line):
            continue
        if begin is not None and not block:
            block = " ".join(begin[1].split())
            if block not in _BLOCKS and block not in _ACTIONS:
                problems.add(where, "this block is not supported", "remove it")
        elif re.match(r"end\b", line) and block:
            block = ""
        elif re.match(r"(\d+\s+)?(begin|end)\b", line):
            problems.add(where, "is not allowed here")
        elif block in _BLOCKS:
            problems += _refused(line, where)
            file.blocks.setdefault(_BLOCKS[block], []).append(line)
            file.numbers.setdefault(_BLOCKS[block], []).append(number)
        else:
            problems += _action(file, line, where)
    if not file.blocks.get("reaction rules") and not problems:
        problems.add(name, "has no reaction rules", "is it BNGL?")
    if problems:
        raise ModelError(problems[:10])
    return file


def _refused(line: str, where: str) -> Iterable[Problem]:
    if not _LINE.fullmatch(line):
        yield Problem(what=where, why="holds characters that BNGL does not use")
    if re.search(r"\bTFUN\b", line, re.I):
        why = "reads a table from another file"
        yield Problem(what=where, why=why, way_out="write it as a function")
    if re.search(r"\bTotalRate\b", line):
        why = "TotalRate is not supported, since rules are expanded into reactions"
        yield Problem(what=where, why=why, way_out="write the rate per reactant molecule")
    if re.search(r"\bpopulation\b", line):
        yield Problem(what=where, why="population species are NFsim's")


def _action(file: _File, line: str, where: str) -> Iterable[Problem]:
    """Something that is not of the model: its name is stored, it is never run."""
    call = _CALL.fullmatch(line)
    if re.match(r"setOption", line) and "NumberPerQuantityUnit" in line:
        why = "changes what a unit of amount is"
        yield Problem(what=where, why=why, way_out="write the seed species as molecules")
    if call is not None and call["name"] == "generate_network":
        for key in _LIMITS:
            if found := re.search(rf"\b{key}\s*=>\s*(\d+)", call["arguments"]):
                file.limits[key] = found[1]
        stoich = re.search(r"\bmax_stoich\s*=>\s*\{([^{}]*)\}", call["arguments"])
        pairs = re.findall(r"['\"]?(\w+)['\"]?\s*=>\s*(\d+)", stoich[1]) if stoich else []
        if pairs:
            file.limits["max_stoich"] = "{" + ",".join(f"{m}=>{n}" for m, n in pairs) + "}"
        return
    if re.match(r"(parameter|param|par)\s", line, re.I):
        yield Problem(what=where, why="is outside of a block", way_out="put it into parameters")
    file.ignored.append(line[:60])


def _written(file: _File) -> list[Line]:
    """What BioNetGen gets to read of the model, by lines."""
    lines: list[Line] = [("begin model", None)]
    for name in dict.fromkeys(_BLOCKS.values()):
        if name in file.blocks:
            own = zip(file.blocks[name], file.numbers[name], strict=True)
            lines += [(f"begin {name}", None), *own, (f"end {name}", None)]
    return [*lines, ("end model", None)]


def _source(file: _File) -> Source:
    compartments = []
    for line in file.blocks.get("compartments", ()):
        match = re.fullmatch(r"(?:\d+\s+)?(\w+)\s+([23])\s+(\S.*)", line)
        if match is None:
            raise ModelError(Problem(what=f"compartment {line!r}", why="cannot be read"))
        size = re.sub(r"\s+[A-Za-z_]\w*$", "", match[3]) if " " in match[3] else match[3]
        compartments.append((match[1], int(match[2]), size))
    return Source(
        compartments=tuple(compartments),
        molecules=tuple(_molecule(line) for line in file.blocks.get("molecule types", ())),
        rules=tuple(
            _rule(line, i) for i, line in enumerate(file.blocks["reaction rules"], start=1)
        ),
    )


def _molecule(line: str) -> Molecule:
    name, _, sites = re.sub(r"^\d+\s+", "", line).partition("(")
    return Molecule(name=name.strip(), sites=", ".join(sites.rstrip(") ").split(",")))


def _rule(line: str, number: int) -> Rule:
    match = re.fullmatch(r"(?:\d+\s+)?(?:([\w ]+?)\s*:\s*)?(.*)", line)
    assert match is not None  # any line has a text
    return Rule(name=match[1] or f"_R{number}", text=" ".join(match[2].split()))
