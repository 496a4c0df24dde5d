"""Mutants of an SBML file, and the check of one: run as a program it checks what it is told to.

A mutant is made from a seed alone. Checking it happens in a process of its own (`Checker`), which
is given a time limit: a mutant that hangs or crashes it is found, and the next one starts anew.
"""

import json
import math
import random
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from typing import Any

SPECIAL = "0 -1 1 2 3 0.5 1e-300 1e300 NaN INF -INF 1e9 100".split()
OPERATORS = (
    "plus minus times divide power exp ln log abs floor ceiling root sin min max lt geq and eq"
).split()
ELEMENTS = (
    "speciesReference reaction parameter assignmentRule species initialAssignment kineticLaw apply "
    "ci cn compartment unitDefinition listOfReactants listOfProducts modifierSpeciesReference"
).split()


# ------------------------------------------------------------------ making one


def mutant(text: str, seed: int) -> str:
    """The file with one to three changes."""
    stream = random.Random(seed)
    for _ in range(stream.choice([1, 1, 2, 3])):
        change = stream.choices([c for c, _ in _CHANGES], [w for _, w in _CHANGES])[0]
        text = change(text, stream)
    return text


def _replaced(text: str, pattern: str, new: Callable[[re.Match[str]], str], stream: Any) -> str:
    """One match of the pattern, picked at random, replaced in its first group."""
    matches = list(re.finditer(pattern, text))
    if not matches:
        return text
    m = stream.choice(matches)
    return text[: m.start(1)] + new(m) + text[m.end(1) :]


def _ids(text: str) -> list[str]:
    return sorted(set(re.findall(r'\bid="(\w+)"', text))) or ["x"]


def _number(text: str, stream: Any) -> str:
    return _replaced(text, r">\s*(-?[\d.]+)\s*</cn>", lambda m: stream.choice(SPECIAL), stream)


def _value(text: str, stream: Any) -> str:
    pattern = r'\b(?:value|initialAmount|size|stoichiometry|spatialDimensions)="([^"]*)"'
    return _replaced(text, pattern, lambda m: stream.choice(SPECIAL), stream)


def _symbol(text: str, stream: Any) -> str:
    ids = _ids(text)
    return _replaced(text, r"<ci>\s*(\w+)\s*</ci>", lambda m: stream.choice(ids), stream)


def _reference(text: str, stream: Any) -> str:
    ids = _ids(text)
    pattern = r'\b(?:species|compartment|variable|symbol|id)="(\w+)"'
    return _replaced(text, pattern, lambda m: stream.choice(ids), stream)


def _operator(text: str, stream: Any) -> str:
    found = f"<({'|'.join(OPERATORS)})/>"
    return _replaced(text, found, lambda m: stream.choice(OPERATORS), stream)


def _flag(text: str, stream: Any) -> str:
    other = {"true": "false", "false": "true"}
    return _replaced(text, r'="(true|false)"', lambda m: other[m.group(1)], stream)


def _attribute(text: str, stream: Any) -> str:
    return _replaced(text, r'(\s[\w:]+="[^"<>]*")', lambda m: stream.choice(["", " x=''"]), stream)


def _element(text: str, stream: Any) -> str:
    """Remove or double a whole element (the shortest from its start to an end of its name)."""
    name = stream.choice(ELEMENTS)
    pattern = rf"(?s)(<{name}\b[^>]*/>|<{name}\b[^>]*(?<!/)>.*?</{name}>)"
    return _replaced(text, pattern, lambda m: stream.choice(["", m.group(1) * 2]), stream)


def _swapped(text: str, stream: Any) -> str:
    """The two arguments of an operator, exchanged."""
    pattern = (
        r"(?:<(?:minus|divide|power)/>\s*)(<c[in][^>]*>[^<]*</c[in]>\s*<c[in][^>]*>[^<]*</c[in]>)"
    )

    def exchanged(m: re.Match[str]) -> str:
        first, second = re.findall(r"<c[in][^>]*>[^<]*</c[in]>", m.group(1))
        return str(second + first)

    return _replaced(text, pattern, exchanged, stream)


