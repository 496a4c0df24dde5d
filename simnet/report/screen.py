"""A screen as one HTML page."""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from simnet.errors import SimnetError
from simnet.report import screen_figures as figures
from simnet.report.page import (
    PageTable,
    Part,
    Text,
    interval,
    number,
    page,
    picture,
    time,
)
from simnet.report.screen_figures import dose_panels
from simnet.screen.design import CONTROL
from simnet.screen.result import ScreenResult
from simnet.screen.synergy import Interaction

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 60  # of a figure; tables hold all
_PAIRS = 6
_SURFACES = 8
_SEEN = 0.01  # on the log scale: with less than 1 % a surface is blank
_DISTRIBUTIONS = 12
_CURVES = 6  # conditions among time courses


def screen_page(result: ScreenResult) -> str:
    """The page, as HTML."""
    record, run = result.record.run, result.record.run.run
    effects = result.effects()
    ran = int(result.table.ran.sum())
    facts = [
        ("network", record.network),
        ("method", f"{run.method.upper()} ({run.engine} {record.versions.get(run.engine, '')})"),
        ("conditions", f"{len(result.conditions):,}"),
        ("simulations", f"{ran:,}"),
        ("until", time(float(result.record.times[-1]), result.record.time_unit)),
        ("seed", "none needed" if run.seed is None else str(run.seed)),
    ]
    sections = [
        ("Effects", _effects(result, effects)),
        ("Dose and response", _doses(result)),
        ("Interaction", _interaction(result)),
        ("Distributions", _distributions(result, effects)),
        ("Time courses", _courses(result, effects)),
        ("Conditions", _conditions(result)),
        ("What failed", _failures(result)),
        ("Provenance", _provenance(result)),
        ("How to repeat it", _repeat(result)),
    ]
    subtitle = f"What {len(result.factors)} perturbations do to {', '.join(result.readouts)}"
    return page(f"Screen of {record.network}", subtitle, facts, sections)


def _effects(result: ScreenResult, effects: "pd.DataFrame") -> Iterator[Part]:
    if not result.complete:
        yield Text(
            text="This screen is not complete: some of its runs are missing.", kind="warning"
        )
    if not len(effects):
        return
    order = _by_size(effects)
    shown = effects[effects["condition"].isin(order[:_ROWS])]
    note = "" if len(order) <= _ROWS else f" The {_ROWS} of {len(order)} with the largest effects."
    caption = (
        f"log2 fold change against {CONTROL}, ratios of means; time courses at their end. A dot: the "
        f"95 % interval does not hold 0. Grey: no value.{note}"
    )
    yield picture(figures.effects_heatmap(shown), caption, "heatmap of effects")
    columns = ["condition", "readout", "control", "treated", "log2 fold", "95 % interval",
               "Hedges g", "KS", "n", "p, adjusted", "remark"]  # fmt: skip
    rows = [
        [
            str(e["condition"]),
            str(e["readout"]),
            number(e["control_mean"]),
            number(e["treated_mean"]),
            number(e["log2_fold_change"]),
            interval(e["log2_low"], e["log2_high"]),
            number(e["hedges_g"]),
            number(e["ks_distance"]),
            f"{e['n_control']} / {e['n_treated']}",
            number(e["p_adjusted"]),
            str(e["reason"]),
        ]
        for e in effects.to_dict(orient="records")
    ]
    first = effects.iloc[0]
    caption = (
        f"n is control / condition; p by {first['test']}, adjusted over {first['comparisons']:,} "
        f"comparisons ({first['adjusted_by']})."
    )
    title = f"All {len(rows):,} effects"
    yield PageTable(columns=columns, rows=rows, text=2, caption=caption, title=title)


def _by_size(effects: "pd.DataFrame") -> list[str]:
    """Conditions, those with the largest fold change in any readout first."""
    size = effects["log2_fold_change"].abs().groupby(effects["condition"], sort=False).max()
    order = size.fillna(-1.0).sort_values(ascending=False, kind="stable")
    return [str(name) for name in order.index]


