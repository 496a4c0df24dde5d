"""A network as the flat arrays that the kernels read; see `_kernel/ssa.h` for what they mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from simnet.arrays import FloatArray
from simnet.engines.compiled_laws import (
    Law,
    Opcode,
    Operation,
    Tape,
    Varying,
    decomposed,
    unsupported,
)
from simnet.engines.state import refused
from simnet.errors import Problem
from simnet.network.expression import Expression, Symbol, function, symbols
from simnet.network.network import Network

Kernel: TypeAlias = str
""" "lockstep" or "rejection"."""

IntArray: TypeAlias = np.ndarray[Any, np.dtype[Any]]

MOST_IN_LOCKSTEP = 400
"""Reactions; beyond it rejection is faster. Measured, and fixed: never decided by timing."""


def kernel_of(network: Network) -> Kernel:
    """Which kernel runs a network: a fixed function of it, so that a record gives the same bits."""
    return "lockstep" if len(network.reactions) <= MOST_IN_LOCKSTEP else "rejection"


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Everything about a network that does not depend on settings, and how the rest follows.

    Attributes:
        species, reactions: their ids, in order.
        rows: how many rows there are; `one`, `sink` and `time` are three of them.
        width: changes a reaction, padded.
        first, second, less: (M,) the lines of the laws, but for their rates.
        changed, by: (M + 1, width).
        constant_row: the row of the first constant of the tape.
        tape: (n, 5) operations.
        item_from, item_result, item_bits: of the tape's items.
        wakes: (M + 1,) items that a firing concerns.
        readout: (R,) rows.
        bounded_from, bounded, exact_from, exact, is_exact: for rejection.
        reads: the species that each law reads.
        forced: reactions whose law is the tape's whatever its form.
    """

    species: tuple[str, ...]
    reactions: tuple[str, ...]
    rows: int
    one: int
    sink: int
    time: int
    width: int
    first: IntArray
    second: IntArray
    less: FloatArray
    changed: IntArray
    by: FloatArray
    constant_row: int
    tape: IntArray
    item_from: IntArray
    item_result: IntArray
    item_bits: IntArray
    wakes: IntArray
    readout: IntArray
    bounded_from: IntArray
    bounded: IntArray
    exact_from: IntArray
    exact: IntArray
    is_exact: IntArray
    reads: tuple[frozenset[int], ...]
    forced: frozenset[int]
    _assigned: tuple[tuple[str, Callable[[Mapping[str, float], float], float]], ...]
    _rates: tuple[Callable[[Mapping[str, float], float], float], ...]
    _constants: tuple[Callable[[Mapping[str, float]], float], ...]

    def concerns(self, reaction: int) -> list[int]:
        """Species that the law of a reaction reads or that its firing changes."""
        near = {int(s) for s in self.changed[reaction] if s != self.sink} | self.reads[reaction]
        return sorted(near)

    def evaluated(self, settings: Mapping[str, float]) -> "Constants":
        """What depends on settings."""
        values = dict(settings)
        for name, evaluate in self._assigned:
            values[name] = evaluate(values, 0.0)
        rate = np.array([evaluate(values, 0.0) for evaluate in self._rates], dtype=np.float64)
        constant = np.array([evaluate(values) for evaluate in self._constants], dtype=np.float64)
        return Constants(tables=self, rate=rate, constant=constant)


@dataclass(frozen=True, kw_only=True)
class Constants:
    """Tables with the rates and the tape's constants under some settings."""

    tables: Tables
    rate: FloatArray
    constant: FloatArray

    def improper(self) -> frozenset[int]:
        """Reactions whose rate is negative or no number: the tape has to look at them."""
        return frozenset(np.flatnonzero(~((self.rate >= 0) & np.isfinite(self.rate))).tolist())

    def buffers(self) -> tuple[Any, ...]:
        """In the order of `_kernel/layout.c`."""
        t = self.tables
        sizes = [len(t.species), len(t.reactions), t.rows, t.one, t.sink, t.time, t.width]
        return (
            np.array([*sizes, t.constant_row, len(t.item_result)], dtype=np.int64),
            self.rate,
            *(t.first, t.second, t.less, t.changed, t.by, self.constant, t.tape),
            *(t.item_from, t.item_result, t.item_bits, t.wakes, t.readout),
            *(t.bounded_from, t.bounded, t.exact_from, t.exact, t.is_exact),
        )