def _reactant(text: str, stream: Any) -> str:
    """The stoichiometry of a reactant or product set to two or three: a homodimer where none was."""
    pattern = r'stoichiometry="([^"]*)"'
    return _replaced(text, pattern, lambda m: stream.choice(["2", "3"]), stream)


def _concentration(text: str, stream: Any) -> str:
    """A compartment of another size, and a species that stands for its concentration."""
    text = _replaced(text, r'\bsize="([^"]*)"', lambda m: stream.choice(["2", "0.3"]), stream)
    return _replaced(text, r'hasOnlySubstanceUnits="(\w+)"', lambda m: "false", stream)


def _bytes(text: str, stream: Any) -> str:
    place, length = stream.randrange(len(text)), stream.randrange(1, 40)
    match stream.randrange(4):
        case 0:
            return text[:place] + text[place + length :]
        case 1:
            return text[:place] + text[place : place + length] + text[place:]
        case 2:
            return text[:place] + chr(stream.randrange(1, 0x250)) + text[place + 1 :]
    return text[:place] if stream.random() < 0.2 else text


_CHANGES: list[tuple[Callable[[str, Any], str], int]] = [
    (_number, 3), (_value, 3), (_symbol, 4), (_reference, 2), (_operator, 3), (_flag, 2),
    (_attribute, 2), (_element, 4), (_swapped, 2), (_reactant, 3), (_concentration, 3), (_bytes, 3),
]  # fmt: skip


# ------------------------------------------------------------------ checking one


