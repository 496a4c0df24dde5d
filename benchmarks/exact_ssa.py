"""CPU per firing of all engines on all cases, and whether they agree."""

import math
from collections.abc import Iterator

import ssa
from agreement import Agreement, agreement
from cases import HORIZONS, Case
from page import Section, rounded
from rounds import ROUNDS, Row, Table, measured

import simnet as sn

ABOUT = (
    f"CPU time (children included) per firing, of whole calls: median (least to largest) of {ROUNDS} "
    "rounds in which the engines take turns, each in one thread of a process of its own. A ratio is "
    "that of CPU times within a round. z compares final amounts of all species with those of "
    "`compiled` (and `compiled` with roadrunner): the largest |z| of means and of variances, the "
    "latter where both have 50 trajectories or more; p is after Bonferroni's correction. Preparing "
    "is everything from SBML, once imported, to where trajectories can start. What took longer than "
    "{budget:.0f} s in all (five times that for roadrunner and `compiled`) was stopped."
)


def sections(quick: bool) -> Iterator[Section]:
    """One for each case; the first one says what the columns mean."""
    slice_, budget = (0.02, 20.0) if quick else (0.8, 60.0)
    yield Section(
        title="Exact SSA", text=ABOUT.replace("{budget:.0f}", f"{budget:.0f}"), head=(), rows=()
    )
    names = ["W1", "W2"] if quick else [*HORIZONS, *sn.packaged_names()]
    for name in names:
        yield section(measured(Case(name), ssa.ENGINES, slice_=slice_, budget=budget))


def section(table: Table) -> Section:
    """The table of one case."""
    case = table.case
    size = f"{len(case.species)} species, {len(case.network.reactions):,} reactions"
    return Section(
        title=case.name,
        text=f"{size}, to t = {case.horizon:g}; {table.firings:,.0f} firings a trajectory.",
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
