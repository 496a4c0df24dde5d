"""What a run leaves: the header and table on the terminal, files, JSON or CSV."""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simnet.cli.exits import writing
from simnet.cli.tables import Sheet, count, fold, number, spread, table, unit_text
from simnet.errors import InputError, Problem
from simnet.experiment.times import moment_text
from simnet.results.moments import ensemble_moments
from simnet.results.store import NETWORK, RECORD, TABLE, check_free
from simnet.results.trajectories import Trajectories

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUMMARY = "summary.csv"
_ROWS_SHOWN = 40


def heading(run: Trajectories) -> str:
    """Network, method, engine and its version, replicates, seed, length."""
    record = run.record
    parts = [record.network, run.method.upper(), f"{run.engine} {record.versions[run.engine]}"]
    if run.method == "ssa":
        done = int(run.finished.sum())
        of = f" of {record.run.count}" if done < record.run.count else ""
        parts += [f"{done}{of} {'replicate' if record.run.count == 1 else 'replicates'}"]
        parts += [f"seed {record.run.seed}"]
    parts += [moment_text(float(run.times[-1]), run.time_unit)]
    before = run.conditions[0].equilibrate
    if before is not None:
        parts[-1] += f" after {before} of equilibration"
    return " · ".join(parts)


def overview(run: Trajectories) -> Sheet:
    """Each readout at the start and the end; for SSA the means, and the spread at the end."""
    found = ensemble_moments(run.values[0], axis=0)
    columns = ["readout", "unit", "start", "end", "fold change"]
    if run.method == "ssa":
        columns[2:4] = ["mean at start", "mean at end"]
        columns += ["sd at end", "cv at end"]
    rows = []
    for place, readout in enumerate(run.readouts[:_ROWS_SHOWN]):
        start, end = (float(found.mean[t, place]) for t in (0, -1))
        cells = [readout.name, unit_text(readout.unit), number(start), number(end)]
        cells += [fold(start, end)]
        if run.method == "ssa":
            sd = spread(float(found.sd[-1, place]), end)
            cells += [number(sd), number(sd / end if end else math.nan)]
        rows.append(cells)
    made = table(columns, rows, text=2)
    hidden = len(run.readouts) - len(rows)
    if hidden:
        made.caption = f"and {count(hidden, 'readout')} more (select with --readout, or use --csv)"
    return made


def run_data(run: Trajectories, files: Iterable[Path]) -> dict[str, Any]:
    """The record, the summary at all times, failures, and the files written."""
    summary = run.summary()
    return {
        "record": run.record.to_json(),
        "time_unit": run.time_unit,
        "readouts": [{"name": r.name, "unit": r.unit, "meaning": r.meaning} for r in run.readouts],
        "finished": int(run.finished.sum()),
        "summary": summary.astype({"condition": str, "readout": str}).to_dict(orient="records"),
        "failures": [
            {"replicate": f.replicate, "seed": f.seed, "reason": f.reason} for f in run.failures
        ],
        "files": [str(path) for path in files],
    }


def check_folder(folder: Path) -> None:
    """Before a long run: whether its results may be put into the folder.

    Raises:
        InputError: it holds something else than an earlier run, or is a file.
    """
    check_free(folder)
    if not os.access(_nearest_parent(folder), os.W_OK):
        raise InputError(Problem(what=f"--out {folder}", why="cannot be written"))


def _nearest_parent(folder: Path) -> Path:
    path = folder.absolute()
    while not path.exists():
        path = path.parent
    return path


def saved(run: Trajectories, folder: Path) -> list[Path]:
    """Save the run and its summary; returns the files."""
    run.save(folder)
    with writing(folder / SUMMARY):
        run.summary().to_csv(folder / SUMMARY, index=False)
    names = [RECORD, TABLE, *([NETWORK] if run.network_sbml is not None else []), SUMMARY]
    return [folder / name for name in names]


def drawn(figure: "Figure", files: Iterable[Path]) -> list[Path]:
    """Write a figure into files, each in the format of its name."""
    written = []
    for path in files:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=160)
        written.append(path)
    return written


def wrote(files: Sequence[Path]) -> Iterator[str]:
    """A line for each folder that was written into."""
    for folder in dict.fromkeys(path.parent for path in files):
        names = [path.name for path in files if path.parent == folder]
        yield f"wrote {folder}{os.sep} {', '.join(names)}" if folder.name else f"wrote {names[0]}"


def refuge(run: Trajectories) -> Path:
    """Where an interrupted run goes that was given no folder."""
    now = datetime.now().strftime("%Y%m%d-%H%M%S")
    return Path(f"simnet-interrupted-{run.record.network}-{now}")