def checked(text: str, seed: int, states: int = 20, tolerance: float = 1e-12) -> dict[str, Any]:
    """What simnet makes of a file: "refused", "document" (runs as it is, under ODE) or "accepted",
    and where it disagrees with the independent evaluator. With fewer than 20 states the file that
    simnet writes of it is written in one of the two kinetics only."""
    import warnings

    from simnet.errors import SimnetError
    from simnet.network.stochastic import require_stochastic
    from simnet.sbml.read import from_sbml
    from simnet.sbml.write import to_sbml

    warnings.simplefilter("ignore")
    try:
        network = from_sbml(text, name="mutant")
    except SimnetError as error:
        return {"outcome": "refused", "message": str(error)}
    if network.document is not None:
        return {"outcome": "document", "message": str(network.document.obstacles[0])}
    try:
        require_stochastic(network)
        outcome, message = "accepted", ""
    except SimnetError as error:
        outcome, message = "accepted for ODE", str(error)
    found = _disagreements(network, text, "the file", seed, states, tolerance)
    both = ("continuous", "discrete") if outcome == "accepted" else ("continuous",)
    for kinetics in both if states >= 20 else both[seed // 2 % len(both) :][:1]:
        written = to_sbml(network, kinetics)  # type: ignore[arg-type]
        found += _disagreements(
            network, written, f"{kinetics} as written", seed, states, tolerance, kinetics
        )
    return {"outcome": outcome, "message": message, "disagreements": found[:5]}


def _disagreements(
    network: Any,
    text: str,
    where: str,
    seed: int,
    states: int,
    tolerance: float,
    kinetics: str | None = None,
) -> list[str]:
    import numpy as np
    from sbml_values import CannotTell, File

    from simnet.network.values import assigner, initial_values, rate_functions

    found: list[str] = []

    def compare(what: str, ours: float, theirs: float) -> None:
        same = ours == theirs or (np.isnan(ours) and np.isnan(theirs))
        scale = max(abs(ours), abs(theirs))
        if not same and not abs(ours - theirs) <= tolerance * scale:
            found.append(f"{where}: {what}: {ours!r}, evaluator {theirs!r}")

    def compare_sets(what: str, ours: Any, theirs: Any) -> None:
        if ours != theirs:
            found.append(f"{where}: {what}: {ours!r:.200}, evaluator {theirs!r:.200}")

    file = File(text)
    species = [s.id for s in network.species]
    compare_sets("species", set(species), set(file.species) - set(file.rules))
    compare_sets("reactions", [r.id for r in network.reactions], list(file.laws))
    fixed = {s.id for s in network.species if s.fixed}
    for reaction in network.reactions:
        net: dict[str, float] = {}
        for side, sign in ((reaction.reactants, -1), (reaction.products, 1)):
            for name, n in side:
                net[name] = net.get(name, 0) + sign * n
        net = {name: n for name, n in net.items() if n and name not in fixed}
        compare_sets(f"change by {reaction.id}", net, file.change(reaction.id))
    start = initial_values(network)
    try:
        for item in network.quantities:
            compare(f"initial {item.id}", start[item.id], file.initial_value(item.id))
    except CannotTell as error:
        found.append(f"{where}: {error}")
    if found:
        return found
    stream = np.random.default_rng(seed)
    assign = assigner(network)
    laws = {k: rate_functions(network, k) for k in ("continuous", "discrete")}  # type: ignore[arg-type]
    written_in = kinetics or file.kinetics
    for _ in range(states):
        time = float(stream.uniform(0, 100))
        amounts = {s: float(stream.integers(4, 200)) for s in species}
        values = {**start, **amounts}
        with np.errstate(all="ignore"):
            assign(values, time)
            state = file.state(amounts, time)
            rates = file.rates(state)
            for name in network.assignment_by_id:
                compare(f"assignment {name}", values[name], float(state.value(name)))
        for place, reaction in enumerate(network.reactions):
            literal = float(rates[reaction.id])
            expected = {"continuous": literal, "discrete": literal}
            copies = {s: int(n) for s, n in file.reactants(reaction.id).items() if n > 1}
            ratio = math.prod(
                (amounts[s] - i) / amounts[s] for s, n in copies.items() for i in range(1, n)
            )
            if copies and kinetics == "continuous" and not reaction.law.orders:
                expected.pop("discrete")  # taken as it stands in a discrete file, and written so
            elif written_in == "continuous":
                expected["discrete"] = literal * ratio
            elif written_in == "discrete" and all(  # it has the factors x, x-1, ...
                float(file.rate(reaction.id, file.state({**amounts, s: i}, time))) == 0
                for s, n in copies.items()
                for i in range(n)
            ):
                expected["continuous"] = literal / ratio
            if reaction.law.ambiguous:
                expected.pop("discrete", None)
            for k, value in expected.items():
                compare(f"{k} law of {reaction.id}", laws[k][place](values, time), value)
    return found


# ------------------------------------------------------------------ in a process of its own


class Checker:
    """A process that checks mutants one after the other.

    A crash or a hang ends the process; the mutant's result says so and the next one has a new one.
    What takes longer than `limit` seconds gets a second attempt of three times that before it is
    called a hang: a machine may be busy.
    """

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.process: subprocess.Popen[str] | None = None

    def check(self, file: Path, seed: int, states: int = 20) -> dict[str, Any]:
        """The result of `checked` for one mutant, or outcome "hang", "crash" or "error"."""
        return self._checked(file, seed, states, self.limit) or (
            self._checked(file, seed, states, 3 * self.limit)
            or {"outcome": "hang", "message": f"longer than {3 * self.limit:g} s"}
        )

    def _checked(self, file: Path, seed: int, states: int, limit: float) -> dict[str, Any] | None:
        """The result, or None where it takes longer than the limit."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
            self.lines: Queue[str] = Queue()
            threading.Thread(target=self._read, args=(self.process, self.lines)).start()
        assert self.process.stdin is not None
        order = {"file": str(file), "seed": seed, "states": states}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        try:
            line = self.lines.get(timeout=limit)
        except Empty:
            self.close()
            return None
        if not line:
            code = self.process.wait()
            self.close()
            return {"outcome": "crash", "message": f"exit code {code}"}
        result: dict[str, Any] = json.loads(line)
        return result

    @staticmethod
    def _read(process: "subprocess.Popen[str]", lines: "Queue[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                assert pipe is not None
                pipe.close()
            self.process = None


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        try:
            text = mutant(Path(order["file"]).read_text(encoding="utf-8"), order["seed"])
            result = checked(text, order["seed"], order["states"])
        except BaseException as error:  # noqa: BLE001 - that is what is looked for
            import traceback

            place = traceback.extract_tb(error.__traceback__)[-1]
            result = {
                "outcome": "error",
                "message": f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})",
            }
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    _serve()