def obstacles(network: Network) -> list[Problem]:
    """What the tables cannot hold; roadrunner or the reference engine can."""
    if network.document is not None:
        return list(network.document.obstacles)
    varying = Varying(network)
    found = refused(network, "compiled")
    for assignment in network.assignments:  # which a readout may be
        if operator := unsupported(varying, assignment.expression):
            found.append(_lacks(assignment.id, operator))
    for reaction in network.reactions:
        what, rate = f"reaction {reaction.id}", reaction.law.rate
        if varying.reads_time(rate):
            why = "its rate depends on time, which the compiled engine does not support"
            found.append(Problem(what=what, why=why, way_out='use engine="reference"'))
        elif operator := unsupported(varying, rate):
            found.append(_lacks(what, operator))
    return found


def _lacks(what: str, operator: str) -> Problem:
    why = f"{operator}() of a changing quantity is not supported by the compiled engine"
    return Problem(what=what, why=why, way_out='use engine="roadrunner"')


def tables(
    network: Network, readouts: Sequence[str], forced: frozenset[int] = frozenset()
) -> Tables:
    """The tables of a network that has no `obstacles`.

    Args:
        network: with what is held made constant.
        readouts: (R,) ids of the readouts.
        forced: reactions whose law the tape computes whatever its form.
    """
    varying = Varying(network)
    fixed = {s.id for s in network.species if s.fixed}
    one, sink, time = (len(network.species) + i for i in range(3))
    laws = [
        decomposed(r, varying, fixed, whole=j in forced) for j, r in enumerate(network.reactions)
    ]
    tape = Tape(varying, one=one, time=time)
    items = _Items(tape)
    lines = _lines(laws, items, one)
    starts, results = [*items.starts, len(tape.operations)], items.results
    tape.named.clear()
    with tape.item():
        readout = [tape.row(Symbol(name)) for name in readouts]

    changes = [
        [(s, n) for s, n in r.changes().items() if s not in fixed] for r in network.reactions
    ]
    place = tape.placed(time + 1)
    changed, by = _padded(changes, network.species_index, sink)
    exact = [law.rest is not None for law in laws]
    needs_item = [items.concerned.get(j, frozenset()) for j in range(len(laws))]
    bits = [1 << (i if len(results) <= 64 else i * 64 // len(results)) for i in range(len(results))]
    reads = [
        set(n) | {f.species for f in law.factors} for n, law in zip(needs_item, laws, strict=True)
    ]
    bounded_of = _by_species(reads, [not e for e in exact], network)
    exact_of = _by_species(reads, exact, network)
    awake_of: dict[str, int] = {}
    for bit, names in zip(bits, items.reads, strict=True):
        for name in names:
            awake_of[name] = awake_of.get(name, 0) | bit
    wakes = [0] * (len(laws) + 1)
    woken: list[list[int]] = []
    for j, change in enumerate(changes):
        of_reaction: set[int] = set()
        for name, _ in change:
            wakes[j] |= awake_of.get(name, 0)
            of_reaction.update(exact_of[name])
        woken.append(sorted(of_reaction))
    bounded_from, bounded = _lists([bounded_of[s.id] for s in network.species])
    exact_from, exact_list = _lists(woken)
    return Tables(
        species=tuple(s.id for s in network.species),
        reactions=tuple(r.id for r in network.reactions),
        rows=time + 1 + len(tape.constants) + tape.temporaries,
        one=one,
        sink=sink,
        time=time,
        width=changed.shape[1],
        first=np.array([place(a) for a, _, _ in lines], dtype=np.int32),
        second=np.array([place(b) for _, b, _ in lines], dtype=np.int32),
        less=np.array([h for _, _, h in lines], dtype=np.float64),
        changed=changed,
        by=by,
        constant_row=time + 1,
        tape=_operations(tape.operations, place),
        item_from=np.array(starts, dtype=np.int32),
        item_result=np.array([r if r == -1 else place(r) for r in results], dtype=np.int32),
        item_bits=np.array(bits, dtype=np.uint64),
        wakes=np.array(wakes, dtype=np.uint64),
        readout=np.array([place(row) for row in readout], dtype=np.int32),
        bounded_from=bounded_from,
        bounded=bounded,
        exact_from=exact_from,
        exact=exact_list,
        is_exact=np.array(exact, dtype=np.uint8),
        reads=tuple(frozenset(network.species_index[name] for name in names) for names in reads),
        forced=forced,
        _assigned=tuple((name, function(e)) for name, e in varying.constant),
        _rates=tuple(function(law.rate) for law in laws),
        _constants=tuple(tape.constants),
    )


class _Items:
    """The items of the tape: first assignments that laws read, then what is left of laws."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.starts: list[int] = []
        self.results: list[int] = []  # -1 where any value will do
        self.reads: list[set[str]] = []  # species, item by item
        self.concerned: dict[int, frozenset[str]] = {}  # species that the rest of a law reads

    def add(self, law: Law, reaction: int) -> int:
        """The row of the rest of a law."""
        assert law.rest is not None
        varying = self.tape.varying
        self._assignments(law.rest)
        reads = varying.reads(law.rest) | {name for name, _ in law.needs}
        self.concerned[reaction] = frozenset(reads)
        self.starts.append(len(self.tape.operations))
        with self.tape.item():
            row = self.tape.when(law.needs, self.tape.row(law.rest))
            if row < 0:  # a constant that is negative or no number: an error once it fires
                row = self.tape.operate(Opcode.MULTIPLY, row, self.tape.one)
        self.results.append(row)
        self.reads.append(reads)
        return row

    def _assignments(self, expression: Expression) -> None:
        varying, tape = self.tape.varying, self.tape
        used = _assignments_read(expression, varying)
        for name, inner in varying.assignments.items():  # in order of dependence
            if name in used and name not in tape.named:
                self.starts.append(len(tape.operations))
                with tape.item():
                    tape.named[name] = tape.row(inner)
                self.results.append(-1)
                self.reads.append(varying.reads(inner))


def _assignments_read(expression: Expression, varying: Varying) -> set[str]:
    found: set[str] = set()
    pending = list(symbols(expression))
    while pending:
        name = pending.pop()
        if name in varying.assignments and name not in found:
            found.add(name)
            pending += symbols(varying.assignments[name])
    return found


def _lines(laws: Sequence[Law], items: _Items, one: int) -> list[tuple[int, int, float]]:
    index = items.tape.varying.species
    found = []
    for j, law in enumerate(laws):
        rows = [(index[f.species], f.less) for f in law.factors]
        if law.rest is not None:
            rows.insert(0, (items.add(law, j), 0))
        if len(rows) == 1 and rows[0][1]:
            rows.insert(0, (one, 0))
        rows += [(one, 0)] * (2 - len(rows))
        found.append((rows[0][0], rows[1][0], float(rows[1][1])))
    return found


def _padded(
    changes: Sequence[Sequence[tuple[str, int]]], index: Mapping[str, int], sink: int
) -> tuple[IntArray, FloatArray]:
    """One line a reaction and an empty one, all of the same length."""
    width = max([1, *(len(change) for change in changes)])
    changed = np.full((len(changes) + 1, width), sink, dtype=np.int32)
    by = np.zeros((len(changes) + 1, width))
    for j, change in enumerate(changes):
        for c, (species, n) in enumerate(change):
            changed[j, c], by[j, c] = index[species], n
    return changed, by


def _by_species(
    reads: Sequence[set[str]], chosen: Sequence[bool], network: Network
) -> dict[str, list[int]]:
    """For each species the chosen laws that read it."""
    found: dict[str, list[int]] = {s.id: [] for s in network.species}
    for j, names in enumerate(reads):
        if chosen[j]:
            for name in names:
                found[name].append(j)
    return found


def _lists(lists: Sequence[Sequence[int]]) -> tuple[IntArray, IntArray]:
    """Lists one after the other, and where each begins."""
    starts = np.zeros(len(lists) + 1, dtype=np.int32)
    starts[1:] = np.cumsum([len(items) for items in lists], dtype=np.int32)
    return starts, np.array([i for items in lists for i in items], dtype=np.int32)


def _operations(operations: Sequence[Operation], place: Callable[[int], int]) -> IntArray:
    lines = [(o[0], *(place(row) for row in o[1:])) for o in operations]
    return np.array(lines, dtype=np.int32).reshape(len(lines), 5)
