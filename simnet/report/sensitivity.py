"""A sensitivity study as one HTML page."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from simnet.experiment.condition import change_from_record, scheduled_from_record
from simnet.experiment.notation import change_text, schedule_text
from simnet.report.page import (
    PageTable,
    Part,
    Text,
    number,
    page,
    picture,
    time,
)
from simnet.sensitivity.analysis import words
from simnet.sensitivity.figures import drawings
from simnet.sensitivity.indices import IndexRow, half_width
from simnet.sensitivity.result import StudyResult, yes_no

_FAILED = 200
_CONTROL = 15


def study_page(result: StudyResult, *, repeat: str = "") -> str:
    """The page, as HTML."""
    about, space = result.about, result.design.space
    runs = f"{result.design.rows:,} rows"
    if about["replicates"] > 1:
        runs += f", {about['replicates']} replicates each"
    facts = [
        ("network", about["network"]),
        ("analysis", about["analysis"] + f", {about['samples']:,} samples" * (about["samples"] > 1)),
        ("varied", f"{len(space.factors) - 1}" + (f" in {len(space.labels) - 1} groups" * bool(space.groups))),
        ("evaluations", runs),
        ("simulated", f"{about['method'].upper()} until {time(about['t_end'], about['time unit'])}"),
        ("seed", str(about["seed"])),
    ]  # fmt: skip
    pictures: dict[str, list[Part]] = defaultdict(list)
    for drawing in drawings(result):
        pictures[drawing.readout].append(picture(drawing.draw(), drawing.caption))
    sections: list[tuple[str, Iterable[Part]]] = [("In short", _short(result))]
    for readout in result.indices:
        parts = [*_top(result, readout), *pictures[readout], *_all(result, readout)]
        sections.append((readout, parts))
    sections += [
        ("Steady state", _control(result)),
        ("What failed", _failures(result)),
        ("What was varied", _varied(result)),
        ("Provenance", _provenance(result)),
        ("How to repeat it", [Text(text=repeat, kind="code")] if repeat else []),
    ]
    subtitle = (
        f"Which of {len(space.factors) - 1} quantities matter for {', '.join(result.indices)}"
    )
    return page(f"Sensitivity of {about['network']}", subtitle, facts, sections)


def _short(result: StudyResult) -> Iterator[Part]:
    rows = []
    for readout in result.indices:
        strong = [row.factor for row in result.top(readout, 5) if row.influential]
        every = [r for r in result.indices[readout].rows if r.index == result.headline(readout)]
        count = sum(row.influential is True for row in every)
        converged = sum(row.converged for row in every)
        rows.append(
            [
                readout,
                ", ".join(strong) or "none",
                f"{count} of {max(len(every) - 1, 0)}",
                f"{converged} of {len(every)}",
            ]
        )
    columns = ["readout", "strongest", "influential", "converged"]
    yield PageTable(columns=columns, rows=rows, text=2)
    lost = any(found.lost for found in result.indices.values())
    for place, statement in enumerate(result.statements):
        yield Text(text=statement, kind="warning" if lost and not place else "note")


def _top(result: StudyResult, readout: str) -> Iterator[Part]:
    index = result.headline(readout)
    top = result.top(readout)
    if not top:
        yield Text(text="No index of this readout could be estimated.", kind="warning")
        return
    yield PageTable(
        columns=["factor", words(index), _percent(result), "influential", "converged"],
        rows=[_cells(row) for row in top],
        caption=f"The {len(top)} strongest factors, by {words(index)}.",
    )


def _cells(row: IndexRow) -> list[str]:
    return [
        row.factor,
        number(row.estimate),
        f"{number(row.low)} to {number(row.high)}",
        yes_no(row.influential),
        yes_no(row.converged),
    ]


def _percent(result: StudyResult) -> str:
    return f"{100 * result.about['precision']['confidence']:g} % interval"


def _all(result: StudyResult, readout: str) -> Iterator[Part]:
    found = result.indices[readout]
    rows = [[row.factor, words(row.index), *_cells(row)[1:]] for row in found.rows]
    columns = ["factor", "index", "estimate", _percent(result), "influential", "converged"]
    if rows:
        yield PageTable(columns=columns, rows=rows, text=2, title=f"All {len(rows):,} indices")
    index = result.headline(readout)
    names = [row.factor for row in result.top(readout)]
    sizes = sorted({step.n for step in found.steps})
    if len(sizes) < 2:
        return
    at = {(s.factor, s.n): s for s in found.steps if s.index == index}
    rows = [
        [name, *(f"{number(at[name, n].estimate)} ± {number(half_width(at[name, n]))}"
                 if (name, n) in at else "–" for n in sizes)]
        for name in names
    ]  # fmt: skip
    columns = ["factor", *(f"{n:,}" for n in sizes)]
    caption = "The index against the number of samples, with the half-width of its interval."
    yield PageTable(columns=columns, rows=rows, caption=caption, title="Convergence")


def _control(result: StudyResult) -> Iterator[Part]:
    frame = result.control
    if not len(frame):
        return
    readouts = frame[frame["table"] == "readout control"]
    yield Text(
        text="Control coefficients: the response of the whole network in steady state to a faster "
        "reaction. Those of a readout sum to 0 over all reactions. Fluxes, single species and "
        "elasticities are in control.csv.",
        kind="note",
    )
    for name, part in readouts.groupby("quantity", sort=False):
        order = part["value"].abs().sort_values(ascending=False, kind="stable").index[:_CONTROL]
        rows = [
            [str(by), number(value)] for by, value in part.loc[order, ["by", "value"]].to_numpy()
        ]
        columns = ["reaction", f"control of {name}"]
        yield PageTable(columns=columns, rows=rows, title=f"{name} in steady state")


def _failures(result: StudyResult) -> Iterator[Part]:
    frame = result.failures
    if not len(frame):
        return
    rows = [
        [str(r["row"]), r["readout"] or "all", r["condition"], r["reason"]]
        for r in frame.head(_FAILED).to_dict(orient="records")
    ]
    caption = "" if len(frame) <= _FAILED else f"The first {_FAILED} of {len(frame):,}; failures.csv has all."  # fmt: skip
    columns = ["row", "readout", "condition", "reason"]
    title = f"{len(frame):,} failures, with their rows"
    yield PageTable(columns=columns, rows=rows, text=4, caption=caption, title=title)


def _varied(result: StudyResult) -> Iterator[Part]:
    space = result.design.space
    group = dict(zip(space.names, space.label_of_column, strict=True))
    rows = [
        [
            f.name,
            "" if group[f.name] == f.name else group[f.name],
            f.kind,
            f.scale,
            number(f.baseline),
            number(f.lower),
            number(f.upper),
        ]
        for f in space.factors[:-1]
    ]
    columns = ["factor", "group", "kind", "scale", "value", "lowest", "highest"]
    yield PageTable(columns=columns, rows=rows, text=4, title=f"All {len(rows)} factors")
    left = [[item.name, item.reason] for item in result.left_out]
    if left:
        title = f"{len(left)} that were not varied"
        yield PageTable(columns=["quantity", "why not"], rows=left, text=2, title=title)


def _provenance(result: StudyResult) -> Iterator[Part]:
    about = result.about
    changes = [
        *[change_text(change_from_record(c)) for c in (*about["background"], *about["changes"])],
        *[schedule_text(scheduled_from_record(entry)) for entry in about["schedule"]],
        *about.get("variability", ()),
    ]
    before = about["equilibrate"]
    rows = [
        ["network", f"{about['network']}, SHA-256 {about['network digest']}"],
        ["study", f"SHA-256 {about['digest']}"],
        *[[str(name), str(value)] for name, value in about["made with"].items()],
        ["settings", ", ".join(f"{k} = {v:g}" for k, v in about["settings"].items()) or "none"],
        ["relative tolerance", f"{about['rtol']:g}"],
        ["equilibrated", "no" if not before else time(before, about["time unit"])],
        ["in every row", "; ".join(changes) or "no other changes"],
    ]
    yield PageTable(columns=["what", "which"], rows=rows, text=2)