def _doses(result: ScreenResult) -> Iterator[Part]:
    rows = []
    for drug in result.drugs:
        panels = []
        ladder = result.ladder(drug)
        if len(ladder) < 3:
            continue
        for readout in result.record.readouts:
            try:
                found = result.dose_response(drug, readout.name, resamples=400)
            except SimnetError as error:
                rows.append([drug, readout.name, "–", "–", "–", str(error)])
                continue
            groups = [result.at_end(c, [readout.name])[0] for c in ladder]
            groups = [g for g in groups if not np.isnan(g).all()]
            if len(found.doses) > 1:
                panels.append((f"{drug}: {readout.name}", readout.unit, found, groups))
            ec50 = number(float(found.ec50.value))
            if not np.isnan(found.ec50.low):
                ec50 += f" ({interval(float(found.ec50.low), float(found.ec50.high))})"
            rows.append(
                [
                    drug,
                    readout.name,
                    found.outcome,
                    ec50 if found.fitted or not np.isnan(found.ec50.low) else "–",
                    number(float(found.hill.value)),
                    found.reason,
                ]
            )
        if panels:
            caption = f"{drug}: replicates, means with standard errors, and the Hill curve where the doses support one."
            yield picture(dose_panels(panels), caption)
    if rows:
        columns = ["drug", "readout", "outcome", "EC50 in nM (95 % interval)", "Hill", "remark"]
        yield PageTable(columns=columns, rows=rows, text=6)


def _interaction(result: ScreenResult) -> Iterator[Part]:
    rows: list[list[str]] = []
    drawn: list[tuple[float, str, str, int, Interaction]] = []
    for a, b in combinations(result.factors, 2):
        try:
            surface = result.surface(a, b)
        except SimnetError:
            continue
        many = len(surface.levels_a) * len(surface.levels_b) > 4
        for place, readout in enumerate(result.record.readouts):
            try:
                found = result.synergy(a, b, readout.name, models=["log"], resamples=400)
            except SimnetError as error:
                rows.append([a, b, readout.name, "", "–", "–", str(error)])
                continue
            (overall,) = found.overall
            calls = [c.call for c in found.cells]
            counts = [f"{calls.count(c)} {c}" for c in ("synergy", "antagonism") if c in calls]
            remark = ", ".join(counts) or overall.reason
            call, within = (
                text.replace(" ", "\N{NO-BREAK SPACE}")
                for text in (overall.call, interval(overall.low, overall.high))
            )
            rows.append([a, b, readout.name, call, number(overall.score), within, remark])
            if many:
                drawn.append((_strongest(found), a, b, place, found))
    drawn.sort(key=lambda candidate: -candidate[0])  # stable
    for rank, (size, a, b, place, found) in enumerate(drawn[:_SURFACES]):
        if size < _SEEN and rank:
            break
        surface, readout = result.surface(a, b), result.record.readouts[place]
        rows_of_means = [
            [_mean_at_end(result, c, place) for c in row] for row in surface.conditions
        ]
        means = np.array(rows_of_means)
        figure = figures.surface_panels(surface, (a, b), means, found, readout.name, readout.unit)
        caption = f"{a} and {b}: {readout.name}, and its interaction. + or −: called synergy or antagonism."
        yield picture(figure, caption)
    if rows:
        left_out = "; those surfaces are drawn that show most of it" if len(drawn) > 1 else ""
        yield Text(
            text="Interaction on the log scale: ln(ab × control / (a × b)), signed so that positive is synergy"
            f"{left_out}. A call needs the interval beyond 10 %. Bliss, HSA and Loewe: "
            "result.synergy(...).",
            kind="note",
        )
        columns = ["first", "second", "readout", "call", "mean score", "95 % interval"]
        columns.append("combinations")
        title = f"All {len(rows)}" if len(rows) > 30 else ""
        text = len(columns)  # the last may be long
        yield PageTable(columns=columns, rows=rows, text=text, title=title)


def _strongest(interaction: Interaction) -> float:
    """The largest score of a combination, whatever its sign; 0 where none is defined."""
    sizes = [abs(cell.score) for cell in interaction.cells if np.isfinite(cell.score)]
    return max(sizes, default=0.0)


