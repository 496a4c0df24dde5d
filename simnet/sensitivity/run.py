"""`run_study`: design, run, analyse; with a folder, also store, continue, draw."""

import math
import platform
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simnet.errors import InputError, Problem
from simnet.execute.base import Workers
from simnet.execute.campaign import run_campaign
from simnet.execute.cost import cost_of
from simnet.execute.progress import Progress
from simnet.experiment.notation import change_text, schedule_text, spread_text
from simnet.experiment.times import path_of, whole_number
from simnet.readouts.language import bracket_text
from simnet.results.parts import Parts, into_place
from simnet.results.record import now_text, versions_of
from simnet.sbml.write import sbml_of
from simnet.sensitivity.control import control_of
from simnet.sensitivity.design import Design, Outputs
from simnet.sensitivity.evaluate import evaluated
from simnet.sensitivity.indices import IndexPrecision, Indices, half_width
from simnet.sensitivity.result import FAILURE_COLUMNS, NETWORK, StudyResult, failure_frame
from simnet.sensitivity.rows import (
    courses_of_rows,
    distinct_rows,
    failed_runs,
    items_to_run,
    kept,
    plan_of,
    row_programs,
)
from simnet.sensitivity.study import SensitivityStudy
from simnet.sensitivity.table import ANALYSES, analyse, analysis_named

if TYPE_CHECKING:
    import pandas as pd

    from simnet.sensitivity.result import StudyResult


# What is to be said with a study's indices, in sentences.


_NAMED = 12
_RANKED = re.compile(r"\b(median|quantile)\(")
_UNSAID = ("excluded",)
"""Reasons for which a user needs no reminder."""


def statements_of(result: "StudyResult") -> Iterator[str]:
    """What cannot be concluded, what has not converged, what noise does, what is not varied in this screen."""
    waiting = []
    for readout, found in result.indices.items():
        yield from found.statements
        count = sum(not row.converged for row in found.rows)
        if count and not found.stuck:
            waiting.append(f"{readout}: {count} of {len(found.rows)}")
    failed = result.failures.loc[result.failures["readout"] == "", "reason"]
    if len(failed):
        yield f"Failed runs: {len(failed):,}, the first because of this: {failed.iloc[0]}."
    if waiting:
        yield (
            f"{'; '.join(waiting)} indices have not converged at {result.about['samples']:,} "
            "samples; more samples narrow them (--until-converged, until_converged=True)."
        )
    if any(output.noisy for output in result.outputs.values()):
        yield str(result.about["under noise"])
        if ANALYSES[result.design.analysis].needs_variance:
            ranked = [name for name in result.outputs if _RANKED.search(name)]
            if ranked:
                yield (
                    f"{', '.join(ranked)}: the variance of a quantile of few replicates is taken for "
                    "a fifth to a half larger than it is (10 to 50 of them), and more than the noise "
                    "is subtracted; add replicates."
                )
    by_reason: dict[str, list[str]] = defaultdict(list)
    for item in result.left_out:
        by_reason[item.reason].append(item.name)
    for reason, names in by_reason.items():
        if reason not in _UNSAID:
            yield f"Not varied, since {reason}: {some(names)}."


