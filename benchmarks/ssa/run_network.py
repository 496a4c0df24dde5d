"""BioNetGen's run_network: a .net file, and a process for each trajectory."""

import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from cases import INTERVALS, Case

from simnet.network.expression import Number, symbols
from simnet.network.network import Network
from simnet.network.values import initial_values
from ssa import Refused
from ssa.text import inlined, written

DISTRIBUTION = "bionetgen"


def prepare(case: Case) -> Any:
    from pysb.pathfinder import get_path

    binary = next(Path(get_path("bng")).parent.rglob("bin/run_network"))
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name) / "model.net"
    file.write_text(net_file(case.network))
    columns = [1 + case.network.species_index[s] for s in case.species]

    def run(n: int, seed: int) -> Any:
        found = np.empty((n, len(columns)))
        for i in range(n):
            out = Path(folder.name) / "run"
            step = repr(case.horizon / INTERVALS)
            options = ["-o", out, "-p", "ssa", "-h", seed * 100_000 + i + 1, "--cdat", 1]
            options += ["--fdat", 0, "-g", file, file, step, INTERVALS]
            command = [str(part) for part in (binary, *options)]
            ran = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
            if ran.returncode:
                raise Refused(ran.stderr[-200:] or ran.stdout[-200:])
            last = out.with_suffix(".cdat").read_text().splitlines()[-1].split()
            found[i] = [float(last[c]) for c in columns]
        return found

    run.folder = folder  # type: ignore[attr-defined]  # as long as there is a `run`
    return run


def net_file(network: Network) -> str:
    """The network in BioNetGen's format. It multiplies every rate, also a function, by the
    reactants' factors n, n*(n - 1), and so on."""
    values = initial_values(network)
    numbers = {s.id: i for i, s in enumerate(network.species, start=1)}
    species = [
        f"{i} {'$' if s.fixed else ''}{s.id}() {values[s.id]!r}"
        for i, s in enumerate(network.species, start=1)
    ]
    parameters, functions, reactions = [], [], []
    read: set[str] = set()
    for i, reaction in enumerate(network.reactions, start=1):
        if dict(reaction.law.orders) != dict(reaction.reactants):
            raise Refused(f"the law of {reaction.id} has not its reactants as factors")
        rate = inlined(network, reaction.law.rate)
        if isinstance(rate, Number):
            parameters.append(f"{len(parameters) + 1} c{i} {rate.value!r}")
            name = f"c{i}"
        else:
            read |= symbols(rate)
            functions.append(f"{len(functions) + 1} f{i}() {written(rate)}")
            name = f"f{i}"
        sides = [
            ",".join(str(numbers[s]) for s, n in side for _ in range(n)) or "0"
            for side in (reaction.reactants, reaction.products)
        ]
        reactions.append(f"{i} {' '.join(sides)} {name}")
    groups = [f"{i} {name} {numbers[name]}" for i, name in enumerate(sorted(read), start=1)]
    blocks = {
        "parameters": parameters or ["1 unused 1"],
        "functions": functions,
        "species": species,
        "reactions": reactions,
        "groups": groups,
    }
    return (
        "\n".join(
            line
            for name, lines in blocks.items()
            if lines
            for line in (f"begin {name}", *lines, f"end {name}")
        )
        + "\n"
    )
