"""What commands print, and how they end: tables and JSON on stdout, one line a problem on stderr, exit codes."""

import math
import os
import re
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from typer import Exit
from typer.exceptions import Abort, TyperException

from simnet.errors import InputError, Problem, SimnetError, SimnetWarning
from simnet.execute.progress import how_far
from simnet.experiment.times import moment_text
from simnet.results.moments import ensemble_moments
from simnet.results.store import NETWORK, RECORD, TABLE, check_free
from simnet.results.terminal import Sheet as Sheet
from simnet.results.terminal import rounded
from simnet.results.terminal import table as table
from simnet.results.trajectories import Trajectories

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.console import Console
    from rich.progress import Progress as Bar

    from simnet.execute.progress import Progress


# Exit codes, and how each kind of ending is reported: one line per problem on stderr.


DONE = 0
OUR_FAULT = 1
USERS_MISTAKE = 2
CHECK_FAILED = 3
INTERRUPTED = 130

TRACEBACK = "SIMNET_TRACEBACK"
"""Environment variable: where it is set and not empty, errors come with their traceback."""


def finish(command: Callable[[], object]) -> int:
    """Run a command and return its exit code, with its warnings and errors reported on stderr."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", SimnetWarning)
        warnings.showwarning = _show_warning
        try:
            code = command()
            sys.stdout.flush()
            return code if isinstance(code, int) else DONE
        except KeyboardInterrupt:
            complain("interrupted")
            return INTERRUPTED
        except BrokenPipeError:  # `simnet show hypoxia | head` has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return DONE
        except Exception as error:  # noqa: BLE001 - every ending has its code
            if os.environ.get(TRACEBACK):
                traceback.print_exc()
            return _reported(error)


def _reported(error: Exception) -> int:
    match error:
        case InputError():
            for problem in error.problems:
                complain(f"error: {problem}")
            return USERS_MISTAKE
        case SimnetError():
            complain(f"error: {error}")
            return OUR_FAULT
        case TyperException():
            command = getattr(getattr(error, "ctx", None), "command_path", "")
            hint = f" ({command} --help shows what it takes)" if command else ""
            complain(f"error: {error.format_message().rstrip('.')}{hint}")
            return error.exit_code
        case Abort():
            complain("interrupted")
            return INTERRUPTED
    complain(f"error: {type(error).__name__}: {error}")
    if not os.environ.get(TRACEBACK):
        complain(
            f"this is a bug in simnet; please report it with the traceback ({TRACEBACK}=1 shows it)"
        )
    return OUR_FAULT


def interrupted(result: str) -> Exit:
    """The exit after Ctrl-C, with what became of the finished simulations."""
    complain(f"interrupted; {result}")
    return Exit(INTERRUPTED)


def complain(text: str) -> None:
    """One line on stderr."""
    print(" ".join(text.split()), file=sys.stderr, flush=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What keeps a file from being written is the user's to mend."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}"
        raise InputError(Problem(what=str(path), why=why)) from error


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    if issubclass(category, SimnetWarning):
        complain(f"warning: {message}")
    else:
        text = warnings.formatwarning(message, category, filename, lineno, line)
        (file or sys.stderr).write(text)


_UNWATCHED = 140  # columns where nobody's terminal sets the width


def console() -> "Console":
    """Standard output."""
    from rich.console import Console

    wide = Console()
    return wide if wide.is_terminal else Console(width=max(wide.width, _UNWATCHED))


def say(text: str, style: str | None = None) -> None:
    """A line of prose: wrapped between words in a terminal, left whole where a program reads it."""
    out = console()
    out.print(text, style=style, markup=False, highlight=False, soft_wrap=not out.is_terminal)


def number(value: float | None) -> str:
    """About four digits, thousands as 1,000; a dash for what there is not."""
    return rounded(value)


def spread(width: float, mean: float) -> float:
    """A standard deviation or error; 0 where it is only the rounding of a mean of equal values."""
    return 0.0 if width <= 1e-12 * abs(mean) else width


def fold(start: float, end: float) -> str:
    """A fold change: 2.5x; a dash where there was nothing at the start."""
    if not (math.isfinite(start) and math.isfinite(end)) or start == 0:
        return "–"
    return f"{end / start:.3g}x"


def unit_text(unit: str | None) -> str:
    """A unit for people."""
    return "" if unit in (None, "1") else re.sub(r"^item\b", "molecules", unit)


def count(amount: int, noun: str) -> str:
    """1 replicate, 2 replicates, 3 species."""
    return f"{amount:,} {noun}{'' if amount == 1 or noun.endswith('s') else 's'}"


def print_csv(frame: "pd.DataFrame") -> None:
    """A table as CSV on standard output."""
    frame.to_csv(sys.stdout, index=False)


def print_json(data: object) -> None:
    """Indented JSON on standard output; NaN is null."""
    import json

    sys.stdout.write(json.dumps(plain(data), indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def plain(data: object) -> object:
    """The same as JSON data: tuples become lists, NaN and infinities null."""
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [plain(value) for value in data]
    if isinstance(data, float):
        return data + 0.0 if math.isfinite(data) else None  # zero has no sign
    return data


# What a run leaves: the header and table on the terminal, files, JSON or CSV.


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
        time = (
            before
            if isinstance(before, str)
            else moment_text(before, run.time_unit).removeprefix("t = ")
        )
        parts[-1] += f" after {time} of equilibration"
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
    if not any(unit for _, unit, *_ in rows):
        made = table(["readout", *columns[2:]], [[name, *rest] for name, _, *rest in rows])
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


# A progress bar with the time left, on a terminal's stderr, for what takes over two seconds.


_AFTER = 2.0  # seconds


@contextmanager
def progress(what: str) -> Iterator["Progress"]:
    """Show how far `what` is. Where stderr is no terminal nothing is shown."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    shown = _Shown(what)
    try:
        yield shown.advance
    finally:
        shown.close()


class _Shown:
    """A bar that appears by itself after a while, unless it is closed before."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.started = time.monotonic()
        self.done, self.total, self.updated = 0, 0, self.started
        self.bar: Bar | None = None
        self.closed = False
        self.lock = threading.Lock()
        self.timer = threading.Timer(_AFTER, self.appear)
        self.timer.daemon = True
        self.timer.start()

    def appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, ProgressColumn, Task
        from rich.text import Text

        shown = self

        class Left(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(shown.left())

        with self.lock:
            if self.closed:
                return
            self.bar = Progress(
                "{task.description}",
                BarColumn(),
                Left(),
                console=Console(stderr=True),
                transient=True,
            )
            self.bar.add_task(self.what, total=self.total or None, completed=self.done)
            self.bar.start()

    def advance(self, done: int, total: int) -> None:
        self.done, self.total, self.updated = done, total, time.monotonic()
        with self.lock:
            if self.bar is not None and not self.closed:
                self.bar.update(self.bar.task_ids[0], completed=done, total=total)

    def left(self) -> str:
        """The text beside the bar; it moves on between two calls of `advance`."""
        now, counted = time.monotonic() - self.started, self.updated - self.started
        return how_far(self.done, self.total, counted=counted, passed=now)

    def close(self) -> None:
        self.timer.cancel()
        with self.lock:
            self.closed = True
            if self.bar is not None:
                self.bar.stop()