def some(names: Sequence[str], most: int = _NAMED) -> str:
    """The first names, and how many more."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


# How many samples to add: the answer of `--until-converged`.


_AT_ONCE = 4  # a prediction from few samples is rough: at most so many times as many


def next_samples(design: Design, found: Iterable[Indices]) -> int | None:
    """Samples of the next, longer design; its rows begin with those of this one.

    Half-widths shrink as 1 / sqrt(samples): the widest interval, relative to its tolerance, says
    how many are needed. At least twice as many, at most four times, rounded up to what the analysis
    can have. The loop is: analyse, stop at None, else make the design of so many samples and
    evaluate only the rows that are new.

    Args:
        design: the present one.
        found: its indices, of each readout.

    Returns:
        The number of samples; None where every index of every readout has converged or more
        samples do not help it (`Indices.stuck`).
    """
    needed = 0.0
    for indices in found:
        if indices.stuck:
            continue
        for row in indices.rows:
            if row.converged:
                continue
            half = half_width(row)
            known = math.isfinite(half) and row.tolerated > 0
            ratio = half / row.tolerated if known else math.inf
            needed = max(needed, ratio**2, 2.0)
        if not indices.rows:
            needed = max(needed, 2.0)
    if needed == 0.0:
        return None
    factor = min(max(needed, 2.0), float(_AT_ONCE))
    return ANALYSES[design.analysis].sizes(math.ceil(design.samples * factor))


KIND = "sensitivity"

_TRIED = 4  # rows from which the time of a study is estimated

AT_MOST = 16
"""Times as many samples as asked for, where samples are added until the indices have converged."""

MayGoOn = Callable[[int, float], bool]
"""Asked before samples are added: (evaluations to come, seconds that they may take)."""


def run_study(
    study: SensitivityStudy,
    *,
    workers: Workers = None,
    out: str | Path | None = None,
    shard: tuple[int, int] | None = None,
    progress: Progress | None = None,
    until_converged: bool = False,
    most_samples: int | None = None,
    may_go_on: MayGoOn | None = None,
) -> StudyResult:
    """Run a study: all rows of its design, then the indices of each readout.

    Args:
        study: what is varied and asked.
        workers: as in `simulate`.
        out: folder for the runs and the tables. What it holds of the same study is not run again,
            so an interrupted call continues, and more samples or replicates add to it.
        shard: (i, n) runs every n-th evaluation from the i-th on, counted from 1, into `out`; the
            folders of all n are then merged, and the same call on the whole analyses it.
        progress: called with (evaluations done, evaluations in all).
        until_converged: add samples until every index has converged.
        most_samples: at most so many then; 16 times those of the study if None.
        may_go_on: asked before samples are added; where it says no, that is the end.

    Raises:
        InputError: what is no study, a folder of another one, a shard without a folder.
        UnsupportedError: the network has no exact meaning under SSA.
        KeyboardInterrupt: Ctrl-C; what was complete is in the folder.
    """
    given: object = study
    if not isinstance(given, SensitivityStudy):
        what, way_out = f"study={given!r:.60}", "make a SensitivityStudy(...) first"
        raise InputError(Problem(what=what, why="not a SensitivityStudy", way_out=way_out))
    if shard is not None and out is None:
        why = "the results of a shard must be saved to be merged"
        raise InputError(Problem(what="shard", why=why, way_out="give out="))
    if most_samples is not None:
        whole_number(most_samples, "most_samples", study.size)
    parts = None if out is None else opened(study, path_of(out, "out"))
    limit = AT_MOST * study.size if most_samples is None else most_samples
    samples, said = study.size, ""
    while True:
        result = _once(study, study.design(samples), parts, workers, shard, progress)
        if not (until_converged and result.complete) or shard is not None:
            break
        wanted = next_samples(result.design, list(result.indices.values()))
        if wanted is None:
            break
        if wanted > limit:
            following, wanted = wanted, _most_within(study, limit)
        if wanted <= samples:
            said = f"Not every index has converged at {samples:,} samples; {following:,} would come next, above the limit of {limit:,}: allow more (--most-samples, most_samples=)."  # fmt: skip
            break
        fresh = (study.design(wanted).rows - result.design.rows) * len(study.brackets) * study.runs
        if may_go_on is not None and not may_go_on(fresh, seconds_for(study, fresh, workers)):
            said = f"Not every index has converged at {samples:,} samples."
            break
        samples = wanted
    if said:
        result = replace(result, statements=(*result.statements, said))
    if out is not None and result.complete:
        result.save(out)
    return result


def _most_within(study: SensitivityStudy, limit: int) -> int:
    """The largest number of samples up to a limit that the analysis can have."""
    return next(n for n in range(limit, 0, -1) if study.of_analysis.sizes(n) == n)


def opened(study: SensitivityStudy, folder: Path) -> Parts:
    """The study's folder, with the network in it.

    Raises:
        InputError: it holds something else, or cannot be written.
    """
    parts = Parts.open(folder, kind=KIND, identity=study.identity, about=_made_with())
    network = folder / NETWORK
    if not network.exists():
        into_place(sbml_of(study.network).encode(), network)
    return parts


def missing_runs(study: SensitivityStudy, parts: Parts) -> int:
    """Evaluations that a folder does not hold yet."""
    design = study.design()
    rows, _ = distinct_rows(study, design)
    stored = parts.keys()
    items = items_to_run(study, design, rows, plan_of(study, design, rows, None), stored)
    return sum(item.stop - item.first for item in items if item.key not in stored)


def seconds_for(study: SensitivityStudy, evaluations: int, workers: Workers = None) -> float:
    """Wall time that so many evaluations will take here, in seconds, from a few rows that are spread
    over the design; NaN where none of them can be run.

    Raises:
        InputError, UnsupportedError: the study cannot be run.
    """
    design = study.design()
    rows = np.unique(np.linspace(0, design.rows - 1, _TRIED).astype(np.int64))
    firsts = range(0, len(rows) * len(study.brackets), len(study.brackets))
    return cost_of(plan_of(study, design, rows, workers), firsts).wall(evaluations, workers)


def _made_with() -> dict[str, str]:
    found = versions_of("numpy", "scipy", "SALib", "libroadrunner")
    return found | {"platform": platform.platform(), "created": now_text()}


def _once(
    study: SensitivityStudy,
    design: Design,
    parts: Parts | None,
    workers: Workers,
    shard: tuple[int, int] | None,
    progress: Progress | None,
) -> StudyResult:
    """Run what is missing of a design, and analyse it if all is there."""
    rows, place = distinct_rows(study, design)
    plan = plan_of(study, design, rows, workers)
    stored = parts.keys() if parts is not None and shard is None else set()
    items = items_to_run(study, design, rows, plan, stored)

    frame = run_campaign(
        replace(plan, programs=row_programs(plan, study, design, rows)),
        items,
        measure=lambda item, found: kept(len(study.brackets), rows, item, found[0]),
        parts=parts,
        workers=workers,
        shard=shard,
        progress=progress,
    )
    about = _about(study, design)
    if len(frame) < len(rows) * len(study.brackets) * study.runs:
        return _incomplete(study, design, about, shard, frame, len(items), stored)
    failures = list(failed_runs(frame))
    rank = {int(row): k for k, row in enumerate(rows)}
    broken: dict[int, str] = {}
    for row, bracket, replicate, _, reason in failures:
        where = f" ({_place(study, bracket, replicate)})" if _place(study, bracket, replicate) else ""  # fmt: skip
        broken.setdefault(rank[row], f"{reason}{where}")
    found = evaluated(study, courses_of_rows(frame, study), broken, place)
    control, no_control = control_of(study)
    quick = replace(study.index_precision, resamples=min(study.index_precision.resamples, 200))
    result = StudyResult(
        about=about,
        design=design,
        outputs={o.readout: o for o in found.outputs},
        indices={o.readout: analyse(design, o, study.index_precision) for o in found.outputs},
        over_time={
            readout: {time: _looked(design, o, quick) for time, o in times.items()}
            for readout, times in found.over_time.items()
        },
        failures=_failures(study, design, failures, found.outputs, broken, rank),
        control=control,
        statements=(),
    )
    said = (*statements_of(result), *([no_control] if no_control else []))
    return replace(result, statements=said)


def _looked(design: Design, outputs: Outputs, precision: IndexPrecision) -> Indices:
    """Indices at a time; those of a readout that cannot be had then are left out."""
    found = analyse(design, outputs, precision)
    return replace(found, steps=(), statements=())


def _place(study: SensitivityStudy, bracket: int, replicate: int) -> str:
    parts = [bracket_text(study.brackets[bracket]), f"replicate {replicate}" * (study.runs > 1)]
    return ", ".join(part for part in parts if part)


def _about(study: SensitivityStudy, design: Design) -> dict[str, Any]:
    about = dict(study.identity)
    about |= {"analysis": about.pop("method"), "method": about.pop("simulate")}
    return {
        **about,
        "background": [change_text(change) for change in study.done.background],
        "changes": [change_text(change) for change in study.done.changes],
        "schedule": [schedule_text(entry) for entry in study.done.schedule],
        "variability": [spread_text(*item) for item in (study.variability or {}).items()],
        "samples": design.samples,
        "replicates": study.runs,
        "digest": study.digest,
        "precision": asdict(study.index_precision),
        "time unit": study.network.time_unit,
        "under noise": analysis_named(study.analysis).under_noise,
        "made with": _made_with(),
    }


def _incomplete(
    study: SensitivityStudy,
    design: Design,
    about: Mapping[str, Any],
    shard: tuple[int, int] | None,
    frame: "pd.DataFrame",
    items: int,
    stored: set[str],
) -> StudyResult:
    import pandas as pd

    done = len(stored | set(frame["key"]))
    number, of = shard or (1, 1)
    said = (
        f"Shard {number} of {of} is done: {done:,} of {items:,} parts of the study are stored. "
        "Merge the folders of all shards, then run the same command on the whole to analyse it."
    )
    return StudyResult(
        about=about,
        design=design,
        outputs={},
        indices={},
        over_time={},
        failures=pd.DataFrame(columns=list(FAILURE_COLUMNS)),
        control=pd.DataFrame(),
        statements=(said,),
    )


def _failures(
    study: SensitivityStudy,
    design: Design,
    runs: list[tuple[int, int, int, int, str]],
    outputs: tuple[Outputs, ...],
    broken: Mapping[int, str],
    rank: Mapping[int, int],
) -> "pd.DataFrame":
    """A row for each failed run, and for each readout that a row does not have."""
    import pandas as pd

    found: list[list[Any]] = []
    for row, bracket, replicate, seed, reason in runs:
        where = bracket_text(study.brackets[bracket])
        found.append(["", row, int(design.block[row]), where, replicate, seed, reason])
    for output in outputs:
        for row, reason in output.reasons.items():
            if rank.get(row) not in broken and row in rank:
                found.append([output.readout, row, int(design.block[row]), "", -1, -1, reason])
    return failure_frame(pd.DataFrame(found, columns=list(FAILURE_COLUMNS)), design)
