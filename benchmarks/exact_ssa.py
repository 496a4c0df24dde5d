"""CPU per firing of all engines on all cases, and whether they agree."""

import math
import statistics
from collections.abc import Iterator, Sequence

import ssa
from agreement import Agreement, agreement
from cases import HORIZONS, Case
from machine import instructions
from page import Section, ratios, rounded
from rounds import ROUNDS, Row, Table, measured

import simnet as sn

ABOUT = (
    f"CPU time (children included) per firing, of whole calls: median (least to largest) of {ROUNDS} "
    "rounds in which the engines take turns, each in one thread of a process of its own. A ratio is "
    "that of CPU times within a round. z compares final amounts of all species with those of "
    "`compiled` (and `compiled` with roadrunner): the largest |z| of means and of variances, the "
    "latter where both have 50 trajectories or more; p is after Bonferroni's correction, with fewer "
    "trajectories from a permutation test of the largest |z|. Preparing "
    "is everything from SBML, once imported, to where trajectories can start. What took longer than "
    "{budget:.0f} s in all (five times that for roadrunner and `compiled`) was stopped."
)

ASKED = {"W1": (35, 5), "W2": (35, 8), "W2h": (35, 8), "W3": (25, 8), "W4": (150, 25)}
"""Least CPU of roadrunner, and of the best other exact engine, over that of `compiled`: with AVX-512.
With AVX2, whose vectors are half as wide, half of it."""


def sections(quick: bool) -> Iterator[Section]:
    """One for each workload; the first one says what the columns mean, the last one what was asked."""
    yield _about("Exact SSA", quick)
    tables = []
    for name in ["W1", "W2"] if quick else HORIZONS:
        tables.append(_measured(name, quick))
        yield section(tables[-1])
    yield summary(tables, instructions())


def networks(quick: bool) -> Iterator[Section]:
    """The same for each packaged network."""
    yield _about("Exact SSA of the packaged networks", quick)
    for name in ["hypoxia"] if quick else sn.packaged_names():
        yield section(_measured(name, quick))


def _about(title: str, quick: bool) -> Section:
    budget = f"{_limits(quick)[1]:.0f}"
    return Section(title=title, text=ABOUT.replace("{budget:.0f}", budget), head=(), rows=())


def _measured(name: str, quick: bool) -> Table:
    slice_, budget = _limits(quick)
    return measured(Case(name), ssa.ENGINES, slice_=slice_, budget=budget)


def _limits(quick: bool) -> tuple[float, float]:
    """Seconds of CPU that a round of an engine takes, and that all its rounds may take."""
    return (0.02, 20.0) if quick else (0.8, 45.0)


def summary(tables: Sequence[Table], isa: str) -> Section:
    """What was asked beside what was measured, where something was asked."""
    half = isa != "AVX-512"
    rows = []
    for table in tables:
        for peer, asked in zip((False, True), ASKED.get(table.case.name, ()), strict=False):
            least = asked / 2 if half else asked
            rows.append(_judged(table, peer=peer, least=least))
    return Section(
        title="Speed of the compiled engine",
        text="CPU time of roadrunner's SSA, and of the fastest of the other exact engines, over that "
        "of `compiled`, one thread: median (least to largest) of rounds; details are under *Exact "
        f"SSA*. The kernels ran as {isa}, for which is asked "
        + ("half of what is asked with AVX-512." if half else "what stands here."),
        head=("case", "beside", "measured", "asked, at least", ""),
        rows=rows,
        first=True,
    )


def _judged(table: Table, *, peer: bool, least: float) -> tuple[str, ...]:
    ours = table.row("compiled")
    others = [
        row
        for row in table.rows
        if row.per_round and row is not ours and (row.engine != "roadrunner") == peer
    ]
    if ours is None or not others:
        return table.case.name, "peers" if peer else "roadrunner", "no result", f"{least:g}", "?"
    best = min(others, key=lambda row: statistics.median(table.ratios(row, ours)))
    found = table.ratios(best, ours)
    verdict = "met" if statistics.median(found) >= least else "**missed**"
    return table.case.name, best.engine, ratios(found, 1), f"{least:g}", verdict


def section(table: Table) -> Section:
    """The table of one case."""
    case = table.case
    counted = f"{table.firings:,.0f}" if table.firings else "uncounted"
    size = f"{len(case.species)} species, {len(case.network.reactions):,} reactions"
    return Section(
        title=case.name,
        text=f"{size}, to t = {case.horizon:g}; {counted} firings a trajectory.",
        head=(
            "engine",
            "ns per firing",
            "its CPU / `compiled`",
            "roadrunner's CPU / its",
            "preparing / s",
            "trajectories",
            "means: z (p)",
            "variances: z (p)",
        ),
        rows=[_cells(table, row) for row in table.rows],
        level=3,
    )


def _cells(table: Table, row: Row) -> tuple[str, ...]:
    if not row.per_round:
        return row.engine, row.cut or "no round", *[""] * 6
    ours, theirs = table.row("compiled"), table.row("roadrunner")
    other = theirs if row is ours else ours
    found = agreement(row.samples, other.samples) if other else None
    name = f"{row.engine} ({row.cut})" if row.cut else row.engine
    return (
        name,
        rounded(table.nanoseconds(row)),
        rounded(table.ratios(row, ours)) if ours else "",
        rounded([1 / r for r in table.ratios(row, theirs)]) if theirs else "",
        f"{row.preparing:.2f}",
        f"{row.n:,}",
        *_z(found),
    )


def _z(found: Agreement | None) -> tuple[str, str]:
    if found is None:
        return "too few", ""
    parts = [
        "" if math.isnan(z) else f"{z:.1f} ({p:.2g})"
        for z, p in ((found.mean, found.mean_p), (found.variance, found.variance_p))
    ]
    return (f"**DIFFERS** {parts[0]}" if found.alarm else parts[0]), parts[1]
