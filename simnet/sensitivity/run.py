"""`run_study`: design, run, analyse; with a folder, also store, continue, draw."""

import math
import platform
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

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
from simnet.sensitivity.analysis import Design, analyse, analysis_named
from simnet.sensitivity.control import control_of
from simnet.sensitivity.indices import Indices, half_width
from simnet.sensitivity.result import NETWORK, StudyResult, failure_frame
from simnet.sensitivity.rows import (
    courses_of_rows,
    distinct_rows,
    evaluated,
    items_to_run,
    plan_of,
    row_conditions,
    row_programs,
    stored_rows,
)
from simnet.sensitivity.study import SensitivityStudy

# Statements: what to mind with a study's indices, in sentences.


_NAMED = 12
_RANKED = re.compile(r"\b(median|quantile)\(")


def statements_of(result: StudyResult) -> Iterator[str]:
    """What cannot be concluded, what has not converged, what noise does, what is not varied."""
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
        samples = result.about["samples"]
        yield (
            f"{'; '.join(waiting)} indices have not converged at {samples:,} "
            f"sample{'' if samples == 1 else 's'}; more samples narrow them (--until-converged, until_converged=True)."
        )
    if any(output.noisy for output in result.outputs.values()):
        yield str(result.about["under noise"])
        ranked = [name for name in result.outputs if _RANKED.search(name)]
        if ranked and analysis_named(result.design.analysis).needs_variance:
            yield (
                f"{', '.join(ranked)}: the variance of a quantile of few replicates is estimated as "
                "a fifth to a half larger than it is (10 to 50 of them), and more than the noise "
                "is subtracted; add replicates."
            )
    by_reason: dict[str, list[str]] = defaultdict(list)
    for item in result.left_out:
        by_reason[item.reason].append(item.name)
    for reason, names in by_reason.items():
        if reason != "excluded":  # of which a user needs no reminder
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            yield f"Not varied, since {reason}: {', '.join(names[:_NAMED])}{more}."


# How many samples to add with `--until-converged`.


_AT_ONCE = 4  # a prediction from few samples is rough: at most so many times as many


def next_samples(design: Design, found: Iterable[Indices]) -> int | None:
    """Samples of the next, longer design; its rows begin with those of this one.

    Half-widths shrink as 1 / sqrt(samples): the widest interval, relative to its tolerance, says
    how many are needed. At least twice as many, at most four times, rounded up to what the analysis
    accepts. The loop is: analyse, stop at None, else make the design of so many samples and
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
        if not indices.rows:
            needed = max(needed, 2.0)
        for row in indices.rows:
            if not row.converged:
                half = half_width(row)
                known = math.isfinite(half) and row.tolerated > 0
                needed = max(needed, (half / row.tolerated) ** 2 if known else math.inf, 2.0)
    if needed == 0.0:
        return None
    return analysis_named(design.analysis).sizes(math.ceil(design.samples * min(needed, _AT_ONCE)))


KIND = "sensitivity"

_TRIED = 4  # rows from which the time of a study is estimated

AT_MOST = 16
"""Times as many samples as requested, where samples are added until the indices have converged."""

MayGoOn = Callable[[int, float], bool]
"""Called before samples are added: (evaluations to come, seconds that they may take)."""


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
        study: what is varied, and the readouts.
        workers: as in `simulate`.
        out: folder for the runs and the tables. What it holds of the same study is not run again,
            so an interrupted call continues, and more samples or replicates add to it.
        shard: (i, n) runs every n-th evaluation from the i-th on, counted from 1, into `out`; the
            folders of all n are then merged, and the same call on the whole analyses it.
        progress: called with (evaluations done, evaluations in all).
        until_converged: add samples until every index has converged.
        most_samples: at most so many then; 16 times those of the study if None.
        may_go_on: called before samples are added; False ends the study.

    Raises:
        InputError: not a study, a folder of another one, a shard without a folder.
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
    samples, unconverged = study.size, ""
    while True:
        result = _once(study, study.design(samples), parts, workers, shard, progress)
        if not (until_converged and result.complete) or shard is not None:
            break
        wanted = next_samples(result.design, list(result.indices.values()))
        if wanted is None:
            break
        following = min(wanted, _most_within(study, limit))
        unconverged = f"Not every index has converged at {samples:,} samples"
        if following <= samples:
            unconverged += (
                f"; {wanted:,} would come next, above the limit of {limit:,}: "
                "allow more (--most-samples, most_samples=)"
            )
            break
        fresh = (
            (study.design(following).rows - result.design.rows) * len(study.brackets) * study.runs
        )
        if may_go_on is not None and not may_go_on(fresh, seconds_for(study, fresh, workers)):
            break
        samples, unconverged = following, ""
    if unconverged:
        result = replace(result, statements=(*result.statements, f"{unconverged}."))
    if out is not None and result.complete:
        result.save(out)
    return result


def _most_within(study: SensitivityStudy, limit: int) -> int:
    """The largest number of samples up to a limit that the analysis accepts."""
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

    if programs := row_programs(plan, study, design, rows):
        bare = row_conditions(study, design, rows, bare=True)  # the factors are in the programs
        plan = replace(plan, programs=programs, conditions=bare)
    frame = run_campaign(
        plan,
        items,
        measure=lambda item, found: stored_rows(len(study.brackets), rows, item, found[0]),
        parts=parts,
        workers=workers,
        shard=shard,
        progress=progress,
    )
    about = _about(study, design)
    if len(frame) < len(rows) * len(study.brackets) * study.runs:
        number, of = shard or (1, 1)
        statement = (
            f"Shard {number} of {of} is done: {len(stored | set(frame['key'])):,} of {len(items):,} "
            "parts of the study are stored. Merge the folders of all shards, then run the same "
            "command on the whole to analyse it."
        )
        return StudyResult(
            about=about, design=design, failures=failure_frame([], design), statements=(statement,)
        )
    rank = {int(row): k for k, row in enumerate(rows)}
    broken: dict[int, str] = {}
    failures: list[tuple[object, ...]] = []
    failed = frame.loc[frame["reason"] != "", ["row", "condition", "replicate", "seed", "reason"]]
    for row, bracket, replicate, seed, reason in failed.itertuples(index=False, name=None):
        condition = bracket_text(study.brackets[bracket])
        failures.append(("", row, int(design.block[row]), condition, replicate, seed, reason))
        where = [condition] * bool(condition) + [f"replicate {replicate}"] * (study.runs > 1)
        broken.setdefault(rank[row], f"{reason} ({', '.join(where)})" if where else reason)
    outputs, over_time = evaluated(study, courses_of_rows(frame, study), broken, place)
    for readout, found in outputs.items():
        for row, reason in found.reasons.items():
            if row in rank and rank[row] not in broken:
                failures.append((readout, row, int(design.block[row]), "", -1, -1, reason))
    precision = study.index_precision
    quick = replace(precision, resamples=min(precision.resamples, 200))
    result = StudyResult(
        about=about,
        design=design,
        outputs=outputs,
        indices={name: analyse(design, found, precision) for name, found in outputs.items()},
        over_time={
            name: {
                time: replace(analyse(design, found, quick), steps=(), statements=())
                for time, found in times.items()
            }
            for name, times in over_time.items()
        },
        failures=failure_frame(failures, design),
    )
    statements = [*statements_of(result)]
    if study.of_analysis.derivatives and not study.is_noisy:
        control, why_not = control_of(study)
        result = replace(result, control=control)
        statements += [why_not] * bool(why_not)
    return replace(result, statements=tuple(statements))


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
        "under noise": study.of_analysis.under_noise,
        "made with": _made_with(),
    }