def _mean_at_end(result: ScreenResult, condition: int | None, place: int) -> float:
    """Of a readout over the replicates; NaN where a combination was not run."""
    if condition is None:
        return np.nan
    values = result.at_end(condition, [result.readouts[place]])[0]
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else np.nan


def _distributions(result: ScreenResult, effects: "pd.DataFrame") -> Iterator[Part]:
    if result.table.ran.sum(axis=1).max() < 2:
        return
    chosen = {CONTROL, *_by_size(effects)[: _ROWS - 1]}
    places = [c for c, name in enumerate(result.conditions) if name in chosen]
    for name, readout in list(zip(result.readouts, result.record.readouts, strict=True))[
        :_DISTRIBUTIONS
    ]:
        groups = [(result.conditions[c], result.at_end(c, [name])[0]) for c in places]
        at = ", at the end" if readout.course else ""
        figure = figures.distributions(groups, f"{name}{at}", readout.unit)
        caption = f"{name}: replicates (at most 200), the middle half as a bar, the median as a ring; dashed: median of the control."
        yield picture(figure, caption)


def _courses(result: ScreenResult, effects: "pd.DataFrame") -> Iterator[Part]:
    readouts = [place for place, readout in enumerate(result.record.readouts) if readout.course]
    if not readouts:
        return
    names = list(result.conditions)
    singles = [c for c, levels in enumerate(result.record.levels) if len(levels) <= 1]
    largest = [names.index(name) for name in _by_size(effects)]
    first = [0, *[c for c in largest if c in singles]] if len(singles) > 2 else [0, *largest]
    chosen = first[: _CURVES + 1]
    caption = "Means over replicates; bands hold 90 % of them. The control and the single changes with the largest effects."
    yield picture(figures.courses(result, readouts[:9], chosen), caption)


def _conditions(result: ScreenResult) -> Iterator[Part]:
    design = result.design()
    rows = [
        [number(cell) if isinstance(cell, float) else str(cell) for cell in row]
        for row in design.itertuples(index=False)
    ]
    labels = [f"{name} (nM)" if name in result.drugs else name for name in design.columns]
    title = f"All {len(rows):,} conditions" if len(rows) > 20 else ""
    yield PageTable(columns=labels, rows=rows, title=title)


def _failures(result: ScreenResult) -> Iterator[Part]:
    failures = result.failures()
    if not len(failures):
        return
    count = len(result.table.failed)
    if count:
        yield Text(
            text=f"{count:,} replicates failed; the others are not affected.", kind="warning"
        )
    rows = [
        [
            str(f["condition"]),
            "all" if f["replicate"] < 0 else str(f["replicate"]),
            str(f["readout"]) or "all",
            str(f["reason"]),
        ]
        for f in failures.to_dict(orient="records")[:200]
    ]
    caption = "" if len(failures) <= 200 else f"The first 200 of {len(failures):,}."
    columns = ["condition", "replicate", "readout", "reason"]
    yield PageTable(columns=columns, rows=rows, text=4, caption=caption)


def _provenance(result: ScreenResult) -> Iterator[Part]:
    record, run = result.record.run, result.record.run.run
    absolute = "of each variable's own size" if run.atol is None else f"{run.atol:g}"
    first = result.record.conditions[0]
    rows = [
        ["network", f"{record.network}, SHA-256 {record.network_digest}"],
        ["run", record.created],
        *[[name, version] for name, version in record.versions.items()],
        ["platform", record.platform],
        ["tolerances", f"relative {run.rtol:g}, absolute {absolute}"],
        ["equilibrated", str(first.equilibrate or "no")],
        ["in every condition", ", ".join(c.label for c in first.background) or "no other changes"],
        ["replicates", f"{run.count} of each condition"],
    ]
    if result.record.precision is not None:
        rows[-1] = ["replicates", f"until precise: {dict(result.record.precision)}"]
    yield PageTable(columns=["what", "which"], rows=rows, text=2)


def _repeat(result: ScreenResult) -> Iterator[Part]:
    yield Text(text="With the versions above this gives the same numbers, bit for bit:")
    yield Text(text=result.record.code, kind="code")
    yield Text(
        text="From a folder: sn.ScreenResult.load(folder); it also holds the network as SBML.",
        kind="note",
    )
